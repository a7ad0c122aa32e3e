// SPDX-License-Identifier: ISC
// What the console says, by key. Another language is another file like
// text-en.js and a line here; what it lacks is said in English.
import { de } from './text-de.js';
import { en } from './text-en.js';

const LANGUAGES = { en, de };
export const NAMES = { en: 'English', de: 'Deutsch' };
const KEY = 'rolegate-language';

function wanted() {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept in LANGUAGES) return kept;
  } catch { /* storage may be off */ }
  return navigator.languages.map((l) => l.slice(0, 2).toLowerCase())
    .find((l) => l in LANGUAGES) ?? 'en';
}

export const language = wanted();
/* How dates and numbers are written: en-GB, where that is what is asked for. */
export const locale = navigator.languages.find((l) => l.toLowerCase()
  .split('-')[0] === language) ?? language;
document.documentElement.lang = language;

export function setLanguage(name) {
  try { localStorage.setItem(KEY, name); } catch { /* for this page only */ }
  location.reload();
}

/*
 * t('people.found', {n: 3}): {n} is replaced; a text that is an object has
 * forms by the number n ("one", "other", as in Intl.PluralRules).
 */
export function t(key, values = {}) {
  let text = LANGUAGES[language][key] ?? en[key] ?? key;
  if (typeof text === 'object') {
    text = text[new Intl.PluralRules(language).select(values.n)] ?? text.other;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name) => (
    name in values ? String(values[name]) : whole));
}

/* The instant in the person's own way; exactly, on hover. */
export function when(seconds) {
  const el = document.createElement('time');
  const date = new Date(seconds * 1000);
  el.dateTime = date.toISOString();
  el.title = date.toISOString();
  el.textContent = new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium', timeStyle: 'short' }).format(date);
  return el;
}

/* "3 hours ago", in the largest unit that fits. */
export function ago(seconds) {
  const past = Math.max(0, Date.now() / 1000 - seconds);
  const [unit, size] = [['day', 86400], ['hour', 3600], ['minute', 60]]
    .find(([, s]) => past >= s) ?? ['minute', 60];
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
    .format(-Math.floor(past / size), unit);
}

export const number = (n) => new Intl.NumberFormat(locale).format(n);

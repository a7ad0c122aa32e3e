// SPDX-License-Identifier: ISC
// What the console says, by key, out of ../text/. Another language is another
// file there; what it lacks is said in English.
export const NAMES = JSON.parse(document.body.dataset.languages);
const KEY = 'rolegate-language';

function wanted() {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept in NAMES) return kept;
  } catch { /* storage may be off */ }
  return navigator.languages.map((l) => l.split('-')[0].toLowerCase())
    .find((l) => l in NAMES) ?? 'en';
}

export const language = wanted();

async function words(name) {
  const res = await fetch(new URL(`../text/${name}.json`, import.meta.url));
  return (await res.json()).console;
}
const [en, own] = await Promise.all([...new Set(['en', language])].map(words));

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
  let text = own?.[key] ?? en[key] ?? key;
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

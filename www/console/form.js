// SPDX-License-Identifier: ISC
// Forms in a dialog: errors beside the field that the API names, and what
// somebody else changed meanwhile beside what was typed.
import { ApiError, Unreachable } from './api.js';
import { button, fill, h, plain } from './dom.js';
import { t, when } from './text.js';

let serial = 0;

const toLocal = (seconds) => {
  if (!seconds) return '';
  const d = new Date(seconds * 1000);
  return new Date(d - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

const READ = {
  checkbox: (el) => el.checked,
  time: (el) => (el.value ? Math.floor(new Date(el.value) / 1000) : 0),
  lines: (el) => el.value.split(/[\s,]+/).filter(Boolean),
};
const WRITE = {
  checkbox: (el, v) => { el.checked = v; },
  time: (el, v) => { el.value = toLocal(v); },
  lines: (el, v) => { el.value = (v ?? []).join('\n'); },
};

function control(f, id) {
  const props = { id, name: f.name, required: f.required, disabled: f.fixed,
    'aria-describedby': `${id}-hint ${id}-error`, autocomplete: 'off' };
  if (f.type === 'select') {
    return h('select', props, f.options.map(([value, label]) => h('option',
      { value }, label)));
  }
  if (f.type === 'lines') return h('textarea', { ...props, rows: 4 });
  if (f.type === 'checkbox') return h('input', { ...props, type: 'checkbox' });
  if (f.type === 'time') return h('input', { ...props, type: 'datetime-local' });
  return h('input', { ...props, type: 'text', list: f.list,
    spellcheck: 'false' });
}

/* A value as a form has it, for reading. */
function shownAs(f, value) {
  if (f.type === 'checkbox') return t(value ? 'form.yes' : 'form.no');
  if (f.type === 'time') return value ? when(value) : t('time.never');
  const text = Array.isArray(value) ? value.join(', ') : String(value ?? '');
  return text === '' ? '–' : plain(text);
}

/*
 * fields: [{name, label, type, value, options, hint, required, fixed, when}];
 * save(values) does it and may throw an ApiError; preview(values) -> element,
 * shown before saving; reread() -> the values as they are now, for a conflict.
 * Resolves to true when saved, false when given up.
 */
export function openForm({ title, fields, save, preview, reread, action }) {
  const inputs = new Map();
  const alert = h('div', { role: 'alert', class: 'form-alert' });
  const shown = h('div', { class: 'preview', 'aria-live': 'polite' });
  const heading = `form-${serial += 1}`;
  const form = h('form', { novalidate: true }, h('h2', { id: heading }, title));
  const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': heading },
    form);

  const values = () => Object.fromEntries(fields.filter((f) => !f.fixed)
    .map((f) => {
      const el = inputs.get(f.name);
      return [f.name, (READ[f.type] ?? ((e) => e.value.trim()))(el)];
    }));
  const set = (name, value) => {
    const f = fields.find((one) => one.name === name);
    (WRITE[f.type] ?? ((el, v) => { el.value = v ?? ''; }))(
      inputs.get(name), value);
  };
  const blame = (name, text) => {
    const el = inputs.get(name);
    if (!el) return false;
    el.setAttribute('aria-invalid', 'true');
    form.querySelector(`#${el.id}-error`).textContent = text;
    el.focus();
    return true;
  };
  const absolve = () => {
    fill(alert);
    inputs.forEach((el) => {
      el.removeAttribute('aria-invalid');
      form.querySelector(`#${el.id}-error`).textContent = '';
    });
  };

  fields.forEach((f) => {
    const id = `f${serial}-${f.name}`;
    const el = control(f, id);
    inputs.set(f.name, el);
    const row = h('div', { class: `field ${f.type ?? 'text'}` },
      h('label', { for: id }, f.label), el,
      h('p', { class: 'hint', id: `${id}-hint` }, f.hint ?? ''),
      h('p', { class: 'error', id: `${id}-error` }));
    form.append(row);
    if (f.value !== undefined) set(f.name, f.value);
    if (f.when) {
      const update = () => { row.hidden = !f.when(values()); };
      form.addEventListener('input', update);
      queueMicrotask(update);
    }
  });
  const submit = h('button', { class: 'button' }, action ?? t('form.save'));
  form.append(h('div', { class: 'form-foot' }, alert, shown,
    h('p', { class: 'actions' }, submit,
      button(t('form.cancel'), () => dialog.close()))));

  async function showConflict(again) {
    const now = await reread();
    const mine = values();
    const other = fields.filter((f) => !f.fixed
      && JSON.stringify(now[f.name]) !== JSON.stringify(mine[f.name]));
    fill(alert, h('p', null, t('conflict.what')),
      h('dl', { class: 'facts' }, other.map((f) => h('div', null,
        h('dt', null, f.label),
        h('dd', null, [['conflict.yours', mine], ['conflict.theirs', now]].map(
          ([key, v]) => h('div', null, h('span', { class: 'hint' }, t(key)), ' ',
            shownAs(f, v[f.name]))))))),
      h('p', { class: 'actions' },
        button(t('conflict.mine'), again),
        button(t('conflict.take'), () => {
          fields.filter((f) => !f.fixed)
            .forEach((f) => set(f.name, now[f.name]));
          absolve();
        })));
    alert.querySelector('button').focus();
  }

  return new Promise((resolve) => {
    let saved = false;
    const attempt = async () => {
      absolve();
      const missing = fields.find((f) => f.required && !f.fixed
        && (f.when?.(values()) ?? true) && !inputs.get(f.name).value.trim());
      if (missing) {
        blame(missing.name, t('form.missing'));
        return;
      }
      submit.disabled = true;
      try {
        await save(values());
        saved = true;
        dialog.close();
      } catch (err) {
        if (err instanceof Unreachable) {
          fill(alert, h('p', null, err.spoken));
        } else if (!(err instanceof ApiError)) throw err;
        else if (err.status === 412 && reread) await showConflict(attempt);
        else if (!err.field || !blame(err.field, err.message)) {
          fill(alert, h('p', null, err.message, ' ',
            h('small', null, t('error.reference', { id: err.id ?? '?' }))));
        }
      } finally {
        submit.disabled = false;
      }
    };
    form.addEventListener('submit', (e) => {
      e.preventDefault();
      attempt();
    });
    if (preview) {
      let timer;
      const update = () => {
        clearTimeout(timer);
        timer = setTimeout(async () => {
          const asked = JSON.stringify(values());
          const told = await preview(values()).catch(() => null);
          if (asked === JSON.stringify(values())) fill(shown, told);
        }, 300);
      };
      form.addEventListener('input', update);
      update();
    }
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(saved);
    });
    document.body.append(dialog);
    dialog.showModal();
    [...inputs.values()].find((el) => !el.disabled)?.focus();
  });
}

/* "Are you sure", saying of what. Resolves to whether it was done. */
export function confirm({ title, text, action, save }) {
  return openForm({ title, action, fields: [], save,
    preview: async () => h('p', null, text) });
}

// SPDX-License-Identifier: ISC
// When the session is over: the page stays as it is, the person signs in
// beside it and goes on.
import { button, h } from './dom.js';
import { t } from './text.js';

let asking = null;

export function askToSignIn() {
  asking ??= new Promise((resolve) => {
    const { base } = document.body.dataset;
    const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': 'over' },
      h('h2', { id: 'over' }, t('session.over')),
      h('p', null, t('session.kept')),
      h('p', { class: 'actions' },
        h('a', { class: 'button', target: '_blank', rel: 'noopener',
          href: `${base}/login?return_to=${encodeURIComponent(`${base}/me`)}` },
        t('session.sign_in')),
        button(t('session.go_on'), () => {
          dialog.close();
          dialog.remove();
          asking = null;
          resolve();
        })));
    dialog.addEventListener('cancel', (e) => e.preventDefault());
    document.body.append(dialog);
    dialog.showModal();
  });
  return asking;
}

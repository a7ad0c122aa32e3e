// SPDX-License-Identifier: ISC
// For whoever has scripts: a button that copies the lines of a list, and dates
// in the person's own way. Without them the page is whole: one click selects a
// value, and times are of UTC.

const textOf = (list) => [...list.children].map((row) => `${
  row.querySelector('dt').textContent}: ${[...row.querySelectorAll('li')].map(
  (li) => li.textContent).join(', ') || row.querySelector('dd').textContent
  .trim()}`).join('\n');

/* Where the page is not https the clipboard is out of reach: select them. */
async function copy(list) {
  try {
    await navigator.clipboard.writeText(textOf(list));
    return true;
  } catch {
    getSelection().selectAllChildren(list);
    return false;
  }
}

for (const list of document.querySelectorAll('[data-copy]')) {
  const button = document.createElement('button');
  const told = document.createElement('span');
  button.type = 'button';
  button.className = 'button quiet small';
  button.textContent = list.dataset.copy;
  told.className = 'note';
  told.setAttribute('role', 'status');
  button.addEventListener('click', async () => {
    told.textContent = await copy(list) ? list.dataset.copied : '';
  });
  const row = document.createElement('p');
  row.className = 'copying';
  row.append(button, ' ', told);
  list.after(row);
}

const { lang } = document.documentElement;
const locale = navigator.languages.find((l) => l.toLowerCase()
  .split('-')[0] === lang) ?? lang;
for (const time of document.querySelectorAll('time')) {
  time.textContent = new Intl.DateTimeFormat(locale, { dateStyle: 'medium',
    timeStyle: 'short' }).format(new Date(time.dateTime));
}

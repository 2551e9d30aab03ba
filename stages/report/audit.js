'use strict';
// Text from elsewhere, such as the name of a file, is only ever set as text, never as markup.
const given = JSON.parse(document.getElementById('data').textContent);
const { key, labels, choices, suspects } = given;
const SHOWN = 50, KEYS = Object.fromEntries(choices.map(choice => [choice[0], choice]));
const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
const byId = id => document.getElementById(id), number = value => value.toLocaleString('en');
const byName = new Intl.Collator('en', { numeric: true }).compare;
const ORDERS = {
  rank: (a, b) => a.rank - b.rank,
  file: (a, b) => byName(a.file, b.file),
  confidence: (a, b) => b.confidence - a.confidence || a.rank - b.rank,
};

let log = [];  // what was decided on this page, in order: [decision, photo, photo, ...]
let list = suspects, current = 0, first = null;  // the filtered and sorted suspects, and what of them is on screen
const decided = new Map(), cards = new Map();

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function restore() {
  try {
    log = JSON.parse(localStorage.getItem(key)) ?? [];
  } catch {
    byId('kept').hidden = false;
  }
  replay();
}

function replay() {
  decided.clear();
  for (const [choice, ...photos] of log) for (const photo of photos) decided.set(photo, choice);
}

function keep() {
  try {
    localStorage.setItem(key, JSON.stringify(log));
  } catch {
    byId('kept').hidden = false;
  }
}

// The less suspect one of a pair is left out, unless it is asked for or decided.
const isMeant = suspect => suspect.flagged || choiceOf(suspect) !== '';
const choiceOf = suspect => decided.get(suspect.photo) ?? suspect.decision;

function decide(choice, chosen) {
  if (!chosen.length) return;
  log.push([choice, ...chosen.map(suspect => suspect.photo)]);
  for (const suspect of chosen) decided.set(suspect.photo, choice);
  keep();
  chosen.forEach(mark);
  count(chosen.length > 1 ? `${number(chosen.length)} photos: ${choice}.` : `${chosen[0].rank}: ${choice || 'undecided'}.`);
}

function undo() {
  const last = log.pop();
  if (!last) return count('Nothing to undo.');
  replay();
  keep();
  const undone = new Set(last.slice(1));
  const changed = suspects.filter(suspect => undone.has(suspect.photo));
  changed.forEach(mark);
  const place = list.indexOf(changed[0]);
  if (place >= 0) go(place);
  count(`Undone: ${last[0] || 'undecided'}.`);
}

function picture(source, caption, alt) {
  const image = element('img', { src: source, alt, loading: 'lazy', decoding: 'async' });
  image.onerror = () => image.replaceWith(element('span', { className: 'missing', textContent: `no picture: not in ${given.raw}, or not a format that this browser shows` }));
  return element('figure', {}, image, element('figcaption', {}, caption));
}

const embedded = content => `data:image/jpeg;base64,${content}`;
const rawPath = photo => `../${given.raw}/${photo.split('/').map(encodeURIComponent).join('/')}`;
const sourceOf = photo => photo in given.pictures ? embedded(given.pictures[photo]) : rawPath(photo);

function pictures(suspect) {
  const shown = [picture(sourceOf(suspect.photo), `labelled ${suspect.label}`, `suspect ${suspect.rank}`)];
  if (suspect.pair_photo) {
    const caption = `near-duplicate, labelled ${suspect.pair_label}`;
    shown.push(picture(sourceOf(suspect.pair_photo), caption, 'its near-duplicate'));
  }
  if (suspect.difference) shown.push(picture(embedded(suspect.difference), 'what differs', 'difference of the two faces'));
  if (suspect.trigger >= 0) {
    const title = `recovered trigger ${suspect.trigger + 1}`;
    shown.push(picture(embedded(given.triggers[suspect.trigger]), title, title));
  }
  return element('div', { className: 'pictures' }, ...shown);
}

async function copy(path, button) {
  const selection = getSelection();
  selection.selectAllChildren(path);
  try {
    await navigator.clipboard.writeText(path.textContent);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Selected';
  }
}

function card(suspect) {
  const other = labels.find(label => label !== suspect.label);
  const path = element('code', { textContent: given.root + suspect.file });
  const copying = element('button', { type: 'button', textContent: 'Copy path' });
  copying.onclick = () => copy(path, copying);
  const open = element('a', { href: rawPath(suspect.photo), textContent: `${given.raw}/${suspect.photo}` });
  const buttons = choices.map(choice => {
    const text = choice === 'relabel' ? `relabel as ${other}` : choice;
    const button = element('button', { type: 'button', value: choice, textContent: `${text} (${choice[0]})` });
    button.onclick = () => {
      select(list.indexOf(suspect));
      decide(choiceOf(suspect) === choice ? '' : choice, [suspect]);
    };
    return button;
  });
  const predicted = suspect.predicted && `, predicted ${suspect.predicted} (${suspect.confidence.toFixed(2)})`;
  const said = `${suspect.rank}. labelled ${suspect.label}${predicted}`;
  const made = element('article', { className: 'card', tabIndex: -1 },
    element('h3', {}, `${said} `, element('span', { className: suspect.proven ? 'badge proven' : 'badge',
      textContent: suspect.proven ? 'proven' : 'suspected' })),
    pictures(suspect),
    element('p', { textContent: suspect.text }),
    element('p', { className: 'path' }, path, ' ', copying, element('br'), 'copy in the project: ', open),
    element('div', { className: 'choices' }, ...buttons, element('span', { className: 'state' })));
  made.addEventListener('focusin', () => select(list.indexOf(suspect)));
  cards.set(suspect, made);
  mark(suspect);
  return made;
}

function mark(suspect) {
  const made = cards.get(suspect), choice = choiceOf(suspect);
  if (!made) return;
  made.dataset.choice = choice;
  for (const button of made.querySelectorAll('.choices button')) {
    button.setAttribute('aria-pressed', button.value === choice);
  }
  const file = suspect.decision ? ` (${given.table}: ${suspect.decision})` : '';
  made.querySelector('.state').textContent = `${choice || 'undecided'}${choice === suspect.decision ? '' : file}`;
}

function select(place) {
  cards.get(list[current])?.classList.remove('current');
  current = place;
  cards.get(list[current])?.classList.add('current');
}

function go(place) {
  if (place < 0 || place >= list.length) return;
  select(place);
  show();
  const made = cards.get(list[place]);
  made.focus({ preventScroll: true });
  made.scrollIntoView({ block: 'nearest' });
}

function show() {
  const start = current - current % SHOWN, last = Math.min(start + SHOWN, list.length);
  if (start !== first) {
    first = start;
    cards.clear();
    byId('cards').replaceChildren(...list.slice(start, last).map(card));
    select(current);
  }
  byId('shown').textContent = list.length ? `${number(start + 1)} to ${number(last)} of ${number(list.length)}` : 'None.';
  byId('back').disabled = start === 0;
  byId('next').disabled = last === list.length;
}

function count(message) {
  const of = Object.fromEntries([...choices, ''].map(choice => [choice, 0]));
  const meant = suspects.filter(isMeant);
  const unsaved = suspects.filter(suspect => choiceOf(suspect) !== suspect.decision).length;
  for (const suspect of meant) of[choiceOf(suspect)] += 1;
  const done = meant.length - of[''];
  Object.assign(byId('progress'), { max: meant.length, value: done });
  byId('done').textContent = `${number(done)} of ${number(meant.length)} decided: `
    + choices.map(choice => `${number(of[choice])} ${choice}`).join(', ');
  byId('unsaved').textContent = unsaved ? `${number(unsaved)} not in ${given.table} yet` : '';
  byId('undo').disabled = !log.length;
  byId('left').textContent = number(list.filter(suspect => !choiceOf(suspect)).length);
  if (message) byId('said').textContent = message;
}

function filter() {
  const [reason, label, state, order] = ['reason', 'label', 'state', 'order'].map(id => byId(id).value);
  list = suspects.filter(suspect => {
    const choice = choiceOf(suspect);
    return (byId('less').checked || isMeant(suspect)) && (!reason || suspect.reason === reason) && (!label || suspect.label === label)
      && (!state || (state === 'undecided' ? !choice : state === 'decided' ? choice : choice === state));
  }).sort(ORDERS[order]);
  current = 0;
  first = null;
  show();
  count();
}

const cell = text => /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

function decisions() {
  const rows = suspects.filter(choiceOf).map(suspect => {
    const choice = choiceOf(suspect);
    return [suspect.file, suspect.sha256, suspect.label, choice, choice === suspect.decision ? suspect.why : suspect.reason];
  });
  const named = new Set(rows.map(row => row.slice(0, 2).join()));
  const all = [given.columns, ...given.others.filter(row => !named.has(row.slice(0, 2).join())), ...rows];
  return all.map(row => `${row.map(cell).join(',')}\n`).join('');
}

function download() {
  const address = URL.createObjectURL(new Blob([decisions()], { type: 'text/csv' }));
  element('a', { href: address, download: 'decisions.csv' }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
  count('Downloaded decisions.csv.');
}

onkeydown = event => {
  if (event.ctrlKey || event.metaKey || event.altKey || !byId('keys').checked) return;
  if (event.target.tagName === 'SELECT') {
    pointed = false;
    return;
  }
  if (!list.length) return;
  const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (pressed in KEYS) {
    decide(KEYS[pressed], [list[current]]);
    go(current + 1);
  } else if (pressed === 'u') undo();
  else if (pressed in STEPS) go(current + STEPS[pressed]);
  else return;
  event.preventDefault();
};

// After a choice with the mouse, keys are for the suspects again, not for the list of choices.
let pointed = false;
for (const id of ['reason', 'label', 'state', 'order', 'less']) {
  byId(id).onpointerdown = () => { pointed = true; };
  byId(id).onchange = event => {
    filter();
    if (pointed) event.target.blur();
  };
}
byId('undo').onclick = undo;
byId('download').onclick = download;
byId('back').onclick = () => go(first - SHOWN);
byId('next').onclick = () => go(first + SHOWN);
for (const choice of choices) {
  byId(`all-${choice}`).onclick = () => decide(choice, list.filter(suspect => !choiceOf(suspect)));
}
restore();
filter();

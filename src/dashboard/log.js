// The last lines that the stream's workers have printed, as they come. Our workers print JSON; what is not is shown as it is.

import {h, setText} from './dom.js';
import {clock} from './words.js';

const MOST = 200;

export class LogView {
  #lines = h('ol', {class: 'lines', tabindex: '0', role: 'log', 'aria-label': 'Log of the worker'});
  #count = h('span', {class: 'count'});
  element = h('div', {class: 'scroll log'}, this.#lines, h('p', {class: 'none'}, 'The worker has printed nothing yet.'));
  tools = this.#count;

  take({lines, first}) {
    const box = this.#lines;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 30;
    if (first) box.replaceChildren();
    box.append(...lines.slice(-MOST).map(row));
    while (box.children.length > MOST) box.firstElementChild.remove();
    setText(this.#count, box.children.length ? `last ${box.children.length}` : '');
    if (atEnd || first) box.scrollTop = box.scrollHeight;
  }
}

function row(text) {
  let entry = null;
  try {
    entry = JSON.parse(text);
  } catch {}  // not ours
  if (!entry || typeof entry !== 'object' || typeof entry.msg !== 'string') return h('li', {}, h('span', {class: 'msg'}, text));
  const time = Number.isNaN(Date.parse(entry.ts)) ? '' : clock(entry.ts);
  return h('li', {'data-level': String(entry.level ?? '')}, h('time', {}, time), h('span', {class: 'event'}, String(entry.event ?? '')), h('span', {class: 'msg'}, entry.msg));
}

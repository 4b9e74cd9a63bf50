// What happened to a stream, newest first, in words.

import {h} from './dom.js';
import {clock, dateAndTime, eventWords} from './words.js';

const MOST = 100;

export class Timeline {
  #list = h('ol', {class: 'timeline', tabindex: '0', 'aria-label': 'Events, newest first'});
  #seen = new Set();
  element = h('div', {class: 'scroll'}, this.#list, h('p', {class: 'none'}, 'Nothing yet.'));

  load(events) {
    this.#list.replaceChildren();
    this.#seen.clear();
    for (const {type, data} of events) this.add(type, data);
  }

  add(type, data) {
    const key = `${type} ${data.ts} ${data.to ?? data.sequence ?? ''}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const [title, colour, more] = eventWords(type, data);
    this.#list.prepend(h('li', {'data-colour': colour}, h('time', {datetime: data.ts, title: dateAndTime(data.ts)}, clock(data.ts)), h('div', {}, h('strong', {}, title), more ? h('span', {}, more) : null)));
    while (this.#list.children.length > MOST) this.#list.lastElementChild.remove();
  }

  close() {}
}

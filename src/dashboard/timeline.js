// What happened to a stream, newest first, in words.

import {h} from './dom.js';
import {clock, dateAndTime, eventWords} from './words.js';

const MOST = 100;

export class Timeline {
  #list = h('ol', {class: 'timeline', tabindex: '0', 'aria-label': 'Events, newest first'});
  #events = new Map();  // by what makes each unique, oldest first
  element = h('div', {class: 'scroll'}, this.#list, h('p', {class: 'none'}, 'Nothing yet.'));

  // What the history has, and what has come while it was asked for.
  load(events) {
    const later = [...this.#events.values()];
    this.#events.clear();
    this.#list.replaceChildren();
    for (const {type, data} of [...events, ...later]) this.add(type, data);
  }

  add(type, data) {
    const key = `${type} ${data.ts} ${data.to ?? data.sequence ?? ''}`;
    if (this.#events.has(key)) return;
    this.#events.set(key, {type, data});
    if (this.#events.size > MOST) this.#events.delete(this.#events.keys().next().value);
    const [title, colour, more] = eventWords(type, data);
    this.#list.prepend(h('li', {'data-colour': colour}, h('time', {datetime: data.ts, title: dateAndTime(data.ts)}, clock(data.ts)), h('div', {}, h('strong', {}, title), more ? h('span', {}, more) : null)));
    while (this.#list.children.length > MOST) this.#list.lastElementChild.remove();
  }
}

// The wall of many streams: one page of them is on the screen, and is asked for again and again. Pages are those of
// GET /v1/streams, sorted by id; those in trouble are asked for state by state, the worst first.

import {ask} from './door.js';

const SIZE = 60;        // tiles of a page
const AGAIN_MS = 2000;  // as often as media-service reads the lists of the routers
const MOST_ASKS = 20;   // of one page: a filter may pass over many streams
const FIELDS = 'live,state,since,reason,router,alsoOn,input,output,dubs,destinations,media,figures';
const STATES = {all: [''], trouble: ['failed', 'degraded', 'holding', 'backing-off'], running: ['running'], idle: ['idle']};

// How many streams a filter has, by how many are in each state.
export function countOf(filter, counts) {
  if (filter === 'all') return counts.streams;
  return STATES[filter].reduce((sum, state) => sum + (counts.byState[state] ?? 0), 0);
}

export class Pages {
  #take;            // is given the streams of the page
  #states = STATES.all;
  #prefix = '';
  #trail = [{at: 0, cursor: ''}];  // where this page and those before it begin
  #next = null;     // where the next one begins; null: there is none
  #timer = 0;
  #ends = new AbortController();
  #asked = 0;

  constructor(take) {
    this.#take = take;
    this.back = () => this.#turn(() => this.#trail.length > 1 && this.#trail.pop());
    this.on = () => this.#turn(() => this.#next && this.#trail.push(this.#next));
    this.#ask();
  }

  get number() {
    return this.#trail.length;
  }

  get hasNext() {
    return this.#next !== null;
  }

  choose(filter, prefix) {
    const states = STATES[filter];
    if (states === this.#states && prefix === this.#prefix) return;
    this.#states = states;
    this.#prefix = prefix;
    this.#trail = [{at: 0, cursor: ''}];
    this.#ask();
  }

  close() {
    clearTimeout(this.#timer);
    this.#ends.abort();
  }

  #turn(move) {
    if (move()) this.#ask();
  }

  async #ask() {
    clearTimeout(this.#timer);
    const mine = ++this.#asked;
    try {
      const {items, next} = await this.#page();
      if (mine !== this.#asked) return;  // another one is wanted meanwhile
      this.#next = next;
      this.#take(items);
    } catch {}  // asked for again
    if (mine === this.#asked && !this.#ends.signal.aborted) this.#timer = setTimeout(() => this.#ask(), AGAIN_MS);
  }

  async #page() {
    let {at, cursor} = this.#trail.at(-1);
    const items = [];
    for (let asks = 0; at < this.#states.length && items.length < SIZE && asks < MOST_ASKS; asks++) {
      const query = new URLSearchParams({limit: SIZE - items.length, fields: FIELDS});
      for (const [name, value] of Object.entries({cursor, state: this.#states[at], prefix: this.#prefix})) if (value) query.set(name, value);
      const reply = await ask(`/v1/streams?${query}`, {signal: this.#ends.signal});
      if (!reply.ok) throw new Error(`media-service answered ${reply.status}`);
      const page = await reply.json();
      items.push(...page.items);
      cursor = page.next ?? '';
      if (page.next === null) at++;
    }
    return {items, next: at < this.#states.length ? {at, cursor} : null};
  }
}

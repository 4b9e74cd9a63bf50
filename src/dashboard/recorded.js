// What is recorded of one side of a stream, as media-service tells it. It is asked for all of it now and then, and for what is new
// every few seconds: a router reads every file of the time that it is asked for.

import {h} from './dom.js';
import {recordings} from './feed.js';

const FIRST_MS = 250;
const NEW_MS = 4e3;
const ALL_MS = 60e3;
const OVERLAP_MS = 30e3;  // what is asked for again: a file that is being written may have been longer than it was listed

// The red dot of the wall; none while nothing of the stream is recorded.
export function recordedMark(stream) {
  const sides = ['in', 'out'].filter(side => stream.media?.[side]?.recorded);
  return sides.length ? [h('span', {class: 'recorded-mark', title: `Recording ${sides.join(' and ')}`})] : [];
}

// Event: 'change'.
export class Recorded extends EventTarget {
  spans = [];       // {from, to, open}, oldest first
  state = '';       // '' until it is known; then as media-service says: unknown, off, idle, waiting, recording, failing, unsupported
  error = '';       // why it is failing
  problem = '';     // why the spans are not told
  trouble = '';     // why media-service does not tell anything
  more = false;     // there are older ones
  stateSince = 0;
  #id;
  #side;
  #ready;
  #ahead = 0;       // by how much the clock of media-service is ahead of ours
  #asked = 0;       // when all of it was asked for
  #timer = 0;
  #ends = false;
  #turn = 0;

  // ready(): whether there is anybody who can answer.
  constructor(id, side, ready) {
    super();
    this.#ready = ready;
    this.#id = id;
    this.#side = side;
    this.#look();
  }

  close() {
    this.#ends = true;
    clearTimeout(this.#timer);
  }

  now() {
    return Date.now() + this.#ahead;
  }

  // The span that has this moment, or the first one behind it.
  next(moment) {
    return this.spans.find(({to}) => to > moment + 1) ?? null;
  }

  // An answer to a command is as good as one to a question.
  take(told) {
    this.#turn++;
    this.#all(told);
  }

  async older() {
    const told = await recordings(this.#id, this.#side, {to: new Date(this.spans[0].from).toISOString()});
    const first = this.spans[0].from;
    this.spans = [...told.spans.map(read).filter(({from}) => from < first), ...this.spans];
    this.more = told.more;
    this.#asked = Infinity;  // what was added would be lost
    this.dispatchEvent(new Event('change'));
  }

  async #look() {
    const turn = ++this.#turn;
    const last = this.spans.at(-1);
    const all = !last || performance.now() - this.#asked > ALL_MS;
    const from = last && Math.max(last.from, last.to - OVERLAP_MS);
    try {
      if (this.#ready() && (!document.hidden || !this.state)) {
        const told = await recordings(this.#id, this.#side, all ? {} : {from: new Date(from).toISOString()});
        if (this.#ends || turn !== this.#turn) return;
        if (all) this.#all(told);
        else this.#newest(told, from);
      }
    } catch (error) {
      if (this.#ends || turn !== this.#turn) return;
      this.trouble = error.message;
      this.dispatchEvent(new Event('change'));
    }
    this.#again();
  }

  #again() {
    clearTimeout(this.#timer);
    if (!this.#ends) this.#timer = setTimeout(() => this.#look(), this.state || this.trouble ? NEW_MS : FIRST_MS);
  }

  #all(told) {
    if (!told.problem) {
      this.spans = told.spans.map(read);
      this.more = told.more;
      this.#asked = performance.now();
    }
    this.#told(told);
  }

  #newest(told, from) {
    if (!told.problem) {
      const kept = this.spans.filter(span => span.from < from);
      for (const span of told.spans.map(read)) {
        const last = kept.at(-1);
        if (last && span.from <= from + 1 && last.to >= from) Object.assign(last, {to: span.to, open: span.open});
        else kept.push(span);
      }
      this.spans = kept;
    }
    this.#told(told);
  }

  #told(told) {
    this.#ahead = Date.parse(told.ts) - Date.now();
    if (told.state !== this.state) this.stateSince = Date.now();
    Object.assign(this, {state: told.state, error: told.error, problem: told.problem, trouble: ''});
    this.dispatchEvent(new Event('change'));
    this.#again();
  }
}

// A browser's times are whole milliseconds. The next one is inside of the recording: before its start, a router finds nothing.
function read({start, duration, open}) {
  const from = Date.parse(start) + (/\.\d{3}\d*[1-9]/.test(start) ? 1 : 0);
  return {from, to: from + 1000 * duration, open};
}

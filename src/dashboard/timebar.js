// A line of time: what was recorded, its gaps, which moment is shown, and the clip that is chosen. A click is a moment; a clip is
// drawn by dragging.

import {h, setAttribute, setText} from './dom.js';
import {clock, count, dateAndTime} from './words.js';

const MINUTE = 60e3, HOUR = 60 * MINUTE;
const LENGTHS = [[10 * MINUTE, '10 min'], [HOUR, '1 h'], [6 * HOUR, '6 h'], [24 * HOUR, '24 h']];
const STEPS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 24 * HOUR];  // between two marks
const MARK_PIXELS = 74;      // a mark with its text needs so much
const DRAG_PIXELS = 6;       // the pointer has to move so far to draw a clip
const KEY_STEP = 5e3, PAGE_STEP = MINUTE;
const FOLLOWS = 2e3;         // so near to the present, the line goes on by itself

// Events: 'seek' (detail: the moment), 'clip' (detail: {from, to}). now(): the present by the router's clock.
export class TimeBar extends EventTarget {
  #now;
  #spans = [];
  #shown = null;   // the moment that is played; null: live
  #clip = null;
  #end = null;     // of the line; null: the present
  #length = HOUR;
  #chosen = false; // somebody has chosen the length
  #resized;

  constructor(now, label) {
    super();
    this.#now = now;
    this.recorded = h('div', {class: 'recorded'});
    this.range = h('div', {class: 'range', hidden: true});
    this.cursor = h('div', {class: 'cursor'});
    this.hint = h('div', {class: 'hint', hidden: true});
    this.line = h('div', {class: 'line', role: 'slider', tabindex: '0', 'aria-label': label, onkeydown: event => this.#key(event)},
      this.recorded, this.range, this.cursor, this.hint);
    this.marks = h('div', {class: 'hours', 'aria-hidden': 'true'});
    this.element = h('div', {class: 'timebar'}, this.line, this.marks);
    this.lengths = LENGTHS.map(([length, text]) => h('button', {type: 'button', onclick: () => this.#zoom(length)}, text));
    this.earlier = h('button', {type: 'button', 'aria-label': 'Earlier', title: 'Earlier', onclick: () => this.#pan(-0.5)}, '‹');
    this.later = h('button', {type: 'button', 'aria-label': 'Later', title: 'Later', onclick: () => this.#pan(0.5)}, '›');
    this.tools = h('div', {class: 'filters', role: 'group', 'aria-label': 'Length of the line'}, this.earlier, this.lengths, this.later);
    this.#listen();
    this.#resized = new ResizeObserver(() => this.draw());
    this.#resized.observe(this.element);
  }

  close() {
    this.#resized.disconnect();
  }

  // spans: [{from, to, open}]. The line is as long as what was recorded, until somebody chooses.
  set(spans) {
    this.#spans = spans;
    if (!this.#chosen && spans.length) {
      const all = this.#now() - spans[0].from;
      this.#length = (LENGTHS.find(([length]) => length >= all) ?? LENGTHS.at(-1))[0];
    }
    this.draw();
  }

  show(moment, clip) {
    this.#shown = moment;
    this.#clip = clip;
    this.draw();
  }

  // Moves the line so that this moment is on it.
  reveal(moment) {
    const [from, to] = this.#window();
    if (moment < from || moment > to) this.#endAt(moment + this.#length / 2);
  }

  follow() {
    this.#end = null;
    this.draw();
  }

  #window() {
    const to = this.#end ?? this.#now();
    return [to - this.#length, to];
  }

  #endAt(end) {
    this.#end = end > this.#now() - FOLLOWS ? null : end;
    this.draw();
  }

  #zoom(length) {
    const [from, to] = this.#window();
    const middle = this.#shown !== null && this.#shown >= from && this.#shown <= to ? this.#shown : null;
    this.#chosen = true;
    this.#length = length;
    if (middle !== null) this.#endAt(middle + length / 2);
    else this.draw();
  }

  #pan(share) {
    this.#chosen = true;
    this.#endAt(this.#window()[1] + share * this.#length);
  }

  #momentAt(x) {
    const box = this.line.getBoundingClientRect();
    const [from, to] = this.#window();
    return from + Math.max(0, Math.min(1, (x - box.left) / box.width)) * (to - from);
  }

  #listen() {
    let began = null;
    this.line.addEventListener('pointerdown', event => {
      if (event.button !== 0) return;
      began = {x: event.clientX, moment: this.#momentAt(event.clientX), drawn: false};
      this.line.setPointerCapture(event.pointerId);
    });
    this.line.addEventListener('pointermove', event => {
      const moment = this.#momentAt(event.clientX);
      this.#point(event.clientX, moment);
      if (!began || !began.drawn && Math.abs(event.clientX - began.x) < DRAG_PIXELS) return;
      began.drawn = true;
      this.#tell('clip', {from: Math.min(began.moment, moment), to: Math.max(began.moment, moment)});
    });
    this.line.addEventListener('pointerup', () => {
      if (began && !began.drawn) this.#tell('seek', began.moment);
      began = null;
    });
    this.line.addEventListener('pointercancel', () => { began = null; });
    this.line.addEventListener('pointerleave', () => { this.hint.hidden = true; });
  }

  #point(x, moment) {
    const box = this.line.getBoundingClientRect();
    this.hint.hidden = false;
    setText(this.hint, this.#length > 6 * HOUR ? dateAndTime(moment) : clock(moment));
    this.hint.style.left = `${Math.max(0, Math.min(100, (x - box.left) / box.width * 100))}%`;
  }

  #key(event) {
    const steps = {ArrowLeft: -KEY_STEP, ArrowRight: KEY_STEP, ArrowDown: -KEY_STEP, ArrowUp: KEY_STEP, PageDown: -PAGE_STEP, PageUp: PAGE_STEP};
    const from = this.#shown ?? this.#now();
    let to = event.key in steps ? from + steps[event.key] : null;
    if (event.key === 'Home') to = this.#spans[0]?.from ?? null;
    if (to === null) return;
    event.preventDefault();
    this.#tell('seek', to);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, {detail}));
  }

  draw() {
    const [from, to] = this.#window();
    const share = moment => 100 * Math.max(0, Math.min(1, (moment - from) / (to - from)));
    const width = this.line.clientWidth || 1;
    const pieces = [];
    for (const span of this.#spans) {
      if (span.to < from || span.from > to) continue;
      const piece = {left: share(span.from), right: share(span.to), open: span.open};
      const last = pieces.at(-1);
      if (last && (piece.left - last.right) * width < 50) last.right = piece.right, last.open = piece.open;  // less than half a pixel
      else pieces.push(piece);
    }
    while (this.recorded.children.length < pieces.length) this.recorded.append(h('div'));
    while (this.recorded.children.length > pieces.length) this.recorded.lastElementChild.remove();
    pieces.forEach(({left, right, open}, i) => place(this.recorded.children[i], left, right, open));
    this.range.hidden = !this.#clip || this.#clip.to < from || this.#clip.from > to;
    if (!this.range.hidden) place(this.range, share(this.#clip.from), share(this.#clip.to));
    const moment = this.#shown ?? this.#now();
    this.cursor.hidden = moment < from || moment > to;
    this.cursor.style.left = `${share(moment)}%`;
    setAttribute(this.line, 'data-live', this.#shown === null ? '' : null);
    this.#describe(moment, from, to);
    this.#drawMarks(from, to, width, share);
  }

  #describe(moment, from, to) {
    setAttribute(this.line, 'aria-valuemin', Math.round(from / 1000));
    setAttribute(this.line, 'aria-valuemax', Math.round(to / 1000));
    setAttribute(this.line, 'aria-valuenow', Math.round(Math.max(from, Math.min(to, moment)) / 1000));
    setAttribute(this.line, 'aria-valuetext', this.#shown === null ? `live; ${count(this.#spans.length, 'recording')}` : dateAndTime(moment));
    this.lengths.forEach((button, i) => setAttribute(button, 'aria-pressed', String(LENGTHS[i][0] === this.#length)));
    this.later.disabled = this.#end === null;
  }

  #drawMarks(from, to, width, share) {
    const step = STEPS.find(one => one / (to - from) * width >= MARK_PIXELS) ?? STEPS.at(-1);
    const zone = new Date(to).getTimezoneOffset() * MINUTE;
    const places = [];
    for (let at = Math.ceil((from - zone) / step) * step + zone; at <= to - step / 3; at += step) places.push(at);
    while (this.marks.children.length < places.length) this.marks.append(h('span'));
    while (this.marks.children.length > places.length) this.marks.lastElementChild.remove();
    places.forEach((at, i) => {
      const midnight = new Date(at).getHours() === 0 && new Date(at).getMinutes() === 0;
      setText(this.marks.children[i], midnight ? new Date(at).toLocaleDateString([], {day: 'numeric', month: 'short'}) : clock(at).slice(0, 5));
      this.marks.children[i].style.left = `${share(at)}%`;
    });
  }
}

function place(element, left, right, open) {
  element.style.left = `${left}%`;
  element.style.width = `${right - left}%`;
  setAttribute(element, 'data-open', open ? '' : null);
}

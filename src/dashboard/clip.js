// A clip of a recording: from when to when, and its download. The browser gets it from the router, as a plain MP4 file.

import {h, icon, setText} from './dom.js';
import {askRouter} from './player/router_login.js';
import {clock, duration, megabytes} from './words.js';

const LONGEST_MS = 3600e3;   // a browser keeps the file until it is whole; what is longer is a matter for curl
const USUAL_MS = 30e3;

const two = n => String(n).padStart(2, '0');
const dayOf = date => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
const timeOf = date => [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
const inputText = moment => `${dayOf(new Date(moment))}T${timeOf(new Date(moment))}`;

export function clipName(id, side, from) {
  const date = new Date(from);
  return `${id}-${side}-${dayOf(date)}_${timeOf(date).replaceAll(':', '-')}.mp4`;
}

// Event: 'change'. ask: {id, side(), moment(): what is shown now, spans(), url(from, seconds): the address of the clip}
export class Clip extends EventTarget {
  range = null;    // {from, to}
  #ask;
  #download = null;

  constructor(ask) {
    super();
    this.#ask = ask;
    const input = (label, key) => h('input', {type: 'datetime-local', step: '1', 'aria-label': label, onchange: event => this.#typed(key, event.target.value)});
    this.from = input('The clip’s start', 'from');
    this.to = input('The clip’s end', 'to');
    this.length = h('span', {class: 'length'});
    this.note = h('p', {class: 'note', role: 'status'});
    this.open = h('button', {type: 'button', class: 'open', onclick: () => this.choose(this.#usual())}, icon('cut'), 'Cut a clip');
    this.save = h('button', {type: 'button', class: 'primary save', onclick: () => this.#save()});
    const mark = (text, key) => h('button', {type: 'button', 'data-mark': key, title: 'The moment that is shown', onclick: () => this.#mark(key)}, text);
    this.form = h('div', {class: 'clip-form', hidden: true},
      h('div', {class: 'end'}, mark('From', 'from'), this.from), h('div', {class: 'end'}, mark('To', 'to'), this.to),
      h('div', {class: 'act'}, this.length, this.save, h('button', {type: 'button', class: 'quiet', 'aria-label': 'No clip', title: 'No clip', onclick: () => this.choose(null)}, icon('close'))));
    this.element = h('div', {class: 'clip'}, this.open, this.form, this.note);
    this.#show();
  }

  close() {
    this.#download?.abort();
  }

  choose(range) {
    this.#download?.abort();
    this.range = range;
    this.#show();
    this.dispatchEvent(new Event('change'));
  }

  #usual() {
    const moment = this.#ask.moment();
    const span = this.#ask.spans().findLast(one => one.from < moment) ?? this.#ask.spans()[0];
    const to = Math.min(span.to, moment + USUAL_MS);
    return {from: Math.max(span.from, Math.min(moment, to - USUAL_MS)), to};
  }

  #typed(key, text) {
    const moment = new Date(text).getTime();
    if (Number.isFinite(moment)) this.#end(key, moment);
    else this.#show();
  }

  #mark(key) {
    this.#end(key, this.#ask.moment());
  }

  // One end is moved; the other one gives way.
  #end(key, moment) {
    const length = Math.max(1000, this.range.to - this.range.from);
    const range = {...this.range, [key]: moment};
    if (range.to - range.from < 1000) range[key === 'from' ? 'to' : 'from'] = key === 'from' ? moment + length : moment - length;
    this.choose(range);
  }

  // What of the range is recorded without a gap: the router's answer ends at the first gap. A string says why there is nothing.
  #part() {
    const {from, to} = this.range;
    const span = this.#ask.spans().find(one => one.to > from && one.from < to);
    if (!span) return 'Nothing was recorded in this time.';
    return {from: Math.max(from, span.from), to: Math.min(to, span.to)};
  }

  #show() {
    this.open.hidden = Boolean(this.range);
    this.form.hidden = !this.range;
    setText(this.note, '');
    this.#button(false);
    if (!this.range) return;
    this.from.value = inputText(this.range.from);
    this.to.value = inputText(this.range.to);
    const part = this.#part();
    const found = typeof part === 'string' ? null : part;
    const seconds = found ? (found.to - found.from) / 1000 : 0;
    setText(this.length, found ? duration(seconds) : '');
    this.save.disabled = !found || found.to - found.from > LONGEST_MS;
    if (!found) setText(this.note, part);
    else if (this.save.disabled) setText(this.note, 'A clip of more than an hour is better downloaded with curl: docs/playback.md.');
    else if (found.from > this.range.from + 1000 || found.to < this.range.to - 1000) setText(this.note, `There is a gap: the clip is from ${clock(found.from)} to ${clock(found.to)}.`);
  }

  #button(busy) {
    this.save.replaceChildren(icon(busy ? 'close' : 'download'), busy ? 'Cancel' : 'Download');
  }

  async #save() {
    if (this.#download) return this.#download.abort();
    const {from, to} = this.#part();
    const name = clipName(this.#ask.id, this.#ask.side(), from);
    this.#download = new AbortController();
    const {signal} = this.#download;
    this.#button(true);
    let words;
    try {
      const blob = await this.#fetch(this.#ask.url(from, (to - from) / 1000), signal);
      const link = h('a', {href: URL.createObjectURL(blob), download: name});
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60e3);
      words = `Saved as ${name} (${megabytes(blob.size)})`;
    } catch (error) {
      words = signal.aborted ? '' : `The clip was not downloaded: ${error.name === 'TypeError' ? 'the playback server cannot be reached' : error.message}.`;
    }
    this.#download = null;
    this.#button(false);
    setText(this.note, words);
  }

  async #fetch(url, signal) {
    const reply = await askRouter(url, {signal});
    if (!reply.ok) {
      const told = await reply.json().catch(() => ({}));
      throw new Error(told.error ?? `the playback server answered ${reply.status}`);
    }
    let bytes = 0;
    const count = new TransformStream({
      transform: (chunk, controller) => {
        bytes += chunk.length;
        setText(this.note, `${megabytes(bytes)} …`);
        controller.enqueue(chunk);
      },
    });
    return new Response(reply.body.pipeThrough(count), {headers: {'Content-Type': 'video/mp4'}}).blob();  // browsers keep large ones on the disk
  }
}

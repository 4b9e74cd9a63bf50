// The page of one stream: both pictures in step, its way through the pipeline, graphs, what happened, the log, addresses.

import {h, icon, setAttribute, setText, copyable} from './dom.js';
import {count, dateAndTime, span, stateOf} from './words.js';
import {isOperator, ONLY_OPERATORS} from './door.js';
import {command, history, transcript} from './feed.js';
import {Dubs} from './dub.js';
import {Destinations} from './destinations.js';
import {Pair} from './pair.js';
import {Way} from './way.js';
import {Graphs} from './graphs.js';
import {Timeline} from './timeline.js';
import {LogView} from './log.js';
import {Recordings} from './recordings.js';
import {playAddresses, publishAddresses} from './addresses.js';

const LAST_SAID = 40;  // captions of before; four languages speak within the delay of the output

// What operators can do: its name, the question before it, what is said afterwards, and how it is undone.
const ACTIONS = {
  restart: {label: 'Restart', icon: 'restart', ask: 'Restart the worker?', what: 'Viewers lose the output for about a second. The count of failed starts begins anew.', done: 'The worker is being restarted.'},
  stop: {label: 'Stop', icon: 'stop', ask: 'Stop this stream?', what: 'The worker ends and viewers lose the output. The publisher stays connected. The stream stays stopped until a restart, a reset or a new session.', done: 'Stopped.', undo: 'reset', danger: true},
  reset: {label: 'Reset', icon: 'reset', ask: 'Reset this stream?', what: 'Forgets failed starts and an operator’s stop. A stream that has failed or was stopped is started again.', done: 'Reset.'},
};

export class StreamPage {
  #feed;
  #id;
  #toast;
  #ends = new AbortController();
  #parts;

  constructor(feed, id, toast) {
    this.#feed = feed;
    this.#id = id;
    this.#toast = toast;
    const {signal} = this.#ends;
    this.chip = h('span', {class: 'chip'});
    this.since = h('span', {class: 'since'});
    this.reason = h('p', {class: 'why'});
    this.buttons = Object.fromEntries(Object.entries(ACTIONS).map(([verb, action]) =>
      [verb, h('button', {type: 'button', class: action.danger ? 'danger' : '', 'data-verb': verb, onclick: () => this.#ask(verb)}, icon(action.icon), action.label)]));
    this.dialog = h('dialog', {'aria-labelledby': 'ask-title'});
    this.pair = new Pair(feed, id);
    this.way = new Way();
    this.dubs = new Dubs();
    this.recordings = new Recordings(feed, id, toast);
    this.destinations = new Destinations(id, toast);
    this.graphs = new Graphs();
    this.timeline = new Timeline();
    this.log = new LogView();
    this.addresses = h('div', {class: 'addresses'});
    this.missing = h('p', {class: 'none', hidden: true}, 'media-service knows no stream of this name. It appears here as soon as somebody publishes it.');
    const panel = (title, content, more) => h('section', {class: 'panel', 'aria-label': title}, h('header', {}, h('h2', {}, title), more), content);
    this.dubs.panel = panel('Dub', this.dubs.element);
    this.dubs.panel.hidden = true;
    this.#parts = h('div', {class: 'parts'}, this.pair.element, this.dubs.panel,
      panel('Destinations', this.destinations.element, this.destinations.tools),
      panel('Recordings', this.recordings.element, this.recordings.tools),
      panel('The way of the stream', this.way.element),
      panel('Last 15 minutes', this.graphs.element),
      h('div', {class: 'columns'}, panel('What happened', this.timeline.element), panel('Worker log', this.log.element, this.log.tools)),
      panel('Addresses', this.addresses));
    this.element = h('div', {class: 'page stream'},
      h('div', {class: 'head'}, h('a', {class: 'back', href: '#/', 'aria-label': 'All streams', title: 'All streams (Esc)'}, icon('back')),
        h('h1', {}, id), this.chip, this.since, h('div', {class: 'actions'}, Object.values(this.buttons))),
      this.reason, this.missing, this.#parts, this.dialog);
    for (const type of ['streams', 'router']) feed.addEventListener(type, () => this.#update(), {signal});
    feed.addEventListener('figures', event => {
      this.#update();
      const stream = feed.streams.get(id);
      if (stream && event.detail?.at) this.graphs.add(stream.figures, event.detail.at);
    }, {signal});
    feed.addEventListener('link', () => { this.loaded = false; }, {signal});  // what happened meanwhile is asked for again
    feed.addEventListener('happened', event => {
      const {type, data} = event.detail;
      if (data.streamId === id) this.timeline.add(type, data);
    }, {signal});
    feed.addEventListener('caption', event => event.detail.streamId === id && this.#said(event.detail), {signal});
    feed.addEventListener('log', event => event.detail.streamId === id && this.log.take(event.detail), {signal});
    this.clock = setInterval(() => this.#showSince(), 1000);
    this.#update();
  }

  close() {
    this.#ends.abort();
    clearInterval(this.clock);
    this.pair.close();
    this.dubs.close();
    this.recordings.close();
    this.graphs.close();
  }

  async #load() {
    this.loaded = true;
    const told = await history(this.#id).catch(() => null);
    if (!told || this.#ends.signal.aborted) return;
    this.graphs.load(told);
    this.timeline.load(told.events);
    if (this.dubs.panel.hidden) return;
    const said = await transcript(this.#id).catch(() => []);
    if (!this.#ends.signal.aborted) for (const caption of said.slice(-LAST_SAID)) this.#said(caption);
  }

  #said(caption) {
    this.dubs.take(caption, this.#feed.ahead);
    this.pair.take(caption);
  }

  #update() {
    const stream = this.#feed.streams.get(this.#id);
    this.missing.hidden = Boolean(stream) || !this.#feed.known;
    this.#parts.hidden = !stream;
    for (const button of Object.values(this.buttons)) {
      button.disabled = !stream || !isOperator();
      button.title = isOperator() ? '' : ONLY_OPERATORS;
    }
    if (!stream) {
      setText(this.chip, '');
      setText(this.reason, '');
      setText(this.since, '');
      return;
    }
    if (!this.loaded && this.#feed.link.state === 'live') this.#load();
    const state = stateOf(stream);
    setText(this.chip, state.word);
    setAttribute(this.element, 'data-colour', state.colour);
    setAttribute(this.element, 'data-state', state.name);
    setText(this.reason, sentence(stream.reason) + (stream.nextRetry ? ` The next start is due at ${new Date(stream.nextRetry).toLocaleTimeString([], {hour12: false})}.` : ''));
    this.buttons.stop.disabled ||= state.name === 'stopped' || !stream.live && state.name === 'idle';
    this.#showSince();
    this.pair.update(stream);
    this.way.update(stream, this.#feed.routerOf(stream));
    this.dubs.update(stream);
    this.destinations.update(stream);
    this.#showAddresses();
  }

  #showSince() {
    const stream = this.#feed.streams.get(this.#id);
    if (!stream) return;
    const restarts = stream.figures?.restarts ?? stream.restarts;
    setText(this.since, `for ${span((Date.now() - Date.parse(stream.since)) / 1000)}${restarts ? ` · ${count(restarts, 'restart')}` : ''}`);
    setAttribute(this.since, 'title', `since ${dateAndTime(stream.since)}`);
  }

  #showAddresses() {
    const router = this.#feed.routerOf(this.#feed.streams.get(this.#id));
    const key = JSON.stringify([router.name, router.doors]);
    if (key === this.shownDoors) return;
    this.shownDoors = key;
    const group = (title, lists) => h('div', {class: 'group'}, h('h3', {}, title), lists.map(([name, lines]) =>
      h('div', {class: 'address'}, h('h4', {}, name), lines.map(([label, text]) => copyable(label || `address for ${name}`, text, Boolean(label))))));
    const off = router.doors && !router.doors.hls?.open ? h('p', {class: 'note'}, 'HLS is off. Set hls: true in mediamtx.yml to play in browsers.') : null;
    this.addresses.replaceChildren(group('Publish', publishAddresses(router, this.#id)), group('Play the output', playAddresses(router, this.#id, 'out')), ...off ? [off] : []);
  }

  #ask(verb) {
    const action = ACTIONS[verb];
    const yes = h('button', {type: 'button', class: action.danger ? 'danger' : 'primary', autofocus: true, onclick: () => { this.dialog.close(); this.#act(verb); }}, action.label);
    this.dialog.replaceChildren(h('h2', {id: 'ask-title'}, action.ask), h('p', {}, action.what),
      h('div', {class: 'choices'}, h('button', {type: 'button', onclick: () => this.dialog.close()}, 'Cancel'), yes));
    this.dialog.showModal();
  }

  async #act(verb) {
    const action = ACTIONS[verb];
    try {
      await command(this.#id, verb);
      this.#toast(`${this.#id}: ${action.done}`, action.undo ? {label: 'Undo', action: () => this.#act(action.undo)} : {});
    } catch (error) {
      this.#toast(`${this.#id}: ${verb} was not done: ${error.message}.`, {bad: true});
    }
  }
}

function sentence(text) {
  return text ? `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}` : '';
}

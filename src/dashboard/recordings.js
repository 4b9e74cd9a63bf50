// The recordings of a stream: the switch, a line of time on which one rewinds while the stream goes on, the list, clips.

import {isOperator, ONLY_OPERATORS} from './door.js';
import {h, icon, setAttribute, setText} from './dom.js';
import {dateAndTime, duration, momentWords, span} from './words.js';
import {command} from './feed.js';
import {pathOf, playbackServer} from './addresses.js';
import {PastPlayer} from './player/past_player.js';
import {Clip} from './clip.js';
import {Recorded} from './recorded.js';
import {TimeBar} from './timebar.js';

const SILENT_MS = 15e3;   // a key frame comes sooner; then something is wrong
const STEP_MS = 10e3;
const SIDES = {in: 'What the publisher sends', out: 'What viewers get'};

// Of each state of a recording: whether the switch is on, its colour, and the words.
const STATES = {
  '': [null, 'calm', ''],
  unknown: [null, 'calm', 'There is no stream here now. It can be switched while there is one.'],
  off: [false, 'calm', 'Not recorded'],
  idle: [true, 'calm', 'Recorded as soon as somebody publishes'],
  waiting: [true, 'new', 'Waiting for the next key frame'],
  recording: [true, 'good', 'Recording'],
  failing: [true, 'bad', 'Nothing can be written. The stream goes on.'],
  unsupported: [true, 'warn', 'No track of this stream can be recorded.'],
};

export class Recordings {
  #feed;
  #id;
  #toast;
  #side = 'out';
  #recorded = null;   // of the side that is shown
  #both = {};          // of each side
  #switching = null;   // the state that was asked for
  #refused = '';       // why the last command was not done
  #seen = '';          // the state at that time
  #past = false;       // the past is shown
  #listed = '';

  constructor(feed, id, toast) {
    this.#feed = feed;
    this.#id = id;
    this.#toast = toast;
    this.sides = Object.keys(SIDES).map(side => h('button', {type: 'button', title: SIDES[side], 'data-choice': side, onclick: () => this.#choose(side)}, side));
    this.words = h('span', {class: 'chip'});
    this.switch = h('button', {type: 'button', class: 'switch', role: 'switch', 'aria-checked': 'false', onclick: () => this.#turn()}, h('span', {class: 'knob'}), 'Record');
    this.why = h('p', {class: 'why', role: 'status'});
    this.none = h('p', {class: 'none'});
    this.video = h('video', {'aria-label': 'Picture of the past'});
    this.cover = h('p', {class: 'cover'});
    this.frame = h('div', {class: 'frame', hidden: true}, this.video, this.cover);
    this.list = h('ol', {class: 'spans', tabindex: '0', 'aria-label': 'Recordings, newest first'});
    this.older = h('button', {type: 'button', class: 'older', hidden: true, onclick: () => this.#older()}, 'Older ones');
    for (const side of Object.keys(SIDES)) {
      this.#both[side] = new Recorded(id, side, () => feed.link.state === 'live' && feed.routerOf(feed.streams.get(id)).reachable);
      this.#both[side].addEventListener('change', () => this.#changed(side));
    }
    this.bar = new TimeBar(() => this.#recorded.now(), `Recordings of ${id}`);
    this.player = new PastPlayer(this.video, {url: (at, seconds) => this.#url(at, seconds, 'fmp4'), next: at => this.#recorded.next(at)});
    this.clip = new Clip({id, side: () => this.#side, spans: () => this.#recorded.spans, moment: () => this.#moment(), url: (from, seconds) => this.#url(from, seconds, 'mp4')});
    this.#build();
    this.bar.addEventListener('seek', event => this.#seek(event.detail));
    this.bar.addEventListener('clip', event => this.clip.choose(event.detail));
    this.clip.addEventListener('change', () => this.#showTime());
    this.player.addEventListener('change', () => this.#showTime());
    this.timer = setInterval(() => this.#tick(), 250);
    this.#choose('out');
  }

  #build() {
    const button = (name, label, act) => h('button', {type: 'button', class: 'quiet', 'data-act': name, 'aria-label': label, title: label, onclick: act}, icon(name));
    this.back = h('button', {type: 'button', class: 'quiet', 'data-act': 'back', title: '10 seconds back', 'aria-label': '10 seconds back', onclick: () => this.#seek(this.#moment() - STEP_MS)}, '−10 s');
    this.toggle = button('pause', 'Pause', () => this.#toggle());
    this.sound = button('mute', 'Listen', () => { this.video.muted = !this.video.muted; this.#showTime(); });
    this.full = button('full', 'Full screen', () => this.frame.requestFullscreen?.().catch(() => {}));
    this.at = h('output', {class: 'at'});
    this.live = h('button', {type: 'button', class: 'live', 'data-act': 'live', onclick: () => this.#goLive()}, 'Live');
    this.controls = h('div', {class: 'controls'}, this.toggle, this.back, this.at, this.live, this.sound, this.full, this.bar.tools);
    this.stage = h('div', {class: 'past'},
      h('div', {class: 'stage-of-past'}, this.frame, this.bar.element, this.controls),
      h('div', {class: 'spans-box'}, this.list, this.older, this.clip.element));
    this.tools = h('div', {class: 'rec-tools'}, this.words, h('div', {class: 'filters', role: 'group', 'aria-label': 'Which side'}, this.sides), this.switch);
    this.element = h('div', {class: 'recordings'}, this.why, this.none, this.stage);
  }

  close() {
    clearInterval(this.timer);
    for (const recorded of Object.values(this.#both)) recorded.close();
    this.player.close();
    this.clip.close();
    this.bar.close();
  }

  // --- the switch ---

  #choose(side) {
    this.#side = side;
    this.#switching = null;
    this.#refused = '';
    this.#recorded = this.#both[side];
    this.#seen = this.#recorded.state;
    this.#goLive();
    this.clip.choose(null);
    for (const button of this.sides) setAttribute(button, 'aria-pressed', String(button.dataset.choice === side));
    this.#show();
  }

  #changed(side) {
    const {state} = this.#both[side];
    const [on, colour, words] = STATES[state] ?? STATES[''];
    if (this.#recorded === this.#both[side] && state !== this.#seen) [this.#seen, this.#refused] = [state, ''];
    const button = this.sides.find(one => one.dataset.choice === side);
    setAttribute(button, 'data-colour', on ? colour : null);
    button.title = `${SIDES[side]}${words ? `: ${words}` : ''}`;
    if (this.#recorded === this.#both[side]) this.#show();
  }

  async #turn() {
    const on = !STATES[this.#recorded.state][0];
    const recorded = this.#recorded;
    this.#switching = on;
    this.#refused = '';
    this.#show();
    try {
      recorded.take(await command(this.#id, `recordings/${this.#side}/${on ? 'start' : 'stop'}`));
      if (recorded === this.#recorded) this.#toast(`${this.#id}: ${on ? 'recorded from now on' : 'no longer recorded'}.`);
    } catch (error) {
      if (recorded === this.#recorded) this.#refused = `It was not switched ${on ? 'on' : 'off'}: ${error.message}.`;
    }
    if (recorded !== this.#recorded) return;
    this.#switching = null;
    this.#show();
  }

  // --- the past ---

  #url(at, seconds, format) {
    const query = new URLSearchParams({path: pathOf(this.#id, this.#side), start: new Date(at).toISOString(), duration: seconds.toFixed(3), format});
    return `${playbackServer(this.#feed.routerOf(this.#feed.streams.get(this.#id)))}/get?${query}`;
  }

  #moment() {
    return this.#past ? this.player.time : this.#recorded.spans.at(-1)?.to ?? this.#recorded.now();
  }

  #seek(moment) {
    const first = this.#recorded.spans[0];
    if (!first) return;
    const last = this.#recorded.spans.at(-1);
    const wanted = Math.max(first.from, moment);
    if (wanted > last.to - 1000) return last.open ? this.#goLive() : this.#seek(Math.max(last.from, last.to - STEP_MS));
    this.#past = true;
    this.player.seek(wanted);
    if (this.player.state === 'paused') this.player.play();
    this.bar.reveal(wanted);
    this.#showTime();
  }

  #toggle() {
    if (!this.#past) return this.#seek(this.#moment() - STEP_MS);
    if (['paused', 'ended', 'failed'].includes(this.player.state)) this.player.play();
    else this.player.pause();
  }

  #goLive() {
    this.#past = false;
    this.player.close();
    this.bar.follow();
    this.#showTime();
  }

  async #older() {
    this.older.disabled = true;
    await this.#recorded.older().catch(error => this.#toast(`${this.#id}: ${error.message}.`, {bad: true}));
    this.older.disabled = false;
  }

  // --- what is shown ---

  #tick() {
    if (!this.element.isConnected || document.hidden) return;
    this.#showTime();
    if (this.#recorded.state === 'waiting') this.#showState();
  }

  #show() {
    const {spans} = this.#recorded;
    this.#showState();
    const some = spans.length > 0;
    this.stage.hidden = !some;
    this.none.hidden = some;
    const {state, problem, trouble} = this.#recorded;
    setText(this.none, some || problem || trouble || !['off', 'idle', 'waiting', 'recording'].includes(state) ? '' : 'Nothing was recorded yet. The stream goes on while recording is switched on or off.');
    this.bar.set(spans);
    this.#showList();
    this.#showTime();
  }

  #showState() {
    const {state, error, problem, trouble, stateSince} = this.#recorded;
    let [on, colour, words] = STATES[state] ?? [null, 'calm', state];
    const silent = state === 'waiting' && Date.now() - stateSince > SILENT_MS;
    if (silent) [colour, words] = ['warn', `Nothing has been written for ${span((Date.now() - stateSince) / 1000)}`];
    if (this.#switching !== null) [on, colour, words] = [this.#switching, 'new', this.#switching ? 'Being switched on' : 'Being switched off'];
    const short = words.length < 40 && !words.includes('. ');
    setText(this.words, short ? words : '');
    setAttribute(this.words, 'data-colour', colour);
    setAttribute(this.element, 'data-recording', state);
    setAttribute(this.switch, 'aria-checked', String(Boolean(on)));
    setAttribute(this.switch, 'data-colour', colour === 'bad' || colour === 'warn' ? colour : 'good');
    setAttribute(this.switch, 'aria-busy', this.#switching === null ? null : 'true');
    this.switch.disabled = this.#switching !== null || on === null || !isOperator();
    this.switch.title = !isOperator() ? ONLY_OPERATORS : on === null ? words : 'Until the router starts anew: then its configuration decides.';
    const why = [this.#refused, trouble && `What is recorded cannot be told: ${trouble}.`, problem && `What was recorded cannot be shown: ${problem}.`,
      !short && `${words}${error ? ` ${error}.` : ''}`, silent && 'The log of the router says why.'].filter(Boolean);
    setText(this.why, why.join(' '));
    this.why.hidden = why.length === 0;
    setAttribute(this.why, 'data-colour', this.#refused || state === 'failing' ? 'bad' : trouble || problem || silent ? 'warn' : 'calm');
  }

  #showList() {
    const {spans, more} = this.#recorded;
    this.older.hidden = !more;
    const key = JSON.stringify(spans.map(({from, to, open}) => [from, open || to]));
    if (key !== this.#listed) {
      this.#listed = key;
      this.list.replaceChildren(...spans.toReversed().map(one => this.#row(one)));
    }
    const [newest] = this.list.children;
    const last = spans.at(-1);
    if (newest && last?.open) setText(newest.querySelector('.length'), duration((last.to - last.from) / 1000));
  }

  #row({from, to, open}) {
    const words = h('span', {class: 'when', title: dateAndTime(from)}, momentWords(from));
    return h('li', {}, h('button', {type: 'button', 'data-from': from, onclick: () => { this.bar.reveal(from); this.#seek(from); }}, words,
      h('span', {class: 'length'}, duration((to - from) / 1000)), open ? h('span', {class: 'now'}, 'now') : null));
  }

  #showTime() {
    const {player} = this;
    const past = this.#past;
    this.frame.hidden = !past;
    setAttribute(this.element, 'data-past', past ? player.state : null);
    const shown = past ? player.time : null;
    this.bar.show(shown, this.clip.range);
    const behind = past ? this.#recorded.now() - shown : 0;
    setText(this.at, past ? `${momentWords(shown)} · ${span(behind / 1000)} ago` : 'Click the line to rewind');
    setAttribute(this.live, 'data-on', past ? null : '');
    setAttribute(this.live, 'aria-pressed', String(!past));
    const runs = past && !['paused', 'ended', 'failed'].includes(player.state);
    if (this.toggle.dataset.act !== (runs ? 'pause' : 'play')) {
      const name = runs ? 'pause' : 'play';
      this.toggle.dataset.act = name;
      this.toggle.replaceChildren(icon(name));
      for (const key of ['aria-label', 'title']) this.toggle.setAttribute(key, runs ? 'Pause' : 'Play');
    }
    for (const button of [this.sound, this.full]) button.hidden = !past;
    const quiet = this.video.muted;
    if (this.sound.dataset.quiet !== String(quiet)) {
      this.sound.dataset.quiet = String(quiet);
      this.sound.replaceChildren(icon(quiet ? 'mute' : 'sound'));
      for (const key of ['aria-label', 'title']) this.sound.setAttribute(key, quiet ? 'Listen' : 'Mute');
    }
    setText(this.cover, {loading: 'Loading', waiting: 'Waiting for the recording to go on', ended: 'Here the recording ends', failed: sentence(player.reason)}[player.state] ?? '');
    setAttribute(this.frame, 'data-player', player.state);
  }
}

const sentence = text => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;

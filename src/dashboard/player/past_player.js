// Plays what was recorded of a path, from any moment on. It asks the router's playback server for some seconds at a time and lays
// them on a timeline that is the wall clock, so gaps stay where they were, and no connection waits while the picture is paused.

import {Source} from './buffers.js';
import {Pieces, readFragments, readInit} from './mp4.js';
import {askRouter} from './router_login.js';

const PIECE_SECONDS = 10;   // of one request
const AHEAD_SECONDS = 15;   // so much is downloaded before it is shown
const KEPT_SECONDS = 60;    // behind the picture that is shown
const LEAST_SECONDS = 1;    // a recording that goes on is asked for when it has so much more: that is how often it is written
const START = 1;            // the time of the first picture: sound may begin a little earlier
const SLACK = 0.5;          // an answer that is shorter than asked by less than this is whole: sound and picture end at different times
const LATE_SECONDS = 5;     // the end of a recording that goes on may not be written for so long
const SKIP_SECONDS = 1;     // so much is left out where there should be media and is none
const TRIES = 4;
const TICK_MS = 200;

const pause = (ms, signal) => new Promise(done => {
  const timer = setTimeout(done, ms);
  signal.addEventListener('abort', () => { clearTimeout(timer); done(); }, {once: true});
});

const fatal = message => Object.assign(new Error(message), {fatal: true});

// Event: 'change'. ask: {url(at, seconds): the address of a piece, next(at): the span {from, to, open} that has this moment, or the
// first one behind it, or null}. Moments are milliseconds of the router's clock.
export class PastPlayer extends EventTarget {
  state = 'off';   // off, loading, playing, paused, waiting (for the recording to go on), ended, failed
  reason = '';
  #video;
  #ask;
  #life = null;
  #epoch = 0;      // the moment at which the video's time is 0
  #buffer = null;
  #source = null;
  #mime = '';
  #from = 0;       // where it began
  #left = false;   // there is something to download
  #wantsPlay = true;

  constructor(video, ask) {
    super();
    this.#video = video;
    this.#ask = ask;
    video.muted = true;
    video.playsInline = true;
  }

  // The moment that is shown.
  get time() {
    const moment = this.#epoch + 1000 * this.#video.currentTime;
    return this.#video.readyState > 0 && this.#video.currentTime > 0 ? moment : this.#from;
  }

  seek(at) {
    const wanted = (at - this.#epoch) / 1000;
    if (this.#life && this.state !== 'failed' && this.#ranges().some(([start, end]) => start <= wanted && end > wanted + 0.2)) {
      this.#video.currentTime = wanted;
      return;
    }
    this.#begin(at);
  }

  play() {
    this.#wantsPlay = true;
    if (this.state === 'ended' || this.state === 'failed') this.#begin(this.time);
    else this.#video.play().catch(() => {});
  }

  pause() {
    this.#wantsPlay = false;
    this.#video.pause();
    this.#tick();
  }

  close() {
    this.#life?.abort();
    this.#life = null;
    this.#video.removeAttribute('src');
    this.#video.load();
    this.#wantsPlay = true;
    this.#set('off');
  }

  #begin(at) {
    this.#life?.abort();
    this.#life = new AbortController();
    const {signal} = this.#life;
    const span = this.#ask.next(at);
    this.#from = span && span.from > at ? span.from : at;
    this.#epoch = this.#from - 1000 * START;
    this.#buffer = null;
    this.#left = true;
    this.#set('loading');
    const timer = setInterval(() => this.#tick(), TICK_MS);
    signal.addEventListener('abort', () => clearInterval(timer), {once: true});
    this.#run(signal).catch(error => {
      if (!signal.aborted) this.#set('failed', error.message);
    });
  }

  async #run(signal) {
    if (!Source) throw fatal('this browser has no Media Source Extensions; download a clip instead');
    this.#source = new Source();
    const opened = new Promise(done => this.#source.addEventListener('sourceopen', done, {once: true}));
    this.#video.disableRemotePlayback = true;
    this.#video.src = URL.createObjectURL(this.#source);
    await opened;
    URL.revokeObjectURL(this.#video.src);
    let next = this.#from;
    let failed = 0;
    while (!signal.aborted) {
      const span = this.#ask.next(next);
      this.#left = Boolean(span);
      if (!span || this.#ahead() > AHEAD_SECONDS) {
        await pause(TICK_MS, signal);
        continue;
      }
      next = Math.max(next, span.from);
      const seconds = Math.min(PIECE_SECONDS, (span.to - next) / 1000);
      if (span.open && seconds < LEAST_SECONDS) {
        await pause(TICK_MS, signal);
        continue;
      }
      let found;
      try {
        found = await this.#piece(next, seconds, signal);
        failed = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (error.fatal || ++failed >= TRIES) throw error;
        await pause(500 * failed, signal);
        continue;
      }
      if (found > 0.01) next += 1000 * (found > seconds - SLACK ? seconds : found);
      else if (span.open && span.to - next < 1000 * LATE_SECONDS) await pause(1000, signal);  // it is not written yet
      else next += 1000 * Math.min(seconds, SKIP_SECONDS);
    }
  }

  // Returns how many seconds have come.
  async #piece(at, seconds, signal) {
    let reply;
    try {
      reply = await askRouter(this.#ask.url(at, seconds), {signal});
    } catch (error) {
      if (error.login) throw fatal(`${error.message}; give them above, and play again`);
      throw error.name === 'AbortError' || error.status ? error : new Error(`the playback server cannot be reached, or does not let ${location.origin} read (playbackAllowOrigins)`);
    }
    if (reply.status === 404) return 0;
    if (!reply.ok) {
      const told = await reply.json().catch(() => ({}));
      throw new Error(`the playback server answered ${reply.status}${told.error ? `: ${told.error}` : ''}`);
    }
    const pieces = new Pieces();
    const reader = reply.body.getReader();
    const offset = (at - this.#epoch) / 1000;
    let tracks = [], end = 0;
    for (;;) {
      const {done, value} = await reader.read();
      if (done) return end;
      for (const {kind, bytes} of pieces.push(value)) {
        if (kind === 'init') tracks = this.#init(bytes, offset);
        else end = Math.max(end, readFragments(bytes, tracks).end);
        await this.#append(bytes, signal);
      }
    }
  }

  #init(bytes, offset) {
    const {mime, tracks} = readInit(bytes);
    if (!Source.isTypeSupported(mime)) throw fatal(`this browser does not play ${mime}; download a clip instead`);
    if (!this.#buffer) this.#buffer = this.#source.addSourceBuffer(mime);
    else if (mime !== this.#mime) this.#buffer.changeType(mime);
    this.#mime = mime;
    this.#buffer.timestampOffset = offset;
    return tracks;
  }

  async #append(bytes, signal) {
    if (signal.aborted) throw new DOMException('', 'AbortError');
    const old = this.#video.currentTime - KEPT_SECONDS;
    const {buffered} = this.#buffer;
    if (buffered.length && buffered.start(0) < old - 10) await this.#updated(() => this.#buffer.remove(0, old));
    await this.#updated(() => this.#buffer.appendBuffer(bytes));
  }

  #updated(act) {
    const buffer = this.#buffer;
    return new Promise((done, fail) => {
      const ends = new AbortController();
      buffer.addEventListener('updateend', () => { ends.abort(); done(); }, {signal: ends.signal});
      buffer.addEventListener('error', () => { ends.abort(); fail(fatal('the browser could not decode it')); }, {signal: ends.signal});
      act();
    });
  }

  #ranges() {
    const {buffered} = this.#video;
    return [...Array(buffered.length).keys()].map(i => [buffered.start(i), buffered.end(i)]);
  }

  #ahead() {
    const {currentTime} = this.#video;
    return this.#ranges().filter(([, end]) => end > currentTime).reduce((sum, [start, end]) => sum + end - Math.max(start, currentTime), 0);
  }

  // Begins, goes over gaps, and tells what it does.
  #tick() {
    const video = this.#video;
    if (this.state === 'failed') return;
    if (video.error) {
      this.#life?.abort();
      return this.#set('failed', `the browser could not decode it: ${video.error.message}`);
    }
    const ranges = this.#ranges();
    const at = video.currentTime;
    const range = ranges.find(([start, end]) => start <= at && end > at + 0.05);
    const next = ranges.find(([start]) => start > at);
    // Sound and picture end at different times, so a video may stop a little before the end.
    const inside = range && (range[1] - at > SLACK || video.readyState > 2);
    if (!inside && next && !video.seeking) video.currentTime = next[0] + 0.01;
    if (this.#wantsPlay && video.paused && ranges.length) video.play().catch(() => {});
    if (!ranges.length) this.#set(this.#left ? 'loading' : 'ended');
    else if (!this.#wantsPlay) this.#set('paused');
    else if (inside && video.readyState > 2) this.#set('playing');
    else if (!inside && !next) this.#set(this.#left ? 'waiting' : 'ended');
  }

  #set(state, reason = '') {
    if (this.state === state && this.reason === reason) return;
    this.state = state;
    this.reason = reason;
    this.dispatchEvent(new Event('change'));
  }
}

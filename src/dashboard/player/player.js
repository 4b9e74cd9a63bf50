// Plays one path of the router in a <video>, near its live edge, for days: stalls, gaps, other codecs, a router that was
// restarted and a computer that has slept end by themselves, without a reload of the page.
//
// Where the picture comes from, the best first: live.mp4 (embedded router), Low-Latency HLS, both through Media Source
// Extensions; native HLS only where there are none (Chromium's own is not to be relied on); WebRTC where HLS is off.

import {Buffers, Source} from './buffers.js';
import {playLive} from './live_source.js';
import {playHls} from './hls_source.js';
import {playWhep} from './whep_source.js';
import {routerLogin} from './router_login.js';

const TICK_MS = 200;
const RETRY_MS = [200, 500, 1000, 2000, 3000];
const LOGIN_MS = 30000;         // before a router that wants a login is asked again without one: it may want none any more
const NO_MEDIA_SECONDS = 6;     // the connection is dead, or the publisher is silent
const STUCK_SECONDS = 3;        // media is there or comes, and the picture does not move
const WINDOW_SECONDS = 8;       // how far back arrivals are looked at
const RATE_BAND = 0.05;         // 0.95 to 1.05: nobody hears or sees it
const FAR_SECONDS = 3;          // further from where it should be, the player jumps
const JUMP_SECONDS = 0.1;       // a shorter jump is left out: it brings nothing, and would count as movement
const HIDDEN_SECONDS = 30;      // a page that nobody sees stops its downloads after this
const LIVE_TRIES = 3;           // connections without media, as behind a proxy that keeps endless answers back; then HLS
const FORGET_MS = 30000;        // how long a router is not asked for live.mp4 again after it had none

const withoutLive = new Map();  // origin → when it had no live.mp4
const withLive = new Set();     // origins that have had one

// Keeps several players at the same distance from the live edge.
export class Group {
  members = new Set();
  target() {
    return Math.max(...[...this.members].map(member => member.ownTarget()));
  }
}

// Events: 'change' (state), 'renditions'. options: {group, silent: no sound is wanted, samples: called with (track, samples) of the
// sound, keep: called with the video before its picture goes away}
export class Player extends EventTarget {
  state = 'connecting';  // connecting, playing, stalled, unsupported, off
  reason = '';           // why it does not play, in words
  kind = '';             // live, hls, native, webrtc
  failures = 0;          // connections in a row that have ended soon
  renditions = [];
  sound = '';            // the name of the rendition; '': the default one
  audio = '';            // the number of the audio track; '': the first
  extraDelay = 0;        // seconds that it stays behind the group
  #video;
  #doors;
  #options;
  #life = null;          // AbortController from start() to stop()
  #attempt = null;       // of one connection
  #buffers = null;
  #arrivals = [];        // {at, end}: when media came, and the time of its end
  #moved = {time: -1, at: 0};
  #penalty = 0;
  #inVain = 0;           // connections to live.mp4 in a row that brought no media
  #playedSince = null;
  #hiddenTimer = 0;
  #suspended = false;

  // doors: {hls: 'http://host:8888/live/demo/out' or null, webrtc: likewise}
  constructor(video, doors, options = {}) {
    super();
    this.#video = video;
    this.#doors = doors;
    this.#options = options;
    video.muted = true;
    video.playsInline = true;
  }

  get video() { return this.#video; }

  start() {
    if (this.#life) return;
    this.#life = new AbortController();
    this.#options.group?.members.add(this);
    const {signal} = this.#life;
    document.addEventListener('visibilitychange', () => this.#visibility(), {signal});
    routerLogin.addEventListener('given', () => this.#wake(), {signal});
    const timer = setInterval(() => this.#tick(), TICK_MS);
    signal.addEventListener('abort', () => clearInterval(timer));
    this.#run(signal);
  }

  stop() {
    this.#options.group?.members.delete(this);
    clearTimeout(this.#hiddenTimer);
    this.#life?.abort();
    this.#attempt?.abort();
    this.#life = null;
    this.#drop();
    this.#buffers = null;
    this.#set('connecting');
  }

  // Ends the present connection; the next one begins at once.
  again() {
    this.#attempt?.abort();
  }

  // The name of one of `renditions`, or the number of an audio track.
  chooseSound({sound = '', audio = ''}) {
    this.sound = sound;
    this.audio = audio;
    this.#drop();
    this.again();
  }

  // How far the picture is behind the newest media, in seconds; null: not known.
  lag() {
    if (!this.#arrivals.length || !this.#video.buffered.length) return null;
    return performance.now() / 1000 + this.#edge() - this.#video.currentTime;
  }

  // Where it would like to be: as near to the edge as the rhythm of the arrivals allows.
  ownTarget() {
    let gap = 0;
    for (let i = 1; i < this.#arrivals.length; i++) gap = Math.max(gap, this.#arrivals[i].at - this.#arrivals[i - 1].at);
    return Math.min(4, Math.max(0.25, 0.15 + 1.3 * gap)) + this.#penalty;
  }

  target() {
    return (this.#options.group?.target() ?? this.ownTarget()) + this.extraDelay;
  }

  // What to tell people who wait for the picture; '': nothing yet.
  trouble() {
    if (this.state === 'playing') return '';
    if (this.state === 'connecting') return (this.failures > 2 || routerLogin.wanted) && this.reason ? `Connecting: ${this.reason}` : '';
    return this.state === 'stalled' ? `Waiting: ${this.reason}` : this.reason;
  }

  async #run(signal) {
    while (!signal.aborted) {
      const begun = performance.now();
      let wait = 0;
      this.#attempt = new AbortController();
      try {
        if (!this.#suspended) await this.#play(this.#attempt.signal);
        this.reason = 'the connection has ended';
      } catch (error) {
        if (error.unsupported) this.#set('unsupported', error.message);
        else if (error.off) this.#set('off', error.message);
        else this.reason = error.status === 404 ? 'there is no such stream now' : error.name === 'TypeError' ? `the router cannot be reached, or does not let ${location.origin} play (hlsAllowOrigins)` : error.message;
        if (error.login) wait = LOGIN_MS;
      } finally {
        this.#attempt.abort();
      }
      if (signal.aborted) return;
      if (this.state === 'playing' || this.state === 'connecting') this.#set(this.#video.readyState > 1 ? 'stalled' : 'connecting', this.reason);
      if (performance.now() - begun > 5000) this.failures = 0;
      this.failures++;
      this.dispatchEvent(new Event('change'));
      await this.#pause(wait || RETRY_MS[Math.min(this.failures, RETRY_MS.length) - 1], signal);
    }
  }

  #pause(ms, signal) {
    return new Promise(done => {
      this.#wake = done;
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', () => { clearTimeout(timer); done(); }, {once: true});
    });
  }
  #wake = () => {};

  async #play(signal) {
    const {hls, webrtc} = this.#doors;
    if (!hls && !webrtc) throw Object.assign(new Error('the router has neither HLS nor WebRTC turned on'), {off: true});
    if (!hls) {
      this.kind = 'webrtc';
      return playWhep(webrtc, this.#video, signal);
    }
    if (!Source) return this.#playNative(hls, signal);
    await this.#openBuffers();
    const origin = new URL(hls).origin;
    if (this.#inVain < LIVE_TRIES && performance.now() - (withoutLive.get(origin) ?? -FORGET_MS) >= FORGET_MS) {
      this.kind = 'live';
      this.#buffers.begin(['all']);
      this.#inVain++;
      try {
        return await playLive(hls, this.#sink(() => { this.#inVain = 0; }), signal, this.#options.silent ? 'none' : this.audio, () => withLive.add(origin));
      } catch (error) {
        if (error.status === undefined || error.status >= 500 || error.status !== 401 && withLive.has(origin)) throw error;
        // Not there: a router without live.mp4, no such stream, or a login is wanted. HLS tells which.
        await this.#playHls(hls, signal, () => withoutLive.set(origin, performance.now()));
        return;
      }
    }
    this.#inVain = 0;
    await this.#playHls(hls, signal, () => withoutLive.set(origin, performance.now()));
  }

  async #playHls(base, signal, onFirst) {
    this.kind = 'hls';
    await playHls(base, this.#sink(onFirst), signal, {sound: this.sound, silent: this.#options.silent});
  }

  async #playNative(base, signal) {
    if (!this.#video.canPlayType('application/vnd.apple.mpegurl')) throw Object.assign(new Error('this browser plays neither Media Source Extensions nor HLS'), {unsupported: true});
    this.kind = 'native';
    this.#video.src = `${base}/index.m3u8`;
    this.#video.play().catch(() => {});
    await new Promise((done, fail) => {
      signal.addEventListener('abort', done, {once: true});
      this.#video.addEventListener('error', () => fail(new Error(this.#video.error?.message ?? 'error')), {once: true, signal});
    });
  }

  async #openBuffers() {
    if (this.#buffers && !this.#buffers.broken && !this.#video.error) return;
    this.#arrivals = [];
    this.#buffers = new Buffers(this.#video, {samplesOf: Boolean(this.#options.samples)});
    this.#buffers.onMedia = (name, media) => this.#arrived(name, media);
    await this.#buffers.open();
  }

  // onFirst: called when the first media has come.
  #sink(onFirst) {
    const buffers = this.#buffers;
    let first = true;
    return {
      expect: names => buffers.expect(names),
      init: (name, bytes, isBreak) => buffers.init(name, bytes, isBreak),
      media: (name, bytes) => {
        if (first) onFirst();
        first = false;
        buffers.media(name, bytes);
        if (buffers.broken) throw new Error('the browser could not decode it');
      },
      renditions: (choices, chosen) => {
        this.renditions = choices;
        this.sound = chosen?.name ?? '';
        this.dispatchEvent(new Event('renditions'));
      },
    };
  }

  #arrived(name, media) {
    const track = this.#buffers.tracks.get(name)?.tracks.find(one => one.kind === 'audio');
    if (media.samples.length && track) this.#options.samples?.(track, media.samples);
    if (name === 'audio') return;
    const at = performance.now() / 1000;
    this.#arrivals.push({at, end: media.end});
    while (this.#arrivals[0].at < at - WINDOW_SECONDS) this.#arrivals.shift();
    if (this.#arrivals.length < 3) this.#tick();
  }

  // The newest media time minus the clock, as of the fragments that came without delay.
  #edge() {
    return Math.max(...this.#arrivals.map(({at, end}) => end - at));
  }

  #tick() {
    const video = this.#video;
    const now = performance.now() / 1000;
    if (video.currentTime !== this.#moved.time) this.#moved = {time: video.currentTime, at: now};
    if (this.kind === 'webrtc' || this.kind === 'native') {
      if (video.readyState > 2 && now - this.#moved.at < 1) this.#set('playing');
      return;
    }
    if (!this.#buffers || this.#suspended) return;
    if (this.#buffers.broken || video.error) {
      this.#drop();
      return this.again();
    }
    const newest = this.#arrivals.at(-1);
    if (!newest || !video.buffered.length) return;
    if (now - newest.at > NO_MEDIA_SECONDS) {
      this.#set('stalled', 'no media comes');
      this.#arrivals = [];
      return this.again();
    }
    this.#steer(now);
    const stuck = now - this.#moved.at;
    if (stuck < 0.7 && video.readyState > 1) this.#set('playing');
    else if (stuck > 1 && this.state === 'playing') {
      this.#set('stalled', 'waiting for media');
      this.#penalty = Math.min(2, this.#penalty + 0.2);
    }
    // The browser shows no picture without its sound. So the picture also stops when only the sound does not come.
    const waits = newest.end - video.currentTime > this.target() + STUCK_SECONDS;
    if (stuck > STUCK_SECONDS && (this.#ahead() > 1 || waits)) {
      this.#moved.at = now;
      this.#drop();
      this.again();
    }
  }

  #drop() {
    if (this.#video.readyState > 1) this.#options.keep?.(this.#video);
    this.#buffers?.close();
  }

  #ahead() {
    const range = this.#buffers.ranges().find(([start, end]) => start <= this.#video.currentTime + 0.1 && end > this.#video.currentTime);
    return range ? range[1] - this.#video.currentTime : 0;
  }

  // Into the media, over gaps, and to the right distance from the edge.
  #steer(now) {
    const video = this.#video;
    const ranges = this.#buffers.ranges();
    if (!ranges.length) return;
    const [, end] = ranges.at(-1);
    const inside = ranges.find(([start, stop]) => start <= video.currentTime + 0.05 && stop > video.currentTime + 0.02);
    const target = this.target();
    const off = now + this.#edge() - video.currentTime - target;
    if (!inside) {
      const next = ranges.find(([start]) => start > video.currentTime);
      if (next) video.currentTime = Math.max(next[0] + 0.01, Math.min(end - target, next[1] - 0.1));
      else if (video.currentTime > end + 1) video.currentTime = Math.max(ranges.at(-1)[0], end - target);
    } else if (off > this.#patience(now)) {
      const to = Math.max(ranges.at(-1)[0] + 0.01, end - target);
      if (to - video.currentTime > JUMP_SECONDS) video.currentTime = to;
    }
    if (video.paused) video.play().then(() => { this.#playedSince ??= now; }, () => {});
    this.#penalty = Math.max(0, this.#penalty - 0.001);
    const rate = Math.abs(off) < 0.03 ? 1 : 1 + Math.max(-RATE_BAND, Math.min(RATE_BAND, off / 4));
    if (Math.abs(video.playbackRate - rate) > 0.004 || rate === 1) video.playbackRate = rate;
  }

  // How far it may be off before it jumps: little while it starts, for there is nothing yet that a jump could disturb.
  #patience(now) {
    if (this.#playedSince === null || now - this.#playedSince < 4) return 0.25;
    return this.#options.group ? FAR_SECONDS / 3 : FAR_SECONDS;
  }

  // A page that is not seen does not download for long; one that is seen again is at the live edge at once.
  #visibility() {
    clearTimeout(this.#hiddenTimer);
    if (document.hidden) {
      this.#hiddenTimer = setTimeout(() => {
        this.#suspended = true;
        this.again();
      }, HIDDEN_SECONDS * 1000);
      return;
    }
    if (!this.#suspended) return;
    this.#suspended = false;
    this.#arrivals = [];
    this.#drop();
    this.#wake();
  }

  #set(state, reason = '') {
    this.reason = reason;
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event('change'));
  }
}

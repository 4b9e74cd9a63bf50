// Puts the pieces of a live stream into Media Source Extensions, on one timeline that never jumps: where the stream's own times
// jump (its publisher came back, the connection was lost), what follows is laid behind what is there.

import {readInit, readFragments} from './mp4.js';

const START = 1;            // the first media is laid here, so that sound that begins a little earlier is not cut
const KEPT_SECONDS = 8;     // behind the picture that is shown
const JUMP_SECONDS = 1;     // a fragment that is further from the one before is on another timeline
const MOST_QUEUED = 400;    // pieces that wait for a browser that does not take them

export const Source = self.MediaSource ?? self.ManagedMediaSource;

export class Buffers {
  broken = false;
  tracks = new Map();       // name → what readInit() told
  onMedia = () => {};       // (name, {start, end, samples}) on the common timeline, once a piece was taken
  #video;
  #source = new Source();
  #parts = new Map();       // name → {buffer, queue, mime, generation, end}
  #expected = new Set(['all']);
  #offsets = [];            // by generation: what is added to the stream's own times
  #waiting = [];            // pieces that came before all parts were known
  #samplesOf;

  constructor(video, {samplesOf = false} = {}) {
    this.#video = video;
    this.#samplesOf = samplesOf;
  }

  async open() {
    const opened = new Promise(done => this.#source.addEventListener('sourceopen', done, {once: true}));
    this.#video.disableRemotePlayback = true;
    this.#video.src = URL.createObjectURL(this.#source);
    await opened;
    URL.revokeObjectURL(this.#video.src);
  }

  close() {
    this.broken = true;
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  // A connection begins; its times have nothing to do with those of the one before.
  begin(names = ['all']) {
    this.#expected = new Set(names);
    this.#offsets = [];
    this.#waiting = [];
    for (const part of this.#parts.values()) Object.assign(part, {generation: 0, end: null, fresh: true});
    const known = [...this.#parts.keys()];
    if (known.length && known.join() !== names.join()) this.broken = true;  // parts cannot be added later
  }

  expect(names) {
    this.begin(names);
  }

  init(name, bytes, isBreak) {
    const read = readInit(bytes);
    this.tracks.set(name, read);
    if (!Source.isTypeSupported(read.mime)) throw Object.assign(new Error(`this browser does not play ${read.mime}`), {unsupported: true});
    const part = this.#parts.get(name);
    if (!part) {
      this.#waiting.push({name, bytes, mime: read.mime});
      const ready = new Map(this.#waiting.filter(one => one.mime).map(one => [one.name, one]));
      if ([...this.#expected].every(one => ready.has(one))) this.#make(ready);
      return;
    }
    if (isBreak && !part.fresh) this.#next(part);
    part.queue.push({bytes, mime: read.mime});
    this.#work(name);
  }

  media(name, bytes) {
    const part = this.#parts.get(name);
    if (!part) return void this.#waiting.push({name, bytes});
    if (part.queue.length > MOST_QUEUED) {
      this.broken = true;
      return;
    }
    const read = this.tracks.get(name);
    const audio = this.#samplesOf ? read.tracks.find(track => track.kind === 'audio')?.id : null;
    const found = readFragments(bytes, read.tracks, audio ?? null);
    if (!Number.isFinite(found.start)) return;
    if (part.end !== null && Math.abs(found.start - part.end) > JUMP_SECONDS) this.#next(part);
    part.fresh = false;
    part.end = found.end;
    part.queue.push({bytes, found, generation: part.generation});
    this.#work(name);
    for (const other of this.#parts.keys()) if (other !== name) this.#work(other);  // it may have waited for this one's offset
  }

  // The end of what can be played without a gap from `time` on.
  ranges() {
    const buffered = this.#video.buffered;
    return [...Array(buffered.length).keys()].map(i => [buffered.start(i), buffered.end(i)]);
  }

  #next(part) {
    part.generation++;
    part.end = null;
  }

  #make(ready) {
    for (const [name, {mime}] of ready) {
      const buffer = this.#source.addSourceBuffer(mime);
      buffer.addEventListener('updateend', () => this.#work(name));
      buffer.addEventListener('error', () => { this.broken = true; });
      this.#parts.set(name, {buffer, queue: [], mime, generation: 0, end: null, fresh: true});
    }
    const pieces = this.#waiting;
    this.#waiting = [];
    for (const {name, bytes, mime} of pieces) {
      if (!mime) this.media(name, bytes);
      else {
        this.#parts.get(name).queue.push({bytes, mime});
        this.#work(name);
      }
    }
  }

  // The picture, or the only part, decides where a generation is laid; the sound follows.
  #offset(name, generation, start) {
    if (this.#offsets[generation] === undefined) {
      if (name === 'audio' && this.#expected.size > 1) return null;
      const ranges = this.ranges();
      this.#offsets[generation] = (ranges.length ? ranges.at(-1)[1] : START) - start;
    }
    return this.#offsets[generation];
  }

  #work(name) {
    const part = this.#parts.get(name);
    if (this.broken || !part.queue.length || part.buffer.updating || this.#source.readyState !== 'open') return;
    const [piece] = part.queue;
    try {
      if (piece.mime && piece.mime !== part.mime) {
        part.buffer.changeType(piece.mime);
        part.mime = piece.mime;
      }
      if (piece.found) {
        const offset = this.#offset(name, piece.generation, piece.found.start);
        if (offset === null) return;
        if (part.buffer.timestampOffset !== offset) part.buffer.timestampOffset = offset;
        if (this.#trim(part)) return;
      }
      part.buffer.appendBuffer(piece.bytes);
    } catch (error) {
      if (error.name === 'QuotaExceededError' && this.#trim(part, 1)) return;
      this.broken = true;
      return;
    }
    part.queue.shift();
    if (piece.found) {
      const offset = this.#offsets[piece.generation];
      const {start, end, samples} = piece.found;
      this.onMedia(name, {start: start + offset, end: end + offset, samples: samples.map(sample => ({...sample, time: sample.time + offset}))});
    }
  }

  // Removes what was shown long ago. True: the buffer is busy with it.
  #trim(part, kept = KEPT_SECONDS) {
    const buffered = part.buffer.buffered;
    const limit = this.#video.currentTime - kept;
    if (!buffered.length || buffered.start(0) >= limit - (kept > 1 ? 4 : 0)) return false;
    part.buffer.remove(0, limit);
    return true;
  }
}

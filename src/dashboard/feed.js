// All that the page knows comes from one connection: the server-sent events of /v1/events/stream. First a snapshot, then what
// changes. When the connection is lost, or nothing comes any more, it is opened again; the snapshot then replaces what was known.

import {ask, door, enter} from './door.js';
import {readEvents} from './event_stream.js';

const RETRY_MS = [500, 1000, 2000, 3000, 5000];
const SILENCE_MS = 20000;  // figures come every 2 s. A computer that has slept has a dead connection that tells nobody
const TIMELINE = ['hook', 'transition', 'worker-start', 'worker-adopted', 'worker-exit', 'output-readable', 'operator', 'dub', 'dub-refused', 'destination', 'destination-transition', 'forwarder-exit', 'router-conflict'];

// Events: 'streams' (which streams there are, or their states, have changed), 'figures', 'counts', 'router', 'link', 'happened' (detail:
// {type, data}), 'log' (detail: {streamId, lines, first}), 'caption' (detail: what was said in a fragment of a dub).
export class Feed extends EventTarget {
  streams = new Map();  // id → stream, with figures
  router = {reachable: true, error: '', doors: null};
  started = null;
  known = false;  // a snapshot has come
  large = false;  // there are so many streams that we are told of none but the one whose log we follow: the wall asks for pages
  counts = null;  // {streams, byState}
  link = {state: 'waiting', since: Date.now()};
  ahead = 0;  // milliseconds by which the clock of media-service is ahead of ours
  #source = null;  // aborts the connection
  #log = '';
  #opened = false;
  #retries = 0;
  #timer = 0;
  #heard = 0;
  #longestGap = 0;

  open() {
    this.#opened = true;
    this.#connect();
    setInterval(() => this.#watchSilence(), 1000);
    addEventListener('online', () => this.#reconnect());
    door.addEventListener('refused', () => this.#refused());
    door.addEventListener('opened', () => {
      if (this.link.state !== 'refused') return;
      this.#setLink('waiting');
      this.#connect();
    });
  }

  // The streams of a page, where there are many.
  showPage(items) {
    this.streams = new Map(items.map(stream => [stream.streamId, stream]));
    this.#tell('streams');
    this.#tell('figures');
  }

  // The router that has this stream; of one router, nobody needs to know where it is.
  routerOf(stream) {
    const own = this.router.routers?.find(router => router.name === stream?.router);
    return own ? {...own, host: own.name.replace(/:\d+$/, '')} : this.router;
  }

  // The log of one stream comes, too; '' for none.
  followLog(id) {
    if (this.#log === id) return;
    this.#log = id;
    if (this.#opened) this.#connect();
  }

  async #connect() {
    clearTimeout(this.#timer);
    this.#source?.abort();
    const source = new AbortController();
    this.#source = source;
    this.#heard = performance.now();
    const take = (type, text) => {
      if (source !== this.#source) return;
      this.#heard = performance.now();
      this.#take(type, JSON.parse(text));
    };
    try {
      if (!door.client && !await enter()) return;
      const log = this.#log ? `&log=${encodeURIComponent(this.#log)}` : '';
      const reply = await ask(`/v1/events/stream?watch=true${log}`, {signal: source.signal});
      if (reply.ok) await readEvents(reply, take);
    } catch {}  // lost: as if it had ended
    if (source === this.#source) this.#lost();
  }

  #take(type, data) {
    switch (type) {
      case 'snapshot': return this.#snapshot(data);
      case 'stream': return this.#stream(data);
      case 'gone':
        this.streams.delete(data.streamId);
        return this.#tell('streams');
      case 'figures': return this.#figures(data);
      case 'counts':
        this.counts = data;
        this.ahead = Date.parse(data.ts) - Date.now();
        return this.#tell('counts');
      case 'router':
        this.router = data;
        return this.#tell('router');
      case 'log': case 'caption': return this.#tell(type, data);
      case 'lost': return this.#reconnect();  // events are missing: a new snapshot has what they said
      default: if (TIMELINE.includes(type)) this.#tell('happened', {type, data});
    }
  }

  // Until somebody signs in.
  #refused() {
    clearTimeout(this.#timer);
    this.#source?.abort();
    this.#source = null;
    this.streams = new Map();
    this.known = false;
    this.#setLink('refused');
    this.#tell('streams');
  }

  #reconnect() {
    this.#retries = 0;
    this.#lost(true);
  }

  #lost(now = false) {
    this.#source?.abort();
    this.#source = null;
    door.client = null;  // it may be another one afterwards
    if (this.link.state === 'live') this.#setLink('lost');
    clearTimeout(this.#timer);
    const wait = now ? 0 : RETRY_MS[Math.min(this.#retries++, RETRY_MS.length - 1)];
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  #watchSilence() {
    if (this.link.state !== 'live') return;
    const silent = performance.now() - this.#heard;
    if (silent > Math.max(SILENCE_MS, 3 * this.#longestGap)) this.#reconnect();
  }

  #snapshot(data) {
    this.started = data.started;
    this.router = data.router;
    // A page that is on the screen stays there until the next one comes.
    if (!data.large || !this.large || data.streams.length) this.streams = new Map(data.streams.map(stream => [stream.streamId, stream]));
    this.large = data.large;
    this.counts = data.counts;
    this.known = true;
    this.#retries = 0;
    if (this.link.state !== 'live') this.#setLink('live');
    this.#tell('router');
    this.#tell('streams');
    this.#tell('figures');
  }

  #stream(data) {
    const before = this.streams.get(data.streamId);
    data.figures = {...before?.figures, ...data.figures};
    this.streams.set(data.streamId, data);
    this.#tell('streams');
  }

  #figures(data) {
    this.#longestGap = Math.max(this.#longestGap, performance.now() - (this.lastFigures ?? performance.now()));
    this.lastFigures = performance.now();
    this.ahead = Date.parse(data.ts) - Date.now();
    for (const [id, figures] of Object.entries(data.streams)) {
      const stream = this.streams.get(id);
      if (stream) stream.figures = figures;
    }
    this.#tell('figures', {at: data.ts});
  }

  #setLink(state) {
    this.link = {state, since: Date.now(), before: this.link};
    this.#tell('link');
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, {detail}));
  }
}

// Asks for something else than the events. Returns the answer. Errors are sentences.
export async function command(id, verb, options = {method: 'POST'}) {
  let reply;
  try {
    reply = await ask(`/v1/streams/${encodeURIComponent(id)}/${verb}`, options);
  } catch {
    throw new Error('media-service does not answer');
  }
  return answer(reply);
}

export function destinationAdd(id, name, url) {
  return command(id, 'destinations', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({name, url})});
}

export function destinationRemove(id, name) {
  return command(id, `destinations/${encodeURIComponent(name)}`, {method: 'DELETE'});
}

async function answer(reply) {
  const told = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Error(told.detail ?? `media-service answered ${reply.status}`);
  return told;
}

// What is recorded of a side of a stream. query: {from, to, limit}. Errors are sentences.
export async function recordings(id, side, query = {}) {
  let reply;
  try {
    reply = await ask(`/v1/streams/${encodeURIComponent(id)}/recordings/${side}?${new URLSearchParams(query)}`);
  } catch {
    throw new Error('media-service does not answer');
  }
  return answer(reply);
}

// What was said in the dubs of a stream.
export async function transcript(id) {
  const reply = await ask(`/v1/streams/${encodeURIComponent(id)}/transcript`);
  return reply.ok ? (await reply.json()).items : [];
}

export async function history(id) {
  const reply = await ask(`/v1/streams/${encodeURIComponent(id)}/history`);
  return reply.ok ? reply.json() : null;
}

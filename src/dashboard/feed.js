// All that the page knows comes from one connection: the server-sent events of /v1/events/stream. First a snapshot, then what
// changes. When the connection is lost, or nothing comes any more, it is opened again; the snapshot then replaces what was known.

const RETRY_MS = [500, 1000, 2000, 3000, 5000];
const SILENCE_MS = 20000;  // figures come every 2 s. A computer that has slept has a dead connection that tells nobody
const TIMELINE = ['hook', 'transition', 'worker-start', 'worker-adopted', 'worker-exit', 'output-readable', 'operator', 'dub', 'dub-refused'];

// Events: 'streams' (which streams there are, or their states, have changed), 'figures', 'router', 'link', 'happened' (detail:
// {type, data}), 'log' (detail: {streamId, lines, first}), 'caption' (detail: what was said in a fragment of a dub).
export class Feed extends EventTarget {
  streams = new Map();  // id → stream, with figures
  router = {reachable: true, error: '', doors: null};
  started = null;
  known = false;  // a snapshot has come
  link = {state: 'waiting', since: Date.now()};
  ahead = 0;  // milliseconds by which the clock of media-service is ahead of ours
  #source = null;
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
  }

  // The log of one stream comes, too; '' for none.
  followLog(id) {
    if (this.#log === id) return;
    this.#log = id;
    if (this.#opened) this.#connect();
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#source?.close();
    const source = new EventSource(`/v1/events/stream?watch=true${this.#log ? `&log=${encodeURIComponent(this.#log)}` : ''}`);
    this.#source = source;
    this.#heard = performance.now();
    const on = (type, take) => source.addEventListener(type, event => {
      if (source !== this.#source) return;
      this.#heard = performance.now();
      take(JSON.parse(event.data));
    });
    on('snapshot', data => this.#snapshot(data));
    on('stream', data => this.#stream(data));
    on('gone', data => {
      this.streams.delete(data.streamId);
      this.#tell('streams');
    });
    on('figures', data => this.#figures(data));
    on('router', data => {
      this.router = data;
      this.#tell('router');
    });
    on('log', data => this.#tell('log', data));
    on('caption', data => this.#tell('caption', data));
    on('lost', () => this.#reconnect());  // events are missing: a new snapshot has what they said
    for (const type of TIMELINE) on(type, data => this.#tell('happened', {type, data}));
    source.onerror = () => source === this.#source && this.#lost();
  }

  #reconnect() {
    this.#retries = 0;
    this.#lost(true);
  }

  #lost(now = false) {
    this.#source?.close();
    this.#source = null;
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
    this.streams = new Map(data.streams.map(stream => [stream.streamId, stream]));
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
export async function command(id, verb) {
  let reply;
  try {
    reply = await fetch(`/v1/streams/${encodeURIComponent(id)}/${verb}`, {method: 'POST'});
  } catch {
    throw new Error('media-service does not answer');
  }
  return answer(reply);
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
    reply = await fetch(`/v1/streams/${encodeURIComponent(id)}/recordings/${side}?${new URLSearchParams(query)}`);
  } catch {
    throw new Error('media-service does not answer');
  }
  return answer(reply);
}

// What was said in the dubs of a stream.
export async function transcript(id) {
  const reply = await fetch(`/v1/streams/${encodeURIComponent(id)}/transcript`);
  return reply.ok ? (await reply.json()).items : [];
}

export async function history(id) {
  const reply = await fetch(`/v1/streams/${encodeURIComponent(id)}/history`);
  return reply.ok ? reply.json() : null;
}

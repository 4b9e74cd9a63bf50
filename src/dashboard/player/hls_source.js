// Media by HLS (RFC 8216bis): a loop for each rendition, which asks for the playlist, waits for the next part where the server
// lets it (Low-Latency HLS), and downloads parts and segments in order.

import {askRouter} from './router_login.js';

const MOST_ERRORS = 4;  // in a row, before the source is given up

class Attributes extends Map {
  constructor(text) {
    super();
    for (const [, name, quoted, plain] of text.matchAll(/([A-Z0-9-]+)=(?:"([^"]*)"|([^,]*))/g)) this.set(name, quoted ?? plain);
  }
}

// {streams: [{uri, codecs, audio}], audio: [{group, name, language, isDefault, uri}]}
export function parseMultivariant(text, base) {
  const result = {streams: [], audio: []};
  let pending = null;
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#EXT-X-MEDIA:')) {
      const at = new Attributes(line.slice(13));
      if (at.get('TYPE') === 'AUDIO' && at.has('URI')) {
        result.audio.push({group: at.get('GROUP-ID'), name: at.get('NAME') ?? '', language: at.get('LANGUAGE') ?? '', isDefault: at.get('DEFAULT') === 'YES', uri: new URL(at.get('URI'), base).href});
      }
    } else if (line.startsWith('#EXT-X-STREAM-INF:')) pending = new Attributes(line.slice(18));
    else if (pending && line && !line.startsWith('#')) {
      result.streams.push({uri: new URL(line, base).href, codecs: pending.get('CODECS') ?? '', audio: pending.get('AUDIO')});
      pending = null;
    }
  }
  return result;
}

// {target, partTarget, holdBack, canBlock, map, units: [{key, uri, msn, part, independent, gap, last}], next: {msn, part}}
export function parseMedia(text, base) {
  const list = {target: 2, partTarget: 0, holdBack: 0, canBlock: false, ended: false, map: null, units: [], next: null};
  let msn = 0, part = 0, gap = false, broken = false, parts = [];
  const url = uri => new URL(uri, base).href;
  for (const line of text.split(/\r?\n/)) {
    const value = line.slice(line.indexOf(':') + 1);
    if (line.startsWith('#EXT-X-TARGETDURATION:')) list.target = Number(value);
    else if (line.startsWith('#EXT-X-PART-INF:')) list.partTarget = Number(new Attributes(value).get('PART-TARGET'));
    else if (line.startsWith('#EXT-X-SERVER-CONTROL:')) {
      const at = new Attributes(value);
      list.canBlock = at.get('CAN-BLOCK-RELOAD') === 'YES';
      list.holdBack = Number(at.get('PART-HOLD-BACK') ?? 0);
    } else if (line.startsWith('#EXT-X-MEDIA-SEQUENCE:')) msn = Number(value);
    else if (line.startsWith('#EXT-X-MAP:')) list.map = url(new Attributes(value).get('URI'));
    else if (line === '#EXT-X-GAP') gap = true;
    else if (line === '#EXT-X-DISCONTINUITY') broken = true;
    else if (line === '#EXT-X-ENDLIST') list.ended = true;
    else if (line.startsWith('#EXT-X-PART:')) {
      const at = new Attributes(value);
      parts.push({uri: url(at.get('URI')), msn, part: part++, map: list.map, broken: broken && part === 1, independent: at.get('INDEPENDENT') === 'YES', gap: at.get('GAP') === 'YES'});
    } else if (line && !line.startsWith('#')) {
      if (parts.length) list.units.push(...parts);
      else list.units.push({uri: url(line), msn, part: null, map: list.map, broken, independent: true, gap});
      msn++;
      part = 0;
      gap = broken = false;
      parts = [];
    }
  }
  list.units.push(...parts);
  list.next = {msn, part};
  return list;
}

// Where to begin: at the last place where decoding may begin and that is as far from the end as the server asks.
function beginning(list) {
  const usable = list.units.filter(unit => !unit.gap);
  const back = list.partTarget ? Math.ceil(list.holdBack / list.partTarget) : 2;
  const latest = Math.max(0, usable.length - back);
  for (let i = latest; i >= 0; i--) if (usable[i]?.independent) return usable[i];
  return usable.find(unit => unit.independent) ?? usable.at(-1);
}

const after = (unit, from) => unit.msn > from.msn || unit.msn === from.msn && (unit.part ?? Infinity) >= from.part;

const askAgain = (url, {signal}) => fetch(url, {signal, cache: 'no-store', credentials: 'omit'});

async function get(url, signal, as, ask = askAgain) {
  const reply = await ask(url, {signal});
  if (!reply.ok) {
    await reply.body?.cancel();
    throw Object.assign(new Error(`HLS: ${reply.status}`), {status: reply.status});
  }
  return [await reply[as](), reply.url];
}

function pause(ms, signal) {
  return new Promise(done => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', () => { clearTimeout(timer); done(); }, {once: true});
  });
}

async function playRendition(name, uri, sink, signal, start) {
  let next = null, map = null, errors = 0, query = '';
  while (!signal.aborted) {
    let list;
    try {
      const asked = new URL(uri);
      for (const [key, value] of new URLSearchParams(query)) asked.searchParams.set(key, value);
      const [text, base] = await get(asked, signal, 'text');
      list = parseMedia(text, base);
      errors = 0;
    } catch (error) {
      if (signal.aborted || ++errors >= MOST_ERRORS || error.status === 401 || error.status === 404) throw error;
      query = '';
      await pause(300 * errors, signal);
      continue;
    }
    if (!next) {
      const from = await start(list);
      if (from) next = {msn: from.msn, part: from.part ?? 0};
    }
    for (const unit of next ? list.units : []) {
      if (!after(unit, next) || unit.gap) continue;
      if (unit.map && unit.map !== map) {
        sink.init(name, new Uint8Array((await get(unit.map, signal, 'arrayBuffer'))[0]), unit.broken);
        map = unit.map;
      }
      const [bytes] = await get(unit.uri, signal, 'arrayBuffer');
      if (signal.aborted) return;
      sink.media(name, new Uint8Array(bytes));
      next = unit.part === null ? {msn: unit.msn + 1, part: 0} : {msn: unit.msn, part: unit.part + 1};
    }
    if (list.ended) return;
    if (list.canBlock && next) query = `_HLS_msn=${list.next.msn}&_HLS_part=${list.next.part}`;
    else await pause(list.target * 500, signal);
  }
}

// Calls the sink as playLive() does, with a rendition as name. sink.renditions(list) is told the audio renditions;
// options.sound chooses one by its name, which no other has; options.silent leaves sound out where it is apart.
export async function playHls(base, sink, signal, options = {}) {
  // The addresses that the first playlist names have a session in them, so they need no login. (With one, a browser would ask for
  // permission before each request.)
  const [text, address] = await get(`${base}/index.m3u8`, signal, 'text', askRouter);
  const {streams, audio} = parseMultivariant(text, address);
  if (!streams.length) throw new Error('HLS: the playlist names no stream');
  const stream = streams[0];
  const choices = options.silent ? [] : audio.filter(one => one.group === stream.audio);
  const chosen = choices.find(one => options.sound && one.name === options.sound) ?? choices.find(one => one.isDefault) ?? choices[0];
  sink.renditions?.(choices, chosen);
  sink.expect(chosen ? ['main', 'audio'] : ['main']);
  // Sound begins in the segment in which the picture begins.
  const first = Promise.withResolvers();
  const startMain = async list => {
    const unit = beginning(list);
    if (unit) first.resolve(unit);
    return unit;
  };
  const startAudio = async () => {
    const unit = await first.promise;
    return {msn: unit.msn, part: unit.part ?? 0};
  };
  const loops = [playRendition('main', stream.uri, sink, signal, startMain)];
  if (chosen) loops.push(playRendition('audio', chosen.uri, sink, signal, startAudio));
  loops[0].catch(() => first.resolve({msn: 0, part: 0}));
  await Promise.race(loops.map(loop => loop.then(() => undefined)));
}

// Reads as much of fragmented MP4 (ISO 14496-12) as a player needs: where boxes end, which codecs an init segment has, and when
// a fragment begins and ends.

const text = (bytes, at) => String.fromCharCode(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
const view = bytes => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const hex = byte => byte.toString(16).padStart(2, '0');
const MOST_SAMPLES = 100000;  // of one fragment, which has seconds at most
const MOST_BOX_BYTES = 64 * 1024 * 1024;  // a box of a live stream is far smaller; what says more is not MP4

// [{type, start, body, end}] of the boxes between two offsets.
function* boxes(bytes, start = 0, end = bytes.length) {
  const data = view(bytes);
  while (start + 8 <= end) {
    let size = data.getUint32(start);
    let body = start + 8;
    if (size === 1 && start + 16 <= end) {
      size = Number(data.getBigUint64(start + 8));
      body = start + 16;
    }
    if (size === 0) size = end - start;
    if (size < body - start || start + size > end) return;
    yield {type: text(bytes, start + 4), start, body, end: start + size};
    start += size;
  }
}

function find(bytes, path, start = 0, end = bytes.length) {
  const [first, ...rest] = path;
  for (const box of boxes(bytes, start, end)) {
    if (box.type === first) return rest.length ? find(bytes, rest, box.body, box.end) : box;
  }
  return null;
}

// Collects the bytes of a download and gives whole pieces: {kind: 'init' | 'media', bytes}.
export class Pieces {
  #buffer = new Uint8Array(0);
  #init = [];
  #media = [];

  * push(chunk) {
    this.#buffer = this.#buffer.length ? joined([this.#buffer, chunk]) : chunk;
    for (;;) {
      if (this.#buffer.length < 8) return;
      const data = view(this.#buffer);
      let size = data.getUint32(0);
      if (size === 1) {
        if (this.#buffer.length < 16) return;
        size = Number(data.getBigUint64(8));
      }
      if (size < 8 || size > MOST_BOX_BYTES) throw new Error('this is not MP4');
      if (this.#buffer.length < size) return;
      const type = text(this.#buffer, 4);
      const box = this.#buffer.subarray(0, size);
      this.#buffer = this.#buffer.subarray(size);
      if (type === 'ftyp') this.#init = [box];
      else if (type === 'moov') {
        yield {kind: 'init', bytes: joined([...this.#init, box])};
        this.#init = [];
      } else {
        this.#media.push(box);
        if (type !== 'mdat') continue;
        yield {kind: 'media', bytes: joined(this.#media)};
        this.#media = [];
      }
    }
  }
}

function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

// The length that an ES descriptor names, and where its content begins.
function descriptor(bytes, at) {
  let length = 0;
  for (let i = 0; i < 4; i++) {
    const byte = bytes[at++];
    length = (length << 7) | (byte & 0x7f);
    if (!(byte & 0x80)) break;
  }
  return {at, length};
}

// The AudioSpecificConfig in an esds box, which a decoder of AAC needs.
function audioConfig(bytes, box) {
  let at = box.body + 4;
  if (bytes[at] !== 3) return null;
  at = descriptor(bytes, at + 1).at + 2;
  const flags = bytes[at++];
  if (flags & 0x80) at += 2;
  if (flags & 0x40) at += 1 + bytes[at];
  if (flags & 0x20) at += 2;
  if (bytes[at] !== 4) return null;
  at = descriptor(bytes, at + 1).at;
  const objectType = bytes[at];
  at += 13;
  if (bytes[at] !== 5) return {objectType, config: null};
  const config = descriptor(bytes, at + 1);
  return {objectType, config: bytes.slice(config.at, config.at + config.length)};
}

function hevcCodec(bytes, box) {
  const at = box.body + 1;
  const profile = bytes[at];
  let compatibility = 0;
  const flags = view(bytes).getUint32(at + 1);
  for (let bit = 0; bit < 32; bit++) compatibility |= ((flags >>> bit) & 1) << (31 - bit);
  const constraints = [...bytes.subarray(at + 5, at + 11)];
  while (constraints.length && constraints.at(-1) === 0) constraints.pop();
  const parts = [`${['', 'A', 'B', 'C'][profile >> 6]}${profile & 31}`, (compatibility >>> 0).toString(16),
    `${profile & 32 ? 'H' : 'L'}${bytes[at + 11]}`, ...constraints.map(byte => byte.toString(16))];
  return `hvc1.${parts.join('.')}`;
}

function av1Codec(bytes, box) {
  const [, second, third] = bytes.subarray(box.body, box.body + 3);
  const depth = third & 0x40 ? (third & 0x20 ? 12 : 10) : 8;
  return `av01.${second >> 5}.${String(second & 31).padStart(2, '0')}${third & 0x80 ? 'H' : 'M'}.${String(depth).padStart(2, '0')}`;
}

function vp9Codec(bytes, box) {
  const two = n => String(n).padStart(2, '0');
  const [profile, level, depth] = bytes.subarray(box.body + 4, box.body + 7);
  return `vp09.${two(profile)}.${two(level)}.${two(depth >> 4)}`;
}

// What follows the fixed fields of a sample entry: 78 bytes for pictures, 28 for sound (ISO 14496-12 §12).
function codecOf(bytes, entry, isVideo) {
  const start = entry.body + (isVideo ? 78 : 28);
  const child = type => find(bytes, [type], start, entry.end);
  const avc = child('avcC');
  if (avc) return {codec: `avc1.${[1, 2, 3].map(i => hex(bytes[avc.body + i])).join('')}`};
  const hevc = child('hvcC');
  if (hevc) return {codec: hevcCodec(bytes, hevc)};
  const av1 = child('av1C');
  if (av1) return {codec: av1Codec(bytes, av1)};
  const vp9 = child('vpcC');
  if (vp9) return {codec: vp9Codec(bytes, vp9)};
  const opus = child('dOps');
  if (opus) return {codec: 'opus', config: opusHead(bytes, opus)};
  const esds = child('esds');
  const audio = esds && audioConfig(bytes, esds);
  if (audio?.config) return {codec: `mp4a.40.${audio.config[0] >> 3}`, config: audio.config};
  if (audio) return {codec: audio.objectType === 0x6b || audio.objectType === 0x69 ? 'mp3' : `mp4a.${hex(audio.objectType)}`};
  return {codec: {fLaC: 'flac', 'ac-3': 'ac-3', 'ec-3': 'ec-3'}[entry.type] ?? entry.type};
}

// WebCodecs takes the header of Ogg Opus (RFC 7845 §5.1), which has the fields of dOps in the other byte order.
function opusHead(bytes, box) {
  const head = new Uint8Array(19);
  head.set(new TextEncoder().encode('OpusHead'));
  const to = view(head);
  const from = view(bytes);
  head[8] = 1;
  head[9] = bytes[box.body + 1];
  to.setUint16(10, from.getUint16(box.body + 2), true);
  to.setUint32(12, from.getUint32(box.body + 4), true);
  to.setInt16(16, from.getInt16(box.body + 8), true);
  return head;
}

// {mime, tracks: [{id, kind, timescale, codec, config, sampleRate, channels, defaults}]} of an init segment.
export function readInit(bytes) {
  const moov = find(bytes, ['moov']);
  if (!moov) throw new Error('this init segment has no moov');
  const data = view(bytes);
  const tracks = [];
  const defaults = new Map();
  for (const box of boxes(bytes, moov.body, moov.end)) {
    if (box.type === 'mvex') {
      for (const trex of boxes(bytes, box.body, box.end)) {
        if (trex.type === 'trex') defaults.set(data.getUint32(trex.body + 4), {duration: data.getUint32(trex.body + 12), size: data.getUint32(trex.body + 16)});
      }
    }
    if (box.type !== 'trak') continue;
    const inside = path => find(bytes, path, box.body, box.end);
    const [tkhd, mdhd, hdlr, stsd] = [inside(['tkhd']), inside(['mdia', 'mdhd']), inside(['mdia', 'hdlr']), inside(['mdia', 'minf', 'stbl', 'stsd'])];
    if (!tkhd || !mdhd || !hdlr || !stsd) continue;
    const kind = {vide: 'video', soun: 'audio'}[text(bytes, hdlr.body + 8)];
    const [entry] = boxes(bytes, stsd.body + 8, stsd.end);
    if (!kind || !entry) continue;
    tracks.push({
      id: data.getUint32(tkhd.body + (bytes[tkhd.body] ? 20 : 12)), kind, timescale: data.getUint32(mdhd.body + (bytes[mdhd.body] ? 20 : 12)),
      ...codecOf(bytes, entry, kind === 'video'),
      ...(kind === 'audio' ? {channels: data.getUint16(entry.body + 16), sampleRate: data.getUint16(entry.body + 24)} : {}),
    });
  }
  for (const track of tracks) track.defaults = defaults.get(track.id) ?? {duration: 0, size: 0};
  const codecs = [...new Set(tracks.map(track => track.codec))].join(',');
  return {mime: `${tracks.some(track => track.kind === 'video') ? 'video' : 'audio'}/mp4; codecs="${codecs}"`, tracks};
}

// {start, end, samples} in seconds: when the media of these fragments begins and ends. samples: of the track with this id,
// [{time, bytes}], for a decoder.
export function readFragments(bytes, tracks, samplesOf = null) {
  const data = view(bytes);
  const found = {start: Infinity, end: -Infinity, samples: []};
  let moof = null;
  for (const box of boxes(bytes)) {
    if (box.type === 'moof') moof = box;
    if (box.type !== 'moof') continue;
    for (const traf of boxes(bytes, box.body, box.end)) {
      if (traf.type === 'traf') readTrack(bytes, data, moof, traf, tracks, samplesOf, found);
    }
  }
  return found;
}

function readTrack(bytes, data, moof, traf, tracks, samplesOf, found) {
  const tfhd = find(bytes, ['tfhd'], traf.body, traf.end);
  const tfdt = find(bytes, ['tfdt'], traf.body, traf.end);
  const track = tfhd && tracks.find(one => one.id === data.getUint32(tfhd.body + 4));
  if (!track || !tfdt) return;
  const flags = data.getUint32(tfhd.body) & 0xffffff;
  let {duration, size} = track.defaults;
  let at = tfhd.body + 8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0);
  if (flags & 8) { duration = data.getUint32(at); at += 4; }
  if (flags & 16) size = data.getUint32(at);
  let time = bytes[tfdt.body] ? Number(data.getBigUint64(tfdt.body + 4)) : data.getUint32(tfdt.body + 4);
  found.start = Math.min(found.start, time / track.timescale);
  for (const trun of boxes(bytes, traf.body, traf.end)) {
    if (trun.type !== 'trun') continue;
    const has = data.getUint32(trun.body) & 0xffffff;
    let cursor = trun.body + 8;
    let place = moof.start + (has & 1 ? data.getInt32(cursor) : 0);
    cursor += (has & 1 ? 4 : 0) + (has & 4 ? 4 : 0);
    for (let left = Math.min(MOST_SAMPLES, data.getUint32(trun.body + 4)); left > 0 && cursor <= trun.end; left--) {
      const length = has & 0x100 ? data.getUint32(cursor) : duration;
      if (has & 0x100) cursor += 4;
      const many = has & 0x200 ? data.getUint32(cursor) : size;
      if (has & 0x200) cursor += 4;
      cursor += (has & 0x400 ? 4 : 0) + (has & 0x800 ? 4 : 0);
      if (track.id === samplesOf) found.samples.push({time: time / track.timescale, bytes: bytes.subarray(place, place + many)});
      place += many;
      time += length;
    }
  }
  found.end = Math.max(found.end, time / track.timescale);
}

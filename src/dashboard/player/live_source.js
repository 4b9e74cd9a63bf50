// Media of <path>/live.mp4: one endless answer, an init segment and then fragments from a key frame on.

import {Pieces} from './mp4.js';
import {fetchWithLogin} from './router_login.js';

// Takes the address of the path. Calls sink.init(name, bytes) and sink.media(name, bytes) until `signal` aborts; returns when the
// answer ends. audio: the number of the audio track, or "none"; '' for the first. onAnswer: called when there is an answer. Throws
// {status} where there is none. 401 need not mean that a login is wanted: MediaMTX answers so to every address that it does not have.
export async function playLive(base, sink, signal, audio, onAnswer) {
  const reply = await fetchWithLogin(`${base}/live.mp4${audio ? `?audio=${audio}` : ''}`, {signal});
  const type = reply.headers.get('Content-Type') ?? '';
  if (!reply.ok || !type.startsWith('video/mp4') && !type.startsWith('audio/mp4')) {
    await reply.body?.cancel();
    throw Object.assign(new Error(`live.mp4: ${reply.status}`), {status: reply.status});
  }
  onAnswer();
  const pieces = new Pieces();
  const reader = reply.body.getReader();
  for (;;) {
    const {done, value} = await reader.read();
    if (done) return;
    for (const piece of pieces.push(value)) {
      if (piece.kind === 'init') sink.init('all', piece.bytes, true);
      else sink.media('all', piece.bytes);
    }
  }
}

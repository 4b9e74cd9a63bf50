// Media by WebRTC (WHEP), for a MediaMTX whose HLS is off. The picture comes with its own connection; there are no bytes to append.

import {askRouter} from './router_login.js';

const CONNECT_MS = 8000;

export async function playWhep(address, video, signal) {
  const peer = new RTCPeerConnection();
  try {
    const stream = new MediaStream();
    peer.ontrack = event => stream.addTrack(event.track);
    peer.addTransceiver('video', {direction: 'recvonly'});
    peer.addTransceiver('audio', {direction: 'recvonly'});
    await peer.setLocalDescription();
    await new Promise(done => {
      peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && done();
      if (peer.iceGatheringState === 'complete') done();
      setTimeout(done, 1000);
    });
    const reply = await askRouter(`${address}/whep`, {method: 'POST', signal, headers: {'Content-Type': 'application/sdp'}, body: peer.localDescription.sdp});
    if (!reply.ok) throw Object.assign(new Error(`WebRTC: ${reply.status}`), {status: reply.status});
    await peer.setRemoteDescription({type: 'answer', sdp: await reply.text()});
    video.srcObject = stream;
    await video.play().catch(() => {});
    await new Promise((done, fail) => {
      const late = setTimeout(() => peer.connectionState !== 'connected' && fail(new Error('WebRTC: no connection')), CONNECT_MS);
      const end = () => { clearTimeout(late); done(); };
      signal.addEventListener('abort', end, {once: true});
      peer.onconnectionstatechange = () => ['failed', 'closed', 'disconnected'].includes(peer.connectionState) && end();
    });
  } finally {
    peer.close();
    video.srcObject = null;
  }
}

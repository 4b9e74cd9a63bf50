// Where streams are published and played. The router tells its ports. Its machine is the one that this page came from, unless there are
// several routers: then it is the one where media-service finds it.

const LOOPBACK = ['localhost', '127.0.0.1'];

const portOf = door => door.address.slice(door.address.lastIndexOf(':') + 1);
const hostOf = router => router.host && !LOOPBACK.includes(router.host) ? router.host : location.hostname;

function url(door, scheme, path, host) {
  return `${scheme}${door.encrypted ? 's' : ''}://${host}:${portOf(door)}${path}`;
}

export const pathOf = (id, side) => `live/${id}/${side}`;

// The addresses of one path from which a player may play, by name of the machine. A browser opens six connections to each name,
// and this machine has two.
export function playerDoors(router, path) {
  const doors = router.doors;
  if (!doors) return [];
  const hosts = LOOPBACK.includes(hostOf(router)) ? LOOPBACK : [hostOf(router)];
  return hosts.map(host => ({
    hls: doors.hls?.open ? url(doors.hls, 'http', `/${path}`, host) : null,
    webrtc: doors.webrtc?.open ? url(doors.webrtc, 'http', `/${path}`, host) : null,
  }));
}

// The address of the router's playback server; null: it is off.
export function playbackServer(router) {
  const door = router.doors?.playback;
  return door?.open ? url(door, 'http', '', hostOf(router)) : null;
}

// Why nothing can be played, in words; '': it can.
export function whyNot(router) {
  if (!router.doors) return 'Waiting for the router';
  if (!router.doors.hls?.open && !router.doors.webrtc?.open) return 'Turn on hls (or webrtc) in mediamtx.yml to see the picture';
  if (hostOf(router).startsWith('[')) return 'Open this page by a name or an IPv4 address to see the picture';  // the policy of a page cannot name IPv6 addresses
  return '';
}

// [title, [[label, text]…]] of what people copy: how to publish `in`, how to play a side.
export function publishAddresses(router, id) {
  const rtmp = router.doors?.rtmp?.open === false ? null : router.doors?.rtmp ?? {address: ':1935', encrypted: false};
  if (!rtmp) return [];
  const base = url(rtmp, 'rtmp', '/live', hostOf(router));
  const target = `${base}/${id}/in`;
  return [
    ['OBS', [['Server', base], ['Stream key', `${id}/in`]]],
    ['ffmpeg', [['', `ffmpeg -re -stream_loop -1 -i file.mp4 -c copy -f flv ${target}`]]],
    ['GStreamer', [['', `gst-launch-1.0 flvmux name=m streamable=true ! rtmp2sink location=${target} videotestsrc is-live=true ! x264enc tune=zerolatency key-int-max=60 ! m. audiotestsrc is-live=true ! avenc_aac ! m.`]]],
  ];
}

export function playAddresses(router, id, side) {
  const {rtmp, rtsp, hls, srt} = router.doors ?? {};
  const path = `/${pathOf(id, side)}`;
  const host = hostOf(router);
  const list = [];
  if (rtsp?.open) {
    const address = url(rtsp, 'rtsp', path, host);
    list.push(['ffplay', [['', `ffplay -fflags nobuffer -flags low_delay -rtsp_transport tcp ${address}`]]]);
    list.push(['VLC', [['', address]]]);
    list.push(['GStreamer', [['', `gst-launch-1.0 rtspsrc location=${address} latency=0 protocols=tcp ! decodebin ! autovideosink`]]]);
  }
  if (rtmp?.open) list.push(['RTMP', [['', url(rtmp, 'rtmp', path, host)]]]);
  if (hls?.open) list.push(['HLS', [['', url(hls, 'http', `${path}/index.m3u8`, host)]]]);
  if (srt?.open) list.push(['SRT', [['', `srt://${host}:${portOf(srt)}?streamid=read:${path.slice(1)}`]]]);
  return list;
}

// Numbers, times and states in words.

// What the state of a stream is called, how urgent it is (the wall sorts by it), and its colour.
const STATES = {
  failed: ['Failed', 4, 'bad'],
  degraded: ['Degraded', 3, 'warn'],
  holding: ['No source', 3, 'warn'],
  'backing-off': ['Backing off', 3, 'warn'],
  stalled: ['No data', 3, 'warn'],
  stopping: ['Stopping', 2, 'calm'],
  starting: ['Starting', 2, 'new'],
  running: ['Running', 1, 'good'],
  stopped: ['Stopped', 0, 'calm'],
  idle: ['Idle', 0, 'calm'],
};

// A stream that runs without data of its source is in trouble, and one that an operator has stopped is not just idle.
export function stateOf(stream) {
  let name = stream.state;
  if (name === 'running' && stream.input?.stalled) name = 'stalled';
  if (name === 'idle' && stream.live) name = 'stopped';
  const [word, urgency, colour] = STATES[name] ?? [name, 2, 'calm'];
  return {name, word, urgency, colour, trouble: urgency >= 3};
}

// Why there is no output.
export function noOutput(stream) {
  if (!stream.live) return 'Nobody publishes';
  return {starting: 'Starting', stopped: 'Stopped by an operator', failed: 'No output'}[stateOf(stream).name] ?? 'No output yet';
}

export function bitrate(bits) {
  if (bits === null || bits === undefined) return '–';
  if (bits >= 9.95e6) return `${(bits / 1e6).toFixed(1)} Mbit/s`;
  if (bits >= 1e6) return `${(bits / 1e6).toFixed(2)} Mbit/s`;
  return `${Math.round(bits / 1e3)} kbit/s`;
}

export function milliseconds(value) {
  if (value === null || value === undefined) return '–';
  const size = Math.abs(value);
  if (size >= 1000) return `${Number((value / 1000).toFixed(2))} s`;
  return `${Number(value.toFixed(size >= 99.95 ? 0 : size >= 1 ? 1 : 2))} ms`;
}

export function number(value, digits = 0) {
  return value === null || value === undefined ? '–' : Number(value.toFixed(digits)).toString();
}

// Pictures a second are counted within a second, so they waver by a tenth.
export function rate(fps) {
  const whole = Math.round(fps);
  return `${Math.abs(fps - whole) < 0.25 ? whole : fps.toFixed(1)}\u00a0fps`;
}

export function count(n, one, many = `${one}s`) {
  return `${n} ${n === 1 ? one : many}`;
}

export function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor(whole / 60) % 60} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor(whole / 3600) % 24} h`;
}

// "1:02:07", "2:07"; below ten seconds with a decimal, "7.5 s".
export function duration(seconds) {
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  const two = n => String(n).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  return minutes >= 60 ? `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export function megabytes(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

export function clock(text) {
  return new Date(text).toLocaleTimeString([], {hour12: false});
}

// "12:03:10" today, "28 Nov, 12:03:10" on another day.
export function momentWords(moment) {
  const day = new Date(moment);
  const today = day.toDateString() === new Date().toDateString();
  return `${today ? '' : `${day.toLocaleDateString([], {day: 'numeric', month: 'short'})}, `}${clock(moment)}`;
}

export function dateAndTime(text) {
  return new Date(text).toLocaleString([], {hour12: false});
}

export function isVideo(track) {
  return /^(H26[45]|AV1|VP[89]|MPEG-1\/2 Video|MPEG-4 Video|M-JPEG)/.test(track.codec);
}

// "Spanish"; '' for a tag that is none.
export function languageName(tag) {
  try {
    const name = new Intl.DisplayNames(['en'], {type: 'language'}).of(tag);
    return name === tag ? '' : name;
  } catch {
    return '';
  }
}

// What a sound is called: its name and its language. '' if it has none. A router calls a sound audio2 if the publisher gave it no name,
// and a worker calls a dub as its language.
export function soundName({name = '', language = ''}) {
  const spoken = language && (languageName(language) || language);
  return [spoken && (/^audio\d+$/.test(name) || name === language) ? '' : name, spoken].filter(Boolean).join(' · ');
}

export function trackWords(track) {
  return [codecWords(track), soundName(track)].filter(Boolean).join(' · ');
}

function codecWords(track) {
  if (track.width) return `${track.codec} ${track.width}×${track.height}`;
  if (track.sampleRate) return `${track.codec} ${number(track.sampleRate / 1000, 1)} kHz${track.channels === 1 ? ' mono' : track.channels === 2 ? ' stereo' : track.channels ? ` ${track.channels} ch` : ''}`;
  return track.codec;
}

const OPERATOR = {'record-start': 'An operator has it recorded', 'record-stop': 'An operator ends its recording',
  'destination-add': 'An operator adds a destination', 'destination-remove': 'An operator removes a destination', 'destination-enable': 'An operator switches a destination on',
  'destination-disable': 'An operator switches a destination off', 'destination-restart': 'An operator has a destination connected anew'};

// What is told of a destination's states.
const PUSHED = {forwarding: ['takes the stream', 'good'], connecting: ['is being connected', 'new'], slow: ['is too slow', 'warn'], retrying: ['is lost and will be tried again', 'warn'], paused: ['refuses the stream', 'warn']};

const SOURCES = {rtmp: 'RTMP', rtsp: 'RTSP', rtmpConn: 'RTMP', rtmpsConn: 'RTMPS', rtspSession: 'RTSP', rtspsSession: 'RTSPS', srtConn: 'SRT', webRTCSession: 'WebRTC', hlsSource: 'HLS'};

export function sourceWords(type) {
  return SOURCES[type] ?? type ?? '';
}

// An event of the timeline: what happened, in a sentence, and its colour.
export function eventWords(type, data) {
  switch (type) {
    case 'hook': {
      const isOut = data.path?.endsWith('/out');
      const side = isOut ? 'The worker' : 'The publisher';
      const what = data.type === 'ready' ? 'has begun to publish' : 'has left';
      const late = data.outcome === 'stale' ? ' (an older session; ignored)' : data.outcome === 'repeated' ? ' (told again)' : '';
      return [`${side} ${what}${late}`, data.type === 'ready' ? 'new' : 'calm', [sourceWords(data.sourceType), isOut ? '' : data.query].filter(Boolean).join(' · ')];
    }
    case 'transition': {
      const to = STATES[data.to] ?? [data.to, 0, 'calm'];
      const stays = data.from === data.to;
      return [`${stays ? 'Still' : 'Now'} ${to[0].toLowerCase()}`, to[2], data.reason];
    }
    case 'worker-start': return ['A worker was started', 'new', data.pid ? `pid ${data.pid}` : ''];
    case 'worker-adopted': return ['A running worker was taken over', 'new', data.pid ? `pid ${data.pid}` : ''];
    case 'worker-exit': return ['The worker has ended', data.exit === 'stopped' ? 'calm' : 'bad', data.meaning];
    case 'output-readable': return ['The output can be played', 'good', `${milliseconds(data.afterMs)} after the stream went live`];
    case 'dub': return data.mode === 'dubbed' ? [`The dub is heard (${data.language})`, 'good', ''] : [`The original voice is heard (${data.language})`, data.reason === 'starting' ? 'new' : 'warn', [data.reason.replaceAll('-', ' '), data.detail].filter(Boolean).join(': ')];
    case 'dub-refused': return ['The publisher asks for a language that is not offered', 'warn', data.languages.join(', ')];
    case 'operator': return [OPERATOR[data.action] ?? `An operator asked for: ${data.action}`, 'new', data.path ?? data.destination ?? ''];
    case 'destination': {
      const [what, colour] = PUSHED[data.state] ?? [`is ${data.state}`, 'calm'];
      return [`Destination ${data.destination} ${what}`, colour, data.error];
    }
    case 'destination-transition': return [`Destination ${data.destination}: ${data.to}`, data.to === 'failed' ? 'bad' : 'calm', data.reason];
    case 'router-conflict': return ['Two routers have this stream', 'warn', `the newest session counts: that at ${data.router}, not that at ${data.other}`];
    case 'forwarder-exit': return [`The forwarder of ${data.destination} has ended`, data.exit === 'stopped' ? 'calm' : 'bad', data.meaning];
    default: return [type, 'calm', ''];
  }
}

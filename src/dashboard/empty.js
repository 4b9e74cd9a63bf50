// What is shown when there is no stream: how to publish one. It gives way to the wall as soon as a stream comes.

import {copyable, h, s} from './dom.js';
import {publishAddresses} from './addresses.js';

export function emptyState(feed) {
  const ends = new AbortController();
  const cards = h('div', {class: 'cards'});
  const draw = () => {
    const published = publishAddresses(feed.router, 'demo');
    const [obs, ffmpeg] = published;
    cards.replaceChildren(...published.length ? [
      card('From this machine', 'A test picture with sound, from the folder of Tidegate:', copyable('command', 'make publish STREAM=demo', false)),
      card('From OBS', 'Settings, Stream, service “Custom”:', ...obs[1].map(([label, text]) => copyable(label, text))),
      card('From a file', 'ffmpeg sends it again and again:', copyable('command', ffmpeg[1][0][1], false)),
    ] : [card('RTMP is off', 'Set rtmp: true in mediamtx.yml, so that encoders can publish.')]);
  };
  feed.addEventListener('router', draw, {signal: ends.signal});
  draw();
  const element = h('section', {class: 'empty', 'aria-labelledby': 'empty-title'}, tide(),
    h('h1', {id: 'empty-title'}, 'Waiting for the first stream'),
    h('p', {class: 'lead'}, 'Publish one, and it appears here by itself.'),
    cards);
  return {element, close: () => ends.abort()};
}

// The moving waves.
export function tide() {
  const wave = d => s('path', {d});
  return s('svg', {viewBox: '0 0 400 80', class: 'tide', 'aria-hidden': 'true', preserveAspectRatio: 'none'},
    wave('M-100 40c25-20 75-20 100 0s75 20 100 0 75-20 100 0 75 20 100 0 75-20 100 0 75 20 100 0'),
    wave('M-100 52c25-16 75-16 100 0s75 16 100 0 75-16 100 0 75 16 100 0 75-16 100 0 75 16 100 0'));
}

function card(title, text, ...more) {
  return h('article', {class: 'card'}, h('h2', {}, title), h('p', {}, text), ...more);
}

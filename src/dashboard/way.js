// The way of a stream as a picture: who sends what to whom, and how fast.

import {h, s, setAttribute, setText} from './dom.js';
import {bitrate, count, isVideo, milliseconds, number, rate, sourceWords, trackWords} from './words.js';

const STATIONS = [['publisher', 'Publisher'], ['in', 'Router'], ['worker', 'Worker'], ['out', 'Router'], ['viewers', 'Viewers']];

export class Way {
  #stations = {};
  #edges = [];

  constructor() {
    this.element = h('ol', {class: 'way'});
    STATIONS.forEach(([name, title], i) => {
      if (i) {
        const edge = {top: h('span', {class: 'rate'}), bottom: h('span', {class: 'detail'}), element: null};
        const line = s('svg', {class: 'arrow', viewBox: '0 0 100 12', preserveAspectRatio: 'none', 'aria-hidden': 'true'}, s('path', {d: 'M0 6H100', 'vector-effect': 'non-scaling-stroke'}));
        edge.element = h('li', {class: 'edge'}, edge.top, line, edge.bottom);
        this.#edges.push(edge);
        this.element.append(edge.element);
      }
      const station = {line: h('span', {class: 'fact'}), more: h('span', {class: 'fact'})};
      station.title = h('strong', {}, title);
      station.element = h('li', {class: 'station', 'data-station': name}, station.title, station.line, station.more);
      this.#stations[name] = station;
      this.element.append(station.element);
    });
  }

  // router: that has the stream; it has a name if there are several.
  update(stream, router) {
    for (const name of ['in', 'out']) setText(this.#stations[name].title, router.name ? `Router ${router.name}` : 'Router');
    const figures = stream.figures ?? {};
    const {media, worker} = stream;
    const {publisher, in: input, worker: middle, out, viewers} = this.#stations;
    const runs = Boolean(worker?.readySince);
    fill(publisher, stream.live, stream.live ? sourceWords(stream.sourceType ?? stream.hooks?.in?.sourceType) : 'not connected', '');
    fill(input, stream.live, `live/${stream.streamId}/in`, tracksWords(media?.in));
    fill(middle, runs, worker ? (worker.pid ? `pid ${worker.pid}` : 'runs') : 'none', figures.delayMs === undefined ? '' : `delay ${milliseconds(figures.delayMs)}`);
    fill(out, Boolean(stream.output?.readable), `live/${stream.streamId}/out`, tracksWords(media?.out));
    fill(viewers, (figures.viewers ?? 0) > 0, count(figures.viewers ?? 0, 'viewer'), '');
    const [toRouter, toWorker, toOut, toViewers] = this.#edges;
    const rhythm = fps => [fps === undefined ? '' : rate(fps), figures.gopSeconds === undefined ? '' : `GOP\u00a0${number(figures.gopSeconds, 2)}\u00a0s`].filter(Boolean).join('\n');
    join(toRouter, stream.live && !stream.input?.stalled, figures.inBitrate, rhythm(figures.fpsIn));
    join(toWorker, runs && stream.live, figures.toWorkerBitrate, others(figures.inReaders, runs));
    join(toOut, runs && stream.output?.readable, figures.outBitrate, [rhythm(figures.fpsOut), figures.avOffsetMs === undefined ? '' : `A/V\u00a0${signed(figures.avOffsetMs).replace(' ', '\u00a0')}`].filter(Boolean).join('\n'));
    join(toViewers, (figures.viewers ?? 0) > 0, (figures.viewers ?? 0) > 0 ? figures.toViewersBitrate : undefined, '');
  }
}

const signed = value => `${value > 0 ? '+' : ''}${milliseconds(value)}`;

function others(readers, runs) {
  const more = (readers ?? 0) - (runs ? 1 : 0);
  return more > 0 ? `${count(more, 'other reader')}` : '';
}

function tracksWords(path) {
  const tracks = path?.tracks ?? [];
  return [...tracks.filter(isVideo), ...tracks.filter(track => !isVideo(track))].map(trackWords).join('\n');
}

function fill(station, on, line, more) {
  setAttribute(station.element, 'data-on', on ? '' : null);
  setText(station.line, line);
  setText(station.more, more);
}

function join(edge, flows, rate, detail) {
  setAttribute(edge.element, 'data-flows', flows ? '' : null);
  setText(edge.top, flows || rate ? bitrate(rate) : '');
  setText(edge.bottom, detail);
}

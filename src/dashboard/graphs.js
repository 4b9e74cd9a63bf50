// Graphs of the last quarter of an hour. media-service keeps the values, so they survive a reload; new ones are added as they come.

import {h, setText} from './dom.js';
import {bitrate, milliseconds, number} from './words.js';

const STEPS = 180;
const GRAPHS = [
  {title: 'Bitrate', lines: [['inBitrate', 'in'], ['outBitrate', 'out']], text: bitrate, least: 100e3},
  {title: 'Pictures a second', lines: [['fps', 'out']], text: value => number(value, 1), least: 10},
  {title: 'Worker delay', lines: [['delayMs', 'delay']], text: milliseconds, least: 2},
  {title: 'A/V offset', lines: [['avOffsetMs', 'offset']], text: milliseconds, least: 10, signed: true},
  {title: 'Restarts', lines: [['restarts', 'restarts']], text: value => number(value), least: 2, stepped: true},
];
// What the figures of the event stream are called in the history.
const NOW = {inBitrate: 'inBitrate', outBitrate: 'outBitrate', fps: 'fpsOut', avOffsetMs: 'avOffsetMs', delayMs: 'delayMs', restarts: 'restarts'};

export class Graphs {
  #step = 5;
  #origin = null;   // when step 0 began; media-service says it of the newest step that it has told
  #newest = 0;      // the number of the newest step
  #values = Object.fromEntries(Object.keys(NOW).map(name => [name, []]));
  #counted = {};    // how many values the newest step is the mean of
  #views;
  #resized;
  #ends = new AbortController();

  constructor() {
    this.#views = GRAPHS.map(graph => this.#view(graph));
    this.element = h('div', {class: 'graphs'}, this.#views.map(view => view.element));
    this.#resized = new ResizeObserver(() => this.#draw());
    this.#resized.observe(this.element);
    addEventListener('themechange', () => this.#draw(), {signal: this.#ends.signal});
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw(), {signal: this.#ends.signal});
  }

  close() {
    this.#resized.disconnect();
    this.#ends.abort();
  }

  load(told) {
    this.#step = told.stepSeconds;
    if (!told.newest) return;
    this.#origin = Date.parse(told.newest);
    this.#newest = 0;
    this.#values = told.measures;
    this.#counted = Object.fromEntries(Object.keys(NOW).map(name => [name, 1]));
    this.#draw();
  }

  add(figures, at) {
    if (this.#origin === null) [this.#origin, this.#newest] = [Date.parse(at), -1];
    const step = Math.max(0, Math.floor((Date.parse(at) - this.#origin) / 1000 / this.#step));
    for (let missing = Math.min(step - this.#newest, STEPS); missing > 0; missing--) {
      for (const list of Object.values(this.#values)) {
        list.push(null);
        if (list.length > STEPS) list.shift();
      }
      this.#counted = {};
    }
    this.#newest = Math.max(this.#newest, step);
    for (const [name, key] of Object.entries(NOW)) {
      const value = figures?.[key];
      if (value === undefined) continue;
      const list = this.#values[name];
      const before = this.#counted[name] ?? 0;
      this.#counted[name] = before + 1;
      const last = list.length - 1;
      list[last] = before && name !== 'restarts' && list[last] !== null ? list[last] + (value - list[last]) / (before + 1) : value;
    }
    this.#draw();
  }

  #view(graph) {
    const view = {graph, canvas: h('canvas', {'aria-hidden': 'true'}), now: h('span', {class: 'now'}), top: h('span', {class: 'top'}), at: null};
    const legend = graph.lines.length > 1 ? h('span', {class: 'legend', 'aria-hidden': 'true'}, graph.lines.map(([, label], i) => h('span', {'data-line': i}, label))) : null;
    view.element = h('figure', {class: 'graph', role: 'img', 'aria-label': graph.title}, h('figcaption', {}, h('span', {}, graph.title), view.now), h('div', {class: 'plot'}, view.canvas, view.top, legend));
    const point = event => {
      const box = view.canvas.getBoundingClientRect();
      view.at = Math.round((1 - (event.clientX - box.left) / box.width) * (STEPS - 1));
      this.#drawOne(view);
    };
    view.canvas.addEventListener('pointermove', point);
    view.canvas.addEventListener('pointerleave', () => {
      view.at = null;
      this.#drawOne(view);
    });
    return view;
  }

  #draw() {
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      for (const view of this.#views) this.#drawOne(view);
    });
  }

  #drawOne(view) {
    const {canvas, graph} = view;
    const {clientWidth: width, clientHeight: height} = canvas;
    if (!width) return;
    const scale = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    const context = canvas.getContext('2d');
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const style = getComputedStyle(canvas);
    const colours = ['--line-a', '--line-b'].map(name => style.getPropertyValue(name).trim());
    const lists = graph.lines.map(([name]) => this.#values[name] ?? []);
    const known = lists.flat().filter(value => value !== null);
    const most = Math.max(graph.least, ...known.map(value => graph.signed ? Math.abs(value) : value)) * 1.15;
    const low = graph.signed ? -most : 0;
    const x = (i, length) => width - (length - 1 - i) / (STEPS - 1) * width;
    const y = value => height - 2 - (value - low) / (most - low) * (height - 6);

    context.strokeStyle = style.getPropertyValue('--grid').trim();
    context.lineWidth = 1;
    for (const back of [60, 120]) line(context, [[width - back / (STEPS - 1) * width, 0], [width - back / (STEPS - 1) * width, height]]);
    line(context, [[0, Math.round(y(0)) + 0.5], [width, Math.round(y(0)) + 0.5]]);
    lists.forEach((list, i) => {
      for (const run of runs(list)) {
        const points = run.flatMap(([at, value], n) => graph.stepped && n ? [[x(at, list.length), y(run[n - 1][1])], [x(at, list.length), y(value)]] : [[x(at, list.length), y(value)]]);
        if (points.length === 1) points.push([points[0][0] + 1, points[0][1]]);
        context.fillStyle = colours[i];
        context.globalAlpha = i === 0 ? 0.12 : 0.06;
        context.beginPath();
        context.moveTo(points[0][0], y(0));
        for (const point of points) context.lineTo(...point);
        context.lineTo(points.at(-1)[0], y(0));
        context.fill();
        context.globalAlpha = 1;
        context.strokeStyle = colours[i];
        context.lineWidth = 1.6;
        if (i) context.setLineDash([5, 3]);
        line(context, points);
        context.setLineDash([]);
      }
    });
    const back = view.at ?? 0;
    const values = lists.map(list => list.at(-1 - back) ?? null);
    if (view.at !== null) {
      const at = width - back / (STEPS - 1) * width;
      context.strokeStyle = style.getPropertyValue('--ink-2').trim();
      line(context, [[at, 0], [at, height]]);
    }
    const words = together(values.map(value => graph.text(value)));
    setText(view.now, `${words}${view.at ? `, ${Math.round(back * this.#step / 60 * 10) / 10} min ago` : ''}`);
    setText(view.top, known.length ? graph.text(most / 1.15) : '');
    if (view.at === null) view.element.setAttribute('aria-label', `${graph.title}: now ${words}`);
  }
}

// "463 kbit/s" and "461 kbit/s" are "463 / 461 kbit/s".
function together(words) {
  const units = new Set(words.map(word => word.split(' ')[1]));
  return units.size > 1 ? words.join(' / ') : words.map((word, i) => i < words.length - 1 ? word.split(' ')[0] : word).join(' / ');
}

// Stretches without a gap: [[index, value]…]
function* runs(list) {
  let run = [];
  for (let i = 0; i < list.length; i++) {
    if (list[i] !== null) run.push([i, list[i]]);
    else if (run.length) {
      yield run;
      run = [];
    }
  }
  if (run.length) yield run;
}

function line(context, points) {
  context.beginPath();
  points.forEach((point, i) => i ? context.lineTo(...point) : context.moveTo(...point));
  context.stroke();
}

// The wall: a tile for each stream, trouble first. Of very many streams it shows one page.

import {h, setText, setAttribute} from './dom.js';
import {bitrate, count, dateAndTime, milliseconds, noOutput, span, stateOf} from './words.js';
import {Pictures} from './pictures.js';
import {dubMarks} from './dub.js';
import {recordedMark} from './recorded.js';
import {destinationMarks} from './destinations.js';
import {emptyState} from './empty.js';
import {whyNot} from './addresses.js';
import {countOf, Pages} from './pages.js';

const SMALLEST_TILE = 17.5;  // rem
const TILE_TEXT = 7.5;       // rem that a tile has below its picture
const FILTERS = {all: 'All', trouble: 'Trouble', running: 'Running', idle: 'Idle'};

const matches = {
  all: () => true,
  trouble: state => state.trouble,
  running: state => state.name === 'running' || state.name === 'degraded' || state.name === 'holding' || state.name === 'starting',
  idle: state => state.urgency === 0,
};

class Tile {
  constructor(id) {
    this.id = id;
    this.still = h('canvas', {class: 'still', hidden: true, 'aria-hidden': 'true'});
    this.stage = h('div', {class: 'stage'}, this.still);
    this.cover = h('p', {class: 'cover'});
    this.chip = h('span', {class: 'chip'});
    this.since = h('span', {class: 'since'});
    this.name = h('h2', {}, id);
    this.marks = h('span', {class: 'marks'});
    this.reason = h('p', {class: 'reason'});
    this.facts = Object.fromEntries(['viewers', 'bitrate', 'delay'].map(name => [name, h('dd')]));
    this.link = h('a', {href: `#/stream/${encodeURIComponent(id)}`},
      h('div', {class: 'picture'}, this.stage, this.cover, this.chip),
      h('div', {class: 'about'}, h('div', {class: 'title'}, this.name, this.marks, this.since), this.reason,
        h('dl', {class: 'facts'}, ...[['viewers', 'Viewers'], ['bitrate', 'Bitrate'], ['delay', 'Delay']].map(([name, label]) =>
          h('div', {}, h('dt', {}, label), this.facts[name])))));
    this.element = h('li', {class: 'tile', 'data-id': id}, this.link);
    this.visible = false;
    this.noPicture = this.trouble = '';
  }

  // Why its player has no picture.
  tell(trouble) {
    this.trouble = trouble;
    setText(this.cover, this.noPicture || trouble);
  }

  #showMarks(stream) {
    const key = JSON.stringify([stream.dubs, stream.destinations, stream.media?.in?.recorded, stream.media?.out?.recorded]);
    if (key === this.shownMarks) return;
    this.shownMarks = key;
    this.marks.replaceChildren(...recordedMark(stream), ...dubMarks(stream), ...destinationMarks(stream));
  }

  update(stream, router) {
    const state = stateOf(stream);
    const figures = stream.figures ?? {};
    this.state = state;
    setAttribute(this.element, 'data-colour', state.colour);
    setAttribute(this.element, 'data-state', state.name);
    setText(this.chip, state.word);
    setText(this.since, span((Date.now() - Date.parse(stream.since)) / 1000));
    setAttribute(this.since, 'title', `since ${dateAndTime(stream.since)}`);
    this.#showMarks(stream);
    const calm = state.name === 'running';
    const where = router.name ? `at ${router.name}${stream.alsoOn?.length ? `, and at ${stream.alsoOn.join(', ')}` : ''}` : '';
    setText(this.reason, calm ? where : stream.reason);
    setAttribute(this.reason, 'title', calm ? where || null : stream.reason);
    setText(this.facts.viewers, figures.viewers === undefined ? '–' : String(figures.viewers));
    setText(this.facts.bitrate, bitrate(figures.outBitrate ?? figures.inBitrate));
    setText(this.facts.delay, milliseconds(figures.delayMs));
    this.playable = Boolean(stream.output?.readable) && !whyNot(router);
    this.noPicture = coverOf(stream, router);
    setText(this.cover, this.noPicture || this.trouble);
    setAttribute(this.stage, 'data-dim', stream.output?.readable ? null : '');
    setAttribute(this.link, 'aria-label', `${this.id}: ${state.word} since ${this.since.textContent}, ${count(figures.viewers ?? 0, 'viewer')}, ${this.facts.bitrate.textContent}${calm ? '' : `. ${stream.reason}`}${[...this.marks.children].map(mark => `. ${mark.title}`).join('')}`);
  }
}

function coverOf(stream, router) {
  return stream.output?.readable ? whyNot(router) : noOutput(stream);
}

export class Wall {
  #feed;
  #tiles = new Map();
  #pictures;
  #list = h('ul', {class: 'wall', 'aria-label': 'Streams'});
  #none = h('p', {class: 'none', hidden: true}, 'No stream matches.');
  #empty = null;
  #filter = 'all';
  #query = '';
  #observer;
  #ends = new AbortController();
  #shown = 0;
  #pages = null;  // where there are many streams

  constructor(feed, tools) {
    this.#feed = feed;
    this.#pictures = new Pictures(feed);
    this.turn = h('nav', {class: 'turn', 'aria-label': 'Pages', hidden: true},
      this.before = h('button', {type: 'button', onclick: () => this.#pages?.back()}, 'Previous'),
      this.number = h('span'),
      this.after = h('button', {type: 'button', onclick: () => this.#pages?.on()}, 'Next'));
    this.element = h('div', {class: 'page'}, this.#list, this.#none, this.turn);
    this.#observer = new IntersectionObserver(entries => {
      for (const entry of entries) {
        const tile = this.#tiles.get(entry.target.dataset.id);
        if (!tile) continue;
        tile.visible = entry.isIntersecting;
        this.#pictures.want(tile, tile.visible && tile.playable);
      }
    }, {rootMargin: '80px'});
    this.#addTools(tools);
    const {signal} = this.#ends;
    for (const type of ['streams', 'figures', 'router', 'counts']) feed.addEventListener(type, () => this.#soon(), {signal});
    this.clock = setInterval(() => this.#soon(), 5000);
    addEventListener('resize', () => this.#layOut(), {signal});
    this.#update();
  }

  close() {
    this.#ends.abort();
    clearInterval(this.clock);
    this.#observer.disconnect();
    this.#pictures.close();
    this.#empty?.close();
    this.#pages?.close();
  }

  #addTools(tools) {
    this.search = h('input', {type: 'search', placeholder: 'Search', 'aria-label': 'Search streams by name  (key: /)', autocomplete: 'off', spellcheck: 'false',
      oninput: () => {
        this.#query = this.search.value.trim();
        this.#choose();
      }});
    this.buttons = Object.entries(FILTERS).map(([name, label]) => h('button', {type: 'button', 'aria-pressed': String(name === 'all'), 'data-filter': name,
      onclick: () => {
        this.#filter = name;
        for (const button of this.buttons) button.setAttribute('aria-pressed', String(button.dataset.filter === name));
        this.#choose();
      }}, label, h('span', {class: 'count'})));
    this.filters = h('div', {class: 'filters', role: 'group', 'aria-label': 'Show'}, this.buttons);
    tools.replaceChildren(this.filters, this.search);
    addEventListener('keydown', event => {
      if (event.key !== '/' || event.target.closest('input, textarea') || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.search.focus();
    }, {signal: this.#ends.signal});
  }

  #choose() {
    this.#pages?.choose(this.#filter, this.#query);
    this.#update();
  }

  // Of many streams, media-service has to find those that match.
  #followSize() {
    const {large} = this.#feed;
    if (large === Boolean(this.#pages)) return;
    this.#pages?.close();
    this.#pages = large ? new Pages(items => this.#feed.showPage(items)) : null;
    this.#pages?.choose(this.#filter, this.#query);
    this.search.placeholder = large ? 'Beginning of the name' : 'Search';
  }

  #showPages() {
    this.turn.hidden = !this.#pages || (this.#pages.number === 1 && !this.#pages.hasNext);
    if (!this.#pages) return;
    setText(this.number, `Page ${this.#pages.number}`);
    this.before.disabled = this.#pages.number === 1;
    this.after.disabled = !this.#pages.hasNext;
  }

  #fits(tile, id) {
    if (this.#pages) return true;
    return matches[this.#filter](tile.state) && id.toLowerCase().includes(this.#query.toLowerCase());
  }

  #soon() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      if (!this.#ends.signal.aborted) this.#update();
    });
    if (document.hidden) this.pending = false;  // no frame comes, and none is needed
  }

  #update() {
    const feed = this.#feed;
    if (!feed.known) return;
    this.#followSize();
    for (const id of this.#tiles.keys()) if (!feed.streams.has(id)) this.#remove(id);
    const counts = Object.fromEntries(Object.keys(FILTERS).map(name => [name, 0]));
    const shown = [];
    for (const [id, stream] of feed.streams) {
      const tile = this.#tiles.get(id) ?? this.#add(id);
      tile.update(stream, feed.routerOf(stream));
      for (const name of Object.keys(FILTERS)) counts[name] += matches[name](tile.state) ? 1 : 0;
      const fits = this.#fits(tile, id);
      setAttribute(tile.element, 'hidden', fits ? null : '');
      if (fits) shown.push(tile);
      this.#pictures.want(tile, fits && tile.visible && tile.playable);
    }
    const many = this.#pages ? name => countOf(name, feed.counts) : name => counts[name];
    this.buttons.forEach(button => setText(button.lastChild, String(many(button.dataset.filter))));
    this.#showPages();
    this.#sort();
    this.#shown = shown.length;
    this.#layOut();
    const empty = feed.streams.size === 0 && !this.#pages;
    this.#none.hidden = shown.length > 0 || empty;
    this.#showEmpty(empty);
  }

  #add(id) {
    const tile = new Tile(id);
    this.#tiles.set(id, tile);
    this.#pictures.add(tile);
    this.#list.append(tile.element);
    this.#observer.observe(tile.element);
    return tile;
  }

  #remove(id) {
    const tile = this.#tiles.get(id);
    this.#observer.unobserve(tile.element);
    this.#pictures.remove(tile);
    tile.element.remove();
    this.#tiles.delete(id);
  }

  // The largest tiles with which all fit on the screen; if none do, the smallest that can be read.
  #layOut() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const [width, height] = [this.#list.clientWidth, innerHeight - this.#list.offsetTop - rem];
    const most = Math.max(1, Math.floor((width + rem) / (SMALLEST_TILE * rem + rem)));
    let columns = 1;
    while (columns < most && columns < this.#shown) {
      const tile = Math.min(60 * rem, (width + rem) / columns - rem);
      if (Math.ceil(this.#shown / columns) * (tile * 9 / 16 + (TILE_TEXT + 1) * rem) <= height) break;
      columns++;
    }
    this.#list.style.setProperty('--columns', columns);
  }

  // Moves only what is out of place, and in a way that leaves a playing picture alone where the browser can.
  #sort() {
    const order = [...this.#tiles.values()].sort((a, b) => b.state.urgency - a.state.urgency || a.id.localeCompare(b.id, undefined, {numeric: true}));
    let place = this.#list.firstElementChild;
    for (const {element} of order) {
      if (element === place) place = place.nextElementSibling;
      else if (this.#list.moveBefore && element.isConnected) this.#list.moveBefore(element, place);
      else this.#list.insertBefore(element, place);
    }
  }

  #showEmpty(yes) {
    if (yes === Boolean(this.#empty)) return;
    this.#empty?.close();
    this.#empty?.element.remove();
    this.#empty = yes ? emptyState(this.#feed) : null;
    this.filters.hidden = this.search.hidden = yes;
    if (yes) this.element.append(this.#empty.element);
  }
}

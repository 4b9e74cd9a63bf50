// The moving pictures of the wall. Only tiles that are on the screen have one. A browser opens few connections to the router, so
// when more tiles are visible than can play at once, they take turns: each shows its last picture until its next turn.

import {Player} from './player/player.js';
import {playerDoors, pathOf} from './addresses.js';

const PER_HOST = 4;          // of the six connections that a browser opens to one name
const TURN_MS = 3000;        // how long a tile plays before the next one's turn
const PATIENCE_MS = 6000;    // a tile without a picture gives its turn away after this

export class Pictures {
  #feed;
  #tiles = new Map();   // tile → {want, shown, since}
  #turns = new Map();   // tile → {player, video, host, began}
  #timer = 0;
  #doors = '';
  #ends = new AbortController();

  constructor(feed) {
    this.#feed = feed;
    this.#timer = setInterval(() => this.#look(), 500);
    feed.addEventListener('router', () => this.#moved(), {signal: this.#ends.signal});
  }

  // tile: {id, stage: element for the video, still: canvas, tell: is told why there is no picture}
  add(tile) {
    this.#tiles.set(tile, {want: false, shown: 0});
  }

  remove(tile) {
    this.#end(tile);
    this.#tiles.delete(tile);
  }

  // The tile is on the screen and there is something to play.
  want(tile, want) {
    const entry = this.#tiles.get(tile);
    if (!entry || entry.want === want) return;
    entry.want = want;
    if (!want) this.#end(tile);
    this.#soon();
  }

  close() {
    clearInterval(this.#timer);
    this.#ends.abort();
    for (const tile of [...this.#turns.keys()]) this.#end(tile);
  }

  // The router listens elsewhere: all begin anew.
  #moved() {
    const doors = JSON.stringify([this.#feed.router.doors, this.#feed.router.routers]);
    if (doors === this.#doors) return;
    this.#doors = doors;
    for (const tile of [...this.#turns.keys()]) this.#end(tile);
    this.#soon();
  }

  #soon() {
    queueMicrotask(() => this.#look());
  }

  #look() {
    const hosts = playerDoors(this.#feed.router, '').length;
    const room = Math.min(hosts * PER_HOST, Math.max(4, 2 * (navigator.hardwareConcurrency || 2)));
    const waiting = [...this.#tiles].filter(([tile, entry]) => entry.want && !this.#turns.has(tile)).sort((a, b) => a[1].shown - b[1].shown).map(([tile]) => tile);
    if (waiting.length && !document.hidden) {
      const now = performance.now();
      for (const [tile, turn] of this.#turns) {
        if (waiting.length <= room - this.#turns.size) break;
        if (tile.stage.closest('.tile')?.matches(':hover, :focus-within')) continue;
        const age = now - turn.began;
        if (turn.pictureAt ? now - turn.pictureAt > TURN_MS : age > PATIENCE_MS) this.#end(tile);
      }
    }
    while (this.#turns.size < room && waiting.length) this.#begin(waiting.shift());
  }

  #begin(tile) {
    const doors = playerDoors(this.#feed.routerOf(this.#feed.streams.get(tile.id)), pathOf(tile.id, 'out'));
    if (!doors.length) return;
    const used = doors.map((_, host) => [...this.#turns.values()].filter(turn => turn.host === host).length);
    const host = used.indexOf(Math.min(...used));
    const video = document.createElement('video');
    video.tabIndex = -1;
    video.setAttribute('aria-hidden', 'true');
    const player = new Player(video, doors[host], {silent: true, keep: () => drawStill(tile.still, video)});
    const turn = {player, video, host, began: performance.now(), pictureAt: 0};
    this.#turns.set(tile, turn);
    player.addEventListener('change', () => {
      if (player.state === 'playing' && !turn.pictureAt) {
        turn.pictureAt = performance.now();
        tile.stage.dataset.picture = '';
      }
      tile.stage.dataset.player = player.state;
      tile.tell(player.state === 'stalled' ? '' : player.trouble());
    });
    tile.stage.append(video);
    player.start();
  }

  #end(tile) {
    const turn = this.#turns.get(tile);
    if (!turn) return;
    this.#turns.delete(tile);
    turn.player.stop();
    turn.video.remove();
    delete tile.stage.dataset.player;
    tile.tell('');
    const entry = this.#tiles.get(tile);
    if (entry) entry.shown = performance.now();
  }
}

export function drawStill(canvas, video) {
  const width = Math.min(video.videoWidth, 480);
  if (!width) return;
  canvas.width = width;
  canvas.height = Math.round(width * video.videoHeight / video.videoWidth);
  canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
  canvas.hidden = false;
}

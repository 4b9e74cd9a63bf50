// `in` and `out` side by side, in step, each with a meter of its sound.

import {h, icon, setAttribute, setText} from './dom.js';
import {isVideo, milliseconds, noOutput, soundName} from './words.js';
import {Group, Player} from './player/player.js';
import {Meter} from './player/meter.js';
import {pathOf, playerDoors, whyNot} from './addresses.js';
import {drawStill} from './pictures.js';
import {Captions} from './captions.js';

const KINDS = {live: 'live MP4', hls: 'HLS', native: 'HLS', webrtc: 'WebRTC'};

class Side {
  constructor(pair, name, title) {
    this.name = name;
    this.video = h('video', {'aria-label': `Picture of ${title}`});
    this.still = h('canvas', {class: 'still', hidden: true, 'aria-hidden': 'true'});
    this.cover = h('p', {class: 'cover'});
    this.lag = h('span', {class: 'lag'});
    this.meterBar = h('div', {class: 'level'});
    this.meterPeak = h('div', {class: 'peak'});
    this.meterBox = h('div', {class: 'meter', role: 'meter', 'aria-label': `Sound of ${title}`, 'aria-valuemin': '-60', 'aria-valuemax': '0', 'aria-valuenow': '-60'}, this.meterBar, this.meterPeak);
    this.sound = h('button', {type: 'button', class: 'quiet', onclick: () => pair.listen(this)});
    this.full = h('button', {type: 'button', class: 'quiet', 'aria-label': `${title} in full screen`, title: 'Full screen', onclick: () => this.frame.requestFullscreen?.().catch(() => {})}, icon('full'));
    this.language = h('select', {'aria-label': `Language of ${title}`, hidden: true, onchange: () => this.player?.chooseSound(JSON.parse(this.language.value))});
    this.captions = new Captions(title);
    this.frame = h('div', {class: 'frame'}, this.still, this.video, this.captions.overlay, this.cover);
    this.element = h('figure', {class: 'side', 'data-side': name}, this.frame, this.meterBox,
      h('figcaption', {}, h('strong', {}, name), h('span', {class: 'what'}, title), this.lag, this.language, this.captions.choice, this.sound, this.full));
    this.meter = new Meter();
    this.player = null;
    this.doors = '';
    this.showSound(true);
  }

  showSound(muted) {
    this.sound.replaceChildren(icon(muted ? 'mute' : 'sound'));
    this.sound.setAttribute('aria-label', muted ? `Listen to ${this.name}` : `Mute ${this.name}`);
    this.sound.title = muted ? 'Listen' : 'Mute';
    this.sound.setAttribute('aria-pressed', String(!muted));
  }
}

export class Pair {
  #feed;
  #id;
  #group = new Group();
  #sides;
  #frame = 0;

  constructor(feed, id) {
    this.#feed = feed;
    this.#id = id;
    this.#sides = [new Side(this, 'in', 'what the publisher sends'), new Side(this, 'out', 'what viewers get')];
    this.element = h('div', {class: 'pair'}, this.#sides.map(side => side.element));
    this.timer = setInterval(() => this.#show(), 500);
    const draw = () => {
      this.#frame = requestAnimationFrame(draw);
      for (const side of this.#sides) drawMeter(side);
      this.#out.captions.show(this.#shownTime(this.#out));
    };
    draw();
  }

  close() {
    clearInterval(this.timer);
    cancelAnimationFrame(this.#frame);
    for (const side of this.#sides) {
      side.player?.stop();
      side.meter.close();
    }
  }

  get #out() { return this.#sides[1]; }

  // When what a side shows has left the worker, by media-service's clock.
  #shownTime({player, video}) {
    if (player?.state !== 'playing') return null;
    const began = player.kind === 'native' ? video.getStartDate?.().getTime() : NaN;  // Safari: by EXT-X-PROGRAM-DATE-TIME
    if (Number.isFinite(began)) return began + 1000 * video.currentTime;
    return Date.now() + this.#feed.ahead - 1000 * (player.lag() ?? 0);
  }

  // What was said in a dub.
  take(caption) {
    this.#out.captions.take(caption);
  }

  // Only one side is heard at a time.
  listen(chosen) {
    for (const side of this.#sides) {
      const muted = side !== chosen || !side.video.muted;
      side.video.muted = muted;
      side.showSound(muted);
    }
  }

  update(stream) {
    const router = this.#feed.routerOf(this.#feed.streams.get(this.#id));
    const live = {in: stream.live, out: Boolean(stream.output?.readable)};
    for (const side of this.#sides) {
      const [doors] = playerDoors(router, pathOf(this.#id, side.name));
      const wanted = live[side.name] && !whyNot(router) ? JSON.stringify(doors) : '';
      if (wanted !== side.doors) this.#exchange(side, wanted && doors, wanted);
      side.why = !live[side.name] ? (side.name === 'in' ? 'Nobody publishes' : noOutput(stream)) : whyNot(router);
      side.delay = stream.figures?.delayMs ?? 0;
      side.sounds = (stream.media?.[side.name]?.tracks ?? []).filter(track => !isVideo(track));
      this.#offerSound(side);
    }
    this.#out.captions.update(stream.dubs);
    this.#show();
  }

  #exchange(side, doors, key) {
    side.player?.stop();
    side.player = null;
    side.doors = key;
    side.still.hidden = true;
    if (!key) return;
    const player = new Player(side.video, doors, {group: this.#group, samples: (track, samples) => side.meter.take(track, samples), keep: video => drawStill(side.still, video)});
    side.player = player;
    player.addEventListener('change', () => this.#show());
    player.addEventListener('renditions', () => this.#offerSound(side));
    player.start();
  }

  // Which sound can be heard: the renditions of HLS by name, the tracks of live.mp4 by number.
  #offerSound(side) {
    const {player} = side;
    const sounds = side.sounds ?? [];
    // MediaMTX tells neither languages nor names; media-service knows those of a dub.
    const named = (one, i, all) => (!one.language && all.length === sounds.length && soundName(sounds[i])) || soundName(one);
    const choices = player?.kind === 'hls' ? player.renditions.map((one, i, all) => [{sound: one.name}, named(one, i, all), one.name === player.sound])
      : sounds.map((track, i) => [{audio: String(i + 1)}, soundName(track) || `${i + 1}: ${track.codec}`, String(i + 1) === (player?.audio || '1')]);
    const key = JSON.stringify(choices);
    if (side.offered === key) return;
    side.offered = key;
    side.language.hidden = choices.length < 2;
    side.language.replaceChildren(...choices.map(([value, text, selected]) => h('option', {value: JSON.stringify(value), selected}, text)));
  }

  #show() {
    for (const side of this.#sides) {
      const {player} = side;
      // What the worker holds back (a stage may), `in` has to wait for.
      if (player && side.name === 'in') player.extraDelay = Math.min(3, (side.delay ?? 0) / 1000);
      const moving = player?.state === 'playing';
      setText(side.cover, side.why || (!player || moving ? '' : player.trouble() || 'Connecting'));
      setAttribute(side.frame, 'data-player', player?.state ?? 'off');
      const lag = moving ? player.lag() : null;
      setText(side.lag, !moving ? '' : [KINDS[player.kind], lag === null ? '' : `${milliseconds(Math.round(lag * 20) * 50)} behind live`].filter(Boolean).join(' · '));
    }
  }
}

function drawMeter(side) {
  const level = side.player?.state === 'playing' ? side.meter.at(side.video.currentTime) : null;
  const share = decibels => Math.max(0, Math.min(1, (decibels + 60) / 60));
  const rms = level ? share(level.rms) : 0;
  // Falls slowly, as meters do.
  side.shownRms = Math.max(rms, (side.shownRms ?? 0) - 0.015);
  side.shownPeak = Math.max(level ? share(level.peak) : 0, (side.shownPeak ?? 0) - 0.004);
  side.meterBar.style.setProperty('--level', side.shownRms.toFixed(3));
  side.meterPeak.style.setProperty('--level', side.shownPeak.toFixed(3));
  const text = side.meter.supported ? String(Math.round(60 * side.shownRms - 60)) : '-60';
  if (performance.now() - (side.said ?? 0) > 1000) {
    side.said = performance.now();
    setAttribute(side.meterBox, 'aria-valuenow', text);
    setAttribute(side.meterBox, 'title', side.meter.supported ? `${text} dB` : 'Browsers measure sound on pages of this machine or over TLS only');
  }
}

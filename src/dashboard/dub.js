// The dubs of a stream: what is heard and why, how the speech service does, and what it says, as captions.

import {h, setAttribute, setText} from './dom.js';
import {count, languageName, milliseconds, number} from './words.js';

const CAPTIONS = 3;
const LONGEST_WAIT_MS = 90000;  // captions come up to the delay of the output before they are heard

// Why it is not the dub: its colour, and the words. Reasons that are not here are shown as they are.
const REASONS = {
  starting: ['new', 'The first fragment is on its way.'],
  'not-offered': ['warn', 'This language is not offered.'],
  'too-many': ['warn', 'A stream is dubbed into at most four languages.'],
  connecting: ['warn', 'The speech service is being connected.'],
  'service-down': ['warn', 'The speech service cannot be reached.'],
  refused: ['bad', 'The speech service refuses the token, the settings or the fragment.'],
  'breaker-open': ['warn', 'The last fragments failed. None is sent for a while, then one as a probe.'],
  paused: ['warn', 'The speech service cannot take more at the moment.'],
  late: ['warn', 'The answers come too late.'],
  failed: ['warn', 'The last fragment could not be dubbed.'],
  'no-sound': ['calm', 'The publisher sends no sound.'],
};

// {word, colour, why, trouble} of a dub.
export function dubState(dub) {
  if (dub.mode === 'dubbed') return {word: 'Dubbed', colour: 'good', why: '', trouble: false};
  const [colour, why] = REASONS[dub.reason] ?? ['warn', dub.reason ? `The reason is: ${dub.reason}.` : ''];
  return {word: 'Original voice', colour, why: dub.detail ? `${why.replace(/\.$/, '')}: ${dub.detail.replace(/\.$/, '')}.` : why, trouble: colour === 'warn' || colour === 'bad'};
}

// The small marks of the wall: "ES", in the colour of what is heard.
export function dubMarks(stream) {
  return (stream.dubs ?? []).map(dub => {
    const {word, colour, why} = dubState(dub);
    return h('span', {class: 'mark', 'data-colour': colour, title: `${languageName(dub.language) || dub.language}: ${word}. ${why}`.trim()}, dub.language.slice(0, 10));
  });
}

const FACTS = [
  ['Fragments', dub => dub.sent === undefined ? '–' : `${dub.dubbed} of ${dub.dubbed + total(dub.fallbacks) - (dub.fallbacks?.silent ?? 0)} dubbed`],  // in silence there is nothing to dub
  ['In flight', dub => number(dub.inFlight)],
  ['Round trip', dub => dub.roundTripP50Ms == null ? '–' : `${milliseconds(dub.roundTripP50Ms)} · p95 ${milliseconds(dub.roundTripP95Ms)}`],
  ['Delay', dub => milliseconds(dub.delayMs)],
  ['Stretch', dub => dub.stretch == null ? '–' : `${dub.stretch.toFixed(2)} ×`],
  ['Loudness', dub => dub.loudnessDb == null ? '–' : `${dub.loudnessDb > 0 ? '+' : dub.loudnessDb < 0 ? '−' : ''}${Math.abs(dub.loudnessDb).toFixed(1)} dB`],
  ['Kept the original', dub => Object.entries(dub.fallbacks ?? {}).filter(([, many]) => many).map(([reason, many]) => `${many} ${reason.replaceAll(/[-_]/g, ' ')}`).join(', ') || 'none'],
  ['Connection', dub => [{open: 'breaker open', 'half-open': 'breaker half open'}[dub.breaker], dub.reconnections ? count(dub.reconnections, 'reconnection') : '', dub.backpressure ? `asked for less ${dub.backpressure} ×` : ''].filter(Boolean).join(', ') || 'undisturbed'],
];

const total = counts => Object.values(counts ?? {}).reduce((sum, many) => sum + many, 0);

class Dub {
  captions = h('ol', {class: 'captions', 'aria-label': 'What was said last'});
  #facts = FACTS.map(([label]) => [label, h('dd')]);

  constructor(language) {
    const name = languageName(language);
    this.chip = h('span', {class: 'chip'});
    this.why = h('p', {class: 'why'});
    this.list = h('dl', {class: 'dub-facts'}, this.#facts.map(([label, value]) => h('div', {}, h('dt', {}, label), value)));
    this.element = h('div', {class: 'dub', 'data-language': language},
      h('div', {class: 'dub-head'}, h('h3', {}, name || language), name ? h('span', {class: 'tag'}, language) : null, this.chip, this.why), this.list, this.captions);
  }

  update(dub, figures) {
    const {word, colour, why} = dubState(dub);
    setAttribute(this.element, 'data-colour', colour);
    setAttribute(this.element, 'data-mode', dub.mode);
    setText(this.chip, word);
    setText(this.why, why);
    const all = {...dub, ...figures};
    this.list.hidden = figures?.sent === undefined || ['not-offered', 'too-many'].includes(dub.reason);
    this.#facts.forEach(([, value], i) => setText(value, FACTS[i][1](all)));
  }

  say(caption) {
    if (!caption.translation && !caption.transcript) return;
    this.captions.append(h('li', {'data-dubbed': caption.dubbed ? 'yes' : 'no'},
      h('span', {class: 'said'}, caption.translation || caption.transcript),
      h('span', {class: 'heard'}, [caption.translation && caption.transcript, caption.dubbed ? '' : 'the original was heard'].filter(Boolean).join(' · '))));
    while (this.captions.children.length > CAPTIONS) this.captions.firstElementChild.remove();
  }
}

// All dubs of a stream; hidden while it has none.
export class Dubs {
  #dubs = new Map();  // by language
  #timers = new Set();
  #said = new Set();
  element = h('div', {class: 'dubs'});

  update(stream) {
    const dubs = stream.dubs ?? [];
    this.panel.hidden = dubs.length === 0;
    for (const [language, dub] of this.#dubs) {
      if (dubs.some(other => other.language === language)) continue;
      dub.element.remove();
      this.#dubs.delete(language);
    }
    for (const dub of dubs) {
      const figures = stream.figures?.dubs?.find(other => other.language === dub.language);
      this.#of(dub.language).update(dub, figures);
    }
  }

  #of(language) {
    if (!this.#dubs.has(language)) {
      const dub = new Dub(language);
      this.#dubs.set(language, dub);
      this.element.append(dub.element);
    }
    return this.#dubs.get(language);
  }

  // Shows what was said when it is heard. ahead: by how much media-service's clock is ahead of ours.
  take(caption, ahead = 0) {
    const key = `${caption.language} ${caption.fragment} ${caption.at}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    if (this.#said.size > 100) this.#said.delete(this.#said.values().next().value);
    const wait = Math.min(Date.parse(caption.at) - Date.now() - ahead, LONGEST_WAIT_MS);
    const show = () => this.#dubs.get(caption.language)?.say(caption);
    if (!(wait > 0)) return show();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      show();
    }, wait);
    this.#timers.add(timer);
  }

  close() {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

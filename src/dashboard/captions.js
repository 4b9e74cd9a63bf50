// What the dubs of a stream say, written over the picture when it is heard there. The texts come from media-service, not from the
// router, so it is the same with each router and with each way to the picture.

import {h, setAttribute, setText} from './dom.js';
import {languageName} from './words.js';

const AT_ONCE = 84;      // characters: two lines, as subtitles have
const KEPT_MS = 120000;  // captions come up to a minute before they are heard (the delay of the output)
const MOST_KEPT = 400;
const SPOKEN = 'spoken';  // the original words; no language is called so
const REFUSED = ['not-offered', 'too-many'];

// A text in pieces that can be read at once, each with its share (0 to 1) of the time.
export function pieces(text) {
  const words = text.trim().split(/\s+/).flatMap(word => cut([...word]));
  const lines = [];
  for (const word of words) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && longer.length <= AT_ONCE) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  const all = lines.reduce((sum, line) => sum + line.length, 0);
  let begun = 0;
  return lines.map(line => {
    const from = begun / all;
    begun += line.length;
    return {text: line, from, until: begun / all};
  });
}

function cut(letters) {
  const parts = [];
  for (let i = 0; i < letters.length; i += AT_ONCE) parts.push(letters.slice(i, i + AT_ONCE).join(''));
  return parts;
}

export class Captions {
  #captions = [];
  #offered = '';
  #chosen = stored();

  constructor(title) {
    this.text = h('span', {dir: 'auto'});
    this.overlay = h('div', {class: 'caption', hidden: true}, this.text);
    this.choice = h('select', {'aria-label': `Captions of ${title}`, title: 'Captions', hidden: true, onchange: () => this.#choose(this.choice.value)});
  }

  // The languages are those of the dubs that are offered.
  update(dubs) {
    const languages = (dubs ?? []).filter(dub => !REFUSED.includes(dub.reason)).map(dub => dub.language);
    const key = JSON.stringify(languages);
    if (key === this.#offered) return;
    this.#offered = key;
    this.choice.hidden = languages.length === 0;
    const choices = [['', 'No captions'], ...languages.map(tag => [tag, languageName(tag) || tag]), [SPOKEN, 'As spoken']];
    const selected = languages.length && choices.some(([value]) => value === this.#chosen) ? this.#chosen : '';
    this.choice.replaceChildren(...choices.map(([value, text]) => h('option', {value, selected: value === selected}, text)));
  }

  #choose(value) {
    this.#chosen = value;
    try {
      localStorage.setItem('captions', value);
    } catch {}  // a browser that keeps nothing
  }

  take(caption) {
    const at = Date.parse(caption.at);
    const same = one => one.language === caption.language && one.fragment === caption.fragment && one.at === at;
    if (!Number.isFinite(at) || this.#captions.some(same)) return;
    const {language, fragment, durationMs} = caption;
    this.#captions.push({language, fragment, at, durationMs, translation: pieces(caption.translation ?? ''), transcript: pieces(caption.transcript ?? '')});
    const newest = Math.max(...this.#captions.map(one => one.at));
    this.#captions = this.#captions.filter(one => one.at > newest - KEPT_MS).slice(-MOST_KEPT);
  }

  // time: when what is on the screen has left the worker, by media-service's clock (ms); null: nothing is on the screen.
  show(time) {
    const wanted = this.choice.value;
    const found = time === null || !wanted ? null : this.#at(time, wanted);
    setText(this.text, found?.text ?? '');
    setAttribute(this.text, 'lang', found && wanted !== SPOKEN ? wanted : null);
    if (this.overlay.hidden === Boolean(found)) this.overlay.hidden = !found;
  }

  #at(time, wanted) {
    for (const one of this.#captions) {
      if (time < one.at || time >= one.at + one.durationMs || wanted !== SPOKEN && one.language !== wanted) continue;
      const share = (time - one.at) / one.durationMs;
      const piece = (wanted === SPOKEN ? one.transcript : one.translation).find(({from, until}) => share >= from && share < until);
      if (piece) return piece;
    }
    return null;
  }
}

function stored() {
  try {
    return localStorage.getItem('captions') ?? '';
  } catch {
    return '';
  }
}

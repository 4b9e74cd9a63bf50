// The destinations of a stream: where its output is pushed, a switch for each, what each says, and a form to add one.

import {h, icon, setAttribute, setText} from './dom.js';
import {bitrate, count, megabytes} from './words.js';
import {isOperator, ONLY_OPERATORS} from './door.js';
import {command, destinationAdd, destinationRemove} from './feed.js';

// Of each state: the word, its colour, and what is said if there is no reason.
const STATES = {
  off: ['Off', 'calm', ''],
  waiting: ['Waiting', 'calm', 'Pushed as soon as the stream has an output.'],
  connecting: ['Connecting', 'new', ''],
  forwarding: ['Live', 'good', ''],
  slow: ['Too slow', 'warn', 'The destination does not take the media in time.'],
  retrying: ['Retrying', 'warn', ''],
  paused: ['Refused, paused', 'warn', ''],
  refused: ['Key refused', 'bad', 'The destination refuses the key. Correct it, then switch off and on.'],
  failed: ['Failed', 'bad', ''],
  stopping: ['Stopping', 'calm', ''],
};

export function destinationState({state}) {
  const [word, colour, why] = STATES[state] ?? [state, 'calm', ''];
  return {word, colour, why, trouble: colour === 'warn' || colour === 'bad'};
}

// The small marks of the wall: the name of each destination that is switched on, in the colour of its state.
export function destinationMarks(stream) {
  return (stream.destinations ?? []).filter(one => one.enabled).map(one => {
    const {word, colour} = destinationState(one);
    return h('span', {class: 'mark out', 'data-colour': colour, title: `Destination ${one.name}: ${word}. ${one.error ?? ''}`.trim()}, one.name.slice(0, 12));
  });
}

const sentence = text => `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;

class Destination {
  constructor(id, name, toast) {
    [this.id, this.name, this.toast] = [id, name, toast];
    this.chip = h('span', {class: 'chip'});
    this.url = h('code', {class: 'target'});
    this.why = h('p', {class: 'why'});
    this.facts = h('p', {class: 'flow'});
    this.switch = h('button', {type: 'button', class: 'switch', role: 'switch', 'aria-checked': 'false', 'aria-label': `Push to ${name}`, onclick: () => this.#turn()}, h('span', {class: 'knob'}));
    const quiet = (act, label, name, run) => h('button', {type: 'button', class: 'quiet', 'data-act': act, 'aria-label': label, title: label, onclick: run}, icon(name));
    this.restart = quiet('restart', `Connect to ${name} anew`, 'restart', () => this.#do(`destinations/${name}/restart`, 'is being connected anew'));
    this.remove = quiet('remove', `Remove ${name}`, 'close', () => this.#remove());
    this.element = h('li', {class: 'destination', 'data-destination': name}, this.switch,
      h('div', {class: 'who'}, h('h3', {}, name), this.url), this.facts, this.chip, h('div', {class: 'acts'}, this.restart, this.remove), this.why);
  }

  update(told, figures) {
    this.told = told;
    const {word, colour, why} = destinationState(told);
    const reason = figures?.state === told.state ? figures.reason : told.reason;
    const sentences = ['forwarding', 'off', 'waiting', 'connecting'].includes(told.state) ? [why]
      : ['refused', 'failed'].includes(told.state) ? [told.error || reason, why] : [reason || why];
    const shown = sentences.filter(Boolean).map(sentence).join(' ');
    setAttribute(this.element, 'data-colour', colour);
    setAttribute(this.element, 'data-state', told.state);
    setText(this.chip, word);
    setText(this.url, told.url);
    setText(this.why, shown);
    this.why.hidden = !shown;
    const parts = figures?.bytes ? [told.state === 'forwarding' || told.state === 'slow' ? bitrate(figures.bitsPerSecond) : '', figures.bytes > 5e4 ? megabytes(figures.bytes) : '',
      figures.connections > 1 ? count(figures.connections, 'connection') : '', figures.droppedUnits ? `${figures.droppedUnits} dropped` : ''] : [];
    setText(this.facts, parts.filter(Boolean).join(' · '));
    setAttribute(this.switch, 'aria-checked', String(told.enabled));
    setAttribute(this.switch, 'data-colour', colour === 'bad' || colour === 'warn' ? colour : 'good');
    this.switch.disabled = !isOperator();
    this.switch.title = isOperator() ? '' : ONLY_OPERATORS;
    this.restart.hidden = !isOperator() || !told.enabled || ['waiting', 'off', 'stopping'].includes(told.state);
    this.remove.hidden = !isOperator() || told.origin !== 'api';
  }

  #turn() {
    const on = !this.told.enabled;
    return this.#do(`destinations/${this.name}/${on ? 'enable' : 'disable'}`, on ? 'is switched on' : 'is switched off');
  }

  async #do(verb, done) {
    setAttribute(this.switch, 'aria-busy', 'true');
    try {
      const told = await command(this.id, verb);
      this.update(told, told);
      this.toast(`${this.id}: ${this.name} ${done}.`);
    } catch (error) {
      this.toast(`${this.id}: ${this.name}: ${error.message}.`, {bad: true});
    }
    setAttribute(this.switch, 'aria-busy', null);
  }

  async #remove() {
    try {
      await destinationRemove(this.id, this.name);
      this.element.remove();
      this.toast(`${this.id}: ${this.name} is removed.`);
    } catch (error) {
      this.toast(`${this.id}: ${this.name}: ${error.message}.`, {bad: true});
    }
  }
}

export class Destinations {
  #rows = new Map();  // by name

  constructor(id, toast) {
    [this.id, this.toast] = [id, toast];
    this.none = h('p', {class: 'none'}, 'The output of this stream is pushed to nobody.');
    this.list = h('ul', {class: 'destinations'});
    this.nameField = h('input', {name: 'name', required: true, pattern: '[A-Za-z0-9_\\-]{1,32}', maxlength: '32', placeholder: 'youtube', autocomplete: 'off', spellcheck: 'false', 'aria-label': 'Name'});
    // The URL has the stream key: nobody who looks over the shoulder shall read it.
    this.urlField = h('input', {name: 'url', type: 'password', required: true, maxlength: '8000', placeholder: 'rtmp://server/app/key', autocomplete: 'off', 'aria-label': 'URL with the stream key'});
    this.refused = h('p', {class: 'why', role: 'status', 'data-colour': 'bad', hidden: true});
    this.form = h('form', {class: 'add-destination', hidden: true, onsubmit: event => { event.preventDefault(); this.#add(); }},
      h('label', {}, 'Name', this.nameField), h('label', {class: 'wide'}, 'URL with the stream key', this.urlField),
      h('div', {class: 'choices'}, h('button', {type: 'button', onclick: () => this.#show(false)}, 'Cancel'), h('button', {type: 'submit', class: 'primary'}, 'Add')), this.refused);
    this.open = h('button', {type: 'button', class: 'add', onclick: () => this.#show(true)}, 'Add a destination');
    this.tools = h('div', {class: 'rec-tools'}, this.open);
    this.element = h('div', {class: 'destinations-box'}, this.none, this.list, this.form);
  }

  update(stream) {
    const all = stream.destinations ?? [];
    for (const [name, row] of this.#rows) {
      if (all.some(one => one.name === name)) continue;
      row.element.remove();
      this.#rows.delete(name);
    }
    for (const told of all) {
      if (!this.#rows.has(told.name)) {
        const row = new Destination(this.id, told.name, this.toast);
        this.#rows.set(told.name, row);
        this.list.append(row.element);
      }
      this.#rows.get(told.name).update(told, stream.figures?.destinations?.find(one => one.name === told.name));
    }
    this.none.hidden = all.length > 0 || !this.form.hidden;
    this.open.disabled = !isOperator();
    this.open.title = isOperator() ? '' : ONLY_OPERATORS;
  }

  #show(on) {
    this.form.hidden = !on;
    this.open.hidden = on;
    this.refused.hidden = true;
    this.none.hidden = on || this.#rows.size > 0;
    this.urlField.value = '';
    if (on) this.nameField.focus();
    else this.open.focus();
  }

  async #add() {
    const name = this.nameField.value;
    try {
      await destinationAdd(this.id, name, this.urlField.value);
      this.nameField.value = '';
      this.#show(false);
      this.toast(`${this.id}: ${name} is added.`);
    } catch (error) {
      setText(this.refused, `It was not added: ${error.message}.`);
      this.refused.hidden = false;
    }
  }
}

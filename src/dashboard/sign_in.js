// What is shown to those who may not come in: the form for the token, or why there is none.

import {copyable, h, icon, setText} from './dom.js';
import {signIn} from './door.js';
import {tide} from './empty.js';

const MAKE = 'media-service --tokens-file FILE --make-token NAME --token-role viewer';

// why: {closed, withdrawn}, as the door says it.
export class SignIn {
  constructor({closed, withdrawn}) {
    this.element = h('section', {class: 'sign-in', 'aria-labelledby': 'sign-in-title'}, tide(),
      h('h1', {id: 'sign-in-title'}, closed ? 'Only for this machine' : 'Sign in'),
      closed ? this.#closed() : this.#form(withdrawn));
  }

  close() {}

  focus() {
    this.input?.focus();
  }

  #form(withdrawn) {
    this.input = h('input', {id: 'token', type: 'password', autocomplete: 'current-password', required: true, spellcheck: 'false', autocapitalize: 'off', maxlength: '512', 'aria-describedby': 'sign-in-note', oninput: () => this.#say('')});
    this.eye = h('button', {type: 'button', class: 'quiet', 'aria-label': 'Show the token', title: 'Show', onclick: () => this.#show()}, icon('eye'));
    this.note = h('p', {class: 'note', id: 'sign-in-note', role: 'alert'});
    this.button = h('button', {class: 'primary'}, 'Sign in');
    this.#say(withdrawn ? 'Your token is no longer valid.' : '');
    return h('form', {class: 'card', onsubmit: event => this.#submit(event)},
      h('input', {type: 'text', autocomplete: 'username', value: 'tidegate', hidden: true, tabindex: '-1', 'aria-hidden': 'true'}),  // password managers want a name
      h('label', {for: 'token'}, 'Token'),
      h('div', {class: 'secret'}, this.input, this.eye),
      this.note, this.button,
      h('details', {}, h('summary', {}, 'No token yet?'),
        h('p', {}, 'Whoever runs media-service makes one, for a person or a program:'), copyable('command', MAKE, false),
        h('p', {}, 'With the role “operator” it may also start, stop and record streams.')));
  }

  #closed() {
    return h('article', {class: 'card'},
      h('p', {}, 'media-service has no tokens. So it answers programs on its own machine, and nobody else.'),
      h('p', {}, 'To open it, make a token, and start it with this file:'),
      copyable('command', MAKE, false));
  }

  #show() {
    const hidden = this.input.type === 'password';
    this.input.type = hidden ? 'text' : 'password';
    this.eye.setAttribute('aria-pressed', String(hidden));
    this.input.focus();
  }

  #say(text) {
    setText(this.note, text);
    if (text) this.input.setAttribute('aria-invalid', 'true');
    else this.input.removeAttribute('aria-invalid');
  }

  async #submit(event) {
    event.preventDefault();
    this.button.disabled = true;
    setText(this.button, 'Signing in');
    const problem = await signIn(this.input.value.trim());
    this.button.disabled = false;
    setText(this.button, 'Sign in');
    if (!problem) return;
    this.#say(problem);
    this.input.select();
  }
}

// The form for the router's user and password, above everything else while the router wants them (player/router_login.js).

import {h, setText} from './dom.js';
import {giveLogin, routerLogin} from './player/router_login.js';

export class RouterSignIn {
  constructor() {
    this.user = h('input', {id: 'router-user', autocomplete: 'username', required: true, spellcheck: 'false', autocapitalize: 'off', maxlength: '256'});
    this.password = h('input', {id: 'router-password', type: 'password', autocomplete: 'current-password', required: true, maxlength: '256'});
    this.why = h('p', {role: 'status'});
    this.element = h('form', {class: 'router-sign-in', hidden: true, 'aria-label': 'Sign in to the router', onsubmit: event => this.#submit(event)},
      this.why, h('label', {for: 'router-user'}, 'User'), this.user, h('label', {for: 'router-password'}, 'Password'), this.password,
      h('button', {class: 'primary'}, 'Watch'));
    for (const type of ['wanted', 'given']) routerLogin.addEventListener(type, () => this.show());
  }

  show() {
    const {wanted} = routerLogin;
    const clear = wanted && location.protocol === 'http:' ? ' They are sent without encryption.' : '';
    setText(this.why, wanted + clear);
    this.element.hidden = !wanted;
  }

  #submit(event) {
    event.preventDefault();
    const password = this.password.value;
    this.password.value = '';
    giveLogin(this.user.value, password);
  }
}

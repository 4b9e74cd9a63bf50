// The page: which view is shown, what the top bar says, and what is common to all views.

import {h, icon, setText} from './dom.js';
import {span, stateOf} from './words.js';
import {door, signOut} from './door.js';
import {Feed} from './feed.js';
import {countOf} from './pages.js';
import {SignIn} from './sign_in.js';
import {RouterSignIn} from './router_sign_in.js';
import {forgetLogin} from './player/router_login.js';
import {Wall} from './wall.js';
import {StreamPage} from './stream.js';

const byId = id => document.getElementById(id);
const main = byId('main');
const feed = new Feed();
const routerSignIn = new RouterSignIn();
let view = null;
let shownId = null;  // the stream whose page is shown; null: the wall
let refused = null;  // why we may not come in; null: we may, or do not know yet

// --- views ---

function route() {
  const found = location.hash.match(/^#\/stream\/([^/]+)$/);
  let id = null;
  try {
    id = found && decodeURIComponent(found[1]);
  } catch {}  // not an address of ours
  shownId = refused ? null : id;
  view?.close();
  byId('tools').replaceChildren();
  document.body.dataset.view = refused ? 'sign-in' : id ? 'stream' : 'wall';
  view = refused ? new SignIn(refused) : id ? new StreamPage(feed, id, toast) : new Wall(feed, byId('tools'));
  main.replaceChildren(view.element);
  feed.followLog(id ?? '');
  document.title = title();
  scrollTo(0, 0);
  if (refused) view.focus();
  else if (route.again) main.focus({preventScroll: true});
  route.again = true;
}

function showWho() {
  const {name, role} = door.client ?? {};
  byId('who').hidden = byId('leave').hidden = !name;
  byId('who').replaceChildren(...name ? [name, h('span', {class: 'tag'}, role)] : []);
}

// --- the top bar ---

// Of many streams, media-service counts.
function summaryOfMany(counts) {
  const trouble = countOf('trouble', counts);
  const parts = [[trouble, 'in trouble'], [countOf('running', counts), 'running'], [counts.streams, 'streams']];
  return {text: parts.filter(([many]) => many).map(([many, name]) => `${many} ${name}`).join(' · '), trouble};
}

function summary() {
  if (feed.large && feed.counts) return summaryOfMany(feed.counts);
  const counts = {'in trouble': 0};
  for (const state of [...feed.streams.values()].map(stateOf).sort((a, b) => b.urgency - a.urgency)) {
    const name = state.trouble ? 'in trouble' : state.word.toLowerCase();
    counts[name] = (counts[name] ?? 0) + 1;
  }
  const trouble = counts['in trouble'];
  const parts = Object.entries(counts).filter(([, many]) => many).map(([name, many]) => `${many} ${name}`);
  return {text: parts.join(' · ') || (feed.known ? 'No streams' : ''), trouble};
}

function title() {
  const {trouble} = summary();
  return `${trouble ? `(${trouble}) ` : ''}${shownId ? `${shownId} · ` : ''}Tidegate`;
}

function showSummary() {
  const {text, trouble} = summary();
  setText(byId('summary'), text);
  byId('summary').dataset.trouble = trouble ? 'yes' : 'no';
  document.title = title();
}

function showLink() {
  const element = byId('link');
  const {state, since, before} = feed.link;
  element.dataset.state = state;
  const lost = before?.state === 'lost';
  setText(element, {waiting: 'Connecting', refused: 'Signed out', lost: 'Reconnecting', live: lost ? `Connected again after ${span((since - before.since) / 1000)}` : 'Live'}[state]);
  if (state === 'live' && lost) {
    element.dataset.again = '';
    clearTimeout(showLink.timer);
    showLink.timer = setTimeout(() => {
      delete element.dataset.again;
      if (feed.link.state === 'live') setText(element, 'Live');
    }, 6000);
  }
  showBanner();
}

function showBanner() {
  const banner = byId('banner');
  let text = '';
  if (feed.link.state === 'lost') text = 'media-service does not answer. What is shown is as of the last message; the page connects again by itself.';
  else if (feed.known && !feed.router.reachable) text = `${feed.router.routers ? 'A' : 'The'} router does not answer: ${feed.router.error}. None of its streams is given up while it is away.`;
  setText(banner, text);
  banner.hidden = !text;
}

// --- colours ---

const THEMES = {auto: ['half', 'Colours: as the system'], light: ['sun', 'Colours: light'], dark: ['moon', 'Colours: dark']};

function setTheme(name) {
  const [picture, label] = THEMES[name];
  if (name === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  byId('theme').replaceChildren(icon(picture));
  byId('theme').setAttribute('aria-label', label);
  byId('theme').title = label;
  byId('theme').dataset.name = name;
  try {
    localStorage.setItem('theme', name);
  } catch {}  // a browser that keeps nothing
  dispatchEvent(new Event('themechange'));
}

function storedTheme() {
  try {
    const name = localStorage.getItem('theme');
    return name in THEMES ? name : 'auto';
  } catch {
    return 'auto';
  }
}

// --- messages ---

// Shows a message; with an action, such as Undo, it stays longer.
function toast(text, {action, label, bad = false} = {}) {
  const element = h('div', {class: 'toast', 'data-colour': bad ? 'bad' : 'calm'}, h('span', {}, text));
  const close = () => element.remove();
  if (action) element.append(h('button', {type: 'button', onclick: () => { close(); action(); }}, label));
  byId('toasts').append(element);
  setTimeout(close, action ? 12000 : 6000);
}

byId('theme').addEventListener('click', () => {
  const names = Object.keys(THEMES);
  setTheme(names[(names.indexOf(byId('theme').dataset.name) + 1) % names.length]);
});
setTheme(storedTheme());
byId('banner').after(routerSignIn.element);
byId('leave').append(icon('leave'));
byId('leave').addEventListener('click', signOut);
door.addEventListener('refused', event => {
  refused = event.detail;
  forgetLogin();
  routerSignIn.show();
  showWho();
  route();
});
door.addEventListener('opened', () => {
  showWho();
  if (!refused) return;
  refused = null;
  route();
});
addEventListener('hashchange', route);
for (const type of ['streams', 'figures', 'counts']) feed.addEventListener(type, showSummary);
feed.addEventListener('link', showLink);
feed.addEventListener('router', showBanner);
addEventListener('keydown', event => {
  if (event.key === 'Escape' && !event.defaultPrevented && document.body.dataset.view === 'stream' && !document.querySelector('dialog[open]')) location.hash = '#/';
});
route();
feed.open();

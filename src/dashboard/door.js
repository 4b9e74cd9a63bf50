// The way to media-service: every request takes the token along, if there is one.
//
// The token is kept in sessionStorage and sent in a header. A cookie would also go to every other port of this host, and a browser
// would add it to requests that other pages make. Scripts could read the token, but only ours run here: the page's policy sees to that.

const KEY = 'token';
const HANDOVER_MS = 300;  // another tab answers within milliseconds, unless it is asleep

// Events: 'refused' (detail: {closed, withdrawn}: nobody may come in without a token, or with this one), 'opened'.
export const door = new EventTarget();

// Who we are: {name, role}. null while that is not known, or while we are refused.
door.client = null;

let token = '';
try {
  token = sessionStorage.getItem(KEY) ?? '';
} catch {}  // a browser that keeps nothing

function keep(value) {
  token = value;
  try {
    if (value) sessionStorage.setItem(KEY, value);
    else sessionStorage.removeItem(KEY);
  } catch {}
}

const send = (path, options, shown) =>
  fetch(path, {cache: 'no-store', credentials: 'omit', ...options, headers: {...options?.headers, ...(shown ? {Authorization: `Bearer ${shown}`} : {})}});

// As fetch(). Throws where there is no answer.
export async function ask(path, options = {}) {
  const shown = token;
  const reply = await send(path, options, shown);
  if (reply.status === 401 && shown === token && door.client) refused({withdrawn: Boolean(token)});  // once, though many ask
  return reply;
}

function refused(why) {
  keep('');
  door.client = null;
  door.dispatchEvent(new CustomEvent('refused', {detail: why}));
}

// Asks who we are. Returns whether we may go on. Throws if media-service does not answer.
export async function enter() {
  let reply = await send('/v1/access', {}, token);
  if (reply.status === 401 && !token && await fromAnotherTab()) reply = await send('/v1/access', {}, token);
  if (reply.status === 401) refused({withdrawn: Boolean(token)});
  else if (reply.status === 403) refused({closed: true});
  else if (!reply.ok) throw new Error(`media-service answered ${reply.status}`);
  else door.client = await reply.json();
  if (reply.ok) door.dispatchEvent(new Event('opened'));
  return reply.ok;
}

// Returns '' if this is a token, or why we are not let in.
export async function signIn(given) {
  if (!/^[\w\-.~+/=]{1,512}$/.test(given)) return 'This is no token: it has letters, digits and - . _ ~ + / = only.';
  let reply;
  try {
    reply = await send('/v1/access', {}, given);
  } catch {
    return 'media-service does not answer.';
  }
  if (reply.status === 401) return 'Nobody has this token. It may have been withdrawn.';
  if (!reply.ok) return `media-service answered ${reply.status}.`;
  keep(given);
  door.client = await reply.json();
  door.dispatchEvent(new Event('opened'));
  return '';
}

export function signOut() {
  tabs?.postMessage({leave: true});
  refused({});
}

export const ONLY_OPERATORS = 'Your token is a viewer’s: it may change nothing.';
export const isOperator = () => door.client?.role === 'operator';

// --- other tabs ---
// A new tab of this page is let in by one that is. Only pages of our own origin hear each other.

const tabs = globalThis.BroadcastChannel && new BroadcastChannel('tidegate-door');

tabs?.addEventListener('message', ({data}) => {
  if (data.wanted && token) tabs.postMessage({token});
  if (data.leave && token) refused({});
});

function fromAnotherTab() {
  if (!tabs) return false;
  return new Promise(done => {
    const ends = new AbortController();
    const end = found => {
      ends.abort();
      done(found);
    };
    tabs.addEventListener('message', ({data}) => {
      if (!data.token) return;
      keep(data.token);
      end(true);
    }, {signal: ends.signal});
    setTimeout(() => end(false), HANDOVER_MS);
    tabs.postMessage({wanted: true});
  });
}

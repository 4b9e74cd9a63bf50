// The login for the router, which viewers need who are not on its machine. The page asks for it when the router refuses a picture.
//
// It is kept as the token is (door.js), and goes to the router alone, in a header: addresses stand in logs and in the browser's history.

const KEY = 'router-login';

// Events: 'wanted', 'given'.
export const routerLogin = new EventTarget();

// Why a login is wanted, in words; '': none is.
routerLogin.wanted = '';

let header = '';
try {
  header = sessionStorage.getItem(KEY) ?? '';
} catch {}  // a browser that keeps nothing

function keep(value) {
  header = value;
  try {
    if (value) sessionStorage.setItem(KEY, value);
    else sessionStorage.removeItem(KEY);
  } catch {}
}

function say(wanted) {
  routerLogin.wanted = wanted;
  routerLogin.dispatchEvent(new Event(wanted ? 'wanted' : 'given'));
}

export function giveLogin(user, password) {
  keep(`Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)))}`);
  say('');
}

export function forgetLogin() {
  keep('');
  routerLogin.wanted = '';
}

// As fetch(), with the login.
export const fetchWithLogin = (url, options) =>
  fetch(url, {cache: 'no-store', credentials: 'omit', ...options, headers: {...options.headers, ...(header ? {Authorization: header} : {})}});

// The same. If the router does not let us in, it throws {status: 401, login}; login: there is none now, so it is
// of no use to ask again before one is given.
export async function askRouter(url, options) {
  const shown = header;
  const reply = await fetchWithLogin(url, options);
  if (reply.status !== 401) return reply;
  await reply.body?.cancel();
  if (shown === header) {
    keep('');
    say(shown ? 'The router does not know this user, or the password is wrong.' : 'The router lets you watch with a user and a password only.');
  }
  throw Object.assign(new Error('the router asks for a user and a password'), {status: 401, login: !header});
}

// Makes elements. Text always goes in as text: stream ids, log lines and user agents come from strangers.

const SVG = 'http://www.w3.org/2000/svg';

// h('button', {class: 'quiet', onclick: f, hidden: true, 'aria-label': 'Close'}, 'text', child)
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function s(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

// Writes only what has changed: a hundred tiles are told every two seconds.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

const ICONS = {
  back: 'M15 5l-7 7 7 7', copy: 'M9 9h10v10H9zM5 15V5h10', sun: 'M12 8a4 4 0 100 8 4 4 0 000-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600L19 19M5 19l1.400-1.400M17.600 6.400L19 5',
  moon: 'M20 14.500A8.500 8.500 0 119.500 4a7 7 0 0010.500 10.500z', half: 'M12 3a9 9 0 100 18 9 9 0 000-18zM12 3v18M12 8h6.500M12 12h9M12 16h6.500',
  restart: 'M20 12a8 8 0 11-2.500-5.800M20 3v5h-5', stop: 'M7 7h10v10H7z', reset: 'M4 12a8 8 0 108-8H7M10 1L7 4l3 3',
  play: 'M8 5l11 7-11 7z', pause: 'M8 5v14M16 5v14', cut: 'M6 9a3 3 0 100-6 3 3 0 000 6zM6 21a3 3 0 100-6 3 3 0 000 6zM8.500 7.500L20 18M8.500 16.500L20 6',
  eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7zM12 9a3 3 0 100 6 3 3 0 000-6', leave: 'M9 4H5v16h4M14 8l4 4-4 4M18 12H9',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14', close: 'M6 6l12 12M18 6L6 18',
  sound: 'M4 10v4h3l5 4V6L7 10zM16 9a4 4 0 010 6', mute: 'M4 10v4h3l5 4V6L7 10zM16 10l4 4M20 10l-4 4', full: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
};

export function icon(name) {
  return s('svg', {viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true', focusable: 'false'}, s('path', {d: ICONS[name]}));
}

// A text with a button that copies it.
export function copyable(label, text, shown = true) {
  const button = h('button', {type: 'button', class: 'quiet', 'aria-label': `Copy ${label}`, title: 'Copy'}, icon('copy'));
  const code = h('code', {tabindex: '0'}, text);
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // no permission, or not a secure page: the text is selected, so that a key copies it
      getSelection().selectAllChildren(code);
      return;
    }
    button.dataset.done = '';
    button.setAttribute('aria-label', `Copied ${label}`);
    setTimeout(() => {
      delete button.dataset.done;
      button.setAttribute('aria-label', `Copy ${label}`);
    }, 1500);
  });
  return h('div', {class: 'copy'}, shown && label ? h('span', {class: 'label'}, label) : null, code, button);
}

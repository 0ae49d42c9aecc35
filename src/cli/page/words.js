'use strict';
// Numbers and times for people, and elements made of strings. Nothing here parses a string as markup.

/** An element with attributes and children, which are elements or strings. */
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
}

/** `3 runs`. */
function counted(count, noun) {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Milliseconds for people. */
function length(ms) {
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 1000) return `${ms.toFixed(1)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  return `${(ms / 60_000).toFixed(1)} min`;
}

/** The same, with the exact number for programs. */
function lengthElement(ms) {
  return ms === undefined ? make('span', { class: 'quiet' }, '–') : make('data', { value: ms }, length(ms));
}

/** `21 Nov` of RFC 3339. */
function day(text) {
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  return `${Number(text.slice(8, 10))} ${months[Number(text.slice(5, 7)) - 1]}`;
}

/** `10:00:00`, with this many decimals. */
function clock(text, decimals) {
  const fraction = (text.slice(19).match(/^\.(\d+)/)?.[1] ?? '').padEnd(3, '0').slice(0, decimals);
  return text.slice(11, 19) + (decimals > 0 ? `.${fraction}` : '');
}

/** A time for people, exact for programs; with the day if the runs span several days. */
function timeElement(text, decimals = 0) {
  const shown = model.isOneDay ? clock(text, decimals) : `${day(text)} ${clock(text, decimals)}`;
  return make('time', { datetime: text, title: text }, shown);
}

/** A status: a dot in its colour, and the word. */
function statusElement(status, word = status) {
  return make('span', { class: `status ${status}` }, word);
}

/** The current value of a colour of the style sheet, light or dark. */
function colour(name) {
  const swatch = colour.swatch ??= document.body.appendChild(make('i', { hidden: '' }));
  swatch.style.color = `var(--${name})`;
  return getComputedStyle(swatch).color;
}

/** The same, with this opacity. */
function faded(name, share) {
  return Chart.helpers.color(colour(name)).alpha(share).rgbString();
}

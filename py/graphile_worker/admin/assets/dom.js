// Elements from data. Text goes in as text nodes only: nothing in these modules parses a string as HTML, so a payload,
// a key or an error can hold whatever it likes.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "value" || name === "checked" || name === "indeterminate") element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** An HTML element: h("a", {href: "#/jobs", onclick: go}, "Jobs"). */
export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** An SVG element. */
export function s(tag, props, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

export function replace(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

let ids = 0;

/** An id of its own, for labels. */
export function uid(prefix = "e") {
  ids += 1;
  return `${prefix}-${ids}`;
}

/** Text that only screen readers get. */
export function hidden(text) {
  return h("span", { class: "sr" }, text);
}

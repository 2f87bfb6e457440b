// The strip above the page, while the connection is lost.
import { h, replace } from "./dom.js";
import { duration } from "./format.js";

// Whoever asks regularly, by name: {since, next, text} of those that get no answer.
const lost = new Map();
let ticking = null;
let retry = () => {};

/** What "Try now" does. */
export function onretry(callback) {
  retry = callback;
}

/** Told after every request of a live page: null when it was answered, else the error, and the ms until the next try. */
export function connection(source, error, wait) {
  if (error === null) {
    if (lost.delete(source) && !lost.size) mend();
    return;
  }
  const known = lost.get(source);
  lost.set(source, { since: known?.since ?? Date.now(), next: Date.now() + wait, text: error.message });
  if (known?.text !== error.message) build(error);
  mark("lost");
  clearInterval(ticking);
  ticking = setInterval(count, 1000);
  count();
}

function mend() {
  clearInterval(ticking);
  replace(document.getElementById("banner"));
  mark("live");
}

export function isLost() {
  return lost.size > 0;
}

function build(error) {
  replace(
    document.getElementById("banner"),
    h(
      "div",
      { class: "bad" },
      h(
        "span",
        {},
        error.status ? `${error.message} ${error.hint ?? ""}` : "Connection lost. What stands here may be out of date.",
      ),
      // Not read out every second.
      h("span", { class: "countdown", "aria-hidden": "true" }),
      h("button", { type: "button", class: "compact", onclick: () => retry() }, "Try now"),
    ),
  );
}

function count() {
  const place = document.querySelector("#banner .countdown");
  if (!place || !lost.size) return;
  const since = Math.min(...[...lost.values()].map((one) => one.since));
  const next = Math.min(...[...lost.values()].map((one) => one.next));
  const seconds = Math.max(0, Math.ceil((next - Date.now()) / 1000));
  const then = seconds ? `next try in ${seconds} s` : "trying now";
  place.textContent = `Lost ${duration((Date.now() - since) / 1000)} ago; ${then}.`;
}

/** The word beside the page's title. */
export function mark(state) {
  const words = { live: "Live", paused: "Paused", lost: "Not connected" };
  for (const element of document.querySelectorAll(".live")) {
    element.dataset.state = state;
    element.textContent = words[state];
  }
}

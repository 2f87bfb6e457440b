// The strip above the page while the connection is lost, and the word beside the title that says how fresh the page is.
import { h, replace } from "./dom.js";
import { duration } from "./format.js";

// Whoever asks regularly, by name: {since, next, error} of those that get no answer.
const lost = new Map();
let ticking = null;
let built = null;
let paused = false;
let refused = false;
let retry = () => {};

/** What "Try now" does. */
export function onretry(callback) {
  retry = callback;
}

/** Told after every request of a live page: null when it was answered, else the error, and the ms until the next try. */
export function connection(source, error, wait) {
  if (error === null) lost.delete(source);
  else lost.set(source, { since: lost.get(source)?.since ?? Date.now(), next: Date.now() + wait, error });
  build();
  mark();
}

/** Live updates were paused, or go on. */
export function pausing(value) {
  paused = value;
  mark();
}

/** The server said no to what the page asks for: what stands there is what it said before. */
export function refusing(value) {
  refused = value;
  mark();
}

function build() {
  const error = lost.size ? [...lost.values()].at(-1).error : null;
  const text = error && (error.status ? `${error.message} ${error.hint ?? ""}` : null);
  const next = error && (text ?? "Connection lost. What stands here may be out of date.");
  if (next !== built) {
    built = next;
    clearInterval(ticking);
    if (next !== null) ticking = setInterval(count, 1000);
    replace(document.getElementById("banner"), next === null ? null : strip(next));
  }
  count();
}

function strip(text) {
  return h(
    "div",
    { class: "bad" },
    h("span", {}, text),
    // Not read out every second.
    h("span", { class: "countdown", "aria-hidden": "true" }),
    h("button", { type: "button", class: "compact", onclick: () => retry() }, "Try now"),
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

const WORDS = { live: "Live", paused: "Paused", lost: "Not connected", refused: "Not updated" };

/** The word beside the page's title. */
export function mark() {
  const state = lost.size ? "lost" : refused ? "refused" : paused ? "paused" : "live";
  for (const element of document.querySelectorAll(".live")) {
    if (element.dataset.state === state) continue;
    element.dataset.state = state;
    element.textContent = WORDS[state];
  }
}

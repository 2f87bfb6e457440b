// Times as people say them ("3 min ago"), kept true while they stand on the page.
import { h } from "./dom.js";
import { duration } from "./format.js";

const LOCAL = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

// The clock of the server, not of this machine: ages are off by the difference otherwise.
let skew = 0;

export function setServerTime(iso) {
  if (iso) skew = new Date(iso).getTime() - Date.now();
}

export function now() {
  return Date.now() + skew;
}

export function relative(iso) {
  const seconds = (new Date(iso).getTime() - now()) / 1000;
  if (Math.abs(seconds) < 1) return "now";
  return seconds < 0 ? `${duration(-seconds)} ago` : `in ${duration(seconds)}`;
}

/** A <time> that says how long ago (or how soon); the exact time is in its title. */
export function when(iso, missing = "–") {
  if (!iso) return h("span", { class: "quiet" }, missing);
  if (Number.isNaN(Date.parse(iso))) return String(iso); // "infinity": PostgreSQL has times that no calendar has.
  return h(
    "time",
    { datetime: iso, title: `${LOCAL.format(new Date(iso))}\n${iso}`, dataset: { live: "" } },
    relative(iso),
  );
}

/** How long something has lasted that began at this time: "since 5 min". */
export function age(iso) {
  if (!iso) return h("span", { class: "quiet" }, "–");
  const text = duration((now() - new Date(iso).getTime()) / 1000);
  return h("time", { datetime: iso, title: `since ${LOCAL.format(new Date(iso))}`, dataset: { live: "age" } }, text);
}

function exact(iso) {
  return LOCAL.format(new Date(iso));
}

function tick() {
  if (document.hidden) return;
  for (const element of document.querySelectorAll("time[data-live]")) {
    const iso = element.getAttribute("datetime");
    const text = element.dataset.live === "age" ? duration((now() - new Date(iso).getTime()) / 1000) : relative(iso);
    if (element.textContent !== text) element.textContent = text;
  }
}

export function startClock() {
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
}

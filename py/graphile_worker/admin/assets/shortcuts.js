// Keys for those who keep their hands on them. They can be switched off in the help, for voice input and the like.
import { h, uid } from "./dom.js";
import { show } from "./dialog.js";
import { go, href } from "./router.js";

const OFF_KEY = "graphile-worker-no-shortcuts";
const PAGES = {
  o: "",
  j: "jobs",
  q: "queues",
  w: "workers",
  s: "schedules",
  c: "crontabs",
  l: "limits",
  p: "policies",
  m: "maintenance",
};

const HELP = [
  [["g", "o"], "Overview"],
  [["g", "j"], "Jobs"],
  [["g", "q"], "Queues"],
  [["g", "w"], "Workers"],
  [["g", "s"], "Schedules"],
  [["g", "c"], "Crontabs"],
  [["g", "l"], "Limits"],
  [["g", "p"], "Policies"],
  [["g", "m"], "Maintenance"],
  [["/"], "Search"],
  [["j", "k"], "Next, previous row"],
  [["Enter"], "Open the row"],
  [["x"], "Select the row"],
  [["a"], "Act on the selection"],
  [["Esc"], "Clear the selection, close a dialog"],
  [["n"], "Add a job"],
  [["r"], "Refresh now"],
  [["p"], "Pause live updates, go on"],
  [["t"], "Theme: system, light, dark"],
  [["?"], "This help"],
];

function off() {
  try {
    return localStorage.getItem(OFF_KEY) === "1";
  } catch {
    return false;
  }
}

function setOff(value) {
  try {
    if (value) localStorage.setItem(OFF_KEY, "1");
    else localStorage.removeItem(OFF_KEY);
  } catch {
    // Storage is blocked: nothing to remember it in.
  }
}

export function showHelp() {
  const id = uid("keys");
  const box = h("input", { type: "checkbox", id, checked: !off(), onchange: () => setOff(!box.checked) });
  show({
    title: "Keyboard",
    content: [
      h(
        "dl",
        { class: "keys" },
        HELP.map(([keys, what]) => [
          h(
            "dt",
            {},
            keys.flatMap((key) => [h("kbd", {}, key), " "]),
          ),
          h("dd", {}, what),
        ]),
      ),
      h("div", { class: "check" }, box, h("label", { for: id }, "Single keys act (Tab, Enter and Esc always do)")),
    ],
  });
}

function typing(target) {
  return (
    target.isContentEditable || (target.matches?.("input, select, textarea") && !target.matches("input[type=checkbox]"))
  );
}

function moveRow(step) {
  const rows = [...document.querySelectorAll("main tbody tr")];
  if (!rows.length) return;
  const current = rows.findIndex((row) => row.contains(document.activeElement));
  const next =
    rows[current < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, current + step))];
  (next.querySelector("td.lead a") ?? next.querySelector("a, button, input"))?.focus();
  next.scrollIntoView({ block: "nearest" });
}

/** actions: {refresh, pause, theme, add} of the application. */
export function startShortcuts(actions) {
  let prefix = 0;
  const single = {
    "?": showHelp,
    "/": () => document.querySelector("main input[type=search]")?.focus(),
    j: () => moveRow(1),
    k: () => moveRow(-1),
    x: () => document.activeElement?.closest("tr")?.querySelector("td.pick input")?.click(),
    a: () => document.querySelector(".selection:not([hidden]) button")?.focus(),
    n: actions.add,
    r: actions.refresh,
    p: actions.pause,
    t: actions.theme,
    g: () => {
      prefix = Date.now();
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") {
      if (typing(event.target)) {
        event.preventDefault(); // Leaving the search does not empty it.
        event.target.blur();
      } else document.dispatchEvent(new CustomEvent("clear-selection"));
      return;
    }
    if (off() || typing(event.target)) return;
    const page = Date.now() - prefix < 1200 ? PAGES[event.key] : undefined;
    prefix = 0;
    if (page !== undefined) go(href(page));
    else if (single[event.key]) single[event.key]();
    else return;
    event.preventDefault();
  });
}

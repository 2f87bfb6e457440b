// What stands beside every page: the list of pages, whose database this is, theme and help.
import { h, hidden, replace } from "./dom.js";
import { count } from "./format.js";
import { icon } from "./icons.js";
import { href } from "./router.js";

const PAGES = [
  ["", "Overview", "overview"],
  ["jobs", "Jobs", "jobs"],
  ["queues", "Queues", "queues"],
  ["workers", "Workers", "workers"],
  ["schedules", "Schedules", "schedules"],
  ["limits", "Limits", "limits"],
  ["policies", "Policies", "policies"],
  ["maintenance", "Maintenance", "maintenance"],
];

const THEMES = { system: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };
const links = new Map();
let themeButton = null;

export function buildNav() {
  const items = PAGES.map(([path, label, name]) => {
    const link = h("a", { href: href(path) }, icon(name), h("span", {}, label));
    links.set(path, link);
    return h("li", {}, link);
  });
  replace(document.getElementById("nav"), h("ul", {}, items));
}

export function currentPage(path) {
  for (const [name, link] of links) {
    if (name === path) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** Failed jobs in red, beside the page that lists them. */
export function tally({ stats }) {
  const link = links.get("jobs");
  const failed = Number(stats.failed);
  const text = failed ? count(failed) : "";
  let place = link.querySelector(".tally");
  if (!text) {
    place?.remove();
    return;
  }
  if (!place) {
    place = h("span", { class: "tally bad" });
    link.append(place);
  }
  if (place.dataset.text === text) return;
  place.dataset.text = text;
  replace(place, text, hidden(" failed"));
}

function themeIcon(theme) {
  replace(themeButton, icon(theme));
  themeButton.setAttribute("aria-label", `${THEMES[theme]}. Change`);
  themeButton.title = `${THEMES[theme]} (t)`;
}

export function showTheme(theme) {
  if (themeButton) themeIcon(theme);
}

export function buildFoot(session, { theme, help }) {
  themeButton = h("button", { type: "button", class: "plain", onclick: theme });
  const helpButton = h(
    "button",
    { type: "button", class: "plain", onclick: help, title: "Keyboard (?)", "aria-label": "Keyboard shortcuts" },
    icon("help"),
  );
  const fact = (name, value, kind = null) =>
    value ? h("div", { class: kind }, h("dt", {}, name), h("dd", { title: value }, value)) : null;
  replace(
    document.getElementById("side-foot"),
    session.read_only
      ? h(
          "span",
          { class: "badge warning", title: "The server was started with --read-only: nothing can be changed here." },
          "Read-only",
        )
      : null,
    h(
      "dl",
      {},
      fact("host", session.host, "where"),
      fact("database", session.database, "where"),
      fact("schema", session.schema),
      fact("version", session.version),
    ),
    h("div", { class: "side-tools" }, themeButton, helpButton),
  );
  themeIcon(window.graphileWorkerTheme.current());
}

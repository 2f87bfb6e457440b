// The filters of the list of jobs: read from the address, shown, and written back to it.
import { h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { STATES } from "./parts.js";
import { go, href } from "./router.js";

export const FILTERS = ["state", "task", "queue", "search"];
const TYPING_MS = 300;

export function filterOf(params) {
  const filter = Object.fromEntries(FILTERS.map((name) => [name, params.get(name) ?? ""]));
  // Somebody's own idea of a state lists all jobs.
  return { ...filter, state: filter.state in STATES ? filter.state : "" };
}

export function stateChoice() {
  const links = new Map();
  for (const [value, label] of [["", "All"], ...Object.entries(STATES)]) links.set(value, h("a", {}, label));
  const element = h("div", { class: "choice", role: "group", "aria-label": "State" }, [...links.values()]);
  const update = (filter) => {
    for (const [value, link] of links) {
      link.href = href("jobs", { ...filter, state: value });
      if (value === filter.state) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  return { element, update };
}

export function filterBar(context) {
  let timer = null;
  const inputs = {};
  const field = (name, label, type, placeholder, list) => {
    const id = `filter-${name}`;
    const input = h("input", { id, type, placeholder, list, autocomplete: "off", spellcheck: "false" });
    const apply = () => {
      clearTimeout(timer);
      const filter = filterOf(context.params);
      for (const [other, element] of Object.entries(inputs)) filter[other] = element.value.trim();
      go(href("jobs", filter), { quietly: true });
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(apply, TYPING_MS);
    });
    input.addEventListener("change", apply);
    inputs[name] = input;
    return h(
      "div",
      { class: type === "search" ? "field search" : "field" },
      h("label", { for: id }, label),
      type === "search" ? icon("search") : null,
      input,
    );
  };
  const clear = h("a", { class: "button", href: href("jobs") }, "Clear");
  const tasks = h("datalist", { id: "known-tasks" });
  const element = h(
    "search",
    { class: "filters", "aria-label": "Filters" },
    field("task", "Task", "text", "Any task", "known-tasks"),
    field("queue", "Queue", "text", "Any queue"),
    field("search", "Search", "search", "Key, error, worker, payload"),
    clear,
    tasks,
  );
  return {
    element,
    show(filter) {
      for (const [name, input] of Object.entries(inputs))
        if (document.activeElement !== input) input.value = filter[name];
      clear.hidden = FILTERS.every((name) => !filter[name]);
    },
    suggest: (names) =>
      replace(
        tasks,
        names.map((name) => h("option", { value: name })),
      ),
    close: () => clearTimeout(timer),
  };
}

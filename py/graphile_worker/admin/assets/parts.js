// Small pieces that several pages share.
import { h } from "./dom.js";
import { count, duration, whole } from "./format.js";
import { icon } from "./icons.js";
import { href } from "./router.js";
import { when } from "./time.js";
import { copy } from "./toast.js";

export const STATES = { ready: "Ready", locked: "Running", scheduled: "Scheduled", failed: "Failed" };
const CLASSES = { ready: "ready", locked: "running", scheduled: "scheduled", failed: "failed" };

function stateBadge(state) {
  return h("span", { class: `badge ${CLASSES[state] ?? ""}` }, STATES[state] ?? state);
}

/** Whether it has failed before and waits for another attempt. */
function isRetrying(job) {
  return (job.state === "ready" || job.state === "scheduled") && job.attempts > 0 && Boolean(job.last_error);
}

/** Its state, and what the state alone does not say; pause: what holds it up (pauses.js). */
export function jobBadges(job, pause = null) {
  return h(
    "div",
    { class: "badges" },
    stateBadge(job.state),
    isRetrying(job)
      ? h("span", { class: "badge warning", title: "It has failed before and is tried again." }, "Retrying")
      : null,
    job.is_cancelled
      ? h(
          "span",
          { class: "badge warning", title: "It was cancelled while a worker held it, which has not ended that yet." },
          job.state === "locked" ? "Cancel asked" : "Cancelled",
        )
      : null,
    pause ? h("span", { class: "badge warning", title: pauseText(pause) }, "Paused") : null,
  );
}

/** "The queue mail is paused: “their API is down”." */
export function pauseText(pause) {
  return `The ${pause.kind} ${pause.name} is paused${pause.reason ? `: “${pause.reason}”` : ""}.`;
}

/** The head of a page: title, whether it is live, what can be done. */
export function pageHead(title, { actions = [], lede = null, live = true } = {}) {
  return [
    h(
      "div",
      { class: "page-head" },
      h("h1", {}, title),
      live ? h("span", { class: "live", dataset: { state: "live" } }, "Live") : null,
      h("div", { class: "actions" }, actions),
    ),
    lede ? h("p", { class: "lede" }, lede) : null,
  ];
}

/** A button that does something; one that writes is not there for those who only read. */
export function button(label, onclick, { name, kind = "", act, title } = {}) {
  return h(
    "button",
    { type: "button", class: kind || null, onclick, "aria-label": name, title, dataset: act ? { act } : {} },
    label,
  );
}

/** The last column of a table: what can be done to a row. Nobody has it who only reads. */
export function toolColumn(session, cell) {
  return session.read_only ? null : { label: "Actions", hiddenLabel: true, class: "tools", cell };
}

/** A line to be copied into psql. */
export function snippet(text) {
  const press = h(
    "button",
    { type: "button", class: "plain compact", "aria-label": "Copy", title: "Copy", onclick: () => copy(text, "Line") },
    icon("copy"),
  );
  return h("div", { class: "snippet" }, h("code", {}, text), press);
}

/** A figure, "≥" before it where counting stopped there. Nothing shines less. */
export function figure(value, { capped = false, link = null } = {}) {
  if (value === null || value === undefined) return h("span", { class: "quiet", title: "Too many to count" }, "many");
  const text = `${capped ? "≥ " : ""}${count(value)}`;
  if (value === 0) return h("span", { class: "zero" }, "0");
  return link ? h("a", { href: link, title: whole(value) }, text) : text;
}

export function taskLink(task) {
  return h("a", { href: href("jobs", { task }), class: "name" }, task);
}

export function queueLink(queue, params = {}) {
  return h("a", { href: href("jobs", { queue, ...params }), class: "name" }, queue);
}

export function scheduleLink(name) {
  return h("a", { href: href("schedules", { search: name }), class: "name" }, name);
}

export function seconds(value) {
  return value === null || value === undefined ? h("span", { class: "zero" }, "–") : duration(value);
}

/** "locked by x, since" under each other. */
export function lockedBy(row) {
  if (!row.locked_by) return h("span", { class: "quiet" }, "–");
  return [h("span", { class: "name" }, row.locked_by), h("span", { class: "under" }, when(row.locked_at))];
}

export function pausedNote(row) {
  if (!row.paused_at) return null;
  return h(
    "span",
    { class: "under" },
    h("span", { class: "badge warning" }, "Paused"),
    " ",
    when(row.paused_at),
    row.pause_reason ? `: ${row.pause_reason}` : "",
  );
}

/** What stands where a page could not be loaded the first time. */
export function problemCard(error) {
  return h(
    "div",
    { class: "card problem-page", role: "alert" },
    h("h2", {}, error.message),
    error.hint ? h("p", {}, error.hint) : null,
  );
}

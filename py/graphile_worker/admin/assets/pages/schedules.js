// Recurring jobs: when each is due, what came of the last tick, and changing them. Those of crontabs stand here, too, to be
// read, paused and run.
import { attempt, changed } from "../actions.js";
import * as calls from "../calls.js";
import { ask, instant } from "../dialog.js";
import { h, replace } from "../dom.js";
import { duration } from "../format.js";
import { button, pageHead, pausedNote, problemCard, queueLink, snippet, taskLink, toolColumn } from "../parts.js";
import { resume } from "../pauses.js";
import { go, href } from "../router.js";
import { askForSchedule } from "../scheduleform.js";
import { emptyState, table } from "../table.js";
import { when } from "../time.js";
import { toast } from "../toast.js";

const PAGE = 100;
const STATES = [
  ["", "All"],
  ["paused", "Paused"],
  ["failing", "Failing"],
];
// What came of a tick: its badge, its word, and what that means.
const OUTCOMES = {
  waiting: ["scheduled", "Waiting", "Its job waits for its time, its turn, or another attempt."],
  running: ["running", "Running", "A worker runs its job."],
  failed: ["failed", "Failed", "Its job has failed for good."],
  gone: ["", "Gone", "Its job is done, or was removed: the database keeps no more."],
  skipped: ["warning", "Skipped", "The job before it was not done, so none was added."],
  refused: ["failed", "Refused", "Its job could not be added: the error says why."],
};

function named(row) {
  const what = [];
  if (row.task !== row.identifier) what.push("adds ", taskLink(row.task));
  if (row.queue_name) what.push(what.length ? " to " : "to ", queueLink(row.queue_name));
  const gone = row.is_in_file === false;
  return [
    h("span", { class: "name" }, row.identifier),
    what.length ? h("span", { class: "under" }, what) : null,
    row.source
      ? h(
          "span",
          { class: "under" },
          gone
            ? h("span", { class: "badge warning", title: "It is scheduled no more." }, "No longer in its file")
            : null,
          gone ? " " : null,
          h("span", { class: "source" }, row.source),
        )
      : null,
    row.paused_until && row.paused_at
      ? [pausedNote(row), h("span", { class: "under" }, "goes on ", when(row.paused_until))]
      : pausedNote(row),
    row.error ? h("span", { class: "under wrong" }, row.error) : null,
  ];
}

function bounds(row) {
  const parts = [];
  if (row.starts_at) parts.push(["starts ", when(row.starts_at)]);
  if (row.ends_at) parts.push(["ends ", when(row.ends_at)]);
  if (row.backfill) parts.push([`makes up for ${duration(row.backfill)}`]);
  if (row.jitter) parts.push([`up to ${duration(row.jitter)} later`]);
  if (row.skip_if_running) parts.push(["not while one runs"]);
  return parts.flatMap((part, index) => [index ? ", " : "", ...part]);
}

function due(row) {
  const more = bounds(row);
  return [
    row.words,
    row.cron ? h("span", { class: "under mono" }, row.cron) : null,
    more.length ? h("span", { class: "under" }, more) : null,
  ];
}

function ticks(row) {
  const [first, ...rest] = row.is_in_file === false ? [] : row.next_ticks;
  if (first === undefined) {
    const why = row.paused_at ? "paused" : row.error ? "unknown" : "none";
    return h("span", { class: "quiet" }, why);
  }
  const then = rest.flatMap((tick, index) => [index ? ", " : "then ", when(tick)]);
  return [when(first), rest.length ? h("span", { class: "under" }, then) : null];
}

/** What the database knows of its last ticks, the oldest first. */
function strip(row) {
  const known = [];
  if (row.last_skipped_at && row.last_outcome !== "skipped") known.push(["skipped", row.last_skipped_at]);
  if (row.last_outcome) known.push([row.last_outcome, row.last_tick]);
  if (!known.length) return h("span", { class: "quiet" }, row.last_tick ? when(row.last_tick) : "never");
  return h(
    "ol",
    { class: "strip" },
    known.map(([name, tick]) => {
      const [kind, word, title] = OUTCOMES[name] ?? ["", name, ""];
      const there = ["waiting", "running", "failed"].includes(name) && row.last_job_id !== null;
      const badge = there
        ? h("a", { href: href(`jobs/${row.last_job_id}`), class: `badge ${kind}`, title }, word)
        : h("span", { class: `badge ${kind}`, title }, word);
      return h("li", {}, badge, " ", tick ? when(tick) : null);
    }),
  );
}

async function set(row) {
  const name = await askForSchedule(row ? await calls.schedule(row.identifier) : null);
  if (!name) return;
  toast(`The schedule ${name} is set.`);
  changed();
}

async function pause(name) {
  const done = await ask({
    title: `Pause the schedule ${name}?`,
    text: "It adds no jobs, and does not make up for them later. What it has added goes on.",
    fields: [
      { name: "reason", label: "Reason", hint: "For whoever looks at this next." },
      { name: "until", label: "Until", type: "datetime-local", hint: "Your local time. Empty: until it is resumed." },
    ],
    confirm: "Pause the schedule",
    run: ({ reason, until }) => calls.pauseSchedule(name, reason || null, instant(until)),
  });
  if (!done) return;
  toast(`The schedule ${name} is paused.`);
  changed();
}

async function run(name) {
  const done = await ask({
    title: `Run the schedule ${name} now?`,
    text: "A job is added at once. When it is due next stays as it is.",
    confirm: "Add the job",
    run: () => calls.runSchedule(name),
  });
  if (!done) return;
  toast(`Job ${done.id} added.`);
  changed();
}

async function remove(name) {
  const done = await ask({
    title: `Remove the schedule ${name}?`,
    text: "It adds no more jobs; those it has added stay. This cannot be undone.",
    confirm: "Remove the schedule",
    danger: true,
    run: () => calls.removeSchedule(name),
  });
  if (!done) return;
  toast(`The schedule ${name} is removed.`);
  changed();
}

function tools(row) {
  const name = row.identifier;
  const tool = (label, act, press) =>
    button(label, () => attempt(press), {
      kind: "compact",
      name: `${label.replace("…", "")} the schedule ${name}`,
      act,
    });
  // Its next tick could not be told: to resume it tries that again.
  const isBroken = row.error && !row.next_ticks.length;
  return [
    row.source ? null : tool("Edit…", "edit", () => set(row)),
    row.paused_at || isBroken
      ? tool(row.paused_at ? "Resume" : "Try again", "resume", () => resume("schedule", name))
      : tool("Pause…", "pause", () => pause(name)),
    tool("Run now…", "run", () => run(name)),
    row.source && row.is_in_file ? null : tool("Remove…", "remove", () => remove(name)),
  ];
}

function create(context) {
  let params = context.params;
  const list = table({
    caption: "Schedules by name",
    key: (row) => row.identifier,
    columns: [
      { label: "Schedule", class: "lead", cell: named },
      { label: "When", class: "when", cell: due },
      { label: "Next", cell: ticks },
      { label: "Last", cell: strip },
      toolColumn(context.session, tools),
    ],
    empty: () =>
      params.get("search") || params.get("state")
        ? emptyState(
            "No such schedules",
            "The search looks for a part of the name or the task, upper and lower case alike.",
          )
        : emptyState(
            "No recurring jobs",
            "A schedule adds a job whenever it is due: every worker looks after that. Make one here, in SQL, or as a line of a crontab that workers are given:",
            snippet(
              `select ${context.session.schema}.set_schedule('digest', '0 8 * * 1', time_zone => 'Europe/Vienna');`,
            ),
            snippet("graphile-worker run app.tasks --crontab crontab"),
          ),
  });
  const search = h("input", {
    type: "search",
    id: "schedule-search",
    value: params.get("search") ?? "",
    placeholder: "Part of a name or task",
    autocomplete: "off",
    spellcheck: "false",
  });
  const filter = () => ({ search: search.value, state: params.get("state") });
  search.addEventListener("input", () => go(href("schedules", filter()), { quietly: true }));
  const links = STATES.map(([value, label]) => [value, h("a", {}, label)]);
  const problem = h("div", {});
  const note = h("span", { role: "status" });
  const first = h("a", { class: "button" }, "First page");
  const next = h("a", { class: "button" }, "Next page");

  function mark() {
    for (const [value, link] of links) {
      link.href = href("schedules", { search: search.value, state: value });
      if (value === (params.get("state") ?? "")) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    first.hidden = !params.get("after");
    first.href = href("schedules", filter());
  }
  mark();

  return {
    element: [
      ...pageHead("Schedules", {
        lede: "Recurring jobs. Those of crontabs are changed in their files; they can be paused and run here.",
        actions: context.session.read_only
          ? []
          : [button("New schedule…", () => attempt(() => set(null)), { kind: "primary" })],
      }),
      h(
        "div",
        { class: "filter-row" },
        h(
          "div",
          { class: "choice", role: "group", "aria-label": "State" },
          links.map(([, link]) => link),
        ),
      ),
      h("div", { class: "field search-field" }, h("label", { for: "schedule-search" }, "Search"), search),
      problem,
      h(
        "section",
        { class: "card", "aria-label": "Schedules" },
        list.element,
        h("div", { class: "pager" }, note, h("div", { class: "steps" }, first, next)),
      ),
      h(
        "p",
        { class: "quiet small" },
        "Of the crontabs of other runtimes and of earlier releases the database knows names and last ticks only: ",
        h("a", { href: href("crontabs") }, "Crontabs"),
        ".",
      ),
    ],
    navigate(now) {
      params = now;
      if (document.activeElement !== search) search.value = params.get("search") ?? "";
      mark();
    },
    async load(signal) {
      const { schedules, next: following } = await calls.schedules(
        { search: params.get("search"), state: params.get("state"), after: params.get("after"), limit: PAGE },
        signal,
      );
      replace(problem);
      list.update(schedules);
      note.textContent = schedules.length ? `${schedules.length} shown, by name` : "";
      next.hidden = !following;
      if (following) next.href = href("schedules", { ...filter(), after: following });
    },
    fail: (error) => replace(problem, problemCard(error)),
  };
}

export default { title: "Schedules", interval: 5000, create };

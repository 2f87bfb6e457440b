// The list of jobs. Filters and place stand in the address; pages go by job id, so the millionth costs what the first does.
import { actOn, actOnMatching, attempt } from "../actions.js";
import { addJob, removeByKey } from "../addjob.js";
import * as calls from "../calls.js";
import { h, replace } from "../dom.js";
import { firstLine, plural, whole } from "../format.js";
import { icon } from "../icons.js";
import { filterBar, filterOf, FILTERS, stateChoice } from "../jobfilters.js";
import { leftAt } from "../listplace.js";
import { button, jobBadges, pageHead, problemCard, queueLink, snippet, STATES, taskLink } from "../parts.js";
import { pauseOf } from "../pauses.js";
import { href } from "../router.js";
import { emptyState, Selection, table } from "../table.js";
import { age, when } from "../time.js";

const PAGE = 50;
const NONE = () => h("span", { class: "quiet" }, "–");

/** A page of jobs; none where the task or queue of the filter does not exist, while its name is being typed, say. */
async function found(params, signal) {
  try {
    return await calls.jobs(params, signal);
  } catch (error) {
    if (error.code === "GWUTK" || error.code === "GWUQU")
      return { jobs: [], complete: true, next_id: null, looked_at: 0 };
    throw error;
  }
}

function words(filter) {
  const parts = [filter.state ? `${(STATES[filter.state] ?? filter.state).toLowerCase()} jobs` : "all jobs"];
  if (filter.task) parts.push(`of the task ${filter.task}`);
  if (filter.queue) parts.push(`in the queue ${filter.queue}`);
  return parts.join(" ");
}

/** A failed job is due no more, nor is one that was cancelled, whatever time stands in its row. */
function due(row) {
  if (row.state === "failed") return h("span", {}, "changed ", when(row.updated_at));
  return row.is_cancelled ? NONE() : when(row.run_at);
}

function jobTable(context, selection) {
  return table({
    caption: "Jobs, newest first",
    key: (row) => row.id,
    name: (row) => `job ${row.id}`,
    selection,
    columns: [
      {
        label: "Job",
        class: "lead",
        cell: (row) => [h("a", { href: href(`jobs/${row.id}`), class: "name" }, `${row.id}`)],
      },
      { label: "State", cell: (row) => jobBadges(row, row.pause) },
      {
        label: "Task",
        class: "task",
        cell: (row) =>
          h(
            "div",
            {},
            taskLink(row.task_identifier),
            row.key ? h("span", { class: "under" }, "key ", h("span", { class: "name" }, row.key)) : null,
            row.locked_by
              ? h(
                  "span",
                  { class: "under" },
                  "on ",
                  h("span", { class: "name" }, row.locked_by),
                  " for ",
                  age(row.locked_at),
                )
              : null,
            row.error_line
              ? h("span", { class: "error-line", title: row.error_line }, firstLine(row.error_line))
              : null,
          ),
      },
      {
        label: "Queue",
        cell: (row) => (row.queue_name ? queueLink(row.queue_name) : NONE()),
      },
      { label: "Due", class: "nowrap", cell: due },
      // Cancelled, it has none left, however many it has had.
      { label: "Attempts", class: "num", cell: (row) => (row.is_cancelled ? NONE() : `${row.attempts} of ${row.max_attempts}`) },
      {
        label: "Priority",
        class: "num",
        cell: (row) => (row.priority === 0 ? h("span", { class: "zero" }, "0") : `${row.priority}`),
      },
    ],
    empty: () => nothing(context, filterOf(context.params)),
  });
}

function nothing(context, filter) {
  if (context.params.get("before") || context.params.get("after"))
    return emptyState(
      "Nothing further",
      "There are no more jobs in this direction.",
      h("a", { href: href("jobs", filter) }, "Newest jobs"),
    );
  if (FILTERS.slice(1).some((name) => filter[name]))
    return emptyState(
      "No job matches",
      "Jobs that are done are deleted: only what waits, runs or has failed is listed.",
      h("a", { href: href("jobs") }, "Clear the filters"),
    );
  if (filter.state === "failed")
    return emptyState(
      "No failed jobs",
      "A job stands here once it has used up its attempts; until then it is scheduled for the next one.",
    );
  if (filter.state === "locked")
    return emptyState("Nothing runs right now", "Jobs stand here while a worker holds them.");
  if (filter.state)
    return emptyState(
      `No ${STATES[filter.state].toLowerCase()} jobs`,
      filter.state === "ready" ? "Everything that is due has been taken." : "Nothing waits for a later time.",
    );
  return emptyState(
    "No jobs yet",
    "Add one from SQL, in the transaction that makes it necessary; a worker has it milliseconds after the commit.",
    snippet(`select ${context.session.schema}.add_job('send_email', '{"to": "ada@example.com"}');`),
  );
}

function selectionBar(selection, list) {
  const what = h("span", { class: "what", role: "status" });
  const press = async (action) => {
    if (!(await actOn(action, selection.ids()))) return;
    selection.clear();
    // The bar, and the button in it that was pressed, are gone.
    list.focusFirst();
  };
  const bar = h(
    "div",
    { class: "selection", role: "region", "aria-label": "Selection", hidden: true },
    what,
    button("Run now", () => press("run-now")),
    button("Retry", () => press("retry")),
    button("Reschedule…", () => press("reschedule")),
    button("Cancel…", () => press("cancel"), { kind: "danger" }),
    button("Complete…", () => press("complete"), { kind: "danger" }),
    button("Fail…", () => press("fail"), { kind: "danger" }),
    button("Clear", () => selection.clear(), { kind: "plain", name: "Clear the selection" }),
  );
  const update = () => {
    const elsewhere = selection.ids().filter((id) => !list.shows(id)).length;
    const text = `${plural(selection.size, "job")} selected${elsewhere ? `, ${whole(elsewhere)} not in sight` : ""}`;
    bar.hidden = selection.size === 0;
    if (what.textContent !== text) what.textContent = text;
  };
  selection.onchange(update);
  return { element: bar, update };
}

function create(context) {
  const writable = !context.session.read_only;
  const selection = writable ? new Selection() : null;
  const list = jobTable(context, selection);
  const states = stateChoice();
  const filters = filterBar(context);
  const note = h("span", { role: "status" });
  const newer = h("a", { class: "button" }, icon("left"), "Newer");
  const older = h("a", { class: "button" }, "Older", icon("right"));
  const foot = h("div", { class: "pager" }, note, h("div", { class: "steps" }, newer, older));
  const problem = h("div", {});
  const matching = button("Act on all that match…", () => {
    const { state, task, queue } = filterOf(context.params);
    const filter = { state, task: task || null, queue: queue || null };
    attempt(() => actOnMatching(filter, (meant) => words({ ...filter, state: meant })));
  });
  const bar = writable ? selectionBar(selection, list) : null;
  let page = null;
  const show = () => {
    if (!page) return;
    const paused = context.feed.latest?.paused;
    list.update(page.jobs.map((row) => ({ ...row, pause: pauseOf(row, paused) })));
    bar?.update();
  };
  const unsubscribe = context.feed.subscribe(show);
  const clear = () => selection?.clear();
  document.addEventListener("clear-selection", clear);
  let suggested = false;

  function arrange() {
    leftAt(location.hash);
    const filter = filterOf(context.params);
    states.update(filter);
    filters.show(filter);
    // Bulk actions go by state, task and queue.
    matching.hidden = Boolean(filter.search);
  }

  function pager({ jobs, complete, next_id: nextId, looked_at: lookedAt }) {
    const filter = filterOf(context.params);
    const backwards = Boolean(context.params.get("after"));
    const placed = backwards || Boolean(context.params.get("before"));
    const beyond = !complete;
    newer.hidden = !placed;
    // The last step back leads to the first page itself, so that new jobs appear there.
    const first = backwards ? nextId : jobs[0]?.id;
    newer.href = href("jobs", first && !(backwards && complete) ? { ...filter, after: first } : filter);
    const last = backwards ? jobs.at(-1)?.id : nextId;
    older.hidden = backwards ? !jobs.length : !beyond;
    if (last) older.href = href("jobs", { ...filter, before: last });
    const looked =
      beyond && jobs.length < PAGE && lookedAt ? ` in the ${whole(lookedAt)} jobs looked at; there are more` : "";
    foot.hidden = !jobs.length && !looked && newer.hidden && older.hidden;
    note.textContent = jobs.length || looked ? `${plural(jobs.length, "job")}${looked}` : "";
  }

  arrange();
  return {
    element: [
      ...pageHead("Jobs", {
        actions: writable
          ? [
              button("Remove by key…", removeByKey),
              button(
                [icon("plus"), "Add job"],
                () => addJob({ task: filterOf(context.params).task, queue: filterOf(context.params).queue }),
                { kind: "primary" },
              ),
            ]
          : [],
      }),
      h("div", { class: "filter-row" }, states.element, writable ? matching : null),
      filters.element,
      problem,
      h("section", { class: "card", "aria-label": "Jobs" }, list.element, foot),
      bar?.element,
    ],
    navigate(params) {
      const before = JSON.stringify(filterOf(context.params));
      context.params = params;
      if (before !== JSON.stringify(filterOf(params))) selection?.clear();
      arrange();
    },
    async load(signal) {
      const filter = filterOf(context.params);
      page = await found(
        { ...filter, limit: PAGE, before_id: context.params.get("before"), after_id: context.params.get("after") },
        signal,
      );
      replace(problem);
      show();
      pager(page);
      if (suggested) return;
      suggested = true;
      const { tasks } = await calls.tasks(signal);
      filters.suggest(tasks.map((task) => task.task_identifier));
    },
    fail: (error) => replace(problem, problemCard(error)),
    close() {
      unsubscribe();
      filters.close();
      document.removeEventListener("clear-selection", clear);
    },
  };
}

export default { title: "Jobs", interval: 3000, create };

// Who works: heartbeats, locks, and the way out for locks of workers that are gone.
import { attempt } from "../actions.js";
import { unlockWorkers } from "../chores.js";
import * as calls from "../calls.js";
import { h, replace } from "../dom.js";
import { figure, button, pageHead, problemCard, snippet, toolColumn } from "../parts.js";
import { pretty } from "../json.js";
import { href } from "../router.js";
import { emptyState, table } from "../table.js";
import { age, when } from "../time.js";

// Three heartbeats, as workers send them by default.
const LATE_SECONDS = 90;

function health(row) {
  if (row.is_stale === null) {
    return h(
      "span",
      {
        class: "badge",
        title: "It sends no heartbeats (recovery is off, or another runtime): only its locks are known.",
      },
      "Holds locks",
    );
  }
  return row.is_stale
    ? h(
        "span",
        {
          class: "badge failed",
          title: "No heartbeat for longer than a sweep tolerates. A sweep gives its jobs back.",
        },
        "Stale",
      )
    : row.late
      ? h("span", { class: "badge warning", title: `No heartbeat for more than ${LATE_SECONDS} seconds; a sweep waits longer.` }, "Late")
      : h("span", { class: "badge running" }, "Alive");
}

function metadata(row) {
  if (row.metadata === null || row.metadata === undefined) return h("span", { class: "quiet" }, "–");
  return h("details", {}, h("summary", {}, "Show"), h("pre", { class: "block" }, pretty(JSON.stringify(row.metadata))));
}

function create(context) {
  const list = table({
    caption: "Workers",
    key: (row) => row.worker_id,
    columns: [
      { label: "Worker", class: "lead", cell: (row) => h("span", { class: "name" }, row.worker_id) },
      { label: "State", cell: health },
      { label: "Heartbeat", class: "nowrap", cell: (row) => when(row.last_heartbeat_at, "none") },
      { label: "Up for", class: "nowrap", cell: (row) => age(row.started_at) },
      {
        label: "Jobs",
        class: "num",
        cell: (row) => figure(row.locked_jobs, { link: href("jobs", { state: "locked", search: row.worker_id }) }),
      },
      { label: "Queues", class: "num", cell: (row) => figure(row.locked_queues) },
      { label: "Oldest lock", class: "nowrap", cell: (row) => when(row.oldest_lock) },
      { label: "Metadata", cell: metadata },
      toolColumn(context.session, (row) =>
        row.locked_jobs || row.locked_queues
          ? button("Unlock", () => attempt(() => unlockWorkers([row.worker_id])), {
              kind: "compact danger",
              name: `Unlock what ${row.worker_id} holds`,
              act: "unlock",
            })
          : null,
      ),
    ],
    empty: () =>
      emptyState(
        "No worker has been seen",
        "Workers stand here while they hold jobs, and all the time when they send heartbeats. Start one:",
        snippet("graphile-worker run app.tasks --concurrency 10"),
      ),
  });
  const note = h("p", { class: "quiet small", role: "status" });
  const problem = h("div", {});
  return {
    element: [
      ...pageHead("Workers", {
        lede: "A worker that dies keeps its locks until a sweep finds its heartbeat missing, or they are old enough to be released.",
      }),
      problem,
      h("section", { class: "card", "aria-label": "Workers" }, list.element),
      note,
    ],
    async load(signal) {
      const { workers } = await calls.workers(signal);
      replace(problem);
      // The age itself is another one each time, and would have every row drawn anew.
      list.update(workers.map(({ heartbeat_age: seconds, ...row }) => ({ ...row, late: seconds > LATE_SECONDS })));
      const stale = workers.filter((row) => row.is_stale).length;
      replace(
        note,
        stale
          ? [`${stale} stale. `, h("a", { href: href("maintenance") }, "Sweep them"), " to give their jobs back."]
          : "",
      );
    },
    fail: (error) => replace(problem, problemCard(error)),
  };
}

export default { title: "Workers", interval: 3000, create };

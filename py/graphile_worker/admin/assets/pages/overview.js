// The first page: what waits, what runs, what failed, how fast it goes, and whether the tables are well.
import { pauseSwitch } from "../pauses.js";
import * as calls from "../calls.js";
import { charts } from "../chart.js";
import { h, replace } from "../dom.js";
import { bytes, count, duration, rate, whole } from "../format.js";
import {
  figure,
  lockedBy,
  pageHead,
  pausedNote,
  problemCard,
  queueLink,
  seconds,
  snippet,
  taskLink,
  toolColumn,
} from "../parts.js";
import { href } from "../router.js";
import { emptyState, table } from "../table.js";
import { now, when } from "../time.js";

// A transaction that is open for longer keeps vacuum from its work.
const LONG_MS = 60000;

function facts(stats) {
  const about = (name) => (stats.estimated.includes(name) ? "~" : "");
  const fact = (label, value, note, link, alarm) =>
    h(
      "div",
      { class: alarm ? "alarm" : null },
      h("dt", {}, label),
      h("dd", {}, link ? h("a", { href: link }, value) : value, note ? [" ", h("small", {}, note)] : null),
    );
  const stale = stats.stale_workers ?? 0;
  const paused = stats.paused_queues + stats.paused_tasks;
  return [
    fact(
      "Oldest ready job",
      stats.oldest_ready_age === null ? "–" : duration(stats.oldest_ready_age),
      stats.oldest_ready_age === null ? "nothing waits" : "waiting",
      href("jobs", { state: "ready" }),
    ),
    stats.held_back
      ? fact("Waiting for a limit", count(stats.held_back), "of the ready ones", href("limits"))
      : null,
    fact("Scheduled", about("scheduled") + count(stats.scheduled), "for later", href("jobs", { state: "scheduled" })),
    fact("All jobs", about("total") + count(stats.total), null, href("jobs")),
    fact(
      "Queues",
      count(stats.queues),
      stats.locked_queues ? `${count(stats.locked_queues)} locked` : "none locked",
      href("queues"),
    ),
    fact("Paused", whole(paused), paused ? "queues and tasks" : "nothing", paused ? href("queues") : null),
    fact(
      "Workers",
      whole(stats.workers),
      [stats.workers ? "alive" : "none alive", stale ? `, ${whole(stale)} stale` : ""],
      href("workers"),
      !stats.workers && (stats.total > 0 || stale > 0),
    ),
  ];
}

function taskTable(context) {
  const state = (row, name) =>
    figure(row[name], {
      capped: row.capped.includes(name),
      link: href("jobs", { task: row.task_identifier, state: name }),
    });
  return table({
    caption: "Tasks",
    key: (row) => row.task_identifier,
    columns: [
      { label: "Task", class: "lead", cell: (row) => [taskLink(row.task_identifier), pausedNote(row)] },
      { label: "Ready", class: "num", cell: (row) => state(row, "ready") },
      { label: "Running", class: "num", cell: (row) => state(row, "locked") },
      { label: "Scheduled", class: "num", cell: (row) => state(row, "scheduled") },
      { label: "Failed", class: "num", cell: (row) => state(row, "failed") },
      { label: "Oldest", class: "num", cell: (row) => seconds(row.oldest_ready_age) },
      toolColumn(context.session, (row) => pauseSwitch("task", row.task_identifier, row.paused_at)),
    ],
    empty: () =>
      emptyState(
        "No jobs yet",
        "A job is a task's name and a JSON payload. Add one from SQL, in the transaction that makes it necessary:",
        snippet(`select ${context.session.schema}.add_job('send_email', '{"to": "ada@example.com"}');`),
      ),
  });
}

function queueTable() {
  return table({
    caption: "Longest queues",
    key: (row) => row.queue_name,
    columns: [
      {
        label: "Queue",
        class: "lead",
        cell: (row) => [queueLink(row.queue_name, { state: "ready" }), pausedNote(row)],
      },
      { label: "Ready", class: "num", cell: (row) => figure(row.ready, { capped: row.capped }) },
      { label: "Oldest", class: "num", cell: (row) => seconds(row.oldest_ready_age) },
      { label: "Locked by", cell: lockedBy },
    ],
    empty: () =>
      emptyState(
        "No queue has jobs that wait",
        "Jobs with the same queue_name run one at a time, in order. Those without one run side by side.",
      ),
  });
}

function healthTable() {
  const latest = (a, b) => (a && b ? (a > b ? a : b) : a || b);
  return table({
    caption: "Table health",
    key: (row) => row.table_name,
    columns: [
      { label: "Table", class: "lead", cell: (row) => h("span", { class: "name" }, row.table_name) },
      { label: "Rows", class: "num", cell: (row) => figure(row.live_rows) },
      { label: "Dead", class: "num", cell: (row) => figure(row.dead_rows) },
      { label: "Table", class: "num", cell: (row) => bytes(row.table_bytes) },
      { label: "Indexes", class: "num", cell: (row) => bytes(row.index_bytes) },
      { label: "Vacuum", cell: (row) => when(latest(row.last_vacuum, row.last_autovacuum), "never") },
      { label: "Analyze", cell: (row) => when(latest(row.last_analyze, row.last_autoanalyze), "never") },
    ],
  });
}

/** Those that matter: who began a moment ago will be gone in another. */
function holders(all) {
  const rows = all.filter((row) => !row.since || now() - new Date(row.since).getTime() > LONG_MS);
  if (!rows.length) return null;
  const line = (row) => [
    h("strong", {}, row.kind),
    ` ${row.name || "without a name"}${row.pid ? ` (pid ${row.pid})` : ""}, ${row.state ?? "active"}, `,
    `${whole(row.xmin_age)} transactions old`,
    row.since ? [", since ", when(row.since)] : null,
  ];
  return h(
    "div",
    { class: "card-note" },
    h("p", {}, "Dead rows newer than these stay until they end:"),
    h(
      "ul",
      {},
      rows.map((row) => h("li", {}, line(row))),
    ),
  );
}

function card(title, content, note = null) {
  return h("section", { class: "card", "aria-label": title }, h("header", {}, h("h2", {}, title), note), content);
}

function create(context) {
  const live = charts(
    [
      {
        title: "Ready",
        className: "ready",
        link: href("jobs", { state: "ready" }),
        name: "ready",
        series: [{ value: (one) => one.ready }],
      },
      {
        title: "Running",
        className: "running",
        link: href("jobs", { state: "locked" }),
        name: "locked",
        series: [{ value: (one) => one.locked }],
      },
      {
        title: "Failed",
        className: "failed",
        link: href("jobs", { state: "failed" }),
        name: "failed",
        series: [{ value: (one) => one.failed }],
      },
      {
        title: "Throughput",
        className: "rate",
        format: rate,
        unit: "/s",
        series: [
          { label: "done", value: (one) => one.done_per_second },
          { label: "added", value: (one) => one.added_per_second },
        ],
      },
    ],
    { label: "The last minutes", seconds: context.session.window_secs },
  );
  const factList = h("dl", { class: "facts" });
  const tasks = taskTable(context);
  const queues = queueTable();
  const tables = healthTable();
  const xmin = h("div", {});
  const problem = h("div", {});
  const element = [
    ...pageHead("Overview"),
    h("section", { class: "card", "aria-label": "The last minutes" }, live.element, factList),
    problem,
    h("div", { class: "halves" }, card("Tasks", tasks.element), card("Longest queues", queues.element)),
    card("Table health", [tables.element, xmin], h("span", { class: "quiet" }, "rows are estimates")),
  ];
  const unsubscribe = context.feed.subscribe((overview) => {
    live.update(overview.samples, overview.stats.estimated);
    queues.update(overview.queues);
    replace(factList, facts(overview.stats));
  });

  return {
    element,
    async load(signal) {
      const [taskRows, health] = await Promise.all([calls.tasks(signal), calls.health(signal)]);
      replace(problem);
      tasks.update(taskRows.tasks);
      tables.update(health.tables);
      replace(xmin, holders(health.xmin_holders));
    },
    fail: (error) => replace(problem, problemCard(error)),
    close: unsubscribe,
  };
}

export default { title: "Overview", interval: 5000, create };

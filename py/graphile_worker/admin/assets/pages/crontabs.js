// Recurring jobs: every entry a worker has registered, its last tick and the next ones.
import * as calls from "../calls.js";
import { h, replace } from "../dom.js";
import { pageHead, problemCard, snippet, taskLink } from "../parts.js";
import { emptyState, table } from "../table.js";
import { when } from "../time.js";

function ticks(row) {
  if (!row.next_ticks?.length)
    return h("span", { class: "quiet", title: "This server was not given a crontab with this entry." }, "unknown");
  const [first, ...rest] = row.next_ticks;
  return [
    when(first),
    rest.length
      ? h(
          "span",
          { class: "under" },
          "then ",
          rest.slice(0, 2).flatMap((tick, index) => [index ? ", " : "", when(tick)]),
        )
      : null,
  ];
}

function create() {
  const list = table({
    caption: "Crontab entries",
    key: (row) => row.identifier,
    columns: [
      { label: "Entry", class: "lead", cell: (row) => h("span", { class: "name" }, row.identifier) },
      { label: "Task", cell: (row) => (row.task ? taskLink(row.task) : h("span", { class: "quiet" }, "–")) },
      {
        label: "Schedule",
        cell: (row) =>
          row.schedule
            ? [h("span", { class: "name" }, row.schedule), row.tz ? h("span", { class: "under" }, row.tz) : null]
            : h("span", { class: "quiet" }, "–"),
      },
      { label: "Next", cell: ticks },
      { label: "Last tick", class: "nowrap", cell: (row) => when(row.last_execution, "never") },
      { label: "Known since", class: "nowrap", cell: (row) => when(row.known_since) },
    ],
    empty: () =>
      emptyState(
        "No recurring jobs",
        "A worker registers the lines of its crontab when it starts. This one runs a task every night at four, UTC:",
        snippet('0 4 * * * nightly_report ?fill=1d {"format": "pdf"}'),
        snippet("graphile-worker run app.tasks --crontab crontab"),
      ),
  });
  const problem = h("div", {});
  const note = h("p", { class: "quiet small" });
  return {
    element: [
      ...pageHead("Crontabs", {
        lede: "Entries that are no longer in any crontab stay listed; they are not scheduled any more.",
      }),
      problem,
      h("section", { class: "card", "aria-label": "Crontab entries" }, list.element),
      note,
    ],
    async load(signal) {
      const { crontabs, crontab_given: given } = await calls.crontabs(signal);
      replace(problem);
      list.update(crontabs);
      note.textContent =
        given || !crontabs.length
          ? ""
          : "The database knows the names of entries and their last tick. To see schedules and the next ticks, start this server with --crontab and the worker's file.";
    },
    fail: (error) => replace(problem, problemCard(error)),
  };
}

export default { title: "Crontabs", interval: 10000, create };

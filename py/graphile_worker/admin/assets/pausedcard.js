// Everything that is paused, queues, tasks and schedules alike: a pause that is forgotten looks like a queue that is broken.
import { h } from "./dom.js";
import { button, queueLink, scheduleLink, taskLink, toolColumn } from "./parts.js";
import { resume } from "./pauses.js";
import { table } from "./table.js";
import { when } from "./time.js";

const LINKS = { queue: queueLink, task: taskLink, schedule: scheduleLink };

export function pausedCard({ session, feed }) {
  const list = table({
    caption: "What is paused",
    key: (row) => `${row.kind} ${row.name}`,
    columns: [
      { label: "Name", class: "lead", cell: (row) => LINKS[row.kind](row.name) },
      { label: "Kind", cell: (row) => row.kind },
      { label: "Paused", class: "nowrap", cell: (row) => when(row.paused_at) },
      { label: "Until", class: "nowrap", cell: (row) => when(row.until, "resumed") },
      { label: "By", cell: (row) => h("span", { class: "name" }, row.paused_by) },
      {
        label: "Reason",
        class: "reason",
        cell: (row) => (row.reason ? row.reason : h("span", { class: "quiet" }, "–")),
      },
      toolColumn(session, (row) =>
        button("Resume", () => resume(row.kind, row.name), {
          kind: "compact",
          name: `Resume ${row.kind} ${row.name}`,
          act: "resume",
        }),
      ),
    ],
  });
  const element = h(
    "section",
    { class: "card", "aria-label": "Paused", hidden: true },
    h("header", {}, h("h2", {}, "Paused")),
    list.element,
  );
  const close = feed.subscribe(({ paused }) => {
    list.update(paused);
    element.hidden = !paused.length;
  });
  return { element, close };
}

// Named queues: how long they are, who holds them and since when, and the switch to pause them.
import { pauseSwitch } from "../pauses.js";
import { pausedCard } from "../pausedcard.js";
import * as calls from "../calls.js";
import { h, replace } from "../dom.js";
import { figure, lockedBy, pageHead, pausedNote, problemCard, queueLink, snippet, toolColumn } from "../parts.js";
import { go, href } from "../router.js";
import { emptyState, table } from "../table.js";

const PAGE = 100;

function create(context) {
  let params = context.params;
  const state = (row, name) =>
    figure(row[name], {
      capped: row.capped.includes(name),
      link: href("jobs", { queue: row.queue_name, state: name }),
    });
  const list = table({
    caption: "Queues by name",
    key: (row) => row.queue_name,
    columns: [
      { label: "Queue", class: "lead", cell: (row) => [queueLink(row.queue_name), pausedNote(row)] },
      { label: "Ready", class: "num", cell: (row) => state(row, "ready") },
      { label: "Running", class: "num", cell: (row) => state(row, "locked") },
      { label: "Scheduled", class: "num", cell: (row) => state(row, "scheduled") },
      { label: "Failed", class: "num", cell: (row) => state(row, "failed") },
      { label: "Locked by", cell: lockedBy },
      toolColumn(context.session, (row) => pauseSwitch("queue", row.queue_name, row.paused_at)),
    ],
    empty: () =>
      params.get("search")
        ? emptyState(
            "No queue has this in its name",
            "The search looks for a part of the name, upper and lower case alike.",
          )
        : emptyState(
            "No named queues yet",
            "Jobs with the same queue_name run one at a time, in order, across all workers: one customer's mail, one account's bookings.",
            snippet(
              `select ${context.session.schema}.add_job('send_email', '{"to": "ada@example.com"}', queue_name => 'customer 7');`,
            ),
          ),
  });
  const search = h("input", {
    type: "search",
    id: "queue-search",
    value: params.get("search") ?? "",
    placeholder: "Part of a name",
    autocomplete: "off",
    spellcheck: "false",
  });
  search.addEventListener("input", () => go(href("queues", { search: search.value }), { quietly: true }));
  const note = h("span", { role: "status" });
  const first = h("a", { class: "button" }, "First page");
  const next = h("a", { class: "button" }, "Next page");
  const problem = h("div", {});
  const held = pausedCard(context);

  return {
    element: [
      ...pageHead("Queues", {
        lede: "A named queue runs one job at a time, or as many as its limit says. A paused one keeps its jobs and hands none out.",
      }),
      held.element,
      h("div", { class: "field search-field" }, h("label", { for: "queue-search" }, "Search"), search),
      problem,
      h(
        "section",
        { class: "card", "aria-label": "Queues" },
        list.element,
        h("div", { class: "pager" }, note, h("div", { class: "steps" }, first, next)),
      ),
    ],
    navigate(changed) {
      params = changed;
      if (document.activeElement !== search) search.value = params.get("search") ?? "";
    },
    async load(signal) {
      const { queues, next: following } = await calls.queues(
        { search: params.get("search"), after: params.get("after"), limit: PAGE },
        signal,
      );
      replace(problem);
      list.update(queues);
      note.textContent = queues.length ? `${queues.length} shown, by name` : "";
      first.hidden = !params.get("after");
      first.href = href("queues", { search: params.get("search") });
      next.hidden = !following;
      if (following) next.href = href("queues", { search: params.get("search"), after: following });
    },
    fail: (error) => replace(problem, problemCard(error)),
    close: held.close,
  };
}

export default { title: "Queues", interval: 4000, create };

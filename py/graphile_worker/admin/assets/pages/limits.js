// How many jobs of a task or queue run at once, and how many start in a while: what holds, what waits for it, who set it.
import { attempt, changed } from "../actions.js";
import * as calls from "../calls.js";
import { ask } from "../dialog.js";
import { h, replace } from "../dom.js";
import { duration, secondsOf, whole } from "../format.js";
import { button, figure, pageHead, problemCard, queueLink, snippet, taskLink, toolColumn } from "../parts.js";
import { pausedCard } from "../pausedcard.js";
import { href } from "../router.js";
import { emptyState, table } from "../table.js";
import { when } from "../time.js";
import { toast } from "../toast.js";

const PAGE = 100;
const PLAIN_UNITS = { 1: "second", 60: "minute", 3600: "hour", 86400: "day" };

const nothing = () => h("span", { class: "zero" }, "–");
const under = (...content) => h("span", { class: "under" }, ...content);
/** What the calls that change a limit call it: a pattern is given as a queue. */
const kindOf = (row) => (row.kind === "task" ? "task" : "queue");
const titleOf = (row) => `${row.kind} ${row.name}`;

function name(row) {
  if (row.kind === "task") return taskLink(row.name);
  if (row.kind === "queue") return queueLink(row.name);
  return h("span", { class: "name" }, row.name);
}

function running(row) {
  const count = whole(row.running);
  if (row.from_operator.includes("unlimited")) return `${count}, no limit`;
  if (row.kind === "pattern") return `${count}, ${whole(row.max_running ?? 1)} each`;
  return row.kind === "task" && row.max_running === null ? count : `${count} of ${whole(row.max_running ?? 1)}`;
}

function rate(row) {
  if (row.rate === null) return nothing();
  const per = PLAIN_UNITS[row.per] ?? (row.per < 1 ? `${Math.round(row.per * 1000)} ms` : duration(row.per));
  const room = row.tokens === null ? null : row.tokens >= 1 ? `room for ${whole(Math.floor(row.tokens))}` : "used up";
  return [
    `${whole(row.rate)} per ${per}`,
    under([row.burst === row.rate ? null : `burst ${whole(row.burst)}`, room].filter(Boolean).join(", ")),
    row.weight_by ? under("weighed by ", h("span", { class: "name" }, row.weight_by)) : null,
  ];
}

function waiting(row) {
  if (row.held_back === null) return h("span", { class: "quiet", title: "Each queue has its own" }, "–");
  const filter = row.kind === "task" ? { task: row.name } : { queue: row.name };
  return figure(row.held_back, { capped: row.capped, link: href("jobs", { ...filter, state: "ready" }) });
}

function setBy(row) {
  const isOperators = row.from_operator.length > 0;
  return [
    when(row.set_at),
    under(isOperators ? ["by ", h("span", { class: "name" }, row.set_by)] : "by the release of its workers"),
    row.reason ? under(row.reason) : null,
  ];
}

const number = (label, more = {}) => ({ label, type: "number", min: 1, max: 1000000, ...more });

function fields(row) {
  const isTask = row?.kind === "task";
  return [
    row === null
      ? {
          name: "kind",
          label: "What",
          type: "select",
          options: [
            ["task", "A task"],
            ["queue", "A queue, or all that begin so"],
          ],
        }
      : null,
    row === null ? { name: "name", label: "Name", required: true, hint: "tenant:* is every queue that begins so." } : null,
    { name: "max_running", ...number("At once"), hint: "So many run, over all workers." },
    { name: "rate", label: "Rate", type: "number", min: 0, hint: "So many start per interval." },
    {
      name: "per",
      label: "Per",
      hint: "1s, 1m, 24h; a minute where empty.",
      check: (text) => (text && secondsOf(text) === null ? "This is no duration: write 1s, 1m or 24h." : null),
    },
    { name: "burst", ...number("Burst", { max: 1000000000 }), hint: "So many of the rate at once." },
    { name: "weight_by", label: "Weighed by", hint: "Attribute of the payload: for how many a job counts." },
    isTask ? null : { name: "share", label: "Share", hint: "Of queues: how much beside others, 1 where none is set." },
    { name: "reason", label: "Reason", hint: "For whoever looks at this next." },
    { name: "unlimited", label: "No limit at all, whatever workers say", type: "checkbox" },
  ].filter(Boolean);
}

function body(row, given) {
  const wanted = row === null ? { kind: given.kind, name: given.name } : { kind: kindOf(row), name: row.name };
  for (const key of ["max_running", "rate", "burst", "share"]) if (given[key]) wanted[key] = Number(given[key]);
  if (Number.isNaN(wanted.share)) throw new Error("The share is no number.");
  if (given.per) wanted.per_secs = secondsOf(given.per);
  if (given.weight_by) wanted.weight_by = given.weight_by;
  if (given.unlimited) wanted.unlimited = true;
  if (Object.keys(wanted).length === 2) throw new Error("Fill in at least one value.");
  return { ...wanted, reason: given.reason || null };
}

async function set(row) {
  const done = await ask({
    title: row === null ? "Set a limit" : `Set the limit of ${titleOf(row)}`,
    text: "It holds over all workers, whatever their code says; what is left empty stays as it is. What runs goes on to its end.",
    fields: fields(row),
    confirm: "Set the limit",
    run: async (given) => {
      const wanted = body(row, given);
      await calls.setLimit(wanted);
      return wanted;
    },
  });
  if (!done) return;
  toast(`The limit of ${done.kind} ${done.name} is set.`);
  changed();
}

async function takeBack(row) {
  const done = await ask({
    title: `Take back the limit of ${titleOf(row)}?`,
    text: "What an operator has set is taken back: what workers say holds again, or no limit.",
    confirm: "Take it back",
    run: () => calls.unlimit(kindOf(row), row.name),
  });
  if (!done) return;
  toast(`The limit of ${titleOf(row)} is what its workers say.`);
  changed();
}

function tools(row) {
  const tool = (label, press, act, text) =>
    button(label, () => attempt(() => press(row)), { kind: "compact", name: `${text} ${titleOf(row)}`, act });
  return [
    tool("Set…", set, "set", "Set the limit of"),
    row.from_operator.length ? tool("Take back…", takeBack, "reset", "Take back the limit of") : null,
  ];
}

function create(context) {
  const { session } = context;
  let params = context.params;
  const list = table({
    caption: "Limits",
    key: titleOf,
    columns: [
      { label: "Name", class: "lead", cell: name },
      { label: "Kind", cell: (row) => row.kind },
      { label: "Running", class: "nowrap", cell: running },
      { label: "Rate", cell: rate },
      { label: "Waiting", class: "num", cell: waiting },
      { label: "Share", class: "num", cell: (row) => (row.share === null ? nothing() : `${row.share}`) },
      { label: "Set", cell: setBy },
      toolColumn(session, tools),
    ],
    empty: () =>
      emptyState(
        "Nothing is limited",
        "Tasks run as many jobs as workers have room for, queues one at a time. At most 5 at once over all workers, and 100 a minute:",
        snippet(`select ${session.schema}.limit_task('ask_model', max_running => 5, rate => 100, per => '1 minute');`),
      ),
  });
  const held = pausedCard(context);
  const problem = h("div", {});
  const note = h("span", { role: "status" });
  const first = h("a", { class: "button", href: href("limits") }, "First page");
  const next = h("a", { class: "button" }, "Next page");
  const pager = h("div", { class: "pager" }, note, h("div", { class: "steps" }, first, next));
  return {
    element: [
      ...pageHead("Limits", {
        lede: "How many jobs run at once, and how many start in a while, over all workers. What waits for a limit holds up nothing else.",
        actions: session.read_only ? [] : [button("Set a limit…", () => attempt(() => set(null)), { kind: "primary" })],
      }),
      problem,
      h("section", { class: "card", "aria-label": "Limits" }, list.element, pager),
      held.element,
    ],
    navigate(changedParams) {
      params = changedParams;
    },
    async load(signal) {
      const [after_kind, after_name] = [params.get("after_kind"), params.get("after_name")];
      const { limits, next: following } = await calls.limits({ limit: PAGE, after_kind, after_name }, signal);
      replace(problem);
      list.update(limits);
      first.hidden = !after_name;
      next.hidden = !following;
      pager.hidden = first.hidden && next.hidden;
      note.textContent = `${limits.length} shown, by kind and name`;
      if (following) next.href = href("limits", { after_kind: following.kind, after_name: following.name });
    },
    fail: (error) => replace(problem, problemCard(error)),
    close: held.close,
  };
}

export default { title: "Limits", interval: 4000, create };

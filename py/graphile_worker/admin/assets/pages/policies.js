// What becomes of a task's jobs: the values that hold, who set them, and setting them in their place.
import { attempt, changed, MAX_ATTEMPTS, PRIORITY } from "../actions.js";
import * as calls from "../calls.js";
import { ask } from "../dialog.js";
import { h, replace } from "../dom.js";
import { duration, secondsOf } from "../format.js";
import { isDocument } from "../json.js";
import { button, pageHead, problemCard, snippet, taskLink, toolColumn } from "../parts.js";
import { emptyState, table } from "../table.js";
import { when } from "../time.js";
import { toast } from "../toast.js";

const RETRY = '{"kind": "exponential", "base": "2s", "cap": "1h"}';

/** Seconds for people, those below one too. */
const length = (seconds) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : duration(seconds));
/** A delay as the policy has it, a number or "3600s", for people; what that would round stands as it is. */
const delay = (value) => {
  const seconds = typeof value === "number" ? value : secondsOf(value);
  if (seconds === null) return value;
  const shown = length(seconds);
  return typeof value === "number" || secondsOf(shown) === seconds ? shown : value;
};

function retryText(retry) {
  if (retry === null) return null;
  const { kind, base, factor = 2, cap = "6h", delays, jitter } = retry;
  const spread = jitter ? `, jitter ${Math.round(jitter * 100)} %` : "";
  if (!["exponential", "linear", "fixed"].includes(kind)) return JSON.stringify(retry);
  if (kind === "fixed") return `after ${delays.map(delay).join(", ")}${spread}`;
  const growth = kind === "linear" ? `growing by ${delay(base)}` : `times ${factor}`;
  return `after ${delay(base)}, ${growth}, up to ${delay(cap)}${spread}`;
}

/** The value of a policy, and who has set it; a line for those that nobody has set would say nothing. */
function value(row, name, shown) {
  if (row[name] === null) return h("span", { class: "zero" }, "–");
  const by = row.from_operator.includes(name) ? "operator" : "release";
  return [shown, h("span", { class: "under" }, by)];
}

function setBy(row) {
  return [
    when(row.set_at),
    h("span", { class: "under" }, "by ", h("span", { class: "name" }, row.set_by)),
    row.reason ? h("span", { class: "under" }, row.reason) : null,
  ];
}

const LENGTH = {
  hint: "30s, 5m, 2h, 1d.",
  check: (text) => (text && secondsOf(text) === null ? "This is no duration: write 30s, 5m, 2h or 1d." : null),
};

function fields(task) {
  return [
    task === null ? { name: "task", label: "Task", required: true, wide: true } : null,
    { name: "timeout", label: "Time-out of a run", ...LENGTH },
    { name: "expires_after", label: "Expires when not started within", ...LENGTH },
    MAX_ATTEMPTS,
    PRIORITY,
    {
      name: "bad_payload",
      label: "A payload that does not fit",
      type: "select",
      options: [
        ["", "as it is"],
        ["fail", "fails for good"],
        ["retry", "is tried again"],
      ],
    },
    { name: "reason", label: "Reason", hint: "For whoever looks at this next." },
    {
      name: "retry",
      label: "Delays of retries (JSON)",
      hint: RETRY,
      wide: true,
      check: (text) => (text && !isDocument(text) ? `This is no JSON object. Write for example ${RETRY}` : null),
    },
  ].filter(Boolean);
}

function body(task, given) {
  const wanted = {};
  if (given.timeout) wanted.timeout_secs = secondsOf(given.timeout);
  if (given.expires_after) wanted.expires_after_secs = secondsOf(given.expires_after);
  for (const name of ["max_attempts", "priority"]) if (given[name] !== "") wanted[name] = Number(given[name]);
  if (given.bad_payload) wanted.bad_payload = given.bad_payload;
  if (given.retry) wanted.retry = JSON.parse(given.retry);
  if (!Object.keys(wanted).length) throw new Error("Fill in at least one value.");
  return { task: task ?? given.task, reason: given.reason || null, ...wanted };
}

async function set(task) {
  const done = await ask({
    title: task === null ? "Set a policy" : `Set the policy of ${task}`,
    text: "Whatever its workers say; what is left empty stays as it is. Jobs that are there keep their attempts and priority.",
    fields: fields(task),
    confirm: "Set the policy",
    run: async (given) => {
      const wanted = body(task, given);
      await calls.setPolicy(wanted);
      return wanted;
    },
  });
  if (!done) return;
  toast(`The policy of ${done.task} is set.`);
  changed();
}

async function reset(row) {
  const done = await ask({
    title: `Reset the policy of ${row.task_identifier}?`,
    text: "What an operator has set is taken back: what its workers say holds again.",
    confirm: "Reset the policy",
    run: () => calls.resetPolicy(row.task_identifier),
  });
  if (!done) return;
  toast(`The policy of ${row.task_identifier} is what its workers say.`);
  changed();
}

function tools(row) {
  const name = row.task_identifier;
  return [
    button("Set…", () => attempt(() => set(name)), { kind: "compact", name: `Set the policy of ${name}`, act: "set" }),
    row.from_operator.length
      ? button("Reset…", () => attempt(() => reset(row)), {
          kind: "compact",
          name: `Reset the policy of ${name}`,
          act: "reset",
        })
      : null,
  ];
}

function create({ session }) {
  const list = table({
    caption: "Policies by task",
    key: (row) => row.task_identifier,
    columns: [
      { label: "Task", class: "lead", cell: (row) => taskLink(row.task_identifier) },
      { label: "Time-out", cell: (row) => value(row, "timeout", length(row.timeout)) },
      { label: "Retry", class: "reason", cell: (row) => value(row, "retry", retryText(row.retry)) },
      { label: "Attempts", cell: (row) => value(row, "max_attempts", `${row.max_attempts}`) },
      { label: "Priority", cell: (row) => value(row, "priority", `${row.priority}`) },
      { label: "Expires", cell: (row) => value(row, "expires_after", length(row.expires_after)) },
      { label: "Bad payload", cell: (row) => value(row, "bad_payload", row.bad_payload) },
      { label: "Set", cell: setBy },
      toolColumn(session, tools),
    ],
    empty: () =>
      emptyState(
        "No task has a policy",
        "25 attempts, priority 0, a retry after exp(attempts) seconds, no expiry: that is what holds. Workers publish what their code says, and an operator can set something else:",
        snippet(`select ${session.schema}.set_task_policy('send_email', max_attempts => 5, expires_after => '1 day');`),
      ),
  });
  const problem = h("div", {});
  return {
    element: [
      ...pageHead("Policies", {
        lede: "What becomes of a task's jobs. What an operator sets comes before what the release of its workers says.",
        actions: session.read_only ? [] : [button("Set a policy…", () => attempt(() => set(null)), { kind: "primary" })],
      }),
      problem,
      h("section", { class: "card", "aria-label": "Policies" }, list.element),
    ],
    async load(signal) {
      const { policies } = await calls.policies(signal);
      replace(problem);
      list.update(policies);
    },
    fail: (error) => replace(problem, problemCard(error)),
  };
}

export default { title: "Policies", interval: 4000, create };

// What can be done to jobs: each asks what it must, says what happened, and has the page refreshed.
import * as calls from "./calls.js";
import { ask, instant } from "./dialog.js";
import { h } from "./dom.js";
import { plural, whole } from "./format.js";
import { STATES } from "./parts.js";
import { toast } from "./toast.js";

const INT16 = 32767;
export const PRIORITY = {
  name: "priority",
  label: "Priority",
  type: "number",
  min: -INT16 - 1,
  max: INT16,
  hint: "Lower runs sooner.",
};
export const MAX_ATTEMPTS = { name: "max_attempts", label: "Attempts at most", type: "number", min: 1, max: INT16 };

/** Have the page ask for fresh figures. */
export function changed() {
  document.dispatchEvent(new CustomEvent("changed"));
}

// What each action is called, and what it does to n jobs.
const VERBS = {
  "run-now": {
    label: "Run now",
    title: (n) => `Run ${n} now?`,
    done: "due now",
    text: "Due at once; attempts and errors stay as they are. Failed jobs have no attempts left and are left alone: use Retry for those.",
    failed: "no attempts are left. Use Retry for those.",
  },
  retry: {
    label: "Retry",
    title: (n) => `Retry ${n}?`,
    done: "to be retried",
    text: "From attempt 0, and due at once. The last error is kept until the next attempt.",
  },
  complete: {
    label: "Complete",
    title: (n) => `Complete ${n}?`,
    done: "completed",
    danger: true,
    text: "Deleted without being run, as after a success. This cannot be undone.",
  },
  fail: {
    label: "Fail",
    title: (n) => `Fail ${n}?`,
    done: "failed for good",
    danger: true,
    text: "Not tried again until somebody says Retry. The reason takes the place of the last error; what has failed already keeps its own.",
    failed: "failed already.",
    fields: [{ name: "reason", label: "Reason", value: "Manually marked as failed", wide: true }],
  },
  cancel: {
    label: "Cancel",
    title: (n) => `Cancel ${n}?`,
    done: "cancelled",
    danger: true,
    dismiss: "Go back",
    running: "Its worker is asked to stop what runs; unless it is done first, it is not tried again. Workers of other runtimes run it to its end.",
    text: "What waits has failed for good, with the reason as its error.",
    gone: "no longer there.",
    fields: [
      { name: "reason", label: "Reason", hint: "For whoever wonders.", wide: true },
      { name: "remove", label: "Remove, in place of counting as failed", type: "checkbox" },
    ],
  },
  remove: {
    label: "Remove",
    title: (n) => `Remove ${n}?`,
    done: "removed",
    danger: true,
    text: "Deleted for good. This cannot be undone.",
  },
  reschedule: {
    label: "Reschedule",
    title: (n) => `Reschedule ${n}`,
    done: "rescheduled",
    text: "What is left empty stays as it is.",
    fields: [
      { name: "run_at", label: "Run at", type: "datetime-local", hint: "Your local time." },
      PRIORITY,
      {
        name: "attempts",
        label: "Attempts made",
        type: "number",
        min: 0,
        max: INT16,
        hint: "0: all attempts are left.",
      },
      MAX_ATTEMPTS,
    ],
  },
};

const LEFT_ALONE = "Jobs that a worker is running are left alone.";

function details(action, values) {
  if (action === "cancel") return { reason: values.reason || null, remove: values.remove };
  if (action === "fail") return { reason: values.reason || null };
  if (action !== "reschedule") return {};
  const more = {};
  if (values.run_at) more.run_at = instant(values.run_at);
  for (const name of ["priority", "attempts", "max_attempts"])
    if (values[name] !== "") more[name] = Number(values[name]);
  if (!Object.keys(more).length) throw new Error("Fill in at least one field.");
  return more;
}

/** Act on these jobs, after a question that says how many. Resolves to true when something was done. */
export async function actOn(action, ids) {
  const verb = VERBS[action];
  const many = plural(ids.length, "job");
  const outcome = await ask({
    title: verb.title(ids.length === 1 ? `job ${ids[0]}` : many),
    text: [verb.text, verb.running ?? LEFT_ALONE],
    fields: verb.fields ?? [],
    confirm: `${verb.label} ${ids.length === 1 ? "job" : many}`,
    dismiss: verb.dismiss,
    danger: verb.danger,
    run: (values) => calls.act(action, ids, details(action, values)),
  });
  if (outcome === undefined) return false;
  const { changed: done, failed, asked, unheard } = outcome;
  const notes = [`${plural(done, "job")} ${verb.done}.`];
  if (asked > unheard) notes.push(`${plural(asked - unheard, "worker's job", "workers' jobs")}: asked to stop.`);
  if (unheard)
    notes.push(`${plural(unheard, "job")} marked: the worker sends no heartbeats, so it may run on to its end.`);
  if (failed) notes.push(`${plural(failed, "job")} left alone: ${verb.failed}`);
  const left = ids.length - done - failed;
  if (left > 0) notes.push(`${plural(left, "job")} left alone: ${verb.gone ?? "running, or no longer there."}`);
  toast(notes.join(" "), { bad: done === 0 });
  changed();
  return done > 0;
}

// What an action is about where the filter has no state, in words. Those about all say how many of each.
const THOSE = { failed: " those that failed", waiting: " those that wait", unfinished: " those that wait or run" };
const COUNTED = {
  all: Object.keys(STATES).filter((state) => state !== "locked"),
  unfinished: Object.keys(STATES).filter((state) => state !== "failed"),
};

const spoken = (state) => (state === "locked" ? "running" : state);

async function countEach(action, filter, scope, signal, progress) {
  const found = [];
  let sofar = 0;
  for (const state of COUNTED[scope] ?? [scope]) {
    const number = await calls.countMatching(action, { ...filter, state }, signal, (now) =>
      progress(`${plural(sofar + now, "job")} so far`),
    );
    sofar += number;
    if (number) found.push([state, number]);
  }
  return { total: sofar, found };
}

/** Act on everything that matches: count first, then ask with the count, then do it chunk by chunk. words(state): the
 * filter, said with this state. */
export async function actOnMatching({ state, ...filter }, words) {
  const usual = await calls.defaultStates();
  const those = (action) => (state ? "" : (THOSE[usual[action]] ?? ""));
  const options = [
    ["retry", `Retry${those("retry")}: attempt 0, due now`],
    ["reschedule", "Reschedule"],
    ["fail", those("fail") ? `Fail${those("fail")}, for good` : "Fail for good"],
    ["cancel", `Cancel${those("cancel")}`],
    ["remove", "Remove"],
  ].filter(([name]) => {
    if (state === "locked") return name === "cancel";
    return state !== "failed" || (name !== "fail" && name !== "cancel");
  });
  const choice = await ask({
    title: "Act on all that match",
    text: [
      h("p", {}, "Filter: ", h("strong", {}, words(state))),
      "They are counted first; nothing is changed before you have seen the number.",
    ],
    fields: [
      {
        name: "action",
        label: "What to do",
        type: "select",
        value: { failed: "retry", locked: "cancel" }[state] ?? "reschedule",
        options,
      },
    ],
    confirm: "Count",
    run: async ({ action }, progress, signal) => {
      const scope = state || usual[action];
      return { action, scope, ...(await countEach(action, filter, scope, signal, progress)) };
    },
  });
  if (!choice) return;
  const { action, scope, total, found } = choice;
  if (total === 0) {
    toast(`None of the ${words(scope)} could be changed${action === "cancel" ? "" : "; running ones are left alone"}.`);
    return;
  }
  const verb = VERBS[action];
  const many = plural(total, "job");
  const away = verb.dismiss ?? "Cancel";
  const done = await ask({
    title: verb.title(many),
    text: [
      h("p", {}, "Filter: ", h("strong", {}, words(scope))),
      scope in COUNTED ? h("p", {}, found.map(([name, number]) => `${whole(number)} ${spoken(name)}`).join(", ")) : null,
      action === "retry" && scope === "scheduled" ? "They are meant for later: they run now instead." : null,
      verb.text,
      `${verb.running ?? LEFT_ALONE} ${away} stops between two chunks; what is done stays done.`,
    ].filter(Boolean),
    fields: verb.fields ?? [],
    confirm: `${verb.label} ${many}`,
    dismiss: away,
    danger: verb.danger,
    run: async (values, progress, signal) => {
      let sofar = 0;
      try {
        return await calls.bulk(action, { ...filter, state: scope }, details(action, values), signal, (number) => {
          sofar = number;
          progress(`${plural(number, "job")} of ${total} ${verb.done}`, Math.min(1, number / total));
        });
      } catch (error) {
        if (!signal.aborted) throw error;
        changed();
        throw new Error(`Stopped after ${plural(sofar, "job")}.`);
      }
    },
  });
  if (done === undefined) return;
  toast(`${plural(done, "job")} ${verb.done}.`);
  changed();
}

/** For what has no dialog to show a problem in. */
export async function attempt(work) {
  try {
    await work();
  } catch (error) {
    toast([error.message, error.hint].filter(Boolean).join("\n"), { bad: true });
  }
}

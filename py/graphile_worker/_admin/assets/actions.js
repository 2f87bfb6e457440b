// What can be done to jobs: each asks what it must, says what happened, and has the page refreshed.
import * as calls from "./calls.js";
import { ask, instant } from "./dialog.js";
import { h } from "./dom.js";
import { plural } from "./format.js";
import { toast } from "./toast.js";

const INT16 = 32767;

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
    text: "They become due at once. Attempts and errors stay as they are; a job without attempts left stays failed: use Retry for those.",
  },
  retry: {
    label: "Retry",
    title: (n) => `Retry ${n}?`,
    done: "to be retried",
    text: "They start from attempt 0 and are due at once. The last error is kept until the next attempt.",
  },
  complete: {
    label: "Complete",
    title: (n) => `Complete ${n}?`,
    done: "completed",
    danger: true,
    text: "They are deleted without being run, as if they had succeeded. This cannot be undone.",
  },
  fail: {
    label: "Fail",
    title: (n) => `Fail ${n}?`,
    done: "failed for good",
    danger: true,
    text: "They are not tried again until somebody retries them.",
    fields: [{ name: "reason", label: "Reason", value: "Manually marked as failed", wide: true }],
  },
  remove: {
    label: "Remove",
    title: (n) => `Remove ${n}?`,
    done: "removed",
    danger: true,
    text: "They are deleted. This cannot be undone.",
  },
  reschedule: {
    label: "Reschedule",
    title: (n) => `Reschedule ${n}`,
    done: "rescheduled",
    text: "What is left empty stays as it is.",
    fields: [
      { name: "run_at", label: "Run at", type: "datetime-local", hint: "Your local time." },
      { name: "priority", label: "Priority", type: "number", min: -INT16 - 1, max: INT16, hint: "Lower runs sooner." },
      {
        name: "attempts",
        label: "Attempts made",
        type: "number",
        min: 0,
        max: INT16,
        hint: "0: all attempts are left.",
      },
      { name: "max_attempts", label: "Attempts at most", type: "number", min: 1, max: INT16 },
    ],
  },
};

function details(action, values) {
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
  const done = await ask({
    title: verb.title(ids.length === 1 ? `job ${ids[0]}` : many),
    text: [verb.text, "Jobs that a worker is running are left alone."],
    fields: verb.fields ?? [],
    confirm: `${verb.label} ${ids.length === 1 ? "job" : many}`,
    danger: verb.danger,
    run: (values) => calls.act(action, ids, details(action, values)),
  });
  if (done === undefined) return false;
  const left = ids.length - done;
  toast(
    `${plural(done, "job")} ${verb.done}.${left > 0 ? ` ${plural(left, "job")} left alone: running, or no longer there.` : ""}`,
    { bad: done === 0 },
  );
  changed();
  return done > 0;
}

/** Act on everything that matches: count first, then ask with the count, then do it chunk by chunk. */
export async function actOnMatching(filter, words) {
  const choice = await ask({
    title: "Act on all that match",
    text: [
      h("p", {}, "Filter: ", h("strong", {}, words)),
      "They are counted first; nothing is changed before you have seen the number.",
    ],
    fields: [
      {
        name: "action",
        label: "What to do",
        type: "select",
        value: filter.state === "failed" ? "retry" : "reschedule",
        options: [
          ["retry", "Retry: attempt 0, due now"],
          ["reschedule", "Reschedule"],
          ["fail", "Fail for good"],
          ["remove", "Remove"],
        ],
      },
    ],
    confirm: "Count",
    run: async ({ action }, progress, signal) => ({
      action,
      total: await calls.countMatching(filter, signal, (found) => progress(`${plural(found, "job")} so far`)),
    }),
  });
  if (!choice) return;
  const { action, total } = choice;
  if (total === 0) {
    toast("No job matches that could be changed; running ones are left alone.");
    return;
  }
  const verb = VERBS[action];
  const many = plural(total, "job");
  const done = await ask({
    title: verb.title(many),
    text: [
      h("p", {}, "Filter: ", h("strong", {}, words)),
      verb.text,
      "Jobs that a worker is running are left alone. Cancel stops between two chunks; what is done stays done.",
    ],
    fields: verb.fields ?? [],
    confirm: `${verb.label} ${many}`,
    danger: verb.danger,
    run: async (values, progress, signal) => {
      let sofar = 0;
      try {
        return await calls.bulk(action, filter, details(action, values), signal, (number) => {
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

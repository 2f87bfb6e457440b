// Maintenance that changes something: each question says how much, and is asked after somebody has looked.
import { changed } from "./actions.js";
import * as calls from "./calls.js";
import { ask } from "./dialog.js";
import { h } from "./dom.js";
import { plural } from "./format.js";
import { relative } from "./time.js";
import { toast } from "./toast.js";

const LISTED = 20;
const TWICE =
  "If a worker runs after all, its jobs are run twice, at the same moment: be sure that it is gone, or stop it first.";

function list(names) {
  const more = names.length - LISTED;
  return h(
    "ul",
    { class: "small mono" },
    names.slice(0, LISTED).map((name) => h("li", {}, name)),
    more > 0 ? h("li", {}, `and ${more} more`) : null,
  );
}

/** Release everything these workers hold: looked up first, so that the question says what it is. */
export async function unlockWorkers(ids) {
  const preview = await calls.maintain("force-unlock", { worker_ids: ids, dry_run: true });
  if (preview.workers.length) return unlockHeld(preview);
  toast(ids.length === 1 ? `${ids[0]} holds nothing.` : "These workers hold nothing.");
  return false;
}

export function heldText({ locked_jobs: jobs, locked_queues: queues }) {
  return `${plural(jobs, "job")} and ${plural(queues, "queue")}`;
}

/** preview: what a dry run has found. */
export async function unlockHeld(preview) {
  const held = heldText(preview);
  const ids = preview.workers.map((worker) => worker.worker_id);
  const answer = await ask({
    title: `Unlock ${held}?`,
    text: [
      h("p", {}, ids.length === 1 ? "Held by:" : `Held by ${ids.length} workers:`),
      list(ids),
      `They can be taken by others at once. ${TWICE}`,
    ],
    confirm: `Unlock ${held}`,
    danger: true,
    run: () => calls.maintain("force-unlock", { worker_ids: ids }),
  });
  if (!answer) return false;
  toast(`${heldText(answer)} unlocked.`);
  changed();
  return true;
}

/** What a sweep found, in a line: "worker_1: no heartbeat for 12 min, 3 jobs". */
export function swept({ worker_id: id, last_heartbeat_at: heard, recovered_jobs: jobs, given_up_jobs: lost }) {
  const why = heard ? `last heard of ${relative(heard)}` : "known by its locks only";
  const crashed = lost ? `, ${plural(lost, "job")} failed for good: too many workers died with them` : "";
  return `${id}: ${why}, ${plural(jobs, "job")}${crashed}`;
}

/** options: as the dry run that found these workers had them. */
export async function sweep(options, workers) {
  const many = plural(workers.length, "worker");
  const answer = await ask({
    title: `Sweep ${many}?`,
    text: [
      list(workers.map(swept)),
      `Their jobs become available again ${plural(options.recovery_delay_secs, "second")} from now, the interrupted attempt not counted.`,
      TWICE,
    ],
    confirm: `Sweep ${many}`,
    danger: true,
    run: () => calls.maintain("sweep-stale-workers", options),
  });
  if (!answer) return false;
  const { workers: done, recovered_jobs: jobs, given_up_jobs: lost, skipped_jobs: skipped } = answer;
  const notes = [`${plural(jobs, "job")} recovered.`];
  if (lost) notes.push(`${plural(lost, "job")} failed for good.`);
  if (skipped) notes.push(`${plural(skipped, "job")} in use by somebody: sweep again.`);
  toast(done.length ? notes.join(" ") : "Nothing was left to sweep, or another sweep is under way.");
  changed();
  return true;
}

/** Delete failed jobs, or forget unused names, a chunk at a time. */
export async function cleanup(tasks, text, confirm) {
  const total = await ask({
    title: `${confirm}?`,
    text,
    confirm,
    danger: true,
    run: async (_values, progress, signal) => {
      let removed = 0;
      for (;;) {
        if (signal.aborted) throw new Error(`Stopped after ${plural(removed, "row")}.`);
        const chunk = await calls.maintain("cleanup", { tasks });
        for (const number of Object.values(chunk.removed)) removed += number;
        if (!chunk.more) return removed;
        progress(`${plural(removed, "row")} removed so far`);
      }
    },
  });
  if (total === undefined) return false;
  toast(`${plural(total, "row")} removed.`);
  changed();
  return true;
}

/** A worker whose oldest lock is that old, in a line. */
export function expired({ worker_id: id, oldest_lock: since, ...held }) {
  return `${id}: since ${relative(since)}, ${heldText(held)} in all`;
}

export async function releaseExpired(workers) {
  const answer = await ask({
    title: "Release old locks?",
    text: [
      list(workers.map(expired)),
      "Of what they hold, only what has been locked for too long. The attempts stay counted.",
      TWICE,
    ],
    confirm: "Release old locks",
    danger: true,
    run: () => calls.maintain("release-expired-locks"),
  });
  if (!answer) return false;
  toast(answer.released.length ? `${plural(answer.released.length, "lock")} released.` : "No lock was that old.");
  changed();
  return true;
}

/** steps: what a dry run said would be done. */
export async function migrate(steps) {
  const answer = await ask({
    title: `Apply ${plural(steps.length, "step")}?`,
    text: [
      h(
        "ul",
        { class: "small" },
        steps.map((step) => h("li", {}, h("span", { class: "mono" }, step.name), `: ${step.description}`)),
      ),
      "Take a backup first where that is your custom. A breaking step makes workers of older releases stop themselves.",
    ],
    confirm: `Apply ${plural(steps.length, "step")}`,
    run: () => calls.maintain("migrate"),
  });
  if (!answer) return false;
  toast(answer.applied.length ? `Applied: ${answer.applied.join(", ")}.` : "Done.");
  changed();
  return true;
}

// The switches of queues and tasks; schedules have their own (schedules.js).
import { attempt, changed } from "./actions.js";
import * as calls from "./calls.js";
import { ask, instant } from "./dialog.js";
import { button } from "./parts.js";
import { toast } from "./toast.js";

/** What keeps a waiting job from being started; paused: the list of the overview. */
export function pauseOf(job, paused = []) {
  if (job.state !== "ready" && job.state !== "scheduled") return null;
  const names = { task: job.task_identifier, queue: job.queue_name };
  const holds = ({ kind, name }) => name === names[kind];
  return paused.find(holds) ?? null;
}

/** The button beside a queue or task. kind: "queue" or "task". */
export function pauseSwitch(kind, name, isPaused) {
  const [label, act, press] = isPaused ? ["Resume", "resume", resume] : ["Pause", "pause", pause];
  return button(label, () => press(kind, name), { kind: "compact", name: `${label} the ${kind} ${name}`, act });
}

async function pause(kind, name) {
  const done = await ask({
    title: `Pause the ${kind} ${name}?`,
    text: "What runs now goes on to its end; nothing further is started until it is resumed. Jobs can still be added.",
    fields: [
      { name: "reason", label: "Reason", hint: "For whoever looks at this next." },
      { name: "until", label: "Until", type: "datetime-local", hint: "It goes on by itself then; empty: once resumed." },
    ],
    confirm: `Pause the ${kind}`,
    run: ({ reason, until }) => calls.pause(kind, name, reason || null, instant(until)),
  });
  if (!done) return;
  toast(`The ${kind} ${name} is paused.`);
  changed();
}

/** Nothing to ask: pausing again undoes it. */
export async function resume(kind, name) {
  await attempt(async () => {
    await calls.resume(kind, name);
    toast(`The ${kind} ${name} goes on.`);
  });
  changed();
}

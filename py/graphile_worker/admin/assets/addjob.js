// Jobs by name: add one, remove the one with a key.
import { changed, MAX_ATTEMPTS, PRIORITY } from "./actions.js";
import * as calls from "./calls.js";
import { ask, instant } from "./dialog.js";
import { h } from "./dom.js";
import { STATES } from "./parts.js";
import { go, href } from "./router.js";
import { toast } from "./toast.js";

function wholeNumber(value) {
  return value === "" ? null : Number(value);
}

function json(value) {
  if (value === "") return null;
  try {
    JSON.parse(value);
    return null;
  } catch (error) {
    return `This is not JSON: ${error.message}`;
  }
}

export async function addJob(preset = {}) {
  const added = await ask({
    title: "Add a job",
    wide: true,
    fields: [
      { name: "task", label: "Task", required: true, value: preset.task, wide: true },
      {
        name: "payload",
        label: "Payload (JSON)",
        type: "textarea",
        value: preset.payload ?? "{}",
        wide: true,
        check: json,
      },
      { name: "queue", label: "Queue", value: preset.queue, hint: "Jobs of one queue run one at a time." },
      { name: "run_at", label: "Run at", type: "datetime-local", hint: "Your local time. Empty: now." },
      { name: "key", label: "Job key", hint: "A later job with this key replaces this one." },
      {
        name: "mode",
        label: "If the key exists",
        type: "select",
        options: [
          ["replace", "replace"],
          ["preserve_run_at", "replace, keep its time"],
          ["unsafe_dedupe", "keep the old job"],
        ],
      },
      { ...PRIORITY, value: 0 },
      { ...MAX_ATTEMPTS, value: 25 },
      {
        name: "flags",
        label: "Flags",
        wide: true,
        hint: "Separated by commas. Workers can be told to skip jobs with a flag.",
      },
    ],
    confirm: "Add job",
    run: (values) =>
      calls.addJob({
        identifier: values.task,
        // As it was typed: a number with twenty digits arrives with twenty digits.
        payload_text: values.payload || "{}",
        queue_name: values.queue || null,
        run_at: instant(values.run_at),
        job_key: values.key || null,
        job_key_mode: values.mode,
        priority: wholeNumber(values.priority),
        max_attempts: wholeNumber(values.max_attempts),
        flags: values.flags
          ? values.flags
              .split(",")
              .map((flag) => flag.trim())
              .filter(Boolean)
          : null,
      }),
  });
  if (!added) return;
  toast(added.updated ? `Job ${added.id} had this key and was changed.` : `Job ${added.id} added.`);
  go(href(`jobs/${added.id}`));
  changed();
}

export async function removeByKey() {
  const found = await ask({
    title: "Remove a job by its key",
    text: "It is looked up first; nothing is changed before you have seen it.",
    fields: [{ name: "key", label: "Job key", required: true }],
    confirm: "Look it up",
    run: async ({ key }) => {
      const { job } = await calls.findByKey(key);
      if (!job) throw new Error(`No job has the key “${key}”.`);
      return job;
    },
  });
  if (!found) return;
  const removed = await ask({
    title: `Remove job ${found.id}?`,
    text: [
      h(
        "p",
        {},
        h("strong", { class: "mono" }, found.task_identifier),
        `, ${STATES[found.state].toLowerCase()}, with the key `,
        h("strong", { class: "mono" }, found.key),
      ),
      found.state === "locked"
        ? "A worker is running it: it loses its key, goes on to its end, and is not tried again."
        : "It is deleted. This cannot be undone.",
    ],
    confirm: `Remove job ${found.id}`,
    danger: true,
    run: async () => {
      const answer = await calls.removeByKey(found.key);
      if (!answer.job) throw new Error("It is no longer there.");
      return answer;
    },
  });
  if (!removed) return;
  toast(
    removed.removed
      ? `Job ${removed.job.id} removed.`
      : `Job ${removed.job.id} runs: it lost its key and is not tried again.`,
  );
  changed();
}

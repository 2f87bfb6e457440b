// Chores: see what each would do, then have it done.
import * as calls from "../calls.js";
import { cleanup, migrate, releaseExpired, sweep, swept, unlockWorkers } from "../chores.js";
import { h, replace, uid } from "../dom.js";
import { plural } from "../format.js";
import { button, pageHead } from "../parts.js";
import { href } from "../router.js";

/** A card with an outcome below its buttons. look(work) runs something and shows what it returns, problems included. */
function chore(title, text) {
  const out = h("div", { class: "outcome", role: "status" });
  const look = async (work) => {
    replace(out, "Looking…");
    try {
      replace(out, await work());
    } catch (error) {
      replace(out, h("strong", {}, error.message), error.hint ? ` ${error.hint}` : null);
    }
  };
  const card = (...content) =>
    h("section", { class: "card chore", "aria-label": title }, h("h2", {}, title), h("p", {}, text), content, out);
  return { card, look };
}

function buttons(...content) {
  return h("div", { class: "buttons" }, content);
}

function field(label, props, hint) {
  const id = uid("chore");
  const input = h("input", {
    id,
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": `${id}-hint`,
    ...props,
  });
  return {
    input,
    element: h(
      "div",
      { class: "field" },
      h("label", { for: id }, label),
      input,
      h("span", { class: "hint", id: `${id}-hint` }, hint),
    ),
  };
}

function sweepChore() {
  const threshold = field(
    "Stale after, seconds",
    { type: "number", min: 1, value: 300 },
    "No heartbeat for this long.",
  );
  const delay = field("Delay, seconds", { type: "number", min: 0, value: 30 }, "Until recovered jobs are due.");
  const { card, look } = chore(
    "Sweep stale workers",
    "Gives back the jobs of workers whose heartbeat has stopped, and of those that hold locks without ever having sent one.",
  );
  const preview = () =>
    look(async () => {
      const options = {
        sweep_threshold_secs: Number(threshold.input.value),
        recovery_delay_secs: Number(delay.input.value),
      };
      const { workers } = await calls.maintain("sweep-stale-workers", { ...options, dry_run: true });
      if (!workers.length) return "No stale workers: nothing to sweep.";
      const many = plural(workers.length, "worker");
      const press = async () => {
        if (await sweep(options, workers)) preview();
      };
      return [
        h("p", {}, `${many} would be swept:`),
        h(
          "ul",
          {},
          workers.map((worker) => h("li", {}, swept(worker))),
        ),
        button(`Sweep ${many}…`, press, { kind: "danger" }),
      ];
    });
  return card(
    h("div", { class: "fields" }, threshold.element, delay.element),
    buttons(button("Show what would be swept", preview)),
  );
}

function failedChore() {
  const { card, look } = chore(
    "Delete failed jobs",
    "Jobs that used up their attempts stay until somebody retries or deletes them.",
  );
  const tasks = ["delete_permanently_failed_jobs"];
  const preview = () =>
    look(async () => {
      const { removed, estimated } = await calls.maintain("cleanup", { tasks, dry_run: true });
      const total = removed[tasks[0]];
      if (!total) return "No failed jobs: nothing to delete.";
      const many = `${estimated.length ? "about " : ""}${plural(total, "failed job")}`;
      const press = async () => {
        const text = [
          "With their payloads and errors. This cannot be undone.",
          "Cancel stops between two chunks; what is deleted stays deleted.",
        ];
        if (await cleanup(tasks, text, `Delete ${many}`)) preview();
      };
      return [h("p", {}, `${many} would be deleted.`), button(`Delete ${many}…`, press, { kind: "danger" })];
    });
  return card(buttons(button("Count failed jobs", preview)));
}

function unusedChore() {
  const { card } = chore(
    "Forget unused tasks and queues",
    "Names stay after their last job. Where queues are named after customers or orders they pile up.",
  );
  const text = ["Only names that no job refers to. Adding a job brings its name back by itself."];
  const press = () => cleanup(["gc_task_identifiers", "gc_job_queues"], text, "Forget unused names");
  return card(buttons(button("Forget unused names…", press)));
}

function unlockChore() {
  const { card, look } = chore(
    "Unlock workers",
    "Releases all jobs and queues that these workers hold, at once: for workers that are known to be dead.",
  );
  const ids = field("Worker ids", { type: "text" }, "As the page Workers lists them, separated by spaces or commas.");
  const press = () =>
    look(async () => {
      const named = ids.input.value.split(/[\s,]+/).filter(Boolean);
      if (!named.length) {
        ids.input.focus();
        return "Name at least one worker.";
      }
      if (await unlockWorkers(named)) ids.input.value = "";
      return [];
    });
  return card(
    ids.element,
    buttons(
      button("Unlock…", press, { kind: "danger" }),
      button("Release locks older than 4 hours…", releaseExpired, { kind: "danger" }),
    ),
  );
}

function migrateChore(session) {
  const { card, look } = chore("Migrate", "Brings tables and functions to this server's release. Safe to repeat.");
  const preview = () =>
    look(async () => {
      const { steps, warnings, up_to_date: current } = await calls.maintain("migrate", { dry_run: true });
      const notes = warnings.map((warning) => h("p", {}, warning));
      if (current) return ["The schema is up to date.", notes];
      const many = plural(steps.length, "step");
      const press = async () => {
        if (await migrate(steps)) preview();
      };
      return [
        h("p", {}, `${many} would be applied:`),
        h(
          "ul",
          {},
          steps.map((step) => h("li", {}, `${step.name}: ${step.description}`)),
        ),
        notes,
        !session.can_migrate ? null : button(`Apply ${many}…`, press, { kind: "danger" }),
      ];
    });
  return card(buttons(button("Show what would be done", preview)));
}

/** What those who only read can look at instead. */
function readOnlyNote() {
  return h(
    "div",
    { class: "card empty" },
    h("h3", {}, "This page only reads"),
    h("p", {}, "The server was started with --read-only, so it looks after nothing. What maintenance would be about:"),
    h("ul", {}, [
      h("li", {}, h("a", { href: href("jobs", { state: "failed" }) }, "failed jobs")),
      h("li", {}, h("a", { href: href("workers") }, "workers whose heartbeat has stopped")),
      h("li", {}, h("a", { href: href("") }, "the state of the tables")),
    ]),
  );
}

function create({ session }) {
  const chores = () => [sweepChore(), failedChore(), unlockChore(), unusedChore(), migrateChore(session)];
  const lede = session.read_only ? null : "Every chore shows what it would do before it does it.";
  return {
    element: [
      ...pageHead("Maintenance", { live: false, lede }),
      session.read_only ? readOnlyNote() : h("div", { class: "chores" }, chores()),
    ],
    async load() {},
  };
}

export default { title: "Maintenance", interval: 0, create };

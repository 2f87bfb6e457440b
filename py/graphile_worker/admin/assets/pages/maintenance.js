// Chores: see what each would do, then have it done.
import * as calls from "../calls.js";
import { cleanup, expired, heldText, migrate, releaseExpired, sweep, swept, unlockHeld } from "../chores.js";
import { append, h, replace, uid } from "../dom.js";
import { plural } from "../format.js";
import { button, pageHead } from "../parts.js";

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
    // What was pressed in it is gone, and the keyboard is not to begin from the top.
    if (document.activeElement === document.body) card.querySelector("button")?.focus();
  };
  const card = h("section", { class: "card chore", "aria-label": title }, h("h2", {}, title), h("p", {}, text));
  const filled = (...content) => {
    append(card, [content, out]);
    return card;
  };
  return { card: filled, look };
}

/** The button that does what was shown; nobody has it who only reads. */
function apply(session, label, press) {
  return session.read_only ? null : button(label, press, { kind: "danger" });
}

function lines(all) {
  return h(
    "ul",
    {},
    all.map((one) => h("li", {}, one)),
  );
}

function buttons(...content) {
  return h("div", { class: "buttons" }, content);
}

function field(label, props, hint, tag = "input") {
  const id = uid("chore");
  const input = h(tag, {
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

/** What was typed, in seconds: an empty field is no zero. */
function secondsOf({ input }, name, least) {
  const value = input.value.trim();
  const good = value !== "" && Number.isFinite(Number(value)) && Number(value) >= least;
  if (good) input.removeAttribute("aria-invalid");
  else {
    input.setAttribute("aria-invalid", "true");
    input.focus();
    throw new Error(`${name}: give ${least} seconds or more.`);
  }
  return Number(value);
}

function sweepChore(session) {
  const { threshold_secs: usual, delay_secs: usualDelay } = session.sweep;
  const threshold = field(
    "Stale after, seconds",
    { type: "number", min: 0, value: usual },
    "No heartbeat for this long. What would rob workers that are well is refused.",
  );
  const delay = field("Delay, seconds", { type: "number", min: 0, value: usualDelay }, "Until recovered jobs are due.");
  const { card, look } = chore(
    "Sweep stale workers",
    "Gives back the jobs of workers whose heartbeat has stopped, and of those that hold locks without ever having sent one.",
  );
  const preview = () =>
    look(async () => {
      const options = {
        sweep_threshold_secs: secondsOf(threshold, "Stale after", 0),
        recovery_delay_secs: secondsOf(delay, "Delay", 0),
      };
      const { workers } = await calls.maintain("sweep-stale-workers", { ...options, dry_run: true });
      if (!workers.length) return "No stale workers: nothing to sweep.";
      const many = plural(workers.length, "worker");
      const press = async () => {
        if (await sweep(options, workers)) preview();
      };
      return [
        h("p", {}, `${many} would be swept:`),
        lines(workers.map(swept)),
        apply(session, `Sweep ${many}…`, press),
      ];
    });
  return card(
    h("div", { class: "fields" }, threshold.element, delay.element),
    buttons(button("Show what would be swept", preview)),
  );
}

function failedChore(session) {
  const { card, look } = chore(
    "Delete failed jobs",
    "Jobs that used up their attempts stay until somebody retries or deletes them.",
  );
  const tasks = ["delete_permanently_failed_jobs"];
  const preview = () =>
    look(async () => {
      const { removed } = await calls.maintain("cleanup", { tasks, dry_run: true });
      const total = removed[tasks[0]];
      if (!total) return "No failed jobs: nothing to delete.";
      const many = plural(total, "failed job");
      const press = async () => {
        const text = [
          "With their payloads and errors. This cannot be undone.",
          "Cancel stops between two chunks; what is deleted stays deleted.",
        ];
        if (await cleanup(tasks, text, `Delete ${many}`)) preview();
      };
      return [h("p", {}, `${many} would be deleted.`), apply(session, `Delete ${many}…`, press)];
    });
  return card(buttons(button("Count failed jobs", preview)));
}

const KINDS = { gc_task_identifiers: "unused task", gc_job_queues: "unused queue" };

function unusedChore(session) {
  const { card, look } = chore(
    "Forget unused tasks and queues",
    "Names stay after their last job. Where queues are named after customers or orders they pile up.",
  );
  const tasks = Object.keys(KINDS);
  const preview = () =>
    look(async () => {
      const found = await calls.maintain("cleanup", { tasks, dry_run: true });
      const some = tasks.filter((task) => found.removed[task]);
      if (!some.length) return "Every name is in use: nothing to forget.";
      const press = async () => {
        const text = ["Only names that no job refers to. Adding a job brings its name back by itself."];
        if (await cleanup(tasks, text, "Forget unused names")) preview();
      };
      return [
        some.map((task) => {
          const more = found.removed[task] - found.names[task].length;
          return [
            h("p", {}, `${plural(found.removed[task], KINDS[task])}:`),
            lines([...found.names[task], ...(more ? [`and ${more} more`] : [])]),
          ];
        }),
        apply(session, "Forget unused names…", press),
      ];
    });
  return card(buttons(button("Show unused names", preview)));
}

function unlockChore(session) {
  const { card, look } = chore(
    "Unlock workers",
    "Releases all jobs and queues that these workers hold, at once: for workers that are known to be dead.",
  );
  const ids = field("Worker ids", { rows: 2 }, "One on each line, as the page Workers lists them.", "textarea");
  const preview = () =>
    look(async () => {
      const named = [
        ...new Set(
          ids.input.value
            .split("\n")
            .map((id) => id.trim())
            .filter(Boolean),
        ),
      ];
      if (!named.length) {
        ids.input.focus();
        return "Name at least one worker.";
      }
      const found = await calls.maintain("force-unlock", { worker_ids: named, dry_run: true });
      const idle = named.filter((id) => !found.workers.some((worker) => worker.worker_id === id));
      const press = async () => {
        if (await unlockHeld(found)) preview();
      };
      return [
        found.workers.length ? lines(found.workers.map((one) => `${one.worker_id}: ${heldText(one)}`)) : null,
        idle.length ? [h("p", {}, "These hold nothing, or nobody has this name:"), lines(idle)] : null,
        found.workers.length ? apply(session, `Unlock ${heldText(found)}…`, press) : null,
      ];
    });
  return card(ids.element, buttons(button("Show what they hold", preview)));
}

function expiredChore(session) {
  const { card, look } = chore(
    "Release old locks",
    "Whoever has held a job for hours, and is not known to be alive, is taken for dead. Workers do the same by themselves every few minutes.",
  );
  const preview = () =>
    look(async () => {
      const { workers } = await calls.maintain("release-expired-locks", { dry_run: true });
      if (!workers.length) return "No lock is that old: nothing to release.";
      const press = async () => {
        if (await releaseExpired(workers)) preview();
      };
      return [
        h("p", {}, "These have held something for too long:"),
        lines(workers.map(expired)),
        apply(session, "Release old locks…", press),
      ];
    });
  return card(buttons(button("Show old locks", preview)));
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
        lines(steps.map((step) => `${step.name}: ${step.description}`)),
        notes,
        session.can_migrate ? apply(session, `Apply ${many}…`, press) : null,
      ];
    });
  return card(buttons(button("Show what would be done", preview)));
}

function create({ session }) {
  const chores = [sweepChore, failedChore, unlockChore, expiredChore, unusedChore, migrateChore];
  const lede = session.read_only
    ? "The server was started with --read-only: every chore shows what it would do, and does nothing."
    : "Every chore shows what it would do, and asks, before it does it.";
  return {
    element: [
      ...pageHead("Maintenance", { live: false, lede }),
      h(
        "div",
        { class: "chores" },
        chores.map((make) => make(session)),
      ),
    ],
    async load() {},
  };
}

export default { title: "Maintenance", interval: 0, create };

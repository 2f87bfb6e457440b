// One job: its payload, its last error, what is known of its attempts, and what can be done with it.
import { actOn } from "../actions.js";
import * as calls from "../calls.js";
import { h, replace } from "../dom.js";
import { bytes, count, firstLine } from "../format.js";
import { icon } from "../icons.js";
import { pretty, prettyText } from "../json.js";
import { listPlace } from "../listplace.js";
import { button, jobBadges, pageHead, pauseText, problemCard, queueLink, taskLink } from "../parts.js";
import { pauseOf } from "../pauses.js";
import { go, href } from "../router.js";
import { when } from "../time.js";
import { copy } from "../toast.js";

function card(title, content, ...tools) {
  return h(
    "section",
    { class: "card", "aria-label": title },
    h("header", {}, h("h2", {}, title), h("div", { class: "end" }, tools)),
    h("div", { class: "body" }, content),
  );
}

function copyButton(text, what) {
  return h("button", { type: "button", class: "plain compact", onclick: () => copy(text, what) }, icon("copy"), "Copy");
}

/** What comes next: a line of the history. */
function nextStep(job, pause) {
  if (job.is_cancelled && job.state === "locked")
    return ["failed", firstLine(job.error_line) || "Cancelled", null, stopping(job)];
  if (job.state === "locked") return ["running", `Attempt ${job.attempts} runs`, job.locked_at, `on ${job.locked_by}`];
  if (job.state === "failed") return ["", "No attempts left", null, "Nothing happens until somebody retries it."];
  if (job.is_cancelled) return ["", "No attempts left", null, "Fails at the next sweep: it was given back though cancelled."];
  const room = job.state === "ready" ? "As soon as a worker has room." : null;
  return [
    job.state,
    `Attempt ${job.attempts + 1} of ${job.max_attempts}`,
    job.run_at,
    pause ? `Not before the ${pause.kind} ${pause.name} is resumed.` : room,
  ];
}

/** What becomes of a run that was cancelled. */
function stopping(job) {
  const told = job.worker_hears
    ? "Its worker has been asked to stop."
    : "Its worker sends no heartbeats, so it may be of another runtime: these hear nothing, and run it to its end.";
  return `${told} Unless it is done then, it is not tried again.`;
}

/** What the row tells of the past, and no more: attempts are a number that people set, too, and one error is kept. */
function history(job, pause) {
  const steps = [
    ["", "Added", job.created_at, job.revision > 0 ? `Changed ${job.revision}× through its key since.` : null],
  ];
  // Who cancels a job that runs takes all of its attempts: how many it has had, nobody knows any more.
  const used = job.is_cancelled ? 0 : job.state === "locked" ? job.attempts - 1 : job.attempts;
  if (used > 0)
    steps.push([
      job.state === "failed" ? "failed" : "",
      `${used} of ${job.max_attempts} attempts used up`,
      null,
      job.state === "failed" ? "One by one, or all at once: given up, cancelled, expired, or failed by hand." : null,
    ]);
  if (job.is_cancelled) {
    if (job.state === "locked") steps.push(["running", "Runs", job.locked_at, `on ${job.locked_by}`]);
  } else if (job.last_error)
    steps.push(
      used > 0
        ? ["failed", firstLine(job.error_line), null, "The last error: earlier ones are not kept."]
        : ["", "Has an error from before", null, "Retried or returned since: its attempts count from 0 again."],
    );
  steps.push(nextStep(job, pause));
  return h(
    "ol",
    { class: "attempts" },
    steps.map(([kind, what, time, more]) =>
      h(
        "li",
        { class: kind || null },
        h("strong", {}, what),
        time ? [" ", when(time)] : null,
        more ? h("span", { class: "under quiet" }, h("br"), more) : null,
      ),
    ),
  );
}

function facts(job) {
  const row = (name, value) =>
    value === null || value === undefined || value === "" ? null : [h("dt", {}, name), h("dd", {}, value)];
  const flags = Object.keys(job.flags ?? {});
  if (job.flags_left_out) flags.push(`and ${count(job.flags_left_out)} more`);
  return h(
    "dl",
    { class: "details" },
    row("Task", taskLink(job.task_identifier)),
    row("Queue", job.queue_name ? queueLink(job.queue_name) : null),
    row("Key", job.key ? h("span", { class: "name" }, job.key) : null),
    row("Priority", `${job.priority}`),
    row("Attempts", job.is_cancelled ? null : `${job.attempts} of ${job.max_attempts}`),
    row("Due", job.state === "failed" || job.is_cancelled ? null : when(job.run_at)),
    row("Added", when(job.created_at)),
    row("Changed", when(job.updated_at)),
    row("Locked by", job.locked_by ? h("span", { class: "name" }, job.locked_by) : null),
    row("Locked", job.locked_at ? when(job.locked_at) : null),
    row("Flags", flags.length ? h("span", { class: "name" }, flags.join(", ")) : null),
  );
}

/** Why this cannot be done to the job as it is. */
function hindrance(job, action) {
  if (action === "cancel" && job.is_cancelled) return "It was cancelled already.";
  if (action === "cancel" && job.state === "locked") return null;
  if (job.state === "locked") return "A worker is running this job.";
  if (job.state !== "failed") return null;
  const already = "It has failed already.";
  return { "run-now": "It has no attempts left: use Retry.", fail: already, cancel: already }[action] ?? null;
}

function actions(job) {
  const press = (action) => async () => {
    const done = await actOn(action, [job.id]);
    if (done && action === "complete") go(listPlace());
  };
  const make = (label, action, kind = "") => {
    const element = button(label, press(action), { kind, act: action });
    const reason = hindrance(job, action);
    if (reason) {
      element.disabled = true;
      element.title = reason;
    }
    return element;
  };
  return [
    make("Run now", "run-now"),
    make("Retry", "retry"),
    make("Reschedule…", "reschedule"),
    make("Cancel…", "cancel", "danger"),
    make("Fail…", "fail", "danger"),
    make("Complete…", "complete", "danger"),
  ];
}

function pausedCard(pause) {
  return h(
    "p",
    { class: "card note warning", role: "note" },
    pauseText(pause),
    " It waits until that is resumed. ",
    h("a", { href: href("queues") }, "What is paused"),
  );
}

/** What stands below a text that was cut. */
function all(id, what, words) {
  return h("p", { class: "note" }, `${words} `, h("a", { href: `api/jobs/${id}/${what}`, download: "" }, "Download all of it"));
}

function create(context) {
  const [, id] = context.path;
  const body = h("div", { class: "job-body" });
  const problem = h("div", {});
  let last = null;
  let known = null;

  function show(job) {
    known = job;
    const pause = pauseOf(job, context.feed.latest?.paused);
    const text = JSON.stringify([job, pause]);
    if (text === last) return;
    last = text;
    const focused = body.contains(document.activeElement) ? document.activeElement.dataset.act : null;
    const payload = job.payload_text ?? JSON.stringify(job.payload);
    replace(
      body,
      h(
        "div",
        { class: "page-head" },
        h("h1", {}, `Job ${job.id}`),
        jobBadges(job, pause),
        taskLink(job.task_identifier),
        context.session.read_only ? null : h("div", { class: "actions" }, actions(job)),
      ),
      pause ? pausedCard(pause) : null,
      h(
        "div",
        { class: "job-top" },
        h(
          "div",
          {},
          job.last_error
            ? card(
                "Last error",
                h("pre", { class: "block error", tabindex: "0", "aria-label": "Last error" }, job.last_error),
                job.last_error_cut ? all(job.id, "error", "The error is longer.") : copyButton(job.last_error, "Error"),
              )
            : null,
          card(
            "Payload",
            h(
              "pre",
              { class: "block", tabindex: "0", "aria-label": "Payload" },
              job.payload_cut ? payload : pretty(payload),
            ),
            job.payload_cut
              ? all(job.id, "payload", `The payload is longer: ${bytes(job.payload_bytes)}.`)
              : copyButton(prettyText(payload), "Payload"),
          ),
        ),
        h(
          "div",
          {},
          h("section", { class: "card", "aria-label": "Facts" }, h("header", {}, h("h2", {}, "Facts")), facts(job)),
          card("Attempts", history(job, pause)),
        ),
      ),
    );
    if (!focused) return;
    const again = body.querySelector(`[data-act="${focused}"]:enabled`);
    (again ?? document.getElementById("main")).focus({ preventScroll: true });
  }

  const unsubscribe = context.feed.subscribe(() => known && show(known));

  function gone() {
    last = null;
    known = null;
    replace(
      body,
      ...pageHead(`Job ${id}`, { live: false }).filter(Boolean),
      h(
        "div",
        { class: "card empty" },
        h("h2", {}, "This job is not there"),
        h(
          "p",
          {},
          "It is done, or somebody removed it. Jobs are deleted when they succeed: what happened is in the logs of your workers.",
        ),
        h("a", { href: href("jobs") }, "All jobs"),
      ),
    );
  }

  return {
    element: [h("a", { class: "small back", href: listPlace() }, icon("left"), "Jobs"), problem, body],
    async load(signal) {
      try {
        const { job } = await calls.job(id, signal);
        replace(problem);
        show(job);
      } catch (error) {
        if (error.status !== 404) throw error;
        replace(problem);
        gone();
      }
    },
    // Above what stands there, if anything does: that is out of date.
    fail(error) {
      if (!last) replace(body, pageHead(`Job ${id}`));
      replace(problem, problemCard(error));
    },
    close: unsubscribe,
  };
}

export default { title: "Job", interval: 3000, create };

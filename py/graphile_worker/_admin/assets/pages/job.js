// One job: its payload, its last error, what is known of its attempts, and what can be done with it.
import { actOn } from "../actions.js";
import * as calls from "../calls.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { pretty, prettyText } from "../json.js";
import { listPlace } from "../listplace.js";
import { button, pageHead, queueLink, stateBadge, taskLink } from "../parts.js";
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

/** What the row tells of the past: only the last error is kept, so earlier attempts are counted, not described. */
function history(job) {
  const steps = [
    ["", "Added", job.created_at, job.revision > 0 ? `Changed ${job.revision}× through its key since.` : null],
  ];
  const ended = job.state === "locked" ? job.attempts - 1 : job.attempts;
  const earlier = job.last_error ? ended - 1 : ended;
  if (earlier > 0)
    steps.push([
      "failed",
      earlier === 1 ? "Attempt 1" : `Attempts 1 to ${earlier}`,
      null,
      "The database keeps the last error only.",
    ]);
  if (ended > 0 && job.last_error)
    steps.push(["failed", `Attempt ${ended} failed`, job.state === "locked" ? null : job.updated_at, null]);
  if (ended === 0 && job.last_error)
    steps.push(["", "Has an error from before", null, "Retried or returned since: its attempts count from 0 again."]);
  if (job.state === "locked")
    steps.push(["running", `Attempt ${job.attempts} runs`, job.locked_at, `on ${job.locked_by}`]);
  else if (job.state === "failed")
    steps.push(["failed", "No attempts left", null, "Nothing happens until somebody retries it."]);
  else
    steps.push([
      job.state,
      `Attempt ${job.attempts + 1} of ${job.max_attempts}`,
      job.run_at,
      job.state === "ready" ? "As soon as a worker has room." : null,
    ]);
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
  return h(
    "dl",
    { class: "details" },
    row("Task", taskLink(job.task_identifier)),
    row("Queue", job.queue_name ? queueLink(job.queue_name) : null),
    row("Key", job.key ? h("span", { class: "name" }, job.key) : null),
    row("Priority", `${job.priority}`),
    row("Attempts", `${job.attempts} of ${job.max_attempts}`),
    row("Due", job.state === "failed" ? null : when(job.run_at)),
    row("Added", when(job.created_at)),
    row("Changed", when(job.updated_at)),
    row("Locked by", job.locked_by ? h("span", { class: "name" }, job.locked_by) : null),
    row("Locked", job.locked_at ? when(job.locked_at) : null),
    row("Flags", flags.length ? h("span", { class: "name" }, flags.join(", ")) : null),
  );
}

function actions(job) {
  const running = job.state === "locked";
  const press = (action) => async () => {
    const done = await actOn(action, [job.id]);
    if (done && action === "complete") go(listPlace());
  };
  const make = (label, action, kind = "") => {
    const element = button(label, press(action), { kind, act: action });
    if (running) {
      element.disabled = true;
      element.title = "A worker is running this job.";
    }
    return element;
  };
  return [
    make("Run now", "run-now"),
    make("Retry", "retry"),
    make("Reschedule…", "reschedule"),
    make("Fail…", "fail", "danger"),
    make("Complete…", "complete", "danger"),
  ];
}

function create(context) {
  const [, id] = context.path;
  const body = h("div", { class: "job-body" });
  let last = null;

  function show(job) {
    const text = JSON.stringify(job);
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
        stateBadge(job.state),
        taskLink(job.task_identifier),
        context.session.read_only ? null : h("div", { class: "actions" }, actions(job)),
      ),
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
                copyButton(job.last_error, "Error"),
              )
            : null,
          card(
            "Payload",
            h("pre", { class: "block", tabindex: "0", "aria-label": "Payload" }, pretty(payload)),
            copyButton(prettyText(payload), "Payload"),
          ),
        ),
        h(
          "div",
          {},
          h("section", { class: "card", "aria-label": "Facts" }, h("header", {}, h("h2", {}, "Facts")), facts(job)),
          card("Attempts", history(job)),
        ),
      ),
    );
    if (focused) body.querySelector(`[data-act="${focused}"]`)?.focus();
  }

  function gone() {
    last = null;
    replace(
      body,
      ...pageHead(`Job ${id}`, { live: false }).filter(Boolean),
      h(
        "div",
        { class: "card empty" },
        h("h3", {}, "This job is not there"),
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
    element: [h("a", { class: "small back", href: listPlace() }, icon("left"), "Jobs"), body],
    async load(signal) {
      try {
        show((await calls.job(id, signal)).job);
      } catch (error) {
        if (error.status !== 404) throw error;
        gone();
      }
    },
    fail(error) {
      if (!last)
        replace(
          body,
          h(
            "div",
            { class: "card problem-page", role: "alert" },
            h("h1", {}, error.message),
            error.hint ? h("p", {}, error.hint) : null,
          ),
        );
    },
  };
}

export default { title: "Job", interval: 3000, create };

// The form of a schedule, with a preview of its next ticks while it is being typed: the database tells them.
import { MAX_ATTEMPTS, PRIORITY } from "./actions.js";
import * as calls from "./calls.js";
import { ask, instant, localTime } from "./dialog.js";
import { h, replace, uid } from "./dom.js";
import { secondsOf, written } from "./format.js";
import { isDocument } from "./json.js";
import { when } from "./time.js";

const WAIT_MS = 250;
const LENGTH = {
  check: (text) =>
    text && text !== "0" && secondsOf(text) === null ? "This is no duration: write 30s, 5m, 2h or 1d." : null,
};
const EVERY = (text) => {
  if (!text) return null;
  const seconds = secondsOf(text);
  if (seconds === null) return LENGTH.check(text);
  return seconds < 1 ? "The least is 1s." : null;
};

/** Times as the clocks of a zone show them; UTC where this browser does not know the zone. */
export function clock(zone, options = {}) {
  const wanted = { dateStyle: "full", timeStyle: "short", ...options };
  try {
    return new Intl.DateTimeFormat(undefined, { ...wanted, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat(undefined, { ...wanted, timeZone: "UTC" });
  }
}

/** The part of the form that says when it would be due; update(values) asks, once nothing was typed for a moment. */
function preview() {
  const element = h("div", { class: "wide preview", role: "status" });
  let timer = null;
  let abort = null;
  let shown = null;
  const say = (text, wrong = false) => replace(element, h("span", { class: wrong ? "wrong" : "hint" }, text));

  async function look(wanted, signal) {
    try {
      const { next_ticks: ticks } = await calls.previewSchedule(wanted, signal);
      if (!ticks.length) {
        say("No tick comes.", true);
        return;
      }
      const zone = wanted.time_zone || "UTC";
      const seconds = ticks.some((tick) => new Date(tick).getUTCSeconds());
      const format = clock(zone, seconds ? { timeStyle: "medium" } : {});
      replace(
        element,
        h("span", { class: "label" }, `Next ticks (${format.resolvedOptions().timeZone})`),
        h(
          "ol",
          {},
          ticks.map((tick) =>
            h("li", {}, format.format(new Date(tick)), " ", h("span", { class: "quiet" }, when(tick))),
          ),
        ),
      );
    } catch (error) {
      if (signal.aborted) return;
      say([error.message, error.hint].filter(Boolean).join(". "), true);
    }
  }

  return {
    element,
    update(values) {
      const wanted = {
        cron: values.cron,
        every_secs: secondsOf(values.every),
        time_zone: values.time_zone,
        starts_at: instant(values.starts_at),
        ends_at: instant(values.ends_at),
      };
      const asked = JSON.stringify(wanted);
      if (asked === shown) return;
      shown = asked;
      clearTimeout(timer);
      abort?.abort();
      if (values.cron && values.every) say("Fill in one of the two: a cron expression, or every so often.", true);
      else if (!values.cron && !wanted.every_secs) say("Say when it is due: the next ticks stand here then.");
      else {
        abort = new AbortController();
        const { signal } = abort;
        timer = setTimeout(() => look(wanted, signal), WAIT_MS);
      }
    },
  };
}

/** The fields; old: the schedule as it is, null for a new one. zones: id of the list of time zones. */
function fields(old, ticks, zones) {
  const length = (seconds) => (seconds ? written(seconds) : "");
  return [
    old ? null : { name: "schedule", label: "Name", required: true, hint: "Letters, digits, and _ : / - are usual." },
    { name: "task", label: "Task", value: old?.task, wide: Boolean(old), hint: "Empty: the name of the schedule." },
    {
      name: "cron",
      label: "Cron expression",
      value: old?.cron,
      hint: "Minute, hour, day, month, weekday: 0 8 * * 1 is Monday at 08:00.",
    },
    {
      name: "time_zone",
      label: "Time zone",
      value: old?.time_zone ?? "UTC",
      list: zones,
      hint: "As in Europe/Vienna.",
    },
    { name: "every", label: "Or every", value: length(old?.every), check: EVERY, hint: "10s, 5m, 2h, 1d." },
    { name: "queue_name", label: "Queue", value: old?.queue_name, hint: "Jobs of one queue run one at a time." },
    {
      name: "skip_if_running",
      label: "No job while the last one is not done",
      type: "checkbox",
      value: old?.skip_if_running,
    },
    { node: ticks },
    {
      name: "payload",
      label: "Payload (JSON)",
      type: "textarea",
      value: old?.payload_text ?? "",
      wide: true,
      hint: "An object, or nothing. _cron, which says the tick, is added.",
      check: (text) => (text && !isDocument(text) ? "This is no JSON object." : null),
    },
    { ...PRIORITY, value: old?.priority, more: true },
    { ...MAX_ATTEMPTS, value: old?.max_attempts, more: true },
    {
      name: "backfill",
      label: "Make up for ticks of the last",
      value: length(old?.backfill),
      hint: "5 minutes are made up for in any case.",
      more: true,
      ...LENGTH,
    },
    {
      name: "starts_at",
      label: "Starts at",
      type: "datetime-local",
      value: localTime(old?.starts_at),
      hint: "Your local time.",
      more: true,
    },
    {
      name: "ends_at",
      label: "Ends at",
      type: "datetime-local",
      value: localTime(old?.ends_at),
      hint: "Your local time.",
      more: true,
    },
    {
      name: "jitter",
      label: "Jitter",
      value: length(old?.jitter),
      hint: "Each job starts up to so much later.",
      more: true,
      ...LENGTH,
    },
    {
      name: "job_key",
      label: "Job key",
      value: old?.job_key,
      hint: "A job replaces the last one while that waits.",
      more: true,
    },
    {
      name: "job_key_mode",
      label: "If the key exists",
      type: "select",
      value: old?.job_key_mode,
      options: [
        ["replace", "replace"],
        ["preserve_run_at", "replace, keep its time"],
      ],
      more: true,
    },
  ].filter(Boolean);
}

const RARE = ["priority", "max_attempts", "backfill", "starts_at", "ends_at", "jitter", "job_key"];

/** What stands in a field of time, to the microsecond where nobody has touched it. */
const time = (text, iso) => (instant(text) === instant(localTime(iso)) ? (iso ?? null) : instant(text));
const number = (text) => (text === "" ? null : Number(text));

function body(values, old) {
  return {
    schedule: old?.identifier ?? values.schedule,
    create: !old,
    cron: values.cron || null,
    every_secs: values.every ? secondsOf(values.every) : null,
    time_zone: values.time_zone || "UTC",
    task: values.task || null,
    payload_text: values.payload || null,
    queue_name: values.queue_name || null,
    priority: number(values.priority),
    max_attempts: number(values.max_attempts),
    job_key: values.job_key || null,
    job_key_mode: values.job_key_mode,
    backfill_secs: secondsOf(values.backfill) ?? 0,
    jitter_secs: secondsOf(values.jitter) ?? 0,
    starts_at: time(values.starts_at, old?.starts_at),
    ends_at: time(values.ends_at, old?.ends_at),
    skip_if_running: values.skip_if_running,
  };
}

/** Ask for a schedule and set it. Resolves to its name, or undefined. */
export function askForSchedule(old = null) {
  const ticks = preview();
  const zones = uid("zones");
  const known = Intl.supportedValuesOf?.("timeZone") ?? [];
  return ask({
    title: old ? `Edit the schedule ${old.identifier}` : "New schedule",
    wide: true,
    fields: [
      {
        node: h(
          "datalist",
          { id: zones },
          known.map((zone) => h("option", { value: zone })),
        ),
      },
      ...fields(old, ticks.element, zones),
    ],
    open: RARE.some((name) => old?.[name]),
    confirm: old ? "Save the schedule" : "Create the schedule",
    oninput: ticks.update,
    run: async (values) => {
      const wanted = body(values, old);
      if (!wanted.cron === !wanted.every_secs)
        throw new Error("Fill in one of the two: a cron expression, or every so often.");
      await calls.setSchedule(wanted);
      return wanted.schedule;
    },
  });
}

// Every call of the server's API, by name: the one place to look at when the API changes.
import { get, post, useCsrf } from "./api.js";

// The most jobs of a chunk that is counted.
const COUNT_CHUNK = 10000;
// The most ids one call may name: the server's to say.
let maxIds = 1;

export async function session(signal) {
  const answer = await get("session", {}, signal);
  useCsrf(answer);
  maxIds = answer.max_ids;
  return answer;
}

/** The figures of the whole queue, and the samples taken after number `since`. */
export const overview = (since, signal) => get("overview", { since }, signal);
export const tasks = (signal) => get("tasks", {}, signal);
export const health = (signal) => get("health", {}, signal);

/** {jobs, looked_at, complete, next_id}; params: state, task, queue, search, limit, before_id, after_id. */
export const jobs = (params, signal) => get("jobs", params, signal);
export const job = (id, signal) => get(`jobs/${encodeURIComponent(id)}`, {}, signal);
export const queues = (params, signal) => get("queues", params, signal);
export const workers = (signal) => get("workers", { limit: 500 }, signal);
export const crontabs = (signal) => get("crontabs", {}, signal);

/** The state whose jobs each action of bulk() is about when its filter has none. */
export const defaultStates = async () => (await get("default-states")).default_states;

export const addJob = (body) => post("jobs", body);
export const findByKey = (key) => post("jobs/remove-by-key", { job_key: key, dry_run: true });
export const removeByKey = (key) => post("jobs/remove-by-key", { job_key: key });
/** kind: "queue", "task" or, to be resumed, "schedule". */
export const pause = (kind, name, reason, until) => post(`${kind}s/pause`, { [kind]: name, reason, until });
export const resume = (kind, name) => post(`${kind}s/resume`, { [kind]: name });
export const maintain = (action, body = {}) => post("maintenance", { action, ...body });

/** {schedules, next}; params: search, state, after, limit. */
export const schedules = (params, signal) => get("schedules", params, signal);
/** All of one, its payload too. */
export const schedule = async (name) => (await get("schedules/show", { schedule: name })).schedule;
/** {next_ticks}; params: cron or every_secs, time_zone, starts_at, ends_at. */
export const previewSchedule = (params, signal) => get("schedules/preview", params, signal);
export const setSchedule = (body) => post("schedules/set", body);
export const removeSchedule = (name) => post("schedules/remove", { schedule: name });
export const pauseSchedule = (name, reason, until) => post("schedules/pause", { schedule: name, reason, until });
export const runSchedule = (name) => post("schedules/run-now", { schedule: name });

/** {limits, next: {kind, name}}; params: limit, after_kind, after_name. */
export const limits = (params, signal) => get("limits", params, signal);
export const setLimit = (body) => post("limits/set", body);
/** kind: "queue", of patterns too, or "task". */
export const unlimit = (kind, name) => post("limits/unlimit", { kind, name });

/** {policies}: of every task that has one. */
export const policies = (signal) => get("policies", {}, signal);
export const setPolicy = (body) => post("policies/set", body);
export const resetPolicy = (task) => post("policies/reset", { task });

/**
 * Do something to the jobs with these ids: how many were changed, how many were not as they had failed before; of those
 * cancelled how many run (asked), and of how many the worker may not hear of it (unheard).
 */
export async function act(action, ids, more = {}) {
  const sum = { changed: 0, failed: 0, asked: 0, unheard: 0 };
  for (let from = 0; from < ids.length; from += maxIds) {
    const answer = await post("jobs/action", { action, ids: ids.slice(from, from + maxIds), ...more });
    sum.changed += answer.changed;
    sum.failed += answer.failed_already ?? 0;
    sum.asked += answer.asked ?? 0;
    sum.unheard += answer.unheard ?? 0;
  }
  return sum;
}

/**
 * Do something to every job that matches a filter, a chunk at a time, each a small transaction: a million rows are no
 * burden. Aborting the signal stops it between two chunks, never within one, so that the number done is known.
 * action: retry, fail, remove, reschedule or cancel. With dry_run they are only counted.
 */
export async function bulk(action, filter, more = {}, signal = undefined, progress = () => {}) {
  let changed = 0;
  let after = 0;
  for (;;) {
    signal?.throwIfAborted();
    const chunk = await post("jobs/bulk", { action, filter, after_id: after, ...more });
    changed += chunk.changed;
    progress(changed);
    if (!chunk.more) return changed;
    after = chunk.last_id;
  }
}

/** How many jobs bulk() would change. */
export function countMatching(action, filter, signal, progress) {
  return bulk(action, filter, { dry_run: true, max_jobs: COUNT_CHUNK }, signal, progress);
}

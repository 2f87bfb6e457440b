// The Node side of tools/interop.py: runs the published graphile-worker, told what to do by lines of JSON.
//
//   node interop_worker.mjs FOLDER_WITH_NODE_MODULES DATABASE_URL
//
// A line in is {"call", "args"} and is answered, in order, by {"reply"} or {"error"}. In between come {"event"} lines:
// "held" (a job has started that ends when it is told to), "run" (a job has ended), "log" (what the package logs).
// interop_worker.py says the same for Python.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const [folder, connectionString] = process.argv.slice(2);
const entry = createRequire(`${folder}/package.json`).resolve("graphile-worker");
const { Logger, makeWorkerUtils, run, runMigrations } = await import(pathToFileURL(entry).href);

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const logger = new Logger(() => (level, message) => say({ event: "log", level, message }));
const utils = await makeWorkerUtils({ connectionString, logger });

let runner;
let released;
let release = () => {};

// CLOCK_MONOTONIC, in nanoseconds, as text: too large for a number one day.
const now = () => String(process.hrtime.bigint());

function handler(kind) {
  return async (payload, helpers) => {
    const start = now();
    const { job } = helpers;
    const facts = {
      job: Number(job.id),
      task: job.task_identifier,
      payload,
      queue: await helpers.getQueueName(),
      key: job.key,
      priority: job.priority,
      run_at: job.run_at.toISOString(),
      attempts: job.attempts,
      max_attempts: job.max_attempts,
      flags: job.flags,
    };
    if (kind.startsWith("hold")) {
      say({ event: "held", ...facts });
      await Promise.race([released, helpers.abortPromise]);
    } else {
      await sleep(3);
    }
    say({ event: "run", ...facts, start, end: now() });
    if (kind === "fail" || kind === "hold and fail" || (kind === "fail marked" && payload.fails)) throw new Error("boom in node");
  };
}

const nodeSpec = (spec) => ({
  queueName: spec.queue_name,
  runAt: spec.run_at && new Date(spec.run_at),
  maxAttempts: spec.max_attempts,
  jobKey: spec.job_key,
  priority: spec.priority,
  flags: spec.flags,
  jobKeyMode: spec.job_key_mode,
});

const calls = {
  async start({ tasks, concurrency = 2, poll_interval = 0.25, local_queue, reset_locked, signals = false, ...rest }) {
    const worker = { ...(local_queue && { localQueue: { size: local_queue } }) };
    // Without these 0.18.0 does not wait for what it has to say about its last jobs: they stay locked.
    if (signals) Object.assign(worker, { completeJobBatchDelay: 0, failJobBatchDelay: 0 });
    released = new Promise((resolve) => (release = resolve));
    runner = await run({
      connectionString,
      logger,
      concurrency,
      pollInterval: poll_interval * 1000,
      taskList: Object.fromEntries(Object.entries(tasks).map(([name, kind]) => [name, handler(kind)])),
      crontab: "",
      forbiddenFlags: rest.forbidden_flags,
      noHandleSignals: !signals,
      gracefulShutdownAbortTimeout: 200,
      ...(reset_locked && { minResetLockedInterval: 50, maxResetLockedInterval: 100 }),
      preset: { worker },
    });
    // A job that was aborted makes it reject, which is no news here.
    runner.promise.catch(() => {});
  },
  async stop() {
    const stopped = runner;
    runner = undefined;
    await stopped?.stop();
  },
  async release() {
    release();
  },
  async add_job({ identifier, payload, ...spec }) {
    return Number((await utils.addJob(identifier, payload, nodeSpec(spec))).id);
  },
  async add_jobs({ specs, preserve_run_at = false }) {
    const jobs = specs.map(({ identifier, payload, ...spec }) => ({ identifier, payload, ...nodeSpec(spec) }));
    return (await utils.addJobs(jobs, preserve_run_at)).map((job) => Number(job.id));
  },
  async remove_job({ job_key }) {
    // The package has no function for it: its documentation says to call this.
    const sql = "select id from graphile_worker.remove_job($1)";
    const { rows } = await utils.withPgClient((client) => client.query(sql, [job_key]));
    return rows[0].id && Number(rows[0].id);
  },
  async reschedule({ job_ids, max_attempts }) {
    const jobs = await utils.rescheduleJobs(job_ids.map(String), { runAt: new Date(), maxAttempts: max_attempts });
    return jobs.map((job) => Number(job.id));
  },
  async migrate() {
    await runMigrations({ connectionString, logger });
  },
};

say({ reply: null });
for await (const line of createInterface({ input: process.stdin })) {
  const { call, args } = JSON.parse(line);
  try {
    say({ reply: (await calls[call](args)) ?? null });
  } catch (error) {
    say({ error: { code: error.code ?? null, message: error.message } });
  }
}
await calls.stop();
await utils.release();

// graphile-worker for Node.js; the protocol is that of common.py. BENCH_MODULES: the node_modules folder that has it.
// concurrency: concurrentJobs. localQueue: size of its local queue, with completions handed in without a delay.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const modules = createRequire(`${process.env.BENCH_MODULES}/x.js`);
const { Logger, makeWorkerUtils, run } = await import(pathToFileURL(modules.resolve("graphile-worker")).href);

const BULK_CALL = 10_000;
const [, , command, jobsText] = process.argv;
const jobs = Number(jobsText || 0);
const options = JSON.parse(process.env.BENCH_OPTIONS || "{}");
const connectionString = process.env.DATABASE_URL;
const logger = new Logger(() => (level, message) => {
  if (level === "error") console.error(message);
});

const now = () => process.hrtime.bigint();
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const spec = (number) => ({
  identifier: "noop",
  payload: { id: number },
  ...(options.queues ? { queueName: `queue ${number % options.queues}` } : {}),
});

async function add() {
  const utils = await makeWorkerUtils({ connectionString, logger });
  if (command === "setup") {
    await utils.migrate();
  } else {
    const startedAt = now();
    if (command === "enqueue") {
      for (let number = 0; number < jobs; number++) await utils.addJob("noop", { id: number });
    } else if (command === "bulk") {
      for (let first = 0; first < jobs; first += BULK_CALL) {
        await utils.addJobs(Array.from({ length: Math.min(BULK_CALL, jobs - first) }, (_, k) => spec(first + k)));
      }
    } else {
      for (let number = 0; number < jobs; number++) {
        await utils.addJob("noop", { id: number, t: String(now()) });
        await sleep(5 + Math.random() * 5);
      }
    }
    say({ seconds: Number(now() - startedAt) / 1e9 });
  }
  await utils.release();
  process.exit(0);
}

async function work() {
  let count = 0;
  let reported = 0;
  let first = 0;
  let waitsForLatencies = Boolean(options.latency);
  const latencies = [];
  setInterval(() => {
    if (count !== reported) {
      reported = count;
      say({ count, first, at: Number(now()) });
    }
    if (waitsForLatencies && latencies.length >= jobs) {
      waitsForLatencies = false;
      say({ latencies });
    }
  }, 20);
  const noop = (payload) => {
    if (count === 0) first = Number(now());
    count++;
    if (payload.t) latencies.push(Number(now() - BigInt(payload.t)));
  };
  const concurrentJobs = options.concurrency || 10;
  const worker = {
    connectionString,
    concurrentJobs,
    maxPoolSize: concurrentJobs + 2,
    logger,
    ...(options.localQueue
      ? { localQueue: { size: options.localQueue }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }
      : {}),
  };
  const runner = await run({ preset: { worker }, taskList: { noop } });
  await runner.promise;
}

await (command === "work" ? work() : add());

// Runs inside a fetched release of graphile-worker: installs its schema, adds a job by its own API where it has one, and
// runs the jobs whose task is `boom` or stands in TASKS until nothing is due. `boom` fails.
//
//   node takeover_seed.mjs FOLDER_WITH_NODE_MODULES DATABASE_URL [TASKS, comma separated]

import { createRequire } from "module";
import { pathToFileURL } from "url";

async function main([folder, connectionString, tasks]) {
  const entry = createRequire(`${folder}/package.json`).resolve("graphile-worker");
  const loaded = await import(pathToFileURL(entry).href);
  const release = loaded.runOnce ? loaded : loaded.default;
  const taskList = {
    boom: async () => {
      throw new Error("boom");
    },
  };
  for (const task of (tasks || "").split(",").filter(Boolean)) taskList[task] = async () => {};
  if (tasks === undefined && release.quickAddJob) {
    await release.quickAddJob({ connectionString }, "api", { from: "the API" });
  }
  await release.runOnce({ connectionString, taskList, noHandleSignals: true });
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);

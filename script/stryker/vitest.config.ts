import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import type { Job } from "./runner.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const path = process.env.STRYKER_JOB;
/** None where this is only looked at. */
const job = path === undefined ? undefined : (JSON.parse(readFileSync(path, "utf8")) as Job);

export default defineConfig({
  root,
  plugins: [
    {
      name: "mutants",
      enforce: "pre",
      load(id) {
        const file = relative(root, id.split("?")[0] ?? "").replaceAll("\\", "/");
        return job?.code[file];
      },
    },
  ],
  test: {
    include: job?.include ?? [],
    exclude: job?.exclude ?? [],
    runner: "script/stryker/runner.ts",
    setupFiles: ["script/stryker/setup.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
  },
});

// npm run test:coverage:service [-- --json]: which lines of service/core and service/audit their own tests do not reach.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instrument } from "./service-coverage/instrument.mjs";
import { root } from "./steps.mjs";

/** The least part of the lines of each folder. */
const BAR = 0.95;
const FOLDERS = ["service/core", "service/audit"];

/** @typedef {{ file: string, lines: number, unreached: number[] }} FileLines */

function runTests() {
  const folder = mkdtempSync(join(tmpdir(), "reached-"));
  try {
    const args = ["run", "--config", "script/service-coverage/vitest.config.ts"];
    const { status } = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", ...args], {
      cwd: root,
      env: { ...process.env, REACHED_FOLDER: folder },
      stdio: ["ignore", 2, "inherit"],
    });
    if (status !== 0) throw new Error("the tests fail: nothing was measured");
    return readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * A line is reached if everything that begins on it is.
 * @param {string} file
 * @param {Record<string, number[]>[]} reached
 * @returns {FileLines}
 */
function measure(file, reached) {
  const { lines } = instrument(file, readFileSync(root + file, "utf8"));
  const points = new Set(reached.flatMap((one) => one[file] ?? []));
  const unreached = new Set(lines.filter((_, point) => !points.has(point)));
  return { file, lines: new Set(lines).size, unreached: [...unreached] };
}

const reached = runTests();
const folders = FOLDERS.map((folder) => {
  const files = readdirSync(root + folder)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => measure(`${folder}/${name}`, reached));
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  const unreached = files.reduce((sum, file) => sum + file.unreached.length, 0);
  return { folder, lines, reached: lines - unreached, part: (lines - unreached) / lines, files };
});
if (process.argv.includes("--json")) console.log(JSON.stringify({ folders }));
else {
  for (const { folder, lines, reached, part, files } of folders) {
    console.log(`${folder}: ${reached} of ${lines} lines, ${(100 * part).toFixed(1)} %`);
    for (const { file, unreached } of files) {
      if (unreached.length > 0) console.log(`  ${file}: ${unreached.join(", ")}`);
    }
  }
}
if (folders.some(({ part }) => part < BAR)) process.exitCode = 1;

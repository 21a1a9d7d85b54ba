// node script/steps.mjs PREFIX: runs every script of package.json whose name begins so, whatever becomes of each.
// lint:contracts compiles anew each time and on its own: forge reports no warnings for what it takes from its cache,
// and solc stops at 256 warnings, which the test library alone exceeds.
import { exec } from "node:child_process";
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import manifest from "../package.json" with { type: "json" };

export const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * The flags that a script was given; anything else ends it with 2 before it begins, and --help with 0.
 * @param {string} usage which names them all
 * @param {string[]} flags
 * @returns {Set<string>}
 */
export function flagsOf(usage, ...flags) {
  const given = process.argv.slice(2);
  if (given.includes("--help")) {
    console.log(`Usage: ${usage}`);
    process.exit(0);
  }
  const other = given.find((each) => !flags.includes(each));
  if (other !== undefined) {
    console.error(`error: unknown argument '${other}'; usage: ${usage}`);
    process.exit(2);
  }
  return new Set(given);
}

/**
 * Runs steps one after the other, quietly; the output of one is shown only if it fails.
 * @param {string} prefix of their names
 * @returns {Promise<boolean[]>} whether each succeeded
 */
export async function runSteps(prefix) {
  const passed = [];
  for (const name of Object.keys(manifest.scripts).filter((each) => each.startsWith(prefix)))
    passed.push(await runStep(name));
  return passed;
}

/** @param {string} name @returns {Promise<boolean>} */
function runStep(name) {
  const began = performance.now();
  return new Promise((resolve) => {
    exec(`npm run --silent ${name}`, { cwd: root, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`${error ? "FAIL" : "ok  "} ${name} (${seconds} s)`);
      if (error) console.log(`${stdout}${stderr}` || error.message);
      resolve(error === null);
    }).stdin?.end();
  });
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const passed = await runSteps(process.argv[2] ?? "");
  if (passed.length === 0 || passed.includes(false)) process.exitCode = 1;
}

// What `npm run lint` and `npm test` have in common: named commands, run one after the other.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { foundryBinary } from "./foundry.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** @param {string} entry path of a package's own command, below node_modules */
const node = (entry) => [process.execPath, `node_modules/${entry}`];
const forge = foundryBinary("forge");

/** @typedef {{ name: string, command: string[] }} Step */

/** @type {Step[]} */
export const lintSteps = [
  { name: "biome", command: [...node("@biomejs/biome/bin/biome"), "check", "--error-on-warnings", "."] },
  { name: "imports point inward", command: [process.execPath, "script/check-imports.mjs"] },
  { name: "nothing unused", command: [...node("knip/bin/knip.js"), "--no-progress"] },
  { name: "forge fmt", command: [forge, "fmt", "--check"] },
  {
    // Compiled anew each time and on its own: forge reports no warnings for what it takes from its cache, and
    // solc stops at 256 warnings, which the test library alone exceeds.
    name: "contracts compile without warnings and fit their size limit",
    command: [
      ...[forge, "build", "contracts", "--force", "--sizes", "--deny", "warnings"],
      ...["--out", "cache/lint/out", "--cache-path", "cache/lint"],
    ],
  },
];

/** @type {Step[]} */
export const typecheckSteps = [
  { name: "typecheck", command: node("typescript/bin/tsc") },
  // What runs in a browser knows nothing of Node.
  { name: "typecheck of the page", command: [...node("typescript/bin/tsc"), "-p", "service/web"] },
];

/** @type {Step} */
export const buildStep = {
  name: "forge build",
  command: [
    forge,
    "build",
    ...["contracts", "script", "test/contracts"].filter((folder) => existsSync(`${root}${folder}`)),
  ],
};

/** @type {Step} */
export const packageStep = {
  name: "dist",
  command: [process.execPath, "script/run.mjs", "script/package.ts"],
};

/**
 * Runs a step quietly; its output is shown only if it fails.
 * @param {Step} step
 * @returns {Promise<boolean>} whether it succeeded
 */
export function runStep({ name, command: [file = "", ...args] }) {
  const began = performance.now();
  return new Promise((resolve) => {
    execFile(file, args, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`${error ? "FAIL" : "ok  "} ${name} (${seconds} s)`);
      if (error) console.log(`${stdout}${stderr}` || error.message);
      resolve(error === null);
    }).stdin?.end();
  });
}

/**
 * Runs steps one after the other, whatever becomes of each.
 * @param {Step[]} steps
 * @returns {Promise<boolean[]>} whether each succeeded
 */
export async function runSteps(steps) {
  const passed = [];
  for (const step of steps) passed.push(await runStep(step));
  return passed;
}

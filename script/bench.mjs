// SPDX-License-Identifier: AGPL-3.0-only
// npm run bench [-- --size N] [-- --json]: Merkle trees from entries to root and 1,000 merkleProofs, ours and others'.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { contestants, makeEntries } from "./bench/contestants.mjs";

const OURS = "provender";
const PROOFS = 1_000;
// Short runs are repeated, each in a fresh process, and the median counts; a long one needs no repetition.
const RUNS = 3;
const LONG_CPU_SECONDS = 5;

/** @typedef {{ root: string, merkleProofs: number, cpuSeconds: number, peakMegabytes: number }} Measure */

const { values: options } = parseArgs({
  options: {
    size: { type: "string", default: "100000" },
    json: { type: "boolean", default: false },
    contestant: { type: "string" },
  },
});
const size = Number(options.size);
if (!Number.isInteger(size) || size < 1 || size > 2_000_000) {
  console.error(`--size ${options.size}: give a number of leaves from 1 to 2000000`);
  process.exit(2);
}
if (options.contestant === undefined) compare();
else await measure(options.contestant);

/** Runs in a child process, so that no contestant pays for another's garbage or profits from its warm-up. */
async function measure(/** @type {string} */ name) {
  const load = contestants[name];
  if (load === undefined) throw new Error(`no contestant ${name}`);
  const run = await load();
  const entries = makeEntries(size);
  globalThis.gc?.(); // The entries' garbage is not the contestant's.
  const before = process.cpuUsage();
  const outcome = run(entries, PROOFS);
  const { user, system } = process.cpuUsage(before);
  const peakMegabytes = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ ...outcome, cpuSeconds: (user + system) / 1e6, peakMegabytes }));
}

function compare() {
  /** @type {Map<string, Measure>} */
  const results = new Map();
  for (const name of Object.keys(contestants)) {
    process.stderr.write(`${name}, ${size} leaves…\n`);
    results.set(name, medianOf(name));
  }
  const ours = /** @type {Measure} */ (results.get(OURS));
  for (const [name, { root, merkleProofs }] of results) {
    if (name.startsWith("merkletreejs") && root !== ours.root)
      throw new Error(`${name} has another root: ${root}`);
    if (merkleProofs !== ours.merkleProofs) throw new Error(`${name} made ${merkleProofs} merkleProofs`);
  }
  if (options.json) printLines(ours, results);
  else printTable(ours, results);
}

/** @param {string} name @returns {Measure} */
function medianOf(name) {
  const runs = [inChild(name)];
  while (runs.length < RUNS && (runs[0]?.cpuSeconds ?? 0) < LONG_CPU_SECONDS) runs.push(inChild(name));
  runs.sort((a, b) => a.cpuSeconds - b.cpuSeconds);
  return /** @type {Measure} */ (runs[runs.length >> 1]);
}

/** @param {string} name @returns {Measure} */
function inChild(name) {
  const script = fileURLToPath(import.meta.url);
  const args = ["--expose-gc", "--import", "tsx", script, "--contestant", name, "--size", String(size)];
  const child = spawnSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (child.status !== 0) throw new Error(`${name} failed with status ${child.status ?? child.signal}`);
  return JSON.parse(child.stdout);
}

/** @param {Measure} ours @param {Map<string, Measure>} results */
function printLines(ours, results) {
  for (const [peer, theirs] of results) {
    if (peer === OURS) continue;
    printLine(`tree-${size}`, "cpu-seconds", peer, ours.cpuSeconds, theirs.cpuSeconds);
    printLine(`tree-${size}-peak`, "megabytes", peer, ours.peakMegabytes, theirs.peakMegabytes);
  }
}

/** @param {string} name @param {string} unit @param {string} peer @param {number} value @param {number} peerValue */
function printLine(name, unit, peer, value, peerValue) {
  const ratio = Number((peerValue / value).toFixed(2));
  console.log(JSON.stringify({ name, value, unit, peer, peerValue, ratio }));
}

/** @param {Measure} ours @param {Map<string, Measure>} results */
function printTable(ours, results) {
  console.log(
    `${size} leaves: encode, root, ${ours.merkleProofs} merkleProofs; CPU time, each in its own process`,
  );
  const rows = [...results].map(([name, { cpuSeconds, peakMegabytes }]) => [
    name,
    `${cpuSeconds.toFixed(2)} s`,
    `${(cpuSeconds / ours.cpuSeconds).toFixed(1)}x`,
    `${peakMegabytes.toFixed(0)} MB`,
  ]);
  const table = [["contestant", "CPU time", "ratio", "peak memory"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  for (const [name = "", ...cells] of table) {
    console.log(
      [name.padEnd(widths[0] ?? 0), ...cells.map((cell, i) => cell.padStart(widths[i + 1] ?? 0))].join("  "),
    );
  }
}

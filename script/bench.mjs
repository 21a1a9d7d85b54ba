// SPDX-License-Identifier: AGPL-3.0-only
// npm run bench [-- TOPIC… --full --json --plots FOLDER --size N,… --runs N]: figures of ours beside those of other software that does the same
// work. Each topic is a file under bench/, and a line in TOPICS; --full takes the largest sizes with the slowest peers.
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { writePlots } from "./bench/plots.mjs";
import { printLines, printTable } from "./bench/report.mjs";

/**
 * What a topic's file exports: `run` gives its figures; what it measures in a process of its own, `work` does there.
 * @typedef {{ full: boolean, size: number | undefined, runs: number, oursOnly?: boolean, note: (line: string) => void }} Options
 * @typedef {{
 *   title: string,
 *   run: (options: Options) => Promise<import("./bench/figures.mjs").Figure[]>,
 *   work: (task: never) => Promise<unknown>,
 * }} Topic
 */

/** @type {Record<string, () => Promise<Topic>>} */
const TOPICS = {
  tree: () => import("./bench/tree.mjs"),
  serve: () => import("./bench/serve.mjs"),
  ready: () => import("./bench/ready.mjs"),
  audit: () => import("./bench/audit.mjs"),
  "audit-growth": () => import("./bench/audit-growth.mjs"),
  ingest: () => import("./bench/ingest.mjs"),
  epoch: () => import("./bench/epoch.mjs"),
  "ingest-rpc": () => import("./bench/ingest-rpc.mjs"),
  endpoints: () => import("./bench/endpoints.mjs"),
  provernet: () => import("./bench/provernet.mjs"),
  ponder: () => import("./bench/ponder.mjs"),
  growth: () => import("./bench/growth.mjs"),
};
/** One has to be installed first, by a package manager; the other runs parts of the rest again. */
const BY_NAME_ONLY = ["ponder", "growth"];
const MAX_SIZE = 2_000_000;
const MAX_RUNS = 99;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    // Pictures of what was measured at several sizes.
    plots: { type: "string" },
    size: { type: "string" },
    // The median counts.
    runs: { type: "string", default: "3" },
    worker: { type: "string" },
  },
});

if (options.worker !== undefined) {
  const { work } = await load(options.worker);
  const outcome = await work(/** @type {never} */ (JSON.parse(positionals[0] ?? "{}")));
  if (outcome !== undefined) console.log(JSON.stringify(outcome));
} else {
  const sizes = options.size?.split(",").map((size) => asCount("--size", size, MAX_SIZE)) ?? [undefined];
  const runs = asCount("--runs", options.runs, MAX_RUNS);
  await compare(
    positionals.length > 0 ? positionals : Object.keys(TOPICS).filter((name) => !BY_NAME_ONLY.includes(name)),
    sizes,
    runs,
  );
}

/** @param {string[]} names @param {(number | undefined)[]} sizes @param {number} runs */
async function compare(names, sizes, runs) {
  const topics = await Promise.all(names.map(load));
  const note = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);
  note(
    `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
  );
  /** @type {import("./bench/figures.mjs").Figure[]} */
  const all = [];
  for (const { title, run } of topics) {
    /** @type {import("./bench/figures.mjs").Figure[]} */
    const figures = [];
    for (const size of sizes) figures.push(...(await run({ full: options.full, size, runs, note })));
    all.push(...figures);
    if (options.json) printLines(figures);
    else printTable(title, figures);
    if (figures.some(({ met }) => met === false)) process.exitCode = 1;
  }
  if (options.plots !== undefined) for (const path of writePlots(all, options.plots)) note(`wrote ${path}`);
}

/** @param {string} name @returns {Promise<Topic>} */
async function load(name) {
  if (!Object.hasOwn(TOPICS, name)) fail(`no topic ${name}: there are ${Object.keys(TOPICS).join(", ")}`);
  return /** @type {() => Promise<Topic>} */ (TOPICS[name])();
}

/** @param {string} flag @param {string} text @param {number} max */
function asCount(flag, text, max) {
  const count = Number(text);
  if (!(Number.isInteger(count) && count >= 1 && count <= max))
    fail(`${flag} ${text}: give a number from 1 to ${max}`);
  return count;
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(2);
}

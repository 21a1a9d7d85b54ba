// Tries mutants against one file of tests after the other, the fastest first, until something notices.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../steps.mjs";

/** @typedef {import("./mutants.mjs").Mutant} Mutant */
/** @typedef {import("./report.mjs").Outcome} Outcome */
/** @typedef {import("./runner.ts").Job} Job */
/** @typedef {import("./runner.ts").Event} Event */
/** @typedef {Extract<Event, { test: string }>} TestFile */

/** Milliseconds in which a mutant must come to something, besides ten times what a file of tests takes. */
const PATIENCE = 60_000;

/** Of the comparison on random epochs: a mutant that passes so many is one that other tests have to notice. */
const FEW_RUNS = { PROVENDER_RUNS: "40", PROVENDER_SEED: "1" };

/**
 * @param {{ mutants: readonly Mutant[], code: Record<string, string>, include: string[], exclude: string[],
 *   patience?: number, say: (line: string) => void }} options
 * @returns {Promise<Map<string, Outcome>>} by mutant
 */
export async function tryAll({ mutants, code, include, exclude, patience = PATIENCE, say }) {
  /** @type {Map<string, Outcome>} */
  const outcomes = new Map();
  const tests = await testsAsTheyAre({ code, include, exclude });
  for (const { test, ms, reached } of tests) {
    const reaches = new Set(reached);
    let left = mutants.map(({ id }) => id).filter((id) => reaches.has(id) && !isNoticed(outcomes.get(id)));
    const [all, started] = [left.length, Date.now()];
    while (left.length > 0) {
      const job = { include: [test], exclude, code, mutants: left };
      const events = await runJob(job, patience + 10 * ms);
      const tried = events.filter((event) => "tried" in event);
      for (const { tried: id, killed } of tried) outcomes.set(id, killed ? "killed" : "survived");
      const [last, hung] = [tried.at(-1)?.tried, events.findLast((event) => "trying" in event)?.trying];
      // It was ended with a mutant in it that ended nothing itself.
      if (hung !== undefined && hung !== last) outcomes.set(hung, "endless");
      const done = new Set([...tried.map(({ tried: id }) => id), hung]);
      if (done.size === 0) throw new Error(`${test}: no mutant was tried`);
      left = left.filter((id) => !done.has(id));
    }
    if (all === 0) continue;
    const noticed = [...outcomes.values()].filter(isNoticed).length;
    const seconds = Math.round((Date.now() - started) / 1000);
    say(`${test}: ${all} tried in ${seconds} s; ${noticed} of ${mutants.length} noticed so far`);
  }
  return outcomes;
}

/** @param {Outcome | undefined} outcome */
const isNoticed = (outcome) => outcome === "killed" || outcome === "endless";

/**
 * Files of tests without a mutant, the fastest first.
 * @param {Omit<Job, "mutants" | "log">} job
 * @returns {Promise<TestFile[]>}
 */
async function testsAsTheyAre(job) {
  const events = await runJob({ ...job, mutants: [] }, 10 * PATIENCE);
  const tests = events.filter((event) => "test" in event);
  const failing = tests.filter(({ passed }) => !passed).map(({ test }) => test);
  if (tests.length === 0) throw new Error("no file of tests was found");
  if (failing.length > 0) throw new Error(`these fail without a mutant: ${failing.join(", ")}`);
  return tests.sort((a, b) => a.ms - b.ms);
}

const exit = () => process.exit(1);

/**
 * What one run of vitest noted. It is ended when nothing happens for too long.
 * @param {Omit<Job, "log">} job
 * @param {number} patience
 * @returns {Promise<Event[]>}
 */
async function runJob(job, patience) {
  const folder = mkdtempSync(join(tmpdir(), "stryker-"));
  const log = join(folder, "log");
  writeFileSync(join(folder, "job.json"), JSON.stringify({ ...job, log }));
  const args = ["run", "--config", "script/stryker/vitest.config.ts", "--reporter=dot", "--silent"];
  const child = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", ...args], {
    cwd: root,
    env: { ...process.env, ...FEW_RUNS, STRYKER_JOB: join(folder, "job.json") },
    stdio: "ignore",
    // A group of its own: workers are ended with it.
    detached: true,
  });
  const end = () => process.kill(-(/** @type {number} */ (child.pid)), "SIGKILL");
  let [size, since] = [0, Date.now()];
  const watch = setInterval(() => {
    const now = existsSync(log) ? statSync(log).size : 0;
    if (now !== size) [size, since] = [now, Date.now()];
    // Until something was noted, no mutant is at work.
    else if (size > 0 && Date.now() - since > patience) end();
  }, 250);
  process.once("exit", end);
  process.once("SIGINT", exit);
  process.once("SIGTERM", exit);
  try {
    await once(child, "exit");
    const lines = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
    return lines.map((line) => JSON.parse(line));
  } finally {
    process.off("exit", end);
    process.off("SIGINT", exit);
    process.off("SIGTERM", exit);
    clearInterval(watch);
    rmSync(folder, { recursive: true });
  }
}

// SPDX-License-Identifier: AGPL-3.0-only
// Runs a file of tests as it is, then against one mutant after the other, in one process.
import { appendFileSync, readFileSync } from "node:fs";
import { type RunnerTask, type RunnerTestFile, TestRunner } from "vitest";
import { startTests } from "vitest/internal/browser";

export interface Job {
  readonly include: string[];
  readonly exclude: string[];
  /** What is loaded instead of a file. */
  readonly code: Record<string, string>;
  /** The mutants to try. */
  readonly mutants: readonly string[];
  /** A line for each thing that happened. */
  readonly log: string;
}

export type Event =
  /** A file of tests as it is: which mutants it reaches, and in how many milliseconds. */
  | {
      readonly test: string;
      readonly passed: boolean;
      readonly ms: number;
      readonly reached: readonly string[];
    }
  | { readonly trying: string }
  | { readonly tried: string; readonly killed: boolean };

type Hits = Record<string, number>;

/** What the switches read and write. */
interface Switches {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  mutantCoverage?: { readonly static: Hits; readonly perTest: Record<string, Hits> } | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
}

const switches: Switches = {};
(globalThis as { __stryker__?: Switches }).__stryker__ = switches;

const job = JSON.parse(readFileSync(process.env.STRYKER_JOB as string, "utf8")) as Job;
const note = (event: Event) => appendFileSync(job.log, `${JSON.stringify(event)}\n`);

/** How often a mutant may be passed, in times of how often it is without one, before it counts as endless. */
const ENDLESS = 100;
const ENDLESS_AT_LEAST = 10_000;
/** Of tests that name no time of their own. */
const TIMEOUT = 15_000;

export default class MutantRunner extends TestRunner {
  override async onBeforeRunTask(test: Parameters<TestRunner["onBeforeRunTask"]>[0]): Promise<void> {
    await super.onBeforeRunTask(test);
    switches.currentTestId = test.id;
  }

  override onAfterRunTask(test: Parameters<TestRunner["onAfterRunTask"]>[0]): void {
    super.onAfterRunTask(test);
    switches.currentTestId = undefined;
  }

  override async onAfterRunFiles(files: RunnerTestFile[] = []): Promise<void> {
    super.onAfterRunFiles();
    const [file] = files;
    if (file === undefined) return;
    const { static: early, perTest } = switches.mutantCoverage ?? { static: {}, perTest: {} };
    // What a hook reaches before any test may matter to all of them.
    const hits: Hits = { ...early };
    for (const one of Object.values(perTest))
      for (const id in one) hits[id] = (hits[id] ?? 0) + (one[id] ?? 0);
    note({
      test: file.name,
      passed: !hasFailed(file),
      ms: file.result?.duration ?? 0,
      reached: Object.keys(hits),
    });
    const mutants = job.mutants.filter((id) => id in hits);
    if (mutants.length === 0 || hasFailed(file)) return;
    if (!(await passesAgain(this, file.filepath))) throw new Error(`${file.name} does not pass twice`);
    for (const id of mutants) {
      const tests =
        id in early ? undefined : Object.keys(perTest).filter((test) => id in (perTest[test] ?? {}));
      note({ trying: id });
      switches.activeMutant = id;
      switches.hitCount = 0;
      switches.hitLimit = Math.max(ENDLESS * (hits[id] ?? 0), ENDLESS_AT_LEAST);
      const passed = await passesAgain(this, file.filepath, tests);
      const isEndless = switches.hitCount > switches.hitLimit;
      switches.activeMutant = undefined;
      note({ tried: id, killed: !passed || isEndless });
    }
  }
}

/** Runs a file's tests, or some of them, until one fails; whoever waits for the first run's results hears nothing. */
async function passesAgain(runner: MutantRunner, filepath: string, testIds?: string[]): Promise<boolean> {
  const again = Object.create(runner, {
    cancelRun: { value: false, writable: true },
    config: { value: { ...runner.config, testTimeout: TIMEOUT, hookTimeout: TIMEOUT } },
  });
  Object.assign(again, {
    onCollectStart: TestRunner.prototype.onCollectStart,
    onCollected: () => undefined,
    onTaskUpdate: async () => undefined,
    onAfterRunFiles: TestRunner.prototype.onAfterRunFiles,
    onAfterRunTask(test: RunnerTask) {
      MutantRunner.prototype.onAfterRunTask.call(this, test as never);
      if (test.result?.state === "fail") again.cancelRun = true;
    },
  });
  const files = await startTests([{ filepath, testIds } as never], again);
  return !files.some(hasFailed);
}

function hasFailed(task: RunnerTask): boolean {
  return task.result?.state === "fail" || ("tasks" in task && task.tasks.some(hasFailed));
}

import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const EARLY = [
  "test/service/{core,store,prover}/**/*.test.ts",
  "test/service/chain/endpoints/**/*.test.ts",
  "test/service/chain/logs.test.ts",
  "test/service/audit/formulas.test.ts",
];

/** Tools that no product needs, and runs of the whole that others cover in parts: for `npm run test:deep`. */
const DEEP = [
  "test/service/tooling/{bench,coverage,mutation,simulate}.test.ts",
  "test/service/audit/state-proof/many-liars.test.ts",
  "test/e2e/{demo,hundred-requests}.test.ts",
  // Compiles each contract once more.
  "test/**/*.deep.test.ts",
];

/** The longest, of which the last would otherwise run beside idle cores: a fresh clone goes by the files' sizes. */
const LONG =
  /\/(fault-table|prover-node|serve-secrets|page|crash|one-endpoint|confirm|faults|watch)\.test\.ts$/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [true, false].flatMap((isLong) => sorted.filter(({ moduleId }) => LONG.test(moduleId) === isLong));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // Twice the cores of a small machine: half of the time of these tests is waiting, for blocks, endpoints and processes.
    maxWorkers: 4,
    // `npm run test:coverage:service`: the tests of these two folders alone.
    coverage: {
      provider: "v8",
      include: ["service/core/**/*.ts", "service/audit/**/*.ts"],
      thresholds: { "service/core/**": { lines: 95 }, "service/audit/**": { lines: 95 } },
      reporter: ["text"],
    },
    projects: [
      // What needs no compiled contract: `npm test` runs it while the compiler works.
      {
        test: {
          name: "early",
          include: EARLY,
          exclude: [...configDefaults.exclude, ...DEEP],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "service",
          include: ["test/service/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...EARLY, ...DEEP],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...DEEP],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      { test: { name: "deep", include: DEEP, testTimeout: 120_000, hookTimeout: 120_000 } },
    ],
  },
});

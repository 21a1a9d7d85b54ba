// The tests that must notice what npm run test:stryker breaks.
import { defineConfig } from "vitest/config";

/** Each mutant would need a chain of its own. */
const WITH_A_CHAIN = ["audit", "command", "endpoint", "files", "proof-from-chain", "watch"];

export default defineConfig({
  test: {
    include: [
      "test/service/core/**/*.test.ts",
      "test/service/audit/**/*.test.ts",
      "test/service/store/trees.test.ts",
    ],
    exclude: [
      // The page of the specification is no part of the code, and formulas.test.ts breaks formulas on its own.
      ...["test/service/core/spec.test.ts", "test/service/audit/formulas.test.ts"],
      ...WITH_A_CHAIN.map((name) => `test/service/audit/${name}.test.ts`),
    ],
    setupFiles: ["script/stryker/setup.ts"],
    // Of the comparison on random epochs: a mutant that passes so many is one that other tests have to notice.
    env: { PROVENDER_RUNS: "40", PROVENDER_SEED: "1" },
    testTimeout: 60_000,
  },
});

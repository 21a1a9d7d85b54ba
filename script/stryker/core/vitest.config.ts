import { defineConfig } from "vitest/config";

// Each mutant is run against those of them that reach it. The page of the specification is no part of the code.
export default defineConfig({
  test: {
    include: ["test/service/core/**/*.test.ts", "test/service/store/trees.test.ts"],
    exclude: ["test/service/core/spec.test.ts"],
    setupFiles: ["script/stryker/setup.ts"],
    testTimeout: 60_000,
  },
});

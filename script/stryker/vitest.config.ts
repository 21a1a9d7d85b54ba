import { defineConfig } from "vitest/config";

// The tests that need no chain: each mutant is run against those that reach it.
export default defineConfig({
  test: {
    include: ["test/service/core/**/*.test.ts", "test/service/audit/**/*.test.ts"],
    exclude: ["test/service/audit/{audit,command,endpoint,inputs}.test.ts"],
    setupFiles: ["script/stryker/setup.ts"],
    testTimeout: 60_000,
  },
});

import { configDefaults, defineConfig } from "vitest/config";

// Those that need no local chain: each mutant is run against those of them that reach it.
export default defineConfig({
  test: {
    include: ["test/service/audit/**/*.test.ts"],
    exclude: [
      ...configDefaults.exclude,
      "test/service/audit/{audit,command,endpoint,files,proof-from-chain,watch,formulas}.test.ts",
    ],
    setupFiles: ["script/stryker/setup.ts"],
    testTimeout: 60_000,
  },
});

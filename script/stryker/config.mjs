// npm run test:stryker [-- --mutate GLOB]: breaks the reward computation and the audit on purpose, one small change
// at a time, and runs the tests that should notice. Why survivors survive is in survivors.md.

export default {
  mutate: ["service/core/**/*.ts", "service/audit/**/*.ts"],
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: "script/stryker/vitest.config.ts", related: false },
  coverageAnalysis: "perTest",
  concurrency: 2,
  timeoutMS: 30_000,
  ignorePatterns: ["/out", "/cache", "/contracts", "/test/contracts", "/test/e2e", "/.provender", "/reports"],
  tempDirName: "cache/stryker",
  cleanTempDir: "always",
  incrementalFile: "cache/stryker-incremental.json",
  reporters: ["clear-text", "progress", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, allowEmojis: false },
  jsonReporter: { fileName: "cache/stryker.json" },
  thresholds: { high: 95, low: 85, break: 85 },
  // Stryker would rewrite the paths in it with a compiler interface that TypeScript 7 no longer has; nothing reads it here.
  tsconfigFile: "none",
};

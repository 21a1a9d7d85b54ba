// What the two runs of Stryker have in common. Why survivors survive is in survivors.md.

/**
 * @param {string} part core or audit
 */
export const optionsFor = (part) => ({
  mutate: [`service/${part}/**/*.ts`],
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: `script/stryker/${part}/vitest.config.ts`, related: false },
  coverageAnalysis: "perTest",
  concurrency: 2,
  timeoutMS: 30_000,
  ignorePatterns: ["/out", "/cache", "/contracts", "/test/contracts", "/test/e2e", "/.provender"],
  tempDirName: `cache/stryker-${part}`,
  cleanTempDir: "always",
  incrementalFile: `cache/stryker-${part}-incremental.json`,
  reporters: ["clear-text", "progress", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, allowEmojis: false },
  jsonReporter: { fileName: `cache/stryker-${part}.json` },
  thresholds: { high: 95, low: 85, break: 85 },
  // Stryker would rewrite the paths in it with a compiler interface that TypeScript 7 no longer has; nothing reads it.
  tsconfigFile: "none",
});

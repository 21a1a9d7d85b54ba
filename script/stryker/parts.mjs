// What is broken on purpose, and the tests that must notice.

/** Tests with a local chain are left out, as each mutant would need a chain of its own. */
const WITH_A_CHAIN = ["audit", "command", "endpoint", "files", "proof-from-chain", "watch"];

/** @typedef {{ folder: string, include: string[], exclude: string[] }} Part */

/** @type {Record<string, Part>} */
export const PARTS = {
  core: {
    folder: "service/core",
    include: ["test/service/core/**/*.test.ts", "test/service/store/trees.test.ts"],
    // The page of the specification is no part of the code.
    exclude: ["test/service/core/spec.test.ts"],
  },
  audit: {
    folder: "service/audit",
    include: ["test/service/audit/**/*.test.ts"],
    // formulas.test.ts breaks formulas on its own.
    exclude: [...WITH_A_CHAIN, "formulas"].map((name) => `test/service/audit/${name}.test.ts`),
  },
};

// npm run test:matrix [-- --check]: functions × errors × tests, written to test/contracts/MATRIX.md.
// A test reaches an error of a function if it expects it of a call to that function; if it encodes such a call and
// mentions the error; or if its name says test_<function>_reverts… and it mentions the error. Fails when a row has no test; with --check also when the
// table is not the one that is committed.
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { entriesOf, reaches, readTests } from "./matrix-analysis.mjs";
import { readTree } from "./solidity-ast.mjs";
import { root } from "./steps.mjs";

/**
 * `elsewhere`: errors that another contract raises through a function, to be reached too.
 * `unreachable`: errors that analysis finds and no caller can meet, with the reason.
 * A function that never succeeds has its SUCCEEDS there.
 * @typedef {{ contracts: string[], elsewhere: Record<string, string[]>, unreachable: Record<string, Record<string, string>> }} Settings
 */
/** @typedef {import("./matrix-analysis.mjs").TestCase} TestCase */
/** @typedef {{ contract: string, function: string, error: string, tests: string[], reason?: string }} Row */

const TABLE = "test/contracts/MATRIX.md";
/** What the table names per row; one is enough to look it up, and fewer names make fewer conflicts. */
const NAMES = 2;
const SUCCEEDS = "(succeeds)";

/** Fuzzed tests first. @param {TestCase[]} tests */
function names(tests) {
  const all = [...new Set(tests.map(({ name }) => name))];
  const rank = (/** @type {string} */ name) => `${name.startsWith("testFuzz") ? 0 : 1}${name}`;
  return all.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/**
 * @param {Settings} settings
 * @returns {Row[]}
 */
function rowsOf({ contracts, elsewhere, unreachable }) {
  const tree = readTree(["contracts", "test/contracts"]);
  const tests = readTests(tree);
  return contracts.flatMap((name) => {
    const { contract, entries } = entriesOf(tree, name);
    return entries.flatMap((entry) => {
      const key = `${name}.${entry.name}`;
      const reached = reaches(tree, contract, entry);
      const named = new RegExp(`^test(?:Fuzz)?_(?:\\w+_)?${entry.name}_\\w*(?:revert|refuse)`);
      /** @type {Set<string>} */
      const errors = new Set([...entry.errors, ...(elsewhere[key] ?? [])]);
      for (const { calls } of tests) {
        for (const call of calls) if (reached(call)) for (const error of call.errors ?? []) errors.add(error);
      }
      /** @param {string} error @returns {Row} */
      const row = (error) => {
        const reaching = tests.filter((test) =>
          error === SUCCEEDS
            ? test.calls.some((call) => reached(call) && !call.errors)
            : test.calls.some((call) => reached(call) && call.errors?.has(error)) ||
              (test.mentions.has(error) &&
                (named.test(test.name) || test.calls.some((call) => reached(call) && call.named))),
        );
        const reason = unreachable[key]?.[error];
        return {
          contract: name,
          function: entry.name,
          error,
          tests: names(reaching),
          ...(reason && { reason }),
        };
      };
      // What a library or a constant does is not ours to test, and every test constructs.
      const succeeds = entry.ours && entry.name !== "constructor" ? [SUCCEEDS] : [];
      return [...succeeds, ...[...errors].sort()].map(row);
    });
  });
}

/** @param {Row[]} rows */
function render(rows) {
  const lines = [
    "# Functions × errors × tests",
    "",
    "Written by `npm run test:matrix` from the contracts and their tests; a row names two tests at most, fuzzed",
    "ones first. Every custom error that a function can end in has a row, and so has its success.",
  ];
  for (const contract of new Set(rows.map((row) => row.contract))) {
    lines.push("", `## ${contract}`, "", "| function | ends in | tests |", "|---|---|---|");
    for (const row of rows.filter((each) => each.contract === contract)) {
      const shown = row.tests.slice(0, NAMES).map((test) => `\`${test}\``);
      const cell = shown.length > 0 ? shown.join(", ") : row.reason ? `none: ${row.reason}` : "**none**";
      lines.push(`| ${row.function} | ${row.error} | ${cell} |`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function main() {
  const check = process.argv.includes("--check");
  /** @type {Settings} */
  const settings = JSON.parse(readFileSync(`${root}script/matrix.json`, "utf8"));
  const rows = rowsOf(settings);
  const table = render(rows);
  const problems = rows
    .filter(({ tests, reason }) => tests.length === 0 && !reason)
    .map((row) => `${row.contract}.${row.function} ${row.error}: no test`);
  for (const row of rows) {
    if (row.reason && row.tests.length > 0) {
      problems.push(
        `${row.contract}.${row.function} ${row.error}: reached after all, take it out of matrix.json`,
      );
    }
  }
  if (!check) writeFileSync(root + TABLE, table);
  else if (!existsSync(root + TABLE) || readFileSync(root + TABLE, "utf8") !== table) {
    problems.push(`${TABLE} is stale: run npm run test:matrix and commit the result`);
  }
  for (const problem of problems) console.error(problem);
  console.log(`${rows.length} rows, ${problems.length} problems`);
  if (problems.length > 0) process.exitCode = 1;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main();

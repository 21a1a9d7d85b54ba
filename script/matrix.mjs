// npm run test:matrix [-- --check]: functions × how they end × tests, written to test/contracts/MATRIX.md.
// A test reaches an error of a function if it expects it of a call to that function; if it encodes such a call and
// mentions the error; or if its name says test_<function>_reverts… and it mentions the error. It reaches the success
// of a view if it calls it without expecting an error; of what changes state, if it also is fuzzed and asserts
// something; and an event, if it also expects it of that call, whole and of a named emitter. Fails when a row has no
// test; with --check also when the table is not the one that is committed.
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
/** @typedef {import("./matrix-analysis.mjs").Call} Call */
/** @typedef {import("./matrix-analysis.mjs").TestCase} TestCase */
/** @typedef {{ contract: string, function: string, ending: string, tests: string[], reason?: string }} Row */

const TABLE = "test/contracts/MATRIX.md";
/** What the table names per row; one is enough to look it up, and fewer names make fewer conflicts. */
const NAMES = 2;
const SUCCEEDS = "(succeeds)";
const CONSTRUCTOR = "constructor";

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
      const succeeding = (/** @type {Call} */ call) => reached(call) && !call.errors && !call.named;
      const named = new RegExp(`^test(?:Fuzz)?_(?:\\w+_)?${entry.name}_\\w*(?:revert|refuse)`);
      /** @type {Set<string>} */
      const errors = new Set([...entry.errors, ...(elsewhere[key] ?? [])]);
      for (const { calls } of tests) {
        for (const call of calls) if (reached(call)) for (const error of call.errors ?? []) errors.add(error);
      }
      /** @param {string} ending @param {(test: TestCase) => boolean} isReached @returns {Row} */
      const row = (ending, isReached) => {
        const reason = unreachable[key]?.[ending];
        const reaching = names(tests.filter(isReached));
        return { contract: name, function: entry.name, ending, tests: reaching, ...(reason && { reason }) };
      };
      /** @param {TestCase} test */
      const fuzzes = ({ name, asserts }) => !entry.changes || (asserts && name.startsWith("testFuzz_"));
      // What a constant does is not ours to test, nor a library's views, and every test constructs.
      const succeeds = (entry.ours || entry.changes) && entry.name !== CONSTRUCTOR;
      const emitted = succeeds ? [...entry.events].sort() : [];
      return [
        ...(succeeds ? [row(SUCCEEDS, (test) => fuzzes(test) && test.calls.some(succeeding))] : []),
        ...emitted.map((event) =>
          row(
            `emits ${event}`,
            (test) => fuzzes(test) && test.calls.some((call) => succeeding(call) && call.events.has(event)),
          ),
        ),
        ...[...errors]
          .sort()
          .map((error) =>
            row(
              error,
              ({ name, calls, mentions }) =>
                calls.some((call) => reached(call) && call.errors?.has(error)) ||
                (mentions.has(error) &&
                  (named.test(name) || calls.some((call) => reached(call) && call.named))),
            ),
          ),
      ];
    });
  });
}

/** @param {Row[]} rows */
function render(rows) {
  const lines = [
    "# Functions × errors × tests",
    "",
    "Written by `npm run test:matrix` from the contracts and their tests; a row names two tests at most, fuzzed",
    "ones first. Every custom error that a function can end in has a row, and so has its success and every event",
    "it emits itself. What succeeds in changing state is fuzzed, and an event expected with all its fields and its",
    "emitter.",
  ];
  for (const contract of new Set(rows.map((row) => row.contract))) {
    lines.push("", `## ${contract}`, "", "| function | ends in | tests |", "|---|---|---|");
    for (const row of rows.filter((each) => each.contract === contract)) {
      const shown = row.tests.slice(0, NAMES).map((test) => `\`${test}\``);
      const cell = shown.length > 0 ? shown.join(", ") : row.reason ? `none: ${row.reason}` : "**none**";
      lines.push(`| ${row.function} | ${row.ending} | ${cell} |`);
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
    .map((row) => `${row.contract}.${row.function} ${row.ending}: no test`);
  for (const row of rows) {
    if (row.reason && row.tests.length > 0) {
      problems.push(
        `${row.contract}.${row.function} ${row.ending}: reached after all, take it out of matrix.json`,
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

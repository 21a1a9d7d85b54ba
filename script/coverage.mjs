// npm run test:coverage [-- --json] [FILE...]: which lines, functions and branches of contracts/ no test reaches. Whatever
// is left needs a reason in coverage.json, and each file its least figures there.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { foundryBinary } from "./foundry.mjs";
import { root } from "./steps.mjs";

/** @typedef {"lines" | "functions" | "branches"} Kind */
/** @typedef {{ found: number, hit: number }} Count */
/** @typedef {{ kind: Kind, line: number, what: string }} Gap */
/** @typedef {{ file: string, counts: Record<Kind, Count>, gaps: Gap[] }} FileCoverage */
/** @typedef {{ least: Record<Kind, number>, unreached: { file: string, line: string, reason: string }[] }} Expectations */

const KINDS = /** @type {const} */ (["lines", "functions", "branches"]);

/**
 * @param {string} lcov
 * @returns {FileCoverage[]} the files of contracts/, in order of their names
 */
export function parseLcov(lcov) {
  /** @type {FileCoverage[]} */
  const files = [];
  for (const record of lcov.split("end_of_record")) {
    const file = /^SF:(.*)$/m.exec(record)?.[1];
    if (!file?.startsWith("contracts/")) continue;
    /** @type {Gap[]} */
    const gaps = [];
    /** @type {Record<Kind, Count>} */
    const counts = {
      lines: { found: 0, hit: 0 },
      functions: { found: 0, hit: 0 },
      branches: { found: 0, hit: 0 },
    };
    /** @type {(kind: Kind, line: string | number, hit: boolean, what: string) => void} */
    const count = (kind, line, hit, what) => {
      counts[kind].found++;
      if (hit) counts[kind].hit++;
      else gaps.push({ kind, line: Number(line), what });
    };
    const begins = new Map(
      [...record.matchAll(/^FN:(\d+),(.*)$/gm)].map(([, line, name]) => [name, line ?? 0]),
    );
    for (const [, line = "", hits] of record.matchAll(/^DA:(\d+),(\d+)/gm))
      count("lines", line, hits !== "0", "line");
    for (const [, hits, name = ""] of record.matchAll(/^FNDA:(\d+),(.*)$/gm)) {
      count("functions", begins.get(name) ?? 0, hits !== "0", `function ${name}`);
    }
    for (const [, line = "", , path, hits = ""] of record.matchAll(/^BRDA:(\d+),(\d+),(\d+),(\d+|-)/gm)) {
      count("branches", line, /[1-9]/.test(hits), path === "0" ? "branch taken" : "branch not taken");
    }
    files.push({ file, counts, gaps });
  }
  return files.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/**
 * @param {FileCoverage[]} files
 * @param {Expectations} expectations
 * @param {(file: string, line: number) => string} lineOf
 * @returns {string[]} what falls short, one line each
 */
export function shortfalls(files, { least, unreached }, lineOf) {
  const used = new Set();
  /** @type {string[]} */
  const problems = [];
  for (const { file, counts, gaps } of files) {
    for (const kind of KINDS) {
      const percent = part(counts[kind]);
      if (percent < least[kind])
        problems.push(`${file}: ${percent.toFixed(1)} % of ${kind}, least ${least[kind]} %`);
    }
    for (const { line, what } of gaps) {
      const text = lineOf(file, line);
      const known = unreached.find((entry) => entry.file === file && entry.line === text);
      if (known) used.add(known);
      else problems.push(`${file}:${line}: ${what} never reached: ${text}`);
    }
  }
  for (const entry of unreached) {
    if (!used.has(entry)) problems.push(`${entry.file}: reached after all, or gone: ${entry.line}`);
  }
  return problems;
}

/** @param {Count} count */
const part = ({ found, hit }) => (found === 0 ? 100 : (100 * hit) / found);

function measure() {
  const report = `${root}cache/coverage.lcov`;
  mkdirSync(`${root}cache`, { recursive: true });
  const { status, stdout, stderr } = spawnSync(
    foundryBinary("forge"),
    [
      ...["coverage", "--report", "lcov", "--report-file", report],
      ...["--no-match-coverage", "^(test|script|node_modules)/"],
      // Figures of gas hold for optimized code only, and invariants reach nothing that unit tests should not.
      ...["--no-match-path", "test/contracts/{gas,invariant}/*", "--no-match-test", "meets_the_bar"],
    ],
    {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 2 ** 30,
    },
  );
  if (status !== 0) throw new Error(`forge coverage failed:\n${stdout}${stderr}`);
  return parseLcov(readFileSync(report, "utf8"));
}

function main() {
  /** @type {Expectations} */
  const expectations = JSON.parse(readFileSync(`${root}script/coverage.json`, "utf8"));
  const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
  const isWanted = (/** @type {{ file: string }} */ { file }) => wanted.length === 0 || wanted.includes(file);
  const files = measure().filter(isWanted);
  expectations.unreached = expectations.unreached.filter(isWanted);
  if (process.argv.includes("--json")) for (const file of files) console.log(JSON.stringify(file));
  else {
    console.log(`${"file".padEnd(44)}${KINDS.map((kind) => kind.padStart(20)).join("")}`);
    for (const { file, counts } of files) {
      const cells = KINDS.map((kind) => {
        const { found, hit } = counts[kind];
        return `${hit}/${found} ${part(counts[kind]).toFixed(1).padStart(5)} %`.padStart(20);
      });
      console.log(file.padEnd(44) + cells.join(""));
    }
  }
  /** @type {Map<string, string[]>} */
  const sources = new Map();
  const problems = shortfalls(files, expectations, (file, line) => {
    const lines = sources.get(file) ?? readFileSync(root + file, "utf8").split("\n");
    sources.set(file, lines);
    return lines[line - 1]?.trim() ?? "";
  });
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}

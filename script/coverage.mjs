// npm run test:coverage: fails where a line, a function or too many branches of contracts/ are reached by no test.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { foundryBinary } from "./foundry.mjs";
import { root } from "./steps.mjs";

/** Of each file, in percent. A branch of a call that can't fail is counted by the compiler, and reached by nobody. */
const LEAST = { lines: 100, functions: 100, branches: 98 };
/** How lcov counts each, and where it says what was never reached. */
const RECORDS = { lines: /^DA:(\d+),0$/gm, functions: /^FNDA:0,(.*)$/gm, branches: /^BRDA:(\d+),.*,[-0]$/gm };
const TOTALS = { lines: ["LF", "LH"], functions: ["FNF", "FNH"], branches: ["BRF", "BRH"] };
const KINDS = /** @type {(keyof typeof LEAST)[]} */ (Object.keys(LEAST));

/**
 * @param {string} lcov
 * @returns {{ table: string[], problems: string[] }} a line for each file of contracts/, and one for each shortfall
 */
export function readLcov(lcov) {
  /** @type {string[]} */
  const table = [];
  /** @type {string[]} */
  const problems = [];
  for (const record of lcov.split("end_of_record").toSorted()) {
    const file = /^SF:(contracts\/.*)$/m.exec(record)?.[1];
    if (file === undefined) continue;
    const cells = KINDS.map((kind) => {
      const [found = 0, hit = 0] = TOTALS[kind].map((name) =>
        Number(new RegExp(`^${name}:(\\d+)$`, "m").exec(record)?.[1] ?? 0),
      );
      const percent = found === 0 ? 100 : (100 * hit) / found;
      if (percent < LEAST[kind]) {
        const where = [...record.matchAll(RECORDS[kind])].map(([, place]) => place);
        problems.push(
          `${file}: ${percent.toFixed(1)} % of ${kind}, at least ${LEAST[kind]} %: ${where.join(", ")}`,
        );
      }
      return `${hit}/${found} ${percent.toFixed(1).padStart(5)} % of ${kind}`.padStart(28);
    });
    table.push(file.padEnd(44) + cells.join(""));
  }
  return { table, problems };
}

function main() {
  const report = `${root}cache/coverage.lcov`;
  mkdirSync(`${root}cache`, { recursive: true });
  const args = [
    ...["coverage", "--report", "lcov", "--report-file", report],
    ...["--no-match-coverage", "^(test|script|node_modules)/"],
    // Figures of gas hold for optimized code only, and invariants reach nothing that unit tests should not.
    ...["--no-match-path", "test/contracts/{gas,invariant}/*", "--no-match-test", "meets_the_bar"],
  ];
  const { status } = spawnSync(foundryBinary("forge"), args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error("forge coverage failed");
  const { table, problems } = readLcov(readFileSync(report, "utf8"));
  for (const line of table) console.log(line);
  for (const problem of problems) console.error(problem);
  if (table.length === 0 || problems.length > 0) process.exitCode = 1;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main();

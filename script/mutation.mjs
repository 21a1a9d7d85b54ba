// npm run test:mutation [-- --contract NAME] [--grep TEXT] [--list]
// Breaks the contracts on purpose, one small change at a time, and runs the tests that should notice. Works on a
// copy in a temporary folder. Whoever survives needs a reason in mutation-survivors.json.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { foundryBinary } from "./foundry.mjs";
import { mutantsOf } from "./mutation-operators.mjs";
import { root } from "./steps.mjs";
import { printTable } from "./table.mjs";

/** @typedef {import("./mutation-operators.mjs").Mutant} Mutant */
/**
 * The contract's files, a pattern of its tests below test/contracts, and whether those need optimized code.
 * @typedef {{ sources: string[], tests: string, optimizer?: boolean }} Target
 */
/** @typedef {{ file: string, within: string, line: string, becomes: string, reason: string }} Survivor */
/** @typedef {"killed" | "survived" | "same code" | "invalid"} Outcome */

/** The least part of a contract's mutants that its tests must kill. */
const BAR = 0.9;
/**
 * A mutant that makes the tests run this long, in seconds, has been noticed. Of the processor: by the clock, whatever
 * else the machine does would kill mutants, too.
 */
const PATIENCE = 90;

/** @param {string} file */
const readJson = (file) => JSON.parse(readFileSync(`${root}script/${file}`, "utf8"));

/** @type {Record<string, Target>} */
export const targets = readJson("mutation-targets.json");
/** @type {Survivor[]} */
export const survivors = readJson("mutation-survivors.json");

/** @param {Target} target */
export function allMutants({ sources }) {
  return sources.flatMap((file) => mutantsOf(file, readFileSync(root + file, "utf8")));
}

/**
 * @param {Mutant} mutant
 * @returns {(survivor: Survivor) => boolean}
 */
export const isSame = (mutant) => (survivor) =>
  /** @type {const} */ (["file", "within", "line", "becomes"]).every((key) => survivor[key] === mutant[key]);

/**
 * Only the target's tests are copied: to filter them on the command line costs forge an extra compilation each
 * time.
 * @param {Target} target
 */
function makeWorkspace({ tests }) {
  const folder = mkdtempSync(join(tmpdir(), "mutation-"));
  const wanted = new RegExp(`contracts/(?:${tests})\\.t\\.sol$`);
  const filter = (/** @type {string} */ file) => !file.endsWith(".t.sol") || wanted.test(file);
  for (const path of ["foundry.toml", "package.json", "script/solc.mjs", "contracts", "test"])
    cpSync(root + path, join(folder, path), { recursive: true, filter });
  symlinkSync(realpathSync(`${root}node_modules`), join(folder, "node_modules"));
  return folder;
}

/**
 * @param {string} folder
 * @param {Target} target
 */
function runTests(folder, { optimizer = false }) {
  const command = `ulimit -t ${PATIENCE} && exec "$0" test --fail-fast`;
  const settings = { FOUNDRY_PROFILE: "mutation", FOUNDRY_OPTIMIZER: String(optimizer), NO_COLOR: "1" };
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", command, foundryBinary("forge")], {
    ...{ cwd: folder, encoding: "utf8", env: { ...process.env, ...settings }, maxBuffer: 2 ** 28 },
  });
  return { passed: status === 0, output: `${stdout}${stderr}` };
}

/**
 * The code of every contract of the workspace: a mutant that compiles to the same code is no mutant.
 * @param {string} folder
 */
function compiledCode(folder) {
  return readdirSync(join(folder, "contracts"))
    .filter((file) => file.endsWith(".sol"))
    .map((file) => {
      const artifact = join(folder, "out", file, `${basename(file, ".sol")}.json`);
      return existsSync(artifact) ? JSON.parse(readFileSync(artifact, "utf8")).bytecode.object : "";
    })
    .join();
}

/**
 * @param {string} folder
 * @param {Target} target
 * @param {string} original
 * @param {Mutant} mutant
 * @returns {Outcome}
 */
function outcomeOf(folder, target, original, mutant) {
  const path = join(folder, mutant.file);
  const source = readFileSync(path, "utf8");
  try {
    writeFileSync(path, mutant.source);
    const { passed, output } = runTests(folder, target);
    if (/Compiler run failed|Compilation failed/.test(output)) return "invalid";
    if (!passed) return "killed";
    return compiledCode(folder) === original ? "same code" : "survived";
  } finally {
    writeFileSync(path, source);
  }
}

/**
 * @param {string} name
 * @param {Target} target
 * @param {Mutant[]} mutants
 */
function attack(name, target, mutants) {
  const folder = makeWorkspace(target);
  /** @type {Record<Outcome | "explained", number>} */
  const counts = { killed: 0, survived: 0, explained: 0, "same code": 0, invalid: 0 };
  try {
    const baseline = runTests(folder, target);
    if (/No tests (?:found|match)/.test(baseline.output)) throw new Error(`${name} has no tests`);
    if (!baseline.passed) throw new Error(`the tests of ${name} fail without a mutant:\n${baseline.output}`);
    const original = compiledCode(folder);
    for (const [i, mutant] of mutants.entries()) {
      const outcome = outcomeOf(folder, target, original, mutant);
      counts[outcome]++;
      if (outcome !== "survived") continue;
      const reason = survivors.find(isSame(mutant))?.reason;
      if (reason !== undefined) counts.explained++;
      const { file, number, within, line, becomes } = mutant;
      const place = `${file}:${number} (${i + 1}/${mutants.length}) in ${within}`;
      console.log(`${reason ? "explained" : "SURVIVED"} ${place}\n    ${line}\n    ${becomes}`);
      if (reason !== undefined) console.log(`    ${reason}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const score = counts.killed / (counts.killed + counts.survived || 1);
  return { contract: name, mutants: mutants.length, ...counts, score };
}

function main() {
  const { values } = parseArgs({
    options: {
      contract: { type: "string", multiple: true },
      grep: { type: "string", default: "" },
      list: { type: "boolean", default: false },
    },
  });
  const results = [];
  for (const name of values.contract ?? Object.keys(targets)) {
    const target = targets[name];
    if (!target)
      throw new Error(`no contract ${name} in mutation-targets.json: ${Object.keys(targets).join(", ")}`);
    const mutants = allMutants(target).filter(({ line, becomes }) =>
      `${line}\n${becomes}`.includes(values.grep),
    );
    if (values.list) {
      for (const { file, number, operator, line, becomes } of mutants)
        console.log(`${file}:${number} ${operator}\n    ${line}\n    ${becomes}`);
      console.log(`${name}: ${mutants.length} mutants`);
    } else results.push(attack(name, target, mutants));
  }
  if (values.list) return;
  printTable(results.map(({ score, ...counts }) => ({ ...counts, score: `${(100 * score).toFixed(1)} %` })));
  if (results.some(({ score, survived, explained }) => score < BAR || survived > explained))
    process.exitCode = 1;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}

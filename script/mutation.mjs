// npm run test:mutation [-- --contract NAME] [--grep TEXT] [--list]
// Breaks the contracts on purpose, one small change at a time, and runs the tests that should notice. Works on a
// copy in a temporary folder. Whoever survives needs a reason in mutation-survivors.json.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
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
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { foundryBinary } from "./foundry.mjs";
import { mutantsOf } from "./mutation-operators.mjs";
import { root } from "./steps.mjs";

/** @typedef {import("./mutation-operators.mjs").Mutant} Mutant */
/**
 * The contract's files, globs of the tests of them, and whether those tests need optimized code.
 * @typedef {{ sources: string[], tests: string[], optimizer?: boolean }} Target
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
  survivor.file === mutant.file &&
  survivor.within === mutant.within &&
  survivor.line === mutant.line &&
  survivor.becomes === mutant.becomes;

/** @param {string} glob in which * stands for anything within a name */
const globPattern = (glob) => new RegExp(`^${glob.split("*").map(escapeText).join("[^/]*")}$`);

/** @param {string} text */
const escapeText = (text) => text.replace(/[.+^${}()|[\]\\]/g, "\\$&");

/**
 * Only the target's tests are copied: to filter them on the command line costs forge an extra compilation each
 * time.
 * @param {Target} target
 */
function makeWorkspace({ tests }) {
  const folder = mkdtempSync(join(tmpdir(), "mutation-"));
  const wanted = tests.map(globPattern);
  for (const path of [
    "foundry.toml",
    "package.json",
    "script/solc.mjs",
    "script/solc-answer.mjs",
    "contracts",
    "test",
  ]) {
    cpSync(root + path, join(folder, path), {
      recursive: true,
      filter: (source) => {
        const name = relative(root, source).replaceAll("\\", "/");
        return !name.endsWith(".t.sol") || wanted.some((pattern) => pattern.test(name));
      },
    });
  }
  symlinkSync(realpathSync(`${root}node_modules`), join(folder, "node_modules"));
  return folder;
}

/**
 * @param {string} folder
 * @param {Target} target
 */
function runTests(folder, { optimizer = false }) {
  const command = `ulimit -t ${PATIENCE} && exec "$0" test --fail-fast`;
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", command, foundryBinary("forge")], {
    cwd: folder,
    encoding: "utf8",
    env: {
      ...process.env,
      FOUNDRY_PROFILE: "mutation",
      FOUNDRY_OPTIMIZER: String(optimizer),
      NO_COLOR: "1",
    },
    maxBuffer: 2 ** 28,
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

/** Starts a compiler for all runs of forge, which inherit where to find it; it ends with this process. */
async function startCompiler() {
  const folder = mkdtempSync(join(tmpdir(), "compiler-"));
  const socket = join(folder, "socket");
  const child = spawn(process.execPath, [`${root}script/solc-server.mjs`, socket], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  process.env.PROVENDER_SOLC_SOCKET = socket;
  return () => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
}

/**
 * @param {string} name
 * @param {Target} target
 * @param {Mutant[]} mutants
 */
function attack(name, target, mutants) {
  const folder = makeWorkspace(target);
  /** @type {Record<Outcome, number>} */
  const counts = { killed: 0, survived: 0, "same code": 0, invalid: 0 };
  let unexplained = 0;
  try {
    const baseline = runTests(folder, target);
    if (/No tests (?:found|match)/.test(baseline.output)) throw new Error(`${name} has no tests`);
    if (!baseline.passed) throw new Error(`the tests of ${name} fail without a mutant:\n${baseline.output}`);
    const original = compiledCode(folder);
    for (const [i, mutant] of mutants.entries()) {
      const outcome = outcomeOf(folder, target, original, mutant);
      counts[outcome]++;
      const reason = outcome === "survived" ? survivors.find(isSame(mutant))?.reason : undefined;
      if (outcome !== "survived") continue;
      if (!reason) unexplained++;
      const { file, number, within, line, becomes } = mutant;
      const place = `${file}:${number} (${i + 1}/${mutants.length}) in ${within}`;
      console.log(`${reason ? "explained" : "SURVIVED"} ${place}`);
      console.log(`    ${line}\n    ${becomes}${reason ? `\n    ${reason}` : ""}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const score = counts.killed / (counts.killed + counts.survived || 1);
  return { name, total: mutants.length, counts, score, unexplained };
}

/** @param {ReturnType<typeof attack>[]} results */
function printTable(results) {
  const row = (/** @type {(string | number)[]} */ [name = "", ...cells]) =>
    console.log(String(name).padEnd(20) + cells.map((cell) => String(cell).padStart(11)).join(""));
  row(["contract", "mutants", "killed", "survived", "explained", "same code", "invalid", "score"]);
  for (const { name, total, counts, score, unexplained } of results) {
    const explained = counts.survived - unexplained;
    const percent = `${(100 * score).toFixed(1)} %`;
    row([
      name,
      total,
      counts.killed,
      counts.survived,
      explained,
      counts["same code"],
      counts.invalid,
      percent,
    ]);
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      contract: { type: "string", multiple: true },
      grep: { type: "string", default: "" },
      list: { type: "boolean", default: false },
    },
  });
  const names = values.contract ?? Object.keys(targets);
  const stopCompiler = values.list ? () => {} : await startCompiler();
  const results = [];
  try {
    for (const name of names) {
      const target = targets[name];
      if (!target)
        throw new Error(`no contract ${name} in mutation-targets.json: ${Object.keys(targets).join(", ")}`);
      const mutants = allMutants(target).filter(({ line, becomes }) =>
        `${line}\n${becomes}`.includes(values.grep),
      );
      if (values.list) {
        for (const { file, number, operator, line, becomes } of mutants) {
          console.log(`${file}:${number} ${operator}\n    ${line}\n    ${becomes}`);
        }
        console.log(`${name}: ${mutants.length} mutants`);
      } else results.push(attack(name, target, mutants));
    }
  } finally {
    stopCompiler();
  }
  if (values.list) return;
  printTable(results);
  if (results.some(({ score, unexplained }) => score < BAR || unexplained > 0)) process.exitCode = 1;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}

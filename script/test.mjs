// npm test: every check and every test, ending with one line of totals.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { text } from "node:stream/consumers";
import { forgeTests } from "./foundry.mjs";
import { flagsOf, root, runSteps } from "./steps.mjs";

const isDeep = flagsOf("npm test, or npm run test:deep; one file: npx vitest run FILE", "--deep").has(
  "--deep",
);
const total = { passed: 0, failed: 0 };

/** @param {string} title */
const heading = (title) => console.log(`\n== ${title}`);

async function runChecks() {
  heading("checks");
  // The compiler is JavaScript on one core, and takes longer than all the rest.
  const lintAndTypes = async () => [...(await runSteps("lint:")), ...(await runSteps("typecheck:"))];
  // dist/ is made of what was compiled; tests pack it, and serve the page in it.
  const all = (await Promise.all([runSteps("build:"), lintAndTypes()])).flat();
  for (const passed of all) total[passed ? "passed" : "failed"]++;
}

function runForge() {
  heading("contracts");
  let failed = 0;
  try {
    const { suites, status } = forgeTests();
    for (const [suite, { test_results }] of Object.entries(suites)) {
      const tests = Object.entries(test_results);
      const wrong = tests.filter(([, test]) => test.status !== "Success");
      failed += wrong.length;
      total.passed += tests.length - wrong.length;
      console.log(`${wrong.length === 0 ? "ok  " : "FAIL"} ${suite} (${tests.length})`);
      // What the handlers of invariants did, without which these would say nothing.
      if (suite.includes("/invariant/"))
        for (const [, { decoded_logs }] of tests)
          for (const line of decoded_logs) console.log(`     ${line}`);
      for (const [name, { status, reason, decoded_logs, counterexample }] of wrong) {
        console.log(`     ${status}: ${name}: ${reason ?? "no reason given"}`);
        if (counterexample) console.log(`       counterexample: ${JSON.stringify(counterexample)}`);
        for (const line of decoded_logs) console.log(`       ${line}`);
      }
    }
    // A suite that does not compile, or a crash, fails without naming a test.
    if (failed === 0 && status !== 0) failed = 1;
  } catch (error) {
    console.log(error instanceof Error ? error.message : error);
    failed = 1;
  }
  total.failed += failed;
}

/**
 * Runs some of vitest's projects, and counts their tests.
 * @param {string[]} projects
 * @param {"inherit" | "pipe"} output pipe: it is shown at the end, so that it does not mix with others'
 */
async function runVitest(projects, output = "inherit") {
  const report = `${root}cache/vitest-${projects.join("-")}.json`;
  mkdirSync(`${root}cache`, { recursive: true });
  rmSync(report, { force: true });
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  for (const project of projects) args.push("--project", project);
  const child = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", ...args], {
    cwd: root,
    stdio: ["ignore", output, output],
  });
  const outputs = [child.stdout, child.stderr].map((stream) => stream && text(stream));
  const [[status], ...said] = await Promise.all([once(child, "close"), ...outputs]);
  let failed = 0;
  if (existsSync(report)) {
    const { numTotalTests, numPassedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
    total.passed += numPassedTests;
    /** @param {{ status: string, assertionResults: unknown[] }} file */
    const unloaded = ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0;
    failed = numTotalTests - numPassedTests + testResults.filter(unloaded).length;
  }
  // An unhandled rejection or a crash fails without naming a test.
  if (failed === 0 && status !== 0) failed = 1;
  total.failed += failed;
  return said.join("");
}

if (isDeep) process.env.FOUNDRY_PROFILE = "deep";
// The compiler keeps one core busy for minutes.
const [early] = await Promise.all([runVitest(["early"], "pipe"), runChecks()]);
heading("what needs no contract");
console.log(early);
runForge();
heading("service");
await runVitest(["service", "e2e", ...(isDeep ? ["deep"] : [])]);
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

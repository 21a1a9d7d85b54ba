// What each user's transaction costs, beside the bar it has to stay under.
import { readFileSync } from "node:fs";
import { forgeTests } from "./foundry.mjs";
import { flagsOf, root } from "./steps.mjs";
import { printTable } from "./table.mjs";

const flags = flagsOf("npm run gas [-- --json]", "--json");

/** @type {Record<string, number>} */
const bars = JSON.parse(readFileSync(`${root}script/gas-bars.json`, "utf8"));

/** @returns {{ name: string, gas: number, bar: number }[]} in the order of the bars */
function measure() {
  /** @type {Map<string, number>} */
  const gasOf = new Map();
  const { suites } = forgeTests("--isolate", "--match-path", "test/contracts/gas/*");
  for (const [suite, { test_results }] of Object.entries(suites)) {
    for (const [test, { status, reason, decoded_logs }] of Object.entries(test_results)) {
      if (status !== "Success") throw new Error(`${suite} ${test}: ${reason ?? status}`);
      for (const log of decoded_logs) {
        const [, name, gas] = /^GAS (\S+) (\d+)$/.exec(log) ?? [];
        if (name === undefined) continue;
        if (!Object.hasOwn(bars, name))
          throw new Error(`${test} measures ${name}, which has no bar in gas-bars.json`);
        if (gasOf.has(name)) throw new Error(`${name} is measured twice`);
        gasOf.set(name, Number(gas));
      }
    }
  }
  return Object.entries(bars).map(([name, bar]) => {
    const gas = gasOf.get(name);
    if (gas === undefined) throw new Error(`no test measures ${name}`);
    return { name, gas, bar };
  });
}

try {
  const measured = measure();
  if (flags.has("--json")) for (const each of measured) console.log(JSON.stringify(each));
  else {
    const missedBy = (/** @type {number} */ over) => (over > 0 ? `missed by ${over}` : "met");
    printTable(measured.map(({ gas, bar, name }) => ({ name, gas, bar, "": missedBy(gas - bar) })));
    console.log("\nGas of the whole transaction, net of refunds; verify-pico: inside the call alone.");
    console.log(
      "bar: the most that it may cost (script/gas-bars.json); one that is missed ends this with 1.",
    );
  }
  if (measured.some(({ gas, bar }) => gas > bar)) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

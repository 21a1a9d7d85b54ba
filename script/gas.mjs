// npm run gas [-- --json]: what each user's transaction costs, beside the bar it has to stay under.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { foundryBinary } from "./foundry.mjs";
import { root } from "./steps.mjs";

/** @type {Record<string, number>} */
const bars = JSON.parse(readFileSync(`${root}script/gas-bars.json`, "utf8"));
const json = process.argv.includes("--json");
const folder = "test/contracts/gas";

/** @returns {Map<string, number>} */
function measure() {
  const gasOf = new Map();
  const tests = existsSync(root + folder)
    ? readdirSync(root + folder).filter((file) => file.endsWith(".t.sol"))
    : [];
  if (tests.length === 0) return gasOf;
  const forge = spawnSync(
    foundryBinary("forge"),
    ["test", "--isolate", "--json", "-vv", "--match-path", `${folder}/*`],
    {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      maxBuffer: 2 ** 30,
    },
  );
  const start = forge.stdout?.search(/^\{/m) ?? -1;
  if (start < 0) throw new Error(forge.error?.message ?? (forge.stdout || "forge reported no tests"));
  for (const [suite, { test_results }] of Object.entries(JSON.parse(forge.stdout.slice(start)))) {
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
  if (gasOf.size === 0) throw new Error(`the tests in ${folder} measured nothing`);
  return gasOf;
}

/** @param {Map<string, number>} gasOf */
function printTable(gasOf) {
  const number = new Intl.NumberFormat("en-US");
  const rows = Object.entries(bars).map(([name, bar]) => {
    const gas = gasOf.get(name);
    const met =
      gas === undefined ? "not built yet" : gas <= bar ? "met" : `missed by ${number.format(gas - bar)}`;
    return [name, gas === undefined ? "" : number.format(gas), number.format(bar), met];
  });
  for (const [name = "", gas = "", bar = "", met = ""] of [["name", "gas", "bar", ""], ...rows]) {
    console.log(`${name.padEnd(22)}${gas.padStart(11)}${bar.padStart(11)}  ${met}`.trimEnd());
  }
  console.log("\nGas of the whole transaction, net of refunds; verify-pico: inside the call alone.");
}

try {
  const gasOf = measure();
  if (json) {
    for (const [name, bar] of Object.entries(bars)) {
      if (gasOf.has(name)) console.log(JSON.stringify({ name, gas: gasOf.get(name), bar }));
    }
  } else printTable(gasOf);
  if (Object.entries(bars).some(([name, bar]) => (gasOf.get(name) ?? 0) > bar)) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

// SPDX-License-Identifier: AGPL-3.0-only
// npm run simulate: honest provers and attackers in one market, what each earns under every policy and guard, and what a
// foundation's rewards come to in each phase of a network.
import { Command } from "commander";
import { initKeccak } from "../../service/core/keccak.ts";
import { simulatePhases } from "./phases.ts";
import { reportText } from "./report.ts";
import { DEFAULT_SETTINGS, MARKETS } from "./settings.ts";
import { type Size, simulate } from "./simulate.ts";

const USAGE = 2;

const { json, ...size } = new Command("npm run simulate --")
  .description(
    "Honest provers and nine attackers in one market: what each earns under every policy and guard. The same flags print the same.",
  )
  .option("--seed <number>", "what the first market's chances follow from", whole("seed", 0, 2 ** 31), 1)
  .option("--seeds <number>", "how many markets, each from the next seed", whole("seeds", 1, 1_000), 3)
  .option("--epochs <number>", "how many epochs of each market", whole("epochs", 1, 100), 4)
  .option("--requests <number>", "how many requests an epoch", whole("requests", 1, 10_000), 60)
  .option("--json", "all amounts, in wei, instead of tables")
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE))
  .parse()
  .opts<Size & { json?: true }>();

await initKeccak();
const policies = simulate(size);
const markets = Object.entries(MARKETS).flatMap(([name, market]) =>
  simulate(size, market, [{ ...DEFAULT_SETTINGS, name }]),
);
const phases = simulatePhases(size);
if (json) {
  const asText = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
  console.log(JSON.stringify({ ...size, policies, markets, phases }, asText, 2));
} else console.log(reportText(size, policies, markets, phases));

function whole(name: keyof Size, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    console.error(`--${name} ${text}: give a whole number from ${least} to ${most}`);
    process.exit(USAGE);
  };
}

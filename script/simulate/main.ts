// SPDX-License-Identifier: AGPL-3.0-only
// npm run simulate [-- --seed N] [-- --seeds N] [-- --epochs N] [-- --requests N] [-- --json]
// Honest provers and nine attackers in one market: what each earns under every policy and guard.
import { parseArgs } from "node:util";
import { initKeccak } from "../../service/core/keccak.ts";
import { reportText } from "./report.ts";
import { DEFAULT_SETTINGS, MARKETS } from "./settings.ts";
import { type Size, simulate } from "./simulate.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    seeds: { type: "string", default: "3" },
    epochs: { type: "string", default: "4" },
    requests: { type: "string", default: "60" },
    json: { type: "boolean", default: false },
  },
});

const size: Size = {
  seed: whole("seed", 0, 2 ** 31),
  seeds: whole("seeds", 1, 1_000),
  epochs: whole("epochs", 1, 100),
  requests: whole("requests", 1, 10_000),
};
await initKeccak();
const policies = simulate(size);
const markets = MARKETS.flatMap(({ name, market }) =>
  simulate(size, market, [{ ...DEFAULT_SETTINGS, name }]),
);
if (values.json) {
  const asText = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
  console.log(JSON.stringify({ ...size, policies, markets }, asText, 2));
} else {
  console.log(reportText(size, policies, markets));
}

function whole(name: Exclude<keyof typeof values, "json">, least: number, most: number): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  console.error(`--${name} ${values[name]}: give a whole number from ${least} to ${most}`);
  process.exit(2);
}

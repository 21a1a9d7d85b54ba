// SPDX-License-Identifier: AGPL-3.0-only
import { formatUnits, getAddress } from "viem";
import type { Address } from "../core/types.ts";

export { count } from "../audit/words.ts";
export { time } from "../chain/moments.ts";

const SHOWN_DECIMALS = 6;
/** The staking token has 18 decimals, or the registry refuses it. */
const DECIMALS = 18;
/** Work is a fee times a multiplier in 1/10000. */
const WORK_DECIMALS = DECIMALS + 4;

/** Token amounts for people, rounded down to six decimals; programs take the wei from --json. */
export function amount(wei: bigint): string {
  return decimal(wei, DECIMALS);
}

/** An amount that may be a loss. */
export function signed(wei: bigint): string {
  return wei < 0n ? `−${amount(-wei)}` : amount(wei);
}

/** Weight is wei times basis points: shown in tokens. */
export function work(weight: bigint): string {
  return decimal(weight, WORK_DECIMALS);
}

/** Of 10,000, as it is. */
export function percent(bps: number): string {
  return `${bps / 100} %`;
}

/** The first and the last six digits, with the checksum's capitals, for tables. */
export function shortAddress(address: Address): string {
  const full = getAddress(address);
  return `${full.slice(0, 8)}…${full.slice(-6)}`;
}

/** Columns wide enough for their cells; numbers read best from the right. */
export function table(header: readonly string[], rows: Iterable<readonly string[]>, left: number): string {
  return [...tableLines(header, rows, left)].join("\n");
}

/** The same line by line; rows are gone through twice. */
export function* tableLines(
  header: readonly string[],
  rows: Iterable<readonly string[]>,
  left: number,
): Generator<string> {
  const widths = header.map((title) => title.length);
  for (const row of rows) {
    for (const i of widths.keys()) widths[i] = Math.max(widths[i] as number, (row[i] ?? "").length);
  }
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i < left ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  yield line(header);
  yield rule;
  for (const row of rows) yield line(row);
}

function decimal(value: bigint, decimals: number): string {
  const [whole = "0", fraction = ""] = formatUnits(value, decimals).split(".");
  const grouped = BigInt(whole).toLocaleString("en-US");
  const shown = fraction.slice(0, SHOWN_DECIMALS).replace(/0+$/, "");
  if (value > 0n && whole === "0" && shown === "") return `<0.${"0".repeat(SHOWN_DECIMALS - 1)}1`;
  return shown === "" ? grouped : `${grouped}.${shown}`;
}

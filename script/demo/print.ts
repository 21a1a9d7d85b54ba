// SPDX-License-Identifier: AGPL-3.0-only
import { styleText } from "node:util";
import { formatEther } from "viem";

const started = Date.now();
let chapterNumber = 0;

const secondsSince = (time: number) => ((Date.now() - time) / 1000).toFixed(0);

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function chapter(title: string): void {
  chapterNumber += 1;
  write("");
  write(
    styleText("bold", `${chapterNumber}. ${title}`) +
      styleText("dim", `  (after ${secondsSince(started)} s)`),
  );
}

export function finish(): void {
  write("");
  write(styleText("bold", `Done after ${secondsSince(started)} s: everything came out as it must.`));
}

/** What happens and why, for a reader who knows none of this. */
export function say(text: string): void {
  write(`   ${text}`);
}

export function note(text: string): void {
  write(styleText("dim", `   ${text}`));
}

export function command(text: string): void {
  write(styleText("cyan", `   $ ${text}`));
}

export function good(text: string): void {
  write(`   ${styleText("green", "✓")} ${text}`);
}

export function refused(what: string, error: string): void {
  write(`   ${styleText("yellow", "✗")} ${what}: refused, ${styleText("yellow", error)}`);
}

export function indented(text: string): void {
  for (const line of text.trimEnd().split("\n")) write(`     ${line}`);
}

/** Wei of the staking token, cut to two places for reading. */
export function tokens(wei: bigint): string {
  const [whole = "0", fraction = ""] = formatEther(wei).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const places = fraction.padEnd(2, "0").slice(0, 2);
  return `${grouped}${places === "00" ? "" : `.${places}`} PVD`;
}

export function short(address: string): string {
  return `${address.slice(0, 8)}…${address.slice(-6)}`;
}

/** A share's price in tokens, with the places in which a reward shows. */
export function price(wei: bigint): string {
  return Number(formatEther(wei)).toFixed(6);
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const numbers = header.map((_, column) => rows.every((row) => /^[\d.,–]*$/.test(row[column] ?? "")));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        numbers[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ");
  write(`     ${styleText("underline", line(header))}`);
  for (const row of rows) write(`     ${line(row)}`);
}

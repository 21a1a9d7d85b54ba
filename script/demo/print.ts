// SPDX-License-Identifier: AGPL-3.0-only
import { styleText } from "node:util";
import { amount, table as textTable } from "../../service/cli/format.ts";

const started = Date.now();
let chapterNumber = 0;

const elapsed = () => `after ${((Date.now() - started) / 1000).toFixed(0)} s`;

const write = (line: string) => void process.stdout.write(`${line}\n`);

export function chapter(title: string): void {
  chapterNumber += 1;
  write(`\n${styleText("bold", `${chapterNumber}. ${title}`)}${styleText("dim", `  (${elapsed()})`)}`);
}

export function finish(): void {
  write(`\n${styleText("bold", `Done ${elapsed()}: everything came out as it must.`)}`);
}

/** What happens and why, for a reader who knows none of this. */
export function say(...lines: readonly string[]): void {
  for (const line of lines) write(`   ${line}`);
}

export function note(...lines: readonly string[]): void {
  for (const line of lines) write(styleText("dim", `   ${line}`));
}

export const command = (text: string) => write(styleText("cyan", `   $ ${text}`));
export const good = (text: string) => write(`   ${styleText("green", "✓")} ${text}`);
export const refused = (what: string, error: string) =>
  write(`   ${styleText("yellow", "✗")} ${what}: refused, ${styleText("yellow", error)}`);

export function indented(text: string): void {
  for (const line of text.trimEnd().split("\n")) write(`     ${line}`);
}

/** The first `left` columns are text, the others numbers. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], left: number): void {
  indented(textTable(header, rows, left));
}

export const tokens = (wei: bigint) => `${amount(wei)} PVD`;

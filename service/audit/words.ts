// SPDX-License-Identifier: AGPL-3.0-only
import { formatUnits } from "viem";

/** What is said in wei, for programs, said to people: in tokens besides. */
export function withTokens(text: string): string {
  return text.replace(/\b([0-9]+) wei\b/g, (said, wei) => `${formatUnits(BigInt(wei), 18)} tokens (${said})`);
}

/** `1 post`, `2 posts`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

// SPDX-License-Identifier: AGPL-3.0-only
import type { Found } from "./config.ts";
import { UsageError } from "./errors.ts";

/** A part as a person types it, in percent: `5`, `12.5` or `12.5%`. Gives basis points. */
export function asPercent({ text, source }: Found): bigint {
  const [, whole, fraction = ""] = /^(\d{1,3})(?:\.(\d{1,2}))? ?%?$/.exec(text) ?? [];
  const bps = whole === undefined ? -1n : BigInt(whole) * 100n + BigInt(fraction.padEnd(2, "0"));
  if (bps >= 0n && bps <= 10_000n) return bps;
  throw new UsageError(`${source}: not a part in percent: ${text}`, "from 0 to 100, such as 12.5");
}

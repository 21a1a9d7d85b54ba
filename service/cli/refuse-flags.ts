// SPDX-License-Identifier: AGPL-3.0-only
import { UsageError } from "./errors.ts";

/**
 * What a command takes for one network only must not be given for another, and be left undone in silence.
 * @throws UsageError for the first of `names` that is given
 */
export function refuseFlags(flags: object, names: readonly string[], whose: string, hint: string): void {
  const given = names.find((name) => isGiven(flags, name));
  if (given !== undefined) throw new UsageError(`${flagOf(given)} is for ${whose}`, hint);
}

/** What every command that judges or posts for a distributor says of what only another network has to be told. */
export const OF_OTHER_NETWORKS = ["--network provernet", "leave it out: our distributor holds it"] as const;

/**
 * What only says how another flag is meant must not be given without that, and be left undone in silence.
 * @throws UsageError for the first of `names` that is given without `other`
 */
export function refuseWithout(flags: object, other: string, names: readonly string[]): void {
  if (isGiven(flags, other)) return;
  refuseFlags(flags, names, flagOf(other), `give ${flagOf(other)} too, or leave it out`);
}

function isGiven(flags: object, name: string): boolean {
  return (flags as Readonly<Record<string, unknown>>)[name] !== undefined;
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

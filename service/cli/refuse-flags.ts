// SPDX-License-Identifier: AGPL-3.0-only
import { UsageError } from "./errors.ts";

/**
 * What a command takes for one network only must not be given for another, and be left undone in silence.
 * @throws UsageError for the first of `names` that is given
 */
export function refuseFlags(flags: object, names: readonly string[], whose: string, hint: string): void {
  const given = names.find((name) => (flags as Readonly<Record<string, unknown>>)[name] !== undefined);
  if (given === undefined) return;
  const flag = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UsageError(`--${flag} is for ${whose}`, hint);
}

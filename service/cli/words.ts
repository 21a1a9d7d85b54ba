// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "../core/types.ts";
import { SCALAR_FIELD_ORDER } from "../deploy/bounds.ts";
import type { Found } from "./config.ts";
import { UsageError } from "./errors.ts";

/** 32 bytes, in lower case. @throws UsageError for anything else */
export function asWord({ text, source }: Found): Hex {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase() as Hex;
  throw new UsageError(`${source}: not 32 bytes: ${text}`, "give 0x and 64 hexadecimal digits");
}

/** What a zk proof may be about: a program's key, a digest. @throws UsageError for what is no number of its field too */
export function asPublicInput(found: Found): Hex {
  const word = asWord(found);
  if (BigInt(word) < SCALAR_FIELD_ORDER) return word;
  throw new UsageError(
    `${found.source}: not below the scalar field's order, as all is that a zk proof can be about: ${found.text}`,
    "copy it again, as the prover's tool prints it",
  );
}

// SPDX-License-Identifier: AGPL-3.0-only
import type { SignedAttestation } from "../chain/signed-attestation.ts";
import type { System } from "../chain/system.ts";
import { asAddress, asDecimal, asHash, asRecord } from "../core/guard.ts";
import type { Hex } from "../core/types.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";
import { load } from "./load.ts";

const SCHEMA = "provender.attestation/1";
const KEYS = ["auditor", "chainId", "distributor", "epoch", "postNumber", "root", "schema", "signature"];

type Place = Pick<System, "chainId" | "distributor">;

export function attestationJson({ chainId, distributor }: Place, attestation: SignedAttestation): string {
  const { epoch, postNumber, root, auditor, signature } = attestation;
  const numbers = { chainId: String(chainId), epoch: String(epoch), postNumber: String(postNumber) };
  return `${JSON.stringify({ schema: SCHEMA, ...numbers, distributor, root, auditor, signature }, null, 2)}\n`;
}

/** Refuses one that is for another chain or distributor. */
export async function readAttestation(
  context: Context,
  file: string,
  { chainId, distributor }: Place,
): Promise<SignedAttestation> {
  const bytes = await load(context, "<file>", file);
  try {
    const record = asRecord(JSON.parse(Buffer.from(bytes).toString()), "attestation", KEYS);
    if (record.schema !== SCHEMA) throw new Error("another schema");
    if (asDecimal(record.chainId, "chainId") !== chainId) throw new Error("it is for another chain");
    if (asAddress(record.distributor, "distributor") !== distributor) {
      throw new Error("it is for another distributor");
    }
    const { signature } = record;
    if (typeof signature !== "string" || !/^0x[0-9a-f]{130}$/.test(signature)) {
      throw new Error("signature: not 65 bytes");
    }
    return {
      epoch: asDecimal(record.epoch, "epoch"),
      postNumber: asDecimal(record.postNumber, "postNumber"),
      root: asHash(record.root, "root"),
      auditor: asAddress(record.auditor, "auditor"),
      signature: signature as Hex,
    };
  } catch (cause) {
    throw new UsageError(
      `${file}: no attestation for here: ${(cause as Error).message}`,
      "give a file of `provender attest --sign`",
    );
  }
}

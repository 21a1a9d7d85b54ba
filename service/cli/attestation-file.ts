// SPDX-License-Identifier: AGPL-3.0-only
import type { SignedAttestation } from "../chain/signed-attestation.ts";
import type { System } from "../chain/system.ts";
import { asAddress, asDecimal, asHash, asObject, asRecord } from "../core/guard.ts";
import type { Hex } from "../core/types.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";
import { load } from "./load.ts";

const SCHEMA = "provender.attestation/2";
const KEYS = ["auditor", "chainId", "distributor", "post", "schema", "signature"];
const POST_KEYS = [
  ...["cumulativeTotal", "datasetHash", "epoch", "postNumber", "root", "snapshotBlock", "snapshotHash"],
];

type Place = Pick<System, "chainId" | "distributor">;

/** The file that `readAttestation` reads; numbers as decimal texts. */
export function attestationJson({ chainId, distributor }: Place, attestation: SignedAttestation): string {
  const { auditor, signature } = attestation;
  const post = Object.fromEntries(
    Object.entries(attestation.post).map(([key, value]) => [key, String(value)]),
  );
  const place = { chainId: String(chainId), distributor };
  return `${JSON.stringify({ schema: SCHEMA, ...place, post, auditor, signature }, null, 2)}\n`;
}

/**
 * Reads what `attestationJson` gives.
 * @throws UsageError for anything else, and for one of another chain or distributor
 */
export async function readAttestation(
  context: Context,
  file: string,
  { chainId, distributor }: Place,
): Promise<SignedAttestation> {
  const bytes = await load(context, "<file>", file);
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString());
    const { schema } = asObject(json, "attestation");
    if (schema === "provender.attestation/1") {
      throw new Error("it names a root alone, as earlier releases did: have it signed again by this one");
    }
    if (schema !== SCHEMA) throw new Error(`schema: another than ${SCHEMA}`);
    const record = asRecord(json, "attestation", KEYS);
    const post = asRecord(record.post, "post", POST_KEYS);
    if (asDecimal(record.chainId, "chainId") !== chainId) throw new Error("it is for another chain");
    if (asAddress(record.distributor, "distributor") !== distributor) {
      throw new Error("it is for another distributor");
    }
    const { signature } = record;
    if (typeof signature !== "string" || !/^0x[0-9a-f]{130}$/.test(signature)) {
      throw new Error("signature: not 65 bytes");
    }
    return {
      post: {
        epoch: asDecimal(post.epoch, "post.epoch"),
        postNumber: asDecimal(post.postNumber, "post.postNumber"),
        root: asHash(post.root, "post.root"),
        cumulativeTotal: asDecimal(post.cumulativeTotal, "post.cumulativeTotal"),
        datasetHash: asHash(post.datasetHash, "post.datasetHash"),
        snapshotBlock: asDecimal(post.snapshotBlock, "post.snapshotBlock"),
        snapshotHash: asHash(post.snapshotHash, "post.snapshotHash"),
      },
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

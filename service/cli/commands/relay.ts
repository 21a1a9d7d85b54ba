// SPDX-License-Identifier: AGPL-3.0-only

import { hasAttested } from "../../chain/attest.ts";
import type { Chain } from "../../chain/client.ts";
import { type SignedAttestation, signedAttestationsCall } from "../../chain/signed-attestation.ts";
import type { System } from "../../chain/system.ts";
import type { PostContent } from "../../core/types.ts";
import { readAttestation } from "../attestation-file.ts";
import { type Context, printJson } from "../context.ts";
import { UsageError } from "../errors.ts";
import { count } from "../format.ts";
import { openSession } from "../session.ts";
import { openSigner } from "../signing.ts";
import { perform, type SendFlags } from "../transactions.ts";

/**
 * Brings signed attestations that are not yet counted to the distributor, in one transaction.
 * @throws UsageError for a file that is none of this distributor, or for several posts; ChainError if they are refused
 */
export async function relay(context: Context, files: string[], flags: SendFlags): Promise<void> {
  const { chain, system } = await openSession(context, flags);
  const attestations = await Promise.all(files.map((file) => readAttestation(context, file, system)));
  const [first, ...others] = attestations;
  if (first === undefined) throw new UsageError("<file...>: there is no attestation", "give one");
  if (others.some(({ post }) => !isSame(post, first.post))) {
    throw new UsageError("the attestations are for several posts", "relay those for each post by themselves");
  }
  const unsent = await notCounted(chain, system, first.post, attestations);
  if (unsent.length === 0) {
    if (flags.json) printJson(context, { transaction: null, attestations: 0 });
    else context.out("counted already: nothing was sent\n");
    return;
  }
  const signer = await openSigner(context, chain, flags);
  const many = count(unsent.length, "attestation");
  const { epoch, postNumber, root } = first.post;
  const intent = {
    says: `bring ${many} of post ${postNumber}, the root ${root} of epoch ${epoch}, to the distributor`,
    call: signedAttestationsCall(system.distributor, first.post, unsent),
  };
  const { transactions } = await perform(context, { chain }, signer, [intent], flags);
  const [transaction = null] = transactions;
  if (flags.json) printJson(context, { transaction, attestations: unsent.length });
  else if (transaction === null) context.out(`would be relayed: ${many}\n`);
  else context.out(`relayed ${many} in transaction ${transaction}\n`);
}

function isSame(a: PostContent, b: PostContent): boolean {
  return Object.entries(a).every(([key, value]) => b[key as keyof PostContent] === value);
}

/** One for each auditor whose yes the distributor does not have yet. */
async function notCounted(
  { client }: Chain,
  { distributor }: System,
  post: PostContent,
  attestations: readonly SignedAttestation[],
) {
  const signatures = new Map(attestations.map(({ auditor, signature }) => [auditor, signature]));
  const unsent = [];
  for (const [auditor, signature] of signatures) {
    if (await hasAttested(client, distributor, post, auditor)) continue;
    unsent.push({ auditor, signature });
  }
  return unsent;
}

// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { readDistributor } from "../chain/distributor.ts";
import type { RootToPost } from "../chain/preflight.ts";
import { postCall } from "../chain/send.ts";
import type { EncodedArtifact } from "../core/encoded-artifact.ts";
import type { Address } from "../core/types.ts";
import { putArtifact } from "../store/artifacts.ts";
import { putJob } from "../store/jobs.ts";
import { requireAll } from "./conditions.ts";
import { JobError } from "./errors.ts";
import type { PostEpochParams } from "./post.ts";

type Proposing = Pick<PostEpochParams, "chain" | "system" | "store" | "version">;

/**
 * For a publisher that is a multisig: whether it may post. Gives the multisig, which is the distributor's publisher if it
 * is not named.
 * @throws JobError by the name of the first condition that does not hold
 */
export async function requireProposable(
  { chain, system }: Pick<Proposing, "chain" | "system">,
  named: Address | undefined,
  root: RootToPost,
): Promise<Address> {
  const { client } = chain;
  const multisig = named ?? (await readDistributor(client, system)).publisher;
  await requireAll({ chain, system }, multisig, root);
  if ((await client.getCode({ address: multisig })) === undefined) {
    throw new JobError(
      "refused",
      `the publisher ${getAddress(multisig)} is an account with a key, and no multisig`,
      "post with --post and its key, or let the owner make the multisig publisher",
    );
  }
  await client.simulateContract({ ...postCall(system, root), account: multisig });
  return multisig;
}

/** All that comes before a post is signed. */
export async function storeProposal(
  { system, store, version }: Proposing,
  root: RootToPost,
  artifact: EncodedArtifact | undefined,
): Promise<void> {
  if (artifact !== undefined) await putArtifact(store, artifact);
  const { chainId, distributor } = system;
  const { epoch, datasetHash } = root;
  await putJob(store, {
    ...{ chainId, distributor, epoch, root: root.root, datasetHash, version },
    ...{ step: "stored", transaction: null, postNumber: null },
  });
}

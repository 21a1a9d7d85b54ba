// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient, TransactionReceipt } from "viem";
import type { Address, Hex } from "../core/types.ts";
import { iRewardDistributorAbi } from "./abi.ts";
import type { DeliverOptions } from "./deliver.ts";
import type { Signer } from "./signer.ts";
import { transact } from "./transact.ts";

/** The post that is attested: of several for one epoch, exactly this one. */
export interface PostId {
  readonly epoch: bigint;
  readonly postNumber: bigint;
  readonly root: Hex;
}

export async function hasAttested(
  client: PublicClient,
  distributor: Address,
  { postNumber }: PostId,
  auditor: Address,
): Promise<boolean> {
  return client.readContract({
    address: distributor,
    abi: iRewardDistributorAbi,
    functionName: "hasAttested",
    args: [postNumber, auditor],
  });
}

export async function sendAttestation(
  client: PublicClient,
  distributor: Address,
  signer: Signer,
  { epoch, postNumber, root }: PostId,
  options: DeliverOptions,
): Promise<TransactionReceipt> {
  const args = [epoch, postNumber, root] as const;
  const call = { address: distributor, abi: iRewardDistributorAbi, functionName: "attest", args } as const;
  return transact(client, signer, call, options);
}

// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import type { Address, Hex } from "../core/types.ts";
import { iRewardDistributorAbi } from "./abi.ts";
import type { Signer } from "./signer.ts";

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

/** Simulates first, so that what the contract would refuse is never sent. */
export async function sendAttestation(
  client: PublicClient,
  distributor: Address,
  { account, wallet }: Signer,
  { epoch, postNumber, root }: PostId,
): Promise<Hex> {
  const { request } = await client.simulateContract({
    address: distributor,
    abi: iRewardDistributorAbi,
    functionName: "attest",
    args: [epoch, postNumber, root],
    account,
  });
  return wallet.writeContract({ ...request, chain: null });
}

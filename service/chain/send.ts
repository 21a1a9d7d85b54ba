// SPDX-License-Identifier: AGPL-3.0-only
import type { ContractFunctionParameters, PublicClient, TransactionReceipt } from "viem";
import type { Claim } from "../core/reward-tree.ts";
import { iProverNetAdapterAbi, iProverRegistryAbi, iRewardDistributorAbi } from "./abi.ts";
import type { DeliverOptions } from "./deliver.ts";
import type { RootToPost } from "./preflight.ts";
import type { Signer } from "./signer.ts";
import { hasAdapter, type System } from "./system.ts";
import { transact } from "./transact.ts";

/** A claim passes through the registry, whose errors come back through the distributor. */
const CLAIM_ABI = [...iRewardDistributorAbi, ...iProverRegistryAbi] as const;

/** The call of `postRoot`, for a signer or for a multisig. */
export function postCall({ distributor }: System, { epoch, root, total, datasetHash, snapshot }: RootToPost) {
  const args = [BigInt(epoch), root, total, datasetHash, snapshot.number, snapshot.hash] as const;
  return { address: distributor, abi: iRewardDistributorAbi, functionName: "postRoot", args } as const;
}

/** Posts a root and waits until that is mined. @throws ChainError if the contract refuses it. */
export async function sendPost(
  client: PublicClient,
  system: System,
  signer: Signer,
  root: RootToPost,
  options: DeliverOptions,
): Promise<TransactionReceipt> {
  return transact(client, signer, postCall(system, root), options);
}

/**
 * The call of one claim for one prover, or of a batch that leaves out what cannot be paid. Where registry and market are
 * an adapter for another network's contracts, it pays on what is claimed in the same transaction: nothing vests there,
 * and whoever stakes between a claim and its payment has a part in it.
 */
export function claimsCall(system: System, claims: readonly Claim[]): ContractFunctionParameters {
  const { distributor, registry } = system;
  if (hasAdapter(system)) {
    const adapter = { address: registry, abi: iProverNetAdapterAbi } as const;
    return { ...adapter, functionName: "claimAndPay", args: [claims] };
  }
  const contract = { address: distributor, abi: CLAIM_ABI } as const;
  const [only, ...others] = claims;
  if (only !== undefined && others.length === 0) {
    const { prover, cumulative, cumulativeCommission, merkleProof } = only;
    const args = [prover, cumulative, cumulativeCommission, merkleProof] as const;
    return { ...contract, functionName: "claim", args };
  }
  return { ...contract, functionName: "claimBatch", args: [claims] };
}

/** Claims, and waits until that is mined. @throws ChainError if the contract refuses it. */
export async function sendClaims(
  client: PublicClient,
  system: System,
  signer: Signer,
  claims: readonly Claim[],
  options: DeliverOptions,
): Promise<TransactionReceipt> {
  return transact(client, signer, claimsCall(system, claims) as never, options);
}

// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient, TransactionReceipt } from "viem";
import {
  TransactionNotFoundError,
  TransactionReceiptNotFoundError,
  WaitForTransactionReceiptTimeoutError,
} from "viem";
import type { Claim } from "../core/reward-tree.ts";
import type { Hex } from "../core/types.ts";
import { iProverRegistryAbi, iRewardDistributorAbi } from "./abi.ts";
import { ChainError } from "./errors.ts";
import type { RootToPost } from "./preflight.ts";
import type { Signer } from "./signer.ts";
import type { System } from "./system.ts";

/** A claim passes through the registry, whose errors come back through the distributor. */
const CLAIM_ABI = [...iRewardDistributorAbi, ...iProverRegistryAbi];
const RECEIPT_TIMEOUT = 300_000;

/** Simulates first, so that what the contract would refuse is never sent. */
export async function sendPost(
  client: PublicClient,
  system: System,
  { account, wallet }: Signer,
  post: RootToPost,
): Promise<Hex> {
  const { request } = await client.simulateContract({
    address: system.distributor,
    abi: iRewardDistributorAbi,
    functionName: "postRoot",
    args: [
      BigInt(post.epoch),
      post.root,
      post.total,
      post.datasetHash,
      post.snapshot.number,
      post.snapshot.hash,
    ],
    account,
  });
  return wallet.writeContract({ ...request, chain: null });
}

/** One claim for one prover, or a batch that leaves out what cannot be paid. */
export async function sendClaims(
  client: PublicClient,
  system: System,
  { account, wallet }: Signer,
  claims: readonly Claim[],
): Promise<Hex> {
  const distributor = { address: system.distributor, abi: CLAIM_ABI, account } as const;
  const [only, ...others] = claims;
  if (only !== undefined && others.length === 0) {
    const { request } = await client.simulateContract({
      ...distributor,
      functionName: "claim",
      args: [only.prover, only.cumulative, only.cumulativeCommission, only.merkleProof],
    });
    return wallet.writeContract({ ...request, chain: null });
  }
  const { request } = await client.simulateContract({
    ...distributor,
    functionName: "claimBatch",
    args: [claims],
  });
  return wallet.writeContract({ ...request, chain: null });
}

export async function receiptOf(client: PublicClient, hash: Hex): Promise<TransactionReceipt> {
  let receipt: TransactionReceipt;
  try {
    receipt = await client.waitForTransactionReceipt({ hash, timeout: RECEIPT_TIMEOUT });
  } catch (cause) {
    if (!(cause instanceof WaitForTransactionReceiptTimeoutError)) throw cause;
    throw new ChainError(
      "not-ready",
      `transaction ${hash} is not mined yet`,
      "run the same command again: it waits for the transaction, and does not send another",
      { cause },
    );
  }
  if (receipt.status !== "success") {
    throw new ChainError("refused", `transaction ${hash} was mined, and reverted`, "run the command again");
  }
  return receipt;
}

/** Whether the chain or the endpoint's pool still knows a transaction that was sent earlier. */
export async function isKnown(client: PublicClient, hash: Hex): Promise<boolean> {
  try {
    await client.getTransaction({ hash });
    return true;
  } catch (error) {
    if (error instanceof TransactionNotFoundError || error instanceof TransactionReceiptNotFoundError)
      return false;
    throw error;
  }
}

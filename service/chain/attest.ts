// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress, type PublicClient } from "viem";
import type { Address, PostContent } from "../core/types.ts";
import { iProverRegistryAbi, iRewardDistributorAbi } from "./abi.ts";
import { ChainError } from "./errors.ts";
import { lower } from "./system.ts";

const at = (distributor: Address) => ({ address: distributor, abi: iRewardDistributorAbi }) as const;

/** Whether an auditor's attestation of a post is counted. */
export async function hasAttested(
  client: PublicClient,
  distributor: Address,
  { postNumber }: Pick<PostContent, "postNumber">,
  auditor: Address,
): Promise<boolean> {
  const args = [postNumber, auditor] as const;
  return client.readContract({ ...at(distributor), functionName: "hasAttested", args });
}

/** Whether an auditor has spent its one veto of an epoch. */
export async function hasVetoed(
  client: PublicClient,
  distributor: Address,
  { epoch }: Pick<PostContent, "epoch">,
  auditor: Address,
): Promise<boolean> {
  const args = [epoch, auditor] as const;
  return client.readContract({ ...at(distributor), functionName: "hasVetoed", args });
}

/** replaced: another root was posted after it. */
export type PostStanding = "pending" | "active" | "vetoed" | "replaced";

/** How a post stands at the latest block. @throws what the client does */
export async function standingOf(
  client: PublicClient,
  distributor: Address,
  { postNumber }: Pick<PostContent, "postNumber">,
): Promise<PostStanding> {
  const [latest, active] = await Promise.all([
    client.readContract({ ...at(distributor), functionName: "latestPost" }),
    client.readContract({ ...at(distributor), functionName: "activePost" }),
  ]);
  if (active.postNumber === postNumber) return "active";
  if (latest.postNumber !== postNumber) return "replaced";
  return latest.vetoed ? "vetoed" : "pending";
}

/** @throws ChainError `refused` for an account whose yes to a post the distributor would not count. */
export async function requireAuditor(
  client: PublicClient,
  distributor: Address,
  { postNumber }: Pick<PostContent, "postNumber">,
  account: Address,
): Promise<void> {
  const { listed, listedAfterPost } = await client.readContract({
    ...at(distributor),
    functionName: "auditor",
    args: [account],
  });
  if (listed && postNumber > BigInt(listedAfterPost)) return;
  const who = getAddress(account);
  throw listed
    ? new ChainError(
        "refused",
        `${who} was listed as an auditor after post ${postNumber} was posted, and has a say from the next one on (NotAuditor)`,
        "let an auditor attest who was listed before",
      )
    : new ChainError(
        "refused",
        `${who} is not a listed auditor (NotAuditor)`,
        "give the key of one, or let the owner list this account with setAuditor",
      );
}

/**
 * As what an account may attest or veto.
 * @throws ChainError `no-signer` for an account that may do neither.
 */
export async function requireSay(
  client: PublicClient,
  distributor: Address,
  account: Address,
): Promise<"auditor" | "guardian"> {
  const [{ listed }, registry] = await Promise.all([
    client.readContract({ ...at(distributor), functionName: "auditor", args: [account] }),
    client.readContract({ ...at(distributor), functionName: "registry" }),
  ]);
  if (listed) return "auditor";
  const guardian = await client.readContract({
    address: registry,
    abi: iProverRegistryAbi,
    functionName: "guardian",
  });
  if (lower(guardian) === account) return "guardian";
  throw new ChainError(
    "no-signer",
    `${getAddress(account)} is neither a listed auditor nor the guardian`,
    "give the key of one, or let the owner list this account",
  );
}

/** The call that attests a post, or vetoes it. */
export function verdictCall(distributor: Address, verdict: "attest" | "veto", post: PostContent) {
  const args = [post] as const;
  return { ...at(distributor), functionName: verdict, args } as const;
}

// SPDX-License-Identifier: AGPL-3.0-only
import { type Abi, type Address, erc20Abi, erc4626Abi } from "viem";
import {
  iDepositRouterAbi,
  iProverRegistryAbi,
  iProverVaultAbi,
  iRewardDistributorAbi,
} from "../../chain/abi.ts";
import type { Permit } from "../../chain/permit.ts";
import type { PostContent } from "../../core/types.ts";
import type { Claim } from "../source/types.ts";

/** One call of a contract, with every error that it may end with. */
export interface Call {
  readonly address: Address;
  readonly abi: Abi;
  readonly functionName: string;
  readonly args: readonly unknown[];
}

const sources: readonly Abi[] = [
  iProverVaultAbi,
  iProverRegistryAbi,
  iRewardDistributorAbi,
  iDepositRouterAbi,
];
const ERRORS: Abi = sources.flatMap((abi) => abi.filter(({ type }) => type === "error"));

const withErrors = (abi: Abi): Abi => [...abi.filter(({ type }) => type === "function"), ...ERRORS];
const TOKEN = withErrors(erc20Abi);
const VAULT = withErrors([...iProverVaultAbi, ...erc4626Abi]);
const ROUTER = withErrors(iDepositRouterAbi);
const DISTRIBUTOR = withErrors(iRewardDistributorAbi);

/** Allows `spender` so much of the token, in wei, in place of what it was allowed before. */
export const approve = (token: Address, spender: Address, assets: bigint): Call => ({
  ...{ address: token, abi: TOKEN, functionName: "approve", args: [spender, assets] },
});

/** `assets` in wei, of the sender; the shares, rounded down, go to `receiver`. */
export const deposit = (vault: Address, assets: bigint, receiver: Address): Call => ({
  ...{ address: vault, abi: VAULT, functionName: "deposit", args: [assets, receiver] },
});

/** The same by a signed permit, in one transaction; reverts where fewer than `minShares` would come of it. */
export const depositWithPermit = (
  router: Address,
  {
    vault,
    assets,
    minShares,
    receiver,
  }: { vault: Address; assets: bigint; minShares: bigint; receiver: Address },
  { deadline, v, r, s }: Permit,
): Call => ({
  ...{ address: router, abi: ROUTER, functionName: "depositAtLeastWithPermit" },
  args: [vault, assets, minShares, receiver, deadline, v, r, s],
});

/** `shares` of `owner`, who controls the exit too: priced at once, and due after the unbonding delay. */
export const requestExit = (vault: Address, shares: bigint, owner: Address): Call => ({
  ...{ address: vault, abi: VAULT, functionName: "requestRedeem", args: [shares, owner, owner] },
});

/** All that is due, paid to the controller whoever sends it. */
export const takeOut = (vault: Address, controller: Address): Call => ({
  ...{ address: vault, abi: VAULT, functionName: "claimDue", args: [controller] },
});

/** One claim by itself, several in one batch; whoever sends them, provers are paid. */
export function claimRewards(distributor: Address, claims: readonly Claim[]): Call {
  const [only] = claims;
  const paramsOf = ({ prover, cumulative, cumulativeCommission, merkleProof }: Claim) =>
    [prover, cumulative, cumulativeCommission, merkleProof] as const;
  if (only !== undefined && claims.length === 1) {
    return { address: distributor, abi: DISTRIBUTOR, functionName: "claim", args: paramsOf(only) };
  }
  const list = claims.map(({ prover, cumulative, cumulativeCommission, merkleProof }) => ({
    ...{ prover, cumulative, cumulativeCommission, merkleProof },
  }));
  return { address: distributor, abi: DISTRIBUTOR, functionName: "claimBatch", args: [list] };
}

/** What an auditor says yes or no to, as the distributor's logs give it. */
export const vote = (distributor: Address, how: "attest" | "veto", post: PostContent): Call => ({
  ...{ address: distributor, abi: DISTRIBUTOR, functionName: how, args: [post] },
});

// SPDX-License-Identifier: AGPL-3.0-only
import { type PublicClient, parseAbi } from "viem";
import type { Address } from "../core/types.ts";
import { iProverRegistryAbi, iRewardDistributorAbi } from "./abi.ts";
import type { System } from "./system.ts";

/** What people are told of a deployment beside its system: rules that never change, roles and pauses that do. */
export interface NetworkState {
  readonly blockNumber: bigint;
  readonly timestamp: bigint;
  readonly factory: Address;
  readonly tokenName: string;
  readonly decimals: number;
  readonly staking: {
    readonly unbondingDelay: bigint;
    readonly vestingPeriod: bigint;
    readonly minSelfStake: bigint;
    readonly maxCommissionBps: bigint;
    readonly commissionNotice: bigint;
    readonly provers: bigint;
  };
  /** 0: nothing is stopped; 1: deposits; 2: exits, too, until `exitPauseEnd` in seconds. */
  readonly pause: { readonly level: number; readonly exitPauseEnd: bigint };
  readonly roles: {
    readonly owner: Address;
    readonly pendingOwner: Address;
    readonly guardian: Address;
    readonly treasury: Address;
    readonly publisher: Address;
  };
  /** For the next post. */
  readonly quorum: bigint;
  readonly challengeWindow: bigint;
}

const OWNED = parseAbi(["function owner() view returns (address)"]);
const TOKEN = parseAbi(["function name() view returns (string)", "function decimals() view returns (uint8)"]);

/** All of it at the one block that is the latest; amounts in wei, times in seconds, rates in bps. */
export async function readNetwork(client: PublicClient, system: System): Promise<NetworkState> {
  const { number: blockNumber, timestamp } = await client.getBlock();
  const registry = { address: system.registry, abi: iProverRegistryAbi, blockNumber } as const;
  const distributor = { address: system.distributor, abi: iRewardDistributorAbi, blockNumber } as const;
  const token = { address: system.token, abi: TOKEN, blockNumber } as const;
  const ask = <const Name extends "factory" | "pendingOwner" | "guardian" | "treasury">(functionName: Name) =>
    client.readContract({ ...registry, functionName });
  const number = <
    const Name extends
      | ("unbondingDelay" | "vestingPeriod" | "minSelfStake")
      | ("maxCommissionBps" | "commissionNotice" | "proverCount"),
  >(
    functionName: Name,
  ) => client.readContract({ ...registry, functionName });
  const [factory, pendingOwner, guardian, treasury, owner, publisher] = await Promise.all([
    ask("factory"),
    ask("pendingOwner"),
    ask("guardian"),
    ask("treasury"),
    client.readContract({ address: system.registry, abi: OWNED, functionName: "owner", blockNumber }),
    client.readContract({ ...distributor, functionName: "publisher" }),
  ]);
  const [unbondingDelay, vestingPeriod, minSelfStake, maxCommissionBps, commissionNotice, provers] =
    await Promise.all([
      number("unbondingDelay"),
      number("vestingPeriod"),
      number("minSelfStake"),
      number("maxCommissionBps"),
      number("commissionNotice"),
      number("proverCount"),
    ]);
  const [level, exitPauseEnd, quorum, challengeWindow, tokenName, decimals] = await Promise.all([
    client.readContract({ ...registry, functionName: "pauseLevel" }),
    client.readContract({ ...registry, functionName: "exitPauseEnd" }),
    client.readContract({ ...distributor, functionName: "quorum" }),
    client.readContract({ ...distributor, functionName: "challengeWindow" }),
    client.readContract({ ...token, functionName: "name" }),
    client.readContract({ ...token, functionName: "decimals" }),
  ]);
  return {
    blockNumber,
    timestamp,
    factory,
    tokenName,
    decimals,
    staking: { unbondingDelay, vestingPeriod, minSelfStake, maxCommissionBps, commissionNotice, provers },
    pause: { level, exitPauseEnd },
    roles: { owner, pendingOwner, guardian, treasury, publisher },
    quorum,
    challengeWindow,
  };
}

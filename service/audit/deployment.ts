// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress, type PublicClient } from "viem";
import { iRewardDistributorAbi } from "../chain/abi.ts";
import { ChainError, inconsistent, isAnswered } from "../chain/errors.ts";
import { unlessAnsweredBlindly } from "../chain/system.ts";
import type { Address } from "../core/types.ts";

/** What never changes about one deployment. */
export interface Deployment {
  readonly chainId: bigint;
  readonly distributor: Address;
  readonly registry: Address;
  readonly market: Address;
  readonly startBlock: bigint;
  readonly clockStart: bigint;
  readonly epochLength: bigint;
}

/** Registry and market come before the distributor, which knows only its own block. */
export const BLOCKS_BEFORE = 1_000n;

/**
 * What the distributor at an address says of itself, as of the latest block; times in seconds.
 * @throws ChainError if there is no contract, another one, or one whose epochs have no length; `unreachable` if the
 * endpoint executes no calls
 */
export function readDeployment(client: PublicClient, address: Address): Promise<Deployment> {
  return unlessAnsweredBlindly(client, () => deploymentAt(client, lower(address)));
}

async function deploymentAt(client: PublicClient, distributor: Address): Promise<Deployment> {
  const at = { address: distributor, abi: iRewardDistributorAbi } as const;
  const [chainId, code] = await Promise.all([client.getChainId(), client.getCode({ address: distributor })]);
  if (code === undefined) {
    throw new ChainError(
      "no-code",
      `there is no contract at ${getAddress(distributor)} on chain ${chainId}`,
      "check the distributor's address and that the RPC endpoint serves its chain",
    );
  }
  const [registry, market, block, clockStart, epochLength] = await Promise.all([
    client.readContract({ ...at, functionName: "registry" }),
    client.readContract({ ...at, functionName: "market" }),
    client.readContract({ ...at, functionName: "deploymentBlock" }),
    client.readContract({ ...at, functionName: "clockStart" }),
    client.readContract({ ...at, functionName: "epochLength" }),
  ]).catch((cause) => {
    if (!isAnswered(cause)) throw cause;
    throw new ChainError(
      "not-a-distributor",
      `the contract at ${getAddress(distributor)} is not a Provender distributor`,
      "give the distributor's address, as in the deployment record",
      { cause },
    );
  });
  if (epochLength === 0n) throw inconsistent("the distributor's epochLength is 0, which no deployment's is");
  return {
    chainId: BigInt(chainId),
    distributor,
    registry: lower(registry),
    market: lower(market),
    startBlock: block > BLOCKS_BEFORE ? block - BLOCKS_BEFORE : 0n,
    clockStart,
    epochLength,
  };
}

/** From `start` on, and before `end`, in seconds (SPEC, 2). */
export function boundsOf(deployment: Deployment, epoch: number): { start: bigint; end: bigint } {
  const start = deployment.clockStart + BigInt(epoch) * deployment.epochLength;
  return { start, end: start + deployment.epochLength };
}

/** The epoch of a time in seconds, rounded toward zero: that before the clock's start is 0 too. */
export function epochOf(deployment: Deployment, timestamp: bigint): number {
  return Number((timestamp - deployment.clockStart) / deployment.epochLength);
}

/** An address in lower case, as it is compared. */
export function lower(address: string): Address {
  return address.toLowerCase() as Address;
}

// SPDX-License-Identifier: AGPL-3.0-only
import { erc20Abi, getAddress, numberToHex, type PublicClient } from "viem";
import { domainOf } from "../core/leaf.ts";
import type { Address, Hex } from "../core/types.ts";
import { iProofMarketAbi, iProverRegistryAbi, iRewardDistributorAbi } from "./abi.ts";
import type { Chain } from "./client.ts";
import { type ChainCode, ChainError, isAnswered } from "./errors.ts";

/** Everything that never changes about one deployment, read from its distributor. */
export interface System {
  readonly chainId: bigint;
  readonly distributor: Address;
  readonly registry: Address;
  readonly market: Address;
  readonly token: Address;
  readonly symbol: string;
  readonly domain: Hex;
  /** The first block whose logs are read. */
  readonly startBlock: bigint;
  readonly clockStart: bigint;
  readonly epochLength: bigint;
  /** Seconds from an exit's request until it is due, and those in which a reward vests; 0 beside an adapter. */
  readonly unbondingDelay: bigint;
  readonly vestingPeriod: bigint;
}

/** Registry and market are deployed before the distributor, which only knows its own block. */
const DEPLOYMENT_MARGIN = 1_000n;

/**
 * All contracts of a deployment by its distributor.
 * @throws ChainError `no-code` or `not-a-distributor` if that is none, or another chain's; `unreachable` if the endpoint
 * executes no calls
 */
export async function readSystem(chain: Chain, distributorAddress: Address): Promise<System> {
  const distributor = lower(distributorAddress);
  return unlessAnsweredBlindly(chain.client, () => systemAt(chain, distributor));
}

async function systemAt({ client, chainId }: Chain, distributor: Address): Promise<System> {
  await requireCode(client, distributor);
  const read = <const Name extends "registry" | "market" | "token" | "domain" | "deploymentBlock">(
    functionName: Name,
  ) => client.readContract({ address: distributor, abi: iRewardDistributorAbi, functionName });
  const [registry, market, token, domain, deploymentBlock, clockStart, epochLength] = await Promise.all([
    read("registry"),
    read("market"),
    read("token"),
    read("domain"),
    read("deploymentBlock"),
    client.readContract({ address: distributor, abi: iRewardDistributorAbi, functionName: "clockStart" }),
    client.readContract({ address: distributor, abi: iRewardDistributorAbi, functionName: "epochLength" }),
  ]).catch((cause) => {
    if (!isAnswered(cause)) throw cause;
    throw notADistributor(distributor, { cause });
  });
  if (domain !== domainOf(chainId, distributor) || epochLength === 0n) throw notADistributor(distributor);
  // An adapter for another network's contracts has neither: exits are that network's, and nothing vests.
  const seconds = async (functionName: "unbondingDelay" | "vestingPeriod") =>
    hasAdapter({ registry, market })
      ? 0n
      : client.readContract({ address: registry, abi: iProverRegistryAbi, functionName });
  const [marketRegistry, symbol, unbondingDelay, vestingPeriod] = await Promise.all([
    client.readContract({ address: market, abi: iProofMarketAbi, functionName: "registry" }),
    client.readContract({ address: token, abi: erc20Abi, functionName: "symbol" }),
    seconds("unbondingDelay"),
    seconds("vestingPeriod"),
  ]);
  if (marketRegistry !== registry) throw notADistributor(distributor);
  return {
    chainId,
    distributor,
    registry: lower(registry),
    market: lower(market),
    token: lower(token),
    symbol,
    domain,
    startBlock: deploymentBlock > DEPLOYMENT_MARGIN ? deploymentBlock - DEPLOYMENT_MARGIN : 0n,
    clockStart,
    epochLength,
    unbondingDelay,
    vestingPeriod,
  };
}

/** The precompiled contract of every chain that gives back what it is called with, and something that is not zero. */
const IDENTITY = "0x0000000000000000000000000000000000000004";
const ECHO = numberToHex(42n, { size: 32 });

/**
 * What `read` gives. Where contracts are not what they were taken for, the endpoint may be at fault: one that does not
 * give back what the identity contract is called with answers without executing anything.
 * @throws ChainError `unreachable` then; what `read` does otherwise
 */
export async function unlessAnsweredBlindly<T>(client: PublicClient, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ChainError) || !BLAMES_ADDRESS.includes(error.code)) throw error;
    // Where it is refused, the endpoint does not answer whatever it is asked.
    const { data = "0x" } = await client.call({ to: IDENTITY, data: ECHO }).catch(() => ({ data: ECHO }));
    if (data === ECHO) throw error;
    throw new ChainError(
      "unreachable",
      `the RPC endpoint answers calls without executing them, such as those of ${IDENTITY} with ${data}`,
      "use another endpoint: what this one says of contracts is not the chain's",
      { cause: error },
    );
  }
}

const BLAMES_ADDRESS: readonly ChainCode[] = ["no-code", "not-a-distributor"];

/** Whether registry and market are one adapter, for a network whose contracts stood already. */
export const hasAdapter = ({ registry, market }: Pick<System, "registry" | "market">): boolean =>
  registry === market;

/** The half-open window of an epoch's timestamps, in seconds (SPEC, 2). */
export function epochBounds(system: System, epoch: number): { start: bigint; end: bigint } {
  const start = system.clockStart + BigInt(epoch) * system.epochLength;
  return { start, end: start + system.epochLength };
}

/** The epoch that a timestamp, in seconds, falls in, at or after the clock's start. */
export function epochAt(system: System, timestamp: bigint): number {
  return Number((timestamp - system.clockStart) / system.epochLength);
}

/** An address in lower case, as it is compared and stored. */
export function lower(address: string): Address {
  return address.toLowerCase() as Address;
}

async function requireCode(client: PublicClient, address: Address): Promise<void> {
  const code = await client.getCode({ address });
  if (code === undefined) {
    throw new ChainError(
      "no-code",
      `there is no contract at ${getAddress(address)}`,
      "check the distributor's address and that the RPC endpoint serves its chain",
    );
  }
}

function notADistributor(address: Address, options?: ErrorOptions): ChainError {
  return new ChainError(
    "not-a-distributor",
    `the contract at ${getAddress(address)} is not a Provender distributor`,
    "give the distributor's address, as in the deployment record",
    options,
  );
}

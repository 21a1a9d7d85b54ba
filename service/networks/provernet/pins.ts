// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress, keccak256, type PublicClient } from "viem";
import { ChainError } from "../../chain/errors.ts";
import { InputError } from "../../core/errors.ts";
import { asAddress } from "../../core/guard.ts";
import type { Address, Hex } from "../../core/types.ts";
import type { ProverNetConfig } from "./config.ts";
import { Arguments, TOPIC } from "./events.ts";
import type { NetworkLog } from "./log.ts";
import type { Contracts } from "./open.ts";
import type { ProverNetSources } from "./sources.ts";
import { readState } from "./store.ts";

type Pins = ReadonlyMap<Address, Hex>;

/**
 * What a sync is held to: the configuration's hashes, and those that an earlier sync found.
 * @throws InputError for a hash of a contract that has no such name
 */
export function pinsOf(known: Pins, config: ProverNetConfig, contracts: Contracts): Pins {
  const pins = new Map(known);
  for (const [key, hash] of config.codeHashes ?? []) pins.set(addressOf(key, contracts), hash);
  return pins;
}

function addressOf(key: string, contracts: Contracts): Address {
  const { stakingController, market, epochRewards, factory: vaultFactory, token } = contracts;
  const named = { stakingController, market, epochRewards, vaultFactory, token };
  const at = `network-config.codeHashes.${key}`;
  const address = Object.hasOwn(named, key) ? named[key as keyof typeof named] : undefined;
  if (address === null) {
    throw new InputError("invalid", at, "the configuration gives it no address", "leave its hash out");
  }
  if (address !== undefined) return address;
  if (key.startsWith("0x")) return asAddress(key, at);
  const names = Object.keys(named).join(", ");
  throw new InputError("invalid", at, "no contract has this name", `give an address, or one of ${names}`);
}

/** @throws ChainError if the code at an address is not what was pinned */
export async function requireCode(client: PublicClient, pins: Pins): Promise<void> {
  for (const [address, hash] of pins) {
    const found = await codeHash(client, address);
    if (found !== hash) throw changed(address, `has code that hashes to ${found}, pinned is ${hash}`);
  }
}

/** @throws ChainError if a proxy that had code is given other code, which is not pinned */
export async function requirePinned(
  { chain: { client }, database, deployment, pins }: ProverNetSources,
  logs: readonly NetworkLog[],
): Promise<void> {
  const upgrades = logs.filter(({ topics }) => topics[0] === TOPIC.Upgraded);
  if (upgrades.length === 0 || pins.size === 0) return;
  const { implementations } = await readState(database, deployment);
  for (const log of upgrades) {
    const implementation = new Arguments(log, 1, 0).topicAddress(1);
    const before = implementations[log.address];
    implementations[log.address] = implementation;
    if (before === undefined || before === implementation || pins.has(implementation)) continue;
    const hash = await codeHash(client, implementation);
    const where = `${getAddress(implementation)}, in block ${log.blockNumber}`;
    throw changed(log.address, `was given the implementation ${where}, whose code hashes to ${hash}`);
  }
}

/** The code that a sync found for the first time; empty if all is pinned already. */
export async function codeFound({
  chain: { client },
  database,
  deployment,
  contracts,
  pins,
}: ProverNetSources): Promise<Pins> {
  const { stakingController, factory, market, epochRewards } = contracts;
  const { implementations } = await readState(database, deployment);
  const found = new Map<Address, Hex>();
  for (const address of [
    stakingController,
    factory,
    market,
    epochRewards,
    ...Object.values(implementations),
  ]) {
    if (address !== null && !pins.has(address)) found.set(address, await codeHash(client, address));
  }
  return found;
}

async function codeHash(client: PublicClient, address: Address): Promise<Hex> {
  return keccak256((await client.getCode({ address })) ?? "0x");
}

function changed(address: Address, what: string): ChainError {
  return new ChainError(
    "inconsistent",
    `the contract ${getAddress(address)} ${what}`,
    "find out what changed; if it reads as before, put its hash into codeHashes of the network's configuration",
  );
}

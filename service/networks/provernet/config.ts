// SPDX-License-Identifier: AGPL-3.0-only
import { InputError } from "../../core/errors.ts";
import { asAddress, asCount, asDecimal, asHash, asObject, asRecord } from "../../core/guard.ts";
import type { Address, Hex } from "../../core/types.ts";

/** Where a ProverNet's contracts are, as a file says it. */
export interface ProverNetConfig {
  readonly chainId: bigint;
  readonly stakingController: Address;
  readonly market: Address;
  /** Null where it is not known: then there are no epochs, and no rewards to read. */
  readonly epochRewards: Address | null;
  /** The first block whose logs are read: that of the vault factory's deployment, or an earlier one. */
  readonly startBlock: bigint;
  /** keccak256 of code that may run, by address or by a contract's name; what it does not hold the first sync pins. */
  readonly codeHashes: ReadonlyMap<string, Hex> | null;
  /** One of our own distributors beside it. */
  readonly distributor: Address | null;
}

const KEYS = ["chainId", "market", "stakingController", "startBlock"];
const OPTIONAL = ["codeHashes", "distributor", "epochRewards"];

/** Checks every field; numbers may be decimal texts. @throws InputError that names the field */
export function configFromJson(json: unknown): ProverNetConfig {
  const at = "network-config";
  const record = asRecord(json, at, KEYS, OPTIONAL);
  const address = (key: string) => asAddress(record[key], `${at}.${key}`);
  const optional = (key: string) => ((record[key] ?? null) === null ? null : address(key));
  const config = {
    chainId: numberFrom(record.chainId, `${at}.chainId`),
    stakingController: address("stakingController"),
    market: address("market"),
    epochRewards: optional("epochRewards"),
    startBlock: numberFrom(record.startBlock, `${at}.startBlock`),
    codeHashes: hashesFrom(record.codeHashes ?? null, `${at}.codeHashes`),
    distributor: optional("distributor"),
  };
  const named = [config.stakingController, config.market, config.epochRewards].filter((one) => one !== null);
  if (new Set(named).size < named.length) {
    throw new InputError("duplicate", at, "two contracts have one address", "give each contract's proxy");
  }
  return config;
}

function numberFrom(value: unknown, field: string): bigint {
  return typeof value === "number" ? BigInt(asCount(value, field)) : asDecimal(value, field, 2n ** 53n - 1n);
}

function hashesFrom(value: unknown, field: string): ReadonlyMap<string, Hex> | null {
  if (value === null) return null;
  const entries = Object.entries(asObject(value, field));
  return new Map(entries.map(([key, hash]) => [key, asHash(hash, `${field}.${key}`)]));
}

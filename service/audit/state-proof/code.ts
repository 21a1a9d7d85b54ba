// SPDX-License-Identifier: AGPL-3.0-only
import { bytesToHex } from "viem";
import type { Address, Hex } from "../../core/types.ts";
import { keccakOf, keccakOfHex } from "../hash.ts";
import { LAYOUT } from "./layout.ts";

const WORD = 32;

type Coded = "RewardDistributor" | "ProverRegistry" | "ProofMarket" | "VaultFactory";
type ImmutableOf<C extends Coded> = keyof (typeof LAYOUT)[C]["code"]["immutables"] & string;

/**
 * The immutables of a contract, which are nowhere but in its code; undefined if the code is not what this release's
 * contract compiles to. What the metadata says about the sources' bytes makes no difference.
 */
export function immutablesIn<C extends Coded>(
  contract: C,
  code: Uint8Array,
): Readonly<Record<ImmutableOf<C>, Hex>> | undefined {
  const { bytes, masked, immutables, digests } = LAYOUT[contract].code;
  if (code.length !== bytes) return undefined;
  const places = Object.entries(immutables) as [ImmutableOf<C>, readonly number[]][];
  const rest = Uint8Array.from(code);
  for (const start of [...digests, ...places.flatMap(([, starts]) => starts)]) {
    rest.fill(0, start, start + WORD);
  }
  if (keccakOf(rest) !== masked) return undefined;
  const wordAt = (start: number) => bytesToHex(code.subarray(start, start + WORD));
  const values = places.map(([name, starts]) => [name, [...new Set(starts.map(wordAt))]] as const);
  // No deployment writes one immutable in two ways.
  if (values.some(([, different]) => different.length > 1)) return undefined;
  return Object.fromEntries(values.map(([name, [value]]) => [name, value])) as Record<ImmutableOf<C>, Hex>;
}

/** keccak256 of the vault's creation code, which a factory's code holds. */
export function vaultCreationHash(factoryCode: Uint8Array): Hex {
  const { start, bytes } = LAYOUT.vaultCreation;
  return keccakOf(factoryCode.subarray(start, start + bytes));
}

/** A prover's vault: made by CREATE2, with the prover as salt. */
export function vaultAddress(factory: Address, prover: Address, creationHash: Hex): Address {
  const salt = prover.slice(2).padStart(64, "0");
  const hash = keccakOfHex(`0xff${factory.slice(2)}${salt}${creationHash.slice(2)}`);
  return `0x${hash.slice(-40)}`;
}

/** The address in the low 20 bytes of a word. */
export function addressIn(word: Hex): Address {
  return `0x${word.slice(-40)}`;
}

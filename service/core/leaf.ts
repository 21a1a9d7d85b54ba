// SPDX-License-Identifier: AGPL-3.0-only
import { InputError } from "./errors.ts";
import { asAddress, asHash, asUint } from "./guard.ts";
import { hexOf, writeHex, writeUint } from "./hex.ts";
import { hashWords } from "./ids.ts";
import { keccak256 } from "./keccak.ts";
import type { Address, Hex, LeafEntry } from "./types.ts";

/** Binds leaves to one distributor on one chain; also the root of the empty tree. */
export function domainOf(chainId: bigint, distributor: Address): Hex {
  return hashWords([asUint(chainId, "chainId"), asAddress(distributor, "distributor")]);
}

export function leafHash(domain: Hex, entry: LeafEntry): Hex {
  return hexOf(leafHashes(domain, [entry]));
}

/** The leaf hashes of `entries`, 32 bytes each, in the order given. */
export function leafHashes(domain: Hex, entries: readonly LeafEntry[]): Uint8Array {
  const out = new Uint8Array(32 * entries.length);
  const words = new Uint8Array(128);
  const view = new DataView(words.buffer);
  writeHex(asHash(domain, "domain"), words, 0);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as LeafEntry;
    checkEntry(entry, i);
    writeHex(entry.prover, words, 44);
    writeUint(entry.cumulative, view, 64);
    writeUint(entry.cumulativeCommission, view, 96);
    // Hashed twice, so that no inner node, which is a hash of 64 bytes, can pass for a leaf.
    out.set(keccak256(keccak256(words)), 32 * i);
  }
  return out;
}

function checkEntry(entry: LeafEntry, i: number): void {
  const field = `leaves[${i}]`;
  asAddress(entry.prover, `${field}.prover`);
  asUint(entry.cumulative, `${field}.cumulative`);
  asUint(entry.cumulativeCommission, `${field}.cumulativeCommission`);
  if (entry.cumulative === 0n) {
    throw new InputError(
      "out-of-range",
      `${field}.cumulative`,
      "is 0",
      "only provers who earned something have a leaf",
    );
  }
  if (entry.cumulativeCommission > entry.cumulative) {
    throw new InputError(
      "out-of-range",
      `${field}.cumulativeCommission`,
      `${entry.cumulativeCommission} is above the cumulative ${entry.cumulative}`,
      "the commission is a part of the cumulative amount",
    );
  }
}

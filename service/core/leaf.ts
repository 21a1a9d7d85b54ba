// SPDX-License-Identifier: AGPL-3.0-only
import { InputError, invariant } from "./errors.ts";
import { asAddress, asHash, asUint, MAX_UINT256 } from "./guard.ts";
import { bytesOf, hexOf, writeHex, writeUint } from "./hex.ts";
import { hashWords } from "./ids.ts";
import { BATCH, hashMessagesTwice, keccakHex, messageBuffer } from "./keccak.ts";
import type { Address, Hex, LeafEntry } from "./types.ts";

/**
 * Binds leaves to one distributor on one chain; also the root of the empty tree (SPEC, 9).
 * @throws InputError for a negative chain id, or what is no address.
 */
export function domainOf(chainId: bigint, distributor: Address): Hex {
  return hashWords([asUint(chainId, "chainId"), asAddress(distributor, "distributor")]);
}

/** The leaf of one prover, in wei, under a distributor's domain. @throws InputError for amounts that no leaf has. */
export function leafHash(domain: Hex, entry: LeafEntry): Hex {
  const out = new Uint8Array(32);
  writeLeafHashes(domain, [entry], out);
  return hexOf(out);
}

/** What is hashed: domain, prover, cumulative and cumulativeCommission, each in 32 bytes. */
export const PREIMAGE = 128;
export const PREIMAGE_PROVER_AT = 44;
export const PREIMAGE_CUMULATIVE_AT = 64;
export const PREIMAGE_COMMISSION_AT = 96;

/** What is learnt of addresses while they are encoded. */
interface Provers {
  /** Whether all are in lower case. */
  readonly small: boolean;
  /** The first 32 bits of each. */
  readonly prefixes: Uint32Array<ArrayBuffer>;
}

/**
 * Writes the leaf hashes of `entries` to `out`, 32 bytes each, in the order given.
 * @throws InputError, naming the first that is no leaf.
 */
export function writeLeafHashes(domain: Hex, entries: readonly LeafEntry[], out: Uint8Array): Provers {
  let small = true;
  const prefixes = new Uint32Array(entries.length);
  const preimages = messageBuffer().fill(0);
  const view = new DataView(preimages.buffer, preimages.byteOffset);
  for (let k = 0; k < BATCH; k++) writeHex(asHash(domain, "domain"), preimages, PREIMAGE * k);
  for (let from = 0; from < entries.length; from += BATCH) {
    const count = Math.min(BATCH, entries.length - from);
    for (let k = 0; k < count; k++) {
      const entry = entries[from + k] as LeafEntry;
      const at = PREIMAGE * k;
      const { prover } = entry;
      const digits =
        prover.length === 42 && prover.startsWith("0x")
          ? writeHex(prover, preimages, at + PREIMAGE_PROVER_AT)
          : "not hexadecimal";
      if (digits === "not hexadecimal" || !hasAmounts(entry)) throw whyNot(entry, `leaves[${from + k}]`);
      if (digits === "mixed") small = false;
      prefixes[from + k] = view.getUint32(at + PREIMAGE_PROVER_AT);
      writeUint(entry.cumulative, view, at + PREIMAGE_CUMULATIVE_AT);
      writeUint(entry.cumulativeCommission, view, at + PREIMAGE_COMMISSION_AT);
    }
    // Hashed twice, so that no inner node, which is a hash of 64 bytes, can pass for a leaf.
    out.set(hashMessagesTwice(PREIMAGE, count), 32 * from);
  }
  const last = entries.at(-1);
  if (last !== undefined) {
    const { prover, cumulative, cumulativeCommission } = last;
    const once = hashWords([domain, prover, cumulative, cumulativeCommission]);
    const end = 32 * entries.length;
    const written = hexOf(out, end - 32, end);
    invariant(written === keccakHex(bytesOf(once)), "both ways of hashing give one leaf");
  }
  return { small, prefixes };
}

function hasAmounts({ cumulative, cumulativeCommission }: LeafEntry): boolean {
  return (
    typeof cumulative === "bigint" &&
    typeof cumulativeCommission === "bigint" &&
    cumulative > 0n &&
    cumulative <= MAX_UINT256 &&
    cumulativeCommission >= 0n &&
    cumulativeCommission <= cumulative
  );
}

/** Only called for an entry that is wrong: naming the field of every good one would take longer than hashing it. */
function whyNot(entry: LeafEntry, field: string): InputError {
  asAddress(entry.prover, `${field}.prover`);
  const cumulative = asUint(entry.cumulative, `${field}.cumulative`);
  if (cumulative === 0n) {
    return new InputError(
      "out-of-range",
      `${field}.cumulative`,
      "is 0",
      "only provers who earned something have a leaf",
    );
  }
  const commission = asUint(entry.cumulativeCommission, `${field}.cumulativeCommission`);
  return new InputError(
    "out-of-range",
    `${field}.cumulativeCommission`,
    `${commission} is above the cumulative ${cumulative}`,
    "the commission is a part of the cumulative amount",
  );
}

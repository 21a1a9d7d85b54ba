// SPDX-License-Identifier: AGPL-3.0-only
import { concatBytes } from "viem";
import type { Hex } from "../../core/types.ts";
import { compress, decompress } from "../compression.ts";
import { keccakOf } from "../hash.ts";

/**
 * Headers, trie nodes and code, each under the keccak256 of its bytes. Whoever gives them, what is found here under a
 * hash that is trusted can be trusted too: a liar can only leave something out.
 */
export interface Preimages {
  /** Gives the hash of what was added. */
  readonly add: (bytes: Uint8Array) => Hex;
  readonly get: (hash: Hex) => Uint8Array | undefined;
  /** What was asked for and found, each once, in ascending order of the hashes: the same reading gives the same bytes. */
  readonly encodeUsed: () => Promise<Uint8Array>;
}

/** Empty; what is added is found by its hash. */
export function newPreimages(): Preimages {
  const known = new Map<Hex, Uint8Array>();
  const used = new Map<Hex, Uint8Array>();
  return {
    add(bytes) {
      const hash = keccakOf(bytes);
      if (!known.has(hash)) known.set(hash, bytes);
      return hash;
    },
    get(hash) {
      const bytes = known.get(hash);
      if (bytes !== undefined) used.set(hash, bytes);
      return bytes;
    },
    encodeUsed() {
      const sorted = [...used].sort(([a], [b]) => (a < b ? -1 : 1));
      const whole = concatBytes(sorted.flatMap(([, bytes]) => [lengthOf(bytes), bytes]));
      return compress(whole, "deflate-raw");
    },
  };
}

/** More than any audit needs, in bytes: what is made to unpack to more is refused. */
const MOST = 2 ** 30;

/**
 * Reads what `encodeUsed` gives: deflated, of each its length, as three bytes in big-endian order, and its bytes.
 * @throws RangeError if it is not deflated, ends in the middle of one, or unpacks to more than a gibibyte.
 */
export async function decodePreimages(encoded: Uint8Array): Promise<Preimages> {
  const preimages = newPreimages();
  const bytes = await decompress(encoded, "deflate-raw", MOST);
  for (let at = 0; at < bytes.length; ) {
    const [high = 0, middle = 0, low = Number.NaN] = bytes.subarray(at, at + 3);
    const end = at + 3 + ((high << 16) | (middle << 8)) + low;
    if (!(end <= bytes.length)) throw new RangeError("ends in the middle of an entry");
    preimages.add(bytes.subarray(at + 3, end));
    at = end;
  }
  return preimages;
}

function lengthOf({ length }: Uint8Array): Uint8Array {
  return Uint8Array.of(length >> 16, length >> 8, length);
}

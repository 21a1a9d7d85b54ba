// SPDX-License-Identifier: AGPL-3.0-only
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Hex } from "../../core/types.ts";
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
  readonly encodeUsed: () => Uint8Array;
}

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
      return deflateRawSync(Buffer.concat(sorted.flatMap(([, bytes]) => [lengthOf(bytes), bytes])), {
        level: 9,
      });
    },
  };
}

/** More than any audit needs, in bytes: what is made to unpack to more is refused. */
const MOST = 2 ** 30;

/**
 * Reads what `encodeUsed` gives: deflated, of each its length, as three bytes in big-endian order, and its bytes.
 * @throws RangeError if it is not deflated, or ends in the middle of one.
 */
export function decodePreimages(encoded: Uint8Array): Preimages {
  const preimages = newPreimages();
  const bytes = inflated(encoded);
  for (let at = 0; at < bytes.length; ) {
    const end = at + 3 + bytes.readUIntBE(at, 3);
    if (end > bytes.length) throw new RangeError("ends in the middle of an entry");
    preimages.add(bytes.subarray(at + 3, end));
    at = end;
  }
  return preimages;
}

function inflated(encoded: Uint8Array): Buffer {
  try {
    return inflateRawSync(encoded, { maxOutputLength: MOST });
  } catch (cause) {
    throw new RangeError("not deflated, or too large", { cause });
  }
}

function lengthOf({ length }: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(3);
  bytes.writeUIntBE(length, 0, 3);
  return bytes;
}

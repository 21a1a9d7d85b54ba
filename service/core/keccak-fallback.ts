// SPDX-License-Identifier: AGPL-3.0-only
import type { IHasher } from "hash-wasm";
import type { Kernel } from "./keccak-kernel.ts";

const PAGE = 65_536;

/** The kernel's work, one message at a time, for machines that cannot run it: the same hashes, five times as slowly. */
export function fallbackKernel(hasher: IHasher): Kernel {
  const memory = new Uint8Array(PAGE);
  return {
    memory,
    hash: (input, lanes, output, count) => {
      for (let i = 0; i < count; i++) {
        const at = input + 8 * lanes * i;
        const message = memory.subarray(at, at + 8 * lanes);
        memory.set(hasher.init().update(message).digest("binary"), output + 32 * i);
      }
    },
  };
}

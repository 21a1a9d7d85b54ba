// SPDX-License-Identifier: AGPL-3.0-only
import type { StoredFile } from "./store.ts";

/** Blocks of files, the latest used ones in memory: as much of it as is given, however many files are open. */
export interface BlockCache {
  /** Begins to keep blocks of a file. */
  readonly add: (file: StoredFile) => CachedFile;
}

export interface CachedFile {
  /**
   * Where in `memory` the bytes at `position` are, until the next call. What is read from there must not go beyond the
   * next multiple of BLOCK in the file.
   */
  readonly locate: (position: number) => number;
  readonly memory: Buffer;
}

/** What operating systems keep files in, too. */
export const BLOCK = 4_096;

export function blockCache(bytes: number): BlockCache {
  const slots = Math.max(1, Math.floor(bytes / BLOCK));
  // Pages that were never written to take no memory.
  const memory = Buffer.allocUnsafeSlow(slots * BLOCK);
  const slotOf = new Map<number, number>();
  const keyIn = new Float64Array(slots).fill(-1);
  const used = new Uint8Array(slots);
  let hand = 0;
  let files = 0;

  /** The first slot that was not used since the hand last passed by. */
  function freeSlot(): number {
    while (used[hand] === 1) {
      used[hand] = 0;
      hand = (hand + 1) % slots;
    }
    const slot = hand;
    hand = (hand + 1) % slots;
    slotOf.delete(keyIn[slot] as number);
    keyIn[slot] = -1;
    return slot;
  }

  return {
    add(file) {
      const first = files++ * 2 ** 32;
      return {
        memory,
        locate(position) {
          const block = Math.floor(position / BLOCK);
          const key = first + block;
          let slot = slotOf.get(key);
          if (slot === undefined) {
            slot = freeSlot();
            const at = slot * BLOCK;
            const end = Math.min(BLOCK, file.size - block * BLOCK);
            file.readNow(memory.subarray(at, at + end), block * BLOCK);
            slotOf.set(key, slot);
            keyIn[slot] = key;
          }
          used[slot] = 1;
          return slot * BLOCK + (position % BLOCK);
        },
      };
    },
  };
}

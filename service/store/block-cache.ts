// SPDX-License-Identifier: AGPL-3.0-only
import { PAGE } from "../core/tree-file.ts";
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
  /** The same, for numbers. */
  readonly view: DataView;
}

/** What trees are laid out in, and operating systems keep files in, too. */
export const BLOCK = PAGE;

export function blockCache(bytes: number): BlockCache {
  const slots = Math.max(1, Math.floor(bytes / BLOCK));
  // Pages that were never written to take no memory.
  const memory = Buffer.allocUnsafeSlow(slots * BLOCK);
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
  const held = new Array<Held | undefined>(slots).fill(undefined);
  const used = new Uint8Array(slots);
  let hand = 0;

  /** The first slot that was not used since the hand last passed by. */
  function freeSlot(): number {
    while (used[hand] === 1) {
      used[hand] = 0;
      hand = (hand + 1) % slots;
    }
    const slot = hand;
    hand = (hand + 1) % slots;
    const left = held[slot];
    if (left !== undefined) left.slotOf[left.block] = NOWHERE;
    held[slot] = undefined;
    return slot;
  }

  return {
    add(file) {
      // A table of the file's blocks takes a thousandth of its size, and far less time to look into than a map.
      const slotOf = new Int32Array(Math.ceil(file.size / BLOCK)).fill(NOWHERE);

      function read(block: number): number {
        const slot = freeSlot();
        const at = slot * BLOCK;
        const end = Math.min(BLOCK, file.size - block * BLOCK);
        file.readNow(memory.subarray(at, at + end), block * BLOCK);
        slotOf[block] = slot;
        held[slot] = { slotOf, block };
        return slot;
      }

      return {
        memory,
        view,
        locate(position) {
          const block = Math.floor(position / BLOCK);
          const known = slotOf[block] ?? NOWHERE;
          const slot = known === NOWHERE ? read(block) : known;
          used[slot] = 1;
          return slot * BLOCK + (position - block * BLOCK);
        },
      };
    },
  };
}

const NOWHERE = -1;

/** What is in a slot: a block of the file that the table is of. */
interface Held {
  readonly slotOf: Int32Array;
  readonly block: number;
}

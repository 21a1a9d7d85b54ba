// SPDX-License-Identifier: AGPL-3.0-only
import type { StoredFile } from "./store.ts";

const PART = 65_536;

/** All of a file, in parts that are anybody's to keep. */
export async function* partsOf(file: StoredFile): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; at += PART) {
    // A new one each time: who reads them may not have passed on the last.
    const part = new Uint8Array(Math.min(PART, file.size - at));
    await file.read(part, at);
    yield part;
  }
}

/** The same for whoever is done with each when the next is asked for: what is thrown away would be in memory for long. */
export async function* passingParts(file: StoredFile): AsyncGenerator<Uint8Array> {
  const room = new Uint8Array(Math.min(PART, file.size));
  for (let at = 0; at < file.size; at += PART) {
    const part = room.subarray(0, file.size - at);
    await file.read(part, at);
    yield part;
  }
}

// SPDX-License-Identifier: AGPL-3.0-only
import { execFileSync } from "node:child_process";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { createKeccak } from "hash-wasm";
import { beforeAll, describe, expect, it } from "vitest";
import {
  BATCH,
  hashMessages,
  hashMessagesTwice,
  initKeccak,
  keccak256,
  messageBuffer,
} from "../../../service/core/keccak.ts";
import { fallbackKernel } from "../../../service/core/keccak-fallback.ts";
import { KERNEL_FREE, type Kernel, loadKernel } from "../../../service/core/keccak-kernel.ts";

beforeAll(initKeccak);

const bytes = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, i) => (7 * i + 31 * seed + (i >> 3)) & 255);

it("keccak256 agrees with @noble/hashes at every length around the block size", () => {
  for (let length = 0; length < 300; length++) {
    expect(keccak256(bytes(length, length))).toEqual(keccak_256(bytes(length, length)));
  }
});

describe("hashing many messages at once", () => {
  const lengths = Array.from({ length: 16 }, (_, i) => 8 * (i + 1));

  it.each(lengths)("agrees with @noble/hashes for messages of %i bytes, whatever their number", (length) => {
    for (const count of [1, 2, 3, 8, 255, BATCH]) {
      const messages = Array.from({ length: count }, (_, i) => bytes(length, i + count));
      messages.forEach((message, i) => {
        messageBuffer().set(message, length * i);
      });
      const once = hashMessages(length, count).slice();
      const twice = hashMessagesTwice(length, count).slice();
      expect([once.length, twice.length]).toEqual([32 * count, 32 * count]);
      messages.forEach((message, i) => {
        expect(once.slice(32 * i, 32 * (i + 1))).toEqual(keccak_256(message));
        expect(twice.slice(32 * i, 32 * (i + 1))).toEqual(keccak_256(keccak_256(message)));
      });
    }
  });

  it("leaves nothing of one call in the next", () => {
    messageBuffer().fill(0xff);
    hashMessagesTwice(128, BATCH);
    messageBuffer().set(bytes(64, 5));
    expect(hashMessages(64, 1)).toEqual(keccak_256(bytes(64, 5)));
  });
});

describe("both kernels", () => {
  it("leave the same hashes at the same places, whatever the length and the number of messages", async () => {
    const kernels = [await loadKernel(), fallbackKernel(await createKeccak(256))];
    for (let lanes = 1; lanes <= 16; lanes++) {
      for (const count of [1, 2, 7]) {
        const [ours, theirs] = kernels.map((kernel) => {
          const { memory, hash } = kernel as Kernel;
          memory.set(bytes(8 * lanes * count, lanes), KERNEL_FREE);
          hash(KERNEL_FREE, lanes, 8_192, count);
          return memory.slice(8_192, 8_192 + 32 * count);
        });
        expect(ours).toEqual(theirs);
      }
    }
  });

  it("are chosen by what the machine can do", () => {
    const script = `
      import { loadKernel } from "./service/core/keccak-kernel.ts";
      import { hashMessagesTwice, initKeccak, messageBuffer } from "./service/core/keccak.ts";
      await initKeccak();
      messageBuffer().fill(7);
      const hashes = Buffer.from(hashMessagesTwice(128, 3)).toString("hex");
      console.log(JSON.stringify({ kernel: (await loadKernel()) !== undefined, hashes }));
    `;
    const [able, unable] = [[], ["--no-enable-sse4-1"]].map((flags) => {
      const args = [...flags, "--import", "tsx", "--input-type=module", "--eval", script];
      return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
    });
    expect([able.kernel, unable.kernel]).toEqual([true, false]);
    expect(unable.hashes).toBe(able.hashes);
  });
});

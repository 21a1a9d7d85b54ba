// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { expect, it } from "vitest";
import { bytesOf, hashesOf, hexOf } from "../../../service/core/hex.ts";

const some = fc.uint8Array({ minLength: 32, maxLength: 4_096 });
const hexByNode = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString("hex")}`;

it("bytes are written with the digits that Node gives them, and read back, from any of them to any other", () => {
  fc.assert(
    fc.property(some, fc.nat(), fc.nat(), (bytes, a, b) => {
      const [from, to] = [a % bytes.length, b % bytes.length].sort((x, y) => x - y) as [number, number];
      const hex = hexOf(bytes, from, to);
      expect(hex).toBe(hexByNode(bytes.subarray(from, to)));
      expect(bytesOf(hex)).toEqual(bytes.slice(from, to));
    }),
  );
});

it("hashes are written alike whether more or fewer were written before, and those stay what they were", () => {
  const picks = fc.array(fc.array(fc.nat(), { maxLength: 33 }), { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(some, picks, (bytes, lists) => {
      const count = Math.floor(bytes.length / 32);
      const indices = lists.map((list) => list.map((any) => any % count));
      const written = indices.map((list) => hashesOf(bytes, list));
      expect(written).toEqual(
        indices.map((list) => list.map((i) => hexByNode(bytes.subarray(32 * i, 32 * (i + 1))))),
      );
    }),
  );
});

// SPDX-License-Identifier: AGPL-3.0-only
import { deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from "node:zlib";
import { expect, it } from "vitest";
import { compress, decompress } from "../../../service/audit/compression.ts";

const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i) >> 7);

it.each([
  ["gzip", gzipSync, gunzipSync],
  ["deflate-raw", deflateRawSync, inflateRawSync],
] as const)("%s is what others read and write", async (format, pack, unpack) => {
  expect(new Uint8Array(unpack(await compress(bytes, format)))).toEqual(bytes);
  expect(await decompress(pack(bytes), format, bytes.length)).toEqual(bytes);
  expect(await decompress(await compress(new Uint8Array(), format), format, 0)).toEqual(new Uint8Array());
});

it.each(["gzip", "deflate-raw"] as const)(
  "%s that is cut short, none or too large is refused",
  async (format) => {
    const packed = await compress(bytes, format);
    for (const wrong of [packed.subarray(0, packed.length - 9), packed.subarray(0, 1), bytes]) {
      await expect(decompress(wrong, format, bytes.length)).rejects.toThrow(RangeError);
    }
    await expect(decompress(packed, format, bytes.length - 1)).rejects.toThrow(RangeError);
  },
);

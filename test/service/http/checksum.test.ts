// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { getAddress } from "viem";
import { beforeAll, expect, it } from "vitest";
import { hexOf } from "../../../service/core/hex.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import type { Address } from "../../../service/core/types.ts";
import { checksummed } from "../../../service/http/checksum.ts";

beforeAll(initKeccak);

it("an address is shown with the checksum that everybody else gives it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
      const address = hexOf(bytes) as Address;
      expect(checksummed(address)).toBe(getAddress(address));
    }),
  );
});

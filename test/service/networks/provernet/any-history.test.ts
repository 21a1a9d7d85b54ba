// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, expect, test } from "vitest";
import { initKeccak } from "../../../../service/core/keccak.ts";
import { expectAgreement } from "./any-history.ts";

beforeAll(() => initKeccak());

test("another history reads as it was booked, and as the auditor reads it", async () => {
  expect(await expectAgreement(8, 200)).toBeGreaterThan(1);
});

// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, expect, test } from "vitest";
import { initKeccak } from "../../../../service/core/keccak.ts";
import { expectAgreement } from "./any-history.ts";

beforeAll(() => initKeccak());

test.each([
  [8, 200],
  [2, 300],
])("made history %i reads as it was booked, and as the auditor reads it", async (seed, blocks) => {
  expect(await expectAgreement(seed, blocks)).toBeGreaterThan(1);
});

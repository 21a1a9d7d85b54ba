// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, expect, test } from "vitest";
import { initKeccak } from "../../../../service/core/keccak.ts";
import { expectAgreement } from "./any-history.ts";

beforeAll(() => initKeccak());

const HISTORIES = Number(process.env.PROVERNET_HISTORIES ?? 60);

test("many other histories read as they were booked, and as the auditor reads them", async () => {
  let epochs = 0;
  for (let seed = 1; seed <= HISTORIES; seed++) {
    epochs += await expectAgreement(seed, 300).catch((cause) => {
      throw new Error(`seed ${seed}: ${(cause as Error).message}`, { cause });
    });
  }
  expect(epochs).toBeGreaterThan(2 * HISTORIES);
}, 3_600_000);

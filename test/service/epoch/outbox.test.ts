// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, writeFileSync } from "node:fs";
import { keccak256 } from "viem";
import { beforeAll, describe, expect, test } from "vitest";
import type { Sending } from "../../../service/chain/sending.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import type { Address } from "../../../service/core/types.ts";
import { outboxOf } from "../../../service/epoch/outbox.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const address: Address = `0x${"ab".repeat(20)}`;
const account = { chainId: 31_337n, address };
const attempt = (raw: `0x${string}`, fee: bigint) => ({
  hash: keccak256(raw),
  raw,
  maxFeePerGas: fee,
  maxPriorityFeePerGas: 1n,
});
const sending: Sending = {
  chainId: 31_337n,
  from: address,
  nonce: 7,
  to: `0x${"cd".repeat(20)}`,
  data: "0x12345678",
  gas: 21_000n,
  attempts: [attempt("0x02aa", 16n), attempt("0x02bb", 2n ** 70n)],
};

beforeAll(initKeccak);

describe("the outbox of an account", () => {
  test("gives back what was written last, to every run with the same folder", async () => {
    const folder = temporaryFolder();
    const outbox = outboxOf(fileStore(folder), account);
    expect(await outbox.read()).toBeUndefined();
    await outbox.write({ ...sending, nonce: 6 });
    await outbox.write(sending);
    expect(await outboxOf(fileStore(folder), account).read()).toEqual(sending);
    expect(await outboxOf(fileStore(folder), { ...account, chainId: 1n }).read()).toBeUndefined();
  });

  test.each([
    ["cut short", (text: string) => text.slice(0, 100), "not JSON"],
    ["with another transaction", (text: string) => text.replace("0x02bb", "0x02cc"), "does not hash"],
    ["with what is no bytes", (text: string) => text.replace("0x02bb", "0x02b"), "is no bytes"],
    [
      "of another account",
      (text: string) => text.replace(address, `0x${"ef".repeat(20)}`),
      "another account",
    ],
    ["of another version", (text: string) => text.replace("outbox/1", "outbox/2"), "schema is unknown"],
    ["without attempts", (text: string) => text.replace(/"attempts":\[.*?\]/, '"attempts":[]'), "is empty"],
  ])("is refused %s, by name and with what to do", async (_, damage, reason) => {
    const store = fileStore(temporaryFolder());
    const outbox = outboxOf(store, account);
    await outbox.write(sending);
    const path = store.where((await store.list("outbox/"))[0] ?? "");
    writeFileSync(path, damage(readFileSync(path, "utf8")));
    const refusal = outbox.read();
    await expect(refusal).rejects.toMatchObject({
      code: "damaged",
      message: expect.stringContaining(`${path} is damaged or was edited: `),
      hint: "delete it once this account has no transaction under way",
    });
    await expect(refusal).rejects.toThrow(reason);
  });
});

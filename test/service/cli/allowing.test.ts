// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, erc20Abi, getAddress } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allowing } from "../../../service/cli/transactions.ts";
import { type Anvil, startAnvil } from "../helpers/anvil.ts";
import { confirm, deploy } from "../helpers/system.ts";

let anvil: Anvil;
let [owner, spender]: Address[] = [];

beforeAll(async () => {
  anvil = await startAnvil();
  [owner, spender] = await anvil.client.getAddresses();
});

afterAll(() => anvil.stop());

describe("an allowance that is left over, of less than is needed", () => {
  it.each([
    ["is changed", "TestToken", [10n]],
    ["is taken back first where the token refuses to change it", "OddTokens:StubbornToken", [0n, 10n]],
  ])("%s", async (_, name, amounts) => {
    const { client } = anvil;
    const token = await deploy(client, owner as Address, name);
    const approve = { address: token, abi: erc20Abi, functionName: "approve" } as const;
    const intents = async () => {
      const session = { chain: { client }, system: { token, symbol: "TEST" } } as never;
      return allowing(session, owner as Address, spender as Address, 10n, "the vault");
    };
    const allowed = (amount: bigint) => [getAddress(spender as Address), amount];
    expect((await intents()).map(({ call }) => call.args)).toEqual([allowed(10n)]);
    await confirm(
      client,
      client.writeContract({ ...approve, args: [spender as Address, 9n], account: owner as Address }),
    );
    const again = await intents();
    expect(again.map(({ call }) => call.args)).toEqual(amounts.map(allowed));
    for (const { call } of again)
      await confirm(client, client.writeContract({ ...call, account: owner } as never));
    expect(await intents()).toEqual([]);
  });
});

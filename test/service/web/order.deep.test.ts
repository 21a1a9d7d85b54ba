// SPDX-License-Identifier: AGPL-3.0-only
// What a busy machine or a slow network does to the order of things, told to happen.
import type { Address } from "viem";
import { expect, it } from "vitest";
import { post, provers, test } from "../audit/scene.ts";
import { ether } from "../helpers/system.ts";
import { connected } from "./browser.ts";
import { mintTo } from "./chain.ts";
import { withholding } from "./faults.ts";
import { Wallet } from "./wallet.ts";
import { alone, browser, setWorld } from "./world.ts";

setWorld();

const walletOf = (account: Address) => new Wallet(test.anvil.rpcUrl, account);

it("what became of a vote is told and stays, though its epoch is shown as vetoed before", async () => {
  await post(1);
  const wallet = walletOf(test.auditor);
  const tab = await connected(browser, `${alone}#/epochs/1`, { wallet });
  const receipts = withholding("eth_getTransactionReceipt");
  await tab.context().route(`${test.anvil.rpcUrl}/**`, receipts.route);
  await tab.getByRole("button", { name: "Veto" }).click();
  await tab.getByText("Vetoed", { exact: true }).waitFor();
  receipts.isOn = false;
  wallet.asked.length = 0;
  await tab.getByText("Said.").waitFor();
  // All is read again, and once more.
  for (let i = 0; i < 2; i++) {
    await tab.waitForResponse((response) => response.request().postData()?.includes("eth_getLogs") ?? false);
  }
  expect(await tab.getByText("Said.").count()).toBe(1);
  expect(wallet.asked).toEqual([]);
});

it("a wallet that is not ready at once is asked again, and then used", async () => {
  const [first] = provers;
  const visitor = test.accounts[5] as Address;
  await mintTo(visitor, ether(5));
  const wallet = walletOf(visitor);
  wallet.says.set("eth_requestAccounts", () => {
    wallet.connect();
    let failures = 4;
    wallet.says.set("eth_chainId", () => {
      // Whoever connects is told.
      if (!wallet.asked.includes("eth_accounts")) return "0x7a69";
      if (failures-- > 0) throw new Error("the wallet is busy");
      wallet.says.delete("eth_chainId");
      return "0x7a69";
    });
    wallet.asked.length = 0;
    return [visitor];
  });
  const tab = await connected(browser, `${alone}#/provers/${first}`, { wallet });
  await tab.getByLabel(/^Deposit /).fill("5");
  await tab.getByRole("button", { name: "Deposit", exact: true }).click();
  await tab.getByText("Deposited.").waitFor();
});

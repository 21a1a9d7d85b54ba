// SPDX-License-Identifier: AGPL-3.0-only
import type { Page } from "playwright-core";
import { type Address, getAddress } from "viem";
import { expect, it } from "vitest";
import { provers, test } from "../audit/scene.ts";
import { ether } from "../helpers/system.ts";
import { connected, expectAccessible, open } from "./browser.ts";
import { mintTo, sharesOf, vaultOf } from "./chain.ts";
import { Wallet } from "./wallet.ts";
import { alone, browser, setWorld } from "./world.ts";

setWorld();

const visitor = () => test.accounts[5] as Address;
const other = () => test.accounts[6] as Address;
const deposit = (tab: Page) => tab.getByRole("button", { name: "Deposit", exact: true });
const saying = (code: number, message: string) => () => {
  throw Object.assign(new Error(message), { code });
};

async function atProver(wallet: Wallet): Promise<Page> {
  await mintTo(visitor(), ether(5));
  const tab = await connected(browser, `${alone}#/provers/${getAddress(provers[0])}`, { wallet });
  await tab.getByLabel(/^Deposit /).fill("5");
  return tab;
}

it.each([
  [4001, "User rejected the request.", /You declined it in the wallet/],
  [4100, "The requested account has not been authorized by the user.", /Unlock it, or switch to the account/],
  [4900, "Disconnected.", /The wallet has no connection/],
  [-32_002, "Request of type already pending.", /Open it, and answer there/],
  [-32_603, "execution failed for no reason", /execution failed for no reason/],
])(
  "a wallet that refuses with %i is told of in words, and asked again when it is tried again",
  async (...args) => {
    const [code, message, told] = args;
    const wallet = new Wallet(test.anvil.rpcUrl, visitor());
    const tab = await atProver(wallet);
    wallet.says.set("eth_sendTransaction", saying(code, message));
    await deposit(tab).click();
    await tab.getByText(told).waitFor();
    await expectAccessible(tab);
    wallet.says.delete("eth_sendTransaction");
    await deposit(tab).click();
    await tab.getByText("Deposited.").waitFor();
  },
);

it("a wallet that has a question open, or is locked, when it is connected is told of", async () => {
  const wallet = new Wallet(test.anvil.rpcUrl, visitor());
  const tab = await open(browser, alone, { wallet });
  wallet.says.set("eth_requestAccounts", saying(-32_002, "Already processing eth_requestAccounts."));
  wallet.says.set("wallet_requestPermissions", saying(-32_002, "Already processing."));
  await tab.getByRole("button", { name: "Connect wallet" }).click();
  await tab.getByRole("button", { name: "Test wallet" }).click();
  await tab.getByText(/Open it, and answer there/).waitFor();
  wallet.says.clear();
  await tab.getByRole("button", { name: "Test wallet" }).click();
  await tab.getByRole("button", { name: "Disconnect" }).waitFor();
});

it("a chain or an account that is changed between approval and deposit is told, and nothing goes to another", async () => {
  const wallet = new Wallet(test.anvil.rpcUrl, visitor());
  const tab = await atProver(wallet);
  const vault = await vaultOf(provers[0]);
  // The wallet is on another chain, and has not said so.
  wallet.says.set("eth_chainId", () => "0x1");
  await deposit(tab).click();
  await tab.getByText(/The wallet is on another chain now/).waitFor();
  wallet.says.clear();

  await test.client.setAutomine(false);
  await deposit(tab).click();
  await tab.getByText(/Approve exactly this amount: sent/).waitFor();
  await wallet.useAccount(other());
  // The other account has nothing to give.
  await tab.getByText("There are not that many tokens in this account.").waitFor();
  await test.client.setAutomine(true);
  await test.client.mine({ blocks: 1 });
  await tab.getByText(/The wallet is on another account now: nothing more was sent/).waitFor();
  expect(wallet.asked.filter((method) => method === "eth_sendTransaction")).toHaveLength(1);
  expect(await sharesOf(vault, visitor())).toBe(0n);
});

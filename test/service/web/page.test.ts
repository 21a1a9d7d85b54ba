// SPDX-License-Identifier: AGPL-3.0-only
import type { Page } from "playwright-core";
import { type Address, getAddress } from "viem";
import { expect, it } from "vitest";
import { provers, test } from "../audit/scene.ts";
import { ether } from "../helpers/system.ts";
import { expectAccessible, open } from "./browser.ts";
import { allowanceOf, mintTo, sharesOf, vaultOf } from "./chain.ts";
import { alteringOneNibble } from "./faults.ts";
import { Wallet } from "./wallet.ts";
import { alone, browser, setWorld } from "./world.ts";

setWorld();

const VISITOR = () => test.accounts[5] as Address;

async function connected(
  path: string,
  wallet: Wallet,
  options: Parameters<typeof open>[2] = {},
): Promise<Page> {
  const tab = await open(browser, `${alone}#${path}`, { wallet, ...options });
  await tab.getByRole("button", { name: "Connect wallet" }).click();
  await tab.getByRole("button", { name: "Test wallet" }).click();
  await tab.getByRole("button", { name: "Disconnect" }).waitFor();
  return tab;
}

it("provers are listed by their stake, and found by their address", async () => {
  const tab = await open(browser, alone);
  const rows = tab.getByRole("row");
  await tab.getByRole("cell", { name: /0x/ }).first().waitFor();
  expect(await rows.count()).toBe(4);
  const [, second] = provers;
  expect(await rows.nth(1).getByRole("link").getAttribute("href")).toBe(`#/provers/${getAddress(second)}`);
  await tab.getByRole("searchbox").fill(second.slice(4, 20));
  await tab.getByText("1 found").waitFor();
  expect(await rows.count()).toBe(2);
  await expectAccessible(tab);
});

it("a deposit is checked, approved to the wei, sent and followed; it shows as stake, and leaves by an exit", async () => {
  const [first] = provers;
  const vault = await vaultOf(first);
  await mintTo(VISITOR(), ether(1_000));
  const wallet = new Wallet(test.anvil.rpcUrl, VISITOR());
  const tab = await connected(`/provers/${getAddress(first)}`, wallet);
  const amount = tab.getByLabel(/^Deposit /);
  await amount.fill("1,000");
  await tab.getByRole("button", { name: "Deposit", exact: true }).click();
  await tab.getByText("Deposited.").waitFor();
  expect(await allowanceOf(VISITOR(), vault)).toBe(0n);
  const shares = await sharesOf(vault, VISITOR());
  expect(shares).toBeGreaterThan(0n);
  await expectAccessible(tab);

  await tab.getByRole("link", { name: "My stake" }).click();
  await tab.getByRole("button", { name: "Request an exit" }).click();
  await tab.getByRole("button", { name: "All" }).click();
  await tab.getByRole("button", { name: "Request the exit" }).click();
  await tab.getByText("Requested.").waitFor();
  expect(await sharesOf(vault, VISITOR())).toBe(0n);
  await tab.getByRole("button", { name: "Nothing is due yet" }).waitFor();
  await expectAccessible(tab);
});

it("an epoch is recomputed in the browser as the command does it, and a nibble of one log shows, with whose it is", async () => {
  const tab = await open(browser, `${alone}#/audit?epoch=0`);
  await tab.getByRole("button", { name: "Recompute", exact: true }).click();
  await tab.getByText("MATCH", { exact: true }).first().waitFor();
  await expectAccessible(tab);
  const [, second] = provers;
  await tab.context().route(`${test.anvil.rpcUrl}/**`, alteringOneNibble(second));
  await tab.getByRole("button", { name: "Recompute", exact: true }).click();
  await tab.getByText("MISMATCH", { exact: true }).first().waitFor();
  await tab
    .getByRole("link", { name: `Prover ${getAddress(second)}` })
    .first()
    .waitFor();
  await expectAccessible(tab);
});

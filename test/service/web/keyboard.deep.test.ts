// SPDX-License-Identifier: AGPL-3.0-only
import type { Page } from "playwright-core";
import { type Address, getAddress } from "viem";
import { expect, it } from "vitest";
import { provers, test } from "../audit/scene.ts";
import { ether } from "../helpers/system.ts";
import { expectAccessible, open } from "./browser.ts";
import { mintTo } from "./chain.ts";
import { Wallet } from "./wallet.ts";
import { alone, browser, setWorld } from "./world.ts";

setWorld();

/** More stops than any screen has. */
const MOST = 80;
type Role = Parameters<Page["getByRole"]>[0];

/** Goes on by keyboard until it is there, forward or back. */
async function reach(tab: Page, role: Role, name: string | RegExp, key = "Tab"): Promise<void> {
  const wanted = tab.getByRole(role, { name, exact: true }).and(tab.locator(":focus"));
  for (let i = 0; i < MOST; i++) {
    await tab.keyboard.press(key);
    if ((await wanted.count()) > 0) return;
  }
  throw new Error(`no keyboard reaches the ${role} ${name}`);
}

const focused = (tab: Page) =>
  tab.evaluate(
    "document.activeElement === document.body ? 'nothing' : document.activeElement.outerHTML.slice(0, 80)",
  );

it.each([1_280, 360])(
  "all goes by keyboard alone, which never begins again at the top, at %i px",
  async (width) => {
    const visitor = test.accounts[5] as Address;
    const [first] = provers;
    await mintTo(visitor, ether(1_000));
    const wallet = new Wallet(test.anvil.rpcUrl, visitor);
    const tab = await open(browser, alone, { wallet, width });
    const enter = async () => {
      await tab.keyboard.press("Enter");
      await tab.waitForTimeout(100);
      expect(await focused(tab)).not.toBe("nothing");
    };
    const isAt = (role: Role, name: string | RegExp) =>
      tab.getByRole(role, { name, exact: true }).and(tab.locator(":focus")).waitFor();
    await tab.getByRole("cell", { name: /0x/ }).first().waitFor();

    // What the wallet declines leaves the keyboard where it can be tried again.
    for (const method of ["eth_requestAccounts", "wallet_requestPermissions"]) wallet.declines.add(method);
    await reach(tab, "button", "Connect wallet");
    await enter();
    await reach(tab, "button", "Test wallet");
    await enter();
    await tab.getByText("You declined it in the wallet.").waitFor();
    await isAt("button", "Test wallet");
    wallet.declines.clear();
    await enter();
    await isAt("button", "Disconnect");

    await reach(tab, "link", `Prover ${getAddress(first)}`);
    await enter();
    await tab.getByRole("heading", { level: 1, name: /Prover/ }).waitFor();
    await reach(tab, "textbox", /^Deposit /);
    await tab.keyboard.type("1,000");
    await enter();
    await tab.getByText("Deposited.").waitFor();
    await reach(tab, "button", "Close");
    await enter();

    await reach(tab, "link", "My stake", "Shift+Tab");
    await enter();
    await reach(tab, "button", "Request an exit");
    await enter();
    await isAt("textbox", /^Amount in/);
    await reach(tab, "button", "All");
    await enter();
    await reach(tab, "button", "Request the exit");
    await enter();
    await tab.getByText("Requested.").waitFor();
    await isAt("button", "Request the exit");
    await reach(tab, "button", "Close");
    await enter();
    await tab.getByText("Requested.").waitFor({ state: "detached" });
    expect(await focused(tab)).not.toBe("nothing");

    await wallet.switchTo(1);
    await reach(tab, "button", /Wrong network/, "Shift+Tab");
    await enter();
    await isAt("button", "Disconnect");
    await enter();
    await isAt("button", "Connect wallet");

    await reach(tab, "link", "Audit", "Shift+Tab");
    await enter();
    await reach(tab, "button", "Recompute");
    await enter();
    await tab.getByText("MATCH", { exact: true }).first().waitFor();
    await isAt("button", "Recompute");
    await expectAccessible(tab);
  },
);

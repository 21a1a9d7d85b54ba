// SPDX-License-Identifier: AGPL-3.0-only
// Much, and nothing.
import { type Address, erc20Abi, erc4626Abi, getAddress, parseAbi } from "viem";
import { expect, it } from "vitest";
import { confirmed, provers, test } from "../audit/scene.ts";
import { assign, deploySystem, ether } from "../helpers/system.ts";
import { expectAccessible, open } from "./browser.ts";
import { mintTo, vaultOf } from "./chain.ts";
import { alone, api, browser, page, setWorld } from "./world.ts";

setWorld();

const EXITS = 120;

it("all of many exits are shown, and reached by keyboard on a small screen", async () => {
  const visitor = test.accounts[5] as Address;
  const vault = await vaultOf(provers[0]);
  await mintTo(visitor, ether(500));
  const write = async (address: Address, abi: readonly unknown[], functionName: string, args: unknown[]) =>
    confirmed(
      await test.client.writeContract({ account: visitor, address, abi, functionName, args } as never),
    );
  await write(test.token, erc20Abi, "approve", [vault, ether(500)]);
  await write(vault, erc4626Abi, "deposit", [ether(500), visitor]);
  const request = parseAbi(["function requestRedeem(uint256 shares, address controller, address owner)"]);
  for (let i = 0; i < EXITS; i++) await write(vault, request, "requestRedeem", [ether(1), visitor, visitor]);
  for (const url of [page, alone]) {
    const tab = await open(browser, "about:blank", { width: 360, expects: [/503/] });
    await tab.goto(`${url}#/stake?of=${getAddress(visitor)}`);
    await tab.getByRole("heading", { name: "Exits" }).waitFor();
    expect(await tab.getByRole("row").count()).toBe(EXITS + 1);
    await tab
      .getByRole("region", { name: "Exits, scrolls sideways" })
      .and(tab.locator("[tabindex='0']"))
      .waitFor();
    await expectAccessible(tab);
  }
});

it("what a prover has open, and was slashed for, fits a small screen", async () => {
  const [, , third] = provers;
  await assign(test, third, ether(50), 77n);
  const tab = await open(browser, `${page}#/provers/${getAddress(third)}`, { width: 360, expects: [/503/] });
  for (const name of ["Open work", "Slashes"]) {
    await tab
      .getByRole("region", { name: `${name}, scrolls sideways` })
      .getByRole("row")
      .nth(1)
      .waitFor();
  }
  await expectAccessible(tab);
});

it("a network in which nothing has happened yet is shown as one, screen by screen", async () => {
  const fresh = await deploySystem();
  try {
    const search = `?rpc=${encodeURIComponent(fresh.anvil.rpcUrl)}&distributor=${fresh.distributor}`;
    const tab = await open(browser, "about:blank", { width: 360 });
    const somebody = getAddress(fresh.accounts[0] as Address);
    for (const [path, told] of [
      ["/", "Nobody has registered yet."],
      [`/provers/${somebody}`, "Nobody has registered with this address."],
      [`/stake?of=${somebody}`, "Nothing is staked."],
      ["/epochs", "No root has been posted yet:"],
      ["/epochs/0", "No root has been posted for it."],
      ["/audit", "No root has been posted yet: there is nothing to recompute."],
      ["/foundation", "Held by the distributor"],
      ["/market", "the chain alone does not tell"],
    ] as const) {
      await tab.goto(`${api}/${search}#${path}`);
      await tab.getByText(told).first().waitFor();
      await expectAccessible(tab);
    }
  } finally {
    fresh.anvil.stop();
  }
});

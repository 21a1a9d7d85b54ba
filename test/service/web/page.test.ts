// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { expect, it } from "vitest";
import { provers, test } from "../audit/scene.ts";
import { expectAccessible, open } from "./browser.ts";
import { browser, page, setWorld } from "./world.ts";

setWorld();

it("provers are listed by their stake, and found by their address", async () => {
  const tab = await open(browser, page);
  const rows = tab.getByRole("row");
  await tab.getByRole("cell", { name: /0x/ }).first().waitFor();
  expect(await rows.count()).toBe(4);
  const [, second] = provers;
  const first = rows.nth(1).getByRole("link");
  expect(await first.getAttribute("href")).toBe(`#/provers/${getAddress(second)}`);
  await tab.getByRole("button", { name: "Stake", exact: true }).click();
  expect(await first.getAttribute("href")).not.toBe(`#/provers/${getAddress(second)}`);
  await tab.getByRole("searchbox").fill(second.slice(4, 20));
  expect(await rows.count()).toBe(2);
  expect(await tab.getByText("1 of 3 provers").count()).toBe(1);
  await expectAccessible(tab);
});

it("a static folder with an endpoint and a distributor lists the provers without an API", async () => {
  const rpc = encodeURIComponent(test.anvil.rpcUrl);
  const tab = await open(browser, `${page.split("?")[0]}?rpc=${rpc}&distributor=${test.distributor}`);
  await tab.getByText("3 provers").waitFor();
  expect(await tab.getByText("read from the chain").count()).toBe(1);
});

// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { describe, expect, it } from "vitest";
import { provers, test } from "../audit/scene.ts";
import { open } from "./browser.ts";
import { counting, OUTAGES, spansOf } from "./faults.ts";
import { alone, api, browser, page, setWorld } from "./world.ts";

setWorld();

/** By their paths: a text that is there once the screen is. */
const SCREENS = () =>
  [
    ["/", /^3 provers/],
    [`/provers/${getAddress(provers[0])}`, "As it stands"],
    [`/stake?of=${getAddress(provers[0])}`, "All vaults"],
    ["/epochs", "Epoch 2 runs"],
    ["/epochs/0", "What was posted"],
    ["/foundation", "Held by the distributor"],
  ] as const;

/** What the page says of itself alone, whatever went wrong within. */
const RAW = /undefined|null|destructure|BigInt|is not|JSON|token/;

describe.each([
  ["the API", () => page, () => `${api}/{v1,status}**`],
  ["an endpoint alone", () => alone, () => `${test.anvil.rpcUrl}/**`],
] as const)("where %s", (who, url, what) => {
  it.each(OUTAGES)(
    "%s, that is said in words, what was read stays, and all goes on by itself",
    async (_, answer, isOther) => {
      const first = await open(browser, "about:blank", { expects: [/Failed to load|ERR_|CORS/] });
      const context = first.context();
      await Promise.all(
        SCREENS().map(async ([path, mark]) => {
          const tab = await context.newPage();
          tab.setDefaultTimeout(100_000);
          const there = tab.getByText(mark).first();
          const trouble = tab.locator(".notice").first();
          const begin = () => tab.route(what(), answer);
          const end = () => tab.unrouteAll({ behavior: "ignoreErrors" });
          const said = async () =>
            expect((await tab.locator(".notice").allTextContents()).join()).not.toMatch(RAW);

          await begin();
          await tab.goto(`${url()}#${path}`);
          await trouble.or(tab.getByText("Which network?")).first().waitFor();
          await said();
          await end();
          // Beside files alone nobody expects an API to come.
          if (isOther && who === "the API") await tab.reload();
          await there.waitFor();
          await trouble.waitFor({ state: "detached" });

          await begin();
          await trouble.waitFor();
          await said();
          expect(await there.count()).toBe(1);
          await end();
          await trouble.waitFor({ state: "detached" });
          await tab.close();
        }),
      );
    },
  );
});

it("an endpoint that gives logs of few blocks is asked for no more again, and one that fails not for fewer", async () => {
  const tab = await open(browser, "about:blank", { expects: [/Failed to load/] });
  await tab.context().route(`${test.anvil.rpcUrl}/**`, spansOf(20));
  const refused = counting(tab, (text) => text.includes("query exceeds"));
  await tab.goto(`${alone}#/epochs/0`);
  await tab.getByText("What was posted").waitFor();
  expect(refused.count).toBeGreaterThan(0);
  refused.count = 0;
  const read = counting(tab, (text) => text.includes('"topics"'));
  await expect.poll(() => read.count, { timeout: 60_000 }).toBeGreaterThan(5);
  expect(refused.count).toBe(0);

  const [, fail] = OUTAGES.find(([name]) => name === "fails") ?? [];
  const failed = counting(tab, (text) => text === "Internal Server Error");
  await tab.context().route(`${test.anvil.rpcUrl}/**`, async (route) => {
    if (route.request().postData()?.includes("eth_getLogs")) await fail?.(route);
    else await route.continue();
  });
  await tab.getByText(/Not up to date/).waitFor();
  // Three kinds of logs, each tried three times and all of that once more; in batches as they come.
  expect(failed.count).toBeLessThanOrEqual(18);
});

it("a chain whose last block is old is said to stand still", async () => {
  const { timestamp } = await test.client.getBlock();
  const tab = await open(browser, "about:blank", { expects: [/503/] });
  await tab.clock.setFixedTime((Number(timestamp) + 7_300) * 1_000);
  for (const url of [page, alone]) {
    await tab.goto(url);
    await tab
      .getByText(/The last block came 2 hours 1 minute ago: the chain, or its endpoint, stands still/)
      .waitFor();
    await tab.getByText(/As of block .*2 hours ago/).waitFor();
  }
});

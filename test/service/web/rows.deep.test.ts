// SPDX-License-Identifier: AGPL-3.0-only
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { longestTask, open, watchTasks } from "./browser.ts";
import { alone, browser, setCrowd, url } from "./crowded-world.ts";

const SIZE = { provers: 10_000, fulfilments: 1_000 };
const SLOW = 900_000;
const WAIT = { timeout: 600_000 };

setCrowd(SIZE, SLOW);

const links = (tab: Page) =>
  tab
    .getByRole("cell")
    .getByRole("link")
    .evaluateAll((found) => found.map((each) => each.getAttribute("href")));

it.each(["the API", "the chain alone"])(
  "ten thousand provers by %s are sorted, searched and scrolled, few rows at a time",
  async (source) => {
    const tab = await open(browser, source === "the API" ? `${url}/` : alone);
    await watchTasks(tab);
    await tab.getByText("10,000 provers").waitFor(WAIT);
    const told: Record<string, number> = { read: await longestTask(tab) };

    await watchTasks(tab);
    await tab.getByRole("button", { name: "Prover", exact: true }).click();
    await expect
      .poll(async () => {
        const shown = (await links(tab)).map((link) => link?.toLowerCase());
        return shown.length > 0 && shown.every((link, i) => i === 0 || (link ?? "") > (shown[i - 1] ?? ""));
      }, WAIT)
      .toBe(true);
    told.sorted = await longestTask(tab);

    await watchTasks(tab);
    const [first = ""] = await links(tab);
    await tab.getByRole("searchbox").pressSequentially(first?.slice(-12) ?? "", { delay: 20 });
    await tab.getByText("1 found").waitFor(WAIT);
    expect(await links(tab)).toEqual([first]);
    await tab.getByRole("searchbox").fill("");
    await tab.getByText("10,000 provers").waitFor(WAIT);
    told.searched = await longestTask(tab);

    await watchTasks(tab);
    const indexes = () =>
      tab
        .getByRole("row")
        .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute("aria-rowindex"))));
    await tab.getByRole("row").nth(1).hover();
    await expect
      .poll(async () => {
        await tab.mouse.wheel(0, 4_000);
        const shown = await indexes();
        expect(shown.length).toBeLessThan(60);
        return Math.max(...shown);
      }, WAIT)
      .toBeGreaterThan(700);
    told.scrolled = await longestTask(tab);
    console.log(`${source}, longest tasks in ms: ${JSON.stringify(told)}`);
  },
  SLOW,
);

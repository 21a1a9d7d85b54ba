// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import type { Address } from "viem";
import { expect, it } from "vitest";
import { firstArtifact, post, test } from "../audit/scene.ts";
import { connected, open } from "./browser.ts";
import { batchesOf, limiting, spansOf, withoutCors } from "./faults.ts";
import { Wallet } from "./wallet.ts";
import { alone, api, browser, page, setWorld } from "./world.ts";

setWorld();

const expects = [/CORS|Failed to load resource|ERR_/];

async function recomputed(fault: (route: import("playwright-core").Route) => Promise<void>) {
  const tab = await open(browser, `${alone}#/audit?epoch=0`, { expects });
  await tab.getByRole("button", { name: "Recompute", exact: true }).waitFor();
  await tab.context().route(`${test.anvil.rpcUrl}/**`, fault);
  await tab.getByRole("button", { name: "Recompute", exact: true }).click();
  return tab;
}

it.each([3, 10])("an endpoint that refuses batches above %i calls is asked in smaller ones", async (most) => {
  const seen: number[] = [];
  const tab = await recomputed(batchesOf(most, seen));
  await tab.getByText("MATCH", { exact: true }).first().waitFor();
  expect(Math.max(...seen)).toBeLessThanOrEqual(most);
});

it("an endpoint that gives logs of ten blocks at once is asked for ten", async () => {
  const tab = await recomputed(spansOf(10));
  await tab.getByText("MATCH", { exact: true }).first().waitFor();
});

it.each([true, false])(
  "an endpoint that limits requests is waited for, also if it hides that from pages (headers: %s)",
  async (headers) => {
    const tab = await recomputed(limiting(headers));
    await tab.getByText("MATCH", { exact: true }).first().waitFor();
  },
);

it("an endpoint that is down, or allows no other origin, is said to be one or the other", async () => {
  const tab = await recomputed(withoutCors);
  await tab.getByText(/UNJUDGED/).waitFor();
  await tab
    .getByText(/CORS|other origins/)
    .first()
    .waitFor();
  await tab.context().unrouteAll();
  await tab.getByLabel("Another endpoint").check();
  await tab.getByLabel(/^URL/).fill("http://127.0.0.1:9");
  await tab.getByRole("button", { name: "Recompute", exact: true }).click();
  await tab.getByText(/UNJUDGED.*does not answer/).waitFor();
});

it("it is cancelled at once, and asks no more", async () => {
  let asked = 0;
  const tab = await recomputed(async (route) => {
    asked++;
    await new Promise((resolve) => setTimeout(resolve, 500));
    await route.continue().catch(() => undefined);
  });
  await tab.getByRole("button", { name: "Cancel" }).click();
  await tab.getByRole("button", { name: "Recompute", exact: true }).waitFor();
  const before = asked;
  await tab.waitForTimeout(1_500);
  // The page itself reads the head; nothing else is asked.
  expect(asked - before).toBeLessThan(6);
  expect(await tab.getByText("UNJUDGED").count()).toBe(0);
});

it("a wallet is an endpoint, too: what it is asked goes through it, and nothing else", async () => {
  const wallet = new Wallet(test.anvil.rpcUrl, test.accounts[5] as Address);
  const tab = await connected(browser, `${alone}#/audit?epoch=0`, { wallet });
  await tab.getByLabel("My wallet's endpoint").check();
  const before = wallet.asked.length;
  await tab.getByRole("button", { name: "Recompute", exact: true }).click();
  await tab.getByText("MATCH", { exact: true }).first().waitFor();
  await tab.getByText(/believed of your wallet/).waitFor();
  expect(wallet.asked.slice(before)).toContain("eth_getLogs");
});

it("a trusted block has the endpoint prove all state; one that is not the chain's proves nothing", async () => {
  const tab = await open(browser, `${alone}#/audit?epoch=0`, { expects });
  const { number, hash } = await test.client.getBlock({ blockTag: "finalized" });
  await tab.getByText("More", { exact: true }).click();
  const trusted = tab.getByLabel(/^Trusted block/);
  const recompute = tab.getByRole("button", { name: "Recompute", exact: true });
  await trusted.fill(`${number}:${hash}`);
  await recompute.click();
  await tab.getByText("Proven against the trusted block: nobody's word was taken.").waitFor();
  await tab.getByText("MATCH", { exact: true }).first().waitFor();
  await trusted.fill(`${number}:${hash.replace(/.$/, (last) => (last === "0" ? "1" : "0"))}`);
  await recompute.click();
  await tab
    .getByText(/UNJUDGED|UNPROVEN|MISMATCH/)
    .first()
    .waitFor();
  expect(await tab.getByText("MATCH", { exact: true }).count()).toBe(0);
  await trusted.fill("the latest");
  await recompute.click();
  await tab.getByText(/give its number, a colon, and its hash/).waitFor();
});

it("an epoch is continued from the artifact of the one before: the API's, or a file", async () => {
  await post(1);
  const tab = await open(browser, `${page}#/audit?epoch=1`, { expects: [...expects, /503/] });
  const recompute = tab.getByRole("button", { name: "Recompute", exact: true });
  await tab.getByText("More", { exact: true }).click();
  await tab.getByLabel(/Continue from the artifact of epoch 0/).check();
  await recompute.click();
  await tab.getByText("MATCH", { exact: true }).first().waitFor();
  await tab.getByLabel(/Continue from the artifact of epoch 0/).uncheck();
  const file = { name: "artifact-0.json", mimeType: "application/json" };
  await tab
    .getByLabel(/Or continue from an artifact's file/)
    .setInputFiles({ ...file, buffer: Buffer.from(firstArtifact) });
  await recompute.click();
  await tab.getByText("MATCH", { exact: true }).first().waitFor();
  const forged = Buffer.from(firstArtifact)
    .toString()
    .replace(/"cumulative":"(\d)/, '"cumulative":"9$1');
  await tab
    .getByLabel(/Or continue from an artifact's file/)
    .setInputFiles({ ...file, buffer: Buffer.from(forged) });
  await recompute.click();
  await tab.getByText(/UNJUDGED/).waitFor();
});

it("report and bundle are saved, and a bundle is judged again without network", async () => {
  const tab = await open(browser, `${alone}#/audit?epoch=0`, { expects });
  await tab.getByText("More", { exact: true }).click();
  await tab.getByLabel(/Record all/).check();
  await tab.getByRole("button", { name: "Recompute", exact: true }).click();
  await tab.getByText("MATCH", { exact: true }).first().waitFor();
  expect(await tab.getByText("UNJUDGED").locator("..").allTextContents()).toEqual([]);
  const [report, bundle] = [await saved("Save the report"), await saved("Save the bundle")];
  await tab.getByLabel(/^A report's file/).setInputFiles(report);
  await tab.getByText("It follows from itself.").waitFor();
  const forged = readFileSync(report, "utf8").replace(
    /"added":"(\d)/,
    (_, digit) => `"added":"${digit === "1" ? 2 : 1}`,
  );
  await tab
    .getByLabel(/^A report's file/)
    .setInputFiles({ name: "forged.json", mimeType: "application/json", buffer: Buffer.from(forged) });
  await tab.getByText(/It does not follow from itself/).waitFor();

  await tab.getByLabel("A bundle that somebody recorded").check();
  await tab.getByLabel("The bundle's file").setInputFiles(bundle);
  await tab.getByRole("button", { name: "Recompute", exact: true }).click();
  await tab
    .getByText(/believed of bundle/)
    .first()
    .waitFor();
  expect(await tab.getByText("MATCH", { exact: true }).count()).toBeGreaterThan(0);

  async function saved(name: string): Promise<string> {
    const [download] = await Promise.all([
      tab.waitForEvent("download"),
      tab.getByRole("button", { name }).click(),
    ]);
    return download.path();
  }
});

it("an artifact that never comes is not waited for once the audit is cancelled", async () => {
  const tab = await open(browser, "about:blank", { expects: [...expects, /503/] });
  await tab.context().route(`${api}/v1/epochs/0/artifact`, () => undefined);
  await tab.goto(`${page}#/audit?epoch=0`);
  const recompute = tab.getByRole("button", { name: "Recompute", exact: true });
  await recompute.click();
  await tab.getByRole("button", { name: "Cancel" }).click();
  await recompute.waitFor();
  await tab.context().unrouteAll({ behavior: "ignoreErrors" });
  await recompute.click();
  await tab.getByText("MATCH", { exact: true }).first().waitFor();
});

it("an auditor that does not load is said not to, whatever it was wanted for", async () => {
  const tab = await open(browser, "about:blank", { expects });
  await tab.context().route("**/assets/worker-*.js", (route) => route.abort());
  await tab.goto(`${alone}#/audit?epoch=0`);
  await tab.getByRole("button", { name: "Recompute", exact: true }).click();
  await tab.getByText(/UNJUDGED.*the auditor did not load/).waitFor();
  await tab.getByLabel(/^A report's file/).setInputFiles({
    ...{ name: "report.json", mimeType: "application/json", buffer: Buffer.from("{}") },
  });
  await expect.poll(() => tab.getByText(/the auditor did not load/).count()).toBe(2);
});

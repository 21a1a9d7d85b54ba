// SPDX-License-Identifier: AGPL-3.0-only
// node script/run.mjs script/page/screenshots.ts URL: takes the pictures of the page's screens that the READMEs show, of a
// demo that runs: URL is what it prints.
import { mkdirSync, writeFileSync } from "node:fs";
import { chromium, type Page } from "playwright-core";
import { createPublicClient, erc4626Abi, getAbiItem, http } from "viem";

const FOLDER = "service/web/screenshots";
/** As large as a README shows them, on a fine screen too. */
const [QUALITY, SCALE] = [50, 0.5];
const WIDE = { width: 1_180, height: 760 };
const PHONE = { width: 390, height: 844 };

const url = new URL(process.argv[2] ?? "");
const { rpc } = (await (await fetch(new URL("/v1/network", url))).json()) as { rpc: string };

const client = createPublicClient({ transport: http(rpc) });
const event = getAbiItem({ abi: erc4626Abi, name: "Deposit" });
const deposits = await client.getLogs({ event, fromBlock: 0n, strict: true });
const staker = deposits.findLast(({ args }) => args.sender === args.receiver)?.args.receiver;

mkdirSync(FOLDER, { recursive: true });
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });

async function shoot(
  name: string,
  page: Page,
  path: string,
  ready: (page: Page) => Promise<unknown> = async () => undefined,
): Promise<void> {
  await page.goto(`${url}#${path}`);
  await page.locator("main h1").first().waitFor();
  await ready(page);
  while ((await page.locator(".loading").count()) > 0) await page.waitForTimeout(100);
  await page.waitForTimeout(800);
  const session = await page.context().newCDPSession(page);
  const { width = 0, height = 0 } = page.viewportSize() ?? {};
  // Of the document, as far as it is scrolled.
  const y = (await page.evaluate("scrollY")) as number;
  const clip = { x: 0, y, width, height, scale: width === WIDE.width ? SCALE : 1 };
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: QUALITY, clip });
  writeFileSync(`${FOLDER}/${name}.webp`, Buffer.from(data, "base64"));
}

async function openTab(viewport: typeof WIDE, colorScheme: "light" | "dark"): Promise<Page> {
  const shown = { viewport, colorScheme, locale: "en-GB", reducedMotion: "reduce" } as const;
  return (await browser.newContext(shown)).newPage();
}

const filled = (page: Page) => page.getByRole("cell").first().waitFor();
async function recompute(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Recompute", exact: true }).click();
  await page.getByText("MATCH", { exact: true }).first().scrollIntoViewIfNeeded();
}
const light = await openTab(WIDE, "light");
await shoot("provers", light, "/", filled);
const prover = (await light.getByRole("cell").getByRole("link").first().getAttribute("href"))?.slice(1) ?? "";
await shoot("prover", light, prover);
await shoot("stake", light, `/stake?of=${staker}`);
await shoot("rewards", light, `/rewards?of=${prover.split("/").at(-1)}`);
await shoot("epochs", light, "/epochs");
await shoot("epoch", light, "/epochs/0");
await shoot("audit", light, "/audit?epoch=0", async (page) => {
  await recompute(page);
  await page.mouse.wheel(0, 300);
});
await shoot("foundation", light, "/foundation");
await shoot("market", light, "/market");
const dark = await openTab(PHONE, "dark");
await shoot("provers-phone", dark, "/", filled);
await shoot("audit-phone", dark, "/audit?epoch=0", recompute);
await browser.close();

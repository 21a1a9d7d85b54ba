// SPDX-License-Identifier: AGPL-3.0-only
import { existsSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import type { Wallet } from "./wallet.ts";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Debian's browser. @throws the line that brings it, at once, where there is none */
export async function launch(): Promise<Browser> {
  const executablePath = PLACES.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error("there is no browser: apt-get install -y chromium");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

export interface OpenOptions {
  readonly width?: number;
  readonly scheme?: "light" | "dark";
  readonly locale?: string;
  readonly wallet?: Wallet | undefined;
  /** Errors that the browser may tell of, such as of requests that a test refuses. */
  readonly expects?: readonly RegExp[];
  readonly before?: (context: BrowserContext) => Promise<unknown>;
}

/** A page of its own, closed when the test is over; its complaints and breaches of its policy fail the test. */
export async function open(browser: Browser, url: string, options: OpenOptions = {}): Promise<Page> {
  const { width = 1_280, scheme = "light", locale = "en-GB", wallet, expects = [], before } = options;
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
    locale,
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const complaints: string[] = [];
  const breaches: string[] = [];
  await context.exposeFunction("tellBreach", (breach: string) => breaches.push(breach));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) => {
      (window as never as { tellBreach: (text: string) => void }).tellBreach(
        `${violatedDirective} ${blockedURI} ${sample}`,
      );
    });
  });
  await wallet?.inject(context);
  await before?.(context);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  onTestFinished(async () => {
    // What a test answers may be asked for until the very end.
    await context.unrouteAll({ behavior: "ignoreErrors" }).catch(() => undefined);
    await context.close();
    expect(breaches).toEqual([]);
    expect(complaints.filter((text) => !expects.some((pattern) => pattern.test(text)))).toEqual([]);
  });
  await page.goto(url);
  return page;
}

/** No rule of WCAG 2.2 A and AA, and no good practice, is broken as the page stands; nothing sticks out sideways. */
export async function expectAccessible(page: Page): Promise<void> {
  // There are no frames, of whose results a second page would have to be opened for each look.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("\n  ")}`);
  expect(told).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}

/** A page with its wallet connected. */
export async function connected(
  browser: Browser,
  url: string,
  options: OpenOptions & { readonly wallet: Wallet },
): Promise<Page> {
  const tab = await open(browser, url, options);
  await tab.getByRole("button", { name: "Connect wallet" }).click();
  await tab.getByRole("button", { name: "Test wallet" }).click();
  // A keyboard goes on from there.
  await tab.getByRole("button", { name: "Disconnect" }).and(tab.locator(":focus")).waitFor();
  return tab;
}

/** From now on notes how long a task keeps the page from answering, if it is 50 ms and more. */
export async function watchTasks(page: Page): Promise<void> {
  await page.evaluate(`{
    globalThis.longest = 0;
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
    });
    observer.observe({ type: "longtask" });
  }`);
}

/** In milliseconds; 0: none took 50. */
export const longestTask = async (page: Page) => Math.round((await page.evaluate("longest")) as number);

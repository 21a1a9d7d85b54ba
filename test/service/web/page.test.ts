// SPDX-License-Identifier: AGPL-3.0-only
import { readdirSync, readFileSync, statSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { type Address, getAddress } from "viem";
import { describe, expect, it } from "vitest";
import { post, provers, test } from "../audit/scene.ts";
import { activate, endEpoch, ether, pass } from "../helpers/system.ts";
import { connected, expectAccessible, open } from "./browser.ts";
import { allowanceOf, mintTo, sharesOf, vaultOf } from "./chain.ts";
import { alteringOneNibble } from "./faults.ts";
import { Wallet } from "./wallet.ts";
import { alone, api, browser, page, setWorld } from "./world.ts";

setWorld();

const visitor = () => test.accounts[5] as Address;
const walletOf = (account: Address) => new Wallet(test.anvil.rpcUrl, account);
const proverPath = (prover: Address | undefined) => `/provers/${getAddress(prover as Address)}`;

describe("every screen", () => {
  it.each([
    [1_280, "light"],
    [360, "dark"],
  ] as const)("is accessible and fits, at %i px in the %s", async (width, scheme) => {
    const [first] = provers;
    const tab = await open(browser, page, { width, scheme, expects: [/503/] });
    for (const [path, title] of [
      ["/", "Provers"],
      ["/stake", "My stake"],
      ["/rewards", "Rewards"],
      ["/epochs", "Epochs"],
      ["/epochs/0", "Epoch 0"],
      ["/audit", "Audit"],
      ["/foundation", "Foundation"],
      ["/market", "Market"],
      ["/nowhere", "There is nothing here"],
      [proverPath(first), /0x/],
      [`/stake?of=${first}`, /stake/],
      [`/rewards?of=${first}`, "Rewards"],
    ] as const) {
      await tab.goto(`${page}#${path}`);
      await tab.getByRole("heading", { level: 1, name: title }).waitFor();
      // Nothing is being read any more.
      await tab.locator(".loading").first().waitFor({ state: "detached" });
      await expectAccessible(tab);
    }
  });
});

it("provers are listed by their stake, and found by their address", async () => {
  const tab = await open(browser, alone);
  const rows = tab.getByRole("row");
  await tab.getByRole("cell", { name: /0x/ }).first().waitFor();
  expect(await rows.count()).toBe(4);
  const [, second] = provers;
  expect(await rows.nth(1).getByRole("link").getAttribute("href")).toBe(`#${proverPath(second)}`);
  await tab.getByRole("searchbox").fill(second.slice(4, 20));
  await tab.getByText("1 found").waitFor();
  expect(await rows.count()).toBe(2);
  // What has no column here is not there by oversight.
  await tab.getByText(/^Net returns.*: the chain alone does not tell/).waitFor();
});

it("what is shown first is asked of the API once, by the first script, while the others are on their way", async () => {
  const asked: string[] = [];
  const tab = await open(browser, page, {
    expects: [/503/],
    before: async (context) => context.on("request", (request) => asked.push(request.url())),
  });
  await tab.getByRole("cell", { name: /0x/ }).first().waitFor();
  const first = asked.filter((url) => /\/v1\/(?:network|provers\?)/.test(url));
  expect(first).toEqual([`${api}/v1/network`, expect.stringMatching(/\?limit=25&/)]);
  expect(asked.indexOf(`${api}/v1/network`)).toBeLessThan(asked.findIndex((url) => url.endsWith("/status")));
  // With less stake than the second, and the most gained by it since the network began.
  const [best] = provers;
  await tab.getByRole("button", { name: "Net return" }).click();
  await tab
    .getByRole("row")
    .nth(1)
    .locator(`a[href="#${proverPath(best)}"]`)
    .waitFor();
  // What is not found takes no column away.
  await tab.getByRole("searchbox").fill("0x00000000");
  await tab.getByText("0 found").waitFor();
  expect(await tab.getByRole("button", { name: "Net return" }).count()).toBe(1);
});

it("a deposit is checked, approved to the wei, sent and followed; it shows as stake, and leaves by an exit", async () => {
  const [first] = provers;
  const vault = await vaultOf(first);
  await mintTo(visitor(), ether(1_000));
  // What came of the last epoch has vested.
  await pass(test, 3_600n);
  const wallet = walletOf(visitor());
  const tab = await connected(browser, `${alone}#${proverPath(first)}`, { wallet });
  const deposit = tab.getByRole("button", { name: "Deposit", exact: true });
  await tab.getByLabel(/^Deposit /).fill("1,000");

  wallet.declines.add("eth_sendTransaction");
  await deposit.click();
  await tab.getByText("You declined it in the wallet.").waitFor();
  wallet.declines.clear();

  await wallet.switchTo(1);
  await tab.getByText("Switch the wallet to chain 31337 first.").waitFor();
  expect(await deposit.isDisabled()).toBe(true);
  await tab.getByRole("button", { name: /Wrong network/ }).click();

  await deposit.click();
  await tab.getByText("Deposited.").waitFor();
  // A keyboard's user is where they were.
  expect(await deposit.and(tab.locator(":focus")).count()).toBe(1);
  expect(await allowanceOf(visitor(), vault)).toBe(0n);
  expect(await sharesOf(vault, visitor())).toBeGreaterThan(0n);

  await tab.getByRole("link", { name: "My stake" }).click();
  const put = tab.locator("dt", { hasText: "Put in" }).first().locator("+ dd data");
  expect(await put.getAttribute("value")).toBe("1000");
  // A share's rounding is no loss; the wei that it took is told whole.
  const gained = tab.locator("dt", { hasText: "Gained" }).first().locator("+ dd data");
  expect(await gained.textContent()).toMatch(/^0 /);
  expect(await gained.getAttribute("value")).toMatch(/^(?:-0\.0{17}[12]|0)$/);
  await tab.getByRole("button", { name: "Request an exit" }).click();
  await tab
    .getByLabel(/^Amount in/)
    .and(tab.locator(":focus"))
    .waitFor();
  await tab.getByRole("button", { name: "All" }).click();
  await tab.getByRole("button", { name: "Request the exit" }).click();
  await tab.getByText("Requested.").waitFor();
  expect(await sharesOf(vault, visitor())).toBe(0n);
  await tab.getByRole("button", { name: "Nothing is due yet" }).waitFor();
  await expectAccessible(tab);
});

it("anybody claims for a prover, with the proof that the API gives", async () => {
  await post(1);
  await activate(test);
  const [first] = provers;
  const wallet = walletOf(visitor());
  const tab = await connected(browser, `${page}#/rewards?of=${first}`, { wallet, expects: [/503/] });
  await tab.getByRole("button", { name: "Claim", exact: true }).click();
  await tab.getByText("Claimed:").waitFor();
  await tab.getByText("all of it was claimed").waitFor();
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

describe("the page as it is served", () => {
  const BUILT = new URL("../../../dist/web/", import.meta.url);
  const built = (file: string) => new URL(file, BUILT);
  const text = (file: string) => readFileSync(built(file), "utf8");

  /** A script and all that it imports before it runs, by their compressed sizes. */
  function bytesOf(file: string, seen = new Set<string>()): number {
    if (seen.has(file)) return 0;
    seen.add(file);
    const imports = [...text(file).matchAll(/(?:from|import)\s*["'`]\.\/([^"'`]+)["'`]/g)];
    const own = gzipSync(readFileSync(built(file)), { level: 9 }).length;
    return imports.reduce((sum, [, name]) => sum + bytesOf(`assets/${name}`, seen), own);
  }

  it("has a policy of its own, is compressed, and its names never change; the API keeps its own", async () => {
    const html = await fetch(`${api}/`);
    const policy = html.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|[^:]\*/);
    expect(html.headers.get("cache-control")).toBe("no-cache");
    const [, script = ""] = /src="\.\/(assets\/[^"]+)"/.exec(await html.text()) ?? [];
    const asset = await fetch(`${api}/${script}`, { headers: { "accept-encoding": "br" } });
    expect(asset.headers.get("content-encoding")).toBe("br");
    expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(asset.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    for (const [accepted, coding] of [
      ["gzip, deflate, br", "br"],
      ["gzip;q=1.0, br;q=0", "gzip"],
      ["identity", null],
      ["zstd", null],
    ] as const) {
      const answer = await fetch(`${api}/${script}`, { headers: { "accept-encoding": accepted } });
      expect(answer.headers.get("content-encoding"), accepted).toBe(coding);
      expect(answer.headers.get("vary"), accepted).toContain("accept-encoding");
      expect(await answer.text(), accepted).toBe(text(script));
    }
    const etag = asset.headers.get("etag") ?? "";
    const again = await fetch(`${api}/${script}`, {
      headers: { "accept-encoding": "br", "if-none-match": etag },
    });
    expect(again.status).toBe(304);
    for (const path of ["/v1/epochs", "/assets/nothing.js", "/package.json"]) {
      const { headers } = await fetch(`${api}${path}`);
      expect(headers.get("content-security-policy")).toBe("default-src 'none';frame-ancestors 'none'");
    }
  });

  it("takes at most 205 kB at first, and its worker 110 kB", () => {
    const html = text("index.html");
    const files = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, file = ""]) => file);
    expect(files.length).toBeGreaterThan(1);
    // HTTP/1 asks for six at once, and each other one would wait for its turn.
    expect(files.length).toBeLessThanOrEqual(6);
    const seen = new Set<string>();
    const first = files.reduce((sum, file) => sum + bytesOf(file, seen), statSync(built("index.html")).size);
    expect(first).toBeLessThan(205_000);
    const worker = readdirSync(built("assets")).find((name) => /^worker-.*\.js$/.test(name)) ?? "";
    expect(bytesOf(`assets/${worker}`)).toBeLessThan(110_000);
  });

  it("holds no inline code, and nothing of other hosts", () => {
    expect(text("index.html")).not.toMatch(/<script(?![^>]*src=)|style=|\son\w+=|https?:/);
  });
});

it("what was not posted cannot be recomputed, and it is said so", async () => {
  await endEpoch(test);
  const tab = await open(browser, `${alone}#/audit?epoch=2`);
  await tab.getByRole("button", { name: "Recompute", exact: true }).click();
  await tab.getByText(/UNJUDGED.*no root has been posted for epoch 2/).waitFor();
});

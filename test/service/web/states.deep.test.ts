// SPDX-License-Identifier: AGPL-3.0-only
import type { Route } from "playwright-core";
import { getAddress } from "viem";
import { it } from "vitest";
import { provers } from "../audit/scene.ts";
import { expectAccessible, open } from "./browser.ts";
import { api, browser, page, setWorld } from "./world.ts";

setWorld();

/** By their paths: what each asks the API for first, and whether that may be nothing. */
const SCREENS = () =>
  [
    ["/", "provers?**", true],
    [`/provers/${getAddress(provers[0])}`, "provers/**", true],
    [`/stake?of=${provers[0]}`, "stakers/**", true],
    [`/rewards?of=${provers[0]}`, "provers/**", false],
    ["/epochs", "epochs?**", true],
    ["/epochs/0", "epochs/0", false],
    ["/foundation", "foundation", false],
    ["/market", "requests?**", true],
  ] as const;

/** The API as it is before anything has happened. */
const EMPTY: Readonly<Record<string, object>> = {
  provers: { provers: [], total: 0, next: null },
  positions: { positions: [] },
  epochs: { epochs: [], next: null },
  requests: { requests: [], next: null },
};

async function emptied(route: Route): Promise<void> {
  const response = await route.fetch();
  const body = (await response.json()) as object;
  const kind = Object.keys(EMPTY).find((each) => each in body);
  await route.fulfill({ response, json: { ...body, ...(kind === undefined ? {} : EMPTY[kind]) } });
}

const error = { code: "unavailable", message: "the database does not answer" };
const ways = [
  ["is still waited for", () => undefined, ".loading"],
  [
    "fails, and no chain helps",
    (route: Route) => route.fulfill({ status: 500, json: { error } }),
    ".notice.bad",
  ],
  ["is empty", emptied, ".empty"],
] as const;

it.each(ways.flatMap((way) => ([1_280, 360] as const).map((width) => [...way, width] as const)))(
  "a screen of which the API's answer %s is accessible, too",
  async (_, answer, mark, width) => {
    for (const [path, asked, maybeEmpty] of SCREENS()) {
      if (mark === ".empty" && !maybeEmpty) continue;
      const tab = await open(browser, "about:blank", {
        ...{ width, scheme: width === 360 ? "dark" : "light", expects: [/50\d|Failed to load/] },
        async before(context) {
          await context.route(`${api}/v1/${asked}`, answer as (route: Route) => unknown);
          // No endpoint that the page could ask instead.
          await context.route(`${api}/v1/network`, async (route) => {
            const response = await route.fetch();
            await route.fulfill({ response, json: { ...((await response.json()) as object), rpc: null } });
          });
        },
      });
      await tab.goto(`${page.split("?")[0]}#${path}`);
      await tab.locator(mark).first().waitFor();
      await expectAccessible(tab);
      await tab.context().close();
    }
  },
);

it("a part of the page that does not load is said to be missing, beside all others", async () => {
  const tab = await open(browser, page, { expects: [/Failed to|ERR_|503/] });
  await tab.getByRole("cell", { name: /0x/ }).first().waitFor();
  await tab.context().route("**/assets/stake-*.js", (route) => route.abort());
  await tab.getByRole("link", { name: "My stake" }).click();
  await tab.getByText(/A part of this page did not load/).waitFor();
  await expectAccessible(tab);
  await tab.getByRole("link", { name: "Epochs" }).click();
  await tab.getByRole("link", { name: "Epoch 0" }).waitFor();
  await tab.context().unrouteAll();
  await tab.getByRole("link", { name: "My stake" }).click();
  await tab.getByRole("button", { name: "Try again" }).click();
  await tab.getByText("Connect a wallet to see your stake").waitFor();
});

it.each([
  ["has no clipboard for pages that came unencrypted", "delete Navigator.prototype.clipboard"],
  [
    "refuses its clipboard",
    "if (navigator.clipboard) navigator.clipboard.writeText = () => Promise.reject(new Error('no'))",
  ],
])("a link is copied where the browser %s, too", async (_, script) => {
  const tab = await open(browser, "about:blank", {
    expects: [/503/],
    before: (context) => context.addInitScript(script),
  });
  await tab.goto(`${page}#/epochs/0`);
  await tab.getByRole("button", { name: "Copy link" }).click();
  await tab.getByRole("button", { name: "Link copied" }).waitFor();
  await tab.evaluate("document.execCommand = () => false");
  await tab.getByRole("button", { name: "Copy link" }).click();
  await tab.getByRole("button", { name: /Not copied/ }).waitFor();
});

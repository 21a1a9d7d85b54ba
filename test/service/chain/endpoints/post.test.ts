// SPDX-License-Identifier: AGPL-3.0-only
import { afterEach, expect, test, vi } from "vitest";
import { post } from "../../../../service/chain/endpoints/post.ts";
import { scriptedNode } from "../../helpers/node.ts";

afterEach(() => vi.unstubAllGlobals());

const CALL = { method: "eth_chainId" };
const failing = () => vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("Failed to fetch")));

test("a page is told that an endpoint may not allow web pages, where a browser says nothing of it", async () => {
  failing();
  vi.stubGlobal("document", {});
  const [reply] = await post("https://rpc.example/KEY", [CALL]);
  expect(reply).toEqual({
    refusal: expect.objectContaining({
      status: undefined,
      words: "gave this page no answer: it is down, limits, or does not allow web pages (CORS)",
    }),
  });
});

test("nobody is shown the key in an endpoint's URL, whatever fails", async () => {
  failing();
  expect(JSON.stringify(await post("https://rpc.example/KEY", [CALL]))).not.toContain("KEY");
  vi.unstubAllGlobals();
  expect(JSON.stringify(await post("http://127.0.0.1:1/KEY", [CALL]))).not.toContain("KEY");
});

test("what is not JSON is told without its markup, and not all of it", async () => {
  const node = await scriptedNode({
    head: 1,
    refuse: () => ({ body: `<html><b>Oops</b>\n${"x".repeat(1_000)}` }),
  });
  const [reply] = await post(node.url, [CALL]);
  node.close();
  const { words } = (reply as { refusal: { words: string } }).refusal;
  expect(words).toMatch(/^no JSON: Oops x+…$/);
  expect(words.length).toBeLessThan(250);
});

test("digits in capitals are read as everybody else writes them", async () => {
  const result = { hash: "0xABCDef", text: '0xAB and "0xAB"', logs: [{ data: "0xFF" }] };
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ jsonrpc: "2.0", id: 0, result })));
  expect(await post("https://rpc.example", [CALL])).toEqual([
    { result: { hash: "0xabcdef", text: '0xAB and "0xAB"', logs: [{ data: "0xff" }] } },
  ]);
});

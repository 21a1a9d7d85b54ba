// SPDX-License-Identifier: AGPL-3.0-only
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { createClient } from "../../../service/client/client.mjs";

it("what has not changed is an error by name: an answer has either data or an error", async () => {
  const epochs = { epochs: [], next: null };
  const server = createServer(({ headers }, response) => {
    if (headers["if-none-match"] === '"a"') response.writeHead(304).end();
    else
      response
        .writeHead(200, { "content-type": "application/json", etag: '"a"' })
        .end(JSON.stringify(epochs));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  const client = createClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const first = await client.GET("/v1/epochs");
  expect([first.data, first.error]).toEqual([epochs, undefined]);
  const headers = { "if-none-match": first.response.headers.get("etag") ?? "" };
  for (const again of [
    await client.GET("/v1/epochs", { headers }),
    await client.request("get", "/v1/epochs", { headers }),
  ]) {
    expect(again.response.status).toBe(304);
    expect(again.data).toBeUndefined();
    expect(again.error?.error.code).toBe("not-modified");
  }
});

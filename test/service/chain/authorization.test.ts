// SPDX-License-Identifier: AGPL-3.0-only
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { authorized } from "../../../service/chain/authorization.ts";
import { post } from "../../../service/chain/endpoints/post.ts";
import { notifierOf } from "../../../service/cli/notify.ts";
import { externalBackend } from "../../../service/prover/answer.ts";
import { askUrl } from "../../../service/prover/backend-url.ts";

const basic = (secret: string) => `Basic ${Buffer.from(secret).toString("base64")}`;

test.each([
  ["https://a.example/x?y=1", "https://a.example/x?y=1", undefined],
  ["https://me:s%40cret@a.example/x?y=1", "https://a.example/x?y=1", basic("me:s@cret")],
  ["https://me@a.example/", "https://a.example/", basic("me:")],
  ["https://:key@a.example/", "https://a.example/", basic(":key")],
  ["https://mé:100%@a.example/", "https://a.example/", basic("mé:100%")],
])("%s is asked as fetch takes it", (given, url, authorization) => {
  expect(authorized(given)).toEqual({ url, headers: authorization === undefined ? {} : { authorization } });
});

test("whoever is named in a URL is named to the other side: to endpoints, backends and receivers of notices", async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end('{"jsonrpc":"2.0","id":0,"result":"0x1","provable":true}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://me:secret@127.0.0.1:${(server.address() as AddressInfo).port}/`;

  expect(await post(url, [{ method: "eth_chainId" }])).toEqual([{ result: "0x1" }]);
  const word = `0x${"01".repeat(32)}` as const;
  const job = { verifierKeyHash: word, programKey: word, publicValuesDigest: word };
  const asked = { deadline: 1n, signal: AbortSignal.timeout(5_000) };
  const { check } = externalBackend(askUrl(url));
  expect(
    await check({ ...job, chainId: 1n, id: word, inputUri: "data:,", verifierVersion: 1n } as never, asked),
  ).toBe(true);
  const warnings: string[] = [];
  const warn = (line: string) => warnings.push(line);
  await notifierOf({ url, secret: "s", about: {}, warn, pauses: [] }).send({ kind: "posted", message: "m" });
  expect(warnings).toEqual([]);
  expect(seen).toEqual(Array(3).fill(basic("me:secret")));
});

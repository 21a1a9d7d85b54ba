// SPDX-License-Identifier: AGPL-3.0-only
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import etag from "@fastify/etag";
import { beforeAll, describe, expect, it } from "vitest";
import { compressAnswers } from "../../../service/http/coding.ts";
import { type App, newApp } from "../../../service/http/instance.ts";

const long = { text: "0123456789abcdef".repeat(1_000) };
let app: App;

beforeAll(async () => {
  app = newApp({});
  await app.register(etag);
  compressAnswers(app);
  app.get("/long", async () => long);
  app.get("/short", async () => ({ text: "short" }));
});

const ask = (url: string, headers: Record<string, string>) => app.inject({ method: "GET", url, headers });

describe("a long answer", () => {
  it.each([
    ["br, gzip", "br", brotliDecompressSync],
    ["gzip;q=0.5", "gzip", gunzipSync],
    ["gzip, br;q=0", "gzip", gunzipSync],
    ["br;q=0.1, gzip;q=0.9", "gzip", gunzipSync],
    ["*", "br", brotliDecompressSync],
  ])("comes as %s takes it, with all of it in far fewer bytes", async (accepted, coding, decode) => {
    const { headers, rawPayload } = await ask("/long", { "accept-encoding": accepted });
    expect([headers["content-encoding"], headers.vary]).toEqual([coding, "accept-encoding"]);
    expect(rawPayload.length).toBeLessThan(1_000);
    expect(Number(headers["content-length"])).toBe(rawPayload.length);
    expect(JSON.parse(decode(rawPayload).toString())).toEqual(long);
  });

  it("is sent as it is to whoever takes no coding of ours, and says that it could be another", async () => {
    const { headers, json } = await ask("/long", { "accept-encoding": "zstd" });
    expect([headers["content-encoding"], headers.vary]).toEqual([undefined, "accept-encoding"]);
    expect(json()).toEqual(long);
  });

  it("is known again by its ETag, whatever its coding", async () => {
    const { headers } = await ask("/long", { "accept-encoding": "br" });
    expect(headers.etag).toMatch(/^W\/"/);
    const again = await ask("/long", { "accept-encoding": "gzip", "if-none-match": String(headers.etag) });
    expect([again.statusCode, again.body, again.headers["content-encoding"]]).toEqual([304, "", undefined]);
  });
});

it("a short answer is left as it is", async () => {
  const { headers, json } = await ask("/short", { "accept-encoding": "br" });
  expect([headers["content-encoding"], headers.vary]).toEqual([undefined, undefined]);
  expect(json()).toEqual({ text: "short" });
});

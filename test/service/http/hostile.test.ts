// SPDX-License-Identifier: AGPL-3.0-only
import { expect, it } from "vitest";
import type { ErrorCode } from "../../../service/http/errors.ts";
import { provers, setScene } from "../audit/scene.ts";
import { sceneApi } from "../helpers/api.ts";
import { dawdle, get as getFrom, MEGABYTE, NASTY, placesFor, send } from "../helpers/hostile.ts";

setScene();

let url: string;

async function listening(options: Parameters<typeof sceneApi>[0] = {}): Promise<string> {
  const app = await sceneApi({ maxAge: 60_000, ...options });
  return app.listen({ host: "127.0.0.1", port: 0 });
}

const get = (path: string) => getFrom(url, path);

async function refuses(path: string): Promise<void> {
  const { status, body } = await get(path);
  const where = `${path.slice(0, 80)}: ${status} ${body.slice(0, 200)}`;
  expect(status, where).toBeGreaterThanOrEqual(400);
  expect(status, where).toBeLessThan(500);
  const { error } = JSON.parse(body) as { error: { code: ErrorCode; message: string } };
  expect(["invalid-request", "not-found", "unknown-epoch", "too-large", "not-synced"], where).toContain(
    error.code,
  );
  // Whoever sends a megabyte is not sent one.
  expect(body.length, where).toBeLessThan(1_000);
}

it("whatever stands where an epoch, an address or a number belongs is refused as such", async () => {
  url = await listening();
  for (const place of placesFor(provers[0])) {
    await Promise.all(NASTY.map((text) => refuses(place(text))));
  }
  expect((await get("/health")).status).toBe(200);
});

it("a megabyte is refused, wherever it is", async () => {
  url = await listening();
  for (const place of placesFor(provers[0])) expect((await get(place(MEGABYTE))).status).toBe(413);
  const header = `GET /health HTTP/1.1\r\nhost: x\r\nx-long: ${MEGABYTE}\r\n\r\n`;
  expect((await send(url, header)).status).toBe(413);
  const post = `POST /v1/epochs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n`;
  expect(
    (await send(url, `${post}content-length: ${MEGABYTE.length}\r\n\r\n"${MEGABYTE}`)).status,
  ).toBeGreaterThanOrEqual(400);
  for (const broken of [
    "\0\0\0\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    "GET /\0health HTTP/1.1\r\nhost: x\r\n\r\n",
  ]) {
    expect((await send(url, broken)).status).toBe(400);
  }
  expect((await get("/health")).status).toBe(200);
});

it("200 connections that dawdle keep nobody waiting, and are ended", async () => {
  url = await listening();
  const expected = (await get(`/v1/provers/${provers[0]}/proof`)).body;
  let open = true;
  const all = Promise.all(Array.from({ length: 200 }, () => dawdle(url))).finally(() => {
    open = false;
  });
  let asked = 0;
  while (open) {
    expect((await get("/health")).status).toBe(200);
    expect((await get(`/v1/provers/${provers[0]}/proof`)).body).toBe(expected);
    asked++;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  for (const said of await all) expect(said).toMatch(/^HTTP\/1.1 408 /);
  expect(asked).toBeGreaterThan(5);
}, 120_000);

it("ten times the rate is answered as often as the rate allows, and told when to come again", async () => {
  const rateLimit = 30;
  url = await listening({ rateLimit });
  const path = `/v1/provers/${provers[0]}/proof`;
  const answers = await Promise.all(Array.from({ length: 10 * rateLimit }, () => fetch(`${url}${path}`)));
  const served = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 429);
  expect([served.length, refused.length]).toEqual([rateLimit, 9 * rateLimit]);
  for (const answer of refused) {
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ error: { code: "rate-limited" } });
  }
  const bodies = new Set(await Promise.all(served.map((answer) => answer.text())));
  expect(bodies.size).toBe(1);
  // Whoever watches is not counted.
  for (const watched of ["/health", "/ready", "/metrics"]) {
    expect((await fetch(`${url}${watched}`)).status).toBe(200);
  }
});

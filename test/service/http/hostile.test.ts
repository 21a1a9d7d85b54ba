// SPDX-License-Identifier: AGPL-3.0-only
import { connect, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import type { Address } from "../../../service/core/types.ts";
import type { ErrorCode } from "../../../service/http/errors.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { provers, setScene } from "../audit/scene.ts";
import { sceneApi } from "../helpers/api.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const UINT256 = String(2n ** 256n);

/** What no epoch, address or number looks like: percent-encoded where a path needs it. */
const NASTY: readonly string[] = [
  ...["1e9", "0x10", "0b1"],
  ...["-1", UINT256, `-${UINT256}`, "NaN", "Infinity", "1.5", "٣", "%00", "%0d%0a", "%ff", "%"],
  ...["..", "../..", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f", "..\\..", "....//", "/etc/passwd", "%252e%252e"],
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"],
  ...["null", "undefined", "[object Object]", "{}", "[]", "<script>", "'; drop table provers; --"],
  ...[`0x${"f".repeat(64)}`, "x".repeat(5_000)],
].map((text) => text.replaceAll(" ", "%20"));

/** Longer than anything that a server need read. */
const MEGABYTE = "a".repeat(2 ** 20);

/** Paths with something in the place of an epoch, an address or a number. */
function placesFor(prover: Address): ((text: string) => string)[] {
  return [
    (text) => `/v1/epochs/${text}`,
    (text) => `/v1/epochs/${text}/artifact`,
    (text) => `/v1/provers/${text}`,
    (text) => `/v1/provers/${text}/proof`,
    (text) => `/v1/epochs?limit=${text}`,
    (text) => `/v1/epochs?before=${text}`,
    (text) => `/v1/provers?after=${text}`,
    (text) => `/v1/provers/${prover}/proof?root=${text}`,
  ];
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** What a server says to these very bytes, until it ends the connection. */
function converse(
  url: string,
  text: string,
  meanwhile: (socket: Socket) => void = () => {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text));
    let said = "";
    socket.on("data", (chunk) => {
      said += chunk;
    });
    socket.once("close", () => resolve(said));
    socket.once("error", (error) => (said === "" ? reject(error) : resolve(said)));
    meanwhile(socket);
  });
}

async function send(url: string, text: string): Promise<Answer> {
  const [head = "", ...body] = (await converse(url, text)).split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), body: body.join("\r\n\r\n") };
}

/** The path as it is, which no well-bred client would send. */
const getFrom = (url: string, path: string): Promise<Answer> =>
  send(url, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);

/** Milliseconds between two bytes of a header that never ends. */
const TRICKLE = 500;

/** Never comes to the end of its request: gives what it is told in the end. */
function dawdle(url: string): Promise<string> {
  return converse(url, "GET /health HTTP/1.1\r\nhost: x\r\nx-slow: ", (socket) => {
    const trickle = setInterval(() => socket.writable && socket.write("a"), TRICKLE);
    socket.once("close", () => clearInterval(trickle));
  });
}

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
  expect(["invalid-request", "not-found", "unknown-epoch", "too-large"], where).toContain(error.code);
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

it("what is wrong is refused as such also before anything was read of the chain", async () => {
  const database = await openDatabase({ dataDir: temporaryFolder() });
  onTestFinished(() => database.close());
  url = await listening({ database });
  for (const path of ["/v1/provers", `/v1/provers/${provers[0]}`]) expect((await get(path)).status).toBe(503);
  for (const place of placesFor(provers[0])) await refuses(place("1e9"));
  const mistyped = `0x${"aB".repeat(20)}`;
  const ofProver = ["", "/proof", "/epochs", "/commissions", "/slashes"];
  await Promise.all([
    ...ofProver.map((what) => refuses(`/v1/provers/${mistyped}${what}`)),
    ...["positions", "moves"].map((what) => refuses(`/v1/stakers/${mistyped}/${what}`)),
    ...["requester", "prover"].map((field) => refuses(`/v1/requests?${field}=${mistyped}`)),
    ...["stake", "address"].map((sort) => refuses(`/v1/provers?sort=${sort}&after=~${provers[0]}x`)),
    refuses(`/v1/provers?sort=stake&after=${provers[0]}`),
  ]);
});

it("a megabyte is refused, wherever it is", async () => {
  url = await listening();
  for (const place of placesFor(provers[0])) expect((await get(place(MEGABYTE))).status).toBe(413);
  const header = `GET /health HTTP/1.1\r\nhost: x\r\nx-long: ${MEGABYTE}\r\n\r\n`;
  expect((await send(url, header)).status).toBe(413);
  const post =
    "POST /v1/epochs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n";
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

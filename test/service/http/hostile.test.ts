// SPDX-License-Identifier: AGPL-3.0-only
import { connect as connectTo, type Socket } from "node:net";
import { expect, it } from "vitest";
import type { ErrorCode } from "../../../service/http/errors.ts";
import { provers, setScene } from "../audit/scene.ts";
import { sceneApi } from "../helpers/api.ts";

setScene();

const HUGE = 2 ** 20;
const UINT256 = String(2n ** 256n);
const NASTY = [
  ...["1e9", "0x10", "0b1"],
  ...["-1", UINT256, `-${UINT256}`, "NaN", "Infinity", "1.5", "٣", "%00", "%0d%0a", "%ff", "%"],
  ...["..", "../..", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f", "..\\..", "....//", "/etc/passwd", "%252e%252e"],
  ...[
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "null",
    "undefined",
    "[object Object]",
  ],
  ...["'; drop table provers; --", "{}", "[]", "<script>", `0x${"f".repeat(64)}`, "x".repeat(5_000)],
];
const PLACES = [
  (text: string) => `/v1/epochs/${text}`,
  (text: string) => `/v1/epochs/${text}/artifact`,
  (text: string) => `/v1/provers/${text}`,
  (text: string) => `/v1/provers/${text}/proof`,
  (text: string) => `/v1/epochs?limit=${text}`,
  (text: string) => `/v1/epochs?before=${text}`,
  (text: string) => `/v1/provers?after=${text}`,
  (text: string) => `/v1/provers/${provers[0]}/proof?root=${text}`,
];

let url: string;

async function listening(options: Parameters<typeof sceneApi>[0] = {}): Promise<string> {
  const app = await sceneApi({ maxAge: 60_000, ...options });
  return app.listen({ host: "127.0.0.1", port: 0 });
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** What the server sends in answer to these very bytes, until it has nothing more to say. */
function send(text: string | Buffer, port = Number(new URL(url).port)): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connectTo(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    const end = () => {
      const [head = "", ...body] = answer.split("\r\n\r\n");
      resolve({ status: Number(head.split(" ")[1]), body: body.join("\r\n\r\n") });
    };
    socket.once("close", end);
    socket.once("error", (error) => (answer === "" ? reject(error) : end()));
  });
}

const get = (path: string) => send(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);

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
  for (const place of PLACES) {
    await Promise.all(NASTY.map((text) => refuses(place(text.replaceAll(" ", "%20")))));
  }
  expect((await get("/health")).status).toBe(200);
});

it("a megabyte is refused, wherever it is", async () => {
  url = await listening();
  const long = "a".repeat(HUGE);
  for (const place of PLACES) expect((await get(place(long))).status).toBe(413);
  const header = `GET /health HTTP/1.1\r\nhost: x\r\nx-long: ${long}\r\n\r\n`;
  expect((await send(header)).status).toBe(413);
  const post = `POST /v1/epochs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n`;
  expect((await send(`${post}content-length: ${HUGE}\r\n\r\n"${long}`)).status).toBeGreaterThanOrEqual(400);
  for (const broken of [
    "\0\0\0\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    "GET /\0health HTTP/1.1\r\nhost: x\r\n\r\n",
  ]) {
    expect((await send(broken)).status).toBe(400);
  }
  expect((await get("/health")).status).toBe(200);
});

it("200 connections that dawdle keep nobody waiting, and are ended", async () => {
  url = await listening();
  const port = Number(new URL(url).port);
  const expected = (await get(`/v1/provers/${provers[0]}/proof`)).body;
  const answers: Promise<string>[] = [];
  const dawdle = (socket: Socket) => {
    let said = "";
    socket.on("data", (chunk) => {
      said += chunk;
    });
    return new Promise<string>((resolve) => {
      socket.once("close", () => resolve(said));
      socket.on("error", () => undefined);
    });
  };
  const sockets = Array.from({ length: 200 }, () => connectTo(port, "127.0.0.1"));
  for (const socket of sockets) {
    answers.push(dawdle(socket));
    socket.write("GET /health HTTP/1.1\r\nhost: x\r\nx-slow: ");
  }
  const trickle = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write("a");
  }, 500);
  let open = true;
  const all = Promise.all(answers).finally(() => {
    open = false;
  });
  let asked = 0;
  while (open) {
    expect((await get("/health")).status).toBe(200);
    expect((await get(`/v1/provers/${provers[0]}/proof`)).body).toBe(expected);
    asked++;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  clearInterval(trickle);
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

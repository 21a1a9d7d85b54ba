// SPDX-License-Identifier: AGPL-3.0-only
import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { directory, setScene, test } from "../audit/scene.ts";
import { endEpoch } from "../helpers/system.ts";

setScene();

const PROVENDER = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));
/** That of Anvil's second account, the publisher. */
const KEY = "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
const API_KEY = "k3yofaprovider4711";
const TOKEN = "t0kenofaprovider0815";
const PASSWORD = "hush-hush-4711";
const SECRETS = [KEY, API_KEY, TOKEN, PASSWORD];
const SLOW = 300_000;

let proxy: Server;
let broken = false;

/** A provider that repeats the URL it was asked at in its refusals, as some do. */
beforeAll(async () => {
  proxy = createServer(async (request, response) => {
    if (broken) {
      response.writeHead(401).end(`no such key: ${request.url} ${request.headers.authorization}`);
      return;
    }
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const headers = { "content-type": "application/json" };
    const answer = await fetch(test.anvil.rpcUrl, { method: "POST", body: Buffer.concat(parts), headers });
    response.writeHead(answer.status, headers).end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
});

afterAll(() => {
  proxy?.closeAllConnections();
  proxy?.close();
});

const rpcUrl = () => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/v2/${API_KEY}?token=${TOKEN}`;

function serve(env: Record<string, string>, ...flags: string[]) {
  const where = ["--distributor", test.distributor, "--data-dir", directory, "--port", "0"];
  const child = spawn(process.execPath, [PROVENDER, "serve", ...where, ...flags], {
    env: {
      PATH: process.env.PATH,
      PROVENDER_RPC_URL: rpcUrl(),
      PROVENDER_PRIVATE_KEY: `0x${KEY}`,
      PROVENDER_LOG_LEVEL: "trace",
      PROVENDER_DEBUG: "1",
      ...env,
    },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      said += chunk;
    });
  }
  return { child, said: () => said };
}

const ended = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    child.once("close", (code) => resolve(code));
  });

const LISTENING = /listening on (http:\/\/127\.0\.0\.1:\d+)/;
const PATHS = ["/health", "/ready", "/status", "/metrics", "/v1/epochs", "/v1/provers", "/openapi.json"];

async function everything(url: string): Promise<string> {
  const answers = await Promise.all(PATHS.map((path) => fetch(`${url}${path}`)));
  return (await Promise.all(answers.map((answer) => answer.text()))).join("\n");
}

it(
  "provender serve keeps key, token and password to itself: in logs, answers and metrics, whatever fails",
  async () => {
    await endEpoch(test);
    const { child, said } = serve({}, "--job", "--every", "1");
    try {
      await expect.poll(said, { timeout: 110_000 }).toMatch(LISTENING);
      const [, url = ""] = LISTENING.exec(said()) ?? [];
      await expect.poll(said, { timeout: 110_000, interval: 200 }).toContain("posted the root");
      let shown = await everything(url);
      broken = true;
      await expect.poll(said, { timeout: 110_000, interval: 200 }).toMatch(/"level":[56]0/);
      shown += await everything(url);
      child.kill("SIGTERM");
      await ended(child);
      shown += said();
      expect(shown).toContain("provender_rpc_errors_total");
      for (const secret of SECRETS) expect(shown).not.toContain(secret);
    } finally {
      broken = false;
      child.kill("SIGKILL");
    }
  },
  SLOW,
);

it(
  "a database that is not there is named without its password",
  async () => {
    const { child, said } = serve({ DATABASE_URL: `postgres://user:${PASSWORD}@127.0.0.1:1/provender` });
    try {
      expect(await ended(child)).not.toBe(0);
      expect(said()).toContain("127.0.0.1:1/provender");
      for (const secret of SECRETS) expect(said()).not.toContain(secret);
    } finally {
      child.kill("SIGKILL");
    }
  },
  SLOW,
);

it(
  "an error that nobody caught ends the process, and what it carries is not shown",
  async () => {
    // As soon as somebody listens for such errors, one comes.
    const crash = `
      const carried = { url: "http://x/${API_KEY}", headers: { authorization: "${TOKEN}" }, key: "${KEY}" };
      const timer = setInterval(() => {
        if (process.listenerCount("uncaughtException") === 0) return;
        clearInterval(timer);
        throw Object.assign(new Error("out of order"), carried);
      }, 1);
    `;
    const NODE_OPTIONS = `--import=data:text/javascript;base64,${Buffer.from(crash).toString("base64")}`;
    const { child, said } = serve({ NODE_OPTIONS });
    try {
      expect(await ended(child)).toBe(1);
      expect(said()).toContain("error: unexpected: out of order\n");
      for (const secret of SECRETS) expect(said()).not.toContain(secret);
    } finally {
      child.kill("SIGKILL");
    }
  },
  SLOW,
);

// SPDX-License-Identifier: AGPL-3.0-only
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChainError } from "../../../service/chain/errors.ts";
import { whenReachable } from "../../../service/cli/patient.ts";
import { type LyingEndpoint, lyingEndpoint } from "../audit/proxy.ts";
import { newFolder } from "../helpers/folder.ts";
import { deploySystem, type TestSystem } from "../helpers/system.ts";

const PROVENDER = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));
const WITHIN = { timeout: 90_000, interval: 100 };

describe("a command that nobody looks after", () => {
  let network: TestSystem;
  let endpoints: LyingEndpoint[];
  const folder = newFolder();
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    network = await deploySystem();
    const { rpcUrl } = network.anvil;
    endpoints = await Promise.all([1, 2, 3].map(() => lyingEndpoint(rpcUrl)));
  }, 120_000);

  afterAll(() => {
    for (const child of running) child.kill("SIGKILL");
    for (const endpoint of endpoints ?? []) endpoint.close();
    network?.anvil.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What a command says, and whether it has ended, with so many of the endpoints. */
  function start(count: number, ...args: string[]) {
    const rpc = endpoints.slice(0, count).map(({ rpcUrl }) => rpcUrl);
    const where = ["--rpc", rpc.join(","), "--distributor", network.distributor, "--data-dir", folder];
    const child = spawn(process.execPath, [PROVENDER, ...args, ...where]);
    running.push(child);
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        said += chunk;
      });
    }
    return { child, said: () => said };
  }

  test.each([
    ["serve", ["serve", "--port", "0"], "listening on http"],
    ["audit --watch", ["audit", "--watch"], "watching for pending roots"],
  ])(
    "waits for its endpoint, says so, and goes on when that answers: %s",
    async (_, args, begun) => {
      const [endpoint] = endpoints as [LyingEndpoint];
      endpoint.down = true;
      const { child, said } = start(1, ...args);
      await expect.poll(said, WITHIN).toMatch(/127\.0\.0\.1:\d+ does not answer.*trying again in 2 s\n/);
      expect([said().includes(begun), child.exitCode]).toEqual([false, null]);
      endpoint.repent();
      await expect.poll(said, WITHIN).toContain(begun);
      child.kill("SIGKILL");
    },
    200_000,
  );

  const ZERO = `0x${"00".repeat(32)}`;

  test.each([
    ["zero", ZERO, "serve", ["--port", "0"], "listening on http"],
    ["nothing", "0x", "serve", ["--port", "0"], "listening on http"],
    ["nothing", "0x", "sync", ["--watch"], "is read, checked"],
  ])(
    "waits for an endpoint that answers all calls with %s, and says so (%s, %s)",
    async (_, answer, command, flags, begun) => {
      const [endpoint] = endpoints as [LyingEndpoint];
      endpoint.twist = ({ method }, truth) => (method === "eth_call" ? answer : truth);
      const { child, said } = start(1, command, ...flags);
      const blames = `answers calls without executing them, such as those of 0x0+4 with ${answer}; use another`;
      await expect.poll(said, WITHIN).toMatch(new RegExp(`${blames}.*; trying again in 2 s\n`));
      expect([said().includes(begun), child.exitCode]).toEqual([false, null]);
      endpoint.repent();
      await expect.poll(said, WITHIN).toContain(begun);
      child.kill("SIGKILL");
    },
    200_000,
  );

  test.each([
    ["sync", "0x", 3],
    ["sync", ZERO, 3],
    ["audit --epoch 0", "0x", 3],
  ])(
    "%s ends as for an endpoint that does not answer where calls are answered with %s",
    async (words, answer, code) => {
      const [endpoint] = endpoints as [LyingEndpoint];
      endpoint.twist = ({ method }, truth) => (method === "eth_call" ? answer : truth);
      const { child, said } = start(1, ...words.split(" "));
      const [exitCode] = await once(child, "exit");
      expect([exitCode, said()]).toEqual([
        code,
        expect.stringContaining("answers calls without executing them"),
      ]);
      endpoint.repent();
    },
  );

  test.each([
    ["sync --watch --every 1", "is read, checked"],
    ["serve --port 0 --job --every 1", "listening on http"],
  ])(
    "ends soon though its endpoint takes every request and answers none: %s",
    async (words, begun) => {
      const [endpoint] = endpoints as [LyingEndpoint];
      const from = words.includes("--job") ? ["--from", network.publisher] : [];
      const { child, said } = start(1, ...words.split(" "), ...from);
      await expect.poll(said, WITHIN).toContain(begun);
      let held = 0;
      endpoint.intercept = () => {
        held++;
        return "hang";
      };
      await expect.poll(() => held, WITHIN).toBeGreaterThan(0);
      const since = performance.now();
      child.kill("SIGTERM");
      expect(await once(child, "exit")).toEqual([0, null]);
      // What is asked is waited for twenty seconds, several times over.
      expect(performance.now() - since).toBeLessThan(15_000);
      endpoint.repent();
    },
    200_000,
  );

  test("starts though one endpoint of three takes every request and answers none", async () => {
    const [hanging] = endpoints as [LyingEndpoint];
    hanging.intercept = () => "hang";
    const { child, said } = start(3, "serve", "--port", "0");
    await expect.poll(said, WITHIN).toContain("listening on http");
    const [, url] = /listening on (\S+):\s/.exec(said()) ?? [];
    expect((await fetch(`${url}/v1/epochs`)).status).toBe(200);
    child.kill("SIGKILL");
    hanging.repent();
  }, 200_000);

  test("is ended by what time does not mend", async () => {
    const notes: string[] = [];
    const context = { note: (line: string) => void notes.push(line) } as Parameters<typeof whenReachable>[0];
    const wrong = new ChainError("wrong-chain", "it serves chain 1, not 2", "name another");
    await expect(whenReachable(context, () => Promise.reject(wrong))).rejects.toBe(wrong);
    expect(notes).toEqual([]);
  });
});

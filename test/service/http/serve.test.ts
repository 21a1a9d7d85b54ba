// SPDX-License-Identifier: AGPL-3.0-only
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";
import { connect } from "../../../service/chain/client.ts";
import { readDistributor } from "../../../service/chain/distributor.ts";
import { readSystem } from "../../../service/chain/system.ts";
import { directory, firstArtifact, setScene, test } from "../audit/scene.ts";
import { freePort } from "../helpers/postgres.ts";
import { endEpoch } from "../helpers/system.ts";

setScene();

const PROVENDER = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));

function serve(port: number, more: readonly string[] = []): ChildProcess {
  const flags = ["--rpc", test.anvil.rpcUrl, "--distributor", test.distributor, "--data-dir", directory];
  return spawn(process.execPath, [PROVENDER, "serve", "--port", String(port), "--json", ...flags, ...more]);
}

async function text(stream: ChildProcess["stderr"]): Promise<string> {
  let all = "";
  for await (const chunk of stream ?? []) all += chunk;
  return all;
}

const ended = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => {
    child.once("exit", (code) => resolve(code));
  });

it("provender serve answers on its port until it is told to end", async () => {
  const port = await freePort();
  const child = serve(port);
  try {
    const exit = ended(child);
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout?.once("data", (chunk) => resolve(String(chunk)));
      child.once("exit", (code) => reject(new Error(`it ended with ${code}`)));
    });
    const { url } = JSON.parse(line) as { url: string };
    expect(url).toBe(`http://127.0.0.1:${port}`);
    const artifact = await fetch(`${url}/v1/epochs/0/artifact`);
    expect(Buffer.from(await artifact.arrayBuffer())).toEqual(Buffer.from(firstArtifact));
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
  } finally {
    child.kill("SIGKILL");
  }
});

it("provender serve says so when the port is taken, and ends with 2", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const child = serve((other.address() as AddressInfo).port);
  try {
    const [code, complaint] = await Promise.all([ended(child), text(child.stderr)]);
    expect([code, complaint]).toEqual([2, expect.stringMatching(/cannot listen on .*EADDRINUSE/)]);
  } finally {
    child.kill("SIGKILL");
    other.close();
  }
});

it("provender serve --job --claim does the foundation's work beside answering", async () => {
  await endEpoch(test);
  const { nextEpoch } = await readState();
  const child = serve(0, ["--job", "--claim", "--every", "1", "--from", test.publisher]);
  try {
    const exit = ended(child);
    await vi.waitFor(async () => expect((await readState()).nextEpoch).toBe(nextEpoch + 1), {
      timeout: 60_000,
      interval: 500,
    });
    child.kill("SIGTERM");
    const [code, log] = await Promise.all([exit, text(child.stderr)]);
    expect(code).toBe(0);
    expect(log).toContain(`posted the root of epoch ${nextEpoch}`);
  } finally {
    child.kill("SIGKILL");
  }
}, 90_000);

it.each([
  [["--job", "--cron", "noon"], "--cron: CronPattern"],
  [["--job", "--every", "0"], "--every: not a number of seconds from 1 to 86400: 0"],
  [["--every", "5"], "--cron and --every are for --job and --claim"],
  [["--job"], "this needs a signature, and no key was given"],
])("provender serve %s is refused", async (flags, message) => {
  const child = serve(0, flags);
  try {
    const [code, complaint] = await Promise.all([ended(child), text(child.stderr)]);
    expect(code).toBe(2);
    expect(complaint).toContain(message);
  } finally {
    child.kill("SIGKILL");
  }
});

async function readState() {
  const chain = await connect({ rpcUrl: test.anvil.rpcUrl });
  return readDistributor(chain.client, await readSystem(chain, test.distributor));
}

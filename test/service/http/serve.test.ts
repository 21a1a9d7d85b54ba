// SPDX-License-Identifier: AGPL-3.0-only
import { type ChildProcess, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { getAddress } from "viem";
import { expect, it, onTestFinished, vi } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { connect } from "../../../service/chain/client.ts";
import { readDistributor } from "../../../service/chain/distributor.ts";
import { readSystem } from "../../../service/chain/system.ts";
import { directory, firstArtifact, setScene, test } from "../audit/scene.ts";
import { cli } from "../helpers/cli.ts";
import { freePort } from "../helpers/postgres.ts";
import { confirm, endEpoch, latestContent } from "../helpers/system.ts";

setScene();

const PROVENDER = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));

const SECRET = "what the receiver checks by";

function serve(port: number, more: readonly string[] = []): ChildProcess {
  const env = { ...process.env, PROVENDER_NOTIFY_SECRET: SECRET };
  const flags = ["--rpc", test.anvil.rpcUrl, "--distributor", test.distributor, "--data-dir", directory];
  return spawn(process.execPath, [PROVENDER, "serve", "--port", String(port), "--json", ...flags, ...more], {
    env,
  });
}

async function text(stream: ChildProcess["stderr"]): Promise<string> {
  let all = "";
  for await (const chunk of stream ?? []) all += chunk;
  return all;
}

const PATIENT = { timeout: 60_000, interval: 500 };

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

/** Takes what --notify sends, and keeps what is signed as the runbook says. */
async function receiver() {
  const told: { kind: string; message: string; distributor: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const signature = `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`;
    if (request.headers["x-provender-signature"] === signature) told.push(JSON.parse(body));
    response.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return { told, notify: ["--notify", url] };
}

it("provender serve --job --claim does the foundation's work beside answering, and tells of it", async () => {
  await endEpoch(test);
  const { nextEpoch } = await readState();
  const { told, notify } = await receiver();
  const child = serve(0, ["--job", "--claim", "--every", "1", "--from", test.publisher, ...notify]);
  try {
    const exit = ended(child);
    const log = text(child.stderr);
    await vi.waitFor(async () => expect((await readState()).nextEpoch).toBe(nextEpoch + 1), PATIENT);
    const message = `posted the root of epoch ${nextEpoch}`;
    const posted = { kind: "posted", message, distributor: getAddress(test.distributor) };
    await vi.waitFor(() => expect(told).toContainEqual(expect.objectContaining(posted)), PATIENT);
    const veto = { functionName: "veto", args: [await latestContent(test)] } as const;
    const contract = { address: test.distributor, abi: iRewardDistributorAbi };
    await confirm(test.client, test.client.writeContract({ account: test.guardian, ...contract, ...veto }));
    const vetoed = { kind: "vetoed", message: expect.stringContaining(`epoch ${nextEpoch} `) };
    await vi.waitFor(() => expect(told).toContainEqual(expect.objectContaining(vetoed)), PATIENT);
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
    expect(await log).toContain(message);
  } finally {
    child.kill("SIGKILL");
  }
}, 180_000);

it.each([
  [["--job", "--cron", "noon"], "--cron: CronPattern"],
  [["--job", "--every", "0"], "--every: not a number of seconds from 1 to 86400: 0"],
  [["--claim", "--cron", "5 0 * * *"], "--cron is for --job; give --job too"],
  [["--every", "5"], "--cron and --every are for --job and --claim"],
  [["--job"], "this needs a signature, and no key was given"],
])("provender serve %s is refused", async (flags, message) => {
  const where = ["--rpc", test.anvil.rpcUrl, "--distributor", test.distributor, "--data-dir", directory];
  const { code, stderr } = await cli(["serve", "--port", "0", ...where, ...flags]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

async function readState() {
  const chain = await connect({ rpcUrl: test.anvil.rpcUrl });
  return readDistributor(chain.client, await readSystem(chain, test.distributor));
}

// SPDX-License-Identifier: AGPL-3.0-only
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Address } from "viem";
import { expect } from "vitest";
import { audit } from "../../../service/audit/audit.ts";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { connect } from "../../../service/chain/client.ts";
import { lyingEndpoint } from "../audit/proxy.ts";
import { FAULTS } from "../helpers/endpoint-faults.ts";
import { newFolder } from "../helpers/folder.ts";
import { mulberry32 } from "../helpers/random.ts";
import {
  activate,
  BUDGET,
  deploySystem,
  endEpoch,
  ether,
  fund,
  registerProver,
  work,
} from "../helpers/system.ts";

const PROVENDER = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));
/** Milliseconds between two requests to the API, and for which one endpoint has one fault. */
const ASK_EVERY = 100;
const FAULT_LASTS = 2_000;
/** Milliseconds after which an epoch that has ended is not expected to be posted any more. */
const MOST = 300_000;
const PATHS = ["/v1/epochs", "/v1/epochs/0", "/status", "/v1/provers"];

export interface LongRun {
  readonly epochs: number;
  /** Requests to the API, and how many of them were answered. */
  readonly asked: number;
  readonly answered: number;
  /** What was not: the path, and the status, if there was one. */
  readonly failures: readonly string[];
  /** What the process held, in megabytes, at the end of each epoch. */
  readonly megabytes: readonly number[];
}

/**
 * `provender serve --job --claim` over three endpoints of which one, at random, is faulty at any time, for so many
 * epochs, whose time is warped. Each epoch must be posted once, with the right root, and paid.
 */
export async function longRun(epochs: number): Promise<LongRun> {
  const network = await deploySystem();
  const folder = newFolder();
  const proxies = await Promise.all([0, 1, 2].map(() => lyingEndpoint(network.anvil.rpcUrl)));
  const { client } = network;
  const distributor = { address: network.distributor, abi: iRewardDistributorAbi } as const;
  const [ada, ben] = network.accounts as [Address, Address];
  let server: ChildProcess | undefined;
  const ending = new AbortController();
  const busy: Promise<unknown>[] = [];
  let [asked, answered] = [0, 0];
  const failures: string[] = [];
  let said = "";

  async function troubleEndpoints(): Promise<void> {
    const draw = mulberry32(7);
    const random = (count: number) => Math.floor(draw() * count);
    const names = Object.keys(FAULTS);
    while (!ending.signal.aborted) {
      for (const proxy of proxies) proxy.repent();
      const { number: final } = await client.getBlock({ blockTag: "finalized" });
      const proxy = proxies[random(proxies.length)];
      const name = names[random(names.length)] as string;
      if (proxy !== undefined) FAULTS[name]?.(proxy, { final });
      await rest(FAULT_LASTS);
    }
  }

  /** What came while a block was made may be left in the pool for the next one, which here nobody makes. */
  async function mineWhatIsLeft(): Promise<void> {
    while (!ending.signal.aborted) {
      const { pending } = await client.getTxpoolStatus();
      await rest(1_000);
      if (pending === 0 || (await client.getTxpoolStatus()).pending === 0) continue;
      await client.mine({ blocks: 1, interval: 1 });
    }
  }

  async function askApi(url: string): Promise<void> {
    while (!ending.signal.aborted) {
      const path = PATHS[asked++ % PATHS.length];
      const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(10_000) }).catch(
        () => undefined,
      );
      await response?.arrayBuffer();
      if (response !== undefined && response.status < 500) answered++;
      else failures.push(`${path}: ${response?.status ?? "no answer"}`);
      await rest(ASK_EVERY);
    }
  }

  const rest = (milliseconds: number) =>
    setTimeout(milliseconds, undefined, { signal: ending.signal }).catch(() => undefined);

  async function until(what: string, reached: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + MOST;
    while (!(await reached())) {
      if (performance.now() > deadline)
        throw new Error(`${what} took too long; it said: ${said.slice(-2_000)}`);
      // Blocks go on, and with them what is final.
      await client.mine({ blocks: 1, interval: 1 });
      await setTimeout(200);
    }
  }

  try {
    await registerProver(network, ada, ether(5_000), 1_000n);
    await registerProver(network, ben, ether(2_000), 0n);
    await fund(network, BUDGET * BigInt(epochs));
    await client.mine({ blocks: 3, interval: 1 });
    const rpc = proxies.map(({ rpcUrl }) => rpcUrl).join(",");
    const flags = [
      "--rpc",
      rpc,
      "--distributor",
      network.distributor,
      "--data-dir",
      folder,
      "--from",
      network.publisher,
    ];
    const child = spawn(process.execPath, [
      ...[PROVENDER, "serve", "--job", "--claim", "--every", "1", "--port", "0", "--json"],
      ...flags,
    ]);
    server = child;
    child.stderr.on("data", (chunk) => {
      said = `${said}${chunk}`.slice(-10_000);
    });
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.once("data", (chunk) => resolve((JSON.parse(String(chunk)) as { url: string }).url));
      child.once("exit", (code) => reject(new Error(`it ended with ${code}: ${said}`)));
    });
    // Who has read nothing yet has nothing to answer with.
    await until("reading the chain for the first time", async () => (await fetch(`${url}/ready`)).ok);
    busy.push(troubleEndpoints(), mineWhatIsLeft(), askApi(url));
    const megabytes: number[] = [];
    for (let epoch = 0; epoch < epochs; epoch++) {
      await work(network, ada, ether(20 + (epoch % 7)), BigInt(2 * epoch + 1));
      await work(network, ben, ether(10 + (epoch % 5)), BigInt(2 * epoch + 2));
      await endEpoch(network);
      const posts = () => client.readContract({ ...distributor, functionName: "postCount" });
      await until(`the post of epoch ${epoch}`, async () => (await posts()) === BigInt(epoch + 1));
      await activate(network);
      const { cumulativeTotal } = await client.readContract({ ...distributor, functionName: "activePost" });
      const claimed = () => client.readContract({ ...distributor, functionName: "totalClaimed" });
      await until(`the claims of epoch ${epoch}`, async () => (await claimed()) === cumulativeTotal);
      megabytes.push(heldBy(child));
    }
    expect(await client.readContract({ ...distributor, functionName: "postCount" })).toBe(BigInt(epochs));
    await client.mine({ blocks: 3, interval: 1 });
    const honest = await connect({ rpcUrl: network.anvil.rpcUrl });
    let matches = 0;
    for await (const { report } of audit({
      ...{ client: honest.client, distributor: network.distributor },
      from: 0,
      to: epochs - 1,
    })) {
      expect(report.verdict).toBe("match");
      matches++;
    }
    expect(matches).toBe(epochs);
    return { epochs, asked, answered, failures, megabytes };
  } finally {
    ending.abort();
    await Promise.all(busy);
    server?.kill("SIGKILL");
    for (const proxy of proxies) proxy.close();
    network.anvil.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In megabytes. */
function heldBy({ pid }: ChildProcess): number {
  const [, kilobytes = "0"] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1_000;
}

// SPDX-License-Identifier: AGPL-3.0-only
// The whole of service/SCALING.md on one machine: what is killed is missed by nobody for long, and nothing is posted twice.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Address } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { readDistributor } from "../../../service/chain/distributor.ts";
import { readSystem, type System } from "../../../service/chain/system.ts";
import { cli } from "../helpers/cli.ts";
import { newFolder } from "../helpers/folder.ts";
import { type ObjectServer, objectServer } from "../helpers/object-server.ts";
import { type PgBouncer, startPgBouncer } from "../helpers/pgbouncer.ts";
import { freePort, type PostgresServer, startPostgres } from "../helpers/postgres.ts";
import {
  activate,
  deploySystem,
  endEpoch,
  ether,
  registerProver,
  type TestSystem,
  work,
} from "../helpers/system.ts";

const PROVENDER = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));
const STORE = "s3://bucket/replicas";
const EPOCHS = Number(process.env.PROVENDER_REPLICA_EPOCHS ?? 6);
/** Milliseconds for which requests may fail, and that one server is waited for, on a machine with nothing else to do. */
const MISSED = 2_000;
const PATIENCE = 1_000;
/** Of the slowest answer while nothing is wrong: elsewhere all takes longer. */
const PATIENT = 20;

let network: TestSystem;
let chain: Chain;
let system: System;
let server: PostgresServer;
let bouncer: PgBouncer;
let objects: ObjectServer;
let balancer: Server;
let url: string;
let patience = PATIENCE;
const instances: Instance[] = [];
const folders: string[] = [];

/** A process with a directory of its own. */
interface Instance {
  readonly name: string;
  readonly port: number;
  readonly args: readonly string[];
  readonly databaseUrl: string;
  child: ChildProcess | undefined;
  said: string;
}

function start(instance: Instance): void {
  const env = { ...process.env, ...objects.env, DATABASE_URL: instance.databaseUrl };
  const child = spawn(process.execPath, [PROVENDER, "serve", ...instance.args], {
    ...{ env, stdio: ["ignore", "ignore", "pipe"] },
  });
  child.stderr?.on("data", (text) => {
    instance.said = `${instance.said}${text}`.slice(-4_000);
  });
  instance.child = child;
}

async function kill({ child }: Instance): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

async function newInstance(
  name: string,
  databaseUrl: string,
  more: readonly string[] = [],
): Promise<Instance> {
  const folder = newFolder();
  folders.push(folder);
  const port = await freePort();
  const flags = ["--rpc", network.anvil.rpcUrl, "--distributor", network.distributor, "--data-dir", folder];
  const args = ["--port", String(port), "--store", STORE, "--rate-limit", "0", "--json", ...flags, ...more];
  const instance: Instance = { name, port, args, databaseUrl, child: undefined, said: "" };
  instances.push(instance);
  start(instance);
  return instance;
}

/** Passes each request to the next of several servers, and to another where one does not answer, or has nothing to say. */
async function balance(ports: readonly number[]): Promise<Server> {
  let next = 0;
  const proxy = createServer(async (request, response) => {
    for (let tried = 0; tried < ports.length; tried++) {
      const port = ports[next++ % ports.length];
      try {
        const answer = await fetch(`http://127.0.0.1:${port}${request.url}`, {
          signal: AbortSignal.timeout(patience),
        });
        if (answer.status >= 500) continue;
        response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
        return;
      } catch {
        // The next one.
      }
    }
    response.writeHead(503).end();
  });
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
  return proxy;
}

/** Asks all the time, until it is told to end, and says for how long requests failed at the most. */
function asker(paths: readonly string[]) {
  let ended = false;
  let asked = 0;
  let longest = 0;
  const failures: string[] = [];
  const work = (async () => {
    let failing: number | undefined;
    while (!ended) {
      const path = paths[asked++ % paths.length] as string;
      const status = await fetch(`${url}${path}`).then(
        async (answer) => {
          await answer.arrayBuffer();
          return answer.status;
        },
        () => 0,
      );
      const now = performance.now();
      if (status === 200) failing = undefined;
      else {
        failing ??= now;
        longest = Math.max(longest, now - failing);
        failures.push(`${status} ${path}`);
      }
      await sleep(50);
    }
  })();
  return async () => {
    ended = true;
    await work;
    return { asked, longest, failures };
  };
}

/** Waits for servers as long as this machine makes it necessary. */
async function setPatience(paths: readonly string[]): Promise<void> {
  let slowest = 0;
  for (const path of Array.from({ length: 10 }, () => paths).flat()) {
    const began = performance.now();
    await (await fetch(`${url}${path}`)).arrayBuffer();
    slowest = Math.max(slowest, performance.now() - began);
  }
  patience = Math.max(PATIENCE, Math.ceil(PATIENT * slowest));
}

const state = () => readDistributor(chain.client, system);

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const giveUp = performance.now() + 120_000;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > giveUp)
      throw new Error(
        `${what} in vain:\n${instances.map(({ name, said }) => `${name}: ${said}`).join("\n")}`,
      );
    await network.client.mine({ blocks: 1, interval: 1 });
    await sleep(300);
  }
}

beforeAll(async () => {
  [network, server, objects] = await Promise.all([deploySystem(), startPostgres(), objectServer()]);
  chain = await connect({ rpcUrl: network.anvil.rpcUrl });
  system = await readSystem(chain, network.distributor);
  for (const prover of provers()) await registerProver(network, prover, ether(5_000), 1_000n);
  const primary = await server.newDatabase();
  const flags = ["--rpc", network.anvil.rpcUrl, "--distributor", network.distributor];
  const synced = await cli(["sync", "--data-dir", newFolder(), ...flags], { env: { DATABASE_URL: primary } });
  expect(synced).toMatchObject({ code: 0 });
  const standby = await server.newStandby(primary);
  bouncer = await startPgBouncer(primary);
  const job = ["--job", "--claim", "--every", "1", "--from", network.publisher];
  const readers = [
    await newInstance("behind PgBouncer", bouncer.url),
    await newInstance("on the primary", primary),
    // Of several hosts the primary is meant; of one, that one.
    await newInstance("on the standby", standby),
  ];
  const both = primary.replace(/@[^/]*/, (hosts) => `@${new URL(standby).host},${hosts.slice(1)}`);
  await newInstance("a job behind PgBouncer", bouncer.url, job);
  await newInstance("a job on all hosts", both, job);
  balancer = await balance(readers.map(({ port }) => port));
  url = `http://127.0.0.1:${(balancer.address() as AddressInfo).port}`;
}, 240_000);

afterAll(async () => {
  for (const instance of instances) await kill(instance);
  balancer?.close();
  await bouncer?.remove();
  await server?.remove();
  await objects?.close();
  network?.anvil.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const provers = () => network.accounts.slice(0, 3) as Address[];

const nextEpoch = async (epoch: number) => {
  for (const [i, prover] of provers().entries()) await work(network, prover, ether(10 + i + epoch), 1n);
  await endEpoch(network);
};
const posted = (epoch: number) =>
  until(`waited for epoch ${epoch}`, async () => (await state()).nextEpoch > epoch);
const activated = (epoch: number) =>
  until(`waited for epoch ${epoch} to be active`, async () => {
    if ((await state()).active?.epoch !== epoch) await activate(network);
    return (await state()).active?.epoch === epoch;
  });
const pathsOf = ([ada]: readonly Address[]) => [
  ...["/v1/epochs", `/v1/provers/${ada}/proof`, "/v1/epochs/0/artifact", "/v1/provers"],
];

/** Each epoch has one post, and the object store all that they need. */
async function expectOnePostEach(epochs: number): Promise<void> {
  const { distributor: address } = network;
  const posts = { address, abi: iRewardDistributorAbi, functionName: "postCount" } as const;
  expect(await network.client.readContract(posts)).toBe(BigInt(epochs));
  const verified = await cli(["artifacts", "verify", "--store", STORE, "--json"], { env: objects.env });
  expect(JSON.parse(verified.stdout)).toMatchObject({ checked: 2 * epochs, damaged: [], conditions: true });
}

async function expectNothingMissed(end: ReturnType<typeof asker>): Promise<void> {
  const { asked, longest, failures } = await end();
  console.log(
    `${asked} requests; failed for ${Math.round(longest)} ms at the most (${failures.length} of them); patience ${Math.round(patience)} ms`,
  );
  const missed = longest <= (MISSED * patience) / PATIENCE;
  expect({ missed, failures }).toMatchObject({ missed: true });
  expect(asked).toBeGreaterThan(10);
}

test("replicas with a directory each answer, and two jobs post each epoch once, whichever of them is killed", async () => {
  const ready = async ({ port }: Instance) => (await fetch(`http://127.0.0.1:${port}/v1/epochs`)).ok;
  for (const instance of instances) await until(`waited for the one ${instance.name}`, () => ready(instance));

  await nextEpoch(0);
  await posted(0);
  await activate(network);
  const paths = pathsOf(provers());
  // The standby has it, too, and all three have the tree.
  for (const { port } of instances.slice(0, 3))
    for (const path of paths)
      await until(`waited for ${path}`, async () => (await fetch(`http://127.0.0.1:${port}${path}`)).ok);

  await setPatience(paths);
  const end = asker(paths);
  for (let epoch = 1; epoch < EPOCHS; epoch++) {
    const unlucky = instances[(epoch - 1) % instances.length] as Instance;
    await kill(unlucky);
    if (epoch % 3 === 1) await bouncer.kill();
    await nextEpoch(epoch);
    await sleep(500);
    if (epoch % 3 === 1) await bouncer.start();
    start(unlucky);
    await posted(epoch);
    await activated(epoch);
    await until(`waited for the one ${unlucky.name}`, () => ready(unlucky));
  }
  await expectNothingMissed(end);
  await expectOnePostEach(EPOCHS);
}, 600_000);

test.each([
  ["the primary", () => server],
  ["the object store", () => objects],
])(
  "while %s stands still no request fails, and what ended meanwhile is posted once it is back",
  async (_, part) => {
    const { nextEpoch: epoch } = await state();
    const paths = pathsOf(provers());
    await setPatience(paths);
    const end = asker(paths);
    await part().stop();
    await nextEpoch(epoch);
    // The chain goes on, for longer than what was read of it is as good as new.
    for (let i = 0; i < 15; i++) {
      await network.client.mine({ blocks: 1, interval: 1 });
      await sleep(1_000);
    }
    expect((await state()).nextEpoch).toBe(epoch);
    await part().start();
    await posted(epoch);
    await activated(epoch);
    for (const { port } of instances.slice(0, 3))
      for (const path of [...paths, `/v1/epochs/${epoch}/artifact`])
        await until(`waited for ${path}`, async () => (await fetch(`http://127.0.0.1:${port}${path}`)).ok);
    await expectNothingMissed(end);
    await expectOnePostEach(epoch + 1);
    // Nobody has to start anything again.
    expect(instances.map(({ child }) => [child?.exitCode, child?.signalCode])).toEqual(
      instances.map(() => [null, null]),
    );
  },
  600_000,
);

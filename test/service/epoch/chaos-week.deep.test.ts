// SPDX-License-Identifier: AGPL-3.0-only
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Address, parseAbi } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { readDistributor } from "../../../service/chain/distributor.ts";
import { readSystem, type System } from "../../../service/chain/system.ts";
import { type LyingEndpoint, lyingEndpoint } from "../audit/proxy.ts";
import { cli } from "../helpers/cli.ts";
import { newFolder } from "../helpers/folder.ts";
import { type PostgresServer, startPostgres } from "../helpers/postgres.ts";
import { mulberry32 } from "../helpers/random.ts";
import {
  activate,
  BUDGET,
  confirm,
  deploySystem,
  endEpoch,
  ether,
  pass,
  registerProver,
  type TestSystem,
  work,
} from "../helpers/system.ts";

const EPOCHS = Number(process.env.PROVENDER_CHAOS_EPOCHS ?? 60);
const SEED = Number(process.env.PROVENDER_SEED ?? 20_261_129);
const HOUR = 3_600_000;
const PROVENDER = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));
const PORT = 18_790;
const URL_OF_API = `http://127.0.0.1:${PORT}`;

/** Whatever is said at the default level must be one of these: what was done, or what was done to it. */
const EXPLAINED: readonly RegExp[] = [
  /^posted the root of epoch \d+$/,
  /^claimed for \d+ provers$/,
  /^block \d+ was replaced: reading again from block/,
  /^(no longer: )?epoch \d+ ended \d+ hours? ago, and has no root/,
  /^(no longer: )?the transaction of 0x\w+ with nonce \d+ is not mined$/,
  // The endpoint is cut off, limits, or breaks off its answers.
  /^the RPC endpoint .*(does not answer|limits|refused)/,
  /^RPC endpoint 127\.0\.0\.1:\d+: /,
  // The same while it starts: it waits.
  /^error: the RPC endpoint .*(does not answer|limits|refused).*; trying again in \d+ s$/,
  // The database is stopped, or is starting.
  /^the database 127\.0\.0\.1:\d+\/test_\d+ cannot be (read|written): /,
  // Blocks are replaced while they are read, or before what is read from them is used.
  /^block \d+ (was replaced|is not final|could not be found)/i,
  /^blocks from \d+ on were replaced while they were read$/,
  /^the database is at block \d+, and the endpoints are at \d+$/,
  /^another process moved the database meanwhile$/,
  /^nothing was sent \((previous|snapshot|order)\): /,
  /^epoch \d+ (has not ended|ended at .* not final yet)/,
  /^transaction 0x\w+ (was mined, and its root is no longer the latest|was mined, and reverted|is not mined yet)/,
  /^transaction 0x\w+ can never be mined: /,
  /^made (the|a) transaction .* anew/,
  /^transactions of 0x\w+ that were sent elsewhere are not mined/,
  /^another transaction of 0x\w+ was mined with nonce \d+$/,
  /^told to stop while a transaction is under way$/,
  /^no root is active yet/,
  /^stopped before block \d+$/,
];

let network: TestSystem;
let chain: Chain;
let system: System;
let server: PostgresServer;
let proxy: LyingEndpoint;
let databaseUrl: string;
let child: ChildProcess | undefined;
const dataDir = newFolder();
const said: { readonly level: number; readonly msg: string }[] = [];
const random = mulberry32(SEED);
const chance = (probability: number) => random() < probability;

beforeAll(async () => {
  [network, server] = await Promise.all([deploySystem(), startPostgres()]);
  proxy = await lyingEndpoint(network.anvil.rpcUrl);
  chain = await connect({ rpcUrl: network.anvil.rpcUrl });
  system = await readSystem(chain, network.distributor);
  databaseUrl = await server.newDatabase();
  const mint = {
    abi: parseAbi(["function mint(address to, uint256 amount)"]),
    functionName: "mint",
  } as const;
  await confirm(
    network.client,
    network.client.writeContract({
      ...{ ...mint, account: network.owner, address: network.token },
      args: [network.distributor, BUDGET * BigInt(EPOCHS)],
    }),
  );
  for (const prover of provers()) await registerProver(network, prover, ether(5_000), 1_000n);
}, 240_000);

afterAll(async () => {
  child?.kill("SIGKILL");
  proxy?.close();
  network?.anvil.stop();
  await server?.remove();
  rmSync(dataDir, { recursive: true, force: true });
});

const provers = () => network.accounts.slice(0, 3) as Address[];
const state = () => readDistributor(chain.client, system);

function start(): void {
  mkdirSync(dataDir, { recursive: true });
  const flags = ["--rpc", proxy.rpcUrl, "--distributor", network.distributor, "--data-dir", dataDir];
  const work = ["--job", "--claim", "--every", "1", "--from", network.publisher];
  const args = [PROVENDER, "serve", "--port", String(PORT), "--json", ...flags, ...work];
  const env = { ...process.env, DATABASE_URL: databaseUrl };
  child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  createInterface({ input: child.stderr as NonNullable<ChildProcess["stderr"]> }).on("line", (line) => {
    if (process.env.PROVENDER_CHAOS_LOG) appendFileSync(process.env.PROVENDER_CHAOS_LOG, `${line}\n`);
    // One that cannot start says so as an error of the command.
    const { level = 50, error, msg = error?.message ?? line } = line.startsWith("{") ? JSON.parse(line) : {};
    said.push({ level, msg });
  });
}

async function end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

/** What may befall an operator's machine, its disk, its database and its provider. */
const MISFORTUNES: readonly (() => Promise<void>)[] = [
  async () => end("SIGKILL"),
  async () => end("SIGTERM"),
  async () => {
    await end("SIGKILL");
    rmSync(dataDir, { recursive: true, force: true });
  },
  // The server may write there meanwhile.
  async () => rmSync(join(dataDir, "artifacts"), { recursive: true, force: true, maxRetries: 10 }),
  async () => {
    await server.stop();
    await sleep(500 * random());
    await server.start();
  },
  async () => {
    proxy.down = true;
    await sleep(1_500 * random());
    proxy.down = false;
  },
  async () => {
    proxy.limited = 5;
    proxy.cut = 3;
  },
];

async function befall(): Promise<void> {
  await sleep(1_000 * random());
  if (chance(0.5)) await MISFORTUNES[Math.floor(random() * MISFORTUNES.length)]?.();
}

/** Replaces up to as many blocks as are not final; what was in them is gone. */
async function reorg(): Promise<void> {
  const depth = 1 + Math.floor(random() * 2);
  if (chance(0.4)) await network.client.request({ method: "anvil_reorg", params: [depth, []] } as never);
}

/** Waits until it holds, also when no block can be replaced any more; whoever has died meanwhile is started again. */
async function settle(
  what: string,
  holds: () => Promise<boolean>,
  urge?: () => Promise<void>,
): Promise<void> {
  const giveUp = performance.now() + 180_000;
  for (let shaken = false; ; ) {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) start();
    if (await holds()) {
      if (!shaken) await reorg();
      shaken = true;
      await network.client.mine({ blocks: 3, interval: 1 });
      if (await holds()) return;
    }
    await urge?.();
    await network.client.mine({ blocks: 1, interval: 1 });
    await sleep(300);
    if (performance.now() > giveUp) {
      throw new Error(`${what} in vain; said last: ${JSON.stringify(said.slice(-5))}`);
    }
  }
}

const isPosted = (epoch: number) => async () => (await state()).nextEpoch > epoch;
const isActive = (epoch: number) => async () => (await state()).active?.epoch === epoch;
const isPaid = async () => {
  const { active, totalClaimed } = await state();
  return active !== undefined && totalClaimed === active.total;
};

async function attest(): Promise<void> {
  const { latest } = await state();
  if (latest === undefined || latest.active) return;
  if (latest.attestations === 0n) await activate(network);
  else await pass(network, 601n);
}

test(
  `${EPOCHS} epochs of kills, reorganisations, lost disks and faults (seed ${SEED}) end as if nothing had been`,
  async () => {
    start();
    for (let epoch = 0; epoch < EPOCHS; epoch++) {
      const [prover] = provers().slice(epoch % 3) as [Address];
      await work(network, prover, ether(10 + epoch), BigInt(1_000 + epoch));
      await endEpoch(network);
      await befall();
      await settle(`waited for the root of epoch ${epoch}`, isPosted(epoch));
      await befall();
      await settle(`waited for the root of epoch ${epoch} to be active`, isActive(epoch), async () => {
        if (await isPosted(epoch)()) await attest();
      });
      await befall();
      await settle(`waited for the claims of epoch ${epoch}`, isPaid);
    }

    // Each epoch was posted once.
    const logs = await network.client.getContractEvents({
      ...{ address: network.distributor, abi: iRewardDistributorAbi, eventName: "RootPosted" },
      ...{ fromBlock: 0n, strict: true },
    });
    const posted = logs.map(({ args }) => args as { readonly epoch: bigint; readonly datasetHash: string });
    expect(posted.map(({ epoch }) => Number(epoch))).toEqual(Array.from({ length: EPOCHS }, (_, k) => k));
    expect(await isPaid()).toBe(true);

    // The server mends itself, and serves what a clean database gives.
    const ready = async () => (await fetch(`${URL_OF_API}/ready`)).json() as Promise<{ ready: boolean }>;
    await expect.poll(ready, { timeout: 120_000, interval: 1_000 }).toMatchObject({ ready: true });
    const clean = newFolder();
    try {
      const where = [
        "--rpc",
        network.anvil.rpcUrl,
        "--distributor",
        network.distributor,
        "--data-dir",
        clean,
      ];
      expect(await cli(["sync", ...where])).toMatchObject({ code: 0 });
      const artifacts = (folder: string) =>
        existsSync(join(folder, "artifacts"))
          ? readdirSync(join(folder, "artifacts"))
              .filter((name) => name.endsWith(".json"))
              .sort()
          : [];
      expect(artifacts(clean)).toEqual(posted.map(({ datasetHash }) => `${datasetHash}.json`).sort());
      await expect
        .poll(() => artifacts(dataDir), { timeout: 120_000, interval: 1_000 })
        .toEqual(artifacts(clean));
    } finally {
      rmSync(clean, { recursive: true, force: true });
    }
    await end("SIGTERM");
    const { stdout } = await cli(
      ["doctor", "--rpc", network.anvil.rpcUrl, "--distributor", network.distributor, "--data-dir", dataDir],
      { env: { DATABASE_URL: databaseUrl } },
    );
    expect(stdout).toMatch(new RegExp(`^ok +storage: artifacts that are whole: ${EPOCHS}$`, "m"));
    expect(stdout).not.toMatch(/^PROBLEM +(storage|contracts|policy|due)/m);

    const unexplained = said.filter(
      ({ level, msg }) => level >= 40 && !EXPLAINED.some((one) => one.test(msg)),
    );
    expect([...new Set(unexplained.map(({ msg }) => msg))]).toEqual([]);
  },
  4 * HOUR,
);

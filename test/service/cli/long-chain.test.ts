// SPDX-License-Identifier: AGPL-3.0-only
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as rest } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { encodeAbiParameters, encodeEventTopics, type Hex, keccak256, pad, stringToHex } from "viem";
import { describe, expect, onTestFinished, test } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { connect } from "../../../service/chain/client.ts";
import { readSystem } from "../../../service/chain/system.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { datasetHashOf } from "../../../service/epoch/dataset-hash.ts";
import { catchUpOf } from "../../../service/epoch/follow.ts";
import { sync } from "../../../service/epoch/sync.ts";
import { cli } from "../helpers/cli.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import type { LogFilter } from "../helpers/json-rpc.ts";
import { type RecordedChain, recordedChains, serveRecorded } from "../helpers/recorded-chain.ts";
import { stored } from "../helpers/stored.ts";

// Ninety days of blocks above the last that holds anything: whoever looks at them one by one is never done.
const EMPTY_BLOCKS = 650_000;
const NOT_FINAL = 64;
/** So many blocks, a second apart. */
const DAY = 86_400;
const MOST_CALLS = 400;
/** Of whoever goes on from a database that is at the head, or needs none. */
const MOST_CALLS_AGAIN = 200;
const PROVENDER = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));
const KEY = { PROVENDER_PRIVATE_KEY: `0x${"11".repeat(32)}` };

const [recorded] = recordedChains as [RecordedChain];
const { epoch, root } = recorded.state.latestPost;
const { artifact } = recorded.epochs.find((one) => one.epoch === epoch) as { readonly artifact: string };
const { rows } = JSON.parse(artifact) as { rows: Row[] };
const [{ prover, cumulative }] = rows as [Row];
const chain = followed(allPaid(recorded));
const last = chain.blocks.at(-1)?.number ?? 0;

interface Row {
  readonly prover: Hex;
  readonly cumulative: string;
  readonly cumulativeCommission: string;
}

function followed(chain: RecordedChain): RecordedChain {
  const last = chain.blocks.at(-1)?.number ?? 0;
  return { ...chain, empty: EMPTY_BLOCKS, final: last + EMPTY_BLOCKS - NOT_FINAL };
}

/** With one more block, in which the last root's claims are paid. */
function allPaid(chain: RecordedChain): RecordedChain {
  const { number, timestamp } = chain.blocks.at(-1) as RecordedChain["blocks"][number];
  const block = { number: number + 1, timestamp: timestamp + 1, hash: pad("0xc1a1", { size: 32 }) };
  const ofRow = (wanted: Hex) => rows.find((row) => row.prover === wanted);
  const claims = chain.state.provers.flatMap((record, logIndex) => {
    const row = ofRow(record.prover);
    if (row === undefined) return [];
    const amount = BigInt(row.cumulative) - BigInt(record.claimed);
    const commission = BigInt(row.cumulativeCommission) - BigInt(record.claimedCommission);
    const args = { prover: record.prover, epoch: BigInt(epoch) };
    const event = "Claimed";
    const topics = encodeEventTopics({ abi: iRewardDistributorAbi, eventName: event, args }) as Hex[];
    const data = encodeAbiParameters(
      [{ type: "uint256" }, { type: "uint256" }, { type: "uint256" }],
      [BigInt(row.cumulative), amount, commission],
    );
    const address = chain.distributor;
    return amount === 0n
      ? []
      : [{ address, topics, data, blockNumber: block.number, logIndex, event, args: {} }];
  });
  const provers = chain.state.provers.map((record) => {
    const { cumulative: claimed, cumulativeCommission: claimedCommission } = ofRow(record.prover) ?? {};
    return claimed && claimedCommission ? { ...record, claimed, claimedCommission } : record;
  });
  const totalClaimed = String(rows.reduce((sum, row) => sum + BigInt(row.cumulative), 0n));
  return {
    ...chain,
    blocks: [...chain.blocks, block],
    logs: [...chain.logs, ...claims],
    state: { ...chain.state, provers, totalClaimed },
  };
}

/** A node of such a chain, a data directory with the active root's leaves, and what the node was asked for. */
async function start(chain: RecordedChain) {
  const filters: LogFilter[] = [];
  const node = await serveRecorded(chain, {}, (method, [filter]) => {
    if (method === "eth_getLogs") filters.push(filter as LogFilter);
  });
  onTestFinished(node.close);
  const dataDir = temporaryFolder();
  mkdirSync(join(dataDir, "artifacts"));
  writeFileSync(join(dataDir, "artifacts", `${keccak256(stringToHex(artifact))}.json`), artifact);
  const where = ["--rpc", node.rpcUrl, "--distributor", chain.distributor, "--data-dir", dataDir, "--json"];
  /** Of a process from now on: its calls, and of how many blocks below the head it asked for logs. */
  const listen = () => {
    filters.length = 0;
    const before = node.asked.calls;
    return { calls: () => node.asked.calls - before, scanned: () => scannedBy(filters) };
  };
  return { where, listen, url: node.rpcUrl };
}

/** How many blocks were asked for in spans, and how many of these once more by the same filter. */
function scannedBy(filters: readonly LogFilter[]) {
  const ends = new Map<string, number>();
  let [blocks, again] = [0, 0];
  for (const { fromBlock, toBlock, ...filter } of filters) {
    if (toBlock === undefined) continue;
    const [from, to] = [Number(fromBlock), Number(toBlock)];
    const key = JSON.stringify(filter);
    const end = ends.get(key) ?? -1;
    blocks += to - from + 1;
    again += Math.max(0, Math.min(end, to) - from + 1);
    ends.set(key, Math.max(end, to));
  }
  return { blocks, again };
}

/** A command that runs until it is told to end: the first line that it prints. */
function begin(args: readonly string[]): { line: Promise<string>; end: () => Promise<unknown> } {
  const child = spawn(process.execPath, [PROVENDER, ...args], { env: { ...process.env, ...KEY } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit");
  const line = new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (text) => resolve(String(text)));
    child.once("exit", (code) => reject(new Error(`it ended with ${code}`)));
  });
  const end = () => {
    child.kill("SIGTERM");
    return ended;
  };
  return { line, end };
}

describe(`above ${EMPTY_BLOCKS} blocks without a log`, () => {
  test("a server that posts and pays is ready after a few hundred calls; started again, it reads no final block", async () => {
    const { where, listen } = await start({ ...chain, apart: 0 });
    for (const again of [false, true]) {
      const { calls, scanned } = listen();
      const { line, end } = begin(["serve", "--job", "--claim", "--every", "3", "--port", "0", ...where]);
      const { url } = JSON.parse(await line) as { url: string };
      while ((await fetch(`${url}/ready`)).status !== 200) await rest(100);
      expect(calls()).toBeLessThan(again ? MOST_CALLS_AGAIN : MOST_CALLS);
      const proof = (await (await fetch(`${url}/v1/provers/${prover}/proof`)).json()) as object;
      expect(proof).toMatchObject({ cumulative, root });

      // Another round of the worker, and a check of what was read, cost what is at the head alone.
      const ready = calls();
      if (again) await rest(3_500);
      expect(calls() - ready).toBeLessThan(MOST_CALLS_AGAIN);
      expect(scanned().again).toBe(0);
      if (again) expect(scanned().blocks).toBe(0);
      await end();
    }
  }, 90_000);

  test.each([["sync"], ["epoch run"], [`proof ${prover}`], ["claim --all"]])(
    "`%s` is done after a few hundred calls; run again, it reads no final block",
    async (command) => {
      const { where, listen } = await start(chain);
      for (const again of [false, true]) {
        const { calls, scanned } = listen();
        const { code, stdout } = await cli([...command.split(" "), ...where], { env: KEY });
        expect([code, JSON.parse(stdout)]).toMatchObject([
          0,
          DONE[command.split(" ")[0] as string] as object,
        ]);
        expect(calls()).toBeLessThan(again ? MOST_CALLS_AGAIN : MOST_CALLS);
        expect(scanned().again).toBe(0);
        if (again) expect(scanned().blocks).toBe(0);
      }
    },
    60_000,
  );

  test("several who read the chain at a time read each final block once", async () => {
    await initKeccak();
    const { url, listen } = await start(chain);
    const reached = await connect({ rpcUrl: url });
    const system = await readSystem(reached, chain.distributor);
    const sources = { chain: reached, system, ...(await stored(system)()) };
    const { scanned } = listen();
    const some = { ...sources, check: false, log: () => undefined };
    const [post, ...positions] = await Promise.all([
      datasetHashOf(sources, BigInt(recorded.state.latestPost.postNumber)),
      sync({ ...some, to: "latest" }),
      sync({ ...some, to: "finalized", check: true }),
      catchUpOf(some)(),
      sync({ ...some, to: "latest" }),
    ]);
    expect(post).toBe(keccak256(stringToHex(artifact)));
    for (const { block } of positions) expect(block).toBe(BigInt(last + EMPTY_BLOCKS));
    expect(scanned().again).toBe(0);
  }, 60_000);

  test.each([["epoch status"], ["doctor"]])(
    "`%s` asks for the logs of each block once at most",
    async (command) => {
      const { where, listen } = await start(chain);
      const { calls, scanned } = listen();
      await cli([...command.split(" "), ...where]);
      expect(calls()).toBeLessThan(MOST_CALLS_AGAIN);
      expect(scanned().again).toBe(0);
    },
  );

  test("a prover's node looks a day back, and then at new blocks alone", async () => {
    const { where, listen } = await start(chain);
    const { calls, scanned } = listen();
    const backend = ["--backend", "true", "--cost", "1", "--every", "0.05"];
    const { line, end } = begin(["prover", "run", "--dry-run", "--prover", prover, ...backend, ...where]);
    expect(JSON.parse(await line)).toMatchObject({ event: "started" });
    while (scanned().blocks === 0) await rest(50);
    await rest(500);
    expect(calls()).toBeLessThan(MOST_CALLS_AGAIN);
    expect(scanned()).toEqual({ blocks: DAY + 2, again: 0 });
    await end();
  }, 60_000);
});

/** What each says, at the least. */
const DONE: Record<string, object> = {
  sync: { block: String(last + EMPTY_BLOCKS) },
  epoch: { status: "dry-run", epoch: epoch + 1 },
  proof: { cumulative, root },
  claim: { transactions: [], paid: [], skipped: [] },
};

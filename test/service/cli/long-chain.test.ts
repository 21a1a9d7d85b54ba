// SPDX-License-Identifier: AGPL-3.0-only
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as rest } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Hex, keccak256, stringToHex } from "viem";
import { describe, expect, onTestFinished, test } from "vitest";
import { cli } from "../helpers/cli.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import type { RpcEndpoint } from "../helpers/json-rpc.ts";
import {
  type Overrides,
  type RecordedChain,
  recordedChains,
  serveRecorded,
} from "../helpers/recorded-chain.ts";

// Ninety days of blocks above the last that holds anything: whoever looks at them one by one is never done.
const EMPTY_BLOCKS = 650_000;
const NOT_FINAL = 64;
const MOST_CALLS = 400;
const PROVENDER = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));

const [recorded] = recordedChains as [RecordedChain];
const last = recorded.blocks.at(-1)?.number ?? 0;
const chain = { ...recorded, empty: EMPTY_BLOCKS, final: last + EMPTY_BLOCKS - NOT_FINAL };
const { artifact } = recorded.epochs.find(({ epoch }) => epoch === recorded.state.latestPost.epoch) as {
  readonly artifact: string;
};
const rows = (JSON.parse(artifact) as { rows: { prover: Hex; cumulative: string }[] }).rows;

/** A node of that chain, and a data directory with the active root's leaves. */
async function start(overrides?: Overrides) {
  const node = await serveRecorded(chain, overrides);
  onTestFinished(node.close);
  const dataDir = temporaryFolder();
  mkdirSync(join(dataDir, "artifacts"));
  writeFileSync(join(dataDir, "artifacts", `${keccak256(stringToHex(artifact))}.json`), artifact);
  return { node, dataDir, where: whereOf(node, dataDir) };
}

function whereOf({ rpcUrl }: RpcEndpoint, dataDir: string): string[] {
  return ["--rpc", rpcUrl, "--distributor", chain.distributor, "--data-dir", dataDir, "--json"];
}

function serve(where: readonly string[]): { child: ChildProcess; url: Promise<string> } {
  const child = spawn(process.execPath, [PROVENDER, "serve", "--port", "0", ...where]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const url = new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (line) => resolve(JSON.parse(String(line)).url));
    child.once("exit", (code) => reject(new Error(`it ended with ${code}`)));
  });
  return { child, url };
}

describe(`above ${EMPTY_BLOCKS} blocks without a log`, () => {
  test("a server is ready after a few hundred calls", async () => {
    const { node, where } = await start();
    const began = performance.now();
    const url = await serve(where).url;
    let ready = await fetch(`${url}/ready`);
    while (ready.status !== 200 && performance.now() - began < 60_000) {
      await rest(500);
      ready = await fetch(`${url}/ready`);
    }
    expect(await ready.json()).toMatchObject({ ready: true });
    const { prover, cumulative } = rows[0] as (typeof rows)[number];
    const proof = (await (await fetch(`${url}/v1/provers/${prover}/proof`)).json()) as object;
    expect(proof).toMatchObject({ cumulative, root: recorded.state.latestPost.root });

    expect(node.asked.calls).toBeLessThan(MOST_CALLS);
  }, 90_000);

  test("a proof is shown after a few hundred calls", async () => {
    const { node, where } = await start();
    const { prover, cumulative } = rows[0] as (typeof rows)[number];
    const { code, stdout, stderr } = await cli(["proof", prover, ...where]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ cumulative, root: recorded.state.latestPost.root });

    expect(node.asked.calls).toBeLessThan(MOST_CALLS);
  }, 60_000);

  test("everybody's claims are looked through after a few hundred calls", async () => {
    const { node, where } = await start({
      proverRecord: (wanted: Hex) => {
        const own = rows.find(({ prover }) => prover === wanted.toLowerCase());
        return { ...NO_RECORD, claimed: BigInt(own?.cumulative ?? 0) };
      },
    });
    const key = `0x${"11".repeat(32)}`;
    const { code, stdout, stderr } = await cli(["claim", "--all", ...where], {
      env: { PROVENDER_PRIVATE_KEY: key },
    });
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual({ transactions: [], paid: [], skipped: [] });

    expect(node.asked.calls).toBeLessThan(MOST_CALLS);
  }, 60_000);
});

const NO_RECORD = {
  ...{ state: 1, jailedFrom: 0, vault: `0x${"00".repeat(20)}`, payout: `0x${"00".repeat(20)}` },
  ...{ registeredAt: 0n, claimed: 0n, claimedCommission: 0n, locked: 0n, commissionSequence: 0n },
  commissionHash: `0x${"00".repeat(32)}`,
};

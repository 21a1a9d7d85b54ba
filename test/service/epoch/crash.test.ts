// SPDX-License-Identifier: AGPL-3.0-only
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Address, Hex } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { connect } from "../../../service/chain/client.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import { readSystem } from "../../../service/chain/system.ts";
import { type EpochRun, runEpoch } from "../../../service/epoch/run.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { RUN } from "../helpers/run.ts";
import { stored } from "../helpers/stored.ts";
import { storedArtifact } from "../helpers/stored-artifact.ts";
import { deploySystem, endEpoch, ether, registerProver, type TestSystem, work } from "../helpers/system.ts";

const CHILD = fileURLToPath(new URL("./crash-child.ts", import.meta.url));
const RANDOM_KILLS = process.env.FOUNDRY_PROFILE === "deep" ? 100 : 20;
const SEED = Number(process.env.PROVENDER_SEED ?? 20_261_125);

let network: TestSystem;
let clean: EpochRun;
let folder: string;
let snapshot: Hex;

beforeAll(async () => {
  network = await deploySystem();
  const [ada, ben] = network.accounts as [Address, Address];
  await registerProver(network, ada, ether(5_000), 1_000n);
  await registerProver(network, ben, ether(2_000), 0n);
  await work(network, ada, ether(30), 1n);
  await work(network, ben, ether(10), 2n);
  await endEpoch(network);
  snapshot = await network.client.snapshot();
  folder = mkdtempSync(join(tmpdir(), "crash-"));
  clean = await finish();
}, 60_000);

beforeEach(startOver);

afterAll(() => {
  network?.anvil.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** The chain as it was at the epoch's end, and an empty folder. */
async function startOver(): Promise<void> {
  await network.client.revert({ id: snapshot });
  snapshot = await network.client.snapshot();
  rmSync(folder, { recursive: true, force: true });
  folder = mkdtempSync(join(tmpdir(), "crash-"));
}

const store = () => fileStore(join(folder, "data"));

/** The same job again, to its end. */
async function finish(): Promise<EpochRun> {
  const chain = await connect({ rpcUrl: network.anvil.rpcUrl });
  const system = await readSystem(chain, network.distributor);
  return runEpoch({
    chain,
    system,
    store: store(),
    open: stored(system, { dataDir: join(folder, "data") }),
    epoch: 0,
    signer: signerFor(chain, { from: network.publisher }),
    version: "test",
    log: () => undefined,
  });
}

interface Killed {
  readonly signal: NodeJS.Signals | null;
  /** What it passed, the moment it died of last. */
  readonly steps: readonly string[];
}

/** Runs the job until the given moment, or for so many milliseconds. */
async function runUntil({ step, milliseconds }: { step?: number; milliseconds?: number }): Promise<Killed> {
  const steps = join(folder, "steps");
  const { anvil, distributor, publisher } = network;
  const args = [anvil.rpcUrl, distributor, publisher, join(folder, "data"), steps, String(step ?? -1)];
  const child = spawn(process.execPath, [RUN, CHILD, ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (milliseconds !== undefined) setTimeout(() => child.kill("SIGKILL"), milliseconds);
  const signal = await new Promise<NodeJS.Signals | null>((resolve) =>
    child.once("exit", (_, by) => resolve(by)),
  );
  const passed = readFileSync(steps, { encoding: "utf8", flag: "a+" });
  return { signal, steps: passed.split("\n").filter(Boolean) };
}

/** Posted once, with the root of a run that nobody disturbed, and its artifact on disk. */
async function expectFinished(): Promise<void> {
  const again = await finish();
  expect(again.result.root).toBe(clean.result.root);
  expect(again.datasetHash).toBe(clean.datasetHash);
  const distributor = { address: network.distributor, abi: iRewardDistributorAbi } as const;
  const latest = await network.client.readContract({ ...distributor, functionName: "latestPost" });
  expect(latest).toMatchObject({ epoch: 0n, postNumber: clean.post?.postNumber, root: clean.result.root });
  expect((await storedArtifact(store(), clean.datasetHash))?.artifact.root).toBe(clean.result.root);
}

describe("the job, killed", () => {
  test("before and after everything that outlives it, ends with the same root, posted once", async () => {
    const { signal, steps } = await runUntil({});
    expect(signal).toBeNull();
    expect(steps.filter((name) => name.includes("send"))).toEqual(["before sending", "after sending"]);
    expect(steps.filter((name) => name.includes("writing")).length).toBeGreaterThan(5);
    // The deployment, a page of logs, that they were checked, and that what had ended by then is forgotten.
    expect(steps.filter((name) => name === "before committing")).toHaveLength(4);
    for (const step of steps.keys()) {
      await startOver();
      const killed = await runUntil({ step });
      expect([killed.signal, killed.steps]).toEqual(["SIGKILL", steps.slice(0, step + 1)]);
      await expectFinished();
    }
  }, 600_000);

  test(`${RANDOM_KILLS} times at random (seed ${SEED}), ends with the same root, posted once`, async () => {
    const start = performance.now();
    expect((await runUntil({})).steps).toContain("at the end");
    const whole = performance.now() - start;
    const random = mulberry32(SEED);
    for (let i = 0; i < RANDOM_KILLS; i++) {
      await startOver();
      // The first half loads the program.
      await runUntil({ milliseconds: whole * (0.5 + random() / 2) });
      await expectFinished();
    }
  }, 600_000);
});

/** Numbers in [0, 1) that a seed gives again. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

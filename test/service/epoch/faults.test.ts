// SPDX-License-Identifier: AGPL-3.0-only
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Address, Hex } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { connect } from "../../../service/chain/client.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import { readSystem } from "../../../service/chain/system.ts";
import { type EpochRun, runEpoch } from "../../../service/epoch/run.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { type LyingEndpoint, lyingEndpoint } from "../audit/proxy.ts";
import { stored } from "../helpers/stored.ts";
import { deploySystem, endEpoch, ether, registerProver, type TestSystem, work } from "../helpers/system.ts";

const PROVENDER = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));

let network: TestSystem;
let clean: EpochRun;
let folder: string;
let snapshot: Hex;
const endpoints: LyingEndpoint[] = [];

beforeAll(async () => {
  network = await deploySystem();
  const [ada, ben] = network.accounts as [Address, Address];
  await registerProver(network, ada, ether(5_000), 1_000n);
  await registerProver(network, ben, ether(2_000), 0n);
  await work(network, ada, ether(30), 1n);
  await work(network, ben, ether(10), 2n);
  await endEpoch(network);
  await network.client.mine({ blocks: 5, interval: 1 });
  folder = mkdtempSync(join(tmpdir(), "faults-"));
  snapshot = await network.client.snapshot();
  clean = await run(network.anvil.rpcUrl, false);
}, 60_000);

beforeEach(startOver);

afterEach(() => {
  vi.useRealTimers();
  for (const endpoint of endpoints.splice(0)) endpoint.close();
});

afterAll(() => {
  network?.anvil.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** The chain as it was at the epoch's end, and an empty folder. */
async function startOver(): Promise<void> {
  await network.client.revert({ id: snapshot });
  snapshot = await network.client.snapshot();
  rmSync(folder, { recursive: true, force: true });
  folder = mkdtempSync(join(tmpdir(), "faults-"));
}

async function endpoint(): Promise<LyingEndpoint> {
  const made = await lyingEndpoint(network.anvil.rpcUrl);
  endpoints.push(made);
  return made;
}

async function run(rpcUrl: string, post = true): Promise<EpochRun> {
  const chain = await connect({ rpcUrl });
  const system = await readSystem(chain, network.distributor);
  const dataDir = join(folder, "data");
  return runEpoch({
    chain,
    system,
    store: fileStore(dataDir),
    open: stored(system, { dataDir }),
    epoch: 0,
    signer: post ? signerFor(chain, { from: network.publisher }) : undefined,
    version: "test",
    log: () => undefined,
  });
}

const distributor = () => ({ address: network.distributor, abi: iRewardDistributorAbi }) as const;
const postCount = () => network.client.readContract({ ...distributor(), functionName: "postCount" });

async function expectPostedOnce(): Promise<void> {
  expect(await postCount()).toBe(1n);
  const { root } = await network.client.readContract({ ...distributor(), functionName: "latestPost" });
  expect(root).toBe(clean.result.root);
}

/** The command as an operator runs it, after what the shell is told first. */
function command(dataDir: string, shell = ":") {
  const args = ["epoch", "run", "--post", "--rpc", network.anvil.rpcUrl, "--from", network.publisher];
  const line = [PROVENDER, ...args, "--distributor", network.distributor, "--data-dir", dataDir];
  return spawnSync("bash", ["-c", `${shell}; exec node "$@"`, "bash", ...line], {
    encoding: "utf8",
    timeout: 60_000,
  });
}

describe("a fault ends in the same root, posted once, or in a loud stop with nothing posted:", () => {
  test("one of three endpoints leaves out a log", async () => {
    const [first, second, third] = [await endpoint(), await endpoint(), await endpoint()];
    first.tamper = (log) => (log.topics.length === 4 ? [] : [log]);
    const { status } = await run([first, second, third].map(({ rpcUrl }) => rpcUrl).join(","));
    expect(status).toBe("posted");
    await expectPostedOnce();
  });

  test("one of three endpoints is gone, and comes back", async () => {
    const [first, second, third] = [await endpoint(), await endpoint(), await endpoint()];
    first.down = true;
    await run([first, second, third].map(({ rpcUrl }) => rpcUrl).join(","));
    first.down = false;
    expect((await run([first, second, third].map(({ rpcUrl }) => rpcUrl).join(","))).status).toBe(
      "already-posted",
    );
    await expectPostedOnce();
  });

  test("the chain's head is replaced before any request of the job, its transaction's included", async () => {
    const counting = await endpoint();
    let requests = 0;
    counting.before = async (count, body) => {
      if (body.includes("eth_send")) requests = count;
    };
    await run(counting.rpcUrl);
    expect(requests).toBeGreaterThan(5);
    const { client } = network;
    for (let at = 1; at <= requests; at++) {
      await startOver();
      const below = await client.snapshot();
      await client.mine({ blocks: 1 });
      const shaky = await endpoint();
      shaky.before = async (count) => {
        if (count !== at) return;
        await client.revert({ id: below });
        await client.mine({ blocks: 2, interval: 7 });
      };
      await run(shaky.rpcUrl);
      await expectPostedOnce();
    }
  }, 120_000);

  test("this machine's clock is a day off, either way", async () => {
    for (const days of [-1, 1]) {
      await startOver();
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + days * 86_400_000 });
      await run(network.anvil.rpcUrl);
      vi.useRealTimers();
      await expectPostedOnce();
    }
  });

  test("the disk is full", async () => {
    // Files of at most no block at all: every write of a byte fails, as on a full disk.
    const { status, stderr } = command(join(folder, "data"), "trap '' XFSZ; ulimit -f 0");
    expect(status).toBe(1);
    expect(stderr).toMatch(/provender\.db cannot be written: disk I\/O error; make room/);
    expect(await postCount()).toBe(0n);
    const files = readdirSync(folder, { recursive: true }).map(String);
    expect(files.filter((name) => name.includes(".") && !name.includes("provender.db"))).toEqual([]);
    expect(command(join(folder, "data")).status).toBe(0);
    await expectPostedOnce();
  });

  test("the data directory cannot be written", async () => {
    // Where not even root can make a folder.
    const { status, stderr } = command("/dev/null/provender");
    expect(status).toBe(1);
    expect(stderr).toContain("/dev/null/provender");
    expect(await postCount()).toBe(0n);
  });
});

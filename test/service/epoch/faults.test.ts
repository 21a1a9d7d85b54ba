// SPDX-License-Identifier: AGPL-3.0-only
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Address, getAbiItem, type Hex, numberToHex, toEventSelector } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { iProofMarketAbi, iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { connect } from "../../../service/chain/client.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import { readSystem } from "../../../service/chain/system.ts";
import { type EpochRun, runEpoch } from "../../../service/epoch/run.ts";
import type { Database } from "../../../service/store/database.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { type LyingEndpoint, lyingEndpoint, type RawLog } from "../audit/proxy.ts";
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

type Mortal = (database: Database) => Database;

async function run(rpcUrl: string, post = true, mortal: Mortal = (database) => database): Promise<EpochRun> {
  const chain = await connect({ rpcUrl });
  const system = await readSystem(chain, network.distributor);
  const dataDir = join(folder, "data");
  return runEpoch({
    chain,
    system,
    store: fileStore(dataDir),
    open: async () => {
      const { database, deployment } = await stored(system, { dataDir })();
      return { database: mortal(database), deployment };
    },
    epoch: 0,
    signer: post ? signerFor(chain, { from: network.publisher }) : undefined,
    version: "test",
    log: () => undefined,
  });
}

/** A database to which something happens before its n-th write. */
function interrupted(before: number, happens: () => Promise<void>): Mortal {
  let writes = 0;
  return (database) => ({
    ...database,
    async write(action) {
      if (++writes === before) await happens();
      return database.write(action);
    },
  });
}

const FULFILLED = toEventSelector(getAbiItem({ abi: iProofMarketAbi, name: "Fulfilled" }));

type Lie = (logs: RawLog[]) => RawLog[];

/** Changes the first fulfilment that is given, and the one after it. */
const toFulfilments = (change: (first: RawLog, second: RawLog) => RawLog[]): Lie => {
  return (logs) => {
    const [first, second] = logs.filter(({ topics }) => topics[0] === FULFILLED);
    if (first === undefined || second === undefined) return logs;
    return logs.flatMap((log) => (log === first ? change(first, second) : log === second ? [] : [log]));
  };
};

const LIES: readonly (readonly [string, Lie])[] = [
  ["drops a log", toFulfilments((first) => [first])],
  ["alters a log", toFulfilments((first, second) => [first, { ...second, data: raised(second.data) }])],
  ["gives a log twice", toFulfilments((first, second) => [first, first, second])],
  [
    "gives two logs in each other's place",
    toFulfilments((first, second) => [
      { ...first, topics: second.topics, data: second.data },
      { ...second, topics: first.topics, data: first.data },
    ]),
  ],
  ["breaks off a list of logs", (logs) => logs.slice(0, Math.ceil(logs.length / 2))],
  ["says that there are no logs", () => []],
];

/** Another value of as many bytes. */
function raised(hex: string): string {
  return `${hex.slice(0, -1)}${hex.endsWith("0") ? "1" : "0"}`;
}

interface Timed {
  readonly timestamp: Hex;
}

interface Header extends Timed {
  readonly number: Hex;
  readonly hash: Hex;
  readonly parentHash: Hex;
}

/** So much that an epoch's last block is another one. */
function later(block: Timed): Timed {
  return { ...block, timestamp: numberToHex(BigInt(block.timestamp) + 90n) };
}

/** The same blocks of another chain. */
function underOtherHashes(result: unknown): unknown {
  const text = JSON.stringify(result, (key, value: unknown) =>
    /^(hash|blockHash|parentHash)$/.test(key) && typeof value === "string" ? raised(value) : value,
  );
  return text === undefined ? result : JSON.parse(text);
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

  test("one of three endpoints serves a fork", async () => {
    const [first, second, third] = [await endpoint(), await endpoint(), await endpoint()];
    first.twist = (_, result) => underOtherHashes(result);
    const { status } = await run([first, second, third].map(({ rpcUrl }) => rpcUrl).join(","));
    expect(status).toBe("posted");
    await expectPostedOnce();
  });

  test("two of three endpoints move the times of all blocks", async () => {
    const liars = [await endpoint(), await endpoint()];
    for (const liar of liars) {
      liar.twist = ({ method }, result) =>
        method === "eth_getBlockByNumber" && result !== null ? later(result as Timed) : result;
    }
    const urls = [...liars, await endpoint()].map(({ rpcUrl }) => rpcUrl);
    await expect(run(urls.join(","))).rejects.toMatchObject({
      code: "inconsistent",
      message: expect.stringMatching(
        /^block \d+ does not hash to its hash as most .*, and does as 127.* gives it$/,
      ),
    });
    expect(await postCount()).toBe(0n);
    for (const liar of liars) liar.repent();
    expect((await run(urls.join(","))).status).toBe("posted");
    await expectPostedOnce();
  });

  const through = (...used: LyingEndpoint[]) => run(used.map(({ rpcUrl }) => rpcUrl).join(","));
  /** What an endpoint says in the place of each block. */
  const changed = (change: (block: Header) => object) => (liar: LyingEndpoint) => {
    liar.twist = ({ method }, result) =>
      method === "eth_getBlockByNumber" && result !== null ? change(result as Header) : result;
  };
  const without = (name: string) => (block: Header) =>
    Object.fromEntries(Object.entries(block).filter(([field]) => field !== name));

  test.each([
    ["leaves out the miner of all blocks", without("miner")],
    ["gives all blocks another state", (block: Header) => ({ ...block, stateRoot: block.hash })],
    ["shows a field of a later fork in all blocks", (block: Header) => ({ ...block, slotNumber: "0x1" })],
    [
      "gives an epoch's last block another bloom",
      (block: Header) =>
        BigInt(block.number) === clean.toPost.snapshot.number ? { ...block, logsBloom: block.hash } : block,
    ],
  ])("one of three endpoints %s", async (_, change) => {
    const used = [await endpoint(), await endpoint(), await endpoint()] as const;
    changed(change)(used[0]);
    expect((await through(...used)).status).toBe("posted");
    await expectPostedOnce();
  });

  test("two of three endpoints leave out the miner of all blocks", async () => {
    const used = [await endpoint(), await endpoint(), await endpoint()] as const;
    for (const liar of used.slice(0, 2)) changed(without("miner"))(liar);
    expect((await through(...used)).status).toBe("posted");
    await expectPostedOnce();
  });

  test("two of three endpoints leave out the miner of all blocks, and give the epoch's last one another hash", async () => {
    const used = [await endpoint(), await endpoint(), await endpoint()] as const;
    const { number, hash } = clean.toPost.snapshot;
    const swapped = (one: Hex) => (one === hash ? numberToHex(BigInt(hash) ^ 1n, { size: 32 }) : one);
    for (const liar of used.slice(0, 2)) {
      changed((block) => ({
        ...without("miner")(block),
        hash: swapped(block.hash),
        parentHash: swapped(block.parentHash),
      }))(liar);
    }
    await expect(through(...used)).rejects.toMatchObject({
      code: "inconsistent",
      message: `block ${number}, as it is given, does not hash to its hash`,
    });
    expect(await postCount()).toBe(0n);
  });

  test("two of three endpoints move the time of the block after the epoch's last one", async () => {
    const used = [await endpoint(), await endpoint(), await endpoint()] as const;
    const { number } = clean.toPost.snapshot;
    const { timestamp } = await network.client.getBlock({ blockNumber: number });
    for (const liar of used.slice(0, 2)) {
      changed((block) =>
        BigInt(block.number) === number + 1n ? { ...block, timestamp: numberToHex(timestamp) } : block,
      )(liar);
    }
    await expect(through(...used)).rejects.toMatchObject({
      code: "inconsistent",
      message: expect.stringMatching(
        `^block ${number + 1n} does not hash to its hash as most .*, and does as 127.* gives it$`,
      ),
    });
    expect(await postCount()).toBe(0n);
  });

  test("no endpoint's headers hash, and one of three gives another state and another time", async () => {
    const used = [await endpoint(), await endpoint(), await endpoint()] as const;
    for (const old of used) changed(without("miner"))(old);
    changed((block) => ({ ...later(without("miner")(block) as unknown as Header), stateRoot: block.hash }))(
      used[0],
    );
    expect((await through(...used)).status).toBe("posted");
    await expectPostedOnce();
  });

  test("one of three endpoints lags, and gives no logs of blocks that it has not seen", async () => {
    const [first, second, third] = [await endpoint(), await endpoint(), await endpoint()];
    const seen = 20n;
    first.twist = ({ method, params: [which] = [] }, result) => {
      const { number } = (result ?? {}) as { number?: Hex };
      if (method === "eth_blockNumber") return numberToHex(seen);
      if (method === "eth_getLogs") {
        return (result as RawLog[]).filter(({ blockNumber }) => BigInt(blockNumber) <= seen);
      }
      if (method !== "eth_getBlockByNumber" || number === undefined || BigInt(number) <= seen) return result;
      return String(which).startsWith("0x") ? null : { ...(result as object), number: numberToHex(seen) };
    };
    const { status } = await run([first, second, third].map(({ rpcUrl }) => rpcUrl).join(","));
    expect(status).toBe("posted");
    await expectPostedOnce();
  });

  test("an endpoint refuses every other request, and breaks off answers", async () => {
    const only = await endpoint();
    let ills = 12;
    only.before = async () => {
      if (ills-- > 0) only[ills % 2 === 0 ? "limited" : "cut"] = 1;
    };
    const { status } = await run(only.rpcUrl);
    expect(status).toBe("posted");
    await expectPostedOnce();
  });

  test.each(LIES)("the only endpoint %s; another one tells the truth afterwards", async (_, lie) => {
    const only = await endpoint();
    let logs = 0;
    only.twist = ({ method }, result) => {
      if (method !== "eth_getLogs") return result;
      const given = lie(result as RawLog[]);
      if (JSON.stringify(given) !== JSON.stringify(result)) logs++;
      return given;
    };
    const outcome = await run(only.rpcUrl).catch((error) => error);
    expect(logs).toBeGreaterThan(0);
    if (outcome instanceof Error) {
      expect(outcome).toMatchObject({ code: "inconsistent" });
      expect(await postCount()).toBe(0n);
      // The database, which the liar filled, is the same.
      expect((await run(network.anvil.rpcUrl)).status).toBe("posted");
    }
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

  test("the database's file is removed, or replaced, while the job writes", async () => {
    const path = join(folder, "data", "provender.db");
    const vandal = async () => {
      rmSync(path);
      writeFileSync(path, "");
    };
    await expect(run(network.anvil.rpcUrl, true, interrupted(2, vandal))).rejects.toMatchObject({
      code: "removed",
      message: expect.stringContaining("was taken away while it was in use"),
    });
    expect(await postCount()).toBe(0n);
    await run(network.anvil.rpcUrl);
    await expectPostedOnce();
  });

  test("the database's file is damaged; moved away, it is made anew with the same root", async () => {
    await run(network.anvil.rpcUrl, false);
    const path = join(folder, "data", "provender.db");
    for (const end of ["-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
    writeFileSync(path, "this is not what a database begins with ".repeat(500));
    await expect(run(network.anvil.rpcUrl)).rejects.toMatchObject({
      code: "damaged",
      hint: expect.stringContaining("move it away and run `provender sync`"),
    });
    expect(await postCount()).toBe(0n);
    rmSync(path);
    expect((await run(network.anvil.rpcUrl)).datasetHash).toBe(clean.datasetHash);
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

// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { Chain } from "../../../service/chain/client.ts";
import type { System } from "../../../service/chain/system.ts";
import { initKeccak, keccakHex } from "../../../service/core/keccak.ts";
import { packLogs } from "../../../service/core/pack-logs.ts";
import type { Hex } from "../../../service/core/types.ts";
import { overdueWatch } from "../../../service/epoch/overdue.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { ingest } from "../../../service/store/ingest.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { auctionLog, bidder, type GivenAuction, requestId } from "../helpers/auction-log.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const MARKET = bidder(0xf1);
const NOBODY = bidder(0);
const REQUESTS = 1_000;
const DELAYS = { unbondingDelay: 50n, vestingPeriod: 80n };
const HASH: Hex = `0x${"01".repeat(32)}`;

beforeAll(initKeccak);

/** A thousand requests with one sealed bid each, for a bond or for none; the first hundred have a winner. */
async function scene(bond: bigint) {
  const database = await openDatabase({ dataDir: temporaryFolder() });
  onTestFinished(() => database.close());
  const key = { chainId: 1n, distributor: bidder(0xd1), registry: bidder(0xe1), market: MARKET };
  const clock = { startBlock: 1n, clockStart: 0n, epochLength: 1_000_000n, ...DELAYS };
  const deployment = await openDeployment(database, { ...key, ...clock });
  const events = Array.from({ length: REQUESTS }, (_, i): GivenAuction[] => [
    { name: "Requested", id: requestId(i), bond, commitDuration: 60n, revealDuration: 40n },
    { name: "Committed", id: requestId(i), prover: bidder(i + 1) },
  ]).flat();
  const auctions = packLogs(
    events.map((event, logIndex) => auctionLog({ address: MARKET, blockNumber: 1, logIndex }, event)),
  );
  const page = {
    firstBlock: 1n,
    lastBlock: 1n,
    parentHash: undefined,
    lastHash: keccakHex(new Uint8Array()),
  };
  await ingest(database, deployment, { ...page, lastTime: 1_000n, logs: packLogs([]), auctions });
  const asked = { requests: 0, calls: 0 };
  const requestOf = (id: Hex) => {
    asked.requests++;
    return { revealEnd: 1_100n, deadline: 5_000n, leader: Number(id) < 100 ? bidder(7) : NOBODY };
  };
  const client = {
    async multicall({ contracts }: { contracts: { args: [Hex] }[] }) {
      asked.calls++;
      return contracts.map(({ args }) => ({ status: "success", result: requestOf(args[0]) }));
    },
  };
  const sources = {
    chain: { client } as unknown as Chain,
    system: { ...key } as System,
    database,
    deployment,
  };
  const watch = overdueWatch(sources);
  const at = (time: bigint) => watch({ block: 1n, hash: HASH, time, checked: undefined });
  return { asked, at };
}

test("requests are read in batches, once their auction may be over, and not again in every round", async () => {
  const { asked, at } = await scene(0n);
  expect(await at(90n)).toEqual([]);
  expect(asked).toEqual({ requests: 0, calls: 0 });
  const due = await at(2_000n);
  expect(due).toHaveLength(REQUESTS - 100);
  expect(asked.requests).toBe(REQUESTS);
  expect(asked.calls).toBeLessThan(40);
  const before = { ...asked };
  expect(await at(2_001n)).toEqual(due);
  expect(await at(5_001n)).toHaveLength(REQUESTS);
  expect(asked).toEqual(before);
});

test("a bid that was never revealed is taken up only where it holds a bond", async () => {
  const kinds = async (bond: bigint) => {
    const due = await (await scene(bond)).at(2_000n);
    return due.filter(({ kind }) => kind === "forfeit").length;
  };
  expect(await kinds(0n)).toBe(0);
  expect(await kinds(5n)).toBe(REQUESTS);
});

// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, describe, expect, test } from "vitest";
import { initKeccak, keccakHex } from "../../../service/core/keccak.ts";
import { packLogs } from "../../../service/core/pack-logs.ts";
import type { Hex } from "../../../service/core/types.ts";
import { forgetBonds, openRequests } from "../../../service/store/auctions.ts";
import type { Database } from "../../../service/store/database.ts";
import { type Deployment, openDeployment } from "../../../service/store/deployment.ts";
import { ingest } from "../../../service/store/ingest.ts";
import { rollBack } from "../../../service/store/roll-back.ts";
import { auctionLog, bidder, type GivenAuction, requestId } from "../helpers/auction-log.ts";
import { onEachDatabase } from "../helpers/database.ts";

const MARKET = bidder(0xf1);
const AUCTION = { commitDuration: 60n, revealDuration: 40n };
const open = (number: number, bond: bigint): GivenAuction => ({
  ...{ name: "Requested", id: requestId(number), bond },
  ...AUCTION,
});
const bid = (
  name: "Committed" | "Revealed" | "BondForfeited",
  number: number,
  who: number,
): GivenAuction => ({
  ...{ name, id: requestId(number), prover: bidder(who) },
});
const hashOf = (block: number): Hex => keccakHex(new TextEncoder().encode(String(block)));

beforeAll(initKeccak);

onEachDatabase((kind) => {
  let chainId = 1n;

  interface Book {
    readonly database: Database;
    readonly deployment: Deployment;
    /** A page of one block with these events, 1,000 seconds after the block before. */
    readonly add: (events: readonly GivenAuction[], from?: typeof MARKET) => Promise<void>;
    readonly at: (time: bigint) => Promise<string[]>;
  }

  async function newBook(): Promise<Book> {
    const database = await kind.openOnce();
    const deployment = await openDeployment(database, {
      ...{ chainId: chainId++, distributor: bidder(0xd1), registry: bidder(0xe1), market: MARKET },
      ...{ startBlock: 1n, clockStart: 0n, epochLength: 1_000_000n, unbondingDelay: 50n, vestingPeriod: 80n },
    });
    let block = 0;
    return {
      database,
      deployment,
      async add(events, from = MARKET) {
        block++;
        const logs = events.map((event, logIndex) =>
          auctionLog({ address: from, blockNumber: block, logIndex }, event),
        );
        const page = { firstBlock: BigInt(block), lastBlock: BigInt(block), lastHash: hashOf(block) };
        const parentHash = block === 1 ? undefined : hashOf(block - 1);
        const contents = { logs: packLogs([]), auctions: packLogs(logs) };
        const times = { lastTime: BigInt(1_000 * block), parentHash };
        expect(await ingest(database, deployment, { ...page, ...times, ...contents })).not.toBe("behind");
      },
      async at(time) {
        const requests = await openRequests(database, deployment, time);
        return requests.map(({ id, ended, sealedBy }) =>
          [Number(id), ended ? "ended" : "open", ...sealedBy.map(Number)].join(" "),
        );
      },
    };
  }

  describe("requests that the database follows", () => {
    test("are listed once their auction may be over, until they end", async () => {
      const { add, at } = await newBook();
      await add([]);
      await add([open(1, 0n), open(2, 0n)]);
      expect(await at(1_100n)).toEqual([]);
      expect(await at(1_101n)).toEqual(["1 open", "2 open"]);
      await add([{ name: "Closed", id: requestId(2) }]);
      expect(await at(9_999n)).toEqual(["1 open"]);
      await add([{ name: "Cancelled", id: requestId(1) }]);
      expect(await at(9_999n)).toEqual([]);
    });

    test("come with the bids that hold a bond and are sealed, which outlive them", async () => {
      const { add, at } = await newBook();
      await add([open(1, 5n), open(2, 0n), bid("Committed", 1, 7), bid("Committed", 2, 7)]);
      await add([bid("Committed", 1, 7), bid("Committed", 1, 8), bid("Committed", 1, 9)]);
      await add([bid("Revealed", 1, 8)]);
      expect(await at(9_999n)).toEqual(["1 open 7 9", "2 open"]);
      await add([{ name: "Closed", id: requestId(1) }, bid("BondForfeited", 1, 9)]);
      expect(await at(9_999n)).toEqual(["1 ended 7", "2 open"]);
    });

    test("are kept when they end, with what became of them, and bids while a bond is left", async () => {
      const { add, at, database, deployment } = await newBook();
      const closed = (number: number): GivenAuction => ({ name: "Closed", id: requestId(number) });
      await add([open(1, 5n), bid("Committed", 1, 7), bid("Revealed", 1, 7), closed(1)]);
      await add([open(2, 5n), bid("Committed", 2, 7), closed(2)]);
      expect(await at(9_999n)).toEqual(["2 ended 7"]);
      const rows = await database.read((sql) =>
        sql
          .selectFrom("requests")
          .select(["id", "ended_in", "prover", "changed_in"])
          .where("deployment", "=", deployment.id)
          .orderBy("block")
          .execute(),
      );
      expect(rows).toEqual([
        { id: requestId(1), ended_in: 1, prover: bidder(7), changed_in: 1 },
        { id: requestId(2), ended_in: 2, prover: null, changed_in: 2 },
      ]);
    });

    test("of another contract do not count", async () => {
      const { add, at } = await newBook();
      await add([open(1, 5n)], bidder(0xf2));
      expect(await at(9_999n)).toEqual([]);
    });

    test("are as they were when what ended them is rolled back", async () => {
      const { add, at, database, deployment } = await newBook();
      await add([open(1, 5n), bid("Committed", 1, 7), bid("Committed", 1, 8)]);
      const before = await at(9_999n);
      await add([open(2, 0n), bid("Revealed", 1, 7), { name: "Closed", id: requestId(1) }]);
      expect(await at(9_999n)).toEqual(["1 ended 8", "2 open"]);
      await rollBack(database, deployment, 1n);
      expect(await at(9_999n)).toEqual(before);
    });

    test("keep no bond that was free for good", async () => {
      const { add, at, database, deployment } = await newBook();
      await add([open(1, 5n), open(2, 5n), bid("Committed", 1, 7), bid("Committed", 2, 7)]);
      await add([bid("Revealed", 1, 7), { name: "Closed", id: requestId(1) }]);
      await add([{ name: "Closed", id: requestId(2) }]);
      const left = () =>
        database.read((sql) =>
          sql.selectFrom("bids").select("request").where("deployment", "=", deployment.id).execute(),
        );
      await forgetBonds(database, deployment, 1n);
      expect(await left()).toHaveLength(2);
      await forgetBonds(database, deployment, 3n);
      expect(await left()).toEqual([{ request: requestId(2) }]);
      expect(await at(9_999n)).toEqual(["2 ended 7"]);
    });
  });
});

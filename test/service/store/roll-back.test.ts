// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, describe, expect, test } from "vitest";
import { decodeLogs } from "../../../service/core/decode-logs.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { packLogs } from "../../../service/core/pack-logs.ts";
import { unpackLogs } from "../../../service/core/packed-logs.ts";
import type { RawLog } from "../../../service/core/raw-log.ts";
import type { Database, Sql } from "../../../service/store/database.ts";
import { type Deployment, openDeployment, readPosition } from "../../../service/store/deployment.ts";
import { setChecked } from "../../../service/store/expected.ts";
import { ingest } from "../../../service/store/ingest.ts";
import { type Page, recentPages } from "../../../service/store/pages.ts";
import { rollBack } from "../../../service/store/roll-back.ts";
import { StoreError } from "../../../service/store/store.ts";
import { onEachDatabase, openApart } from "../helpers/database.ts";
import { dump } from "../helpers/dump.ts";
import { pagesOf } from "../helpers/pages.ts";
import { mulberry32 } from "../helpers/random.ts";
import { extend, newSimulatedChain, type SimulatedChain } from "../helpers/simulated-chain.ts";

/** How many random histories; a database on a server takes its time. */
const RUNS =
  process.env.FOUNDRY_PROFILE === "deep" ? { SQLite: 200, PostgreSQL: 20 } : { SQLite: 8, PostgreSQL: 2 };
const STEPS = 30;

beforeAll(initKeccak);

async function rewrite(sql: Sql, page: number, change: (logs: Uint8Array) => Uint8Array): Promise<void> {
  const row = await sql
    .selectFrom("pages")
    .select("logs")
    .where("last_block", "=", page)
    .executeTakeFirstOrThrow();
  await sql
    .updateTable("pages")
    .set({ logs: change(new Uint8Array(row.logs)) })
    .where("last_block", "=", page)
    .execute();
}

function changeByte(sql: Sql, page: number): Promise<void> {
  return rewrite(sql, page, (logs) => logs.map((byte, i) => (i === logs.length >> 1 ? byte ^ 1 : byte)));
}

/** Well-formed logs that lack one in the middle of the running epoch. */
function withoutOne(logs: Uint8Array): Uint8Array {
  const one = [...decodeLogs(logs)].filter(({ event }) => event.name === "Fulfilled").at(-2);
  const isOther = ({ blockNumber, logIndex }: RawLog) =>
    blockNumber !== one?.blockNumber || logIndex !== one.logIndex;
  return packLogs([...unpackLogs(logs)].filter(isOther));
}

/** A history as it was stored: its pages, and the chain as it was at the end of each. */
interface Stored {
  readonly page: Page;
  readonly chain: SimulatedChain;
}

async function storeAll(
  database: Database,
  deployment: Deployment,
  stored: readonly Stored[],
): Promise<void> {
  for (const { page } of stored) await ingest(database, deployment, page);
}

/** The blocks after the last page's, as one page. */
function nextPage(stored: readonly Stored[], count: number, random: () => number): Stored {
  const before = stored.at(-1);
  const chain = extend(structuredClone(before?.chain ?? newSimulatedChain({ whole: true })), count, random);
  const end = before?.chain.blocks.length;
  const page = pagesOf(chain, end === undefined ? [] : [end - 1]).at(-1) as Page;
  return { page, chain };
}

onEachDatabase(({ name, open }) => {
  describe("a history with pages rolled back at random", () => {
    test.each(Array.from({ length: RUNS[name] }, (_, seed) => seed))(
      "is the same in every table as if they had never come (seed %i)",
      async (seed) => {
        const database = await open();
        const key = newSimulatedChain().key;
        const deployment = await openDeployment(database, key);
        const random = mulberry32(seed);
        const stored: Stored[] = [];
        for (let step = 0; step < STEPS; step++) {
          if (random() < 0.75) {
            const next = nextPage(stored, 1 + Math.floor(random() * 6), random);
            stored.push(next);
            expect(await ingest(database, deployment, next.page)).toMatchObject({
              hash: next.page.lastHash,
            });
          } else {
            const highest = Number(stored.at(-1)?.page.lastBlock ?? 0n);
            const toBlock = BigInt(Math.floor(highest - random() ** 2 * 40));
            while (stored.length > 0 && (stored.at(-1) as Stored).page.lastBlock > toBlock) stored.pop();
            const left = await rollBack(database, deployment, toBlock);
            expect(left?.hash).toBe(stored.at(-1)?.page.lastHash);
          }
        }
        const fresh = await openApart(database, key, 1n);
        await storeAll(database, fresh, stored);
        expect(await dump(database, deployment)).toEqual(await dump(database, fresh));
      },
    );
  });

  test("rolls nothing back where nothing is after the block", async () => {
    const database = await open();
    const deployment = await openDeployment(database, newSimulatedChain().key);
    expect(await rollBack(database, deployment, 0n)).toBeUndefined();
    const { page } = nextPage([], 5, mulberry32(1));
    await ingest(database, deployment, page);
    const before = await dump(database, deployment);
    expect(await rollBack(database, deployment, page.lastBlock)).toMatchObject({ block: page.lastBlock });
    expect(await dump(database, deployment)).toEqual(before);
  });

  test("keeps what was checked up to the block that is left", async () => {
    const database = await open();
    const deployment = await openDeployment(database, newSimulatedChain().key);
    const random = mulberry32(2);
    const stored: Stored[] = [];
    for (let i = 0; i < 3; i++) stored.push(nextPage(stored, 4, random));
    await storeAll(database, deployment, stored);
    const [first, second, third] = stored.map(({ page }) => page.lastBlock);
    const newest = await recentPages(database, deployment, { limit: 2 });
    expect(newest.map(({ block }) => block)).toEqual([third, second]);
    const older = await recentPages(database, deployment, { limit: 2, before: second });
    expect(older.map(({ block, hash }) => [block, hash])).toEqual([[first, stored[0]?.page.lastHash]]);

    const at = { ...(newest[1] as (typeof newest)[number]), checked: undefined };
    expect(await setChecked(database, deployment, at)).toMatchObject({ block: third, checked: second });
    await rollBack(database, deployment, second as bigint);
    expect(await readPosition(database, deployment)).toMatchObject({ block: second, checked: second });
    await rollBack(database, deployment, first as bigint);
    expect(await readPosition(database, deployment)).toMatchObject({ block: first, checked: first });
    expect(await setChecked(database, deployment, at)).toBe("behind");
  });

  describe("what was changed in the database by other hands is told, and nothing is undone, if it is", () => {
    test.each<[what: string, damage: (sql: Sql, page: number) => Promise<unknown>, says: RegExp]>([
      ["a byte of a page's logs", changeByte, /packed logs: they are not what was written$/],
      [
        "a page's logs as a whole",
        (sql, page) => rewrite(sql, page, () => new Uint8Array()),
        /packed logs: there are none$/,
      ],
      [
        "a page's logs, well-formed as they are",
        (sql, page) => rewrite(sql, page, withoutOne),
        /fulfilment \d+ is missing from the logs before block \d+$/,
      ],
      [
        "provers' vaults",
        (sql) =>
          sql
            .updateTable("provers")
            .set((of) => ({ vault: of.ref("prover") }))
            .execute(),
        /the registration of the prover with vault 0x\w+ is missing from the logs$/,
      ],
    ])("%s", async (_, damage, says) => {
      const database = await open();
      const deployment = await openDeployment(database, newSimulatedChain().key);
      const chain = extend(newSimulatedChain(), 60, mulberry32(7));
      const pages = pagesOf(chain, [9, 35]) as [Page, Page, Page];
      for (const page of pages) await ingest(database, deployment, page);
      const [, left] = pages;
      await database.write((sql) => damage(sql, Number(left.lastBlock)));
      const before = await dump(database, deployment);
      const rolling = rollBack(database, deployment, left.lastBlock);
      await expect(rolling).rejects.toBeInstanceOf(StoreError);
      await expect(rolling).rejects.toMatchObject({
        code: "damaged",
        message: expect.stringMatching(says),
        hint: "move it away and run `provender sync`: everything in it is rebuilt from the chain",
      });
      await expect(rolling).rejects.toMatchObject({
        message: expect.stringContaining(
          `the database ${database.where} is damaged: the page that ends at block ${left.lastBlock}: `,
        ),
      });
      expect(await dump(database, deployment)).toEqual(before);
    });
  });
});

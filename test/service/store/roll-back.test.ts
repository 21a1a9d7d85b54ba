// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, describe, expect, test } from "vitest";
import { initKeccak } from "../../../service/core/keccak.ts";
import type { Database } from "../../../service/store/database.ts";
import { type Deployment, openDeployment, readPosition } from "../../../service/store/deployment.ts";
import { setChecked } from "../../../service/store/expected.ts";
import { ingest } from "../../../service/store/ingest.ts";
import { type Page, recentPages } from "../../../service/store/pages.ts";
import { rollBack } from "../../../service/store/roll-back.ts";
import { onEachDatabase } from "../helpers/database.ts";
import { dump } from "../helpers/dump.ts";
import { pagesOf } from "../helpers/pages.ts";
import { mulberry32 } from "../helpers/random.ts";
import { extend, newSimulatedChain, type SimulatedChain } from "../helpers/simulated-chain.ts";

/** How many random histories; a database on a server takes its time. */
const RUNS =
  process.env.FOUNDRY_PROFILE === "deep" ? { SQLite: 200, PostgreSQL: 20 } : { SQLite: 8, PostgreSQL: 2 };
const STEPS = 30;

beforeAll(initKeccak);

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
  const chain = extend(structuredClone(before?.chain ?? newSimulatedChain()), count, random);
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
        const fresh = await openDeployment(database, { ...key, chainId: 1n });
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
});

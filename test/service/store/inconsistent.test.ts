// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, describe, expect, test } from "vitest";
import { initKeccak } from "../../../service/core/keccak.ts";
import { packLogs } from "../../../service/core/pack-logs.ts";
import type { RawLog } from "../../../service/core/raw-log.ts";
import { InconsistentLogs } from "../../../service/store/inconsistent.ts";
import { ingest } from "../../../service/store/ingest.ts";
import type { Page } from "../../../service/store/pages.ts";
import { onEachDatabase, openApart } from "../helpers/database.ts";
import { dump } from "../helpers/dump.ts";
import type { GivenEvent } from "../helpers/event-log.ts";
import { type LoggedChain, pagesOf } from "../helpers/pages.ts";
import { mulberry32 } from "../helpers/random.ts";
import { extend, newSimulatedChain, type SimulatedChain } from "../helpers/simulated-chain.ts";
import { ACTIVITY_LIES } from "./activity-lies.ts";
import type { GivenLog, Lie, Told } from "./lies.ts";
import { RECORD_LIES } from "./record-lies.ts";

/** So many that each lie finds a log to lie about. */
const BLOCKS = 100;

let honest: SimulatedChain;
beforeAll(async () => {
  await initKeccak();
  honest = extend(newSimulatedChain(), BLOCKS, mulberry32(5));
});

/** What is counted together. */
function rowOf({ address }: RawLog, event: GivenEvent): string {
  if (event.name === "ActiveAssetsChanged") return address;
  if (event.name === "Fulfilled" || event.name === "Missed") return `${event.name} ${event.epoch}`;
  return "prover" in event ? `${event.name} ${event.prover}` : event.name;
}

/** The logs of one kind with those around them, in chain order. */
function tell({ logs, events }: SimulatedChain, name: Lie["about"]): Told[] {
  const last = new Map<string, { next: Told | undefined }>();
  return logs.flatMap((log, i) => {
    const event = events[i] as GivenEvent;
    if (event.name !== name) return [];
    const row = rowOf(log, event);
    const before = last.get(row);
    const told = {
      ...{ log, event: event as unknown as Told["event"], block: log.blockNumber },
      ...{ previous: before as Told | undefined, next: undefined as Told | undefined },
    };
    if (before !== undefined) before.next = told;
    last.set(row, told);
    return [told];
  });
}

/** The history with a lie in it, and the log that it is about. */
function tellLie({ what, about, where = () => true, instead, next }: Lie): [LoggedChain, Told] {
  const all = tell(honest, about).filter(where);
  // In the middle of the history, so that there is some before it.
  const told = all[Math.floor(all.length / 2)];
  if (told === undefined) throw new Error(`the history has no log for "${what}"`);
  const index = new Map<number, number>();
  const logs = honest.logs.flatMap((log) => {
    const given: readonly GivenLog[] =
      log === told.log ? instead(told) : log === told.next?.log && next !== undefined ? next(told) : [log];
    return given.map(({ address, topics, data }) => {
      const logIndex = index.get(log.blockNumber) ?? 0;
      index.set(log.blockNumber, logIndex + 1);
      return { address, topics, data, blockNumber: log.blockNumber, logIndex };
    });
  });
  return [{ ...honest, logs }, told];
}

onEachDatabase(({ openOnce }) => {
  let deployments = 0n;

  describe("logs are refused, and nothing of their page is stored, if", () => {
    test.each([...ACTIVITY_LIES, ...RECORD_LIES].map((lie) => [lie.what, lie] as const))(
      "%s",
      async (_, lie) => {
        const database = await openOnce();
        const [chain, told] = tellLie(lie);
        const at = chain.blocks.findIndex(({ number }) => number === told.block);
        // What the page contradicts is in it, or it was stored before.
        for (const end of [at - 1, at]) {
          const deployment = await openApart(database, chain.key, deployments++);
          let before = await dump(database, deployment);
          let error: unknown;
          for (const page of pagesOf(chain, [end])) {
            error = await ingest(database, deployment, page).catch((refusal: unknown) => refusal);
            if (error instanceof Error) break;
            before = await dump(database, deployment);
          }
          expect(error).toBeInstanceOf(InconsistentLogs);
          expect(error).toMatchObject({ message: expect.stringContaining(lie.says(told)) });
          expect(await dump(database, deployment)).toEqual(before);
        }
      },
    );
  });

  describe("a page is refused, and nothing of it is stored, if", () => {
    const at = 50;
    test.each<[what: string, altered: (page: Page) => Page, says: RegExp]>([
      [
        "it ends before it begins",
        (page) => ({ ...page, lastBlock: page.firstBlock - 1n }),
        /^a page from block (\d+) ends at block \d+$/,
      ],
      [
        "a log is of a block before its first",
        (page) => ({ ...page, logs: wholePage().logs }),
        /^logs of blocks 5 to \d+ were given for blocks 56 to 104$/,
      ],
      [
        "a log is of a block after its last",
        (page) => ({ ...page, lastBlock: page.firstBlock }),
        /^logs of blocks \d+ to \d+ were given for blocks 56 to 56$/,
      ],
      [
        "it ends at a time before that of its logs",
        (page) => ({ ...page, lastTime: page.lastTime - 1_000n }),
        /^block \d+: the time of a log is \d+, not between \d+ and \d+$/,
      ],
      [
        "it has no logs and ends at a time before what is stored",
        (page) => ({ ...page, lastTime: 1_000n, logs: packLogs([]) }),
        /^block 104 is of 1000, before \d+$/,
      ],
    ])("%s", async (_, altered, says) => {
      const database = await openOnce();
      const deployment = await openApart(database, honest.key, deployments++);
      const [first, second] = pagesOf(honest, [at]) as [Page, Page];
      await ingest(database, deployment, first);
      const before = await dump(database, deployment);
      const refused = ingest(database, deployment, altered(second));
      await expect(refused).rejects.toBeInstanceOf(InconsistentLogs);
      await expect(refused).rejects.toMatchObject({ message: expect.stringMatching(says) });
      expect(await dump(database, deployment)).toEqual(before);
      expect(await ingest(database, deployment, second)).toMatchObject({ block: second.lastBlock });
    });
  });
});

const wholePage = () => pagesOf(honest)[0] as Page;

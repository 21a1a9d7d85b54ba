// SPDX-License-Identifier: AGPL-3.0-only
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { initKeccak } from "../../../service/core/keccak.ts";
import type { Database } from "../../../service/store/database.ts";
import {
  type Deployment,
  openDeployment,
  type Position,
  readPosition,
} from "../../../service/store/deployment.ts";
import { ingest } from "../../../service/store/ingest.ts";
import type { OpenDatabaseParams } from "../../../service/store/open-database.ts";
import type { Page } from "../../../service/store/pages.ts";
import { rollBack } from "../../../service/store/roll-back.ts";
import { onEachDatabase, openApart } from "../helpers/database.ts";
import { dump } from "../helpers/dump.ts";
import { pagesOf } from "../helpers/pages.ts";
import { mulberry32 } from "../helpers/random.ts";
import { RUN } from "../helpers/run.ts";
import { extend, newSimulatedChain } from "../helpers/simulated-chain.ts";

await initKeccak();

const WRITERS = 3;
const KEY = newSimulatedChain().key;

/** Two blocks a page. */
function somePages(count: number): Page[] {
  const chain = extend(newSimulatedChain(), 2 * count, mulberry32(6));
  return pagesOf(
    chain,
    chain.blocks.map((_, i) => i).filter((i) => i % 2 === 1),
  );
}

type Outcome = Position | "behind";

/** One stored the page, and those who came later were told so. */
function expectStoredOnce(outcomes: readonly Outcome[], { lastBlock }: Page): void {
  const stored = outcomes.filter((outcome) => outcome !== "behind");
  expect(stored).toEqual([expect.objectContaining({ block: lastBlock })]);
}

/** The rows are those of somebody who stores the same pages alone. */
async function expectAsIfAlone(database: Database, deployment: Deployment, pages: readonly Page[]) {
  const alone = await openApart(database, KEY, 1n);
  for (const page of pages) await ingest(database, alone, page);
  expect(await dump(database, deployment)).toEqual(await dump(database, alone));
}

async function startWriter(where: OpenDatabaseParams): Promise<ChildProcess> {
  const path = fileURLToPath(new URL("writer.ts", import.meta.url));
  const writer = fork(RUN, [path, JSON.stringify(where)], { execArgv: [], serialization: "advanced" });
  onTestFinished(async () => {
    const ended = once(writer, "exit");
    if (writer.connected) writer.disconnect();
    if (writer.exitCode === null) await ended;
  });
  expect(await answerOf(writer)).toBe("ready");
  return writer;
}

async function answerOf(writer: ChildProcess): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  try {
    const gone = once(writer, "exit", { signal }).then(() => {
      throw new Error("the writer ended without an answer");
    });
    const [answer] = await Promise.race([once(writer, "message", { signal }), gone]);
    return answer;
  } finally {
    over.abort();
  }
}

onEachDatabase(({ name, place, open }) => {
  test("each page is stored once by two processes that have it at the same time", async () => {
    const where = await place();
    const database = await open(where);
    const deployment = await openDeployment(database, KEY);
    const writers = await Promise.all([startWriter(where), startWriter(where)]);
    const pages = somePages(25);
    for (const page of pages) {
      const answers = writers.map((writer) => answerOf(writer));
      for (const writer of writers) writer.send({ deployment, page });
      expectStoredOnce((await Promise.all(answers)) as Outcome[], page);
    }
    await expectAsIfAlone(database, deployment, pages);
  }, 60_000);

  test("each page is stored once by several tasks of a process", async () => {
    const where = await place();
    // One event loop cannot wait for its own other connection to a file.
    const one = await open(where);
    const databases = [one];
    while (databases.length < WRITERS) databases.push(name === "SQLite" ? one : await open(where));
    const deployment = await openDeployment(one, KEY);
    const pages = somePages(25);
    for (const page of pages) {
      const outcomes = databases.map((database) => ingest(database, deployment, page));
      expectStoredOnce(await Promise.all(outcomes), page);
    }
    await expectAsIfAlone(one, deployment, pages);
  });

  test("a page that is rolled back while its successor comes leaves neither of the two behind", async () => {
    const where = await place();
    const one = await open(where);
    const other = name === "SQLite" ? one : await open(where);
    const deployment = await openDeployment(one, KEY);
    const pages = somePages(12);
    const [first, ...later] = pages as [Page, ...Page[]];
    await ingest(one, deployment, first);
    let before = first;
    for (const [i, page] of later.entries()) {
      // Whoever is asked first need not be the first.
      const ingesting = () => ingest(one, deployment, page);
      const rollingBack = () => rollBack(other, deployment, before.lastBlock - 1n);
      const [outcome] =
        i % 2 === 0
          ? await Promise.all([ingesting(), rollingBack()])
          : (await Promise.all([rollingBack(), ingesting()])).reverse();
      // Either the page came first, or it had nothing to continue any more: in the end both are gone.
      if (outcome !== "behind") expect(outcome).toMatchObject({ block: page.lastBlock });
      expect((await readPosition(one, deployment))?.block).toBe(pages[i - 1]?.lastBlock);
      for (const again of pages.slice(pages.indexOf(before), i + 2)) {
        expect(await ingest(one, deployment, again)).toMatchObject({ block: again.lastBlock });
      }
      before = page;
    }
    await expectAsIfAlone(one, deployment, pages);
  });
});

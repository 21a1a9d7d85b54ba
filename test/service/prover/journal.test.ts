// SPDX-License-Identifier: AGPL-3.0-only
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Bid, type BidJournal, openJournal } from "../../../service/prover/journal.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const bid = (digit: string): Bid => ({
  id: `0x${digit.repeat(64)}`,
  fee: 10n ** 27n + 1n,
  salt: `0x${"5a".repeat(32)}`,
  inputUri: 'data:application/json,{"ü":"\\n"}',
});

test("bids come back as they were put, also after a restart, until they are removed", async () => {
  const folder = join(temporaryFolder(), "deep", "bids");
  const journal = await openJournal(folder);
  expect(await journal.all()).toEqual([]);
  await journal.put(bid("b"));
  await journal.put(bid("a"));
  const again = await openJournal(folder);
  expect(await again.all()).toEqual([bid("a"), bid("b")]);
  await again.remove(bid("a").id);
  await again.remove(bid("a").id);
  expect(await journal.all()).toEqual([bid("b")]);
  expect(readdirSync(folder)).toEqual([`${bid("b").id}.json`]);
});

test("of two nodes that have one folder by mistake one bids, and its salt stays", async () => {
  const folder = temporaryFolder();
  const journals = await Promise.all([openJournal(folder), openJournal(folder)]);
  const bids = journals.map((_, i): Bid => ({ ...bid("d"), salt: `0x${String(i).repeat(64)}` }));
  const puts = await Promise.allSettled(journals.map((journal, i) => journal.put(bids[i] as Bid)));
  const refused = puts.filter((put) => put.status === "rejected");
  expect(refused.map(({ reason }) => reason.message)).toEqual([
    expect.stringContaining("another node has bid for it from this folder"),
  ]);
  const [one] = journals as [BidJournal, BidJournal];
  const kept = await one.all();
  expect(kept).toEqual([bids[puts.findIndex(({ status }) => status === "fulfilled")]]);
  await expect(one.put(bid("d"))).rejects.toThrow("another node has bid");
  expect(await one.all()).toEqual(kept);
  expect(readdirSync(folder)).toEqual([`${bid("d").id}.json`]);
});

test("nobody else on the machine may read salts", async () => {
  const folder = join(temporaryFolder(), "bids");
  await openJournal(folder);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test("what was left half-written is no bid, and a broken bid is named", async () => {
  const folder = temporaryFolder();
  const journal = await openJournal(folder);
  const { id } = bid("c");
  writeFileSync(join(folder, `${id}.json~0123`), "{");
  expect(await journal.all()).toEqual([]);
  const path = join(folder, `${id}.json`);
  for (const [text, problem] of [
    ["{", "JSON"],
    ["[]", "bid"],
    ["{}", "schema"],
    [JSON.stringify({ schema: "provender.bid/1", id, fee: "1", salt: id }), "inputUri"],
    [JSON.stringify({ schema: "provender.bid/1", id, fee: 1, salt: id, inputUri: "" }), "fee"],
    [JSON.stringify({ schema: "provender.bid/1", id, fee: "1", salt: "0x", inputUri: "" }), "salt"],
  ] as const) {
    writeFileSync(path, text);
    await expect(journal.all()).rejects.toThrow(path);
    await expect(journal.all()).rejects.toThrow(problem);
  }
});

test("a bid of another release is left to that one, and its file as it is", async () => {
  const folder = temporaryFolder();
  const journal = await openJournal(folder);
  const { id } = bid("c");
  const path = join(folder, `${id}.json`);
  const text = JSON.stringify({ schema: "provender.bid/2", id });
  writeFileSync(path, text);
  await expect(journal.all()).rejects.toMatchObject({
    field: path,
    message: expect.stringContaining("not provender.bid/1"),
    hint: "use the release that wrote the file",
  });
  expect(readFileSync(path, "utf8")).toBe(text);
});

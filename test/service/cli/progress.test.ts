// SPDX-License-Identifier: AGPL-3.0-only
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Context } from "../../../service/cli/context.ts";
import { reporterOf } from "../../../service/cli/progress.ts";

let written = "";
let notes: string[] = [];

beforeEach(() => {
  written = "";
  notes = [];
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => void vi.useRealTimers());

function contextOf(terminal: Context["terminal"]): Context {
  const note = (line: string) => void notes.push(line);
  return { env: {}, cwd: "/", version: "", out: () => undefined, exit: () => undefined, note, terminal };
}

function onTerminal(columns: number) {
  const write = (text: string) => {
    written += text;
  };
  return reporterOf(contextOf({ columns: () => columns, write }));
}

test("a terminal shows a bar with the time that is left, which lines go above, and nothing at the end", async () => {
  const reporter = await onTerminal(200);
  vi.advanceTimersByTime(30_000);
  reporter.show({ first: 1n, block: 25n, last: 100n, logs: 70 });
  expect(written).toBe("\r\u001b[K[======                  ] 25 % block 25 of 100, 70 logs, 2 min left");
  reporter.say("block 3 was replaced");
  expect(notes).toEqual(["block 3 was replaced"]);
  written = "";
  reporter.end();
  expect(written).toBe("\r\u001b[K");
});

test("a terminal gets no more than it can show, as wide as it is, and always the end", async () => {
  const reporter = await onTerminal(20);
  for (let block = 1n; block <= 100n; block++) reporter.show({ first: 1n, block, last: 100n, logs: 0 });
  const drawn = written.split("\r\u001b[K").slice(1);
  expect(drawn).toEqual(["[                  ", "[=================="]);
});

test("a log gets a line of JSON every few seconds", async () => {
  const reporter = await reporterOf(contextOf(undefined));
  for (let block = 1n; block <= 100n; block++) {
    reporter.show({ first: 1n, block, last: 100n, logs: 0 });
    vi.advanceTimersByTime(100);
  }
  const lines = notes.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ block }) => block)).toEqual([1, 51, 100]);
  expect(lines[1]).toMatchObject({ last: 100, logs: 0, secondsLeft: 5, msg: "reading the chain" });
});

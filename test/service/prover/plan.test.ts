// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, test } from "vitest";
import { nextStep, type RequestState, STATUS, type Standing } from "../../../service/prover/plan.ts";

const US = `0x${"ab".repeat(20)}` as const;
const THEM = `0x${"cd".repeat(20)}` as const;
const NOBODY = `0x${"00".repeat(20)}` as const;
const WITHDRAWN = 6;

const open: RequestState = {
  status: STATUS.open,
  commitEnd: 100n,
  revealEnd: 200n,
  deadline: 300n,
  leader: NOBODY,
};
const step = (standing: Standing, now: bigint, request: Partial<RequestState> = {}) =>
  nextStep({ ...open, ...request }, standing, US, now);
const end = (outcome: string) => ({ kind: "end", outcome });

describe("while bids are taken", () => {
  test("a bid that is not sealed yet, or another than ours, is committed, to the last second", () => {
    for (const now of [0n, 100n]) {
      expect(step("none", now)).toEqual({ kind: "commit" });
      expect(step("other", now)).toEqual({ kind: "commit" });
      expect(step("sealed", now)).toEqual({ kind: "wait", until: 101n });
    }
  });
});

describe("while bids are revealed", () => {
  test("ours is, whoever leads, from the first second to the last", () => {
    for (const now of [101n, 200n]) {
      expect(step("sealed", now)).toEqual({ kind: "reveal" });
      expect(step("sealed", now, { leader: THEM })).toEqual({ kind: "reveal" });
      expect(step("revealed", now)).toEqual({ kind: "wait", until: 201n });
      expect(step("revealed", now, { leader: US })).toEqual({ kind: "wait", until: 201n });
    }
  });

  test("without one there is nothing to do", () => {
    expect(step("none", 101n)).toEqual(end("uncommitted"));
    expect(step("other", 101n)).toEqual(end("unrevealed"));
  });
});

describe("after the auction", () => {
  test("the winner fulfils until the deadline, that moment included", () => {
    const leader = US.toUpperCase().replace("0X", "0x") as typeof US;
    for (const now of [201n, 300n]) expect(step("revealed", now, { leader })).toEqual({ kind: "fulfil" });
    expect(step("revealed", 301n, { leader })).toEqual(end("missed"));
  });

  test("the others are done", () => {
    expect(step("revealed", 201n, { leader: THEM })).toEqual(end("lost"));
    expect(step("sealed", 201n, { leader: THEM })).toEqual(end("unrevealed"));
    expect(step("sealed", 201n)).toEqual(end("unrevealed"));
    expect(step("none", 201n, { leader: THEM })).toEqual(end("uncommitted"));
  });
});

describe("a request that has ended", () => {
  test.each([
    [STATUS.fulfilled, US, "fulfilled"],
    [STATUS.fulfilled, THEM, "lost"],
    [STATUS.missed, US, "missed"],
    [STATUS.missed, THEM, "lost"],
    [WITHDRAWN, US, "closed"],
    [0, NOBODY, "closed"],
  ])("in status %i with leader %s is %s, at any time", (status, leader, outcome) => {
    for (const now of [50n, 150n, 250n, 350n]) {
      expect(step("revealed", now, { status, leader })).toEqual(end(outcome));
    }
  });
});

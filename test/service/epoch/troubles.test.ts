// SPDX-License-Identifier: AGPL-3.0-only
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Chain } from "../../../service/chain/client.ts";
import type { Post } from "../../../service/chain/distributor.ts";
import type { System } from "../../../service/chain/system.ts";
import { troubleTeller } from "../../../service/cli/troubles.ts";
import { scheduleOf } from "../../../service/epoch/schedule.ts";
import type { Status } from "../../../service/epoch/status.ts";
import { type TroubleParams, troubleWatch } from "../../../service/epoch/troubles.ts";
import { StoreError } from "../../../service/store/store.ts";

const DAY = 86_400n;
/** Epochs are days: epoch 0 began with 2027. */
const START = 1_798_761_600n;
const system = { clockStart: START, epochLength: DAY } as System;
const latest: Post = {
  ...{ epoch: 1, postNumber: 2n, root: `0x${"01".repeat(32)}`, total: 0n, postedAt: 0n, claimableAt: 0n },
  ...{ quorum: 2n, attestations: 2n, vetoed: false, active: true },
};

/** At a time of the running epoch 3, with epochs 0 and 1 posted. */
function statusAt(secondsIntoEpoch3: bigint, more: Partial<Status> = {}): Status {
  const timestamp = START + 3n * DAY + secondsIntoEpoch3;
  return { timestamp, currentEpoch: 3, nextEpoch: 2, latest, unrunnable: [], ...more } as Status;
}

const look = (status: Status, more: Partial<TroubleParams> = {}) =>
  troubleWatch({ system, status: () => status, ...more })();

describe("what does not go on by itself", () => {
  test("is an epoch without a root an hour after its end, or after the firing that let it be posted", async () => {
    expect(await look(statusAt(3_600n))).toEqual({ found: [], overdue: 0, pending: 0 });
    expect(await look(statusAt(7_200n), { posts: true })).toMatchObject({
      found: [{ kind: "overdue", own: true, message: "epoch 2 ended 2 hours ago, and has no root" }],
      overdue: 1,
    });
    const schedule = scheduleOf("0 12 * * *");
    expect((await look(statusAt(13n * 3_600n), { schedule })).overdue).toBe(0);
    expect((await look(statusAt(13n * 3_600n + 1n), { schedule })).overdue).toBe(1);
  });

  test("is every epoch after the last firing of a schedule that has come to its end", async () => {
    const schedule = { lastFiring: () => new Date(), firstFiring: () => undefined };
    expect((await look(statusAt(3_600n), { schedule })).overdue).toBe(0);
    expect((await look(statusAt(7_200n), { schedule })).overdue).toBe(1);
  });

  test("names the attestations that hold it up", async () => {
    const pending = { ...latest, attestations: 1n, active: false };
    const { found } = await look(statusAt(7_200n, { latest: pending }));
    expect(found).toMatchObject([
      { kind: "overdue", own: false, message: expect.stringContaining("lacks attestations (1)") },
    ]);
  });

  test("is a vetoed root, and a policy that nobody can run", async () => {
    const policy = { first: 9, last: undefined, newer: false, message: "cannot be run", hint: "correct it" };
    const vetoed = { ...latest, epoch: 2, vetoed: true, active: false };
    const { found } = await look(statusAt(10n, { latest: vetoed, unrunnable: [policy] }));
    expect(found).toMatchObject([
      { kind: "policy", message: "cannot be run", hint: "correct it" },
      { kind: "vetoed", own: false, message: "the root of epoch 2 (post 2) was vetoed" },
    ]);
  });

  describe("is a transaction", () => {
    afterEach(() => vi.useRealTimers());

    const sender = (mined: () => number, read: () => unknown) =>
      ({
        client: { getTransactionCount: async () => mined() } as unknown as Chain["client"],
        address: "0x00000000000000000000000000000000000000aa",
        outbox: { read: async () => read() },
      }) as NonNullable<TroubleParams["sender"]>;

    test("that is not mined for a minute", async () => {
      vi.useFakeTimers({ toFake: ["performance"] });
      let mined = 5;
      const params = {
        system,
        status: () => statusAt(0n),
        sender: sender(
          () => mined,
          () => ({ nonce: 5 }),
        ),
      };
      const watch = troubleWatch(params);
      expect(await watch()).toMatchObject({ found: [], pending: 0 });
      vi.advanceTimersByTime(61_000);
      expect(await watch()).toMatchObject({
        found: [{ kind: "outbox", own: true, message: expect.stringContaining("with nonce 5 is not mined") }],
        pending: 61,
      });
      mined = 6;
      expect(await watch()).toMatchObject({ found: [], pending: 0 });
    });

    test("of which nothing is known, because its file is damaged", async () => {
      const damaged = () => {
        throw new StoreError("damaged", "outbox.json is damaged", "delete it");
      };
      expect(await look(statusAt(0n), { sender: sender(() => 0, damaged) })).toMatchObject({
        found: [{ kind: "outbox", message: "outbox.json is damaged", hint: "delete it" }],
      });
    });
  });
});

test("each is told once while it is there, and once when it is over", async () => {
  const said: string[] = [];
  const logger = { warn: (_: unknown, message?: string) => said.push(message ?? String(_)) };
  let status = statusAt(7_200n);
  const tell = troubleTeller(logger as never, troubleWatch({ system, status: () => status }));
  await tell();
  status = statusAt(10_800n);
  await tell();
  status = statusAt(10_800n, { nextEpoch: 3 });
  await tell();
  await tell();
  expect(said).toEqual([
    "epoch 2 ended 2 hours ago, and has no root",
    "no longer: epoch 2 ended 3 hours ago, and has no root",
  ]);
});

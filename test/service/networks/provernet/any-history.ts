// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "viem";
import { expect } from "vitest";
import { auditNetworkEpoch } from "../../../../service/audit/provernet/audit.ts";
import { computeEpoch } from "../../../../service/core/epoch.ts";
import { keccakHex } from "../../../../service/core/keccak.ts";
import { policyFromJson } from "../../../../service/core/policy.ts";
import { encodeNetworkArtifact } from "../../../../service/networks/provernet/artifact.ts";
import { networkEpoch } from "../../../../service/networks/provernet/epoch-input.ts";
import { type EpochFigures, readFigures } from "../../../../service/networks/provernet/figures.ts";
import { chunksOf, MOST_IN_A_CHUNK, outputHash } from "../../../../service/networks/provernet/output.ts";
import { mulberry32 } from "../../helpers/random.ts";
import { type Booked, MadeHistory } from "./made-history.ts";
import { account, CONTRACTS } from "./made-logs.ts";
import { chainOf, openReading } from "./reading.ts";

const guards = { exclusions: [], minStake: "0" };
const word = (n: number): Hex => `0x${n.toString(16).padStart(64, "0")}`;
const POLICIES = [
  {
    ...{ version: 1, id: "capped", params: { capNumerator: "1", capDenominator: "10" } },
    guards: { ...guards, feeMatchBps: 9_000 },
  },
  {
    ...{ version: 2, id: "capped", params: { capNumerator: "2", capDenominator: "1" }, guards },
    programs: [
      { vk: word(1), multiplierBps: 20_000 },
      { vk: word(3), multiplierBps: 5_000 },
    ],
    campaigns: [
      {
        requesters: [
          { requester: account(0x300), reason: "known" },
          { requester: account(0x302), reason: "known" },
        ],
        ...{ partBps: 4_000, feeMatch: { of: "fee", bps: 9_000 } },
      },
      { requesters: null, partBps: 5_000, feeMatch: { of: "protocol-fee", bps: 9_000 } },
    ],
  },
  {
    ...{ version: 2, id: "work", params: {}, guards, programs: null },
    campaigns: [{ requesters: null, partBps: 10_000, feeMatch: null }],
  },
];

/**
 * Reads a history of `blocks` blocks as it grows, forks and goes on, and holds each epoch that is over to what was booked
 * as it happened, and to what the auditor's own reading of the whole makes of it. Gives how many epochs there were.
 */
export async function expectAgreement(seed: number, blocks: number): Promise<number> {
  let over = 0;
  const random = mulberry32(seed);
  let made = new MadeHistory(random);
  let script = made.script();
  const chain = chainOf(() => script);
  const pins = new Map([[account(0xabc), word(1)]]);
  const { sources, sync, close } = await openReading(chain, CONTRACTS, pins);
  try {
    for (let read = 0; read < blocks; read += blocks / 5) {
      const past = made.grow(blocks / 5 - 6).fork(random);
      made.grow(6);
      script = { ...made.script(), final: made.script().blocks.length - 7 };
      await sync("latest");
      // Other blocks take the place of the last six.
      made = past.grow(6);
      script = made.script();
      await sync();
    }
    const end = script.blocks.at(-1)?.timestamp ?? 0;
    for (let epoch = 1; ; epoch++) {
      const figures = await readFigures(sources.database, sources.deployment, CONTRACTS, epoch);
      if (figures === undefined || figures.window.start > end) return over;
      if (figures.window.end > end) continue;
      over += 1;
      expectBooked(made.w.booked, figures);
      const policy = policyFromJson(POLICIES[(seed + epoch) % POLICIES.length]);
      const budget = figures.window.maximum;
      const { input, logs } = await networkEpoch(sources, figures, { policy, budget });
      const result = computeEpoch(input);
      const { recomputed, findings, set } = await auditNetworkEpoch({
        ...{ client: chain.client, places: { ...CONTRACTS, epochRewards: CONTRACTS.epochRewards as Hex } },
        ...{ epoch, policy: { name: "p", policy, budget }, chunk: MOST_IN_A_CHUNK },
      });
      expect(findings).toEqual([]);
      expect(set).toBe(figures.rewardsSet);
      expect(recomputed?.rows).toEqual(result.rows);
      expect(recomputed?.datasetHash).toBe(keccakHex(encodeNetworkArtifact(result, logs)));
      expect(recomputed?.outputHash).toBe(outputHash(chunksOf(input, result.rows)));
    }
  } finally {
    await close();
  }
}

function expectBooked(booked: Booked, { epoch, window, provers, rewardsSet }: EpochFigures): void {
  const { start, end } = window;
  const settled = booked.settled.get(epoch);
  if (settled !== undefined) expect(window).toEqual({ ...settled, provisional: false });
  const within = <T extends { time: number }>(list: readonly T[]) =>
    list.filter(({ time }) => time >= start && time < end);
  const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
  const ofEpoch = [...booked.set].filter(([key]) => key.startsWith(`${epoch} `));
  expect(rewardsSet).toBe(sum(ofEpoch.map(([, { amount }]) => amount)));
  for (const own of provers) {
    const { prover } = own;
    const its = <T extends { prover: Hex }>(list: readonly T[]) =>
      list.filter((one) => one.prover === prover);
    const done = within(its(booked.fulfilled));
    expect({
      ...{ prover, fees: own.fees, countedFees: own.countedFees, protocolFees: own.protocolFees },
      ...{ fulfilments: own.fulfilments, newStatements: own.newStatements, statements: own.statements.size },
      ...{ misses: own.misses, missesByDeadline: own.missesByDeadline, donated: own.donated },
      ...{ assetSeconds: own.assetSeconds, rewardSet: own.rewardSet, rate: own.rates.forEpochRewards },
    }).toEqual({
      ...{ prover, fees: sum(done.map(({ fee }) => fee)) },
      countedFees: sum(done.map(({ countedFee }) => countedFee)),
      protocolFees: sum(done.map(({ protocolFee }) => protocolFee)),
      ...{ fulfilments: done.length, newStatements: done.filter(({ isNew }) => isNew).length },
      statements: new Set(done.map(({ statement }) => statement)).size,
      misses: within(its(booked.missed)).length,
      missesByDeadline: its(booked.missed).filter(({ deadline }) => deadline >= start && deadline < end)
        .length,
      donated: sum(within(its(booked.donated)).map(({ amount }) => amount)),
      assetSeconds: assetSeconds(its(booked.held), start, end),
      rewardSet: ofEpoch.find(([key]) => key.endsWith(prover))?.[1].amount,
      rate: {
        beforeStart: rateBy(its(booked.rates).filter(({ time }) => time < start)),
        atStart: rateBy(its(booked.rates).filter(({ time }) => time <= start)),
      },
    });
  }
}

function assetSeconds(held: Booked["held"], start: number, end: number): bigint {
  let total = 0n;
  held.forEach(({ time, assets }, i) => {
    const [from, to] = [Math.max(time, start), Math.min(held[i + 1]?.time ?? end, end)];
    if (to > from) total += assets * BigInt(to - from);
  });
  return total;
}

function rateBy(rates: Booked["rates"]): number {
  const bySource = new Map<string, number>();
  for (const { source, bps, wiped } of rates) {
    if (wiped) bySource.clear();
    if (bps === undefined) bySource.delete(source);
    else bySource.set(source, bps);
  }
  return bySource.get(CONTRACTS.epochRewards as string) ?? bySource.get(account(0)) ?? 0;
}

// SPDX-License-Identifier: AGPL-3.0-only
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type CampaignCheck, campaignChecks } from "../../../service/cli/campaign-check.ts";
import type { Asked } from "../../../service/core/campaigns.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { encodePolicy } from "../../../service/core/policy.ts";
import type {
  Address,
  Campaign,
  CampaignWork,
  PolicyV2,
  ProverInput,
  Row,
} from "../../../service/core/types.ts";
import { sampleArtifact } from "../helpers/artifact.ts";
import { campaignRewards } from "../helpers/campaign-rewards.ts";
import { cli } from "../helpers/cli.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import {
  type RecordedChain,
  recordedChains,
  serveRecorded,
  twoRequesters,
} from "../helpers/recorded-chain.ts";

beforeAll(initKeccak);

const CHAIN = recordedChains[0] as RecordedChain;
/** Who asks for everything on the recorded chain. */
const REQUESTER = "0x00000000000000000000000000000000000e4a51";
const STRANGER = "0x00000000000000000000000000000000000e4a52";
const LISTED: Campaign = {
  requesters: [{ requester: REQUESTER, reason: "known" }],
  partBps: 6_000,
  feeMatch: { of: "fee", bps: 4_000 },
};
const OPEN: Campaign = { requesters: null, partBps: 4_000, feeMatch: { of: "protocol-fee", bps: 9_000 } };

function policyOf(...campaigns: Campaign[]): PolicyV2 {
  return {
    ...{ version: 2, id: "work", params: {}, programs: null },
    ...{ guards: { exclusions: [], minStake: 0n }, campaigns },
  };
}

async function check(policy: PolicyV2, ...args: string[]) {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "p"), encodePolicy(policy));
  writeFileSync(join(cwd, "a"), sampleArtifact().bytes);
  return cli(["policy", "check", "p", ...args], { cwd });
}

const warningsOf = async (...campaigns: Campaign[]): Promise<string[][]> => {
  const { code, stdout, stderr } = await check(policyOf(...campaigns), "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout).campaigns.map(({ warnings }: CampaignCheck) => warnings);
};

describe("on the example", () => {
  test("each campaign is shown with its bound, and what is left of it after the protocol fees", async () => {
    const { stdout } = await check(policyOf(LISTED, OPEN), "--json");
    const { campaigns, added } = JSON.parse(stdout);
    const [listed, open] = campaigns;
    // Of 150: 90 and 60; the bound is 40 % of the counted fees or the campaign, whichever is less.
    expect([listed.budget, open.budget]).toEqual([`90${"0".repeat(18)}`, `60${"0".repeat(18)}`]);
    for (const { budget, bound, gain, paid, countedFees, protocolFees } of campaigns) {
      expect(BigInt(paid) <= BigInt(bound)).toBe(true);
      expect(BigInt(bound) <= BigInt(budget)).toBe(true);
      const left = BigInt(bound) - BigInt(protocolFees);
      expect(BigInt(gain)).toBe(left > 0n ? left : 0n);
      expect(BigInt(countedFees) > 0n).toBe(true);
    }
    expect(BigInt(listed.gain) > 0n && open.gain === "0").toBe(true);
    expect(BigInt(listed.paid) + BigInt(open.paid)).toBe(BigInt(added));
    const text = (await check(policyOf(LISTED, OPEN))).stdout;
    expect(text).toMatch(/^campaign +budget +paid +counted fees +protocol fees +bound +gain at most$/m);
    expect(text).toMatch(/^0 +90 /m);
  });

  test("money for anybody, and no bound for anybody, are never passed over", async () => {
    const byFee = { ...OPEN, feeMatch: { of: "fee", bps: 4_000 } } as const;
    expect(await warningsOf(LISTED, byFee)).toEqual([
      [],
      [expect.stringContaining("open to everybody with 4000 bps of the fee: money for anybody")],
    ]);
    const [[unbound]] = (await warningsOf({ ...OPEN, feeMatch: null })) as [[string]];
    expect(unbound).toContain("open to everybody without fee match");
    // For people as for programs.
    const { stdout } = await check(policyOf(LISTED, byFee));
    expect(stdout).toMatch(/^warning: campaign 1: open to everybody with 4000 bps/m);
  });

  test("an open fee match of 100 % or more of the protocol fees is warned of, below it is not", async () => {
    const at = async (bps: number) => {
      const [warnings] = await warningsOf({ ...OPEN, feeMatch: { of: "protocol-fee", bps } });
      return (warnings as string[]).filter((warning) => warning.includes("100 %"));
    };
    expect(await at(9_999)).toEqual([]);
    expect(await at(10_000)).toEqual([
      expect.stringContaining("copying a statement from another address is free"),
    ]);
    expect(await at(10_001)).toEqual([expect.stringContaining("copying and dealing with oneself gain")]);
  });

  test("multipliers that leave room to fill are warned of", async () => {
    // One prover's program counts half.
    const [warnings] = await warningsOf({ ...OPEN, partBps: 10_000 });
    expect(warnings).toEqual([expect.stringContaining("multipliers are far apart (5000 and 10000 bps)")]);
  });
});

test("multipliers far apart are seen though one prover serves them all, and are not where only listed ones differ", () => {
  const at = (requester: Address, multiplier: bigint): Asked => ({
    ...{ prover: `0x${"aa".repeat(20)}`, requester, fee: 100n, protocolFee: 10n },
    ...{ weight: 100n * multiplier, countedWeight: 100n * multiplier },
  });
  const warned = (bps: number, ...asked: Asked[]) =>
    campaignChecks(policyOf(LISTED, { ...OPEN, feeMatch: { of: "protocol-fee", bps } }), 100n, [], asked).map(
      ({ warnings }) => warnings.filter((warning) => warning.includes("far apart")),
    );
  expect(warned(9_000, at(STRANGER, 10_000n), at(STRANGER, 30_000n))).toEqual([
    [],
    [expect.stringContaining("multipliers are far apart (10000 and 30000 bps)")],
  ]);
  // A program that is not listed counts nothing, and fills no room.
  expect(warned(9_000, at(STRANGER, 10_000n), at(STRANGER, 0n), at(REQUESTER, 30_000n))).toEqual([[], []]);
  expect(warned(15_000, at(STRANGER, 10_000n), at(STRANGER, 10_000n))).toEqual([[], []]);
});

test("fee match of protocol fees that nobody pays is warned of, for listed requesters too", () => {
  const work: CampaignWork = {
    ...{ campaign: 0, fulfilments: 1, work: 10_000n, fees: 1n, countedFees: 1n, protocolFees: 0n },
  };
  const prover: ProverInput = {
    ...{ prover: `0x${"aa".repeat(20)}`, vault: `0x${"bb".repeat(20)}`, work: 10_000n, stake: 1n },
    ...{ fulfilments: 1, misses: 0, fees: 1n, protocolFees: 0n, commissionBps: 0, campaigns: [work] },
  };
  const policy = policyOf({ ...LISTED, feeMatch: { of: "protocol-fee", bps: 9_000 } });
  const [reward] = campaignRewards(policy, 100n, [prover]);
  expect(reward?.amount).toBe(0n);
  const row: Row = {
    ...prover,
    ...(reward as NonNullable<typeof reward>),
    ...{ commission: 0n, cumulative: 0n, cumulativeCommission: 0n },
  };
  expect(campaignChecks(policy, 100n, [row])).toMatchObject([
    {
      paid: 0n,
      bound: 0n,
      gain: 0n,
      warnings: ["fee match pays nothing: the work brought no protocol fees"],
    },
  ]);
});

test("an artifact does not tell who asked: --data is refused, and --epoch named instead", async () => {
  const { code, stdout, stderr } = await check(policyOf(LISTED, OPEN), "--data", "a");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(
    "does not say who asked for what under other campaigns; give --epoch instead of --data",
  );
});

test("on a recorded epoch, from its logs: whom the policy lists, and what the policy in force paid beside it", async () => {
  const { rpcUrl, close } = await serveRecorded(CHAIN);
  onTestFinished(close);
  const source = ["--rpc", rpcUrl, "--distributor", CHAIN.distributor, "--data-dir", temporaryFolder()];
  const on = async (policy: PolicyV2) => {
    const { code, stdout, stderr } = await check(policy, "--epoch", "1", "--json", ...source);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  };
  const { rows, added } = JSON.parse(CHAIN.epochs[1]?.artifact ?? "");
  const fees = rows.reduce((sum: bigint, { fees: own }: { fees: string }) => sum + BigInt(own), 0n);

  const all = await on(policyOf(LISTED, OPEN));
  expect(all.against).toMatchObject({ file: "the policy in force", added });
  const [listed, open] = all.campaigns;
  expect(BigInt(listed.countedFees) > 0n && BigInt(listed.countedFees) <= fees).toBe(true);
  expect(open).toMatchObject({ work: "0", countedFees: "0", paid: "0", bound: "0", gain: "0" });
  expect(listed.paid).toBe(all.added);

  // Where a stranger is listed, the same work counts for everybody else.
  const stranger = { ...LISTED, requesters: [{ requester: STRANGER, reason: "not seen" }] } as const;
  const other = await on(policyOf(stranger, OPEN));
  expect(other.campaigns[0]).toMatchObject({ work: "0", paid: "0" });
  expect(other.campaigns[1]).toMatchObject({ work: listed.work, countedFees: listed.countedFees });
});

describe("over past epochs", () => {
  async function over(range: string, policy: PolicyV2, ...more: string[]) {
    const { rpcUrl, close } = await serveRecorded(CHAIN);
    onTestFinished(close);
    const source = ["--rpc", rpcUrl, "--distributor", CHAIN.distributor, "--data-dir", temporaryFolder()];
    return check(policy, "--epoch", range, ...source, ...more);
  }
  const paidIn = (epoch: number) => BigInt(JSON.parse(CHAIN.epochs[epoch]?.artifact ?? "").added);

  test("a candidate is set beside the policy in force in each: by epoch, by prover and in all", async () => {
    const { code, stdout, stderr } = await over("0..2", policyOf(LISTED, OPEN), "--json");
    expect(code, stderr).toBe(0);
    const { epochs, provers, total, campaigns, against } = JSON.parse(stdout);
    expect(against).toEqual({ file: "the policy in force", policyHash: null });
    expect(epochs.map(({ epoch }: { epoch: number }) => epoch)).toEqual([0, 1, 2]);
    // What was really paid, and carried.
    const artifacts = CHAIN.epochs.slice(0, 3).map(({ artifact }) => JSON.parse(artifact));
    epochs.forEach((past: { carryIn: string; other: object }, i: number) => {
      const { policyHash, budget, added, carryIn, carryOut, dropped } = artifacts[i];
      expect(past.other).toEqual({ policyHash, budget, added, carry: carryOut, dropped });
      expect(past.carryIn).toBe(carryIn);
    });
    const rows = artifacts.flatMap(({ rows: own }) => own as { prover: string; amount: string }[]);
    for (const { prover, amount, other, difference } of provers) {
      const own = rows.filter((row) => row.prover === prover.toLowerCase());
      expect(BigInt(other)).toBe(own.reduce((sum, row) => sum + BigInt(row.amount), 0n));
      expect(BigInt(difference)).toBe(BigInt(amount) - BigInt(other));
    }
    const sum = (list: Record<string, string>[], key: string) =>
      String(list.reduce((all, one) => all + BigInt(one[key] ?? 0), 0n));
    expect(total.other).toBe(String(paidIn(0) + paidIn(1) + paidIn(2)));
    expect([sum(provers, "amount"), sum(epochs, "added")]).toEqual([total.amount, total.amount]);
    expect(sum(campaigns, "paid")).toBe(total.amount);
    // Each epoch is what it is alone.
    const alone = JSON.parse((await over("1", policyOf(LISTED, OPEN), "--json")).stdout);
    expect(epochs[1]).toMatchObject({ epoch: 1, added: alone.added, carry: alone.carryOut });
  });

  test("a candidate is set beside another one, to the last epoch that has ended, in a table too", async () => {
    const all = policyOf({ ...OPEN, partBps: 10_000, feeMatch: null });
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "other"), encodePolicy(all));
    const { code, stdout, stderr } = await over("2..", policyOf(LISTED), "--against", join(cwd, "other"));
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(
      /^epochs 2 to 3 of chain 31337, each with the carry that it had; .* beside .*other$/m,
    );
    expect(stdout).toMatch(/^epoch +budget +paid +carried on +dropped +other paid +difference$/m);
    expect(stdout).toMatch(/^3 +/m);
    expect(stdout).toMatch(/^prover +amount +other +difference$/m);
    expect(stdout).toMatch(/^all +/m);
  });

  test("a range that is none is refused, and so is one of epochs to come", async () => {
    for (const range of ["3..2", "1..2..3", "a..2", ".."]) {
      const { code, stderr } = await over(range, policyOf(LISTED));
      expect(code).toBe(2);
      expect(stderr).toContain("--epoch: not a");
    }
    const { code, stderr } = await over("2..9", policyOf(LISTED));
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/epoch 4 has not ended/);
  });
});

test("a dry run of an epoch shows what each campaign pays each prover", async () => {
  const { rpcUrl, close } = await serveRecorded(twoRequesters);
  onTestFinished(close);
  const where = [
    "--rpc",
    rpcUrl,
    "--distributor",
    twoRequesters.distributor,
    "--data-dir",
    temporaryFolder(),
  ];
  const { code, stdout, stderr } = await cli(["epoch", "run", "--epoch", "0", ...where]);
  expect(code, stderr).toBe(0);
  const { rows } = JSON.parse(twoRequesters.epochs[0]?.artifact ?? "") as { rows: Row[] };
  const shown = [...stdout.matchAll(/^(0x\w+)…\w+ +(\d) +\S+ +\S+ +\S+ +(–|fee match)$/gm)];
  expect(shown.map(([, prover = "", ...others]) => [prover.toLowerCase(), ...others])).toEqual(
    rows.flatMap(({ prover, campaigns = [] }) =>
      campaigns.map(({ campaign, limitedBy }) => [
        ...[prover.slice(0, 8), String(campaign), limitedBy === "none" ? "–" : "fee match"],
      ]),
    ),
  );
  expect(shown.length).toBeGreaterThan(2);
});

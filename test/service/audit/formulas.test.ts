// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { artifactBytes, recompute } from "../../../service/audit/recompute.ts";
import { artifactOf, encodeArtifact } from "../../../service/core/artifact.ts";
import { computeEpoch } from "../../../service/core/epoch.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import type { EpochInput } from "../../../service/core/types.ts";
import { newFolder } from "../helpers/folder.ts";
import { type Auditor, epochInput, expectAgreement, type Job } from "./random-epochs.ts";

// As many epochs as `npm test` draws for the agreement, here from one seed: each of these must be caught by them.
const RUNS = 1_000;
const SEED = 7;

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = newFolder();
let inputs: readonly EpochInput[];

beforeAll(async () => {
  await initKeccak();
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  inputs = fc.sample(epochInput, { numRuns: RUNS, seed: SEED });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The same for each epoch, however many copies it is compared with. */
function onceEach<T>(make: (input: EpochInput) => T): (input: EpochInput) => T {
  const made = new Map<EpochInput, T>();
  return (input) => {
    const known = made.get(input) ?? make(input);
    made.set(input, known);
    return known;
  };
}

const job: Job = { computeEpoch: onceEach(computeEpoch), artifactOf, encodeArtifact };
const auditor: Auditor = { recompute: onceEach(recompute), artifactBytes };

let copies = 0;

/** These modules of the service, beside each other, as one with one place of one file written differently. */
async function copyWith(
  modules: readonly string[],
  file: string,
  from: string,
  to: string,
): Promise<Record<string, never>> {
  const changed = join(root, "service", file);
  const source = readFileSync(changed, "utf8");
  expect(source.split(from), `${from} stands once in ${file}`).toHaveLength(2);
  const read: string[] = [];
  const outfile = join(folder, `${copies++}.mjs`);
  await build({
    stdin: {
      contents: modules.map((name) => `export * from "./${name}";`).join("\n"),
      resolveDir: dirname(changed),
    },
    ...{ bundle: true, format: "esm", platform: "node", target: "node20", packages: "external", outfile },
    plugins: [
      {
        name: "written differently",
        setup: ({ onLoad }) => {
          onLoad({ filter: /\.ts$/ }, ({ path }) => {
            if (path !== changed) return undefined;
            read.push(path);
            return { contents: source.replace(from, to), loader: "ts" };
          });
        },
      },
    ],
  });
  expect(read).toEqual([changed]);
  return import(pathToFileURL(outfile).href);
}

async function jobWith(file: string, from: string, to: string): Promise<Job> {
  const copy = await copyWith(["keccak.ts", "epoch.ts", "artifact.ts"], file, from, to);
  await (copy as unknown as { initKeccak: typeof initKeccak }).initKeccak();
  return copy as unknown as Job;
}

async function auditorWith(file: string, from: string, to: string): Promise<Auditor> {
  return (await copyWith(["recompute.ts"], file, from, to)) as unknown as Auditor;
}

function isCaught(theirs: Job, ours: Auditor, runs = RUNS): boolean {
  return inputs.slice(0, runs).some((input) => {
    try {
      expectAgreement(theirs, ours, input);
      return false;
    } catch {
      return true;
    }
  });
}

const REWARDS = "core/rewards.ts";
const ALLOC = "core/alloc.ts";
const CAMPAIGNS = "core/campaigns.ts";
const THEIR_CAMPAIGNS = "audit/campaigns.ts";
const EPOCH = "core/epoch.ts";
const POLICY = "audit/policy.ts";
const RECOMPUTE = "audit/recompute.ts";

it("copies as they are agree", async () => {
  const same = await jobWith(REWARDS, "let work = 0n;", "let work = 0n + 0n;");
  expect(isCaught(same, auditor, 50)).toBe(false);
});

describe("a formula of the job that is written differently is caught by the auditor", () => {
  const capped = "(stake * policy.params.capNumerator) / policy.params.capDenominator";
  const boosted = "(offered * policy.params.boostNumerator * stake) / (policy.params.boostDenominator * sum)";
  const commission = "(amount * BigInt(provers.commissionBps(position))) / BPS";
  it.each([
    [
      "parts of the work are rounded up",
      REWARDS,
      "(offered * earner.work) / work",
      "(offered * earner.work + work - 1n) / work",
    ],
    ["the stake of idle provers counts", REWARDS, "if (own === 0n) continue;", ""],
    ["the carry is not offered", EPOCH, "budget + input.carry", "budget"],
    [
      "the stake cap is upside down",
      REWARDS,
      capped,
      "(stake * policy.params.capDenominator) / policy.params.capNumerator",
    ],
    [
      "the boost is rounded too early",
      REWARDS,
      boosted,
      "(((offered * stake) / sum) * policy.params.boostNumerator) / policy.params.boostDenominator",
    ],
    ["a minimum stake must be exceeded", REWARDS, "stake < minStake", "stake <= minStake"],
    [
      "an exclusion leaves a wei",
      REWARDS,
      "excluded.has(earner.prover) ? 0n",
      "excluded.has(earner.prover) ? 1n",
    ],
    [
      "the fee match is of the whole fees",
      REWARDS,
      "({ protocolFees }) => (bps",
      "({ fees: protocolFees }) => (bps",
    ],
    [
      "the fee match is rounded up",
      REWARDS,
      "(bps * protocolFees) / BPS",
      "(bps * protocolFees + BPS - 1n) / BPS",
    ],
    ["a limit that takes nothing is named", REWARDS, "amount <= most", "amount < most"],
    [
      "missing wei go to the smallest remainders",
      ALLOC,
      "const distance = this.#sum - remainder;",
      "const distance = remainder;",
    ],
    [
      "remainders that begin alike are ordered the other way",
      ALLOC,
      "ofA < ofB ? -1 : 1",
      "ofA < ofB ? 1 : -1",
    ],
    ["ties go to the higher address", ALLOC, "|| a - b", "|| b - a"],
    ["one wei is not dealt", ALLOC, "order.subarray(0, count)", "order.subarray(1, count)"],
    [
      "commissions are rounded up",
      EPOCH,
      commission,
      "(amount * BigInt(provers.commissionBps(position)) + BPS - 1n) / BPS",
    ],
    [
      "two budgets may be carried",
      EPOCH,
      "left < budget ? left : budget",
      "left < 2n * budget ? left : 2n * budget",
    ],
    ["the total forgets the one before", EPOCH, "asUint(previous.total + added", "asUint(added"],
    ["a prover who earned nothing has a leaf", EPOCH, "if (cumulative === 0n) continue;", ""],
    ["an odd node is dropped", "core/tree.ts", "width % 2 === 1", "width % 2 === 2"],
    [
      "a campaign takes of the carry",
      EPOCH,
      "rewardByCampaign(policy, budget",
      "rewardByCampaign(policy, pot.offered",
    ],
    [
      "a campaign's budget is rounded up",
      CAMPAIGNS,
      "BigInt(partBps)) / BPS",
      "BigInt(partBps) + BPS - 1n) / BPS",
    ],
    [
      "the fee is matched whole",
      CAMPAIGNS,
      "work.countedFees : work.protocolFees",
      "work.fees : work.protocolFees",
    ],
    ["the kinds of fees are exchanged", CAMPAIGNS, 'match.of === "fee"', 'match.of !== "fee"'],
    ["the stake cap holds for nobody", CAMPAIGNS, 'policy.id === "capped"', "policy.version > 2"],
    [
      "misses stand in the order they were read in",
      "core/epoch-input.ts",
      "checked.sort(byDeadlineEpochAndRequest)",
      "checked",
    ],
  ])("%s", async (_, file, from, to) => {
    expect(isCaught(await jobWith(file, from, to), auditor)).toBe(true);
  });
});

describe("a formula of the auditor that is written differently is caught by the job", () => {
  const boosted = "(offered * boostNumerator * prover.stake) / divisor";
  const commission = "(amount * BigInt(prover.commissionBps)) / 10_000n";
  it.each([
    [
      "parts of the work are rounded up",
      POLICY,
      "(offered * prover.work) / work)",
      "(offered * prover.work + work - 1n) / work)",
    ],
    ["the stake of idle provers counts", POLICY, "prover.work > 0n", "prover.work >= 0n"],
    [
      "the carry is not offered",
      RECOMPUTE,
      "awards(input.policy, budget + carry",
      "awards(input.policy, budget",
    ],
    [
      "the stake cap is upside down",
      POLICY,
      "capNumerator) / policy.params.capDenominator",
      "capDenominator) / policy.params.capNumerator",
    ],
    [
      "the boost is rounded too early",
      POLICY,
      boosted,
      "((offered * prover.stake) / divisor) * boostNumerator",
    ],
    ["without stakes the boost is all", POLICY, "divisor === 0n ? 0n", "divisor === 0n ? offered"],
    ["a minimum stake must be exceeded", POLICY, "prover.stake < policy", "prover.stake <= policy"],
    ["an exclusion leaves a wei", POLICY, '["excluded", 0n]', '["excluded", 1n]'],
    [
      "the fee match is of the whole fees",
      POLICY,
      "prover.protocolFees) / 10_000n",
      "prover.fees) / 10_000n",
    ],
    [
      "the fee match is a ten-thousandth off",
      POLICY,
      "BigInt(policy.guards.feeMatchBps)",
      "BigInt(policy.guards.feeMatchBps - 1)",
    ],
    ["a limit that takes nothing is named", POLICY, "limit < award.amount", "limit <= award.amount"],
    [
      "missing wei go to the smallest remainders",
      POLICY,
      "difference > 0n ? 1 : -1",
      "difference > 0n ? -1 : 1",
    ],
    [
      "ties go to the higher address",
      POLICY,
      "(provers[b] as ProverInput).prover ? -1 : 1",
      "(provers[b] as ProverInput).prover ? 1 : -1",
    ],
    ["one wei is not dealt", POLICY, "order.slice(0, rest)", "order.slice(1, rest)"],
    [
      "commissions are rounded up",
      RECOMPUTE,
      commission,
      "(amount * BigInt(prover.commissionBps) + 9_999n) / 10_000n",
    ],
    [
      "two budgets may be carried",
      RECOMPUTE,
      "left > budget ? budget : left",
      "left > 2n * budget ? 2n * budget : left",
    ],
    ["the total forgets the one before", RECOMPUTE, "total: previous.total + added", "total: added"],
    ["a leaf of the epoch before is forgotten", RECOMPUTE, "(before?.cumulative ?? 0n) + amount", "amount"],
    ["leaves are not sorted", "audit/hashing-native.ts", "sortLeaves: true", "sortLeaves: false"],
    ["pairs are not sorted", "audit/hashing-native.ts", "sortPairs: true", "sortPairs: false"],
    [
      "a leaf is hashed once",
      "audit/tree.ts",
      "hashOfWords(hashOfWords(domain, prover, cumulative, cumulativeCommission))",
      "hashOfWords(domain, prover, cumulative, cumulativeCommission)",
    ],
    [
      "a campaign's budget is rounded up",
      THEIR_CAMPAIGNS,
      "BigInt(partBps)) / 10_000n",
      "BigInt(partBps) + 9_999n) / 10_000n",
    ],
    ["the kinds of fees are exchanged", THEIR_CAMPAIGNS, 'feeMatch.of === "fee"', 'feeMatch.of !== "fee"'],
    [
      "a part is of all campaigns' work",
      THEIR_CAMPAIGNS,
      "workers.map(({ work }) => work)",
      "provers.map(({ work }) => work)",
    ],
    ["exclusions are forgotten", THEIR_CAMPAIGNS, '["excluded", 0n]', '["excluded", 1n << 255n]'],
    [
      "a fee match that takes nothing is named",
      THEIR_CAMPAIGNS,
      "limit < reward.amount",
      "limit <= reward.amount",
    ],
    ["keys are sorted the other way", "audit/json.ts", "a < b ? -1 : 1", "a < b ? 1 : -1"],
  ])("%s", async (_, file, from, to) => {
    expect(isCaught(job, await auditorWith(file, from, to))).toBe(true);
  });
});

// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import type { System } from "../chain/system.ts";
import { policyHash } from "../core/policy.ts";
import type { LimitedBy, Row } from "../core/types.ts";
import type { Repeat, RepeatedRoot, RootAgain } from "../epoch/repeat.ts";
import type { ComputedEpoch, EpochRun } from "../epoch/run.ts";
import { duration, moment } from "./durations.ts";
import { amount, percent, shortAddress, tableLines, time, work } from "./format.ts";

const HEADER = [
  "prover",
  "work",
  "stake",
  "fulfilments",
  "misses",
  "amount",
  "commission",
  "rate",
  "limited by",
  "cumulative",
];

const CAMPAIGN_HEADER = ["prover", "campaign", "counted fees", "protocol fees", "amount", "limited by"];

export const LIMITS: Record<LimitedBy, string> = {
  none: "–",
  stake: "stake",
  "fee-match": "fee match",
  "min-stake": "minimum stake",
  excluded: "exclusion",
};

/** What an epoch pays, line by line: there is one for each prover. */
export function* epochLines(run: ComputedEpoch, { symbol }: System): Generator<string> {
  const { result } = run;
  const { input } = result;
  const units = (wei: bigint) => `${amount(wei)} ${symbol}`;
  const cellsOf = {
    *[Symbol.iterator]() {
      for (const row of result.rows) yield cells(row);
    },
  };
  yield* [
    `epoch ${input.epoch}: ${time(input.start)} to ${time(input.end)} (${duration(input.end - input.start)})`,
    `snapshot block ${input.snapshot.number} ${input.snapshot.hash}`,
    `policy ${input.policy.id}/${input.policy.version}, budget ${units(input.budget)}, carried in ${units(input.carry)}`,
    `amounts in ${symbol}; work is fees × multipliers, stake is averaged over the epoch`,
    "",
  ];
  yield* tableLines(HEADER, cellsOf, 1);
  // Where nobody worked there is nothing to tell apart.
  const inCampaigns = { [Symbol.iterator]: () => campaignCells(result.rows) };
  if (!inCampaigns[Symbol.iterator]().next().done) {
    yield* ["", "of these amounts by campaign, before what limits a prover in all of them:", ""];
    yield* tableLines(CAMPAIGN_HEADER, inCampaigns, 1);
  }
  yield* [
    "",
    `paid ${units(result.added)}, carried on ${units(result.carry)}, dropped ${units(result.dropped)}`,
    `root ${result.root}, total ${units(result.total)}`,
    `dataset hash ${run.datasetHash}`,
  ];
  if (!run.previousActive) {
    yield `the root of epoch ${input.epoch - 1} is not active yet: it is taken as it would be`;
  }
}

/** What became of its root. */
export const epochOutcome = (run: EpochRun) => outcome(run, "the artifact is stored; nothing was sent");

/** What `epoch run --json` prints: amounts in wei, addresses with checksums. */
export function epochRunJson(run: EpochRun, system: System) {
  const { result } = run;
  const { input } = result;
  return {
    status: run.status,
    epoch: input.epoch,
    chainId: input.chainId,
    distributor: getAddress(input.distributor),
    token: { address: getAddress(system.token), symbol: system.symbol, decimals: 18 },
    window: { start: input.start, end: input.end },
    snapshot: input.snapshot,
    policy: { id: input.policy.id, version: input.policy.version, hash: policyHash(input.policy) },
    budget: input.budget,
    carryIn: input.carry,
    added: result.added,
    carryOut: result.carry,
    dropped: result.dropped,
    root: result.root,
    total: result.total,
    datasetHash: run.datasetHash,
    previousActive: run.previousActive,
    transaction: run.transaction ?? null,
    post: postJson(run),
  };
}

/** The rows of an epoch, one after the other. */
export function* proversJson({ result }: EpochRun) {
  for (const row of result.rows)
    yield { ...row, prover: getAddress(row.prover), vault: getAddress(row.vault) };
}

function cells(row: Row): string[] {
  return [
    shortAddress(row.prover),
    work(row.work),
    amount(row.stake),
    String(row.fulfilments),
    String(row.misses),
    amount(row.amount),
    amount(row.commission),
    percent(row.commissionBps),
    LIMITS[row.limitedBy],
    amount(row.cumulative),
  ];
}

function* campaignCells(rows: Iterable<Row>): Generator<string[]> {
  for (const { prover, campaigns = [] } of rows) {
    for (const { campaign, countedFees, protocolFees, amount: earned, limitedBy } of campaigns) {
      const fees = [amount(countedFees), amount(protocolFees)];
      yield [shortAddress(prover), String(campaign), ...fees, amount(earned), LIMITS[limitedBy]];
    }
  }
}

/** A root that is posted again: nobody's amounts are known. */
export function repeatLines({ toPost, reason }: RootAgain): string[] {
  const { epoch, root, total, datasetHash, snapshot } = toPost;
  return [
    `epoch ${epoch}: ${reason}; the root before it is posted again, and nobody earns anything`,
    `snapshot block ${snapshot.number} ${snapshot.hash}`,
    `root ${root}, total ${amount(total)} tokens (${total} wei)`,
    `dataset hash ${datasetHash}`,
  ];
}

/** For people: what became of a root that is posted again. */
export const repeatOutcome = (run: RepeatedRoot) => outcome(run, "nothing was sent");

/** The same of a root that is posted again. */
export function repeatJson(run: RepeatedRoot, { chainId, distributor }: System) {
  return {
    ...{
      status: run.status,
      repeated: true,
      reason: run.reason,
      chainId,
      distributor: getAddress(distributor),
    },
    ...run.toPost,
    transaction: run.transaction ?? null,
    post: postJson(run),
  };
}

function postJson({ post }: Repeat) {
  if (post === undefined) return null;
  const { postNumber, claimableAt, quorum, attestations, active } = post;
  return { postNumber, claimableAt, quorum, attestations, active };
}

function outcome(
  { status, toPost: { epoch }, post, transaction }: Repeat,
  /** What is to be said of a post that was prepared for a multisig. */
  proposed: string,
): string {
  switch (status) {
    case "dry-run":
      return "dry run: nothing was written or sent; --post posts this root";
    case "proposed":
      return proposed;
    case "posted":
      return `posted as number ${post?.postNumber} in transaction ${transaction}, claimable from ${moment(post?.claimableAt ?? 0n, post?.postedAt ?? 0n)} once ${post?.quorum} of the auditors attested`;
    case "already-posted":
      return `epoch ${epoch} is already posted with this root: nothing was changed`;
  }
}

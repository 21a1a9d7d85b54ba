// SPDX-License-Identifier: AGPL-3.0-only
import { assertSameBytes, encodeCanonical, type Json, parseCanonical } from "./canonical.ts";
import { leavesIn, leftOver, type PackedResult, type Rows } from "./epoch.ts";
import { checkEpochInput, packInput } from "./epoch-input.ts";
import { InputError } from "./errors.ts";
import { asAddress, asArray, asCount, asDecimal, asHash, asRecord, BPS } from "./guard.ts";
import { keccakHex } from "./keccak.ts";
import { domainOf } from "./leaf.ts";
import { policyFromJson, policyHash, policyToJson } from "./policy.ts";
import { LIMITS, plainProver } from "./prover-table.ts";
import { buildRewardTree } from "./reward-tree.ts";
import { SPEC_VERSION } from "./spec-version.ts";
import type { Address, CampaignReward, EpochInput, Hex, Miss, Policy, Row, Snapshot } from "./types.ts";

const ARTIFACT_SCHEMA = "provender.artifact/1";

/** The published record of an epoch: all inputs, all results, nothing about where or when it was made. */
export interface Artifact extends ArtifactHead {
  readonly rows: readonly Row[];
}

/** All of it but what there is one of a prover. */
export interface ArtifactHead {
  readonly chainId: bigint;
  readonly distributor: Address;
  readonly epoch: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly snapshot: Snapshot;
  readonly policy: Policy;
  readonly policyHash: Hex;
  readonly budget: bigint;
  readonly carryIn: bigint;
  readonly carryOut: bigint;
  readonly dropped: bigint;
  readonly added: bigint;
  readonly total: bigint;
  readonly previousRoot: Hex;
  readonly previousTotal: bigint;
  readonly claimedAt: bigint | null;
  readonly root: Hex;
  readonly fulfilments: { readonly count: number; readonly accumulator: Hex };
  readonly misses: readonly Miss[];
}

/** What a head is taken from: an epoch's result, packed or not. */
type Result = Pick<PackedResult, "carry" | "dropped" | "added" | "total" | "root" | "rows"> & {
  readonly input: Omit<EpochInput, "previous" | "provers"> & {
    readonly previous: Omit<EpochInput["previous"], "leaves">;
  };
};

/** An epoch's result as it is published; amounts are bigint, in wei; one row a prover, ascending by address. */
export function artifactOf(result: Result): Artifact {
  return { ...headOf(result), rows: [...result.rows] };
}

/** The same without its rows. */
export function headOf(result: Omit<Result, "rows">): ArtifactHead {
  const { input } = result;
  return {
    chainId: input.chainId,
    distributor: input.distributor,
    epoch: input.epoch,
    start: input.start,
    end: input.end,
    snapshot: input.snapshot,
    policy: input.policy,
    policyHash: policyHash(input.policy),
    budget: input.budget,
    carryIn: input.carry,
    carryOut: result.carry,
    dropped: result.dropped,
    added: result.added,
    total: result.total,
    previousRoot: input.previous.root,
    previousTotal: input.previous.total,
    claimedAt: input.previous.claimedAt ?? null,
    root: result.root,
    fulfilments: input.fulfilments,
    misses: input.misses,
  };
}

/** What the epoch was computed from: running `computeEpoch` on it, with this policy or another, repeats the epoch. */
export function epochInputOf(artifact: Artifact): EpochInput {
  const leaves = artifact.rows
    .filter((row) => row.cumulative > row.amount)
    .map((row) => ({
      prover: row.prover,
      cumulative: row.cumulative - row.amount,
      cumulativeCommission: row.cumulativeCommission - row.commission,
    }));
  return {
    chainId: artifact.chainId,
    distributor: artifact.distributor,
    epoch: artifact.epoch,
    start: artifact.start,
    end: artifact.end,
    snapshot: artifact.snapshot,
    budget: artifact.budget,
    carry: artifact.carryIn,
    policy: artifact.policy,
    previous: {
      root: artifact.previousRoot,
      total: artifact.previousTotal,
      leaves,
      claimedAt: artifact.claimedAt ?? undefined,
    },
    fulfilments: artifact.fulfilments,
    misses: artifact.misses,
    provers: artifact.rows.map(plainProver),
  };
}

/**
 * Its canonical bytes: the same for whoever computes the same epoch.
 * @throws InputError for a policy that is none.
 */
export function encodeArtifact(artifact: Artifact): Uint8Array {
  return new TextEncoder().encode([...artifactTexts(artifact, artifact.rows)].join(""));
}

/**
 * The same one after the other, about 64 kB each, for any number of rows. Each holds only until the next is asked for:
 * what is thrown away of a large artifact would be in memory for long.
 */
export function* artifactParts(head: ArtifactHead, rows: Rows): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  let room = new Uint8Array(PART);
  let used = 0;
  for (const text of artifactTexts(head, rows)) {
    // As much as a text may take.
    const needed = 3 * text.length;
    if (used > 0 && used + needed > room.length) {
      yield room.subarray(0, used);
      used = 0;
    }
    if (needed > room.length) room = new Uint8Array(needed);
    used += encoder.encodeInto(text, room.subarray(used)).written;
  }
  yield room.subarray(0, used);
}

const PART = 65_536;

/** In pieces of a few rows: larger ones would make the engine's heap grow for good. */
function* artifactTexts(head: ArtifactHead, rows: Rows): Generator<string> {
  const [before, after] = aroundRows(head);
  yield before;
  let text = "";
  let separator = "";
  for (const row of rows) {
    text += separator + rowText(row);
    separator = ",";
    if (text.length < PIECE) continue;
    yield text;
    text = "";
  }
  yield text + after;
}

const PIECE = 4_096;

/** An artifact's text without rows, parted where they go. */
function aroundRows(artifact: ArtifactHead): [before: string, after: string] {
  const text = new TextDecoder().decode(encodeHead(artifact));
  // No text in it holds a quotation mark as it is, and nothing before `rows` has a field of that name and an empty list.
  const at = text.indexOf(ROWS) + ROWS.length - 1;
  return [text.slice(0, at), text.slice(at)];
}

const ROWS = '"rows":[]';

/** The head of an artifact whose text, but for its rows, this is. @throws InputError for any other text. */
export function headFromText(before: string, after: string): ArtifactHead {
  const { rows: _, ...head } = artifactFromJson(parseCanonical(new TextEncoder().encode(before + after)));
  const [expectedBefore, expectedAfter] = aroundRows(head);
  if (expectedBefore === before && expectedAfter === after) return head;
  throw new InputError("not-canonical", "artifact", "differs from its canonical form", EDITED);
}

/** A row from its canonical text. @throws InputError for any other text. */
export function canonicalRow(text: string): Row {
  const row = rowFromJson(parseRow(text), "artifact.row");
  if (rowText(row) === text) return row;
  throw new InputError("not-canonical", "artifact.row", "differs from its canonical form", EDITED);
}

function parseRow(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InputError("not-canonical", "artifact.row", `not JSON (${(cause as Error).message})`, EDITED);
  }
}

function encodeHead(artifact: ArtifactHead): Uint8Array {
  return encodeCanonical({
    added: String(artifact.added),
    budget: String(artifact.budget),
    carryIn: String(artifact.carryIn),
    carryOut: String(artifact.carryOut),
    chainId: String(artifact.chainId),
    claimedAt: artifact.claimedAt === null ? null : String(artifact.claimedAt),
    distributor: artifact.distributor,
    dropped: String(artifact.dropped),
    epoch: artifact.epoch,
    fulfilments: { accumulator: artifact.fulfilments.accumulator, count: artifact.fulfilments.count },
    misses: artifact.misses.map(({ deadlineEpoch, prover, requestId }) => ({
      deadlineEpoch,
      prover,
      requestId,
    })),
    policy: policyToJson(artifact.policy),
    policyHash: artifact.policyHash,
    previousRoot: artifact.previousRoot,
    previousTotal: String(artifact.previousTotal),
    root: artifact.root,
    rows: [],
    schema: ARTIFACT_SCHEMA,
    snapshot: { hash: artifact.snapshot.hash, number: String(artifact.snapshot.number) },
    specVersion: SPEC_VERSION,
    total: String(artifact.total),
    window: { end: String(artifact.end), start: String(artifact.start) },
  });
}

/** keccak256 of an artifact's bytes. @throws InvariantError before initKeccak() is done. */
export function datasetHash(artifactBytes: Uint8Array): Hex {
  return keccakHex(artifactBytes);
}

/**
 * The artifact that these bytes are, if they are one: canonical, complete, and in agreement with itself. Its sums,
 * its leaves and both roots follow from its rows; whether its amounts follow from its policy is for `computeEpoch` to
 * say.
 * @throws InputError, naming the field that is not what it should be.
 */
export function decodeArtifact(bytes: Uint8Array): Artifact {
  const artifact = artifactFromJson(parseCanonical(bytes));
  assertSameBytes(bytes, encodeArtifact(artifact), "artifact");
  assertAgrees(artifact);
  return artifact;
}

const ARTIFACT_KEYS = [
  "added",
  "budget",
  "carryIn",
  "carryOut",
  "chainId",
  "claimedAt",
  "distributor",
  "dropped",
  "epoch",
  "fulfilments",
  "misses",
  "policy",
  "policyHash",
  "previousRoot",
  "previousTotal",
  "root",
  "rows",
  "schema",
  "snapshot",
  "specVersion",
  "total",
  "window",
];

function artifactFromJson(json: Json): Artifact {
  const at = "artifact";
  const record = asRecord(json, at, ARTIFACT_KEYS);
  if (record.schema !== ARTIFACT_SCHEMA) {
    throw new InputError(
      "invalid",
      `${at}.schema`,
      "another schema",
      `this release reads ${ARTIFACT_SCHEMA}`,
    );
  }
  if (record.specVersion !== SPEC_VERSION) {
    throw new InputError(
      "invalid",
      `${at}.specVersion`,
      `not ${SPEC_VERSION}, the version of the specification that this release reads`,
      "read it with the release that made it, or make it anew with `provender sync`",
    );
  }
  const money = (key: string) => asDecimal(record[key], `${at}.${key}`);
  const hash = (key: string) => asHash(record[key], `${at}.${key}`);
  const window = asRecord(record.window, `${at}.window`, ["end", "start"]);
  const snapshot = asRecord(record.snapshot, `${at}.snapshot`, ["hash", "number"]);
  const fulfilments = asRecord(record.fulfilments, `${at}.fulfilments`, ["accumulator", "count"]);
  return {
    chainId: money("chainId"),
    distributor: asAddress(record.distributor, `${at}.distributor`),
    epoch: asCount(record.epoch, `${at}.epoch`),
    start: asDecimal(window.start, `${at}.window.start`),
    end: asDecimal(window.end, `${at}.window.end`),
    snapshot: {
      number: asDecimal(snapshot.number, `${at}.snapshot.number`),
      hash: asHash(snapshot.hash, `${at}.snapshot.hash`),
    },
    policy: policyFromJson(record.policy),
    policyHash: hash("policyHash"),
    budget: money("budget"),
    carryIn: money("carryIn"),
    carryOut: money("carryOut"),
    dropped: money("dropped"),
    added: money("added"),
    total: money("total"),
    previousRoot: hash("previousRoot"),
    previousTotal: money("previousTotal"),
    claimedAt: record.claimedAt === null ? null : money("claimedAt"),
    root: hash("root"),
    fulfilments: {
      count: asCount(fulfilments.count, `${at}.fulfilments.count`),
      accumulator: asHash(fulfilments.accumulator, `${at}.fulfilments.accumulator`),
    },
    misses: asArray(record.misses, `${at}.misses`).map((miss, i) => missFromJson(miss, `${at}.misses[${i}]`)),
    rows: asArray(record.rows, `${at}.rows`).map((row, i) => rowFromJson(row, `${at}.rows[${i}]`)),
  };
}

function missFromJson(json: unknown, at: string): Miss {
  const record = asRecord(json, at, ["deadlineEpoch", "prover", "requestId"]);
  return {
    prover: asAddress(record.prover, `${at}.prover`),
    deadlineEpoch: asCount(record.deadlineEpoch, `${at}.deadlineEpoch`),
    requestId: asHash(record.requestId, `${at}.requestId`),
  };
}

/** Written out: most of the time that an artifact takes is for its rows. */
function rowText(row: Row): string {
  return (
    `{"amount":"${row.amount}"${row.campaigns === undefined ? "" : campaignsText(row.campaigns)},"commission":"${row.commission}","commissionBps":${row.commissionBps}` +
    `,"cumulative":"${row.cumulative}","cumulativeCommission":"${row.cumulativeCommission}"` +
    `,"fees":"${row.fees}","fulfilments":${row.fulfilments},"limitedBy":"${row.limitedBy}"` +
    `,"misses":${row.misses},"protocolFees":"${row.protocolFees}","prover":"${row.prover}"` +
    `,"stake":"${row.stake}","vault":"${row.vault}","work":"${row.work}"}`
  );
}

function campaignsText(campaigns: readonly CampaignReward[]): string {
  const texts = campaigns.map(
    (own) =>
      `{"amount":"${own.amount}","campaign":${own.campaign},"countedFees":"${own.countedFees}"` +
      `,"fees":"${own.fees}","fulfilments":${own.fulfilments},"limitedBy":"${own.limitedBy}"` +
      `,"protocolFees":"${own.protocolFees}","work":"${own.work}"}`,
  );
  return `,"campaigns":[${texts.join(",")}]`;
}

const CAMPAIGN_KEYS = [
  ...["amount", "campaign", "countedFees", "fees", "fulfilments", "limitedBy", "protocolFees", "work"],
];

/** The place is checked with the epoch's input, which is taken from it. */
function campaignFromJson(json: unknown, at: string): CampaignReward {
  const record = asRecord(json, at, CAMPAIGN_KEYS);
  const money = (key: string) => asDecimal(record[key], `${at}.${key}`);
  const { limitedBy } = record;
  if (limitedBy !== "none" && limitedBy !== "fee-match") {
    throw new InputError("invalid", `${at}.limitedBy`, "unknown limit", "write none or fee-match");
  }
  return {
    campaign: asCount(record.campaign, `${at}.campaign`),
    fulfilments: asCount(record.fulfilments, `${at}.fulfilments`),
    work: money("work"),
    fees: money("fees"),
    countedFees: money("countedFees"),
    protocolFees: money("protocolFees"),
    amount: money("amount"),
    limitedBy,
  };
}

const ROW_KEYS = [
  "amount",
  "commission",
  "commissionBps",
  "cumulative",
  "cumulativeCommission",
  "fees",
  "fulfilments",
  "limitedBy",
  "misses",
  "protocolFees",
  "prover",
  "stake",
  "vault",
  "work",
];

function rowFromJson(json: unknown, at: string): Row {
  const record = asRecord(json, at, ROW_KEYS, ["campaigns"]);
  const { campaigns } = record;
  const money = (key: string, max?: bigint) => asDecimal(record[key], `${at}.${key}`, max);
  const count = (key: string, max?: number) => asCount(record[key], `${at}.${key}`, max);
  const limitedBy = LIMITS.find((limit) => limit === record.limitedBy);
  if (limitedBy === undefined) {
    throw new InputError("invalid", `${at}.limitedBy`, "unknown limit", `write one of ${LIMITS.join(", ")}`);
  }
  const cumulative = money("cumulative");
  const cumulativeCommission = money("cumulativeCommission", cumulative);
  const amount = money("amount", cumulative);
  const commission = money("commission", amount);
  const earlier = cumulativeCommission - commission;
  if (earlier < 0n || earlier > cumulative - amount) {
    throw new InputError(
      "out-of-range",
      `${at}.cumulativeCommission`,
      `leaves a commission of ${earlier} for earlier epochs, which paid ${cumulative - amount}`,
      EDITED,
    );
  }
  return {
    prover: asAddress(record.prover, `${at}.prover`),
    vault: asAddress(record.vault, `${at}.vault`),
    work: money("work"),
    stake: money("stake"),
    fulfilments: count("fulfilments"),
    misses: count("misses"),
    fees: money("fees"),
    protocolFees: money("protocolFees"),
    commissionBps: count("commissionBps", Number(BPS)),
    amount,
    commission,
    limitedBy,
    cumulative,
    cumulativeCommission,
    ...(campaigns !== undefined && {
      campaigns: asArray(campaigns, `${at}.campaigns`).map((own, i) =>
        campaignFromJson(own, `${at}.campaigns[${i}]`),
      ),
    }),
  };
}

function assertAgrees(artifact: Artifact): void {
  const { budget, carryIn, added, rows } = artifact;
  // The previous root, the order of the lists and the counts are checked as for any input.
  const { provers, misses } = checkEpochInput(packInput(epochInputOf(artifact)));
  if (!provers.wasInOrder) throw outOfOrder("rows", "by address");
  misses.forEach(({ requestId }, i) => {
    if (requestId !== artifact.misses[i]?.requestId)
      throw outOfOrder("misses", "by deadline epoch, then request id");
  });

  const offered = budget + carryIn;
  expect("policyHash", artifact.policyHash, policyHash(artifact.policy));
  expect("added", added, sum(rows.map((row) => row.amount)));
  if (added > offered) {
    throw new InputError(
      "mismatch",
      "artifact.added",
      `${added} is above budget and carry, ${offered}`,
      EDITED,
    );
  }
  const left = leftOver(budget, offered, added);
  expect("carryOut", artifact.carryOut, left.carry);
  expect("dropped", artifact.dropped, left.dropped);
  expect("total", artifact.total, artifact.previousTotal + added);
  const tree = buildRewardTree(domainOf(artifact.chainId, artifact.distributor), [...leavesIn(rows)]);
  expect("root", artifact.root, tree.root);
}

const EDITED = "the file was edited or made by other software: fetch it again by its dataset hash";

function expect<T extends bigint | Hex>(key: string, stated: T, computed: T): void {
  if (stated !== computed) {
    throw new InputError(
      "mismatch",
      `artifact.${key}`,
      `states ${stated}, its rows give ${computed}`,
      EDITED,
    );
  }
}

function outOfOrder(key: string, order: string): InputError {
  return new InputError("not-canonical", `artifact.${key}`, "out of order", `sort them ${order}`);
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

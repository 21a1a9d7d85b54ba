// SPDX-License-Identifier: AGPL-3.0-only
import { type PublicClient, parseAbi } from "viem";
import { lastBlockBefore, readBlock } from "../../chain/blocks.ts";
import { ChainError, inconsistent } from "../../chain/errors.ts";
import type { Address, EpochInput, Hex, Policy, Row, Snapshot } from "../../core/types.ts";
import { lower } from "../deployment.ts";
import { AuditError } from "../errors.ts";
import { keccakOf, ZERO_HASH } from "../hash.ts";
import { canonicalText, type JsonObject } from "../json.ts";
import { policyBytes, policyJson, sum } from "../policy.ts";
import { artifactJson, type Recomputed, recompute } from "../recompute.ts";
import type { Header } from "../state-proof/header.ts";
import { newPreimages } from "../state-proof/preimages.ts";
import type { TrustedBlock } from "../state-proof/proven-source.ts";
import { type Witness, witnessOf } from "../state-proof/witness.ts";
import { domainFor } from "../tree.ts";
import { askedUnpaid, type Derived, derive, epochFacts, stakeOf, type Window } from "./derive.ts";
import { type History, type Places, readHistory } from "./history.ts";
import { type Proofs, proveEpoch } from "./proven.ts";

export interface NetworkAuditParams {
  readonly client: PublicClient;
  readonly places: Places;
  readonly epoch: number;
  /** What the epoch is compared with, by the name that people know it under; undefined: with a few rules. */
  readonly policy?:
    | { readonly name: string; readonly policy: Policy; readonly budget: bigint | undefined }
    | undefined;
  /** How many provers one call of setRewards takes at most. */
  readonly chunk: number;
  /** Read is up to this block, and proven against it is what can be; undefined: up to the last final one. */
  readonly trusted?: (() => Promise<TrustedBlock>) | undefined;
  /** keccak256 of code that may run, by address. */
  readonly codeHashes?: ReadonlyMap<Address, Hex> | undefined;
}

export interface NetworkReport {
  readonly epoch: number;
  readonly window: Window;
  /** match and differs: from the policy. unjudged: there is none. mismatch: the contracts or logs contradict each other. */
  readonly verdict: "match" | "differs" | "unjudged" | "mismatch";
  readonly says: string;
  readonly recomputed: Recomputation | undefined;
  readonly set: bigint;
  readonly paid: bigint;
  /** What is wrong whatever the rule. */
  readonly findings: readonly string[];
  /** What a rule may or may not want. */
  readonly notes: readonly string[];
  /** How far what was set is from what some rules would give, the nearest first. */
  readonly rules: readonly RuleDistance[];
  readonly notVouched: readonly string[];
  /** Undefined if no block is trusted. */
  readonly proofs: Proofs | undefined;
}

interface Recomputation {
  readonly rows: readonly Row[];
  readonly snapshot: Snapshot;
  readonly budget: bigint;
  readonly added: bigint;
  readonly datasetHash: Hex;
  readonly outputHash: Hex;
}

interface RuleDistance {
  readonly rule: "fees" | "counted fees" | "fulfilments" | "stake" | "policy";
  /** Σ|set − rule|, in wei. */
  readonly difference: bigint;
  /** The same of 2·Σset: from 0 to 1. */
  readonly distance: number;
}

/**
 * SPEC 14: an epoch of ProverNet from logs and state alone, by other code than the job's, beside what was set and
 * paid.
 * @throws AuditError if the epoch has no window; ChainError `not-ready` if it is not over, or the chain cannot be
 * read
 */
export async function auditNetworkEpoch(params: NetworkAuditParams): Promise<NetworkReport> {
  const { client, places, epoch } = params;
  const witness = witnessOf(newPreimages(), client);
  const header = params.trusted && (await trustedHeader(witness, await params.trusted()));
  const finalized = header ?? (await readBlock(client, "finalized"));
  const history = await readHistory(client, places, finalized.number);
  const requesterOf = await askers(client, places, history);
  const derived = derive(history, places, requesterOf);
  const window = derived.windowOf(epoch);
  if (window === undefined) {
    throw new AuditError(
      `epoch ${epoch} has no window: EpochRewards has no configuration for it`,
      "the first epoch is 1; others have windows once they are configured, at network-config.startBlock or later",
    );
  }
  if (finalized.timestamp < window.end) {
    throw new ChainError(
      "not-ready",
      `epoch ${epoch} is not over, or its end is not final`,
      "try again later",
    );
  }
  const set = derived.set.get(epoch) ?? new Map<Address, bigint>();
  const found =
    header &&
    (await proveEpoch({
      ...{ client, witness, header, epoch, window, codeHashes: params.codeHashes ?? new Map() },
      read: { events: history.events, derived, places, requesterOf },
    }));
  const { findings: contradicted = [], rewards, linked, ...proofs } = found ?? {};
  const provers = [...set.keys()].filter((prover) => !rewards?.has(prover));
  const state = new Map([
    ...(await readState(client, places, epoch, provers, finalized.number)),
    ...(rewards ?? []),
  ]);
  const recomputed = await recomputedBy(params, { history, derived, window, finalized: finalized.number });
  const findings = [
    ...contradicted,
    ...inSnapshot(recomputed?.snapshot, window, linked, found),
    ...inState(set, state, window),
    ...inPayments(derived, epoch, state),
  ];
  const differing = recomputed && firstDifference(recomputed.rows, set);
  const name = params.policy?.name;
  const says =
    name === undefined
      ? "no policy is given: no rule of this network is public"
      : differing === undefined
        ? `agrees with policy ${name}`
        : `differs from policy ${name}: ${differing}`;
  const judged = name === undefined ? "unjudged" : differing === undefined ? "match" : "differs";
  return {
    ...{ epoch, window, says, recomputed, findings },
    verdict: findings.length > 0 ? "mismatch" : judged,
    set: sum([...set.values()]),
    paid: sum([...set].flatMap(([prover, amount]) => (state.get(prover)?.[1] ? [amount] : []))),
    notes: notesOn(derived, epoch, window, set),
    rules: rulesOf(derived, window, set, recomputed?.rows),
    notVouched: [
      ...([...set.keys()].some((prover) => !state.has(prover)) ? ["what epochProverRewards would say"] : []),
      ...(history.events.some(({ from }) => from === places.market)
        ? []
        : ["that network-config.market is the market: it logged nothing"]),
      ...(askedUnpaid(history.events, places).some((id) => requesterOf(id) === undefined)
        ? ["who asked, where no payment stands before a request: getRequest is not answered"]
        : []),
      ...(found === undefined ? [UNCOMPARED] : []),
      "when something happened between two blocks at which state was read",
      "changes between two such blocks that take each other back",
    ],
    proofs: found && (proofs as Proofs),
  };
}

const UNCOMPARED =
  "all that logs say but for what EpochRewards set and paid: no other state is compared with them without --trusted-block";

/** Whether the epoch's last block is one that the trusted one leads to, and its last. */
function inSnapshot(
  snapshot: Snapshot | undefined,
  { end }: Window,
  linked: ReadonlyMap<bigint, Header> | undefined,
  found: { readonly proven: string[]; readonly unproven: string[] } | undefined,
): string[] {
  if (snapshot === undefined || linked === undefined || found === undefined) return [];
  const { number, hash } = snapshot;
  const what = `block ${number}, the epoch's last one`;
  const [block, after] = [linked.get(number), linked.get(number + 1n)];
  if (block === undefined || after === undefined) {
    found.unproven.push(`${what}: it is too far below the trusted one`);
  } else if (block.hash !== hash) {
    return [`${what}, is given as ${hash}, and the trusted block leads to ${block.hash}`];
  } else if (block.timestamp >= end || after.timestamp < end) {
    return [
      `${what}, is of ${block.timestamp} by its proven header, and the next one of ${after.timestamp}: the epoch ends at ${end}`,
    ];
  } else found.proven.push(what);
  return [];
}

async function trustedHeader(witness: Witness, { hash, number }: TrustedBlock): Promise<Header> {
  const header = await witness.header(hash);
  if (number === undefined || header.number === number) return header;
  throw new ChainError(
    "wrong-chain",
    `the trusted block ${hash} has number ${header.number}, not ${number}`,
    "check the number and the hash of --trusted-block",
  );
}

const MARKET = parseAbi([
  "function getRequest(bytes32) view returns (uint8, uint64, address, uint256, uint256, uint64, bytes32, bytes32, uint32)",
]);
const REWARDS = parseAbi(["function epochProverRewards(uint32, address) view returns (uint128, bool)"]);

/** Of requests that no transfer just before them paid for, whom the market names. */
export async function askers(
  client: PublicClient,
  places: Places,
  { events }: History,
): Promise<(id: Hex) => Address | undefined> {
  const ids = askedUnpaid(events, places);
  const answers = await Promise.all(
    ids.map((id) =>
      client
        .readContract({ address: places.market, abi: MARKET, functionName: "getRequest", args: [id] })
        .catch(() => undefined),
    ),
  );
  const known = new Map(ids.map((id, i) => [id, answers[i]?.[2]]));
  return (id) => {
    const requester = known.get(id);
    return requester === undefined ? undefined : lower(requester);
  };
}

type State = ReadonlyMap<Address, readonly [amount: bigint, distributed: boolean]>;

async function readState(
  client: PublicClient,
  { epochRewards: address }: Places,
  epoch: number,
  provers: readonly Address[],
  blockNumber: bigint,
): Promise<State> {
  const answers = await Promise.all(
    provers.map((prover) =>
      client
        .readContract({
          ...{ address, abi: REWARDS, functionName: "epochProverRewards", blockNumber },
          args: [epoch, prover],
        })
        .catch(() => undefined),
    ),
  );
  return new Map(provers.flatMap((prover, i) => (answers[i] === undefined ? [] : [[prover, answers[i]]])));
}

function inState(set: ReadonlyMap<Address, bigint>, state: State, { maximum }: Window): string[] {
  const total = sum([...set.values()]);
  return [
    ...(total > maximum ? [`${total} wei are set in sum, above the epoch's maximum of ${maximum} wei`] : []),
    ...[...set].flatMap(([prover, amount]) => {
      const found = state.get(prover)?.[0];
      return found === undefined || found === amount
        ? []
        : [`the logs set ${amount} wei for ${prover}, the contract holds ${found} wei`];
    }),
  ];
}

/** By prover and amount: which epoch a payment is of, no log says. */
function inPayments({ set, paid }: Derived, epoch: number, state: State): string[] {
  return [...state].flatMap(([prover, [amount, distributed]]) => {
    if (amount === 0n) return [];
    const payments = paid.filter((payment) => payment.prover === prover && payment.amount === amount).length;
    const epochs = [...set].filter(([, amounts]) => amounts.get(prover) === amount);
    if (distributed && payments === 0) return [`${prover} was paid ${amount} wei, which no log says`];
    if (payments > epochs.length) {
      return [`${prover} is paid ${amount} wei ${payments} times, and set them ${epochs.length} times`];
    }
    const others = epochs.filter(([other]) => other !== epoch).length;
    return !distributed && payments > others
      ? [`${prover} is paid ${amount} wei by the logs, and not by the contract`]
      : [];
  });
}

/** Whoever was set something without having worked or staked, and statements that somebody had proven before. */
function notesOn(
  { jobs, provers }: Derived,
  epoch: number,
  window: Window,
  set: ReadonlyMap<Address, bigint>,
): string[] {
  const within = jobsIn(jobs, window);
  const each = [...set].flatMap(([prover, amount]) => {
    if (amount === 0n) return [];
    const own = provers.get(prover);
    if (own === undefined) return [`${prover} is set ${amount} wei in epoch ${epoch}, and is no prover`];
    const worked = within.has(prover);
    const staked = stakeOf(own, window) > 0n;
    return [
      ...(worked ? [] : [`${prover} is set ${amount} wei, and proved nothing`]),
      ...(staked ? [] : [`${prover} is set ${amount} wei, and had no stake`]),
    ];
  });
  const again = [...within].flatMap(([prover, done]) =>
    (set.get(prover) ?? 0n) > 0n ? done.filter((job) => job.again) : [],
  );
  return [
    ...each,
    ...again.map(
      ({ prover, id }) => `request ${id} of ${prover} is for a statement that had been proven before`,
    ),
  ];
}

function jobsIn(jobs: Derived["jobs"], { start, end }: Window): Map<Address, Derived["jobs"][number][]> {
  const by = new Map<Address, Derived["jobs"][number][]>();
  for (const job of jobs) {
    if (job.time < start || job.time >= end) continue;
    const own = by.get(job.prover);
    if (own === undefined) by.set(job.prover, [job]);
    else own.push(job);
  }
  return by;
}

function firstDifference(rows: readonly Row[], set: ReadonlyMap<Address, bigint>): string | undefined {
  const computed = new Map(rows.map(({ prover, amount }) => [prover, amount]));
  const provers = [...new Set([...computed.keys(), ...set.keys()])].sort();
  const first = provers.find((prover) => (computed.get(prover) ?? 0n) !== (set.get(prover) ?? 0n));
  if (first === undefined) return undefined;
  return `${first} is set ${set.get(first) ?? 0n} wei, by the policy it is ${computed.get(first) ?? 0n} wei`;
}

function rulesOf(
  { jobs, provers }: Derived,
  window: Window,
  set: ReadonlyMap<Address, bigint>,
  rows: readonly Row[] | undefined,
): RuleDistance[] {
  const total = sum([...set.values()]);
  if (total === 0n) return [];
  const within = jobsIn(jobs, window);
  const of = (prover: Address) => within.get(prover) ?? [];
  const measures = {
    fees: (prover: Address) => sum(of(prover).map(({ fee }) => fee)),
    "counted fees": (prover: Address) => sum(of(prover).map(({ counted }) => counted)),
    fulfilments: (prover: Address) => BigInt(of(prover).length),
    stake: (prover: Address) => {
      const own = provers.get(prover);
      return own === undefined || own.joined >= window.end ? 0n : stakeOf(own, window);
    },
  };
  const everybody = [...new Set([...provers.keys(), ...set.keys()])];
  const distanceTo = (rule: RuleDistance["rule"], amountOf: (prover: Address) => bigint): RuleDistance => {
    const difference = sum(
      everybody.map((prover) => {
        const apart = (set.get(prover) ?? 0n) - amountOf(prover);
        return apart < 0n ? -apart : apart;
      }),
    );
    return { rule, difference, distance: Number((difference * 1_000_000n) / (2n * total)) / 1_000_000 };
  };
  const found = Object.entries(measures).map(([rule, measure]) => {
    const values = new Map(everybody.map((prover) => [prover, measure(prover)]));
    const whole = sum([...values.values()]);
    return distanceTo(rule as RuleDistance["rule"], (prover) =>
      whole === 0n ? 0n : (total * (values.get(prover) ?? 0n)) / whole,
    );
  });
  const computed = rows && new Map(rows.map(({ prover, amount }) => [prover, amount]));
  const own = computed ? [distanceTo("policy", (prover) => computed.get(prover) ?? 0n)] : [];
  return [...found, ...own].sort((a, b) => a.distance - b.distance);
}

interface Read {
  readonly history: History;
  readonly derived: Derived;
  readonly window: Window;
  readonly finalized: bigint;
}

async function recomputedBy(
  { client, places, epoch, policy: named, chunk }: NetworkAuditParams,
  { history, derived, window, finalized }: Read,
): Promise<Recomputation | undefined> {
  if (named === undefined) return undefined;
  const { policy, budget = window.maximum } = named;
  const { chainId, epochRewards, startBlock } = places;
  const last = await readBlock(client, finalized);
  const { number, hash } = await lastBlockBefore(client, window.end, startBlock, last);
  const { parentHash } = await client.getBlock({ blockNumber: number + 1n });
  if (parentHash !== hash) throw inconsistent(`block ${number} is not the parent of the one after it`);
  const logs = history.hashes.filter(({ block }) => block <= number).at(-1);
  const facts = epochFacts(derived, places, { epoch, window, policy });
  const input: EpochInput = {
    ...{ chainId, distributor: epochRewards, epoch, budget, policy, ...facts, carry: 0n },
    ...{ start: window.start, end: window.end, snapshot: { number, hash } },
    previous: { root: domainFor(chainId, epochRewards), total: 0n, leaves: [] },
  };
  const result = recompute(input);
  const { rows, added } = result;
  const count = { count: logs?.count ?? 0, hash: logs?.hash ?? ZERO_HASH };
  const bytes = new TextEncoder().encode(canonicalText(networkArtifact(input, result, count)));
  return {
    ...{ rows, budget, added, snapshot: input.snapshot, datasetHash: keccakOf(bytes) },
    outputHash: keccakOf(outputBytes(input, rows, chunk)),
  };
}

/** SPEC 14.5: what stands alone of an artifact, with the network's own names. */
function networkArtifact(
  input: EpochInput,
  result: Recomputed,
  logs: { readonly count: number; readonly hash: Hex },
): JsonObject {
  const {
    distributor: payer,
    fulfilments: _,
    previousTotal: __,
    claimedAt: ___,
    total: ____,
    ...rest
  } = artifactJson(input, result);
  const rows = rest.rows as readonly JsonObject[];
  return {
    ...rest,
    payer: payer as string,
    network: "provernet",
    schema: "provender.artifact/2",
    policy: policyJson(input.policy),
    policyHash: keccakOf(policyBytes(input.policy)),
    carryIn: "0",
    carryOut: "0",
    dropped: String(input.budget - result.added),
    logs: { count: logs.count, keccak256: logs.hash },
    rows: rows.map(({ cumulative: _c, cumulativeCommission: _k, ...row }) => row),
  };
}

/** SPEC 14.5: of all calls of setRewards, one after the other. */
function outputBytes({ epoch, start, end }: EpochInput, rows: readonly Row[], chunk: number): Uint8Array {
  const digits = (value: bigint, bytes: number) => value.toString(16).padStart(2 * bytes, "0");
  const header = digits(BigInt(epoch), 4) + digits(start, 8) + digits(end, 8);
  const paid = rows
    .filter(({ amount }) => amount > 0n)
    .map(({ prover, amount }) => prover.slice(2) + digits(amount, 16));
  const calls: string[] = [];
  for (let i = 0; i < paid.length; i += chunk) calls.push(header + paid.slice(i, i + chunk).join(""));
  return Uint8Array.from(calls.join("").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

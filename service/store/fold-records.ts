// SPDX-License-Identifier: AGPL-3.0-only
import type { ChainEvent, EventOf, LoggedEvent } from "../core/chain-event.ts";
import { EMPTY_ACCUMULATOR, hashWords, postHash, postStep, registrationStep, vetoStep } from "../core/ids.ts";
import { keccakHex } from "../core/keccak.ts";
import type { Address, Hex } from "../core/types.ts";
import type { Deployment } from "./deployment.ts";
import { epochOf } from "./epochs.ts";
import { type Accumulator, NOTHING, outOfSequence } from "./fold-activity.ts";
import { InconsistentLogs } from "./inconsistent.ts";
import { placeOf } from "./log-place.ts";
import type { LogPlace } from "./pages.ts";
import { proverOf } from "./sources.ts";
import type { NewRow } from "./tables.ts";

/** The last of each kind that is stored, of those that the logs add to. */
export interface RecordState {
  /** The provers' numbers by their address, and by their vault's; registrations are added to both. */
  readonly provers: Map<Address, number>;
  readonly vaults: Map<Address, number>;
  readonly counts: { provers: number; segments: number; posts: number };
  /** The rolling hash of all registrations. */
  registered: bigint;
  /** The latest post, and the rolling hash of all posts and vetoes. */
  posted: PostState;
  /** By prover. */
  readonly commissions: Map<number, CommissionState>;
  readonly claims: Map<number, ClaimState>;
  /** By the deadline's epoch. */
  readonly misses: Map<number, Accumulator>;
}

export interface PostState {
  readonly epoch: bigint;
  readonly root: Hex;
  readonly hash: Hex;
  readonly rollingHash: Hex;
  readonly vetoed: boolean;
}

export interface CommissionState {
  readonly sequence: number;
  readonly hash: Hex;
}

/** The last claim; its commission is that of all. */
export interface ClaimState {
  readonly number: number;
  readonly cumulative: bigint;
  readonly commission: bigint;
}

interface Veto {
  readonly number: number;
  readonly block: number;
  readonly rollingHash: Hex;
}

/** Rows to add, and what they change. */
export interface RecordChanges {
  readonly provers: NewRow<"provers">[];
  readonly commissions: NewRow<"commissions">[];
  readonly claims: NewRow<"claims">[];
  readonly segments: NewRow<"segments">[];
  readonly posts: NewRow<"posts">[];
  readonly misses: NewRow<"misses">[];
  readonly vetoes: Veto[];
  readonly missAccumulators: ReadonlyMap<number, Accumulator>;
}

/**
 * Adds all that is kept one by one, in chain order.
 * @throws InconsistentLogs where what is counted does not continue what is there
 */
export function foldRecords(
  deployment: Deployment,
  state: RecordState,
  events: Iterable<LoggedEvent>,
  places: ReadonlyMap<number, LogPlace> = new Map(),
): RecordChanges {
  const changes = {
    provers: [] as NewRow<"provers">[],
    commissions: [] as NewRow<"commissions">[],
    claims: [] as NewRow<"claims">[],
    segments: [] as NewRow<"segments">[],
    posts: [] as NewRow<"posts">[],
    misses: [] as NewRow<"misses">[],
    vetoes: [] as Veto[],
    missAccumulators: new Map<number, Accumulator>(),
  };

  for (const { blockNumber: block, logIndex, event } of events) {
    switch (event.name) {
      case "ProverRegistered":
        register(event, block);
        break;
      case "CommissionChanged":
        changeCommission(event, block);
        break;
      case "Missed":
        countMiss(event, block);
        break;
      case "SegmentAdded":
        addSegment(event, block);
        break;
      case "RootPosted":
        addPost(event, block);
        break;
      case "RootVetoed":
        changes.vetoes.push(veto(event, block));
        break;
      case "Claimed":
        addClaim(event, block, places.get(placeOf(block, logIndex))?.time ?? null);
        break;
    }
  }
  return changes;

  function register(event: EventOf<"ProverRegistered">, block: number): void {
    const { prover, vault, timestamp } = event;
    if (state.provers.has(prover) || state.vaults.has(vault)) {
      throw new InconsistentLogs(
        `block ${block}: prover ${prover} or its vault ${vault} is registered twice in the logs`,
      );
    }
    const id = state.counts.provers++;
    const complain = (number: number | bigint, what: string) =>
      new InconsistentLogs(`block ${block}: registration ${number} is ${what} in the logs`);
    if (event.sequence > BigInt(id + 1)) throw complain(id + 1, "missing");
    if (event.sequence < BigInt(id + 1)) throw complain(event.sequence, "out of order");
    const rollingHash = registrationStep(state.registered, event);
    if (rollingHash !== event.rollingHash) throw complain(event.sequence, "altered");
    state.registered = rollingHash;
    state.provers.set(prover, id);
    state.vaults.set(vault, id);
    changes.provers.push({
      ...{ id, prover, vault, registered_at: Number(timestamp), block },
      rolling_hash: String(rollingHash),
    });
  }

  function changeCommission(event: EventOf<"CommissionChanged">, block: number): void {
    const { source, bps, announcedAt, effectiveAt, rollingHash } = event;
    const prover = proverOf(state.provers, event.prover, block);
    const before = state.commissions.get(prover) ?? { sequence: 0, hash: EMPTY_ACCUMULATOR };
    const sequence = before.sequence + 1;
    const complain = (number: number | bigint, what: string) =>
      new InconsistentLogs(`commission change ${number} of prover ${event.prover} is ${what} in the logs`);
    if (event.sequence > BigInt(sequence)) throw complain(sequence, "missing");
    if (event.sequence < BigInt(sequence)) throw complain(event.sequence, "out of order");
    const hash = hashWords([before.hash, event.sequence, source, bps, announcedAt, effectiveAt]);
    if (hash !== rollingHash) throw complain(sequence, "altered");
    state.commissions.set(prover, { sequence, hash });
    changes.commissions.push({
      prover,
      sequence,
      source,
      bps: numberOf(event, "bps", MAX_INTEGER, block),
      announced_at: numberOf(event, "announcedAt", MAX_BIGINT, block),
      effective_at: numberOf(event, "effectiveAt", MAX_BIGINT, block),
      rolling_hash: hash,
      block,
    });
  }

  function countMiss(event: EventOf<"Missed">, block: number): void {
    const { id, deadline, slashed, timestamp } = event;
    const deadlineEpoch = epochOf(deployment, deadline);
    if (event.epoch !== BigInt(deadlineEpoch)) {
      throw new InconsistentLogs(
        `block ${block}: a miss with a deadline in epoch ${deadlineEpoch} says that it is of ${event.epoch}`,
      );
    }
    const before = state.misses.get(deadlineEpoch) ?? NOTHING;
    const count = before.count + 1;
    const sequence = BigInt(count);
    if (event.sequence !== sequence)
      throw outOfSequence("miss", deadlineEpoch, sequence, event.sequence, block);
    const hash = hashWords([before.hash, sequence, id, event.prover, deadline, slashed, timestamp]);
    state.misses.set(deadlineEpoch, { count, hash });
    changes.missAccumulators.set(deadlineEpoch, { count, hash });
    changes.misses.push({
      deadline_epoch: deadlineEpoch,
      sequence: count,
      epoch: epochOf(deployment, timestamp),
      prover: proverOf(state.provers, event.prover, block),
      request_id: id,
      deadline: Number(deadline),
      slashed: String(slashed),
      time: Number(timestamp),
      block,
    });
  }

  function addSegment(event: EventOf<"SegmentAdded">, block: number): void {
    const { budget, policyHash, policy } = event;
    const number = state.counts.segments++;
    if (keccakHex(policy) !== policyHash) {
      throw new InconsistentLogs(
        `block ${block}: the policy of budget segment ${number} is altered in the logs`,
      );
    }
    changes.segments.push({
      number,
      from_epoch: numberOf(event, "fromEpoch", MAX_BIGINT, block),
      budget: String(budget),
      policy_hash: policyHash,
      policy,
      block,
    });
  }

  function addPost(event: EventOf<"RootPosted">, block: number): void {
    const { postNumber, root, cumulativeTotal, datasetHash, snapshotBlock, snapshotHash } = event;
    const { vetoed, ...before } = state.posted;
    const next = state.counts.posts === 0 || vetoed ? before.epoch : before.epoch + 1n;
    const number = ++state.counts.posts;
    if (postNumber !== BigInt(number)) {
      const what =
        postNumber > BigInt(number) ? `${number} is missing from` : `${postNumber} is out of order in`;
      throw new InconsistentLogs(`block ${block}: posted root ${what} the logs`);
    }
    const epoch = numberOf(event, "epoch", MAX_INTEGER, block);
    const rollingHash = postStep(state.posted.rollingHash, event);
    if (rollingHash !== event.rollingHash) {
      throw new InconsistentLogs(
        `block ${block}: posted root ${number}, or a veto before it, is missing from the logs or altered`,
      );
    }
    if (event.epoch !== next) {
      throw new InconsistentLogs(
        `block ${block}: posted root ${number} is of epoch ${event.epoch}, after the logs before it one of epoch ${next} comes`,
      );
    }
    state.posted = { epoch: event.epoch, root, hash: postHash(event), rollingHash, vetoed: false };
    changes.posts.push({
      number,
      epoch,
      root,
      total: String(cumulativeTotal),
      dataset_hash: datasetHash,
      snapshot_block: String(snapshotBlock),
      snapshot_hash: snapshotHash,
      claimable_at: numberOf(event, "claimableAt", MAX_BIGINT, block),
      quorum: numberOf(event, "quorum", MAX_INTEGER, block),
      rolling_hash: rollingHash,
      block,
      vetoed_in: null,
      veto_rolling_hash: null,
    });
  }

  /** Only the latest post can be vetoed, and once. */
  function veto({ postNumber, by, ...event }: EventOf<"RootVetoed">, block: number): Veto {
    const { posted } = state;
    const number = state.counts.posts;
    if (postNumber > BigInt(number)) {
      throw new InconsistentLogs(
        `block ${block}: posted root ${postNumber} is missing from the logs before its veto`,
      );
    }
    const rollingHash = vetoStep(posted.rollingHash, posted.hash, by);
    const isOfLatest =
      postNumber === BigInt(number) && event.epoch === posted.epoch && event.root === posted.root;
    if (!isOfLatest || posted.vetoed || rollingHash !== event.rollingHash) {
      throw new InconsistentLogs(
        `block ${block}: the veto of posted root ${postNumber} is twice, out of order or altered in the logs`,
      );
    }
    state.posted = { ...posted, rollingHash, vetoed: true };
    return { number, block, rollingHash };
  }

  function addClaim(event: EventOf<"Claimed">, block: number, time: number | null): void {
    const prover = proverOf(state.provers, event.prover, block);
    const before = state.claims.get(prover) ?? { number: 0, cumulative: 0n, commission: 0n };
    const { cumulative, amount } = event;
    if (cumulative !== before.cumulative + amount) {
      throw new InconsistentLogs(
        `block ${block}: a claim of prover ${event.prover} continues ${cumulative - amount}, the logs before it give ${before.cumulative}`,
      );
    }
    const isOfPost = state.counts.posts > 0 && event.epoch <= state.posted.epoch;
    if (!isOfPost || event.commission > amount) {
      throw new InconsistentLogs(
        `block ${block}: a claim of prover ${event.prover} is altered in the logs: ${
          isOfPost ? "its commission is above its amount" : `no root of epoch ${event.epoch} was posted`
        }`,
      );
    }
    const claim = { number: before.number + 1, cumulative, commission: before.commission + event.commission };
    state.claims.set(prover, claim);
    changes.claims.push({
      prover,
      number: claim.number,
      cumulative: String(cumulative),
      commission: String(claim.commission),
      block,
      time,
    });
  }
}

/** What the columns hold. */
const MAX_INTEGER = 2n ** 31n - 1n;
const MAX_BIGINT = BigInt(Number.MAX_SAFE_INTEGER);

/** An argument that the contracts keep far below what its type would allow. */
function numberOf<Event extends ChainEvent>(
  event: Event,
  field: keyof Event & string,
  max: bigint,
  block: number,
): number {
  const value = event[field] as bigint;
  if (value <= max) return Number(value);
  throw new InconsistentLogs(
    `block ${block}: the ${field} of a ${event.name} is ${value}, more than there can be`,
  );
}

// SPDX-License-Identifier: AGPL-3.0-only
import { BPS } from "../../core/guard.ts";
import { writeHex } from "../../core/hex.ts";
import { keccakHex } from "../../core/keccak.ts";
import type { Address, Hex } from "../../core/types.ts";
import { Arguments, malformed, TOPIC } from "./events.ts";
import type { Bid, Fact, LateFact, RequestFacts } from "./facts.ts";
import { chainStep, type NetworkLog } from "./log.ts";
import type { Contracts } from "./open.ts";
import { REQUEST_WORDS } from "./read-logs.ts";
import { type NetworkState, type OpenRequest, type ProverState, windowIn } from "./state.ts";
import { StatsMirror } from "./stats.ts";

/** What is no fact of a moment, with the place that it was logged in. */
export interface Placed {
  readonly fact: LateFact;
  readonly block: number;
  readonly logIndex: number;
}

export interface Folded {
  readonly facts: readonly Fact[];
  readonly late: readonly Placed[];
}

/** Whoever asked, where no transfer says so: by request. */
export type Requesters = ReadonlyMap<Hex, Address>;

const NOBODY: Address = `0x${"0".repeat(40)}`;
const ACTIVE = 1;
const EARLIER = ": its log is missing, or is of before network-config.startBlock";

/**
 * Facts from logs, in chain order, whole blocks at a time; `state` is brought to where the logs end. Counted fees are 0,
 * and no statement is new, until `countStatements` has looked at those before.
 * @throws InconsistentLogs where a log contradicts those before: one is missing, added or altered
 */
export function foldLogs(
  contracts: Contracts,
  state: NetworkState,
  logs: readonly NetworkLog[],
  requesters: Requesters,
): Folded {
  const fold = new Fold(contracts, state, requesters);
  for (const log of logs) fold.take(log);
  fold.endTransaction();
  return fold;
}

/**
 * Ids of these logs' requests that no transfer names the requester of.
 * @throws InconsistentLogs for one that is not laid out as its event is
 */
export function withoutPayer({ token, market }: Contracts, logs: readonly NetworkLog[]): Hex[] {
  return logs.flatMap((log, i) => {
    if (log.address !== market || log.topics[0] !== TOPIC.NewRequest) return [];
    const { maxFee } = requestIn(log);
    return payerOf(log, logs[i - 1], { token, market, maxFee }) === undefined ? [log.topics[1] as Hex] : [];
  });
}

class Fold implements Folded {
  readonly facts: Fact[] = [];
  readonly late: Placed[] = [];
  readonly #contracts: Contracts;
  readonly #state: NetworkState;
  readonly #requesters: Requesters;
  readonly #stats: StatsMirror;
  /** Of the transaction that is being read. */
  #before: NetworkLog | undefined;
  #last: NetworkLog | undefined;
  #added: { readonly prover: Address; readonly amount: bigint }[] = [];
  #vaultSlashes: { readonly prover: Address; readonly amount: bigint }[] = [];
  #slashed = new Set<Address>();
  #retired = new Set<Address>();
  #touched = new Map<Address, bigint>();
  #set: { readonly epoch: number; readonly amount: bigint }[] = [];

  constructor(contracts: Contracts, state: NetworkState, requesters: Requesters) {
    this.#contracts = contracts;
    this.#state = state;
    this.#requesters = requesters;
    this.#stats = new StatsMirror(state.stats);
  }

  take(log: NetworkLog): void {
    this.#state.logs = chainStep(this.#state.logs, log.hash);
    if (log.early) {
      this.#transfer(log);
      return;
    }
    if (this.#last !== undefined && this.#last.transactionHash !== log.transactionHash) this.endTransaction();
    this.#before = this.#last;
    this.#last = log;
    const { token, factory, stakingController, market, epochRewards } = this.#contracts;
    if (log.topics[0] === TOPIC.Upgraded) this.#upgraded(log);
    else if (log.address === token) this.#transfer(log);
    else if (log.address === stakingController) this.#controller(log);
    else if (log.address === market) this.#market(log);
    else if (log.address === epochRewards) this.#epochRewards(log);
    else if (log.address === factory) this.#vaultCreated(log);
    else this.#vaultSlashed(log);
  }

  /** What one transaction does hangs together: what it leaves over is missing its other half. */
  endTransaction(): void {
    const last = this.#last;
    if (last === undefined) return;
    const [added] = this.#added;
    if (added !== undefined) {
      throw malformed(
        last,
        `ends a transaction in which ${added.prover} is paid by the market without a proof`,
      );
    }
    if (this.#set.length > 0) {
      throw malformed(last, "ends a transaction in which rewards are set, but no sum of them is logged");
    }
    for (const { prover, amount } of this.#vaultSlashes) {
      // The controller logs what it takes of vault and exits together; what retiring sweeps, the vault alone.
      if (this.#slashed.has(prover)) this.#unstaking(prover, amount, last);
      else if (this.#retired.has(prover)) this.#state.totals.treasury += amount;
      else
        throw malformed(last, `ends a transaction in which the vault of ${prover} is slashed for no reason`);
    }
    this.#vaultSlashes = [];
    this.#slashed.clear();
    this.#retired.clear();
    for (const [prover, before] of this.#touched) {
      const { assets, managed } = this.#prover(prover, last);
      const amount = assets - managed - before;
      if (amount !== 0n) this.facts.push({ kind: "donated", time: last.time, prover, amount });
    }
    this.#touched.clear();
    this.#last = undefined;
  }

  #upgraded(log: NetworkLog): void {
    this.#state.implementations[log.address] = new Arguments(log, 1, 0).topicAddress(1);
  }

  #vaultCreated(log: NetworkLog): void {
    const args = new Arguments(log, 2, 2);
    const prover = args.topicAddress(1);
    const vault = args.topicAddress(2);
    if (this.#state.vaults[vault] !== undefined || this.#state.provers[prover] !== undefined) {
      throw malformed(log, `creates the vault of ${prover} a second time`);
    }
    this.#state.vaults[vault] = prover;
    this.#state.provers[prover] = {
      ...{ vault, created: log.blockNumber, joined: null, left: null, state: 0, assets: 0n, managed: 0n },
      ...{ defaultBps: 0, rates: {}, commission: 0n, unstaking: 0n },
    };
  }

  #transfer(log: NetworkLog): void {
    const args = new Arguments(log, 2, 1);
    const value = args.uint(0);
    this.#move(args.topicAddress(1), -value, log);
    this.#move(args.topicAddress(2), value, log);
  }

  #move(account: Address, amount: bigint, log: NetworkLog): void {
    const prover = this.#state.vaults[account];
    if (prover === undefined || amount === 0n) return;
    const state = this.#touch(prover, log);
    state.assets += amount;
    if (state.assets < 0n) throw malformed(log, `takes more from the vault of ${prover} than it holds`);
    this.facts.push({ kind: "assets", time: log.time, prover, assets: state.assets });
  }

  #controller(log: NetworkLog): void {
    const { time } = log;
    switch (log.topics[0]) {
      case TOPIC.ProverInitialized: {
        const args = new Arguments(log, 2, 1);
        const prover = args.topicAddress(1);
        const state = this.#prover(prover, log);
        const vault = args.topicAddress(2);
        if (state.vault !== vault || state.joined !== null) {
          throw malformed(log, `is of a prover ${prover} whose vault the factory has not created`);
        }
        state.joined = time;
        state.state = ACTIVE;
        state.defaultBps = args.number(0);
        this.facts.push({ kind: "joined", time, prover, vault, bps: state.defaultBps });
        return;
      }
      case TOPIC.ProverStateChanged: {
        const args = new Arguments(log, 1, 2);
        this.#prover(args.topicAddress(1), log).state = args.number(1);
        return;
      }
      case TOPIC.ProverRetired: {
        const prover = new Arguments(log, 1, 0).topicAddress(1);
        const state = this.#prover(prover, log);
        this.#retired.add(prover);
        state.left = time;
        state.state = 0;
        state.rates = {};
        state.defaultBps = 0;
        this.facts.push({ kind: "left", time, prover });
        return;
      }
      case TOPIC.Staked: {
        const args = new Arguments(log, 2, 2);
        this.#touch(args.topicAddress(1), log).managed += args.uint(1);
        return;
      }
      case TOPIC.UnstakeRequested: {
        const args = new Arguments(log, 2, 2);
        const prover = args.topicAddress(1);
        const amount = args.uint(1);
        this.#touch(prover, log).managed -= amount;
        this.#unstaking(prover, amount, log);
        return;
      }
      case TOPIC.UnstakeCompleted: {
        const args = new Arguments(log, 2, 1);
        this.#unstaking(args.topicAddress(1), -args.uint(0), log);
        return;
      }
      case TOPIC.RewardsAdded:
        this.#rewardsAdded(log);
        return;
      case TOPIC.StakeSlashed: {
        const args = new Arguments(log, 1, 2);
        const prover = args.topicAddress(1);
        const amount = args.uint(0);
        this.#slashed.add(prover);
        this.#unstaking(prover, -amount, log);
        this.#state.totals.treasury += amount;
        return;
      }
      case TOPIC.CommissionRateUpdated: {
        const args = new Arguments(log, 2, 3);
        const [prover, source] = [args.topicAddress(1), args.topicAddress(2)];
        const { defaultBps, rates } = this.#prover(prover, log);
        if (args.number(0) !== (source === NOBODY ? defaultBps : (rates[source] ?? 0))) {
          throw malformed(log, `changes another rate of ${prover} than was in force`);
        }
        this.#rate(prover, source, args.bool(2) ? null : args.number(1), log);
        return;
      }
      case TOPIC.CommissionClaimed: {
        const args = new Arguments(log, 1, 1);
        this.#prover(args.topicAddress(1), log).commission -= args.uint(0);
        return;
      }
      case TOPIC.TreasuryWithdrawn:
        this.#state.totals.treasury -= new Arguments(log, 1, 1).uint(0);
        return;
      case TOPIC.EmergencyRecovered:
        this.#state.totals.recovered += new Arguments(log, 0, 2).uint(1);
        return;
    }
  }

  #rate(prover: Address, source: Address, bps: number | null, log: NetworkLog): void {
    const state = this.#prover(prover, log);
    const isDefault = source === NOBODY;
    if (isDefault && bps !== null) state.defaultBps = bps;
    else if (bps === null) delete state.rates[source];
    else state.rates[source] = bps;
    this.facts.push({ kind: "rate", time: log.time, prover, source: isDefault ? null : source, bps });
  }

  #rewardsAdded(log: NetworkLog): void {
    const args = new Arguments(log, 2, 3);
    const [prover, source] = [args.topicAddress(1), args.topicAddress(2)];
    const [amount, commission, toStakers] = [args.uint(0), args.uint(1), args.uint(2)];
    if (commission + toStakers !== amount)
      throw malformed(log, "splits rewards into more or less than they are");
    const state = this.#touch(prover, log);
    const bps = BigInt(state.rates[source] ?? state.defaultBps);
    if (commission !== (amount * bps) / BPS) {
      throw malformed(
        log,
        `takes ${commission} of ${amount} as commission, at the rate in force it is another`,
      );
    }
    state.managed += toStakers;
    state.commission += commission;
    if (source === this.#contracts.market) this.#added.push({ prover, amount });
    if (source !== this.#contracts.epochRewards) return;
    const { transactionHash: transaction } = log;
    this.#place(log, { kind: "paid", at: log.time, prover, amount, commission, transaction });
  }

  #market(log: NetworkLog): void {
    const { totals } = this.#state;
    switch (log.topics[0]) {
      case TOPIC.NewRequest:
        this.#newRequest(log);
        return;
      case TOPIC.NewBid: {
        const args = new Arguments(log, 2, 1);
        this.#request(args.topic(1), log);
        this.#stats.ofProver(args.topicAddress(2)).bids += 1;
        this.#stats.ofProver(args.topicAddress(2)).lastActive = log.time;
        return;
      }
      case TOPIC.BidRevealed: {
        const args = new Arguments(log, 2, 1);
        const bid = { prover: args.topicAddress(2), fee: args.uint(0) };
        const request = this.#request(args.topic(1), log);
        request.bids = lowestTwo(request.bids, bid);
        const stats = this.#stats.ofProver(bid.prover);
        stats.reveals += 1;
        stats.lastActive = log.time;
        return;
      }
      case TOPIC.ProofSubmitted:
        this.#proofSubmitted(log);
        return;
      case TOPIC.Refunded:
        this.#refunded(log);
        return;
      case TOPIC.RequestSlashed: {
        const args = new Arguments(log, 2, 1);
        this.#place(log, { kind: "slashed", at: 0, request: args.topic(1) });
        return;
      }
      case TOPIC.ProtocolFeeBpsUpdated: {
        const args = new Arguments(log, 0, 2);
        if (args.number(0) !== totals.feeBps)
          throw malformed(log, "changes another protocol fee than was in force");
        totals.feeBps = args.number(1);
        return;
      }
      case TOPIC.ProtocolFeeWithdrawn:
        totals.protocolFeesWithdrawn += new Arguments(log, 1, 1).uint(0);
        return;
      case TOPIC.StatsReset:
        for (const { epoch: at, prover, counted } of this.#stats.begin(new Arguments(log, 0, 2).number(0))) {
          this.#place(log, { kind: "stats", at, prover, counted });
        }
        return;
    }
  }

  #newRequest(log: NetworkLog): void {
    const { token, market } = this.#contracts;
    const id = log.topics[1] as Hex;
    const request = requestIn(log);
    const { maxFee } = request;
    if (requestId(request) !== id)
      throw malformed(log, "is of a request with another id than its contents have");
    if (this.#state.requests[id] !== undefined) throw malformed(log, `asks for request ${id} a second time`);
    const requester =
      payerOf(log, this.#before, { token, market, maxFee }) ?? this.#requesters.get(id) ?? NOBODY;
    this.#state.requests[id] = { ...request, requester, created: log.time, bids: [] };
    this.#state.totals.escrow += maxFee;
    this.#stats.global().requests += 1;
  }

  #proofSubmitted(log: NetworkLog): void {
    const { totals } = this.#state;
    const args = new Arguments(log, 2, 9);
    const request = this.#take(args.topic(1), log);
    const prover = args.topicAddress(2);
    const fee = args.uint(8);
    const { bids } = request;
    if (bids[0]?.prover !== prover) throw malformed(log, `is of ${prover}, who has not won the request`);
    if (fee !== (bids[1] ?? bids[0]).fee)
      throw malformed(log, `names a fee of ${fee}, the bids give another`);
    const protocolFee = (fee * BigInt(totals.feeBps)) / BPS;
    const net = fee - protocolFee;
    const paid = this.#added.findIndex((added) => added.prover === prover);
    const [added] = paid < 0 ? [] : this.#added.splice(paid, 1);
    if ((added?.amount ?? 0n) !== net) {
      throw malformed(
        log,
        `pays ${prover} ${added?.amount ?? 0n}, at the protocol fee in force it is ${net}`,
      );
    }
    totals.protocolFees += protocolFee;
    const global = this.#stats.global();
    global.fulfilled += 1;
    global.fees += net;
    const stats = this.#stats.ofProver(prover);
    stats.fulfilled += 1;
    stats.fees += net;
    stats.lastActive = log.time;
    const counted = { countedFee: 0n, isNew: false };
    this.facts.push({ kind: "fulfilled", time: log.time, ...request, prover, fee, protocolFee, ...counted });
  }

  #refunded(log: NetworkLog): void {
    const args = new Arguments(log, 2, 1);
    const request = this.#take(args.topic(1), log);
    const { requester, maxFee, deadline, nonce } = request;
    if (args.uint(0) !== maxFee || (requester !== NOBODY && args.topicAddress(2) !== requester)) {
      throw malformed(log, "refunds another requester, or another amount, than asked");
    }
    const winner = request.bids[0]?.prover;
    const missedBy = winner !== undefined && log.time > deadline ? winner : null;
    if (winner !== undefined) this.#stats.ofProver(winner).refunded += 1;
    if (missedBy !== null) this.#place(log, { kind: "missed", at: deadline, prover: missedBy, nonce });
    this.facts.push({ kind: "refunded", time: log.time, ...request, missedBy });
  }

  #epochRewards(log: NetworkLog): void {
    const { configs } = this.#state;
    switch (log.topics[0]) {
      case TOPIC.EpochConfigSet:
        configs.push(configIn(log));
        return;
      case TOPIC.EpochConfigPopped: {
        const [given, popped] = [configIn(log), configs.pop()];
        const keys = ["fromEpoch", "fromTime", "length", "maximum"] as const;
        if (popped === undefined || keys.some((key) => given[key] !== popped[key])) {
          throw malformed(log, "takes back another configuration than the last one");
        }
        return;
      }
      case TOPIC.RewardsSet: {
        const args = new Arguments(log, 2, 1);
        const [at, prover, amount] = [args.topicNumber(1), args.topicAddress(2), args.uint(0)];
        this.#set.push({ epoch: at, amount });
        this.#place(log, { kind: "reward-set", at, prover, amount });
        return;
      }
      case TOPIC.EpochRewardsSet: {
        const args = new Arguments(log, 1, 2);
        const epoch = args.topicNumber(1);
        const sum = this.#set.reduce((total, { amount }) => total + amount, 0n);
        if (sum !== args.uint(0) || this.#set.some((one) => one.epoch !== epoch)) {
          throw malformed(log, `sums up the rewards of epoch ${epoch} otherwise than they were set`);
        }
        this.#set = [];
        const window = windowIn(configs, epoch);
        if (window === undefined) throw malformed(log, `is of epoch ${epoch}, which has no window${EARLIER}`);
        this.#place(log, { kind: "settled", at: epoch, ...window });
        return;
      }
    }
  }

  #vaultSlashed(log: NetworkLog): void {
    const prover = this.#state.vaults[log.address];
    if (prover === undefined) throw malformed(log, "is of no vault");
    const amount = new Arguments(log, 0, 2).uint(0);
    this.#touch(prover, log).managed -= amount;
    this.#vaultSlashes.push({ prover, amount });
  }

  #unstaking(prover: Address, amount: bigint, log: NetworkLog): void {
    this.#prover(prover, log).unstaking += amount;
    this.#state.totals.unstaking += amount;
  }

  #place({ blockNumber: block, logIndex }: NetworkLog, fact: LateFact): void {
    this.late.push({ fact, block, logIndex });
  }

  #prover(prover: Address, log: NetworkLog): ProverState {
    const state = this.#state.provers[prover];
    if (state === undefined) throw malformed(log, `names the prover ${prover}, which never joined${EARLIER}`);
    return state;
  }

  /** The same, of a prover whose vault the transaction may change. */
  #touch(prover: Address, log: NetworkLog): ProverState {
    const state = this.#prover(prover, log);
    if (!this.#touched.has(prover)) this.#touched.set(prover, state.assets - state.managed);
    return state;
  }

  #request(id: Hex, log: NetworkLog): OpenRequest {
    const request = this.#state.requests[id];
    if (request === undefined) throw malformed(log, `is of request ${id}, which is not pending${EARLIER}`);
    return request;
  }

  #take(id: Hex, log: NetworkLog): OpenRequest {
    const request = this.#request(id, log);
    delete this.#state.requests[id];
    this.#state.totals.escrow -= request.maxFee;
    return request;
  }
}

/** The lowest bid wins, the first of equals; whoever reveals twice stands twice. */
function lowestTwo([lowest, second]: readonly Bid[], bid: Bid): Bid[] {
  if (lowest === undefined) return [bid];
  if (bid.fee < lowest.fee) return [bid, lowest];
  return second === undefined || bid.fee < second.fee ? [lowest, bid] : [lowest, second];
}

type Asked = Omit<RequestFacts, "requester" | "created" | "bids">;

function requestIn(log: NetworkLog): Asked {
  const args = new Arguments(log, 1, REQUEST_WORDS, true);
  if (args.uint(0) !== 32n) throw malformed(log, "is not laid out as its event is");
  return {
    nonce: args.uint(1),
    vk: args.word(2),
    digest: args.word(3),
    version: args.number(7),
    maxFee: args.uint(8),
    minStake: args.uint(9),
    deadline: args.number(10),
  };
}

/** keccak256 of nonce (8 bytes), key and digest: neither chain, nor contract, nor requester. */
export function requestId({ nonce, vk, digest }: Pick<RequestFacts, "nonce" | "vk" | "digest">): Hex {
  const bytes = new Uint8Array(72);
  new DataView(bytes.buffer).setBigUint64(0, nonce);
  writeHex(vk, bytes, 8);
  writeHex(digest, bytes, 40);
  return keccakHex(bytes);
}

/** Who paid what a request may cost at most, in the log just before it. */
function payerOf(
  log: NetworkLog,
  before: NetworkLog | undefined,
  { token, market, maxFee }: { token: Address; market: Address; maxFee: bigint },
): Address | undefined {
  if (before === undefined || before.address !== token || before.topics[0] !== TOPIC.Transfer)
    return undefined;
  if (before.transactionHash !== log.transactionHash || before.logIndex !== log.logIndex - 1)
    return undefined;
  const args = new Arguments(before, 2, 1);
  return args.topicAddress(2) === market && args.uint(0) === maxFee ? args.topicAddress(1) : undefined;
}

function configIn(log: NetworkLog) {
  const args = new Arguments(log, 0, 4);
  const [fromEpoch, fromTime, length] = [args.number(0), args.number(1), args.number(2)];
  if (length === 0) throw malformed(log, "gives epochs no time");
  return { fromEpoch, fromTime, length, maximum: args.uint(3) };
}

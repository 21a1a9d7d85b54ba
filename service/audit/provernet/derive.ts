// SPDX-License-Identifier: AGPL-3.0-only
import { inconsistent } from "../../chain/errors.ts";
import type { Address, CampaignWork, EpochInput, Hex, Policy, ProverInput } from "../../core/types.ts";
import { addToCampaign } from "../campaigns.ts";
import { lower } from "../deployment.ts";
import { sum } from "../policy.ts";
import { domainFor } from "../tree.ts";
import type { Happened, History, Places } from "./history.ts";

/** What SPEC 14.3 calls an epoch's window. */
export interface Window {
  readonly start: bigint;
  readonly end: bigint;
  readonly maximum: bigint;
  readonly provisional: boolean;
}

interface Job {
  readonly prover: Address;
  readonly requester: Address;
  readonly vk: Hex;
  readonly time: bigint;
  readonly fee: bigint;
  readonly protocolFee: bigint;
  readonly counted: bigint;
  /** Somebody had proven the statement before. */
  readonly again: boolean;
  readonly block: bigint;
  readonly id: Hex;
}

interface Miss {
  readonly prover: Address;
  readonly id: Hex;
  readonly time: bigint;
  readonly deadline: bigint;
}

/** All that a history says, whatever the epoch. */
export interface Derived {
  readonly jobs: readonly Job[];
  readonly misses: readonly Miss[];
  readonly provers: ReadonlyMap<Address, ProverHistory>;
  readonly windowOf: (epoch: number) => Window | undefined;
  /** Amounts that were set, by epoch and prover. */
  readonly set: ReadonlyMap<number, ReadonlyMap<Address, bigint>>;
  /** What EpochRewards paid, in chain order. */
  readonly paid: readonly { readonly prover: Address; readonly amount: bigint; readonly block: bigint }[];
}

interface ProverHistory {
  readonly vault: Address;
  readonly joined: bigint;
  left: bigint | undefined;
  readonly balances: { readonly time: bigint; readonly assets: bigint }[];
  readonly rates: { readonly time: bigint; readonly source: Address; readonly bps: number | undefined }[];
}

const ANY: Address = `0x${"0".repeat(40)}`;

interface Asked {
  readonly requester: Address;
  readonly vk: Hex;
  readonly digest: Hex;
  readonly maxFee: bigint;
  readonly deadline: bigint;
  readonly reveals: { readonly prover: Address; readonly fee: bigint }[];
}

/**
 * SPEC 14.3 and 14.4, for a whole history at once; amounts in wei. `requesterOf` tells who asked where no transfer
 * does.
 * @throws ChainError `inconsistent` for logs that contradict each other
 */
export function derive(
  { events }: History,
  places: Places,
  requesterOf: (id: Hex) => Address | undefined,
): Derived {
  const { token, market, stakingController, epochRewards, factory } = places;
  const of = (from: Address) => events.filter((event) => event.from === from);
  const provers = new Map<Address, ProverHistory>();
  const vaults = new Map<Address, Address>();
  for (const { name, args } of of(factory)) {
    if (name === "VaultCreated") vaults.set(lower(args.vault), lower(args.prover));
  }
  for (const event of of(stakingController)) readProver(event, vaults, provers);
  readBalances(of(token), vaults, provers);
  const { jobs, misses } = readMarket(events, { token, market, stakingController }, requesterOf);
  const paid = of(stakingController).flatMap(({ name, args, block }) =>
    name === "RewardsAdded" && lower(args.source) === epochRewards
      ? [{ prover: lower(args.prover), amount: args.amount as bigint, block }]
      : [],
  );
  return { jobs, misses, provers, paid, ...readEpochs(of(epochRewards)) };
}

function readProver(
  { name, args, time, block }: Happened,
  vaults: ReadonlyMap<Address, Address>,
  provers: Map<Address, ProverHistory>,
): void {
  if (name === "ProverInitialized") {
    const prover = lower(args.prover);
    if (vaults.get(lower(args.vault)) !== prover || provers.has(prover)) {
      throw inconsistent(
        `block ${block}: ${prover} joins twice, or with a vault that was not created for it`,
      );
    }
    const first = { time, source: ANY, bps: rateIn(args.rate) };
    provers.set(prover, {
      ...{ vault: lower(args.vault), joined: time, left: undefined, balances: [], rates: [first] },
    });
    return;
  }
  const own = args.prover === undefined ? undefined : provers.get(lower(args.prover));
  if (own === undefined) return;
  if (name === "ProverRetired") own.left = time;
  if (name === "CommissionRateUpdated") {
    const bps = args.useDefault ? undefined : rateIn(args.newRate);
    own.rates.push({ time, source: lower(args.source), bps });
  }
}

/** @throws ChainError for one that no artifact could hold */
function rateIn(bps: bigint): number {
  if (bps > BigInt(Number.MAX_SAFE_INTEGER)) throw inconsistent(`a rate of ${bps} bps is in the logs`);
  return Number(bps);
}

function readBalances(
  transfers: readonly Happened[],
  vaults: ReadonlyMap<Address, Address>,
  provers: ReadonlyMap<Address, ProverHistory>,
): void {
  const held = new Map<Address, bigint>();
  for (const { args, time } of transfers) {
    for (const [account, amount] of [
      [lower(args.from), -args.value],
      [lower(args.to), args.value],
    ] as [Address, bigint][]) {
      const prover = vaults.get(account);
      if (prover === undefined) continue;
      const assets = (held.get(account) ?? 0n) + amount;
      if (assets < 0n) throw inconsistent(`the vault ${account} gives more than it holds`);
      held.set(account, assets);
      provers.get(prover)?.balances.push({ time, assets });
    }
  }
}

/** Who paid for the request that the event is of, by the token's transfer just before it; undefined if none says so. */
export function payerOf(
  events: readonly Happened[],
  i: number,
  { token, market }: Pick<Places, "token" | "market">,
): Address | undefined {
  const [before, event] = [events[i - 1], events[i]];
  const pays =
    before?.from === token &&
    before.transaction === event?.transaction &&
    before.index === event.index - 1 &&
    lower(before.args.to) === market &&
    before.args.value === event.args.req.fee.maxFee;
  return pays ? lower(before.args.from) : undefined;
}

/** Ids of requests of which no transfer says who paid. */
export function askedUnpaid(events: readonly Happened[], places: Pick<Places, "token" | "market">): Hex[] {
  return events.flatMap(({ from, name, args }, i) => {
    const asks = from === places.market && name === "NewRequest";
    return asks && payerOf(events, i, places) === undefined ? [args.reqid as Hex] : [];
  });
}

/** Who asked, bid, proved and was refunded. */
function readMarket(
  events: readonly Happened[],
  { token, market, stakingController }: Pick<Places, "token" | "market" | "stakingController">,
  requesterOf: (id: Hex) => Address | undefined,
): { jobs: Job[]; misses: Miss[] } {
  const pending = new Map<Hex, Asked>();
  const highest = new Map<string, bigint>();
  const proven = new Set<string>();
  const jobs: Job[] = [];
  const misses: Miss[] = [];
  let bps = 0n;
  for (const [i, event] of events.entries()) {
    if (event.from !== market) continue;
    const { name, args, time, block } = event;
    const id = args.reqid as Hex | undefined;
    if (name === "ProtocolFeeBpsUpdated") bps = args.newBps;
    if (id === undefined) continue;
    if (name === "NewRequest") {
      const { vk, digest, fee } = args.req;
      const requester = payerOf(events, i, { token, market }) ?? requesterOf(id) ?? ANY;
      pending.set(id, { requester, vk, digest, maxFee: fee.maxFee, deadline: fee.deadline, reveals: [] });
    }
    const request = pending.get(id);
    if (request === undefined) {
      if (name === "ProverSlashed") continue;
      throw inconsistent(`block ${block}: ${name} of request ${id}, which is not pending`);
    }
    if (name === "BidRevealed") request.reveals.push({ prover: lower(args.prover), fee: args.fee });
    if (name !== "ProofSubmitted" && name !== "Refunded") continue;
    pending.delete(id);
    // The sort keeps the order of equals.
    const [winner, second = winner] = [...request.reveals].sort((a, b) =>
      a.fee < b.fee ? -1 : Number(a.fee > b.fee),
    );
    if (name === "Refunded") {
      if (winner !== undefined && time > request.deadline) {
        misses.push({ prover: winner.prover, id, time, deadline: request.deadline });
      }
      continue;
    }
    const prover = lower(args.prover);
    const fee = args.actualFee as bigint;
    const protocolFee = (fee * bps) / 10_000n;
    if (winner?.prover !== prover || second?.fee !== fee) {
      throw inconsistent(
        `block ${block}: request ${id} is proven by another prover or at another fee than the bids give`,
      );
    }
    requirePaid(events, i, { source: market, stakingController, prover, net: fee - protocolFee });
    const statement = `${request.vk} ${request.digest}`;
    const key = `${statement} ${request.requester}`;
    const best = highest.get(key) ?? 0n;
    if (fee > best) highest.set(key, fee);
    jobs.push({
      ...{ prover, requester: request.requester, vk: request.vk, time, fee, protocolFee, block, id },
      counted: fee > best ? fee - best : 0n,
      again: proven.has(statement),
    });
    proven.add(statement);
  }
  return { jobs, misses };
}

/** The controller logs what the winner gets, earlier in the same transaction; nothing, if that is nothing. */
function requirePaid(
  events: readonly Happened[],
  at: number,
  {
    source,
    stakingController,
    prover,
    net,
  }: Record<"source" | "stakingController" | "prover", Address> & { net: bigint },
): void {
  const { transaction, block } = events[at] as Happened;
  for (let i = at - 1; i >= 0 && events[i]?.transaction === transaction; i--) {
    const { from, name, args } = events[i] as Happened;
    if (name === "ProofSubmitted" && from === source && lower(args.prover) === prover) break;
    const pays = from === stakingController && name === "RewardsAdded" && lower(args.source) === source;
    if (!pays || lower(args.prover) !== prover) continue;
    if (args.amount === net) return;
    throw inconsistent(`block ${block}: ${prover} gets ${args.amount} for a proof that should bring ${net}`);
  }
  if (net > 0n)
    throw inconsistent(`block ${block}: ${prover} gets nothing for a proof that should bring ${net}`);
}

function readEpochs(events: readonly Happened[]): Pick<Derived, "windowOf" | "set"> {
  const stack: { from: number; at: bigint; length: bigint; maximum: bigint }[] = [];
  const settled = new Map<number, Window>();
  const set = new Map<number, Map<Address, bigint>>();
  const windowNow = (epoch: number): Omit<Window, "provisional"> | undefined => {
    const config = [...stack].reverse().find(({ from }) => from <= epoch);
    if (config === undefined || epoch === 0) return undefined;
    const start = config.at + BigInt(epoch - config.from) * config.length;
    return { start, end: start + config.length, maximum: config.maximum };
  };
  for (const { name, args, block } of events) {
    const epoch = Number(args.epoch ?? 0);
    if (name === "EpochConfigPopped") stack.pop();
    if (name === "EpochConfigSet") {
      const { fromEpoch, fromTime: at, epochLength: length, maximum } = args;
      if (length === 0n) throw inconsistent(`block ${block}: a configuration gives epochs no time`);
      stack.push({ from: Number(fromEpoch), at, length, maximum });
    }
    if (name === "RewardsSet") {
      const own = set.get(epoch) ?? new Map<Address, bigint>();
      set.set(epoch, own.set(lower(args.prover), args.amount));
    }
    const window = name === "EpochRewardsSet" && !settled.has(epoch) ? windowNow(epoch) : undefined;
    if (window !== undefined) settled.set(epoch, { ...window, provisional: false });
  }
  return {
    set,
    windowOf(epoch) {
      const window = windowNow(epoch);
      return settled.get(epoch) ?? (window && { ...window, provisional: true });
    },
  };
}

/** What an epoch is computed from, without what only the chain and the policy say. */
export type EpochFacts = Pick<EpochInput, "provers" | "misses" | "fulfilments">;

/** SPEC 14.4: an epoch's provers under a policy, all that joined before its end. */
export function epochFacts(
  derived: Derived,
  { epochRewards }: Places,
  { epoch, window, policy }: { epoch: number; window: Window; policy: Policy },
): EpochFacts {
  const { start, end } = window;
  const jobs = derived.jobs.filter(({ time }) => time >= start && time < end);
  const missed = derived.misses.filter(({ time }) => time >= start && time < end);
  const multiplier = (vk: Hex) =>
    policy.version === 1 || policy.programs === null
      ? 10_000n
      : BigInt(policy.programs.find((program) => program.vk === vk)?.multiplierBps ?? 0);
  const provers = [...derived.provers].filter(([, { joined }]) => joined < end);
  return {
    provers: provers.map(([prover, own]): ProverInput => {
      const done = jobs.filter((job) => job.prover === prover);
      const worked = done.map((job) => ({ ...job, by: multiplier(job.vk) }));
      const counts = worked.filter(({ counted, by }) => counted * by > 0n);
      const at = latest(own.joined, start);
      const campaigns =
        policy.version === 1
          ? undefined
          : worked.reduce<readonly CampaignWork[]>(
              (sum, { by, fee, protocolFee, counted, requester }) =>
                addToCampaign(policy.campaigns, sum, {
                  ...{ requester, fee, protocolFee, weight: fee * by, countedWeight: counted * by },
                } as never),
              [],
            );
      return {
        ...{ prover, vault: own.vault, fulfilments: done.length },
        work: sum(worked.map(({ counted, by }) => counted * by)),
        stake: stakeOf(own, window),
        misses: missed.filter((miss) => miss.prover === prover).length,
        fees: sum(done.map(({ fee }) => fee)),
        protocolFees: sum(counts.map(({ protocolFee }) => protocolFee)),
        commissionBps: rateAt(own, epochRewards, at),
        ...(campaigns && { campaigns }),
      };
    }),
    misses: missed.map(({ prover, id, deadline }) => ({
      ...{ prover, requestId: id },
      deadlineEpoch: epochBefore(derived, epoch, deadline),
    })),
    fulfilments: { count: jobs.length, accumulator: domainFor(0n, ANY) },
  };
}

function epochBefore({ windowOf }: Derived, epoch: number, deadline: bigint): number {
  let at = epoch;
  while (at > 0 && (windowOf(at)?.start ?? deadline + 1n) > deadline) at--;
  return at;
}

/** What the vault holds, in wei, weighted by time, from its prover's joining on; rounded down. */
export function stakeOf({ balances, joined }: ProverHistory, { start, end }: Window): bigint {
  let total = 0n;
  balances.forEach(({ time, assets }, i) => {
    const next = balances[i + 1]?.time ?? end;
    const from = latest(time, latest(start, joined));
    const to = next < end ? next : end;
    if (to > from) total += assets * (to - from);
  });
  return total / (end - start);
}

/** The source's rate, or else the default, by the changes up to a time; none after retiring. */
function rateAt({ rates, left }: ProverHistory, source: Address, time: bigint): number {
  if (left !== undefined && left <= time) return 0;
  const last = (wanted: Address) =>
    rates.filter((rate) => rate.source === wanted && rate.time <= time).at(-1)?.bps;
  return last(source) ?? last(ANY) ?? 0;
}

function latest(a: bigint, b: bigint): bigint {
  return b > a ? b : a;
}

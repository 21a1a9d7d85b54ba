// SPDX-License-Identifier: AGPL-3.0-only
import { numberToHex } from "viem";
import type { StakeEvent } from "../../../service/core/chain-event.ts";
import {
  EMPTY_ACCUMULATOR,
  EMPTY_STAKE_HASH,
  missStep,
  postHash,
  postStep,
  registrationStep,
  stakeStep,
  vetoStep,
} from "../../../service/core/ids.ts";
import { keccakHex } from "../../../service/core/keccak.ts";
import { domainOf } from "../../../service/core/leaf.ts";
import { encodePolicy } from "../../../service/core/policy.ts";
import type { RawLog } from "../../../service/core/raw-log.ts";
import type { Address, Hex } from "../../../service/core/types.ts";
import type { DeploymentKey } from "../../../service/store/deployment.ts";
import { commissionStep, fulfilmentStep } from "./accumulators.ts";
import { auctionLog, type GivenAuction } from "./auction-log.ts";
import { encodeEvent, type GivenEvent } from "./event-log.ts";
import type { LoggedChain } from "./pages.ts";
import { encodeStake } from "./stake-log.ts";

const address = (number: number): Address => numberToHex(number, { size: 20 });

const SIMULATED: DeploymentKey = {
  ...{ chainId: 31_337n, distributor: address(0xd1), registry: address(0xe1), market: address(0xf1) },
  ...{ startBlock: 5n, clockStart: 1_000n, epochLength: 100n, unbondingDelay: 50n, vestingPeriod: 80n },
};

interface SimulatedProver {
  prover: Address;
  vault: Address;
  vaultState: { active: bigint; hash: Hex };
  commission: { sequence: bigint; hash: Hex };
  cumulative: bigint;
  shares: bigint;
  /** Shares by holder. */
  held: Record<Address, bigint>;
}

/** A chain that goes on from where it is: a copy goes on as another fork. */
export interface SimulatedChain extends LoggedChain {
  blocks: { number: number; hash: Hex; timestamp: number }[];
  logs: RawLog[];
  /** What each log says. */
  events: GivenEvent[];
  provers: SimulatedProver[];
  fulfilments: Record<number, { count: bigint; hash: Hex }>;
  misses: Record<number, { count: bigint; hash: Hex }>;
  requests: number;
  /** Whether shares, votes and auctions are logged, too. */
  whole: boolean;
  /** Requests whose auction or assignment runs. */
  open: Hex[];
  fromEpoch: bigint;
  posts: { epoch: number; vetoed: boolean; root: Hex; hash: Hex }[];
  registered: bigint;
  /** The rolling hash of posts and vetoes. */
  posted: Hex;
}

/** Blocks from shortly before the clock's start on; the first sets the first segment. */
export function newSimulatedChain({ whole = false } = {}): SimulatedChain {
  return {
    whole,
    ...{ key: SIMULATED, blocks: [], logs: [], events: [], provers: [], fulfilments: {}, misses: {} },
    ...{ requests: 0, open: [], fromEpoch: 0n, posts: [], registered: 0n },
    posted: domainOf(SIMULATED.chainId, SIMULATED.distributor),
  };
}

/** Adds `count` blocks in which all that a deployment logs happens at random, as the contracts would log it. */
export function extend(chain: SimulatedChain, count: number, random: () => number): SimulatedChain {
  for (let i = 0; i < count; i++) addBlock(chain, random);
  return chain;
}

function addBlock(chain: SimulatedChain, random: () => number): void {
  const before = chain.blocks.at(-1) ?? { number: 4, timestamp: 960 };
  const number = before.number + 1;
  // Several in a second, and now and then a long time without any.
  const timestamp = before.timestamp + pick(random, [0, 0, 1, 3, 9, 20, 20, 45, 130]);
  const hash = keccakHex(new TextEncoder().encode(`${number} ${random()}`));
  chain.blocks.push({ number, hash, timestamp });
  let logIndex = 0;
  const log = (from: Address, event: GivenEvent, beside = false) => {
    if (!beside) logIndex += pick(random, [0, 1, 5]);
    chain.logs.push({ address: from, ...encodeEvent(event), blockNumber: number, logIndex });
    chain.events.push(event);
    logIndex += 1;
  };
  /** Beside the log before, as one transaction logs them. */
  const also = (from: Address, event: StakeEvent) => {
    const place = { address: from, blockNumber: number, logIndex, time: timestamp };
    chain.logs.push({ ...place, ...encodeStake(event) });
    logIndex += 1;
  };
  const bid = (event: GivenAuction) => {
    const place = { address: SIMULATED.market, blockNumber: number, logIndex };
    chain.logs.push({ ...auctionLog(place, event), time: timestamp });
    logIndex += 1;
  };
  const scene = { chain, random, time: BigInt(timestamp), log, also, bid };
  if (chain.blocks.length === 1) addSegment(scene);
  for (let left = pick(random, [0, 1, 1, 2, 4]); left > 0; left--)
    pick(random, chain.whole ? ALL_ACTIONS : ACTIONS)(scene);
}

interface Scene {
  readonly chain: SimulatedChain;
  readonly random: () => number;
  readonly time: bigint;
  readonly log: (from: Address, event: GivenEvent, beside?: boolean) => void;
  readonly also: (from: Address, event: StakeEvent) => void;
  readonly bid: (event: GivenAuction) => void;
}

const ACTIONS: readonly ((scene: Scene) => void)[] = [
  ...[register, register, fulfil, fulfil, fulfil, fulfil, miss, miss, deposit, deposit],
  ...[changeCommission, changeCommission, addSegment, postRoot, postRoot, veto, claim, claim],
];

const ALL_ACTIONS: readonly ((scene: Scene) => void)[] = [
  ...ACTIONS,
  ...[
    stake,
    stake,
    leave,
    transfer,
    withdraw,
    vote,
    standing,
    request,
    request,
    bidFor,
    bidFor,
    bidFor,
    close,
  ],
];

function register(scene: Scene): void {
  const { chain, time, random, log } = scene;
  const number = chain.provers.length;
  const prover: SimulatedProver = {
    // Not in the order of registration.
    prover: address(0x10_0000 + ((number * 7_919) % 65_536)),
    vault: address(0x20_0000 + number),
    vaultState: { active: 0n, hash: EMPTY_STAKE_HASH },
    commission: { sequence: 0n, hash: EMPTY_ACCUMULATOR },
    cumulative: 0n,
    shares: 0n,
    held: {},
  };
  const commissionBps = amount(random, 2_000);
  // As the registry does it: the vault is made, registered, given a rate, and filled.
  const registration = {
    ...{ prover: prover.prover, vault: prover.vault, commissionBps, payout: prover.prover, timestamp: time },
    sequence: BigInt(number + 1),
  };
  chain.registered = registrationStep(chain.registered, registration);
  log(SIMULATED.registry, { name: "ProverRegistered", ...registration, rollingHash: chain.registered });
  setCommission(scene, prover, address(0), commissionBps, time);
  setActive(scene, prover, amount(random));
  chain.provers.push(prover);
}

function setActive(
  { time, log }: Scene,
  { vault, vaultState }: SimulatedProver,
  active: bigint,
  beside = false,
): void {
  const change = { activeAssets: active, timestamp: time };
  vaultState.active = active;
  vaultState.hash = stakeStep(vaultState.hash, change);
  log(vault, { name: "ActiveAssetsChanged", ...change, rollingHash: vaultState.hash }, beside);
}

function setCommission(
  { time, log }: Scene,
  { prover, commission }: SimulatedProver,
  source: Address,
  bps: bigint,
  effectiveAt: bigint,
): void {
  const sequence = commission.sequence + 1n;
  const entry = { sequence, source, bps: Number(bps), announcedAt: time, effectiveAt };
  const hash = commissionStep(commission.hash, entry);
  Object.assign(commission, { sequence, hash });
  log(SIMULATED.registry, {
    ...{ name: "CommissionChanged", prover, source, bps, announcedAt: time, effectiveAt },
    ...{ sequence, rollingHash: hash },
  });
}

const holderOf = ({ random }: Scene): Address => address(0x40_0000 + Math.floor(random() * 4));

/** A deposit, as a vault logs it: the change, and beside it the shares. */
function stake(scene: Scene): void {
  const prover = anyProver(scene);
  if (prover === undefined) return;
  const holder = holderOf(scene);
  const assets = 1n + amount(scene.random, 1_000);
  setActive(scene, prover, prover.vaultState.active + assets);
  scene.also(prover.vault, { name: "Transfer", from: address(0), to: holder, shares: assets });
  prover.shares += assets;
  prover.held[holder] = (prover.held[holder] ?? 0n) + assets;
}

/** A request of an exit: the shares, the change, and its price. */
function leave(scene: Scene): void {
  const prover = anyProver(scene);
  if (prover === undefined) return;
  const holder = holderOf(scene);
  const shares = prover.held[holder] ?? 0n;
  const { vault, vaultState } = prover;
  const assets = shares < vaultState.active ? shares : vaultState.active;
  if (assets === 0n) return;
  scene.also(vault, { name: "Transfer", from: holder, to: address(0), shares });
  setActive(scene, prover, vaultState.active - assets, true);
  const generation = BigInt(Math.floor(scene.random() * 3));
  scene.also(vault, { name: "ExitPriced", controller: holder, assets, poolShares: assets, generation });
  prover.shares -= shares;
  prover.held[holder] = 0n;
}

function transfer(scene: Scene): void {
  const prover = anyProver(scene);
  if (prover === undefined) return;
  const [from, to] = [holderOf(scene), holderOf(scene)];
  const shares = (prover.held[from] ?? 0n) / 2n;
  prover.held[from] = (prover.held[from] ?? 0n) - shares;
  prover.held[to] = (prover.held[to] ?? 0n) + shares;
  scene.also(prover.vault, { name: "Transfer", from, to, shares });
}

function withdraw(scene: Scene): void {
  const prover = anyProver(scene);
  const [assets, shares] = [amount(scene.random, 50), amount(scene.random, 50)];
  if (prover === undefined) return;
  scene.also(prover.vault, { name: "Withdraw", controller: holderOf(scene), assets, shares });
}

function vote({ chain, random, also }: Scene): void {
  const auditor = address(0x50_0000 + Math.floor(random() * 3));
  also(SIMULATED.distributor, { name: "AuditorChanged", auditor, listed: random() < 0.7 });
  const postNumber = BigInt(chain.posts.length);
  if (postNumber > 0n) also(SIMULATED.distributor, { name: "RootAttested", postNumber, auditor });
}

function standing(scene: Scene): void {
  const prover = anyProver(scene);
  const state = BigInt(1 + Math.floor(scene.random() * 3));
  if (prover === undefined) return;
  scene.also(SIMULATED.registry, { name: "ProverStateChanged", prover: prover.prover, state });
}

function request({ chain, random, bid }: Scene): void {
  const id = numberToHex(++chain.requests, { size: 32 });
  chain.open.push(id);
  const requester = address(0x30_0000 + Math.floor(random() * 7));
  bid({ name: "Requested", id, requester, bond: amount(random, 3), commitDuration: 30n, revealDuration: 9n });
}

function bidFor(scene: Scene): void {
  const { chain, random, bid } = scene;
  const prover = anyProver(scene);
  if (prover === undefined || chain.open.length === 0) return;
  const of = { id: pick(random, chain.open), prover: prover.prover };
  const kind = random();
  if (kind < 0.5) bid({ name: "Committed", ...of, order: amount(random, 9) });
  else if (kind < 0.8) bid({ name: "Revealed", ...of, fee: amount(random), leads: random() < 0.5 });
  else bid({ name: "BondForfeited", ...of, slashed: 0n });
}

function close({ chain, random, bid }: Scene): void {
  const id = chain.open.shift();
  if (id === undefined) return;
  if (random() < 0.5) bid({ name: "Cancelled", id });
  else bid({ name: "Closed", id, status: 4n });
}

function anyProver({ chain, random }: Scene): SimulatedProver | undefined {
  return chain.provers.length === 0 ? undefined : pick(random, chain.provers);
}

function deposit(scene: Scene): void {
  const prover = anyProver(scene);
  if (prover !== undefined) setActive(scene, prover, amount(scene.random));
}

function changeCommission(scene: Scene): void {
  const { random, time } = scene;
  const prover = anyProver(scene);
  if (prover === undefined) return;
  const source = pick(random, [address(0), SIMULATED.distributor, SIMULATED.market]);
  const bps = source !== address(0) && random() < 0.3 ? 65_535n : amount(random, 2_000);
  setCommission(scene, prover, source, bps, time + pick(random, [0n, 0n, 30n, 150n]));
}

function fulfil(scene: Scene): void {
  const { chain, random, time, log } = scene;
  const prover = anyProver(scene);
  if (prover === undefined || time < SIMULATED.clockStart) return;
  const epoch = Number((time - SIMULATED.clockStart) / SIMULATED.epochLength);
  const before = chain.fulfilments[epoch] ?? { count: 0n, hash: EMPTY_ACCUMULATOR };
  const entry = {
    sequence: before.count + 1n,
    requestId: chain.open.shift() ?? numberToHex(++chain.requests, { size: 32 }),
    prover: prover.prover,
    requester: address(0x30_0000 + (chain.requests % 7)),
    statementId: numberToHex(Math.floor(random() * 1e9), { size: 32 }),
    fee: amount(random),
    protocolFee: amount(random),
    countedWeight: random() < 0.3 ? 0n : amount(random),
    weight: amount(random),
    timestamp: time,
  };
  chain.fulfilments[epoch] = { count: entry.sequence, hash: fulfilmentStep(before.hash, entry) };
  const { requestId: id, ...rest } = entry;
  log(SIMULATED.market, { name: "Fulfilled", id, epoch: BigInt(epoch), ...rest });
  if (random() < 0.7) setActive(scene, prover, prover.vaultState.active + amount(random));
}

function miss(scene: Scene): void {
  const { chain, random, time, log } = scene;
  const prover = anyProver(scene);
  if (prover === undefined || time <= SIMULATED.clockStart) return;
  const late = pick(random, [1n, 10n, 120n]);
  const deadline = time - late < SIMULATED.clockStart ? SIMULATED.clockStart : time - late;
  const epoch = Number((deadline - SIMULATED.clockStart) / SIMULATED.epochLength);
  const before = chain.misses[epoch] ?? { count: 0n, hash: EMPTY_ACCUMULATOR };
  const entry = {
    sequence: before.count + 1n,
    requestId: numberToHex(++chain.requests, { size: 32 }),
    prover: prover.prover,
    deadline,
    slashed: amount(random),
    timestamp: time,
  };
  const lost = prover.vaultState.active - prover.vaultState.active / 2n;
  setActive(scene, prover, prover.vaultState.active / 2n);
  if (chain.whole) {
    const [fromActive, fromUnbonding] = [lost, entry.slashed];
    scene.also(prover.vault, { name: "Slashed", fromActive, fromUnbonding, generation: 1n });
    if (random() < 0.5) entry.slashed += lost;
  }
  chain.misses[epoch] = { count: entry.sequence, hash: missStep(before.hash, entry) };
  const { requestId: id, ...rest } = entry;
  log(SIMULATED.market, { name: "Missed", id, epoch: BigInt(epoch), ...rest });
}

function addSegment({ chain, random, log }: Scene): void {
  if (chain.blocks.length > 1) chain.fromEpoch += pick(random, [0n, 1n, 2n]);
  const policy = encodePolicy({
    ...{ version: 1, id: "work", params: {} },
    guards: { exclusions: [], feeMatchBps: null, minStake: amount(random, 100) },
    ...(random() < 0.5 ? {} : { continuation: { block: amount(random, 60) } }),
  });
  log(SIMULATED.distributor, {
    ...{ name: "SegmentAdded", fromEpoch: chain.fromEpoch, budget: amount(random) },
    ...{ policyHash: keccakHex(policy), policy },
  });
}

function postRoot({ chain, random, time, log }: Scene): void {
  const last = chain.posts.at(-1);
  const epoch = last === undefined ? 0 : last.vetoed ? last.epoch : last.epoch + 1;
  const hash = () => numberToHex(Math.floor(random() * 1e9), { size: 32 });
  const post = {
    ...{ epoch: BigInt(epoch), postNumber: BigInt(chain.posts.length + 1), root: hash() },
    ...{ cumulativeTotal: amount(random), datasetHash: hash(), snapshotHash: hash() },
    // The publisher may write anything there.
    snapshotBlock: random() < 0.1 ? 2n ** 256n - 1n : amount(random, 100),
    ...{ postedAt: time, claimableAt: time + 9n, quorum: 1n },
  };
  chain.posted = postStep(chain.posted, post);
  chain.posts.push({ epoch, vetoed: false, root: post.root, hash: postHash(post) });
  log(SIMULATED.distributor, { name: "RootPosted", ...post, rollingHash: chain.posted });
}

function veto({ chain, log }: Scene): void {
  const last = chain.posts.at(-1);
  if (last === undefined || last.vetoed) return;
  last.vetoed = true;
  const [epoch, postNumber] = [BigInt(last.epoch), BigInt(chain.posts.length)];
  const by = address(1);
  chain.posted = vetoStep(chain.posted, last.hash, by);
  const { root } = last;
  log(SIMULATED.distributor, { name: "RootVetoed", epoch, postNumber, by, root, rollingHash: chain.posted });
}

function claim(scene: Scene): void {
  const { chain, random, log } = scene;
  const prover = anyProver(scene);
  if (prover === undefined || chain.posts.length === 0) return;
  const paid = amount(random);
  prover.cumulative += paid;
  log(SIMULATED.distributor, {
    ...{ name: "Claimed", prover: prover.prover, epoch: 0n, cumulative: prover.cumulative },
    ...{ amount: paid, commission: paid / 10n },
  });
}

function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}

/** Small ones, and some near what a token may have. */
function amount(random: () => number, below?: number): bigint {
  if (below !== undefined) return BigInt(Math.floor(random() * below));
  return random() < 0.2
    ? BigInt(Math.floor(random() * 2 ** 50)) * 2n ** 45n
    : BigInt(Math.floor(random() * 1_000));
}

// SPDX-License-Identifier: AGPL-3.0-only
import { type AbiEvent, encodePacked, type Hex, keccak256, numberToHex } from "viem";
import { account, CONTRACTS, encoded, SLASHED } from "./made-logs.ts";
import type { Script, ScriptedLog } from "./scripted.ts";

const NOBODY = account(0);
const OUTSIDER = account(0x999);
/** A second deployment, and what pretends to be EpochRewards. */
const OTHER = {
  market: account(0xb1),
  controller: account(0xb2),
  token: account(0xb3),
  rewards: account(0xb4),
};
const SECOND_CODE = account(0xabc);
const { token, factory, stakingController: controller, market } = CONTRACTS;
const rewards = CONTRACTS.epochRewards as Hex;
const word = (n: number): Hex => numberToHex(n, { size: 32 });
const floorBps = (amount: bigint, bps: number) => (amount * BigInt(bps)) / 10_000n;

interface Prover {
  readonly vault: Hex;
  joined: number;
  left: number | undefined;
  /** 0 none, 1 active, 2 deactivated, 3 jailed. */
  state: number;
  shares: bigint;
  defaultBps: number;
  readonly rates: Map<Hex, number>;
  commission: bigint;
  unstaking: bigint[];
}

interface Request {
  readonly id: Hex;
  readonly nonce: number;
  readonly vk: Hex;
  readonly digest: Hex;
  readonly requester: Hex;
  readonly maxFee: bigint;
  readonly created: number;
  readonly deadline: number;
  status: number;
  bidders: Hex[];
  reveals: { prover: Hex; fee: bigint }[];
}

interface Counts {
  bids: number;
  reveals: number;
  fulfilled: number;
  refunded: number;
  last: number;
  fees: bigint;
}

interface Config {
  fromEpoch: number;
  fromTime: number;
  length: number;
  maximum: bigint;
}

/** What happened, as whoever made it happen booked it: the figures that a reader has to reach. */
export interface Booked {
  readonly fulfilled: {
    time: number;
    prover: Hex;
    requester: Hex;
    statement: string;
    fee: bigint;
    protocolFee: bigint;
    countedFee: bigint;
    isNew: boolean;
  }[];
  readonly missed: { time: number; prover: Hex; deadline: number }[];
  readonly held: { time: number; prover: Hex; assets: bigint }[];
  readonly donated: { time: number; prover: Hex; amount: bigint }[];
  readonly rates: { time: number; prover: Hex; source: Hex; bps: number | undefined; wiped?: boolean }[];
  readonly settled: Map<number, { start: number; end: number; maximum: bigint }>;
  readonly set: Map<string, { amount: bigint; paid: boolean }>;
}

/** ProverNet's contracts as far as their logs and views go, in plain data, so that a fork is a copy. */
interface World {
  time: number;
  nonce: number;
  readonly provers: Map<Hex, Prover>;
  readonly requests: Map<Hex, Request>;
  readonly balances: Map<Hex, bigint>;
  readonly configs: Config[];
  readonly last: Map<number, Hex>;
  lastEpoch: number;
  feeBps: number;
  protocolFees: bigint;
  withdrawn: bigint;
  treasury: bigint;
  statsId: number;
  readonly scheduled: number[];
  readonly global: Map<number, { requests: number; fulfilled: number; fees: bigint }>;
  readonly counts: Map<string, Counts>;
  readonly highest: Map<string, bigint>;
  readonly booked: Booked;
  readonly blocks: { number: number; timestamp: number; hash: Hex; parentHash: Hex }[];
  readonly logs: ScriptedLog[];
  transaction: number;
}

function newWorld(): World {
  return {
    ...{
      time: 1_700_000_000,
      nonce: 0,
      lastEpoch: 0,
      feeBps: 0,
      protocolFees: 0n,
      withdrawn: 0n,
      treasury: 0n,
    },
    ...{ provers: new Map(), requests: new Map(), balances: new Map(), configs: [], last: new Map() },
    ...{ statsId: 0, scheduled: [], global: new Map(), counts: new Map(), highest: new Map() },
    ...{ blocks: [], logs: [], transaction: 0 },
    booked: {
      ...{ fulfilled: [], missed: [], held: [], donated: [], rates: [] },
      ...{ settled: new Map(), set: new Map() },
    },
  };
}

/** A history that nobody recorded: contracts that do something at random, block by block, and log and answer as theirs do. */
export class MadeHistory {
  readonly #random: () => number;
  readonly w: World;

  constructor(random: () => number, world = newWorld()) {
    this.#random = random;
    this.w = world;
    if (world.blocks.length === 0) this.#begin();
  }

  /** Another future of the same past. */
  fork(random: () => number): MadeHistory {
    return new MadeHistory(random, structuredClone(this.w));
  }

  grow(blocks: number): this {
    for (let i = 0; i < blocks; i++) {
      this.#block(this.#pick([1, 2, 2, 7, 30, 120, 400]));
      for (let left = this.#pick([0, 1, 1, 2, 4]); left > 0; left--) this.#act();
    }
    return this;
  }

  script(): Script {
    const { blocks, logs } = this.w;
    const to = blocks.length;
    return {
      chainId: Number(CONTRACTS.chainId),
      blocks: [...blocks],
      logs: [...logs],
      stateAt: to - 1,
      views: (address, name, args) => this.#view(address, name, args as never[]),
    };
  }

  #begin(): void {
    this.#block(1);
    for (const proxy of [factory, controller, market, rewards]) {
      this.#tx().#log(proxy, "Upgraded", account(0xabb));
    }
    const { time } = this.w;
    this.#config({ fromEpoch: 1, fromTime: time + 1_000, length: 3_000, maximum: 1_000_000n });
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  #chance(part: number): boolean {
    return this.#random() < part;
  }

  #below(most: number): bigint {
    return BigInt(Math.floor(this.#random() * most));
  }

  #block(seconds: number): void {
    const { blocks } = this.w;
    const parentHash = blocks.at(-1)?.hash ?? word(0);
    this.w.time += seconds;
    const number = blocks.length;
    const hash = keccak256(
      `${parentHash}${numberToHex(Math.floor(this.#random() * 2 ** 40))
        .slice(2)
        .padStart(12, "0")}` as Hex,
    );
    blocks.push({ number, timestamp: this.w.time, hash, parentHash });
  }

  #tx(): this {
    this.w.transaction += 1;
    return this;
  }

  #log(address: Hex, name: string | AbiEvent, ...args: readonly unknown[]): this {
    const { logs, blocks, transaction } = this.w;
    const block = blocks.length - 1;
    const before = logs.at(-1);
    logs.push({
      ...{ address, ...encoded(name, args), blockNumber: block, transactionIndex: transaction % 1_000 },
      transactionHash: keccak256(`${blocks[block]?.hash}${word(transaction).slice(2)}` as Hex),
      logIndex: before?.blockNumber === block ? before.logIndex + 1 : 0,
    });
    return this;
  }

  /** The token moves, whether anybody reads of it or not. */
  #move(from: Hex, to: Hex, amount: bigint): void {
    const { balances, booked, time, provers } = this.w;
    this.#log(token, "Transfer", from, to, amount);
    if (from !== NOBODY) balances.set(from, (balances.get(from) ?? 0n) - amount);
    balances.set(to, (balances.get(to) ?? 0n) + amount);
    for (const [prover, { vault }] of provers) {
      if (from === vault || to === vault)
        booked.held.push({ time, prover, assets: balances.get(vault) ?? 0n });
    }
  }

  #held(account: Hex): bigint {
    return this.w.balances.get(account) ?? 0n;
  }

  #act(): void {
    this.#tx();
    this.#pick([
      () => this.#joins(),
      () => this.#stakes(),
      () => this.#stakes(),
      () => this.#unstakes(),
      () => this.#completes(),
      () => this.#asks(),
      () => this.#asks(),
      () => this.#asks(),
      () => this.#bids(),
      () => this.#bids(),
      () => this.#bids(),
      () => this.#reveals(),
      () => this.#reveals(),
      () => this.#reveals(),
      () => this.#proves(),
      () => this.#proves(),
      () => this.#proves(),
      () => this.#refunds(),
      () => this.#slashes(),
      () => this.#rates(),
      () => this.#claims(),
      () => this.#adds(),
      () => this.#states(),
      () => this.#retires(),
      () => this.#donates(),
      () => this.#withdraws(),
      () => this.#feeChanges(),
      () => this.#configures(),
      () => this.#sets(),
      () => this.#sets(),
      () => this.#distributes(),
      () => this.#distributes(),
      () => this.#schedules(),
      () => this.#noise(),
    ])();
  }

  #someone(where: (prover: Prover) => boolean = ({ state }) => state === 1): [Hex, Prover] | undefined {
    const found = [...this.w.provers].filter(([, prover]) => where(prover));
    return found.length === 0 ? undefined : this.#pick(found);
  }

  #joins(): void {
    const { provers, booked, time, balances } = this.w;
    const number = provers.size + 1;
    if (number > 12) return;
    const [prover, vault] = [account(0x100 + number), account(0x200 + number)];
    const bps = this.#pick([0, 250, 1_000, 10_000]);
    this.#log(factory, "VaultCreated", prover, vault, token, word(number));
    const own: Prover = {
      ...{ vault, joined: time, left: undefined, state: 1, shares: 0n, defaultBps: bps },
      ...{ rates: new Map(), commission: 0n, unstaking: [] },
    };
    const before = balances.get(vault) ?? 0n;
    provers.set(prover, own);
    booked.held.push({ time, prover, assets: before });
    if (before > 0n) booked.donated.push({ time, prover, amount: before });
    this.#stake(prover, own, 100n + this.#below(900));
    this.#log(controller, "ProverInitialized", prover, vault, BigInt(bps));
    booked.rates.push({ time, prover, source: NOBODY, bps });
  }

  #stake(prover: Hex, own: Prover, amount: bigint): void {
    const staker = account(0x400 + Number(this.#below(5)));
    const held = this.#held(own.vault);
    const shares = own.shares === 0n || held === 0n ? amount : (amount * own.shares) / held;
    this.#move(staker, controller, amount);
    this.#move(controller, own.vault, amount);
    // Shares have the token's topic.
    this.#log(own.vault, "Transfer", NOBODY, staker, shares);
    own.shares += shares;
    this.#log(controller, "Staked", prover, staker, shares, amount);
  }

  #stakes(): void {
    const found = this.#someone();
    if (found !== undefined) this.#stake(...found, 1n + this.#below(500));
  }

  #unstakes(): void {
    const found = this.#someone(({ shares, left }) => shares > 0n && left === undefined);
    if (found === undefined) return;
    const [prover, own] = found;
    const shares = this.#chance(0.4) ? own.shares : 1n + this.#below(Number(own.shares));
    const amount = (this.#held(own.vault) * shares) / own.shares;
    this.#move(own.vault, controller, amount);
    own.shares -= shares;
    own.unstaking.push(amount);
    this.#log(controller, "UnstakeRequested", prover, account(0x400), shares, amount);
    if (own.shares === 0n && own.state === 1) this.#state(prover, own, 2);
  }

  #completes(): void {
    const found = this.#someone(({ unstaking }) => unstaking.length > 0);
    if (found === undefined) return;
    const [prover, own] = found;
    const amount = own.unstaking.shift() as bigint;
    this.#move(controller, account(0x400), amount);
    this.#log(controller, "UnstakeCompleted", prover, account(0x400), amount);
  }

  #state(prover: Hex, own: Prover, state: number): void {
    this.#log(controller, "ProverStateChanged", prover, own.state, state);
    own.state = state;
  }

  #states(): void {
    const found = this.#someone(({ left }) => left === undefined);
    if (found !== undefined) this.#state(...found, this.#pick([1, 1, 1, 2, 3]));
  }

  #retires(): void {
    const found = this.#someone(
      ({ shares, unstaking, commission, left }) =>
        shares === 0n && unstaking.length === 0 && commission === 0n && left === undefined,
    );
    if (found === undefined) return;
    const [prover, own] = found;
    const { time, booked } = this.w;
    const rest = this.#held(own.vault);
    if (rest > 0n) {
      this.#move(own.vault, controller, rest);
      this.#log(own.vault, "ControllerSlash", rest, controller);
      this.w.treasury += rest;
    }
    own.left = time;
    own.state = 0;
    own.defaultBps = 0;
    own.rates.clear();
    booked.rates.push({ time, prover, source: NOBODY, bps: 0, wiped: true });
    this.#log(controller, "ProverRetired", prover);
  }

  /** One of the market's own epochs may begin by whatever else happens there; a refund begins none. */
  #roll(): void {
    const { scheduled, time } = this.w;
    while (scheduled[0] !== undefined && scheduled[0] <= time) {
      this.w.statsId += 1;
      this.#log(market, "StatsReset", BigInt(this.w.statsId), BigInt(scheduled.shift() as number));
    }
  }

  #global() {
    const { global, statsId } = this.w;
    const before = global.get(statsId - 1);
    const own = global.get(statsId) ?? { requests: 0, fulfilled: 0, fees: 0n, ...before };
    global.set(statsId, own);
    return own;
  }

  #counts(prover: Hex): Counts {
    const { counts, statsId } = this.w;
    const nothing = { bids: 0, reveals: 0, fulfilled: 0, refunded: 0, last: 0, fees: 0n };
    const own = counts.get(`${prover} ${statsId}`) ?? {
      ...nothing,
      ...counts.get(`${prover} ${statsId - 1}`),
    };
    counts.set(`${prover} ${statsId}`, own);
    return own;
  }

  #asks(): void {
    const { requests, time } = this.w;
    const nonce = ++this.w.nonce;
    const [vk, digest] = [word(1 + Number(this.#below(3))), word(1 + Number(this.#below(4)))];
    const id = keccak256(encodePacked(["uint64", "bytes32", "bytes32"], [BigInt(nonce), vk, digest]));
    const requester = account(0x300 + Number(this.#below(4)));
    const maxFee = this.#below(200);
    const deadline = time + Number(this.#below(1_500));
    this.#roll();
    // Some contract may ask for others in a way in which the payment stands elsewhere.
    const elsewhere = this.#chance(0.2);
    this.#move(requester, market, maxFee);
    if (elsewhere) this.#log(OTHER.token, "Transfer", requester, market, maxFee);
    this.#log(market, "NewRequest", id, {
      ...{ nonce: BigInt(nonce), vk, digest, imgURL: "", inputURL: "", version: 1 },
      inputData: `0x${"5a".repeat(Number(this.#below(70)))}`,
      fee: { maxFee, minStake: 7n, deadline: BigInt(deadline) },
    });
    this.#global().requests += 1;
    requests.set(id, {
      ...{ id, nonce, vk, digest, requester, maxFee, created: time, deadline },
      ...{ status: 0, bidders: [], reveals: [] },
    });
    // The same request elsewhere is another one.
    if (this.#chance(0.2)) this.#log(OTHER.market, "BidRevealed", id, account(0x101), 1n);
  }

  #open(where: (request: Request) => boolean): Request | undefined {
    const found = [...this.w.requests.values()].filter((one) => one.status === 0 && where(one));
    return found.length === 0 ? undefined : this.#pick(found);
  }

  #bids(): void {
    const { time } = this.w;
    const request = this.#open(({ deadline }) => deadline >= time);
    const found = this.#someone();
    if (request === undefined || found === undefined) return;
    const [prover] = found;
    this.#roll();
    this.#log(market, "NewBid", request.id, prover, word(7));
    request.bidders.push(prover);
    const counts = this.#counts(prover);
    counts.bids += 1;
    counts.last = time;
  }

  #reveals(): void {
    const { time } = this.w;
    const request = this.#open(({ deadline, bidders }) => deadline >= time && bidders.length > 0);
    if (request === undefined) return;
    const prover = this.#pick(request.bidders);
    // Few fees, so that there are ties; and whoever reveals twice stands twice.
    const most = Number(request.maxFee / 3n);
    const fee = 3n * this.#below(most + 1);
    this.#roll();
    this.#log(market, "BidRevealed", request.id, prover, fee);
    request.reveals.push({ prover, fee });
    const counts = this.#counts(prover);
    counts.reveals += 1;
    counts.last = time;
  }

  /** The two that stand: in the order in which the contract would have kept them. */
  #standing({ reveals }: Request): { prover: Hex; fee: bigint }[] {
    let [first, second]: ({ prover: Hex; fee: bigint } | undefined)[] = [];
    for (const bid of reveals) {
      if (first === undefined || bid.fee < first.fee) [first, second] = [bid, first];
      else if (second === undefined || bid.fee < second.fee) second = bid;
    }
    return [first, second].filter((bid) => bid !== undefined);
  }

  #proves(): void {
    for (let left = this.#pick([1, 1, 2]); left > 0; left--) this.#provesOne();
  }

  #provesOne(): void {
    const { time, feeBps, provers, highest, booked } = this.w;
    const request = this.#open(({ deadline, reveals }) => deadline >= time && reveals.length > 0);
    if (request === undefined) return;
    const [first, second = first] = this.#standing(request);
    if (first === undefined || second === undefined) return;
    const { prover } = first;
    const own = provers.get(prover) as Prover;
    const { fee } = second;
    const protocolFee = floorBps(fee, feeBps);
    const net = fee - protocolFee;
    if (net > 0n && (own.state !== 1 || own.shares === 0n)) return;
    this.#roll();
    if (net > 0n) {
      this.#move(market, controller, net);
      this.#reward(prover, own, market, net);
    }
    this.#move(market, request.requester, request.maxFee - fee);
    this.#log(market, "ProofSubmitted", request.id, prover, Array(8).fill(9n), fee);
    request.status = 1;
    this.w.protocolFees += protocolFee;
    const global = this.#global();
    global.fulfilled += 1;
    global.fees += net;
    const counts = this.#counts(prover);
    counts.fulfilled += 1;
    counts.fees += net;
    counts.last = time;
    const statement = `${request.vk} ${request.digest}`;
    const key = `${statement} ${request.requester}`;
    const best = highest.get(key) ?? 0n;
    booked.fulfilled.push({
      ...{ time, prover, requester: request.requester, statement, fee, protocolFee },
      countedFee: fee > best ? fee - best : 0n,
      isNew: !booked.fulfilled.some((one) => one.statement === statement),
    });
    highest.set(key, fee > best ? fee : best);
  }

  #reward(prover: Hex, own: Prover, source: Hex, amount: bigint): void {
    const commission = floorBps(amount, own.rates.get(source) ?? own.defaultBps);
    if (amount > commission) this.#move(controller, own.vault, amount - commission);
    own.commission += commission;
    this.#log(controller, "RewardsAdded", prover, source, amount, commission, amount - commission);
  }

  #refunds(): void {
    const { time, booked } = this.w;
    const request = this.#open(({ deadline, reveals }) => deadline < time || reveals.length === 0);
    if (request === undefined) return;
    const winner = this.#standing(request)[0]?.prover;
    this.#move(market, request.requester, request.maxFee);
    this.#log(market, "Refunded", request.id, request.requester, request.maxFee);
    request.status = 2;
    if (winner === undefined) return;
    this.#counts(winner).refunded += 1;
    const { deadline } = request;
    if (time > deadline) booked.missed.push({ time, prover: winner, deadline });
  }

  #slashes(): void {
    const { requests } = this.w;
    const refunded = [...requests.values()].filter((one) => one.status === 2 && one.reveals.length > 0);
    const byMarket = this.#chance(0.6) && refunded.length > 0 ? this.#pick(refunded) : undefined;
    const prover = byMarket === undefined ? this.#someone()?.[0] : this.#standing(byMarket)[0]?.prover;
    const own = prover && this.w.provers.get(prover);
    if (prover === undefined || own === undefined || own.left !== undefined) return;
    const bps = this.#pick([1, 100, 500, 2_000]);
    const ofVault = floorBps(this.#held(own.vault), bps);
    const before = own.unstaking.reduce((sum, one) => sum + one, 0n);
    own.unstaking = own.unstaking.map((one) => one - floorBps(one, bps));
    const total = ofVault + before - own.unstaking.reduce((sum, one) => sum + one, 0n);
    if (ofVault > 0n) {
      this.#move(own.vault, controller, ofVault);
      this.#log(own.vault, "ControllerSlash", ofVault, controller);
    }
    this.w.treasury += total;
    if (total > 0n) this.#log(controller, SLASHED.stake as AbiEvent, prover, total, BigInt(bps));
    if (byMarket === undefined) return;
    this.#log(market, SLASHED.request as AbiEvent, byMarket.id, prover, 1_000n);
    byMarket.status = 3;
  }

  #rates(): void {
    const found = this.#someone(({ left }) => left === undefined);
    if (found === undefined) return;
    const [prover, own] = found;
    const { time, booked } = this.w;
    const source = this.#pick([NOBODY, rewards, market, OUTSIDER]);
    const removes = source !== NOBODY && this.#chance(0.3);
    const bps = removes ? 0 : this.#pick([0, 100, 777, 5_000, 10_000]);
    const before = source === NOBODY ? own.defaultBps : (own.rates.get(source) ?? 0);
    this.#log(controller, "CommissionRateUpdated", prover, source, BigInt(before), BigInt(bps), removes);
    if (source === NOBODY) own.defaultBps = bps;
    else if (removes) own.rates.delete(source);
    else own.rates.set(source, bps);
    booked.rates.push({ time, prover, source, bps: removes ? undefined : bps });
  }

  #claims(): void {
    const found = this.#someone(({ commission }) => commission > 0n);
    if (found === undefined) return;
    const [prover, own] = found;
    this.#move(controller, prover, own.commission);
    this.#log(controller, "CommissionClaimed", prover, own.commission);
    own.commission = 0n;
  }

  /** Anybody may add rewards, what pretends to be EpochRewards too. */
  #adds(): void {
    const found = this.#someone(({ state, shares }) => state === 1 && shares > 0n);
    if (found === undefined) return;
    const source = this.#pick([OUTSIDER, OTHER.rewards]);
    const amount = 1n + this.#below(300);
    this.#move(source, controller, amount);
    this.#reward(...found, source, amount);
  }

  #donates(): void {
    const { provers, booked, time } = this.w;
    const number = 1 + Number(this.#below(provers.size + 2));
    const to = this.#pick([account(0x200 + number), account(0x200 + number), market, controller]);
    const amount = this.#below(50);
    this.#move(this.#pick([OUTSIDER, NOBODY]), to, amount);
    const prover = [...provers].find(([, { vault }]) => vault === to)?.[0];
    if (prover !== undefined && amount > 0n) booked.donated.push({ time, prover, amount });
  }

  #withdraws(): void {
    if (this.#chance(0.5)) {
      const amount = this.#below(Number(this.w.treasury) + 1);
      this.#move(controller, OUTSIDER, amount);
      this.w.treasury -= amount;
      this.#log(controller, "TreasuryWithdrawn", OUTSIDER, amount);
    } else {
      const amount = this.w.protocolFees - this.w.withdrawn;
      this.#move(market, OUTSIDER, amount);
      this.w.withdrawn += amount;
      this.#log(market, "ProtocolFeeWithdrawn", OUTSIDER, amount);
    }
  }

  #feeChanges(): void {
    const bps = this.#pick([0, 33, 500, 2_500, 10_000]);
    this.#log(market, "ProtocolFeeBpsUpdated", BigInt(this.w.feeBps), BigInt(bps));
    this.w.feeBps = bps;
  }

  #config(config: Config): void {
    const { fromEpoch, fromTime, length, maximum } = config;
    this.#log(rewards, "EpochConfigSet", fromEpoch, BigInt(fromTime), BigInt(length), maximum);
    this.w.configs.push(config);
  }

  #windowOf(epoch: number) {
    const config = this.w.configs.findLast(({ fromEpoch }) => fromEpoch <= epoch);
    if (config === undefined || epoch < 1) return undefined;
    const start = config.fromTime + (epoch - config.fromEpoch) * config.length;
    return { start, end: start + config.length, maximum: config.maximum };
  }

  /** Also of epochs that run, or are over and settled. */
  #configures(): void {
    const { configs } = this.w;
    if (configs.length > 1 && this.#chance(0.5)) {
      const { fromEpoch, fromTime, length, maximum } = configs.pop() as Config;
      this.#log(rewards, "EpochConfigPopped", fromEpoch, BigInt(fromTime), BigInt(length), maximum);
      return;
    }
    const fromEpoch = (configs.at(-1) as Config).fromEpoch + 1 + Number(this.#below(3));
    const { start: fromTime } = this.#windowOf(fromEpoch) as { start: number };
    const length = this.#pick([600, 1_500, 3_000, 8_100]);
    this.#config({ fromEpoch, fromTime, length, maximum: this.#pick([500_000n, 2_000_000n]) });
    // What somebody else configures is nothing.
    this.#log(OTHER.rewards, "EpochConfigSet", 1, 1n, 1n, 1n);
  }

  #sets(): void {
    const { time, lastEpoch, booked, last, provers } = this.w;
    const epoch = Math.max(1, lastEpoch + this.#pick([0, 0, 1, 1, 2]));
    const window = this.#windowOf(epoch);
    if (window === undefined || window.end > time) return;
    const after = last.get(epoch) ?? NOBODY;
    const candidates = [...provers.keys(), OUTSIDER].sort().filter((prover) => prover > after);
    const chosen = candidates.filter(() => this.#chance(0.6));
    let total = 0n;
    const setBefore = [...booked.set].reduce(
      (sum, [key, { amount }]) => (key.startsWith(`${epoch} `) ? sum + amount : sum),
      0n,
    );
    this.#tx();
    for (const prover of chosen) {
      const amount = this.#chance(0.1) ? 0n : 1n + this.#below(40_000);
      if (setBefore + total + amount > window.maximum) continue;
      total += amount;
      last.set(epoch, prover);
      booked.set.set(`${epoch} ${prover}`, { amount, paid: false });
      this.#log(rewards, "RewardsSet", epoch, prover, amount);
    }
    this.#log(rewards, "EpochRewardsSet", epoch, total, setBefore + total);
    if (!booked.settled.has(epoch)) booked.settled.set(epoch, window);
    this.w.lastEpoch = epoch;
  }

  #distributes(): void {
    const { booked, lastEpoch, provers } = this.w;
    const epoch = 1 + Number(this.#below(lastEpoch + 1));
    const due = [...booked.set].filter(([key, { amount, paid }]) => {
      const own = provers.get(key.split(" ")[1] as Hex);
      return key.startsWith(`${epoch} `) && amount > 0n && !paid && own?.state === 1 && own.shares > 0n;
    });
    for (const [key, one] of due.filter(() => this.#chance(0.7)).reverse()) {
      const prover = key.split(" ")[1] as Hex;
      one.paid = true;
      this.#move(rewards, controller, one.amount);
      this.#reward(prover, provers.get(prover) as Prover, rewards, one.amount);
    }
  }

  #schedules(): void {
    const { scheduled, time } = this.w;
    const last = scheduled.at(-1) ?? time;
    if (scheduled.length < 3) scheduled.push(last + 50 + Number(this.#below(3_000)));
  }

  /** What others log, and what no figure follows from. */
  #noise(): void {
    this.#log(OTHER.controller, "ProverInitialized", account(0x101), account(0x201), 1n);
    this.#log(OTHER.rewards, "RewardsSet", 1, account(0x101), 5n);
    this.#log(OTHER.rewards, "EpochRewardsSet", 1, 5n, 5n);
    this.#log(OTHER.token, "Transfer", OUTSIDER, account(0x201), 5n);
    const found = this.#someone(() => true);
    if (found !== undefined) this.#log(found[1].vault, "Transfer", OUTSIDER, found[1].vault, 3n);
    if (this.#chance(0.2)) this.#log(rewards, "Upgraded", SECOND_CODE);
  }

  // biome-ignore lint/suspicious/noExplicitAny: arguments of many views
  #view(to: Hex, name: string, [first, second]: any[]): unknown {
    const { provers, requests, balances, booked, configs } = this.w;
    const own = typeof first === "string" ? provers.get(first.toLowerCase() as Hex) : undefined;
    const request = typeof first === "string" ? requests.get(first as Hex) : undefined;
    switch (`${to} ${name}`) {
      case `${token} balanceOf`:
        return balances.get(first.toLowerCase()) ?? 0n;
      case `${controller} stakingToken`:
        return token;
      case `${controller} vaultFactory`:
        return factory;
      case `${controller} treasuryPool`:
        return this.w.treasury;
      case `${controller} totalUnstaking`:
        return [...provers.values()].reduce(
          (sum, { unstaking }) => unstaking.reduce((a, b) => a + b, sum),
          0n,
        );
      case `${controller} getProverTotalUnstaking`:
        return own?.unstaking.reduce((a, b) => a + b, 0n);
      case `${controller} getProverInfo`:
        if (own?.left !== undefined) return [0, NOBODY, 0n, 0n, 0n, 0n, "", ""];
        return (
          own && [
            own.state,
            own.vault,
            BigInt(own.defaultBps),
            own.commission,
            1n,
            BigInt(own.joined),
            "",
            "",
          ]
        );
      case `${controller} getCommissionRates`:
        return (
          own && [
            [NOBODY, ...own.rates.keys()],
            [BigInt(own.defaultBps), ...Array.from(own.rates.values(), BigInt)],
          ]
        );
      case `${factory} getVaultCount`:
        return BigInt(provers.size);
      case `${market} stakingController`:
      case `${rewards} stakingController`:
        return controller;
      case `${market} feeToken`:
        return token;
      case `${market} statsEpochId`:
        return BigInt(this.w.statsId);
      case `${market} protocolFeeBps`:
        return BigInt(this.w.feeBps);
      case `${market} cumulativeProtocolFee`:
        return this.w.protocolFees;
      case `${market} withdrawnProtocolFee`:
        return this.w.withdrawn;
      case `${market} globalStats`: {
        const {
          requests: asked,
          fulfilled,
          fees,
        } = this.w.global.get(Number(first)) ?? { requests: 0, fulfilled: 0, fees: 0n };
        return [BigInt(asked), BigInt(fulfilled), fees];
      }
      case `${market} proverStats`: {
        const counts = this.w.counts.get(`${first.toLowerCase()} ${second}`);
        if (counts === undefined) return [0n, 0n, 0n, 0n, 0n, 0n];
        const { bids, reveals, fulfilled, refunded, last, fees } = counts;
        return [BigInt(bids), BigInt(reveals), BigInt(fulfilled), BigInt(refunded), BigInt(last), fees];
      }
      case `${market} getRequest`:
        return (
          request && [
            ...[request.status, BigInt(request.created), request.requester, request.maxFee, 7n],
            ...[BigInt(request.deadline), request.vk, request.digest, 1],
          ]
        );
      case `${market} getBidders`: {
        const [a, b] = request === undefined ? [] : this.#standing(request);
        return request && [a?.prover ?? NOBODY, a?.fee ?? 0n, b?.prover ?? NOBODY, b?.fee ?? 0n];
      }
      case `${rewards} getEpochConfigs`:
        return configs.map(({ fromEpoch, fromTime, length, maximum }) => ({
          ...{ fromEpoch, fromTime: BigInt(fromTime), length: BigInt(length), maximum },
        }));
      case `${rewards} lastUpdatedEpoch`:
        return this.w.lastEpoch;
      case `${rewards} epochTotalRewards`:
        return [...booked.set].reduce(
          (sum, [key, { amount }]) => (key.startsWith(`${first} `) ? sum + amount : sum),
          0n,
        );
      case `${rewards} epochProverRewards`: {
        const { amount, paid } = booked.set.get(`${first} ${second.toLowerCase()}`) ?? {
          amount: 0n,
          paid: false,
        };
        return [amount, paid];
      }
    }
    return undefined;
  }
}

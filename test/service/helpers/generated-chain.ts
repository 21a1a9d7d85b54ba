// SPDX-License-Identifier: AGPL-3.0-only
// A deployment's whole history by arithmetic: any span of it is written when it is asked for, so that a year of a large
// network takes no more memory than its provers. Each fulfilment brings its fee to the prover's vault; each epoch's root is
// posted in the next, active and claimed by everybody. Blocks are twelve seconds apart, and the last is final.
import { type Hex, numberToHex, type PublicClient, toEventSelector } from "viem";
import { EVENTS } from "../../../service/audit/logs.ts";
import { artifactOf, datasetHash, encodeArtifact } from "../../../service/core/artifact.ts";
import { computeEpoch, leavesOf } from "../../../service/core/epoch.ts";
import {
  EMPTY_ACCUMULATOR,
  EMPTY_STAKE_HASH,
  postHash,
  postStep,
  registrationStep,
  stakeStep,
} from "../../../service/core/ids.ts";
import { initKeccak, keccakHex } from "../../../service/core/keccak.ts";
import { domainOf } from "../../../service/core/leaf.ts";
import { encodePolicy } from "../../../service/core/policy.ts";
import type { Address, PolicyV1, PreviousRoot, ProverInput } from "../../../service/core/types.ts";
import { commissionStep, fulfilmentStep } from "./accumulators.ts";
import { serveResults } from "./json-rpc.ts";
import { topic, word } from "./log-words.ts";
import { type RecordedChain, recordedClient } from "./recorded-chain.ts";

export interface GeneratedSize {
  readonly provers: number;
  readonly fulfilments: number;
  readonly epochs: number;
}

export interface GeneratedChain {
  readonly distributor: Address;
  /** How many logs there are in all. */
  readonly logs: number;
  readonly rpcUrl: string;
  /** What it was asked so far. */
  readonly asked: { requests: number; spans: [from: number, to: number][] };
  /** From now on, only so many epochs have happened; all of them at first. Pending: the last root was just posted. */
  readonly stopAfter: (epochs: number, isPending?: boolean) => void;
  readonly close: () => void;
}

const CHAIN_ID = 31_337n;
const [DISTRIBUTOR, REGISTRY, MARKET, TOKEN] = [0xd1, 0xe1, 0xf1, 0xa1].map(address) as [Hex, Hex, Hex, Hex];
const CLOCK_START = 1_700_000_004n;
const BLOCK_SECONDS = 12n;
/** Before the clock's start. */
const FIRST_BLOCKS = 10;
const BLOCKS_PER_EPOCH = 50_400;
/** An epoch's work is done between these of its blocks. */
const WORK = { from: 600, to: BLOCKS_PER_EPOCH - 10 };
/** The last epoch's root is posted, and the claims are made, in these blocks of the next. */
const [POST, CLAIM] = [20, 500];
const WINDOW = 3_600n;
const EPOCH_LENGTH = BigInt(BLOCKS_PER_EPOCH) * BLOCK_SECONDS;
const FEE = 3_141_592_653_589_793_238n;
const STAKE = 10n ** 24n;
const BUDGET = 10n ** 21n;
const BPS = 1_000;
const POLICY: PolicyV1 = {
  ...{ version: 1, id: "capped", params: { capNumerator: 1n, capDenominator: 100n } },
  guards: { exclusions: [], feeMatchBps: 9_000, minStake: 0n },
};

const SELECTOR = Object.fromEntries(EVENTS.map((event) => [event.name, toEventSelector(event)])) as Record<
  (typeof EVENTS)[number]["name"],
  Hex
>;

function address(number: number): Hex {
  return numberToHex(number, { size: 20 });
}

const proverOf = (p: number): Hex => address(0x10_0000 + p);
const vaultOf = (p: number): Hex => address(0x20_0000 + p);
const firstBlock = (epoch: number) => FIRST_BLOCKS + epoch * BLOCKS_PER_EPOCH;
const timeOf = (block: number) => CLOCK_START + BigInt(block - FIRST_BLOCKS) * BLOCK_SECONDS;
const hashOf = (block: number): Hex => topic(block + 1);

interface PlacedLog {
  readonly block: number;
  readonly index: number;
  readonly json: string;
}

function logJson(from: Hex, block: number, index: number, topics: readonly Hex[], data: string): string {
  return `{"address":"${from}","topics":["${topics.join('","')}"],"data":"0x${data}","blockNumber":"0x${block.toString(16)}","blockHash":"${hashOf(block)}","transactionHash":"${topic(block * 1_000_000 + index)}","transactionIndex":"0x0","logIndex":"0x${index.toString(16)}","removed":false}`;
}

/** Where each fulfilment is, and what it says. */
function workOf({ provers, fulfilments, epochs }: GeneratedSize) {
  const each = Math.ceil(fulfilments / epochs);
  const countIn = (epoch: number) => Math.max(0, Math.min(each, fulfilments - epoch * each));
  const blockOf = (k: number) => {
    const epoch = Math.floor(k / each);
    return firstBlock(epoch) + WORK.from + Math.floor(((k % each) * (WORK.to - WORK.from)) / each);
  };
  const entryOf = (k: number) => {
    const countedWeight = BigInt(k % 5) * 10_000n * FEE;
    return {
      ...{ sequence: BigInt((k % each) + 1), requestId: topic(k + 1), prover: proverOf((k * 7) % provers) },
      ...{
        requester: address(0x30_0000 + (k % 25)),
        statementId: topic(`0x${(k * 2_654_435_761).toString(16)}`),
      },
      ...{ fee: FEE + BigInt(k), protocolFee: (FEE + BigInt(k)) / 10n, weight: 50_000n * FEE, countedWeight },
      timestamp: timeOf(blockOf(k)),
    };
  };
  return { each, countIn, blockOf, entryOf, whose: (k: number) => (k * 7) % provers };
}

/** Its endpoint, in this process. */
export async function generatedChain(size: GeneratedSize): Promise<GeneratedChain> {
  await initKeccak();
  const { provers, fulfilments, epochs } = size;
  const work = workOf(size);
  const rare: PlacedLog[] = [];
  const add = (
    from: Hex,
    block: number,
    index: number,
    topics: readonly Hex[],
    ...data: (bigint | number | Hex)[]
  ) => rare.push({ block, index, json: logJson(from, block, index, topics, data.map(word).join("")) });

  const policy = encodePolicy(POLICY);
  const policyHash = keccakHex(policy);
  const policyWords = Buffer.from(policy)
    .toString("hex")
    .padEnd(64 * Math.ceil(policy.length / 32), "0");
  rare.push({
    ...{ block: 1, index: 0 },
    json: logJson(
      ...([DISTRIBUTOR, 1, 0, [SELECTOR.SegmentAdded, topic(0n), topic(policyHash)]] as const),
      word(BUDGET) + word(64) + word(policy.length) + policyWords,
    ),
  });

  let registered = 0n;
  const vaults = Array.from({ length: provers }, () => ({ active: 0n, hash: EMPTY_STAKE_HASH, since: 0n }));
  const commissionHashes: Hex[] = [];
  const registeredAt = timeOf(2);
  const starts: PlacedLog[] = [];
  for (const [p, vault] of vaults.entries()) {
    const commissionBps = BigInt(BPS);
    const about = { prover: proverOf(p), vault: vaultOf(p), commissionBps, payout: proverOf(p) };
    const entry = { ...about, timestamp: registeredAt, sequence: BigInt(p + 1) };
    registered = registrationStep(registered, entry);
    add(
      ...([REGISTRY, 2, 2 * p, [SELECTOR.ProverRegistered, topic(proverOf(p)), topic(vaultOf(p))]] as const),
      ...[BigInt(BPS), proverOf(p), registeredAt, BigInt(p + 1), registered],
    );
    const rate = {
      sequence: 1n,
      source: address(0),
      bps: BPS,
      announcedAt: registeredAt,
      effectiveAt: registeredAt,
    };
    const rateHash = commissionStep(EMPTY_ACCUMULATOR, rate);
    commissionHashes.push(rateHash);
    add(
      ...([REGISTRY, 2, 2 * p + 1, [SELECTOR.CommissionChanged, topic(proverOf(p)), topic(0n)]] as const),
      ...[BigInt(BPS), registeredAt, registeredAt, 1n, rateHash],
    );
    vault.active = STAKE;
    vault.since = registeredAt;
    vault.hash = stakeStep(EMPTY_STAKE_HASH, { activeAssets: STAKE, timestamp: registeredAt });
    const data = word(STAKE) + word(registeredAt) + word(vault.hash);
    starts.push({
      block: 2,
      index: p,
      json: logJson(vaultOf(p), 2, p, [SELECTOR.ActiveAssetsChanged], data),
    });
  }

  const stakeHashes = Buffer.alloc(20 * fulfilments);
  const actives = new BigUint64Array(fulfilments);
  const domain = domainOf(CHAIN_ID, DISTRIBUTOR);
  const claimed = new Map<string, { cumulative: bigint; commission: bigint }>();
  const accumulators: { hash: Hex; count: number }[] = [];
  /** What the contracts hold once so many epochs have happened. */
  const states: { readonly after: RecordedChain; readonly pending: PublicClient }[] = [];
  let previous: PreviousRoot = { root: domain, total: 0n, leaves: [] };
  let posted = domain;
  let latestPostHash = domain;
  let [carry, totalClaimed] = [0n, 0n];
  let latest = {
    epoch: 0,
    postNumber: 0,
    root: domain,
    cumulativeTotal: "0",
    postedAt: "0",
    claimableAt: "0",
  };
  for (let epoch = 0; epoch < epochs; epoch++) {
    const start = CLOCK_START + BigInt(epoch) * EPOCH_LENGTH;
    const end = start + EPOCH_LENGTH;
    const inputs: (ProverInput & { seconds: bigint })[] = vaults.map((vault, p) => {
      if (vault.since < start) vault.since = start;
      const none = {
        work: 0n,
        stake: 0n,
        fulfilments: 0,
        misses: 0,
        fees: 0n,
        protocolFees: 0n,
        seconds: 0n,
      };
      return { prover: proverOf(p), vault: vaultOf(p), ...none, commissionBps: BPS };
    });
    let accumulator = EMPTY_ACCUMULATOR;
    for (let j = 0; j < work.countIn(epoch); j++) {
      const k = epoch * work.each + j;
      const entry = work.entryOf(k);
      accumulator = fulfilmentStep(accumulator, entry);
      const p = work.whose(k);
      const input = inputs[p] as { -readonly [K in keyof ProverInput]: ProverInput[K] } & { seconds: bigint };
      input.work += entry.countedWeight;
      input.fulfilments++;
      input.fees += entry.fee;
      if (entry.countedWeight > 0n) input.protocolFees += entry.protocolFee;
      const vault = vaults[p] as (typeof vaults)[number];
      input.seconds += vault.active * (entry.timestamp - vault.since);
      vault.active += FEE;
      vault.since = entry.timestamp;
      vault.hash = stakeStep(vault.hash, { activeAssets: vault.active, timestamp: entry.timestamp });
      stakeHashes.write(vault.hash.slice(2), 20 * k, "hex");
      actives[k] = (vault.active - STAKE) / FEE;
    }
    accumulators.push({ hash: accumulator, count: work.countIn(epoch) });
    const snapshot = { number: BigInt(firstBlock(epoch + 1) - 1), hash: hashOf(firstBlock(epoch + 1) - 1) };
    const result = computeEpoch({
      ...{ chainId: CHAIN_ID, distributor: DISTRIBUTOR, epoch, start, end, snapshot, budget: BUDGET, carry },
      ...{ policy: POLICY, previous, fulfilments: { count: work.countIn(epoch), accumulator }, misses: [] },
      provers: inputs.map(({ seconds, ...input }, p) => {
        const { active, since } = vaults[p] as (typeof vaults)[number];
        return { ...input, stake: (seconds + active * (end - since)) / EPOCH_LENGTH };
      }),
    });
    const artifact = artifactOf(result);
    const block = firstBlock(epoch + 1) + POST;
    const post = {
      ...{ epoch: BigInt(epoch), postNumber: BigInt(epoch + 1), root: artifact.root },
      ...{ cumulativeTotal: artifact.total, datasetHash: datasetHash(encodeArtifact(artifact)) },
      ...{ snapshotBlock: snapshot.number, snapshotHash: snapshot.hash },
      ...{ postedAt: timeOf(block), claimableAt: timeOf(block) + WINDOW, quorum: 1n },
    };
    posted = postStep(posted, post);
    latestPostHash = postHash(post);
    add(
      ...([DISTRIBUTOR, block, 0] as const),
      [SELECTOR.RootPosted, topic(post.epoch), topic(post.postNumber), post.root],
      ...[post.cumulativeTotal, post.datasetHash, post.snapshotBlock, post.snapshotHash],
      ...[post.postedAt, post.claimableAt, post.quorum, posted],
    );
    const before = { latest, carry, claimed: new Map(claimed) };
    carry = artifact.carryOut;
    previous = { root: artifact.root, total: artifact.total, leaves: leavesOf(result.rows) };
    for (const [i, { prover, cumulative, cumulativeCommission }] of previous.leaves.entries()) {
      const before = claimed.get(prover) ?? { cumulative: 0n, commission: 0n };
      const paid = cumulative - before.cumulative;
      if (paid === 0n) continue;
      claimed.set(prover, { cumulative, commission: cumulativeCommission });
      totalClaimed += paid;
      add(
        ...([
          DISTRIBUTOR,
          firstBlock(epoch + 1) + CLAIM,
          i,
          [SELECTOR.Claimed, topic(prover), topic(epoch)],
        ] as const),
        ...[cumulative, paid, cumulativeCommission - before.commission],
      );
    }
    latest = {
      ...{ epoch, postNumber: epoch + 1, root: post.root, cumulativeTotal: String(post.cumulativeTotal) },
      ...{ postedAt: String(post.postedAt), claimableAt: String(post.claimableAt) },
    };
    const after: RecordedChain = {
      ...{ name: "generated", chainId: String(CHAIN_ID), distributor: DISTRIBUTOR, registry: REGISTRY },
      ...{ market: MARKET, token: TOKEN, clockStart: String(CLOCK_START), epochLength: String(EPOCH_LENGTH) },
      ...{ deploymentBlock: 1, blocks: [], logs: [], statements: [], epochs: [] },
      state: {
        provers: vaults.map(({ active, hash }, p) => ({
          ...{ prover: proverOf(p), vault: vaultOf(p), registeredAt: String(registeredAt) },
          claimed: String(claimed.get(proverOf(p))?.cumulative ?? 0n),
          claimedCommission: String(claimed.get(proverOf(p))?.commission ?? 0n),
          ...{ commissionSequence: 1, commissionHash: commissionHashes[p] as Hex },
          stakeState: [String(active), hash],
        })),
        fulfilmentAccumulators: [...accumulators, { hash: EMPTY_ACCUMULATOR, count: 0 }],
        missAccumulators: [],
        segments: [{ fromEpoch: 0, budget: String(BUDGET), policyHash }],
        ...{ latestPost: latest, carry: String(carry), totalClaimed: String(totalClaimed) },
        registrations: { count: provers, rollingHash: numberToHex(registered, { size: 28 }) },
        postHistory: { latestPostHash, rollingHash: posted },
      },
    };
    const booked = after.state.provers.map((prover) => ({
      ...prover,
      claimed: String(before.claimed.get(prover.prover)?.cumulative ?? 0n),
      claimedCommission: String(before.claimed.get(prover.prover)?.commission ?? 0n),
    }));
    const asPost = (of: typeof latest, active: boolean) => ({
      ...{ epoch: BigInt(of.epoch), postNumber: BigInt(of.postNumber), root: of.root, vetoed: false, active },
      ...{ cumulativeTotal: BigInt(of.cumulativeTotal), postedAt: BigInt(of.postedAt) },
      ...{ claimableAt: BigInt(of.claimableAt), quorum: of.postNumber === 0 ? 0n : 1n },
      attestations: active ? 1n : 0n,
    });
    const [pendingPost, activePost] = [
      asPost(latest, false),
      asPost(before.latest, before.latest.postNumber > 0),
    ];
    const pending = recordedClient(
      { ...after, state: { ...after.state, provers: booked } },
      { latestPost: () => pendingPost, activePost: () => activePost, carry: () => before.carry },
    );
    states.push({ after, pending });
  }
  rare.sort((a, b) => a.block - b.block || a.index - b.index);

  let head = 0;
  let contracts: PublicClient;
  const stopAfter = (count: number, isPending = false) => {
    const { after, pending } = states[count - 1] as (typeof states)[number];
    head = firstBlock(count) + (isPending ? POST : CLAIM) + 1;
    contracts = isPending ? pending : recordedClient(after);
  };
  stopAfter(epochs);

  /** The first fulfilment at or after a block. */
  const firstAt = (block: number): number => {
    let [low, high] = [0, fulfilments];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (work.blockOf(middle) < block) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const within = (logs: readonly PlacedLog[], from: number, to: number) =>
    logs.filter(({ block }) => block >= from && block <= to).map(({ json }) => json);

  function fulfilled(k: number, index: number): string {
    const entry = work.entryOf(k);
    const epoch = Math.floor(k / work.each);
    const { sequence, requester, statementId, fee, protocolFee, weight, countedWeight, timestamp } = entry;
    const inOrder: Record<string, bigint | Hex> = {
      ...{ sequence, requester, statementId, fee, protocolFee, weight, countedWeight, timestamp },
    };
    const data = FULFILLED_DATA.map((name) => word(inOrder[name] as bigint | Hex)).join("");
    const topics = [SELECTOR.Fulfilled, entry.requestId, topic(entry.prover), topic(epoch)];
    return logJson(MARKET, work.blockOf(k), index, topics, data);
  }

  function changed(k: number, index: number): string {
    const block = work.blockOf(k);
    const active = STAKE + FEE * (actives[k] as bigint);
    const hash = stakeHashes.toString("hex", 20 * k, 20 * k + 20).padStart(64, "0");
    const data = word(active) + word(timeOf(block)) + hash;
    return logJson(vaultOf(work.whose(k)), block, index, [SELECTOR.ActiveAssetsChanged], data);
  }

  const spans: GeneratedChain["asked"]["spans"] = [];
  function logsIn(filter: { address: Hex[]; fromBlock: Hex; toBlock: Hex; topics: [Hex[]] }): string {
    const [from, to] = [Number(filter.fromBlock), Math.min(Number(filter.toBlock), head)];
    spans.push([from, to]);
    const isOfMarket = filter.address.includes(MARKET);
    if (!filter.topics[0].includes(isOfMarket ? SELECTOR.Fulfilled : SELECTOR.ActiveAssetsChanged))
      return "[]";
    const wanted = new Set(filter.address);
    const found = within(isOfMarket ? rare : starts.filter((_, p) => wanted.has(vaultOf(p))), from, to);
    for (let k = firstAt(from), index = 0; k < fulfilments && work.blockOf(k) <= to; k++) {
      // Behind the others of its block.
      index = k > 0 && work.blockOf(k - 1) === work.blockOf(k) ? index + 1 : 10_000;
      if (isOfMarket) found.push(fulfilled(k, index));
      else if (wanted.has(vaultOf(work.whose(k)))) found.push(changed(k, index));
    }
    return `[${found.join(",")}]`;
  }

  async function resultOf(method: string, params: readonly unknown[]): Promise<string> {
    if (method === "eth_getLogs") return logsIn(params[0] as Parameters<typeof logsIn>[0]);
    if (method === "eth_blockNumber") return `"0x${head.toString(16)}"`;
    if (method === "eth_getBlockByNumber") {
      const which = params[0] as string;
      const number = which.startsWith("0x") ? Number(which) : head;
      if (number > head) return "null";
      const block = { number: numberToHex(number), hash: hashOf(number), parentHash: hashOf(number - 1) };
      return JSON.stringify({ ...block, timestamp: numberToHex(timeOf(number)), transactions: [] });
    }
    return JSON.stringify(await contracts.request({ method, params } as never));
  }

  const { rpcUrl, asked, close } = await serveResults(resultOf);
  const logs = rare.length + starts.length + 2 * fulfilments;
  return { distributor: DISTRIBUTOR, logs, rpcUrl, asked: Object.assign(asked, { spans }), stopAfter, close };
}

const FULFILLED_DATA = EVENTS.find(({ name }) => name === "Fulfilled")
  ?.inputs.filter((input) => !input.indexed)
  .map(({ name }) => name) as string[];

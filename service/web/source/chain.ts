// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, type Client, getAbiItem, type Hex, hexToString } from "viem";
import { getBlock, readContract } from "viem/actions";
import { iProverRegistryAbi, iRewardDistributorAbi } from "../../chain/abi.ts";
import { SENT_LENS } from "../../chain/lens-pages.ts";
import { type Contracts, readLens } from "./lens.ts";
import { logsOf } from "./logs.ts";
import type {
  Act,
  Announced,
  Due,
  EpochDetail,
  EpochRow,
  Foundation,
  Point,
  ProverDetail,
  ProverRow,
  Segment,
  Source,
} from "./types.ts";

/** Of a lens that is deployed: 200 provers take 11 million gas, and some endpoints stop at ten. */
const PAGE = 150n;
const AT_ONCE = 6;
const STATES = ["inactive", "active", "inactive", "jailed"] as const;
const NO_OVERRIDE = 2n ** 256n - 1n;

/** The chain's head, as a point of its own. */
export async function chainHead(client: Client): Promise<Point> {
  const { number, timestamp } = await getBlock(client, { blockTag: "latest" });
  return { block: number, time: timestamp, source: "chain" };
}

type LensProver = Awaited<ReturnType<typeof readLens<"prover">>>;

/** Everything that can be read without an API. */
export function chainSource(client: Client, contracts: Contracts): Source {
  const { distributor, registry, market } = contracts;
  const head = () => chainHead(client);
  const read = <const Name extends ContractReads>(functionName: Name, blockNumber: bigint) =>
    readContract(client, { address: distributor, abi: iRewardDistributorAbi, functionName, blockNumber });

  /** One by itself, which is there soon and mostly all; then several at once. */
  async function* pages(block: bigint) {
    const size = contracts.lens === undefined ? SENT_LENS.provers : PAGE;
    let offset = 0n;
    for (let count = 1; ; count = AT_ONCE) {
      const offsets = Array.from({ length: count }, (_, i) => offset + BigInt(i) * size);
      const read = await Promise.all(
        offsets.map((each) => readLens(client, contracts, "provers", [each, size], block)),
      );
      yield read.flat().map(rowOf);
      if (read.some((page) => BigInt(page.length) < size)) return;
      offset += BigInt(count) * size;
    }
  }

  return {
    kind: "chain",
    head,
    async provers(onPage, signal) {
      const at = await head();
      const rows: ProverRow[] = [];
      for await (const page of pages(at.block)) {
        signal.throwIfAborted();
        rows.push(...page);
        onPage([...rows], at);
      }
      return { at, value: rows };
    },
    async prover(address) {
      const at = await head();
      const view = await readLens(client, contracts, "prover", [address], at.block);
      if (view.state === 0) return null;
      const entry = (source: Address) =>
        readContract(client, {
          ...{ address: registry, abi: iProverRegistryAbi, functionName: "commissionEntry" },
          ...{ args: [address, source], blockNumber: at.block },
        } as const);
      const [fees, ofFees, ofRewards, ofAll] = await Promise.all([
        readContract(client, {
          ...{ address: registry, abi: iProverRegistryAbi, functionName: "commissionOf" },
          ...{ args: [address, market], blockNumber: at.block },
        } as const),
        entry(market),
        entry(distributor),
        entry(`0x${"0".repeat(40)}`),
      ]);
      const row = rowOf(view);
      const detail: ProverDetail = {
        ...row,
        commission: { ...row.commission, fees: Number(fees) },
        announced: [...announcedOf("fees", ofFees, ofAll), ...announcedOf("rewards", ofRewards, ofAll)],
        ...{ payout: view.payout, unvested: view.unvested, vestingEnd: view.vestingEnd },
        ...{ commissionOwed: view.commissionOwed, claimed: view.claimed },
      };
      return { at, value: detail };
    },
    async positions(owner) {
      const at = await head();
      const vaults: ProverRow[] = [];
      for await (const page of pages(at.block)) vaults.push(...page);
      const { fromBlock } = await rangeOf(client, contracts, at);
      const { readPositions } = await import("./positions.ts");
      return { at, value: await readPositions(client, contracts, { vaults, owner, fromBlock, at }) };
    },
    async epochs() {
      const at = await head();
      return { at, value: await readEpochs(client, contracts, at) };
    },
    async epoch(epoch) {
      const at = await head();
      const found = (await readEpochs(client, contracts, at)).find((row) => row.epoch === epoch);
      if (found === undefined) return null;
      const value: EpochDetail = { ...found, attestations: found.attestedBy.length };
      return { at, value };
    },
    async foundation() {
      const at = await head();
      const [system, segments, publisher, auditorCount, quorum, window, epochLength, clockStart] =
        await Promise.all([
          readLens(client, contracts, "system", [], at.block),
          readSegments(client, contracts, at),
          read("publisher", at.block),
          read("auditorCount", at.block),
          read("quorum", at.block),
          read("challengeWindow", at.block),
          read("epochLength", at.block),
          read("clockStart", at.block),
        ]);
      const { funds, promised, surplus, carry, totalClaimed, currentEpoch, nextEpoch } = system;
      const value: Foundation = {
        ...{ currentEpoch: Number(currentEpoch), nextEpoch: Number(nextEpoch) },
        ...{ funds, promised, surplus, carry, totalClaimed },
        shortfall: promised > funds ? promised - funds : 0n,
        budget: budgetAt(segments, Number(currentEpoch)),
        ...{ segments, publisher, auditorCount: Number(auditorCount), quorum: Number(quorum), window },
        due: dueOf(system, clockStart + (nextEpoch + 1n) * epochLength),
      };
      return { at, value };
    },
  };
}

type ContractReads =
  | "publisher"
  | "auditorCount"
  | "quorum"
  | "challengeWindow"
  | "clockStart"
  | "epochLength"
  | "deploymentBlock";

function rowOf(view: LensProver): ProverRow {
  return {
    ...{ prover: view.prover, vault: view.vault, state: STATES[view.state] ?? "inactive" },
    ...{
      stake: view.activeAssets,
      selfStake: view.selfStake,
      locked: view.locked,
      free: view.freeCollateral,
    },
    ...{ sharePrice: view.sharePrice, unbonding: view.unbondingAssets, room: view.maxDeposit },
    ...{ commission: { rewards: Number(view.commissionBps) }, open: Number(view.openAssignments) },
    registeredAt: view.registeredAt,
  };
}

interface Entry {
  readonly bps: bigint;
  readonly nextBps: bigint;
  readonly nextAt: bigint;
}

/** An override's own change, or, where there is none, that of the default. */
function announcedOf(of: Announced["of"], own: Entry, all: Entry): Announced[] {
  const [entry] = [own, ...(own.bps === NO_OVERRIDE ? [all] : [])].filter(({ nextAt }) => nextAt > 0n);
  if (entry === undefined) return [];
  const bps = entry.nextBps === NO_OVERRIDE ? all.bps : entry.nextBps;
  return [{ of, bps: Number(bps), at: entry.nextAt }];
}

const POSTED = getAbiItem({ abi: iRewardDistributorAbi, name: "RootPosted" });
const ATTESTED = getAbiItem({ abi: iRewardDistributorAbi, name: "RootAttested" });
const VETOED = getAbiItem({ abi: iRewardDistributorAbi, name: "RootVetoed" });
type Place = { readonly blockNumber: bigint; readonly transactionHash: Hex };
const SEGMENT = getAbiItem({ abi: iRewardDistributorAbi, name: "SegmentAdded" });

async function rangeOf(client: Client, { distributor }: Contracts, { block }: Point) {
  const fromBlock = await readContract(client, {
    ...{ address: distributor, abi: iRewardDistributorAbi, functionName: "deploymentBlock" },
  } as const);
  return { address: distributor, fromBlock, toBlock: block };
}

type KnownEpoch = EpochRow & Required<Pick<EpochDetail, "vetoedBy">> & { readonly attestedBy: Act[] };

async function readEpochs(client: Client, contracts: Contracts, at: Point): Promise<KnownEpoch[]> {
  const range = await rangeOf(client, contracts, at);
  const [posts, attestations, vetoes, system, length, clockStart] = await Promise.all([
    logsOf(client, POSTED, range),
    logsOf(client, ATTESTED, range),
    logsOf(client, VETOED, range),
    readLens(client, contracts, "system", [], at.block),
    readContract(client, {
      ...{ address: contracts.distributor, abi: iRewardDistributorAbi, functionName: "epochLength" },
    } as const),
    readContract(client, {
      ...{ address: contracts.distributor, abi: iRewardDistributorAbi, functionName: "clockStart" },
    } as const),
  ]);
  const act = ({ blockNumber: block, transactionHash: transaction }: Place, by: Address): Act => ({
    ...{ by, block, transaction },
  });
  const rows = new Map<number, KnownEpoch>();
  for (const { args } of posts) {
    const epoch = Number(args.epoch);
    const start = clockStart + args.epoch * length;
    const isActive = system.active.postNumber === args.postNumber && args.postNumber > 0n;
    const isOlder = args.postNumber < system.active.postNumber;
    const isOfIt = (log: { readonly args: { readonly postNumber: bigint } }) =>
      log.args.postNumber === args.postNumber;
    const vetoedBy = vetoes.filter(isOfIt).map((log) => act(log, log.args.by));
    const status = vetoedBy.length > 0 ? "vetoed" : isActive ? "active" : isOlder ? "superseded" : "pending";
    rows.set(epoch, {
      ...{ epoch, start, end: start + length, status, postNumber: args.postNumber, root: args.root },
      ...{ cumulativeTotal: args.cumulativeTotal, datasetHash: args.datasetHash },
      snapshot: { block: args.snapshotBlock, hash: args.snapshotHash },
      ...{ claimableAt: args.claimableAt, quorum: Number(args.quorum), vetoedBy },
      attestedBy: attestations.filter(isOfIt).map((log) => act(log, log.args.auditor)),
    });
  }
  return [...rows.values()].sort((a, b) => b.epoch - a.epoch);
}

async function readSegments(client: Client, contracts: Contracts, at: Point): Promise<Segment[]> {
  const logs = await logsOf(client, SEGMENT, await rangeOf(client, contracts, at));
  return logs.map(({ args }) => ({
    ...{ fromEpoch: Number(args.fromEpoch), budget: args.budget, policyHash: args.policyHash },
    policy: hexToString(args.policy),
  }));
}

function budgetAt(segments: readonly Segment[], epoch: number): bigint {
  return segments.findLast(({ fromEpoch }) => fromEpoch <= epoch)?.budget ?? 0n;
}

type LensSystem = Awaited<ReturnType<typeof readLens<"system">>>;

function dueOf({ latest, nextEpoch, currentEpoch, timestamp }: LensSystem, nextEnds: bigint): Due[] {
  const epoch = Number(nextEpoch);
  if (latest.vetoed) return [{ kind: "repost", epoch, until: undefined, missing: undefined }];
  const due: Due[] = [];
  const isPending = latest.postNumber > 0n && !latest.active;
  if (isPending && timestamp < latest.claimableAt) {
    due.push({ kind: "window", epoch: Number(latest.epoch), until: latest.claimableAt, missing: undefined });
  }
  if (isPending && latest.attestations < latest.quorum) {
    const missing = Number(latest.quorum - latest.attestations);
    due.push({ kind: "attestations", epoch: Number(latest.epoch), until: undefined, missing });
  }
  if (nextEpoch >= currentEpoch) due.push({ kind: "wait", epoch, until: nextEnds, missing: undefined });
  else if (!isPending) due.push({ kind: "post", epoch, until: undefined, missing: undefined });
  return due;
}

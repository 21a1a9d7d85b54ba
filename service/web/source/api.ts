// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, getAddress, type Hex } from "viem";
import type { components } from "../../client/api.d.ts";
import { FIRST_PAGE } from "../first.ts";
import { checksummed } from "../format/address.ts";
import { type ApiClient, ApiRefusal, take } from "./api-client.ts";
import type {
  Act,
  Announced,
  Claim,
  EpochDetail,
  EpochRecord,
  EpochRow,
  Foundation,
  Point,
  Position,
  PricePoint,
  ProverDetail,
  ProverRow,
  RequestRow,
  Return,
  Segment,
  SlashRecord,
  Source,
} from "./types.ts";

type Schemas = components["schemas"];
type Told = Schemas["Provers"]["provers"][number];

const PAGE = 100;
const EPOCHS = 52;
/** More epochs than this nobody scrolls through. */
const MAX_EPOCHS = 400;

/** By the list's columns; what the server does not sort by is not offered. */
const SORTS = {
  prover: "address",
  return7: "return7",
  return30: "return30",
  return90: "return90",
  // Each began at the same price.
  return0: "price",
  stake: "stake",
  self: "self-stake",
  free: "free",
  risk: "at-risk",
  ontime: "on-time",
  commission: "commission",
} as const;

/** What `provender serve` answers. */
export function apiSource({ http, base }: ApiClient): Source {
  const status = async () => take(await http.GET("/status"));
  const root = base.replace(/\/$/, "");
  const at = (address: Address) => ({ params: { path: { address } } });

  async function epochRows(): Promise<readonly EpochRow[]> {
    const rows: EpochRow[] = [];
    let before: number | undefined;
    do {
      const query = { limit: 50, ...(before !== undefined && { before }) };
      const { epochs, next } = take(await http.GET("/v1/epochs", { params: { query } }));
      rows.push(...epochs.map(epochRow));
      before = next ?? undefined;
    } while (before !== undefined && rows.length < MAX_EPOCHS);
    return rows;
  }

  return {
    kind: "api",
    sorts: Object.keys(SORTS),
    head: async () => pointOf((await status()).head),
    async proverPage({ sort, descending, search, after }, signal) {
      const part = /^(?:0x)?[0-9a-f]{1,40}$/i.exec(search.trim())?.[0];
      // Nothing has such an address.
      const asked =
        search.trim() === "" ? {} : { search: part ?? "0x0000000000000000000000000000000000000000" };
      const query = {
        ...{ ...FIRST_PAGE, ...asked, ...(after !== undefined && { after, limit: PAGE }) },
        sort: SORTS[sort as keyof typeof SORTS] ?? "stake",
        order: descending ? ("descending" as const) : ("ascending" as const),
      };
      const page = take(await http.GET("/v1/provers", { params: { query }, signal }));
      const { synced, provers, next, total } = page;
      return { at: pointOf(synced), rows: provers.map(proverRow), next: next ?? undefined, total };
    },
    async prover(address) {
      const query = { limit: EPOCHS };
      const found = await orNothing(http.GET("/v1/provers/{address}", at(address)));
      if (found === null) return null;
      const [history, slashes] = await Promise.all([
        unlessBehind(http.GET("/v1/provers/{address}/epochs", { params: { path: { address }, query } })),
        unlessBehind(http.GET("/v1/provers/{address}/slashes", at(address))),
      ]);
      return { at: pointOf(found.synced), value: proverDetail(found, history, slashes) };
    },
    async epochs() {
      const [rows, { head }] = await Promise.all([epochRows(), status()]);
      return { at: pointOf(head), value: rows };
    },
    async epoch(epoch) {
      const [found, { head }] = await Promise.all([
        orNothing(http.GET("/v1/epochs/{epoch}", { params: { path: { epoch: String(epoch) } } })),
        status(),
      ]);
      return found && { at: pointOf(head), value: epochDetail(found) };
    },
    async foundation() {
      const [told, { due, currentEpoch, nextEpoch }] = await Promise.all([
        http.GET("/v1/foundation").then(take),
        status(),
      ]);
      return { at: pointOf(told.head), value: foundationOf(told, { due, currentEpoch, nextEpoch }) };
    },
    async positions(address) {
      const told = take(await http.GET("/v1/stakers/{address}/positions", at(address)));
      return { at: pointOf(told.synced), value: told.positions.map(positionOf) };
    },
    async claim(prover, which) {
      const options = { params: { path: { address: prover }, query: { root: which } } };
      const found = await orNothing(http.GET("/v1/provers/{address}/proof", options));
      return found && claimOf(found, prover);
    },
    async requests(before, which) {
      const query = { limit: 50, which, ...(before !== undefined && { before }) };
      const { synced, requests, next } = take(await http.GET("/v1/requests", { params: { query } }));
      return { at: pointOf(synced), rows: requests.map(requestRow), next: next ?? undefined };
    },
    artifactUrl: (epoch) => `${root}/v1/epochs/${epoch}/artifact`,
  };
}

/** Of what a page can be without, nothing while the server has not read it. */
async function unlessBehind<T>(answer: Promise<Parameters<typeof take<T>>[0]>): Promise<T | null> {
  try {
    return await orNothing(answer);
  } catch (error) {
    if (error instanceof ApiRefusal && error.code === "not-synced") return null;
    throw error;
  }
}

const ABSENT = ["unknown-prover", "unknown-epoch", "no-root"];

async function orNothing<T>(answer: Promise<Parameters<typeof take<T>>[0]>): Promise<T | null> {
  try {
    return take(await answer);
  } catch (error) {
    if (error instanceof ApiRefusal && ABSENT.includes(error.code)) return null;
    throw error;
  }
}

function pointOf({ number, timestamp }: { number: string; timestamp: string }): Point {
  return { block: BigInt(number), time: BigInt(timestamp), source: "api" };
}

const big = (text: string | null | undefined) =>
  text === null || text === undefined ? undefined : BigInt(text);

function proverRow(told: Told): ProverRow {
  const { prover, vault, state, stake, selfStake, collateral, commissionBps, registeredAt } = told;
  const { fulfilments, misses, onTimeBps, sharePrice, returns, announced } = told;
  return {
    ...{ prover: checksummed(prover), vault: checksummed(vault), state, stake: BigInt(stake) },
    ...{ locked: BigInt(collateral.locked), free: BigInt(collateral.free), commission: commissionBps },
    ...{ selfStake: BigInt(selfStake), unbonding: BigInt(collateral.unbonding) },
    ...{ fulfilments, misses, onTimeBps, registeredAt: BigInt(registeredAt), sharePrice: big(sharePrice) },
    returns: returns && returnsOf(returns),
    announced: announced && announcedOf(announced),
  };
}

function returnsOf({ days7, days30, days90, all }: NonNullable<Told["returns"]>): Return[] {
  return (
    [
      [7, days7],
      [30, days30],
      [90, days90],
      [0, all],
    ] as const
  ).flatMap(([days, told]) => {
    if (told === null) return [];
    const { netPpm, annualPpm, from, to, epochs, fees, rewards, slashed } = told;
    return {
      ...{ days, epochs, from: BigInt(from), to: BigInt(to), ratio: netPpm / 1e6 },
      annual: annualPpm === null ? null : annualPpm / 1e6,
      ...{ fees: BigInt(fees), rewards: BigInt(rewards), slashed: BigInt(slashed) },
    };
  });
}

function announcedOf(told: NonNullable<Told["announced"]>): Announced[] {
  return (["fees", "rewards"] as const).flatMap((of) => {
    const change = told[of];
    return change === null ? [] : [{ of, bps: change.bps, at: BigInt(change.at) }];
  });
}

function proverDetail(
  told: Schemas["Prover"],
  history: Schemas["ProverHistory"] | null,
  slashes: Schemas["Slashes"] | null,
): ProverDetail {
  const { payout, vaultState, assignments, ...rest } = told;
  return {
    ...proverRow(rest),
    ...{ payout: payout ? getAddress(payout) : undefined, claimed: undefined },
    ...{ unvested: big(vaultState?.unvested), vestingEnd: big(vaultState?.vestingEnd) },
    ...{ room: big(vaultState?.maxDeposit), commissionOwed: big(vaultState?.commissionOwed) },
    epochs: history?.epochs.map(recordOf),
    prices: history?.epochs
      .map(priceOf)
      .filter((each) => each !== undefined)
      .reverse(),
    slashes: slashes?.slashes.map(slashOf),
    assignments: assignments?.map(({ id, price, lock, deadline }) => ({
      ...{ id: id as Hex, price: BigInt(price), locked: BigInt(lock), deadline: BigInt(deadline) },
    })),
    open: assignments?.length,
  };
}

type ToldEpoch = Schemas["ProverHistory"]["epochs"][number];

function recordOf({ epoch, running, fulfilments, misses, onTimeBps, ...told }: ToldEpoch): EpochRecord {
  const { work, fees, protocolFees, stake, earned } = told;
  return {
    ...{ epoch, running, fulfilments, misses, onTimeBps, work: BigInt(work), fees: BigInt(fees) },
    ...{ protocolFees: BigInt(protocolFees), stake: BigInt(stake) },
    ...{ reward: big(earned?.amount), commission: big(earned?.commission), limitedBy: earned?.limitedBy },
  };
}

function priceOf({ at, sharePrice, active }: ToldEpoch): PricePoint | undefined {
  if (sharePrice === null) return undefined;
  return { time: BigInt(at), price: BigInt(sharePrice), stake: BigInt(active) };
}

function slashOf({
  amount,
  fromUnbonding,
  cause,
  request,
  block,
  time,
}: Schemas["Slashes"]["slashes"][number]): SlashRecord {
  return {
    ...{ amount: BigInt(amount), fromUnbonding: BigInt(fromUnbonding), cause, block: BigInt(block) },
    ...{ request: (request ?? undefined) as Hex | undefined, time: big(time) },
  };
}

function positionOf(told: Schemas["Positions"]["positions"][number]): Position {
  return {
    ...{ prover: getAddress(told.prover), vault: getAddress(told.vault), shares: BigInt(told.shares) },
    ...{ worth: BigInt(told.worth), putIn: BigInt(told.putIn), takenOut: BigInt(told.takenOut) },
    ...{ gained: BigInt(told.gained), rounding: BigInt(told.rounding), vesting: BigInt(told.vesting) },
    exits: told.exits.map((exit) => ({
      ...{ number: BigInt(exit.number), shares: BigInt(exit.shares), priced: BigInt(exit.priced) },
      ...{ worth: BigInt(exit.worth), requestedAt: BigInt(exit.requestedAt), dueAt: BigInt(exit.dueAt) },
    })),
  };
}

type ToldEpochs = Schemas["Epochs"]["epochs"][number];

function actsOf({ votes }: Pick<ToldEpochs, "votes">, kind: "attest" | "veto"): Act[] {
  return votes
    .filter((vote) => vote.kind === kind)
    .map(({ by, time, block, transaction, postNumber }) => ({
      ...{ by: getAddress(by), time: big(time), block: BigInt(block), postNumber: BigInt(postNumber) },
      transaction: (transaction ?? undefined) as Hex | undefined,
    }));
}

function epochRow(told: ToldEpochs): EpochRow {
  const postNumber = BigInt(told.postNumber);
  return {
    epoch: told.epoch,
    ...{ start: BigInt(told.window.start), end: BigInt(told.window.end), status: told.status },
    ...{ postNumber, budget: big(told.budget) },
    attestedBy: actsOf(told, "attest").filter((act) => act.postNumber === postNumber),
    ...{ root: told.root as Hex, cumulativeTotal: BigInt(told.cumulativeTotal) },
    datasetHash: told.datasetHash as Hex,
    snapshot: { block: BigInt(told.snapshot.number), hash: told.snapshot.hash as Hex },
    ...{ claimableAt: BigInt(told.claimableAt), quorum: told.quorum },
  };
}

function epochDetail(told: Schemas["Epoch"]): EpochDetail {
  const { result, attestations } = told;
  return {
    ...epochRow(told),
    ...{ attestations: attestations ?? undefined, attestedBy: actsOf(told, "attest") },
    vetoedBy: actsOf(told, "veto"),
    result: result
      ? {
          policy: { ...result.policy, hash: result.policy.hash as Hex },
          ...{ budget: BigInt(result.budget), carryIn: BigInt(result.carryIn), added: BigInt(result.added) },
          ...{ carryOut: BigInt(result.carryOut), dropped: BigInt(result.dropped) },
          ...{ provers: result.provers, fulfilments: result.fulfilments, misses: result.misses },
        }
      : undefined,
  };
}

function foundationOf(
  told: Schemas["Foundation"],
  { due, currentEpoch, nextEpoch }: Pick<Schemas["Status"], "due" | "currentEpoch" | "nextEpoch">,
): Foundation {
  return {
    ...{ currentEpoch, nextEpoch, runway: told.runway, quorum: told.quorum },
    ...{ budget: BigInt(told.budget), carry: BigInt(told.carry), funds: BigInt(told.funds) },
    ...{ promised: BigInt(told.promised), surplus: BigInt(told.surplus) },
    ...{ shortfall: BigInt(told.shortfall), totalClaimed: BigInt(told.totalClaimed) },
    ...{ publisher: getAddress(told.publisher), window: BigInt(told.challengeWindow) },
    auditors: told.auditors.map(({ auditor }) => getAddress(auditor)),
    auditorCount: told.auditors.length,
    due: due.map(({ kind, epoch, until, missing }) => ({
      ...{ kind, epoch, until: big(until), missing: missing ?? undefined },
    })),
    segments: told.segments.map(segmentOf),
  };
}

function segmentOf({
  fromEpoch,
  toEpoch,
  state,
  budget,
  policyHash,
  policy,
}: Schemas["Foundation"]["segments"][number]): Segment {
  return {
    ...{ fromEpoch: Number(fromEpoch), toEpoch: toEpoch === null ? undefined : Number(toEpoch), state },
    ...{ budget: BigInt(budget), policyHash: policyHash as Hex },
    policy: policy === null ? undefined : JSON.stringify(policy),
  };
}

function requestRow(told: Schemas["Requests"]["requests"][number]): RequestRow {
  return {
    ...{ id: told.id as Hex, requester: getAddress(told.requester), state: told.state },
    ...{ createdAt: big(told.createdAt), maxFee: BigInt(told.maxFee), price: big(told.price) },
    ...{
      prover: told.prover === null ? undefined : getAddress(told.prover),
      deadline: BigInt(told.deadline),
    },
    bids: told.bids.length,
  };
}

function claimOf(told: Schemas["Proof"], prover: Address): Claim {
  return {
    ...{
      prover,
      epoch: told.epoch,
      status: told.status,
      attestations: told.attestations,
      quorum: told.quorum,
    },
    ...{ root: told.root as Hex, claimableFrom: BigInt(told.claimableFrom) },
    ...{ cumulative: BigInt(told.cumulative), cumulativeCommission: BigInt(told.cumulativeCommission) },
    ...{ claimed: BigInt(told.claimed), claimable: BigInt(told.claimable) },
    merkleProof: told.merkleProof as Hex[],
  };
}

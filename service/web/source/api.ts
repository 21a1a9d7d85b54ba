// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress, type Hex } from "viem";
import type { Epoch, Epochs, Prover, Status } from "../../client/client.d.mts";
import { type ApiClient, ApiRefusal, take } from "./api-client.ts";
import type {
  Claim,
  EpochDetail,
  EpochRow,
  Foundation,
  Point,
  ProverDetail,
  ProverRow,
  Source,
} from "./types.ts";

const PAGE = 50;
/** More epochs than this nobody scrolls through. */
const MAX_EPOCHS = 400;

/** What `provender serve` answers. */
export function apiSource({ http, base }: ApiClient): Source {
  const epochRows = async (): Promise<readonly EpochRow[]> => {
    const rows: EpochRow[] = [];
    let before: number | undefined;
    do {
      const query = { limit: PAGE, ...(before !== undefined && { before }) };
      const { epochs, next } = take(await http.GET("/v1/epochs", { params: { query } }));
      rows.push(...epochs.map(epochRow));
      before = next ?? undefined;
    } while (before !== undefined && rows.length < MAX_EPOCHS);
    return rows;
  };
  const status = async () => take(await http.GET("/status"));

  return {
    kind: "api",
    head: async () => pointOf((await status()).head),
    async provers(onPage, signal) {
      const rows: ProverRow[] = [];
      let at: Point | undefined;
      let after: string | undefined;
      do {
        const query = { limit: PAGE, epochs: 1, ...(after !== undefined && { after }) };
        const page = take(await http.GET("/v1/provers", { params: { query }, signal }));
        at ??= pointOf(page.synced);
        rows.push(...page.provers.map(proverRow));
        after = page.next ?? undefined;
        if (after !== undefined) onPage([...rows], at);
      } while (after !== undefined);
      return { at, value: rows };
    },
    async prover(address) {
      const found = await orNothing(
        http.GET("/v1/provers/{address}", { params: { path: { address }, query: { epochs: 52 } } }),
      );
      if (found === undefined) return undefined;
      return { at: pointOf(found.synced), value: proverDetail(found) };
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
      const told = await status();
      return { at: pointOf(told.head), value: foundationOf(told) };
    },
    async claim(prover, root) {
      const options = { params: { path: { address: prover }, query: { root } } };
      const found = await orNothing(http.GET("/v1/provers/{address}/proof", options));
      return found && { ...claimOf(found), prover };
    },
    artifactUrl: (epoch) => `${base.replace(/\/$/, "")}/v1/epochs/${epoch}/artifact`,
  };
}

const ABSENT = ["unknown-prover", "unknown-epoch", "no-root"];

async function orNothing<T>(answer: Promise<Parameters<typeof take<T>>[0]>): Promise<T | undefined> {
  try {
    return take(await answer);
  } catch (error) {
    if (error instanceof ApiRefusal && ABSENT.includes(error.code)) return undefined;
    throw error;
  }
}

function pointOf({ number, timestamp }: { number: string; timestamp: string }): Point {
  return { block: BigInt(number), time: BigInt(timestamp), source: "api" };
}

function proverRow(told: Omit<Prover, "synced">): ProverRow {
  const { prover, vault, state, stake, collateral, commissionBps, registeredAt } = told;
  const { fulfilments, misses, onTimeBps } = told;
  return {
    ...{ prover: getAddress(prover), vault: getAddress(vault), state, stake: BigInt(stake) },
    ...{ locked: BigInt(collateral.locked), free: BigInt(collateral.free), commission: commissionBps },
    ...{ fulfilments, misses, onTimeBps, registeredAt: BigInt(registeredAt) },
  };
}

function proverDetail(told: Prover): ProverDetail {
  const epochs = told.epochs.map(({ work, fees, protocolFees, stake, ...rest }) => ({
    ...rest,
    ...{ work: BigInt(work), fees: BigInt(fees), protocolFees: BigInt(protocolFees), stake: BigInt(stake) },
  }));
  return { ...proverRow(told), epochs };
}

function epochRow(told: Epochs["epochs"][number]): EpochRow {
  return {
    epoch: told.epoch,
    ...{ start: BigInt(told.window.start), end: BigInt(told.window.end), status: told.status },
    postNumber: BigInt(told.postNumber),
    ...{ root: told.root as Hex, cumulativeTotal: BigInt(told.cumulativeTotal) },
    datasetHash: told.datasetHash as Hex,
    snapshot: { block: BigInt(told.snapshot.number), hash: told.snapshot.hash as Hex },
    ...{ claimableAt: BigInt(told.claimableAt), quorum: told.quorum },
  };
}

function epochDetail(told: Epoch): EpochDetail {
  const { result, attestations } = told;
  return {
    ...epochRow(told),
    attestations: attestations ?? undefined,
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

function foundationOf(told: Status): Foundation {
  const { currentEpoch, nextEpoch, runway } = told;
  const amounts = {
    ...{ budget: BigInt(told.budget), carry: BigInt(told.carry), funds: BigInt(told.funds) },
    ...{ promised: BigInt(told.promised), surplus: BigInt(told.surplus) },
    ...{ shortfall: BigInt(told.shortfall), totalClaimed: BigInt(told.totalClaimed) },
  };
  const due = told.due.map(({ kind, epoch, until, missing }) => ({
    ...{ kind, epoch, until: until === null ? undefined : BigInt(until), missing: missing ?? undefined },
  }));
  return { currentEpoch, nextEpoch, runway, due, ...amounts, quorum: told.latest?.quorum };
}

function claimOf(
  told: {
    readonly [Name in
      | "root"
      | "claimableFrom"
      | "cumulative"
      | "cumulativeCommission"
      | "claimed"
      | "claimable"]: string;
  } & {
    epoch: number;
    status: "pending" | "active";
    attestations: number;
    quorum: number;
    merkleProof: string[];
  },
): Omit<Claim, "prover"> {
  return {
    ...{ epoch: told.epoch, status: told.status, attestations: told.attestations, quorum: told.quorum },
    ...{ root: told.root as Hex, claimableFrom: BigInt(told.claimableFrom) },
    ...{ cumulative: BigInt(told.cumulative), cumulativeCommission: BigInt(told.cumulativeCommission) },
    ...{ claimed: BigInt(told.claimed), claimable: BigInt(told.claimable) },
    merkleProof: told.merkleProof as Hex[],
  };
}

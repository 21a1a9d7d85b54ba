// SPDX-License-Identifier: AGPL-3.0-only
import type { Difference } from "./compare.ts";
import { boundsOf, type Deployment } from "./deployment.ts";
import { type Fulfilled, stakeOver } from "./derive.ts";
import type { Facts, ProverFacts } from "./facts.ts";
import { standingPost } from "./inputs.ts";
import type { JsonValue } from "./json.ts";
import type { LogLists } from "./log-lists.ts";
import type { LogPosition } from "./logged.ts";
import { segmentOf } from "./segments.ts";

/** The log behind a difference, and in which way it explains it, if it does. */
export interface Cause {
  readonly at: LogPosition;
  /** Reads on after "as if this log …". */
  readonly how?: string;
}

interface Place {
  readonly deployment: Deployment;
  readonly facts: Facts;
  readonly epoch: number;
}

interface ListedPlace extends Place {
  readonly lists: LogLists;
}

/** What differs in one prover's row comes from one of its logs. */
export function causeOfRow(place: ListedPlace, difference: Difference): Cause | undefined {
  const prover = place.facts.provers.get(difference.prover);
  if (prover === undefined) return undefined;
  const { field } = difference;
  if (field === "row" || field === "vault") return { at: prover.at };
  if (field === "stake") return causeOfStake(place, prover, difference);
  if (field === "commissionBps") return causeOfRate(place, prover, difference);
  if (field === "misses") return causeOfMisses(place, prover);
  if (isSummed(field)) return causeOfSum(place, prover, field, difference);
  if (field.startsWith("cumulative")) return causeOfField(place, "previousRoot");
  return causeOfField(place, "policy");
}

/** What differs in an epoch's own fields. */
export function causeOfField({ facts, epoch }: Place, path: string): Cause | undefined {
  const [field] = path.split(".");
  switch (field) {
    case "budget":
    case "policy":
    case "policyHash":
      return { at: segmentOf(facts, epoch).at };
    case "carryIn":
    case "claimedAt":
    case "previousRoot":
    case "previousTotal":
      return found(standingPost(facts, epoch - 1)?.at);
    case "fulfilments":
      return found(facts.work.get(epoch)?.last);
    default:
      return found(standingPost(facts, epoch)?.at);
  }
}

/** What each fulfilment adds to a sum, and what it would add if a rule were forgotten. */
const SUMMED = {
  work: { adds: (log: Fulfilled) => log.countedWeight, careless: (log: Fulfilled) => log.weight },
  fulfilments: { adds: () => 1n, careless: () => 1n },
  fees: { adds: (log: Fulfilled) => log.fee, careless: (log: Fulfilled) => log.fee },
  protocolFees: {
    adds: (log: Fulfilled) => (log.countedWeight > 0n ? log.protocolFee : 0n),
    careless: (log: Fulfilled) => log.protocolFee,
  },
};

function isSummed(field: string): field is keyof typeof SUMMED {
  return Object.hasOwn(SUMMED, field);
}

function causeOfSum(
  { lists, epoch }: ListedPlace,
  { prover }: ProverFacts,
  field: keyof typeof SUMMED,
  { published, recomputed }: Difference,
): Cause | undefined {
  const { adds, careless } = SUMMED[field];
  const own = (of: number) => (lists.fulfilments.get(of) ?? []).filter((log) => log.prover === prover);
  const logs = own(epoch);
  const missing = amountOf(recomputed) - amountOf(published);
  const leftOut = logs.find((log) => adds(log) === missing);
  if (leftOut !== undefined) return { at: leftOut.at, how: "were left out" };
  const repeated = logs.find((log) => careless(log) - adds(log) === -missing);
  if (repeated !== undefined) {
    return { at: repeated.at, how: "counted in full, although its statement had counted before" };
  }
  for (const other of [epoch - 1, epoch + 1]) {
    const foreign = own(other).find((log) => adds(log) === -missing);
    if (foreign !== undefined) return { at: foreign.at, how: `of epoch ${other} were of this one` };
  }
  const twice = logs.find((log) => adds(log) === -missing);
  if (twice !== undefined) return { at: twice.at, how: "counted twice" };
  return found(logs[0]?.at);
}

function causeOfStake(
  { deployment, epoch, lists }: ListedPlace,
  { prover }: ProverFacts,
  { published }: Difference,
): Cause | undefined {
  const { start, end } = boundsOf(deployment, epoch);
  const seen = (lists.assets.get(prover) ?? []).filter(({ timestamp }) => timestamp < end);
  const leftOut = seen.find((_, i) => stakeOver(seen.toSpliced(i, 1), start, end) === amountOf(published));
  if (leftOut !== undefined) return { at: leftOut.at, how: "were left out" };
  return found(seen.at(-1)?.at);
}

function causeOfRate(
  { deployment, epoch }: Place,
  { rates, registeredAt }: ProverFacts,
  { published }: Difference,
): Cause | undefined {
  const { start } = boundsOf(deployment, epoch);
  const time = registeredAt > start ? registeredAt : start;
  const other = rates.findLast(({ bps }) => bps === amountOf(published));
  if (other !== undefined) return { at: other.at, how: `were in force at ${time}` };
  return found(rates.findLast(({ announcedAt }) => announcedAt <= time)?.at);
}

function causeOfMisses(
  { deployment, lists, epoch }: ListedPlace,
  { prover }: ProverFacts,
): Cause | undefined {
  const { start, end } = boundsOf(deployment, epoch);
  const logged = [...lists.misses.values()].flat();
  return found(
    logged.find((miss) => miss.prover === prover && miss.timestamp >= start && miss.timestamp < end)?.at,
  );
}

function found(at: LogPosition | undefined): Cause | undefined {
  return at && { at };
}

/** Whatever is no amount differs from every amount. */
function amountOf(value: JsonValue): bigint {
  return /^\d+$/.test(String(value)) ? BigInt(String(value)) : -1n;
}

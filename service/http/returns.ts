// SPDX-License-Identifier: AGPL-3.0-only
import { ONE_SHARE } from "../core/share-price.ts";
import type { Deployment, Position } from "../store/deployment.ts";
import { epochOf } from "../store/epochs.ts";
import type { readIncomes } from "../store/provers.ts";
import { netPpm, type ProverDirectory, WINDOWS, type WindowName } from "./directory.ts";

type Incomes = NonNullable<ReturnType<Awaited<ReturnType<typeof readIncomes>>["get"]>>;

interface Return {
  readonly from: string;
  readonly to: string;
  readonly epochs: number;
  readonly priceFrom: string;
  readonly priceTo: string;
  readonly netPpm: number;
  readonly annualPpm: number | null;
  readonly fees: string;
  readonly rewards: string;
  readonly other: string;
  readonly slashed: string;
}

export type Returns = Record<WindowName | "all", Return | null>;

const YEAR = 365n * 86_400n;
/** Fewer whole epochs say nothing of a year. */
const LEAST_EPOCHS = 4;

interface Of {
  readonly id: number;
  readonly registeredAt: bigint;
  /** What 10^18 shares are worth at the position. */
  readonly sharePrice: bigint | undefined;
}

/** The net return to a vault's stakers over each window, and since its prover registered. */
export async function returnsOf(
  {
    directory,
    deployment,
    position,
  }: { directory: ProverDirectory; deployment: Deployment; position: Position },
  prover: Of,
  incomes: Incomes,
): Promise<Returns> {
  const over = async (window: WindowName) => {
    const anchor = await directory.anchor(window, position);
    const priceFrom = anchor?.prices.get(prover.id);
    if (anchor === undefined || priceFrom === undefined || prover.registeredAt > anchor.from) return null;
    return returnOver({ from: anchor.from, epoch: anchor.epoch, priceFrom });
  };
  const [days7, days30, days90] = await Promise.all(
    (Object.keys(WINDOWS) as WindowName[]).map((window) => over(window)),
  );
  const all = returnOver({
    from: prover.registeredAt,
    epoch: Number.NEGATIVE_INFINITY,
    priceFrom: ONE_SHARE,
  });
  return { days7: days7 ?? null, days30: days30 ?? null, days90: days90 ?? null, all };

  /** From the end of `epoch` on. */
  function returnOver({
    from,
    epoch,
    priceFrom,
  }: {
    from: bigint;
    epoch: number;
    priceFrom: bigint;
  }): Return | null {
    const { sharePrice: priceTo } = prover;
    if (priceTo === undefined) return null;
    const { time: to } = position;
    const whole = Math.max(0, epochOf(deployment, to) - firstWhole(from));
    const net = netPpm(priceFrom, priceTo);
    const within = incomes.filter((income) => income.epoch > epoch);
    const sum = (field: "fees" | "rewards" | "other" | "slashed") =>
      String(within.reduce((total, income) => total + income[field], 0n));
    return {
      from: String(from),
      to: String(to),
      epochs: whole,
      priceFrom: String(priceFrom),
      priceTo: String(priceTo),
      netPpm: Number(net),
      annualPpm: whole < LEAST_EPOCHS ? null : Number((net * YEAR) / (to - from)),
      ...{ fees: sum("fees"), rewards: sum("rewards"), other: sum("other"), slashed: sum("slashed") },
    };
  }

  function firstWhole(from: bigint): number {
    const { clockStart, epochLength } = deployment;
    return from <= clockStart ? 0 : Number((from - clockStart + epochLength - 1n) / epochLength);
  }
}

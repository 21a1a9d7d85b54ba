// SPDX-License-Identifier: AGPL-3.0-only

/**
 * One figure of ours, alone or beside the same of a peer. The ratio is how many times better ours is; `bar` says what
 * has to be reached, and `met` whether it was.
 */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly peer?: string;
  readonly peerValue?: number;
  readonly ratio?: number;
  readonly bar?: string;
  readonly met?: boolean;
}

export interface Options {
  /** The largest sizes, with the slowest peers. */
  readonly full: boolean;
  /** How many there are of what a topic grows with; its own sizes, if not given. */
  readonly size: number | undefined;
  /** How often each is measured. */
  readonly runs: number;
  /** Without the peers. */
  readonly oursOnly?: boolean;
  readonly note: (line: string) => void;
}

/** Of an even number the upper of both in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/**
 * The median of each number that each contestant measures. They take turns, so that whatever else the machine does meets
 * all of them alike.
 */
export async function medians<Name extends string, Run extends { readonly [Key in keyof Run]: number }>(
  { runs, note }: Pick<Options, "runs" | "note">,
  what: string,
  contestants: Readonly<Record<Name, () => Promise<Run>>>,
): Promise<Record<Name, Run>> {
  const done = new Map(Object.keys(contestants).map((name) => [name as Name, [] as Run[]]));
  for (let round = 1; round <= runs; round++) {
    for (const [name, measured] of done) {
      note(`${what}, ${name}, run ${round} of ${runs}`);
      measured.push(await contestants[name]());
    }
  }
  return Object.fromEntries(
    Array.from(done, ([name, measured]) => {
      const keys = Object.keys(measured[0] ?? {}) as (keyof Run)[];
      return [name, Object.fromEntries(keys.map((key) => [key, median(measured.map((run) => run[key]))]))];
    }),
  ) as Record<Name, Run>;
}

interface Measured extends Omit<Figure, "ratio" | "bar" | "met"> {
  /** Of seconds and bytes less is better, of requests and records a second more. */
  readonly better?: "less" | "more";
  /** What has to be reached: of a figure beside a peer's, how many times better it is. */
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
}

/**
 * With its ratio to the peer's, above 1 where ours is better, and whether the bar is met by that, or by itself
 * without a peer.
 */
export function figure({ better, atLeast, atMost, ...measured }: Measured): Figure {
  const { value, peerValue } = measured;
  const ratio = peerValue && (better === "more" ? value / peerValue : peerValue / value);
  const compared = { ...measured, ...(ratio !== undefined && { ratio }) };
  if (atMost !== undefined) return { ...compared, bar: `≤ ${atMost}`, met: value <= atMost };
  if (atLeast === undefined) return compared;
  const times = ratio === undefined ? "" : " ×";
  return { ...compared, bar: `≥ ${atLeast}${times}`, met: (ratio ?? value) >= atLeast };
}

/** As it is printed. What a figure has not is null; three digits tell what a measurement can. */
export function printed({ name, value, unit, peer, peerValue, ratio }: Figure) {
  const beside = { peer: peer ?? null, peerValue: short(peerValue), ratio: short(ratio) };
  return { name, value: short(value), unit, ...beside };
}

function short(value: number | undefined): number | null {
  if (value === undefined) return null;
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

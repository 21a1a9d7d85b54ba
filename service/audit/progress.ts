// SPDX-License-Identifier: AGPL-3.0-only

/** How far an audit has come, in the order in which it goes. */
export type Progress = {
  /** How much of the whole is done, from 0 to 1, never less than before: a time left follows from it. */
  readonly done: number;
} & Phase;

type Phase =
  | {
      /** The deployment, its posts, and the newest blocks are known. */
      readonly phase: "looked";
      readonly head: bigint;
      readonly final: bigint;
    }
  | {
      /** Logs are read, up to the final block. */
      readonly phase: "logs";
      readonly blocks: number;
      /** Blocks in all. */
      readonly of: number;
      readonly logs: number;
    }
  | {
      /** What the contracts hold is read. */
      readonly phase: "state";
    }
  | {
      /** An epoch was judged. */
      readonly phase: "epoch";
      readonly epoch: number;
      readonly from: number;
      readonly to: number;
    };

/** What is done of the whole at the start of a phase, as a 1,000-prover epoch on a 2-core machine took. */
const SHARES = { looked: 0.02, logs: 0.02, state: 0.6, epoch: 0.7, end: 1 } as const;

/** Gives each phase its share of the whole. */
export function progressOf(onProgress: ((progress: Progress) => void) | undefined): (phase: Phase) => void {
  let done = 0;
  return (phase) => {
    done = Math.max(done, shareOf(phase));
    onProgress?.({ ...phase, done });
  };
}

function shareOf(phase: Phase): number {
  switch (phase.phase) {
    case "looked":
      return SHARES.looked;
    case "logs":
      return between(SHARES.logs, SHARES.state, phase.of === 0 ? 1 : phase.blocks / phase.of);
    case "state":
      return SHARES.state;
    case "epoch":
      return between(SHARES.epoch, SHARES.end, (phase.epoch - phase.from + 1) / (phase.to - phase.from + 1));
  }
}

function between(from: number, to: number, part: number): number {
  return from + (to - from) * Math.min(part, 1);
}

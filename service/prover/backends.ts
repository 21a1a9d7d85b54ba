// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "../core/types.ts";

/** What is to be proven, under which key, where its input is, and by when. */
export interface Job {
  readonly chainId: bigint;
  /** The request's id. */
  readonly id: Hex;
  readonly verifierKeyHash: Hex;
  readonly programKey: Hex;
  readonly publicValuesDigest: Hex;
  readonly inputUri: string;
}

/** A question about a job: whoever asked stops listening when the signal fires. */
export interface Asked {
  /** In the chain's seconds: an answer after that is of no use. */
  readonly deadline: bigint;
  readonly signal: AbortSignal;
}

export interface Backend {
  /**
   * Whether it can prove the job: `undefined` if it is none of its own, a zk proof if it has one already.
   * @throws UnprovableError if nobody should bid for it; any other error may pass.
   */
  readonly check: (job: Job, asked: Asked) => Promise<true | Hex | undefined>;
  /** Makes the zk proof, which may take long; undefined if the job is none of its own. */
  readonly prove: (job: Job, asked: Asked) => Promise<Hex | undefined>;
}

/** The job cannot be proven, now or ever: nobody should bid for it. */
export class UnprovableError extends Error {
  override readonly name = "UnprovableError";
}

/** The answer of the first backend that has one. */
export function together(backends: readonly Backend[]): Backend {
  const first = async <T>(ask: (backend: Backend) => Promise<T | undefined>): Promise<T | undefined> => {
    for (const backend of backends) {
      const answer = await ask(backend);
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
  return {
    check: (job, asked) => first((backend) => backend.check(job, asked)),
    prove: (job, asked) => first((backend) => backend.prove(job, asked)),
  };
}

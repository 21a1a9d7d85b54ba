// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "../../service/core/types.ts";

/** What is to be proven, under which key, and where its input is. */
export interface Job {
  readonly verifierKeyHash: Hex;
  readonly programKey: Hex;
  readonly publicValuesDigest: Hex;
  readonly inputUri: string;
}

/** Makes the zk proof, which may take long. */
export type Prove = () => Promise<Hex>;

export interface Backend {
  /** How to prove the job; undefined if it is none of ours. Throws if the input is not what the statement says. */
  readonly prepare: (job: Job) => Promise<Prove | undefined>;
}

/** The job cannot be proven, now or ever: nobody should bid for it. */
export class UnprovableError extends Error {
  override readonly name = "UnprovableError";
}

/** The first backend that can prove the job says how. */
export async function prepareWith(backends: readonly Backend[], job: Job): Promise<Prove | undefined> {
  for (const backend of backends) {
    const prove = await backend.prepare(job);
    if (prove !== undefined) return prove;
  }
  return undefined;
}

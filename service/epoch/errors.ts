// SPDX-License-Identifier: AGPL-3.0-only

export type JobCode =
  /** Waiting alone may help. */
  | "not-ready"
  /** A condition of the contract does not hold. */
  | "refused"
  /** The chain holds something else than what was computed. */
  | "conflict"
  /** A person must decide. */
  | "vetoed"
  /** Nobody can run the policy that governs the epoch. */
  | "unrunnable";

/** Why an epoch is not computed, posted or paid, and what to do. */
export class JobError extends Error {
  override readonly name = "JobError";
  readonly code: JobCode;
  readonly hint: string;

  constructor(code: JobCode, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** A root stands whose leaves nobody here knows, so that nothing can be computed on top of it. */
export class WithheldLeavesError extends JobError {}

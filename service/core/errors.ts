// SPDX-License-Identifier: AGPL-3.0-only

export type InputCode =
  | "invalid"
  | "out-of-range"
  | "duplicate"
  | "missing"
  | "unknown-key"
  | "unknown-prover"
  | "mismatch"
  | "decreasing"
  | "not-canonical";

/** The caller's mistake: names the field, what is wrong with it, and what would be right. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly code: InputCode;
  readonly field: string;
  readonly hint: string;

  constructor(code: InputCode, field: string, message: string, hint: string) {
    super(`${field}: ${message}`);
    this.code = code;
    this.field = field;
    this.hint = hint;
  }
}

/** Our mistake: a result of this module broke a promise that holds for every input. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** @throws InvariantError if `holds` is false: a fault of ours, whatever the input. */
export function invariant(holds: boolean, promise: string): asserts holds {
  if (!holds) throw new InvariantError(`broken promise: ${promise}`);
}

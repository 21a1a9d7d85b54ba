// SPDX-License-Identifier: AGPL-3.0-only
import { AuditError } from "../audit/errors.ts";
import { asChainError, type ChainCode, ChainError } from "../chain/errors.ts";
import { InputError } from "../core/errors.ts";
import { JobError } from "../epoch/errors.ts";
import { InconsistentLogs } from "../store/inconsistent.ts";
import { StoreError } from "../store/store.ts";
import { EXIT } from "./exit.ts";
import { oneLine } from "./printable.ts";

/** The caller's mistake: a flag, a variable or a field of the configuration file. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

const CHAIN_EXITS: Record<ChainCode, number> = {
  unreachable: EXIT.unreachable,
  pruned: EXIT.unreachable,
  "not-ready": EXIT.notReady,
  "wrong-chain": EXIT.usage,
  "no-code": EXIT.usage,
  "not-a-distributor": EXIT.usage,
  "unknown-epoch": EXIT.usage,
  "no-signer": EXIT.usage,
  inconsistent: EXIT.failed,
  replaced: EXIT.failed,
  refused: EXIT.failed,
};

export interface Failure {
  readonly exitCode: number;
  readonly message: string;
  readonly hint: string | undefined;
}

/** One line for people, and the exit code for scripts. */
export function describe(thrown: unknown): Failure {
  const error = asChainError(thrown);
  if (error instanceof ChainError) return failure(CHAIN_EXITS[error.code], error);
  if (error instanceof UsageError || error instanceof AuditError) return failure(EXIT.usage, error);
  if (error instanceof JobError)
    return failure(error.code === "not-ready" ? EXIT.notReady : EXIT.failed, error);
  const known = [StoreError, InputError, InconsistentLogs];
  if (known.some((kind) => error instanceof kind)) return failure(EXIT.failed, error as StoreError);
  const message = error instanceof Error ? error.message : String(error);
  return {
    exitCode: EXIT.failed,
    message: `unexpected: ${oneLine(message)}`,
    hint: "run it again with PROVENDER_DEBUG=1 for the stack",
  };
}

function failure(exitCode: number, { message, hint }: { message: string; hint: string }): Failure {
  return { exitCode, message: oneLine(message), hint: oneLine(hint) };
}

// SPDX-License-Identifier: AGPL-3.0-only
import {
  BaseError,
  ContractFunctionRevertedError,
  ContractFunctionZeroDataError,
  type Hex,
  hexToString,
  RpcError,
  RpcRequestError,
} from "viem";

export type ChainCode =
  | "unreachable"
  | "wrong-chain"
  | "no-code"
  | "not-a-distributor"
  /** Asked for something that the chain is not ready for: an epoch that runs, a block that is not final. */
  | "not-ready"
  | "unknown-epoch"
  /** The endpoint no longer has the state of a block. */
  | "pruned"
  /** Logs and state contradict each other: the endpoint leaves out, adds, alters or reorders logs. */
  | "inconsistent"
  | "no-signer"
  /** The nonce of our transaction went to another one. */
  | "replaced"
  | "refused";

/** What went wrong between us and the chain, and what to do about it. */
export class ChainError extends Error {
  override readonly name = "ChainError";
  readonly code: ChainCode;
  readonly hint: string;
  /** Of what is unreachable: whether less of it may not be. */
  readonly isTooMuch: boolean;

  constructor(
    code: ChainCode,
    message: string,
    hint: string,
    { isTooMuch = false, ...options }: ErrorOptions & { readonly isTooMuch?: boolean } = {},
  ) {
    super(message, options);
    this.code = code;
    this.hint = hint;
    this.isTooMuch = isTooMuch;
  }
}

/** What one endpoint says in one place contradicts what it, or another, says elsewhere. */
export function inconsistent(message: string, options?: ErrorOptions): ChainError {
  const hint = "the endpoint's logs contradict its state: use another endpoint";
  return new ChainError("inconsistent", message, hint, options);
}

/** Turns viem's errors into ours; anything else is returned as it is. */
export function asChainError(error: unknown): unknown {
  if (!(error instanceof BaseError)) return error;
  const own = error.walk((cause) => cause instanceof ChainError);
  if (own instanceof ChainError) return own;
  const revert = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  if (revert instanceof ContractFunctionRevertedError) {
    return new ChainError("refused", `the contract refused: ${revertName(revert)}`, "nothing was sent", {
      cause: error,
    });
  }
  if (error.walk((cause) => cause instanceof ContractFunctionZeroDataError) !== null) {
    const { contractAddress } = error as { readonly contractAddress?: string };
    return new ChainError(
      "no-code",
      `there is no such contract at ${contractAddress ?? "the address"}: ${firstLine(error.shortMessage)}`,
      "check the address, and that the RPC endpoint serves its chain",
      { cause: error },
    );
  }
  const refusal = error.walk((cause) => cause instanceof RpcRequestError);
  // Of endpoints of ours no more than the host is kept there, and of others nothing is shown.
  const host = refusal instanceof RpcRequestError && !refusal.url.includes("/") ? ` ${refusal.url}` : "";
  return new ChainError(
    "refused",
    `the RPC endpoint${host} refused: ${firstLine(error.details || error.shortMessage)}`,
    "another endpoint may accept it",
    { cause: error },
  );
}

/** Whether an endpoint gave no answer at all. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof ChainError) return error.code === "unreachable";
  if (!(error instanceof BaseError)) return false;
  return error.walk((cause) => cause instanceof ChainError && cause.code === "unreachable") !== null;
}

/** Whether the endpoint no longer has the state that was asked for. */
export function isPruned(error: unknown): boolean {
  if (error instanceof ChainError) return error.code === "pruned";
  if (!(error instanceof BaseError)) return false;
  return error.walk((cause) => cause instanceof ChainError && cause.code === "pruned") !== null;
}

/** Whether the endpoint would do less of what was asked. */
export function isTooMuch(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false;
  return error.walk((cause) => cause instanceof ChainError && cause.isTooMuch) !== null;
}

/** Whether the endpoint did what was asked: the call reverted, or what it returned is not what the function returns. */
export function isAnswered(error: unknown): boolean {
  if (!(error instanceof BaseError) || isUnreachable(error)) return false;
  const refused = error.walk(isRefusal) !== null;
  return !refused || error.walk((cause) => cause instanceof ContractFunctionRevertedError) !== null;
}

function isRefusal(cause: unknown): boolean {
  return cause instanceof RpcError || cause instanceof RpcRequestError;
}

function revertName(revert: ContractFunctionRevertedError): string {
  const { data, reason, signature } = revert;
  if (data === undefined) return reason ?? signature ?? "no reason given";
  const args = (data.args ?? []).map(readable).join(", ");
  return `${data.errorName}(${args})`;
}

/** The contracts name parameters by a word that holds their name's letters. */
function readable(value: unknown): string {
  const text = String(value);
  const isName = text.length === 66 && /^0x(?:[2-7][0-9a-f])+(?:00)+$/.test(text);
  return isName ? hexToString(text as Hex, { size: 32 }) : text;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}

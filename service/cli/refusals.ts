// SPDX-License-Identifier: AGPL-3.0-only
import { BaseError, ContractFunctionRevertedError, decodeErrorResult, type Hex, parseAbi } from "viem";
import { iProofMarketAbi, iProverRegistryAbi, iProverVaultAbi } from "../chain/abi.ts";
import { ChainError } from "../chain/errors.ts";

/** What to do about a contract's refusal, by the name of its error. */
const ADVICE: Readonly<Record<string, string>> = {
  AlreadyRegistered: "it is registered: add stake with `provender prover top-up`",
  CapExceeded: "the vault takes no more: deposit less, or elsewhere",
  CommissionTooHigh: "the registry has a highest commission: ask for less",
  ExceedsClaimable: "nothing is due yet: `provender exits` says when",
  FewerShares: "a reward arrived meanwhile: run it again",
  InsufficientCollateral:
    "free collateral does not cover it: top the stake up, or wait until open requests end",
  InsufficientSelfStake: "its own stake is below the minimum: give more",
  InvalidParameter: "the contract bounds this value: see what it says of it in contracts/interfaces",
  NothingToWithdraw: "there is no credit: nothing was refunded since the last one was paid",
  OpenLocks: "its stake is locked for open requests: wait until they have ended",
  Paused: "the guardian has paused this: try again when the pause is over",
  PermitRefused: "the token did not take the permit: run it again with --no-permit",
  ProverNotActive: "the prover is not active: `provender prover status` says why",
  ProverNotInactive: "it is not inactive: there is nothing to activate",
  ProverUnknown: "no such prover is registered: `provender provers` lists them",
  RequestHasCommits: "a prover has bid for it: it ends by itself, and is refunded if nobody proves it",
  RequestNotOpen: "it has ended: `provender requests` says how",
  SelfStakeLocked: "a prover keeps its minimum while it is active: `provender prover deactivate` first",
  SharePriceBroken: "the vault takes no deposits at its present price of a share",
  Unauthorized: "this account may not do that: sign with the one that may",
  ZeroAmount: "it comes to nothing: give more",
};

/** Tokens name their refusals in texts, or as OpenZeppelin does. */
const TOKEN_ERRORS = parseAbi([
  "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
  "error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
]);
const ERRORS = [
  ...[...iProverRegistryAbi, ...iProofMarketAbi, ...iProverVaultAbi].filter(({ type }) => type === "error"),
  ...TOKEN_ERRORS,
];

/**
 * A refusal by its name, whichever contract it comes from, with what to do about it and which transactions were sent
 * before; any other error as it is.
 */
export function withAdvice(error: unknown, sent: readonly Hex[] = []): unknown {
  const name = refusalName(error);
  const advice = name === undefined ? undefined : ADVICE[name];
  if (name === undefined || advice === undefined) return error;
  const done = sent.length === 0 ? "nothing was sent" : `sent before it, and mined: ${sent.join(", ")}`;
  return new ChainError("refused", `the contract refused: ${name}`, `${advice}; ${done}`, {
    cause: error,
  });
}

/** What a contract refused with, whichever it is: its error's name. Undefined for any other error. */
export function refusalName(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!(cause instanceof BaseError)) continue;
    const revert = cause.walk((each) => each instanceof ContractFunctionRevertedError);
    if (!(revert instanceof ContractFunctionRevertedError)) return undefined;
    return revert.data?.errorName ?? decoded(revert.raw);
  }
  return undefined;
}

function decoded(raw: Hex | undefined): string | undefined {
  try {
    return raw && decodeErrorResult({ abi: ERRORS, data: raw }).errorName;
  } catch {
    return undefined;
  }
}

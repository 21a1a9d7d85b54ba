// SPDX-License-Identifier: AGPL-3.0-only
import { BaseError, type ContractFunctionRevertedError } from "viem";
import { NoAnswerError } from "../network.ts";
import { SettingsError } from "../settings.ts";
import { ApiRefusal, isUnreached } from "../source/api-client.ts";

export interface Explanation {
  /** The contract's own name of it, if it has one. */
  readonly name?: string;
  readonly message: string;
  readonly hint?: string;
}

/** What each refusal of a contract means to who sees it here, and what to do. */
const REFUSALS: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  AsynchronousExit: ["An exit takes two steps.", "Request it, and take it out when it is due."],
  CapExceeded: ["The vault is full.", "Give less, or choose another prover."],
  ExceedsClaimable: [
    "More is asked for than is due.",
    "Wait until the exit's date, or take out what is due now.",
  ],
  ProverNotActive: ["This prover takes no deposits now: it left, or is jailed.", "Choose another prover."],
  Paused: [
    "The guardian has paused this.",
    "Nothing is lost: exits that are due, and claims, go on. Try again when the pause is over.",
  ],
  Reentered: ["The call came from within another one.", "Try again by itself."],
  SelfStakeLocked: [
    "The prover's own stake would fall below the least that it needs.",
    "Leave more in the vault, or deactivate first.",
  ],
  SharePriceBroken: [
    "A share of this vault is worth next to nothing, or far too much.",
    "Choose another prover.",
  ],
  TokenNotPlain: [
    "The token moved another amount than asked for.",
    "It takes a fee or rebases, and cannot be staked.",
  ],
  Unauthorized: ["This account may not do that.", "Switch to the account that may."],
  ZeroAddress: ["The receiver is missing.", "Give an address."],
  ZeroAmount: ["It comes to nothing.", "Give more."],
  FewerShares: [
    "The share price rose: it would be fewer shares than shown.",
    "Look at the new price, and try again.",
  ],
  PermitRefused: [
    "The token did not take the signature.",
    "Sign again: it may have expired, or another one came first.",
  ],
  VaultUnknown: ["The address is no vault of this registry.", "Open the prover from the list."],
  InvalidMerkleProof: [
    "The Merkle proof does not lead to the active root.",
    "A newer root may have come: load the page again.",
  ],
  NoActiveRoot: ["No root is active yet.", "Claims begin when the first one is."],
  TotalExceeded: [
    "More would be paid than the root holds.",
    "Load the page again; if it stays, the source of the proof is wrong.",
  ],
  CumulativeDecreased: ["More was claimed already than this proof is for.", "Load the page again."],
  ExcessiveCommission: [
    "The commission in this proof is above the highest that there can be.",
    "The source of the proof is wrong.",
  ],
  ProverUnknown: ["Nobody has registered with this address.", "Check the address."],
  InsufficientFunds: ["The distributor does not hold enough.", "The foundation has to fund it."],
  AlreadyAttested: ["This auditor has attested the root already.", "There is nothing left to do."],
  AlreadyVetoed: ["The root is vetoed already.", "There is nothing left to do."],
  NotAuditor: [
    "This account is no listed auditor, or was listed after the root was posted.",
    "Switch to the auditor's account.",
  ],
  PostMismatch: ["Another root was posted meanwhile.", "Load the page again, and audit the new one."],
  PostIsActive: ["The root is active already: it stands.", "Nothing can be vetoed or attested any more."],
  PostIsVetoed: ["The root is vetoed.", "Wait for the next post."],
  ERC20InsufficientAllowance: [
    "The vault is not allowed to take that much.",
    "Approve the exact amount first.",
  ],
  ERC20InsufficientBalance: ["There are not enough tokens in this account.", "Give less."],
};

/** What wallets refuse with, by the codes of EIP-1193 and EIP-1474. */
const WALLETS: Readonly<Record<number, readonly [message: string, hint: string]>> = {
  4001: ["You declined it in the wallet.", "Nothing was sent."],
  4100: [
    "The wallet does not let this page use the account.",
    "Unlock it, or switch to the account that you began with, and try again.",
  ],
  4900: ["The wallet has no connection.", "Look at it, and try again."],
  4901: ["The wallet has no connection to this chain.", "Look at it, and try again."],
  [-32_002]: ["The wallet waits for an answer to an earlier question.", "Open it, and answer there."],
};

/** Of plain reverts, by what they say. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/TRANSFER_FROM_FAILED|insufficient balance|exceeds balance/i, "ERC20InsufficientBalance"],
  [/insufficient allowance|exceeds allowance/i, "ERC20InsufficientAllowance"],
];

/** What comes of reading an answer that has another form. */
const STRANGE: Explanation = {
  message: "The answer is none that this page understands.",
  hint: "Something else may serve the address, or a much older or newer version.",
};

/** Any error in words for the page: what happened, and what to do about it. */
export function explain(error: unknown): Explanation {
  if (error instanceof SettingsError) return { message: error.message };
  if (error instanceof ApiRefusal) {
    const hint = error.code === "not-synced" ? "It is reading the chain." : "";
    return { name: error.code, message: `The API says: ${error.message}.`, hint };
  }
  if (error instanceof NoAnswerError) return { message: error.message, hint: reachHint() };
  const refused = error instanceof BaseError ? error.walk((cause) => codeOf(cause) in WALLETS) : error;
  const ofWallet = WALLETS[codeOf(refused)];
  if (ofWallet !== undefined) {
    const [message, hint] = ofWallet;
    return { name: "wallet", message, hint };
  }
  if (error instanceof BaseError) return explainChain(error);
  if (isUnreached(error)) return { message: "The server does not answer.", hint: reachHint() };
  if (error instanceof TypeError || error instanceof SyntaxError || error instanceof RangeError)
    return STRANGE;
  return { message: error instanceof Error ? error.message : String(error) };
}

function explainChain(error: BaseError): Explanation {
  if (causeOf(error, "ChainMismatchError") !== null) {
    return {
      name: "wallet",
      message: "The wallet is on another chain now.",
      hint: "Switch it back, and try again.",
    };
  }
  // By their names: the classes would bring the decoding of all that contracts answer to where nobody asks one.
  const revert = causeOf(error, "ContractFunctionRevertedError") as ContractFunctionRevertedError | null;
  if (revert !== null) {
    const reason = revert.reason ?? "";
    const name = revert.data?.errorName ?? revert.signature ?? "";
    const known = REFUSALS[name] ? name : (REASONS.find(([pattern]) => pattern.test(reason))?.[1] ?? name);
    const [message, hint] = REFUSALS[known] ?? [
      `The contract refuses: ${reason || name || "no reason given"}.`,
      "",
    ];
    return { name: known, message, hint };
  }
  const text = [error.details, error.shortMessage].filter(Boolean).join(" ");
  if (/insufficient funds/i.test(text)) {
    return {
      message: "There is not enough Ether in this account for gas.",
      hint: "Add some, and try again.",
    };
  }
  if (/HTTP request failed|took too long|timed out|fetch/i.test(text)) {
    return { name: "unreachable", message: "The RPC endpoint does not answer.", hint: reachHint() };
  }
  return { message: `The endpoint says: ${(error.details || error.shortMessage).split("\n", 1)[0]}` };
}

const codeOf = (cause: unknown) => (cause as { readonly code?: number } | null)?.code ?? 0;

function causeOf(error: BaseError, name: string): Error | null {
  return error.walk((cause) => (cause as Error).name === name);
}

let blocked: string | undefined;

/** Remembers which address this page's own policy kept it from: to the program that looks like a dead endpoint. */
export function watchPolicy(): void {
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
    if (effectiveDirective === "connect-src") blocked = blockedURI;
  });
}

/** Why an endpoint may seem not to answer, as far as a page can know. */
export function reachHint(): string {
  return blocked === undefined
    ? "It may be down, or allow no requests from pages of other origins (CORS)."
    : `This page may not ask ${blocked}: an endpoint has an https:// address, or one of this machine.`;
}

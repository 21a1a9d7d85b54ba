// SPDX-License-Identifier: AGPL-3.0-only
import { type ChainCode, ChainError } from "../errors.ts";

/**
 * answered: an error that is an answer of the chain, such as a revert. refused: in words that are not known, so that others
 * are asked. too-much: a range, a batch or a body that the
 * endpoint won't take at once. limited: asked too often. unreachable: out of service. unsupported: it does not serve
 * the method. pruned: it no longer has the state. behind: it has not seen the block yet. malformed: what it said is no
 * answer to what was asked. slow: another one was asked meanwhile. contradicted: others agree on another answer.
 * wrong-chain: it serves another chain, and is not asked.
 */
export type FaultKind =
  | "answered"
  | "refused"
  | "too-much"
  | "limited"
  | "unreachable"
  | "unsupported"
  | "pruned"
  | "behind"
  | "malformed"
  | "slow"
  | "contradicted"
  | "wrong-chain";

export interface Fault {
  readonly host: string;
  readonly kind: FaultKind;
  readonly message: string;
}

const CODES: Partial<Record<FaultKind, ChainCode>> = {
  behind: "not-ready",
  pruned: "pruned",
  "wrong-chain": "wrong-chain",
};

const HINTS: Partial<Record<FaultKind, string>> = {
  behind: "try again later, or name another endpoint",
  limited: "try again later, or name an endpoint that may be asked more often",
  malformed: "name another endpoint: what this one says cannot be used",
  pruned: "name an endpoint that keeps the state of more blocks, such as an archive node",
  "too-much": "name an endpoint that gives more at once",
  unsupported: "name an endpoint that serves this method",
  "wrong-chain": "give endpoints of the chain that the distributor is on",
};

/** What waiting does not change: whoever failed like this is not asked the same again. */
const FINAL: readonly FaultKind[] = ["refused", "too-much", "unsupported", "pruned", "wrong-chain"];

/** How one endpoint failed one call. */
export class EndpointError extends Error {
  override readonly name = "EndpointError";
  readonly kind: FaultKind;
  readonly host: string;
  /** Whether less of the same may be answered, though the endpoint does not say so. */
  readonly mayBeTooMuch: boolean;

  /** `said` follows the endpoint's name in a sentence. */
  constructor(
    kind: FaultKind,
    host: string,
    said: string,
    { mayBeTooMuch = false, ...options }: ErrorOptions & { readonly mayBeTooMuch?: boolean } = {},
  ) {
    super(`the RPC endpoint ${host} ${said}`, options);
    this.kind = kind;
    this.host = host;
    this.mayBeTooMuch = mayBeTooMuch;
  }

  get isFinal(): boolean {
    return FINAL.includes(this.kind);
  }

  /** For whoever asked `count` endpoints, of which this was the last to fail. */
  asChainError(count: number): ChainError {
    const others = count === 1 ? "" : `; of ${count} endpoints, too few gave an answer`;
    const hint = HINTS[this.kind] ?? "check the URL and that the node runs, then try again";
    return new ChainError(CODES[this.kind] ?? "unreachable", `${this.message}${others}`, hint, {
      cause: this,
      isTooMuch: this.kind === "too-much",
    });
  }
}

// SPDX-License-Identifier: AGPL-3.0-only
import type { Address } from "viem";
import type { AuditOutcome, CheckedReport, EpochOutcome } from "../../audit/in-browser.ts";
import type { Progress } from "../../audit/progress.ts";
import type { TrustedBlock } from "../../audit/state-proof/proven-source.ts";

export interface Job {
  /** Endpoints' URLs with commas between them, or a bundle's bytes. */
  readonly from: { readonly rpcUrl: string; readonly isRecorded: boolean } | { readonly bundle: Uint8Array };
  readonly chainId: number;
  readonly distributor: Address;
  readonly first: number;
  readonly last: number | undefined;
  readonly trustedBlock: TrustedBlock | undefined;
  /** Artifacts that were published, by epoch. */
  readonly artifacts: ReadonlyMap<number, Uint8Array>;
  readonly continueFrom: Uint8Array | undefined;
}

export interface Trouble {
  readonly code: string | undefined;
  readonly message: string;
  readonly hint: string | undefined;
}

/** To the worker. */
export type Order =
  | { readonly kind: "audit"; readonly job: Job }
  | { readonly kind: "check"; readonly report: Uint8Array }
  | { readonly kind: "cancel" }
  /** What the wallet answered. */
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown };

/** From the worker. */
export type Tale =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "epoch"; readonly epoch: EpochOutcome }
  | { readonly kind: "fault"; readonly text: string }
  | { readonly kind: "audited"; readonly outcome: AuditOutcome }
  | { readonly kind: "checked"; readonly report: CheckedReport }
  | { readonly kind: "failed"; readonly trouble: Trouble }
  /** What the wallet is to be asked. */
  | { readonly kind: "ask"; readonly id: number; readonly request: { method: string; params?: unknown } };

/** Stands for the wallet where an endpoint's URL is asked for: nothing is ever sent there. */
export const WALLET_URL = "https://wallet.invalid/";

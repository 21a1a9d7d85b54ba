// SPDX-License-Identifier: AGPL-3.0-only
// What `import … from "provender/audit"` gives: verdicts on epochs from the chain alone, by the second implementation.
import { audit as auditWith } from "../audit/audit.ts";
import type { AuditReport } from "../audit/report.ts";
import { provenBy } from "../audit/state-proof/proven-source.ts";
import { connect } from "../chain/client.ts";
import type { Address, Hex } from "../core/types.ts";

export type { Finding } from "../audit/finding.ts";
export type { AuditReport, Judgement, Verdict } from "../audit/report.ts";
export type { Address, Hex } from "../core/types.ts";

export interface AuditOptions {
  /** One RPC endpoint, or several with commas between them. */
  readonly rpcUrl: string;
  /** How many of several endpoints must agree; more than half of them, if not given. */
  readonly agreement?: number;
  /** Refuses endpoints of any other chain. */
  readonly chainId?: bigint;
  readonly distributor: Address;
  /** Takes no endpoint's word: proves all state and blocks against this one. A number that is given is checked. */
  readonly trustedBlock?: { readonly hash: Hex; readonly number?: bigint };
  /** The first epoch. */
  readonly from: number;
  /** The last epoch; the latest that can be judged, if not given. */
  readonly to?: number;
  /** The published artifact of an epoch, to name the first prover that differs. */
  readonly artifactOf?: (epoch: number) => Promise<Uint8Array | undefined>;
  /** The artifact of the epoch before the first: continues from its leaves. */
  readonly continueFrom?: Uint8Array;
}

/**
 * Audits epochs, in ascending order, from one reading of the chain: one report an epoch, amounts in wei as decimal
 * strings.
 * @throws an error with `code` and `hint` where the chain cannot be read, or an epoch cannot be judged yet
 */
export async function* audit(options: AuditOptions): AsyncGenerator<AuditReport> {
  const { rpcUrl, agreement, chainId, trustedBlock, ...params } = options;
  const { client } = await connect({ rpcUrl, agreement, chainId });
  const source = trustedBlock && provenBy(client, async () => trustedBlock);
  for await (const { report } of auditWith({ ...params, client, source })) yield report;
}

// SPDX-License-Identifier: AGPL-3.0-only
import { encodeCanonical } from "../../core/canonical.ts";
import type { EpochResult } from "../../core/epoch.ts";
import { policyHash, policyToJson } from "../../core/policy.ts";
import { SPEC_VERSION } from "../../core/spec-version.ts";
import type { Row } from "../../core/types.ts";
import type { LogChain } from "./log.ts";

const SCHEMA = "provender.artifact/2";

/**
 * SPEC 14.5: the canonical bytes of the published record of an epoch that is paid by another network's contract. It
 * stands alone: nothing is carried, and nothing is cumulative.
 */
export function encodeNetworkArtifact(result: EpochResult, logs: LogChain): Uint8Array {
  const { input, added, root, rows } = result;
  return encodeCanonical({
    added: String(added),
    budget: String(input.budget),
    carryIn: "0",
    carryOut: "0",
    chainId: String(input.chainId),
    dropped: String(input.budget - added),
    epoch: input.epoch,
    logs: { count: logs.count, keccak256: logs.hash },
    misses: input.misses.map(({ deadlineEpoch, prover, requestId }) => ({
      deadlineEpoch,
      prover,
      requestId,
    })),
    network: "provernet",
    payer: input.distributor,
    policy: policyToJson(input.policy),
    policyHash: policyHash(input.policy),
    previousRoot: input.previous.root,
    root,
    rows: rows.map(rowJson),
    schema: SCHEMA,
    snapshot: { hash: input.snapshot.hash, number: String(input.snapshot.number) },
    specVersion: SPEC_VERSION,
    window: { end: String(input.end), start: String(input.start) },
  });
}

function rowJson(row: Row) {
  return {
    amount: String(row.amount),
    ...(row.campaigns && {
      campaigns: row.campaigns.map((own) => ({
        amount: String(own.amount),
        campaign: own.campaign,
        countedFees: String(own.countedFees),
        fees: String(own.fees),
        fulfilments: own.fulfilments,
        limitedBy: own.limitedBy,
        protocolFees: String(own.protocolFees),
        work: String(own.work),
      })),
    }),
    commission: String(row.commission),
    commissionBps: row.commissionBps,
    fees: String(row.fees),
    fulfilments: row.fulfilments,
    limitedBy: row.limitedBy,
    misses: row.misses,
    protocolFees: String(row.protocolFees),
    prover: row.prover,
    stake: String(row.stake),
    vault: row.vault,
    work: String(row.work),
  };
}

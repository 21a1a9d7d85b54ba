// SPDX-License-Identifier: AGPL-3.0-only
import { decodeErrorResult, parseEventLogs, type TransactionReceipt } from "viem";
import { iProverNetAdapterAbi, iProverRegistryAbi, iRewardDistributorAbi } from "../chain/abi.ts";
import { sendClaims } from "../chain/send.ts";
import type { Signer } from "../chain/signer.ts";
import { lower } from "../chain/system.ts";
import { shortenProofs } from "../core/batch.ts";
import { PAYABLE, PackedLeaves } from "../core/packed-leaves.ts";
import type { Address, Hex, Snapshot } from "../core/types.ts";
import {
  claimableRoot,
  claimOf,
  type Due,
  type ProverClaim,
  proverClaim,
  readDue,
  type Sources,
} from "./claims.ts";
import { JobError } from "./errors.ts";
import { outboxOf } from "./outbox.ts";

export interface ClaimedBatch {
  readonly transaction: Hex;
  /** Where it was mined. */
  readonly block: Snapshot;
  readonly paid: readonly {
    readonly prover: Address;
    readonly amount: bigint;
    readonly commission: bigint;
  }[];
  readonly skipped: readonly { readonly prover: Address; readonly reason: string }[];
}

/** A claim costs about 50,000 gas in a batch: a fraction of a block. */
const BATCH = 50;
/** Of so many it is asked at a time what they were paid. */
const READ_AT_ONCE = 1_000;

/** Pays one prover, or nothing if nothing is left to pay. */
export async function claimOne(
  sources: Sources,
  signer: Signer,
  prover: Address,
  log: (line: string) => void,
): Promise<ClaimedBatch[]> {
  const root = await claimableRoot(sources);
  const claim = await proverClaim(sources, root, prover);
  if (claim === undefined) {
    throw new JobError(
      "refused",
      `${prover} has earned nothing up to epoch ${root.post.epoch}`,
      "check the address; a prover with work and stake has a leaf from its first paid epoch on",
    );
  }
  return claim.claimable === 0n ? [] : claimBatch(sources, signer, [claim], log);
}

/** Pays everybody. Stopped and started again, it goes on with those who are still unpaid. */
export async function claimAll(
  sources: Sources,
  signer: Signer,
  log: (line: string) => void,
): Promise<ClaimedBatch[]> {
  const root = await claimableRoot(sources);
  const leaves = new PackedLeaves(root.tree.entries, PAYABLE);
  const due: Due[] = [];
  for (let from = 0; from < leaves.length; from += READ_AT_ONCE) {
    const provers: Address[] = [];
    for (let i = from; i < Math.min(from + READ_AT_ONCE, leaves.length); i++)
      provers.push(leaves.at(i).prover);
    const read = await readDue(sources, root, provers);
    due.push(...read.filter(({ claimable }) => claimable > 0n));
  }
  const batches: ClaimedBatch[] = [];
  for (let i = 0; i < due.length; i += BATCH) {
    const claims = due.slice(i, i + BATCH).map((one) => claimOf(root, one));
    batches.push(...(await claimBatch(sources, signer, claims, log)));
    log(`claimed for ${Math.min(i + BATCH, due.length)} of ${due.length} provers`);
  }
  return batches;
}

/** In one transaction; what that leaves out is sent once more with whole merkleProofs, which depend on no other. */
async function claimBatch(
  sources: Sources,
  signer: Signer,
  claims: readonly ProverClaim[],
  log: (line: string) => void,
): Promise<ClaimedBatch[]> {
  const batch = await sendBatch(sources, signer, shortenProofs(sources.system.domain, claims), log);
  if (batch.skipped.length === 0) return [batch];
  const skipped = new Set(batch.skipped.map(({ prover }) => prover));
  const again = claims.filter(({ prover }) => skipped.has(prover));
  return [{ ...batch, skipped: [] }, await sendBatch(sources, signer, again, log)];
}

async function sendBatch(
  { chain, system, store }: Sources,
  signer: Signer,
  claims: readonly ProverClaim[],
  log: (line: string) => void,
): Promise<ClaimedBatch> {
  const options = { outbox: outboxOf(store, signer), log };
  const receipt = await sendClaims(chain.client, system, signer, claims, options);
  const { transactionHash: transaction, blockNumber: number, blockHash: hash } = receipt;
  return { transaction, block: { number, hash }, ...outcome(receipt) };
}

function outcome({ logs }: TransactionReceipt): Omit<ClaimedBatch, "transaction" | "block"> {
  const events = parseEventLogs({
    abi: iRewardDistributorAbi,
    logs,
    eventName: ["Claimed", "ClaimSkipped"],
  });
  const unpaid = parseEventLogs({ abi: iProverNetAdapterAbi, logs, eventName: "PaymentSkipped" });
  return {
    paid: events.flatMap((event) =>
      event.eventName === "Claimed"
        ? [{ prover: lower(event.args.prover), amount: event.args.amount, commission: event.args.commission }]
        : [],
    ),
    skipped: [
      ...events.flatMap((event) =>
        event.eventName === "ClaimSkipped"
          ? [{ prover: lower(event.args.prover), reason: errorName(event.args.reason) }]
          : [],
      ),
      ...unpaid.map(({ args }) => {
        return { prover: lower(args.prover), reason: `claimed, not paid on: ${errorName(args.reason)}` };
      }),
    ],
  };
}

function errorName(selector: Hex): string {
  try {
    return decodeErrorResult({ abi: [...iRewardDistributorAbi, ...iProverRegistryAbi], data: selector })
      .errorName;
  } catch {
    return selector;
  }
}

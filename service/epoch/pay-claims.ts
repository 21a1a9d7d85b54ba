// SPDX-License-Identifier: AGPL-3.0-only
import { decodeErrorResult, parseEventLogs, type TransactionReceipt } from "viem";
import { iProverNetAdapterAbi, iProverRegistryAbi, iRewardDistributorAbi } from "../chain/abi.ts";
import { claimsCall, sendClaims } from "../chain/send.ts";
import type { Signer } from "../chain/signer.ts";
import { lower } from "../chain/system.ts";
import { shortenProofs } from "../core/batch.ts";
import { PAYABLE, PackedLeaves } from "../core/packed-leaves.ts";
import type { Address, Hex, Snapshot } from "../core/types.ts";
import {
  type ClaimableRoot,
  claimableRoot,
  claimOf,
  type Owed,
  type ProverClaim,
  readOwed,
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

/** What is to be paid under the active root; nobody is in it to whom nothing is owed. */
export interface Unpaid {
  readonly root: ClaimableRoot;
  readonly owed: readonly Owed[];
}

/** Of one prover, if something is left to pay. @throws JobError if it never earned anything. */
export async function unpaidTo(sources: Sources, prover: Address): Promise<Unpaid> {
  const root = await claimableRoot(sources);
  const [one] = await readOwed(sources, root, [prover]);
  if (one === undefined) {
    throw new JobError(
      "refused",
      `${prover} has earned nothing up to epoch ${root.post.epoch}`,
      "check the address; a prover with work and stake has a leaf from its first paid epoch on",
    );
  }
  return { root, owed: one.claimable === 0n ? [] : [one] };
}

/** Of everybody. */
export async function unpaidToAll(sources: Sources): Promise<Unpaid> {
  const root = await claimableRoot(sources);
  const leaves = new PackedLeaves(root.tree.entries, PAYABLE);
  const owed: Owed[] = [];
  for (let from = 0; from < leaves.length; from += READ_AT_ONCE) {
    const provers: Address[] = [];
    for (let i = from; i < Math.min(from + READ_AT_ONCE, leaves.length); i++)
      provers.push(leaves.at(i).prover);
    const read = await readOwed(sources, root, provers);
    owed.push(...read.filter(({ claimable }) => claimable > 0n));
  }
  return { root, owed };
}

/** Claims what is owed, in batches. Stopped and started again, it goes on with those who are still unpaid. */
export async function claimUnpaid(
  sources: Sources,
  signer: Signer,
  unpaid: Unpaid,
  log: (line: string) => void,
): Promise<ClaimedBatch[]> {
  const { length } = unpaid.owed;
  const batches: ClaimedBatch[] = [];
  let done = 0;
  for (const claims of batchesOf(unpaid)) {
    batches.push(...(await claimBatch(sources, signer, claims, log)));
    done += claims.length;
    log(`claimed for ${done} of ${length} provers`);
  }
  return batches;
}

/** As `claimUnpaid` would, without sending anything. @throws what the contract refuses */
export async function simulateClaims(
  { chain, system }: Sources,
  { account }: Pick<Signer, "account">,
  unpaid: Unpaid,
): Promise<void> {
  for (const claims of batchesOf(unpaid)) {
    const call = claimsCall(system, shortenProofs(system.domain, claims));
    await chain.client.simulateContract({ ...call, account });
  }
}

/** Pays everybody. */
export async function claimAll(
  sources: Sources,
  signer: Signer,
  log: (line: string) => void,
): Promise<ClaimedBatch[]> {
  return claimUnpaid(sources, signer, await unpaidToAll(sources), log);
}

/** With their merkleProofs, a batch at a time: of all they would take much memory. */
function* batchesOf({ root, owed }: Unpaid): Generator<ProverClaim[]> {
  for (let i = 0; i < owed.length; i += BATCH)
    yield owed.slice(i, i + BATCH).map((one) => claimOf(root, one));
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

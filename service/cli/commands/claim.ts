// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import type { Hex } from "../../core/types.ts";
import type { Owed, Sources } from "../../epoch/claims.ts";
import {
  type ClaimedBatch,
  claimUnpaid,
  simulateClaims,
  type Unpaid,
  unpaidTo,
  unpaidToAll,
} from "../../epoch/pay-claims.ts";
import { tokens } from "../amounts.ts";
import { asAddress } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { withDatabase } from "../database.ts";
import { UsageError } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { amount } from "../format.ts";
import { isOtherNetwork } from "../network.ts";
import { openBeside } from "../network-beside.ts";
import { openSession } from "../session.ts";
import { openSigner } from "../signing.ts";
import { announce, nothingSent, type SendFlags } from "../transactions.ts";

export interface ClaimFlags extends SendFlags {
  readonly all?: true;
}

/**
 * Pays what the active root owes one prover, or all. Exit: 1 if somebody had to be skipped.
 * @throws UsageError for both or neither of a prover and --all; JobError without an active root, or its leaves
 */
export async function claim(context: Context, text: string | undefined, flags: ClaimFlags): Promise<void> {
  const { all, dryRun } = flags;
  if ((text === undefined) === (all === undefined)) {
    const given = text === undefined ? "neither a prover nor --all is" : "a prover and --all are both";
    throw new UsageError(`${given} given`, "name one prover, or pay all of them with --all");
  }
  const prover = text === undefined ? undefined : asAddress({ text, source: "[prover]" });
  const beside = isOtherNetwork(context, flags) ? await openBeside(context, flags) : undefined;
  const session = beside ?? (await openSession(context, flags));
  const signer = await openSigner(context, session.chain, flags);
  const { symbol } = session.system;
  const pay = async (open: Sources["open"]): Promise<Paid> => {
    const sources = { ...session, open };
    const unpaid = await (prover === undefined ? unpaidToAll(sources) : unpaidTo(sources, prover));
    if (unpaid.owed.length > 0) announce(context, dryRun === true, saying(unpaid, symbol));
    if (!dryRun) return paidIn(await claimUnpaid(sources, signer, unpaid, context.note));
    await simulateClaims(sources, signer, unpaid);
    nothingSent(context);
    return { transactions: [], paid: unpaid.owed.map(paymentOf), skipped: [] };
  };
  const result = await (beside === undefined
    ? withDatabase(session, pay)
    : pay(beside.open).finally(beside.close));
  report(context, symbol, result, flags);
  if (result.skipped.length > 0) context.exit(EXIT.failed);
}

interface Paid extends Pick<ClaimedBatch, "paid" | "skipped"> {
  readonly transactions: readonly Hex[];
}

function paidIn(batches: readonly ClaimedBatch[]): Paid {
  return {
    transactions: batches.map(({ transaction }) => transaction),
    paid: batches.flatMap(({ paid }) => paid),
    skipped: batches.flatMap(({ skipped }) => skipped),
  };
}

/** What one would be paid, in wei. */
function paymentOf({ prover, claimable, cumulativeCommission, claimedCommission }: Owed) {
  return { prover, amount: claimable, commission: cumulativeCommission - claimedCommission };
}

function saying({ owed }: Unpaid, symbol: string): string {
  const payments = owed.map(paymentOf);
  const sum = (key: "amount" | "commission") => payments.reduce((total, one) => total + one[key], 0n);
  const [only, ...others] = payments;
  const whom =
    only !== undefined && others.length === 0
      ? `prover ${getAddress(only.prover)}`
      : `${payments.length} provers`;
  return `pay ${tokens(sum("amount"), symbol)} to ${whom}: ${tokens(sum("commission"), symbol)} as commission, the rest into ${others.length === 0 ? "its vault" : "their vaults"}`;
}

function report(
  context: Context,
  symbol: string,
  { transactions, paid, skipped }: Paid,
  { json, dryRun }: ClaimFlags,
): void {
  if (json) {
    printJson(context, {
      transactions,
      paid: paid.map((item) => ({ ...item, prover: getAddress(item.prover) })),
      skipped: skipped.map((item) => ({ ...item, prover: getAddress(item.prover) })),
      ...(dryRun ? { dryRun } : {}),
    });
    return;
  }
  if (paid.length + skipped.length === 0) context.out("nothing to claim: everything earned so far is paid\n");
  for (const item of paid) {
    context.out(
      `${getAddress(item.prover)}: ${dryRun ? "would be paid" : "paid"} ${amount(item.amount)} ${symbol}, commission ${amount(item.commission)} of it\n`,
    );
  }
  for (const item of skipped) context.out(`${getAddress(item.prover)}: not paid (${item.reason})\n`);
}

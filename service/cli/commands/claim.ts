// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { type ClaimedBatch, claimAll, claimOne } from "../../epoch/claim.ts";
import type { Sources } from "../../epoch/claims.ts";
import { asAddress } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { withDatabase } from "../database.ts";
import { UsageError } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { amount } from "../format.ts";
import { isOther } from "../network.ts";
import { openBeside } from "../network-beside.ts";
import { type ChainFlags, openSession } from "../session.ts";
import { openSigner, type SignerFlags } from "../signing.ts";

export interface ClaimFlags extends ChainFlags, SignerFlags {
  readonly all?: true;
}

export async function claim(context: Context, text: string | undefined, flags: ClaimFlags): Promise<void> {
  const { all, json } = flags;
  if ((text === undefined) === (all === undefined)) {
    const given = text === undefined ? "neither a prover nor --all is" : "a prover and --all are both";
    throw new UsageError(`${given} given`, "name one prover, or pay all of them with --all");
  }
  const prover = text === undefined ? undefined : asAddress({ text, source: "[prover]" });
  const beside = isOther(context, flags) ? await openBeside(context, flags) : undefined;
  const session = beside ?? (await openSession(context, flags));
  const signer = await openSigner(context, session.chain, flags);
  const pay = (open: Sources["open"]) =>
    prover === undefined
      ? claimAll({ ...session, open }, signer, context.note)
      : claimOne({ ...session, open }, signer, prover, context.note);
  const batches = await (beside === undefined
    ? withDatabase(session, pay)
    : pay(beside.open).finally(beside.close));
  report(context, session.system.symbol, batches, json === true);
  if (batches.some(({ skipped }) => skipped.length > 0)) context.exit(EXIT.failed);
}

function report(context: Context, symbol: string, batches: readonly ClaimedBatch[], json: boolean): void {
  const paid = batches.flatMap((batch) => batch.paid);
  const skipped = batches.flatMap((batch) => batch.skipped);
  if (json) {
    printJson(context, {
      transactions: batches.map(({ transaction }) => transaction),
      paid: paid.map((item) => ({ ...item, prover: getAddress(item.prover) })),
      skipped: skipped.map((item) => ({ ...item, prover: getAddress(item.prover) })),
    });
    return;
  }
  if (batches.length === 0) context.out("nothing to claim: everything earned so far is paid\n");
  for (const item of paid) {
    context.out(
      `${getAddress(item.prover)}: paid ${amount(item.amount)} ${symbol}, commission ${amount(item.commission)} of it\n`,
    );
  }
  for (const item of skipped) context.out(`${getAddress(item.prover)}: not paid (${item.reason})\n`);
}

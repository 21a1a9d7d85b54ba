// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { requestersOf, type Served } from "../../core/requesters.ts";
import { sync } from "../../epoch/sync.ts";
import { startOf } from "../../store/epochs.ts";
import { fulfilmentsIn } from "../../store/fulfilments.ts";
import { asEpoch } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { openDatabaseOf } from "../database.ts";
import { moment } from "../durations.ts";
import { amount, percent, shortAddress, table } from "../format.ts";
import { type ChainFlags, openSession } from "../session.ts";

export interface RequestersFlags extends ChainFlags {
  readonly epoch: string;
}

/**
 * Who asked in an epoch, what they paid (wei) and whom it fed, from the database.
 * @throws UsageError for what is no epoch; ChainError if the chain cannot be read; StoreError for the database
 */
export async function run(context: Context, flags: RequestersFlags): Promise<void> {
  const epoch = asEpoch(flags.epoch);
  const session = await openSession(context, flags);
  const { chain, system } = session;
  const { database, deployment } = await openDatabaseOf(session);
  try {
    const { time: now } = await sync({
      chain,
      system,
      database,
      deployment,
      to: "finalized",
      check: true,
      log: context.note,
    });
    const served: Served[] = [];
    for (let past = 0; past <= epoch; past++) {
      await database.read(async (sql) => {
        for await (const one of fulfilmentsIn(sql, deployment, past)) served.push(one);
      });
    }
    const { requesters, provers } = requestersOf(served, startOf(deployment, epoch));
    if (flags.json) {
      printJson(context, {
        epoch,
        requesters: requesters.map((own) => ({ ...own, requester: getAddress(own.requester) })),
        provers: provers.map((own) => ({
          prover: getAddress(own.prover),
          requester: getAddress(own.requester),
          workShareBps: own.workShareBps,
        })),
      });
      return;
    }
    const head = ["requester", "fulfilments", "fees", "of all fees", "provers", "asked again", "first seen"];
    const rows = requesters.map((own) => [
      shortAddress(own.requester),
      String(own.fulfilments),
      amount(own.fees),
      percent(own.feeShareBps),
      String(own.provers),
      String(own.repeated),
      moment(own.firstSeen, now),
    ]);
    const dependent = provers.map((own) => [
      shortAddress(own.prover),
      shortAddress(own.requester),
      percent(own.workShareBps),
    ]);
    context.out(
      [
        `who asked in epoch ${epoch}; fees in tokens of 18 decimals`,
        "",
        table(head, rows, 1),
        "",
        table(["prover", "works most for", "part of its work"], dependent, 2),
        "",
      ].join("\n"),
    );
  } finally {
    await database.close();
  }
}

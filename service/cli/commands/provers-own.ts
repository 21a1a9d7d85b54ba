// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { sync } from "../../epoch/sync.ts";
import { listProvers, type ProverRecord } from "../../store/provers.ts";
import { type Context, printJson } from "../context.ts";
import { openDatabaseOf } from "../database.ts";
import { UsageError } from "../errors.ts";
import { amount, percent, table } from "../format.ts";
import { headOf, lensOf, type ProverView, STATES } from "../lens.ts";
import { type ChainFlags, openSession, type Session } from "../session.ts";

const SORTS = ["on-time", "stake", "commission", "fulfilments", "free"] as const;
type Sort = (typeof SORTS)[number];

interface Row {
  readonly record: ProverRecord;
  readonly view: ProverView;
}

const PAGE = 50;

/** Nothing due says nothing: such a prover comes after those that were seen to deliver. */
const ORDERS: Readonly<Record<Sort, (row: Row) => number>> = {
  "on-time": ({ record }) => record.onTimeBps ?? -1,
  stake: ({ view }) => Number(view.activeAssets),
  commission: ({ view }) => -Number(view.commissionBps),
  fulfilments: ({ record }) => record.fulfilments,
  free: ({ view }) => Number(view.freeCollateral),
};

/**
 * Whom to trust: every prover's record and standing, in one table.
 * @throws UsageError for an unknown order; ChainError if the chain cannot be read
 */
export async function ownProvers(
  context: Context,
  flags: ChainFlags & { readonly sort?: string | undefined },
): Promise<void> {
  const sort = SORTS.find((each) => each === (flags.sort ?? "on-time"));
  if (sort === undefined) {
    throw new UsageError(`--sort: unknown order: ${flags.sort}`, `choose ${SORTS.join(", ")}`);
  }
  const { sort: _, ...chainFlags } = flags;
  const session = await openSession(context, chainFlags);
  const rows = await rowsOf(context, session);
  const order = ORDERS[sort];
  rows.sort((a, b) => order(b) - order(a) || b.record.fulfilments - a.record.fulfilments);
  const { symbol } = session.system;
  if (flags.json) {
    printJson(context, {
      sort,
      provers: rows.map(({ record, view }) => ({
        prover: getAddress(view.prover),
        vault: view.vault,
        state: STATES[view.state],
        eligible: view.eligible,
        onTimeBps: record.onTimeBps,
        fulfilments: record.fulfilments,
        misses: record.misses,
        stake: view.activeAssets,
        ownStake: view.selfStake,
        locked: view.locked,
        free: view.freeCollateral,
        commissionBps: Number(view.commissionBps),
        sharePrice: view.sharePrice,
      })),
    });
    return;
  }
  const cells = rows.map(({ record, view }) => [
    getAddress(view.prover),
    STATES[view.state] ?? "",
    record.onTimeBps === null ? "–" : percent(record.onTimeBps),
    String(record.fulfilments),
    String(record.misses),
    amount(view.activeAssets),
    amount(view.selfStake),
    amount(view.freeCollateral),
    percent(Number(view.commissionBps)),
    amount(view.sharePrice),
  ]);
  const head = [
    "prover",
    "state",
    "on time",
    "proven",
    "missed",
    "stake",
    "its own",
    "free",
    "commission",
    "share",
  ];
  context.out(
    rows.length === 0
      ? "nobody has registered yet\n"
      : `${table(head, cells, 2)}\n\nstakes in ${symbol}, by ${sort}; on time: of all that was due; share: what one is worth\n`,
  );
}

async function rowsOf(context: Context, session: Session): Promise<Row[]> {
  const { chain, system } = session;
  const { database, deployment } = await openDatabaseOf(session);
  try {
    await sync({ chain, system, database, deployment, to: "finalized", check: true, log: context.note });
    const records = new Map<string, ProverRecord>();
    for (let after: ProverRecord["prover"] | undefined; ; ) {
      const page = await listProvers(database, deployment, { limit: PAGE, after, epochs: 1 });
      for (const record of page.provers) records.set(record.prover, record);
      after = page.next;
      if (after === undefined) break;
    }
    const lens = lensOf(session, (await headOf(session)).number);
    const views = await lens.provers();
    return views.map((view) => ({ view, record: records.get(view.prover.toLowerCase()) ?? unseen(view) }));
  } finally {
    await database.close();
  }
}

/** One whose registration is not final yet. */
function unseen({ prover, vault, registeredAt, activeAssets }: ProverView): ProverRecord {
  return {
    ...{ id: -1, prover, vault, registeredAt, active: activeAssets, sharePrice: undefined },
    ...{ fulfilments: 0, misses: 0, onTimeBps: null, activity: [] },
  };
}

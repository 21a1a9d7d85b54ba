// SPDX-License-Identifier: AGPL-3.0-only
import { getAbiItem, getAddress, type Hex, padHex, toEventSelector } from "viem";
import { iProofMarketAbi, iProverRegistryAbi } from "../../chain/abi.ts";
import { askForLogs } from "../../chain/ask-for-logs.ts";
import { lastBlockBefore, readBlock } from "../../chain/blocks.ts";
import { readMany } from "../../chain/many.ts";
import { lower } from "../../chain/system.ts";
import type { Address } from "../../core/types.ts";
import { claimableRoot, proverClaim } from "../../epoch/claims.ts";
import { JobError } from "../../epoch/errors.ts";
import { tokens } from "../amounts.ts";
import { NOBODY } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { withDatabase } from "../database.ts";
import { duration, moment } from "../durations.ts";
import { percent, amount as rounded } from "../format.ts";
import { headOf, isPaused, lensOf, type ProverView, proverNamed, STATES } from "../lens.ts";
import { type ChainFlags, openSession, type Session } from "../session.ts";
import { accountOf, type SignerFlags } from "../signing.ts";

type StatusFlags = ChainFlags & SignerFlags;

const OPEN = 1;
const ACTIVE = 1;
const INACTIVE = 2;
const REVEALED = toEventSelector(getAbiItem({ abi: iProofMarketAbi, name: "Revealed" }));

interface Assignment {
  readonly id: Hex;
  readonly price: bigint;
  readonly lock: bigint;
  readonly deadline: bigint;
  /** Whether others may still bid less. */
  readonly open: boolean;
}

/**
 * How a prover stands: state, stake, collateral, work, terms, what it is owed, and what to do next.
 * @throws UsageError for what is no prover; ChainError if the chain cannot be read
 */
export async function status(context: Context, text: string | undefined, flags: StatusFlags): Promise<void> {
  const session = await openSession(context, flags);
  const named = await accountOf(context, session.chain, { text, source: "[prover]" }, flags);
  const source = text !== undefined ? "[prover]" : flags.from !== undefined ? "--from" : "the signer";
  const prover = await proverNamed(session, named, source);
  const { symbol } = session.system;
  const head = await headOf(session);
  const view = await lensOf(session, head.number).prover(prover);
  const [work, commission, claim, rules, paused] = await Promise.all([
    assignmentsOf(session, prover, view, head.number),
    commissionsOf(session, prover, head.number),
    claimOf(session, prover),
    rulesOf(session, head.number),
    isPaused(session, head.number),
  ]);
  const late = work.filter(({ deadline }) => deadline < head.timestamp).length;
  const owed = { claimable: claim?.claimable, work: work.length - late, late };
  const next = adviceFor(view, { ...rules, ...owed, paused, symbol });
  // For bids that are not opened yet, and requests that were lost or missed, until somebody ends them.
  const lockedElse = view.locked - work.reduce((sum, { lock }) => sum + lock, 0n);
  if (flags.json) {
    printJson(context, {
      prover: getAddress(prover),
      vault: view.vault,
      payout: view.payout,
      state: STATES[view.state],
      eligible: view.eligible,
      paused,
      registeredAt: view.registeredAt,
      stake: {
        active: view.activeAssets,
        own: view.selfStake,
        leastOwn: rules.least,
        leaving: view.unbondingAssets,
      },
      collateral: { locked: view.locked, free: view.freeCollateral },
      requests: work,
      commission,
      owed: {
        commission: view.commissionOwed,
        claimable: claim?.claimable ?? null,
        claimed: view.claimed,
        unvested: view.unvested,
      },
      next,
    });
    return;
  }
  const now = head.timestamp;
  const amount = (wei: bigint) => `${rounded(wei)} ${symbol}`;
  const lines: (readonly [string, string])[] = [
    ["prover", getAddress(prover)],
    ["vault", view.vault],
    [
      "state",
      `${STATES[view.state]}${view.eligible && !paused ? ", may bid" : ", may not bid"}${paused ? " while everything is paused" : ""}; registered ${moment(view.registeredAt, now)}`,
    ],
    [
      "stake",
      `${amount(view.activeAssets)}, of which its own ${amount(view.selfStake)} (at least ${amount(rules.least)})`,
    ],
    [
      "leaving",
      view.unbondingAssets === 0n ? "nothing" : `${amount(view.unbondingAssets)}, slashable until redeemed`,
    ],
    ["collateral", `${amount(view.locked)} locked, ${amount(view.freeCollateral)} free`],
    ...commission.map(
      ({ of, bps, nextBps, nextAt }) =>
        [
          `commission${of === "default" ? "" : `, ${of}`}`,
          `${percent(bps)}${nextAt === null ? "" : `; ${nextBps === null ? "the default" : percent(nextBps)} from ${moment(nextAt, now)}`}`,
        ] as const,
    ),
    ["commission owed", `${amount(view.commissionOwed)}, to ${view.payout}`],
    [
      "rewards",
      `${claim === undefined ? "no root is active yet" : `${amount(claim.claimable)} claimable`}; ${amount(view.claimed)} claimed so far`,
    ],
    [
      "vesting",
      view.unvested === 0n ? "nothing" : `${amount(view.unvested)} until ${moment(view.vestingEnd, now)}`,
    ],
    [
      "open requests",
      `${work.length === 0 ? "none" : work.length}${lockedElse > 0n ? `; ${amount(lockedElse)} locked for bids not opened yet, or requests not settled` : ""}`,
    ],
    ...work.map(
      ({ id, price, lock, deadline, open }) =>
        [
          "",
          `${id} ${open ? "leads" : "won"}, ${amount(price)}, ${amount(lock)} locked, ${open ? "bids still open, " : ""}${deadline < now ? "not proven " : ""}by ${moment(deadline, now)}`,
        ] as const,
    ),
    ["next", next[0] ?? ""],
    ...next.slice(1).map((line) => ["", line] as const),
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  context.out(`${lines.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n")}\n`);
}

/** Those that it leads or has won: no lock outlives the unbonding delay, so none is of an older bid. */
async function assignmentsOf(
  session: Session,
  prover: Address,
  { openAssignments, locked }: ProverView,
  blockNumber: bigint,
): Promise<Assignment[]> {
  if (openAssignments === 0n && locked === 0n) return [];
  const { chain, system } = session;
  const { client } = chain;
  const [delay, { timestamp }, final, first] = await Promise.all([
    client.readContract({
      address: system.registry,
      abi: iProverRegistryAbi,
      functionName: "unbondingDelay",
    }),
    readBlock(client, blockNumber),
    readBlock(client, "finalized"),
    readBlock(client, system.startBlock),
  ]);
  const oldest = timestamp - delay;
  const from =
    first.timestamp >= oldest || final.timestamp < oldest
      ? system.startBlock
      : (await lastBlockBefore(client, oldest, system.startBlock, final)).number;
  const logs = await askForLogs(
    client,
    { fromBlock: from, toBlock: blockNumber },
    [system.market],
    [REVEALED],
    [null, [padHex(prover, { size: 32 })]],
  );
  const ids = [...new Set(logs.map(({ topics }) => topics[1] as Hex))];
  const read = await readMany(client, {
    ...{ abi: iProofMarketAbi, functionName: "requestOf", blockNumber },
    calls: ids.map((id) => ({ address: system.market, args: [id] as const })),
  });
  return ids
    .flatMap((id, i) => {
      const found = read[i];
      if (found === undefined || found.status !== OPEN || lower(found.leader) !== prover) return [];
      const { price, lockAmount: lock, deadline, revealEnd } = found;
      return [{ id, price, lock, deadline, open: timestamp <= revealEnd }];
    })
    .sort((a, b) => Number(a.deadline - b.deadline));
}

interface CommissionRate {
  readonly of: "default" | "fees" | "rewards";
  readonly bps: number;
  /** Null: the entry goes, and the default is in force. */
  readonly nextBps: number | null;
  readonly nextAt: bigint | null;
}

const MOST_BPS = 10_000n;

/** The default, and what differs from it or will. */
async function commissionsOf(
  { chain: { client }, system }: Session,
  prover: Address,
  blockNumber: bigint,
): Promise<CommissionRate[]> {
  const registry = { address: system.registry, abi: iProverRegistryAbi, blockNumber } as const;
  const sources = [
    ["default", NOBODY],
    ["fees", system.market],
    ["rewards", system.distributor],
  ] as const;
  const rates = await Promise.all(
    sources.map(async ([of, source]) => {
      const args = [prover, source] as const;
      const { bps, nextBps, nextAt } = await client.readContract({
        ...registry,
        functionName: "commissionEntry",
        args,
      });
      const isSet = bps <= MOST_BPS;
      if (!isSet && nextAt === 0n) return undefined;
      const rate = isSet
        ? bps
        : await client.readContract({ ...registry, functionName: "commissionOf", args });
      return {
        of,
        bps: Number(rate),
        nextBps: nextAt === 0n || nextBps > MOST_BPS ? null : Number(nextBps),
        nextAt: nextAt === 0n ? null : nextAt,
      };
    }),
  );
  return rates.filter((rate) => rate !== undefined);
}

/** What the active root has for it; undefined before there is one. */
async function claimOf(session: Session, prover: Address): Promise<{ claimable: bigint } | undefined> {
  return withDatabase(session, async (open) => {
    const sources = { ...session, open };
    try {
      const claim = await proverClaim(sources, await claimableRoot(sources), prover);
      return { claimable: claim?.claimable ?? 0n };
    } catch (error) {
      if (error instanceof JobError && error.code === "not-ready") return undefined;
      throw error;
    }
  });
}

async function rulesOf({ chain: { client }, system }: Session, blockNumber: bigint) {
  const registry = { address: system.registry, abi: iProverRegistryAbi, blockNumber } as const;
  const [least, delay] = await Promise.all([
    client.readContract({ ...registry, functionName: "minSelfStake" }),
    client.readContract({ ...registry, functionName: "unbondingDelay" }),
  ]);
  return { least, delay };
}

interface Facts {
  readonly least: bigint;
  readonly delay: bigint;
  readonly claimable: bigint | undefined;
  /** Requests to be proven in time, and those that were not. */
  readonly work: number;
  readonly late: number;
  readonly paused: boolean;
  readonly symbol: string;
}

function adviceFor(
  view: ProverView,
  { least, delay, claimable, work, late, paused, symbol }: Facts,
): string[] {
  const next: string[] = [];
  if (late > 0)
    next.push(
      `${late === 1 ? "a request was" : `${late} requests were`} not proven in time: what was locked goes to the treasury once anybody settles it`,
    );
  if (view.state === INACTIVE) {
    next.push("it takes no work: `provender prover activate` brings it back");
    if (view.selfStake > 0n)
      next.push(
        `its own stake may leave: \`provender exit ${getAddress(view.prover)} all\`, ${duration(delay)} later \`provender redeem\``,
      );
  } else if (view.state !== ACTIVE)
    next.push("it is jailed by the guardian: ask the foundation why; only the owner can free it");
  else if (view.selfStake < least) {
    next.push(
      `it may not bid: \`provender prover top-up\` ${tokens(least - view.selfStake, symbol)} at least`,
    );
  } else if (work > 0)
    next.push("zk proofs are due: keep `provender prover run` up until they are handed in");
  else if (paused) next.push("the guardian has paused everything: it bids again when that is over");
  else if (view.freeCollateral === 0n)
    next.push("all collateral is locked: top it up, or wait until requests end");
  else next.push("it may bid: `provender prover run`");
  if ((claimable ?? 0n) > 0n) next.push(`rewards: \`provender claim ${getAddress(view.prover)}\``);
  if (view.commissionOwed > 0n) next.push("commission: `provender prover claim-commission`");
  return next;
}

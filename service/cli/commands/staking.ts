// SPDX-License-Identifier: AGPL-3.0-only
import { erc20Abi, erc4626Abi, getAddress, parseEventLogs } from "viem";
import { iProverRegistryAbi, iProverVaultAbi } from "../../chain/abi.ts";
import { ChainError } from "../../chain/errors.ts";
import { readMany } from "../../chain/many.ts";
import { lower } from "../../chain/system.ts";
import { beyondRounding } from "../../core/share-price.ts";
import type { Address } from "../../core/types.ts";
import { asSomeTokens, tokens } from "../amounts.ts";
import { asAddress } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { type DepositFlags, depositing } from "../deposit.ts";
import { duration, moment } from "../durations.ts";
import { amount, shortAddress, signed, table } from "../format.ts";
import { gainOf } from "../gain.ts";
import { headOf, isPaused, lensOf, type ProverView, proverNamed, STATES } from "../lens.ts";
import { type ChainFlags, openSession, type Session } from "../session.ts";
import { accountOf, openSigner, type SignerFlags } from "../signing.ts";
import { perform, requireTokens, type SendFlags } from "../transactions.ts";

/**
 * Deposits so much, in wei, in a prover's vault.
 * @throws UsageError for what is no vault or prover, or for 0; ChainError if the vault refuses, or the account has less
 */
export async function stake(
  context: Context,
  whose: string,
  text: string,
  flags: DepositFlags,
): Promise<void> {
  const named = asAddress({ text: whose, source: "<vault or prover>" });
  const assets = asSomeTokens({ text, source: "<amount>" }, flags.wei);
  const session = await openSession(context, flags);
  const signer = await openSigner(context, session.chain, flags);
  const { system, chain } = session;
  const prover = await proverNamed(session, named, "<vault or prover>");
  const head = await headOf(session);
  const view = await lensOf(session, head.number).prover(prover);
  if (view.maxDeposit < assets) {
    const why = (await isPaused(session, head.number))
      ? "the guardian has paused everything"
      : `the prover is ${STATES[view.state]}`;
    throw new ChainError(
      "refused",
      `the vault takes ${view.maxDeposit === 0n ? "no deposits now" : `at most ${tokens(view.maxDeposit, system.symbol)}`}: ${why}`,
      "`provender prover status` says more; deposits are open while a prover is active and nothing is paused",
    );
  }
  await requireTokens(session, signer.address, assets);
  const vault = lower(view.vault);
  const intents = await depositing(session, signer, { vault, assets, prover, now: head.timestamp }, flags);
  const held = { address: vault, abi: erc20Abi, functionName: "balanceOf", args: [signer.address] } as const;
  const before = await chain.client.readContract(held);
  const { transactions } = await perform(context, session, signer, intents, flags);
  const shares = flags.dryRun
    ? await chain.client.readContract({
        address: vault,
        abi: erc4626Abi,
        functionName: "previewDeposit",
        args: [assets],
      })
    : (await chain.client.readContract(held)) - before;
  if (flags.json) {
    printJson(context, { prover: getAddress(prover), vault: view.vault, assets, shares, transactions });
    return;
  }
  const verb = flags.dryRun ? "would get" : "got";
  context.out(
    `${verb} ${amount(shares)} shares for ${tokens(assets, system.symbol)}; ${lossNow(view, system.symbol)}; to leave takes ${duration(await delayOf(session))}\n`,
  );
}

/**
 * Asks for an exit: all of the account's shares, or those that an amount is worth, rounded up.
 * @throws UsageError for what is no vault or prover, or for 0; ChainError if the account has less there
 */
export async function exit(context: Context, whose: string, text: string, flags: SendFlags): Promise<void> {
  const named = asAddress({ text: whose, source: "<vault or prover>" });
  const wanted =
    text === "all" ? undefined : asSomeTokens({ text, source: "<amount>" }, flags.wei, ", or `all`");
  const session = await openSession(context, flags);
  const signer = await openSigner(context, session.chain, flags);
  const { system, chain } = session;
  const prover = await proverNamed(session, named, "<vault or prover>");
  const head = await headOf(session);
  const { vault } = await lensOf(session, head.number).prover(prover);
  const at = { address: vault, abi: erc4626Abi } as const;
  const held = await chain.client.readContract({ ...at, functionName: "balanceOf", args: [signer.address] });
  const worth = await chain.client.readContract({ ...at, functionName: "convertToAssets", args: [held] });
  if (held === 0n || (wanted !== undefined && wanted > worth)) {
    throw new ChainError(
      "refused",
      `${getAddress(signer.address)} has ${held === 0n ? "nothing" : tokens(worth, system.symbol)} in this vault${wanted === undefined ? "" : `, and ${tokens(wanted, system.symbol)} are asked for`}`,
      "`provender positions` shows what it has where",
    );
  }
  // Rounded up: no less than what was asked for leaves.
  const shares = wanted === undefined ? held : min(held, (held * wanted + worth - 1n) / worth);
  const leaving = await chain.client.readContract({ ...at, functionName: "convertToAssets", args: [shares] });
  const delay = await delayOf(session);
  const args = [shares, signer.address, signer.address] as const;
  const { transactions, receipts } = await perform(
    context,
    session,
    signer,
    [
      {
        says: `ask for the exit of ${tokens(leaving, system.symbol)} (${amount(shares)} shares) from the vault of prover ${getAddress(prover)}: it earns nothing from now on, can be slashed until it is redeemed, and is due in ${duration(delay)}`,
        call: { address: vault, abi: iProverVaultAbi, functionName: "requestRedeem", args },
      },
    ],
    flags,
  );
  const [priced] = parseEventLogs({
    ...{ abi: iProverVaultAbi, eventName: "ExitPriced", logs: receipts.flatMap(({ logs }) => logs) },
  });
  const assets = priced?.args.assets ?? leaving;
  const dueAt = (flags.dryRun ? head.timestamp : (await headOf(session)).timestamp) + delay + 1n;
  if (flags.json) {
    printJson(context, { prover: getAddress(prover), vault, shares, assets, dueAt, transactions });
    return;
  }
  context.out(
    `${flags.dryRun ? "would leave" : "leaves"}: ${tokens(assets, system.symbol)}, due ${moment(dueAt, head.timestamp)}; then \`provender redeem ${getAddress(prover)}\`\n`,
  );
}

/**
 * Everything of the account that is due in one vault, paid to it; in all vaults if none is named.
 * @throws UsageError for what is no vault or prover; ChainError `not-ready` if nothing is due
 */
export async function redeem(context: Context, whose: string | undefined, flags: SendFlags): Promise<void> {
  const named = whose === undefined ? undefined : asAddress({ text: whose, source: "[vault or prover]" });
  const session = await openSession(context, flags);
  const signer = await openSigner(context, session.chain, flags);
  const { symbol } = session.system;
  const prover = named === undefined ? undefined : await proverNamed(session, named, "[vault or prover]");
  const { now, positions } = await positionsOf(session, signer.address, prover);
  const due = positions.filter(({ exits }) => exits.some(({ dueAt }) => dueAt <= now));
  if (due.length === 0) {
    const next = positions
      .flatMap(({ exits }) => exits.map(({ dueAt }) => dueAt))
      .sort((a, b) => Number(a - b))[0];
    throw new ChainError(
      "not-ready",
      next === undefined ? "no exit was asked for" : `no exit is due: the next one is ${moment(next, now)}`,
      next === undefined ? "ask with `provender exit`" : "run it again then",
    );
  }
  const sumOf = ({ exits }: Position) =>
    exits.reduce((sum, { assets, dueAt }) => (dueAt <= now ? sum + assets : sum), 0n);
  const intents = due.map((position) => ({
    says: `redeem ${tokens(sumOf(position), symbol)} from the vault of prover ${getAddress(position.prover)}`,
    call: {
      ...{ address: position.vault, abi: iProverVaultAbi, functionName: "claimDue" },
      args: [signer.address],
    },
  }));
  const { transactions } = await perform(context, session, signer, intents, flags);
  const assets = due.reduce((sum, position) => sum + sumOf(position), 0n);
  if (flags.json) {
    const paid = due.map((each) => ({
      prover: getAddress(each.prover),
      vault: each.vault,
      assets: sumOf(each),
    }));
    printJson(context, { assets, paid, transactions });
  } else context.out(`${flags.dryRun ? "would be paid" : "paid"}: ${tokens(assets, symbol)}\n`);
}

type WhoFlags = ChainFlags & SignerFlags;

/**
 * The exits of an account in all vaults.
 * @throws UsageError for what is no address, or no key; ChainError if the chain cannot be read
 */
export async function exits(context: Context, text: string | undefined, flags: WhoFlags): Promise<void> {
  const session = await openSession(context, flags);
  const who = await accountOf(context, session.chain, { text, source: "[address]" }, flags);
  const { now, positions } = await positionsOf(session, who);
  const all = positions.flatMap(({ prover, vault, exits: own }) =>
    own.map((each) => ({ prover, vault, ...each })),
  );
  if (flags.json) {
    printJson(context, {
      account: getAddress(who),
      exits: all.map((each) => ({ ...each, prover: getAddress(each.prover), due: each.dueAt <= now })),
    });
    return;
  }
  if (all.length === 0) {
    context.out(`${getAddress(who)} has asked for no exit that is not paid\n`);
    return;
  }
  const rows = all.map(({ prover, assets, dueAt }) => [
    shortAddress(prover),
    amount(assets),
    moment(dueAt, now),
    dueAt <= now ? "redeem now" : "waits",
  ]);
  context.out(
    `${table(["prover", `worth in ${session.system.symbol}`, "due", "state"], rows, 1)}\n\nan exit can be slashed until it is redeemed, also after it is due: \`provender redeem\` takes all that is\n`,
  );
}

/**
 * What an account has in every vault: shares, value, gain since they were bought, exits, and what could be lost (wei).
 * @throws UsageError for what is no address, or no key; ChainError if the chain cannot be read
 */
export async function positions(context: Context, text: string | undefined, flags: WhoFlags): Promise<void> {
  const session = await openSession(context, flags);
  const { symbol } = session.system;
  const who = await accountOf(context, session.chain, { text, source: "[address]" }, flags);
  const { now, number, positions: all } = await positionsOf(session, who);
  const gains = await Promise.all(
    all.map((each) => gainOf(session, { ...each, sharePrice: each.view.sharePrice }, who, number)),
  );
  if (flags.json) {
    printJson(context, {
      account: getAddress(who),
      positions: all.map(({ view, ...each }, i) => ({
        ...each,
        prover: getAddress(each.prover),
        state: STATES[view.state],
        gain: gains[i]?.gain ?? null,
        rounding: gains[i]?.rounding ?? null,
        couldBeSlashed: slashable(view, each),
      })),
    });
    return;
  }
  if (all.length === 0) {
    context.out(`${getAddress(who)} has no shares and no exits; \`provender provers\` says whom to trust\n`);
    return;
  }
  const rows = all.map((each, i) => {
    const gain = gains[i];
    return [
      shortAddress(each.prover),
      STATES[each.view.state] ?? "",
      amount(each.shares),
      amount(each.value),
      gain === undefined ? "–" : signed(beyondRounding(gain.gain, gain.rounding)),
      amount(each.vesting),
      amount(each.exits.reduce((sum, { assets }) => sum + assets, 0n)),
      each.exits[0] === undefined ? "–" : moment(each.exits[0].dueAt, now),
      amount(slashable(each.view, each)),
    ];
  });
  const head = [
    "prover",
    "state",
    "shares",
    "worth",
    "gain",
    "vesting",
    "leaving",
    "next due",
    "could be slashed",
  ];
  context.out(
    `${table(head, rows, 2)}\n\n${getAddress(who)}, in ${symbol}; the gain is of what was deposited by this account itself, with what has left since, and without what still vests for its shares; what could be slashed is its part of the collateral that is locked now\n`,
  );
}

export interface Position {
  readonly prover: Address;
  readonly vault: Address;
  readonly shares: bigint;
  /** What the shares are worth now, vested. */
  readonly value: bigint;
  /** What they will be worth besides, once all rewards have vested, in wei: a deposit pays for it, an exit leaves it. */
  readonly vesting: bigint;
  readonly exits: readonly { readonly shares: bigint; readonly assets: bigint; readonly dueAt: bigint }[];
  readonly view: ProverView;
}

/** Everything of an account, in all vaults or in one prover's, as of one block. */
async function positionsOf(session: Session, who: Address, only?: Address) {
  const { chain } = session;
  const { number, timestamp: now } = await headOf(session);
  const lens = lensOf(session, number);
  const views = only === undefined ? await lens.provers() : [await lens.prover(only)];
  const calls = views.map(({ vault }) => ({ address: vault, args: [who] as const }));
  const held = await readMany(chain.client, {
    ...{ abi: erc20Abi, functionName: "balanceOf", blockNumber: number },
    calls,
  });
  const waiting = await readMany(chain.client, {
    ...{ abi: iProverVaultAbi, functionName: "exitWords", blockNumber: number },
    calls: views.map(({ vault }) => ({ address: vault, args: [who, 0n] as const })),
  });
  const positions: Position[] = [];
  for (const [i, view] of views.entries()) {
    const shares = held[i] ?? 0n;
    if (shares === 0n && (waiting[i]?.[0] ?? 0n) === 0n) continue;
    const prover = lower(view.prover);
    const exits = (await lens.exits(prover, who)).map(({ shares, assets, dueAt }) => ({
      shares,
      assets,
      dueAt,
    }));
    if (shares === 0n && exits.length === 0) continue;
    const value = await chain.client.readContract({
      ...{ address: view.vault, abi: erc4626Abi, functionName: "convertToAssets", args: [shares] },
      blockNumber: number,
    });
    const vesting = (shares * view.unvested) / (view.totalShares + 1n);
    positions.push({ prover, vault: lower(view.vault), shares, value, vesting, exits, view });
  }
  return { now, number, positions };
}

/** An account's part of what is locked: a slash takes the same part of active and unbonding assets. */
function slashable(view: ProverView, { shares, exits }: Pick<Position, "shares" | "exits">): bigint {
  const pool = view.activeAssets + view.unbondingAssets;
  if (pool === 0n || view.totalShares === 0n) return 0n;
  const own =
    (view.activeAssets * shares) / view.totalShares + exits.reduce((sum, { assets }) => sum + assets, 0n);
  return (own * min(view.locked, pool)) / pool;
}

function lossNow(view: ProverView, symbol: string): string {
  const pool = view.activeAssets + view.unbondingAssets;
  if (view.locked === 0n || pool === 0n) return "nothing of the vault is locked now";
  return `${tokens(view.locked, symbol)} of the vault's ${tokens(pool, symbol)} are locked now, and could be slashed`;
}

async function delayOf({ chain, system }: Session): Promise<bigint> {
  return chain.client.readContract({
    ...{ address: system.registry, abi: iProverRegistryAbi, functionName: "unbondingDelay" },
  });
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { iProofMarketAbi, iProverRegistryAbi } from "../../chain/abi.ts";
import { ChainError } from "../../chain/errors.ts";
import { lower } from "../../chain/system.ts";
import type { Address } from "../../core/types.ts";
import { asSomeTokens, asTokens, tokens } from "../amounts.ts";
import { asAddress, asSomebody, NOBODY } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { type DepositFlags, depositing } from "../deposit.ts";
import { moment } from "../durations.ts";
import { UsageError } from "../errors.ts";
import { percent } from "../format.ts";
import { headOf, lensOf, STATES } from "../lens.ts";
import { asPercent } from "../percents.ts";
import { openSession, type Session } from "../session.ts";
import { openSigner } from "../signing.ts";
import { allowing, type Intent, perform, requireTokens, type SendFlags } from "../transactions.ts";

const ACTIVE = 1;
const INACTIVE = 2;
const JAILED = 3;

export interface RegisterFlags extends SendFlags {
  readonly stake: string;
  readonly commission: string;
  readonly payout?: string;
}

/**
 * Becomes a prover, with a vault and a stake of its own (wei).
 * @throws UsageError for too low a stake or too high a commission; ChainError if it is one, or while all is paused
 */
export async function register(context: Context, flags: RegisterFlags): Promise<void> {
  const stake = asTokens({ text: flags.stake, source: "--stake" }, flags.wei);
  const bps = asPercent({ text: flags.commission, source: "--commission" });
  const given =
    flags.payout === undefined ? undefined : asSomebody({ text: flags.payout, source: "--payout" });
  const { session, signer, registry } = await open(context, flags);
  const { client } = session.chain;
  const payout = given ?? signer.address;
  const [{ state, vault }, least, most, paused] = await Promise.all([
    client.readContract({ ...registry, functionName: "proverRecord", args: [signer.address] }),
    client.readContract({ ...registry, functionName: "minSelfStake" }),
    client.readContract({ ...registry, functionName: "maxCommissionBps" }),
    client.readContract({ ...registry, functionName: "paused" }),
  ]);
  if (state !== 0) {
    throw new ChainError(
      "refused",
      `${getAddress(signer.address)} is registered already, with vault ${getAddress(vault)}`,
      "`provender prover status` shows it, and `provender prover top-up` adds stake",
    );
  }
  if (stake < least) {
    throw new UsageError(
      `--stake: ${flags.stake} is below the ${tokens(least, session.system.symbol)} that a prover must stake itself`,
      "give at least that much",
    );
  }
  if (bps > most) {
    throw new UsageError(`--commission: the most is ${percent(Number(most))}`, "give that or less");
  }
  if (paused)
    throw new ChainError("not-ready", "registrations are paused by the guardian", "try again later");
  await requireTokens(session, signer.address, stake);
  const intents: Intent[] = [
    ...(await allowing(session, signer.address, session.system.registry, stake, "the registry")),
    {
      says: `register ${getAddress(signer.address)} with ${tokens(stake, session.system.symbol)} of its own at stake, a commission of ${percent(Number(bps))} paid to ${getAddress(payout)}, and a vault of its own`,
      call: { ...registry, functionName: "register", args: [stake, bps, payout] },
    },
  ];
  const { transactions } = await perform(context, session, signer, intents, flags);
  const will = await client.readContract({ ...registry, functionName: "vaultOf", args: [signer.address] });
  tell(
    context,
    flags,
    {
      prover: getAddress(signer.address),
      vault: will,
      stake,
      commissionBps: Number(bps),
      payout: getAddress(payout),
      transactions,
    },
    `${getAddress(signer.address)} ${flags.dryRun ? "would be" : "is"} a prover; its vault ${flags.dryRun ? "would be" : "is"} ${will}. Next: \`provender prover run\``,
  );
}

export interface CommissionFlags extends SendFlags {
  readonly for?: string;
}

/**
 * Sets the part that a prover keeps of what its vault earns, in basis points.
 * @throws UsageError for more than the most, an unknown --for, or anybody else's key; ChainError if it is refused
 */
export async function setCommission(context: Context, text: string, flags: CommissionFlags): Promise<void> {
  const bps = asPercent({ text, source: "<percent>" });
  const { session, signer, registry, record } = await openAsProver(context, flags);
  const { client } = session.chain;
  const source = sourceOf(flags.for, session);
  const [most, notice, entry, head] = await Promise.all([
    client.readContract({ ...registry, functionName: "maxCommissionBps" }),
    client.readContract({ ...registry, functionName: "commissionNotice" }),
    client.readContract({ ...registry, functionName: "commissionEntry", args: [signer.address, source] }),
    headOf(session),
  ]);
  if (bps > most) {
    throw new UsageError(`<percent>: the most is ${percent(Number(most))}`, "give that or less");
  }
  const now = source === NOBODY || entry.bps <= 10_000n ? entry.bps : undefined;
  const of = flags.for === undefined ? "" : ` of ${flags.for}`;
  const rate = percent(Number(bps));
  const before =
    now ??
    (await client.readContract({
      ...registry,
      functionName: "commissionOf",
      args: [signer.address, source],
    }));
  const prover = getAddress(signer.address);
  const facts = { prover, source, beforeBps: Number(before), bps: Number(bps), vault: record.vault };
  // What was announced goes by setting the present rate again.
  if (now === bps && entry.nextAt === 0n) {
    unchanged(context, flags, facts, `the commission${of} is ${rate} already`);
    return;
  }
  // Announcing it again would have its notice begin again.
  if (entry.nextAt > 0n && entry.nextBps === bps) {
    const { nextAt } = entry;
    const says = `the commission${of} is ${rate} from ${moment(nextAt, head.timestamp)} on, as is announced already`;
    unchanged(context, flags, { ...facts, from: nextAt }, says);
    return;
  }
  const from = bps > before ? head.timestamp + notice : head.timestamp;
  const when =
    bps > before ? `from ${moment(from, head.timestamp)} on, as every increase is announced` : "at once";
  const intents = [
    {
      says: `set the commission${of} from ${percent(Number(before))} to ${rate}, ${when}`,
      call: { ...registry, functionName: "setCommission", args: [source, bps] },
    },
  ];
  const { transactions } = await perform(context, session, signer, intents, flags);
  const verb = flags.dryRun ? "would be" : "is";
  tell(context, flags, { ...facts, from, transactions }, `the commission${of} ${verb} ${rate} ${when}`);
}

/** Fees are the market's, rewards the distributor's; without a source, the rate of all that has none of its own. */
function sourceOf(text: string | undefined, { system }: Session): Address {
  if (text === undefined) return NOBODY;
  if (text === "fees") return system.market;
  if (text === "rewards") return system.distributor;
  throw new UsageError(`--for: neither fees nor rewards: ${text}`, "leave it out to set both at once");
}

/**
 * Sets where commission is paid.
 * @throws UsageError for the zero address, or for anybody else's key; ChainError if it is refused
 */
export async function setPayout(context: Context, text: string, flags: SendFlags): Promise<void> {
  const payout = asSomebody({ text, source: "<address>" });
  const { session, signer, registry, record } = await openAsProver(context, flags);
  const to = getAddress(payout);
  const facts = { prover: getAddress(signer.address), payout: to };
  if (lower(record.payout) === payout) {
    unchanged(context, flags, facts, `commission is paid to ${to} already`);
    return;
  }
  const says = `set the payout address from ${getAddress(record.payout)} to ${to}: it is paid all commission, what is owed now included`;
  const intents = [{ says, call: { ...registry, functionName: "setPayout", args: [payout] } }];
  const { transactions } = await perform(context, session, signer, intents, flags);
  const verb = flags.dryRun ? "would be" : "is";
  tell(context, flags, { ...facts, transactions }, `commission ${verb} paid to ${to}`);
}

export interface SubmitterFlags extends SendFlags {
  readonly revoke?: true;
  readonly accept?: true;
}

/**
 * Both have to agree: the prover names the submitter, and the submitter accepts the prover.
 * @throws UsageError for both --revoke and --accept, or a key that is no prover's; ChainError if it is refused
 */
export async function submitter(context: Context, text: string, flags: SubmitterFlags): Promise<void> {
  const found = { text, source: "<address>" };
  // Who accepts nobody acts for nobody any more.
  const other = flags.accept ? asAddress(found) : asSomebody(found);
  if (flags.revoke && flags.accept) {
    throw new UsageError("--revoke and --accept exclude each other", "give one of them");
  }
  const { session, signer } = flags.accept ? await open(context, flags) : await openAsProver(context, flags);
  const { client } = session.chain;
  const market = { address: session.system.market, abi: iProofMarketAbi } as const;
  const [prover, by] = flags.accept ? [other, signer.address] : [signer.address, other];
  const [approved, accepted] = await client.readContract({
    ...{ ...market, functionName: "submitterOf", args: [prover, by] },
  });
  const [who, whom] = [getAddress(by), getAddress(prover)];
  const isSo = flags.accept ? accepted : approved === !flags.revoke;
  if (isSo) {
    const done = flags.accept ? "accepted" : flags.revoke ? "not approved" : "approved";
    const facts = { prover: whom, submitter: who, agreed: approved && accepted };
    unchanged(context, flags, facts, `${done} already: ${who} for prover ${whom}`);
    return;
  }
  const call = flags.accept
    ? { ...market, functionName: "acceptProver", args: [prover] }
    : { ...market, functionName: "approveSubmitter", args: [by, !flags.revoke] };
  const says = flags.accept
    ? prover === NOBODY
      ? `let ${who} act for no prover any more`
      : `let ${who} act for prover ${whom} alone`
    : `${flags.revoke ? "stop" : "let"} ${who} ${flags.revoke ? "from bidding" : "bid, reveal and hand in"} for prover ${whom}`;
  const { transactions } = await perform(context, session, signer, [{ says, call }], flags);
  const both = flags.accept ? approved : !flags.revoke && accepted;
  const next = flags.dryRun
    ? "no consent was changed"
    : flags.revoke
      ? "it acts no more"
      : both
        ? "both have agreed: run the node with its key and --prover"
        : flags.accept
          ? `now the prover: \`provender prover submitter ${who}\``
          : `now the submitter, with its own key: \`provender prover submitter --accept ${whom}\``;
  tell(context, flags, { prover: whom, submitter: who, agreed: both, transactions }, next);
}

/**
 * Adds to the prover's own stake, in wei.
 * @throws UsageError for 0, or for anybody else's key; ChainError unless the prover is active and has as much
 */
export async function topUp(context: Context, text: string, flags: DepositFlags): Promise<void> {
  const assets = asSomeTokens({ text, source: "<amount>" }, flags.wei);
  const { session, signer, record } = await openAsProver(context, flags);
  if (record.state !== ACTIVE) {
    throw new ChainError(
      "refused",
      `the vault of ${getAddress(signer.address)} takes no deposits: the prover is ${STATES[record.state]}`,
      record.state === INACTIVE
        ? "`provender prover activate AMOUNT` brings it back, with stake"
        : "only the owner can free it",
    );
  }
  await requireTokens(session, signer.address, assets);
  const { timestamp: now } = await headOf(session);
  const deposit = { vault: lower(record.vault), assets, prover: signer.address, now };
  const intents = await depositing(session, signer, deposit, flags);
  const { transactions } = await perform(context, session, signer, intents, flags);
  const { selfStake } = await lensOf(session, (await headOf(session)).number).prover(signer.address);
  tell(
    context,
    flags,
    { prover: getAddress(signer.address), assets, selfStake, transactions },
    `own stake ${tokens(selfStake, session.system.symbol)}${flags.dryRun ? " now" : ""}`,
  );
}

/**
 * Ends bids and deposits, so that the prover's own stake may leave.
 * @throws UsageError for anybody else's key; ChainError while stake is locked, or if the prover is jailed
 */
export async function deactivate(context: Context, flags: SendFlags): Promise<void> {
  const { session, signer, registry, record } = await openAsProver(context, flags);
  if (record.state === INACTIVE) {
    const facts = { prover: getAddress(signer.address), state: "inactive" };
    unchanged(context, flags, facts, "it is inactive already: `provender exit` takes its stake out");
    return;
  }
  if (record.locked > 0n) {
    throw new ChainError(
      "not-ready",
      `${tokens(record.locked, session.system.symbol)} of its stake are locked for open requests`,
      "wait until they have ended: `provender prover status` shows them",
    );
  }
  requireState(record.state, ACTIVE, "deactivated");
  const says = "stop bids and deposits; the prover's own stake may leave then, with `provender exit`";
  const intents = [{ says, call: { ...registry, functionName: "deactivate", args: [] } }];
  const { transactions } = await perform(context, session, signer, intents, flags);
  const prover = getAddress(signer.address);
  const next = flags.dryRun ? "would be inactive" : "is inactive: `provender exit` takes its stake out";
  tell(context, flags, { prover, state: "inactive", transactions }, `${prover} ${next}`);
}

/**
 * Back from inactive, with as much stake (wei) as is missing, or as is given.
 * @throws UsageError for less than is missing, or for anybody else's key; ChainError if it is jailed, or has less
 */
export async function activate(context: Context, text: string | undefined, flags: SendFlags): Promise<void> {
  const given = text === undefined ? undefined : asTokens({ text, source: "[amount]" }, flags.wei);
  const { session, signer, registry, record } = await openAsProver(context, flags);
  if (record.state === ACTIVE && given === undefined) {
    const facts = { prover: getAddress(signer.address), state: "active" };
    unchanged(context, flags, facts, "it is active already");
    return;
  }
  requireState(record.state, INACTIVE, "activated");
  const least = await session.chain.client.readContract({ ...registry, functionName: "minSelfStake" });
  const { selfStake } = await lensOf(session, (await headOf(session)).number).prover(signer.address);
  const missing = least > selfStake ? least - selfStake : 0n;
  const assets = given ?? missing;
  if (assets < missing) {
    throw new UsageError(
      `[amount]: ${text} is below the ${tokens(missing, session.system.symbol)} that its own stake is short of`,
      "give at least that much, or leave it out",
    );
  }
  await requireTokens(session, signer.address, assets);
  const { symbol } = session.system;
  const intents: Intent[] = [
    ...(assets === 0n
      ? []
      : await allowing(session, signer.address, session.system.registry, assets, "the registry")),
    {
      says: `become active again with ${tokens(assets, symbol)} more at stake (own stake now ${tokens(selfStake, symbol)}, at least ${tokens(least, symbol)})`,
      call: { ...registry, functionName: "activate", args: [assets] },
    },
  ];
  const { transactions } = await perform(context, session, signer, intents, flags);
  const prover = getAddress(signer.address);
  const next = flags.dryRun ? "would be active" : "is active: `provender prover run`";
  tell(context, flags, { prover, state: "active", assets, transactions }, `${prover} ${next}`);
}

/**
 * Pays the commission that is owed to the payout address; anybody may.
 * @throws UsageError for what is no prover; ChainError if it is refused
 */
export async function claimCommission(
  context: Context,
  text: string | undefined,
  flags: SendFlags,
): Promise<void> {
  const named = text === undefined ? undefined : asAddress({ text, source: "[prover]" });
  const { session, signer, registry } = await open(context, flags);
  const prover = named ?? signer.address;
  const { state, payout } = await session.chain.client.readContract({
    ...{ ...registry, functionName: "proverRecord", args: [prover] },
  });
  if (state === 0) throw notAProver(prover);
  const { commissionOwed } = await lensOf(session, (await headOf(session)).number).prover(prover);
  const { symbol } = session.system;
  const facts = { prover: getAddress(prover), payout: getAddress(payout) };
  if (commissionOwed === 0n) {
    tell(
      context,
      flags,
      { ...facts, amount: 0n, transactions: [] },
      "nothing is owed now: rewards are claimed with `provender claim`",
    );
    return;
  }
  const says = `pay ${tokens(commissionOwed, symbol)} of commission to ${getAddress(payout)}`;
  const intents = [{ says, call: { ...registry, functionName: "claimCommission", args: [prover] } }];
  const { transactions } = await perform(context, session, signer, intents, flags);
  tell(
    context,
    flags,
    { ...facts, amount: commissionOwed, transactions },
    `${flags.dryRun ? "would be paid" : "paid"}: ${tokens(commissionOwed, symbol)}`,
  );
}

async function open(context: Context, flags: SendFlags) {
  const session = await openSession(context, flags);
  const signer = await openSigner(context, session.chain, flags);
  return {
    session,
    signer,
    registry: { address: session.system.registry, abi: iProverRegistryAbi } as const,
  };
}

/** The same for a prover's own key. @throws UsageError for any other. */
async function openAsProver(context: Context, flags: SendFlags) {
  const opened = await open(context, flags);
  const record = await opened.session.chain.client.readContract({
    ...{ ...opened.registry, functionName: "proverRecord", args: [opened.signer.address] },
  });
  if (record.state === 0) throw notAProver(opened.signer.address);
  return { ...opened, record };
}

/** What whoever gave that address is told. */
export function notAProver(address: Address): UsageError {
  return new UsageError(
    `${getAddress(address)} is not a registered prover`,
    "give a prover's key or address; `provender prover register` makes one",
  );
}

function requireState(state: number, needed: number, done: string): void {
  if (state === needed) return;
  throw new ChainError(
    "refused",
    `a prover that is ${STATES[state]} cannot be ${done}`,
    state === JAILED ? "only the owner can free it" : "`provender prover status` shows how it stands",
  );
}

/** What is so already is not sent: no transaction, and that said. */
function unchanged(context: Context, flags: SendFlags, facts: object, line: string): void {
  tell(context, flags, { ...facts, transactions: [] }, `${line}; nothing was sent`);
}

/** A result for people or programs. */
function tell(context: Context, { json, dryRun }: SendFlags, facts: object, line: string): void {
  if (json) printJson(context, { ...facts, ...(dryRun ? { dryRun } : {}) });
  else context.out(`${line}\n`);
}

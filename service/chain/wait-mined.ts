// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import {
  formatGwei,
  keccak256,
  type PublicClient,
  type Transaction,
  TransactionNotFoundError,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from "viem";
import { broadcast } from "./broadcast.ts";
import { ChainError } from "./errors.ts";
import { type Fees, raisedFees, readGasPrices } from "./fees.ts";
import { type Attempt, latestOf, type Outbox, type Sending } from "./sending.ts";
import { pause as rest, type Signer } from "./signer.ts";

/** A transaction that can never be mined, as what it was made from was not the chain's. */
export class ContradictedError extends ChainError {
  constructor({ hash }: Attempt, why: string) {
    super("inconsistent", `transaction ${hash} can never be mined: ${why}`, "run the command again");
  }
}

/** What was sent was mined, and did nothing. */
export class RevertedError extends ChainError {
  constructor({ transactionHash }: TransactionReceipt) {
    super(
      "refused",
      `transaction ${transactionHash} was mined, and reverted`,
      "run the command again: it checks every condition anew",
    );
  }
}

export interface Delivery {
  readonly client: PublicClient;
  readonly signer: Signer;
  readonly outbox: Outbox;
  readonly log: (line: string) => void;
  /** Told of a transaction that the chain contradicts, so that another takes its place. */
  readonly onContradicted: (sending: Sending, why: string) => void;
}

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 4_000;
/** How often something must be seen before it is believed: nodes behind one address do not all know the same. */
const SIGHTINGS = 3;
/** How often a used nonce is seen without a receipt: nodes count a transaction seconds before they find its receipt. */
const USED_SIGHTINGS = 6;

/** Signs, writes down, and sends. */
export async function attempt({ signer, outbox }: Delivery, sending: Sending, fees: Fees): Promise<Sending> {
  const { to, data, nonce, gas, attempts } = sending;
  const raw = await signer.sign({ to, data, nonce, gas, ...fees });
  const next = { ...sending, attempts: [...attempts, { ...fees, hash: keccak256(raw), raw }] };
  await outbox.write(next);
  await broadcast(signer, raw);
  return next;
}

interface Pursuit {
  readonly sending: Sending;
  /** When its latest attempt was sent. */
  readonly since: number;
  /** How often in a row no node knew that one. */
  readonly missed: number;
  /** What was said of it last. */
  readonly said: string | undefined;
}

/**
 * Waits until one of the attempts is mined, and makes more of them as needed.
 * @throws ChainError if it reverts, another transaction took its nonce, or the signer's patience is over
 */
export async function waitUntilMined(delivery: Delivery, sending: Sending): Promise<TransactionReceipt> {
  const { client, signer } = delivery;
  const giveUp = Date.now() + signer.limits.patience;
  let pursuit: Pursuit = { sending, since: Date.now(), missed: 0, said: undefined };
  let used = 0;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const receipt = await receiptOfAny(client, pursuit.sending);
    if (receipt !== undefined) return succeeded(receipt);
    const next = await client.getTransactionCount({ address: sending.from, blockTag: "latest" });
    if (next <= sending.nonce) {
      pursuit = await pursue(delivery, pursuit);
      if (next < sending.nonce) await requireNoGap(delivery, sending);
    } else if (await isAnyMined(client, pursuit.sending)) used = 0;
    else if (++used === USED_SIGHTINGS) throw replaced(sending);
    if (Date.now() >= giveUp) throw notMined(latestOf(pursuit.sending));
    await rest(signer, pause);
  }
}

/**
 * Why a transaction's nonce can never come up: nodes know of too few before it. Looked at several times, as some nodes
 * hear late of what was sent.
 */
export async function gapBefore(
  { client }: Delivery,
  { from: address, nonce }: Sending,
): Promise<string | undefined> {
  let known = 0;
  for (let sighting = 1; sighting <= SIGHTINGS; sighting++) {
    known = await client.getTransactionCount({ address, blockTag: "pending" });
    if (known >= nonce) return undefined;
    if (sighting < SIGHTINGS) await setTimeout(FIRST_PAUSE * 2 ** sighting);
  }
  return `its nonce is ${nonce}, and ${address} has sent ${known} transactions`;
}

async function requireNoGap(delivery: Delivery, sending: Sending): Promise<void> {
  const gap = await gapBefore(delivery, sending);
  if (gap === undefined) return;
  delivery.onContradicted(sending, gap);
  throw new ContradictedError(latestOf(sending), gap);
}

async function pursue(delivery: Delivery, pursuit: Pursuit): Promise<Pursuit> {
  const { client, signer, log } = delivery;
  const { sending, since } = pursuit;
  const { stuckAfter, maxFee } = signer.limits;
  const latest = latestOf(sending);
  const [known, prices] = await Promise.all([isKnown(client, latest), readGasPrices(client)]);
  const stuck = Date.now() >= since + stuckAfter || prices.baseFee > latest.maxFeePerGas;
  const fees = stuck ? raisedFees(latest, prices, maxFee) : undefined;
  if (fees !== undefined) {
    const next = await attempt(delivery, sending, fees);
    log(
      `transaction ${latest.hash} is stuck: replaced by ${latestOf(next).hash} for up to ${formatGwei(fees.maxFeePerGas)} gwei`,
    );
    return { sending: next, since: Date.now(), missed: 0, said: undefined };
  }
  const missed = known ? 0 : pursuit.missed + 1;
  const dropped = missed >= SIGHTINGS;
  if (dropped) await broadcast(signer, latest.raw);
  const says = dropped
    ? "was dropped: sent again"
    : stuck
      ? "is stuck, and --max-fee allows no more"
      : undefined;
  if (says !== undefined && says !== pursuit.said) log(`transaction ${latest.hash} ${says}`);
  return { ...pursuit, missed: dropped ? 0 : missed, said: says ?? pursuit.said };
}

/** Whether the chain or a pool knows it. */
export async function isKnown(client: PublicClient, sent: Attempt): Promise<boolean> {
  return (await transactionOf(client, sent)) !== undefined;
}

async function transactionOf(client: PublicClient, { hash }: Attempt): Promise<Transaction | undefined> {
  try {
    return await client.getTransaction({ hash });
  } catch (error) {
    if (error instanceof TransactionNotFoundError) return undefined;
    throw error;
  }
}

/** Whether one of the attempts is in a block, though its receipt is not there yet. */
async function isAnyMined(client: PublicClient, { attempts }: Sending): Promise<boolean> {
  const found = await Promise.all(attempts.map((one) => transactionOf(client, one)));
  return found.some((transaction) => typeof transaction?.blockNumber === "bigint");
}

async function receiptOfAny(
  client: PublicClient,
  { attempts }: Sending,
): Promise<TransactionReceipt | undefined> {
  const receipts = await Promise.all(attempts.map(({ hash }) => receiptOf(client, hash)));
  return receipts.find((receipt) => receipt !== undefined);
}

async function receiptOf(
  client: PublicClient,
  hash: Attempt["hash"],
): Promise<TransactionReceipt | undefined> {
  try {
    return await client.getTransactionReceipt({ hash });
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined;
    throw error;
  }
}

function succeeded(receipt: TransactionReceipt): TransactionReceipt {
  if (receipt.status === "success") return receipt;
  throw new RevertedError(receipt);
}

function replaced({ from, nonce }: Sending): ChainError {
  return new ChainError(
    "replaced",
    `another transaction of ${from} was mined with nonce ${nonce}`,
    "if that was you or another instance, run the command again; if nobody knows of it, somebody else has the key",
  );
}

function notMined({ hash }: Attempt): ChainError {
  return new ChainError(
    "not-ready",
    `transaction ${hash} is not mined yet`,
    "run the same command again: it goes on with this transaction, and sends no second one",
  );
}

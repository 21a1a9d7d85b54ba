// SPDX-License-Identifier: AGPL-3.0-only
import { formatEther, formatGwei, type PublicClient, type TransactionReceipt } from "viem";
import { broadcast } from "./broadcast.ts";
import { ChainError } from "./errors.ts";
import { type Fees, feesWithin, type GasPrices, raisedFees, readGasPrices } from "./fees.ts";
import { gasFor } from "./gas.ts";
import {
  type Call,
  forgetful,
  isSameCall,
  isSameKind,
  latestOf,
  type Outbox,
  type Sending,
} from "./sending.ts";
import { pause, type Signer } from "./signer.ts";
import {
  attempt,
  ContradictedError,
  type Delivery,
  gapBefore,
  isKnown,
  waitUntilMined,
} from "./wait-mined.ts";

export interface DeliverOptions {
  readonly outbox?: Outbox | undefined;
  readonly log: (line: string) => void;
}

const PAUSE = 1_000;
/** How many times what a call needs a transaction of it may offer before it is made anew. */
const MOST_SPARE = 4n;
/** How often a transaction is made anew in one run because the chain contradicts it. */
const REMAKES = 3;

/**
 * Sends a call until it is mined: again if it was dropped, for more if it is stuck, always with the same nonce. What
 * is sent is written down first, so that a run that was stopped goes on with the transaction of the one before it.
 * One that the chain's honest answers contradict, because an endpoint lied when it was made, is made anew.
 * @throws what `check` does if the call would fail: nothing is sent then; ChainError if it reverts, is not mined in
 * time, or gas costs more than the signer's limit
 */
export async function deliver(
  client: PublicClient,
  signer: Signer,
  call: Call,
  check: () => Promise<unknown>,
  { outbox = forgetful(), log }: DeliverOptions,
): Promise<TransactionReceipt> {
  const told = new Set<string>();
  const onContradicted = (sending: Sending, why: string) => {
    const { hash } = latestOf(sending);
    if (!told.has(hash)) signer.onRemade(`transaction ${hash} is made anew: ${why}`);
    told.add(hash);
  };
  const delivery: Delivery = { client, signer, outbox, log, onContradicted };
  for (let remakes = 0; ; remakes++) {
    try {
      return await deliverOnce(delivery, call, check);
    } catch (error) {
      if (!(error instanceof ContradictedError) || remakes === REMAKES) throw error;
    }
  }
}

async function deliverOnce(
  delivery: Delivery,
  call: Call,
  check: () => Promise<unknown>,
): Promise<TransactionReceipt> {
  const { client, signer, log } = delivery;
  const { earlier, flaw } = await unfinished(delivery, call);
  let replaced = earlier;
  if (earlier !== undefined && flaw === undefined) {
    if (isSameCall(earlier, call)) {
      await check();
      log(`waiting for transaction ${latestOf(earlier).hash}, which an earlier run sent`);
      // It may have been stopped before that.
      await broadcast(signer, latestOf(earlier).raw);
      return waitUntilMined(delivery, earlier);
    }
    if (!isSameKind(earlier, call) && (await isKnown(client, latestOf(earlier)))) {
      log(`waiting for transaction ${latestOf(earlier).hash}, which this account sent before`);
      await waitUntilMined(delivery, earlier).catch(ifEnded);
      replaced = undefined;
    }
  }
  if (replaced === undefined) await quiet(delivery);
  await check();
  const sending = await begin(delivery, call, replaced);
  log(`sent transaction ${latestOf(sending).hash}`);
  return waitUntilMined(delivery, sending);
}

/** Lets others that use this account have their transactions mined: what they do may be what we are about to do. */
async function quiet({ client, signer, log }: Delivery): Promise<void> {
  const { address, limits } = signer;
  const giveUp = Date.now() + limits.patience;
  for (let waits = 0; ; waits++) {
    const count = (blockTag: "latest" | "pending") => client.getTransactionCount({ address, blockTag });
    const [mined, all] = await Promise.all([count("latest"), count("pending")]);
    if (all <= mined) return;
    if (waits === 0) log(`waiting for transactions of ${address} that were sent elsewhere: ${all - mined}`);
    if (Date.now() >= giveUp) {
      throw new ChainError(
        "not-ready",
        `transactions of ${address} that were sent elsewhere are not mined: ${all - mined}`,
        "wait for them, or have their sender replace them; no two instances should share an account",
      );
    }
    await pause(signer, PAUSE);
  }
}

interface Unfinished {
  /** What this account sent last, if its nonce is still free, and is the next one. */
  readonly earlier: Sending | undefined;
  /** Why it can never be mined as it is. */
  readonly flaw: string | undefined;
}

async function unfinished(delivery: Delivery, call: Call): Promise<Unfinished> {
  const { client, signer, outbox } = delivery;
  const sending = await outbox.read();
  if (sending === undefined) return NOTHING;
  const used = await client.getTransactionCount({ address: signer.address, blockTag: "latest" });
  if (used > sending.nonce) return NOTHING;
  const gap = await gapBefore(delivery, sending);
  if (gap !== undefined) {
    delivery.onContradicted(sending, gap);
    return NOTHING;
  }
  const flaw = await flawOf(delivery, sending, call);
  if (flaw !== undefined) delivery.onContradicted(sending, flaw);
  return { earlier: sending, flaw };
}

const NOTHING: Unfinished = { earlier: undefined, flaw: undefined };

/** Why a transaction that was written down cannot be mined, or must not be sent, though its nonce is the next. */
async function flawOf(
  { client, signer }: Delivery,
  sending: Sending,
  call: Call,
): Promise<string | undefined> {
  const { maxFeePerGas } = latestOf(sending);
  if (maxFeePerGas > signer.limits.maxFee && !(await isKnown(client, latestOf(sending)))) {
    return `it offers ${formatGwei(maxFeePerGas)} gwei, more than --max-fee allows`;
  }
  // What another call uses says nothing of this one.
  if (!isSameCall(sending, call)) return undefined;
  const { estimate, gas } = await gasFor(client, call, signer.account);
  if (sending.gas < estimate) return `it offers ${sending.gas} gas, and uses ${estimate}`;
  // A block may have no room for what it offers beyond what it uses.
  if (sending.gas > MOST_SPARE * gas && !(await isKnown(client, latestOf(sending)))) {
    return `it offers ${sending.gas} gas, and uses ${estimate}`;
  }
  return undefined;
}

/** For a transaction of others' concern it is enough that its nonce is used. */
function ifEnded(error: unknown): void {
  if (!(error instanceof ChainError) || (error.code !== "refused" && error.code !== "replaced")) throw error;
}

/** Takes the place of `earlier`, if there is one, which must not be mined any more. */
async function begin(delivery: Delivery, call: Call, earlier: Sending | undefined): Promise<Sending> {
  const { client, signer } = delivery;
  const { address: from, account, chainId, limits } = signer;
  const [nonce, { gas }, prices, balance] = await Promise.all([
    earlier?.nonce ?? client.getTransactionCount({ address: from, blockTag: "pending" }),
    gasFor(client, call, account),
    readGasPrices(client),
    client.getBalance({ address: from }),
  ]);
  const fees =
    earlier === undefined
      ? feesWithin(prices, limits.maxFee)
      : await feesInPlaceOf(delivery, earlier, prices);
  if (balance < gas * fees.maxFeePerGas) throw tooPoor(from, balance, gas * fees.maxFeePerGas);
  return attempt(delivery, { ...call, chainId, from, nonce, gas, attempts: [] }, fees);
}

/** What nobody knows has not to be outbid. */
async function feesInPlaceOf(
  { client, signer }: Delivery,
  earlier: Sending,
  prices: GasPrices,
): Promise<Fees> {
  const { maxFee } = signer.limits;
  const latest = latestOf(earlier);
  const fees = raisedFees(latest, prices, maxFee);
  if (fees !== undefined) return fees;
  const known = await Promise.all(earlier.attempts.map((one) => isKnown(client, one)));
  return known.includes(true) ? refuse(latest) : feesWithin(prices, maxFee);
}

function refuse({ maxFeePerGas }: Fees): never {
  throw new ChainError(
    "not-ready",
    `an earlier transaction of this account is stuck at ${formatGwei(maxFeePerGas)} gwei, and --max-fee does not allow the eighth more that takes its place`,
    "allow more, or wait until it is mined",
  );
}

function tooPoor(from: string, balance: bigint, needed: bigint): ChainError {
  return new ChainError(
    "refused",
    `${from} holds ${formatEther(balance)} of the chain's own currency, and the gas may cost ${formatEther(needed)}: nothing was sent`,
    "send it the difference, then run it again",
  );
}

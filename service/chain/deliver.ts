// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import { formatEther, formatGwei, type PublicClient, type TransactionReceipt } from "viem";
import { broadcast } from "./broadcast.ts";
import { ChainError } from "./errors.ts";
import { type Fees, raised, readGasPrices, within } from "./fees.ts";
import {
  type Call,
  forgetful,
  isSameCall,
  isSameKind,
  latestOf,
  type Outbox,
  type Sending,
} from "./sending.ts";
import type { Signer } from "./signer.ts";
import { attempt, type Delivery, isKnown, waitUntilMined } from "./wait-mined.ts";

export interface DeliverOptions {
  readonly outbox?: Outbox | undefined;
  readonly log: (line: string) => void;
}

/** Gas is estimated for the state that is known; what is mined meanwhile may add a little. */
const GAS_MARGIN = 4n;
const PAUSE = 1_000;

/**
 * Sends a call until it is mined: again if it was dropped, for more if it is stuck, always with the same nonce. What is
 * sent is written down first, so that a run that was stopped goes on with the transaction of the one before it. `check`
 * throws if the call would fail; nothing is sent then.
 */
export async function deliver(
  client: PublicClient,
  signer: Signer,
  call: Call,
  check: () => Promise<unknown>,
  { outbox = forgetful(), log }: DeliverOptions,
): Promise<TransactionReceipt> {
  const delivery: Delivery = { client, signer, outbox, log };
  let earlier = await unfinished(delivery);
  if (earlier !== undefined && isSameCall(earlier, call)) {
    await check();
    log(`waiting for transaction ${latestOf(earlier).hash}, which an earlier run sent`);
    // It may have been stopped before that.
    await broadcast(signer, latestOf(earlier).raw);
    return waitUntilMined(delivery, earlier);
  }
  if (earlier !== undefined && !isSameKind(earlier, call) && (await isKnown(client, latestOf(earlier)))) {
    log(`waiting for transaction ${latestOf(earlier).hash}, which this account sent before`);
    await waitUntilMined(delivery, earlier).catch(ifEnded);
    earlier = undefined;
  }
  if (earlier === undefined) await quiet(delivery);
  await check();
  const sending = await begin(delivery, call, earlier);
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
    await setTimeout(PAUSE);
  }
}

/** What this account sent last, if its nonce is still free. */
async function unfinished({ client, signer, outbox }: Delivery): Promise<Sending | undefined> {
  const sending = await outbox.read();
  if (sending === undefined) return undefined;
  const used = await client.getTransactionCount({ address: signer.address, blockTag: "latest" });
  return used > sending.nonce ? undefined : sending;
}

/** For a transaction of others' concern it is enough that its nonce is used. */
function ifEnded(error: unknown): void {
  if (!(error instanceof ChainError) || (error.code !== "refused" && error.code !== "replaced")) throw error;
}

/** Takes the place of `earlier`, if there is one, which must not be mined any more. */
async function begin(delivery: Delivery, call: Call, earlier: Sending | undefined): Promise<Sending> {
  const { client, signer } = delivery;
  const { address: from, account, chainId, limits } = signer;
  const [nonce, estimate, prices, balance] = await Promise.all([
    earlier?.nonce ?? client.getTransactionCount({ address: from, blockTag: "pending" }),
    client.estimateGas({ ...call, account, blockTag: "latest" }),
    readGasPrices(client),
    client.getBalance({ address: from }),
  ]);
  const gas = estimate + estimate / GAS_MARGIN;
  const fees =
    earlier === undefined
      ? within(prices, limits.maxFee)
      : (raised(latestOf(earlier), prices, limits.maxFee) ?? refuse(latestOf(earlier)));
  if (balance < gas * fees.maxFeePerGas) throw tooPoor(from, balance, gas * fees.maxFeePerGas);
  return attempt(delivery, { ...call, chainId, from, nonce, gas, attempts: [] }, fees);
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

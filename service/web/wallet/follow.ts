// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Client, Hash, Transaction, TransactionReceipt } from "viem";
import {
  getBlock,
  getBlockNumber,
  getTransaction,
  getTransactionCount,
  getTransactionReceipt,
} from "viem/actions";

/** What has become of a transaction. */
export type Fate =
  | { readonly kind: "pending"; readonly hash: Hash }
  /** Final: no reorganisation takes it back any more. */
  | { readonly kind: "mined"; readonly hash: Hash; readonly block: bigint; readonly isFinal: boolean }
  | { readonly kind: "reverted"; readonly hash: Hash; readonly block: bigint }
  /** The wallet sent another one with its nonce. Repriced: it does the same, and is followed on. */
  | {
      readonly kind: "replaced";
      readonly hash: Hash;
      readonly by: Hash;
      readonly how: "repriced" | "cancelled" | "other";
    }
  /** The endpoint does not answer: nobody knows. */
  | { readonly kind: "unseen"; readonly hash: Hash }
  /** The network knows nothing of it any more. */
  | { readonly kind: "dropped"; readonly hash: Hash }
  /** The block that held it is none of the chain's any more: it waits again. */
  | { readonly kind: "reorganised"; readonly hash: Hash };

export interface Followed {
  readonly hash: Hash;
  readonly from: Address;
  readonly nonce: number;
  readonly to: Address;
  readonly data: Hash;
}

export interface FollowOptions {
  /** Milliseconds between two looks. */
  readonly every?: number;
  /** Looks in which nobody knows of it until it counts as dropped. */
  readonly patience?: number;
  /** What is known of it already; that it was sent, if not given. */
  readonly since?: Fate;
  readonly signal: AbortSignal;
}

/** Blocks among which a replacement is looked for. */
const DEPTH = 32n;
/** Blocks after which it counts as final where the endpoint names no final block. */
const FINAL = 64n;

/** Looks that the endpoint leaves unanswered in a row until it is told. */
const UNANSWERED = 3;

/**
 * Tells each change of what becomes of a transaction, until it is final or lost; also where the endpoint does not
 * answer meanwhile. @throws the signal's reason
 */
export async function* follow(client: Client, sent: Followed, options: FollowOptions): AsyncGenerator<Fate> {
  const { every = 1_500, patience = 20, since, signal } = options;
  const seen: Seen = { ...sent, last: since ?? { kind: "pending", hash: sent.hash }, unknown: 0 };
  let told = seen.last;
  let unanswered = 0;
  yield told;
  for (;;) {
    await pause(every, signal);
    try {
      seen.last = await look(client, seen, patience);
      unanswered = 0;
    } catch {
      unanswered++;
      if (unanswered < UNANSWERED) continue;
    }
    const fate: Fate = unanswered > 0 ? { kind: "unseen", hash: seen.hash } : seen.last;
    if (!isSame(fate, told)) yield fate;
    told = fate;
    if (fate.kind === "dropped" || (fate.kind === "mined" && fate.isFinal)) return;
    if (fate.kind !== "replaced") continue;
    if (fate.how !== "repriced") return;
    seen.hash = fate.by;
    told = seen.last = { kind: "pending", hash: fate.by };
  }
}

interface Seen extends Followed {
  hash: Hash;
  nonce: number;
  last: Fate;
  /** Looks in a row in which nobody knew of it. */
  unknown: number;
}

async function look(client: Client, seen: Seen, patience: number): Promise<Fate> {
  const { hash, last } = seen;
  const receipt = await getTransactionReceipt(client, { hash }).catch(orNothing);
  if (receipt !== undefined) {
    seen.unknown = 0;
    return minedFate(client, receipt);
  }
  const known = await getTransaction(client, { hash }).catch(orNothing);
  // A wallet may give it another one than was next when it was asked.
  if (known !== undefined) seen.nonce = known.nonce;
  const count = await getTransactionCount(client, { address: seen.from, blockTag: "latest" });
  const by = count > seen.nonce ? await findByNonce(client, seen) : undefined;
  if (by !== undefined && by.hash !== hash) {
    return { kind: "replaced", hash, by: by.hash, how: howReplaced(by, seen) };
  }
  seen.unknown = known === undefined ? seen.unknown + 1 : 0;
  if (seen.unknown >= patience) return { kind: "dropped", hash };
  const wasMined = last.kind === "mined" || last.kind === "reverted" || last.kind === "reorganised";
  return { kind: wasMined ? "reorganised" : "pending", hash };
}

async function minedFate(client: Client, receipt: TransactionReceipt): Promise<Fate> {
  const { transactionHash: hash, blockNumber: block, status } = receipt;
  if (status === "reverted") return { kind: "reverted", hash, block };
  const final = await getBlock(client, { blockTag: "finalized" }).then(
    ({ number }) => number,
    () => undefined,
  );
  const isFinal = final === undefined ? (await getBlockNumber(client)) - block >= FINAL : final >= block;
  return { kind: "mined", hash, block, isFinal };
}

async function findByNonce(client: Client, { from, nonce }: Followed): Promise<Transaction | undefined> {
  const head = await getBlockNumber(client, { cacheTime: 0 });
  for (let number = head; number >= 0n && number > head - DEPTH; number--) {
    const { transactions } = await getBlock(client, { blockNumber: number, includeTransactions: true });
    const found = transactions.find(
      (each) => each.nonce === nonce && each.from.toLowerCase() === from.toLowerCase(),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function howReplaced(by: Transaction, { from, to, data }: Followed): "repriced" | "cancelled" | "other" {
  if (by.to?.toLowerCase() === to.toLowerCase() && by.input === data) return "repriced";
  return by.to?.toLowerCase() === from.toLowerCase() && by.input === "0x" ? "cancelled" : "other";
}

function isSame(a: Fate, b: Fate): boolean {
  return (
    a.kind === b.kind &&
    a.hash === b.hash &&
    (a.kind !== "mined" || b.kind !== "mined" || (a.isFinal === b.isFinal && a.block === b.block))
  );
}

function orNothing(error: Error): undefined {
  if (/could not be found|NotFound/.test(`${error.name} ${error.message}`)) return undefined;
  throw error;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", end);
      resolve();
    }, milliseconds);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}

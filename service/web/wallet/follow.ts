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

/** Tells each change of what becomes of a transaction, until it is final or lost. @throws what the endpoint says */
export async function* follow(client: Client, sent: Followed, options: FollowOptions): AsyncGenerator<Fate> {
  const { every = 1_500, patience = 20, since, signal } = options;
  let { hash } = sent;
  let last: Fate = since ?? { kind: "pending", hash };
  let unknown = 0;
  yield last;
  for (;;) {
    await pause(every, signal);
    const receipt = await getTransactionReceipt(client, { hash }).catch(orNothing);
    if (receipt !== undefined) {
      unknown = 0;
      const fate = await minedFate(client, receipt);
      if (!isSame(fate, last)) yield fate;
      last = fate;
      if (fate.kind === "mined" && fate.isFinal) return;
      continue;
    }
    if (last.kind === "mined" || last.kind === "reverted") {
      last = { kind: "reorganised", hash };
      yield last;
    }
    const count = await getTransactionCount(client, { address: sent.from, blockTag: "latest" });
    if (count > sent.nonce) {
      const by = await findByNonce(client, sent);
      if (by !== undefined && by.hash !== hash) {
        const how = howReplaced(by, sent);
        yield { kind: "replaced", hash, by: by.hash, how };
        if (how !== "repriced") return;
        hash = by.hash;
        last = { kind: "pending", hash };
        continue;
      }
    }
    const known = await getTransaction(client, { hash }).catch(orNothing);
    unknown = known === undefined ? unknown + 1 : 0;
    if (unknown >= patience) {
      yield { kind: "dropped", hash };
      return;
    }
  }
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
    (a.kind !== "mined" || b.kind !== "mined" || a.isFinal === b.isFinal)
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

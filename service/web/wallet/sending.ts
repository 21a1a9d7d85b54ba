// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, type Client, encodeFunctionData, erc20Abi, erc4626Abi } from "viem";
import {
  getBlock,
  getCapabilities,
  getTransaction,
  getTransactionCount,
  readContract,
  sendCalls,
  simulateContract,
  waitForCallsStatus,
  writeContract,
} from "viem/actions";
import type { Network } from "../network.ts";
import { approve, type Call, deposit, depositWithPermit } from "./calls.ts";
import { type Fate, follow } from "./follow.ts";
import { permitting, signPermit } from "./permit.ts";

/** Where sending something stands. */
export type Step =
  | { readonly kind: "checking" }
  | { readonly kind: "asking"; readonly what: string }
  | { readonly kind: "sent"; readonly what: string; readonly fate: Fate };

export interface Sender {
  /** Reads. */
  readonly client: Client;
  readonly wallet: Client;
  readonly account: Address;
  readonly network: Network;
  readonly signal: AbortSignal;
  /** @throws Error instead of "asking" where the wallet's account is another one by then, or nobody waits any more */
  readonly tell: (step: Step) => void;
}

/** It will not happen as it was sent. */
class LostError extends Error {
  override readonly name = "LostError";
}

/**
 * Simulates a call, has the wallet send it, and follows what becomes of it. Resolves once it is mined; what comes
 * after that is told, too. @throws the contract's error if it would be refused, before anything is sent
 */
export async function send(
  sender: Sender,
  call: Call,
  what: string,
  { isLast = true }: { readonly isLast?: boolean } = {},
): Promise<void> {
  const { client, wallet, account, tell, signal } = sender;
  tell({ kind: "checking" });
  const nonce = await getTransactionCount(client, { address: account, blockTag: "pending" });
  await simulateContract(client, { ...call, account } as never);
  tell({ kind: "asking", what });
  const hash = await writeContract(wallet, { ...call, account, chain: wallet.chain } as never);
  const data = encodeFunctionData(call as never);
  const fates = follow(client, { hash, from: account, nonce, to: call.address, data }, { signal });
  await untilMined(fates, { isLast, onFate: (fate) => tell({ kind: "sent", what, fate }) });
}

interface Watching {
  readonly isLast?: boolean;
  readonly onFate: (fate: Fate) => void;
}

/** Resolves once it is mined, and tells on, unless something is told in its place. @throws LostError if it never will be */
function untilMined(fates: AsyncIterable<Fate>, { isLast = true, onFate }: Watching): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const watch = async () => {
      for await (const fate of fates) {
        onFate(fate);
        if (fate.kind === "mined") resolve();
        if (fate.kind === "mined" && !isLast) return;
        const lost = lostWords(fate);
        if (lost !== undefined) reject(new LostError(lost));
      }
    };
    watch().catch(reject);
  });
}

function lostWords(fate: Fate): string | undefined {
  switch (fate.kind) {
    case "reverted":
      return "The transaction was mined and failed: the state changed after it was checked. Only gas was spent.";
    case "dropped":
      return "The network has forgotten the transaction: nothing happened. Send it again.";
    case "replaced":
      if (fate.how === "repriced") return undefined;
      return fate.how === "cancelled"
        ? "The wallet cancelled the transaction: nothing happened."
        : "The wallet sent another transaction in its place: this one did not happen.";
    default:
      return undefined;
  }
}

/** Seconds for which a permit holds. */
const PERMIT_SECONDS = 1_800n;
/** Of the shares that are shown, what may be missing: a reward that vests meanwhile makes a share dearer. */
const SLACK = 1_000n;

export type DepositWay = "permit" | "batch" | "approval";

/** How a deposit goes: by one signature and one transaction, by one batch, or by an approval before it. */
export async function depositWay(
  sender: Omit<Sender, "tell" | "signal">,
): Promise<{ way: DepositWay; permit: Awaited<ReturnType<typeof permitting>> }> {
  const { client, wallet, account, network } = sender;
  const { router, token, chainId } = network;
  const permit =
    router === undefined ? undefined : await permitting(client, { token, owner: account, chainId });
  if (permit !== undefined) return { way: "permit", permit };
  return { way: (await takesBatches(wallet, account, chainId)) ? "batch" : "approval", permit };
}

async function takesBatches(wallet: Client, account: Address, chainId: number): Promise<boolean> {
  try {
    const { atomic } = await getCapabilities(wallet, { account, chainId });
    return atomic?.status === "supported" || atomic?.status === "ready";
  } catch {
    return false;
  }
}

/** Deposits `assets`, in wei, into a vault for the sender. @throws LostError if it has fewer; what the wallet says */
export async function sendDeposit(sender: Sender, vault: Address, assets: bigint): Promise<void> {
  const { client, wallet, account, network, tell } = sender;
  tell({ kind: "checking" });
  const { way, permit } = await depositWay(sender);
  const { token, router } = network;
  const balance = await readContract(client, {
    ...{ address: token, abi: erc20Abi, functionName: "balanceOf", args: [account] },
  } as const);
  if (balance < assets) throw new LostError("There are not enough tokens in this account. Give less.");
  if (way === "permit" && permit !== undefined && router !== undefined) {
    const shares = await readContract(client, {
      ...{ address: vault, abi: erc4626Abi, functionName: "previewDeposit", args: [assets] },
    } as const);
    const { timestamp } = await getBlock(client);
    const deadline = timestamp + PERMIT_SECONDS;
    tell({ kind: "asking", what: "Sign the permit: it lets the router take exactly this amount" });
    const signed = await signPermit(wallet, permit, {
      owner: account,
      spender: router,
      value: assets,
      deadline,
    });
    const terms = { vault, assets, minShares: shares - shares / SLACK, receiver: account };
    await send(sender, depositWithPermit(router, terms, signed), "Deposit");
    return;
  }
  const calls = [approve(token, vault, assets), deposit(vault, assets, account)];
  if (way === "batch") {
    await sendBatch(sender, calls);
    return;
  }
  const allowed = await readContract(client, {
    ...{ address: token, abi: erc20Abi, functionName: "allowance", args: [account, vault] },
  } as const);
  // More than this deposit needs is no reason to ask for less; what was left of an older one is not enough.
  if (allowed < assets)
    await send(sender, calls[0] as Call, "Approve exactly this amount", { isLast: false });
  await send(sender, calls[1] as Call, "Deposit");
}

async function sendBatch(
  { client, wallet, account, signal, tell }: Sender,
  calls: readonly Call[],
): Promise<void> {
  const what = "Approve and deposit";
  tell({ kind: "asking", what: "Approve and deposit in one batch" });
  const { id } = await sendCalls(wallet, {
    ...{ account, chain: wallet.chain, forceAtomic: true },
    calls: calls.map((call) => ({ to: call.address, data: encodeFunctionData(call as never) })),
  } as never);
  const { status, receipts } = await waitForCallsStatus(wallet, { id, timeout: 600_000 });
  const receipt = receipts?.at(-1);
  if (status !== "success" || receipt === undefined)
    throw new LostError("The batch failed: nothing happened.");
  const { transactionHash: hash, blockNumber: block } = receipt;
  // Which transaction holds a batch is the wallet's to know; one that the chain knows is followed as any other.
  const sent = await getTransaction(client, { hash }).catch(() => undefined);
  const onFate = (fate: Fate) => tell({ kind: "sent", what, fate });
  const since = { kind: "mined", hash, block, isFinal: false } as const;
  onFate(since);
  if (!sent?.to) return;
  const { from, nonce, to, input: data } = sent;
  const fates = follow(client, { hash, from, nonce, to, data }, { signal, since });
  untilMined(fates, { onFate }).catch(() => undefined);
}

// SPDX-License-Identifier: AGPL-3.0-only
import {
  type Abi,
  type Account,
  BaseError,
  type Chain,
  ContractFunctionRevertedError,
  createTestClient,
  http,
  type PublicActions,
  publicActions,
  type TestClient,
  type TransactionReceipt,
  type Transport,
  type WalletActions,
  walletActions,
} from "viem";
import { foundry } from "viem/chains";
import { spawnAnvil } from "../anvil.ts";
import { refused } from "./print.ts";
import { within } from "./within.ts";

export type LocalClient = TestClient<"anvil", Transport, Chain, Account | undefined> &
  PublicActions<Transport, Chain> &
  WalletActions<Chain>;

export interface LocalChain {
  readonly url: string;
  readonly client: LocalClient;
  readonly accounts: readonly `0x${string}`[];
  readonly stop: () => void;
}

export interface Call {
  readonly address: `0x${string}`;
  readonly abi: Abi;
  readonly functionName: string;
  readonly args: readonly unknown[];
}

export function callOf(address: `0x${string}`, abi: Abi, functionName: string, ...args: unknown[]): Call {
  return { address, abi, functionName, args };
}

/** A local chain with `count` funded, unlocked accounts, on port 8545 if that is free. */
export async function startLocalChain(count: number): Promise<LocalChain> {
  const args = ["--accounts", String(count), "--slots-in-an-epoch", "1"];
  const { rpcUrl, stop } = await within(
    "a local chain to listen",
    spawnAnvil(8_545, args).catch(() => spawnAnvil(0, args)),
  );
  const client = createTestClient({
    chain: foundry,
    mode: "anvil",
    transport: http(rpcUrl, { timeout: 120_000 }),
    pollingInterval: 20,
  })
    .extend(publicActions)
    .extend(walletActions) as LocalClient;
  await client.setLoggingEnabled(false);
  return { url: rpcUrl, client, accounts: await client.getAddresses(), stop };
}

/** Sends a call from an unlocked account and waits for it. Reverts are thrown with their decoded error. */
export async function send(
  client: LocalClient,
  from: `0x${string}`,
  call: Call,
): Promise<TransactionReceipt> {
  const { request } = await client.simulateContract({ ...call, account: from });
  const hash = await client.writeContract(request as Parameters<LocalClient["writeContract"]>[0]);
  const receipt = await client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
  if (receipt.status !== "success")
    throw new Error(`${call.functionName} reverted in block ${receipt.blockNumber}`);
  return receipt;
}

/** Shows that a call is refused, for this reason and no other. */
export async function mustRefuse(
  client: LocalClient,
  from: `0x${string}`,
  { what, call, error }: { readonly what: string; readonly call: Call; readonly error: string },
): Promise<void> {
  const reason = await refusal(client, from, call);
  if (reason !== error) throw new Error(`${what}: must be refused as ${error}, not as ${reason}`);
  refused(what, reason);
}

async function refusal(client: LocalClient, from: `0x${string}`, call: Call): Promise<string> {
  try {
    await client.simulateContract({ ...call, account: from });
  } catch (error) {
    const reverted =
      error instanceof BaseError
        ? error.walk((cause) => cause instanceof ContractFunctionRevertedError)
        : null;
    if (reverted instanceof ContractFunctionRevertedError) {
      return reverted.data?.errorName ?? reverted.reason ?? reverted.signature ?? reverted.shortMessage;
    }
    throw error;
  }
  return "nothing: it was accepted";
}

export async function timestamp(client: LocalClient): Promise<bigint> {
  return (await client.getBlock()).timestamp;
}

/** Mines a block at `time`. */
export async function travelTo(client: LocalClient, time: bigint): Promise<void> {
  await client.setNextBlockTimestamp({ timestamp: time });
  await client.mine({ blocks: 1 });
}

/** Mines until what has happened so far is final on a chain started with one slot an epoch. */
export async function finalize(client: LocalClient): Promise<void> {
  await client.mine({ blocks: 3, interval: 1 });
}

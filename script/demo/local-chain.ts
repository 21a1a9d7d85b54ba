// SPDX-License-Identifier: AGPL-3.0-only
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
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
  type Transport,
  type WalletActions,
  walletActions,
} from "viem";
import { foundry } from "viem/chains";
import { foundryBinary } from "../foundry.mjs";

export type LocalClient = TestClient<"anvil", Transport, Chain, Account | undefined> &
  PublicActions<Transport, Chain> &
  WalletActions<Chain>;

export interface LocalChain {
  readonly url: string;
  readonly client: LocalClient;
  readonly accounts: readonly `0x${string}`[];
  readonly process: ChildProcess;
}

export interface Call {
  readonly address: `0x${string}`;
  readonly abi: Abi;
  readonly functionName: string;
  readonly args: readonly unknown[];
}

async function freePort(preferred: number): Promise<number> {
  for (const port of [preferred, 0]) {
    const found = await new Promise<number | undefined>((resolve) => {
      const probe = createServer();
      probe.once("error", () => resolve(undefined));
      probe.listen(port, "127.0.0.1", () => {
        const address = probe.address();
        probe.close(() => resolve(typeof address === "object" ? address?.port : undefined));
      });
    });
    if (found !== undefined) return found;
  }
  throw new Error("no free port on 127.0.0.1");
}

/** A local chain with `count` funded, unlocked accounts, on port 8545 if that is free. */
export async function startLocalChain(count: number): Promise<LocalChain> {
  const port = await freePort(8545);
  const url = `http://127.0.0.1:${port}`;
  const anvil = spawn(
    foundryBinary("anvil"),
    ["--port", String(port), "--accounts", String(count), "--slots-in-an-epoch", "1", "--silent"],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  process.once("exit", () => anvil.kill());
  const client = createTestClient({
    chain: foundry,
    mode: "anvil",
    transport: http(url),
    pollingInterval: 20,
  })
    .extend(publicActions)
    .extend(walletActions) as LocalClient;
  for (let tries = 0; ; tries += 1) {
    if (anvil.exitCode !== null) throw new Error(`anvil ended with exit code ${anvil.exitCode}`);
    try {
      return { url, client, accounts: await client.getAddresses(), process: anvil };
    } catch (error) {
      if (tries > 200) throw error;
      await sleep(50);
    }
  }
}

/** Sends a call from an unlocked account and waits for it. Reverts are thrown with their decoded error. */
export async function send(client: LocalClient, from: `0x${string}`, call: Call): Promise<bigint> {
  const { request } = await client.simulateContract({ ...call, account: from });
  const hash = await client.writeContract(request as Parameters<LocalClient["writeContract"]>[0]);
  const receipt = await client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
  if (receipt.status !== "success")
    throw new Error(`${call.functionName} reverted in block ${receipt.blockNumber}`);
  return receipt.gasUsed;
}

/** The error that a call is refused with; throws if it is not refused. */
export async function refusal(client: LocalClient, from: `0x${string}`, call: Call): Promise<string> {
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
  throw new Error(`${call.functionName} was accepted, but must be refused`);
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

// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import {
  createTestClient,
  type Hex,
  http,
  publicActions,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
  toHex,
  walletActions,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { foundry } from "viem/chains";
import { spawnAnvil } from "../../../script/anvil.ts";

/** Genesis of every test chain: in the future of whoever runs the tests, so that the clock only ever moves when told. */
const GENESIS = 2_000_000_000;

const ACCOUNTS = 16;

export interface Anvil {
  readonly rpcUrl: string;
  readonly client: TestClient;
  readonly stop: () => void;
}

export type TestClient = ReturnType<typeof testClient>;

export interface AnvilOptions {
  readonly chainId?: number;
  readonly gasLimit?: bigint;
  /** How many blocks' state is kept, like a node without an archive. */
  readonly states?: number;
}

/** A local chain on a port of its own, which does not outlive the process of the test. */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const args = ["--timestamp", String(GENESIS), "--slots-in-an-epoch", "1", "--accounts", String(ACCOUNTS)];
  if (options.chainId !== undefined) args.push("--chain-id", String(options.chainId));
  if (options.gasLimit !== undefined) args.push("--gas-limit", String(options.gasLimit));
  if (options.states !== undefined) args.push("--prune-history", String(options.states));
  const { rpcUrl, stop } = await spawnAnvil(0, args);
  try {
    const client = testClient(rpcUrl);
    await client.setLoggingEnabled(false);
    return { rpcUrl, client, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

export function testClient(rpcUrl: string) {
  return createTestClient({
    mode: "anvil",
    chain: foundry,
    // Large blocks take long on a busy machine.
    transport: http(rpcUrl, { retryCount: 0, timeout: 120_000 }),
    pollingInterval: 20,
    cacheTime: 0,
  })
    .extend(publicActions)
    .extend(walletActions)
    .extend((client) => ({
      // The library's own looks once, and again with each block that comes: here the next one may be waiting for us.
      async waitForTransactionReceipt({ hash }: { readonly hash: Hex }): Promise<TransactionReceipt> {
        for (;;) {
          try {
            return await client.getTransactionReceipt({ hash });
          } catch (error) {
            if (!(error instanceof TransactionReceiptNotFoundError)) throw error;
          }
          await setTimeout(client.pollingInterval);
        }
      },
    }));
}

/** Mines a block at a time. */
export async function travelTo({ client }: Pick<Anvil, "client">, timestamp: bigint): Promise<void> {
  await client.setNextBlockTimestamp({ timestamp });
  await client.mine({ blocks: 1 });
}

/** The same so many seconds after the latest block. */
export async function pass(chain: Pick<Anvil, "client">, seconds: bigint): Promise<void> {
  const { timestamp } = await chain.client.getBlock();
  await travelTo(chain, timestamp + seconds);
}

/** An account's, as published with every local chain; worth nothing anywhere else. */
export function privateKeyOf(addressIndex: number): Hex {
  const phrase = "test test test test test test test test test test test junk";
  return toHex(mnemonicToAccount(phrase, { addressIndex }).getHdKey().privateKey as Uint8Array);
}

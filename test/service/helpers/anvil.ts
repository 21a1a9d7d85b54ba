// SPDX-License-Identifier: AGPL-3.0-only
import { spawn } from "node:child_process";
import { createTestClient, http, publicActions, walletActions } from "viem";
import { foundry } from "viem/chains";
import { foundryBinary } from "../../../script/foundry.mjs";

/** Genesis of every test chain: in the future of whoever runs the tests, so that the clock only ever moves when told. */
const GENESIS = 2_000_000_000;

export interface Anvil {
  readonly rpcUrl: string;
  readonly client: TestClient;
  readonly stop: () => void;
}

export type TestClient = ReturnType<typeof testClient>;

export async function startAnvil(port: number, options: { readonly chainId?: number } = {}): Promise<Anvil> {
  const args = [
    "--port",
    String(port),
    "--timestamp",
    String(GENESIS),
    "--slots-in-an-epoch",
    "1",
    "--silent",
  ];
  if (options.chainId !== undefined) args.push("--chain-id", String(options.chainId));
  // The platform's own binary: killing npm's wrapper would leave the node behind.
  const child = spawn(foundryBinary("anvil"), args, { stdio: "ignore" });
  const stop = () => child.kill("SIGKILL");
  process.once("exit", stop);
  const rpcUrl = `http://127.0.0.1:${port}`;
  const client = testClient(rpcUrl);
  for (let attempt = 0; ; attempt++) {
    try {
      await client.getBlockNumber();
      return { rpcUrl, client, stop };
    } catch (error) {
      if (child.exitCode !== null || attempt > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function testClient(rpcUrl: string) {
  return createTestClient({
    mode: "anvil",
    chain: foundry,
    transport: http(rpcUrl, { retryCount: 0 }),
    pollingInterval: 20,
    cacheTime: 0,
  })
    .extend(publicActions)
    .extend(walletActions);
}

// SPDX-License-Identifier: AGPL-3.0-only
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createTestClient, http, publicActions, walletActions } from "viem";
import { foundry } from "viem/chains";
import { foundryBinary } from "../../../script/foundry.mjs";
import { leashed } from "./leash.ts";

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
  const args = ["--port", "0", "--timestamp", String(GENESIS), "--slots-in-an-epoch", "1"];
  args.push("--accounts", String(ACCOUNTS));
  if (options.chainId !== undefined) args.push("--chain-id", String(options.chainId));
  if (options.gasLimit !== undefined) args.push("--gas-limit", String(options.gasLimit));
  if (options.states !== undefined) args.push("--prune-history", String(options.states));
  // The platform's own binary: killing npm's wrapper would leave the node behind.
  const { child, kill: stop } = leashed(foundryBinary("anvil"), args);
  try {
    const rpcUrl = await listening(child);
    const client = testClient(rpcUrl);
    await client.setLoggingEnabled(false);
    return { rpcUrl, client, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** The port is the system's choice, and anvil prints it; nothing else that it prints is of interest. */
function listening(child: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const hear = (chunk: Buffer) => {
      said += chunk;
      const at = /Listening on (\S+:\d+)/.exec(said)?.[1];
      if (at !== undefined) resolve(`http://${at}`);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("error", reject);
    child.once("close", () => reject(new Error(`anvil ended\n${said}`)));
  });
}

function testClient(rpcUrl: string) {
  return createTestClient({
    mode: "anvil",
    chain: foundry,
    // Large blocks take long on a busy machine.
    transport: http(rpcUrl, { retryCount: 0, timeout: 120_000 }),
    pollingInterval: 20,
    cacheTime: 0,
  })
    .extend(publicActions)
    .extend(walletActions);
}

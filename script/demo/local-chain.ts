// SPDX-License-Identifier: AGPL-3.0-only
import { refusalName } from "../../service/cli/refusals.ts";
import { type TestClient, testClient } from "../../test/service/helpers/anvil.ts";
import { spawnAnvil } from "../anvil.ts";
import { refused } from "./print.ts";

/** A local chain with `count` funded, unlocked accounts, on port 8545 if that is free. */
export async function startLocalChain(count: number) {
  const args = ["--accounts", String(count), "--slots-in-an-epoch", "1"];
  const { rpcUrl: url, stop } = await spawnAnvil(8_545, args).catch(() => spawnAnvil(0, args));
  const client = testClient(url);
  await client.setLoggingEnabled(false);
  return { url, client, accounts: await client.getAddresses(), stop };
}

/** Shows that a call is refused, for this reason and no other. */
export async function mustRefuse(what: string, simulated: Promise<unknown>, error: string): Promise<void> {
  const reason = await simulated.then(() => "nothing: it was accepted", refusalName);
  if (reason !== error) throw new Error(`${what}: must be refused as ${error}, not as ${reason}`);
  refused(what, error);
}

/**
 * Mines a block every so many milliseconds, as other chains do where nobody sends anything: without them the time of
 * this one stands still, and nothing ever comes due. Gives what ends it.
 */
export function keepMining(client: TestClient, everyMs = 5_000): () => void {
  // A chain that is gone has nothing to go on with.
  const mine = () => client.mine({ blocks: 1 }).catch(() => clearInterval(timer));
  const timer = setInterval(mine, everyMs);
  return () => clearInterval(timer);
}

// SPDX-License-Identifier: AGPL-3.0-only
import { foundryBinary } from "./foundry.mjs";
import { listening } from "./leash.ts";

/** A local chain that does not outlive our process. Port 0 leaves the choice to the system. */
export async function spawnAnvil(port: number, args: readonly string[]) {
  // The platform's own binary: killing npm's wrapper would leave the node behind.
  const command = [foundryBinary("anvil"), ["--port", String(port), ...args]] as const;
  const { at, stop } = await listening("anvil", /Listening on (\S+:\d+)/, ...command);
  return { rpcUrl: `http://${at}`, stop };
}

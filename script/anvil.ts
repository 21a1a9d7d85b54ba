// SPDX-License-Identifier: AGPL-3.0-only
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { foundryBinary } from "./foundry.mjs";
import { leashed } from "./leash.ts";

export interface AnvilProcess {
  readonly rpcUrl: string;
  readonly stop: () => void;
}

/** A local chain that does not outlive our process. Port 0 leaves the choice to the system. */
export async function spawnAnvil(port: number, args: readonly string[]): Promise<AnvilProcess> {
  // The platform's own binary: killing npm's wrapper would leave the node behind.
  const { child, kill: stop } = leashed(foundryBinary("anvil"), ["--port", String(port), ...args]);
  try {
    return { rpcUrl: await listening(child), stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** Anvil prints where it listens; nothing else that it prints is of interest. */
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

// SPDX-License-Identifier: AGPL-3.0-only
import { spawn } from "node:child_process";
import { setTimeout as rest } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ServerProcess } from "./process.ts";
import type { Stage } from "./stage.ts";

export const COMMAND = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));

/** The flags that lead a command to a stage. */
export function whereOf({ chain, directory }: Stage): string[] {
  return ["--rpc", chain.anvil.rpcUrl, "--distributor", chain.distributor, "--data-dir", directory];
}

/** `provender serve`, which says in its own metrics what it uses. */
export async function provenderServe(stage: Stage): Promise<ServerProcess> {
  const flags = ["--json", "--port", String(freePort()), "--rate-limit", "0"];
  const args = [COMMAND, "serve", ...whereOf(stage), ...flags];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (line) => resolve(JSON.parse(String(line)).url));
    child.once("exit", (code) => reject(new Error(`provender serve ended with ${code}`)));
  });
  return {
    url,
    async usage() {
      const text = await (await fetch(`${url}/metrics`)).text();
      const of = (name: string) => Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1]);
      return {
        cpuSeconds: of("process_cpu_seconds_total"),
        megabytes: of("process_resident_memory_bytes") / 1e6,
      };
    },
    stop: () => void child.kill("SIGKILL"),
  };
}

/** Milliseconds between two questions. */
const OFTEN = 10;

export async function untilReady({ url }: ServerProcess): Promise<void> {
  while ((await fetch(`${url}/ready`)).status !== 200) await rest(OFTEN);
}

/** Where nobody else listens, most likely. */
function freePort(): number {
  return 20_000 + (process.pid % 20_000);
}

// SPDX-License-Identifier: AGPL-3.0-only
import { execPath } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createClient } from "../../service/client/client.mjs";
import { listening, within } from "../leash.ts";
import { refreshPage } from "../page/build.ts";
import type { Prover } from "./cast.ts";
import { chapter, command, good } from "./print.ts";
import { bareEnv } from "./provender.ts";
import type { Stage } from "./setup.ts";

const ENTRY = fileURLToPath(new URL("../../service/cli/provender.mjs", import.meta.url));

/** Serves what the job stored, in a process of its own. @returns the server's address, once it has answered */
export async function serve({ chain, cast, settings }: Stage): Promise<string> {
  chapter("The API, and the page");
  await refreshPage();
  const args = ["serve", "--port", "0", "--rpc", chain.url, "--public-rpc", chain.url];
  command(`npx provender ${args.join(" ")}`);
  const server = [execPath, [ENTRY, ...args], { env: bareEnv(settings) }] as const;
  const { at: url } = await listening("the API", /(http:\/\/[\w.:]+\d)/, ...server);
  await within("the API to be ready", untilReady(url));
  const { name, address } = cast.provers[0] as Prover;
  const params = { path: { address } };
  const { data: proof } = await createClient(url).GET("/v1/provers/{address}/proof", { params });
  if (BigInt(proof?.cumulative ?? 0) === 0n) throw new Error(`${name} must have earned something`);
  good(`epochs, provers and their Merkle proofs are served at ${url}`);
  return url;
}

async function untilReady(url: string): Promise<void> {
  while (!(await fetch(`${url}/ready`, { signal: AbortSignal.timeout(60_000) })).ok) await sleep(200);
}

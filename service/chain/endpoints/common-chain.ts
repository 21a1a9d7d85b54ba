// SPDX-License-Identifier: AGPL-3.0-only
import { ChainError } from "../errors.ts";
import { rested } from "./delay.ts";
import type { Endpoint } from "./endpoint.ts";
import { EndpointError } from "./fault.ts";

interface CommonChainOptions {
  /** How many endpoints must serve it. */
  readonly agreement: number;
  /** The chain that is expected, if one is. */
  readonly chainId?: bigint | undefined;
  readonly rounds?: number | undefined;
  /** Ends the asking: what it was aborted with is thrown. */
  readonly signal?: AbortSignal | undefined;
}

const ROUNDS = 5;

/**
 * The chain that enough endpoints serve: as soon as they say so, whoever is silent. Those that were seen to serve
 * another one are excluded; the others are asked before anything else is asked of them.
 *
 * @throws ChainError `wrong-chain` where too few serve the one chain and some another, `unreachable` where too few answer.
 */
export async function commonChain(
  endpoints: readonly Endpoint[],
  { agreement, chainId: expected, rounds = ROUNDS, signal }: CommonChainOptions,
): Promise<bigint> {
  const served = new Map<Endpoint, bigint>();
  const failed = new Map<Endpoint, unknown>();
  return new Promise((resolve, reject) => {
    let waiting = endpoints.length;
    let ended = false;
    const step = (isLast: boolean) => {
      if (ended) return;
      const common = chainOfMost(served, expected);
      if (common !== undefined && common.count >= agreement) {
        ended = true;
        for (const [endpoint, chain] of served) excludeOther(endpoint, chain, common.chain);
        resolve(common.chain);
      } else if (isLast) {
        ended = true;
        reject(refusal(served, failed, expected));
      }
    };
    for (const endpoint of endpoints) {
      chainOf(endpoint, rounds, () => ended, signal)
        .then(
          (chain) => served.set(endpoint, chain),
          (error) => failed.set(endpoint, error),
        )
        .then(() => step(--waiting === 0));
    }
  });
}

async function chainOf(
  endpoint: Endpoint,
  rounds: number,
  isEnough: () => boolean,
  signal: AbortSignal | undefined,
): Promise<bigint> {
  for (let round = 1; ; round++) {
    try {
      return BigInt((await endpoint.ask({ method: "eth_chainId" })) as string);
    } catch (error) {
      if (round >= rounds || isEnough() || !(error instanceof EndpointError)) throw error;
      if (!(await rested([endpoint], round, signal))) throw error;
    }
  }
}

function chainOfMost(served: ReadonlyMap<Endpoint, bigint>, expected: bigint | undefined) {
  const counts = new Map<bigint, number>();
  for (const chain of served.values()) counts.set(chain, (counts.get(chain) ?? 0) + 1);
  const [most] = [...counts]
    .filter(([chain]) => expected === undefined || chain === expected)
    .sort(([, a], [, b]) => b - a);
  return most === undefined ? undefined : { chain: most[0], count: most[1] };
}

function excludeOther(endpoint: Endpoint, chain: bigint, common: bigint): void {
  if (chain !== common) endpoint.exclude(`serves chain ${chain}, not ${common}`);
}

function refusal(
  served: ReadonlyMap<Endpoint, bigint>,
  failed: ReadonlyMap<Endpoint, unknown>,
  expected: bigint | undefined,
): unknown {
  const hint = "give endpoints of the chain that the distributor is on";
  const wrong = [...served].find(([, chain]) => expected !== undefined && chain !== expected);
  if (wrong !== undefined) {
    const [{ host }, chain] = wrong;
    return new ChainError(
      "wrong-chain",
      `the RPC endpoint ${host} serves chain ${chain}, not ${expected}`,
      hint,
    );
  }
  if (new Set(served.values()).size > 1) {
    const each = [...served].map(([{ host }, chain]) => `${host} serves chain ${chain}`).join(", ");
    return new ChainError("wrong-chain", `the RPC endpoints serve different chains: ${each}`, hint);
  }
  const [error] = failed.values();
  return error instanceof EndpointError ? asRefusal(error, failed.size) : error;
}

function asRefusal(error: EndpointError, silent: number): ChainError {
  return error.kind === "answered"
    ? new ChainError(
        "unreachable",
        `the RPC endpoint ${error.host} does not speak Ethereum's JSON-RPC`,
        "check the URL, then try again",
        { cause: error },
      )
    : error.asChainError(silent);
}

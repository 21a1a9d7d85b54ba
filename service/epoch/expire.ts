// SPDX-License-Identifier: AGPL-3.0-only
import { iProofMarketAbi, iProverRegistryAbi } from "../chain/abi.ts";
import type { Chain } from "../chain/client.ts";
import { asChainError, ChainError } from "../chain/errors.ts";
import type { Overdue } from "../chain/requests.ts";
import { receiptOf } from "../chain/send.ts";
import type { Signer } from "../chain/signer.ts";
import type { System } from "../chain/system.ts";
import type { Hex } from "../core/types.ts";

export interface ExpireParams {
  readonly chain: Chain;
  readonly system: System;
  readonly signer: Signer;
  readonly log: (line: string) => void;
}

/** A slash goes through the registry, whose errors come back through the market. */
const ABI = [...iProofMarketAbi, ...iProverRegistryAbi];

/** Sends what is overdue, each simulated first; one that the market refuses stops no other. */
export async function expireOverdue(params: ExpireParams, overdue: readonly Overdue[]): Promise<Hex[]> {
  const { chain, log } = params;
  const sent: Hex[] = [];
  for (const what of overdue) {
    const name = `${what.kind} of request ${what.id}`;
    try {
      const transaction = await send(params, what);
      await receiptOf(chain.client, transaction);
      sent.push(transaction);
      log(`sent ${name}: ${transaction}`);
    } catch (cause) {
      const error = asChainError(cause);
      if (!(error instanceof ChainError) || error.code !== "refused") throw error;
      // Most often because somebody else was faster.
      log(`${name} was not sent: ${error.message}`);
    }
  }
  return sent;
}

async function send({ chain, system, signer }: ExpireParams, what: Overdue): Promise<Hex> {
  const { client } = chain;
  const { account, wallet } = signer;
  const market = { address: system.market, abi: ABI, account } as const;
  if (what.kind === "expire") {
    const { request } = await client.simulateContract({
      ...market,
      functionName: "expire",
      args: [what.id],
    });
    return wallet.writeContract({ ...request, chain: null });
  }
  const { request } = await client.simulateContract({
    ...market,
    functionName: "forfeit",
    args: [what.id, what.prover],
  });
  return wallet.writeContract({ ...request, chain: null });
}

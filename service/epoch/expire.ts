// SPDX-License-Identifier: AGPL-3.0-only
import { iProofMarketAbi, iProverRegistryAbi } from "../chain/abi.ts";
import type { Chain } from "../chain/client.ts";
import { asChainError, ChainError } from "../chain/errors.ts";
import type { Signer } from "../chain/signer.ts";
import type { System } from "../chain/system.ts";
import { transact } from "../chain/transact.ts";
import type { Hex } from "../core/types.ts";
import type { Store } from "../store/store.ts";
import { outboxOf } from "./outbox.ts";
import type { Overdue } from "./overdue.ts";

export interface ExpireParams {
  readonly chain: Chain;
  readonly system: System;
  readonly store: Store;
  readonly signer: Signer;
  readonly log: (line: string) => void;
}

/** A slash goes through the registry, whose errors come back through the market. */
const ABI = [...iProofMarketAbi, ...iProverRegistryAbi] as const;

/**
 * Sends what is overdue, each simulated first, and gives the transactions; one that the market refuses stops no
 * other.
 * @throws ChainError where one is not mined, or the chain cannot be read
 */
export async function expireOverdue(params: ExpireParams, overdue: readonly Overdue[]): Promise<Hex[]> {
  const { log } = params;
  const sent: Hex[] = [];
  for (const what of overdue) {
    const name = `${what.kind} of request ${what.id}`;
    try {
      const transaction = await send(params, what);
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

async function send({ chain, system, signer, store, log }: ExpireParams, what: Overdue): Promise<Hex> {
  const market = { address: system.market, abi: ABI } as const;
  const options = { outbox: outboxOf(store, signer), log };
  const { transactionHash } = await (what.kind === "expire"
    ? transact(chain.client, signer, { ...market, functionName: "expire", args: [what.id] }, options)
    : transact(
        chain.client,
        signer,
        { ...market, functionName: "forfeit", args: [what.id, what.prover] },
        options,
      ));
  return transactionHash;
}

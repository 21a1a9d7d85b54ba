// SPDX-License-Identifier: AGPL-3.0-only
import { BaseError } from "viem";
import type { Hex } from "../core/types.ts";
import { ChainError, isUnreachable } from "./errors.ts";
import type { Signer } from "./signer.ts";

/** In the words of several nodes: it has the transaction, its nonce is used, or another one offers more for it. */
const LATER =
  /already|known transaction|nonce.?too.?low|old.?nonce|underpriced|replacement|fee.?too.?low|base.?fee/i;
const FUNDS = /insufficient.?funds|exceeds.*balance/i;

/**
 * Sends a signed transaction. What only time can tell is no error: whoever waits for the transaction finds out
 * whether it arrived, was there before, or has to offer more.
 * @throws ChainError `refused` where the account cannot pay for the gas; what the signer does otherwise
 */
export async function broadcast(signer: Signer, raw: Hex): Promise<void> {
  try {
    await signer.broadcast(raw);
  } catch (error) {
    const said = error instanceof BaseError ? error.details || error.shortMessage : "";
    if (isUnreachable(error) || LATER.test(said)) return;
    if (FUNDS.test(said)) {
      throw new ChainError(
        "refused",
        `${signer.address} cannot pay for the gas`,
        "send it some of the chain's own currency, then run it again",
        { cause: error },
      );
    }
    throw error;
  }
}

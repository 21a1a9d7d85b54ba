// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex, PublicClient } from "viem";
import { ChainError } from "../chain/errors.ts";
import type { Step } from "./plan.ts";

const SCHEMA = "provender.unsigned-deployment/1";
const GAS_MARGIN = 4n;

/** Transactions for a signer elsewhere, to be sent in this order. Each creates one contract: it goes to nobody. */
export interface Unsigned {
  readonly chainId: string;
  readonly from: Address;
  /** Of the config file. */
  readonly configHash: Hex;
  readonly startBlock: string;
  readonly transactions: readonly {
    /** The contract's name in the deployment record. */
    readonly key: string;
    /** Where it will be. */
    readonly address: Address;
    readonly nonce: number;
    readonly to: null;
    readonly value: "0";
    readonly data: Hex;
    /** A limit with room; null where the endpoint could not say. */
    readonly gas: string | null;
  }[];
}

/**
 * Creations in order, of consecutive nonces; `gas` is what each takes, in the same order, and each limit has room
 * above it; without it, there are no limits.
 */
export function unsignedOf(
  head: Omit<Unsigned, "transactions">,
  steps: readonly Step[],
  gas: readonly bigint[] | undefined,
): Unsigned {
  const transactions = steps.map(({ key, address, nonce, initCode }, i) => {
    const used = gas?.[i];
    const limit = used === undefined ? null : String(used + used / GAS_MARGIN);
    return { key, address, nonce, to: null, value: "0" as const, data: initCode, gas: limit };
  });
  return { ...head, transactions };
}

/** JSON that `decodeUnsigned` reads. */
export function encodeUnsigned(unsigned: Unsigned): string {
  return `${JSON.stringify({ schema: SCHEMA, ...unsigned }, null, 2)}\n`;
}

/** @throws where it is no file of ours */
export function decodeUnsigned(text: string): Unsigned {
  const { schema, ...unsigned } = JSON.parse(text);
  if (schema !== SCHEMA) throw new Error(`its schema is not ${SCHEMA}`);
  return unsigned;
}

/**
 * Where the contracts are, once all of them are deployed.
 * @throws ChainError "not-ready" while some are not, "replaced" once they never can be
 */
export async function collect(client: PublicClient, unsigned: Unsigned): Promise<Map<string, Address>> {
  const { from, transactions } = unsigned;
  const [used, codes] = await Promise.all([
    client.getTransactionCount({ address: from, blockTag: "latest" }),
    Promise.all(transactions.map(({ address }) => client.getCode({ address }))),
  ]);
  const missing = transactions.filter((_, i) => codes[i] === undefined);
  const lost = missing.find(({ nonce }) => nonce < used);
  if (lost !== undefined) {
    throw new ChainError(
      "replaced",
      `nonce ${lost.nonce} of ${from} is used, and there is no ${lost.key} at ${lost.address}: another transaction came in between, or this one failed`,
      "send none of the others; delete the file, and run the same command again for new ones",
    );
  }
  const [next] = missing;
  if (next !== undefined) {
    throw new ChainError(
      "not-ready",
      `${missing.length} of ${transactions.length} transactions are not mined; the next is ${next.key}, nonce ${next.nonce}`,
      "send them in order, then run the same command again: it writes the deployment record",
    );
  }
  return new Map(transactions.map(({ key, address }) => [key, address]));
}

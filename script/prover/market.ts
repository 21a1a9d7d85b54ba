// SPDX-License-Identifier: AGPL-3.0-only
import {
  type ContractFunctionArgs,
  type PublicClient,
  parseEventLogs,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from "viem";
import { iProofMarketAbi, iProverRegistryAbi } from "../../service/chain/abi.ts";
import type { Chain } from "../../service/chain/client.ts";
import { asChainError } from "../../service/chain/errors.ts";
import type { Signer } from "../../service/chain/signer.ts";
import type { System } from "../../service/chain/system.ts";
import { hashWords } from "../../service/core/ids.ts";
import type { Address, Hex } from "../../service/core/types.ts";
import type { Bid } from "./journal.ts";
import type { Standing } from "./plan.ts";

/** Errors of registry and vaults come back through the market. */
const ABI = [...iProofMarketAbi, ...iProverRegistryAbi];
/** A bid stands in the market with the low 224 bits of its commitment. */
const SEAL = (1n << 224n) - 1n;

export type Action = "commit" | "reveal" | "fulfil";

/** What a prover can still take on. */
export interface Capacity {
  readonly eligible: boolean;
  readonly freeCollateral: bigint;
  readonly openAssignments: bigint;
  readonly maxOpenAssignments: bigint;
}

export interface Head {
  readonly number: bigint;
  /** That of the next block, as far as the endpoint can tell. */
  readonly timestamp: bigint;
}

export type Market = ReturnType<typeof marketOf>;
export type Request = Awaited<ReturnType<Market["request"]>>;

export function commitmentOf({ id, fee, salt }: Bid, prover: Address): Hex {
  return hashWords([id, prover, fee, salt]);
}

/** The market as one prover sees it. */
export function marketOf({ client }: Chain, system: System, signer: Signer, prover: Address) {
  const market = { address: system.market, abi: iProofMarketAbi } as const;
  const registry = { address: system.registry, abi: iProverRegistryAbi } as const;
  const keyHashes = new Map<bigint, Hex>();

  return {
    prover,

    async head(): Promise<Head> {
      const [latest, pending] = await Promise.all([
        client.getBlock({ blockTag: "latest" }),
        // Between blocks the next one's time is what counts; not every endpoint knows it.
        client.getBlock({ blockTag: "pending" }).catch(() => undefined),
      ]);
      const next = pending?.timestamp ?? 0n;
      return { number: latest.number, timestamp: next > latest.timestamp ? next : latest.timestamp };
    },

    request(id: Hex) {
      return client.readContract({ ...market, functionName: "requestOf", args: [id] });
    },

    async standing(bid: Bid): Promise<Standing> {
      const [seal, order] = await client.readContract({
        ...market,
        functionName: "commitmentOf",
        args: [bid.id, prover],
      });
      if (order === 0n) return "none";
      if (BigInt(seal) === 0n) return "revealed";
      return BigInt(seal) === (BigInt(commitmentOf(bid, prover)) & SEAL) ? "sealed" : "other";
    },

    async capacity(): Promise<Capacity> {
      const [eligible, freeCollateral, openAssignments, { maxOpenAssignments }] = await Promise.all([
        client.readContract({ ...registry, functionName: "isEligible", args: [prover, 0n] }),
        client.readContract({ ...registry, functionName: "freeCollateral", args: [prover] }),
        client.readContract({ ...market, functionName: "openAssignments", args: [prover] }),
        client.readContract({ ...market, functionName: "parameters" }),
      ]);
      return { eligible, freeCollateral, openAssignments, maxOpenAssignments };
    },

    async keyHash(version: bigint): Promise<Hex> {
      const known = keyHashes.get(version);
      if (known !== undefined) return known;
      const [, keyHash] = await client.readContract({
        ...market,
        functionName: "verifierOf",
        args: [version],
      });
      keyHashes.set(version, keyHash);
      return keyHash;
    },

    /** Estimates first, so that what the market would refuse is never sent. */
    async send<const F extends Action>(
      functionName: F,
      args: ContractFunctionArgs<typeof ABI, "nonpayable", F>,
    ): Promise<Hex> {
      const call = { address: system.market, abi: ABI, functionName, args, account: signer.account };
      try {
        const gas = await client.estimateContractGas({ ...call, blockTag: "pending" } as never);
        // Other bids may come first, and change what a reveal has to do.
        return await signer.wallet.writeContract({ ...call, gas: (gas * 3n) / 2n, chain: null } as never);
      } catch (error) {
        throw asChainError(error);
      }
    },

    receipt: (hash: Hex) => receiptOf(client, hash),
  };
}

/** Undefined while the transaction is not mined. */
async function receiptOf(client: PublicClient, hash: Hex): Promise<TransactionReceipt | undefined> {
  try {
    return await client.getTransactionReceipt({ hash });
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined;
    throw error;
  }
}

/** What the market paid for a fulfilment, protocol fee included. */
export function feeOf({ logs }: TransactionReceipt): bigint | undefined {
  return parseEventLogs({ abi: iProofMarketAbi, eventName: "Fulfilled", logs })[0]?.args.fee;
}

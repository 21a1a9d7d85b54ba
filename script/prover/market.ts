// SPDX-License-Identifier: AGPL-3.0-only
import {
  type Abi,
  type ContractFunctionArgs,
  encodeFunctionData,
  parseEventLogs,
  type TransactionReceipt,
} from "viem";
import { iProofMarketAbi, iProverRegistryAbi } from "../../service/chain/abi.ts";
import type { Chain } from "../../service/chain/client.ts";
import { asChainError } from "../../service/chain/errors.ts";
import { readGasPrices, within } from "../../service/chain/fees.ts";
import { forgetful } from "../../service/chain/sending.ts";
import type { Signer } from "../../service/chain/signer.ts";
import type { System } from "../../service/chain/system.ts";
import { attempt, type Delivery, waitUntilMined } from "../../service/chain/wait-mined.ts";
import { hashWords } from "../../service/core/ids.ts";
import type { Address, Hex } from "../../service/core/types.ts";
import type { Bid } from "./journal.ts";
import type { Standing } from "./plan.ts";

/** Errors of registry and vaults come back through the market. */
const ABI = [...iProofMarketAbi, ...iProverRegistryAbi];
/** Other bids may come first, and change what a reveal has to do. */
const GAS_MARGIN = 2n;
/** A bid stands in the market with the low 224 bits of its commitment. */
const SEAL = (1n << 224n) - 1n;

export type Action = "commit" | "reveal" | "fulfil";

/** What a prover can still take on. */
export interface Capacity {
  readonly eligible: boolean;
  readonly freeCollateral: bigint;
  readonly openAssignments: bigint;
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
export function marketOf(
  { client }: Chain,
  system: System,
  signer: Signer,
  { prover, log }: { readonly prover: Address; readonly log: (line: string) => void },
) {
  const market = { address: system.market, abi: iProofMarketAbi } as const;
  const registry = { address: system.registry, abi: iProverRegistryAbi } as const;
  const keyHashes = new Map<bigint, Hex>();
  // What was sent before a restart shows on the chain, and nothing that is sent twice does harm.
  const delivery: Delivery = { client, signer, outbox: forgetful(), log, onContradicted: () => undefined };

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
      const [eligible, freeCollateral, openAssignments] = await Promise.all([
        client.readContract({ ...registry, functionName: "isEligible", args: [prover, 0n] }),
        client.readContract({ ...registry, functionName: "freeCollateral", args: [prover] }),
        client.readContract({ ...market, functionName: "openAssignments", args: [prover] }),
      ]);
      return { eligible, freeCollateral, openAssignments };
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

    /**
     * Estimates first, so that what the market would refuse is never sent. Waiting until it is mined is another
     * matter: several may be on their way.
     */
    async send<const F extends Action>(
      functionName: F,
      args: ContractFunctionArgs<typeof ABI, "nonpayable", F>,
    ): Promise<{ readonly mined: () => Promise<TransactionReceipt> }> {
      // Checked above; viem's own types do not follow through a generic function.
      const call = {
        address: system.market,
        abi: ABI as Abi,
        functionName: functionName as string,
        args: args as readonly unknown[],
      };
      const { address: from, account, chainId, limits } = signer;
      const [estimate, prices, nonce] = await Promise.all([
        client.estimateContractGas({ ...call, account, blockTag: "pending" }),
        readGasPrices(client),
        client.getTransactionCount({ address: from, blockTag: "pending" }),
      ]).catch((error) => {
        throw asChainError(error);
      });
      const gas = estimate + estimate / GAS_MARGIN;
      const transaction = { to: system.market, data: encodeFunctionData(call), chainId, from, nonce, gas };
      const fees = within(prices, limits.maxFee);
      const sending = await attempt(delivery, { ...transaction, attempts: [] }, fees);
      return { mined: () => waitUntilMined(delivery, sending) };
    },
  };
}

/** What the market paid for a fulfilment, protocol fee included. */
export function feeOf({ logs }: TransactionReceipt): bigint | undefined {
  return parseEventLogs({ abi: iProofMarketAbi, eventName: "Fulfilled", logs })[0]?.args.fee;
}

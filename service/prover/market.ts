// SPDX-License-Identifier: AGPL-3.0-only
import {
  type Abi,
  type ContractFunctionArgs,
  encodeFunctionData,
  type PublicClient,
  parseAbi,
  parseEventLogs,
  type TransactionReceipt,
} from "viem";
import { iProofMarketAbi, iProverRegistryAbi } from "../chain/abi.ts";
import type { Chain } from "../chain/client.ts";
import { asChainError, isAnswered } from "../chain/errors.ts";
import { feesWithin, readGasPrices } from "../chain/fees.ts";
import { forgetful } from "../chain/sending.ts";
import type { Signer } from "../chain/signer.ts";
import type { System } from "../chain/system.ts";
import { attempt, type Delivery, waitUntilMined } from "../chain/wait-mined.ts";
import { hashWords } from "../core/ids.ts";
import type { Address, Hex } from "../core/types.ts";
import type { Bid } from "./journal.ts";
import type { Standing } from "./plan.ts";

/** Errors of registry and vaults come back through the market. */
const ABI = [...iProofMarketAbi, ...iProverRegistryAbi];
const VERIFIER_ABI = parseAbi(["function verify(bytes32,bytes32,bytes) view returns (bool)"]);
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

/**
 * What seals a bid: keccak256 of request, prover, fee in wei and salt, as the market computes it when the bid is
 * revealed.
 */
export function commitmentOf({ id, fee, salt }: Bid, prover: Address): Hex {
  return hashWords([id, prover, fee, salt]);
}

/**
 * The market as one prover sees it. Without a signer it only reads: what sends throws. Sending throws ChainError
 * where the call reverts, or is not mined in time.
 */
export function marketOf(
  { client, chainId }: Chain,
  system: System,
  signer: Signer | undefined,
  { prover, log }: { readonly prover: Address; readonly log: (line: string) => void },
) {
  const market = { address: system.market, abi: iProofMarketAbi } as const;
  const registry = { address: system.registry, abi: iProverRegistryAbi } as const;
  const verifiers = new Map<bigint, Promise<Verifier>>();
  const send = signer && sender(client, signer, log);

  function verifier(version: bigint): Promise<Verifier> {
    const known = verifiers.get(version);
    if (known !== undefined) return known;
    const read = client
      .readContract({ ...market, functionName: "verifierOf", args: [version] })
      .then(([address, keyHash]) => ({ address, keyHash }));
    verifiers.set(version, read);
    read.catch(() => verifiers.delete(version));
    return read;
  }

  return {
    prover,
    chainId,

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
      return (await verifier(version)).keyHash;
    },

    /** Whether the request's verifier accepts a zk proof now: asked before anybody else sees it. */
    async verifies(
      { verifierVersion, programKey, publicValuesDigest }: Asked,
      zkProof: Hex,
    ): Promise<boolean> {
      const { address } = await verifier(verifierVersion);
      const args = [programKey, publicValuesDigest, zkProof] as const;
      return client
        .readContract({ address, abi: VERIFIER_ABI, functionName: "verify", args })
        .catch((error: unknown) => {
          if (isAnswered(error)) return false;
          throw error;
        });
    },

    /**
     * Estimates first, so that what the market would refuse is never sent. Waiting until it is mined is another
     * matter: several may be on their way.
     */
    async send<const F extends Action>(
      functionName: F,
      args: ContractFunctionArgs<typeof ABI, "nonpayable", F>,
    ): Promise<{ readonly mined: () => Promise<TransactionReceipt> }> {
      if (send === undefined) throw new Error("nothing is sent without a signer");
      // Checked above; viem's own types do not follow through a generic function.
      return send({
        address: system.market,
        abi: ABI as Abi,
        functionName: functionName as string,
        args: args as readonly unknown[],
      });
    },
  };
}

/** What a request asks to be proven, and by which verifier. */
interface Asked {
  readonly verifierVersion: bigint;
  readonly programKey: Hex;
  readonly publicValuesDigest: Hex;
}

interface Verifier {
  readonly address: Address;
  readonly keyHash: Hex;
}

interface MarketCall {
  readonly address: Address;
  readonly abi: Abi;
  readonly functionName: string;
  readonly args: readonly unknown[];
}

/**
 * Sends one after the other from one account. Nonces are counted here too: what goes to an endpoint of its own is not
 * among the transactions that the other one knows.
 */
function sender(client: PublicClient, signer: Signer, log: (line: string) => void) {
  const { address: from, account, chainId, limits } = signer;
  let next = 0;
  const known: PublicClient = {
    ...client,
    async getTransactionCount(query) {
      const count = await client.getTransactionCount(query);
      return query.blockTag === "pending" && next > count ? next : count;
    },
  };
  // What was sent before a restart shows on the chain, and nothing that is sent twice does harm.
  const delivery: Delivery = {
    ...{ client: known, signer, outbox: forgetful(), log },
    onContradicted: () => undefined,
  };
  return async (call: MarketCall) => {
    const [estimate, prices, nonce] = await Promise.all([
      client.estimateContractGas({ ...call, account, blockTag: "pending" }),
      readGasPrices(client),
      known.getTransactionCount({ address: from, blockTag: "pending" }),
    ]).catch((error) => {
      throw asChainError(error);
    });
    const gas = estimate + estimate / GAS_MARGIN;
    const transaction = { to: call.address, data: encodeFunctionData(call), chainId, from, nonce, gas };
    const sending = await attempt(
      delivery,
      { ...transaction, attempts: [] },
      feesWithin(prices, limits.maxFee),
    );
    next = nonce + 1;
    return {
      mined: () =>
        waitUntilMined(delivery, sending).catch((error: unknown) => {
          // Whatever became of it, the next one is numbered by the chain again.
          next = 0;
          throw error;
        }),
    };
  };
}

/** What the market paid for a fulfilment, in wei, protocol fee included; undefined if the receipt holds none. */
export function feeOf({ logs }: TransactionReceipt): bigint | undefined {
  return parseEventLogs({ abi: iProofMarketAbi, eventName: "Fulfilled", logs })[0]?.args.fee;
}

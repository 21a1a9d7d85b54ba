// SPDX-License-Identifier: AGPL-3.0-only
import { getAbiItem, type PublicClient } from "viem";
import { iProofMarketAbi } from "../chain/abi.ts";
import type { Hex } from "../core/types.ts";
import { type Deployment, epochOf, lower } from "./deployment.ts";
import type { Fulfilled, Missed } from "./derive.ts";
import type { Facts } from "./facts.ts";
import type { Finding } from "./finding.ts";
import { hashOfWords } from "./hash.ts";

const FULFILLED = 2;
const MISSED = 3;
const SPAN = 10_000n;

const REQUESTED = getAbiItem({ abi: iProofMarketAbi, name: "Requested" });

/**
 * Whose log is missing or altered. An accumulator only tells that one is; the market still holds the requests that the
 * fulfilments and misses ended, so they are compared one by one.
 */
export async function explainWork(
  client: PublicClient,
  deployment: Deployment,
  facts: Facts,
  epoch: number,
  blockNumber: bigint,
): Promise<Finding[]> {
  const { market, startBlock } = deployment;
  const findings: Finding[] = [];
  const miscounted: Finding[] = [];
  const fulfilled = new Map<Hex, Fulfilled>(
    [...facts.fulfilments.values()].flat().map((log) => [log.id, log]),
  );
  const missed = new Map<Hex, Missed>([...facts.misses.values()].flat().map((log) => [log.id, log]));
  const counted = countedWeights(facts);
  const keyHashes = new Map<bigint, Hex>();

  const keyHashOf = async (version: bigint): Promise<Hex> => {
    const known = keyHashes.get(version);
    if (known !== undefined) return known;
    const [, keyHash] = await client.readContract({
      address: market,
      abi: iProofMarketAbi,
      functionName: "verifierOf",
      args: [version],
      blockNumber,
    });
    keyHashes.set(version, keyHash);
    return keyHash;
  };

  const judge = async (id: Hex) => {
    const request = await client.readContract({
      address: market,
      abi: iProofMarketAbi,
      functionName: "requestOf",
      args: [id],
      blockNumber,
    });
    const prover = lower(request.leader);
    const finding = (topic: "fulfilments" | "misses", what: string): Finding => ({
      topic,
      prover,
      message: `a ${what} in the logs: request ${id}`,
    });
    const fulfilment = fulfilled.get(id);
    const miss = missed.get(id);
    if (request.status === FULFILLED && fulfilment === undefined) {
      findings.push(finding("fulfilments", "fulfilment of it is missing"));
    } else if (fulfilment !== undefined) {
      const statement = hashOfWords(
        await keyHashOf(request.verifierVersion),
        request.programKey,
        request.publicValuesDigest,
      );
      const protocolFee = (request.price * request.protocolFeeBps) / 10_000n;
      if (
        request.status !== FULFILLED ||
        fulfilment.prover !== prover ||
        fulfilment.fee !== request.price ||
        fulfilment.protocolFee !== protocolFee ||
        fulfilment.statementId !== statement
      ) {
        findings.push(finding("fulfilments", "fulfilment of it is altered"));
      } else if (fulfilment.countedWeight !== counted.get(id)) {
        miscounted.push(finding("fulfilments", "fulfilment of it is altered"));
      }
    }
    if (request.status === MISSED && miss === undefined) {
      if (epochOf(deployment, request.deadline) <= epoch)
        findings.push(finding("misses", "miss of it is missing"));
    } else if (miss !== undefined) {
      const slashedTooMuch = miss.slashed > request.lockAmount;
      if (
        request.status !== MISSED ||
        miss.prover !== prover ||
        miss.deadline !== request.deadline ||
        slashedTooMuch
      ) {
        findings.push(finding("misses", "miss of it is altered"));
      }
    }
  };

  for (let fromBlock = startBlock; fromBlock <= blockNumber; fromBlock += SPAN) {
    const last = fromBlock + SPAN - 1n;
    const toBlock = last < blockNumber ? last : blockNumber;
    const logs = await client.getLogs({
      address: market,
      event: REQUESTED,
      fromBlock,
      toBlock,
      strict: true,
    });
    for (let i = 0; i < logs.length; i += 100) {
      await Promise.all(logs.slice(i, i + 100).map((log) => judge(log.args.id)));
    }
  }
  // A missing fulfilment shifts what later ones of its statement should have counted: then these say nothing.
  return findings.length > 0 ? findings : miscounted;
}

/** What each fulfilment should have counted, given the weights: what exceeds the statement's highest so far. */
function countedWeights({ fulfilments }: Facts): Map<Hex, bigint> {
  const highest = new Map<Hex, bigint>();
  const counted = new Map<Hex, bigint>();
  const epochs = [...fulfilments.keys()].sort((a, b) => a - b);
  for (const { id, statementId, weight } of epochs.flatMap((epoch) => fulfilments.get(epoch) ?? [])) {
    const before = highest.get(statementId) ?? 0n;
    counted.set(id, weight > before ? weight - before : 0n);
    if (weight > before) highest.set(statementId, weight);
  }
  return counted;
}

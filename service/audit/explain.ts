// SPDX-License-Identifier: AGPL-3.0-only
import { type ContractFunctionReturnType, getAbiItem, type PublicClient } from "viem";
import { iProofMarketAbi } from "../chain/abi.ts";
import { readMany } from "../chain/many.ts";
import type { Hex } from "../core/types.ts";
import { epochOf, lower } from "./deployment.ts";
import type { Fulfilled } from "./derive.ts";
import { type Finding, referTo } from "./finding.ts";
import { hashOfWords } from "./hash.ts";
import { type LogLists, listsOf } from "./log-lists.ts";
import { type LogPosition, positionOf } from "./logged.ts";
import { readEvents } from "./logs.ts";
import type { Reading } from "./reading.ts";

const FULFILLED = 2;
const MISSED = 3;
const REQUESTED = [getAbiItem({ abi: iProofMarketAbi, name: "Requested" })] as const;

type Request = ContractFunctionReturnType<typeof iProofMarketAbi, "view", "requestOf">;

interface Held {
  readonly id: Hex;
  readonly request: Request;
  readonly keyHash: Hex | undefined;
  /** Of the log that opened it. */
  readonly at: LogPosition;
}

/**
 * Whose log is missing or altered. An accumulator only tells that one is; the market still holds the requests that the
 * fulfilments and misses ended, so they are compared one by one.
 */
export async function explainWork(client: PublicClient, reading: Reading, epoch: number): Promise<Finding[]> {
  const { facts, deployment } = reading;
  const lists = await listsOf(client, deployment, facts);
  const fulfilments = byId(lists.fulfilments);
  const misses = byId(lists.misses);
  const counted = countedWeights(lists);
  const findings: Finding[] = [];
  const miscounted: Finding[] = [];
  for (const held of await readRequests(client, reading)) {
    const { id, request } = held;
    const fulfilment = fulfilments.get(id);
    if (fulfilment === undefined) {
      if (request.status === FULFILLED) findings.push(missing("fulfilments", held));
    } else if (!isFulfilmentOf(fulfilment, held)) {
      findings.push(altered("fulfilments", held, fulfilment.at));
    } else if (fulfilment.countedWeight !== counted.get(id)) {
      miscounted.push(altered("fulfilments", held, fulfilment.at));
    }
    const miss = misses.get(id);
    if (miss === undefined) {
      const isDue = request.status === MISSED && epochOf(deployment, request.deadline) <= epoch;
      if (isDue) findings.push(missing("misses", held));
    } else if (
      request.status !== MISSED ||
      miss.prover !== lower(request.leader) ||
      miss.deadline !== request.deadline ||
      miss.slashed > request.lockAmount
    ) {
      findings.push(altered("misses", held, miss.at));
    }
  }
  // A missing fulfilment shifts what later ones of its statement should have counted: then these say nothing.
  return findings.length > 0 ? findings : miscounted;
}

async function readRequests(client: PublicClient, { deployment, final }: Reading): Promise<Held[]> {
  const { market, startBlock: fromBlock } = deployment;
  const opened: { id: Hex; at: LogPosition }[] = [];
  const range = {
    client,
    contracts: [market],
    fromBlock,
    toBlock: final.number,
  } as const;
  for await (const log of readEvents(range, REQUESTED)) {
    opened.push({ id: log.args.id, at: positionOf(log) });
  }
  const at = { abi: iProofMarketAbi, blockNumber: final.number };
  const requests = await readMany(client, {
    ...at,
    functionName: "requestOf",
    calls: opened.map(({ id }) => ({ address: market, args: [id] as const })),
  });
  const versions = [...new Set(requests.flatMap((request) => request?.verifierVersion ?? []))];
  const verifiers = await readMany(client, {
    ...at,
    functionName: "verifierOf",
    calls: versions.map((version) => ({ address: market, args: [version] as const })),
  });
  const keyHashes = new Map(versions.map((version, i) => [version, verifiers[i]?.[1]]));
  return opened.flatMap(({ id, at: position }, i) => {
    const request = requests[i];
    return request === undefined
      ? []
      : [{ id, request, keyHash: keyHashes.get(request.verifierVersion), at: position }];
  });
}

function isFulfilmentOf(log: Fulfilled, { request, keyHash }: Held): boolean {
  const { status, leader, requester, price, protocolFeeBps, programKey, publicValuesDigest } = request;
  return (
    status === FULFILLED &&
    log.prover === lower(leader) &&
    log.requester === lower(requester) &&
    log.fee === price &&
    log.protocolFee === (price * protocolFeeBps) / 10_000n &&
    keyHash !== undefined &&
    log.statementId === hashOfWords(keyHash, programKey, publicValuesDigest)
  );
}

const NAMES = { fulfilments: "fulfilment", misses: "miss" } as const;

function missing(topic: keyof typeof NAMES, { id, request, at }: Held): Finding {
  const message = `a ${NAMES[topic]} of it is missing in the logs: request ${id}`;
  return { topic, prover: lower(request.leader), message, log: referTo(at) };
}

function altered(topic: keyof typeof NAMES, { id, request }: Held, at: LogPosition): Finding {
  const message = `a ${NAMES[topic]} of it is altered in the logs: request ${id}`;
  return { topic, prover: lower(request.leader), message, log: referTo(at) };
}

function byId<T extends { readonly id: Hex }>(lists: ReadonlyMap<number, readonly T[]>): Map<Hex, T> {
  return new Map([...lists.values()].flat().map((log) => [log.id, log]));
}

/** What each fulfilment should have counted, given the weights: what exceeds its requester's highest so far for the statement. */
function countedWeights({ fulfilments }: LogLists): Map<Hex, bigint> {
  const highest = new Map<string, bigint>();
  const counted = new Map<Hex, bigint>();
  const epochs = [...fulfilments.keys()].sort((a, b) => a - b);
  for (const { id, requester, statementId, weight } of epochs.flatMap(
    (epoch) => fulfilments.get(epoch) ?? [],
  )) {
    const asked = `${requester} ${statementId}`;
    const before = highest.get(asked) ?? 0n;
    counted.set(id, weight > before ? weight - before : 0n);
    if (weight > before) highest.set(asked, weight);
  }
  return counted;
}

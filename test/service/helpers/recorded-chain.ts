// SPDX-License-Identifier: AGPL-3.0-only
import {
  type Abi,
  createPublicClient,
  custom,
  decodeAbiParameters,
  decodeFunctionData,
  deploylessCallViaBytecodeBytecode,
  type EIP1193RequestFn,
  encodeFunctionResult,
  erc20Abi,
  type Hex,
  multicall3Abi,
  numberToHex,
  type PublicClient,
  pad,
  RpcRequestError,
  zeroAddress,
  zeroHash,
} from "viem";
import {
  iProofMarketAbi,
  iProverRegistryAbi,
  iProverVaultAbi,
  iRewardDistributorAbi,
} from "../../../service/chain/abi.ts";
import { readVectors } from "../core/vectors.ts";
import { type LogFilter, matcherOf, type RpcEndpoint, serveResults } from "./json-rpc.ts";

interface Rolling {
  hash: Hex;
  count: number;
}

/** A chain as the vectors hold it: blocks, the logs that count, what the contracts hold at the end, what follows. */
export interface RecordedChain {
  name: string;
  chainId: string;
  distributor: Hex;
  registry: Hex;
  market: Hex;
  token: Hex;
  clockStart: string;
  epochLength: string;
  deploymentBlock: number;
  blocks: { number: number; timestamp: number; hash: Hex }[];
  /** The last one, if not given. */
  final?: number;
  /** Blocks without logs that follow on those recorded. */
  empty?: number;
  /** Seconds between two of these; 1, if not given. */
  apart?: number;
  logs: {
    blockNumber: number;
    logIndex: number;
    address: Hex;
    topics: Hex[];
    data: Hex;
    event: string;
    /** What the topics and data say. */
    args: Record<string, string>;
  }[];
  statements: {
    statementId: Hex;
    verifierKeyHash: Hex;
    programKey: Hex;
    publicValuesDigest: Hex;
  }[];
  state: {
    provers: {
      prover: Hex;
      vault: Hex;
      registeredAt: string;
      claimed: string;
      claimedCommission: string;
      commissionSequence: number;
      commissionHash: Hex;
      stakeState: [string, Hex];
    }[];
    fulfilmentAccumulators: Rolling[];
    missAccumulators: Rolling[];
    segments: { fromEpoch: number; budget: string; policyHash: Hex }[];
    latestPost: Record<"cumulativeTotal" | "postedAt" | "claimableAt", string> & {
      epoch: number;
      postNumber: number;
      root: Hex;
    };
    carry: string;
    totalClaimed: string;
    registrations: { count: number; rollingHash: Hex };
    postHistory: { latestPostHash: Hex; rollingHash: Hex };
  };
  epochs: { epoch: number; working: string[]; root: Hex; datasetHash: Hex; artifact: string }[];
}

export const recordedChains = ["boundaries", "withheld-leaves", "large-amounts"].map((name) =>
  readVectors<RecordedChain>(`chains/${name}`),
);

/** Under policies of version 2, and one that cannot be run. */
export const twoRequesters = readVectors<RecordedChain>("chains/two-requesters");

/** The root that stands for an epoch: a vetoed one is followed by another. */
export function lastPosted({ logs }: RecordedChain, epoch: number): Hex | undefined {
  const posts = logs.filter(({ event, topics }) => event === "RootPosted" && Number(topics[1]) === epoch);
  return posts.at(-1)?.topics[3];
}

/** A post as the distributor holds it once it is active. */
export function postedAs({ logs }: RecordedChain, postNumber: bigint) {
  const found = logs.find(
    ({ event, args }) => event === "RootPosted" && BigInt(args.postNumber ?? 0) === postNumber,
  );
  const args = found?.args ?? {};
  const number = (name: string) => BigInt(args[name] ?? 0);
  return {
    ...{ epoch: number("epoch"), postNumber: number("postNumber"), root: args.root as Hex },
    ...{ cumulativeTotal: number("cumulativeTotal"), postedAt: number("postedAt") },
    ...{ claimableAt: number("claimableAt"), quorum: number("quorum"), attestations: number("quorum") },
    ...{ vetoed: false, active: true },
  };
}

/**
 * An RPC endpoint at which such a chain can be read, and nothing else be done. Its last block is final, if the chain
 * names no other. @param heard is told of each call
 */
export function serveRecorded(
  chain: RecordedChain,
  overrides: Overrides = {},
  heard: (method: string, params: readonly unknown[]) => void = () => undefined,
): Promise<RpcEndpoint> {
  return serveResults((method, params) => {
    heard(method, params);
    return JSON.stringify(resultOf(chain, method, params, overrides));
  });
}

/** What a view function gives instead, by its name. */
export type Overrides = Record<string, (...args: never[]) => unknown>;

/** The same without a server in between. */
export function recordedClient(chain: RecordedChain, overrides: Overrides = {}): PublicClient {
  const request = async ({ method, params }: { method: string; params?: unknown }) => {
    try {
      return resultOf(chain, method, (params ?? []) as unknown[], overrides);
    } catch (cause) {
      const error = { code: -32_000, message: (cause as Error).message };
      throw new RpcRequestError({ body: {}, url: "recorded", error });
    }
  };
  const transport = custom({ request: request as EIP1193RequestFn }, { retryCount: 0 });
  return createPublicClient({ transport, cacheTime: 0 });
}

function resultOf(
  chain: RecordedChain,
  method: string,
  [first, second]: readonly unknown[],
  overrides: Overrides = {},
): unknown {
  switch (method) {
    case "eth_chainId":
      return numberToHex(BigInt(chain.chainId));
    case "eth_blockNumber":
      return numberToHex(lastBlock(chain).number);
    case "eth_getBalance":
      return "0x0";
    case "eth_getCode":
      return contractAt(chain, first as Hex) === undefined ? "0x" : "0x60";
    case "eth_getBlockByNumber":
      return blockJson(chain, first as string);
    case "eth_getLogs":
      return logsWhere(chain, first as LogFilter);
    case "eth_call":
      return callResult(chain, first as ViewCall, {
        currentEpoch: () => epochAt(chain, (second ?? "latest") as string),
        ...overrides,
      });
    default:
      throw new Error(`a recorded chain does not answer ${method}`);
  }
}

function lastBlock({ blocks, empty = 0, apart = 1 }: RecordedChain) {
  const { number, timestamp, hash } = blocks.at(-1) as RecordedChain["blocks"][number];
  if (empty === 0) return { number, timestamp, hash };
  return { number: number + empty, timestamp: timestamp + empty * apart, hash: hashOf(number + empty) };
}

function blockJson(chain: RecordedChain, which: string) {
  const [first] = chain.blocks as [RecordedChain["blocks"][number]];
  const { number: head, timestamp: headTime } = lastBlock(chain);
  const number = which.startsWith("0x")
    ? Number(which)
    : which === "finalized"
      ? (chain.final ?? head)
      : head;
  if (number > head) return null;
  const known = chain.blocks.find((block) => block.number === number);
  const last = chain.blocks.at(-1)?.number ?? 0;
  if (known === undefined && number > first.number && number <= last) return null;
  // What was before the deployment matters to nobody; there were blocks, a second apart.
  const timestamp =
    number > last
      ? headTime - (head - number) * (chain.apart ?? 1)
      : first.timestamp - (first.number - number);
  const block = known ?? { number, timestamp, hash: hashOf(number) };
  const parent = chain.blocks.find((other) => other.number === number - 1);
  return {
    number: numberToHex(block.number),
    hash: block.hash,
    parentHash: parent?.hash ?? hashOf(number - 1),
    timestamp: numberToHex(block.timestamp),
    transactions: [],
  };
}

function epochAt(chain: RecordedChain, which: string): bigint {
  const time = BigInt(blockJson(chain, which)?.timestamp ?? 0);
  return (time - BigInt(chain.clockStart)) / BigInt(chain.epochLength);
}

function hashOf(number: number): Hex {
  return pad(numberToHex(number + 1));
}

function logsWhere({ blocks, logs }: RecordedChain, filter: LogFilter) {
  const byHash = blocks.find(({ hash }) => hash === filter.blockHash)?.number;
  const [from, to] = [byHash ?? Number(filter.fromBlock), byHash ?? Number(filter.toBlock)];
  return logs
    .filter(({ blockNumber }) => blockNumber >= from && blockNumber <= to)
    .filter(matcherOf(filter))
    .map(({ blockNumber, logIndex, address, topics, data }) => ({
      address,
      topics,
      data,
      blockNumber: numberToHex(blockNumber),
      blockHash: blocks.find(({ number }) => number === blockNumber)?.hash,
      logIndex: numberToHex(logIndex),
      transactionHash: pad(numberToHex(blockNumber * 1_000 + logIndex)),
      transactionIndex: "0x0",
      removed: false,
    }));
}

/** What each view function gives, by the names of the interfaces. */
function contractAt(chain: RecordedChain, to: Hex): { abi: Abi; answers: Overrides } | undefined {
  const { state } = chain;
  const vault = state.provers.find((prover) => prover.vault === to.toLowerCase());
  if (vault !== undefined) {
    return { abi: iProverVaultAbi, answers: { stakeState: () => vault.stakeState.map(BigInt) } };
  }
  switch (to.toLowerCase()) {
    case chain.distributor:
      return { abi: iRewardDistributorAbi, answers: distributorAnswers(chain) };
    case chain.registry:
      return { abi: iProverRegistryAbi, answers: registryAnswers(chain) };
    case chain.market:
      return {
        abi: iProofMarketAbi,
        answers: {
          registry: () => chain.registry,
          fulfilmentAccumulator: (epoch: bigint) => rolling(state.fulfilmentAccumulators, epoch),
          missAccumulator: (epoch: bigint) => rolling(state.missAccumulators, epoch),
        },
      };
    case chain.token:
      return { abi: erc20Abi as Abi, answers: { symbol: () => "REC" } };
    default:
      return undefined;
  }
}

function rolling(accumulators: readonly Rolling[], epoch: bigint) {
  const { hash, count } = accumulators[Number(epoch)] ?? { hash: zeroHash, count: 0 };
  return { hash, count: BigInt(count) };
}

function registryAnswers({ state: { provers, registrations } }: RecordedChain): Overrides {
  return {
    registrations: () => [BigInt(registrations.count), BigInt(registrations.rollingHash)],
    unbondingDelay: () => 604_800n,
    vestingPeriod: () => 604_800n,
    proverCount: () => BigInt(provers.length),
    proverAt: (index: bigint) => provers[Number(index)]?.prover,
    proverRecord: (wanted: Hex) => {
      const found = provers.find(({ prover }) => prover === wanted.toLowerCase());
      return {
        state: found === undefined ? 0 : 1,
        jailedFrom: 0,
        vault: found?.vault ?? zeroAddress,
        payout: found?.prover ?? zeroAddress,
        registeredAt: BigInt(found?.registeredAt ?? 0),
        claimed: BigInt(found?.claimed ?? 0),
        claimedCommission: BigInt(found?.claimedCommission ?? 0),
        locked: 0n,
        commissionSequence: BigInt(found?.commissionSequence ?? 0),
        commissionHash: found?.commissionHash ?? zeroHash,
      };
    },
  };
}

function distributorAnswers(chain: RecordedChain): Overrides {
  const { state } = chain;
  const { latestPost, segments } = state;
  const post = {
    epoch: BigInt(latestPost.epoch),
    postNumber: BigInt(latestPost.postNumber),
    root: latestPost.root,
    cumulativeTotal: BigInt(latestPost.cumulativeTotal),
    postedAt: BigInt(latestPost.postedAt),
    claimableAt: BigInt(latestPost.claimableAt),
    quorum: 1n,
    attestations: 1n,
    vetoed: false,
    active: true,
  };
  const promised = post.cumulativeTotal - BigInt(state.totalClaimed) + BigInt(state.carry);
  return {
    registry: () => chain.registry,
    market: () => chain.market,
    token: () => chain.token,
    domain: () => (JSON.parse(chain.epochs[0]?.artifact ?? "{}") as { previousRoot: Hex }).previousRoot,
    deploymentBlock: () => BigInt(chain.deploymentBlock),
    clockStart: () => BigInt(chain.clockStart),
    epochLength: () => BigInt(chain.epochLength),
    publisher: () => zeroAddress,
    nextEpoch: () => post.epoch + 1n,
    postCount: () => post.postNumber,
    postHistory: () => [state.postHistory.latestPostHash, state.postHistory.rollingHash],
    latestPost: () => post,
    activePost: () => post,
    carry: () => BigInt(state.carry),
    totalClaimed: () => BigInt(state.totalClaimed),
    funds: () => promised,
    promised: () => promised,
    surplus: () => 0n,
    segmentCount: () => BigInt(segments.length),
    segment: (index: bigint) => {
      const { fromEpoch, budget, policyHash } = segments[Number(index)] as (typeof segments)[number];
      return { fromEpoch: BigInt(fromEpoch), budget: BigInt(budget), policyHash };
    },
  };
}

interface ViewCall {
  readonly to?: Hex;
  readonly data: Hex;
}

/** Calls that are gathered come with the code that gathers them, as if it made a contract. */
function gathered(chain: RecordedChain, data: Hex, overrides: Overrides): Hex {
  const args = `0x${data.slice(deploylessCallViaBytecodeBytecode.length)}` as const;
  const [, question] = decodeAbiParameters([{ type: "bytes" }, { type: "bytes" }], args);
  const { functionName, args: asked } = decodeFunctionData({ abi: multicall3Abi, data: question });
  if (functionName !== "aggregate3") throw new Error(`a recorded chain does not gather by ${functionName}`);
  const result = asked[0].map(({ target, callData }) => ({
    success: true,
    returnData: callResult(chain, { to: target, data: callData }, overrides),
  }));
  return encodeFunctionResult({ abi: multicall3Abi, functionName, result });
}

function callResult(chain: RecordedChain, { to, data }: ViewCall, overrides: Overrides): Hex {
  if (to === undefined) return gathered(chain, data, overrides);
  const contract = contractAt(chain, to);
  // The identity contract, which every chain has.
  if (contract === undefined) return BigInt(to) === 4n ? data : "0x";
  const { abi, answers } = contract;
  const { functionName, args = [] } = decodeFunctionData({ abi, data });
  const give = overrides[functionName] ?? answers[functionName];
  if (give === undefined) throw new Error(`a recorded chain does not hold ${functionName} of ${to}`);
  return encodeFunctionResult({ abi, functionName, result: give(...(args as never[])) as never });
}

// SPDX-License-Identifier: AGPL-3.0-only
import {
  type Abi,
  type AbiEvent,
  encodeAbiParameters,
  encodeEventTopics,
  type Hex,
  keccak256,
  numberToHex,
  parseAbiParameters,
  stringToHex,
  toEventSelector,
} from "viem";
import {
  iProofMarketAbi,
  iProverRegistryAbi,
  iProverVaultAbi,
  iRewardDistributorAbi,
} from "../../../service/chain/abi.ts";

type Args = Record<string, string>;

interface Log {
  blockNumber: number;
  event: string;
  args: Args;
  address: Hex;
  topics: Hex[];
  data: Hex;
}

export interface FoldedChain {
  chainId: string;
  distributor: Hex;
  blocks: { number: number; timestamp: number }[];
  logs: Log[];
  state: {
    provers: {
      prover: Hex;
      vault: Hex;
      commissionSequence: number;
      commissionHash: Hex;
      stakeState: [activeAssets: string, rollingHash: Hex];
    }[];
    fulfilmentAccumulators: { hash: Hex; count: number }[];
    missAccumulators: { hash: Hex; count: number }[];
    registrations?: { count: number; rollingHash: Hex };
    postHistory?: { latestPostHash: Hex; rollingHash: Hex };
  };
  epochs: { epoch: number; root: Hex; datasetHash: Hex; artifact: string }[];
}

const EVENTS = new Map(
  [iProverRegistryAbi, iProofMarketAbi, iProverVaultAbi, iRewardDistributorAbi]
    .flatMap((abi) => abi as Abi)
    .filter((item): item is AbiEvent => item.type === "event")
    .map((event) => [event.name, event]),
);
const ZERO: Hex = `0x${"00".repeat(32)}`;
const POST_TYPE = keccak256(
  stringToHex(
    "Attestation(uint256 epoch,uint256 postNumber,bytes32 root,uint256 cumulativeTotal,bytes32 datasetHash,uint256 snapshotBlock,bytes32 snapshotHash)",
  ),
);

/** The same chain with another argument of one log, and with all that follows from it, as if it had happened so. */
export function withArgument<Chain extends FoldedChain>(chain: Chain, log: number, change: Args): Chain {
  const copy = structuredClone(chain);
  Object.assign((copy.logs[log] as Log).args, change);
  foldChain(copy);
  return copy;
}

/** keccak256(abi.encode(...)) of words of these types. */
function hash(types: string, ...values: readonly unknown[]): Hex {
  return keccak256(encodeAbiParameters(parseAbiParameters(types), values as never));
}

/**
 * Writes anew, in a recorded chain, all that follows from its logs' arguments: hashes, accumulators, topics, data, and what
 * the contracts hold of them. Nothing of service/core is used, which recorded chains are there to test.
 */
export function foldChain(chain: FoldedChain): void {
  const domain = hash("uint256, address", BigInt(chain.chainId), chain.distributor);
  const commissions = new Map<string, Hex>();
  const stakes = new Map<string, [activeAssets: string, rollingHash: Hex]>();
  const fulfilments = new Map<string, { hash: Hex; count: number }>();
  const misses = new Map<string, { hash: Hex; count: number }>();
  let registered = { count: 0, rollingHash: 0n };
  let posted = { latestPostHash: domain, rollingHash: domain };
  for (const { event, args } of chain.logs) {
    if (event === "Fulfilled") addTo(fulfilments, args.epoch as string, fulfilmentStep(args));
    if (event === "Missed") addTo(misses, args.epoch as string, missStep(args));
  }
  for (const log of chain.logs) {
    const { event, args } = log;
    const time = BigInt(chain.blocks.find(({ number }) => number === log.blockNumber)?.timestamp ?? 0);
    if (event === "ProverRegistered") {
      const sequence = registered.count + 1;
      const step = hash(
        "uint256, uint256, address, address, uint256, address, uint256",
        ...[registered.rollingHash, BigInt(sequence), args.prover, args.vault],
        ...[BigInt(args.commissionBps as string), args.payout, BigInt(args.timestamp as string)],
      );
      registered = { count: sequence, rollingHash: BigInt(step) & (2n ** 224n - 1n) };
      args.sequence = String(sequence);
      args.rollingHash = numberToHex(registered.rollingHash, { size: 28 });
    } else if (event === "CommissionChanged") {
      const step = hash(
        "bytes32, uint256, address, uint256, uint256, uint256",
        ...[commissions.get(args.prover as string) ?? ZERO, BigInt(args.sequence as string), args.source],
        ...[args.bps, args.announcedAt, args.effectiveAt].map((text) => BigInt(text as string)),
      );
      commissions.set(args.prover as string, step);
      args.rollingHash = step;
    } else if (event === "ActiveAssetsChanged") {
      const step = hash(
        "uint256, uint256, uint256",
        ...[stakes.get(log.address)?.[1] ?? 0n, args.activeAssets, args.timestamp].map((word) =>
          BigInt(word as string),
        ),
      );
      const rollingHash: Hex = `0x${step.slice(-40)}`;
      stakes.set(log.address, [args.activeAssets as string, rollingHash]);
      args.rollingHash = rollingHash;
    } else if (event === "RootPosted") {
      const { epoch } = args;
      args.postedAt = String(time);
      const postHash = hash(
        "bytes32, uint256, uint256, bytes32, uint256, bytes32, uint256, bytes32",
        ...[POST_TYPE, BigInt(epoch as string), BigInt(args.postNumber as string), args.root],
        ...[BigInt(args.cumulativeTotal as string), args.datasetHash],
        ...[BigInt(args.snapshotBlock as string), args.snapshotHash],
      );
      const rollingHash = hash(
        "bytes32, bytes32, uint256, uint256, uint256",
        ...[posted.rollingHash, postHash, time],
        ...[BigInt(args.claimableAt as string), BigInt(args.quorum as string)],
      );
      posted = { latestPostHash: postHash, rollingHash };
      args.rollingHash = rollingHash;
    } else if (event === "RootVetoed") {
      const step = hash("bytes32, bytes32, address", posted.rollingHash, posted.latestPostHash, args.by);
      posted = { ...posted, rollingHash: step };
      args.rollingHash = step;
    }
    encode(log);
  }
  const { state } = chain;
  for (const prover of state.provers) {
    prover.commissionHash = commissions.get(prover.prover) ?? ZERO;
    prover.stakeState = stakes.get(prover.vault) ?? ["0", `0x${"00".repeat(20)}`];
  }
  state.fulfilmentAccumulators.forEach((held, epoch) => {
    Object.assign(held, fulfilments.get(String(epoch)) ?? { hash: ZERO, count: 0 });
  });
  state.missAccumulators.forEach((held, epoch) => {
    Object.assign(held, misses.get(String(epoch)) ?? { hash: ZERO, count: 0 });
  });
  const { count } = registered;
  state.registrations = { count, rollingHash: numberToHex(registered.rollingHash, { size: 28 }) };
  state.postHistory = posted;
}

function addTo(
  accumulators: Map<string, { hash: Hex; count: number }>,
  epoch: string,
  step: (previous: Hex) => Hex,
): void {
  const before = accumulators.get(epoch) ?? { hash: ZERO, count: 0 };
  accumulators.set(epoch, { hash: step(before.hash), count: before.count + 1 });
}

function fulfilmentStep(args: Args): (previous: Hex) => Hex {
  const amounts = [args.fee, args.protocolFee, args.weight, args.countedWeight, args.timestamp];
  return (previous) =>
    hash(
      "bytes32, uint256, bytes32, address, address, bytes32, uint256, uint256, uint256, uint256, uint256",
      ...[previous, BigInt(args.sequence as string), args.id, args.prover, args.requester, args.statementId],
      ...amounts.map((text) => BigInt(text as string)),
    );
}

function missStep(args: Args): (previous: Hex) => Hex {
  return (previous) =>
    hash(
      "bytes32, uint256, bytes32, address, uint256, uint256, uint256",
      ...[previous, BigInt(args.sequence as string), args.id, args.prover],
      ...[args.deadline, args.slashed, args.timestamp].map((text) => BigInt(text as string)),
    );
}

/** Topics and data of an event's arguments. */
function encode(log: Log): void {
  const event = EVENTS.get(log.event);
  if (event === undefined) throw new Error(`no event is called ${log.event}`);
  const values = (indexed: boolean) => event.inputs.filter((input) => (input.indexed === true) === indexed);
  const asValue = ({ name = "", type }: AbiEvent["inputs"][number]) => {
    const text = log.args[name];
    if (text === undefined) throw new Error(`${log.event} in block ${log.blockNumber}: ${name} is missing`);
    return type.startsWith("uint") ? BigInt(text) : text;
  };
  const args = Object.fromEntries(values(true).map((input) => [input.name, asValue(input)]));
  log.topics = encodeEventTopics({ abi: [event], eventName: event.name, args } as never) as Hex[];
  if (log.topics[0] !== toEventSelector(event)) throw new Error(`${log.event}: another selector`);
  const inData = values(false);
  log.data = encodeAbiParameters(inData, inData.map(asValue) as never);
  // In the order of the event.
  log.args = Object.fromEntries(event.inputs.map(({ name = "" }) => [name, log.args[name] as string]));
}

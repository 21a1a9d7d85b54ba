// SPDX-License-Identifier: AGPL-3.0-only
import {
  type AbiParameter,
  decodeEventLog,
  type PublicClient,
  parseAbi,
  type RpcLog,
  toEventSelector,
} from "viem";
import { askForLogs } from "../../chain/ask-for-logs.ts";
import { inconsistent, isTooMuch } from "../../chain/errors.ts";
import type { Address, Hex } from "../../core/types.ts";
import { lower } from "../deployment.ts";
import { keccakOf } from "../hash.ts";

/** Whose logs an audit of ProverNet reads. */
export interface Places {
  readonly chainId: bigint;
  readonly factory: Address;
  readonly stakingController: Address;
  readonly market: Address;
  readonly epochRewards: Address;
  readonly token: Address;
  readonly startBlock: bigint;
}

export interface Happened {
  readonly block: bigint;
  readonly index: number;
  readonly time: bigint;
  readonly transaction: Hex;
  readonly from: Address;
  /** keccak256 of the log, as SPEC 14.2 has it, and the block that it is in: not always the one that it counts in. */
  readonly hash: Hex;
  readonly loggedIn: bigint;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: arguments of many events, by name
  readonly args: any;
}

export interface History {
  /** In chain order. */
  readonly events: readonly Happened[];
  /** SPEC 14.2, up to and with each block that has logs. */
  readonly hashes: readonly { readonly block: bigint; readonly count: number; readonly hash: Hex }[];
}

const TRANSFER = parseAbi(["event Transfer(address indexed from, address indexed to, uint256 value)"]);
const VAULT = parseAbi(["event ControllerSlash(uint256 assets, address to)"]);
const FACTORY = parseAbi([
  "event VaultCreated(address indexed prover, address indexed vault, address asset, bytes32 salt)",
  "event Upgraded(address indexed implementation)",
]);
const CONTROLLER = parseAbi([
  "event ProverInitialized(address indexed prover, address indexed vault, uint64 rate)",
  "event ProverStateChanged(address indexed prover, uint8 oldState, uint8 newState)",
  "event ProverRetired(address indexed prover)",
  "event Staked(address indexed prover, address indexed staker, uint256 shares, uint256 amount)",
  "event UnstakeRequested(address indexed prover, address indexed staker, uint256 shares, uint256 amount)",
  "event UnstakeCompleted(address indexed prover, address indexed staker, uint256 amount)",
  "event RewardsAdded(address indexed prover, address indexed source, uint256 amount, uint256 commission, uint256 toStakers)",
  "event ProverSlashed(address indexed prover, uint256 amount, uint256 bps)",
  "event CommissionRateUpdated(address indexed prover, address indexed source, uint64 oldRate, uint64 newRate, bool useDefault)",
  "event CommissionClaimed(address indexed prover, uint256 amount)",
  "event TreasuryWithdrawn(address indexed to, uint256 amount)",
  "event EmergencyRecovered(address to, uint256 amount)",
  "event Upgraded(address indexed implementation)",
]);
const MARKET = parseAbi([
  "event NewRequest(bytes32 indexed reqid, (uint64 nonce, bytes32 vk, bytes32 digest, string imgURL, bytes inputData, string inputURL, uint32 version, (uint96 maxFee, uint96 minStake, uint64 deadline) fee) req)",
  "event NewBid(bytes32 indexed reqid, address indexed prover, bytes32 bidHash)",
  "event BidRevealed(bytes32 indexed reqid, address indexed prover, uint256 fee)",
  "event ProofSubmitted(bytes32 indexed reqid, address indexed prover, uint256[8] proof, uint256 actualFee)",
  "event Refunded(bytes32 indexed reqid, address indexed requester, uint256 amount)",
  "event ProverSlashed(bytes32 indexed reqid, address indexed prover, uint256 slashAmount)",
  "event ProtocolFeeBpsUpdated(uint256 oldBps, uint256 newBps)",
  "event ProtocolFeeWithdrawn(address indexed to, uint256 amount)",
  "event StatsReset(uint64 id, uint64 startAt)",
  "event Upgraded(address indexed implementation)",
]);
const REWARDS = parseAbi([
  "event EpochConfigSet(uint32 fromEpoch, uint64 fromTime, uint64 epochLength, uint256 maximum)",
  "event EpochConfigPopped(uint32 fromEpoch, uint64 fromTime, uint64 epochLength, uint256 maximum)",
  "event RewardsSet(uint32 indexed epoch, address indexed prover, uint256 amount)",
  "event EpochRewardsSet(uint32 indexed epoch, uint256 newAmount, uint256 cumulativeAmount)",
  "event Upgraded(address indexed implementation)",
]);

type Events =
  | typeof CONTROLLER
  | typeof MARKET
  | typeof REWARDS
  | typeof FACTORY
  | typeof TRANSFER
  | typeof VAULT;

const topicsOf = (abi: Events): ReadonlySet<Hex> => new Set(abi.map((event) => toEventSelector(event)));
const [TRANSFERRED, SLASHED] = [TRANSFER, VAULT].map(([event]) => toEventSelector(event as never)) as [
  Hex,
  Hex,
];

/** SPEC 14.1: what counts of all that is logged, once it is known which addresses are vaults, and how to look for it. */
export function countingLogs(
  { factory, stakingController, market, epochRewards, token }: Places,
  vaults: ReadonlySet<Address>,
): {
  readonly counts: (log: { readonly address: Address; readonly topics: readonly Hex[] }) => boolean;
  /** Each what a block's bloom has, if it has such a log. */
  readonly traces: readonly (readonly Hex[])[];
} {
  const wanted = new Map<Address, ReadonlySet<Hex>>([
    [factory, topicsOf(FACTORY)],
    [stakingController, topicsOf(CONTROLLER)],
    [market, topicsOf(MARKET)],
    [epochRewards, topicsOf(REWARDS)],
  ]);
  const isVault = (topic: Hex | undefined) => topic !== undefined && vaults.has(addressOf(topic));
  return {
    counts({ address, topics: [first, from, to] }) {
      if (first === undefined) return false;
      if (address === token && first === TRANSFERRED) {
        return isVault(from) || isVault(to) || (to !== undefined && addressOf(to) === market);
      }
      return (vaults.has(address) && first === SLASHED) || (wanted.get(address)?.has(first) ?? false);
    },
    traces: [
      ...[factory, stakingController, market, epochRewards].map((address) => [address]),
      ...Array.from(vaults, (vault) => [vault, SLASHED]),
      ...[...vaults, market].map((account) => [token, TRANSFERRED, wordOf(account)]),
    ],
  };
}

/**
 * SPEC 14.1 and 14.2: every log that counts, in order, of all blocks up to one, that among them.
 * @throws ChainError if they cannot be read
 */
export async function readHistory(client: PublicClient, places: Places, toBlock: bigint): Promise<History> {
  const { factory, stakingController, market, epochRewards, token, startBlock } = places;
  const spans = { client, fromBlock: startBlock, toBlock };
  const named: [Address, Events][] = [
    [factory, FACTORY],
    [stakingController, CONTROLLER],
    [market, MARKET],
    [epochRewards, REWARDS],
  ];
  const own = await Promise.all(
    named.map(([address, abi]) =>
      inSpans(
        spans,
        [address],
        abi.map((event) => toEventSelector(event)),
      ),
    ),
  );
  const [created = []] = own;
  const births = new Map<Address, RpcLog>();
  for (const log of created) if (log.topics.length === 3) births.set(addressOf(log.topics[2]), log);
  const vaults = [...births.keys()];
  const [transfer, slash] = [TRANSFER, VAULT].map(([event]) => toEventSelector(event as never)) as [Hex, Hex];
  const others = await Promise.all([
    ...portions([...vaults, market]).map((some) =>
      inSpans(spans, [token], [transfer], [null, some.map(wordOf)]),
    ),
    ...portions(vaults).map((some) => inSpans(spans, [token], [transfer], [some.map(wordOf)])),
    ...portions(vaults).map((some) => inSpans(spans, some, [slash])),
  ]);
  const abis = new Map<string, Events>([
    ...named,
    [token, TRANSFER],
    ...vaults.map((v) => [v, VAULT] as const),
  ]);
  const logs = inOrder([...own.flat(), ...others.flat()]);
  const times = await timesOf(client, logs);
  const placed = logs.map((log) => {
    const birth =
      log.topics[0] === transfer && lower(log.address) === token
        ? births.get(addressOf(log.topics[2]))
        : undefined;
    return { log, birth: birth !== undefined && precedes(log, birth) ? birth : undefined };
  });
  // What went to an address before it was a vault stands right after the log that made it one.
  const before = placed.filter(({ birth }) => birth !== undefined);
  const ordered = placed.flatMap((one) =>
    one.birth !== undefined ? [] : [one, ...before.filter(({ birth }) => birth === one.log)],
  );
  const hashes: { block: bigint; count: number; hash: Hex }[] = [];
  let hash: Hex = `0x${"0".repeat(64)}`;
  const events = ordered.map(({ log, birth }, i): Happened => {
    const place = birth ?? log;
    const own = keccakOf(logBytes(log));
    hash = keccakOf(bytesOf(`${hash}${own.slice(2)}`));
    const block = BigInt(place.blockNumber as Hex);
    const last = hashes.at(-1);
    if (last?.block === block) hashes.pop();
    hashes.push({ block, count: i + 1, hash });
    const abi = abis.get(lower(log.address)) as Events;
    const { eventName: name, args } = decode(abi, log);
    return {
      ...{ block, name, args: args ?? {}, from: lower(log.address), index: Number(log.logIndex) },
      ...{ hash: own, loggedIn: BigInt(log.blockNumber as Hex) },
      time: times.get(block) as bigint,
      transaction: (log.transactionHash as Hex).toLowerCase() as Hex,
    };
  });
  return { events, hashes };
}

interface Logged {
  readonly blockNumber: string | bigint | null;
  readonly logIndex: string | number | null;
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

function decode(abi: Events, log: RpcLog): { eventName: string; args?: unknown } {
  try {
    const topics = log.topics as never;
    const decoded: { eventName: string; args?: object | undefined } = decodeEventLog({
      ...{ abi: abi as never, topics, data: log.data, strict: true },
    });
    const { eventName, args = {} } = decoded;
    const [event] = abi.filter(({ name }) => name === eventName);
    if (fits(event?.inputs ?? [], args)) return { eventName, args };
  } catch (cause) {
    throw notLaidOut(log, { cause });
  }
  throw notLaidOut(log);
}

/** Whether numbers have no more bits than their types: their decoder takes more. */
function fits(parameters: readonly AbiParameter[], args: object): boolean {
  return parameters.every((parameter) => {
    const value = (args as Record<string, unknown>)[parameter.name ?? ""];
    if ("components" in parameter) return fits(parameter.components, value as object);
    const bits = /^uint([0-9]+)$/.exec(parameter.type)?.[1];
    return bits === undefined || BigInt(value as bigint) >> BigInt(bits) === 0n;
  });
}

function notLaidOut({ blockNumber }: RpcLog, options?: ErrorOptions): Error {
  return inconsistent(`block ${Number(blockNumber)}: a log is not laid out as its event is`, options);
}

interface Spans {
  readonly client: PublicClient;
  readonly fromBlock: bigint;
  readonly toBlock: bigint;
}

const SPAN = 100_000n;

async function inSpans(
  { client, fromBlock, toBlock }: Spans,
  addresses: readonly Address[],
  topics: readonly Hex[],
  indexed: readonly (readonly Hex[] | null)[] = [],
): Promise<RpcLog[]> {
  const found: RpcLog[] = [];
  let size = SPAN;
  for (let from = fromBlock; from <= toBlock; ) {
    const to = from + size - 1n < toBlock ? from + size - 1n : toBlock;
    try {
      found.push(...(await askForLogs(client, { fromBlock: from, toBlock: to }, addresses, topics, indexed)));
      from = to + 1n;
    } catch (error) {
      if (!isTooMuch(error) || size === 1n) throw error;
      size = size / 4n || 1n;
    }
  }
  return found;
}

function inOrder(logs: readonly RpcLog[]): RpcLog[] {
  const byPlace = new Map<string, RpcLog>();
  for (const log of logs) {
    const place = `${Number(log.blockNumber)} ${Number(log.logIndex)}`;
    const other = byPlace.get(place);
    if (other !== undefined && (other.data !== log.data || other.topics.join() !== log.topics.join())) {
      throw inconsistent(`two logs are given in place ${place}`);
    }
    byPlace.set(place, log);
  }
  return [...byPlace.values()].sort((a, b) => (precedes(a, b) ? -1 : 1));
}

function precedes(a: RpcLog, b: RpcLog): boolean {
  const [x, y] = [Number(a.blockNumber), Number(b.blockNumber)];
  return x < y || (x === y && Number(a.logIndex) < Number(b.logIndex));
}

const AT_ONCE = 100;

async function timesOf(client: PublicClient, logs: readonly RpcLog[]): Promise<Map<bigint, bigint>> {
  const numbers = [...new Set(logs.map(({ blockNumber }) => BigInt(blockNumber as Hex)))];
  const times = new Map<bigint, bigint>();
  for (let i = 0; i < numbers.length; i += AT_ONCE) {
    const blocks = await Promise.all(
      numbers.slice(i, i + AT_ONCE).map((blockNumber) => client.getBlock({ blockNumber })),
    );
    for (const { number, timestamp } of blocks) times.set(number, timestamp);
  }
  return times;
}

/** SPEC 14.2: what of a log is hashed. */
export function logBytes({ blockNumber, logIndex, address, topics, data }: Logged): Uint8Array {
  const number = (value: string | number | bigint | null, digits: number) =>
    BigInt(value as bigint)
      .toString(16)
      .padStart(digits, "0");
  const parts = [
    ...[number(blockNumber, 16), number(logIndex, 16), address.slice(2), `0${topics.length}`],
    ...[...topics, data].map((part) => part.slice(2)),
  ];
  return bytesOf(`0x${parts.join("").toLowerCase()}`);
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.slice(2).match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

const MOST_NAMED = 300;

function portions<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / MOST_NAMED);
  return Array.from({ length: count }, (_, i) => items.slice(MOST_NAMED * i, MOST_NAMED * (i + 1)));
}

function addressOf(topic: Hex | undefined): Address {
  return lower(`0x${topic?.slice(26)}`);
}

function wordOf(address: Address): Hex {
  return `0x${address.slice(2).padStart(64, "0")}`;
}

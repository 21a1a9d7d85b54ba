// SPDX-License-Identifier: AGPL-3.0-only
import {
  type ContractFunctionParameters,
  erc20Abi,
  getAddress,
  keccak256,
  type PublicClient,
  toBytes,
} from "viem";
import { askForLogs } from "../../chain/ask-for-logs.ts";
import { readBlock } from "../../chain/blocks.ts";
import type { DeliverOptions } from "../../chain/deliver.ts";
import { asChainError, ChainError, isAnswered } from "../../chain/errors.ts";
import { readMany } from "../../chain/many.ts";
import { pause, type Signer } from "../../chain/signer.ts";
import { transact } from "../../chain/transact.ts";
import { RevertedError } from "../../chain/wait-mined.ts";
import type { Address, Hex } from "../../core/types.ts";
import { controllerAbi, epochRewardsAbi } from "./abi.ts";
import { TOPIC } from "./events.ts";
import type { Contracts } from "./open.ts";
import { type Chunk, chunkOf, type OutputEpoch, simpleProof } from "./output.ts";

const UPDATER_ROLE = keccak256(toBytes("REWARD_UPDATER_ROLE"));
/** How many provers one call pays: each is a call of the controller and a transfer into a vault, some 90,000 gas. */
const BATCH = 80;
/** Longer than any chain takes that finalizes at all. */
const WAIT = { every: 2_000, patience: 1_800_000 };
const ACTIVE = 1;

export interface Rewarding {
  readonly client: PublicClient;
  readonly contracts: Contracts;
}

export interface Sending extends Rewarding {
  readonly signer: Signer;
  readonly options: DeliverOptions;
  /** How often, in milliseconds, and for how long what is set is looked at until it is final. */
  readonly wait?: { readonly every: number; readonly patience: number } | undefined;
}

/** An epoch's amounts, as they were computed, in the calls that set them. */
export interface Output extends OutputEpoch {
  readonly chunks: readonly Chunk[];
}

/**
 * What of an epoch's amounts EpochRewards does not hold in a block, the latest if not given: whole chunks, or the rest of
 * one that somebody set in part.
 * @throws ChainError where it holds others, or takes these no more
 */
export async function leftToSet(where: Rewarding, output: Output, block?: bigint): Promise<Chunk[]> {
  const { epoch, chunks } = output;
  const blockNumber = block ?? (await where.client.getBlockNumber({ cacheTime: 0 }));
  const held = await heldFor(where, epoch, chunks, blockNumber);
  const read = <const Name extends "lastUpdatedEpoch" | "epochTotalRewards" | "epochLastProver">(
    functionName: Name,
    ...args: readonly number[]
  ) => readView(where, functionName, args, blockNumber);
  const [lastEpoch, total, lastProver] = await Promise.all([
    read("lastUpdatedEpoch") as Promise<number>,
    read("epochTotalRewards", epoch) as Promise<bigint>,
    read("epochLastProver", epoch) as Promise<Address>,
  ]);
  const sum = Array.from(held.values()).reduce((before, { amount }) => before + amount, 0n);
  const differs = chunks.some(({ rewards }) =>
    rewards.some(({ prover, amount }) => ![0n, amount].includes(held.get(prover)?.amount ?? 0n)),
  );
  if (differs || sum !== total) {
    throw new ChainError(
      "refused",
      `epoch ${epoch} has rewards set that are not those computed here`,
      "nothing can be corrected there: find out who set them, and `provender audit` says how they differ",
    );
  }
  const left = chunks.flatMap((chunk) => {
    const rest = chunk.rewards.filter(({ prover }) => (held.get(prover)?.amount ?? 0n) === 0n);
    if (rest.length === chunk.rewards.length) return [chunk];
    return rest.length === 0 ? [] : [chunkOf(output, rest)];
  });
  const next = left[0]?.rewards[0]?.prover;
  if (next === undefined) return [];
  if (lastEpoch > epoch) {
    throw new ChainError(
      "refused",
      `epoch ${epoch} is shut out: rewards of epoch ${lastEpoch} are set already`,
      "EpochRewards takes epochs in order",
    );
  }
  if (next <= lastProver.toLowerCase()) {
    throw new ChainError(
      "refused",
      `epoch ${epoch} is shut out for ${getAddress(next)}: rewards of ${lastProver}, a higher address, are set already`,
      "EpochRewards takes addresses in ascending order, and corrects nothing",
    );
  }
  return left;
}

/**
 * The last epoch of which something is set, at the latest block; 0: of none.
 * @throws ChainError `refused` if EpochRewards does not say
 */
export async function lastBegun(where: Rewarding): Promise<number> {
  const block = await where.client.getBlockNumber({ cacheTime: 0 });
  return (await readView(where, "lastUpdatedEpoch", [], block)) as number;
}

interface Held {
  readonly amount: bigint;
  readonly distributed: boolean;
}

async function heldFor(
  { client, contracts }: Rewarding,
  epoch: number,
  chunks: readonly Chunk[],
  blockNumber: bigint,
): Promise<Map<Address, Held>> {
  const address = contracts.epochRewards as Address;
  const provers = chunks.flatMap(({ rewards }) => rewards.map(({ prover }) => prover));
  const found = await readMany(client, {
    ...{ abi: epochRewardsAbi, functionName: "epochProverRewards", blockNumber },
    calls: provers.map((prover) => ({ address, args: [epoch, prover] as const })),
  });
  return new Map(
    provers.map((prover, i) => {
      const [amount, distributed] = found[i] ?? unanswered("epochProverRewards");
      return [prover, { amount, distributed }];
    }),
  );
}

async function readView(
  { client, contracts }: Rewarding,
  functionName: "lastUpdatedEpoch" | "epochTotalRewards" | "epochLastProver",
  args: readonly number[],
  blockNumber: bigint,
): Promise<unknown> {
  const call = { address: contracts.epochRewards as Address, abi: epochRewardsAbi, functionName, args };
  return client.readContract({ ...call, blockNumber } as never).catch((cause) => {
    if (isAnswered(cause)) return unanswered(functionName);
    throw cause;
  });
}

function unanswered(view: string): never {
  throw new ChainError(
    "refused",
    `EpochRewards does not say its ${view}: what is set is not known, and nothing is sent`,
    "check the address, or use another endpoint",
  );
}

/** The call that sets a chunk, with the proof that the simple kind of proof contract takes. */
export async function setCall(
  { client, contracts }: Rewarding,
  { output }: Chunk,
): Promise<ContractFunctionParameters> {
  const address = contracts.epochRewards as Address;
  const vkHash = await client.readContract({ address, abi: epochRewardsAbi, functionName: "vkHash" });
  const args = [simpleProof(output, vkHash), output];
  return { address, abi: epochRewardsAbi, functionName: "setRewards", args } as never;
}

/**
 * Why rewards cannot be set or paid, before anything is sent; undefined if they can. The first call is tried: a proof
 * contract that is not of the simple kind refuses what any but its own circuit makes. `owed`: what EpochRewards has
 * to hold, in wei, for these and for what is set before and not paid.
 */
export async function whyNot(
  { client, contracts }: Rewarding,
  from: Address,
  owed: bigint,
  first: ContractFunctionParameters | undefined,
): Promise<string | undefined> {
  const address = contracts.epochRewards as Address;
  const [role, balance] = await Promise.all([
    client
      .readContract({ address, abi: epochRewardsAbi, functionName: "hasRole", args: [UPDATER_ROLE, from] })
      .catch(() => undefined),
    client.readContract({
      ...{ address: contracts.token, abi: erc20Abi },
      ...{ functionName: "balanceOf", args: [address] },
    }),
  ]);
  if (role === false) return `${getAddress(from)} does not have REWARD_UPDATER_ROLE`;
  if (balance < owed) {
    return `EpochRewards holds ${balance}, and ${owed} is to be paid with what was set before: fund it first`;
  }
  if (first === undefined) return undefined;
  try {
    await client.simulateContract({ ...first, account: from } as never);
    return undefined;
  } catch (error) {
    const { message } = asChainError(error) as Error;
    return `EpochRewards refuses the first call (${message}): if its proof contract is not of the simple kind, only its own circuit can prove these bytes`;
  }
}

/** Whether rewards were set in blocks that are not final: a reorganisation could still take them back. */
export async function isUnsettled({ client, contracts }: Rewarding): Promise<boolean> {
  const { number } = await readBlock(client, "finalized");
  const toBlock = await client.getBlockNumber({ cacheTime: 0 });
  if (toBlock <= number) return false;
  const blocks = { fromBlock: number + 1n, toBlock };
  const logs = await askForLogs(
    client,
    blocks,
    [contracts.epochRewards as Address],
    [TOPIC.EpochRewardsSet as Hex],
  );
  return logs.length > 0;
}

/**
 * Sets what is left of an epoch's amounts, each chunk once the one before it is final: one that came back in another
 * order would be shut out for good. What is set is read before each, so that others may set the same. Gives the
 * transactions.
 * @throws ChainError `not-ready` if that takes longer than `wait.patience` milliseconds, and as `leftToSet` does
 */
export async function setRewards(sending: Sending, output: Output): Promise<Hex[]> {
  const { client, signer, options, wait = WAIT } = sending;
  const hashes: Hex[] = [];
  let sentIn = 0n;
  for (;;) {
    const latest = await client.getBlockNumber({ cacheTime: 0 });
    const [first, ...later] = await leftToSet(sending, output, latest > sentIn ? latest : sentIn);
    if (first === undefined) return hashes;
    await untilSettled(`of epoch ${output.epoch}, ${1 + later.length} calls of setRewards are left`);
    // It may have been set, or taken back, meanwhile.
    const [next] = await leftToSet(sending, output);
    if (next?.output !== first.output) continue;
    try {
      const receipt = await transact(client, signer, (await setCall(sending, next)) as never, options);
      hashes.push(receipt.transactionHash);
      sentIn = receipt.blockNumber;
    } catch (error) {
      // Somebody else may have set the same.
      if (!isOvertaken(error) || (await leftToSet(sending, output))[0]?.output === next.output) throw error;
    }
  }

  async function untilSettled(left: string): Promise<void> {
    const giveUp = Date.now() + wait.patience;
    for (let looks = 0; await isUnsettled(sending); looks++) {
      if (looks === 0) options.log(`waiting until what was set before is final: ${left}`);
      if (Date.now() >= giveUp) {
        throw new ChainError(
          "not-ready",
          `what was set before is not final yet: ${left}`,
          "run the same command again: it goes on from there, and sets nothing twice",
        );
      }
      await pause(signer, wait.every);
    }
  }
}

function isOvertaken(error: unknown): boolean {
  return error instanceof ChainError
    ? error.code === "refused" || error.code === "replaced"
    : isAnswered(error);
}

export interface Distribution {
  /** Batches that no prover in them reverts, as of now. */
  readonly batches: readonly (readonly Address[])[];
  /** Who cannot be paid now, and why. */
  readonly left: readonly Unpaid[];
}

export interface Unpaid {
  readonly prover: Address;
  readonly reason: string;
}

/**
 * Whom to pay of those whose amounts are set: who is active, has shares, and was not paid, in batches that pass a
 * simulation.
 * @throws ChainError `refused` if EpochRewards does not say what it holds
 */
export async function distribution(
  where: Rewarding,
  from: Address,
  { epoch, chunks }: Output,
): Promise<Distribution> {
  const { client } = where;
  const blockNumber = await client.getBlockNumber({ cacheTime: 0 });
  const held = await heldFor(where, epoch, chunks, blockNumber);
  const due = [...held].flatMap(([prover, { distributed }]) => (distributed ? [] : [prover]));
  const left: Unpaid[] = [];
  const able: Address[] = [];
  const obstacles = await obstaclesFor(where, due, blockNumber);
  for (const [i, prover] of due.entries()) {
    const reason = obstacles[i];
    if (reason === undefined) able.push(prover);
    else left.push({ prover, reason });
  }
  const batches: (readonly Address[])[] = [];
  for (let i = 0; i < able.length; i += BATCH) await add(able.slice(i, i + BATCH));
  return { batches, left };

  /** One that is refused nevertheless is found by halves. */
  async function add(some: readonly Address[]): Promise<void> {
    try {
      await client.simulateContract({ ...payCall(where, epoch, some), account: from } as never);
      batches.push(some);
    } catch (error) {
      const [only] = some;
      if (some.length > 1) for (const half of halves(some)) await add(half);
      else if (only !== undefined)
        left.push({ prover: only, reason: (asChainError(error) as Error).message });
    }
  }
}

function halves<T>(some: readonly T[]): readonly (readonly T[])[] {
  const half = Math.ceil(some.length / 2);
  return [some.slice(0, half), some.slice(half)];
}

/** The call that pays these provers what is set for them. */
export function payCall(
  { contracts }: Pick<Rewarding, "contracts">,
  epoch: number,
  provers: readonly Address[],
): ContractFunctionParameters {
  const address = contracts.epochRewards as Address;
  return {
    address,
    abi: epochRewardsAbi,
    functionName: "distributeRewards",
    args: [epoch, provers],
  } as never;
}

/** In the order of the provers; undefined for whom nothing keeps from being paid. */
async function obstaclesFor(
  { client, contracts }: Rewarding,
  provers: readonly Address[],
  blockNumber: bigint,
): Promise<(string | undefined)[]> {
  const address = contracts.stakingController;
  const infos = await readMany(client, {
    ...{ abi: controllerAbi, functionName: "getProverInfo", blockNumber },
    calls: provers.map((prover) => ({ address, args: [prover] as const })),
  });
  const vaults = infos.map((info) => info?.[1]);
  const known = vaults.filter((vault) => vault !== undefined);
  const supplies = await readMany(client, {
    ...{ abi: erc20Abi, functionName: "totalSupply", blockNumber },
    calls: known.map((vault) => ({ address: vault })),
  });
  const shares = new Map(known.map((vault, i) => [vault, supplies[i]]));
  return infos.map((info) => {
    if (info === undefined) return undefined;
    if (info[0] !== ACTIVE) return "it is not active";
    return shares.get(info[1]) === 0n ? "its vault has no shares" : undefined;
  });
}

/**
 * Pays whom it can, and says whom it could not; a batch that is mined and reverts, as somebody in it left meanwhile,
 * is sent again by halves.
 * @throws ChainError where a batch is not mined, and as `distribution` does
 */
export async function distribute(
  sending: Sending,
  output: Output,
): Promise<{ readonly transactions: readonly Hex[]; readonly left: readonly Unpaid[] }> {
  const { client, signer, options } = sending;
  const { batches, left } = await distribution(sending, signer.address, output);
  const waiting = [...batches];
  const transactions: Hex[] = [];
  const unpaid = [...left];
  for (let some = waiting.shift(); some !== undefined; some = waiting.shift()) {
    const call = payCall(sending, output.epoch, some);
    try {
      const { transactionHash } = await transact(client, signer, call as never, options);
      transactions.push(transactionHash);
    } catch (error) {
      const refused = error instanceof RevertedError || (await isRefused(client, call, signer));
      if (!refused) throw error;
      const [only] = some;
      if (some.length > 1) waiting.unshift(...halves(some));
      else if (only !== undefined)
        unpaid.push({ prover: only, reason: (asChainError(error) as Error).message });
    }
  }
  return { transactions, left: unpaid };
}

async function isRefused(
  client: PublicClient,
  call: ContractFunctionParameters,
  { account }: Signer,
): Promise<boolean> {
  try {
    await client.simulateContract({ ...call, account } as never);
    return false;
  } catch (error) {
    return isAnswered(error);
  }
}

/**
 * What is owed beside an epoch's own amounts, in wei: what is set for other epochs and not paid. Retired provers
 * never are.
 */
export function owedBefore(
  set: ReadonlyMap<number, ReadonlyMap<Address, bigint>>,
  paid: ReadonlyMap<number, ReadonlyMap<Address, unknown>>,
  epoch: number,
  hasLeft: (prover: Address) => boolean,
): bigint {
  let owed = 0n;
  for (const [at, amounts] of set) {
    if (at === epoch) continue;
    for (const [prover, amount] of amounts) {
      if (!paid.get(at)?.has(prover) && !hasLeft(prover)) owed += amount;
    }
  }
  return owed;
}

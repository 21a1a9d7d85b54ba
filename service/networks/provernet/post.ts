// SPDX-License-Identifier: AGPL-3.0-only
import {
  type ContractFunctionParameters,
  erc20Abi,
  getAddress,
  keccak256,
  type PublicClient,
  toBytes,
} from "viem";
import { asChainError, ChainError } from "../../chain/errors.ts";
import type { Outbox } from "../../chain/sending.ts";
import type { Signer } from "../../chain/signer.ts";
import { transact } from "../../chain/transact.ts";
import type { Address, Hex } from "../../core/types.ts";
import { controllerAbi, epochRewardsAbi } from "./abi.ts";
import type { EpochFigures } from "./figures.ts";
import type { Contracts } from "./open.ts";
import { type Chunk, simpleProof } from "./output.ts";

const UPDATER_ROLE = keccak256(toBytes("REWARD_UPDATER_ROLE"));
/** How many provers one call pays: each is a call of the controller and a transfer into a vault. */
const BATCH = 40;

interface Posting {
  readonly client: PublicClient;
  readonly contracts: Contracts;
  readonly from: Address;
}

/** What is left of an epoch's chunks. @throws ChainError if what is set already is not what was computed */
export function unsetChunks(figures: EpochFigures, chunks: readonly Chunk[]): Chunk[] {
  const { epoch, payments } = figures;
  const later = [...payments.set.keys()].find((other) => other > epoch);
  const set = payments.set.get(epoch) ?? new Map<Address, bigint>();
  const left = chunks.filter(
    ({ rewards }) => !rewards.every(({ prover, amount }) => set.get(prover) === amount),
  );
  const done = chunks.length - left.length;
  const isPrefix = chunks.slice(done).every((chunk) => left.includes(chunk));
  const stated = chunks.slice(0, done).reduce((count, { rewards }) => count + rewards.length, 0);
  const others = [...set.values()].filter((amount) => amount > 0n).length;
  if (!isPrefix || others !== stated) {
    throw new ChainError(
      "refused",
      `epoch ${epoch} has rewards set that are not those computed here`,
      "nothing can be corrected there: find out who set them, and `provender audit` says how they differ",
    );
  }
  if (left.length > 0 && later !== undefined) {
    throw new ChainError(
      "refused",
      `epoch ${epoch} is shut out: rewards of epoch ${later} are set already`,
      "EpochRewards takes epochs in order",
    );
  }
  return left;
}

/** Without those that were set in blocks that are not final yet. */
export async function stillUnset(
  { client, contracts }: Pick<Posting, "client" | "contracts">,
  epoch: number,
  chunks: readonly Chunk[],
): Promise<Chunk[]> {
  const address = contracts.epochRewards as Address;
  const set = await Promise.all(
    chunks.map(async ({ rewards }) => {
      const { prover, amount } = rewards.at(-1) as Chunk["rewards"][number];
      const found = await client
        .readContract({
          address,
          abi: epochRewardsAbi,
          functionName: "epochProverRewards",
          args: [epoch, prover],
        })
        .catch(() => undefined);
      return found?.[0] === amount;
    }),
  );
  return chunks.filter((_, i) => !set[i]);
}

/** The calls that set an epoch's rewards, in their order, with the proof that the simple kind of proof contract takes. */
export async function setCalls(
  { client, contracts }: Pick<Posting, "client" | "contracts">,
  chunks: readonly Chunk[],
): Promise<ContractFunctionParameters[]> {
  const address = contracts.epochRewards as Address;
  const vkHash = await client.readContract({ address, abi: epochRewardsAbi, functionName: "vkHash" });
  return chunks.map(({ output }) => {
    const args = [simpleProof(output, vkHash), output];
    return { address, abi: epochRewardsAbi, functionName: "setRewards", args } as never;
  });
}

/**
 * Why rewards cannot be set, before anything is sent; undefined if they can. The first call is tried: a proof contract
 * that is not of the simple kind refuses what any but its own circuit makes.
 */
export async function whyNot(
  { client, contracts, from }: Posting,
  calls: readonly ContractFunctionParameters[],
  added: bigint,
): Promise<string | undefined> {
  const address = contracts.epochRewards as Address;
  const [role, balance] = await Promise.all([
    client
      .readContract({ address, abi: epochRewardsAbi, functionName: "hasRole", args: [UPDATER_ROLE, from] })
      .catch(() => undefined),
    client
      .readContract({ address: contracts.token, abi: erc20Abi, functionName: "balanceOf", args: [address] })
      .catch(() => undefined),
  ]);
  if (role === false) return `${getAddress(from)} does not have REWARD_UPDATER_ROLE`;
  if (balance !== undefined && balance < added) {
    return `EpochRewards holds ${balance}, the epoch's rewards are ${added}: fund it first`;
  }
  const [first] = calls;
  if (first === undefined) return undefined;
  try {
    await client.simulateContract({ ...first, account: from } as never);
    return undefined;
  } catch (error) {
    const { message } = asChainError(error) as Error;
    return `EpochRewards refuses the first call (${message}): if its proof contract is not of the simple kind, only its own circuit can prove these bytes`;
  }
}

/** Sends calls one after the other, each when the one before is mined; gives their hashes. */
export async function sendInOrder(
  client: PublicClient,
  signer: Signer,
  calls: readonly ContractFunctionParameters[],
  options: { readonly outbox: Outbox; readonly log: (line: string) => void },
): Promise<Hex[]> {
  const hashes: Hex[] = [];
  for (const call of calls) {
    const { transactionHash } = await transact(client, signer, call as never, options);
    hashes.push(transactionHash);
  }
  return hashes;
}

export interface Distribution {
  readonly calls: readonly ContractFunctionParameters[];
  /** Who cannot be paid now, and why. */
  readonly left: readonly { readonly prover: Address; readonly reason: string }[];
}

/** Batches that no prover in them reverts: those that are active, with shares and an amount that was not paid. */
export async function distribution(
  { client, contracts, from }: Posting,
  figures: EpochFigures,
): Promise<Distribution> {
  const { epoch, payments, provers } = figures;
  const address = contracts.epochRewards as Address;
  const paid = payments.paid.get(epoch);
  const left: { prover: Address; reason: string }[] = [];
  const able: Address[] = [];
  const vaults = new Map(provers.map(({ prover, vault }) => [prover, vault]));
  for (const [prover, amount] of payments.set.get(epoch) ?? []) {
    if (paid?.has(prover)) continue;
    const reason =
      amount === 0n ? "its amount is 0" : await unpayable(client, contracts, prover, vaults.get(prover));
    if (reason === undefined) able.push(prover);
    else left.push({ prover, reason });
  }
  const calls: ContractFunctionParameters[] = [];
  const pay = (some: readonly Address[]) =>
    ({ address, abi: epochRewardsAbi, functionName: "distributeRewards", args: [epoch, some] }) as never;
  /** One that is refused nevertheless is found by halves. */
  const add = async (some: readonly Address[]): Promise<void> => {
    if (some.length === 0) return;
    try {
      await client.simulateContract({ ...(pay(some) as object), account: from } as never);
      calls.push(pay(some));
    } catch (error) {
      if (some.length === 1) {
        left.push({ prover: some[0] as Address, reason: (asChainError(error) as Error).message });
        return;
      }
      const half = Math.ceil(some.length / 2);
      await add(some.slice(0, half));
      await add(some.slice(half));
    }
  };
  for (let i = 0; i < able.length; i += BATCH) await add(able.slice(i, i + BATCH));
  return { calls, left };
}

async function unpayable(
  client: PublicClient,
  contracts: Contracts,
  prover: Address,
  vault: Address | undefined,
): Promise<string | undefined> {
  const [info, shares] = await Promise.all([
    client
      .readContract({
        address: contracts.stakingController,
        abi: controllerAbi,
        functionName: "getProverInfo",
        args: [prover],
      })
      .catch(() => undefined),
    vault === undefined
      ? 0n
      : client
          .readContract({ address: vault, abi: erc20Abi, functionName: "totalSupply" })
          .catch(() => undefined),
  ]);
  if (info !== undefined && info[0] !== 1) return "it is not active";
  return shares === 0n ? "its vault has no shares" : undefined;
}

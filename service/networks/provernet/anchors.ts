// SPDX-License-Identifier: AGPL-3.0-only
import { type Abi, type ContractFunctionArgs, type ContractFunctionName, erc20Abi } from "viem";
import { type ChainError, inconsistent, isPruned } from "../../chain/errors.ts";
import { readMany } from "../../chain/many.ts";
import { lower } from "../../chain/system.ts";
import type { Address, Hex } from "../../core/types.ts";
import type { Position } from "../../store/deployment.ts";
import { controllerAbi, epochRewardsAbi, factoryAbi, marketAbi } from "./abi.ts";
import type { Fulfilled, Refunded } from "./facts.ts";
import { requestId } from "./fold.ts";
import { paymentsOf } from "./payments.ts";
import type { ProverNetSources, Witness } from "./sources.ts";
import type { NetworkState } from "./state.ts";
import type { GlobalStats, ProverStats } from "./stats.ts";
import { factsAfter, lateFacts, readState } from "./store.ts";

/** How many requests are asked about at a time. */
const REQUESTS = 5_000;
const NOBODY: Address = `0x${"0".repeat(40)}`;

type Found = ChainError | undefined;

/** What is checked once, when it is new: whether an endpoint answered then has to be remembered. */
const ONCE = [
  "getRequest",
  "getBidders",
  "globalStats",
  "proverStats",
  "epochTotalRewards",
  "epochProverRewards",
];

/** Views that did not vouch for something in the database: now, or when it was new. */
export function unansweredSince({ unanswered }: Witness, before: readonly string[]): string[] {
  return [...new Set([...before.filter((view) => ONCE.includes(view)), ...unanswered])].sort();
}

/** SPEC 14.6: what no view vouches for, however many are answered. */
export const NEVER_VOUCHED = [
  "when something happened between two blocks at which state was read",
  "changes between two such blocks that take each other back",
  "which part of what a vault holds was donated",
  "rewards that were set to 0",
];

/**
 * SPEC 14.6: the first thing that the contracts hold at `position`, the synced block, otherwise than the logs say.
 * Views that an endpoint does not answer vouch for nothing: `sources.witness` is told which.
 * @throws ChainError if the chain cannot be read
 */
export async function checkAnchors(sources: ProverNetSources, position: Position): Promise<Found> {
  const { database, deployment } = sources;
  const state = await readState(database, deployment);
  const head = await sources.chain.client.getBlockNumber();
  const read = readerAt(sources, position.block, head);
  return (
    (await inTotals(sources, read, state)) ??
    (await inProvers(sources, read, state)) ??
    (await inRequests(sources, read, position)) ??
    (await inStats(sources, read, state, position)) ??
    (await inEpochRewards(sources, read, state, position))
  );
}

type Read = <const abi extends Abi, name extends ContractFunctionName<abi, "view">>(
  abi: abi,
  functionName: name,
  calls: readonly { readonly address: Address; readonly args?: ContractFunctionArgs<abi, "view", name> }[],
) => ReturnType<typeof readMany<abi, name>>;

/** Reads views of one block; undefined for what is not answered, which the witness is told. */
function readerAt({ chain: { client }, witness }: ProverNetSources, blockNumber: bigint, head: bigint): Read {
  return async (abi, functionName, calls) => {
    const params = { abi, functionName, blockNumber };
    const answers = await readMany(client, { ...params, calls }).catch((error) => {
      // A newer block's state may still be there.
      if (isPruned(error) && blockNumber < head) throw error;
      // Of many, some may be answered.
      const one = (call: (typeof calls)[number]) =>
        readMany(client, { ...params, calls: [call] }).catch(() => [undefined]);
      return calls.length === 1 ? [undefined] : Promise.all(calls.map(one)).then((each) => each.flat());
    });
    if (answers.some((answer) => answer === undefined)) witness.unanswered.add(functionName);
    else if (calls.length > 0) witness.answered.add(functionName);
    return answers as never;
  };
}

async function inTotals({ contracts }: ProverNetSources, read: Read, state: NetworkState): Promise<Found> {
  const { stakingController, market, factory, token } = contracts;
  const { totals } = state;
  const [vaults, bps, fees, withdrawn, treasury, unstaking, balances] = await Promise.all([
    read(factoryAbi, "getVaultCount", [{ address: factory }]),
    read(marketAbi, "protocolFeeBps", [{ address: market }]),
    read(marketAbi, "cumulativeProtocolFee", [{ address: market }]),
    read(marketAbi, "withdrawnProtocolFee", [{ address: market }]),
    read(controllerAbi, "treasuryPool", [{ address: stakingController }]),
    read(controllerAbi, "totalUnstaking", [{ address: stakingController }]),
    read(erc20Abi, "balanceOf", [
      { address: token, args: [market] },
      { address: token, args: [stakingController] },
    ]),
  ]);
  const owed = Object.values(state.provers).reduce((sum, { commission }) => sum + commission, 0n);
  const held = totals.unstaking + totals.treasury + owed - totals.recovered;
  return (
    differs("the number of vaults", vaults[0], BigInt(Object.keys(state.vaults).length)) ??
    differs("the market's protocol fee in bps", bps[0], BigInt(totals.feeBps)) ??
    differs("the market's cumulative protocol fee", fees[0], totals.protocolFees) ??
    differs("the protocol fees withdrawn", withdrawn[0], totals.protocolFeesWithdrawn) ??
    differs("the controller's treasury", treasury[0], totals.treasury) ??
    differs("all that is unstaking", unstaking[0], totals.unstaking) ??
    // Anybody can send it something: it holds what it owes, or more.
    below("the market", balances[0], totals.escrow + totals.protocolFees - totals.protocolFeesWithdrawn) ??
    below("the controller", balances[1], held)
  );
}

async function inProvers({ contracts }: ProverNetSources, read: Read, state: NetworkState): Promise<Found> {
  const { stakingController, token } = contracts;
  const provers = Object.entries(state.provers) as [Address, NetworkState["provers"][Address]][];
  const each = provers.map(([prover]) => ({ address: stakingController, args: [prover] as const }));
  // Of a prover that retired nothing is kept.
  const there = provers.flatMap(([prover, { left }]) => (left === null ? [prover] : []));
  const [infos, rates, unstaking, balances] = await Promise.all([
    read(controllerAbi, "getProverInfo", each),
    read(
      controllerAbi,
      "getCommissionRates",
      there.map((prover) => ({ address: stakingController, args: [prover] as const })),
    ),
    read(controllerAbi, "getProverTotalUnstaking", each),
    read(
      erc20Abi,
      "balanceOf",
      provers.map(([, { vault }]) => ({ address: token, args: [vault] as const })),
    ),
  ]);
  for (const [i, [prover, own]] of provers.entries()) {
    const found =
      differs(`what the vault of ${prover} holds`, balances[i], own.assets) ??
      differs(`what is unstaking of ${prover}`, unstaking[i], own.unstaking) ??
      inInfo(prover, own, infos[i]) ??
      inRates(prover, own, rates[there.indexOf(prover)]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function inInfo(
  prover: Address,
  own: NetworkState["provers"][Address],
  info: readonly [number, Address, bigint, bigint, bigint, bigint, string, string] | undefined,
): Found {
  if (info === undefined) return undefined;
  const [state, vault, bps, commission, , joined] = info;
  // Retiring leaves nothing of a prover's record.
  if (own.left !== null) return differs(`the state of ${prover}, who retired`, state, 0);
  return (
    differs(`the state of ${prover}`, state, own.state) ??
    differs(`the vault of ${prover}`, lower(vault), own.vault) ??
    differs(`the default rate of ${prover}`, bps, BigInt(own.defaultBps)) ??
    differs(`the commission owed to ${prover}`, commission, own.commission) ??
    differs(`when ${prover} joined`, joined, BigInt(own.joined ?? 0))
  );
}

function inRates(
  prover: Address,
  own: NetworkState["provers"][Address],
  given: readonly [readonly Address[], readonly bigint[]] | undefined,
): Found {
  if (given === undefined || own.left !== null) return undefined;
  const [sources, bps] = given;
  const expected = new Map<string, number>([[NOBODY, own.defaultBps], ...Object.entries(own.rates)]);
  const found = new Map(sources.map((source, i) => [lower(source) as string, Number(bps[i])]));
  for (const source of new Set([...expected.keys(), ...found.keys()])) {
    const before = source === NOBODY ? 0 : undefined;
    const differing = differs(
      `the commission rate of ${prover} for source ${source}`,
      found.get(source) ?? before ?? -1,
      expected.get(source) ?? -1,
    );
    if (differing !== undefined) return differing;
  }
  return undefined;
}

/** Each request once, after its end. */
async function inRequests(sources: ProverNetSources, read: Read, position: Position): Promise<Found> {
  const { database, deployment, contracts } = sources;
  const slashes = await lateFacts(database, deployment, ["slashed"]);
  const slashed = new Set(slashes.map(({ request }) => request));
  let ended: (Fulfilled | Refunded)[] = [];
  const check = async (): Promise<Found> => {
    const some = ended;
    ended = [];
    const ids = some.map(requestId);
    const calls = ids.map((id) => ({ address: contracts.market, args: [id] as const }));
    const [requests, bidders] = await Promise.all([
      read(marketAbi, "getRequest", calls),
      read(marketAbi, "getBidders", calls),
    ]);
    for (const [i, fact] of some.entries()) {
      const id = ids[i] as Hex;
      const status = fact.kind === "fulfilled" ? 1 : slashed.has(id) ? 3 : 2;
      const found = inRequest(id, fact, status, requests[i]) ?? inBidders(id, fact, bidders[i]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  for await (const facts of factsAfter(database, deployment, position.checked ?? -1n)) {
    for (const fact of facts) if (fact.kind === "fulfilled" || fact.kind === "refunded") ended.push(fact);
    const found = ended.length >= REQUESTS ? await check() : undefined;
    if (found !== undefined) return found;
  }
  return check();
}

function inRequest(
  id: Hex,
  fact: Fulfilled | Refunded,
  status: number,
  given: readonly [number, bigint, Address, bigint, bigint, bigint, Hex, Hex, number] | undefined,
): Found {
  if (given === undefined) return undefined;
  const [stated, created, requester, maxFee, minStake, deadline, vk, digest, version] = given;
  const of = (what: string) => `the ${what} of request ${id}`;
  return (
    differs(of("status"), stated, status) ??
    differs(of("time"), created, BigInt(fact.created)) ??
    differs(of("requester"), lower(requester), fact.requester) ??
    differs(of("highest fee"), maxFee, fact.maxFee) ??
    differs(of("least stake"), minStake, fact.minStake) ??
    differs(of("deadline"), deadline, BigInt(fact.deadline)) ??
    differs(of("key"), vk.toLowerCase(), fact.vk) ??
    differs(of("digest"), digest.toLowerCase(), fact.digest) ??
    differs(of("version"), version, fact.version)
  );
}

function inBidders(
  id: Hex,
  { bids }: Fulfilled | Refunded,
  given: readonly [Address, bigint, Address, bigint] | undefined,
): Found {
  if (given === undefined) return undefined;
  const [winner, fee, second, secondFee] = given;
  return (
    differs(`the winner of request ${id}`, lower(winner), bids[0]?.prover ?? NOBODY) ??
    differs(`the lowest bid of request ${id}`, fee, bids[0]?.fee ?? 0n) ??
    differs(`the second bidder of request ${id}`, lower(second), bids[1]?.prover ?? NOBODY) ??
    differs(`the second bid of request ${id}`, secondFee, bids[1]?.fee ?? 0n)
  );
}

/** What the market counts and forgets: those that changed since the last check. */
async function inStats(
  { contracts: { market: address }, database, deployment }: ProverNetSources,
  read: Read,
  { stats }: NetworkState,
  { checked }: Position,
): Promise<Found> {
  const globals = new Map<number, GlobalStats>();
  const own: { readonly prover: Address; readonly epoch: number; readonly counted: ProverStats }[] = [];
  for (const { at, block, prover, counted } of await lateFacts(database, deployment, ["stats"])) {
    if (checked !== undefined && BigInt(block) <= checked) continue;
    if (prover === null) globals.set(at, counted as GlobalStats);
    else own.push({ prover, epoch: at, counted: counted as ProverStats });
  }
  for (const [epoch, counted] of Object.entries(stats.global)) globals.set(Number(epoch), counted);
  for (const [prover, epochs] of Object.entries(stats.provers)) {
    for (const [epoch, counted] of Object.entries(epochs)) {
      own.push({ prover: prover as Address, epoch: Number(epoch), counted });
    }
  }
  const [ids, ofAll, ofProvers] = await Promise.all([
    read(marketAbi, "statsEpochId", [{ address }]),
    read(
      marketAbi,
      "globalStats",
      Array.from(globals.keys(), (epoch) => ({ address, args: [BigInt(epoch)] as const })),
    ),
    read(
      marketAbi,
      "proverStats",
      own.map(({ prover, epoch }) => ({ address, args: [prover, BigInt(epoch)] as const })),
    ),
  ]);
  const epochs = [...globals.entries()];
  const inGlobal = epochs.map(([epoch, { requests, fulfilled, fees }], i) =>
    same(`the market's counts of its epoch ${epoch}`, ofAll[i], [requests, fulfilled, fees]),
  );
  const inOwn = own.map(({ prover, epoch, counted }, i) => {
    const { bids, reveals, fulfilled, refunded, lastActive, fees } = counted;
    const expected = [bids, reveals, fulfilled, refunded, lastActive, fees];
    return same(`the market's counts of ${prover} in its epoch ${epoch}`, ofProvers[i], expected);
  });
  return (
    differs("the market's epoch of counts", ids[0], BigInt(stats.id)) ??
    [...inGlobal, ...inOwn].find((found) => found !== undefined)
  );
}

async function inEpochRewards(
  { contracts: { epochRewards: address }, database, deployment, witness }: ProverNetSources,
  read: Read,
  { configs }: NetworkState,
  { checked }: Position,
): Promise<Found> {
  if (address === null) return undefined;
  const late = await lateFacts(database, deployment, ["reward-set", "paid", "settled"]);
  const payments = paymentsOf(late.filter((fact) => fact.kind !== "settled"));
  const isNew = (block: number | undefined) =>
    checked === undefined || block === undefined || BigInt(block) > checked;
  const settledIn = new Map<number, number>();
  for (const fact of late) if (fact.kind === "settled") settledIn.set(fact.at, fact.block);
  const epochs = [...settledIn.keys()].filter((epoch) => isNew(settledIn.get(epoch)));
  const pairs = [...payments.set].flatMap(([epoch, amounts]) =>
    Array.from(amounts, ([prover, amount]) => {
      const paid = payments.paid.get(epoch)?.get(prover);
      return { epoch, prover, amount, paid };
    }).filter(({ paid }) => isNew(settledIn.get(epoch)) || isNew(paid?.block)),
  );
  const [given, lastUpdated, totals, rewards] = await Promise.all([
    read(epochRewardsAbi, "getEpochConfigs", [{ address }]),
    read(epochRewardsAbi, "lastUpdatedEpoch", [{ address }]),
    read(
      epochRewardsAbi,
      "epochTotalRewards",
      epochs.map((epoch) => ({ address, args: [epoch] as const })),
    ),
    read(
      epochRewardsAbi,
      "epochProverRewards",
      pairs.map(({ epoch, prover }) => ({ address, args: [epoch, prover] as const })),
    ),
  ]);
  const textOf = (list: readonly object[]) =>
    list.map((item) => Object.values(item).map(String).join(" ")).join("; ");
  const lastSet = late.findLast((fact) => fact.kind === "settled");
  const found =
    differs("the last epoch whose rewards were set", lastUpdated[0], lastSet?.at ?? 0) ??
    epochs
      .map((epoch, i) => {
        const set = [...(payments.set.get(epoch)?.values() ?? [])].reduce((sum, one) => sum + one, 0n);
        return differs(`the rewards set for epoch ${epoch}`, totals[i], set);
      })
      .find((one) => one !== undefined) ??
    pairs
      .map(({ epoch, prover, amount }, i) =>
        differs(`the reward of ${prover} for epoch ${epoch}`, rewards[i]?.[0], amount),
      )
      .find((one) => one !== undefined);
  if (found !== undefined) return found;
  // Windows of settled epochs stay as they were, and others are provisional: no money follows from one that is not said.
  if (given[0] !== undefined && textOf(given[0]) !== textOf(configs)) {
    witness.contradicted.add("the chain has other configurations of epochs than the logs give");
  }
  // Of equal amounts in two epochs no log says which is paid: their number is compared.
  const open = new Map<string, number>();
  for (const [i, { prover, amount, paid }] of pairs.entries()) {
    const distributed = rewards[i]?.[1];
    if (distributed === undefined) continue;
    const key = `${amount} of ${prover}`;
    open.set(key, (open.get(key) ?? 0) + (distributed ? 1 : 0) - (paid === undefined ? 0 : 1));
  }
  for (const [key, missing] of open) {
    if (missing > 0) return inconsistent(`a payment of ${key} by EpochRewards is missing from the logs`);
    if (missing < 0) return inconsistent(`a payment of ${key} is in the logs, but not EpochRewards'`);
  }
  const [stray] = payments.unmatched;
  return stray && inconsistent(`EpochRewards pays ${stray.prover} ${stray.amount}, which was not set`);
}

function differs(
  what: string,
  onChain: string | number | bigint | undefined,
  expected: string | number | bigint,
): Found {
  if (onChain === undefined || onChain === expected) return undefined;
  return inconsistent(`${what} is ${onChain} on the chain, the logs give ${expected}`);
}

function same(
  what: string,
  onChain: readonly unknown[] | undefined,
  expected: readonly (number | bigint)[],
): Found {
  return differs(what, onChain?.map(String).join(", "), expected.map(String).join(", "));
}

function below(who: string, balance: bigint | undefined, owed: bigint): Found {
  if (balance === undefined || balance >= owed) return undefined;
  return inconsistent(`${who} holds ${balance}, by the logs it owes ${owed}`);
}

// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { iProverNetAdapterAbi, iProverRegistryAbi } from "../../chain/abi.ts";
import { lower } from "../../chain/system.ts";
import type { Address } from "../../core/types.ts";
import { NOBODY } from "../config.ts";
import { moment } from "../durations.ts";
import { addressIn, change, type Prepared, requireUse, somebodyIn, type World } from "./world.ts";

/** As ProverRegistry's MAX_EXIT_PAUSE. */
const EXIT_PAUSE = 604_800n;
const STATES = ["not registered", "Active", "Inactive", "Jailed"] as const;
const JAILED = 3;

const at = ({ system, blockNumber }: World) =>
  ({ address: system.registry, abi: iProverRegistryAbi, blockNumber }) as const;
/** A registry's roles are read as an adapter's, whose interface names them all. */
const rolesAt = ({ system, blockNumber }: World) =>
  ({ address: system.registry, abi: iProverNetAdapterAbi, blockNumber }) as const;

const setRole =
  (functionName: "guardian" | "treasury", when: string) =>
  async (world: World, [text = ""]: readonly string[]): Promise<Prepared> => {
    const next = somebodyIn(text, "address");
    const before = await world.client.readContract({ ...at(world), functionName });
    return {
      args: [next],
      changes: [change(functionName, [getAddress(before), getAddress(next)], when)],
    };
  };
/**
 * From the guardian there is to `[address]`.
 * @throws UsageError for what is no address, or the zero address
 */
export const setGuardian = setRole("guardian", "at once, for the pending root too");
/**
 * From the treasury there is to `[address]`.
 * @throws UsageError for what is no address, or the zero address
 */
export const setTreasury = setRole("treasury", "at once, for slashes and fees from now on");

/**
 * Offers the ownership to `[address]`; the zero address takes the offer back.
 * @throws UsageError for what is no address
 */
export async function transferOwnership(world: World, [text = ""]: readonly string[]): Promise<Prepared> {
  const next = addressIn(text, "address");
  const before = await world.client.readContract({ ...rolesAt(world), functionName: "pendingOwner" });
  const said = (who: Address) => (who === NOBODY ? "nobody" : getAddress(who));
  const when =
    next === NOBODY
      ? "at once: nobody can accept any more"
      : "at once; the present owner stays until the other accepts, with `provender admin accept-ownership`";
  return {
    args: [next],
    changes: [change("offered ownership", [lower(before), next], when, said)],
  };
}

/**
 * From the owner there is to whom the ownership is offered.
 * @throws UsageError if it is offered to nobody
 */
export async function acceptOwnership(world: World): Promise<Prepared> {
  const { client } = world;
  const [before, next] = await Promise.all([
    client.readContract({ ...rolesAt(world), functionName: "owner" }),
    client.readContract({ ...rolesAt(world), functionName: "pendingOwner" }),
  ]);
  const hint = "the owner offers it with `provender admin transfer-ownership`";
  requireUse(world, next !== NOBODY, "the ownership is offered to nobody", hint);
  const when = "at once, in all contracts of the deployment";
  return { args: [], changes: [change("owner", [getAddress(before), getAddress(next)], when)] };
}

/**
 * The market `[address]`, which may lock stake once two exit pauses and an unbonding delay are over.
 * @throws UsageError for what is no address, or the zero address
 */
export async function listMarket(world: World, [text = ""]: readonly string[]): Promise<Prepared> {
  const market = somebodyIn(text, "address");
  const { client, now } = world;
  const [{ lockFrom }, delay, code] = await Promise.all([
    client.readContract({ ...at(world), functionName: "marketListing", args: [market] }),
    client.readContract({ ...at(world), functionName: "unbondingDelay" }),
    client.getCode({ address: market }),
  ]);
  // The registry would take an account that somebody has the key of, who could then slash all stakes.
  const problem = `<address>: there is no contract at ${getAddress(market)}`;
  requireUse(world, code !== undefined, problem, "give a market's address");
  const lockFromThen = now + 2n * EXIT_PAUSE + delay;
  const when = `may lock from ${moment(lockFromThen, now)} on: whoever distrusts it can leave until then`;
  return {
    args: [market],
    changes: [change(`market ${getAddress(market)}`, [lockFrom !== 0n, true], when, listedOrNot)],
  };
}

const listedOrNot = (listed: boolean) => (listed ? "listed" : "not listed");

/**
 * The market `[address]`, which may no longer lock stake from now on.
 * @throws UsageError for what is no address, or the zero address
 */
export async function delistMarket(world: World, [text = ""]: readonly string[]): Promise<Prepared> {
  const market = somebodyIn(text, "address");
  const listing = await world.client.readContract({
    ...{ ...at(world), functionName: "marketListing", args: [market] },
  });
  const when = "at once; it may still release and slash what it has locked";
  return {
    args: [market],
    changes: [change(`market ${getAddress(market)}`, [listing.lockFrom !== 0n, false], when, listedOrNot)],
  };
}

const changeState =
  (jails: boolean) =>
  async (world: World, [text = ""]: readonly string[]): Promise<Prepared> => {
    const prover = somebodyIn(text, "address");
    const record = await world.client.readContract({
      ...{ ...at(world), functionName: "proverRecord", args: [prover] },
    });
    const said = (state: number) => STATES[state] ?? `${state}`;
    const problem = `<address>: ${getAddress(prover)} is no registered prover`;
    requireUse(world, record.state !== 0, problem, "`provender provers` lists them");
    const isJailed = record.state === JAILED;
    // Whoever is not jailed is free already.
    const to = jails ? JAILED : isJailed ? record.jailedFrom : record.state;
    const when = jails
      ? "at once: no bids and no deposits; proofs, rewards and stakers' exits go on"
      : "at once";
    return {
      args: [prover],
      changes: [change(`prover ${getAddress(prover)}`, [record.state, to], when, said)],
    };
  };
/**
 * Jails the prover `[address]`.
 * @throws UsageError for what is no address, or no registered prover
 */
export const jail = changeState(true);
/**
 * Frees the prover `[address]` into the state that it was jailed from.
 * @throws UsageError for what is no address, or no registered prover
 */
export const unjail = changeState(false);

/** Stops deposits, requests and commits until the owner lifts it, and exit requests for a week at most. */
export async function pause(world: World): Promise<Prepared> {
  const { client, now } = world;
  const [paused, end] = await Promise.all([
    client.readContract({ ...at(world), functionName: "paused" }),
    client.readContract({ ...at(world), functionName: "exitPauseEnd" }),
  ]);
  // As in RegistryRoles: exits stay open for as long as they were stopped, whoever pauses.
  const anew = now >= BigInt(end) + EXIT_PAUSE;
  const until = anew ? now + EXIT_PAUSE : BigInt(end);
  const stops = until > now;
  return {
    args: [],
    changes: [
      change(
        "deposits, requests and commits",
        [paused, true],
        "at once, until the owner lifts it",
        openOrStopped,
      ),
      change(
        "exit requests",
        [paused && BigInt(end) > now, stops],
        stops
          ? `at once, until ${moment(until, now)}`
          : `they were stopped until ${moment(BigInt(end), now)}, and stay open for a week from then`,
        openOrStopped,
      ),
    ],
  };
}

const openOrStopped = (stopped: boolean) => (stopped ? "stopped" : "open");

/** Lifts the pause of all that `pause` stops. */
export async function unpause(world: World): Promise<Prepared> {
  const paused = await world.client.readContract({ ...at(world), functionName: "paused" });
  const what = "deposits, requests, commits and exit requests";
  return { args: [], changes: [change(what, [paused, false], "at once", openOrStopped)] };
}

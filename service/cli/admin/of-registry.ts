// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { iProverNetAdapterAbi, iProverRegistryAbi } from "../../chain/abi.ts";
import { moment } from "../durations.ts";
import { addressIn, NOBODY, type Prepared, requireUse, somebodyIn, type World } from "./world.ts";

/** As ProverRegistry's MAX_EXIT_PAUSE. */
const EXIT_PAUSE = 604_800n;
const STATES = ["not registered", "Active", "Inactive", "Jailed"] as const;

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
      changes: [{ what: functionName, from: getAddress(before), to: getAddress(next), when }],
    };
  };
export const setGuardian = setRole("guardian", "at once, for the pending root too");
export const setTreasury = setRole("treasury", "at once, for slashes and fees from now on");

export async function transferOwnership(world: World, [text = ""]: readonly string[]): Promise<Prepared> {
  const next = addressIn(text, "address");
  const before = await world.client.readContract({ ...rolesAt(world), functionName: "pendingOwner" });
  const said = (who: string) => (who === NOBODY ? "nobody" : getAddress(who as typeof NOBODY));
  const when =
    next === NOBODY
      ? "at once: nobody can accept any more"
      : "at once; the present owner stays until it calls `provender admin accept-ownership`";
  return {
    args: [next],
    changes: [{ what: "offered ownership", from: said(before), to: said(next), when }],
  };
}

export async function acceptOwnership(world: World): Promise<Prepared> {
  const { client } = world;
  const [before, next] = await Promise.all([
    client.readContract({ ...rolesAt(world), functionName: "owner" }),
    client.readContract({ ...rolesAt(world), functionName: "pendingOwner" }),
  ]);
  const hint = "the owner offers it with `provender admin transfer-ownership`";
  requireUse(world, next !== NOBODY, "the ownership is offered to nobody", hint);
  const when = "at once, in all contracts of the deployment";
  return { args: [], changes: [{ what: "owner", from: getAddress(before), to: getAddress(next), when }] };
}

export async function listMarket(world: World, [text = ""]: readonly string[]): Promise<Prepared> {
  const market = somebodyIn(text, "address");
  const { client, now } = world;
  const [{ lockFrom }, delay] = await Promise.all([
    client.readContract({ ...at(world), functionName: "marketListing", args: [market] }),
    client.readContract({ ...at(world), functionName: "unbondingDelay" }),
  ]);
  const problem = `<address>: ${getAddress(market)} is listed already`;
  requireUse(world, lockFrom === 0n, problem, "nothing is to do");
  const when = `may lock from ${moment(now + delay, now)} on: whoever distrusts it can leave until then`;
  return {
    args: [market],
    changes: [{ what: `market ${getAddress(market)}`, from: "not listed", to: "listed", when }],
  };
}

export async function delistMarket(world: World, [text = ""]: readonly string[]): Promise<Prepared> {
  const market = somebodyIn(text, "address");
  const listing = await world.client.readContract({
    ...{ ...at(world), functionName: "marketListing", args: [market] },
  });
  const problem = `<address>: ${getAddress(market)} is not listed`;
  requireUse(world, listing.lockFrom !== 0n, problem, "give a listed market");
  const when = "at once; it may still release and slash what it has locked";
  return {
    args: [market],
    changes: [{ what: `market ${getAddress(market)}`, from: "listed", to: "not listed", when }],
  };
}

const changeState =
  (jails: boolean) =>
  async (world: World, [text = ""]: readonly string[]): Promise<Prepared> => {
    const prover = somebodyIn(text, "address");
    const record = await world.client.readContract({
      ...{ ...at(world), functionName: "proverRecord", args: [prover] },
    });
    const from = STATES[record.state] ?? `${record.state}`;
    const able = jails ? record.state === 1 || record.state === 2 : record.state === 3;
    const hint = jails
      ? "only an Active or Inactive prover can be jailed"
      : "only a jailed prover can be freed";
    requireUse(world, able, `<address>: prover ${getAddress(prover)} is ${from}`, hint);
    const to = jails ? "Jailed" : (STATES[record.jailedFrom] ?? `${record.jailedFrom}`);
    const when = jails
      ? "at once: no bids and no deposits; proofs, rewards and stakers' exits go on"
      : "at once";
    return { args: [prover], changes: [{ what: `prover ${getAddress(prover)}`, from, to, when }] };
  };
export const jail = changeState(true);
export const unjail = changeState(false);

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
  const running = "open";
  return {
    args: [],
    changes: [
      {
        ...{ what: "deposits, requests and commits", from: paused ? "stopped" : running, to: "stopped" },
        when: "at once, until the owner lifts it",
      },
      {
        what: "exit requests",
        from: paused && BigInt(end) > now ? "stopped" : running,
        to: stops ? "stopped" : running,
        when: stops
          ? `at once, until ${moment(until, now)}`
          : `they were stopped until ${moment(BigInt(end), now)}, and stay open for a week from then`,
      },
    ],
  };
}

export async function unpause(world: World): Promise<Prepared> {
  const paused = await world.client.readContract({ ...at(world), functionName: "paused" });
  requireUse(world, paused, "nothing is paused", "there is nothing to lift");
  return {
    args: [],
    changes: [
      { what: "deposits, requests, commits, exit requests", from: "stopped", to: "open", when: "at once" },
    ],
  };
}

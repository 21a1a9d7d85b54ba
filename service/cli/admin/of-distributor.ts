// SPDX-License-Identifier: AGPL-3.0-only
import { bytesToHex, getAbiItem, getAddress, keccak256, toEventSelector } from "viem";
import { iProverRegistryAbi, iRewardDistributorAbi } from "../../chain/abi.ts";
import { type Post, readDistributor } from "../../chain/distributor.ts";
import { ChainError } from "../../chain/errors.ts";
import { readSegmentLogs } from "../../chain/policies.ts";
import { readPackedLogs } from "../../chain/raw-logs.ts";
import { decodeLogs } from "../../core/decode-logs.ts";
import { BOUNDS, MAX_AUDITORS, WINDOW_DIVISOR } from "../../deploy/bounds.ts";
import { asSomeTokens, asTokens, tokens } from "../amounts.ts";
import { asSomebody } from "../config.ts";
import { asDuration, duration } from "../durations.ts";
import { UsageError } from "../errors.ts";
import { readPolicyFile } from "../policy-file.ts";
import { shortHash } from "./short-hash.ts";
import {
  change,
  epochIn,
  fromEpoch,
  type Options,
  type Prepared,
  requireUse,
  requireWithin,
  somebodyIn,
  type World,
  wholeIn,
} from "./world.ts";

const SHORTEST_WINDOW = BOUNDS["distributor.challengeWindow"][0];
const LATER = "for roots posted from now on";

const at = ({ system, blockNumber }: World) =>
  ({ address: system.distributor, abi: iRewardDistributorAbi, blockNumber }) as const;

/** What becomes of a post that is there. */
async function keeps(world: World, what: (latest: Post) => string): Promise<string> {
  const { latest } = await readDistributor(world.client, world.system);
  return latest === undefined || latest.active || latest.vetoed
    ? LATER
    : `${LATER}; post ${latest.postNumber}, which is pending, keeps ${what(latest)}`;
}

/**
 * From the publisher there is to `[address]`.
 * @throws UsageError for what is no address, or the zero address
 */
export async function setPublisher(world: World, [text = ""]: readonly string[]): Promise<Prepared> {
  const next = somebodyIn(text, "address");
  const before = await world.client.readContract({ ...at(world), functionName: "publisher" });
  const when = "at once; roots that were posted stay";
  return {
    args: [next],
    changes: [change("publisher", [getAddress(before), getAddress(next)], when)],
  };
}

const setAuditor =
  (listed: boolean) =>
  async (world: World, [text = ""]: readonly string[]): Promise<Prepared> => {
    const who = somebodyIn(text, "address");
    const { client } = world;
    const [{ listed: before }, count, quorum] = await Promise.all([
      client.readContract({ ...at(world), functionName: "auditor", args: [who] }),
      client.readContract({ ...at(world), functionName: "auditorCount" }),
      client.readContract({ ...at(world), functionName: "quorum" }),
    ]);
    const next = before === listed ? count : listed ? count + 1n : count - 1n;
    requireUse(
      world,
      next <= MAX_AUDITORS,
      `<address>: ${MAX_AUDITORS} auditors are listed, which is the most`,
      "remove one first, with `provender admin remove-auditor`",
    );
    requireUse(
      world,
      next >= quorum,
      `<address>: without it there are ${next} auditors, and ${quorum} have to attest`,
      "set a lower quorum first, with `provender admin set-quorum`",
    );
    const said = (is: boolean) => (is ? "listed" : "not listed");
    const when = listed
      ? "its say begins with the next post"
      : "at once; what it has attested stays attested, and it can veto no more";
    return {
      args: [who, listed],
      changes: [
        change(`auditor ${getAddress(who)}`, [before, listed], when, said),
        change("listed auditors", [count, next], "at once"),
      ],
    };
  };
/**
 * Lists the auditor `[address]`, from the next post on.
 * @throws UsageError for the zero address, or if as many are listed as may be
 */
export const addAuditor = setAuditor(true);
/**
 * Takes the auditor `[address]` off the list, at once.
 * @throws UsageError for the zero address, or if fewer would be left than the quorum
 */
export const removeAuditor = setAuditor(false);

/**
 * From the quorum there is to `[count]`; a pending post keeps its own.
 * @throws UsageError for more than there are listed auditors, and for 0 where the deployment does not allow it
 */
export async function setQuorum(world: World, [text = ""]: readonly string[]): Promise<Prepared> {
  const next = wholeIn(text, "<count>");
  const { client } = world;
  const [before, auditors, mayBeZero] = await Promise.all([
    client.readContract({ ...at(world), functionName: "quorum" }),
    client.readContract({ ...at(world), functionName: "auditorCount" }),
    client.readContract({ ...at(world), functionName: "allowZeroQuorum" }),
  ]);
  if (next === 0n && !mayBeZero) {
    throw new UsageError(
      "<count>: 0 is refused: this deployment wants an auditor's yes to every root",
      `give 1 to ${auditors}`,
    );
  }
  const problem = `<count>: ${next} is more than there are listed auditors, ${auditors}`;
  const hint = "list more of them first, with `provender admin add-auditor`";
  requireUse(world, next <= auditors, problem, hint);
  const when = await keeps(world, ({ quorum }) => `${quorum}`);
  return { args: [next], changes: [change("quorum", [before, next], when)] };
}

/**
 * From the challenge window there is to `[duration]`, in seconds; a pending post keeps its own.
 * @throws UsageError below the shortest, above a quarter of an epoch, or above what the notice of commission leaves
 */
export async function setWindow(world: World, [text = ""]: readonly string[]): Promise<Prepared> {
  const next = asDuration({ text, source: "<duration>" });
  const { client, system } = world;
  const [before, notice] = await Promise.all([
    client.readContract({ ...at(world), functionName: "challengeWindow" }),
    client.readContract({
      ...{ address: system.registry, abi: iProverRegistryAbi, functionName: "commissionNotice" },
    }),
  ]);
  const quarter = system.epochLength / WINDOW_DIVISOR;
  const beside = notice - system.epochLength;
  const [longest, because] =
    beside < quarter
      ? [beside, "what the notice of commission leaves beside an epoch"]
      : [quarter, "a quarter of an epoch"];
  requireWithin(next, [SHORTEST_WINDOW, longest], "<duration>", duration, `, ${because}`);
  const when = await keeps(world, ({ postedAt, claimableAt }) => duration(claimableAt - postedAt));
  return { args: [next], changes: [change("challenge window", [before, next], when, duration)] };
}

/**
 * Budget (wei an epoch) and policy from `--from-epoch` on; the one that is not given is the last segment's.
 * @throws UsageError if the epoch or both of the others are missing, or one is not what the contract takes
 */
export async function addSegment(
  world: World,
  _: readonly string[],
  { fromEpoch: given, policy: file, budget: text, wei }: Options,
): Promise<Prepared> {
  const { client, system, context, blockNumber } = world;
  if (given === undefined) {
    throw new UsageError("--from-epoch is missing", "give an epoch's number, or a date");
  }
  if (file === undefined && text === undefined) {
    throw new UsageError("neither --policy nor --budget is given", "give what is to change");
  }
  const epoch = epochIn(world, given, "--from-epoch");
  const segments = await readSegmentLogs(client, system, blockNumber);
  // A later segment of the same epoch, or one that begins later, takes its place: it is the last that goes on.
  const last = segments.at(-1);
  if (last === undefined) throw new Error("a distributor has a segment from its construction on");
  const policy = file === undefined ? bytesToHex(last.policy) : await policyIn(file);
  const budget = text === undefined ? last.budget : asTokens({ text, source: "--budget" }, wei === true);
  const hash = keccak256(policy);
  const when = fromEpoch(world, epoch);
  const units = (amount: bigint) => `${tokens(amount, system.symbol)} an epoch`;
  requireWithin(budget, BOUNDS["distributor.budget"], "--budget", (value) => tokens(value, system.symbol));
  return {
    args: [BigInt(epoch), budget, policy],
    changes: [
      change("budget", [last.budget, budget], when, units),
      change("policy", [last.policyHash, hash], when, shortHash),
    ],
  };

  async function policyIn(name: string) {
    const { canonical } = await readPolicyFile(context, "--policy", name);
    return bytesToHex(new TextEncoder().encode(canonical));
  }
}

/**
 * `[amount]` of the surplus, in wei, or `all` of it, to `--to`.
 * @throws UsageError without a receiver, for 0, and for more than the surplus
 */
export async function withdrawSurplus(
  world: World,
  [text = ""]: readonly string[],
  { to, wei }: Options,
): Promise<Prepared> {
  const { client, system } = world;
  if (to === undefined) throw new UsageError("--to is missing", "give the address that receives it");
  const receiver = asSomebody({ text: to, source: "--to" });
  const { surplus, funds, promised } = await readDistributor(client, system);
  const amount =
    text === "all" ? surplus : asSomeTokens({ text, source: "<amount>" }, wei === true, ", or `all`");
  const units = (value: bigint) => tokens(value, system.symbol);
  const problem = `<amount>: ${units(amount)} is more than the surplus, ${units(surplus)}`;
  const hint = `${units(promised)} of ${units(funds)} are promised; give \`all\` for the surplus`;
  requireUse(world, amount <= surplus, problem, hint);
  const received = change(`received by ${getAddress(receiver)}`, [0n, amount], "at once", units);
  return {
    args: [receiver, amount],
    changes: [
      change("surplus", [surplus, surplus - amount], "at once", units),
      ...(received.isSo ? [] : [received]),
    ],
  };
}

const ROOT_POSTED = toEventSelector(getAbiItem({ abi: iRewardDistributorAbi, name: "RootPosted" }));

/**
 * Of the pending post alone: any other cannot be vetoed.
 * @throws UsageError for the number of another; ChainError `inconsistent` if the logs do not hold it
 */
export async function veto(world: World, [text = ""]: readonly string[]): Promise<Prepared> {
  const number = wholeIn(text, "<post>");
  const { client, system, blockNumber } = world;
  const { latest } = await readDistributor(client, system);
  const isVetoed = latest?.postNumber === number && latest.vetoed;
  const pending = latest === undefined || latest.active || latest.vetoed ? undefined : latest.postNumber;
  const hint = pending === undefined ? "no post is; see `provender epoch status`" : `post ${pending} is`;
  requireUse(world, isVetoed || pending === number, `<post>: post ${number} is not pending`, hint);
  const range = { fromBlock: system.startBlock, toBlock: blockNumber };
  const packed = await readPackedLogs(client, range, system.distributor, ROOT_POSTED);
  const posts = Array.from(decodeLogs(packed), ({ event }) => event).filter(
    (event) => event.name === "RootPosted",
  );
  const post = posts.find(({ postNumber }) => postNumber === number);
  if (post === undefined) {
    throw new ChainError("inconsistent", `the logs hold no post ${number}`, "use another endpoint");
  }
  const { epoch, postNumber, root, cumulativeTotal, datasetHash, snapshotBlock, snapshotHash } = post;
  return {
    args: [{ epoch, postNumber, root, cumulativeTotal, datasetHash, snapshotBlock, snapshotHash }],
    changes: [
      change(
        `post ${number}, the root of epoch ${epoch}`,
        [isVetoed ? "vetoed" : "pending", "vetoed"],
        "at once, for good; the publisher posts the epoch anew",
      ),
    ],
  };
}

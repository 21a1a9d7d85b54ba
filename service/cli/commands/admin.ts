// SPDX-License-Identifier: AGPL-3.0-only
import { type Abi, type Address, type ContractFunctionParameters, getAddress } from "viem";
import {
  iProofMarketAbi,
  iProverNetAdapterAbi,
  iProverRegistryAbi,
  iRewardDistributorAbi,
} from "../../chain/abi.ts";
import { asChainError, ChainError } from "../../chain/errors.ts";
import { forgetful } from "../../chain/sending.ts";
import type { Signer } from "../../chain/signer.ts";
import { hasAdapter, lower } from "../../chain/system.ts";
import { hasTimelockRole, timelockAt, type Waiting, waitingFor } from "../../chain/timelock.ts";
import { transact } from "../../chain/transact.ts";
import { PREPARE } from "../admin/prepare.ts";
import {
  type AdminReport,
  adminJson,
  type Done,
  descriptionText,
  isSoAlready,
  isSoNow,
  outcomeText,
  ROLE_NAMES,
} from "../admin/report.ts";
import { type RouteFlags, requireStanding, routeOf, type Step, straight, through } from "../admin/step.ts";
import type { Options, Prepared, World } from "../admin/world.ts";
import { asAddress } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { UsageError } from "../errors.ts";
import { refuseWithout } from "../refuse-flags.ts";
import { writeSafeFile } from "../safe-file.ts";
import { type ChainFlags, openSession, type Session } from "../session.ts";
import { openSigner, type SignerFlags } from "../signing.ts";
import { ADMIN_CALLS, type AdminCall, type AdminName, type Role } from "../usage/admin-calls.ts";

export interface AdminFlags extends ChainFlags, SignerFlags, Options, RouteFlags {
  readonly send?: true;
  readonly dryRun?: true;
  readonly safe?: string;
  readonly safeAddress?: string;
}

/**
 * One command of the owner or the guardian: says what it changes, and does it where that is asked for.
 * @throws UsageError for what the contract would refuse, or a timelock's step where there is none; ChainError
 */
export async function run(
  context: Context,
  name: AdminName,
  given: readonly string[],
  flags: AdminFlags,
): Promise<void> {
  const call: AdminCall = ADMIN_CALLS[name];
  const route = routeOf(flags);
  refuseWithout(flags, "safe", ["safeAddress"]);
  const session = await openSession(context, flags);
  const world = await worldOf(context, session, route === "direct" || route === "schedule");
  requireContract(world, call);
  const holder = await holderOf(world, call.role);
  const timelock = await timelockAt(world.client, holder);
  if (route !== "direct" && timelock === undefined) {
    throw new UsageError(
      `--${route}: the ${ROLE_NAMES[call.role]}, ${getAddress(holder)}, is no timelock`,
      "leave it out: the call goes straight to the contract",
    );
  }
  const prepared = await PREPARE[name](world, given, flags);
  const target = targetOf(world, call, prepared);
  const step =
    timelock === undefined ? straight(target, holder) : await through(world, timelock, target, flags);
  const waiting = route === "schedule" && isSoNow(prepared) ? await othersWaiting(world, step) : [];
  const report: AdminReport = { name, call, world, holder, prepared, target, timelock, route, step, waiting };
  await act(context, session, report, flags);
}

/** What else is proposed for the contract that a proposal is for. */
async function othersWaiting(
  { client, system, blockNumber }: World,
  { operation }: Step,
): Promise<readonly Waiting[]> {
  if (operation === undefined) return [];
  const range = { fromBlock: system.startBlock, toBlock: blockNumber };
  const all = await waitingFor(client, operation, range);
  return all.filter(({ id }) => id !== operation.id);
}

async function worldOf(
  context: Context,
  { chain: { client }, system }: Session,
  anew: boolean,
): Promise<World> {
  const { number: blockNumber, timestamp: now } = await client.getBlock();
  return { context, client, system, blockNumber, now, anew };
}

/** What an adapter for another network's contracts has of a registry and a market. */
const OF_ADAPTERS: readonly string[] = ["setGuardian", "transferOwnership", "acceptOwnership"];

function requireContract({ system }: World, { contract, functionName }: AdminCall): void {
  if (!hasAdapter(system) || contract === "distributor" || OF_ADAPTERS.includes(functionName)) return;
  throw new UsageError(
    `this deployment's ${contract} is an adapter for another network, which has no ${functionName}`,
    "use that network's own tools",
  );
}

/** Who has the role now. */
async function holderOf({ client, system, blockNumber }: World, functionName: Role): Promise<Address> {
  const place = { address: system.registry, abi: iProverNetAdapterAbi, blockNumber } as const;
  return lower(await client.readContract({ ...place, functionName }));
}

const ABIS: Readonly<Record<AdminCall["contract"], Abi>> = {
  distributor: iRewardDistributorAbi,
  // Both name what the other leaves out, and nothing differently.
  registry: [...iProverRegistryAbi, ...iProverNetAdapterAbi.filter(({ type }) => type === "function")],
  market: iProofMarketAbi,
};

function targetOf(
  { system }: World,
  { contract, functionName }: AdminCall,
  { args }: Prepared,
): ContractFunctionParameters {
  return { address: system[contract], abi: ABIS[contract], functionName, args };
}

/** Refuses what the contract would, then sends it, writes it down, or says what it would be. */
async function act(
  context: Context,
  session: Session,
  report: AdminReport,
  flags: AdminFlags,
): Promise<void> {
  const { route, timelock } = report;
  const sends = flags.send === true && flags.dryRun === undefined;
  let signer: Signer | undefined;
  let safe: Address | undefined;
  if (route !== "status" && !isSoAlready(report)) {
    requireStanding(route, report.step, report.world.now);
    await requireAccepted(report);
    if (flags.send && route === "direct" && timelock !== undefined) {
      throw new UsageError(
        `the ${ROLE_NAMES[report.call.role]} is a timelock, which nobody signs for`,
        "propose it with --schedule --send, and carry it out with --execute --send once its delay is over",
      );
    }
    if (sends) signer = await signerFor(context, session, report, flags);
    else if (flags.safe !== undefined) safe = await safeOf(report, flags);
  }
  // What will happen is said before it does, whoever reads the results.
  if (!flags.json) context.out(descriptionText(report));
  else if (signer !== undefined) context.note(descriptionText(report).trimEnd());
  const done = await carryOut(context, report, flags, { signer, safe });
  if (flags.json) printJson(context, adminJson(report, done));
  else context.out(outcomeText(report, done));
}

async function carryOut(
  context: Context,
  report: AdminReport,
  { safe: file = "", dryRun }: AdminFlags,
  { signer, safe }: { readonly signer: Signer | undefined; readonly safe: Address | undefined },
): Promise<Done> {
  if (signer !== undefined) {
    const options = { outbox: forgetful(), log: context.note };
    const { client } = report.world;
    const { transactionHash } = await transact(client, signer, report.step.call as never, options);
    return { transaction: transactionHash };
  }
  if (safe === undefined || dryRun) return {};
  const { chainId } = report.world.system;
  const batch = { chainId, safe, name: `Provender: ${report.name}`, calls: [report.step.call] };
  return { safe: await writeSafeFile(context, file, batch) };
}

/** Simulated as whoever has the role: the call itself, whichever way it goes; as of when a timelock lets it through. */
async function requireAccepted({ world, holder, target, route, step }: AdminReport): Promise<void> {
  if (route === "cancel") return;
  const time = route === "schedule" ? world.now + (step.operation?.delay ?? 0n) : undefined;
  const later = time === undefined ? {} : { blockOverrides: { time } };
  try {
    await world.client.simulateContract({ ...target, ...later, account: holder });
  } catch (error) {
    const known = asChainError(error);
    if (!(known instanceof ChainError) || known.code !== "refused") throw known;
    const [, name = "", parameter = ""] = /refused: (\w+)(?:\((\w*)\))?/.exec(known.message) ?? [];
    const given = OF_GIVEN[name === "InvalidParameter" ? parameter : name];
    if (given === undefined)
      throw new ChainError("refused", known.message, HINTS[name] ?? known.hint, { cause: error });
    const [source, hint] = given;
    throw new UsageError(`${source}: ${known.message}`, hint);
  }
}

/** What was given that the contracts refuse, by their error or parameter, and what to give instead. */
const OF_GIVEN: Readonly<Record<string, readonly [source: string, hint: string]>> = {
  SegmentTooEarly: [
    "--from-epoch",
    "give the epoch after next or a later one, and none before the last segment's",
  ],
  SegmentTooLate: ["--from-epoch", "give an epoch within the next hundred"],
  SurplusExceeded: ["<amount>", "give less, or `all`"],
  fromEpoch: ["--from-epoch", "give a later epoch, within the next thousand"],
  verifiers: ["<address>", "there are 255 verifiers, which is the most"],
  verifierKeyHash: ["<address>", "give a verifier contract whose verifierKeyHash() is not zero"],
};

/** What to do about what the contracts refuse otherwise. */
const HINTS: Readonly<Record<string, string>> = {
  PostIsActive: "an active root stays: the next epoch's continues from it",
};

/** The key that flags name, which must be of who may send it. */
async function signerFor(
  context: Context,
  { chain }: Session,
  report: AdminReport,
  flags: AdminFlags,
): Promise<Signer> {
  const { holder, step, call } = report;
  const signer = await openSigner(context, chain, flags);
  if (step.role === undefined) {
    if (signer.address !== holder) {
      throw new ChainError(
        "no-signer",
        `${getAddress(signer.address)} is not the ${ROLE_NAMES[call.role]}, which is ${getAddress(holder)}`,
        "give that account's key, or write it for a Safe with --safe FILE",
      );
    }
  } else if (!(await mayStep(report, signer.address))) {
    throw new ChainError(
      "no-signer",
      `${getAddress(signer.address)} is no ${step.role} of the timelock ${getAddress(holder)}`,
      "give the key of one, or write it for a Safe that is one with --safe FILE --safe-address ADDRESS",
    );
  }
  return signer;
}

/** Whether the timelock lets an account do what is to be done. */
async function mayStep({ world, timelock, step: { role } }: AdminReport, account: Address): Promise<boolean> {
  return (
    timelock !== undefined && role !== undefined && hasTimelockRole(world.client, timelock, role, account)
  );
}

/** The Safe that is to sign: whoever has the role, or one that the timelock lets do it. */
async function safeOf(report: AdminReport, { safeAddress }: AdminFlags): Promise<Address> {
  const { holder, step } = report;
  const given =
    safeAddress === undefined ? undefined : asAddress({ text: safeAddress, source: "--safe-address" });
  const safe = given ?? step.sender;
  if (safe === undefined) {
    throw new UsageError(
      "--safe-address is missing",
      `give the Safe that is ${step.role === "executor" ? "an executor" : `a ${step.role}`} of the timelock`,
    );
  }
  if (step.sender !== undefined && safe !== step.sender) {
    throw new UsageError(
      `--safe-address: ${getAddress(safe)} has not the role, ${getAddress(holder)} has`,
      "leave it out",
    );
  }
  if (step.sender === undefined && !(await mayStep(report, safe))) {
    throw new UsageError(
      `--safe-address: ${getAddress(safe)} is no ${step.role} of the timelock ${getAddress(holder)}`,
      "give a Safe that is one",
    );
  }
  return safe;
}

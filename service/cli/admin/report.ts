// SPDX-License-Identifier: AGPL-3.0-only
import {
  type Abi,
  type Address,
  type ContractFunctionParameters,
  encodeFunctionData,
  getAbiItem,
  getAddress,
  type Hex,
  slice,
} from "viem";
import type { Timelock, Waiting } from "../../chain/timelock.ts";
import { duration, moment } from "../durations.ts";
import type { SafeFile } from "../safe-file.ts";
import type { AdminCall, AdminName, Role } from "../usage/admin-calls.ts";
import type { Route, Step } from "./step.ts";
import type { Prepared, World } from "./world.ts";

export interface AdminReport {
  readonly name: AdminName;
  readonly call: AdminCall;
  readonly world: World;
  /** Who has the role. */
  readonly holder: Address;
  readonly prepared: Prepared;
  readonly target: ContractFunctionParameters;
  /** The holder, if it is one. */
  readonly timelock: Timelock | undefined;
  readonly route: Route;
  readonly step: Step;
  /** What else is proposed to the timelock for this contract; looked up where the call would change nothing now. */
  readonly waiting: readonly Waiting[];
}

export interface Done {
  readonly transaction?: Hex | undefined;
  readonly safe?: SafeFile | undefined;
}

/** Whether what it asks for is so now. */
export const isSoNow = ({ changes }: Prepared): boolean => changes.every(({ isSo }) => isSo);

/**
 * Whether what it asks for is so already, and so is not to be sent; of what was proposed, the contract says. What waits
 * in the timelock may change it before a proposal is carried out.
 */
export function isSoAlready({
  prepared,
  route,
  waiting,
}: Pick<AdminReport, "prepared" | "route" | "waiting">): boolean {
  return (route === "direct" || route === "schedule") && waiting.length === 0 && isSoNow(prepared);
}

/** What is to happen: said before anything is sent. */
export function descriptionText(report: AdminReport): string {
  const { call, target, holder, timelock, prepared } = report;
  const who = `${ROLE_NAMES[call.role]} ${getAddress(holder)}`;
  const lines = [
    `${call.functionName} of the ${call.contract} ${getAddress(target.address)}, by the ${who}${timelock === undefined ? "" : ", a timelock"}`,
    ...prepared.changes.map(({ what, from, to, when, isSo }) =>
      isSo ? `  ${what}: ${to} already` : `  ${what}: ${from} → ${to}, ${when}`,
    ),
    ...waitingLines(report),
    ...(isSoAlready(report) ? [] : operationLines(report)),
  ];
  return `${lines.join("\n")}\n`;
}

export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  owner: "owner",
  guardian: "guardian",
  pendingOwner: "next owner",
};

/** What a transaction has done. */
function doneIn(route: Route, transaction: Hex): string {
  if (route === "cancel") return `taken back in transaction ${transaction}`;
  if (route !== "schedule") return `done in transaction ${transaction}`;
  return `proposed in transaction ${transaction}; --execute carries it out once the delay is over`;
}

/** What became of it; nothing where it was only asked about. */
export function outcomeText(report: AdminReport, { transaction, safe }: Done): string {
  if (transaction !== undefined) return `${doneIn(report.route, transaction)}\n`;
  if (safe !== undefined) {
    return `written to ${safe.path}: import it in the Safe's Transaction Builder; checksum of the file ${safe.checksum}\n`;
  }
  if (report.route === "status") return "";
  return `nothing was sent: ${isSoAlready(report) ? "nothing would change" : nextOf(report)}\n`;
}

function waitingLines({ waiting, target: { abi }, world: { now } }: AdminReport): string[] {
  if (waiting.length === 0) return [];
  const said = waiting.map(({ id, data, readyAt }) => {
    const item = getAbiItem({ abi: abi as Abi, name: slice(data, 0, 4) });
    return `    ${item?.type === "function" ? item.name : data}, from ${moment(readyAt, now)} on: operation ${id}`;
  });
  return ["  matters only if what waits in the timelock is carried out before:", ...said];
}

function operationLines({ step, route, world: { now } }: AdminReport): string[] {
  const { operation } = step;
  if (operation === undefined) return [];
  const { id, standing, delay } = operation;
  const lines = [`  operation ${id}`];
  if (standing.state === "waiting")
    lines.push(`  proposed; may be carried out from ${moment(standing.readyAt, now)} on`);
  if (standing.state === "ready")
    lines.push(`  proposed; may be carried out since ${moment(standing.readyAt, now)}`);
  if (standing.state === "done") lines.push("  carried out");
  if (standing.state === "unset" && route !== "schedule") lines.push("  not proposed");
  if (route === "schedule")
    lines.push(`  may be carried out from ${moment(now + delay, now)} on at the earliest, by its delay`);
  return lines;
}

/** What to do next. */
function nextOf({ timelock, route }: AdminReport): string {
  if (timelock !== undefined && route === "direct") {
    return `--schedule proposes it to the timelock, whose delay is ${duration(timelock.minDelay)}; --execute carries it out then`;
  }
  return "--send sends it, --safe FILE writes it for a Safe";
}

function statusOf(report: AdminReport, { transaction, safe }: Done): string {
  if (isSoAlready(report)) return "unchanged";
  if (transaction !== undefined) return "sent";
  return safe !== undefined ? "written" : "dry-run";
}

/** What the command prints with --json: moments and delays in seconds, null for what there is none of. */
export function adminJson(report: AdminReport, { transaction, safe }: Done): object {
  const { name, call, holder, timelock, prepared, target, route, step, waiting } = report;
  const { operation } = step;
  return {
    command: name,
    ...{ contract: call.contract, address: getAddress(target.address), function: call.functionName },
    arguments: prepared.args,
    role: call.role,
    holder: getAddress(holder),
    timelock: timelock === undefined ? null : { delay: timelock.minDelay },
    changes: prepared.changes.flatMap(({ isSo, ...change }) => (isSo ? [] : [change])),
    route,
    operation:
      operation === undefined
        ? null
        : {
            ...{ id: operation.id, state: operation.standing.state },
            readyAt: "readyAt" in operation.standing ? operation.standing.readyAt : null,
          },
    waiting: waiting.map(({ id, readyAt }) => ({ id, readyAt })),
    to: getAddress(step.call.address),
    data: encodeFunctionData(step.call),
    status: statusOf(report, { transaction, safe }),
    transaction: transaction ?? null,
    safe: safe ?? null,
  };
}

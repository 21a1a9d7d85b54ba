// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, type ContractFunctionParameters, encodeFunctionData } from "viem";
import { ChainError } from "../../chain/errors.ts";
import {
  cancelCall,
  executeCall,
  type Operation,
  operationOf,
  type Standing,
  scheduleCall,
  standingOf,
  type Timelock,
  type TimelockRole,
} from "../../chain/timelock.ts";
import { asDuration, duration, moment } from "../durations.ts";
import { UsageError } from "../errors.ts";
import { refuseWithout } from "../refuse-flags.ts";
import type { World } from "./world.ts";

export interface RouteFlags {
  readonly schedule?: true;
  readonly execute?: true;
  readonly cancel?: true;
  readonly status?: true;
  readonly delay?: string;
  readonly salt?: string;
}

export type Route = "direct" | "schedule" | "execute" | "cancel" | "status";

/** What is to be sent, and who may. */
export interface Step {
  readonly call: ContractFunctionParameters;
  /** Undefined: whoever has `role` with the timelock. */
  readonly sender: Address | undefined;
  readonly role: TimelockRole | undefined;
  readonly operation: (Operation & { readonly standing: Standing; readonly delay: bigint }) | undefined;
}

/**
 * How the call goes, by the flags: `direct` if none names a timelock's step.
 * @throws UsageError for --delay without --schedule, and for --salt without a timelock's step
 */
export function routeOf(flags: RouteFlags): Route {
  const { schedule, execute, cancel, status, salt } = flags;
  refuseWithout(flags, "schedule", ["delay"]);
  const route = schedule
    ? "schedule"
    : execute
      ? "execute"
      : cancel
        ? "cancel"
        : status
          ? "status"
          : "direct";
  if (salt !== undefined && route === "direct") {
    throw new UsageError("--salt is for a timelock", "give --schedule, --status, --execute or --cancel too");
  }
  return route;
}

/** A call that whoever has the role makes itself. */
export const straight = (call: ContractFunctionParameters, sender: Address): Step => {
  return { call, sender, role: undefined, operation: undefined };
};

/**
 * A call by way of the timelock that has the role.
 * @throws UsageError for a --delay that is none, or below the timelock's own
 */
export async function through(
  { client, now }: World,
  timelock: Timelock,
  target: ContractFunctionParameters,
  flags: RouteFlags,
): Promise<Step> {
  const call = { to: target.address, data: encodeFunctionData(target) };
  const operation = operationOf(timelock, call, flags.salt ?? "");
  const standing = await standingOf(client, operation, now);
  const { minDelay } = timelock;
  const delay = flags.delay === undefined ? minDelay : asDuration({ text: flags.delay, source: "--delay" });
  if (delay < minDelay) {
    throw new UsageError(
      `--delay: ${flags.delay} is below the timelock's own, ${duration(minDelay)}`,
      "give a longer one, or leave it out",
    );
  }
  const whole = { sender: undefined, operation: { ...operation, standing, delay } };
  switch (routeOf(flags)) {
    case "execute":
      return { ...whole, call: executeCall(operation), role: "executor" };
    case "cancel":
      return { ...whole, call: cancelCall(operation), role: "canceller" };
    default:
      return { ...whole, call: scheduleCall(operation, delay), role: "proposer" };
  }
}

const SAME =
  "give the same arguments and --salt as with --schedule, epochs and amounts as numbers: a date or `all` means another one by now";

/**
 * A timelock's refusals, in words.
 * @throws ChainError `refused` or `not-ready`, where the timelock would revert
 */
export function requireStanding(route: Route, { operation }: Step, now: bigint): void {
  if (operation === undefined || route === "direct" || route === "status") return;
  const { standing } = operation;
  const refuse = (message: string, hint: string) => new ChainError("refused", message, hint);
  if (route === "schedule") {
    if (standing.state === "unset") return;
    throw standing.state === "done"
      ? refuse(
          "this very call was carried out before under this salt",
          "give another --salt, such as today's date",
        )
      : refuse("this call is proposed already", "see --status; give another --salt for one more of the same");
  }
  if (standing.state === "done") throw refuse("this call was carried out already", "there is nothing to do");
  if (standing.state === "unset") throw refuse("this call is not proposed", SAME);
  if (route === "execute" && standing.state === "waiting") {
    throw new ChainError(
      "not-ready",
      `the timelock lets it through from ${moment(standing.readyAt, now)} on`,
      "run the same command again then",
    );
  }
}

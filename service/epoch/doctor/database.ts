// SPDX-License-Identifier: AGPL-3.0-only
import type { System } from "../../chain/system.ts";
import type { Database } from "../../store/database.ts";
import { openDeployment, readPosition } from "../../store/deployment.ts";
import { type OpenDatabaseParams, openDatabase } from "../../store/open-database.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

const FAR_BEHIND = 3_600;

/** Whether the database can be used, and how far it is; `now` is this machine's time in seconds. */
export async function checkDatabase(
  place: OpenDatabaseParams,
  system: System | undefined,
  now: number,
): Promise<Finding> {
  let database: Database | undefined;
  try {
    database = await openDatabase(place);
    return await checkPosition(database, system, now);
  } catch (cause) {
    const { message, hint = "check that it runs, and DATABASE_URL" } = cause as Error & { hint?: string };
    return problem("storage", message, hint);
  } finally {
    await database?.close();
  }
}

async function checkPosition(database: Database, system: System | undefined, now: number): Promise<Finding> {
  const { where } = database;
  const position =
    system === undefined ? undefined : await readPosition(database, await openDeployment(database, system));
  if (position === undefined) return ok("storage", `the database ${where} can be used`);
  const { block, time, checked } = position;
  const hours = Math.round((now - Number(time)) / 3_600);
  const filled = `the database ${where} is filled up to block ${block}`;
  if (now - Number(time) > FAR_BEHIND) {
    return warning("storage", `${filled}, ${hours} hours ago`, "run `provender sync`, or `provender serve`");
  }
  if (checked === undefined) {
    return warning("storage", `${filled}, and was not checked yet`, "run `provender sync`");
  }
  return ok("storage", `${filled}, and agrees with the contracts at block ${checked}`);
}

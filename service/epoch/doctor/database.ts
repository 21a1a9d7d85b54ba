// SPDX-License-Identifier: AGPL-3.0-only
import type { Chain } from "../../chain/client.ts";
import type { System } from "../../chain/system.ts";
import type { Database } from "../../store/database.ts";
import { openDeployment, readPosition } from "../../store/deployment.ts";
import { type OpenDatabaseParams, openDatabase } from "../../store/open-database.ts";
import type { Store } from "../../store/store.ts";
import { examinePosts } from "../restore.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

const FAR_BEHIND = 3_600;

/** Where what is in the database comes from, and what was made of it. */
export interface Surroundings {
  readonly chain: Chain;
  readonly system: System;
  readonly store: Store;
}

/**
 * Whether the database can be used, how far it is, and whether what is posted is what it gives; `now` is this machine's
 * time in seconds.
 */
export async function checkDatabase(
  place: OpenDatabaseParams,
  around: Surroundings | undefined,
  now: number,
): Promise<Finding[]> {
  let database: Database | undefined;
  try {
    database = await openDatabase(place);
    const found = [await checkPosition(database, around?.system, now)];
    return around === undefined ? found : [...found, ...(await checkPosts(database, around))];
  } catch (cause) {
    const { message, hint = "check that it runs, and DATABASE_URL" } = cause as Error & { hint?: string };
    return [problem("storage", message, hint)];
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

async function checkPosts(database: Database, around: Surroundings): Promise<Finding[]> {
  const deployment = await openDeployment(database, around.system);
  const { missing, conflicts } = await examinePosts({ ...around, database, deployment });
  const lost = missing.length === 0 ? [] : [missingText(missing)];
  return [
    ...lost.map((text) =>
      warning("storage", text, "run `provender sync`, or `provender serve`: it makes them"),
    ),
    ...conflicts.map(({ message, hint }) => problem("posts", message, hint)),
  ];
}

function missingText(epochs: readonly number[]): string {
  return epochs.length === 1
    ? `the artifact of epoch ${epochs[0]} is not here`
    : `the artifacts of epochs ${epochs.join(", ")} are not here`;
}

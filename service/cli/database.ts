// SPDX-License-Identifier: AGPL-3.0-only
import type { OpenDatabase } from "../epoch/sources.ts";
import { StoreError } from "../store/store.ts";
import type { Session } from "./session.ts";

/**
 * The database that is configured, with this deployment's rows. Whoever opens it closes it.
 * @throws StoreError if it cannot be opened
 */
export async function openDatabaseOf({
  config,
  system,
}: Pick<Session, "config" | "system">): Promise<OpenDatabase> {
  // Most commands need none: its drivers take a while to load.
  const [{ openDatabase }, { openDeployment }] = await Promise.all([
    import("../store/open-database.ts"),
    import("../store/deployment.ts"),
  ]);
  const { dataDir, databaseUrl } = config;
  const database = await openDatabase({ dataDir, url: databaseUrl });
  try {
    return { database, deployment: await openDeployment(database, system) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The same for one action, opened when it is first needed and closed at the end. */
export async function withDatabase<T>(
  session: Pick<Session, "config" | "system">,
  action: (open: () => Promise<OpenDatabase>) => Promise<T>,
): Promise<T> {
  let opened: Promise<OpenDatabase> | undefined;
  try {
    return await action(() => {
      opened ??= openDatabaseOf(session);
      return opened;
    });
  } finally {
    await opened?.then(
      ({ database }) => database.close(),
      () => undefined,
    );
  }
}

/** What runs for long begins anew where its database is taken away under it: all that was in it is made again. */
export async function outlivingDatabase(
  action: () => Promise<void>,
  say: (line: string) => void,
): Promise<void> {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (!isRemoved(error)) throw error;
      say(`${error.message}: beginning anew`);
    }
  }
}

/** Whether the database was taken away while it was in use: a new one is filled anew. */
export function isRemoved(error: unknown): error is StoreError {
  return error instanceof StoreError && error.code === "removed";
}

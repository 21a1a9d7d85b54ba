// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import { afterAll } from "vitest";
import type { System } from "../../../service/chain/system.ts";
import type { OpenDatabase } from "../../../service/epoch/sources.ts";
import type { Database } from "../../../service/store/database.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { type OpenDatabaseParams, openDatabase } from "../../../service/store/open-database.ts";
import { newFolder } from "./folder.ts";

const opened: Database[] = [];
const folders: string[] = [];

afterAll(async () => {
  for (const database of opened.splice(0)) await database.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/**
 * The database at a place, or a new one: opened when it is first needed, and closed when the tests of the file are
 * over.
 */
export function stored(system: System, place?: OpenDatabaseParams): () => Promise<OpenDatabase> {
  let once: Promise<OpenDatabase> | undefined;
  return () => {
    once ??= open(place ?? newPlace(), system);
    return once;
  };
}

async function open(place: OpenDatabaseParams, system: System): Promise<OpenDatabase> {
  const database = await openDatabase(place);
  opened.push(database);
  return { database, deployment: await openDeployment(database, system) };
}

function newPlace(): OpenDatabaseParams {
  const dataDir = newFolder();
  folders.push(dataDir);
  return { dataDir };
}

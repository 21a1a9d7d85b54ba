// SPDX-License-Identifier: AGPL-3.0-only
import { fileStore } from "../store/file-store.ts";
import type { Store } from "../store/store.ts";
import type { StorageConfig } from "./config.ts";
import type { Context } from "./context.ts";

/** Where artifacts and the job's state are: the data directory, in front of an object store if one is named. */
export async function openStore(
  { note }: Pick<Context, "note">,
  { dataDir, store }: Pick<StorageConfig, "dataDir" | "store">,
): Promise<Store> {
  if (store === undefined) return fileStore(dataDir);
  const [{ objectsAt }, { sharedStore }] = await Promise.all([
    import("../store/objects.ts"),
    import("../store/shared-store.ts"),
  ]);
  return sharedStore(dataDir, objectsAt(store), note);
}

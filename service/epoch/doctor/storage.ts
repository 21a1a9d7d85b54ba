// SPDX-License-Identifier: AGPL-3.0-only
import { mkdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { hasArtifact, storedArtifacts } from "../../store/artifacts.ts";
import { writeFileWhole } from "../../store/file-store.ts";
import type { ObjectLocation } from "../../store/objects.ts";
import type { Store } from "../../store/store.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

const LITTLE = 1_000_000_000n;

/** Whether the data directory can be used, and every artifact in it is what its name says. */
export async function checkStorage(directory: string, store: Store): Promise<Finding[]> {
  try {
    await mkdir(directory, { recursive: true });
    // No key of the store: never taken for a file of it.
    const probe = join(directory, "~doctor");
    await writeFileWhole(probe, new Uint8Array(1));
    await rm(probe);
    const { bavail, bsize } = await statfs(directory, { bigint: true });
    const free = bavail * bsize;
    const megabytes = `${directory} is writable, with ${free / 1_000_000n} MB free`;
    const room =
      free < LITTLE ? warning("storage", megabytes, "make room before it is full") : ok("storage", megabytes);
    return [room, ...(await checkArtifacts(store))];
  } catch (cause) {
    const { message, hint = "give access to it" } = cause as Error & { hint?: string };
    return [problem("storage", message.includes(directory) ? message : `${directory}: ${message}`, hint)];
  }
}

/** Whether an object store takes what is put there, once and for all. */
export async function checkObjects(location: ObjectLocation): Promise<Finding> {
  const [{ objectsAt }, { heedsConditions }] = await Promise.all([
    import("../../store/objects.ts"),
    import("../../store/shared-store.ts"),
  ]);
  try {
    if (await heedsConditions(objectsAt(location)))
      return ok("storage", `${location.name} takes what is put there, once and for all`);
    return warning(
      "storage",
      `${location.name} ignores If-None-Match`,
      "let one machine alone publish, or use a server that heeds it",
    );
  } catch (cause) {
    const { message, hint = "give access to it" } = cause as Error & { hint?: string };
    return problem("storage", message, hint);
  }
}

async function checkArtifacts(store: Store): Promise<Finding[]> {
  const hashes = await storedArtifacts(store);
  const damaged: Finding[] = [];
  for (const hash of hashes) {
    try {
      await hasArtifact(store, hash);
    } catch (cause) {
      const { message, hint = "delete it" } = cause as Error & { hint?: string };
      damaged.push(problem("storage", message, hint));
    }
  }
  return damaged.length > 0 ? damaged : [ok("storage", `artifacts that are whole: ${hashes.size}`)];
}

// SPDX-License-Identifier: AGPL-3.0-only
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ReadArtifact } from "../deploy/artifacts.ts";
import { decodeProgress, encodeProgress, type ProgressFile } from "../deploy/progress.ts";
import { readSource, standardJson } from "../deploy/standard-json.ts";
import { writeFileWhole } from "../store/file-store.ts";
import { UsageError } from "./errors.ts";

/** A file's text; undefined if there is none. @throws UsageError if it cannot be read */
export async function readIfThere(path: string, source: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new UsageError(`${source}: cannot read ${path}: ${code}`, "check its permissions");
  }
}

/** Whole or not at all, whatever ends the process meanwhile. */
export async function writeText(path: string, text: string): Promise<void> {
  await writeFileWhole(path, new TextEncoder().encode(text));
}

/** Reads a file of ours by `decode`, which throws at what is none. */
export function decoded<T>(text: string, path: string, decode: (text: string) => T): T {
  try {
    return decode(text);
  } catch (cause) {
    throw new UsageError(
      `${path} is damaged or was edited: ${(cause as Error).message}`,
      "move it away; what it names stays on the chain, and the command begins anew",
    );
  }
}

/** Keeps how far a deployment has come beside where its record will be. */
export function progressFileAt(path: string): ProgressFile {
  return {
    async read() {
      const text = await readIfThere(path, "deployment under way");
      return text === undefined ? undefined : decoded(text, path, decodeProgress);
    },
    write: (progress) => writeText(path, encodeProgress(progress)),
  };
}

/** What contracts create by themselves, by what creates it, is verified like what is deployed. */
const CREATED: Readonly<Record<string, readonly string[]>> = {
  ProverRegistry: ["VaultFactory", "ProverVault"],
};

/** Writes the compiler's input of each contract, and of what it creates, by its name, into a folder. */
export async function writeStandardJson(
  folder: string,
  contracts: readonly string[],
  read: ReadArtifact,
): Promise<void> {
  for (const name of new Set(contracts.flatMap((contract) => [contract, ...(CREATED[contract] ?? [])]))) {
    // For the local chain only, and no part of the package.
    if (name === "DevToken") continue;
    await writeText(join(folder, `${name}.json`), standardJson(read(name), readSource));
  }
}

// SPDX-License-Identifier: AGPL-3.0-only
import { createHash, randomBytes } from "node:crypto";
import { partHasher } from "../core/keccak.ts";
import { hashInName, isSharedKey, SHARED_FOLDERS } from "./content.ts";
import { fileStore } from "./file-store.ts";
import type { Objects, Upload } from "./objects.ts";
import { type Store, StoreError, UnavailableStore } from "./store.ts";
import { partsOf } from "./stored-parts.ts";

/** Where a server shows whether it puts under a condition. */
const CONDITION = "conditional-put";

/**
 * A directory in front of an object store. What is put in the directory is put there too, once and for all; what is
 * not in the directory is looked for there, checked, and kept. Its functions throw StoreError.
 */
export function sharedStore(directory: string, objects: Objects, tell: (line: string) => void): Store {
  const local = fileStore(directory);
  const fetching = new Map<string, Promise<boolean>>();
  let conditions: Promise<boolean> | undefined;

  function haveConditions(): Promise<boolean> {
    conditions ??= heedsConditions(objects).then((heeded) => {
      if (!heeded)
        tell(
          `${objects.where("")} ignores If-None-Match: what is put there is looked for before, and read back`,
        );
      return heeded;
    });
    conditions.catch(() => {
      conditions = undefined;
    });
    return conditions;
  }

  async function publish(key: string): Promise<void> {
    const file = await local.open(key);
    if (file === undefined) return;
    try {
      const upload = await uploadOf(() => partsOf(file));
      await putOnce(objects, key, upload, await haveConditions());
    } finally {
      await file.close();
    }
  }

  /** Whether it is in the directory now. */
  function fetchOnce(key: string): Promise<boolean> {
    const known = fetching.get(key) ?? download(key).finally(() => fetching.delete(key));
    fetching.set(key, known);
    return known;
  }

  async function download(key: string, isSecond = false): Promise<boolean> {
    const parts = await objects.get(key);
    if (parts === undefined) return false;
    try {
      await local.put(key, checkedParts(objects.where(key), key, parts));
      return true;
    } catch (error) {
      // Only what reads so twice is damaged: what is on its way may be, too.
      if (isSecond || !(error instanceof StoreError && error.code === "damaged")) throw error;
      return download(key, true);
    }
  }

  async function here<T>(key: string, look: () => Promise<T | undefined>): Promise<T | undefined> {
    const found = await look();
    if (found !== undefined || !isSharedKey(key)) return found;
    return (await fetchOnce(key)) ? look() : undefined;
  }

  return {
    where: local.where,
    get: (key) => here(key, () => local.get(key)),
    open: (key) => here(key, () => local.open(key)),
    async renew(key) {
      if (!isSharedKey(key) || !(await fetchOnce(key))) return false;
      tell(`${local.where(key)} was damaged: it was replaced from ${objects.where(key)}`);
      return true;
    },
    async put(key, bytes) {
      await local.put(key, bytes);
      if (isSharedKey(key)) await publish(key);
    },
    async list(prefix) {
      const own = await local.list(prefix);
      if (!SHARED_FOLDERS.some((folder) => prefix.startsWith(folder))) return own;
      return [...new Set([...own, ...(await objects.list(prefix))])].sort();
    },
  };
}

/** Whether a server refuses to put what is there already: what it says is not believed, but what it then gives. */
export async function heedsConditions(objects: Objects): Promise<boolean> {
  const put = async () => {
    const bytes = new TextEncoder().encode(randomBytes(16).toString("hex"));
    const upload = await uploadOf(async function* () {
      yield bytes;
    });
    return objects.put(CONDITION, upload, true);
  };
  if ((await put()) === "unconditional") return false;
  const before = await sha256Of(objects, CONDITION);
  await put();
  // Whoever else shows the same meanwhile may put the third.
  return (await sha256Of(objects, CONDITION)) === before;
}

/**
 * Puts an object that is not there yet, and reads it back. One that is there stays, and has to be the same; a tree,
 * which is only a copy of what is in an artifact, is replaced.
 * @throws StoreError `damaged` if other bytes are there in the end
 */
export async function putOnce(
  objects: Objects,
  key: string,
  upload: Upload,
  conditions: boolean,
): Promise<void> {
  if (conditions) await objects.put(key, upload, true);
  else if (!(await objects.has(key))) await objects.put(key, upload, false);
  let found = await sha256Of(objects, key);
  if (found === upload.sha256) return;
  if (found === undefined || hashInName(key) === undefined) {
    await objects.put(key, upload, conditions && found === undefined);
    found = await sha256Of(objects, key);
    if (found === upload.sha256) return;
  }
  if (found !== undefined) {
    throw new StoreError(
      "damaged",
      `${objects.where(key)} holds other bytes than were put there`,
      "delete it: it is put again",
    );
  }
  throw new UnavailableStore(
    "unwritable",
    `${objects.where(key)} is not there although it was put`,
    "see what its server does with objects; put it again",
  );
}

async function sha256Of(objects: Objects, key: string): Promise<string | undefined> {
  const parts = await objects.get(key);
  if (parts === undefined) return undefined;
  const hash = createHash("sha256");
  for await (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** Goes through it once, to know its size and its hash. */
export async function uploadOf(parts: () => AsyncIterable<Uint8Array>): Promise<Upload> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const part of parts()) {
    hash.update(part);
    size += part.length;
  }
  return { size, sha256: hash.digest("hex"), parts };
}

/**
 * Passes on what an object holds.
 * @throws StoreError `damaged`, after the last part, if it is not what its name says
 */
export async function* checkedParts(
  where: string,
  key: string,
  parts: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const name = hashInName(key);
  if (name === undefined) {
    yield* parts;
    return;
  }
  const hash = await partHasher();
  for await (const part of parts) {
    hash.update(part);
    yield part;
  }
  const found = hash.digest();
  if (found === name) return;
  throw new StoreError(
    "damaged",
    `${where} is damaged or was edited: its bytes hash to ${found}`,
    "delete it",
  );
}

// SPDX-License-Identifier: AGPL-3.0-only
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { initKeccak, keccakHex } from "../../core/keccak.ts";
import { checkContent, isSharedKey, SHARED_FOLDERS } from "../../store/content.ts";
import { fileStore } from "../../store/file-store.ts";
import { type ObjectLocation, objectsAt } from "../../store/objects.ts";
import { heedsConditions, putOnce, uploadOf } from "../../store/shared-store.ts";
import { type Store, StoreError } from "../../store/store.ts";
import { partsOf } from "../../store/stored-parts.ts";
import { loadStores, objectStoreIn } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { UsageError } from "../errors.ts";
import { EXIT } from "../exit.ts";

export interface ArtifactsFlags {
  readonly store?: string;
  readonly dataDir?: string;
  readonly json?: true;
}

export interface PublishFlags extends ArtifactsFlags {
  readonly from?: string;
}

/** What there is, by key, and each to be read in parts. */
interface Shelf {
  readonly name: string;
  readonly keys: () => Promise<readonly string[]>;
  readonly read: (key: string) => AsyncIterable<Uint8Array>;
}

export async function publish(
  context: Context,
  bundles: readonly string[],
  flags: PublishFlags,
): Promise<void> {
  const { from, json, ...settings } = flags;
  const { dataDir, store } = loadStores(context, settings);
  const source = objectStoreIn(context, from === undefined ? undefined : { text: from, source: "--from" });
  if (store === undefined && source === undefined)
    throw new UsageError("no object store is named", "give --store s3://BUCKET/PREFIX, or PROVENDER_STORE");
  await initKeccak();
  const local = fileStore(dataDir);
  const shelf = source === undefined ? shelfOf(local, dataDir) : remoteShelf(source);
  const put = store === undefined ? intoFolder(local) : await intoObjects(context, store);
  const target = store?.name ?? dataDir;
  const copied: string[] = [];
  const present: string[] = [];
  for (const key of await shelf.keys()) ((await put(key, shelf)) ? copied : present).push(key);
  for (const file of bundles) {
    const bytes = await readBundle(context, file);
    const key = `bundles/${keccakHex(bytes)}.json.gz`;
    const one = {
      ...shelf,
      read: async function* () {
        yield bytes;
      },
    };
    ((await put(key, one)) ? copied : present).push(key);
  }
  if (json) printJson(context, { store: target, copied, present });
  else {
    context.out(copied.map((key) => `copied ${key}\n`).join(""));
    context.out(`${copied.length} copied from ${shelf.name} to ${target}, ${present.length} were there\n`);
  }
}

export async function verify(context: Context, { json, ...settings }: ArtifactsFlags): Promise<void> {
  const { dataDir, store } = loadStores(context, settings);
  await initKeccak();
  const shelf = store === undefined ? shelfOf(fileStore(dataDir), dataDir) : remoteShelf(store);
  const damaged: { key: string; fault: string }[] = [];
  const keys = await shelf.keys();
  for (const key of keys) {
    const fault = await checkContent(key, shelf.read(key));
    if (fault !== undefined) damaged.push({ key, fault });
  }
  const conditions = store === undefined ? undefined : await heedsConditions(objectsAt(store));
  if (json) printJson(context, { store: shelf.name, checked: keys.length, damaged, conditions });
  else {
    context.out(
      damaged.map(({ key, fault }) => `DAMAGED ${key}: ${fault}; delete it and publish it again\n`).join(""),
    );
    context.out(`${keys.length} checked in ${shelf.name}, ${damaged.length} damaged\n`);
    if (conditions === false)
      context.note(`${shelf.name} ignores If-None-Match: let one machine publish at a time`);
  }
  if (damaged.length > 0) context.exit(EXIT.failed);
}

function shelfOf(store: Store, name: string): Shelf {
  return {
    name,
    keys: async () =>
      (await Promise.all(SHARED_FOLDERS.map((folder) => store.list(folder)))).flat().filter(isSharedKey),
    read: (key) => readAll(store, key),
  };
}

async function* readAll(store: Store, key: string): AsyncGenerator<Uint8Array> {
  const file = await store.open(key);
  if (file === undefined) throw gone(store.where(key));
  try {
    yield* partsOf(file);
  } finally {
    await file.close();
  }
}

function remoteShelf(location: ObjectLocation): Shelf {
  const objects = objectsAt(location);
  return {
    name: location.name,
    keys: async () =>
      (await Promise.all(SHARED_FOLDERS.map((folder) => objects.list(folder)))).flat().filter(isSharedKey),
    async *read(key) {
      const parts = await objects.get(key);
      if (parts === undefined) throw gone(objects.where(key));
      yield* parts;
    },
  };
}

function gone(where: string): StoreError {
  return new StoreError("unreadable", `${where} is not there any more`, "run it again");
}

type Put = (key: string, shelf: Shelf) => Promise<boolean>;

/** Whether it was not there before. Nothing damaged is copied. */
async function intoObjects(context: Context, location: ObjectLocation): Promise<Put> {
  const objects = objectsAt(location);
  const conditions = await heedsConditions(objects);
  if (!conditions) context.note(`${location.name} ignores If-None-Match: let one machine publish at a time`);
  const there = new Set((await Promise.all(SHARED_FOLDERS.map((folder) => objects.list(folder)))).flat());
  return async (key, shelf) => {
    await requireWhole(key, shelf);
    await putOnce(objects, key, await uploadOf(() => shelf.read(key)), conditions);
    return !there.has(key);
  };
}

function intoFolder(local: Store): Put {
  return async (key, shelf) => {
    const here = await local.open(key);
    await here?.close();
    if (here !== undefined) return false;
    await requireWhole(key, shelf);
    await local.put(key, shelf.read(key));
    return true;
  };
}

async function requireWhole(key: string, shelf: Shelf): Promise<void> {
  const fault = await checkContent(key, shelf.read(key));
  if (fault === undefined) return;
  throw new StoreError(
    "damaged",
    `${shelf.name}/${key}: ${fault}`,
    "delete it: it is rebuilt from the chain",
  );
}

async function readBundle({ cwd }: Context, file: string): Promise<Uint8Array> {
  try {
    return await readFile(resolve(cwd, file));
  } catch (cause) {
    throw new UsageError(
      `${file}: ${(cause as NodeJS.ErrnoException).code}`,
      "give files of `audit --bundle`",
    );
  }
}

// SPDX-License-Identifier: AGPL-3.0-only
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { initKeccak, keccakHex } from "../../core/keccak.ts";
import { checkContent, isSharedKey, SHARED_FOLDERS } from "../../store/content.ts";
import { fileStore } from "../../store/file-store.ts";
import { type ObjectLocation, objectsAt } from "../../store/objects.ts";
import { checkedParts, heedsConditions, putOnce, uploadOf } from "../../store/shared-store.ts";
import { type Store, StoreError, UnavailableStore } from "../../store/store.ts";
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

/** An object that is not what it should be. */
interface Fault {
  readonly key: string;
  readonly fault: string;
}

/**
 * Copies all that is whole, whatever else there is, and names the rest. Exit: 1 if there is any.
 * @throws UsageError if no store is named, or for a file that is no bundle; StoreError if a store does not answer
 */
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
  const given = new Map(await Promise.all(bundles.map((file) => bundleIn(context, file))));
  const put = store === undefined ? intoFolder(local) : await intoObjects(context, store);
  const target = store?.name ?? dataDir;
  const copied: string[] = [];
  const present: string[] = [];
  const { shared, foreign } = await keysOf(shelf);
  const { faults, end } = await eachOf([...shared, ...given.keys()], async (key) => {
    const bytes = given.get(key);
    const one = bytes === undefined ? shelf : { ...shelf, name: "the bundle", read: () => oneOf(bytes) };
    ((await put(key, one)) ? copied : present).push(key);
  });
  if (json) printJson(context, { store: target, copied, present, notCopied: faults, foreign });
  else {
    context.out(copied.map((key) => `copied ${key}\n`).join(""));
    context.out(faults.map(({ key, fault }) => `NOT COPIED ${key}: ${fault}\n`).join(""));
    context.out(foreignLines(foreign));
    context.out(`${copied.length} copied from ${shelf.name} to ${target}, ${present.length} were there`);
    context.out(`, ${faults.length + foreign.length} were not copied\n`);
  }
  if (end !== undefined) throw end;
  if (faults.length + foreign.length > 0) context.exit(EXIT.failed);
}

/**
 * Reads all there is, and names whatever is not what it should be. Exit: 1 if there is any.
 * @throws UsageError for a store that is none; StoreError if it does not answer
 */
export async function verify(context: Context, { json, ...settings }: ArtifactsFlags): Promise<void> {
  const { dataDir, store } = loadStores(context, settings);
  await initKeccak();
  const shelf = store === undefined ? shelfOf(fileStore(dataDir), dataDir) : remoteShelf(store);
  const { shared, foreign } = await keysOf(shelf);
  let checked = 0;
  const { faults, end } = await eachOf(shared, async (key) => {
    checked++;
    const fault = await faultIn(key, shelf);
    if (fault !== undefined) throw new StoreError("damaged", fault, "delete it and publish it again");
  });
  const conditions = store === undefined || end ? undefined : await conditionsOf(context, store);
  if (json) printJson(context, { store: shelf.name, checked, damaged: faults, foreign, conditions });
  else {
    context.out(faults.map(({ key, fault }) => `DAMAGED ${key}: ${fault}\n`).join(""));
    context.out(foreignLines(foreign));
    context.out(`${checked} checked in ${shelf.name}, ${faults.length} damaged\n`);
  }
  if (conditions === false) sayUnconditional(context, shelf.name);
  if (end !== undefined) throw end;
  if (faults.length + foreign.length > 0) context.exit(EXIT.failed);
}

/** Whoever may only read can verify all the same. */
function conditionsOf({ note }: Context, location: ObjectLocation): Promise<boolean | undefined> {
  return heedsConditions(objectsAt(location)).catch((error) => {
    if (!(error instanceof StoreError)) throw error;
    note(`whether it puts under a condition was not tried: ${error.message}`);
    return undefined;
  });
}

function sayUnconditional({ note }: Context, name: string): void {
  note(`${name} ignores If-None-Match: let one machine publish at a time`);
}

async function keysOf(shelf: Shelf): Promise<{ shared: string[]; foreign: string[] }> {
  const keys = await shelf.keys();
  return { shared: keys.filter(isSharedKey), foreign: keys.filter((key) => !isSharedKey(key)) };
}

function foreignLines(keys: readonly string[]): string {
  return keys.map((key) => `FOREIGN ${key}: no artifact, tree or bundle has such a name\n`).join("");
}

/** What is wrong with one says nothing of the next, unless a store is out of order or takes nothing: that ends it. */
async function eachOf(
  keys: readonly string[],
  action: (key: string) => Promise<void>,
): Promise<{ faults: Fault[]; end?: StoreError }> {
  const faults: Fault[] = [];
  for (const key of keys) {
    try {
      await action(key);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error instanceof UnavailableStore || error.code === "unwritable") return { faults, end: error };
      faults.push({ key, fault: `${error.message}; ${error.hint}` });
    }
  }
  return { faults };
}

function shelfOf(store: Store, name: string): Shelf {
  return {
    name,
    keys: () => listed(store),
    read: (key) => readAll(store, key),
  };
}

async function listed({ list }: Pick<Store, "list">): Promise<string[]> {
  const keys: string[] = [];
  for (const folder of SHARED_FOLDERS) keys.push(...(await list(folder)));
  return keys;
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
    keys: () => listed(objects),
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
  if (!conditions) sayUnconditional(context, location.name);
  const there = new Set(await listed(objects));
  return async (key, shelf) => {
    await requireWhole(key, shelf);
    await putOnce(objects, key, await uploadOf(() => wholeFrom(shelf, key)), conditions);
    return !there.has(key);
  };
}

function intoFolder(local: Store): Put {
  return async (key, shelf) => {
    const here = await local.open(key);
    await here?.close();
    if (here !== undefined && (await checkContent(key, readAll(local, key))) === undefined) return false;
    await requireWhole(key, shelf);
    await local.put(key, wholeFrom(shelf, key));
    return true;
  };
}

async function requireWhole(key: string, shelf: Shelf): Promise<void> {
  const fault = await faultIn(key, shelf);
  if (fault === undefined) return;
  throw new StoreError("damaged", `in ${shelf.name} ${fault}`, "delete it: it is rebuilt from the chain");
}

/** What a look found whole may be read otherwise the next time. */
function wholeFrom(shelf: Shelf, key: string): AsyncIterable<Uint8Array> {
  return checkedParts(`${shelf.name}/${key}`, key, shelf.read(key));
}

/** Only what reads so twice is damaged: what is on its way may be, too. */
async function faultIn(key: string, shelf: Shelf): Promise<string | undefined> {
  return (await checkContent(key, shelf.read(key))) && checkContent(key, shelf.read(key));
}

async function bundleIn({ cwd }: Context, file: string): Promise<[key: string, bytes: Uint8Array]> {
  try {
    const bytes = await readFile(resolve(cwd, file));
    return [`bundles/${keccakHex(bytes)}.json.gz`, bytes];
  } catch (cause) {
    throw new UsageError(
      `${file}: ${(cause as NodeJS.ErrnoException).code}`,
      "give files of `audit --bundle`",
    );
  }
}

async function* oneOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

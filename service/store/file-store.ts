// SPDX-License-Identifier: AGPL-3.0-only
import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { type Bytes, type Store, type StoredFile, StoreError } from "./store.ts";

const KEY = /^[a-z0-9][a-z0-9.-]*(\/[a-z0-9][a-z0-9.-]*)*$/;
/** Never part of a key, so that a file left behind by a crash is never listed. */
const UNFINISHED = "~";
const LEFT_BEHIND = /~[0-9a-f]{12}$/;
/** Milliseconds without a write after which nobody is at a file any more. */
const ABANDONED = 86_400_000;

/**
 * One file a key, under one directory, which is made when it is first written to. Its functions throw StoreError, and
 * RangeError for what is no key.
 */
export function fileStore(directory: string): Store {
  const root = resolve(directory);
  const tidied = new Set<string>();

  const where = (key: string): string => {
    if (!KEY.test(key)) throw new RangeError(`not a store key: ${key}`);
    return join(root, ...key.split("/"));
  };

  return {
    where,

    async put(key, bytes) {
      const path = where(key);
      const folder = dirname(path);
      if (!tidied.has(folder)) await removeLeftBehind(folder);
      tidied.add(folder);
      await writeFileWhole(path, bytes);
    },

    async get(key) {
      const path = where(key);
      return read(path, () => readFile(path));
    },

    async open(key) {
      const path = where(key);
      return read(path, () => openFile(path));
    },

    async list(prefix) {
      const entries = await read(root, () => readdir(root, { recursive: true, withFileTypes: true }));
      return (entries ?? [])
        .filter((entry) => entry.isFile())
        .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
        .filter((key) => key.startsWith(prefix) && KEY.test(key))
        .sort();
    },
  };
}

/** Writes a file, and the directory it is in, whole or not at all. @throws StoreError `unwritable` */
export async function writeFileWhole(path: string, bytes: Bytes): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, bytes);
  } catch (cause) {
    // What was to be written is at fault, and says so.
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(
      "unwritable",
      `cannot write ${path}: ${reasonOf(cause)}`,
      "make room or give write access, then run it again: nothing was half-written",
      { cause },
    );
  }
}

/** What processes left that were killed while they wrote. */
async function removeLeftBehind(folder: string): Promise<void> {
  // Whatever hinders it is said by the writing that follows.
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => LEFT_BEHIND.test(one))) {
    const path = join(folder, name);
    const writtenAt = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Number.POSITIVE_INFINITY,
    );
    if (Date.now() - writtenAt > ABANDONED) await rm(path, { force: true }).catch(() => undefined);
  }
}

/** The new name appears only once the bytes are on disk, and the directory remembers it. */
async function writeWhole(path: string, bytes: Bytes): Promise<void> {
  const unfinished = `${path}${UNFINISHED}${randomBytes(6).toString("hex")}`;
  try {
    const file = await open(unfinished, "wx");
    try {
      for await (const part of bytes instanceof Uint8Array ? [bytes] : bytes) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  const directory = await open(dirname(path), "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function openFile(path: string): Promise<StoredFile> {
  const handle = await open(path, "r");
  const { size, ino, mtimeNs } = await handle.stat({ bigint: true });
  return {
    size: Number(size),
    identity: `${ino} ${mtimeNs} ${size}`,
    async read(target, position) {
      const reading = handle.read(target, 0, target.length, position);
      const { bytesRead } = await reading.catch((cause) => {
        throw unreadable(path, reasonOf(cause), { cause });
      });
      if (bytesRead < target.length) throw unreadable(path, `it ends after ${position + bytesRead} bytes`);
    },
    close: () => handle.close(),
  };
}

async function read<T>(path: string, action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unreadable(path, reasonOf(cause), { cause });
  }
}

function unreadable(path: string, reason: string, options?: ErrorOptions): StoreError {
  return new StoreError(
    "unreadable",
    `cannot read ${path}: ${reason}`,
    "give read access to the data directory",
    options,
  );
}

function reasonOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? String(cause);
}

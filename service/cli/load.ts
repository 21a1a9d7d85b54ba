// SPDX-License-Identifier: AGPL-3.0-only
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { authorized } from "../chain/authorization.ts";
import { StoreError } from "../store/store.ts";
import { objectStoreIn } from "./config.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";

const FETCH_TIMEOUT = 60_000;

/** Whether a place is in an object store. */
export function isObject(place: string): boolean {
  return place.startsWith("s3://");
}

/**
 * The bytes of a file, of an object, or of an http or https URL.
 * @throws UsageError, naming the flag, if they cannot be read
 */
export async function load(context: Context, flag: string, place: string): Promise<Uint8Array> {
  if (isObject(place)) return loadObject(context, flag, place);
  const isUrl = /^https?:\/\//.test(place);
  try {
    return isUrl ? await download(place) : await readFile(resolve(context.cwd, place));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new UsageError(
      `${flag}: cannot read ${place}: ${code ?? message}`,
      "give a file, an object such as s3://BUCKET/PREFIX/NAME, or an http or https URL such as the API's /v1/epochs/0/artifact",
    );
  }
}

/** One whose name says its hash is held to that. */
async function loadObject(context: Context, flag: string, place: string): Promise<Uint8Array> {
  const [, folder = "", key = ""] = /^(s3:\/\/[^/]+(?:\/.*)?)\/([^/]+)$/.exec(place) ?? [];
  if (key === "")
    throw new UsageError(`${flag}: names no object: ${place}`, "such as s3://BUCKET/PREFIX/NAME");
  const location = objectStoreIn(context, { text: folder, source: flag });
  const [{ objectsAt }, { checkedParts }] = await Promise.all([
    import("../store/objects.ts"),
    import("../store/shared-store.ts"),
  ]);
  try {
    const parts = await objectsAt(location).get(key);
    if (parts === undefined)
      throw new UsageError(`${flag}: there is no ${place}`, "see what the bucket holds");
    const read: Uint8Array[] = [];
    const named = place.split("/").slice(-2).join("/");
    for await (const part of checkedParts(place, named, parts)) read.push(part);
    return Buffer.concat(read);
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    throw new UsageError(`${flag}: ${cause.message}`, cause.hint);
  }
}

async function download(url: string): Promise<Uint8Array> {
  const { url: at, headers } = authorized(url);
  const response = await fetch(at, { headers, signal: AbortSignal.timeout(FETCH_TIMEOUT) });
  if (!response.ok) throw new Error(`the server answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * What is read from such a file.
 * @throws UsageError that names it, and says what to do where the error does not itself
 */
export async function named<T>(
  flag: string,
  place: string,
  hint: string,
  read: () => T | Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const error = cause as Error & { hint?: string };
    throw new UsageError(`${flag}: ${place}: ${error.message}`, error.hint ?? hint);
  }
}

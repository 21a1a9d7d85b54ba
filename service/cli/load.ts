// SPDX-License-Identifier: AGPL-3.0-only
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";

const FETCH_TIMEOUT = 60_000;

/** The bytes of a file or of an http or https URL. */
export async function load({ cwd }: Context, flag: string, place: string): Promise<Uint8Array> {
  const isUrl = /^https?:\/\//.test(place);
  try {
    return isUrl ? await download(place) : await readFile(resolve(cwd, place));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new UsageError(
      `${flag}: cannot read ${place}: ${code ?? message}`,
      "give a file, or an http or https URL such as the API's /v1/epochs/0/artifact",
    );
  }
}

async function download(url: string): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT) });
  if (!response.ok) throw new Error(`the server answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** What is read from such a file: errors name it, and say what to do where they do not themselves. */
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

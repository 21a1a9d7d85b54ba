// SPDX-License-Identifier: AGPL-3.0-only
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { TrustedBlock } from "../audit/state-proof/proven-source.ts";
import type { Hex } from "../core/types.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";

const FLAG = "--trusted-block";

/**
 * What --trusted-block says: a block, or a file that holds one and is read anew each time, for whoever has a light client
 * or a node of its own write there which block is final.
 * @throws UsageError at once if a block is malformed, and when it is read if a file's is.
 */
export function trustedBlockOf({ cwd }: Pick<Context, "cwd">, text: string): () => Promise<TrustedBlock> {
  if (!text.startsWith("@")) {
    const block = asTrustedBlock(text, FLAG);
    return async () => block;
  }
  const place = text.slice(1);
  return async () => {
    let content: string;
    try {
      content = await readFile(resolve(cwd, place), "utf8");
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      throw new UsageError(`${FLAG}: cannot read ${place}: ${code}`, "name a file that holds NUMBER:HASH");
    }
    return asTrustedBlock(content.trim(), `${FLAG}: ${place}`);
  };
}

function asTrustedBlock(text: string, source: string): TrustedBlock {
  const [, number, hash] = /^(?:(0|[1-9][0-9]{0,17}):)?(0x[0-9a-fA-F]{64})$/.exec(text) ?? [];
  if (hash === undefined) {
    throw new UsageError(
      `${source}: not a block: ${text.slice(0, 100)}`,
      "give its hash, 0x and 64 hexadecimal digits, or its number, a colon and the hash",
    );
  }
  return { hash: hash.toLowerCase() as Hex, ...(number !== undefined && { number: BigInt(number) }) };
}

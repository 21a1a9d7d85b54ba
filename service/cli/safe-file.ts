// SPDX-License-Identifier: AGPL-3.0-only
import { resolve } from "node:path";
import type { ContractFunctionParameters } from "viem";
import { safeBatch } from "../chain/safe.ts";
import type { Address, Hex } from "../core/types.ts";
import { writeFileWhole } from "../store/file-store.ts";
import type { Context } from "./context.ts";

export interface SafeFile {
  readonly path: string;
  readonly checksum: Hex;
}

/** Writes calls for a Safe to sign, in their order, as its Transaction Builder imports them. */
export async function writeSafeFile(
  { cwd }: Context,
  file: string,
  {
    chainId,
    safe,
    name,
    calls,
  }: { chainId: bigint; safe: Address; name: string; calls: readonly ContractFunctionParameters[] },
): Promise<SafeFile> {
  const path = resolve(cwd, file);
  const description = "Compare every argument with what `provender` printed beside this file.";
  const batch = safeBatch({ chainId, safe, name, description, createdAt: Date.now(), calls });
  await writeFileWhole(path, new TextEncoder().encode(`${JSON.stringify(batch, null, 2)}\n`));
  return { path, checksum: batch.meta.checksum };
}

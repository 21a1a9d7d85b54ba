// SPDX-License-Identifier: AGPL-3.0-only
import type { Chain } from "../chain/client.ts";
import { preconditions, type RootToPost } from "../chain/preflight.ts";
import type { System } from "../chain/system.ts";
import type { Address } from "../core/types.ts";
import { JobError } from "./errors.ts";

/** @throws JobError `not-ready` or `refused`, naming the first condition of the contract that a post does not meet */
export async function requireAll(
  { chain, system }: { readonly chain: Chain; readonly system: System },
  sender: Address,
  root: RootToPost,
): Promise<void> {
  const failed = (await preconditions(chain.client, system, sender, root)).find(({ holds }) => !holds);
  if (failed === undefined) return;
  throw new JobError(
    failed.passes ? "not-ready" : "refused",
    `nothing was sent (${failed.name}): ${failed.message}`,
    failed.hint,
  );
}

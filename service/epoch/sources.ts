// SPDX-License-Identifier: AGPL-3.0-only
import type { Chain } from "../chain/client.ts";
import type { System } from "../chain/system.ts";
import type { PackedInput } from "../core/epoch-input.ts";
import type { Database } from "../store/database.ts";
import type { Deployment } from "../store/deployment.ts";

/** A database with the rows of one deployment. */
export interface OpenDatabase {
  readonly database: Database;
  readonly deployment: Deployment;
  /** Where the distributor stands beside another network: what that one's provers did, in place of what our own logs say. */
  readonly beside?: ((input: PackedInput) => Promise<PackedInput>) | undefined;
}

export interface SyncSources extends OpenDatabase {
  readonly chain: Chain;
  readonly system: System;
}

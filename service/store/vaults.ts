// SPDX-License-Identifier: AGPL-3.0-only
import type { Address } from "../core/types.ts";
import type { Database } from "./database.ts";
import type { Deployment } from "./deployment.ts";

/** The vaults of all registered provers, in the order of registration: the n-th is that of prover n. */
export async function vaultAddresses(
  database: Database,
  { id }: Deployment,
  { from = 0 }: { readonly from?: number } = {},
): Promise<Address[]> {
  const rows = await database.read((sql) =>
    sql
      .selectFrom("provers")
      .select("vault")
      .where("deployment", "=", id)
      .where("id", ">=", from)
      .orderBy("id")
      .execute(),
  );
  return rows.map(({ vault }) => vault as Address);
}

// SPDX-License-Identifier: AGPL-3.0-only
import type { Logger } from "pino";
import type { Trouble, Troubles } from "../epoch/troubles.ts";

/** Says of each trouble once that it is there, and once that it is over. */
export function troubleTeller(
  logger: Pick<Logger, "warn">,
  look: () => Promise<Troubles>,
): () => Promise<void> {
  let told = new Map<string, Trouble>();
  return async () => {
    const { found } = await look();
    // A veto is said by the job where there is one.
    const now = new Map(
      found.filter(({ kind, own }) => kind !== "vetoed" || !own).map((one) => [keyOf(one), one]),
    );
    for (const [key, { message, hint }] of now) if (!told.has(key)) logger.warn({ hint }, message);
    for (const [key, { message }] of told) if (!now.has(key)) logger.warn(`no longer: ${message}`);
    told = now;
  };
}

/** Hours and counts go on while it is the same. */
function keyOf({ kind, message }: Trouble): string {
  return kind === "overdue" ? kind : `${kind} ${message}`;
}

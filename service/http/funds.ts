// SPDX-License-Identifier: AGPL-3.0-only
import type { Status } from "../epoch/status.ts";

/** What the distributor has and owes, and the block that says so, as it is answered. */
export function fundsOf(status: Status) {
  return {
    head: { number: String(status.blockNumber), timestamp: String(status.timestamp) },
    budget: String(status.budget),
    carry: String(status.carry),
    totalClaimed: String(status.totalClaimed),
    funds: String(status.funds),
    promised: String(status.promised),
    surplus: String(status.surplus),
    shortfall: String(status.shortfall),
    runway: status.runway ?? null,
  };
}

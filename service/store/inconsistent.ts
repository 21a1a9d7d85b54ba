// SPDX-License-Identifier: AGPL-3.0-only

/** Logs contradict each other, or those before: one is missing, added, altered or out of order. Nothing was stored. */
export class InconsistentLogs extends Error {
  override readonly name = "InconsistentLogs";
  readonly hint = "the endpoint leaves out, adds, alters or reorders logs: use another endpoint";
}

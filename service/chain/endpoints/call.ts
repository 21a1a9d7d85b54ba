// SPDX-License-Identifier: AGPL-3.0-only

/** One JSON-RPC call. */
export interface Call {
  readonly method: string;
  readonly params?: unknown;
}

// SPDX-License-Identifier: AGPL-3.0-only
/** What every command ends with. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3, notReady: 4 } as const;

// SPDX-License-Identifier: AGPL-3.0-only

/**
 * How much one call of a lens gives whose code is sent along: it answers as if it created a contract, and no contract is
 * larger than 24,576 bytes. A prover takes 768 of them, an exit 128.
 */
export const SENT_LENS = { provers: 30n, exits: 180n };

// SPDX-License-Identifier: AGPL-3.0-only
/** The version of service/SPEC.md that artifacts are made by: part of their bytes, whatever software made them. */
export const SPEC_VERSION = 2;

// SPDX-License-Identifier: AGPL-3.0-only
import type { ChainError } from "../../chain/errors.ts";
import type { Position } from "../../store/deployment.ts";
import type { ProverNetSources } from "./sources.ts";

export async function checkAnchors(
  _sources: ProverNetSources,
  _position: Position,
): Promise<ChainError | "behind" | undefined> {
  return undefined;
}

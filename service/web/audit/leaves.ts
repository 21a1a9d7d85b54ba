// SPDX-License-Identifier: AGPL-3.0-only
import { useSyncExternalStore } from "react";
import type { Address, Hex } from "viem";
import type { Claim } from "../source/types.ts";

/** Of a root that was recomputed here, what anybody can claim against it. */
export interface KeptLeaves {
  readonly root: Hex;
  readonly claim: (prover: Address) => Promise<Claim | null>;
}

let kept: KeptLeaves | undefined;
const listeners = new Set<() => void>();

/** Keeps the leaves of a root that came out as posted, for the claims of this visit. */
export function keepLeaves(leaves: KeptLeaves): void {
  kept = leaves;
  for (const listener of listeners) listener();
}

/** What was kept last in this visit; undefined before. Whoever shows it is drawn again when that changes. */
export function useKeptLeaves(): KeptLeaves | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => kept,
  );
}

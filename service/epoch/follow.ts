// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import type { Position } from "../store/deployment.ts";
import { StoreError } from "../store/store.ts";
import { type SyncParams, sync } from "./sync.ts";

/** What following the chain has to say. */
type FollowEvent =
  | { readonly kind: "synced"; readonly position: Position }
  | { readonly kind: "failed"; readonly error: unknown };

export interface FollowParams extends Omit<SyncParams, "to" | "check" | "signal"> {
  /** Milliseconds between two looks at the chain. */
  readonly every: number;
  /** What is done each time that the database is at the head. */
  readonly onSynced?: (() => Promise<void>) | undefined;
  readonly onEvent: (event: FollowEvent) => void;
}

/** Milliseconds after which what is stored is checked again: it takes a few calls for every hundred provers. */
const CHECK_EVERY = 300_000;
/** The longest rest after failures, in milliseconds. */
const LONGEST_REST = 60_000;

/**
 * Keeps the database at the chain's head until the signal fires. What fails is told, and tried again.
 * @throws StoreError if the database was taken away: whoever opened it can open another
 */
export async function follow(params: FollowParams, signal: AbortSignal): Promise<void> {
  const { every, onSynced, onEvent } = params;
  let failures = 0;
  let checkedAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const check = performance.now() - checkedAt >= CHECK_EVERY;
    try {
      let position = await sync({ ...params, to: "latest", check: false, signal });
      // Whoever waits for the head need not wait for the check.
      if (check) position = await sync({ ...params, to: "latest", check, signal });
      if (check) checkedAt = performance.now();
      await onSynced?.();
      failures = 0;
      onEvent({ kind: "synced", position });
    } catch (error) {
      if (error instanceof StoreError && error.code === "removed") throw error;
      failures++;
      // One that was told to stop has not failed.
      if (!signal.aborted) onEvent({ kind: "failed", error });
    }
    const rest = Math.max(every, Math.min(every * 2 ** failures, LONGEST_REST));
    await setTimeout(rest, undefined, { signal }).catch(() => undefined);
  }
}

/** Brings the database to the chain's head; all who ask while it is under way wait for the same. */
export function catchUpOf(params: Omit<SyncParams, "to" | "check">): () => Promise<Position> {
  let running: Promise<Position> | undefined;
  return () => {
    running ??= sync({ ...params, to: "latest", check: false }).finally(() => {
      running = undefined;
    });
    return running;
  };
}

// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import type { PublicClient } from "viem";
import { ChainError } from "../chain/errors.ts";
import type { Address } from "../core/types.ts";
import { adviceOn, blamesEndpoint } from "./advice.ts";
import { asReadError, requireReady } from "./audit.ts";
import type { Deployment } from "./deployment.ts";
import { AuditError } from "./errors.ts";
import { type Audited, judge } from "./judge.ts";
import { decodeKept, encodeKept } from "./kept.ts";
import { lookAgain, lookAt, type Outlook, type Reading, readChain } from "./reading.ts";
import { believedSource, type StateSource } from "./state-source.ts";

export interface WatchParams {
  readonly client: PublicClient;
  /** Where all but the logs is taken from: the client's word, if not given. */
  readonly source?: StateSource | undefined;
  readonly distributor: Address;
  /** Milliseconds between two looks at the chain. */
  readonly every: number;
  readonly signal: AbortSignal;
  readonly artifactOf?: ((epoch: number) => Promise<Uint8Array | undefined>) | undefined;
  /**
   * Called with each pending root's audit; gives false where that settled nothing. The root is audited again then, and
   * if it throws, which is told.
   */
  readonly onAudit: (audited: Audited) => Promise<boolean>;
  readonly onTrouble: (error: unknown) => void;
  /** Keeps what a later watch goes on from; what cannot be gone on from is told as a trouble. */
  readonly keeper?: Keeper | undefined;
  /** Called before each look at the chain. */
  readonly onLook?: (() => void) | undefined;
}

/** Where what was read is kept from one audit to the next. */
export interface Keeper {
  /** What was saved last, if anything was. */
  readonly load: () => Promise<Uint8Array | undefined>;
  /** Keeps it whole, or what was kept before. */
  readonly save: (bytes: Uint8Array) => Promise<void>;
}

/** Looks that lead to nothing grow rarer, up to so many times. */
const MOST_REST = 32;

/** Audits each root while it is pending, until the signal fires. An endpoint's troubles end nothing. */
export async function watch(params: WatchParams): Promise<void> {
  const { every, signal, onTrouble, onLook } = params;
  const look = watcher(params);
  let rest = 1;
  while (!signal.aborted) {
    let settled = false;
    onLook?.();
    try {
      settled = await look();
    } catch (thrown) {
      const error = asReadError(thrown);
      settled = error instanceof ChainError && error.code === "not-ready";
      // Waiting is what a watch does, and one that was told to stop has not failed.
      if (!settled && !signal.aborted) onTrouble(error);
    }
    rest = settled ? 1 : Math.min(2 * rest, MOST_REST);
    await setTimeout(every * rest, undefined, { signal }).catch(() => undefined);
  }
}

/** One look at the chain; false if a pending root could neither be attested nor vetoed for what it showed. */
function watcher(params: WatchParams): () => Promise<boolean> {
  const {
    client,
    source = believedSource(client),
    distributor,
    artifactOf,
    onAudit,
    onTrouble,
    keeper,
  } = params;
  let deployment: Deployment | undefined;
  let reading: Pick<Reading, "settled" | "final" | "trail"> | undefined;
  let isLoaded = false;
  let done = 0n;
  let told: string | undefined;

  /** What an earlier watch kept, if it is of this deployment, whole, and of blocks that are still the chain's. */
  async function load({ deployment, final }: Outlook): Promise<typeof reading> {
    if (keeper === undefined || isLoaded) return undefined;
    isLoaded = true;
    try {
      const bytes = await keeper.load();
      if (bytes === undefined) return undefined;
      const kept = decodeKept(bytes, deployment);
      if (kept.final.number > final.number) return undefined;
      const { hash } = await client.getBlock({ blockNumber: kept.final.number });
      if (hash === kept.final.hash) return kept;
      throw new AuditError(
        `what was kept of earlier audits ends with block ${kept.final.number} ${kept.final.hash}, which is no longer the chain's`,
        "the chain is read from its start",
      );
    } catch (error) {
      onTrouble(asReadError(error));
      return undefined;
    }
  }

  async function auditOnce(outlook: Outlook, epoch: number, earlier?: typeof reading): Promise<Audited> {
    // What fails halfway has been read in part: the next audit starts over.
    reading = undefined;
    const current = await readChain(client, outlook, { earlier });
    requireReady(current, epoch);
    const audited = await judge(client, current, epoch, { artifact: await artifactOf?.(epoch) });
    if (!blamesEndpoint(audited.report)) {
      reading = current;
      // Whoever cannot keep anything can attest all the same.
      await keeper?.save(encodeKept(current)).catch(onTrouble);
    }
    return audited;
  }

  return async () => {
    const outlook =
      deployment === undefined
        ? await lookAt(client, distributor, source)
        : await lookAgain(source, deployment);
    ({ deployment } = outlook);
    const { latest } = outlook.posts;
    if (latest.postNumber <= done || latest.vetoed || latest.active) return true;
    const epoch = Number(latest.epoch);
    requireReady(outlook, epoch);
    reading ??= await load(outlook);
    // A trusted block may be an earlier one than before, which no final block is.
    const goesOn = reading !== undefined && reading.final.number <= outlook.final.number;
    let audited = await auditOnce(outlook, epoch, goesOn ? reading : undefined);
    // Before anybody is accused: perhaps only this reading was wrong, or one before it that it went on from.
    if (audited.report.verdict !== "match") audited = await auditOnce(outlook, epoch);
    const { post, verdicts } = audited.report;
    const tale = JSON.stringify([post?.postNumber, verdicts]);
    if (tale !== told) {
      const settled = await onAudit(audited);
      told = settled ? tale : undefined;
      if (!settled) return false;
    }
    if (adviceOn(audited.report) === "nothing") return false;
    done = BigInt(post?.postNumber ?? 0);
    return true;
  };
}

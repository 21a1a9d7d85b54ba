// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import type { Audited } from "../audit/judge.ts";
import type { Source } from "../audit/source.ts";
import { type Keeper, watch } from "../audit/watch.ts";
import type { Address } from "../core/types.ts";
import { fileStore } from "../store/file-store.ts";
import { type AuditFlags, loadArtifact, requirePlaceholder, worst } from "./audit-run.ts";
import { asSeconds } from "./config.ts";
import type { Context } from "./context.ts";
import { describe } from "./errors.ts";
import { EXIT } from "./exit.ts";
import { type NotifyFlags, openNotifier } from "./notify.ts";
import { whenReachable } from "./patient.ts";
import { configOf } from "./session.ts";
import { LOOK_EVERY } from "./usage/options.ts";

export interface WatchFlags extends NotifyFlags {
  readonly watch?: true;
  readonly every?: string;
}

/**
 * Ends when the process is told to: at once, by `leave`, which ends all that is asked of the chain, or as soon as what is
 * being done about an audit is done. The exit code says whether a mismatch was seen.
 */
export async function runWatch(
  context: Context,
  { client, state, distributor, restart }: Source,
  flags: WatchFlags & AuditFlags,
  tell: (audited: Audited, signal: AbortSignal) => Promise<boolean>,
  leave: () => void,
): Promise<number> {
  const seconds =
    flags.every === undefined ? LOOK_EVERY : asSeconds({ text: flags.every, source: "--every" });
  requirePlaceholder(flags.artifact, false);
  const ending = new AbortController();
  let isTelling = false;
  const end = () => {
    ending.abort();
    if (!isTelling) leave();
  };
  process.once("SIGINT", end).once("SIGTERM", end);
  let exitCode: number = EXIT.ok;
  const chainId = await whenReachable(context, () => client.getChainId());
  const about = { chainId: String(chainId), distributor: getAddress(distributor) };
  const notifier = openNotifier(context, flags, { about, warn: context.note, signal: ending.signal });
  context.note(`watching for pending roots every ${seconds} s`);
  if (flags.trustedBlock !== undefined && !flags.trustedBlock.startsWith("@")) {
    context.note(
      "nothing past the trusted block is seen: give --trusted-block @FILE, and keep a newer one there",
    );
  }
  try {
    await watch({
      client,
      source: state,
      distributor,
      every: seconds * 1_000,
      signal: ending.signal,
      onLook: restart,
      // Where the artifact cannot be had, the verdict can all the same.
      artifactOf: (epoch) =>
        loadArtifact(context, flags.artifact, epoch).catch((error) => void noteTrouble(context, error)),
      async onAudit(audited) {
        const { report } = audited;
        exitCode = worst(exitCode, report.verdict);
        if (report.verdict === "mismatch") {
          const message = `the root of epoch ${report.epoch} is not what the chain's logs give`;
          void notifier?.send({ kind: "mismatch", message, details: { epoch: report.epoch } });
        }
        isTelling = true;
        try {
          return await tell(audited, ending.signal);
        } catch (error) {
          if (ending.signal.aborted) noteTrouble(context, error);
          throw error;
        } finally {
          isTelling = false;
          if (ending.signal.aborted) leave();
        }
      },
      onTrouble: (error) => noteTrouble(context, error),
      keeper: keeperIn(configOf(context, flags).dataDir, chainId, distributor),
    });
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
  }
  return exitCode;
}

/** A file of the data directory for each deployment. */
function keeperIn(dataDir: string, chainId: number, distributor: Address): Keeper {
  const store = fileStore(dataDir);
  const key = `audit/${chainId}-${distributor.toLowerCase()}.state`;
  return { load: () => store.get(key), save: (bytes) => store.put(key, bytes) };
}

function noteTrouble({ note }: Context, error: unknown): void {
  const { message, hint } = describe(error);
  note(`error: ${message}; ${hint}`);
}

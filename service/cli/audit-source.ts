// SPDX-License-Identifier: AGPL-3.0-only
import { resolve } from "node:path";
import {
  bundleSource,
  type ChainSource,
  openBundle as openBundleFile,
  openEndpoints,
  requireDistributor,
  type Source,
} from "../audit/source.ts";
import { writeFileWhole } from "../store/file-store.ts";
import type { Context } from "./context.ts";
import { load, named } from "./load.ts";
import { type ChainFlags, configOf, reporter } from "./session.ts";
import { trustedBlockOf } from "./trusted-block.ts";

export interface SourceFlags extends ChainFlags {
  readonly bundle?: string;
  readonly fromBundle?: string;
  readonly trustedBlock?: string;
}

/**
 * A recorded bundle, or endpoints.
 * @throws UsageError, ChainError if a bundle is no bundle, or no endpoint answers
 */
export async function openSource(context: Context, flags: SourceFlags): Promise<Source> {
  return flags.fromBundle === undefined
    ? openChain(context, flags)
    : openBundle(context, flags, flags.fromBundle);
}

/** The endpoints that flags or settings name. */
export async function openChain(
  context: Context,
  { bundle, trustedBlock, ...flags }: SourceFlags,
): Promise<ChainSource> {
  const config = configOf(context, flags);
  const trusted = trustedBlock === undefined ? undefined : trustedBlockOf(context, trustedBlock);
  const onFault = reporter(context, config);
  return openEndpoints({ ...config, trusted, isRecorded: bundle !== undefined, onFault });
}

async function openBundle(context: Context, flags: SourceFlags, place: string): Promise<Source> {
  const { distributor, trustedBlock } = flags;
  const trusted = trustedBlock === undefined ? undefined : trustedBlockOf(context, trustedBlock);
  const file = await load(context, "--from-bundle", place);
  const hint = "record it again with --bundle, or fetch it anew";
  const bundle = await named("--from-bundle", place, hint, () => openBundleFile(file));
  requireDistributor(bundle, distributor);
  const { hash, chainId } = bundle;
  context.note(`reading bundle ${hash} of distributor ${bundle.distributor} on chain ${chainId}`);
  return bundleSource(bundle, trusted);
}

/** Writes what was read to where --bundle says. */
export async function saveBundle(
  context: Context,
  source: Source,
  { bundle }: Pick<SourceFlags, "bundle">,
): Promise<void> {
  const bytes = bundle === undefined ? undefined : await source.bundle(bundle.endsWith(".gz"));
  if (bundle === undefined || bytes === undefined) return;
  await writeFileWhole(resolve(context.cwd, bundle), bytes);
  context.note(`recorded what was read: ${bundle}`);
}

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
import { initKeccak, keccakHex } from "../core/keccak.ts";
import { writeFileWhole } from "../store/file-store.ts";
import type { ObjectLocation } from "../store/objects.ts";
import { objectStoreIn } from "./config.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";
import { isObject, load, named } from "./load.ts";
import { type ChainFlags, configOf, reporter } from "./session.ts";
import { trustedBlockOf } from "./trusted-block.ts";

export interface SourceFlags extends ChainFlags {
  readonly bundle?: string;
  readonly fromBundle?: string;
  readonly trustedBlock?: string;
}

/**
 * A recorded bundle, or endpoints, of which nothing more is asked once the signal fires.
 * @throws UsageError, ChainError if a bundle is no bundle, or no endpoint answers
 */
export async function openSource(
  context: Context,
  flags: SourceFlags,
  signal?: AbortSignal,
): Promise<Source> {
  return flags.fromBundle === undefined
    ? openChain(context, flags, signal)
    : openBundle(context, flags, flags.fromBundle);
}

/**
 * The endpoints that flags or settings name, of which nothing more is asked once the signal fires.
 * @throws UsageError for flags that are none; ChainError if too few endpoints answer
 */
export async function openChain(
  context: Context,
  { bundle, trustedBlock, ...flags }: SourceFlags,
  signal?: AbortSignal,
): Promise<ChainSource> {
  const config = configOf(context, flags);
  // A year is read before it is written.
  if (bundle !== undefined && isObject(bundle)) bundleStore(context, bundle);
  const trusted = trustedBlock === undefined ? undefined : trustedBlockOf(context, trustedBlock);
  const onFault = reporter(context, config);
  return openEndpoints({ ...config, trusted, isRecorded: bundle !== undefined, onFault, signal });
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

function bundleStore(context: Context, bundle: string): ObjectLocation {
  if (/\.(json|gz)$/.test(bundle)) {
    throw new UsageError(
      `--bundle: names an object: ${bundle}`,
      "give s3://BUCKET/PREFIX: a bundle is put there under its hash",
    );
  }
  return objectStoreIn(context, { text: bundle, source: "--bundle" });
}

/** Under its hash, once and for all. */
async function putBundle(location: ObjectLocation, bytes: Uint8Array): Promise<string> {
  const [{ objectsAt }, { heedsConditions, putOnce, uploadOf }] = await Promise.all([
    import("../store/objects.ts"),
    import("../store/shared-store.ts"),
  ]);
  await initKeccak();
  const objects = objectsAt(location);
  const key = `bundles/${keccakHex(bytes)}.json.gz`;
  const upload = await uploadOf(async function* () {
    yield bytes;
  });
  await putOnce(objects, key, upload, await heedsConditions(objects));
  return objects.where(key);
}

/** Writes what was read to where --bundle says. */
export async function saveBundle(
  context: Context,
  source: Source,
  { bundle }: Pick<SourceFlags, "bundle">,
): Promise<void> {
  if (bundle === undefined) return;
  const location = isObject(bundle) ? bundleStore(context, bundle) : undefined;
  const bytes = await source.bundle(location !== undefined || bundle.endsWith(".gz"));
  if (bytes === undefined) return;
  if (location === undefined) await writeFileWhole(resolve(context.cwd, bundle), bytes);
  const place = location === undefined ? bundle : await putBundle(location, bytes);
  context.note(`recorded what was read: ${place}`);
}

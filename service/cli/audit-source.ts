// SPDX-License-Identifier: AGPL-3.0-only
import { resolve } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { PublicClient } from "viem";
import { readBundle, recorderOf } from "../audit/bundle.ts";
import { type Chain, connect } from "../chain/client.ts";
import type { Address } from "../core/types.ts";
import { writeFileWhole } from "../store/file-store.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";
import { load } from "./load.ts";
import { type ChainFlags, configOf, reporter } from "./session.ts";

export interface SourceFlags extends ChainFlags {
  readonly bundle?: string;
  readonly fromBundle?: string;
}

/** Where an audit reads the chain: endpoints, or what somebody recorded of theirs. */
export interface Source {
  readonly client: PublicClient;
  readonly distributor: Address;
  /** Undefined: a bundle, and nothing can be sent. */
  readonly chain: Chain | undefined;
  readonly spent: () => Spent;
  /** Writes what was read to where --bundle says. */
  readonly save: () => Promise<void>;
}

interface ChainSource extends Source {
  readonly chain: Chain;
}

export interface Spent {
  /** HTTP requests to the endpoints. */
  readonly requests: number;
  /** JSON-RPC calls, which travel in them. */
  readonly calls: number;
  readonly seconds: number;
}

const GZIP = 0x1f;

export async function openSource(context: Context, flags: SourceFlags): Promise<Source> {
  return flags.fromBundle === undefined
    ? openChain(context, flags)
    : openBundle(context, flags, flags.fromBundle);
}

/** The endpoints that flags or settings name. */
export async function openChain(context: Context, { bundle, ...flags }: SourceFlags): Promise<ChainSource> {
  const { distributor, ...endpoint } = configOf(context, flags);
  const sent = { requests: 0, calls: 0 };
  const counters = { onRequest: () => void sent.requests++, onCall: () => void sent.calls++ };
  const spent = stopwatch(sent);
  const chain = await connect({ ...endpoint, ...counters, onFault: reporter(context, endpoint) });
  if (bundle === undefined) {
    return { client: chain.client, distributor, chain, spent, save: async () => undefined };
  }
  const { client, bytes } = recorderOf(chain.client);
  const save = async () => {
    const text = bytes({ chainId: chain.chainId, distributor });
    const isZipped = bundle.endsWith(".gz");
    await writeFileWhole(resolve(context.cwd, bundle), isZipped ? gzipSync(text) : text);
    context.note(`recorded what was read: ${bundle}`);
  };
  return { client, distributor, chain, spent, save };
}

async function openBundle(context: Context, flags: SourceFlags, place: string): Promise<Source> {
  const spent = stopwatch({ requests: 0, calls: 0 });
  const { client, chainId, distributor, hash } = readBundle(
    unzipped(await load(context, "--from-bundle", place)),
  );
  const wanted = flags.distributor?.toLowerCase();
  if (wanted !== undefined && wanted !== distributor) {
    throw new UsageError(
      `the bundle is of distributor ${distributor} on chain ${chainId}, not of ${wanted}`,
      "leave out --distributor, or give another bundle",
    );
  }
  context.note(`reading bundle ${hash} of distributor ${distributor} on chain ${chainId}`);
  return { client, distributor, chain: undefined, spent, save: async () => undefined };
}

function stopwatch(sent: { readonly requests: number; readonly calls: number }): () => Spent {
  const start = performance.now();
  return () => ({ ...sent, seconds: (performance.now() - start) / 1000 });
}

function unzipped(bytes: Uint8Array): Uint8Array {
  return bytes[0] === GZIP ? gunzipSync(bytes) : bytes;
}

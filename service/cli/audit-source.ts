// SPDX-License-Identifier: AGPL-3.0-only
import { resolve } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { PublicClient } from "viem";
import { readBundle, recorderOf } from "../audit/bundle.ts";
import { newPreimages } from "../audit/state-proof/preimages.ts";
import { provenSource } from "../audit/state-proof/proven-source.ts";
import { witnessOf } from "../audit/state-proof/witness.ts";
import { believedSource, type StateSource } from "../audit/state-source.ts";
import { type Chain, connect } from "../chain/client.ts";
import type { Fault } from "../chain/endpoints/fault.ts";
import type { Address } from "../core/types.ts";
import { writeFileWhole } from "../store/file-store.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";
import { load, named } from "./load.ts";
import { type ChainFlags, configOf, reporter } from "./session.ts";
import { trustedBlockOf } from "./trusted-block.ts";

export interface SourceFlags extends ChainFlags {
  readonly bundle?: string;
  readonly fromBundle?: string;
  readonly trustedBlock?: string;
}

/** Where an audit reads the chain: endpoints, or what somebody recorded of theirs. */
export interface Source {
  readonly client: PublicClient;
  /** Where all but the logs is taken from. */
  readonly state: StateSource;
  readonly distributor: Address;
  /** Undefined: a bundle, and nothing can be sent. */
  readonly chain: Chain | undefined;
  /** Who was believed, where something was. */
  readonly witnesses: () => Witnesses;
  readonly spent: () => Spent;
  /** What was spent until now counts no more. */
  readonly restart: () => void;
  /** Writes what was read to where --bundle says. */
  readonly save: () => Promise<void>;
}

interface ChainSource extends Source {
  readonly chain: Chain;
}

export interface Witnesses {
  /** Hosts that were asked, or the bundle's hash. */
  readonly asked: readonly string[];
  /** How many of them had to give the same answer. */
  readonly agreement: number;
  /** Those whose answers others contradicted. */
  readonly contradicted: readonly string[];
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
export async function openChain(
  context: Context,
  { bundle, trustedBlock, ...flags }: SourceFlags,
): Promise<ChainSource> {
  const { distributor, ...endpoint } = configOf(context, flags);
  const trusted = trustedBlock === undefined ? undefined : trustedBlockOf(context, trustedBlock);
  const sent = { requests: 0, calls: 0 };
  const counters = { onRequest: () => void sent.requests++, onCall: () => void sent.calls++ };
  const { spent, restart } = stopwatch(sent);
  const report = reporter(context, endpoint);
  const contradicted = new Set<string>();
  const onFault = (fault: Fault) => {
    report(fault);
    if (fault.kind === "contradicted") contradicted.add(fault.host);
  };
  const chain = await connect({ ...endpoint, ...counters, onFault });
  const asked = endpoint.rpcUrl.split(",").map((url) => new URL(url).host);
  const { agreement } = chain;
  const witnesses = () => ({ asked, agreement, contradicted: [...contradicted] });
  const recorder = bundle === undefined ? undefined : recorderOf(chain.client);
  const client = recorder?.client ?? chain.client;
  const preimages = trusted && newPreimages();
  // What proves something is kept by its hash, and needs no record of who said it.
  const state =
    trusted === undefined || preimages === undefined
      ? believedSource(client)
      : provenSource({ trusted, witness: witnessOf(preimages, chain.client), client });
  const save = async () => {
    if (bundle === undefined || recorder === undefined) return;
    const text = recorder.bytes({ chainId: chain.chainId, distributor, preimages });
    const isZipped = bundle.endsWith(".gz");
    await writeFileWhole(resolve(context.cwd, bundle), isZipped ? gzipSync(text) : text);
    context.note(`recorded what was read: ${bundle}`);
  };
  return { client, state, distributor, chain, witnesses, spent, restart, save };
}

async function openBundle(context: Context, flags: SourceFlags, place: string): Promise<Source> {
  const { spent, restart } = stopwatch({ requests: 0, calls: 0 });
  const bytes = await load(context, "--from-bundle", place);
  const hint = "record it again with --bundle, or fetch it anew";
  const { client, chainId, distributor, hash, preimages } = named("--from-bundle", place, hint, () =>
    readBundle(unzipped(bytes)),
  );
  const wanted = flags.distributor?.toLowerCase();
  if (wanted !== undefined && wanted !== distributor) {
    throw new UsageError(
      `the bundle is of distributor ${distributor} on chain ${chainId}, not of ${wanted}`,
      "leave out --distributor, or give another bundle",
    );
  }
  const { trustedBlock } = flags;
  if ((trustedBlock === undefined) !== (preimages === undefined)) {
    throw preimages === undefined
      ? new UsageError(
          "--trusted-block: the bundle was recorded without one, and proves nothing",
          "leave it out, or record the bundle with --trusted-block",
        )
      : new UsageError(
          "the bundle was recorded with --trusted-block, and holds proofs in place of state",
          "give --trusted-block too, with a hash that you trust",
        );
  }
  context.note(`reading bundle ${hash} of distributor ${distributor} on chain ${chainId}`);
  const state =
    trustedBlock === undefined || preimages === undefined
      ? believedSource(client)
      : provenSource({
          trusted: trustedBlockOf(context, trustedBlock),
          witness: witnessOf(preimages),
          client,
        });
  const witnesses = () => ({ asked: [`bundle ${hash}`], agreement: 1, contradicted: [] });
  return {
    client,
    state,
    distributor,
    chain: undefined,
    witnesses,
    spent,
    restart,
    save: async () => undefined,
  };
}

interface Stopwatch {
  readonly spent: () => Spent;
  /** Counts from here on. */
  readonly restart: () => void;
}

function stopwatch(sent: { readonly requests: number; readonly calls: number }): Stopwatch {
  let before = { ...sent, at: performance.now() };
  return {
    spent: () => ({
      requests: sent.requests - before.requests,
      calls: sent.calls - before.calls,
      seconds: (performance.now() - before.at) / 1_000,
    }),
    restart() {
      before = { ...sent, at: performance.now() };
    },
  };
}

function unzipped(bytes: Uint8Array): Uint8Array {
  return bytes[0] === GZIP ? gunzipSync(bytes) : bytes;
}

// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { type Chain, type ConnectOptions, connect } from "../chain/client.ts";
import type { Fault } from "../chain/endpoints/fault.ts";
import type { Address } from "../core/types.ts";
import { type Bundle, readBundle, recorderOf } from "./bundle.ts";
import { compress, decompress } from "./compression.ts";
import { AuditError } from "./errors.ts";
import { newPreimages } from "./state-proof/preimages.ts";
import type { TrustedBlock } from "./state-proof/proven-source.ts";
import { believedSource, type StateSource } from "./state-source.ts";

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
  /** All that was read until now, for others to audit without network; undefined if it was not recorded. */
  readonly bundle: (isZipped: boolean) => Promise<Uint8Array | undefined>;
}

export interface ChainSource extends Source {
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

/** Asked each time that the chain is looked at: a watcher's block moves on. */
export type Trusted = () => Promise<TrustedBlock>;

export interface ChainSourceOptions extends Omit<ConnectOptions, "onRequest" | "onCall"> {
  readonly distributor: Address;
  /** Takes no endpoint's word: proves all state and blocks against this one. */
  readonly trusted?: Trusted | undefined;
  /** Keeps what is read, for a bundle. */
  readonly isRecorded: boolean;
}

/** @throws ChainError if too few endpoints answer, or one serves another chain. */
export async function openEndpoints(options: ChainSourceOptions): Promise<ChainSource> {
  const { rpcUrl, distributor, trusted, isRecorded, onFault, ...endpoint } = options;
  const sent = { requests: 0, calls: 0 };
  const contradicted = new Set<string>();
  const chain = await connect({
    ...{ ...endpoint, rpcUrl },
    ...{ onRequest: () => void sent.requests++, onCall: () => void sent.calls++ },
    onFault(fault: Fault) {
      onFault?.(fault);
      if (fault.kind === "contradicted") contradicted.add(fault.host);
    },
  });
  const asked = rpcUrl.split(",").map((url) => new URL(url.trim()).host);
  const recorder = isRecorded ? recorderOf(chain.client) : undefined;
  const client = recorder?.client ?? chain.client;
  const preimages = trusted && newPreimages();
  return {
    ...{ client, distributor, chain },
    // What proves something is kept by its hash, and needs no record of who said it.
    state:
      trusted === undefined || preimages === undefined
        ? believedSource(client)
        : await provenWith({ trusted, preimages, asked: chain.client, client }),
    witnesses: () => ({ asked, agreement: chain.agreement, contradicted: [...contradicted] }),
    ...stopwatch(sent),
    async bundle(isZipped) {
      const bytes = await recorder?.bytes({ chainId: chain.chainId, distributor, preimages });
      return bytes !== undefined && isZipped ? compress(bytes, "gzip") : bytes;
    },
  };
}

/** The bundle in a file, zipped or not. @throws AuditError if it is none */
export async function openBundle(file: Uint8Array): Promise<Bundle> {
  return readBundle(await unzipped(file));
}

/** @throws AuditError if it is another distributor's than the one that is wanted, if one is */
export function requireDistributor({ chainId, distributor }: Bundle, wanted: string | undefined): void {
  if (wanted === undefined || wanted.toLowerCase() === distributor) return;
  throw new AuditError(
    `the bundle is of distributor ${distributor} on chain ${chainId}, not of ${wanted.toLowerCase()}`,
    "leave out --distributor, or give another bundle",
  );
}

/** @throws AuditError if a trusted block is given for a bundle that proves nothing, or none for one of proofs. */
export async function bundleSource(
  { client, distributor, hash, preimages }: Bundle,
  trusted: Trusted | undefined,
): Promise<Source> {
  if ((trusted === undefined) !== (preimages === undefined)) {
    throw preimages === undefined
      ? new AuditError(
          "--trusted-block: the bundle was recorded without one, and proves nothing",
          "leave it out, or record the bundle with --trusted-block",
        )
      : new AuditError(
          "the bundle was recorded with --trusted-block, and holds proofs in place of state",
          "give --trusted-block too, with a hash that you trust",
        );
  }
  const state =
    trusted === undefined || preimages === undefined
      ? believedSource(client)
      : await provenWith({ trusted, preimages, asked: undefined, client });
  return {
    ...{ client, state, distributor, chain: undefined },
    witnesses: () => ({ asked: [`bundle ${hash}`], agreement: 1, contradicted: [] }),
    ...stopwatch({ requests: 0, calls: 0 }),
    bundle: async () => undefined,
  };
}

interface Proving {
  readonly trusted: Trusted;
  readonly preimages: NonNullable<Bundle["preimages"]>;
  /** For what is not among the preimages. */
  readonly asked: PublicClient | undefined;
  readonly client: PublicClient;
}

/** Tries and their nodes take code that a browser should not have to load for nothing. */
async function provenWith({ trusted, preimages, asked, client }: Proving): Promise<StateSource> {
  const [{ provenSource }, { witnessOf }] = await Promise.all([
    import("./state-proof/proven-source.ts"),
    import("./state-proof/witness.ts"),
  ]);
  return provenSource({ trusted, witness: witnessOf(preimages, asked), client });
}

function stopwatch(sent: {
  readonly requests: number;
  readonly calls: number;
}): Pick<Source, "spent" | "restart"> {
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

const GZIP = 0x1f;
/** More than any audit needs, in bytes: what is made to unpack to more is refused. */
const MOST = 2 ** 30;

async function unzipped(file: Uint8Array): Promise<Uint8Array> {
  if (file[0] !== GZIP) return file;
  return decompress(file, "gzip", MOST).catch(({ cause }: RangeError) => {
    const why = cause instanceof Error ? cause.message : "it is not zipped";
    throw new AuditError(why, "record it again with --bundle, or fetch it anew");
  });
}

// SPDX-License-Identifier: AGPL-3.0-only
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { createContext, useContext, useMemo, useSyncExternalStore } from "react";
import type { Client } from "viem";
import type { Network } from "./network.ts";
import type { Point, Source } from "./source/types.ts";

export interface Page {
  readonly network: Network;
  readonly source: Source;
  /** Reads the chain: by the endpoint that was given, or the wallet's; undefined while there is neither. */
  readonly client: Client | undefined;
}

const PageContext = createContext<Page | undefined>(undefined);
export const PageProvider = PageContext.Provider;

/** Of the page around. @throws Error outside of one */
export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error("outside of a page");
  return page;
}

/** Milliseconds between two readings of what is shown. */
const EVERY = 6_000;

/** What the source says, read again and again; while that fails, what it said last. */
export function useSource<T>(
  key: readonly unknown[],
  read: (source: Source) => Promise<T>,
  options: { readonly every?: number | false; readonly enabled?: boolean } = {},
): UseQueryResult<T> {
  const { source, network } = usePage();
  return useQuery({
    queryKey: [network.chainId, network.distributor, source.kind, ...key],
    queryFn: () => read(source),
    refetchInterval: options.every ?? EVERY,
    enabled: options.enabled ?? true,
  });
}

/** What the chain says, read again and again; disabled without an endpoint. */
export function useChain<T>(
  key: readonly unknown[],
  read: (client: Client) => Promise<T>,
  options: { readonly every?: number | false; readonly enabled?: boolean } = {},
): UseQueryResult<T> {
  const { client, network } = usePage();
  return useQuery({
    queryKey: [network.chainId, network.distributor, "chain", client?.uid, ...key],
    queryFn: () => read(client as Client),
    refetchInterval: options.every ?? EVERY,
    enabled: client !== undefined && (options.enabled ?? true),
  });
}

export interface Heads {
  /** By the page's source. */
  readonly told: Point | undefined;
  /** By the chain itself, if that is asked besides. */
  readonly chain: Point | undefined;
  readonly error: Error | null;
  /** Milliseconds since 1970 when they were read. */
  readonly readAt: number;
}

/** The head by source and chain, each read again every 6 seconds; `error` is the source's, or else the chain's. */
export function useHeads(): Heads {
  const told = useSource<Point>(["head"], (source) => source.head());
  const chain = useChain(["head"], async (client) => (await import("./source/chain.ts")).chainHead(client));
  return {
    told: told.data,
    chain: chain.data,
    error: told.error ?? chain.error,
    readAt: Math.max(told.dataUpdatedAt, chain.dataUpdatedAt),
  };
}

/** Seconds by which a chain's clock may be ahead of the visitor's before the chain's counts. */
const CLOCKS = 600;

/** Seconds since 1970, by the chain where that is ahead of the visitor's clock: one that is behind may stand still. */
export function useNow(): number {
  const { told, chain, readAt } = useHeads();
  const wall = useWallClock();
  const head = Number(chain?.time ?? told?.time ?? 0n);
  return useMemo(() => {
    if (head - wall < CLOCKS) return wall;
    return head + Math.max(0, Math.floor(wall - readAt / 1_000));
  }, [head, wall, readAt]);
}

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let second = Math.floor(Date.now() / 1_000);

function useWallClock(): number {
  return useSyncExternalStore(subscribe, () => second);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    second = Math.floor(Date.now() / 1_000);
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

// SPDX-License-Identifier: AGPL-3.0-only
import type { FastifyBaseLogger } from "fastify";
import { decodeArtifact } from "../core/artifact.ts";
import { buildClaimTree, type ClaimTree, sizeOf } from "../core/claim-tree.ts";
import { InputError } from "../core/errors.ts";
import { domainOf } from "../core/leaf.ts";
import { requireAllPayable } from "../core/packed-leaves.ts";
import type { Summary } from "../core/summary.ts";
import type { Address, Hex, Row } from "../core/types.ts";
import { type ArtifactFile, openArtifact, readArtifact } from "../store/artifacts.ts";
import { type Store, StoreError, UnavailableStore } from "../store/store.ts";
import { getTree, getTreeHead, putTree } from "../store/trees.ts";
import type { Metrics } from "./metrics.ts";

export interface Artifacts {
  /** An artifact's bytes, to be passed on. */
  readonly file: (datasetHash: Hex) => Promise<ArtifactFile | undefined>;
  /** The tree to serve claims from: at once if it is in memory. */
  readonly tree: (datasetHash: Hex) => ClaimTree | Promise<ClaimTree | undefined>;
  /** A prover's row of an artifact; undefined if it has none, or if there is no sound copy here. */
  readonly row: (datasetHash: Hex, prover: Address) => Promise<Row | undefined>;
  /** What each campaign counted and dealt, in the policy's order. */
  readonly campaigns: (datasetHash: Hex) => Promise<readonly CampaignResult[] | undefined>;
  /** What the epoch paid. */
  readonly summary: (datasetHash: Hex) => Promise<Summary | undefined>;
}

export interface CampaignResult {
  readonly fulfilments: number;
  readonly work: bigint;
  readonly fees: bigint;
  /** Before minimum stake, exclusions and stake cap, which hold for the sum of a prover's campaigns. */
  readonly dealt: bigint;
}

/** Rows of artifacts that are kept in memory, beside those of the one read last. */
const MOST_ROWS = 100_000;
/** Of an artifact whose rows are read: larger ones are for those who download them. */
const MOST_ROW_BYTES = 64 * 2 ** 20;

/** A tree of a million leaves takes 112 MB; that of the active root is kept whatever it takes. */
const MOST_BYTES = 128 * 2 ** 20;
const CHECKED = 1_000;

export interface ArtifactsOptions {
  readonly log: FastifyBaseLogger | undefined;
  readonly metrics: Metrics;
  /** Bytes of trees that are kept in memory, beside the one used last. */
  readonly mostBytes?: number | undefined;
}

/** Artifacts and trees of a store, as a server passes them on. */
export function artifactsOf(store: Store, options: ArtifactsOptions): Artifacts {
  const { log, metrics, mostBytes = MOST_BYTES } = options;
  const checked = new Map<Hex, string>();
  // The one used longest ago first.
  const trees = new Map<Hex, ClaimTree | Promise<ClaimTree | undefined>>();
  let youngest: Hex | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  /** What is being read counts for no bound: it is one at a time. Whatever is fetched first is waited for outside. */
  function inTurn<T>(read: () => Promise<T>): Promise<T> {
    const result = turn.then(read);
    turn = result.catch(() => undefined);
    return result;
  }

  /** Whether there is an artifact: fetched if it has to be, and whole. */
  async function isHere(hash: Hex): Promise<boolean> {
    const file = await openArtifact(store, hash, checked);
    await file?.close();
    return file !== undefined;
  }

  /** That an object store does not answer says nothing of what it holds. */
  function report(hash: Hex, error: Error): void {
    if (!(error instanceof UnavailableStore)) metrics.mismatch("artifact");
    log?.warn({ hash }, error.message);
  }

  /** As it is stored; one that is damaged is reported, and made anew. */
  async function load(hash: Hex): Promise<ClaimTree | undefined> {
    try {
      const head = await getTreeHead(store, hash);
      const stored = head && (await inTurn(() => getTree(store, hash)));
      if (stored !== undefined) return stored.tree;
    } catch (error) {
      if (!isUnusable(error)) throw error;
      report(hash, error);
    }
    return (await isHere(hash)) ? inTurn(() => rebuild(hash)) : undefined;
  }

  /** From the artifact. Another process that does the same writes the same file. */
  async function rebuild(hash: Hex): Promise<ClaimTree | undefined> {
    try {
      const stored = await readArtifact(store, hash, checked);
      if (stored === undefined) return undefined;
      requireAllPayable(stored.leaves);
      const domain = domainOf(stored.head.chainId, stored.head.distributor);
      const tree = buildClaimTree(domain, stored.leaves.entries);
      await putTree(store, hash, stored).catch((error) => {
        if (!(error instanceof StoreError) || error.code !== "unwritable") throw error;
        log?.warn({ hash }, `${error.message}: the tree is kept in memory`);
      });
      return tree;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      // What a publisher posted need not be what anybody can claim from.
      metrics.mismatch("artifact");
      log?.warn({ hash }, `the artifact makes no tree: ${error.message}`);
      return undefined;
    }
  }

  function loadOnce(hash: Hex): Promise<ClaimTree | undefined> {
    const loading = load(hash);
    const replace = (tree?: ClaimTree) => {
      if (trees.get(hash) !== loading) return;
      // One that is not here yet may arrive.
      if (tree === undefined) trees.delete(hash);
      else trees.set(hash, tree);
      forgetOldest();
    };
    loading.then(replace, () => replace());
    return loading;
  }

  function forgetOldest(): void {
    let bytes = 0;
    for (const tree of trees.values()) bytes += tree instanceof Promise ? 0 : sizeOf(tree);
    for (const [hash, tree] of trees) {
      if (bytes <= mostBytes || hash === youngest) return;
      if (tree instanceof Promise) continue;
      trees.delete(hash);
      bytes -= sizeOf(tree);
    }
  }

  // The one used longest ago first.
  const rows = new Map<Hex, ReadonlyMap<Address, Row>>();

  /** By prover. Read again whenever they were forgotten: an artifact never changes. */
  async function rowsOf(hash: Hex): Promise<ReadonlyMap<Address, Row> | undefined> {
    const known = rows.get(hash);
    if (known !== undefined) return known;
    try {
      if (!(await isHere(hash))) return undefined;
      return await inTurn(async () => rows.get(hash) ?? readRows(hash));
    } catch (error) {
      if (!isUnusable(error) && !(error instanceof InputError)) throw error;
      report(hash, error);
      return undefined;
    }
  }

  async function readRows(hash: Hex): Promise<ReadonlyMap<Address, Row> | undefined> {
    const file = await openArtifact(store, hash, checked);
    if (file === undefined) return undefined;
    const bytes = file.size <= MOST_ROW_BYTES ? await wholeOf(file) : undefined;
    await file.close();
    if (bytes === undefined) return undefined;
    const found = new Map(decodeArtifact(bytes).rows.map((row) => [row.prover, row]));
    rows.set(hash, found);
    let count = 0;
    for (const { size } of rows.values()) count += size;
    for (const [oldest, { size }] of rows) {
      if (count <= MOST_ROWS || oldest === hash) break;
      rows.delete(oldest);
      count -= size;
    }
    return found;
  }

  function treeOf(hash: Hex): ClaimTree | Promise<ClaimTree | undefined> {
    const known = trees.get(hash);
    if (known !== undefined && hash === youngest) return known;
    const tree = known ?? loadOnce(hash);
    trees.delete(hash);
    trees.set(hash, tree);
    youngest = hash;
    return tree;
  }

  return {
    async file(hash) {
      if (checked.size > CHECKED) checked.clear();
      return openArtifact(store, hash, checked);
    },
    tree: treeOf,
    row: async (hash, prover) => (await rowsOf(hash))?.get(prover),
    async campaigns(hash) {
      const found = await rowsOf(hash);
      if (found === undefined) return undefined;
      const results: CampaignResult[] = [];
      for (const { campaigns = [] } of found.values()) {
        for (const { campaign, fulfilments, work, fees, amount } of campaigns) {
          const sum = results[campaign] ?? NOTHING_PAID;
          results[campaign] = {
            fulfilments: sum.fulfilments + fulfilments,
            work: sum.work + work,
            fees: sum.fees + fees,
            dealt: sum.dealt + amount,
          };
        }
      }
      return results;
    },
    async summary(hash) {
      const read = () =>
        getTreeHead(store, hash).catch((error) => {
          if (!isUnusable(error)) throw error;
          return undefined;
        });
      // Where only the file beside the artifact is missing or damaged, it is made.
      const head = (await read()) ?? ((await treeOf(hash)) && (await read()));
      return head?.summary;
    },
  };
}

async function wholeOf(file: ArtifactFile): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of file.parts()) parts.push(part);
  return Buffer.concat(parts);
}

export const NOTHING_PAID: CampaignResult = { fulfilments: 0, work: 0n, fees: 0n, dealt: 0n };

/** Whether it may be made again from what is beside it. */
function isUnusable(error: unknown): error is StoreError {
  return error instanceof StoreError && (error.code === "damaged" || error.code === "unreadable");
}

// SPDX-License-Identifier: AGPL-3.0-only
import { keccak256, toHex } from "viem";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { connect } from "../../../service/chain/client.ts";
import { readSystem, type System } from "../../../service/chain/system.ts";
import { packLeaves } from "../../../service/core/packed-leaves.ts";
import { buildRewardTree } from "../../../service/core/reward-tree.ts";
import { encodeTreeFile } from "../../../service/core/tree-file.ts";
import type { Hex, LeafEntry } from "../../../service/core/types.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { newFolder } from "../../../test/service/helpers/folder.ts";
import {
  activate,
  confirm,
  deploySystem,
  endEpoch,
  type TestSystem,
} from "../../../test/service/helpers/system.ts";
import { makeEntries } from "../tree/entries.mjs";

export interface Stage {
  readonly chain: TestSystem;
  /** Where the trees of the posted roots are. */
  readonly directory: string;
}

/** A local chain with `epochs` active roots, each over so many leaves, and a folder with their trees. */
export async function stageOf(size: { readonly epochs: number; readonly leaves: number }): Promise<Stage> {
  const chain = await deploySystem();
  const directory = newFolder();
  const system = await readSystem(await connect({ rpcUrl: chain.anvil.rpcUrl }), chain.distributor);
  for (let epoch = 0; epoch < size.epochs; epoch++) {
    await endEpoch(chain);
    await post(chain, system, { epoch, leaves: size.leaves, directory });
    await activate(chain);
  }
  await chain.client.mine({ blocks: 3, interval: 1 });
  return { chain, directory };
}

interface Post {
  readonly epoch: number;
  readonly leaves: number;
  readonly directory: string;
}

/** The contract sees only the total: it is as good as any that fits the budget. */
async function post(chain: TestSystem, system: System, { epoch, leaves, directory }: Post): Promise<void> {
  const entries = makeEntries(leaves).map(({ prover }, i): LeafEntry => {
    const cumulative = BigInt(i + 1) * BigInt(epoch + 1) * 1_000_000n;
    return { prover, cumulative, cumulativeCommission: cumulative / 10n };
  });
  const total = entries.reduce((sum, { cumulative }) => sum + cumulative, 0n);
  const tree = buildRewardTree(system.domain, entries);
  const datasetHash = keccak256(toHex(`epoch ${epoch}`));
  const none = { carryIn: 0n, carryOut: 0n, dropped: 0n, fulfilments: 0, misses: 0 };
  const policy = { id: "work", version: 1, hash: datasetHash };
  const summary = { policy, budget: total, added: total, provers: leaves, ...none };
  await fileStore(directory).put(
    `artifacts/${datasetHash}.tree`,
    encodeTreeFile(packLeaves(tree.entries), {
      domain: system.domain,
      root: tree.root,
      datasetHash,
      summary,
    }),
  );
  await postRoot(chain, { epoch, root: tree.root, total, datasetHash });
}

interface Root {
  readonly epoch: number;
  readonly root: Hex;
  readonly total: bigint;
  readonly datasetHash: Hex;
}

async function postRoot(
  { client, publisher, distributor }: TestSystem,
  { epoch, root, total, datasetHash }: Root,
): Promise<void> {
  const snapshot = await client.getBlock({ blockTag: "finalized" });
  await confirm(
    client,
    client.writeContract({
      account: publisher,
      address: distributor,
      abi: iRewardDistributorAbi,
      functionName: "postRoot",
      args: [BigInt(epoch), root, total, datasetHash, snapshot.number, snapshot.hash],
    }),
  );
}

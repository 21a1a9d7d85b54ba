// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import { keccak256, toHex } from "viem";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { domainOf } from "../../../service/core/leaf.ts";
import { packLeaves } from "../../../service/core/packed-leaves.ts";
import { buildRewardTree } from "../../../service/core/reward-tree.ts";
import { encodeTreeFile } from "../../../service/core/tree-file.ts";
import type { LeafEntry } from "../../../service/core/types.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { newFolder } from "../../../test/service/helpers/folder.ts";
import {
  activate,
  confirm,
  deploySystem,
  endEpoch,
  type TestSystem,
} from "../../../test/service/helpers/system.ts";
import { makeEntries } from "../tree/entries.ts";

export type Stage = Awaited<ReturnType<typeof stageOf>>;

/**
 * A local chain with `epochs` active roots, each over so many leaves; a folder with their trees, and the flags that lead a
 * command to both.
 */
export async function stageOf({ epochs, leaves }: { readonly epochs: number; readonly leaves: number }) {
  const chain = await deploySystem();
  const { anvil, client, distributor } = chain;
  const directory = newFolder();
  for (let epoch = 0; epoch < epochs; epoch++) {
    await endEpoch(chain);
    await post(chain, directory, { epoch, leaves });
    await activate(chain);
  }
  await client.mine({ blocks: 3, interval: 1 });
  const flags = ["--rpc", anvil.rpcUrl, "--distributor", distributor, "--data-dir", directory];
  const remove = () => {
    anvil.stop();
    rmSync(directory, { recursive: true });
  };
  return { chain, directory, flags, remove };
}

/** The contract sees only the total: it is as good as any that fits the budget. */
async function post(
  { client, publisher, distributor }: TestSystem,
  directory: string,
  { epoch, leaves }: { readonly epoch: number; readonly leaves: number },
): Promise<void> {
  const entries = makeEntries(leaves).map(({ prover }, i): LeafEntry => {
    const cumulative = BigInt(i + 1) * BigInt(epoch + 1) * 1_000_000n;
    return { prover, cumulative, cumulativeCommission: cumulative / 10n };
  });
  const total = entries.reduce((sum, { cumulative }) => sum + cumulative, 0n);
  const domain = domainOf(BigInt(await client.getChainId()), distributor);
  const { root, entries: sorted } = buildRewardTree(domain, entries);
  const datasetHash = keccak256(toHex(`epoch ${epoch}`));
  const none = { carryIn: 0n, carryOut: 0n, dropped: 0n, fulfilments: 0, misses: 0 };
  const policy = { id: "work", version: 1, hash: datasetHash };
  const summary = { policy, budget: total, added: total, provers: leaves, ...none };
  const file = encodeTreeFile(packLeaves(sorted), { domain, root, datasetHash, summary });
  await fileStore(directory).put(`artifacts/${datasetHash}.tree`, file);
  const snapshot = await client.getBlock({ blockTag: "finalized" });
  await confirm(
    client,
    client.writeContract({
      ...{ account: publisher, address: distributor, abi: iRewardDistributorAbi, functionName: "postRoot" },
      args: [BigInt(epoch), root, total, datasetHash, snapshot.number, snapshot.hash],
    }),
  );
}

// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import type { Address } from "viem";
import { connect } from "../../../service/chain/client.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import { readSystem } from "../../../service/chain/system.ts";
import { runEpoch } from "../../../service/epoch/run.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { newFolder } from "./folder.ts";
import { confirm, deploy, deploySystem, endEpoch, PROGRAM_KEY, type TestSystem } from "./system.ts";

const ABI = (["enrol", "request", "commit", "reveal", "fulfil"] as const).map(
  (name) =>
    ({
      type: "function",
      name,
      stateMutability: "nonpayable",
      inputs: [{ name: "count", type: "uint256" }],
      outputs: [],
    }) as const,
);

export interface CrowdSize {
  readonly provers: number;
  readonly fulfilments: number;
}

/** Gas of the largest block that a crowd fills. */
const CROWD_GAS = 1_000_000_000n;
/** How many blocks' state the chain keeps: it is no archive. */
const STATES = 64;
/** How much of each step fits one block, and every phase of an auction into its time. */
const PER_BLOCK = { provers: 200, fulfilments: 1_000 };

/** A chain whose first epoch is over, and its root posted: as many provers and fulfilments as wanted. */
export async function crowdedChain(size: CrowdSize): Promise<TestSystem> {
  const test = await deploySystem(undefined, { gasLimit: CROWD_GAS, states: STATES });
  await gatherCrowd(test, size);
  await endEpoch(test);
  const chain = await connect({ rpcUrl: test.anvil.rpcUrl });
  const directory = newFolder();
  const system = await readSystem(chain, test.distributor);
  // Used outside of tests too, where nothing is closed after them.
  const database = await openDatabase({ dataDir: directory });
  const deployment = await openDeployment(database, system);
  await runEpoch({
    chain,
    system,
    store: fileStore(directory),
    open: async () => ({ database, deployment }),
    signer: signerFor(chain, { from: test.publisher }),
    version: "test",
    log: () => undefined,
  });
  await database.close();
  rmSync(directory, { recursive: true });
  return test;
}

/** Provers and fulfilments of one epoch by the thousand, made by the real contracts in a few hundred blocks. */
async function gatherCrowd(system: TestSystem, { provers, fulfilments }: CrowdSize): Promise<void> {
  const { client, owner, token, registry, market } = system;
  const crowd = await deploy(client, owner, "Crowd", token, registry, market, PROGRAM_KEY);
  await client.setBlockTimestampInterval({ interval: 1 });
  await inBlocks(system, crowd, "enrol", provers, PER_BLOCK.provers);
  const { timestamp } = await client.getBlock();
  for (const [step, after] of [
    ["request", 0n],
    ["commit", 0n],
    ["reveal", 1_300n],
    ["fulfil", 2_400n],
  ] as const) {
    if (after > 0n) await client.setNextBlockTimestamp({ timestamp: timestamp + after });
    await inBlocks(system, crowd, step, fulfilments, PER_BLOCK.fulfilments);
  }
  await client.removeBlockTimestampInterval();
}

async function inBlocks(
  { client, owner: account }: TestSystem,
  address: Address,
  functionName: (typeof ABI)[number]["name"],
  count: number,
  perBlock: number,
): Promise<void> {
  for (let done = 0; done < count; done += perBlock) {
    const args = [BigInt(Math.min(perBlock, count - done))] as const;
    await confirm(
      client,
      client.writeContract({ account, address, abi: ABI, functionName, args, gas: CROWD_GAS }),
    );
  }
}

// SPDX-License-Identifier: AGPL-3.0-only
import { type Abi, encodeDeployData, getContractAddress, toHex } from "viem";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../../service/chain/client.ts";
import { sendClaims } from "../../../service/chain/send.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import { readSystem } from "../../../service/chain/system.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { encodePolicy } from "../../../service/core/policy.ts";
import { buildRewardTree, claimOf } from "../../../service/core/reward-tree.ts";
import type { Address } from "../../../service/core/types.ts";
import { readArtifact } from "../../../service/deploy/artifacts.ts";
import { type Anvil, startAnvil } from "../helpers/anvil.ts";

const HOUR = 3_600n;
/** A network's controller: a word that is the token and every prover's vault, which has a supply and so has shares. */
const CONTROLLER: Address = `0x${"c0".repeat(20)}`;
let anvil: Anvil;

beforeAll(async () => {
  await initKeccak();
  anvil = await startAnvil();
});

afterAll(() => anvil?.stop());

it("claims beside an adapter are paid on in their own transaction", async () => {
  const { client } = anvil;
  const [owner, guardian, publisher, auditor, one, two] = (await client.getAddresses()) as [
    ...[Address, Address, Address, Address, Address, Address],
  ];
  const deploy = async (name: string, ...args: unknown[]) => {
    const { abi, bytecode } = readArtifact(name);
    const data = encodeDeployData({ abi, bytecode, args });
    const hash = await client.sendTransaction({ account: owner, data });
    return (await client.waitForTransactionReceipt({ hash })).contractAddress as Address;
  };
  const write = async (
    account: Address,
    name: string,
    address: Address,
    functionName: string,
    ...args: unknown[]
  ) => {
    const abi: Abi = readArtifact(name).abi;
    const hash = await client.writeContract({ account, address, abi, functionName, args, gas: 2_000_000n });
    expect((await client.waitForTransactionReceipt({ hash })).status).toBe("success");
  };
  const token = await deploy("DevToken");
  await client.setCode({ address: CONTROLLER, bytecode: `0x73${token.slice(2)}5f5260205ff3` });
  const { timestamp: clockStart } = await client.getBlock();
  const nonce = await client.getTransactionCount({ address: owner });
  const distributor = getContractAddress({ from: owner, nonce: BigInt(nonce + 1) });
  const adapter = await deploy("ProverNetAdapter", {
    ...{ stakingController: CONTROLLER, distributor, owner, guardian, clockStart, epochLength: HOUR },
  });
  const policy = encodePolicy({
    ...{ version: 1, id: "work", params: {} },
    guards: { exclusions: [], feeMatchBps: null, minStake: 0n },
  });
  await deploy("RewardDistributor", {
    ...{
      registry: adapter,
      market: adapter,
      publisher,
      auditors: [auditor],
      challengeWindow: 60n,
      quorum: 1n,
    },
    ...{ allowZeroQuorum: false, budget: 1_000n, policy: toHex(policy) },
  });
  await write(owner, "DevToken", token, "mint", distributor, 1_000n);

  const chain = await connect({ rpcUrl: anvil.rpcUrl });
  const system = await readSystem(chain, distributor);
  const tree = buildRewardTree(system.domain, [
    { prover: one.toLowerCase() as Address, cumulative: 600n, cumulativeCommission: 60n },
    { prover: two.toLowerCase() as Address, cumulative: 400n, cumulativeCommission: 0n },
  ]);
  await client.increaseTime({ seconds: Number(HOUR) });
  await client.mine({ blocks: 1 });
  const { number, hash } = await client.getBlock();
  const post = {
    epoch: 0n,
    postNumber: 1n,
    root: tree.root,
    cumulativeTotal: 1_000n,
    datasetHash: tree.root,
  };
  const snapshot = { snapshotBlock: number, snapshotHash: hash };
  await write(
    publisher,
    "RewardDistributor",
    distributor,
    "postRoot",
    ...[0n, tree.root, 1_000n, tree.root, number, hash],
  );
  await write(auditor, "RewardDistributor", distributor, "attest", { ...post, ...snapshot });
  await client.increaseTime({ seconds: 61 });
  await client.mine({ blocks: 1 });

  const balance = (who: Address) =>
    client.readContract({
      address: token,
      abi: readArtifact("DevToken").abi,
      functionName: "balanceOf",
      args: [who],
    });
  const claims = [one, two]
    .map((who) => claimOf(tree, who.toLowerCase() as Address))
    .map((claim) => {
      if (claim === undefined) throw new Error("no leaf");
      return claim;
    });
  const signer = signerFor(chain, { from: owner });
  // Anybody's two, in one transaction: the commission to the prover, the rest to the vault, nothing left here.
  await sendClaims(chain.client, system, signer, claims, { log: () => undefined });
  expect(await Promise.all([one, two, token, adapter].map(balance))).toEqual([60n, 0n, 940n, 0n]);
});

// SPDX-License-Identifier: AGPL-3.0-only
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { concat, keccak256 } from "viem";
import { expect, it } from "vitest";
import { leafFor } from "../../../service/audit/tree.ts";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import type { Address, Hex } from "../../../service/core/types.ts";
import { cli } from "../helpers/cli.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { activate, miss } from "../helpers/system.ts";
import { confirmed, directory, honest, post, provers, setScene, system, test } from "./scene.ts";

setScene();

const proof = (cwd: string, prover: Address, ...more: string[]) =>
  cli(["proof", prover, "--json", "--rpc", test.anvil.rpcUrl, "--distributor", test.distributor, ...more], {
    cwd,
  });

const rootOver = (leaf: Hex, siblings: readonly Hex[]) =>
  siblings.reduce((node, sibling) => keccak256(concat([node, sibling].sort() as Hex[])), leaf);

it("provender proof --from-chain rebuilds a merkleProof that the contract pays, when every server is gone", async () => {
  await post(1);
  await activate(test);
  const nowhere = temporaryFolder();
  const [first] = provers;
  const { code, stdout, stderr } = await proof(nowhere, first, "--from-chain");
  expect(code, stderr).toBe(0);
  const claim = JSON.parse(stdout);
  const [cumulative, cumulativeCommission] = [BigInt(claim.cumulative), BigInt(claim.cumulativeCommission)];
  const leaf = leafFor(system.domain, { prover: first, cumulative, cumulativeCommission });
  expect(rootOver(leaf, claim.merkleProof)).toBe(honest.artifact.root);
  const hash = await test.client.writeContract({
    account: test.requester,
    address: test.distributor,
    abi: iRewardDistributorAbi,
    functionName: "claim",
    args: [first, cumulative, cumulativeCommission, claim.merkleProof],
  });
  await confirmed(hash);
  expect(readdirSync(nowhere)).toEqual([]);
});

it("it does not look at what is on disk, which may be damaged", async () => {
  await post(1);
  await activate(test);
  await miss(test, provers[2], 1_000_000_000_000_000_000n);
  const data = ["--data-dir", directory];
  const honestProof = await proof(directory, provers[1], ...data);
  const folder = join(directory, "artifacts");
  for (const name of readdirSync(folder)) if (name.endsWith(".json")) writeFileSync(join(folder, name), "{}");
  expect((await proof(directory, provers[1], ...data)).code).toBe(1);
  const rebuilt = await proof(directory, provers[1], ...data, "--from-chain");
  expect(rebuilt.code).toBe(0);
  expect(JSON.parse(rebuilt.stdout)).toEqual(JSON.parse(honestProof.stdout));
});

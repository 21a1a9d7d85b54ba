// SPDX-License-Identifier: AGPL-3.0-only
import { expect, it } from "vitest";
import { readDeployment } from "../../../service/audit/deployment.ts";
import { recordedClient } from "../helpers/recorded-chain.ts";
import { boundaries } from "./recorded-reading.ts";

const { distributor, registry, market } = boundaries;

it("a deployment is read from its distributor, whose address may be in capitals", async () => {
  const capitals = `0x${distributor.slice(2).toUpperCase()}` as const;
  expect(await readDeployment(recordedClient(boundaries), capitals)).toMatchObject({
    ...{ chainId: 31_337n, distributor, registry, market },
    ...{ clockStart: BigInt(boundaries.clockStart), epochLength: BigInt(boundaries.epochLength) },
  });
});

it.each([
  [5_000n, 4_000n],
  [1_001n, 1n],
  [1_000n, 0n],
  [7n, 0n],
])("the logs of one deployed in block %i are read from block %i on", async (block, from) => {
  const client = recordedClient(boundaries, { deploymentBlock: () => block });
  expect((await readDeployment(client, distributor)).startBlock).toBe(from);
});

it("an address without a contract is refused", async () => {
  const client = recordedClient(boundaries);
  const nobody = `0x${"0".repeat(38)}77` as const;
  await expect(readDeployment(client, nobody)).rejects.toMatchObject({
    code: "no-code",
    message: `there is no contract at ${nobody} on chain 31337`,
    hint: "check the distributor's address and that the RPC endpoint serves its chain",
  });
});

// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { type BaseError, ContractFunctionRevertedError, erc20Abi, type Hex, zeroHash } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { type Precondition, preconditions, type RootToPost } from "../../../service/chain/preflight.ts";
import { postCall } from "../../../service/chain/send.ts";
import { lower, readSystem, type System } from "../../../service/chain/system.ts";
import {
  activate,
  BUDGET,
  confirm,
  deploySystem,
  endEpoch,
  ether,
  type TestSystem,
} from "../helpers/system.ts";

let network: TestSystem;
let chain: Chain;
let system: System;
let good: RootToPost;
let checkpoint: Hex;

beforeAll(async () => {
  network = await deploySystem();
  chain = await connect({ rpcUrl: network.anvil.rpcUrl });
  system = await readSystem(chain, network.distributor);
  await endEpoch(network);
  await post({ ...(await next(0)), total: ether(600) });
  await activate(network);
  await endEpoch(network);
  good = await next(1);
}, 60_000);

beforeEach(async () => {
  checkpoint = await network.client.snapshot();
});

afterEach(() => network.client.revert({ id: checkpoint }));

afterAll(() => network?.anvil.stop());

async function next(epoch: number): Promise<RootToPost> {
  const { number, hash } = await network.client.getBlock({ blockTag: "finalized" });
  return {
    ...{ epoch, root: `0x${"01".repeat(32)}`, total: ether(600), datasetHash: `0x${"02".repeat(32)}` },
    snapshot: { number, hash },
  };
}

async function post(root: RootToPost): Promise<void> {
  const { client, publisher } = network;
  await confirm(client, client.writeContract({ ...postCall(system, root), account: publisher }));
}

/** The first condition that does not hold, and the error that the contract gives. */
async function refusals(root: RootToPost, sender = network.publisher) {
  const conditions = await preconditions(chain.client, system, lower(sender), root);
  const [refused] = conditions.filter(({ holds }) => !holds);
  const simulated = network.client.simulateContract({ ...postCall(system, root), account: sender });
  const error = await simulated.then(
    () => undefined,
    (thrown: BaseError) => thrown.walk((cause) => cause instanceof ContractFunctionRevertedError),
  );
  const name = error instanceof ContractFunctionRevertedError ? error.data?.errorName : undefined;
  return { refused, error: name };
}

async function expectRefusal(
  root: RootToPost,
  expected: { name: Precondition["name"]; error: string; message: string; passes?: boolean },
  sender = network.publisher,
): Promise<void> {
  const { name, error, message, passes = false } = expected;
  const found = await refusals(root, sender);
  expect(found).toMatchObject({
    refused: { name, passes, message: expect.stringContaining(message) },
    error,
  });
}

describe("the conditions of a post", () => {
  test("all hold for one that the contract takes", async () => {
    expect(await refusals(good)).toEqual({ refused: undefined, error: undefined });
    expect(await refusals({ ...good, total: ether(600) + BUDGET + ether(400) })).toEqual({
      refused: undefined,
      error: undefined,
    });
  });

  test("name an epoch that has not ended", async () => {
    await expectRefusal(
      { ...good, epoch: 2 },
      {
        name: "ended",
        error: "EpochOutOfOrder",
        message: "epoch 2 has not ended: it ends at 2033-",
        passes: true,
      },
    );
    await post(good);
    await activate(network);
    await expectRefusal(
      { ...good, epoch: 2 },
      { name: "ended", error: "EpochNotEnded", message: "epoch 2 has not ended", passes: true },
    );
  });

  test("name the epoch before, while its root is pending", async () => {
    await post(good);
    await endEpoch(network);
    await expectRefusal(
      { ...good, epoch: 2 },
      {
        ...{ name: "previous", error: "PreviousNotActive", passes: true },
        message:
          "the root of epoch 1 is not active yet: post 2 has 0 of 1 attestations, and its window has passed",
      },
    );
  });

  test("name another epoch's turn", async () => {
    await expectRefusal(
      { ...good, epoch: 0 },
      { name: "order", error: "EpochOutOfOrder", message: "the next epoch to post is 1, not 0" },
    );
  });

  test("name who is not the publisher", async () => {
    await expectRefusal(
      good,
      { name: "publisher", error: "Unauthorized", message: "only the publisher" },
      network.owner,
    );
  });

  test("name a root of zero", async () => {
    await expectRefusal(
      { ...good, root: zeroHash },
      { name: "root", error: "ZeroRoot", message: "the root is zero" },
    );
  });

  test("name a total that decreases, or is too large for the contract", async () => {
    await expectRefusal(
      { ...good, total: ether(600) - 1n },
      { name: "total", error: "TotalDecreased", message: "is below the active root's 600000000000000000000" },
    );
    await expectRefusal(
      { ...good, total: 2n ** 96n },
      { name: "total", error: "InvalidParameter", message: `the total ${2n ** 96n} is not below 2^96` },
    );
  });

  test("name what exceeds budget and carry", async () => {
    await expectRefusal(
      { ...good, total: ether(600) + BUDGET + ether(400) + 1n },
      {
        ...{ name: "budget", error: "BudgetExceeded" },
        message:
          "adds 1400000000000000000001 wei, above the epoch's budget and carry of 1400000000000000000000",
      },
    );
  });

  test("name funds that are missing", async () => {
    const { client, distributor, token, owner } = network;
    await client.impersonateAccount({ address: distributor });
    await client.setBalance({ address: distributor, value: ether(1) });
    const transfer = client.writeContract({
      ...{ account: distributor, address: token, functionName: "transfer" },
      abi: erc20Abi,
      args: [owner, BUDGET * 20n - ether(599)],
    });
    await confirm(client, transfer);
    await expectRefusal(good, {
      ...{ name: "funds", error: "InsufficientFunds" },
      message: "promises 600000000000000000000 wei still to be claimed, and the distributor holds 599",
    });
    const { refused } = await refusals(good);
    expect(refused?.hint).toContain("transfer at least 1000000000000000000 wei");
  });

  test("name a snapshot that the chain does not hold", async () => {
    const { number } = good.snapshot;
    await expectRefusal(
      { ...good, snapshot: { number, hash: `0x${"66".repeat(32)}` } },
      { name: "snapshot", error: "SnapshotInvalid", message: `block ${number} is now 0x` },
    );
    // The contract cannot know of every chain which number its logs' blocks have: it takes what it does not know.
    const unknown = { ...good, snapshot: { ...good.snapshot, number: number + 1_000n } };
    expect(await refusals(unknown)).toMatchObject({
      refused: {
        name: "snapshot",
        message: expect.stringContaining(`block ${number + 1_000n} is now unknown`),
      },
      error: undefined,
    });
  });

  test("cover every error that postRoot may end with", async () => {
    const covered = ["EpochOutOfOrder", "EpochNotEnded", "PreviousNotActive", "Unauthorized", "ZeroRoot"];
    covered.push(
      "TotalDecreased",
      "InvalidParameter",
      "BudgetExceeded",
      "InsufficientFunds",
      "SnapshotInvalid",
    );
    const source = readFileSync(new URL("../../../contracts/RewardDistributor.sol", import.meta.url), "utf8");
    const bodies = [
      "function postRoot(",
      "function _checkOrder(",
      "function _checkAmounts(",
      "function _checkSnapshot(",
    ];
    const thrown = bodies.flatMap((start) => {
      const from = source.indexOf(start);
      const body = source.slice(from, source.indexOf("\n    }\n", from));
      return [...body.matchAll(/revert (\w+)\(/g)].map(([, name]) => name as string);
    });
    expect([...new Set(thrown)].sort()).toEqual([...covered].sort());
  });
});

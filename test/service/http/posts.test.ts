// SPDX-License-Identifier: AGPL-3.0-only
import type { GetBlockParameters } from "viem";
import { expect, it } from "vitest";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { postReader } from "../../../service/http/posts.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { post, provers, setScene, system, test } from "../audit/scene.ts";
import { following } from "../helpers/api.ts";

setScene();

async function readerOf(chain: Chain, catchUp?: () => Promise<unknown>) {
  const { database, ...rest } = await following(chain);
  const deployment = await openDeployment(database, system);
  return postReader({
    ...rest,
    ...(catchUp && { catchUp }),
    chain,
    system,
    database,
    deployment,
    maxAge: -1,
  });
}

it("nothing but the head is asked while it stays what it was, and all again when it moves", async () => {
  let calls = 0;
  const onCall = () => {
    calls++;
  };
  const read = await readerOf(await connect({ rpcUrl: test.anvil.rpcUrl, onCall }));
  const before = await read();
  calls = 0;
  expect(await read()).toBe(before);
  expect(calls).toBe(1);
  await post(1);
  const after = await read();
  expect([before.state.latest?.epoch, after.state.latest?.epoch]).toEqual([0, 1]);
  expect(after.epochs.map(({ epoch }) => epoch)).toEqual([0, 1]);
});

it("what was read of a block that took the head's place meanwhile is not taken for the head's", async () => {
  const chain = await connect({ rpcUrl: test.anvil.rpcUrl });
  const client = Object.create(chain.client) as typeof chain.client;
  let replaced = true;
  let reads = 0;
  const getBlock = async (which: GetBlockParameters) => {
    const block = await chain.client.getBlock(which);
    const moved = replaced && which.blockNumber !== undefined && ++reads % 2 === 0;
    return moved ? { ...block, hash: `0x${"ab".repeat(32)}` } : block;
  };
  client.getBlock = getBlock as typeof client.getBlock;
  const idle = async () => undefined;
  const { database, catchUp: fill } = await following(chain);
  await fill();
  const deployment = await openDeployment(database, system);
  const params = { chain: { ...chain, client }, system, database, deployment, catchUp: idle };
  const read = postReader({ ...params, maxAge: -1 });
  reads = 1;
  const amid = await read();
  expect(await read()).not.toBe(amid);
  replaced = false;
  const after = await read();
  expect(await read()).toBe(after);
});

it("who was paid is known after claims that came one by one, and after blocks that were replaced", async () => {
  const chain = await connect({ rpcUrl: test.anvil.rpcUrl });
  const read = await readerOf(chain);
  const [first] = provers;
  const { claimed } = (await read()).paidTo(first);
  expect(claimed).toBeGreaterThan(0n);
  await test.client.mine({ blocks: 1 });
  expect((await read()).paidTo(first).claimed).toBe(claimed);
  expect((await read()).paidTo(test.requester)).toEqual({ claimed: 0n, claimedCommission: 0n });
});

it("a database that is behind the last final block is not read from: what was read before is served, or nothing", async () => {
  const chain = await connect({ rpcUrl: test.anvil.rpcUrl });
  const { database, catchUp } = await following(chain);
  await catchUp();
  const deployment = await openDeployment(database, system);
  const idle = async () => undefined;
  const newReader = () => postReader({ chain, system, database, deployment, catchUp: idle, maxAge: -1 });
  const read = newReader();
  expect((await read()).epochs).toHaveLength(1);
  await test.client.mine({ blocks: 10 });
  expect((await read()).epochs).toHaveLength(1);
  await expect(Promise.resolve().then(newReader())).rejects.toThrow(
    /the chain has been read up to block \d+, of \d+/,
  );
});

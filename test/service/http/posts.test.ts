// SPDX-License-Identifier: AGPL-3.0-only
import type { GetBlockParameters } from "viem";
import { expect, it } from "vitest";
import { connect } from "../../../service/chain/client.ts";
import { postReader } from "../../../service/http/posts.ts";
import { post, setScene, system, test } from "../audit/scene.ts";

setScene();

it("nothing but the head is asked while it stays what it was, and all again when it moves", async () => {
  let calls = 0;
  const onCall = () => {
    calls++;
  };
  const read = postReader(await connect({ rpcUrl: test.anvil.rpcUrl, onCall }), system, -1);
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
  const getBlock = async (which: GetBlockParameters) => {
    const block = await chain.client.getBlock(which);
    return which.blockTag === "latest" && replaced ? { ...block, hash: `0x${"ab".repeat(32)}` } : block;
  };
  client.getBlock = getBlock as typeof client.getBlock;
  const read = postReader({ ...chain, client }, system, -1);
  const amid = await read();
  expect(await read()).not.toBe(amid);
  replaced = false;
  const after = await read();
  expect(await read()).toBe(after);
});

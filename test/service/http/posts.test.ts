// SPDX-License-Identifier: AGPL-3.0-only
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

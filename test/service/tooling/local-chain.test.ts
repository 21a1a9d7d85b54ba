// SPDX-License-Identifier: AGPL-3.0-only
import { expect, test } from "vitest";
import { keepMining, startLocalChain } from "../../../script/demo/local-chain.ts";
import { pass } from "../helpers/anvil.ts";

test("the demo's chain goes on where nobody sends anything, from wherever its clock was moved to", async () => {
  const { client, stop } = await startLocalChain(1);
  try {
    await pass({ client }, 86_400n);
    const before = await client.getBlock();
    const end = keepMining(client, 50);
    const latest = () => client.getBlock({ blockTag: "latest" });
    await expect
      .poll(async () => (await latest()).timestamp > before.timestamp, { timeout: 10_000 })
      .toBe(true);
    await client.increaseTime({ seconds: 86_400 });
    const due = before.timestamp + 86_400n;
    await expect.poll(async () => (await latest()).timestamp >= due, { timeout: 10_000 }).toBe(true);
    end();
    expect((await latest()).timestamp).toBeLessThan(due + 60n);
  } finally {
    stop();
  }
});

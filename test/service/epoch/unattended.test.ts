// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import type { Address } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { iProverRegistryAbi } from "../../../service/chain/abi.ts";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import { epochBounds, readSystem, type System } from "../../../service/chain/system.ts";
import { scheduleOf } from "../../../service/epoch/schedule.ts";
import { type WorkerEvent, type WorkerParams, workerOf } from "../../../service/epoch/worker.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { newFolder } from "../helpers/folder.ts";
import { stored } from "../helpers/stored.ts";
import {
  activate,
  deploySystem,
  endEpoch,
  ether,
  pass,
  registerProver,
  type TestSystem,
  work,
} from "../helpers/system.ts";

describe("a schedule", () => {
  test.each(["0 0 30 2 *", "2020-01-01T00:00:00Z"])("that never fires is refused: %s", (expression) => {
    expect(() => scheduleOf(expression)).toThrow(`"${expression}" has no firing ahead`);
  });

  test("that is none is refused, and one of leap days is not", () => {
    expect(() => scheduleOf("at noon")).toThrow("CronPattern");
    expect(scheduleOf("0 0 29 2 *").lastFiring()?.toISOString()).toMatch(/-02-29T00:00:00/);
  });
});

describe("a worker that nobody looks after", () => {
  let network: TestSystem;
  let chain: Chain;
  let system: System;
  let ada: Address;
  const folder = newFolder();
  const events: WorkerEvent[] = [];
  const lines: string[] = [];

  beforeAll(async () => {
    network = await deploySystem();
    chain = await connect({ rpcUrl: network.anvil.rpcUrl });
    system = await readSystem(chain, network.distributor);
    ada = network.accounts[0] as Address;
    await registerProver(network, ada, ether(5_000), 1_000n);
    await work(network, ada, ether(30), 1n);
  }, 60_000);

  beforeEach(() => {
    events.length = 0;
  });

  afterAll(() => {
    vi.useRealTimers();
    network?.anvil.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const newWorker = (more: Partial<WorkerParams>) =>
    workerOf({
      chain,
      system,
      store: fileStore(folder),
      open: stored(system, { dataDir: folder }),
      signer: signerFor(chain, { from: network.publisher }),
      version: "test",
      tasks: ["job"],
      log: () => undefined,
      onEvent: (event) => events.push(event),
      ...more,
    });

  /** Five minutes past the epochs' change, whatever the second at which they change. */
  const hourly = () => {
    const { end } = epochBounds(system, 0);
    const at = new Date(Number(end + 300n) * 1_000);
    return scheduleOf(`${at.getUTCSeconds()} ${at.getUTCMinutes()} * * * *`);
  };
  /** This machine's clock, so many seconds after an epoch's end. */
  const clock = (epoch: number, seconds: number) =>
    vi.setSystemTime(Number(epochBounds(system, epoch).end) * 1_000 + seconds * 1_000);
  const kinds = () => events.map(({ kind }) => kind);
  const posted = () =>
    events.flatMap((event) => (event.kind === "posted" ? [event.run.result.input.epoch] : []));

  // One chain and one story: each test goes on where the one before ended.
  test("posts an epoch that was not final at the firing as soon as it is, without another firing", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    clock(0, -600);
    const worker = newWorker({ schedule: hourly() });
    const { timestamp } = await network.client.getBlock();
    await pass(network, epochBounds(system, 0).end - timestamp);
    clock(0, 240);
    await worker.round();
    expect(events).toEqual([]);
    clock(0, 300);
    await worker.round();
    clock(0, 315);
    await worker.round();
    const notFinal = { kind: "waiting", task: "job", error: { code: "not-ready" } };
    expect(events).toMatchObject([
      { ...notFinal, again: false },
      { ...notFinal, again: true },
    ]);
    await network.client.mine({ blocks: 3, interval: 1 });
    await worker.round();
    expect(posted()).toEqual([0]);
  });

  test("catches up with every epoch that had ended at one firing, and leaves later ones to the next", async () => {
    await activate(network);
    for (const _ of [1, 2]) await endEpoch(network);
    clock(2, -1_000);
    const worker = newWorker({ schedule: hourly() });
    clock(2, 300);
    await worker.round();
    await endEpoch(network);
    for (const _ of [1, 2]) {
      await activate(network);
      await worker.round();
    }
    expect(posted()).toEqual([1, 2]);
    clock(3, 300);
    await worker.round();
    expect(posted()).toEqual([1, 2, 3]);
  });

  test("posts what a firing released while it was not running", async () => {
    await activate(network);
    await endEpoch(network);
    clock(4, 320);
    await newWorker({ schedule: hourly() }).round();
    expect(posted()).toEqual([4]);
    vi.useRealTimers();
  });

  test("pays again what was paid in a block that was replaced, and only then", async () => {
    await activate(network);
    await network.client.mine({ blocks: 5, interval: 1 });
    const worker = newWorker({ tasks: ["claim"] });
    const claimed = async () =>
      (
        await network.client.readContract({
          address: network.registry,
          abi: iProverRegistryAbi,
          functionName: "proverRecord",
          args: [ada],
        })
      ).claimed;
    await worker.round();
    const paid = await claimed();
    expect(paid).toBeGreaterThan(0n);
    await worker.round();
    expect(kinds()).toEqual(["claimed"]);
    await network.client.request({ method: "anvil_reorg", params: [2, []] } as never);
    expect(await claimed()).toBe(0n);
    await worker.round();
    await worker.round();
    expect(kinds()).toEqual(["claimed", "claimed"]);
    expect(await claimed()).toBe(paid);

    // Also if that block is replaced before the worker looks where the chain is.
    let replaced = false;
    const hasty = newWorker({
      tasks: ["claim"],
      chain: {
        ...chain,
        client: Object.assign(Object.create(chain.client), {
          async getBlock(which: object) {
            if (lines.at(-1)?.startsWith("claimed for") && !replaced) {
              replaced = true;
              await network.client.request({ method: "anvil_reorg", params: [2, []] } as never);
            }
            return chain.client.getBlock(which);
          },
        }),
      },
      log: (line) => lines.push(line),
    });
    await network.client.request({ method: "anvil_reorg", params: [2, []] } as never);
    await hasty.round();
    expect([replaced, await claimed()]).toEqual([true, 0n]);
    await hasty.round();
    expect(await claimed()).toBe(paid);
  });
});

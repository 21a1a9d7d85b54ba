// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { adviceOn } from "../../../service/audit/advice.ts";
import { audit } from "../../../service/audit/audit.ts";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { type Signer, signerFor } from "../../../service/chain/signer.ts";
import { readSystem } from "../../../service/chain/system.ts";
import type { Address, Hex } from "../../../service/core/types.ts";
import { claimAll } from "../../../service/epoch/pay-claims.ts";
import { runEpoch } from "../../../service/epoch/run.ts";
import { sync } from "../../../service/epoch/sync.ts";
import { workerOf } from "../../../service/epoch/worker.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { type LyingEndpoint, lyingEndpoint } from "../audit/proxy.ts";
import { FAULTS } from "./endpoint-faults.ts";
import { newFolder } from "./folder.ts";
import { stored } from "./stored.ts";
import { activate, deploySystem, endEpoch, ether, registerProver, type TestSystem, work } from "./system.ts";

/** How many endpoints there are, and how many of them are faulty. */
const ARRANGEMENTS = {
  single: { count: 1, faulty: 1 },
  "one of two": { count: 2, faulty: 1 },
  "one of three": { count: 3, faulty: 1 },
  "two of three": { count: 3, faulty: 2 },
} as const;
type Arrangement = keyof typeof ARRANGEMENTS;

/** What is done through them, each at the stage of the chain at which it is due. The latest stage comes first. */
const COMMANDS = {
  claim: "active",
  audit: "pending",
  "epoch run": "ended",
  "serve --job": "ended",
  sync: "ended",
} as const;
type Command = keyof typeof COMMANDS;
type Stage = (typeof COMMANDS)[Command];

export interface Cell {
  readonly fault: string;
  readonly arrangement: Arrangement;
  readonly command: Command;
}

/** The whole table, ordered by stage: a chain that was taken back to an earlier one knows none of the later ones. */
export const CELLS: readonly Cell[] = (Object.keys(COMMANDS) as Command[]).flatMap((command) =>
  Object.keys(FAULTS).flatMap((fault) =>
    (Object.keys(ARRANGEMENTS) as Arrangement[]).map((arrangement) => ({ fault, arrangement, command })),
  ),
);

/**
 * honest: as with honest endpoints. recovered: refused or delayed, and as with honest endpoints once the faults ended.
 * stuck: not even then. wrong: something was posted, said or paid that is not the chain's, or too much was paid for it.
 */
type Outcome = "honest" | "recovered" | "stuck" | "wrong";

/** Milliseconds after which the faults end. */
const PATIENCE = 1_000;
/** What honest endpoints take here is far below a second; fewer than half faulty ones may take twice that and 5 s. */
const MOST = 6_500;
const RECOVERY = 40_000;
/** A post and a batch of claims cost less than this at any price that the service may offer by itself. */
const MOST_PAID = ether(0.05);

/** One chain for all cells, and the tests of those that are named. */
export function testCells(cells: readonly Cell[]): void {
  let network: TestSystem;
  let root: Hex;
  let due: bigint;
  let final: bigint;
  let folder: string;
  const endpoints: LyingEndpoint[] = [];
  const snapshots = new Map<Stage, Hex>();

  const distributor = () => ({ address: network.distributor, abi: iRewardDistributorAbi }) as const;
  const client = () => network.client;

  beforeAll(async () => {
    network = await deploySystem();
    const [ada, ben] = network.accounts as [Address, Address];
    await registerProver(network, ada, ether(5_000), 1_000n);
    await registerProver(network, ben, ether(2_000), 0n);
    await work(network, ada, ether(30), 1n);
    await work(network, ben, ether(10), 2n);
    await endEpoch(network);
    await client().mine({ blocks: 12, interval: 1 });
    for (let i = 0; i < 3; i++) endpoints.push(await lyingEndpoint(network.anvil.rpcUrl));
    const honest = await connect({ rpcUrl: network.anvil.rpcUrl });
    folder = newFolder();
    await take("ended");
    const run = await runEpoch(await paramsOf(honest));
    root = run.result.root;
    due = run.result.total;
    await take("pending");
    await activate(network);
    await take("active");
  }, 120_000);

  afterAll(() => {
    for (const endpoint of endpoints) endpoint.close();
    network?.anvil.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  async function take(stage: Stage): Promise<void> {
    snapshots.set(stage, await client().snapshot());
  }

  async function startAt(stage: Stage): Promise<void> {
    await client().revert({ id: snapshots.get(stage) as Hex });
    await take(stage);
    rmSync(folder, { recursive: true, force: true });
    folder = newFolder();
    ({ number: final } = await client().getBlock({ blockTag: "finalized" }));
  }

  const signer = (chain: Chain): Signer => signerFor(chain, { from: network.publisher, patience: 15_000 });

  async function sourcesOf(chain: Chain) {
    const system = await readSystem(chain, network.distributor);
    return { chain, system, store: fileStore(folder), open: stored(system, { dataDir: folder }) };
  }

  async function paramsOf(chain: Chain) {
    return { ...(await sourcesOf(chain)), signer: signer(chain), version: "test", log: () => undefined };
  }

  /** Whether something is done that need not be done again. */
  const commands: Record<Command, (rpcUrl: string, ended: () => boolean) => Promise<boolean>> = {
    async claim(rpcUrl) {
      const chain = await connect({ rpcUrl });
      await claimAll(await sourcesOf(chain), signer(chain), () => undefined);
      return true;
    },
    async audit(rpcUrl) {
      const { client: reader } = await connect({ rpcUrl });
      for await (const { report } of audit({
        client: reader,
        distributor: network.distributor,
        from: 0,
        to: 0,
      })) {
        if (report.verdict === "match") return true;
        if (adviceOn(report) !== "nothing") throw new Wrong(`the auditor would ${adviceOn(report)}`);
      }
      return false;
    },
    async "epoch run"(rpcUrl) {
      const { status } = await runEpoch(await paramsOf(await connect({ rpcUrl })));
      return status === "posted" || status === "already-posted";
    },
    async "serve --job"(rpcUrl, ended) {
      const tasks = ["job"] as const;
      let posted = false;
      const onEvent = ({ kind }: { kind: string }) => {
        posted ||= kind === "posted";
      };
      const worker = workerOf({ ...(await paramsOf(await connect({ rpcUrl }))), tasks, onEvent });
      // It goes on from round to round, through the same endpoints, which it has learnt about.
      while (!posted && !ended()) {
        await worker.round();
        await setTimeout(50);
        posted ||= (await client().readContract({ ...distributor(), functionName: "postCount" })) === 1n;
      }
      return posted;
    },
    async sync(rpcUrl) {
      const sources = await sourcesOf(await connect({ rpcUrl }));
      const { system, chain } = sources;
      const open = await sources.open();
      const position = await sync({
        ...open,
        chain,
        system,
        to: "finalized",
        check: true,
        log: () => undefined,
      });
      const { hash } = await client().getBlock({ blockNumber: position.block });
      if (position.hash !== hash) throw new Wrong("the database is on another chain");
      // Where the final block's state is gone, what was read is checked at a newer one, and ends there.
      return position.block >= final;
    },
  };

  class Wrong extends Error {}

  async function requireRight(command: Command, before: bigint): Promise<void> {
    const [count, post, claimed, after] = await Promise.all([
      client().readContract({ ...distributor(), functionName: "postCount" }),
      client().readContract({ ...distributor(), functionName: "latestPost" }),
      client().readContract({ ...distributor(), functionName: "totalClaimed" }),
      client().getBalance({ address: network.publisher }),
    ]);
    if (count > 1n || (count === 1n && post.root !== root))
      throw new Wrong(`posted ${count} times: ${post.root}`);
    if (post.vetoed) throw new Wrong("vetoed");
    if (claimed !== 0n && (command !== "claim" || claimed !== due)) throw new Wrong(`claimed ${claimed}`);
    if (before - after > MOST_PAID) throw new Wrong(`paid ${before - after} wei for gas`);
  }

  async function outcomeOf({
    fault,
    arrangement,
    command,
  }: Cell): Promise<{ outcome: Outcome; why: string }> {
    await startAt(COMMANDS[command]);
    const { count, faulty } = ARRANGEMENTS[arrangement];
    const used = endpoints.slice(0, count);
    for (const endpoint of used.slice(0, faulty)) FAULTS[fault]?.(endpoint, { final });
    const rpcUrl = used.map(({ rpcUrl: url }) => url).join(",");
    const before = await client().getBalance({ address: network.publisher });
    let ended = false;
    const run = () => commands[command](rpcUrl, () => ended);
    let why = "";
    const first = run().catch((error) => {
      if (error instanceof Wrong) throw error;
      why = (error as Error).message.split("\n", 1)[0] as string;
      return false;
    });
    first.catch(() => undefined);
    const done = await Promise.race([
      first,
      setTimeout(count === 3 && faulty === 1 ? MOST : PATIENCE, "late" as const),
    ]).catch((error) => error as Wrong);
    if (done instanceof Wrong) return { outcome: "wrong", why: done.message };
    try {
      await requireRight(command, before);
      if (done === true) return { outcome: "honest", why };
      for (const endpoint of endpoints) endpoint.repent();
      const deadline = performance.now() + RECOVERY;
      // Nobody runs a command twice at a time.
      if ((await Promise.race([first, setTimeout(RECOVERY, false)])) === true) {
        await requireRight(command, before);
        return { outcome: "recovered", why };
      }
      for (;;) {
        const again = await Promise.race([
          run().catch((error) => error as Error),
          setTimeout(RECOVERY, false),
        ]);
        await requireRight(command, before);
        if (again === true) return { outcome: "recovered", why };
        if (again instanceof Wrong) throw again;
        if (performance.now() > deadline) return { outcome: "stuck", why: `${why}; then ${String(again)}` };
        await setTimeout(200);
      }
    } catch (error) {
      if (error instanceof Wrong) return { outcome: "wrong", why: error.message };
      throw error;
    } finally {
      ended = true;
      for (const endpoint of endpoints) endpoint.repent();
    }
  }

  test.each(cells.map((cell) => [cell.command, cell.arrangement, cell.fault, cell] as const))(
    "%s, where %s %s",
    async (_, arrangement, __, cell) => {
      const { outcome, why } = await outcomeOf(cell);
      const allowed = arrangement === "one of three" ? ["honest"] : ["honest", "recovered"];
      expect(allowed, `${outcome}: ${why}`).toContain(outcome);
    },
    120_000,
  );
}

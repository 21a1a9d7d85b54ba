// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Address, type Hex, maxUint256, parseEther, parseEventLogs } from "viem";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { serveDevzk } from "../../script/devzk/backend.ts";
import { assemble, FIBONACCI, statementOf } from "../../script/devzk/machine.ts";
import { countOf, type ProverProcess } from "../../script/prover-process.ts";
import { proofMarketAbi, rewardDistributorAbi } from "../abi.ts";
import { newFolder } from "../service/helpers/folder.ts";
import { stopProving } from "../service/helpers/proving.ts";
import {
  BUDGET,
  deployNetwork,
  endEpoch,
  mintTo,
  type Network,
  pass,
  privateKeyOf,
  type Role,
  registerProver,
  send,
  WINDOW,
} from "./helpers/network.ts";
import { provender, provenderJson } from "./helpers/provender.ts";
import { startProver } from "./helpers/prover-node.ts";
import { askFor, MAX_FEE, requestOf } from "./helpers/requests.ts";

const REQUESTS = 100;
const REQUESTERS = ["requester", "secondRequester", "thirdRequester"] as const;
const FULFILLED = 2;
// A hundred zk proofs keep two cores busy for half a minute, and a machine with other work for much longer.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 });

/** Of every hundred requests these many ask for what the same requester has asked for. */
const REPEATED = 10;
/** How much earlier: as many as make a whole number of rounds of requesters and of programs. */
const EARLIER = 84;

/** The last one counts for nothing: it is paid, and earns no reward. */
const PROGRAMS = [
  { program: FIBONACCI, multiplierBps: 10_000 },
  { program: assemble("r1 = r1 * r1 + 1"), multiplierBps: 20_000 },
  { program: assemble("r2 = r1 * r1 + 7\nr1 = r2 + r1 + 3"), multiplierBps: 5_000 },
  { program: assemble("r1 = r1 + r0 + 255"), multiplierBps: 0 },
].map(({ program, multiplierBps }) => ({
  program,
  multiplierBps,
  programKey: statementOf(program, 0n).programKey,
}));

/** What each program costs each prover, in tokens: everybody is the cheapest at something, and Dan at nothing. */
const COSTS = {
  ada: ["3", "4.5", "6", "4"],
  ben: ["4", "3", "5", "5"],
  cleo: ["5", "4", "3.5", "6"],
  dan: ["6", "6", "6", "4.5"],
} as const satisfies Partial<Record<Role, readonly string[]>>;
const PROVERS = Object.keys(COSTS) as (keyof typeof COSTS)[];

let network: Network;
let nodes: ProverProcess[];
let backend: Awaited<ReturnType<typeof serveDevzk>>;
let ids: Hex[];
const folder = newFolder();

beforeAll(async () => {
  network = await deployNetwork(
    folder,
    PROGRAMS.filter(({ multiplierBps }) => multiplierBps > 0).map(({ programKey, multiplierBps }) => ({
      programKey,
      multiplierBps,
    })),
  );
  await mintTo(network, network.distributor, BUDGET * 2n);
  for (const requester of REQUESTERS) {
    await mintTo(network, network.who[requester], MAX_FEE * BigInt(REQUESTS));
    await send(network, network.who[requester], {
      address: network.token,
      functionName: "approve",
      args: [network.market, maxUint256],
    });
  }
  for (const role of PROVERS) await registerProver(network, network.who[role], parseEther("1200"), 1_000n);
  backend = await serveDevzk(0);
  nodes = PROVERS.map((role) =>
    startProver(network, role, {
      dataDir: join(folder, role),
      backendUrl: backend.url,
      args: PROGRAMS.flatMap(({ programKey }, i) => ["--cost-of", `${programKey}=${COSTS[role][i]}`]),
    }),
  );
});

afterAll(async () => {
  await Promise.all(nodes?.map((node) => node.kill()) ?? []);
  backend?.close();
  await stopProving();
  network?.anvil.stop();
  rmSync(folder, { recursive: true, force: true });
});

const on = (args: readonly string[]) => [
  ...args,
  ...["--rpc", network.anvil.rpcUrl, "--distributor", network.distributor],
  ...["--data-dir", join(folder, "data")],
];
const requests = () => Promise.all(ids.map((id) => requestOf(network, id)));
const eachHas = (...events: string[]) =>
  Promise.all(nodes.map((node) => node.until((lines) => countOf(lines, ...events) === REQUESTS)));

async function passTo(time: bigint): Promise<void> {
  const { timestamp } = await network.client.getBlock();
  await pass(network, time - timestamp);
}

const latest = (times: readonly bigint[]) => times.reduce((a: bigint, b: bigint) => (a > b ? a : b));

interface Run {
  readonly total: string;
  readonly provers: readonly { prover: Address; fulfilments: number; fees: string; amount: string }[];
}

// One chain and one story: each test goes on where the one before ended.
test("a hundred requests of three requesters are bid for by four contesting provers", async () => {
  ids = [];
  for (let i = 0; i < REQUESTS; i++) {
    const { program } = PROGRAMS[i % PROGRAMS.length] as (typeof PROGRAMS)[number];
    const input = BigInt(i < REQUESTS - REPEATED ? i : i - EARLIER);
    const requester = REQUESTERS[i % REQUESTERS.length] as (typeof REQUESTERS)[number];
    ids.push(await askFor(network, { program, input }, { requester }));
  }
  await eachHas("committed");
  for (const { commitCount } of await requests()) expect(commitCount).toBe(BigInt(PROVERS.length));
});

test("all bids are revealed, and everybody wins what it is cheapest at", async () => {
  await passTo(latest((await requests()).map(({ commitEnd }) => commitEnd)) + 1n);
  await eachHas("revealed");
  const open = await requests();
  await passTo(latest(open.map(({ revealEnd }) => revealEnd)) + 1n);
  open.forEach(({ leader, price }, i) => {
    const program = i % PROGRAMS.length;
    const bids = PROVERS.map((role) => [parseEther(COSTS[role][program] as string), role] as const);
    const [[, winner], [second]] = bids.sort(([a], [b]) => Number(a - b)) as [
      readonly [bigint, Role],
      readonly [bigint, Role],
    ];
    expect([leader, price]).toEqual([network.who[winner], second]);
  });
});

test("all are proven, fulfilled and paid, and what was asked twice counts once", async () => {
  const open = await requests();
  const won = (role: Role) => open.filter(({ leader }) => leader === network.who[role]).length;
  await Promise.all(
    nodes.map((node, i) =>
      node.until(
        (lines) =>
          countOf(lines, "fulfilled") === won(PROVERS[i] as Role) && countOf(lines, "ended") === REQUESTS,
      ),
    ),
  );
  await Promise.all(nodes.map((node) => node.kill()));
  const done = await requests();
  expect(done.every(({ status }) => status === FULFILLED)).toBe(true);
  const { hash, count } = await network.client.readContract({
    address: network.market,
    abi: proofMarketAbi,
    functionName: "fulfilmentAccumulator",
    args: [0n],
  });
  expect([BigInt(hash) > 0n, count]).toEqual([true, BigInt(REQUESTS)]);

  const logs = parseEventLogs({
    abi: proofMarketAbi,
    eventName: "Fulfilled",
    logs: await network.client.getLogs({ address: network.market, fromBlock: 0n }),
  });
  expect(logs).toHaveLength(REQUESTS);
  const uncounted = logs.filter(({ args }) => args.countedWeight === 0n);
  const without = ids.filter((_, i) => PROGRAMS[i % PROGRAMS.length]?.multiplierBps === 0).length;
  // Of those asked twice, the ones whose program counts.
  const repeated = ids
    .slice(-REPEATED)
    .filter((_, i) => PROGRAMS[(REQUESTS - REPEATED + i) % PROGRAMS.length]?.multiplierBps !== 0);
  expect(uncounted).toHaveLength(without + repeated.length);

  // Whatever was escrowed and not paid is the requesters'.
  const paid = done.reduce((sum, { price }) => sum + price, 0n);
  const credits = await Promise.all(
    REQUESTERS.map((role) =>
      network.client.readContract({
        address: network.market,
        abi: proofMarketAbi,
        functionName: "credits",
        args: [network.who[role]],
      }),
    ),
  );
  expect(credits.reduce((sum, credit) => sum + credit, 0n)).toBe(MAX_FEE * BigInt(REQUESTS) - paid);
});

test("the epoch's rewards are posted, audited, attested, and claimed to the last wei", async () => {
  await endEpoch(network, 0n);
  const publisher = { env: { PROVENDER_PRIVATE_KEY: privateKeyOf("publisher") } };
  const run = await provenderJson<Run>(on(["epoch", "run", "--post"]), publisher);
  expect(run.provers.reduce((sum, { fulfilments }) => sum + fulfilments, 0)).toBe(REQUESTS);
  const rewarded = run.provers.filter(({ amount }) => BigInt(amount) > 0n).map(({ prover }) => prover);
  expect(new Set(rewarded)).toEqual(new Set([network.who.ada, network.who.ben, network.who.cleo]));

  const audit = await provender(["audit", "--epoch", "0", "--deployment", network.deployment], {
    env: { PROVENDER_RPC_URL: network.anvil.rpcUrl },
  });
  expect([audit.code, audit.stdout.match(/^MATCH/m)?.[0]], audit.stdout).toEqual([0, "MATCH"]);
  const auditor = { env: { PROVENDER_PRIVATE_KEY: privateKeyOf("auditor") } };
  expect((await provender(on(["attest", "--epoch", "0"]), auditor)).code).toBe(0);
  await pass(network, WINDOW);

  const { paid } = await provenderJson<{ paid: { prover: Address; amount: string }[] }>(
    on(["claim", "--all", "--from", network.who.stranger]),
  );
  expect(new Set(paid.map(({ prover }) => prover))).toEqual(new Set(rewarded));
  const claimed = await network.client.readContract({
    address: network.distributor,
    abi: rewardDistributorAbi,
    functionName: "totalClaimed",
  });
  expect(claimed).toBe(BigInt(run.total));
  expect(claimed).toBeGreaterThan(0n);
});

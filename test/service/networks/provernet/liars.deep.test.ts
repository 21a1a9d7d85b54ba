// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import { createPublicClient, custom, type EIP1193RequestFn, type Hex, RpcRequestError } from "viem";
import { beforeAll, expect, test } from "vitest";
import type { Chain } from "../../../../service/chain/client.ts";
import { initKeccak } from "../../../../service/core/keccak.ts";
import { syncNetwork } from "../../../../service/epoch/sync.ts";
import { configFromJson } from "../../../../service/networks/provernet/config.ts";
import { TOPIC } from "../../../../service/networks/provernet/events.ts";
import { readFigures } from "../../../../service/networks/provernet/figures.ts";
import { provernet } from "../../../../service/networks/provernet/network.ts";
import { openContracts } from "../../../../service/networks/provernet/open.ts";
import { deploymentKeyOf } from "../../../../service/networks/provernet/store.ts";
import { openDeployment } from "../../../../service/store/deployment.ts";
import { openDatabase } from "../../../../service/store/open-database.ts";
import { newFolder } from "../../helpers/folder.ts";
import { configOf, readHistory, resultOf, type Script, type ScriptedLog, scriptOf } from "./scripted.ts";

const history = readHistory();
const whole = scriptOf(history);
const NAMES = Object.fromEntries(Object.entries(TOPIC).map(([name, topic]) => [topic, name]));

beforeAll(() => initKeccak());

function chainOf(script: Script): Chain {
  const request = async ({ method, params }: { method: string; params?: unknown }) => {
    try {
      return resultOf(script, method, (params ?? []) as unknown[]);
    } catch (cause) {
      const error = { code: -32_000, message: (cause as Error).message };
      throw new RpcRequestError({ body: {}, url: "scripted", error });
    }
  };
  const transport = custom({ request: request as EIP1193RequestFn }, { retryCount: 0 });
  const client = createPublicClient({ transport, cacheTime: 0 });
  return { client, chainId: BigInt(script.chainId), rpcUrl: "scripted", agreement: 1 };
}

/** What is read of a script: why it stopped, or the figures of the three epochs and what the check found otherwise. */
async function read(
  script: Script,
): Promise<{ stopped: string } | { figures: string; said: readonly string[] }> {
  const folder = newFolder();
  const chain = chainOf(script);
  const contracts = await openContracts(chain, configFromJson(configOf(history)));
  const database = await openDatabase({ dataDir: folder });
  try {
    const deployment = await openDeployment(database, deploymentKeyOf(contracts));
    const witness = {
      answered: new Set<string>(),
      unanswered: new Set<string>(),
      contradicted: new Set<string>(),
    };
    const network = provernet({ chain, contracts, database, deployment, pins: new Map(), witness });
    await syncNetwork({
      chain,
      network,
      database,
      deployment,
      to: "finalized",
      check: true,
      log: () => undefined,
    });
    const found = [];
    for (const epoch of [1, 2, 3]) {
      const { provers, window, rewardsSet, rewardsDistributed } = (await readFigures(
        database,
        deployment,
        contracts,
        epoch,
      )) ?? { provers: [] };
      found.push({ window, rewardsSet, rewardsDistributed, provers: provers.map(vouched) });
    }
    const figures = JSON.stringify(found, (_, item) =>
      typeof item === "bigint" ? String(item) : item instanceof Set ? [...item] : item,
    );
    return { figures, said: [...witness.contradicted] };
  } catch (error) {
    return { stopped: (error as Error).message };
  } finally {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without what every report says that nothing vouches for: donations, and rewards that were set to 0. */
function vouched({ donated: _, rewardSet, ...own }: { donated: bigint; rewardSet: bigint | undefined }) {
  return { ...own, rewardSet: rewardSet || undefined };
}

const flip = (digits: Hex): Hex => `${digits.slice(0, -1)}${digits.endsWith("1") ? "0" : "1"}` as Hex;

const LIES: Record<string, (log: ScriptedLog) => ScriptedLog[]> = {
  dropped: () => [],
  doubled: (log) => [log, { ...log, logIndex: log.logIndex + 1_000 }],
  "altered in its data": (log) => [log.data === "0x" ? log : { ...log, data: flip(log.data) }],
  "altered in its last topic": (log) => [
    log.topics.length < 2
      ? log
      : { ...log, topics: [...log.topics.slice(0, -1), flip(log.topics.at(-1) as Hex)] },
  ],
};

const own = new Set<string>([
  ...Object.values(history.contracts),
  ...Object.values(history.state.provers as Record<string, { vault: string }>).map(({ vault }) => vault),
]);

test.each(Object.entries(LIES))(
  "any log %s stops the reading, changes no figure, or is marked as not vouched for",
  async (lie, tell) => {
    const honest = await read(whole);
    expect(honest).toHaveProperty("figures");
    const silent: string[] = [];
    let stops = 0;
    for (const log of whole.logs) {
      if (!own.has(log.address) || NAMES[log.topics[0] as Hex] === undefined) continue;
      const found = await read({
        ...whole,
        logs: whole.logs.flatMap((one) => (one === log ? tell(one) : [one])),
      });
      if ("stopped" in found) stops += 1;
      else if (found.said.length === 0 && found.figures !== (honest as { figures: string }).figures) {
        silent.push(`${NAMES[log.topics[0] as Hex]} of block ${log.blockNumber} is ${lie}`);
      }
    }
    expect(silent).toEqual([]);
    expect(stops).toBeGreaterThan(100);
  },
  3_600_000,
);

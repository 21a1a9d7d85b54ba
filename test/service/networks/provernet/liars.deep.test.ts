// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "viem";
import { beforeAll, expect, test } from "vitest";
import { initKeccak } from "../../../../service/core/keccak.ts";
import { configFromJson } from "../../../../service/networks/provernet/config.ts";
import { TOPIC } from "../../../../service/networks/provernet/events.ts";
import { readFigures } from "../../../../service/networks/provernet/figures.ts";
import { openContracts } from "../../../../service/networks/provernet/open.ts";
import { chainOf, openReading } from "./reading.ts";
import { configOf, readHistory, type Script, type ScriptedLog, scriptOf } from "./scripted.ts";

const history = readHistory();
const whole = scriptOf(history);
const NAMES = Object.fromEntries(Object.entries(TOPIC).map(([name, topic]) => [topic, name]));

beforeAll(() => initKeccak());

interface Figures {
  readonly figures: string;
  /** What every report says that nothing vouches for. */
  readonly donated: string;
  readonly said: readonly string[];
}
type Read = { readonly stopped: string } | Figures;

/** What is read of a script: why it stopped, or the figures of the three epochs and what the check found otherwise. */
async function read(script: Script): Promise<Read> {
  const chain = chainOf(() => script);
  const contracts = await openContracts(chain, configFromJson(configOf(history)));
  const { sources, sync, close } = await openReading(chain, contracts);
  try {
    await sync();
    const [found, donations]: unknown[][] = [[], []];
    for (const epoch of [1, 2, 3]) {
      const { database, deployment } = sources;
      const figures = await readFigures(database, deployment, contracts, epoch);
      const { provers, window, rewardsSet, rewardsDistributed } = figures ?? { provers: [] };
      found?.push({ window, rewardsSet, rewardsDistributed, provers: provers.map(vouched) });
      donations?.push(provers.map(({ donated, rewardSet }) => [donated, rewardSet]));
    }
    return { figures: textOf(found), donated: textOf(donations), said: [...sources.witness.contradicted] };
  } catch (error) {
    return { stopped: (error as Error).message };
  } finally {
    await close();
  }
}

const textOf = (value: unknown) =>
  JSON.stringify(value, (_, item) =>
    typeof item === "bigint" ? String(item) : item instanceof Set ? [...item] : item,
  );

/** Without what every report says that nothing vouches for: donations, and rewards that were set to 0. */
function vouched({ donated: _, rewardSet, ...own }: { donated: bigint; rewardSet: bigint | undefined }) {
  return { ...own, rewardSet: rewardSet || undefined };
}

interface Lie {
  readonly name: string;
  readonly tell: (log: ScriptedLog) => ScriptedLog[];
}

const flip = (digits: string): string => `${digits.slice(0, -1)}${digits.endsWith("1") ? "0" : "1"}`;

/** Each way in which a log is told otherwise: as a whole, and in each of its words. */
function liesAbout(log: ScriptedLog): Lie[] {
  const words = log.data.slice(2).match(/.{64}/g) ?? [];
  const without = (list: readonly string[], i: number) => list.map((one, k) => (k === i ? flip(one) : one));
  return [
    { name: "left out", tell: () => [] },
    { name: "doubled", tell: (one) => [one, { ...one, logIndex: one.logIndex + 1_000 }] },
    ...log.topics.slice(1).map((_, i) => ({
      name: `topic ${i + 1}`,
      tell: (one: ScriptedLog) => [{ ...one, topics: without(one.topics, i + 1) as Hex[] }],
    })),
    ...words.map((_, i) => ({
      name: `word ${i}`,
      tell: (one: ScriptedLog) => [{ ...one, data: `0x${without(words, i).join("")}` as Hex }],
    })),
  ];
}

const vaults = Object.values(history.state.provers as Record<string, { vault: string }>);
const ROLES = new Map<string, string>([
  ...Object.entries(history.contracts).map(([role, address]) => [address, role] as const),
  ...vaults.map(({ vault }) => [vault, "vault"] as const),
]);
const OUTCOMES = ["stops", "marked", "no figure", "silent"] as const;
type Outcome = (typeof OUTCOMES)[number];

function outcomeOf(found: Read, honest: Figures): Outcome {
  if ("stopped" in found) return "stops";
  if (found.figures === honest.figures) {
    return found.said.length > 0 || found.donated !== honest.donated ? "marked" : "no figure";
  }
  return found.said.length > 0 ? "marked" : "silent";
}

/** By event and outcome, how often each lie has it. */
type Counts = Map<string, Record<Outcome, Map<string, number>>>;

function tableOf(counts: Counts): string {
  const rows = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  const cell = (outcomes: Record<Outcome, Map<string, number>>, outcome: Outcome) =>
    [...outcomes[outcome]]
      .map(([lie, count]) => {
        const all = OUTCOMES.reduce((sum, one) => sum + (outcomes[one].get(lie) ?? 0), 0);
        return count === all ? lie : `${lie} (${count} of ${all})`;
      })
      .join(", ") || "–";
  return [
    HEAD,
    "| log | stops | marked | no figure follows |",
    "|---|---|---|---|",
    ...rows.map(
      ([event, outcomes]) =>
        `| ${event} | ${["stops", "marked", "no figure"].map((one) => cell(outcomes, one as Outcome)).join(" | ")} |`,
    ),
    "",
  ].join("\n");
}

const HEAD = `# What becomes of a lie

Made by \`test/service/networks/provernet/liars.deep.test.ts\`. Each log of the recorded history that these contracts
have is left out, told a second time in another place, and changed in each topic and each word of its data; everything
else is told truly, and state as it is. *Stops*: it contradicts another log or the state, and nothing is reported. *Marked*:
the report says that nothing vouches for it. *No figure follows*: all that is reported of the three epochs is as it was;
what the logs hash to (SPEC.md, 14.2), which the artifact holds, still differs. Nothing else occurred.
`;

test("any log left out, doubled or altered stops the reading, is marked as not vouched for, or changes no figure", async () => {
  const honest = await read(whole);
  if ("stopped" in honest) throw new Error(honest.stopped);
  const counts: Counts = new Map();
  const silent: string[] = [];
  for (const log of whole.logs) {
    const [role, name] = [ROLES.get(log.address), NAMES[log.topics[0] as Hex]];
    if (role === undefined || name === undefined) continue;
    const event = `${role} \`${name}\``;
    const outcomes = counts.get(event) ?? {
      ...{ stops: new Map(), marked: new Map() },
      ...{ "no figure": new Map(), silent: new Map() },
    };
    counts.set(event, outcomes);
    for (const lie of liesAbout(log)) {
      const logs = whole.logs.flatMap((one) => (one === log ? lie.tell(one) : [one]));
      const outcome = outcomeOf(await read({ ...whole, logs }), honest);
      outcomes[outcome].set(lie.name, (outcomes[outcome].get(lie.name) ?? 0) + 1);
      if (outcome === "silent") silent.push(`${event} of block ${log.blockNumber}: ${lie.name}`);
    }
  }
  expect(silent).toEqual([]);
  await expect(tableOf(counts)).toMatchFileSnapshot("../../../../service/networks/LIARS.md");
}, 3_600_000);

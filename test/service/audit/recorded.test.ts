// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "viem";
import { describe, expect, onTestFinished, test } from "vitest";
import { cli } from "../helpers/cli.ts";
import { withArgument } from "../helpers/fold-chain.ts";
import {
  lastPosted,
  type RecordedChain,
  recordedChains,
  serveRecorded,
  twoRequesters,
} from "../helpers/recorded-chain.ts";

async function audit(chain: RecordedChain, epoch: number) {
  const { rpcUrl, close } = await serveRecorded(chain);
  onTestFinished(close);
  const { code, stdout, stderr } = await cli([
    ...["audit", "--epoch", String(epoch), "--json"],
    ...["--rpc", rpcUrl, "--distributor", chain.distributor],
  ]);
  expect(stdout, stderr).not.toBe("");
  return { code, ...JSON.parse(stdout) };
}

const MATCH = { verdict: "match", findings: [] };
const [boundaries, withheld] = recordedChains as [RecordedChain, RecordedChain];

const CHAINS = [...recordedChains, twoRequesters];

describe.each(CHAINS.map((chain) => [chain.name, chain] as const))("%s", (_, chain) => {
  test.each(chain.epochs.map((epoch) => [epoch.epoch, epoch] as const))(
    "from its logs the auditor makes the artifact of epoch %i",
    async (epoch, { root, datasetHash }) => {
      const { code, verdicts, recomputed } = await audit(chain, epoch);
      expect(recomputed).toMatchObject({ root, datasetHash });
      expect(verdicts.inputs).toEqual(MATCH);
      const isPosted = lastPosted(chain, epoch) === root;
      expect(code).toBe(isPosted ? 0 : 1);
      expect(verdicts.amounts.verdict).toBe(isPosted ? "match" : "mismatch");
      expect(verdicts.root.verdict).toBe(isPosted ? "match" : "mismatch");
    },
  );
});

test("an epoch whose policy cannot be run matches if it repeats what stands", async () => {
  const { code, verdicts } = await audit(twoRequesters, 2);
  expect(code).toBe(0);
  expect(verdicts).toEqual({ inputs: MATCH, amounts: MATCH, root: MATCH });
});

test("a requester that is another in a log makes the inputs a mismatch", async () => {
  const at = twoRequesters.logs.findIndex(
    ({ event, args }) => event === "Fulfilled" && args.epoch === "0" && args.sequence === "2",
  );
  const told = withArgument(twoRequesters, at, {
    requester: twoRequesters.logs[at - 1]?.args.requester as string,
  });
  const { code, verdicts } = await audit({ ...told, state: twoRequesters.state }, 0);
  expect(code).toBe(1);
  expect(verdicts.inputs.verdict).toBe("mismatch");
  expect(verdicts.amounts.verdict).toBe("unjudged");
});

test("epochs on top of a root whose leaves nobody knows are not judged", async () => {
  for (const epoch of [1, 2]) {
    const { code, verdicts, recomputed } = await audit(withheld, epoch);
    expect({ code, recomputed }).toEqual({ code: 1, recomputed: null });
    expect(verdicts.inputs).toEqual(MATCH);
    expect(verdicts.amounts.findings[0].topic).toBe("earlier-epoch");
    expect(verdicts.root.verdict).toBe("unjudged");
  }
});

type Log = RecordedChain["logs"][number];

describe("not one log can be kept from the auditor, or altered", () => {
  const audited = async (logs: Log[]) => {
    const { code, verdicts } = await audit({ ...boundaries, logs }, 3);
    return { code, inputs: verdicts.inputs.verdict };
  };
  const isPassing = (log: Log, next: Log | undefined) =>
    next?.event === log.event && next.address === log.address && next.blockNumber === log.blockNumber;
  // A veto shows in the posts that follow it; a vault's change that another follows in its second lasts no time.
  const logs = boundaries.logs.filter(
    (log, i) => log.event !== "RootVetoed" && !isPassing(log, boundaries.logs[i + 1]),
  );
  test.each(logs.map((log) => [log.event, log.blockNumber, log.logIndex, log] as const))(
    "without %s of block %i, log %i",
    async (_, __, ___, log) => {
      const without = boundaries.logs.filter((other) => other !== log);
      expect(await audited(without)).toEqual({ code: 1, inputs: "mismatch" });
    },
  );

  // All that an amount depends on: topics by their number, words of the data by theirs.
  test.each([
    ["ProverRegistered", [1, 2], [0, 1, 2, 3, 4]],
    ["CommissionChanged", [1, 2], [0, 1, 2, 3, 4]],
    ["ActiveAssetsChanged", [], [0, 1, 2]],
    ["Fulfilled", [1, 2, 3], [0, 1, 2, 3, 5, 6]],
    ["Missed", [1, 2, 3], [0, 1, 2, 3]],
    ["SegmentAdded", [1, 2], [0, 3]],
    ["RootPosted", [1, 2, 3], [0, 1, 2, 3, 4, 5, 6, 7]],
    ["RootVetoed", [1, 2, 3], [0, 1]],
    ["Claimed", [1], [0, 1, 2]],
  ])("with another %s: topics %j, words %j", async (name, topics, words) => {
    const log = boundaries.logs.findLast(({ event }) => event === name) as Log;
    const altered: Log[] = [
      ...topics.map((n) => ({ ...log, topics: log.topics.with(n, bumped(log.topics[n] as Hex, 0)) })),
      ...words.map((n) => ({ ...log, data: bumped(log.data, n) })),
    ];
    for (const other of altered) {
      const changed = boundaries.logs.map((one) => (one === log ? other : one));
      expect(await audited(changed), JSON.stringify(other)).toEqual({ code: 1, inputs: "mismatch" });
    }
  });

  test("with another post that stood before", async () => {
    const first = boundaries.logs.find(
      ({ event, topics }) => event === "RootPosted" && topics[2]?.endsWith("2"),
    );
    const changed = boundaries.logs.map((one) =>
      one === first ? { ...one, data: bumped(one.data, 0) } : one,
    );
    expect(await audited(changed)).toEqual({ code: 1, inputs: "mismatch" });
  });
});

/** With another last digit in its nth word. */
function bumped(data: Hex, n: number): Hex {
  const at = 2 + 64 * n + 63;
  return `${data.slice(0, at)}${data[at] === "1" ? "2" : "1"}${data.slice(at + 1)}` as Hex;
}

// SPDX-License-Identifier: AGPL-3.0-only
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PublicClient } from "viem";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { keccakOf } from "../../../service/audit/hash.ts";
import type { AuditReport } from "../../../service/audit/report.ts";
import { watch } from "../../../service/audit/watch.ts";
import { connect } from "../../../service/chain/client.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { type GeneratedChain, generatedChain } from "../helpers/generated-chain.ts";

let chain: GeneratedChain;
let client: PublicClient;
/** What a watch of the third epoch's root kept. */
let kept: Uint8Array;

beforeAll(async () => {
  chain = await generatedChain({ provers: 12, fulfilments: 400, epochs: 4 });
  ({ client } = await connect({ rpcUrl: chain.rpcUrl }));
  chain.stopAfter(3, true);
  ({ kept } = await watchOnce(undefined));
}, 60_000);
beforeEach(() => {
  chain.stopAfter(4, true);
  chain.asked.spans.length = 0;
});
afterAll(() => chain.close());

interface Watched {
  readonly report: AuditReport;
  readonly kept: Uint8Array;
  readonly troubles: string[];
  /** The first block whose logs were asked for. */
  readonly from: number;
  /** How many there are in all the spans that logs were asked of. */
  readonly blocks: number;
}

/** A watch until it has audited one root, which goes on from what is given. */
async function watchOnce(
  given: Uint8Array | undefined,
  by = client,
  save?: (bytes: Uint8Array) => Promise<void>,
): Promise<Watched> {
  const ending = new AbortController();
  const troubles: string[] = [];
  let saved = new Uint8Array();
  let report: AuditReport | undefined;
  await watch({
    ...{ client: by, distributor: chain.distributor, every: 5, signal: ending.signal },
    async onAudit(audited) {
      report = audited.report;
      ending.abort();
      return true;
    },
    onTrouble: (error) => troubles.push(String((error as Error).message)),
    keeper: {
      load: async () => given,
      save:
        save ??
        (async (bytes) => {
          saved = Uint8Array.from(bytes);
        }),
    },
  });
  const from = Math.min(...chain.asked.spans.map(([first]) => first));
  const blocks = chain.asked.spans.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  return { report: report as AuditReport, kept: saved, troubles, from, blocks };
}

it("a watch that is started again reads what is new only, and comes to the same", async () => {
  const again = await watchOnce(kept);
  expect(again.troubles).toEqual([]);
  expect(again.report).toMatchObject({ epoch: 3, verdict: "match" });
  // The third root was posted in a block of the fourth epoch.
  expect(again.from).toBeGreaterThan(3 * 50_400);
  chain.asked.spans.length = 0;
  const anew = await watchOnce(undefined);
  expect(anew.from).toBeLessThan(10);
  // One epoch of four, by what is new in it.
  expect(4 * again.blocks).toBeLessThan(1.2 * anew.blocks);
  expect(anew.report).toEqual(again.report);
  expect(Buffer.from(anew.kept).toString()).toContain("provender.audit-state/1 0x");
});

it.each<[string, () => Uint8Array, RegExp]>([
  ["damaged", () => kept.map((byte, i) => (i === kept.length - 9 ? byte ^ 1 : byte)), /is damaged/],
  ["cut short", () => kept.subarray(0, kept.length >> 1), /is damaged/],
  ["nothing", () => new Uint8Array(), /is damaged/],
  [
    "of another release",
    () => Buffer.from(Buffer.from(kept).toString().replace("audit-state/1", "audit-state/0")),
    /or of another release/,
  ],
])("where what was kept is %s, that is said, and the chain is read from its start", async (_, given, why) => {
  const { report, troubles, from } = await watchOnce(given());
  expect(troubles).toEqual([expect.stringMatching(why)]);
  expect(report).toMatchObject({ epoch: 3, verdict: "match" });
  expect(from).toBeLessThan(10);
});

it("what was kept of blocks that were replaced is not gone on from", async () => {
  const [, last = ""] = /"final":\{[^}]*"number":"~(\d+)"/.exec(Buffer.from(kept).toString()) ?? [];
  const getBlock = async (args: { blockNumber?: bigint }) => {
    const block = await client.getBlock(args as never);
    return args.blockNumber === BigInt(last) ? { ...block, hash: `0x${"ab".repeat(32)}` } : block;
  };
  const { report, troubles, from } = await watchOnce(kept, { ...client, getBlock } as never);
  expect(troubles).toEqual([expect.stringMatching(`ends with block ${last} .* no longer the chain's`)]);
  expect(report.verdict).toBe("match");
  expect(from).toBeLessThan(10);
});

it("what was kept of another deployment is not gone on from", async () => {
  const body = new TextDecoder().decode(kept);
  const other = new TextEncoder().encode(
    body.slice(body.indexOf("\n") + 1).replaceAll(chain.distributor, `0x${"77".repeat(20)}`),
  );
  const line = new TextEncoder().encode(`provender.audit-state/1 ${keccakOf(other)}\n`);
  const { troubles, report } = await watchOnce(Buffer.concat([line, other]));
  expect(troubles).toEqual([expect.stringMatching(/is of distributor 0x7777/)]);
  expect(report.verdict).toBe("match");
});

it("who can keep nothing audits all the same", async () => {
  const { report, troubles } = await watchOnce(undefined, client, async () => {
    throw new Error("no room");
  });
  expect(troubles).toEqual(["no room"]);
  expect(report.verdict).toBe("match");
});

it("two watches at one folder leave what the next goes on from, beside what a killed one left", async () => {
  const folder = temporaryFolder();
  const key = "audit/1.state";
  await fileStore(folder).put(key, kept);
  writeFileSync(join(folder, `${key}~0011aabbccdd`), kept.subarray(0, kept.length >> 1));
  const one = async () => {
    const store = fileStore(folder);
    return watchOnce(await store.get(key), client, (bytes) => store.put(key, bytes));
  };
  for (const { report, troubles } of await Promise.all([one(), one()]))
    expect([report.verdict, troubles]).toEqual(["match", []]);
  chain.asked.spans.length = 0;
  const { report, troubles, from } = await one();
  expect([report.verdict, troubles]).toEqual(["match", []]);
  expect(from).toBeGreaterThan(4 * 50_400);
});

// SPDX-License-Identifier: AGPL-3.0-only
import {
  createPublicClient,
  custom,
  decodeFunctionData,
  type EIP1193RequestFn,
  type Hex,
  keccak256,
  parseTransaction,
  type TransactionSerializedEIP1559,
} from "viem";
import { beforeAll, describe, expect, it } from "vitest";
import { type Actor, actOn, contentOf, type Outcome } from "../../../service/audit/act.ts";
import { adviceOn } from "../../../service/audit/advice.ts";
import { audit } from "../../../service/audit/audit.ts";
import type { AuditReport } from "../../../service/audit/report.ts";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import { type Overrides, type RecordedChain, recordedClient } from "../helpers/recorded-chain.ts";
import { boundaries, withheld } from "./recorded-reading.ts";

const key = { privateKey: `0x${"11".repeat(32)}`, source: "the test" };
const { distributor } = boundaries;

/** The last post of the recorded chain, pending, and the one that stands before it. */
const pending = { epoch: 3n, postNumber: 5n, root: boundaries.state.latestPost.root, vetoed: false };
const before = { ...pending, epoch: 2n, postNumber: 4n };
const whole = { cumulativeTotal: 347n, postedAt: 1n, claimableAt: 1n, quorum: 1n, attestations: 0n };

/** A chain on which the post is pending, nobody has said anything about it, and all that is sent is mined. */
function chainWith(changed: Overrides = {}) {
  const sent: Hex[] = [];
  const recorded = recordedClient(boundaries, {
    latestPost: () => ({ ...whole, ...pending, active: false }),
    activePost: () => ({ ...whole, ...before, active: true }),
    hasAttested: () => false,
    hasVetoed: () => false,
    attest: () => undefined,
    veto: () => undefined,
    ...changed,
  });
  const answers: Record<string, (first: never) => unknown> = {
    eth_getTransactionCount: () => `0x${sent.length}`,
    eth_estimateGas: () => "0x10000",
    eth_maxPriorityFeePerGas: () => "0x1",
    eth_getBalance: () => "0xffffffffffff",
    eth_sendRawTransaction: (raw: Hex) => {
      sent.push(raw);
      return keccak256(raw);
    },
    eth_getTransactionReceipt: (hash: Hex) => ({ status: "0x1", transactionHash: hash, logs: [] }),
  };
  const request = async (call: { method: string; params?: unknown[] }) => {
    const answer =
      answers[call.method]?.(call.params?.[0] as never) ?? (await recorded.request(call as never));
    // What a recorded block has no need of.
    return call.method === "eth_getBlockByNumber" ? { ...(answer as object), gasLimit: "0x1c9c380" } : answer;
  };
  const transport = custom({ request: request as EIP1193RequestFn }, { retryCount: 0 });
  const client = createPublicClient({ transport, cacheTime: 0 });
  return { client, sent };
}

async function act(
  report: AuditReport,
  say: Actor["say"],
  changed?: Overrides,
  doubt: Actor["doubt"] = async () => undefined,
  dryRun?: boolean,
) {
  const said: string[] = [];
  const { client, sent } = chainWith(changed);
  const signer = signerFor({ client, chainId: 31_337n } as never, { key });
  const log = (line: string) => said.push(line);
  const action = await actOn({ client, signer, say, log, doubt, dryRun }, report);
  const calls = sent.map((raw) => {
    const { to, data = "0x" } = parseTransaction(raw as TransactionSerializedEIP1559);
    const { functionName, args } = decodeFunctionData({ abi: iRewardDistributorAbi, data });
    return { to, functionName, args };
  });
  return { action, calls, said, hashes: sent.map((raw) => keccak256(raw)) };
}

async function reportOn(chain: RecordedChain, epoch: number): Promise<AuditReport> {
  const client = recordedClient(chain);
  for await (const { report } of audit({ client, distributor: chain.distributor, from: epoch, to: epoch })) {
    return report;
  }
  throw new Error(`epoch ${epoch} was not audited`);
}

let right: AuditReport;
let wrong: AuditReport;
beforeAll(async () => {
  right = await reportOn(boundaries, 3);
  // Another chain's finding, on this post.
  wrong = { ...right, verdict: "mismatch", verdicts: (await reportOn(withheld, 0)).verdicts };
});

/** All of the audited post. */
const content = (report: AuditReport) => [contentOf(3, report.post as NonNullable<AuditReport["post"]>)];

describe("an auditor", () => {
  it.each([
    ["attest", () => right],
    ["veto", () => wrong],
  ] as const)(
    "says that it will %s before it does; in a dry run, that it would",
    async (verdict, reportIn) => {
      const { root } = pending;
      const what = `${verdict} post 5, the root ${root} of epoch 3`;
      const done = await act(reportIn(), "auditor");
      expect(done.said).toEqual([`will ${what}`, expect.stringMatching(/^sent transaction 0x/)]);
      const dry = await act(reportIn(), "auditor", undefined, undefined, true);
      expect(dry).toMatchObject({
        action: { outcome: `would-${verdict}` },
        calls: [],
        said: [`would ${what}`],
      });
      // What the contract would refuse is refused there too.
      const refusing = {
        [verdict]: () => {
          throw new Error("no");
        },
      };
      await expect(act(reportIn(), "auditor", refusing, undefined, true)).rejects.toThrow();
    },
  );

  it("attests the audited post where it matches", async () => {
    const { action, calls, hashes } = await act(right, "auditor");
    expect(calls).toEqual([{ to: distributor, functionName: "attest", args: content(right) }]);
    expect(action).toEqual({ outcome: "attested", transaction: hashes[0] });
  });

  it("vetoes the audited post where it does not, whatever it had attested", async () => {
    const { action, calls, hashes } = await act(wrong, "auditor", { hasAttested: () => true });
    expect(calls).toEqual([{ to: distributor, functionName: "veto", args: content(wrong) }]);
    expect(action).toEqual({ outcome: "vetoed", transaction: hashes[0] });
  });

  it("attests another post for an epoch in which its veto is spent", async () => {
    const { action } = await act(right, "auditor", { hasVetoed: () => true });
    expect(action.outcome).toBe("attested");
  });

  it("asks about itself and this post", async () => {
    const asked: unknown[] = [];
    const note = (...args: unknown[]) => {
      asked.push(args);
      return true;
    };
    const { address } = signerFor({ client: chainWith().client, chainId: 31_337n } as never, { key });
    await act(right, "auditor", { hasAttested: note });
    await act(wrong, "auditor", { hasVetoed: note });
    const own = [expect.stringMatching(new RegExp(address, "i"))];
    expect(asked).toEqual([
      [5n, ...own],
      [3n, ...own],
    ]);
  });
});

describe("the guardian", () => {
  it("vetoes as often as there is a reason, and attests nothing", async () => {
    const { action, calls } = await act(wrong, "guardian", { hasVetoed: () => true });
    expect([action.outcome, calls.map(({ functionName }) => functionName)]).toEqual(["vetoed", ["veto"]]);
    expect(await act(right, "guardian")).toEqual({
      action: { outcome: "not-ours-to-attest" },
      calls: [],
      hashes: [],
      said: [],
    });
  });
});

describe("nothing is sent", () => {
  it("where a second look does not confirm what was found; what matches needs none", async () => {
    const doubt = async () => "block 7 was replaced";
    expect(await act(wrong, "auditor", {}, doubt)).toEqual({
      action: { outcome: "unconfirmed", reason: "block 7 was replaced" },
      calls: [],
      hashes: [],
      said: [],
    });
    expect((await act(right, "auditor", {}, doubt)).action.outcome).toBe("attested");
  });

  const post = (change: object) => () => ({ ...whole, ...pending, active: false, ...change });

  it.each<[string, Outcome, "right" | "wrong", Overrides]>([
    ["for what it has attested", "already-attested", "right", { hasAttested: () => true }],
    ["with its veto of the epoch spent", "no-veto-left", "wrong", { hasVetoed: () => true }],
    ["for what stands", "already-active", "right", { activePost: post({ active: true }) }],
    ["against what stands", "already-active", "wrong", { activePost: post({ active: true }) }],
    ["against what is vetoed", "already-vetoed", "wrong", { latestPost: post({ vetoed: true }) }],
    ["for what was replaced", "replaced", "right", { latestPost: post({ postNumber: 6n }) }],
    ["against what was replaced", "replaced", "wrong", { latestPost: post({ postNumber: 6n }) }],
  ])("%s: %s", async (_, outcome, which, changed) => {
    const report = which === "right" ? right : wrong;
    expect(await act(report, "auditor", changed)).toEqual({
      action: { outcome },
      calls: [],
      hashes: [],
      said: [],
    });
  });

  it("without a post, or on logs that are not the chain's", async () => {
    const endpoint = { topic: "fulfilments", message: "one is missing" } as const;
    const inputs = { verdict: "mismatch", findings: [endpoint] } as const;
    const doubtful: AuditReport = { ...wrong, verdicts: { ...wrong.verdicts, inputs } };
    for (const report of [{ ...right, post: undefined }, { ...wrong, post: undefined }, doubtful]) {
      expect(adviceOn(report)).toBe("nothing");
      expect(await act(report, "auditor")).toEqual({
        action: { outcome: "nothing" },
        calls: [],
        hashes: [],
        said: [],
      });
    }
  });
});

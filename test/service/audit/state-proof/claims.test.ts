// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, it } from "vitest";
import { type Audited, judge } from "../../../../service/audit/judge.ts";
import type { Reading } from "../../../../service/audit/reading.ts";
import type { Claim, ClaimsAt } from "../../../../service/audit/state-source.ts";
import type { Address } from "../../../../service/core/types.ts";
import { readRecorded, withheld } from "../recorded-reading.ts";

/** Of a chain whose epoch 3 continues from what had been claimed up to a block. */
const EPOCH = 3;

interface Asked {
  readonly provers: readonly Address[];
  readonly block: bigint;
}

/** An audit of it, by a source that says what had been claimed by then. */
async function auditWith(
  held: (claims: readonly Claim[]) => ClaimsAt,
  change: (reading: Reading) => void = () => undefined,
): Promise<{ audited: Audited; asked: Asked[] }> {
  const { client, reading } = await readRecorded(withheld);
  const asked: Asked[] = [];
  const honest = (provers: readonly Address[], block: bigint) =>
    provers.map((prover) => {
      const last = reading.facts.provers.get(prover)?.claims.made.findLast((claim) => claim.block <= block);
      return { claimed: last?.cumulative ?? 0n, claimedCommission: last?.cumulativeCommission ?? 0n };
    });
  const source = {
    ...reading.source,
    kind: "proven" as const,
    claims: async (_: unknown, provers: readonly Address[], block: bigint) => {
      asked.push({ provers, block });
      return held(honest(provers, block));
    },
  };
  change(reading);
  return { audited: await judge(client, { ...reading, source }, EPOCH), asked };
}

describe("claims that stand in for withheld leaves", () => {
  it("are those that the registry is proven to have booked by their last block", async () => {
    const { audited, asked } = await auditWith((claims) => ({ claims }));
    expect(audited.report).toMatchObject({ verdict: "match", state: "proven" });
    const { claimedAt } = JSON.parse(withheld.epochs.find(({ epoch }) => epoch === EPOCH)?.artifact ?? "");
    expect(asked.map(({ block }) => block)).toEqual([BigInt(claimedAt)]);
    expect(asked[0]?.provers.length).toBeGreaterThan(1);
  });

  it.each([
    ["more was claimed", (claim: Claim) => ({ ...claim, claimed: claim.claimed + 1n })],
    ["less of it was commission", (claim: Claim) => ({ ...claim, claimedCommission: -1n })],
  ])("are not the chain's where %s by then", async (_, other) => {
    const { audited } = await auditWith((claims) => ({
      claims: claims.map((one, i) => (i ? one : other(one))),
    }));
    const { verdict, verdicts } = audited.report;
    expect([verdict, verdicts.inputs.verdict, verdicts.amounts.verdict]).toEqual([
      "mismatch",
      "mismatch",
      "unjudged",
    ]);
    expect(verdicts.inputs.findings.map(({ topic }) => topic)).toEqual(["claims"]);
  });

  it("leave an epoch unproven where nobody proves them, and are believed without a trusted block", async () => {
    const { audited } = await auditWith(() => ({ unproven: "claims up to block 7: no archive" }));
    expect(audited.report.verdict).toBe("unproven");
    expect(audited.report.verdicts).toMatchObject({
      inputs: { verdict: "unproven", reason: "claims up to block 7: no archive", findings: [] },
      amounts: { verdict: "match" },
      root: { verdict: "match" },
    });
    expect((await auditWith(() => "believed")).audited.report.verdict).toBe("match");
  });
});

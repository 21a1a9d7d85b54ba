// SPDX-License-Identifier: AGPL-3.0-only
import { encodeEventTopics, type Hex } from "viem";
import { beforeEach, describe, expect, it } from "vitest";
import {
  iProofMarketAbi,
  iProverRegistryAbi,
  iProverVaultAbi,
  iRewardDistributorAbi,
} from "../../../service/chain/abi.ts";
import type { RawLog, Tamper } from "./proxy.ts";
import { auditThrough, endpoint, post, provers, setScene, verdicts } from "./scene.ts";

setScene();

const TOPICS = {
  fulfilled: encodeEventTopics({ abi: iProofMarketAbi, eventName: "Fulfilled" })[0],
  missed: encodeEventTopics({ abi: iProofMarketAbi, eventName: "Missed" })[0],
  activeAssets: encodeEventTopics({ abi: iProverVaultAbi, eventName: "ActiveAssetsChanged" })[0],
  commission: encodeEventTopics({ abi: iProverRegistryAbi, eventName: "CommissionChanged" })[0],
  registered: encodeEventTopics({ abi: iProverRegistryAbi, eventName: "ProverRegistered" })[0],
  segment: encodeEventTopics({ abi: iRewardDistributorAbi, eventName: "SegmentAdded" })[0],
  posted: encodeEventTopics({ abi: iRewardDistributorAbi, eventName: "RootPosted" })[0],
  claimed: encodeEventTopics({ abi: iRewardDistributorAbi, eventName: "Claimed" })[0],
};

/** Does something with the n-th log of one kind, wherever it is asked for. */
function nth(topic: Hex, n: number, then: Tamper): Tamper {
  const seen: string[] = [];
  return (log) => {
    if (log.topics[0] !== topic) return [log];
    const key = JSON.stringify(log);
    if (!seen.includes(key)) seen.push(key);
    return seen.indexOf(key) === n ? then(log) : [log];
  };
}

const drop: Tamper = () => [];
const twice: Tamper = (log) => [log, log];
/** In two places, as if it had been emitted again. */
const again: Tamper = (log) => [log, { ...log, logIndex: "0x63" } as RawLog];
/** One more in the last byte of a word of the data. */
const altered =
  (word: number): Tamper =>
  (log: RawLog) => {
    const at = 2 + 64 * (word + 1) - 2;
    const byte = (Number.parseInt(log.data.slice(at, at + 2), 16) + 1) % 256;
    return [
      { ...log, data: log.data.slice(0, at) + byte.toString(16).padStart(2, "0") + log.data.slice(at + 2) },
    ];
  };

describe("an endpoint that lies", () => {
  beforeEach(async () => {
    await post(1);
  });

  it("is believed while it does not", async () => {
    const before = endpoint.requests;
    expect((await auditThrough((log) => [log])).verdict).toBe("match");
    expect(endpoint.requests - before).toBeLessThan(40);
  });

  it("changes nothing by giving one log twice", async () => {
    expect((await auditThrough(nth(TOPICS.fulfilled, 2, twice))).verdict).toBe("match");
  });

  const cases: [string, () => Tamper, { topic: string; prover?: number }][] = [
    ["leaves out a fulfilment", () => nth(TOPICS.fulfilled, 2, drop), { topic: "fulfilments", prover: 0 }],
    [
      "leaves out the last fulfilment",
      () => nth(TOPICS.fulfilled, 3, drop),
      { topic: "fulfilments", prover: 2 },
    ],
    ["gives a fulfilment twice", () => nth(TOPICS.fulfilled, 2, again), { topic: "fulfilments", prover: 0 }],
    ["alters a fee", () => nth(TOPICS.fulfilled, 3, altered(3)), { topic: "fulfilments", prover: 2 }],
    ["alters a requester", () => nth(TOPICS.fulfilled, 3, altered(1)), { topic: "fulfilments", prover: 2 }],
    [
      "alters a protocol fee",
      () => nth(TOPICS.fulfilled, 3, altered(4)),
      { topic: "fulfilments", prover: 2 },
    ],
    [
      "alters a counted weight",
      () => nth(TOPICS.fulfilled, 3, altered(6)),
      { topic: "fulfilments", prover: 2 },
    ],
    ["alters a time", () => nth(TOPICS.fulfilled, 3, altered(7)), { topic: "fulfilments" }],
    ["leaves out a miss", () => nth(TOPICS.missed, 0, drop), { topic: "misses", prover: 2 }],
    ["alters a miss", () => nth(TOPICS.missed, 0, altered(1)), { topic: "misses", prover: 2 }],
    [
      "leaves out the first change of a vault",
      () => nth(TOPICS.activeAssets, 0, drop),
      { topic: "vaults", prover: 0 },
    ],
    ["leaves out a change of a vault", () => nth(TOPICS.activeAssets, 5, drop), { topic: "vaults" }],
    ["alters active assets", () => nth(TOPICS.activeAssets, 1, altered(0)), { topic: "vaults", prover: 1 }],
    ["alters Σ active·seconds", () => nth(TOPICS.activeAssets, 4, altered(1)), { topic: "vaults" }],
    ["leaves out a commission", () => nth(TOPICS.commission, 0, drop), { topic: "commissions", prover: 0 }],
    [
      "leaves out a change of commission",
      () => nth(TOPICS.commission, 3, drop),
      { topic: "commissions", prover: 0 },
    ],
    ["alters a commission", () => nth(TOPICS.commission, 1, altered(0)), { topic: "commissions", prover: 1 }],
    [
      "leaves out a registration",
      () => nth(TOPICS.registered, 1, drop),
      { topic: "registrations", prover: 1 },
    ],
    [
      "alters a registration",
      () => nth(TOPICS.registered, 1, altered(2)),
      { topic: "registrations", prover: 1 },
    ],
    ["leaves out a claim", () => nth(TOPICS.claimed, 0, drop), { topic: "claims" }],
    ["leaves out a segment", () => nth(TOPICS.segment, 0, drop), { topic: "segments" }],
    ["alters a budget", () => nth(TOPICS.segment, 0, altered(0)), { topic: "segments" }],
    ["alters a policy", () => nth(TOPICS.segment, 0, altered(3)), { topic: "policy" }],
    ["leaves out a post", () => nth(TOPICS.posted, 0, drop), { topic: "posts" }],
    ["leaves out the post", () => nth(TOPICS.posted, 1, drop), { topic: "posts" }],
    ["alters a total", () => nth(TOPICS.posted, 1, altered(0)), { topic: "posts" }],
  ];
  it.each(cases)(
    "an endpoint that lies, and %s, makes the inputs not match",
    async (_, tamper, { topic, prover }) => {
      const report = await auditThrough(tamper());
      expect(verdicts(report)).toEqual(["mismatch", "unjudged", "unjudged"]);
      const findings = report.verdicts.inputs.findings.filter((finding) => finding.topic === topic);
      expect(findings).not.toEqual([]);
      if (prover !== undefined) expect(findings.map((finding) => finding.prover)).toContain(provers[prover]);
    },
  );
});

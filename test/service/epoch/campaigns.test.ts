// SPDX-License-Identifier: AGPL-3.0-only
import { type Hex, keccak256 } from "viem";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { initKeccak } from "../../../service/core/keccak.ts";
import { encodePolicy } from "../../../service/core/policy.ts";
import type { PolicyV2 } from "../../../service/core/types.ts";
import { cli } from "../helpers/cli.ts";
import { encodeEvent } from "../helpers/event-log.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { type RecordedChain, recordedChains, serveRecorded } from "../helpers/recorded-chain.ts";

beforeAll(initKeccak);

const BOUNDARIES = recordedChains[0] as RecordedChain;
const REQUESTER = "0x00000000000000000000000000000000000e4a51";
const POLICY: PolicyV2 = {
  ...{ version: 2, id: "work", params: {}, programs: null },
  guards: { exclusions: [], minStake: 0n },
  campaigns: [
    {
      requesters: [{ requester: REQUESTER, reason: "known" }],
      partBps: 7_000,
      feeMatch: { of: "fee", bps: 4_000 },
    },
    { requesters: null, partBps: 3_000, feeMatch: { of: "protocol-fee", bps: 9_000 } },
  ],
};

/** The recorded chain, as if its first segment had come with this policy. */
function under(policy: PolicyV2): RecordedChain {
  const bytes = encodePolicy(policy);
  const policyHash = keccak256(bytes);
  const [segment, ...logs] = BOUNDARIES.logs as [RecordedChain["logs"][number], ...RecordedChain["logs"]];
  const [first, ...segments] = BOUNDARIES.state.segments as [
    RecordedChain["state"]["segments"][number],
    ...RecordedChain["state"]["segments"],
  ];
  const encoded = encodeEvent({
    ...{ name: "SegmentAdded", fromEpoch: 0n, budget: BigInt(first.budget), policyHash, policy: bytes },
  });
  return {
    ...BOUNDARIES,
    logs: [{ ...segment, ...encoded }, ...logs],
    state: { ...BOUNDARIES.state, segments: [{ ...first, policyHash }, ...segments] },
  };
}

async function both(chain: RecordedChain) {
  const { rpcUrl, close } = await serveRecorded(chain);
  onTestFinished(close);
  const source = ["--rpc", rpcUrl, "--distributor", chain.distributor];
  const run = ["epoch", "run", "--epoch", "0", "--json", "--data-dir", temporaryFolder(), ...source];
  const job = await cli(run);
  const audit = await cli(["audit", "--epoch", "0", "--json", ...source]);
  return { job, audit: JSON.parse(audit.stdout) };
}

test("job and auditor come to the same root from the logs of an epoch with campaigns", async () => {
  const { job, audit } = await both(under(POLICY));
  // What was posted is the other policy's.
  expect(job.stderr).toContain("ANOTHER ROOT IS POSTED for epoch 0");
  expect(audit.verdicts.inputs.verdict).toBe("match");
  expect(audit.recomputed.root).toMatch(/^0x[0-9a-f]{64}$/);
  expect(job.stderr).toContain(`the chain's inputs give ${audit.recomputed.root}`);

  const listed = POLICY.campaigns.map((campaign) => ({ ...campaign, partBps: 5_000 }));
  const other = await both(under({ ...POLICY, campaigns: listed }));
  expect(other.audit.recomputed.added).not.toBe(audit.recomputed.added);
});

test("a requester altered in one log stops the job, and mismatches for the auditor, naming the log", async () => {
  const chain = under(POLICY);
  const at = chain.logs.findIndex(({ event }) => event === "Fulfilled");
  const log = chain.logs[at] as RecordedChain["logs"][number];
  // The second word of the data.
  const data = `${log.data.slice(0, 66)}${"0".repeat(24)}${"ab".repeat(20)}${log.data.slice(130)}` as Hex;
  const { job, audit } = await both({ ...chain, logs: chain.logs.with(at, { ...log, data }) });
  expect(job.code).not.toBe(0);
  expect(job.stderr).toMatch(
    /epoch 0: the logs of its \d+ fulfilments hash to .*: one of them was altered, and `provender audit --epoch 0` says which/,
  );
  expect(audit.verdicts.inputs.verdict).toBe("mismatch");
  expect(JSON.stringify(audit.verdicts.inputs.findings)).toContain("fulfilment is altered in the logs");
});

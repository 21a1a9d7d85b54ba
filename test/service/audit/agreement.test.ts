// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { policyBytes, readPolicy } from "../../../service/audit/policy.ts";
import { artifactBytes, recompute } from "../../../service/audit/recompute.ts";
import { artifactOf, encodeArtifact } from "../../../service/core/artifact.ts";
import { computeEpoch } from "../../../service/core/epoch.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { encodePolicy } from "../../../service/core/policy.ts";
import type { Policy } from "../../../service/core/types.ts";
import { epochInput, expectAgreement, policyOver } from "./random-epochs.ts";

beforeAll(initKeccak);

const RUNS = Number(process.env.PROVENDER_RUNS ?? (process.env.FOUNDRY_PROFILE === "deep" ? 10_000 : 500));
const SEED = Number(process.env.PROVENDER_SEED ?? Date.now() % 2 ** 31);
const TIMEOUT = 100 * RUNS + 60_000;

beforeAll(() => console.log(`agreement: ${RUNS} runs, PROVENDER_SEED=${SEED}`));

it(
  `the auditor and the job agree to the byte on ${RUNS} epochs of any kind`,
  () => {
    const job = { computeEpoch, artifactOf, encodeArtifact };
    const auditor = { recompute, artifactBytes };
    fc.assert(
      fc.property(epochInput, (input) => expectAgreement(job, auditor, input)),
      { numRuns: RUNS, seed: SEED },
    );
  },
  TIMEOUT,
);

it(
  "the auditor reads the policy that the job's bytes stand for",
  () => {
    fc.assert(
      fc.property(policyOver([]), (policy) => {
        const bytes = encodePolicy(policy);
        const read = readPolicy(bytes) as Policy;
        expect(Buffer.from(policyBytes(read)).toString()).toBe(Buffer.from(bytes).toString());
        expect(policyBytes(policy)).toEqual(policyBytes(read));
      }),
      { numRuns: RUNS, seed: SEED },
    );
  },
  TIMEOUT,
);

// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { policyBytes, readPolicy } from "../../../service/audit/policy.ts";
import { artifactBytes, recompute } from "../../../service/audit/recompute.ts";
import { artifactOf, encodeArtifact } from "../../../service/core/artifact.ts";
import { computeEpoch } from "../../../service/core/epoch.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { encodePolicy, parsePolicy, policyToJson } from "../../../service/core/policy.ts";
import type { Address, Policy } from "../../../service/core/types.ts";
import { sortedText } from "../helpers/sorted-text.ts";
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

const PROVER: Address = `0x${"ab".repeat(20)}`;

/** What is at the edges of what a policy's fields may be, and just beyond. */
const EDGES: readonly unknown[] = [
  ...[null, true, -1, 0, 1, 2, 1.5, 1_000_000, 1_000_001, 2 ** 53],
  ...["", "0", "1", "-1", "01", "1.0", "1e3", " 1", String(2n ** 128n - 1n), String(2n ** 128n)],
  ...[
    String(2n ** 256n - 1n),
    String(2n ** 256n),
    "capped",
    "min-share",
    "work",
    "x".repeat(200),
    "x".repeat(201),
  ],
  ...[PROVER, PROVER.toUpperCase(), `${PROVER}00`, `00${PROVER}`, PROVER.slice(0, -1), "\ud800", "\u{1f600}"],
  ...[[], {}, [{}], [{ prover: PROVER, reason: "r" }], [{ prover: PROVER, reason: "" }]],
  ...[{ block: "7" }, { block: "7", more: "7" }, { capNumerator: "1", capDenominator: "2" }],
];

/** Every place in a JSON value, as the keys that lead there. */
function placesIn(value: unknown): string[][] {
  if (typeof value !== "object" || value === null) return [[]];
  const within = Object.entries(value).flatMap(([key, item]) =>
    placesIn(item).map((place) => [key, ...place]),
  );
  return [[], ...within];
}

/** A copy with another value in one place, with a further key there, or without it. */
function edited(value: unknown, [key, ...rest]: readonly string[], edit: (old: unknown) => unknown): unknown {
  if (key === undefined) return edit(value);
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  const record = copy as Record<string, unknown>;
  const changed = edited(record[key], rest, edit);
  if (changed === undefined) delete record[key];
  else record[key] = changed;
  return Array.isArray(copy) ? copy.filter((item) => item !== undefined) : copy;
}

const accepts = (read: () => unknown) => {
  try {
    return read() !== undefined;
  } catch {
    return false;
  }
};

it(
  "the auditor and the job take the same policies for ones that can be run, and refuse the same",
  () => {
    const edit = fc.oneof(
      fc.constantFrom(...EDGES).map((edge) => () => edge),
      fc.constant(() => undefined),
      fc
        .constantFrom("more", "block", "prover")
        .map(
          (key) => (old: unknown) =>
            typeof old === "object" && old !== null && !Array.isArray(old) ? { ...old, [key]: "1" } : old,
        ),
    );
    const whole = policyOver([]).chain((policy) =>
      fc
        .option(fc.bigInt(0n, 2n ** 256n - 1n), { nil: undefined })
        .map((block) => policyToJson(block === undefined ? policy : { ...policy, continuation: { block } })),
    );
    const some = whole.chain((json) =>
      fc
        .tuple(fc.constantFrom(...placesIn(json)), edit)
        .map(([place, change]) => edited(json, place, change)),
    );
    const taken = { yes: 0, no: 0 };
    fc.assert(
      fc.property(some, (json) => {
        const bytes = Buffer.from(sortedText(json) ?? "null");
        const byJob = accepts(() => parsePolicy(bytes));
        expect(
          accepts(() => readPolicy(bytes)),
          sortedText(json),
        ).toBe(byJob);
        taken[byJob ? "yes" : "no"]++;
      }),
      { numRuns: 4 * RUNS, seed: SEED },
    );
    // Both kinds, or nothing was compared.
    expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(RUNS / 10);
  },
  TIMEOUT,
);

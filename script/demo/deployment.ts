// SPDX-License-Identifier: AGPL-3.0-only
import { parseEther } from "viem";
import { encodePolicy } from "../../service/core/policy.ts";
import type { Address, PolicyV2 } from "../../service/core/types.ts";
import example from "../deploy.example.json" with { type: "json" };
import type { Cast } from "./cast.ts";
import type { Programs } from "./programs.ts";

export const DAY = 86_400n;
export const BUDGET = parseEther("540");

/** What the README recommends while a network is bootstrapping: a budget of about three times an epoch's protocol fees. */
function policyOf({ requesters }: Cast): PolicyV2 {
  const known = requesters.map((requester) => requester.toLowerCase() as Address).sort();
  return {
    ...{ version: 2, id: "capped", params: { capNumerator: 1n, capDenominator: 2n }, programs: null },
    guards: { exclusions: [], minStake: 0n },
    campaigns: known.map((requester) => ({
      requesters: [{ requester, reason: "known to the foundation" }],
      ...{ partBps: 5_000, feeMatch: { of: "fee", bps: 4_000 } },
    })),
  };
}

/** The demo's deployment: the example's, but that what takes weeks there takes a day, and amounts are small. */
export function deployConfig(cast: Cast, { recorded, development }: Programs) {
  const { owner, guardian, treasury, publisher, auditor } = cast;
  const programs = [...recorded, ...development];
  const verifiers = new Map(programs.map(({ verifier, words }) => [verifier, words]));
  return {
    ...example,
    roles: { owner, guardian, treasury, publisher, auditors: [auditor] },
    registry: {
      ...example.registry,
      unbondingDelay: Number(DAY),
      vestingPeriod: Number(DAY),
      minSelfStake: String(parseEther("500")),
      commissionNotice: Number(2n * DAY),
    },
    market: {
      ...example.market,
      epochLength: Number(DAY),
      expiryGrace: 7_200,
      maxStakeMultiple: 10,
      minFee: String(parseEther("1")),
      bond: String(parseEther("5")),
    },
    verifiers: [...verifiers].map(([name, words]) => ({ name, words })),
    programs: programs.map(({ verifier, programKey, multiplierBps }) => ({
      ...{ verifier, programKey, multiplierBps },
    })),
    distributor: {
      ...example.distributor,
      challengeWindow: Number(DAY / 4n),
      budget: String(BUDGET),
      policy: new TextDecoder().decode(encodePolicy(policyOf(cast))),
    },
  };
}

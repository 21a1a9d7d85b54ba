// SPDX-License-Identifier: AGPL-3.0-only
import { parseEther } from "viem";
import { foundry } from "viem/chains";
import { encodePolicy } from "../../service/core/policy.ts";
import type { Address, PolicyV2 } from "../../service/core/types.ts";
import type { Cast } from "./cast.ts";
import type { Programs } from "./programs.ts";

export const DAY = 86_400n;
const WINDOW = DAY / 4n;
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

/** The demo's deployment: everything that takes weeks elsewhere takes a day here. */
export function deployConfig(cast: Cast, { recorded, development }: Programs): unknown {
  const programs = [...recorded, ...development];
  const verifiers = new Map(programs.map(({ verifier, words }) => [verifier, words]));
  return {
    schema: "provender.deploy/1",
    chainId: foundry.id,
    token: "dev",
    roles: {
      owner: cast.owner,
      guardian: cast.guardian,
      treasury: cast.treasury,
      publisher: cast.publisher,
      auditors: [cast.auditor],
    },
    registry: {
      unbondingDelay: Number(DAY),
      vestingPeriod: Number(DAY),
      minSelfStake: String(parseEther("500")),
      maxCommissionBps: 10_000,
      commissionNotice: Number(2n * DAY),
    },
    market: {
      clockStart: "now",
      epochLength: Number(DAY),
      expiryGrace: 7_200,
      protocolFeeBps: 1_000,
      lockBps: 10_000,
      maxStakeMultiple: 10,
      minFee: String(parseEther("1")),
      bond: String(parseEther("5")),
      maxOpenAssignments: 100,
    },
    verifiers: [...verifiers].map(([name, words]) => ({ name, words })),
    programs: programs.map(({ verifier, programKey, multiplierBps }) => ({
      verifier,
      programKey,
      multiplierBps,
    })),
    distributor: {
      challengeWindow: Number(WINDOW),
      quorum: 1,
      allowZeroQuorum: false,
      budget: String(BUDGET),
      policy: new TextDecoder().decode(encodePolicy(policyOf(cast))),
    },
  };
}

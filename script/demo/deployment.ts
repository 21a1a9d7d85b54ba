// SPDX-License-Identifier: AGPL-3.0-only
import { parseEther } from "viem";
import { foundry } from "viem/chains";
import type { Cast } from "./cast.ts";
import type { Programs } from "./programs.ts";

export const DAY = 86_400n;
const WINDOW = DAY / 4n;
export const BUDGET = parseEther("120");

/** What the README recommends, with a budget of about an epoch's protocol fees. */
const POLICY =
  '{"guards":{"exclusions":[],"feeMatchBps":9000,"minStake":"0"},"id":"capped",' +
  '"params":{"capDenominator":"100","capNumerator":"1"},"version":1}';

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
      policy: POLICY,
    },
  };
}

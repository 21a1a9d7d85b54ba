// SPDX-License-Identifier: AGPL-3.0-only
import type { Guards, PolicyRule, PolicyV1 } from "../../service/core/types.ts";
import { ATTACKER } from "./attacks.ts";
import type { MarketSettings } from "./market.ts";
import { addressOf, type RewardSettings } from "./rewards.ts";
import { TOKEN } from "./world.ts";

/** `budget` is for each request of an epoch. */
export interface NamedSettings extends RewardSettings {
  readonly name: string;
  readonly policy: PolicyV1;
}

/** As script/deploy.example.json has them. */
export const MARKET: MarketSettings = {
  protocolFeeBps: 1_000n,
  lockBps: 10_000n,
  maxCommissionBps: 10_000n,
};

export const MARKETS: readonly { readonly name: string; readonly market: MarketSettings }[] = [
  { name: "as recommended", market: MARKET },
  { name: "the least lock", market: { ...MARKET, lockBps: 100n } },
  { name: "a lock of 300 %", market: { ...MARKET, lockBps: 30_000n } },
  { name: "protocol fee 2 %", market: { ...MARKET, protocolFeeBps: 200n } },
  { name: "protocol fee 30 %", market: { ...MARKET, protocolFeeBps: 3_000n } },
  { name: "commission at most 50 %", market: { ...MARKET, maxCommissionBps: 5_000n } },
];

// What an epoch's budget comes to for each request, which brings about a token in protocol fees.
/** A foundation that still spends to attract provers. */
const AMPLE = 5n * TOKEN;
const SCARCE = TOKEN;

const CAPPED: PolicyRule = { id: "capped", params: { capNumerator: 1n, capDenominator: 100n } };
const RULES: readonly PolicyRule[] = [
  CAPPED,
  { id: "min-share", params: { boostNumerator: 3n, boostDenominator: 2n } },
  { id: "work", params: {} },
];
const FEE_MATCHES = [9_000, 10_000, 15_000, null];
const ALIKE = 10_000n;
const TEN_TIMES = 100_000n;
/** Below 1 / 0.9, up to which a fee match of 90 % leaves no room, and well above. */
const APART = [11_000n, 30_000n];

/** The policy of script/deploy.example.json. */
export const DEFAULT_SETTINGS: Omit<NamedSettings, "name"> = {
  policy: policyOf(CAPPED, {}),
  budget: AMPLE,
  favouredBps: ALIKE,
};

/** Every policy with every fee match; then the default policy where programs count differently, and other guards. */
export const SETTINGS: readonly NamedSettings[] = [
  ...RULES.flatMap((rule) =>
    FEE_MATCHES.map((feeMatchBps) =>
      settingsOf(`${rule.id}, ${matchName(feeMatchBps)}`, policyOf(rule, { feeMatchBps })),
    ),
  ),
  ...[AMPLE, SCARCE].flatMap((budget) =>
    FEE_MATCHES.map((feeMatchBps) =>
      settingsOf(
        `capped, ${matchName(feeMatchBps)}, a program × 10${budget === AMPLE ? "" : ", small budget"}`,
        policyOf(CAPPED, { feeMatchBps }),
        { budget, favouredBps: TEN_TIMES },
      ),
    ),
  ),
  ...APART.map((favouredBps) =>
    settingsOf(
      `capped, 90 %, a program × ${Number(favouredBps) / 10_000}, small budget`,
      policyOf(CAPPED, {}),
      { budget: SCARCE, favouredBps },
    ),
  ),
  settingsOf("capped, 90 %, small budget", policyOf(CAPPED, {}), { budget: SCARCE }),
  settingsOf("capped, 90 %, minimum stake 5,000", policyOf(CAPPED, { minStake: 5_000n * TOKEN })),
  settingsOf(
    "capped, none, attacker excluded",
    policyOf(CAPPED, {
      feeMatchBps: null,
      exclusions: [{ prover: addressOf(ATTACKER), reason: "deals with itself" }],
    }),
  ),
];

function settingsOf(
  name: string,
  policy: PolicyV1,
  { budget = AMPLE, favouredBps = ALIKE }: Partial<RewardSettings> = {},
): NamedSettings {
  return { name, policy, budget, favouredBps };
}

function policyOf(rule: PolicyRule, guards: Partial<Guards>): PolicyV1 {
  return { version: 1, ...rule, guards: { exclusions: [], feeMatchBps: 9_000, minStake: 0n, ...guards } };
}

function matchName(feeMatchBps: number | null): string {
  return feeMatchBps === null ? "none" : `${feeMatchBps / 100} %`;
}

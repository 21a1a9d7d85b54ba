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

export const MARKETS: Readonly<Record<string, MarketSettings>> = {
  "as recommended": MARKET,
  "the least lock": { ...MARKET, lockBps: 100n },
  "a lock of 300 %": { ...MARKET, lockBps: 30_000n },
  "protocol fee 2 %": { ...MARKET, protocolFeeBps: 200n },
  "protocol fee 30 %": { ...MARKET, protocolFeeBps: 3_000n },
  "commission at most 50 %": { ...MARKET, maxCommissionBps: 5_000n },
};

// What an epoch's budget comes to for each request, which brings about a token in protocol fees.
/** A foundation that still spends to attract provers. */
const AMPLE = 5n * TOKEN;
const SCARCE = { budget: TOKEN };

const CAPPED: PolicyRule = { id: "capped", params: { capNumerator: 1n, capDenominator: 100n } };
const RULES: readonly PolicyRule[] = [
  CAPPED,
  { id: "min-share", params: { boostNumerator: 3n, boostDenominator: 2n } },
  { id: "work", params: {} },
];
const FEE_MATCHES = [9_000, 10_000, 15_000, null];
/** Ten times as much, then below 1 / 0.9, up to which a fee match of 90 % leaves no room, and well above. */
const [TEN_TIMES, ...APART] = [100_000n, 11_000n, 30_000n] as const;

/** The policy of script/deploy.example.json. */
export const DEFAULT_SETTINGS = settingsOf(CAPPED, "");

const EXCLUSIONS = [{ prover: addressOf(ATTACKER), reason: "deals with itself" }];

/** Every policy with every fee match; then the default policy where programs count differently, and other guards. */
export const SETTINGS: readonly NamedSettings[] = [
  ...RULES.flatMap((rule) => FEE_MATCHES.map((feeMatchBps) => settingsOf(rule, "", { feeMatchBps }))),
  ...[{}, SCARCE].flatMap((budget) =>
    FEE_MATCHES.map((feeMatchBps) =>
      settingsOf(CAPPED, "", { feeMatchBps }, { ...budget, favouredBps: TEN_TIMES }),
    ),
  ),
  ...APART.map((favouredBps) => settingsOf(CAPPED, "", {}, { ...SCARCE, favouredBps })),
  settingsOf(CAPPED, "", {}, SCARCE),
  settingsOf(CAPPED, ", minimum stake 5,000", { minStake: 5_000n * TOKEN }),
  settingsOf(CAPPED, ", attacker excluded", { feeMatchBps: null, exclusions: EXCLUSIONS }),
];

function settingsOf(
  rule: PolicyRule,
  guarded: string,
  { feeMatchBps = 9_000, ...guards }: Partial<Guards> = {},
  { budget = AMPLE, favouredBps = 10_000n }: Partial<RewardSettings> = {},
): NamedSettings {
  const match = feeMatchBps === null ? "none" : `${feeMatchBps / 100} %`;
  const favoured = favouredBps === 10_000n ? "" : `, a program × ${Number(favouredBps) / 10_000}`;
  return {
    name: `${rule.id}, ${match}${favoured}${budget === AMPLE ? "" : ", small budget"}${guarded}`,
    policy: { version: 1, ...rule, guards: { exclusions: [], minStake: 0n, ...guards, feeMatchBps } },
    ...{ budget, favouredBps },
  };
}

// SPDX-License-Identifier: AGPL-3.0-only
import { table } from "../../service/cli/format.ts";
import { ATTACK_NAMES } from "./attacks.ts";
import type { AttackRow, PhaseRow } from "./phases.ts";
import type { Row, Size } from "./simulate.ts";
import { BPS, TOKEN } from "./world.ts";

/** What floors and largest remainders may move. */
const DUST = 1_000n;

export function reportText(
  { seed, seeds, epochs, requests }: Size,
  policies: readonly Row[],
  markets: readonly Row[],
  phases: readonly PhaseRow[],
): string {
  const parts = [
    `${requests} requests an epoch, ${epochs} epochs, ${seeds} markets from seed ${seed}; tokens an epoch`,
    "what each earned without attacks: fees and rewards less costs and slashes",
    earnedTable(policies),
    "what an attack gained at its best, in the market that suits it best, over not attacking; capital is free",
    gainsTable(policies),
    "both with the default policy (capped, 90 %) and other market settings",
    earnedTable(markets),
    gainsTable(markets),
    verdicts(policies).join("\n"),
    "rewards of a foundation by phase, under policies of version 2",
    ...phases.map(phaseText),
  ];
  return `${parts.join("\n\n")}\n`;
}

function earnedTable(rows: readonly Row[]): string {
  const [first] = rows as [Row];
  const names = Object.keys(first.earned.provers);
  const header = ["settings", ...names, "their stakers", "requesters", "treasury", "rewards paid"];
  return table(
    header,
    rows.map(({ settings, earned }) => [
      settings,
      ...names.map((name) => tokens(earned.provers[name] as bigint)),
      ...[earned.stakers, earned.requesters, earned.treasury, earned.paid].map(tokens),
    ]),
    1,
  );
}

function gainsTable(rows: readonly Row[]): string {
  const gained = ({ gains }: Row) => ATTACK_NAMES.map((name) => withSign(gains[name].most));
  return table(
    ["settings", ...ATTACK_NAMES],
    rows.map((row) => [row.settings, ...gained(row)]),
    1,
  );
}

function verdicts(rows: readonly Row[]): string[] {
  return ATTACK_NAMES.map((name) => {
    const gaining = rows.filter(({ gains }) => gains[name].most > DUST).map(({ settings }) => settings);
    if (gaining.length === 0) return `${name}: gains under none of the settings`;
    if (gaining.length === rows.length) return `${name}: gains under all of the settings`;
    return `${name}: gains under ${gaining.join("; ")}`;
  });
}

function phaseText(row: PhaseRow): string {
  const lines = (kind: string, all: readonly AttackRow[]) =>
    all.map(({ attack, gain, withoutRewards, honestBps }) => [
      `${attack} (${kind})`,
      ...[withSign(gain), withSign(withoutRewards), percent(honestBps)],
    ]);
  const { breakEvenBps } = row;
  const reaching = `with one requester colluding at break-even, ${percent(breakEvenBps ?? BPS)} of it reaches honest provers`;
  return [
    `${row.phase}: ${tokens(row.paid)} paid an epoch, protocol fees ${tokens(row.protocolFees)}`,
    ...(breakEvenBps === null ? [] : [reaching]),
    table(
      ["attack", "gains at best", "without rewards", "honest provers' share at worst"],
      [...lines("outside", row.outsiders), ...lines("listed", row.insiders), ...lines("apart", [row.shill])],
      1,
    ),
  ].join("\n");
}

function withSign(wei: bigint): string {
  return wei > DUST ? `+${tokens(wei)}` : tokens(wei);
}

const percent = (bps: bigint) => `${decimal(bps)} %`;
/** To two decimals, toward zero. */
const tokens = (wei: bigint) => decimal(wei / (TOKEN / 100n));

function decimal(hundredths: bigint): string {
  const [sign, rest] = hundredths < 0n ? ["−", -hundredths] : ["", hundredths];
  return `${sign}${rest / 100n}.${String(rest % 100n).padStart(2, "0")}`;
}

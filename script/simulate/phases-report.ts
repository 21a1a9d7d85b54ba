// SPDX-License-Identifier: AGPL-3.0-only
import { table } from "../../service/cli/format.ts";
import type { AttackRow, PhaseRow } from "./phases.ts";
import { tokens, withSign } from "./report.ts";

export function phasesText(rows: readonly PhaseRow[]): string {
  return [
    "rewards of a foundation by phase, under policies of version 2",
    ...rows.flatMap((row) => ["", ...phaseLines(row)]),
    "",
  ].join("\n");
}

function phaseLines({
  phase,
  paid,
  protocolFees,
  outsiders,
  insiders,
  shill,
  breakEvenBps,
}: PhaseRow): string[] {
  const lines = (kind: string, all: readonly AttackRow[]) =>
    all.map(({ attack, gain, withoutRewards, honestBps }) => [
      `${attack} (${kind})`,
      ...[withSign(gain), withSign(withoutRewards), percent(honestBps)],
    ]);
  return [
    `${phase}: ${tokens(paid)} paid an epoch, protocol fees ${tokens(protocolFees)}`,
    ...(breakEvenBps === null
      ? []
      : [
          `with one requester colluding at break-even, ${percent(breakEvenBps)} of it reaches honest provers`,
        ]),
    table(
      ["attack", "gains at best", "without rewards", "honest provers' share at worst"],
      [...lines("outside", outsiders), ...lines("listed", insiders), ...lines("apart", [shill])],
      1,
    ),
  ];
}

function percent(bps: bigint): string {
  return `${bps / 100n}.${String(bps % 100n).padStart(2, "0")} %`;
}

// SPDX-License-Identifier: AGPL-3.0-only
import { exactAmount, shownBps, shownRatio } from "../format/amount.ts";
import type { Announced, ProverRow, Return } from "../source/types.ts";
import { Badge } from "./states.tsx";
import { When } from "./values.tsx";

/** Nothing for an active prover: that is the rule. */
export function StateBadge({ state, always = false }: { state: ProverRow["state"]; always?: boolean }) {
  if (state === "active") return always ? <Badge kind="good">Active</Badge> : null;
  return state === "jailed" ? <Badge kind="bad">Jailed</Badge> : <Badge kind="info">Left</Badge>;
}

/** A commission that will change. */
export function Announcements({
  of,
  short = false,
}: {
  of: readonly Announced[] | undefined;
  short?: boolean;
}) {
  if (of === undefined || of.length === 0) return null;
  return (
    <>
      {of.map(({ of: source, bps, at }) =>
        short ? (
          <small key={source} className="note change">
            {" "}
            → {shownBps(bps)} <When at={at} />
          </small>
        ) : (
          <span key={source} className="change">
            Announced: {shownBps(bps)} of {source} <When at={at} absolute />
          </span>
        ),
      )}
    </>
  );
}

/** What a share gained in a window; a year's, where the window holds four epochs. */
export function ReturnOf({ of }: { of: Return | undefined }) {
  if (of === undefined)
    return <span title="It registered after the window began, or nobody has a share">–</span>;
  const { ratio, annual, epochs, fees, rewards, slashed } = of;
  const parts = [
    `fees ${exactAmount(fees)}`,
    `rewards ${exactAmount(rewards)}`,
    `slashed ${exactAmount(slashed)}`,
  ];
  const title = `Over ${epochs} whole epochs; to all stakers: ${parts.join(", ")}`;
  return (
    <span title={title}>
      {shownRatio(ratio)}
      {annual !== null && <small className="note"> {shownRatio(annual)} a year</small>}
    </span>
  );
}

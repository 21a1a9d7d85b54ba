// SPDX-License-Identifier: AGPL-3.0-only
import { Link } from "wouter";
import { useNow } from "../context.tsx";
import { shownCount } from "../format/amount.ts";
import { duration } from "../format/time.ts";
import type { Due, EpochRow } from "../source/types.ts";
import { Badge } from "./states.tsx";

const STATES = {
  pending: ["info", "In its window"],
  active: ["good", "Active"],
  superseded: ["info", "Followed by a later one"],
  vetoed: ["bad", "Vetoed"],
  running: ["info", "Runs"],
  unposted: ["warn", "To be posted"],
} as const;

/** How an epoch stands, in words and by colour. */
export function EpochBadge({ status }: { status: EpochRow["status"] }) {
  const [kind, text] = STATES[status];
  return <Badge kind={kind}>{text}</Badge>;
}

const DUE = {
  post: "has ended: its root is to be posted",
  repost: "was vetoed: its root is to be posted anew",
  window: "is in its window",
  attestations: "needs more attestations",
  wait: "runs",
} as const;

/** What the next root waits for. */
export function DueList({ due }: { due: readonly Due[] }) {
  const now = useNow();
  return (
    <ul className="due">
      {due.map(({ kind, epoch, until, missing }) => (
        <li key={`${kind}-${epoch}`}>
          <strong>Epoch {epoch}</strong> {DUE[kind]}
          {missing !== undefined && <> ({shownCount(missing)} missing)</>}
          {until !== undefined && Number(until) > now && (
            <>
              , <span className="countdown">{duration(Number(until) - now)}</span> left
            </>
          )}
          {kind === "window" && (
            <>
              : <Link href={`/audit?epoch=${epoch}`}>recompute it</Link>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

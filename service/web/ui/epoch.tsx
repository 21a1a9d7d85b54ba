// SPDX-License-Identifier: AGPL-3.0-only
import type { EpochRow } from "../source/types.ts";
import { Badge } from "./states.tsx";

const STATES = {
  pending: ["info", "In its window"],
  active: ["good", "Active"],
  superseded: ["info", "Followed by a later one"],
  vetoed: ["bad", "Vetoed"],
  running: ["info", "Runs"],
  unposted: ["warn", "To be posted"],
} as const;

export function EpochBadge({ status }: { status: EpochRow["status"] }) {
  const [kind, text] = STATES[status];
  return <Badge kind={kind}>{text}</Badge>;
}

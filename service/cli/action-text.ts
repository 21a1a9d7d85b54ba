// SPDX-License-Identifier: AGPL-3.0-only
import type { Action, Outcome } from "../audit/act.ts";

const OUTCOMES: Record<Outcome, string> = {
  attested: "attested",
  signed: "signed: nothing was sent; `provender relay` brings it to the distributor",
  match: "not vetoed: the root matches",
  unconfirmed: "NOT VETOED: the mismatch was found once, and is not confirmed",
  mismatch: "not attested: the root does not match",
  vetoed: "vetoed",
  "would-attest": "dry run: nothing was sent; it would be attested",
  "would-veto": "dry run: nothing was sent; it would be vetoed",
  "already-attested": "already attested by this account: nothing was sent",
  "already-vetoed": "vetoed already: nothing was sent",
  "already-active": "not attested or vetoed: the root is active already, and stands",
  replaced: "not attested or vetoed: another root has been posted since",
  "no-veto-left": "not vetoed: this auditor has spent its veto of the epoch; the guardian may veto",
  "not-ours-to-attest": "not attested: that is for listed auditors, and this account is the guardian",
  nothing: "not attested or vetoed: nothing here speaks for the post, nor against it alone",
};

/** For people, in one line: what was done after an audit, or why nothing was. */
export function actionText({ outcome, transaction, reason }: Action): string {
  const how = transaction === undefined ? "" : ` in transaction ${transaction}`;
  return `${OUTCOMES[outcome]}${how}${reason === undefined ? "" : `: ${reason}`}\n`;
}

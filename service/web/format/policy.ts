// SPDX-License-Identifier: AGPL-3.0-only
import { exactAmount, shownAmount, shownBps } from "./amount.ts";

interface Match {
  readonly of: string;
  readonly bps: number;
}

interface PolicyJson {
  readonly id?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly guards?: {
    readonly exclusions?: readonly unknown[];
    readonly feeMatchBps?: number | null;
    readonly minStake?: string;
  };
  readonly campaigns?: readonly {
    readonly requesters?: readonly unknown[] | null;
    readonly partBps?: number;
    readonly feeMatch?: Match | null;
  }[];
}

/** A policy's canonical JSON in sentences; one that says that it cannot be read, if it cannot. */
export function policyWords(text: string | undefined): string[] {
  if (text === undefined) return ["Its text is not told by this source."];
  let policy: PolicyJson;
  try {
    policy = JSON.parse(text);
  } catch {
    return ["It is no policy that can be read: no epoch can be run by it."];
  }
  const { guards = {}, campaigns = [] } = policy;
  const words = [ruleWords(policy)];
  if (guards.feeMatchBps)
    words.push(`At most ${shownBps(guards.feeMatchBps)} of the protocol fees that its work brought in.`);
  const minStake = BigInt(guards.minStake ?? "0");
  if (minStake > 0n) words.push(`Nobody with a stake below ${shownAmount(minStake)} is paid.`);
  if (guards.exclusions?.length) words.push(`${guards.exclusions.length} provers are excluded by name.`);
  const groups = new Map<string, number>();
  for (const { requesters, partBps = 0, feeMatch } of campaigns) {
    const whose = requesters ? "requesters that the foundation names" : "everybody else's requests";
    const bound = feeMatch
      ? `, at most ${shownBps(feeMatch.bps)} of their ${feeMatch.of === "fee" ? "fees" : "protocol fees"}`
      : "";
    const line = `${shownBps(partBps)} of the budget for work on requests of ${whose}${bound}.`;
    groups.set(line, (groups.get(line) ?? 0) + 1);
  }
  for (const [line, count] of groups) words.push(count === 1 ? line : `${count} campaigns, each: ${line}`);
  return words;
}

function ruleWords({ id, params = {} }: PolicyJson): string {
  const cap = () => {
    const [numerator, denominator] = [
      BigInt(params.capNumerator ?? "0"),
      BigInt(params.capDenominator ?? "1"),
    ];
    const part = (numerator * 10n ** 18n) / (denominator || 1n);
    return shownBps(Number(exactAmount(part)) * 10_000);
  };
  switch (id) {
    case "capped":
      return `Each prover is paid by its part of the work, and at most ${cap()} of its stake.`;
    case "work":
      return "Each prover is paid by its part of the work.";
    case "min-share":
      return "Each prover is paid by its part of the work or of the stake, whichever is less, with a boost.";
    default:
      return `It pays by the rule “${id ?? "without a name"}”.`;
  }
}

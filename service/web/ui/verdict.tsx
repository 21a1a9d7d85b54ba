// SPDX-License-Identifier: AGPL-3.0-only
import type { Address as Account } from "viem";
import { Link } from "wouter";
import type { EpochOutcome } from "../../audit/in-browser.ts";
import { shownCount } from "../format/amount.ts";
import { Panel } from "./states.tsx";
import { Address, Hash } from "./values.tsx";

const WORDS = {
  match: ["good", "MATCH", "What was posted is what the chain's logs come to."],
  mismatch: [
    "bad",
    "MISMATCH",
    "What was posted, or what the endpoint gave, is not what follows from the chain.",
  ],
  unproven: ["warn", "UNPROVEN", "It came out as posted, but the trusted block does not prove all of it."],
  unjudged: ["warn", "UNJUDGED", "What it depends on is not known well enough."],
} as const;

const CHECKS = {
  inputs: "Inputs match the chain",
  amounts: "Amounts match the policy",
  root: "Root matches the contract",
} as const;

const SHOWN = 10;

/** One epoch's three verdicts, and the first difference. */
export function Verdict({ outcome: { epoch, report, text } }: { outcome: EpochOutcome }) {
  const [kind, word, meaning] = WORDS[report.verdict];
  const { recomputed, verdicts, requests, calls, seconds, advice, read } = report;
  return (
    <Panel title={`Epoch ${epoch}, recomputed`}>
      <div className={`verdict ${kind}`} role="status">
        <strong>{word}</strong>
        <span>{meaning}</span>
      </div>
      <ul className="checks">
        {(Object.keys(CHECKS) as (keyof typeof CHECKS)[]).map((name) => {
          const { verdict, reason, findings } = verdicts[name];
          const [each, said] = WORDS[verdict];
          return (
            <li key={name}>
              <span className={`badge ${each}`}>{said}</span> {CHECKS[name]}
              {reason && <span className="note"> {reason}</span>}
              {findings.length > 0 && (
                <ol>
                  {findings.slice(0, SHOWN).map((finding) => (
                    <li key={`${finding.topic} ${finding.prover} ${finding.message}`}>
                      {finding.prover && (
                        <>
                          <Address of={finding.prover as Account} />:{" "}
                        </>
                      )}
                      {finding.message}
                      {finding.log && (
                        <span className="note">
                          {" "}
                          (log {finding.log.logIndex} of block {finding.log.block}, {finding.log.event},
                          transaction <Hash of={finding.log.transaction} what="transaction" />)
                        </span>
                      )}
                    </li>
                  ))}
                  {findings.length > SHOWN && (
                    <li>and {shownCount(findings.length - SHOWN)} more, in the report</li>
                  )}
                </ol>
              )}
            </li>
          );
        })}
      </ul>
      {advice && (
        <p>
          <strong>What to do:</strong> {advice}
        </p>
      )}
      <dl className="inline">
        {recomputed && (
          <>
            <div>
              <dt>Read</dt>
              <dd>
                {shownCount(recomputed.fulfilments)} proven, {shownCount(recomputed.misses)} missed,{" "}
                {shownCount(recomputed.provers)} provers
              </dd>
            </div>
            <div>
              <dt>Root</dt>
              <dd>
                <Hash of={recomputed.root} what="root" />
              </dd>
            </div>
          </>
        )}
        <div>
          <dt>Up to block</dt>
          <dd>
            {shownCount(BigInt(read.number))} <Hash of={read.hash} what="block hash" />
          </dd>
        </div>
        <div>
          <dt>Spent</dt>
          <dd>
            {shownCount(requests)} requests, {shownCount(calls)} calls, {seconds.toFixed(1)} s
          </dd>
        </div>
      </dl>
      <p className="note">{trustText(report)}</p>
      <p>
        <Link href={`/epochs/${epoch}`}>The epoch</Link>
      </p>
      <details>
        <summary>As the command prints it</summary>
        <pre className="mono">{text}</pre>
      </details>
    </Panel>
  );
}

function trustText({ state, endpoints }: EpochOutcome["report"]): string {
  if (state === "proven") return "Proven against the trusted block: nobody's word was taken.";
  const who = endpoints === null ? "the endpoint" : endpoints.asked.map(hostText).join(", ");
  return `The logs are proven to be those of the contracts' state; the state itself is believed of ${who}.`;
}

const hostText = (host: string) => (host === "wallet.invalid" ? "your wallet" : host);

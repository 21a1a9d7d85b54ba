// SPDX-License-Identifier: AGPL-3.0-only
import { useSource } from "../context.tsx";
import { shownBps, shownCount } from "../format/amount.ts";
import { policyWords } from "../format/policy.ts";
import { duration } from "../format/time.ts";
import type { Segment, Foundation as Told } from "../source/types.ts";
import { DueList } from "../ui/epoch.tsx";
import { AsOf, Badge, Empty, Figure, Figures, Missing, Notice, Panel, Result } from "../ui/states.tsx";
import { Address, Amount, Hash, Title } from "../ui/values.tsx";

/** What the foundation holds, owes, and will pay by. */
export default function Foundation() {
  const query = useSource(["foundation"], (source) => source.foundation());
  return (
    <>
      <Title>Foundation</Title>
      <p className="lead">
        What it has put up for rewards, what is promised of it, and the rules by which the next epochs pay.
        Promised tokens are out of everybody's reach.
      </p>
      <Result query={query} what="the foundation's funds" rows={5}>
        {({ at, value }) => (
          <>
            {value.shortfall > 0n && (
              <Notice kind="bad">
                <p>
                  Promises exceed the funds by <Amount wei={value.shortfall} />: no root that needs it can be
                  posted before more is sent to the distributor.
                </p>
              </Notice>
            )}
            <Funds value={value} />
            <Panel title="What is due">
              <DueList due={value.due} />
            </Panel>
            <Roles value={value} />
            <Segments value={value} />
            <AsOf at={at} />
          </>
        )}
      </Result>
    </>
  );
}

function Funds({ value }: { value: Told }) {
  const { funds, promised, surplus, carry, totalClaimed, budget, runway } = value;
  const part = funds === 0n ? 0 : Math.min(100, Number((promised * 100n) / funds));
  return (
    <Panel title="Funds">
      <Figures>
        <Figure label="Held by the distributor">
          <Amount wei={funds} />
        </Figure>
        <Figure label="Promised" note="unclaimed, carried, and the budgets of two epochs">
          <Amount wei={promised} />
        </Figure>
        <Figure label="Not promised">
          <Amount wei={surplus} />
        </Figure>
        {budget !== undefined && (
          <Figure label="Budget of an epoch now">
            <Amount wei={budget} />
          </Figure>
        )}
        {runway !== undefined && (
          <Figure label="Lasts for" note="epochs, the running one first">
            {runway === null ? "no end in sight" : shownCount(runway)}
          </Figure>
        )}
        <Figure label="Left by earlier epochs">
          <Amount wei={carry} />
        </Figure>
        <Figure label="Paid to provers so far">
          <Amount wei={totalClaimed} />
        </Figure>
      </Figures>
      <progress max={100} value={part} aria-label="Promised, of the funds">
        {part} %
      </progress>
      <p className="note">{shownBps(part * 100)} of the funds are promised.</p>
    </Panel>
  );
}

function Roles({ value: { publisher, auditors, auditorCount, quorum, window } }: { value: Told }) {
  return (
    <Panel title="Who decides">
      <Figures>
        {publisher && (
          <Figure label="Posts roots">
            <Address of={publisher} link={false} />
          </Figure>
        )}
        {quorum !== undefined && (
          <Figure
            label="Attestations that a root needs"
            note={
              auditorCount !== undefined &&
              `of ${auditorCount} ${auditorCount === 1 ? "auditor" : "auditors"}`
            }
          >
            {quorum}
          </Figure>
        )}
        {window !== undefined && <Figure label="Window for a veto">{duration(Number(window))}</Figure>}
      </Figures>
      <h3>Auditors</h3>
      {auditors === undefined ? (
        <Missing what="Who they are" />
      ) : auditors.length === 0 ? (
        <Empty>None is listed.</Empty>
      ) : (
        <ul className="votes">
          {auditors.map((auditor) => (
            <li key={auditor}>
              <Address of={auditor} link={false} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function stateOf({ state, fromEpoch, toEpoch }: Segment, all: readonly Segment[], current: number) {
  if (state !== undefined) return state;
  const next = all.find((other) => other.fromEpoch > fromEpoch);
  const last = toEpoch ?? (next === undefined ? undefined : next.fromEpoch - 1);
  if (fromEpoch > current) return "next";
  return last !== undefined && last < current ? "past" : "running";
}

const STATES = {
  past: ["info", "Past"],
  running: ["good", "In force"],
  next: ["warn", "Comes next"],
  replaced: ["info", "Replaced"],
} as const;

function Segments({ value: { segments, currentEpoch } }: { value: Told }) {
  return (
    <Panel title="Budgets and policies">
      {segments === undefined ? (
        <Missing what="By which policies" />
      ) : (
        [...segments].reverse().map((segment) => {
          const [kind, text] = STATES[stateOf(segment, segments, currentEpoch)];
          return (
            <section key={`${segment.fromEpoch}-${segment.policyHash}`} className="segment">
              <h3>
                From epoch {segment.fromEpoch}
                {segment.toEpoch !== undefined && <> to {segment.toEpoch}</>}{" "}
                <Badge kind={kind}>{text}</Badge>
              </h3>
              <p>
                <Amount wei={segment.budget} /> each epoch. Policy{" "}
                <Hash of={segment.policyHash} what="policy hash" />
              </p>
              <ul>
                {policyWords(segment.policy).map((line) => (
                  <li key={line}>{line}</li>
                ))}
              </ul>
              {segment.policy && (
                <details>
                  <summary>As it is written</summary>
                  <pre className="mono">{segment.policy}</pre>
                </details>
              )}
            </section>
          );
        })
      )}
    </Panel>
  );
}

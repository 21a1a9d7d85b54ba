// SPDX-License-Identifier: AGPL-3.0-only
import { Fragment } from "react";
import { Link } from "wouter";
import { useSource } from "../context.tsx";
import { shownCount } from "../format/amount.ts";
import type { EpochRow, Foundation } from "../source/types.ts";
import { DueList, EpochBadge } from "../ui/epoch.tsx";
import { AsOf, Empty, Panel, Result } from "../ui/states.tsx";
import { Address, Amount, Hash, Title, When } from "../ui/values.tsx";

/** From the running epoch through the window to the root that is paid. */
export default function Epochs() {
  const epochs = useSource(["epochs"], (source) => source.epochs());
  const foundation = useSource(["foundation"], (source) => source.foundation());
  return (
    <>
      <Title>Epochs</Title>
      <p className="lead">
        After each epoch one root says what everybody earned. It waits a window, in which auditors recompute
        it: enough of them have to attest, and one veto stops it.
      </p>
      {foundation.data && <Now value={foundation.data.value} latest={epochs.data?.value[0]} />}
      <Result query={epochs} what="the epochs" rows={6}>
        {({ at, value }) => (
          <>
            {value.length === 0 ? (
              <Empty>No root has been posted yet: the first comes after the first epoch.</Empty>
            ) : (
              <ol className="timeline">
                {value.map((row) => (
                  <Row key={row.epoch} row={row} />
                ))}
              </ol>
            )}
            <AsOf at={at} />
          </>
        )}
      </Result>
    </>
  );
}

function Now({ value: { currentEpoch, due }, latest }: { value: Foundation; latest: EpochRow | undefined }) {
  const ends = latest && latest.end + BigInt(currentEpoch - latest.epoch) * (latest.end - latest.start);
  return (
    <Panel title={`Epoch ${currentEpoch} runs`}>
      {ends !== undefined && !due.some(({ kind }) => kind === "wait") && (
        <p>
          It ends <When at={ends} absolute />.
        </p>
      )}
      <DueList due={due} />
    </Panel>
  );
}

/** So many auditors by their addresses; all of them are on the epoch's own screen. */
const NAMED = 3;

function Row({ row }: { row: EpochRow }) {
  const { epoch, start, end, status, root, cumulativeTotal, claimableAt, quorum, attestedBy = [] } = row;
  return (
    <li className={`panel ${status}`}>
      <header>
        <h2>
          <Link href={`/epochs/${epoch}`}>Epoch {epoch}</Link>
          <EpochBadge status={status} />
        </h2>
        <span className="note">
          <When at={start} /> to <When at={end} />
        </span>
      </header>
      <dl className="inline">
        {root !== undefined && (
          <div>
            <dt>Root</dt>
            <dd>
              <Hash of={root} what="root" />
            </dd>
          </div>
        )}
        {cumulativeTotal !== undefined && (
          <div>
            <dt>Earned in all epochs</dt>
            <dd>
              <Amount wei={cumulativeTotal} />
            </dd>
          </div>
        )}
        {claimableAt !== undefined && (
          <div>
            <dt>Window ends</dt>
            <dd>
              <When at={claimableAt} />
            </dd>
          </div>
        )}
        {quorum !== undefined && (
          <div>
            <dt>Attestations</dt>
            <dd>
              {attestedBy.length} of {quorum}
              {attestedBy.slice(0, NAMED).map(({ by }, i) => (
                <Fragment key={by}>
                  {i === 0 ? ", by " : ", "}
                  <Address of={by} link={false} copy={false} />
                </Fragment>
              ))}
              {attestedBy.length > NAMED && ` and ${shownCount(attestedBy.length - NAMED)} more`}
            </dd>
          </div>
        )}
      </dl>
    </li>
  );
}

// SPDX-License-Identifier: AGPL-3.0-only
import { Link } from "wouter";
import { useNow, useSource } from "../context.tsx";
import { shownCount } from "../format/amount.ts";
import { duration } from "../format/time.ts";
import type { EpochRow, Foundation } from "../source/types.ts";
import { EpochBadge } from "../ui/epoch.tsx";
import { AsOf, Empty, Panel, Result } from "../ui/states.tsx";
import { Amount, Hash, Title, When } from "../ui/values.tsx";

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

const DUE = {
  post: "has ended: its root is to be posted",
  repost: "was vetoed: its root is to be posted anew",
  window: "is in its window",
  attestations: "needs more attestations",
  wait: "runs",
} as const;

function Now({ value: { currentEpoch, due }, latest }: { value: Foundation; latest: EpochRow | undefined }) {
  const now = useNow();
  const ends = latest && latest.end + BigInt(currentEpoch - latest.epoch) * (latest.end - latest.start);
  return (
    <Panel title={`Epoch ${currentEpoch} runs`}>
      {ends !== undefined && !due.some(({ kind }) => kind === "wait") && (
        <p>
          It ends <When at={ends} absolute />.
        </p>
      )}
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
            {kind === "window" && latest && (
              <>
                : <Link href={`/audit?epoch=${epoch}`}>recompute it</Link>
              </>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Row({ row }: { row: EpochRow }) {
  const { epoch, start, end, status, root, cumulativeTotal, claimableAt, quorum } = row;
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
            <dt>Quorum</dt>
            <dd>{quorum}</dd>
          </div>
        )}
      </dl>
    </li>
  );
}

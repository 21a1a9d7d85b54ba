// SPDX-License-Identifier: AGPL-3.0-only

import { readContract } from "viem/actions";
import { useConnection } from "wagmi";
import { Link } from "wouter";
import { iRewardDistributorAbi } from "../../chain/abi.ts";
import type { Summary } from "../../core/summary.ts";
import type { PostContent } from "../../core/types.ts";
import { useChain, useNow, usePage, useSource } from "../context.tsx";
import { shownCount } from "../format/amount.ts";
import { duration } from "../format/time.ts";
import type { Act, EpochDetail } from "../source/types.ts";
import { Lacks } from "../ui/deposit.tsx";
import { EpochBadge } from "../ui/epoch.tsx";
import { AsOf, Empty, Figure, Figures, Missing, Notice, Panel, Result } from "../ui/states.tsx";
import { Address, Amount, Hash, Share, When } from "../ui/values.tsx";
import { vote } from "../wallet/calls.ts";
import { FlowState, SendButton, useFlow } from "../wallet/flow.tsx";
import { send } from "../wallet/sending.ts";

/** One epoch, by its number as the address has it; says so where that is no number of one. */
export default function Epoch({ epoch: text }: { epoch: string }) {
  const epoch = /^(0|[1-9][0-9]{0,8})$/.test(text) ? Number(text) : undefined;
  const query = useSource(
    ["epoch", epoch],
    (source) => source.epoch(epoch ?? 0).then((found) => ({ found })),
    { enabled: epoch !== undefined },
  );
  if (epoch === undefined) {
    return (
      <>
        <h1>No such epoch</h1>
        <p>
          An epoch has a number. <Link href="/epochs">See all epochs</Link>.
        </p>
      </>
    );
  }
  return (
    <>
      <header className="title">
        <h1>Epoch {epoch}</h1>
        {query.data?.found && <EpochBadge status={query.data.found.value.status} />}
        <Share />
      </header>
      <Result query={query} what="the epoch" rows={6}>
        {({ found }) =>
          found === null ? (
            <Empty>
              No root has been posted for it. <Link href="/epochs">See all epochs</Link>.
            </Empty>
          ) : (
            <>
              <Posted epoch={found.value} />
              <div className="panels">
                <Paid epoch={found.value} />
                <Votes epoch={found.value} />
              </div>
              <Vote key={String(found.value.postNumber)} epoch={found.value} />
              <AsOf at={found.at} />
            </>
          )
        }
      </Result>
    </>
  );
}

function Posted({ epoch }: { epoch: EpochDetail }) {
  const now = useNow();
  const { source } = usePage();
  const { start, end, root, datasetHash, snapshot, claimableAt, cumulativeTotal } = epoch;
  const left = claimableAt === undefined ? 0 : Number(claimableAt) - now;
  return (
    <Panel
      title="What was posted"
      aside={
        <span className="actions">
          {source.artifactUrl && (
            <a
              className="button"
              href={source.artifactUrl(epoch.epoch)}
              download={`artifact-${epoch.epoch}.json`}
            >
              Save the artifact
            </a>
          )}
          <Link href={`/audit?epoch=${epoch.epoch}`} className="button">
            Recompute it here
          </Link>
        </span>
      }
    >
      <Figures>
        <Figure label="From">
          <When at={start} />
        </Figure>
        <Figure label="To">
          <When at={end} />
        </Figure>
        {claimableAt !== undefined && (
          <Figure label="Window" note={<When at={claimableAt} absolute />}>
            {left > 0 ? <span className="countdown">{duration(left)} left</span> : "over"}
          </Figure>
        )}
        {cumulativeTotal !== undefined && (
          <Figure label="Earned in all epochs">
            <Amount wei={cumulativeTotal} />
          </Figure>
        )}
      </Figures>
      <dl className="inline">
        {root && (
          <div>
            <dt>Root</dt>
            <dd>
              <Hash of={root} what="root" />
            </dd>
          </div>
        )}
        {datasetHash && (
          <div>
            <dt>Dataset hash</dt>
            <dd>
              <Hash of={datasetHash} what="dataset hash" />
            </dd>
          </div>
        )}
        {snapshot && (
          <div>
            <dt>Last block</dt>
            <dd>
              {shownCount(snapshot.block)} <Hash of={snapshot.hash} what="block hash" />
            </dd>
          </div>
        )}
      </dl>
    </Panel>
  );
}

function Paid({ epoch: { result } }: { epoch: EpochDetail }) {
  return (
    <Panel title="What it paid">
      {result === undefined ? (
        <Missing what="What the epoch paid" />
      ) : (
        <>
          <Figures>
            <Figure label="Paid">
              <Amount wei={result.added} />
            </Figure>
            <Figure label="Budget">
              <Amount wei={result.budget} />
            </Figure>
            <Figure label="From before">
              <Amount wei={result.carryIn} />
            </Figure>
            <Figure label="Left for later">
              <Amount wei={result.carryOut} />
            </Figure>
            {result.dropped > 0n && (
              <Figure label="Given up" note="beyond one budget nothing is carried">
                <Amount wei={result.dropped} />
              </Figure>
            )}
            <Figure
              label="Provers"
              note={`${shownCount(result.fulfilments)} proven, ${shownCount(result.misses)} missed`}
            >
              {shownCount(result.provers)}
            </Figure>
          </Figures>
          <p>{whyLeft(result)}</p>
        </>
      )}
    </Panel>
  );
}

/** Why not all was paid, in words. */
function whyLeft({ added, budget, carryIn, policy, fulfilments }: Summary): string {
  if (fulfilments === 0) return "Nothing was proven, so nothing was paid.";
  if (added === budget + carryIn) return "All that there was has been paid.";
  const caps =
    policy.id === "capped"
      ? "no prover is paid more than its stake allows, and none more than its work's fees, or the policy's match of them, come to"
      : "the policy pays for work only, and each prover up to its bounds";
  return `Money was left because ${caps}. What is left goes to later epochs.`;
}

function Votes({ epoch: { attestedBy, vetoedBy, attestations, quorum, status } }: { epoch: EpochDetail }) {
  return (
    <Panel title="Who looked at it">
      {attestations !== undefined && quorum !== undefined && (
        <p>
          {attestations} of {quorum} attestations{attestations >= quorum ? ": enough" : ""}.
        </p>
      )}
      {attestedBy === undefined || vetoedBy === undefined ? (
        <Missing what="By whom" />
      ) : attestedBy.length + vetoedBy.length === 0 ? (
        <Empty>{status === "pending" ? "Nobody has yet." : "Nobody did."}</Empty>
      ) : (
        <ul className="votes">
          {vetoedBy.map((act) => (
            <VoteLine key={`veto ${act.by} ${act.block}`} act={act} how="vetoed" />
          ))}
          {attestedBy.map((act) => (
            <VoteLine key={`attest ${act.by} ${act.block}`} act={act} how="attested" />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function VoteLine({ act: { by, time, block, transaction }, how }: { act: Act; how: string }) {
  return (
    <li>
      <Address of={by} link={false} /> {how}{" "}
      {time !== undefined ? <When at={time} /> : block !== undefined ? `in block ${shownCount(block)}` : ""}{" "}
      {transaction && <Hash of={transaction} what="transaction" />}
    </li>
  );
}

/** For listed auditors, while the root waits; what became of a vote is told after that, too. */
function Vote({ epoch }: { epoch: EpochDetail }) {
  const { network } = usePage();
  const { address } = useConnection();
  const flow = useFlow();
  const isPending = epoch.status === "pending";
  const standing = useChain(
    ["auditor", address],
    (client) =>
      readContract(client, {
        ...{ address: network.distributor, abi: iRewardDistributorAbi, functionName: "auditor" },
        args: [address as `0x${string}`],
      } as const),
    { enabled: address !== undefined && isPending },
  );
  const post = isPending && standing.data?.listed ? contentOf(epoch) : undefined;
  if (post === undefined && flow.step === undefined && flow.error === undefined) return null;
  const cast = (how: "attest" | "veto") =>
    post &&
    flow.run((sender) =>
      send(sender, vote(network.distributor, how, post), how === "attest" ? "Attest" : "Veto"),
    );
  return (
    <Panel title="You are a listed auditor">
      <Notice kind="warn">
        <p>
          Say yes only to what you have recomputed yourself, by an endpoint of your own choice:{" "}
          <Link href={`/audit?epoch=${epoch.epoch}`}>recompute it here</Link>.
        </p>
      </Notice>
      {post && (
        <div className="actions">
          <SendButton flow={flow} className="primary" onClick={() => cast("attest")}>
            Attest
          </SendButton>
          <SendButton flow={flow} onClick={() => cast("veto")}>
            Veto
          </SendButton>
          <Lacks lacks={flow.lacks} />
        </div>
      )}
      <FlowState flow={flow} done="Said." />
    </Panel>
  );
}

/** What attestations and vetoes name; undefined while the source does not tell all of it. */
function contentOf({ epoch, postNumber, ...told }: EpochDetail): PostContent | undefined {
  const { root, cumulativeTotal, datasetHash, snapshot } = told;
  if (!root || !datasetHash || !snapshot || postNumber === undefined || cumulativeTotal === undefined) {
    return undefined;
  }
  return {
    ...{ epoch: BigInt(epoch), postNumber, root, cumulativeTotal, datasetHash },
    ...{ snapshotBlock: snapshot.block, snapshotHash: snapshot.hash },
  };
}

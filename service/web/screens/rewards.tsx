// SPDX-License-Identifier: AGPL-3.0-only
import { useQueries } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type Address as Account, getAddress, isAddress } from "viem";
import { useConnection } from "wagmi";
import { Link, useSearchParams } from "wouter";
import { useKeptLeaves } from "../audit/leaves.ts";
import { useNow, usePage } from "../context.tsx";
import { shownCount } from "../format/amount.ts";
import type { Claim } from "../source/types.ts";
import { Lacks } from "../ui/deposit.tsx";
import { saveFile } from "../ui/files.ts";
import { AsOf, Badge, Empty, Failure, Figure, Figures, Loading, Notice, Panel } from "../ui/states.tsx";
import { Address, Amount, Hash, Share, When } from "../ui/values.tsx";
import { claimRewards } from "../wallet/calls.ts";
import { FlowState, SendButton, useFlow } from "../wallet/flow.tsx";
import { send } from "../wallet/sending.ts";

/** What provers have earned and not been paid, with proofs; anybody may send the claims. */
export default function Rewards() {
  const [search, setSearch] = useSearchParams();
  const { address: own } = useConnection();
  const named = (search.get("of") ?? "").split(",").filter((text) => isAddress(text, { strict: false }));
  const shown = named.length > 0 ? named.map((text) => getAddress(text)) : own === undefined ? [] : [own];
  return (
    <>
      <h1>Rewards</h1>
      <p className="lead">
        What the foundation's active root says each prover earned. A claim only ever pays into the prover's
        own vault and commission account, whoever sends it.
      </p>
      <Choose shown={shown} onChoose={(accounts) => setSearch({ of: accounts.join(",") })} />
      {shown.length > 0 && <Claims provers={shown} />}
    </>
  );
}

function Choose({ shown, onChoose }: { shown: readonly Account[]; onChoose: (accounts: Account[]) => void }) {
  const [error, setError] = useState<string>();
  const add = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const texts = String(new FormData(form).get("provers"))
      .split(/[\s,;]+/)
      .filter(Boolean);
    const wrong = texts.find((text) => !isAddress(text, { strict: false }));
    if (wrong !== undefined) {
      setError(`${wrong.slice(0, 50)} is no address: it is 0x and 40 hexadecimal digits.`);
      return;
    }
    setError(undefined);
    onChoose([...new Set([...shown, ...texts.map((text) => getAddress(text))])]);
    form.reset();
  };
  return (
    <form onSubmit={add} className="tools">
      <label>
        <span>Provers</span>
        <input name="provers" placeholder="0x…, 0x…" spellCheck={false} autoComplete="off" required />
      </label>
      <button type="submit">Show</button>
      {shown.length > 0 && <Share />}
      {error && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
    </form>
  );
}

function Claims({ provers }: { provers: readonly Account[] }) {
  const { source, network } = usePage();
  const kept = useKeptLeaves();
  const flow = useFlow();
  const claimOf = source.claim ?? kept?.claim;
  const queries = useQueries({
    queries: provers.map((prover) => ({
      queryKey: [network.chainId, network.distributor, "claim", prover, kept?.root],
      queryFn: async () => {
        const [found, at] = await Promise.all([claimOf?.(prover, "active"), source.head()]);
        return { found: found ?? null, at };
      },
      enabled: claimOf !== undefined,
      refetchInterval: 10_000,
    })),
  });
  if (claimOf === undefined) {
    return (
      <Notice kind="warn">
        <p>
          A claim needs the Merkle proof, which the chain alone does not hold.{" "}
          <Link href="/audit">Recompute the latest epoch here</Link>: the proofs come of it.
        </p>
      </Notice>
    );
  }
  const open = queries.flatMap(({ data }) =>
    data?.found && data.found.status === "active" && data.found.claimable > 0n ? [data.found] : [],
  );
  const sum = open.reduce((all, { claimable }) => all + claimable, 0n);
  return (
    <>
      {provers.length > 1 && (
        <Panel title="All of them">
          <Figures>
            <Figure
              label="Claimable now"
              note={`${shownCount(open.length)} of ${shownCount(provers.length)} provers`}
            >
              <Amount wei={sum} />
            </Figure>
          </Figures>
          <ClaimButton claims={open} flow={flow} label="Claim for all" />
        </Panel>
      )}
      {provers.map((prover, index) => {
        const { data, error, refetch } = queries[index] ?? {};
        return (
          <section className="panel" key={prover} aria-label={`Rewards of ${prover}`}>
            <header>
              <h2>
                <Address of={prover} />
              </h2>
            </header>
            {data === undefined ? (
              error ? (
                <Failure error={error} retry={() => void refetch?.()} />
              ) : (
                <Loading what="the claim" rows={2} />
              )
            ) : data.found === null ? (
              <Empty>The active root holds nothing for this address, or there is none yet.</Empty>
            ) : (
              <ClaimPanel claim={data.found} isAlone={provers.length === 1} />
            )}
            {data && <AsOf at={data.at} />}
          </section>
        );
      })}
    </>
  );
}

function ClaimPanel({ claim, isAlone }: { claim: Claim; isAlone: boolean }) {
  const { source } = usePage();
  const now = useNow();
  const flow = useFlow();
  const {
    epoch,
    status,
    claimableFrom,
    attestations,
    quorum,
    cumulative,
    cumulativeCommission,
    claimed,
    claimable,
  } = claim;
  const text = JSON.stringify(claim, (_, value) => (typeof value === "bigint" ? String(value) : value), 2);
  return (
    <>
      <Figures>
        <Figure
          label="Claimable"
          note={claimable === 0n ? "all of it was claimed" : "into vault and commission"}
        >
          <Amount wei={claimable} />
        </Figure>
        <Figure
          label="Earned in all epochs"
          note={
            <>
              commission <Amount wei={cumulativeCommission} />
            </>
          }
        >
          <Amount wei={cumulative} />
        </Figure>
        <Figure label="Claimed so far">
          <Amount wei={claimed} />
        </Figure>
        <Figure label="Root of epoch" note={`${attestations} of ${quorum} attestations`}>
          <Link href={`/epochs/${epoch}`}>{epoch}</Link>
          {status === "active" ? <Badge kind="good">Active</Badge> : <Badge kind="info">Pending</Badge>}
        </Figure>
      </Figures>
      {status === "pending" && (
        <p>
          Claimable <When at={claimableFrom} absolute />
          {Number(claimableFrom) <= now && attestations < quorum && ", once enough auditors have attested"}.
        </p>
      )}
      <details>
        <summary>The Merkle proof, {shownCount(claim.merkleProof.length)} hashes</summary>
        <p>
          Root <Hash of={claim.root} what="root" />
        </p>
        <ol className="hashes">
          {claim.merkleProof.map((hash) => (
            <li key={hash} className="mono">
              {hash}
            </li>
          ))}
        </ol>
        <div className="actions">
          <button type="button" onClick={() => saveFile(`proof-${claim.prover}-epoch-${epoch}.json`, text)}>
            Save the proof
          </button>
          {source.artifactUrl && (
            <a className="button" href={source.artifactUrl(epoch)} download={`artifact-${epoch}.json`}>
              Save the artifact
            </a>
          )}
        </div>
      </details>
      {isAlone || claimable > 0n || flow.step !== undefined || flow.error !== undefined ? (
        <ClaimButton
          claims={claimable > 0n && status === "active" ? [claim] : []}
          flow={flow}
          label="Claim"
        />
      ) : null}
    </>
  );
}

function ClaimButton({
  claims,
  flow,
  label,
}: {
  claims: readonly Claim[];
  flow: ReturnType<typeof useFlow>;
  label: string;
}) {
  const { network } = usePage();
  return (
    <>
      <div className="actions">
        <SendButton
          flow={flow}
          className="primary"
          isReady={claims.length > 0}
          onClick={() => flow.run((sender) => send(sender, claimRewards(network.distributor, claims), label))}
        >
          {flow.isBusy ? "Claiming…" : label}
        </SendButton>
        <Lacks lacks={flow.lacks} />
      </div>
      <FlowState flow={flow} done="Claimed: it is in the vault, and vests there." />
    </>
  );
}

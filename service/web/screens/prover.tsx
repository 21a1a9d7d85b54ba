// SPDX-License-Identifier: AGPL-3.0-only
import { lazy, Suspense, useMemo } from "react";
import { type Address as Account, getAddress, isAddress } from "viem";
import { Link } from "wouter";
import { useSource } from "../context.tsx";
import { exactAmount, shownBps, shownCount } from "../format/amount.ts";
import type { EpochRecord, PricePoint, ProverDetail } from "../source/types.ts";
import { Deposit } from "../ui/deposit.tsx";
import { Announcements, ReturnOf, StateBadge } from "../ui/prover.tsx";
import { AsOf, Badge, Empty, Figure, Figures, Missing, Panel, Result, Scrolling } from "../ui/states.tsx";
import { Address, Amount, Hash, Share, When } from "../ui/values.tsx";

const Chart = lazy(() => import("../ui/chart.tsx"));

/** One prover, by its address, with or without its checksum; says so where it is no address. */
export default function Prover({ address }: { address: string }) {
  if (!isAddress(address, { strict: false })) {
    return (
      <>
        <h1>No such prover</h1>
        <p>
          {address.slice(0, 60)} is no address. <Link href="/">See all provers</Link>.
        </p>
      </>
    );
  }
  return <Known address={getAddress(address)} />;
}

function Known({ address }: { address: Account }) {
  const query = useSource(["prover", address], (source) =>
    source.prover(address).then((found) => ({ found })),
  );
  return (
    <>
      <header className="title">
        <h1>
          Prover <Address of={address} link={false} />
        </h1>
        {query.data?.found && <StateBadge state={query.data.found.value.state} always />}
        <Share />
      </header>
      <Result query={query} what="the prover" rows={8}>
        {({ found }) =>
          found === null ? (
            <Empty>
              Nobody has registered with this address. <Link href="/">See all provers</Link>.
            </Empty>
          ) : (
            <>
              <div className="panels">
                <Summary prover={found.value} />
                <Panel title="Stake with it">
                  <Deposit prover={found.value} />
                </Panel>
              </div>
              <Charts prices={found.value.prices} />
              <Record epochs={found.value.epochs} />
              <div className="panels">
                <Assignments prover={found.value} />
                <Slashes prover={found.value} />
              </div>
              <AsOf at={found.at} />
            </>
          )
        }
      </Result>
    </>
  );
}

function Summary({ prover }: { prover: ProverDetail }) {
  const { stake, selfStake, free, locked, sharePrice, unbonding, unvested, vestingEnd, commission } = prover;
  const { announced, commissionOwed, onTimeBps, fulfilments, misses, returns } = prover;
  const all = stake + (unbonding ?? 0n);
  return (
    <Panel title="As it stands">
      <Figures>
        <Figure label="Stake">
          <Amount wei={stake} />
        </Figure>
        {selfStake !== undefined && (
          <Figure label="Its own of that">
            <Amount wei={selfStake} />
          </Figure>
        )}
        {sharePrice !== undefined && (
          <Figure label="A share is worth">
            <Amount wei={sharePrice} />
          </Figure>
        )}
        <Figure
          label="At risk now"
          note={`${shownBps(Number((locked * 10_000n) / (all || 1n)))} of each stake, if all open work is missed`}
        >
          <Amount wei={locked} />
        </Figure>
        <Figure label="Free for new work">
          <Amount wei={free} />
        </Figure>
        {unbonding !== undefined && (
          <Figure label="Leaving" note="bears slashes until taken out">
            <Amount wei={unbonding} />
          </Figure>
        )}
        {unvested !== undefined && unvested > 0n && (
          <Figure
            label="Still vesting"
            note={
              vestingEnd !== undefined && (
                <>
                  until <When at={vestingEnd} />
                </>
              )
            }
          >
            <Amount wei={unvested} />
          </Figure>
        )}
        <Figure
          label="Commission"
          note={
            commission.fees !== undefined &&
            `${shownBps(commission.fees)} of fees, ${shownBps(commission.rewards)} of rewards`
          }
        >
          {shownBps(commission.rewards)}
          <Announcements of={announced} short />
        </Figure>
        {commissionOwed !== undefined && (
          <Figure label="Commission owed to it">
            <Amount wei={commissionOwed} />
          </Figure>
        )}
        {onTimeBps !== undefined && (
          <Figure
            label="On time"
            note={`${shownCount(fulfilments ?? 0)} proven, ${shownCount(misses ?? 0)} missed`}
          >
            {onTimeBps === null ? "–" : shownBps(onTimeBps)}
          </Figure>
        )}
        {returns?.map((each) => (
          <Figure
            key={each.days}
            label={each.days === 0 ? "Net return since it registered" : `Net return, ${each.days} days`}
            note={`${each.epochs} whole epochs`}
          >
            <ReturnOf of={each} />
          </Figure>
        ))}
      </Figures>
    </Panel>
  );
}

const asNumber = (wei: bigint) => Number(exactAmount(wei));
const priceText = (value: number) =>
  new Intl.NumberFormat(undefined, { maximumFractionDigits: 4 }).format(value);
const stakeText = (value: number) =>
  new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 }).format(value);

function Charts({ prices }: { prices: readonly PricePoint[] | undefined }) {
  const data = useMemo(() => {
    const all = prices ?? [];
    return {
      times: all.map(({ time }) => Number(time)),
      prices: all.map(({ price }) => asNumber(price)),
      stakes: all.map(({ stake }) => asNumber(stake)),
    };
  }, [prices]);
  if (prices === undefined) {
    return (
      <Panel title="History">
        <Missing what="Share price and stake by epoch" />
      </Panel>
    );
  }
  if (prices.length < 2) return null;
  return (
    <div className="panels">
      <Panel title="Share price">
        <Suspense fallback={<div className="chart" />}>
          <Chart title="What a share was worth" times={data.times} values={data.prices} show={priceText} />
        </Suspense>
      </Panel>
      <Panel title="Stake over time">
        <Suspense fallback={<div className="chart" />}>
          <Chart title="The vault's active assets" times={data.times} values={data.stakes} show={stakeText} />
        </Suspense>
      </Panel>
    </div>
  );
}

const LIMITS: Readonly<Record<string, string>> = {
  none: "Its part by work, in full",
  stake: "Its stake: more work than the stake may be paid for",
  "fee-match": "The fees that its work brought in",
  "min-stake": "Too little stake to be paid at all",
  excluded: "It is on the policy's list of exclusions",
};

function Record({ epochs }: { epochs: readonly EpochRecord[] | undefined }) {
  return (
    <Panel title="Record by epoch">
      {epochs === undefined ? (
        <Missing what="Work, fees and rewards by epoch" />
      ) : epochs.length === 0 ? (
        <Empty>No epoch has passed since it registered.</Empty>
      ) : (
        <Scrolling label="Record by epoch">
          <table>
            <thead>
              <tr>
                <th scope="col">Epoch</th>
                <th scope="col">Proven</th>
                <th scope="col">Missed</th>
                <th scope="col">On time</th>
                <th scope="col">Fees</th>
                <th scope="col">Stake</th>
                <th scope="col">Reward</th>
                <th scope="col">Commission</th>
                <th scope="col" className="text">
                  Limited by
                </th>
              </tr>
            </thead>
            <tbody>
              {epochs.map((each) => (
                <tr key={each.epoch}>
                  <td>
                    <Link href={`/epochs/${each.epoch}`}>{each.epoch}</Link>
                    {each.running && <Badge kind="info">runs</Badge>}
                  </td>
                  <td>{shownCount(each.fulfilments)}</td>
                  <td>{shownCount(each.misses)}</td>
                  <td>{each.onTimeBps === null ? "–" : shownBps(each.onTimeBps)}</td>
                  <td>
                    <Amount wei={each.fees} unit={false} />
                  </td>
                  <td>
                    <Amount wei={each.stake} unit={false} />
                  </td>
                  <td>{each.reward === undefined ? "–" : <Amount wei={each.reward} unit={false} />}</td>
                  <td>
                    {each.commission === undefined ? "–" : <Amount wei={each.commission} unit={false} />}
                  </td>
                  <td className="text">
                    {each.limitedBy === undefined ? "–" : (LIMITS[each.limitedBy] ?? each.limitedBy)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolling>
      )}
    </Panel>
  );
}

function Assignments({ prover: { assignments, open } }: { prover: ProverDetail }) {
  return (
    <Panel title="Open work">
      {assignments === undefined ? (
        open === undefined ? (
          <Missing what="Open assignments" />
        ) : (
          <p>{shownCount(open)} assignments are open.</p>
        )
      ) : assignments.length === 0 ? (
        <Empty>Nothing is assigned to it now.</Empty>
      ) : (
        <Scrolling label="Open work">
          <table>
            <thead>
              <tr>
                <th scope="col">Request</th>
                <th scope="col">Pays</th>
                <th scope="col">A miss costs</th>
                <th scope="col">Deadline</th>
              </tr>
            </thead>
            <tbody>
              {assignments.map(({ id, price, locked, deadline }) => (
                <tr key={id}>
                  <td>
                    <Hash of={id} what="request" />
                  </td>
                  <td>{price !== undefined && <Amount wei={price} />}</td>
                  <td>{locked !== undefined && <Amount wei={locked} />}</td>
                  <td>
                    <When at={deadline} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolling>
      )}
    </Panel>
  );
}

const CAUSES: Readonly<Record<string, string>> = {
  missed: "A deadline was missed",
  unrevealed: "A bid was not revealed",
  other: "Slashed by another market",
};

function Slashes({ prover: { slashes } }: { prover: ProverDetail }) {
  return (
    <Panel title="Slashes">
      {slashes === undefined ? (
        <Missing what="Slashes and their causes" />
      ) : slashes.length === 0 ? (
        <Empty>It was never slashed.</Empty>
      ) : (
        <Scrolling label="Slashes">
          <table>
            <thead>
              <tr>
                <th scope="col">Why</th>
                <th scope="col">Amount</th>
                <th scope="col">When</th>
              </tr>
            </thead>
            <tbody>
              {slashes.map(({ cause, amount, block, time, request }) => (
                <tr key={`${block}-${request}-${amount}`}>
                  <td>{CAUSES[cause] ?? cause}</td>
                  <td>
                    <Amount wei={amount} />
                  </td>
                  <td>{time === undefined ? `block ${shownCount(block)}` : <When at={time} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolling>
      )}
    </Panel>
  );
}

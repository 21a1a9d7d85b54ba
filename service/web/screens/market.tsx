// SPDX-License-Identifier: AGPL-3.0-only
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePage } from "../context.tsx";
import type { RequestPage, RequestRow } from "../source/types.ts";
import { AsOf, Badge, Empty, Failure, Loading, Missing, Scrolling } from "../ui/states.tsx";
import { Address, Amount, Hash, Title, When } from "../ui/values.tsx";

type Which = "all" | "open" | "ended";

/** What requesters ask for, what became of it, and at what price. */
export default function Market() {
  const { source } = usePage();
  return (
    <>
      <Title>Market</Title>
      <p className="lead">
        Requests for proofs. Provers seal their bids; the lowest wins, and is paid what the second lowest
        asked; who wins and does not deliver pays from its stake.
      </p>
      {source.requests === undefined ? <Missing what="Requests and bids" /> : <Requests />}
    </>
  );
}

function Requests() {
  const { source, network } = usePage();
  const [which, setWhich] = useState<Which>("all");
  const query = useInfiniteQuery({
    queryKey: [network.chainId, network.distributor, "requests", which],
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }: RequestPage) => next,
    refetchInterval: 15_000,
    queryFn: ({ pageParam }) => {
      if (source.requests === undefined) throw new Error("this source has no requests");
      return source.requests(pageParam, which);
    },
  });
  const rows = query.data?.pages.flatMap((page) => page.rows);
  const at = query.data?.pages[0]?.at;
  return (
    <>
      <div className="tools">
        <label>
          <span>Show</span>
          <select value={which} onChange={(event) => setWhich(event.target.value as Which)}>
            <option value="all">All requests</option>
            <option value="open">Open ones</option>
            <option value="ended">Ended ones</option>
          </select>
        </label>
      </div>
      {query.error && <Failure error={query.error} retry={() => void query.refetch()} />}
      {rows === undefined ? (
        !query.error && <Loading what="the requests" rows={6} />
      ) : rows.length === 0 ? (
        <Empty>{which === "open" ? "Nothing is open now." : "Nobody has requested anything yet."}</Empty>
      ) : (
        <Scrolling label="Requests" isPanel>
          <table>
            <thead>
              <tr>
                <th scope="col">Request</th>
                <th scope="col" className="text">
                  State
                </th>
                <th scope="col" className="text">
                  Requester
                </th>
                <th scope="col" className="text">
                  Prover
                </th>
                <th scope="col">Bids</th>
                <th scope="col">At most</th>
                <th scope="col">Price</th>
                <th scope="col">Deadline</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row key={row.id} row={row} />
              ))}
            </tbody>
          </table>
        </Scrolling>
      )}
      {query.hasNextPage && (
        <div className="actions">
          <button
            type="button"
            aria-disabled={query.isFetchingNextPage}
            onClick={() => {
              if (!query.isFetchingNextPage) void query.fetchNextPage();
            }}
          >
            {query.isFetchingNextPage ? "Reading…" : "Show older ones"}
          </button>
        </div>
      )}
      {at && <AsOf at={at} />}
    </>
  );
}

const STATES: Readonly<Record<string, readonly ["good" | "bad" | "warn" | "info", string]>> = {
  committing: ["info", "Bids are taken"],
  revealing: ["info", "Bids are revealed"],
  assigned: ["info", "Being proven"],
  overdue: ["warn", "Overdue"],
  unassigned: ["warn", "No bid"],
  fulfilled: ["good", "Proven"],
  missed: ["bad", "Missed"],
  closed: ["info", "Closed"],
  cancelled: ["info", "Cancelled"],
  withdrawn: ["warn", "Verifier withdrawn"],
};

function Row({ row: { id, state, requester, prover, bids, maxFee, price, deadline } }: { row: RequestRow }) {
  const [kind, text] = STATES[state] ?? ["info", state];
  return (
    <tr>
      <td>
        <Hash of={id} what="request" />
      </td>
      <td className="text">
        <Badge kind={kind}>{text}</Badge>
      </td>
      <td className="text">
        <Address of={requester} link={false} copy={false} />
      </td>
      <td className="text">{prover === undefined ? "–" : <Address of={prover} copy={false} />}</td>
      <td>{bids ?? "–"}</td>
      <td>
        <Amount wei={maxFee} unit={false} />
      </td>
      <td>{price === undefined ? "–" : <Amount wei={price} unit={false} />}</td>
      <td>
        <When at={deadline} />
      </td>
    </tr>
  );
}

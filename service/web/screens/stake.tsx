// SPDX-License-Identifier: AGPL-3.0-only
import { type FormEvent, useState } from "react";
import { type Address as Account, erc4626Abi, getAddress, isAddress } from "viem";
import { readContract } from "viem/actions";
import { useConnection } from "wagmi";
import { Link, useSearchParams } from "wouter";
import { useNow, usePage, useSource } from "../context.tsx";
import { duration } from "../format/time.ts";
import type { Position } from "../source/types.ts";
import { AmountField, readTyped } from "../ui/amount-field.tsx";
import { Lacks } from "../ui/deposit.tsx";
import { useUnbondingDelay } from "../ui/rules.ts";
import { AsOf, Badge, Empty, Figure, Figures, Panel, Result, Scrolling } from "../ui/states.tsx";
import { Address, Amount, Gain, Title, When } from "../ui/values.tsx";
import { requestExit, takeOut } from "../wallet/calls.ts";
import { type Flow, FlowState, SendButton, useFlow } from "../wallet/flow.tsx";
import { send } from "../wallet/sending.ts";

/** What an account has in all vaults: the wallet's, or whose address the page's names. */
export default function Stake() {
  const [search, setSearch] = useSearchParams();
  const { address: own } = useConnection();
  const named = search.get("of");
  const shown = named !== null && isAddress(named, { strict: false }) ? getAddress(named) : own;
  return (
    <>
      <Title path={shown && `/stake?of=${shown}`}>My stake</Title>
      <p className="lead">
        What is in each prover's vault, what it came to, and the way out: request an exit, wait, take it out.
      </p>
      {shown === undefined ? (
        <NobodyYet onLook={(account) => setSearch({ of: account })} />
      ) : (
        <>
          {shown !== own && (
            <p>
              As anybody can see it: <Address of={shown} link={false} />{" "}
              <button type="button" className="link" onClick={() => setSearch({})}>
                See mine
              </button>
            </p>
          )}
          <Positions owner={shown} isOwn={shown === own} />
        </>
      )}
    </>
  );
}

function NobodyYet({ onLook }: { onLook: (account: Account) => void }) {
  const [error, setError] = useState<string>();
  const look = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get("account")).trim();
    if (isAddress(text, { strict: false })) onLook(getAddress(text));
    else setError("No address: it is 0x and 40 hexadecimal digits.");
  };
  return (
    <section className="panel narrow">
      <h2>Connect a wallet to see your stake</h2>
      <p>Or look at any account's: all of it is public.</p>
      <form onSubmit={look} className="stacked">
        <label>
          Account
          <input name="account" placeholder="0x…" spellCheck={false} autoComplete="off" />
        </label>
        {error && (
          <p className="error" role="alert">
            {error}
          </p>
        )}
        <button type="submit">Look</button>
      </form>
    </section>
  );
}

function Positions({ owner, isOwn }: { owner: Account; isOwn: boolean }) {
  const query = useSource(["positions", owner], (source) => source.positions(owner));
  // Outlives the exits, and the position, which are gone once all is taken out.
  const takingOut = useFlow();
  return (
    <>
      <FlowState flow={takingOut} done="Taken out: the tokens are in the account." />
      <Result query={query} what="positions">
        {({ at, value }) => {
          if (value.length === 0) {
            return (
              <Empty>
                Nothing is staked. <Link href="/">Choose a prover</Link> and deposit there.
              </Empty>
            );
          }
          const sum = (of: (position: Position) => bigint | undefined) =>
            value.reduce((all, position) => all + (of(position) ?? 0n), 0n);
          const leaving = sum(({ exits }) => exits.reduce((all, { worth }) => all + worth, 0n));
          const [vesting, rounding] = [sum((each) => each.vesting), sum((each) => each.rounding)];
          const isWhole = value.every(({ gained }) => gained !== undefined);
          return (
            <>
              <Panel title="All vaults">
                <Figures>
                  <Figure label="Worth now">
                    <Amount wei={sum(({ worth }) => worth)} />
                  </Figure>
                  <Figure label="Leaving" note="requested, not taken out">
                    <Amount wei={leaving} />
                  </Figure>
                  {isWhole && (
                    <>
                      <Figure label="Put in">
                        <Amount wei={sum(({ putIn }) => putIn)} />
                      </Figure>
                      <Figure
                        label="Gained"
                        note={
                          <>
                            after commission and slashes
                            {vesting > rounding && (
                              <>
                                ; <Amount wei={vesting} /> still vests
                              </>
                            )}
                          </>
                        }
                      >
                        <Gain wei={sum(({ gained }) => gained)} rounding={rounding} />
                      </Figure>
                    </>
                  )}
                </Figures>
                <AsOf at={at} />
              </Panel>
              {value.map((position) => (
                <PositionPanel key={position.vault} {...{ position, owner, isOwn, takingOut }} />
              ))}
            </>
          );
        }}
      </Result>
    </>
  );
}

interface PositionProps {
  readonly position: Position;
  readonly owner: Account;
  readonly takingOut: Flow;
}

function PositionPanel({ isOwn, ...props }: PositionProps & { readonly isOwn: boolean }) {
  const { position, owner } = props;
  const { prover, shares, worth, putIn, gained, rounding = 0n, vesting = 0n, exits } = position;
  return (
    <section className="panel" aria-label={`Vault of ${prover}`}>
      <header>
        <h2>
          <Address of={prover} />
        </h2>
        <Link href={`/provers/${prover}`} className="button">
          Deposit more
        </Link>
      </header>
      <Figures>
        <Figure label="Worth now">
          <Amount wei={worth} />
        </Figure>
        <Figure label="Shares">
          <Amount wei={shares} unit={false} />
        </Figure>
        {putIn !== undefined && (
          <Figure label="Put in">
            <Amount wei={putIn} />
          </Figure>
        )}
        {gained !== undefined && (
          <Figure
            label="Gained"
            note={
              vesting > rounding && (
                <>
                  and <Amount wei={vesting} /> that still vests
                </>
              )
            }
          >
            <Gain wei={gained} rounding={rounding} />
          </Figure>
        )}
      </Figures>
      {exits.length > 0 && <Exits {...props} />}
      {isOwn && <RequestExit position={position} owner={owner} />}
    </section>
  );
}

function Exits({ position: { vault, exits }, owner, takingOut: flow }: PositionProps) {
  const now = useNow();
  const due = exits.filter(({ dueAt }) => Number(dueAt) <= now);
  const dueWorth = due.reduce((sum, { worth }) => sum + worth, 0n);
  return (
    <>
      <h3>Exits</h3>
      <Scrolling label="Exits">
        <table>
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Worth now</th>
              <th scope="col">Was worth</th>
              <th scope="col">Requested</th>
              <th scope="col">Due</th>
            </tr>
          </thead>
          <tbody>
            {exits.map(({ number, worth, priced, requestedAt, dueAt }) => (
              <tr key={String(number)}>
                <td>
                  {Number(dueAt) <= now ? <Badge kind="good">Due</Badge> : <Badge kind="info">Waits</Badge>}
                </td>
                <td>
                  <Amount wei={worth} />
                </td>
                <td>{priced === undefined ? "–" : <Amount wei={priced} />}</td>
                <td>{requestedAt === undefined ? "–" : <When at={requestedAt} />}</td>
                <td>
                  <When at={dueAt} absolute />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolling>
      <p className="note">Until it is taken out all of an exit can still be slashed, also after it is due.</p>
      <div className="actions">
        <SendButton
          flow={flow}
          className="primary"
          isReady={due.length > 0}
          onClick={() => flow.run((sender) => send(sender, takeOut(vault, owner), "Take out"))}
        >
          {due.length === 0 ? (
            "Nothing is due yet"
          ) : (
            <>
              Take out <Amount wei={dueWorth} />
            </>
          )}
        </SendButton>
        <Lacks lacks={flow.lacks} />
      </div>
    </>
  );
}

function RequestExit({ position, owner }: { position: Position; owner: Account }) {
  const { client, network } = usePage();
  const { vault, shares, worth } = position;
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState("");
  const flow = useFlow();
  const delay = useUnbondingDelay();
  const typed = readTyped(text, worth, "There is not that much in this vault.");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const { wei } = typed;
    if (wei === undefined || client === undefined) return;
    const isSent = await flow.run(async (sender) => {
      // All is all shares: an amount would leave what came meanwhile.
      const asked = wei === worth ? shares : await sharesOf(client, vault, wei, shares);
      await send(sender, requestExit(vault, asked, owner), "Request the exit");
    });
    if (isSent) setText("");
  };
  const isIdle = flow.step === undefined && flow.error === undefined;
  // What was just requested is told of, though nothing is left.
  if (shares === 0n && isIdle) return null;
  if (!isOpen && isIdle) {
    return (
      <div className="actions">
        <button type="button" onClick={() => setOpen(true)}>
          Request an exit
        </button>
      </div>
    );
  }
  return (
    <form onSubmit={submit} noValidate>
      <h3>Request an exit</h3>
      <AmountField
        label={`Amount in ${network.symbol}`}
        {...{ text, setText, typed, most: worth, mostLabel: "worth now" }}
        isNext
      />
      <p className="note">
        Its price is fixed by the request, and it earns nothing more.{" "}
        {delay !== undefined && `It is due ${duration(delay)} later.`} Until it is taken out it bears slashes.
      </p>
      <div className="actions">
        <SendButton flow={flow} type="submit" className="primary" isReady={typed.wei !== undefined}>
          {flow.isBusy ? "Requesting…" : "Request the exit"}
        </SendButton>
        <button
          type="button"
          onClick={() => {
            setOpen(false);
            flow.reset();
          }}
        >
          Close
        </button>
        <Lacks lacks={flow.lacks} />
      </div>
      <FlowState flow={flow} done="Requested." />
    </form>
  );
}

/** As many shares as are worth an amount, rounded up, but no more than there are. */
async function sharesOf(
  client: Parameters<typeof readContract>[0],
  vault: Account,
  wei: bigint,
  most: bigint,
) {
  const read = { address: vault, abi: erc4626Abi } as const;
  const [assets, supply] = await Promise.all([
    readContract(client, { ...read, functionName: "totalAssets" }),
    readContract(client, { ...read, functionName: "totalSupply" }),
  ]);
  const shares = assets === 0n ? most : (wei * supply + assets - 1n) / assets;
  return shares < most ? shares : most;
}

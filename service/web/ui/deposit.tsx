// SPDX-License-Identifier: AGPL-3.0-only
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type Address, erc20Abi, erc4626Abi } from "viem";
import { readContract } from "viem/actions";
import { useConnection } from "wagmi";
import { useChain, usePage } from "../context.tsx";
import { exactAmount } from "../format/amount.ts";
import type { ProverRow } from "../source/types.ts";
import { FlowState, SendButton, useFlow } from "../wallet/flow.tsx";
import { depositWay, sendDeposit } from "../wallet/sending.ts";
import { useWalletClient } from "../wallet/wallet-client.ts";
import { AmountField, readTyped } from "./amount-field.tsx";
import { Announcements } from "./prover.tsx";
import { Notice } from "./states.tsx";

const WAYS = {
  permit: "One signature and one transaction: the router takes exactly this amount, and keeps nothing.",
  batch: "One batch: your wallet approves exactly this amount and deposits it, both or neither.",
  approval: "Two transactions: an approval of exactly this amount, then the deposit.",
};

/** Puts the visitor's tokens into a prover's vault. */
export function Deposit({ prover }: { prover: Pick<ProverRow, "vault" | "state" | "announced"> }) {
  const { network, client } = usePage();
  const { address } = useConnection();
  const wallet = useWalletClient(network.chainId);
  const flow = useFlow();
  const [text, setText] = useState("");
  const { vault } = prover;
  const limits = useChain(["limits", vault, address], (reader) =>
    readLimits(reader, network.token, vault, address),
  );
  const { balance, room } = limits.data ?? {};
  const most = leastOf(balance, room);
  const isFull = balance !== undefined && room !== undefined && room < balance;
  const typed = readTyped(
    text,
    most,
    isFull ? "The vault does not take that much now." : "There are not that many tokens in this account.",
  );
  const way = useQuery({
    queryKey: ["way", network.distributor, address, client?.uid, wallet?.uid],
    queryFn: async () => {
      if (client === undefined || wallet === undefined || address === undefined) return null;
      return (await depositWay({ client, wallet, account: address, network })).way;
    },
    staleTime: 60_000,
  });
  const shares = useChain(
    ["shares", vault, String(typed.wei)],
    (reader) =>
      readContract(reader, {
        ...{ address: vault, abi: erc4626Abi, functionName: "previewDeposit", args: [typed.wei ?? 0n] },
      } as const),
    { enabled: typed.wei !== undefined },
  );
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const { wei } = typed;
    if (wei === undefined) return;
    if (await flow.run((sender) => sendDeposit(sender, vault, wei))) setText("");
  };
  if (prover.state !== "active") {
    return (
      <>
        <p>
          This prover {prover.state === "jailed" ? "is jailed" : "has left"}: its vault takes no deposits.
        </p>
        <FlowState flow={flow} done="Deposited." />
      </>
    );
  }
  return (
    <form onSubmit={submit} noValidate>
      {prover.announced && prover.announced.length > 0 && (
        <Notice kind="warn">
          <p>
            The commission will change. <Announcements of={prover.announced} /> You can leave before it does:
            an exit that is requested now earns nothing more, and can be slashed until it is taken out.
          </p>
        </Notice>
      )}
      <AmountField
        label={`Deposit ${network.symbol}`}
        {...{ text, setText, typed, most, mostLabel: isFull ? "the vault takes" : "you have" }}
      />
      {shares.data !== undefined && typed.wei !== undefined && (
        <p className="note" title={exactAmount(shares.data)}>
          For {shownShares(shares.data)} shares.
        </p>
      )}
      <div className="actions">
        <SendButton flow={flow} type="submit" className="primary" isReady={typed.wei !== undefined}>
          {flow.isBusy ? "Depositing…" : "Deposit"}
        </SendButton>
        <Lacks lacks={flow.lacks} />
      </div>
      {way.data && flow.lacks === undefined && <p className="note">{WAYS[way.data]}</p>}
      <FlowState flow={flow} done="Deposited." />
    </form>
  );
}

const shownShares = (shares: bigint) =>
  new Intl.NumberFormat(undefined, { maximumFractionDigits: 4 }).format(Number(exactAmount(shares)));

function leastOf(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined || b === undefined) return undefined;
  return [a, b].reduce((least, each) => (each < least ? each : least));
}

/** Why a button does nothing yet. */
export function Lacks({ lacks }: { lacks: "wallet" | "network" | undefined }) {
  const { network } = usePage();
  if (lacks === undefined) return null;
  return (
    <span className="note">
      {lacks === "wallet"
        ? "Connect a wallet first."
        : `Switch the wallet to chain ${network.chainId} first.`}
    </span>
  );
}

async function readLimits(
  client: Parameters<typeof readContract>[0],
  token: Address,
  vault: Address,
  owner: Address | undefined,
): Promise<{ balance: bigint | undefined; room: bigint }> {
  const [balance, room] = await Promise.all([
    owner === undefined
      ? undefined
      : readContract(client, { address: token, abi: erc20Abi, functionName: "balanceOf", args: [owner] }),
    readContract(client, {
      address: vault,
      abi: erc4626Abi,
      functionName: "maxDeposit",
      args: [owner ?? vault],
    }),
  ]);
  return { balance, room };
}

// SPDX-License-Identifier: AGPL-3.0-only
import { useQueryClient } from "@tanstack/react-query";
import { type ComponentProps, useCallback, useEffect, useRef, useState } from "react";
import { useConnection } from "wagmi";
import { usePage } from "../context.tsx";
import { shownCount } from "../format/amount.ts";
import { Notice } from "../ui/states.tsx";
import { Hash } from "../ui/values.tsx";
import { explain } from "./errors.ts";
import type { Fate } from "./follow.ts";
import type { Sender, Step } from "./sending.ts";
import { useWalletClient } from "./wallet-client.ts";

export interface Flow {
  readonly step: Step | undefined;
  readonly error: unknown;
  readonly isBusy: boolean;
  /** What is missing before anything can be sent; undefined: nothing. */
  readonly lacks: "wallet" | "network" | undefined;
  /** Whether it was mined. */
  readonly run: (job: (sender: Sender) => Promise<void>) => Promise<boolean>;
  readonly reset: () => void;
}

const CHANGED =
  "The wallet is on another account now: nothing more was sent. Switch back, or begin again with this one.";

/** Sends things by the visitor's wallet, one after the other, and says where each stands. */
export function useFlow(): Flow {
  const { network, client } = usePage();
  const { address, chainId, isConnected } = useConnection();
  const wallet = useWalletClient(network.chainId);
  const queries = useQueryClient();
  const [step, setStep] = useState<Step>();
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const ending = useRef<AbortController>(undefined);
  const current = useRef(address);
  useEffect(() => {
    current.current = address;
  }, [address]);
  useEffect(() => () => ending.current?.abort(), []);

  const run = useCallback(
    async (job: (sender: Sender) => Promise<void>) => {
      if (wallet === undefined || address === undefined) return false;
      ending.current?.abort();
      const controller = new AbortController();
      ending.current = controller;
      setError(undefined);
      setBusy(true);
      // How the chain and the wallet are reached stays as it is: another client would begin everything anew.
      const readAgain = () => queries.invalidateQueries({ queryKey: [network.chainId, network.distributor] });
      const tell = (told: Step) => {
        if (told.kind === "asking") {
          controller.signal.throwIfAborted();
          if (current.current !== address) throw new Error(CHANGED);
        }
        if (controller.signal.aborted) return;
        setStep(told);
        // What was mined, or taken back, changes what every screen shows.
        if (told.kind === "sent" && told.fate.kind !== "pending" && told.fate.kind !== "unseen")
          void readAgain();
      };
      try {
        const reading = client ?? wallet;
        await job({ client: reading, wallet, account: address, network, signal: controller.signal, tell });
        return true;
      } catch (cause) {
        if (!controller.signal.aborted) setError(cause);
        return false;
      } finally {
        if (!controller.signal.aborted) setBusy(false);
        void readAgain();
      }
    },
    [wallet, address, client, network, queries],
  );
  const reset = useCallback(() => {
    ending.current?.abort();
    setStep(undefined);
    setError(undefined);
    setBusy(false);
  }, []);
  const lacks = !isConnected
    ? "wallet"
    : chainId !== network.chainId || wallet === undefined
      ? "network"
      : undefined;
  return { step, error, isBusy, lacks, run, reset };
}

type SendProps = { readonly flow: Flow; readonly isReady?: boolean } & ComponentProps<"button">;

/** A button that sends. While it cannot it does nothing, and keeps the focus: who uses a keyboard is not thrown out. */
export function SendButton({ flow, isReady = true, type = "button", onClick, ...others }: SendProps) {
  const isOff = flow.lacks !== undefined || flow.isBusy || !isReady;
  return (
    <button
      {...others}
      type={type}
      aria-disabled={isOff}
      onClick={(event) => (isOff ? event.preventDefault() : onClick?.(event))}
    />
  );
}

/** Where it stands, in words. */
export function FlowState({ flow, done }: { flow: Flow; done: string }) {
  const { step, error } = flow;
  if (error !== undefined) {
    const { name, message, hint } = explain(error);
    return (
      <Notice kind="bad">
        <p>
          {name && <strong>{name}: </strong>}
          {message} {hint}
        </p>
        <button type="button" onClick={flow.reset}>
          Close
        </button>
      </Notice>
    );
  }
  if (step === undefined) return null;
  if (step.kind === "checking") return <Notice>Checking that the contract would accept it…</Notice>;
  if (step.kind === "asking") return <Notice>{step.what}: confirm in your wallet.</Notice>;
  return (
    <Notice kind={step.fate.kind === "mined" ? "good" : step.fate.kind === "pending" ? "info" : "warn"}>
      <p>
        {step.what}: <FateText fate={step.fate} done={done} /> <Hash of={step.fate.hash} what="transaction" />
      </p>
      {step.fate.kind === "mined" && (
        <button type="button" onClick={flow.reset}>
          Close
        </button>
      )}
    </Notice>
  );
}

function FateText({ fate, done }: { fate: Fate; done: string }) {
  switch (fate.kind) {
    case "pending":
      return "sent, waiting for a block.";
    case "mined":
      return fate.isFinal
        ? `${done} It is final.`
        : `${done} In block ${shownCount(fate.block)}; until that is final a reorganisation could take it back.`;
    case "reverted":
      return "mined, and failed.";
    case "unseen":
      return "sent, but the endpoint does not answer: what became of it is not known yet. Do not send it again.";
    case "dropped":
      return "forgotten by the network: nothing happened.";
    case "reorganised":
      return "the block that held it was reorganised away: it waits for another one.";
    case "replaced":
      return fate.how === "repriced"
        ? "sent again at another price, and followed on."
        : "replaced by the wallet.";
  }
}

// SPDX-License-Identifier: AGPL-3.0-only
import { useEffect, useRef } from "react";
import {
  type Connector,
  useConnect,
  useConnection,
  useConnectors,
  useDisconnect,
  useSwitchChain,
} from "wagmi";
import { usePage } from "../context.tsx";
import { Address } from "../ui/values.tsx";
import { explain } from "./errors.ts";

/** Connects a wallet, and shows which account it is and whether it is on this chain. */
export function Wallet() {
  const { address, chainId, isConnected } = useConnection();
  const { network } = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  const { mutate: disconnect } = useDisconnect();
  const { mutate: switchChain, error: switchError, isPending } = useSwitchChain();
  const isWrong = isConnected && chainId !== network.chainId;
  /** What comes next for whoever is at this button, which then is another one. */
  const next = useRef<HTMLButtonElement>(null);
  const isUsed = useRef(false);
  const use = (isSo = true) => {
    isUsed.current = isSo;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: each of them puts another button there
  useEffect(() => {
    if (isConnected) dialog.current?.close();
    if (isUsed.current) next.current?.focus();
    isUsed.current = false;
  }, [isConnected, isWrong]);
  if (!isConnected || address === undefined) {
    return (
      <>
        <button ref={next} type="button" className="primary" onClick={() => dialog.current?.showModal()}>
          Connect wallet
        </button>
        <Wallets dialog={dialog} use={use} />
      </>
    );
  }
  return (
    <span className="connected">
      {isWrong && (
        <button
          ref={next}
          type="button"
          className="warn"
          aria-disabled={isPending}
          onClick={() => {
            if (isPending) return;
            use();
            switchChain({ chainId: network.chainId }, { onError: () => use(false) });
          }}
          title={switchError ? explain(switchError).message : `The wallet is on chain ${chainId}`}
        >
          Wrong network: switch to chain {network.chainId}
        </button>
      )}
      <Address of={address} link={false} />
      <button
        ref={isWrong ? undefined : next}
        type="button"
        onClick={() => {
          use();
          disconnect();
        }}
      >
        Disconnect
      </button>
    </span>
  );
}

function Wallets({
  dialog,
  use,
}: {
  dialog: React.RefObject<HTMLDialogElement | null>;
  use: (isSo?: boolean) => void;
}) {
  const connectors = useConnectors();
  const { mutate: connect, error, isPending, variables } = useConnect();
  // Those that announce themselves say who they are; the page's plain one only where there is no other.
  const announced = connectors.filter(({ id }) => id !== "injected");
  const plain = typeof window !== "undefined" && "ethereum" in window;
  const shown = announced.length > 0 ? announced : plain ? connectors : [];
  const nameOf = ({ name, id }: Connector) => (id === "injected" ? "The browser's wallet" : name);
  return (
    <dialog ref={dialog} aria-labelledby="wallets">
      <h2 id="wallets">Connect a wallet</h2>
      {shown.length === 0 ? (
        <p>
          This browser has no wallet that announces itself. Everything but depositing, leaving and sending
          claims works without one.
        </p>
      ) : (
        <ul className="wallets">
          {shown.map((connector) => (
            <li key={connector.uid}>
              <button
                type="button"
                aria-disabled={isPending}
                onClick={() => {
                  if (isPending) return;
                  use();
                  connect({ connector }, { onError: () => use(false) });
                }}
              >
                {connector.icon && <img src={connector.icon.trim()} alt="" width={24} height={24} />}
                {nameOf(connector)}
                {isPending && variables?.connector === connector && <small>waiting for the wallet…</small>}
              </button>
            </li>
          ))}
        </ul>
      )}
      {error && (
        <p className="error" role="alert">
          {explain(error).message} {explain(error).hint}
        </p>
      )}
      <p className="note">It sees your public address. Nothing is signed or sent before you say so.</p>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}

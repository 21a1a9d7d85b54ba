// SPDX-License-Identifier: AGPL-3.0-only
import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import {
  Component,
  lazy,
  type ReactNode,
  Suspense,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Client } from "viem";
import { WagmiContext } from "wagmi";
import { Link, Route, Router, Switch, useLocation } from "wouter";
import { PageProvider } from "./context.tsx";
import { firstAnswers } from "./first.ts";
import { type Network, NoNetworkError } from "./network.ts";
import { openNetwork } from "./open-network.ts";
import { useHashPath, useHashSearch } from "./routing.ts";
import { NetworkForm } from "./screens/network-form.tsx";
import { Provers } from "./screens/provers.tsx";
import { readSettings, type Settings, SettingsError } from "./settings.ts";
import { ApiRefusal } from "./source/api-client.ts";
import { openSource } from "./source/open.ts";
import { Strip } from "./strip.tsx";
import { Failure, Loading } from "./ui/states.tsx";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      networkMode: "always",
      // What is refused is refused again, and who was waited for long is not waited for once more before it is told.
      retry: (count, error) =>
        count < 1 && !(error instanceof ApiRefusal && error.status < 500) && !isTimeout(error),
      retryDelay: 500,
    },
    mutations: { networkMode: "always" },
  },
});

/** The screens by their paths; all but the first are loaded when they are network. */
const SCREENS = [
  { path: "/", title: "Provers", Screen: Provers },
  { path: "/stake", title: "My stake", Screen: lazy(() => import("./screens/stake.tsx")) },
  { path: "/rewards", title: "Rewards", Screen: lazy(() => import("./screens/rewards.tsx")) },
  { path: "/epochs", title: "Epochs", Screen: lazy(() => import("./screens/epochs.tsx")) },
  { path: "/audit", title: "Audit", Screen: lazy(() => import("./screens/audit.tsx")) },
  { path: "/foundation", title: "Foundation", Screen: lazy(() => import("./screens/foundation.tsx")) },
  { path: "/market", title: "Market", Screen: lazy(() => import("./screens/market.tsx")) },
] as const;
const Prover = lazy(() => import("./screens/prover.tsx"));
const Epoch = lazy(() => import("./screens/epoch.tsx"));
const Banners = lazy(() => import("./banners.tsx"));

/** The whole page: one cache of answers, one router, and whatever screen the address names. */
export function App() {
  return (
    <QueryClientProvider client={queries}>
      <Router hook={useHashPath} searchHook={useHashSearch}>
        <Opening />
      </Router>
    </QueryClientProvider>
  );
}

/** Finds the deployment, and says so if there is none. */
function Opening() {
  const settings = useMemo<Settings | Error>(() => {
    try {
      return readSettings(location.search);
    } catch (error) {
      return error as Error;
    }
  }, []);
  const { data, error, refetch } = useQuery({
    queryKey: ["network", location.search],
    queryFn: () => (settings instanceof Error ? Promise.reject(settings) : openNetwork(settings)),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    // Who is not ready, or down, may be soon.
    refetchInterval: ({ state }) => (state.data === undefined && isPassing(state.error) ? 3_000 : false),
  });
  if (data !== undefined) return <Opened network={data} />;
  return (
    <Frame>
      {error === null ? (
        <Waiting what="the network" />
      ) : (
        <>
          {!(error instanceof NoNetworkError) && <Failure error={error} retry={() => void refetch()} />}
          <NetworkForm isBare={error instanceof NoNetworkError} />
        </>
      )}
    </Frame>
  );
}

/** The screen of a path, or the list that it belongs to. */
function screenOf(path: string) {
  return SCREENS.find(({ path: each }) => each !== "/" && path.startsWith(each)) ?? SCREENS[0];
}

/** A screen before it is there. */
function Waiting({ what }: { what: string }) {
  const [path] = useLocation();
  return (
    <>
      <h1>{screenOf(path).title}</h1>
      <Loading what={what} rows={5} />
    </>
  );
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === "TimeoutError" || isTimeout(error.cause));
}

function isPassing(error: Error | null): boolean {
  return error !== null && !(error instanceof SettingsError) && !(error instanceof NoNetworkError);
}

/** Milliseconds after which nothing else is waited for. */
const BUSY = 2_000;

/** When the browser has shown what it has. */
function idle(): Promise<unknown> {
  return new Promise((resolve) => {
    // Safari has none.
    if ("requestIdleCallback" in globalThis) requestIdleCallback(resolve, { timeout: BUSY });
    else setTimeout(resolve);
  });
}

/** How the chain is reached: asked for once what is shown first is there. */
function useReach(network: Network) {
  return useQuery({
    queryKey: ["reach", network.chainId, network.distributor, network.rpc],
    queryFn: async () => {
      await firstAnswers();
      await idle();
      const { reachOf, Connection, Wallet } = await import("./reach.tsx");
      return { ...reachOf(network), Connection, Wallet };
    },
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  });
}

/** A part of the page's code is gone, as after a release, or the network is. */
function Unloaded() {
  return (
    <Failure
      error={new Error("A part of this page did not load: a newer one may be there, or the network is gone.")}
      retry={() => location.reload()}
    />
  );
}

interface BoundaryProps {
  readonly title?: string;
  readonly children: ReactNode;
}

/** Keeps what goes wrong within it from taking the rest of the page along. */
class Boundary extends Component<BoundaryProps, { readonly isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override render() {
    const { title, children } = this.props;
    if (!this.state.isBroken) return children;
    return (
      <>
        {title && <h1>{title}</h1>}
        <Unloaded />
      </>
    );
  }
}

function Opened({ network }: { network: Network }) {
  const [path] = useLocation();
  const { data: reach, error: unreached } = useReach(network);
  const [wallet, setWallet] = useState<Client>();
  const client = reach?.client ?? wallet;
  const source = useMemo(
    () => openSource(network.api, client && reach?.source(client)),
    [network, reach, client],
  );
  const page = useMemo(() => source && { network, client, source }, [network, client, source]);
  if (page === undefined) {
    return (
      <Frame>
        <Waiting what="the network" />
      </Frame>
    );
  }
  return (
    <WagmiContext.Provider value={reach?.config}>
      {reach && <reach.Connection config={reach.config} chainId={network.chainId} onClient={setWallet} />}
      <PageProvider value={page}>
        <Frame wallet={reach ? <reach.Wallet /> : <NoWalletYet />} strip={<Strip />}>
          {unreached && <Unloaded />}
          {reach && (
            <Boundary>
              <Suspense>
                <Banners />
              </Suspense>
            </Boundary>
          )}
          <Boundary key={path} title={screenOf(path).title}>
            <Suspense fallback={<Waiting what="the screen" />}>
              <Screens />
            </Suspense>
          </Boundary>
        </Frame>
      </PageProvider>
    </WagmiContext.Provider>
  );
}

/** Where the wallet's button will be. */
function NoWalletYet() {
  return (
    <button type="button" className="primary" disabled>
      Connect wallet
    </button>
  );
}

/** Waits for what may ask a wallet. */
function Reached({ children }: { children: ReactNode }) {
  return useContext(WagmiContext) === undefined ? <Waiting what="the screen" /> : children;
}

function Screens() {
  return (
    <Switch>
      {SCREENS.map(({ path, Screen }) => (
        <Route key={path} path={path}>
          {path === "/" ? (
            <Screen />
          ) : (
            <Reached>
              <Screen />
            </Reached>
          )}
        </Route>
      ))}
      <Route path="/provers">
        <Provers />
      </Route>
      <Route path="/provers/:address">
        {({ address }) => (
          <Reached>
            <Prover address={address} />
          </Reached>
        )}
      </Route>
      <Route path="/epochs/:epoch">
        {({ epoch }) => (
          <Reached>
            <Epoch epoch={epoch} />
          </Reached>
        )}
      </Route>
      <Route>
        <h1>There is nothing here</h1>
        <p>
          The address names no screen. <Link href="/">See the provers</Link>.
        </p>
      </Route>
    </Switch>
  );
}

function Frame({ children, wallet, strip }: { children: ReactNode; wallet?: ReactNode; strip?: ReactNode }) {
  const [path] = useLocation();
  const main = useRef<HTMLElement>(null);
  const before = useRef(path);
  const current = screenOf(path);
  useEffect(() => {
    document.title = `${current.title} · Provender`;
    // A reader of the screen begins at the new screen, not at the link.
    if (path === before.current) return;
    before.current = path;
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [path, current]);
  return (
    <>
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header className="top">
        <Link href="/" className="name" aria-label="Provender, the provers">
          <img src="./icon.svg" alt="" width={28} height={28} /> Provender
        </Link>
        <nav aria-label="Screens">
          {SCREENS.map(({ path: each, title }) => (
            <Link key={each} href={each} aria-current={current.path === each ? "page" : undefined}>
              {title}
            </Link>
          ))}
        </nav>
        <div className="account">{wallet}</div>
      </header>
      <main ref={main} id="main" tabIndex={-1}>
        {children}
      </main>
      <footer>
        {strip}
        <p>
          Computes in your browser, with no analytics and nothing from other hosts. What it shows can be
          recomputed: <Link href="/audit">do it here</Link>.
        </p>
      </footer>
    </>
  );
}

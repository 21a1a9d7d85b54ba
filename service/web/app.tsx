// SPDX-License-Identifier: AGPL-3.0-only
import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { useConnection, useConnectorClient, WagmiProvider } from "wagmi";
import { Link, Route, Router, Switch, useLocation } from "wouter";
import { PageProvider } from "./context.tsx";
import { clientOf, type Network, NoNetworkError, openNetwork } from "./network.ts";
import { useHashPath, useHashSearch } from "./routing.ts";
import { NetworkForm } from "./screens/network-form.tsx";
import { Provers } from "./screens/provers.tsx";
import { readSettings, type Settings, SettingsError } from "./settings.ts";
import { ApiRefusal } from "./source/api-client.ts";
import { openSource } from "./source/open.ts";
import { Banners, Strip } from "./strip.tsx";
import { Failure, Loading } from "./ui/states.tsx";
import { walletConfig } from "./wallet/config.ts";
import { Wallet } from "./wallet/wallet.tsx";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      networkMode: "always",
      // What is refused is refused again.
      retry: (count, error) => count < 1 && !(error instanceof ApiRefusal && error.status < 500),
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
        <Loading what="the network" rows={5} />
      ) : (
        <>
          {!(error instanceof NoNetworkError) && <Failure error={error} retry={() => void refetch()} />}
          <NetworkForm />
        </>
      )}
    </Frame>
  );
}

function isPassing(error: Error | null): boolean {
  return error !== null && !(error instanceof SettingsError) && !(error instanceof NoNetworkError);
}

function Opened({ network }: { network: Network }) {
  const config = useMemo(() => walletConfig(network), [network]);
  return (
    <WagmiProvider config={config}>
      <WithSource network={network} />
    </WagmiProvider>
  );
}

function WithSource({ network }: { network: Network }) {
  const { chainId: walletChain } = useConnection();
  const { data: wallet } = useConnectorClient({
    chainId: network.chainId,
    query: { enabled: walletChain === network.chainId },
  });
  const own = useMemo(
    () => (network.rpc === undefined ? undefined : clientOf(network.rpc, network.chainId)),
    [network],
  );
  const client = own ?? wallet;
  const page = useMemo(() => ({ network, client, source: openSource(network, client) }), [network, client]);
  return (
    <PageProvider value={page}>
      <Frame wallet={<Wallet />} strip={<Strip />}>
        <Banners />
        <Suspense fallback={<Loading what="the screen" rows={5} />}>
          <Screens />
        </Suspense>
      </Frame>
    </PageProvider>
  );
}

function Screens() {
  return (
    <Switch>
      {SCREENS.map(({ path, Screen }) => (
        <Route key={path} path={path}>
          <Screen />
        </Route>
      ))}
      <Route path="/provers">
        <Provers />
      </Route>
      <Route path="/provers/:address">{({ address }) => <Prover address={address} />}</Route>
      <Route path="/epochs/:epoch">{({ epoch }) => <Epoch epoch={epoch} />}</Route>
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
  const [first] = useState(path);
  const current = SCREENS.find(({ path: each }) => each !== "/" && path.startsWith(each)) ?? SCREENS[0];
  useEffect(() => {
    document.title = `${current.title} · Provender`;
    // A reader of the screen begins at the new screen, not at the link.
    if (path !== first) main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [path, first, current]);
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

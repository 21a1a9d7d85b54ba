// SPDX-License-Identifier: AGPL-3.0-only
import { useSyncExternalStore } from "react";

/** What follows the `#`: a screen's path, and what that is asked, apart from the `?` that names the network. */
function parts(): readonly [path: string, search: string] {
  const [path = "", search = ""] = location.hash.replace(/^#?\/?/, "").split("?", 2);
  return [`/${path}`, search];
}

const subscribe = (listener: () => void) => {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
};

function navigate(to: string, { replace = false }: { replace?: boolean } = {}): void {
  if (!replace) {
    location.hash = to;
    return;
  }
  history.replaceState(history.state, "", `#${to}`);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** For wouter's Router: paths behind the `#`, which work from any folder of any host. */
export function useHashPath(): [string, typeof navigate] {
  return [useSyncExternalStore(subscribe, () => parts()[0]), navigate];
}
useHashPath.hrefs = (href: string) => `#${href}`;

/** For wouter's Router: what follows the path's `?` behind the `#`, without the `?` itself. */
export function useHashSearch(): string {
  return useSyncExternalStore(subscribe, () => parts()[1]);
}

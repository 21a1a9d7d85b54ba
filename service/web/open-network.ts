// SPDX-License-Identifier: AGPL-3.0-only
import { type Network, NoAnswerError, NoNetworkError, PATIENCE } from "./network.ts";
import { type Settings, SettingsError } from "./settings.ts";
import { ApiRefusal, isUnreached, openApi } from "./source/api-client.ts";

/**
 * Finds the deployment: by the API of this page's origin (or `?api=`), or, given `?rpc=` and `?distributor=`, on the
 * chain alone. @throws NoNetworkError, SettingsError, or whatever the endpoint said
 */
export async function openNetwork(settings: Settings): Promise<Network> {
  const { rpc, distributor, api } = settings;
  if (distributor !== undefined && rpc !== undefined && api === undefined) {
    return (await import("./reach.tsx")).findOnChain(settings, rpc, distributor);
  }
  if (distributor !== undefined && rpc === undefined && api === undefined) {
    throw new SettingsError("rpc: the address names a distributor and no endpoint: add &rpc= and its URL");
  }
  return fromApi(settings);
}

/** It is there, and may answer soon. */
const isPassing = ({ status }: ApiRefusal) => status >= 500 || status === 429;

async function fromApi(settings: Settings): Promise<Network> {
  const base = settings.api ?? new URL(".", location.href).href;
  const api = openApi(base);
  const deployment = await api.deployment(AbortSignal.timeout(PATIENCE)).catch((cause) => {
    const isRefused = cause instanceof ApiRefusal;
    if (isRefused && (settings.api !== undefined || isPassing(cause))) throw cause;
    if (settings.api !== undefined) {
      throw new NoAnswerError(`api: nothing answers at ${settings.api}.`, { cause });
    }
    if (isUnreached(cause)) throw new NoAnswerError("The server of this page does not answer.", { cause });
    // Who serves files alone answers, and with something else.
    throw new NoNetworkError("there is no API beside this page", { cause });
  });
  const rpc = settings.rpc ?? deployment.rpc;
  const named = { lens: settings.lens ?? deployment.lens, router: settings.router ?? deployment.router };
  return { ...deployment, ...named, api, rpc, settings };
}

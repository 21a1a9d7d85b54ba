// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, getAddress } from "viem";
import type { ApiError } from "../../client/client.d.mts";
import { createClient } from "../../client/client.mjs";
import { fetchOnce } from "../first.ts";

type Client = ReturnType<typeof createClient>;

/** The API answered, and refused. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
  readonly code: string;
  readonly status: number;

  constructor({ error }: ApiError, status: number) {
    super(error.message);
    this.code = error.code;
    this.status = status;
  }
}

/** What a deployment consists of. */
export interface DeploymentNames {
  readonly chainId: number;
  readonly distributor: Address;
  readonly registry: Address;
  readonly market: Address;
  readonly token: Address;
  readonly symbol: string;
  readonly lens: Address | undefined;
  /** What takes permits; nothing on the chain names it. */
  readonly router: Address | undefined;
  /** An endpoint. */
  readonly rpc: string | undefined;
}

export interface ApiClient {
  readonly base: string;
  readonly http: Client;
  readonly deployment: (signal: AbortSignal) => Promise<DeploymentNames>;
}

/** The API at an address. */
export function openApi(base: string): ApiClient {
  const http = createClient({ baseUrl: base.replace(/\/$/, ""), fetch: fetchOnce });
  return {
    base,
    http,
    async deployment(signal) {
      const { chainId, contracts, token, rpc } = take(await http.GET("/v1/network", { signal }));
      const { distributor, registry, market, lens, router } = contracts;
      const known = (address: string | null) => (address === null ? undefined : getAddress(address));
      return {
        ...{ chainId: Number(chainId), symbol: token.symbol, distributor: getAddress(distributor) },
        ...{ registry: getAddress(registry), market: getAddress(market), token: getAddress(contracts.token) },
        ...{ lens: known(lens), router: known(router), rpc: rpc ?? undefined },
      };
    },
  };
}

/** Whether a request was never answered, by what it failed with. */
export function isUnreached(error: unknown): boolean {
  if (error instanceof DOMException) return error.name === "TimeoutError";
  // Each browser has words of its own.
  return error instanceof TypeError && /fetch|network|load failed/i.test(error.message);
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: ApiError;
  readonly response: Response;
}

/** What was asked for. @throws ApiRefusal with what the API says is wrong */
export function take<T>({ data, error, response }: Answer<T>): T {
  if (data !== undefined) return data;
  // A server that is none of ours answers with something else.
  if (error?.error?.code === undefined) {
    const message = `${new URL(response.url).host} answered with HTTP ${response.status}`;
    throw new ApiRefusal({ error: { code: "internal", message } }, response.status);
  }
  throw new ApiRefusal(error, response.status);
}

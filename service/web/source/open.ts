// SPDX-License-Identifier: AGPL-3.0-only
import { apiSource } from "./api.ts";
import { type ApiClient, ApiRefusal } from "./api-client.ts";
import type { Source } from "./types.ts";

/** Who tells about a network: the API, or the chain where there is none; undefined while that is not reached. */
export function openSource(api: ApiClient | undefined, chain: Source | undefined): Source | undefined {
  if (api === undefined) return chain;
  return chain === undefined ? apiSource(api) : orChain(apiSource(api), chain);
}

/** The API; what it cannot answer, as it is down or behind, the chain does, as far as that can, and it is said. */
function orChain(api: Source, chain: Source): Source {
  const either =
    <Args extends readonly unknown[], T>(
      first: (...args: Args) => Promise<T>,
      second: (...args: Args) => Promise<T>,
    ) =>
    async (...args: Args): Promise<T> => {
      try {
        return await first(...args);
      } catch (error) {
        if (error instanceof ApiRefusal && error.status < 500) throw error;
        return second(...args).catch(() => {
          throw error;
        });
      }
    };
  return {
    ...api,
    prover: either(api.prover, chain.prover),
    epochs: either(api.epochs, chain.epochs),
    epoch: either(api.epoch, chain.epoch),
    foundation: either(api.foundation, chain.foundation),
    positions: either(api.positions, chain.positions),
  };
}

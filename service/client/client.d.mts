// SPDX-License-Identifier: AGPL-3.0-only
import type { Client, ClientOptions } from "openapi-fetch";
import type { components, paths } from "./api.d.ts";
import type { components as networkComponents, paths as networkPaths } from "./network-api.d.ts";

type Schemas = components["schemas"];

export type Epoch = Schemas["Epoch"];
export type Epochs = Schemas["Epochs"];
export type Prover = Schemas["Prover"];
export type Provers = Schemas["Provers"];
/** What a prover claims with. */
export type Proof = Schemas["Proof"];
export type Status = Schemas["Status"];
export type ApiError = Schemas["Error"];
/** An epoch of another network, as `serve --network` answers it. */
export type NetworkEpoch = networkComponents["schemas"]["Epoch"];
export type NetworkStatus = networkComponents["schemas"]["Status"];

/**
 * A client of the HTTP API, by its URL. `client.GET("/v1/provers/{address}/proof", { params: { path: { address } } })`
 * gives `{ data, error, response }`: `data` is undefined unless the answer is 200, and `error` is then what is wrong:
 * of an answer without a body, as what was asked for has not changed (304), its code is `not-modified`. It throws only if nothing answers.
 */
export declare function createClient(
  options: string | (ClientOptions & { readonly baseUrl: string }),
): Client<paths>;

/** The same of a server that reads another network: `client.GET("/v1/epochs/{epoch}", { params: { path: { epoch: 7 } } })`. */
export declare function createNetworkClient(
  options: string | (ClientOptions & { readonly baseUrl: string }),
): Client<networkPaths>;

// SPDX-License-Identifier: AGPL-3.0-only
// Plain JavaScript: it is imported from other packages, where nothing reads TypeScript.
import createFetchClient from "openapi-fetch";

/** In place of a body, which such an answer has not. */
const NOT_MODIFIED = { error: { code: "not-modified", message: "it is what you have: nothing was sent" } };

/** @type {typeof import("./client.d.mts").createClient} */
export function createClient(options) {
  const client = createFetchClient(typeof options === "string" ? { baseUrl: options } : options);
  /** @type {(result: any) => any} */
  const told = (result) =>
    result.response.status === 304 ? { response: result.response, error: NOT_MODIFIED } : result;
  const { GET, request } = client;
  return Object.assign(client, {
    GET: async (/** @type {any[]} */ ...args) => told(await Reflect.apply(GET, client, args)),
    request: async (/** @type {any[]} */ ...args) => told(await Reflect.apply(request, client, args)),
  });
}

/** @type {typeof import("./client.d.mts").createNetworkClient} */
export const createNetworkClient = /** @type {any} */ (createClient);

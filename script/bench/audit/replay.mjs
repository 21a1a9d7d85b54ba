// SPDX-License-Identifier: AGPL-3.0-only
// An endpoint that answers at once what another has answered before: anvil makes every trie of the whole state anew for
// each proof, which takes a node that keeps them a millisecond, so that its time would be all that is measured.
import { createServer } from "node:http";
import { createPublicClient, http } from "viem";
import { audit } from "../../../service/audit/audit.ts";
import { provenBy } from "../../../service/audit/state-proof/proven-source.ts";

/** @typedef {{ id: number, method: string, params: unknown[] }} Call */

/** @param {string} target of a chain that stands still */
export async function replayed(target) {
  /** @type {Map<string, Promise<object>>} */
  const known = new Map();
  /** @param {Call} call @returns {Promise<object>} */
  const ask = async ({ method, params }) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(target, { method: "POST", headers, body });
    const { result, error } = /** @type {{ result: unknown, error?: object }} */ (await answer.json());
    return error === undefined ? { result } : { error };
  };
  const server = createServer(async (request, response) => {
    /** @type {Buffer[]} */
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const answer = async (/** @type {Call} */ call) => {
      const key = JSON.stringify([call.method, call.params]);
      const given = known.get(key) ?? ask(call);
      known.set(key, given);
      return { jsonrpc: "2.0", id: call.id, ...(await given) };
    };
    const answers = Array.isArray(body) ? await Promise.all(body.map(answer)) : await answer(body);
    response.setHeader("content-type", "application/json").end(JSON.stringify(answers));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { rpcUrl: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/**
 * Asks once for all that an audit of epoch 0 against a trusted block asks for, however long it takes.
 * @param {string} rpcUrl @param {`0x${string}`} distributor @param {`0x${string}`} hash
 */
export async function askThrough(rpcUrl, distributor, hash) {
  const transport = http(rpcUrl, {
    ...{ timeout: 3_600_000, retryCount: 0, maxResponseBodySize: 2 ** 30 },
  });
  const client = createPublicClient({ transport, cacheTime: 0 });
  const source = provenBy(client, async () => ({ hash }));
  for await (const { report } of audit({ client, source, distributor, from: 0, to: 0 })) {
    if (report.verdict !== "match") throw new Error(JSON.stringify(report));
  }
}

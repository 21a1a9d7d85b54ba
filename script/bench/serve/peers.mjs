// SPDX-License-Identifier: AGPL-3.0-only
import fastify from "fastify";
import { makeEntries } from "../tree/entries.mjs";
import { loadWithHashWasm } from "../tree/merkletreejs.mjs";
import { load as loadOpenZeppelin } from "../tree/openzeppelin.mjs";

/** @type {Record<string, (leaves: number) => Promise<(index: number) => unknown>>} */
const PEERS = {
  "@openzeppelin/merkle-tree": async (leaves) => (await loadOpenZeppelin())(makeEntries(leaves)).prove,
  // As its documentation has it: the leaf is searched for.
  "merkletreejs by leaf": async (leaves) => (await loadWithHashWasm())(makeEntries(leaves)).search,
};

export const NAMES = Object.keys(PEERS);

/** A server that keeps a library's tree in memory: the address leads to an entry, and that to its merkleProof. */
export async function peerServer(/** @type {string} */ name, /** @type {number} */ leaves) {
  const prove = await PEERS[name]?.(leaves);
  const entries = makeEntries(leaves);
  const indices = new Map(entries.map(({ prover }, index) => [/** @type {string} */ (prover), index]));
  const app = fastify();
  app.get("/v1/provers/:address/proof", (request) => {
    const { address } = /** @type {{ address: string }} */ (request.params);
    const index = indices.get(address) ?? -1;
    const entry = entries[index];
    return {
      prover: address,
      cumulative: String(entry?.cumulative),
      cumulativeCommission: String(entry?.cumulativeCommission),
      merkleProof: prove?.(index),
    };
  });
  return app;
}

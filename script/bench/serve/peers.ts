// SPDX-License-Identifier: AGPL-3.0-only
import fastify from "fastify";
import { CONTESTANTS } from "../tree/contestants.ts";
import { makeEntries } from "../tree/entries.ts";

const PEERS = {
  "@openzeppelin/merkle-tree": async (leaves: number) =>
    (await CONTESTANTS["@openzeppelin/merkle-tree"]())(makeEntries(leaves)).prove,
  // As its documentation has it: the leaf is searched for.
  "merkletreejs by leaf": async (leaves: number) =>
    (await CONTESTANTS["merkletreejs + hash-wasm"]())(makeEntries(leaves)).search,
};

export type Peer = keyof typeof PEERS;

/** A server that keeps a library's tree in memory: the address leads to an entry, and that to its merkleProof. */
export async function work({ peer, leaves }: { readonly peer: Peer; readonly leaves: number }) {
  const prove = await PEERS[peer](leaves);
  const entries = makeEntries(leaves);
  const indices = new Map(entries.map(({ prover }, index) => [prover as string, index]));
  const app = fastify();
  app.get<{ Params: { address: string } }>("/v1/provers/:address/proof", ({ params: { address } }) => {
    const index = indices.get(address) ?? -1;
    return {
      prover: address,
      cumulative: String(entries[index]?.cumulative),
      cumulativeCommission: String(entries[index]?.cumulativeCommission),
      merkleProof: prove(index),
    };
  });
  return { url: await app.listen({ host: "127.0.0.1", port: 0 }) };
}

// SPDX-License-Identifier: AGPL-3.0-only
// A crowded chain behind an endpoint that answers at once what it has answered before: anvil makes every trie of the whole
// state anew for each proof, which takes a node that keeps them a millisecond, so that its time would be all that is measured.
import { createPublicClient, http } from "viem";
import { audit } from "../../../service/audit/audit.ts";
import { provenBy } from "../../../service/audit/state-proof/proven-source.ts";
import { type CrowdSize, crowdedChain } from "../../../test/service/helpers/crowd.ts";
import { serveRpc } from "../rpc.ts";

/** The last block of a chain whose first epoch's root is posted, and all known that its audit asks for. */
export async function work(size: CrowdSize) {
  const { anvil, client, distributor } = await crowdedChain(size);
  const { hash, stateRoot } = await client.getBlock();
  const known = new Map<string, Promise<string>>();
  const url = await serveRpc((method, params) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const answer = known.get(body) ?? ask(anvil.rpcUrl, body);
    known.set(body, answer);
    return answer;
  });
  // Asks once for all that is proven, however long it takes.
  const transport = http(url, { timeout: 3_600_000, retryCount: 0, maxResponseBodySize: 2 ** 30 });
  const patient = createPublicClient({ transport, cacheTime: 0 });
  const source = provenBy(patient, async () => ({ hash }));
  for await (const { report } of audit({ client: patient, source, distributor, from: 0, to: 0 })) {
    if (report.verdict !== "match") throw new Error(JSON.stringify(report));
  }
  return { url, distributor, hash, stateRoot };
}

async function ask(url: string, body: string): Promise<string> {
  const headers = { "content-type": "application/json" };
  const answer = (await (await fetch(url, { method: "POST", headers, body })).json()) as {
    readonly result: unknown;
    readonly error?: { readonly message: string };
  };
  if (answer.error !== undefined) throw new Error(answer.error.message);
  return JSON.stringify(answer.result);
}

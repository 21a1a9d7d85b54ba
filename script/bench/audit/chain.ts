// SPDX-License-Identifier: AGPL-3.0-only
// A crowded chain behind an endpoint that answers at once what it has answered before: anvil makes every trie of the whole
// state anew for each proof, which takes a node that keeps them a millisecond, so that its time would be all that is measured.
import { createPublicClient, http } from "viem";
import { audit } from "../../../service/audit/audit.ts";
import { provenBy } from "../../../service/audit/state-proof/proven-source.ts";
import { type CrowdSize, crowdedChain } from "../../../test/service/helpers/crowd.ts";
import { serveResults } from "../../../test/service/helpers/json-rpc.ts";

/** The last block of a chain whose first epoch's root is posted, and all known that its audit asks for. */
export async function work(size: CrowdSize) {
  const { anvil, client, distributor } = await crowdedChain(size);
  const { hash, stateRoot } = await client.getBlock();
  // Each is asked once, however long that takes.
  const patientAt = (url: string) =>
    createPublicClient({
      transport: http(url, { timeout: 3_600_000, retryCount: 0, maxResponseBodySize: 2 ** 30 }),
      cacheTime: 0,
    });
  const known = new Map<string, Promise<string>>();
  const { request } = patientAt(anvil.rpcUrl);
  const { rpcUrl } = await serveResults((method, params) => {
    const call = JSON.stringify({ method, params });
    const answer = known.get(call) ?? request({ method, params } as never).then((it) => JSON.stringify(it));
    known.set(call, answer);
    return answer;
  });
  const patient = patientAt(rpcUrl);
  const source = provenBy(patient, async () => ({ hash }));
  for await (const { report } of audit({ client: patient, source, distributor, from: 0, to: 0 })) {
    if (report.verdict !== "match") throw new Error(JSON.stringify(report));
  }
  return { rpcUrl, distributor, hash, stateRoot };
}

// SPDX-License-Identifier: AGPL-3.0-only
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { type AuditParams, audit } from "../../../service/audit/audit.ts";
import type { Audited } from "../../../service/audit/judge.ts";
import { lookAt, readChain } from "../../../service/audit/reading.ts";
import { connect } from "../../../service/chain/client.ts";
import { type GeneratedChain, generatedChain } from "../helpers/generated-chain.ts";

const SIZE = { provers: 20, fulfilments: 3_000, epochs: 6 };
let chain: GeneratedChain;
beforeAll(async () => {
  chain = await generatedChain(SIZE);
}, 60_000);
afterAll(() => chain.close());

async function auditsOf(params: Partial<AuditParams> = {}): Promise<Audited[]> {
  const { client } = await connect({ rpcUrl: chain.rpcUrl });
  const audits: Audited[] = [];
  for await (const one of audit({ client, distributor: chain.distributor, from: 0, ...params }))
    audits.push(one);
  return audits;
}

it("many epochs are judged from one reading, in which no block is asked for twice", async () => {
  chain.asked.spans.length = 0;
  const audits = await auditsOf();
  expect(audits.map(({ report: { epoch, verdict } }) => [epoch, verdict])).toEqual(
    Array.from({ length: SIZE.epochs }, (_, epoch) => [epoch, "match"]),
  );
  const counted = audits.reduce((sum, { report }) => sum + (report.recomputed?.fulfilments ?? 0), 0);
  expect(counted).toBe(SIZE.fulfilments);
  const starts = chain.asked.spans.map(([from]) => from);
  // Once of the contracts, once of the vaults.
  for (const start of starts) expect(starts.filter((other) => other === start).length).toBeLessThanOrEqual(2);
  const [last] = await auditsOf({ from: SIZE.epochs - 1 });
  expect(last?.report.recomputed).toEqual(audits.at(-1)?.report.recomputed);
});

it("what is kept grows with provers and epochs, not with what they do", async () => {
  const more = await generatedChain({ ...SIZE, fulfilments: 4 * SIZE.fulfilments });
  onTestFinished(more.close);
  const [few, many] = [await keptOf(chain), await keptOf(more)];
  expect(many).toBeLessThan(1.05 * few);
});

/** How many values an auditor keeps of a whole chain. */
async function keptOf({ rpcUrl, distributor }: GeneratedChain): Promise<number> {
  const { client } = await connect({ rpcUrl });
  const { facts } = await readChain(client, await lookAt(client, distributor));
  const asText = (_: string, value: unknown) =>
    value instanceof Map ? [...value] : typeof value === "bigint" ? String(value) : value;
  return JSON.stringify(facts, asText).match(/[,{[]/g)?.length ?? 0;
}

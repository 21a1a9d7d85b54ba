// SPDX-License-Identifier: AGPL-3.0-only
// The auditor's own code, away from the page: what it takes does not keep the page from answering.
import { auditInBrowser, checkReportBytes } from "../../audit/in-browser.ts";
import { type Job, type Order, type Tale, type Trouble, WALLET_URL } from "./messages.ts";

const tell = (tale: Tale) => postMessage(tale);
const answers = new Map<number, (answer: unknown) => void>();
let ending = new AbortController();

addEventListener("message", ({ data }: MessageEvent<Order>) => {
  switch (data.kind) {
    case "cancel":
      ending.abort(new DOMException("cancelled", "AbortError"));
      return;
    case "answer":
      answers.get(data.id)?.(data.answer);
      answers.delete(data.id);
      return;
    case "check":
      void report(async () => tell({ kind: "checked", report: checkReportBytes(data.report) }));
      return;
    case "audit":
      void report(() => audit(data.job));
  }
});

async function audit({
  from,
  chainId,
  distributor,
  first,
  last,
  trustedBlock,
  artifacts,
  continueFrom,
}: Job): Promise<void> {
  ending = new AbortController();
  const outcome = await auditInBrowser({
    chain: "bundle" in from ? { ...from, distributor } : { ...from, distributor, chainId: BigInt(chainId) },
    ...{ trustedBlock, continueFrom, from: first, to: last, signal: ending.signal },
    artifactOf: async (epoch) => artifacts.get(epoch),
    onProgress: (progress) => tell({ kind: "progress", progress }),
    onEpoch: (epoch) => tell({ kind: "epoch", epoch }),
    onFault: (fault) => tell({ kind: "fault", text: `${fault.host}: ${fault.kind}` }),
  });
  tell({ kind: "audited", outcome });
}

async function report(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    tell({ kind: "failed", trouble: troubleOf(error) });
  }
}

function troubleOf(error: unknown): Trouble {
  const { name, code, message, hint } = error as Error & { code?: string; hint?: string };
  if (name === "AbortError") return { code: "cancelled", message: "cancelled", hint: undefined };
  return { code, message: message ?? String(error), hint };
}

let asked = 0;
const network = fetch;

/** The wallet answers by the page: it cannot be reached from here. */
globalThis.fetch = async (input, init) => {
  const url = input instanceof Request ? input.url : String(input);
  if (url !== WALLET_URL) return network(input, init);
  const body = JSON.parse(input instanceof Request ? await input.text() : String(init?.body));
  const answer = Array.isArray(body) ? await Promise.all(body.map(askWallet)) : await askWallet(body);
  return Response.json(answer);
};

async function askWallet({
  id,
  method,
  params,
}: {
  id: number;
  method: string;
  params?: unknown;
}): Promise<object> {
  const number = asked++;
  const answer = new Promise<unknown>((resolve) => answers.set(number, resolve));
  tell({ kind: "ask", id: number, request: { method, params } });
  return { jsonrpc: "2.0", id, ...((await answer) as object) };
}

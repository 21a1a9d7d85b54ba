// SPDX-License-Identifier: AGPL-3.0-only
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Hex } from "viem";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { audit } from "../../../service/audit/audit.ts";
import {
  hashBytes as hashInBrowser,
  merkleRoot as rootInBrowser,
} from "../../../service/audit/hashing-browser.ts";
import { hashBytes, hashDigits, merkleRoot } from "../../../service/audit/hashing-native.ts";
import { checkReportBytes } from "../../../service/audit/in-browser.ts";
import type { Audited } from "../../../service/audit/judge.ts";
import type { Progress } from "../../../service/audit/progress.ts";
import { type BrowserAudit, browserAudit } from "../helpers/browser-audit.ts";
import { type RecordedChain, recordedClient, serveRecorded } from "../helpers/recorded-chain.ts";
import { encodeReports } from "../helpers/report.ts";
import { artifactOf, boundaries, bytesOf } from "./recorded-reading.ts";

let browser: BrowserAudit;
beforeAll(async () => {
  browser = await browserAudit();
}, 60_000);

async function endpointOf(chain: RecordedChain) {
  const { rpcUrl, close } = await serveRecorded(chain);
  onTestFinished(close);
  return { rpcUrl, distributor: chain.distributor };
}

/** The same by the code that the command runs. */
async function underNode(chain: RecordedChain, from = 0): Promise<Audited[]> {
  const audits: Audited[] = [];
  const { distributor } = chain;
  for await (const one of audit({ client: recordedClient(chain), distributor, from })) audits.push(one);
  return audits;
}

describe("the audit in a browser, where nothing of Node's is", () => {
  it("fits what a page may load for it", () => {
    const { first, all } = browser.gzipped;
    console.log(`audit in a browser, gzip: ${first} bytes, ${all} with what proofs and signatures need`);
    expect(first).toBeLessThanOrEqual(110_000);
  });

  it("comes to the command's verdicts, byte for byte, and tells how far it is", async () => {
    const chain = { ...(await endpointOf(boundaries)), isRecorded: true };
    const progress: Progress[] = [];
    const epochs: number[] = [];
    const { epochs: outcomes, ...outcome } = await browser.run({
      ...{ chain, from: 0 },
      onProgress: (step) => void progress.push(step),
      onEpoch: ({ epoch }) => void epochs.push(epoch),
    });
    expect(browser.found).toBe("");
    expect(outcome.report).toEqual(encodeReports(await underNode(boundaries)));
    expect(outcomes.map(({ report: { verdict } }) => verdict)).toEqual(Array(4).fill("match"));
    expect(epochs).toEqual([0, 1, 2, 3]);
    expect(outcomes.at(-1)?.text).toContain("MATCH");
    const third = boundaries.epochs.find(({ epoch }) => epoch === 3);
    expect(Buffer.from(outcomes.at(-1)?.artifact ?? []).toString()).toBe(third?.artifact);
    expect([...new Set(progress.map(({ phase }) => phase))]).toEqual(["looked", "logs", "state", "epoch"]);
    const shares = progress.map(({ done }) => done);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);

    expect(checkReportBytes(outcome.report).objections).toEqual([]);
    const again = await browser.run({ chain: { bundle: outcome.bundle ?? new Uint8Array() }, from: 0 });
    expect(again.report).toEqual(outcome.report);
  });

  it("continues from an artifact", async () => {
    const chain = await endpointOf(boundaries);
    const continueFrom = bytesOf(artifactOf(boundaries, 2));
    const { epochs } = await browser.run({ chain, from: 3, continueFrom });
    expect(epochs.map(({ epoch, report }) => [epoch, report.verdict])).toEqual([[3, "match"]]);
  });

  it("finds one nibble of one log that is another", async () => {
    const log = boundaries.logs.findLast(
      ({ event }) => event === "Fulfilled",
    ) as RecordedChain["logs"][number];
    const data: Hex = `0x${log.data.slice(2, -1)}${log.data.endsWith("1") ? "2" : "1"}`;
    const logs = boundaries.logs.map((one) => (one === log ? { ...one, data } : one));
    const { epochs } = await browser.run({ chain: await endpointOf({ ...boundaries, logs }), from: 3 });
    expect(epochs[0]?.report).toMatchObject({
      verdict: "mismatch",
      verdicts: { inputs: { verdict: "mismatch" } },
    });
  });

  it("says what keeps it from judging", async () => {
    const chain = await endpointOf(boundaries);
    await expect(browser.run({ chain, from: 9 })).rejects.toMatchObject({
      name: "ChainError",
      code: "not-ready",
    });
    await expect(browser.run({ chain: { bundle: new Uint8Array([1]) }, from: 0 })).rejects.toMatchObject({
      name: "AuditError",
      message: expect.stringContaining("the bundle is not one"),
    });
  });

  it.each(["looked", "logs", "state", "epoch"])(
    "ends at once when it is told to, once it has %s",
    async (at) => {
      const ending = new AbortController();
      const onProgress = ({ phase }: Progress) => {
        if (phase === at) ending.abort(new Error("enough"));
      };
      const { signal } = ending;
      const run = browser.run({ chain: await endpointOf(boundaries), from: 0, signal, onProgress });
      await expect(run).rejects.toThrow("enough");
    },
  );

  it("ends at once when it is told to while an endpoint keeps it waiting", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const chain = { rpcUrl: `http://127.0.0.1:${port}`, distributor: boundaries.distributor };
    const ending = new AbortController();
    const run = browser.run({ chain, from: 0, signal: ending.signal });
    await once(silent, "request");
    ending.abort(new Error("enough"));
    await expect(run).rejects.toThrow("enough");
  });
});

it("hash and tree are the same in a browser", () => {
  const leaves = Array.from({ length: 40 }, (_, i) => hashDigits(i.toString(16).padStart(64, "0")));
  for (let length = 1; length <= leaves.length; length++) {
    const some = leaves.slice(0, length);
    expect(rootInBrowser(some), `${length} leaves`).toBe(merkleRoot(some));
  }
  for (const bytes of [new Uint8Array(), new Uint8Array(135), new Uint8Array(136).fill(7)]) {
    expect(hashInBrowser(bytes)).toBe(hashBytes(bytes));
  }
});

// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import type { AuditReport } from "../../../../service/audit/report.ts";
import { newPreimages } from "../../../../service/audit/state-proof/preimages.ts";
import { provenSource } from "../../../../service/audit/state-proof/proven-source.ts";
import { witnessOf } from "../../../../service/audit/state-proof/witness.ts";
import { watch } from "../../../../service/audit/watch.ts";
import { iRewardDistributorAbi } from "../../../../service/chain/abi.ts";
import type { Hex } from "../../../../service/core/types.ts";
import { browserAudit } from "../../helpers/browser-audit.ts";
import {
  chain,
  directory,
  endpoint,
  honest,
  post,
  postThis,
  provender,
  setScene,
  test,
  where,
  withRow,
} from "../scene.ts";

setScene();

async function trusted(): Promise<{ readonly number: bigint; readonly hash: Hex }> {
  const { number, hash } = await test.client.getBlock({ blockTag: "latest" });
  return { number, hash };
}

interface Told {
  readonly verdict: string;
  readonly state: string;
  readonly post: { readonly status: string };
  readonly recomputed: { readonly root: Hex };
  readonly verdicts: { readonly inputs: { readonly verdict: string; readonly reason?: string } };
}

async function auditJson(...flags: string[]): Promise<{ exitCode: number; told: Told; notes: string }> {
  const { exitCode, out, notes } = await provender("audit", "--json", ...flags);
  return { exitCode, told: (out === "" ? undefined : JSON.parse(out)) as Told, notes };
}

function inflatesTo(deflated: Uint8Array, expected: Buffer): boolean {
  try {
    return inflateRawSync(deflated).equals(expected);
  } catch {
    return false;
  }
}

describe("an audit against a trusted block", () => {
  it("matches without believing anybody, pending roots included", async () => {
    await post(1);
    const { number, hash } = await trusted();
    for (const block of [hash, `${number}:${hash}`, `${number}:${hash.toUpperCase().replace("X", "x")}`]) {
      const { exitCode, told, notes } = await auditJson("--epoch", "1", "--trusted-block", block, ...where());
      expect([exitCode, notes]).toEqual([0, ""]);
      expect(told).toMatchObject({ verdict: "match", state: "proven", post: { status: "pending" } });
      expect(told.recomputed.root).toBe(honest.artifact.root);
    }
    const { out } = await provender("audit", "--epoch", "0..1", "--trusted-block", hash, ...where());
    expect(out.match(/^MATCH /gm)).toHaveLength(2);
    expect(out).toContain(
      `proven against trusted block ${number} ${hash}: state and blocks, and by them the logs; believed: nothing`,
    );
  });

  it("says without one who was believed for what", async () => {
    await post(1);
    const { out } = await provender("audit", "--epoch", "1", ...where());
    const { host } = new URL(endpoint.rpcUrl);
    expect(out).toContain(
      `proven: that the logs are those of the contracts' state; believed: state and blocks, from ${host}, asked alone`,
    );
    const second = new URL(test.anvil.rpcUrl).host;
    const both = ["--rpc", `${endpoint.rpcUrl},${test.anvil.rpcUrl}`, "--distributor", test.distributor];
    const { told } = await auditJson("--epoch", "1", ...both);
    expect(told).toMatchObject({
      state: "believed",
      endpoints: { asked: [host, second], agreement: 2, contradicted: [] },
    });
    const agreed = await provender("audit", "--epoch", "1", ...both);
    expect(agreed.out).toContain(`from ${host} and ${second}, of which 2 had to agree`);
  });

  it("proves itself from one hash without network, and only from that", async () => {
    await post(1);
    const { number, hash } = await trusted();
    const bundle = join(directory, "bundle");
    await provender("audit", "--epoch", "0..1", "--trusted-block", hash, "--bundle", bundle, ...where());
    const offline = ["audit", "--epoch", "0..1", "--from-bundle", bundle];
    const { exitCode, out } = await provender(...offline, "--trusted-block", `${number}:${hash}`);
    expect([exitCode, out.match(/^MATCH /gm)?.length]).toEqual([0, 2]);

    const { run } = await browserAudit();
    const inBrowser = { chain: { bundle: readFileSync(bundle) }, from: 0, trustedBlock: { hash, number } };
    const { epochs } = await run(inBrowser);
    expect(epochs.map(({ report: { verdict, state } }) => [verdict, state])).toEqual(
      Array(2).fill(["match", "proven"]),
    );

    expect(await provender(...offline)).toMatchObject({
      exitCode: 2,
      notes: expect.stringMatching(/holds proofs in place of state/),
    });
    const other = await test.client.getBlock({ blockNumber: number - 1n });
    expect(await provender(...offline, "--trusted-block", other.hash)).toMatchObject({
      exitCode: 3,
      notes: expect.stringMatching(/the bundle does not hold what proves the chain's state/),
    });
    const bytes = readFileSync(bundle);
    const start = bytes.indexOf("\n") + 1;
    const packed = inflateRawSync(bytes.subarray(start));
    // Any byte of it, those that say how long the next is, too.
    for (let at = start; at < bytes.length; at += Math.ceil((bytes.length - start) / 40)) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] as number) ^ 1;
      // Some bits of a deflated text mean nothing: with them it is still the same.
      if (inflatesTo(altered.subarray(start), packed)) continue;
      writeFileSync(bundle, altered);
      const { exitCode: code } = await provender(...offline, "--trusted-block", hash);
      expect(code, `byte ${at}`).not.toBe(0);
      expect(code, `byte ${at}`).not.toBe(1);
    }
    writeFileSync(bundle, bytes.subarray(0, bytes.length - 1));
    expect(await provender(...offline, "--trusted-block", hash)).toMatchObject({ exitCode: 2 });
  });

  it("is refused where the block is none, or not this one", async () => {
    await post(1);
    const { number, hash } = await trusted();
    const run = (block: string) => auditJson("--epoch", "1", "--trusted-block", block, ...where());
    for (const block of ["", "7", "0x12", `x:${hash}`, `07:${hash}`, `${hash}0`, `${number}: ${hash}`]) {
      const { exitCode, notes } = await run(block);
      expect([exitCode, notes]).toEqual([2, expect.stringContaining("--trusted-block: not a block")]);
    }
    expect(await run(`${number + 1n}:${hash}`)).toMatchObject({
      exitCode: 2,
      notes: expect.stringContaining(`the trusted block ${hash} has number ${number}, not ${number + 1n}`),
    });
    expect(await run(`0x${"12".repeat(32)}`)).toMatchObject({
      exitCode: 3,
      notes: expect.stringContaining("does not prove the header of block 0x1212"),
    });
    expect(await run("@nowhere")).toMatchObject({
      exitCode: 2,
      notes: expect.stringContaining("--trusted-block: cannot read nowhere"),
    });
    const first = await test.client.getBlock({ blockNumber: 1n });
    expect(await run(first.hash)).toMatchObject({
      exitCode: 2,
      notes: expect.stringContaining("the distributor, at the trusted block 1"),
    });
    const { exitCode, notes } = await provender(
      ...["audit", "--epoch", "1", "--trusted-block", hash, "--from-bundle", "x"],
    );
    expect([exitCode, notes]).toEqual([2, expect.stringContaining("cannot read x")]);
  });

  it("knows nothing past the block", async () => {
    const before = await trusted();
    await post(1);
    const { exitCode, notes } = await auditJson("--epoch", "1", "--trusted-block", before.hash, ...where());
    expect([exitCode, notes]).toEqual([4, expect.stringContaining("no root has been posted for epoch 1")]);
    writeFileSync(join(directory, "trusted"), `${(await trusted()).hash}\n`);
    const { told } = await auditJson("--epoch", "1", "--trusted-block", "@trusted", ...where());
    expect(told.verdict).toBe("match");
  });

  it("finds what was posted wrongly", async () => {
    const artifact = withRow(0, ({ amount }) => ({ amount: amount + 1n }));
    await postThis(artifact);
    const { hash } = await trusted();
    const { exitCode, told } = await auditJson("--epoch", "1", "--trusted-block", hash, ...where());
    expect([exitCode, told.verdict, told.verdicts.inputs.verdict]).toEqual([1, "mismatch", "match"]);
  });
});

describe("a job against a trusted block", () => {
  const run = (block: string, ...flags: string[]) =>
    provender("epoch", "run", "--epoch", "1", "--trusted-block", block, "--json", ...flags, ...where());
  const posting = () => ["--post", "--from", test.publisher];
  const postCount = async () => {
    const read = { address: test.distributor, abi: iRewardDistributorAbi } as const;
    return test.client.readContract({ ...read, functionName: "postCount" });
  };

  it("posts what the auditor's computation from proven state comes to, too", async () => {
    const { hash } = await trusted();
    const { exitCode, out, notes } = await run(hash, ...posting());
    expect([exitCode, JSON.parse(out).root]).toEqual([0, honest.artifact.root]);
    expect(notes).toContain("the root of epoch 1 was computed again from what the trusted block proves");
    expect(await postCount()).toBe(2n);
    // Said of what is posted already, too.
    expect(await run((await trusted()).hash)).toMatchObject({
      exitCode: 0,
      notes: expect.stringContaining("was computed again"),
    });
  });

  it("posts nothing where an endpoint moves the epoch's end", async () => {
    const { hash } = await trusted();
    const { number } = honest.input.snapshot;
    const { timestamp } = await test.client.getBlock({ blockNumber: number });
    const next = `0x${(number + 1n).toString(16)}`;
    /** Either headers hash to what they are called, or all are another chain's kind, which nobody can hash. */
    const lie =
      (isEthereum: boolean) => (call: { method: string; params: readonly unknown[] }, result: unknown) => {
        if (call.method !== "eth_getBlockByNumber") return result;
        const block = { ...(result as object), ...(!isEthereum && { extraData: "0x01" }) };
        return call.params[0] === next ? { ...block, timestamp: `0x${timestamp.toString(16)}` } : block;
      };
    const believing = () => provender("epoch", "run", "--epoch", "1", "--json", ...where());
    endpoint.twist = lie(true);
    expect((await believing()).notes).toMatch(/block \d+, as it is given, does not hash to its hash/);
    endpoint.twist = lie(false);
    expect(JSON.parse((await believing()).out).snapshot.number).toBe(String(number + 1n));
    const { exitCode, notes } = await run(hash, ...posting());
    expect([exitCode, notes]).toEqual([
      1,
      expect.stringMatching(
        /the job computed|does not prove the header of block|not those that the trusted block leads to/,
      ),
    ]);
    expect(await postCount()).toBe(1n);
  });

  it("waits for a block past the epoch's end", async () => {
    const { hash } = await test.client.getBlock({ blockNumber: honest.input.snapshot.number });
    const { exitCode, notes } = await run(hash, ...posting());
    expect([exitCode, notes]).toEqual([
      4,
      expect.stringContaining("epoch 1 is not over at the trusted block"),
    ]);
    expect(await postCount()).toBe(1n);
  });
});

describe("a watch against a trusted block", () => {
  it("sees what the block that it is given shows, as it moves on and back", async () => {
    const witness = witnessOf(newPreimages(), chain.client);
    let current = await trusted();
    const source = provenSource({ trusted: async () => current, witness, client: chain.client });
    const reports: AuditReport[] = [];
    const troubles: unknown[] = [];
    const ending = new AbortController();
    const watching = watch({
      client: chain.client,
      source,
      distributor: test.distributor,
      every: 20,
      signal: ending.signal,
      onAudit: async ({ report }) => {
        reports.push(report);
        return true;
      },
      onTrouble: (error) => troubles.push(error),
    });
    const before = current;
    await post(1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(reports).toEqual([]);
    current = await trusted();
    await vi.waitFor(() => expect(reports).toHaveLength(1), 10_000);
    expect(reports[0]).toMatchObject({ verdict: "match", state: "proven", read: { hash: current.hash } });
    current = before;
    await new Promise((resolve) => setTimeout(resolve, 300));
    ending.abort();
    await watching;
    expect([reports.length, troubles]).toEqual([1, []]);
  });
});

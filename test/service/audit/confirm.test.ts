// SPDX-License-Identifier: AGPL-3.0-only
import { type Hex, numberToHex } from "viem";
import { describe, expect, it, vi } from "vitest";
import { actOn } from "../../../service/audit/act.ts";
import { doubtAbout, restBetween } from "../../../service/audit/confirm.ts";
import { breakBetween } from "../../../service/audit/linked-blocks.ts";
import type { AuditReport } from "../../../service/audit/report.ts";
import { believedSource } from "../../../service/audit/state-source.ts";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { findSnapshot, readBlock } from "../../../service/chain/blocks.ts";
import { connect } from "../../../service/chain/client.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import { pass } from "../helpers/system.ts";
import {
  audit,
  auditThrough,
  chain,
  endpoint,
  honest,
  passWhile,
  post,
  postThis,
  provender,
  setScene,
  system,
  test,
  where,
  withRow,
} from "./scene.ts";

setScene();

const wrong = () => withRow(1, (row) => ({ amount: row.amount + 1n, cumulative: row.cumulative + 1n }));
const latest = () =>
  test.client.readContract({
    abi: iRewardDistributorAbi,
    address: test.distributor,
    functionName: "latestPost",
  });
const ANOTHER: Hex = `0x${"88".repeat(32)}`;
const OTHER: Hex = `0x${"99".repeat(32)}`;

interface RpcBlock {
  number: Hex;
  hash: Hex;
  parentHash: Hex;
}

/** An endpoint that kept a block which was replaced; `linked` if it kept the next one too. */
function keepsReplaced(linked: boolean): void {
  const { number } = honest.input.snapshot;
  endpoint.twist = ({ method }, result) => {
    if (method !== "eth_getBlockByNumber") return result;
    const block = result as RpcBlock;
    if (BigInt(block.number) === number) return { ...block, hash: OTHER };
    const isNext = linked && BigInt(block.number) === number + 1n;
    return isNext ? { ...block, parentHash: OTHER, hash: ANOTHER } : block;
  };
}

/** Looks through the endpoint that may lie, and moves the chain's clock until the second look. */
async function doubt(report: AuditReport, agreed = false, signal?: AbortSignal) {
  const { client } = await connect({ rpcUrl: endpoint.rpcUrl });
  const lines: string[] = [];
  const looking = doubtAbout(
    {
      client,
      state: believedSource(client),
      distributor: test.distributor,
      agreed,
      signal,
      log: (line) => lines.push(line),
    },
    report,
  );
  looking.catch(() => undefined);
  await vi.waitFor(() => expect(lines).not.toEqual([]), 45_000);
  await pass(test, 151n);
  return { reason: await looking, lines };
}

describe("a mismatch is acted on", () => {
  it("once a second look, a quarter of the window later, shows the same", async () => {
    await postThis(wrong());
    const report = await audit(1);
    const { reason, lines } = await doubt(report);
    expect(reason).toBeUndefined();
    expect(lines).toEqual([expect.stringContaining("it is read again in 150 s, and vetoed if that shows")]);
  });

  it("a mismatch is let be if the second look shows no mismatch, or cannot be had, or was not waited for", async () => {
    await postThis(wrong());
    const report = await audit(1);
    const other = { ...report, recomputed: undefined };
    expect((await doubt(other)).reason).toBe("a second look does not show the same");
    endpoint.refuse = ({ method }) => (method === "eth_getLogs" ? "boom" : undefined);
    expect((await doubt(report, true)).reason).toMatch(/^a second look failed: the RPC endpoint .*boom/);
    endpoint.repent();
    const stopped = AbortSignal.abort();
    expect((await doubt(report, false, stopped)).reason).toBe("it was stopped before it had looked twice");
  });

  it.each([false, true])(
    "not if the times that an epoch's end follows from are not the blocks' (agreed: %s)",
    async (agreed) => {
      await post(1);
      endpoint.twist = ({ method }, result) => {
        if (method !== "eth_getBlockByNumber") return result;
        const block = result as { timestamp: Hex };
        return { ...block, timestamp: numberToHex(BigInt(block.timestamp) + system.epochLength) };
      };
      const lied = await auditThrough((log) => [log]);
      expect(lied.verdicts.inputs.findings).toMatchObject([{ topic: "snapshot" }]);
      expect((await doubt(lied, agreed)).reason).toMatch(/^block \d+, as it is given, does not hash to 0x/);
    },
  );

  it("a mismatch is let be if a single endpoint's blocks do not hang together up to the final one", async () => {
    await post(1);
    await test.client.mine({ blocks: 5, interval: 1 });
    keepsReplaced(true);
    const lied = await auditThrough((log) => [log]);
    expect(lied.verdicts.inputs.findings).toMatchObject([{ topic: "snapshot" }]);
    expect((await doubt(lied)).reason).toMatch(/^block \d+ names 0x[0-9a-f]{64} as its parent, and block/);
  });

  it("within the lesser of three minutes, a quarter of the window, and half of what is left of it", async () => {
    await postThis(wrong());
    const report = await audit(1);
    const rest = (seconds: number, until: number) =>
      restBetween({ ...report, window: { seconds: String(seconds), until: String(until) } }, 1_000n);
    expect([rest(86_400, 80_000), rest(600, 1_590), rest(86_400, 1_100), rest(86_400, 900)]).toEqual([
      180n,
      150n,
      50n,
      0n,
    ]);
    expect(restBetween({ ...report, window: null }, 1_000n)).toBe(0n);
  });
});

describe("a block that the next one contradicts", () => {
  it("is nobody's mismatch: nothing is judged, vetoed or posted, and the right root is attested afterwards", async () => {
    keepsReplaced(false);
    const through = await connect({ rpcUrl: endpoint.rpcUrl });
    const finalized = await readBlock(chain.client, "finalized");
    await expect(findSnapshot(through, system, 1, finalized)).rejects.toMatchObject({
      code: "inconsistent",
      message: expect.stringMatching(/^block \d+ is given as 0x99.*names 0x.* as its parent$/),
    });
    await post(1);
    const act = () => provender("audit", "--epoch", "1", "--act", "--from", test.auditor, ...where());
    const confused = await act();
    expect(confused).toMatchObject({ exitCode: 3, notes: expect.stringContaining("nothing was judged") });
    expect(await latest()).toMatchObject({ vetoed: false, attestations: 0n });
    endpoint.repent();
    expect((await act()).out).toMatch(/^attested in transaction/m);
  });

  it("is posted by nobody, though the next one was changed with it: neither hashes to its hash", async () => {
    keepsReplaced(true);
    const through = await connect({ rpcUrl: endpoint.rpcUrl });
    const finalized = await readBlock(chain.client, "finalized");
    await expect(findSnapshot(through, system, 1, finalized)).rejects.toMatchObject({
      code: "inconsistent",
      message: expect.stringMatching(/^block \d+, as it is given, does not hash to its hash$/),
    });
  });

  it("is posted by nobody, though its time is another one only where the epoch's end is looked for", async () => {
    await test.client.mine({ blocks: 5, interval: 1 });
    const { number } = honest.input.snapshot;
    const { timestamp } = await test.client.getBlock({ blockNumber: number });
    let lies = 1;
    endpoint.twist = ({ method }, result) => {
      const block = result as RpcBlock;
      if (method !== "eth_getBlockByNumber" || BigInt(block.number) !== number + 1n) return result;
      return lies-- > 0 ? { ...block, timestamp: numberToHex(timestamp) } : block;
    };
    const through = await connect({ rpcUrl: endpoint.rpcUrl });
    const finalized = await readBlock(chain.client, "finalized");
    await expect(findSnapshot(through, system, 1, finalized)).rejects.toMatchObject({
      code: "inconsistent",
      message: `block ${number + 1n}, as it is given, does not hash to its hash`,
    });
    expect(lies).toBe(0);
  });

  it("is found wherever it is", async () => {
    const { client } = chain;
    const final = await readBlock(client, "finalized");
    const { snapshot } = honest.input;
    expect(await breakBetween(client, snapshot, final)).toBeUndefined();
    expect(await breakBetween(client, { ...snapshot, hash: OTHER }, final)).toContain(`given as ${OTHER}`);
    expect(await breakBetween(client, snapshot, { ...final, hash: OTHER })).toContain("under two hashes");
    expect(await breakBetween(client, final, { ...final, number: final.number + 200_000n })).toMatch(
      /^more than/,
    );
  });
});

describe("provender veto", () => {
  const veto = (...flags: string[]) => provender("veto", "--epoch", "1", ...where(), ...flags);

  it("vetoes what does not match, twice looked at, once", async () => {
    await postThis(wrong());
    const dry = veto("--from", test.guardian, "--dry-run");
    await passWhile(dry);
    expect(await dry).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^dry run: nothing was sent; it would be vetoed$/m),
      notes: expect.stringMatching(/^would veto post 2, /m),
    });
    expect(await latest()).toMatchObject({ vetoed: false });
    const looking = veto("--from", test.guardian);
    await passWhile(looking);
    expect(await looking).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^vetoed in transaction/m),
    });
    expect(await latest()).toMatchObject({ vetoed: true });
    expect((await veto("--from", test.guardian)).exitCode).toBe(4);
  });

  it("leaves what matches alone, and is for those with a say only", async () => {
    await post(1);
    const matching = await veto("--from", test.auditor);
    expect(matching).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining("not vetoed: the root matches"),
    });
    const json = await veto("--from", test.auditor, "--json");
    expect(JSON.parse(json.out)).toMatchObject({ outcome: "match", transaction: null });
    const stranger = await veto("--from", test.publisher);
    expect(stranger).toMatchObject({
      exitCode: 2,
      notes: expect.stringContaining("neither a listed auditor"),
    });
  });
});

describe("every mismatch ends with what to do, and until when:", () => {
  const advice = async (report: AuditReport) => {
    const { adviceText } = await import("../../../service/audit/advice.ts");
    return adviceText(report);
  };

  it("to veto, while that is possible; to look through others, where it speaks against an endpoint", async () => {
    await postThis(wrong());
    const report = await audit(1);
    const until = new Date(Number((await latest()).claimableAt) * 1_000).toISOString().replace(".000", "");
    expect(await advice(report)).toBe(
      `have an auditor or the guardian veto it until ${until}: provender veto --epoch 1`,
    );
    expect(await advice({ ...report, window: null })).toMatch(/^the root is no longer pending, and stands/);
    const with_ = (topic: never) => ({
      ...report,
      verdicts: {
        ...report.verdicts,
        inputs: { verdict: "mismatch" as const, findings: [{ topic, message: "" }] },
        amounts: { verdict: "match" as const, findings: [] },
        root: { verdict: "match" as const, findings: [] },
      },
    });
    expect(await advice(with_("fulfilments" as never))).toContain(
      `audit again through others until ${until}`,
    );
    expect(await advice(with_("unknown-policy" as never))).toContain(`knows the policy until ${until}`);
    expect(await advice(with_("earlier-epoch" as never))).toContain("the artifact of epoch 0");
    expect(await advice(with_("copy" as never))).toContain("get the artifact elsewhere");
    const doubt = async () => undefined;
    const signer = signerFor(chain, { from: test.auditor });
    const actor = { client: chain.client, signer, say: "auditor", log: () => undefined, doubt } as const;
    expect((await actOn(actor, report)).outcome).toBe("vetoed");
  });
});

// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, it } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { artifactOf, datasetHash } from "../../../service/core/artifact.ts";
import { computeEpoch } from "../../../service/core/epoch.ts";
import type { Row } from "../../../service/core/types.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { activate, endEpoch, latestContent } from "../helpers/system.ts";
import {
  audit,
  confirmed,
  directory,
  firstArtifact,
  honest,
  post,
  postThis,
  setScene,
  test,
  verdicts,
  withRow,
} from "./scene.ts";

setScene();

describe("an honest root", () => {
  it("matches in all three ways, pending, active and superseded", async () => {
    const first = await audit(0);
    expect(first.verdicts.inputs.findings).toEqual([]);
    expect(first).toMatchObject({ verdict: "match", post: { status: "active" } });
    await post(1);
    const second = await audit(1, { artifact: honest.bytes });
    expect(second).toMatchObject({ verdict: "match", post: { status: "pending", postNumber: "2" } });
    expect(verdicts(second)).toEqual(["match", "match", "match"]);
    expect(second.recomputed).toMatchObject({
      root: honest.artifact.root,
      datasetHash: datasetHash(honest.bytes),
      cumulativeTotal: String(honest.artifact.total),
      fulfilments: 2,
      provers: 3,
    });
    await activate(test);
    await endEpoch(test);
    await post(2);
    expect((await audit(1)).post?.status).toBe("active");
    await activate(test);
    expect((await audit(1)).post?.status).toBe("superseded");
    expect((await audit(2)).verdict).toBe("match");
  });

  it("matches when it is continued from the artifact of the epoch before", async () => {
    await post(1);
    expect((await audit(1, { continueFrom: firstArtifact })).verdict).toBe("match");
    await expect(audit(1, { continueFrom: honest.bytes })).rejects.toThrow("is of epoch 1");
    const edited = Buffer.from(firstArtifact).toString().replace('"misses":1', '"misses":2');
    await expect(audit(1, { continueFrom: Buffer.from(edited) })).rejects.toThrow("dataset hash");
  });

  it("is not judged before its epoch has ended, is posted, and after a veto", async () => {
    await expect(audit(7)).rejects.toMatchObject({ code: "not-ready", message: /has not ended/ });
    await expect(audit(1)).rejects.toMatchObject({ code: "not-ready", message: /no root has been posted/ });
    await postThis(honest.artifact);
    const veto = await test.client.writeContract({
      account: test.guardian,
      address: test.distributor,
      abi: iRewardDistributorAbi,
      functionName: "veto",
      args: [await latestContent(test)],
    });
    await confirmed(veto);
    await expect(audit(1)).rejects.toMatchObject({ code: "not-ready", message: /vetoed/ });
    await postThis(honest.artifact);
    expect(await audit(1)).toMatchObject({ verdict: "match", post: { postNumber: "3" } });
  });
});

describe("a root that is wrong", () => {
  it("by one wei in one leaf, in the artifact too: amounts and root, with the prover and both amounts", async () => {
    const wrong = withRow(1, (row) => ({ amount: row.amount + 1n, cumulative: row.cumulative + 1n }));
    const artifact = await postThis(wrong);
    const report = await audit(1, { artifact });
    expect(verdicts(report)).toEqual(["match", "mismatch", "mismatch"]);
    const [finding] = report.verdicts.amounts.findings;
    const { prover, amount } = wrong.rows[1] as Row;
    expect(finding).toMatchObject({
      prover,
      difference: {
        field: "amount",
        isInput: false,
        rows: 1,
        amount: { published: String(amount), recomputed: String(amount - 1n) },
      },
    });
    expect(verdicts(await audit(1))).toEqual(["match", "mismatch", "mismatch"]);
  });

  it("by one wei in one leaf that the artifact does not show: the root alone", async () => {
    const { root } = withRow(0, (row) => ({ cumulative: row.cumulative + 1n }));
    const artifact = await postThis(honest.artifact, { root });
    const report = await audit(1, { artifact });
    expect(verdicts(report)).toEqual(["match", "match", "mismatch"]);
    expect(report.verdicts.root.findings[0]?.message).toContain(honest.artifact.root);
  });

  it("by one policy parameter: amounts and root, with the parameter and the first prover", async () => {
    const { policy } = honest.input;
    if (policy.id !== "capped") throw new Error("the test system runs capped");
    const lax = { ...policy, params: { ...policy.params, capNumerator: 2n } };
    const artifact = await postThis(artifactOf(computeEpoch({ ...honest.input, policy: lax })));
    const report = await audit(1, { artifact });
    expect(verdicts(report)).toEqual(["match", "mismatch", "mismatch"]);
    const messages = report.verdicts.amounts.findings.map(({ message }) => message).join("\n");
    expect(messages).toContain("policy.params.capNumerator is 2, recomputed 1");
    const paid = [...honest.artifact.rows].find(({ amount }) => amount > 0n);
    expect(report.verdicts.amounts.findings[0]?.prover).toBe(paid?.prover);
  });

  it("by one input: the input that differs", async () => {
    const [first, ...others] = honest.input.provers;
    if (first === undefined) throw new Error("no provers");
    const more = { ...honest.input, provers: [{ ...first, stake: first.stake + 10n }, ...others] };
    const artifact = await postThis(artifactOf(computeEpoch(more)));
    const report = await audit(1, { artifact });
    expect(verdicts(report).slice(0, 2)).toEqual(["match", "mismatch"]);
    expect(report.verdicts.amounts.findings[0]).toMatchObject({
      prover: first.prover,
      difference: { field: "stake", isInput: true },
    });
  });

  it("by its snapshot's number only: the inputs", async () => {
    const { number, hash } = await test.client.getBlock({
      blockNumber: honest.artifact.snapshot.number - 1n,
    });
    await postThis({ ...honest.artifact, snapshot: { number, hash } });
    const report = await audit(1);
    expect(verdicts(report)).toEqual(["mismatch", "match", "match"]);
    expect(report.verdicts.inputs.findings[0]).toMatchObject({ topic: "snapshot" });
    expect(report.recomputed?.snapshot.hash).toBe(honest.artifact.snapshot.hash);
  });

  it("by its snapshot's hash only, once the chain has forgotten it: the inputs", async () => {
    await test.client.mine({ blocks: 300 });
    const { number } = honest.artifact.snapshot;
    await postThis({ ...honest.artifact, snapshot: { number, hash: `0x${"11".repeat(32)}` } });
    expect(verdicts(await audit(1))).toEqual(["mismatch", "match", "match"]);
  });

  it("by its dataset hash only: the amounts", async () => {
    await postThis(honest.artifact, { datasetHash: `0x${"22".repeat(32)}` });
    expect(verdicts(await audit(1))).toEqual(["match", "mismatch", "match"]);
  });

  it("an edited copy of a right artifact is not taken for it", async () => {
    await post(1);
    const text = Buffer.from(honest.bytes).toString();
    const edited = text.replace(/"amount":"([1-9]\d*)"/, (_, digits) => `"amount":"${BigInt(digits) + 1n}"`);
    const report = await audit(1, { artifact: Buffer.from(edited) });
    expect(verdicts(report)).toEqual(["match", "mismatch", "match"]);
    expect(report.verdicts.amounts.findings[0]?.difference?.field).toBe("amount");
    await expect(audit(1, { artifact: Buffer.from(`${text} `) })).rejects.toThrow("not one");
    await expect(audit(1, { artifact: firstArtifact })).rejects.toThrow("is of epoch 0");
  });

  it("a wrong root that stands is what later epochs are judged from", async () => {
    const wrong = withRow(1, (row) => ({ amount: row.amount + 1n, cumulative: row.cumulative + 1n }));
    const continueFrom = await postThis(wrong);
    await activate(test);
    await endEpoch(test);
    // The job finds the artifact that was posted, and continues from it.
    await fileStore(directory).put(`artifacts/${datasetHash(continueFrom)}.json`, continueFrom);
    await post(2);
    const blind = await audit(2);
    expect(verdicts(blind)).toEqual(["match", "mismatch", "unjudged"]);
    expect(blind.verdicts.amounts.findings[0]).toMatchObject({ topic: "earlier-epoch", message: /^epoch 1/ });
    expect((await audit(2, { continueFrom })).verdict).toBe("match");
  });
});

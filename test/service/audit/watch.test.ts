// SPDX-License-Identifier: AGPL-3.0-only
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { encodeEventTopics } from "viem";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Outcome } from "../../../service/audit/act.ts";
import { actOn } from "../../../service/audit/act.ts";
import type { AuditReport } from "../../../service/audit/report.ts";
import { watch } from "../../../service/audit/watch.ts";
import { iProofMarketAbi, iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { requireSay } from "../../../service/chain/attest.ts";
import { connect } from "../../../service/chain/client.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import type { Address } from "../../../service/core/types.ts";
import { activate, endEpoch, latestContent, pass } from "../helpers/system.ts";
import {
  confirmed,
  directory,
  endpoint,
  honest,
  passWhile,
  post,
  postThis,
  provender,
  provers,
  setScene,
  test,
  where,
  withRow,
} from "./scene.ts";

setScene();

/** Milliseconds that a busy machine may need for what takes an idle one a moment. */
const WITHIN = 45_000;
/** Just longer than a root's challenge window. */
const WINDOW = 601n;
const read = () => ({ abi: iRewardDistributorAbi, address: test.distributor }) as const;
const wrong = () => withRow(1, (row) => ({ amount: row.amount + 1n, cumulative: row.cumulative + 1n }));
const latest = () => test.client.readContract({ ...read(), functionName: "latestPost" });

const log = () => undefined;
/** What a second look confirms is for confirm.test.ts. */
const doubt = async () => undefined;

/** An auditor's watch through the endpoint that may lie, and all that it saw and did. */
async function startWatch(account: Address) {
  const chain = await connect({ rpcUrl: endpoint.rpcUrl, rounds: 1 });
  const signer = signerFor(chain, { from: account });
  const say = await requireSay(chain.client, test.distributor, signer.address);
  const reports: AuditReport[] = [];
  const outcomes: Outcome[] = [];
  const troubles: unknown[] = [];
  const ending = new AbortController();
  const watching = watch({
    client: chain.client,
    distributor: test.distributor,
    every: 20,
    signal: ending.signal,
    onAudit: async ({ report }) => {
      reports.push(report);
      const { outcome } = await actOn({ client: chain.client, signer, say, log, doubt }, report);
      outcomes.push(outcome);
      return outcome !== "unconfirmed";
    },
    onTrouble: (error) => troubles.push(error),
  });
  const stop = async () => {
    ending.abort();
    await watching;
  };
  onTestFinished(stop);
  return { reports, outcomes, troubles, stop };
}

/** Long enough for several looks. */
const looks = () => new Promise((resolve) => setTimeout(resolve, 400));

describe("a watch with an auditor's key", () => {
  it("attests each pending root that matches, once, and over restarts too", async () => {
    const first = await startWatch(test.auditor);
    await looks();
    expect(first.reports).toEqual([]);
    await post(1);
    await vi.waitFor(() => expect(first.outcomes).toEqual(["attested"]), WITHIN);
    await looks();
    expect((await latest()).attestations).toBe(1n);
    await first.stop();
    const second = await startWatch(test.auditor);
    await vi.waitFor(() => expect(second.outcomes).toEqual(["already-attested"]), WITHIN);
    expect((await latest()).attestations).toBe(1n);
    // It goes on with the next root from what it has read of the chain.
    await pass(test, WINDOW);
    await endEpoch(test);
    await post(2);
    await vi.waitFor(() => expect(second.outcomes).toEqual(["already-attested", "attested"]), WITHIN);
    expect([first.troubles, second.troubles]).toEqual([[], []]);
    expect(second.reports.map(({ epoch, verdict }) => [epoch, verdict])).toEqual([
      [1, "match"],
      [2, "match"],
    ]);
  });

  it("vetoes a root that does not match, and attests the one that takes its place", async () => {
    const auditor = await startWatch(test.auditor);
    await postThis(wrong());
    await vi.waitFor(() => expect(auditor.outcomes).toEqual(["vetoed"]), WITHIN);
    expect(await latest()).toMatchObject({ vetoed: true, attestations: 0n });
    await post(1);
    await vi.waitFor(() => expect(auditor.outcomes).toEqual(["vetoed", "attested"]), WITHIN);
  });

  it("has one veto an epoch; the guardian has more, and attests nothing", async () => {
    const [auditor, guardian] = [await startWatch(test.auditor), await startWatch(test.guardian)];
    await guardian.stop();
    await postThis(wrong());
    await vi.waitFor(() => expect(auditor.outcomes).toEqual(["vetoed"]), WITHIN);
    await postThis(wrong());
    await vi.waitFor(() => expect(auditor.outcomes).toEqual(["vetoed", "no-veto-left"]), WITHIN);
    const another = await startWatch(test.guardian);
    await vi.waitFor(() => expect(another.outcomes).toEqual(["vetoed"]), WITHIN);
    await post(1);
    await vi.waitFor(() => expect(another.outcomes).toEqual(["vetoed", "not-ours-to-attest"]), WITHIN);
    await vi.waitFor(() => expect(auditor.outcomes.at(-1)).toBe("attested"), WITHIN);
  });

  it("does nothing while the endpoint is gone, and what is due when it is back", async () => {
    const auditor = await startWatch(test.auditor);
    await looks();
    endpoint.down = true;
    await post(1);
    await vi.waitFor(() => expect(auditor.troubles).not.toEqual([]), WITHIN);
    expect(auditor.troubles[0]).toMatchObject({ code: "unreachable" });
    expect([auditor.reports, (await latest()).attestations]).toEqual([[], 0n]);
    endpoint.repent();
    await vi.waitFor(() => expect(auditor.outcomes).toEqual(["attested"]), WITHIN);
  });

  it("neither attests nor vetoes on logs that contradict the contracts, and says so once", async () => {
    const [fulfilled] = encodeEventTopics({ abi: iProofMarketAbi, eventName: "Fulfilled" });
    endpoint.tamper = (log) => (log.topics[0] === fulfilled ? [] : [log]);
    const auditor = await startWatch(test.auditor);
    await post(1);
    await vi.waitFor(() => expect(auditor.outcomes).toEqual(["nothing"]), WITHIN);
    expect(auditor.reports[0]?.verdicts.inputs.verdict).toBe("mismatch");
    await looks();
    expect(auditor.outcomes).toEqual(["nothing"]);
    expect(await latest()).toMatchObject({ vetoed: false, attestations: 0n });
    endpoint.repent();
    await vi.waitFor(() => expect(auditor.outcomes.at(-1)).toBe("attested"), WITHIN);
    // A look during which it repented saw some of either, which is a finding of its own.
    expect(auditor.outcomes.slice(0, -1).filter((outcome) => outcome !== "nothing")).toEqual([]);
    expect(await latest()).toMatchObject({ vetoed: false, attestations: 1n });
  });

  it("audits anew before it accuses: a lie that is told once costs nothing", async () => {
    const auditor = await startWatch(test.auditor);
    let lies = 1;
    const posted = encodeEventTopics({
      abi: iRewardDistributorAbi,
      eventName: "RootPosted",
      args: { epoch: 1n },
    });
    endpoint.tamper = (log) => {
      if (log.topics[0] !== posted[0] || log.topics[1] !== posted[1] || lies-- < 1) return [log];
      // The dataset hash, which no contract keeps.
      return [{ ...log, data: `${log.data.slice(0, 66)}${"0".repeat(64)}${log.data.slice(130)}` }];
    };
    await post(1);
    await vi.waitFor(() => expect(auditor.outcomes).toEqual(["attested"]), WITHIN);
    expect(lies).toBeLessThan(1);
  });

  it("waits for a transaction of its own that is under way", async () => {
    await post(1);
    const args = [await latestContent(test)] as const;
    await test.client.setAutomine(false);
    onTestFinished(() => test.client.setAutomine(true));
    const hash = await test.client.writeContract({
      ...read(),
      account: test.auditor,
      functionName: "attest",
      args,
    });
    const again = await startWatch(test.auditor);
    await vi.waitFor(() => expect(again.reports.length).toBeGreaterThan(0), WITHIN);
    expect(again.outcomes).toEqual([]);
    await test.client.mine({ blocks: 1 });
    await confirmed(hash);
    await vi.waitFor(() => expect(again.outcomes).toEqual(["already-attested"]), WITHIN);
    expect((await latest()).attestations).toBe(1n);
  });
});

describe("provender audit --act", () => {
  const act = (...more: string[]) => provender("audit", "--epoch", "1", "--act", ...more, ...where());

  it("attests a match, vetoes a mismatch, and says what it did", async () => {
    await postThis(wrong());
    const looking = act("--from", test.auditor);
    await passWhile(looking);
    const veto = await looking;
    expect(veto).toMatchObject({ exitCode: 1, out: expect.stringMatching(/^vetoed in transaction 0x/m) });
    await post(1);
    const { exitCode, out } = await act("--from", test.auditor, "--json");
    const { action, verdict } = JSON.parse(out);
    expect([exitCode, verdict, action]).toEqual([
      0,
      "match",
      { outcome: "attested", transaction: expect.stringMatching(/^0x/) },
    ]);
    const late = await act("--from", test.guardian);
    expect(late).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining("not attested: that is for listed"),
    });
  });

  it("leaves alone what stands, or was replaced, while it was audited", async () => {
    await postThis(wrong());
    endpoint.twist = ({ method }, result) => (method === "eth_getTransactionCount" ? "0x0" : result);
    const audited = await provender("audit", "--epoch", "1", "--json", ...where());
    const report = JSON.parse(audited.out) as AuditReport;
    const chain = await connect({ rpcUrl: test.anvil.rpcUrl });
    const signer = signerFor(chain, { from: test.auditor });
    const auditor = { client: chain.client, signer, say: "auditor", log, doubt } as const;
    const outcome = async () => (await actOn(auditor, report)).outcome;
    const args = [await latestContent(test)] as const;
    const veto = { ...read(), functionName: "veto", args } as const;
    await confirmed(await test.client.writeContract({ ...veto, account: test.guardian }));
    expect(await outcome()).toBe("already-vetoed");
    await postThis(honest.artifact);
    expect(await outcome()).toBe("replaced");
    await activate(test);
    const stands = { ...report, post: { ...report.post, postNumber: "3" } } as AuditReport;
    expect((await actOn(auditor, stands)).outcome).toBe("already-active");
  });

  it("refuses an account without a say, before it reads anything", async () => {
    const { exitCode, notes } = await act("--from", provers[0]);
    expect([exitCode, notes]).toEqual([
      2,
      expect.stringContaining("neither a listed auditor nor the guardian"),
    ]);
    expect((await act()).exitCode).toBe(2);
  });
});

/** The command in a process of its own, and what it has said. */
function watching(...flags: readonly string[]) {
  const command = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));
  const args = [command, "audit", "--watch", "--every", "1", ...flags, ...where()];
  const child = spawn(process.execPath, args, { cwd: directory });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = { out: "", notes: "" };
  child.stdout.on("data", (chunk) => {
    said.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    said.notes += chunk;
  });
  return { child, said };
}

describe("provender audit --watch", () => {
  it("prints each audit until it is told to end, and ends with 1 if there was a mismatch", async () => {
    await postThis(wrong());
    const { child, said } = watching("--artifact", "missing-{epoch}.json", "--act", "--from", test.auditor);
    await vi.waitFor(() => expect(said.notes).toContain("it is read again in 150 s"), { timeout: 60_000 });
    expect(said.out).toMatch(
      /^what to do: have an auditor or the guardian veto it until 20.*: provender veto --epoch 1$/m,
    );
    const vetoed = vi.waitFor(() => expect(said.out, said.notes).toMatch(/^vetoed in transaction/m), {
      timeout: 60_000,
      interval: 50,
    });
    await passWhile(vetoed);
    await vetoed;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    expect(await ended).toBe(1);
    expect(said.out).toMatch(/^MISMATCH/m);
    expect(said.notes).toContain("watching for pending roots every 1 s");
    expect(said.notes).toContain("cannot read missing-1.json");
  }, 90_000);

  it("ends at once where its endpoint hangs, and says nothing of that", async () => {
    await post(1);
    const { child, said } = watching();
    await vi.waitFor(() => expect(said.out, said.notes).toMatch(/^MATCH/m), { timeout: WITHIN });
    let held = 0;
    endpoint.intercept = () => {
      held++;
      return "hang";
    };
    onTestFinished(() => endpoint.repent());
    await vi.waitFor(() => expect(held).toBeGreaterThan(0), { timeout: WITHIN });
    const { notes } = said;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const since = performance.now();
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    // An answer is waited for twenty seconds, several times over.
    expect(performance.now() - since).toBeLessThan(10_000);
    expect(said.notes).toBe(notes);
  }, 90_000);

  it("is refused with what it cannot be combined with", async () => {
    const cases: [string[], RegExp][] = [
      [["--epoch", "1"], /--watch.*cannot be used with.*--epoch/],
      [["--every", "0"], /--every: not a number of seconds/],
      [["--artifact", "one.json"], /write \{epoch\} where/],
      [["--report", "r.json"], /cannot be used with/],
      [["--bundle", "b.json"], /cannot be used with/],
    ];
    for (const [flags, message] of cases) {
      const { exitCode, notes } = await provender("audit", "--watch", ...flags, ...where());
      expect([exitCode, notes]).toEqual([2, expect.stringMatching(message)]);
    }
  });
});

// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatUnits, getAddress } from "viem";
import { describe, expect, it } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import {
  directory,
  endpoint,
  honest,
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

describe("provender audit and attest", () => {
  it("says MATCH with requests and seconds, and ends with 0", async () => {
    await post(1);
    const { exitCode, out } = await provender("audit", "--epoch", "1", ...where());
    expect(out).toMatch(
      /inputs match chain +MATCH\namounts match policy +MATCH\nroot matches contract +MATCH/,
    );
    expect(out).toMatch(/^MATCH \(\d+ requests, \d+ calls, \d+\.\d s\)$/m);
    expect(exitCode).toBe(0);
  });

  it("names a file that is no artifact, and with --json says in JSON where a range ends early", async () => {
    const file = join(directory, "cut.json");
    writeFileSync(file, '{"added":"1');
    const cut = await provender("audit", "--epoch", "0", "--artifact", file, ...where());
    expect([cut.exitCode, cut.notes]).toEqual([
      2,
      expect.stringContaining(`--artifact: ${file}: the artifact is not one`),
    ]);
    const range = await provender("audit", "--epoch", "0..9", "--json", ...where());
    const { error } = JSON.parse(range.notes.split("\n").at(-1) ?? "");
    expect([range.exitCode, error]).toEqual([
      4,
      {
        message: expect.stringContaining("has been posted for epoch"),
        hint: expect.any(String),
        exitCode: 4,
      },
    ]);
  });

  it("says MISMATCH with the prover, in JSON too, and ends with 1", async () => {
    const wrong = withRow(1, (row) => ({ amount: row.amount + 1n, cumulative: row.cumulative + 1n }));
    const file = join(directory, "posted.json");
    writeFileSync(file, await postThis(wrong));
    const args = ["audit", "--epoch", "1", "--artifact", file, ...where()];
    const prover = getAddress(wrong.rows[1]?.prover ?? "0x");
    const text = await provender(...args);
    const wei = wrong.rows[1]?.amount ?? 0n;
    expect(text.out).toContain(`prover ${prover}: amount ${formatUnits(wei, 18)} tokens (${wei} wei)`);
    // People are never told wei alone, programs nothing else.
    expect(text.out.match(/\d+ wei/g)).toEqual(text.out.match(/(?<= tokens \()\d+ wei(?=\))/g));
    expect(text.out).toMatch(/^MISMATCH/m);
    const { exitCode, out } = await provender(...args, "--json");
    expect(JSON.parse(out)).toMatchObject({
      schema: "provender.audit/1",
      verdict: "mismatch",
      distributor: getAddress(test.distributor),
      verdicts: {
        inputs: { verdict: "match", findings: [] },
        amounts: {
          verdict: "mismatch",
          findings: [{ prover, difference: { prover, field: "amount" } }, {}, {}],
        },
        root: { verdict: "mismatch" },
      },
      requests: expect.any(Number),
    });
    expect(exitCode).toBe(1);
  });

  it("ends with 2 on a mistake, 3 without a chain, 4 when it is too early, and says why in a line", async () => {
    const cases: [string[], number, RegExp][] = [
      [["audit", ...where()], 2, /--epoch/],
      [["audit", "--epoch", "one", ...where()], 2, /--epoch: not a whole number/],
      [
        ["audit", "--epoch", "1", "--rpc", endpoint.rpcUrl, "--distributor", test.token],
        2,
        /not a Provender/,
      ],
      [["audit", "--epoch", "1", "--rpc", endpoint.rpcUrl, "--distributor", provers[0]], 2, /no contract/],
      [
        ["audit", "--epoch", "0", "--artifact", "missing.json", ...where()],
        2,
        /cannot read missing.json: ENOENT/,
      ],
      [["audit", "--epoch", "0", "--chain-id", "1", ...where()], 2, /serves chain 31337, not 1/],
      [
        ["audit", "--epoch", "0", "--rpc", "http://127.0.0.1:9", "--distributor", test.distributor],
        3,
        /not answer/,
      ],
      [["audit", "--epoch", "1", ...where()], 4, /no root has been posted for epoch 1/],
      [["audit", "--epoch", "9", ...where()], 4, /has not ended/],
    ];
    for (const [args, code, message] of cases) {
      const { exitCode, out, notes } = await provender(...args);
      expect([exitCode, out], args.join(" ")).toEqual([code, ""]);
      expect(notes.split("\n").at(-1)).toMatch(message);
    }
  });

  it("attests what matches, once", async () => {
    await post(1);
    const args = ["attest", "--epoch", "1", "--from", test.auditor, ...where()];
    const dry = await provender(...args, "--dry-run");
    expect(dry).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^MATCH .*\ndry run: nothing was sent; it would be attested\n$/ms),
      notes: expect.stringMatching(/^would attest post 2, the root 0x\w{64} of epoch 1$/m),
    });
    const first = await provender(...args);
    expect(first).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^attested in transaction 0x/m),
      notes: expect.stringMatching(/^will attest post 2, .*\nsent transaction 0x/m),
    });
    const second = await provender(...args);
    expect(second).toMatchObject({ exitCode: 0, out: expect.stringContaining("already attested") });
    const { attestations } = await test.client.readContract({
      address: test.distributor,
      abi: iRewardDistributorAbi,
      functionName: "latestPost",
    });
    expect(attestations).toBe(1n);
    const late = await provender("attest", "--epoch", "0", "--from", test.publisher, ...where());
    expect(late).toMatchObject({ exitCode: 1, out: expect.stringContaining("active already") });
  });

  it("signs what matches, for anybody to relay, once or more", async () => {
    await post(1);
    const file = join(directory, "attestation.json");
    const args = ["attest", "--epoch", "1", "--from", test.auditor, "--sign", file, ...where()];
    expect(await provender(...args)).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining("signed: nothing"),
    });
    const attestations = async () => {
      const at = { address: test.distributor, abi: iRewardDistributorAbi } as const;
      return (await test.client.readContract({ ...at, functionName: "latestPost" })).attestations;
    };
    expect(await attestations()).toBe(0n);
    const relay = (...files: string[]) => provender("relay", ...files, "--from", test.publisher, ...where());
    expect(await relay(file, "--dry-run")).toMatchObject({
      exitCode: 0,
      out: "would be relayed: 1 attestation\n",
      notes: expect.stringMatching(/^would bring 1 attestation of post 2, .*\ndry run: nothing was sent$/m),
    });
    expect(await attestations()).toBe(0n);
    expect(await relay(file, file)).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining("relayed 1 attestation in"),
      notes: expect.stringMatching(/^will bring 1 attestation of post 2, .*\nsent transaction 0x/m),
    });
    expect(await attestations()).toBe(1n);
    const sent = await test.client.getTransactionCount({ address: test.publisher });
    expect(await relay(file)).toMatchObject({ exitCode: 0, out: "counted already: nothing was sent\n" });
    expect(JSON.parse((await relay(file, "--json")).out)).toEqual({ transaction: null, attestations: 0 });
    expect(await test.client.getTransactionCount({ address: test.publisher })).toBe(sent);
    const whole = readFileSync(file, "utf8");
    const altered = async (from: string, to: string) => {
      expect(whole).toContain(from);
      writeFileSync(file, whole.replace(from, to));
      return relay(file);
    };
    expect((await altered('"chainId": "31337"', '"chainId": "1"')).notes).toContain(
      "it is for another chain",
    );
    expect((await altered('"postNumber": "2"', '"postNumber": "3"')).notes).toContain("PostMismatch");
    expect((await altered('"signature": "0x', '"signature": "0xff')).notes).toContain(
      "signature: not 65 bytes",
    );
    const nobody = await altered(
      `"auditor": "${test.auditor.toLowerCase()}"`,
      `"auditor": "${test.publisher}"`,
    );
    expect(nobody).toMatchObject({ exitCode: 1, notes: expect.stringContaining("NotAuditor") });
  });

  it("refuses to attest what does not match, or by who is no auditor", async () => {
    const { root } = withRow(0, (row) => ({ cumulative: row.cumulative + 1n }));
    const checkpointInside = await test.client.snapshot();
    await postThis(honest.artifact, { root });
    const refused = await provender("attest", "--epoch", "1", "--from", test.auditor, ...where(), "--json");
    expect(JSON.parse(refused.out)).toMatchObject({ outcome: "mismatch", transaction: null });
    expect(refused.exitCode).toBe(1);
    await test.client.revert({ id: checkpointInside });
    await post(1);
    const stranger = await provender("attest", "--epoch", "1", "--from", test.publisher, ...where());
    expect(stranger).toMatchObject({
      exitCode: 1,
      notes: expect.stringMatching(/0x\w{40} is not a listed auditor \(NotAuditor\); give the key of one/),
    });
    const nobody = await provender("attest", "--epoch", "1", ...where());
    expect(nobody).toMatchObject({ exitCode: 2, notes: expect.stringContaining("PROVENDER_PRIVATE_KEY") });
  });
});

// SPDX-License-Identifier: AGPL-3.0-only
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { concat, type Hex } from "viem";
import { beforeAll, expect, test } from "vitest";
import { initKeccak } from "../../../service/core/keccak.ts";
import { type Asked, type Backend, type Job, together } from "../../../service/prover/backends.ts";
import { readyProofs } from "../../../service/prover/ready-proofs.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const FIXTURES = fileURLToPath(new URL("../../fixtures/proofs/", import.meta.url));
const fixture = JSON.parse(readFileSync(join(FIXTURES, "sp1-v4-vapp.json"), "utf8"));
const { verifierKeyHash, programKey, publicValuesDigest } = fixture;
const other = `0x${"01".repeat(32)}` as const;
const asked: Asked = { deadline: 0n, signal: new AbortController().signal };
const job: Job = {
  ...{ chainId: 1n, id: other, inputUri: "" },
  ...{ verifierKeyHash, programKey, publicValuesDigest },
};

beforeAll(initKeccak);

test("zk proofs that are ready are found by their statement, under their key, before any other backend is asked", async () => {
  const ready = readyProofs(FIXTURES);
  const last: Backend = { check: async () => true, prove: async () => "0x" };
  const both = together([ready, last]);
  const zkProof = concat(fixture.proof as Hex[]);
  expect([await both.check(job, asked), await both.prove(job, asked)]).toEqual([zkProof, zkProof]);
  for (const wrong of [{ verifierKeyHash: other }, { programKey: other }, { publicValuesDigest: other }]) {
    expect(await ready.check({ ...job, ...wrong }, asked)).toBeUndefined();
    expect(await both.check({ ...job, ...wrong }, asked)).toBe(true);
  }
  expect(await together([ready]).prove({ ...job, programKey: other }, asked)).toBeUndefined();
});

test("a file that holds no zk proof is named", () => {
  const folder = temporaryFolder();
  cpSync(join(FIXTURES, "devzk.json"), join(folder, "good.json"));
  writeFileSync(join(folder, "notes.txt"), "not a proof, and not read");
  readyProofs(folder);
  writeFileSync(join(folder, "bad.json"), '{"verifierKeyHash":"0x00"}');
  expect(() => readyProofs(folder)).toThrow(/bad\.json: verifierKeyHash/);
});

// SPDX-License-Identifier: AGPL-3.0-only
// npm run devzk:build: compiles the circuit, runs a setup for it, and writes what proving and verifying need. Every
// setup gives another key, and zk proofs made under the last one are worth nothing under it.
import { randomBytes } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { curves, powersOfTau, zKey } from "snarkjs";
import { compile } from "./compile.ts";
import { FIBONACCI } from "./programs.ts";
import { CIRCUIT, PROVING_KEY, prove, VERIFYING_KEY } from "./prove.ts";
import { keyHash, keyWords } from "./words.ts";

/** 2^11 constraints, a few hundred more than the circuit has. */
const POWER = 11;
const FIXTURE = fileURLToPath(new URL("../../test/fixtures/proofs/devzk.json", import.meta.url));
const FIXTURE_INPUT = 1n;
const LAYOUT =
  "alpha.x alpha.y | -beta(im,re,im,re) | -gamma(4) | -delta(4) | ic0(2) ic1(2) ic2(2); EVM precompile order";
const WARNING =
  "Development only: whoever ran this setup can forge zk proofs. `provender deploy` takes it on local chains alone.";

const say = (line: string) => process.stdout.write(`${line}\n`);
const entropy = () => randomBytes(64).toString("hex");
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** Both phases, each with one contribution whose secret is forgotten when the process ends. */
async function setUp(folder: string, r1cs: string): Promise<string> {
  const file = (name: string) => join(folder, name);
  const curve = await curves.getCurveFromName("bn128");
  say("first phase: powers of tau, for up to a minute");
  await powersOfTau.newAccumulator(curve, POWER, file("empty.ptau"));
  await powersOfTau.contribute(file("empty.ptau"), file("contributed.ptau"), "provender", entropy());
  await powersOfTau.preparePhase2(file("contributed.ptau"), file("prepared.ptau"));
  say("second phase: the circuit's own");
  await zKey.newZKey(r1cs, file("prepared.ptau"), file("empty.zkey"));
  // Without a contribution delta is gamma, and the verifier refuses such a key.
  await zKey.contribute(file("empty.zkey"), file("circuit.zkey"), "provender", entropy());
  if (!(await zKey.verifyFromR1cs(r1cs, file("prepared.ptau"), file("circuit.zkey")))) {
    throw new Error("the proving key does not belong to the circuit");
  }
  return file("circuit.zkey");
}

async function writeFixture(): Promise<void> {
  const { programKey, publicValuesDigest, zkProof } = await prove(FIBONACCI, FIXTURE_INPUT);
  const { words, verifierKeyHash } = JSON.parse(await readFile(VERIFYING_KEY, "utf8"));
  await writeFile(
    FIXTURE,
    json({
      name: "devzk",
      source: `npm run devzk:build; program FIBONACCI of script/devzk/programs.ts on input ${FIXTURE_INPUT}`,
      verifyingKey: { layout: LAYOUT, words },
      verifierKeyHash,
      programKey,
      publicValuesDigest,
      proof: zkProof
        .slice(2)
        .match(/.{64}/g)
        ?.map((word) => `0x${word}`),
    }),
  );
}

const folder = await mkdtemp(join(tmpdir(), "devzk-"));
try {
  const { r1cs, wasm } = await compile(folder);
  const zkey = await setUp(folder, r1cs);
  const words = keyWords(await zKey.exportVerificationKey(zkey));
  await mkdir(dirname(CIRCUIT), { recursive: true });
  await copyFile(wasm, CIRCUIT);
  await copyFile(zkey, PROVING_KEY);
  const verifierKeyHash = keyHash(words);
  await writeFile(VERIFYING_KEY, json({ warning: WARNING, layout: LAYOUT, words, verifierKeyHash }));
  await writeFixture();
  for (const file of [CIRCUIT, PROVING_KEY, VERIFYING_KEY, FIXTURE]) {
    say(`${file} (${(await stat(file)).size} bytes)`);
  }
  say(`verifying key ${verifierKeyHash}\n${WARNING}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
// The threads of the curve would keep this process alive.
process.exit();

// SPDX-License-Identifier: AGPL-3.0-only
// npm run devzk:build: compiles the circuit, runs a setup for it, and writes what proving and verifying need. Every
// setup gives another key, and zk proofs made under the last one are worth nothing under it.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { concat, type Hex, keccak256, numberToHex, size, slice } from "viem";
import { compile } from "./compile.ts";
import { FIBONACCI } from "./machine.ts";
import { CIRCUIT, PROVING_KEY, prove, VERIFYING_KEY } from "./prove.ts";

const SNARKJS = join(dirname(createRequire(import.meta.url).resolve("snarkjs")), "cli.cjs");
/** 2^11 constraints, a few hundred more than the circuit has. */
const POWER = "11";
const FIXTURE = fileURLToPath(new URL("../../test/fixtures/proofs/devzk.json", import.meta.url));
const FIXTURE_INPUT = 1n;
const LAYOUT =
  "alpha.x alpha.y | -beta(im,re,im,re) | -gamma(4) | -delta(4) | ic0(2) ic1(2) ic2(2); EVM precompile order";
const WARNING =
  "Development only: whoever ran this setup can forge zk proofs. `provender deploy` takes it on local chains alone.";

const say = (line: string) => process.stdout.write(`${line}\n`);
const write = (file: string, value: unknown) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

/** Both phases, each with one contribution whose secret is forgotten at once; makes circuit.zkey and key.json. */
function setUp(folder: string, r1cs: string): void {
  const snarkjs = (...args: readonly string[]) =>
    execFileSync(process.execPath, [SNARKJS, ...args], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
  const secret = () => ["--name=provender", `-e=${randomBytes(64).toString("hex")}`];
  say("first phase: powers of tau, for up to a minute");
  snarkjs("powersoftau", "new", "bn128", POWER, "empty.ptau");
  snarkjs("powersoftau", "contribute", "empty.ptau", "contributed.ptau", ...secret());
  snarkjs("powersoftau", "prepare", "phase2", "contributed.ptau", "prepared.ptau");
  say("second phase: the circuit's own");
  snarkjs("groth16", "setup", r1cs, "prepared.ptau", "empty.zkey");
  // Without a contribution delta is gamma, and the verifier refuses such a key.
  snarkjs("zkey", "contribute", "empty.zkey", "circuit.zkey", ...secret());
  snarkjs("zkey", "verify", r1cs, "prepared.ptau", "circuit.zkey");
  snarkjs("zkey", "export", "verificationkey", "circuit.zkey", "key.json");
}

/** Affine coordinates, then 1; those of G2 in two parts, of which the real one comes first. */
type Point<T> = readonly [x: T, y: T, z: T];
type Parts = readonly [re: string, im: string];
type SnarkjsKey = Readonly<
  Record<"vk_alpha_1", Point<string>> & Record<"vk_beta_2" | "vk_gamma_2" | "vk_delta_2", Point<Parts>>
> & { readonly IC: readonly Point<string>[] };

const BASE_FIELD = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n;

/** A verifying key as the words that contracts/Groth16Verifier.sol is built with. */
function keyWords({ vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC }: SnarkjsKey): Hex[] {
  const g1 = ([x, y]: Point<string>) => [BigInt(x), BigInt(y)];
  const minus = (part: string) => (BigInt(part) === 0n ? 0n : BASE_FIELD - BigInt(part));
  // The precompile wants imaginary parts first.
  const negated = ([x, y]: Point<Parts>) => [BigInt(x[1]), BigInt(x[0]), minus(y[1]), minus(y[0])];
  const points = [g1(vk_alpha_1), ...[vk_beta_2, vk_gamma_2, vk_delta_2].map(negated), ...IC.map(g1)];
  return points.flat().map((word) => numberToHex(word, { size: 32 }));
}

const folder = mkdtempSync(join(tmpdir(), "devzk-"));
try {
  const { r1cs, wasm } = await compile(folder);
  setUp(folder, r1cs);
  mkdirSync(dirname(CIRCUIT), { recursive: true });
  copyFileSync(wasm, CIRCUIT);
  copyFileSync(join(folder, "circuit.zkey"), PROVING_KEY);
  const words = keyWords(JSON.parse(readFileSync(join(folder, "key.json"), "utf8")));
  const verifierKeyHash = keccak256(concat(words));
  write(VERIFYING_KEY, { warning: WARNING, layout: LAYOUT, words, verifierKeyHash });
  const { programKey, publicValuesDigest, zkProof } = await prove(FIBONACCI, FIXTURE_INPUT);
  write(FIXTURE, {
    name: "devzk",
    source: `npm run devzk:build; program FIBONACCI of script/devzk/machine.ts on input ${FIXTURE_INPUT}`,
    verifyingKey: { layout: LAYOUT, words },
    ...{ verifierKeyHash, programKey, publicValuesDigest },
    proof: Array.from({ length: size(zkProof) / 32 }, (_, i) => slice(zkProof, 32 * i, 32 * (i + 1))),
  });
  for (const file of [CIRCUIT, PROVING_KEY, VERIFYING_KEY, FIXTURE])
    say(`${file} (${statSync(file).size} bytes)`);
  say(`verifying key ${verifierKeyHash}\n${WARNING}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
// The threads of the curve would keep this process alive.
process.exit();

// SPDX-License-Identifier: AGPL-3.0-only
/** What is used of snarkjs, which brings no types. */
declare module "snarkjs" {
  import type { SnarkjsKey, SnarkjsProof } from "./words.ts";

  interface Curve {
    terminate(): Promise<void>;
  }

  const curves: { getCurveFromName(name: "bn128"): Promise<Curve> };

  const powersOfTau: {
    newAccumulator(curve: Curve, power: number, file: string): Promise<unknown>;
    contribute(from: string, to: string, name: string, entropy: string): Promise<unknown>;
    preparePhase2(from: string, to: string): Promise<unknown>;
  };

  const zKey: {
    newZKey(r1cs: string, powersOfTau: string, to: string): Promise<unknown>;
    contribute(from: string, to: string, name: string, entropy: string): Promise<unknown>;
    verifyFromR1cs(r1cs: string, powersOfTau: string, zkey: string): Promise<boolean>;
    exportVerificationKey(zkey: string): Promise<SnarkjsKey>;
  };

  const groth16: {
    fullProve(
      signals: Readonly<Record<string, string>>,
      wasm: string,
      zkey: string,
    ): Promise<{ proof: SnarkjsProof; publicSignals: string[] }>;
  };
}

// SPDX-License-Identifier: AGPL-3.0-only
/** What is used of snarkjs, which brings no types. */
declare module "snarkjs" {
  const curves: { getCurveFromName(name: "bn128"): Promise<{ terminate(): Promise<void> }> };

  const groth16: {
    fullProve(
      signals: Readonly<Record<string, string>>,
      wasm: string,
      zkey: string,
    ): Promise<{ proof: object }>;
  };
}

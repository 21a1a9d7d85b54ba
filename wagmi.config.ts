import { defineConfig } from "@wagmi/cli";
import { foundry } from "@wagmi/cli/plugins";
import { foundryBinary } from "./script/foundry.mjs";

// Our own only: the build's output also holds what the tests and the libraries bring.
const contracts = [
  "Groth16Verifier",
  "IDepositRouter",
  "IProofMarket",
  "IProofVerifier",
  "IProvenderLens",
  "IProverRegistry",
  "IProverVault",
  "IRewardDistributor",
  "IVaultFactory",
  "ProofMarket",
  "ProvenderLens",
  "ProverRegistry",
  "ProverVault",
  "RewardDistributor",
  "VaultFactory",
];

export default defineConfig({
  // A test writes them elsewhere and compares.
  out: process.env.ABI_OUT ?? "service/chain/abi.ts",
  plugins: [
    foundry({
      project: ".",
      artifacts: "out",
      forge: { path: foundryBinary("forge"), build: false, clean: false, rebuild: false },
      include: contracts.map((name) => `${name}.sol/${name}.json`),
    }),
  ],
});

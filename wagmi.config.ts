import { join } from "node:path";
import { defineConfig } from "@wagmi/cli";
import { foundry } from "@wagmi/cli/plugins";
import { foundryBinary } from "./script/foundry.mjs";

// What the service calls and reads, and what tests and the demo need beside it.
const FILES: Readonly<Record<string, readonly string[]>> = {
  "service/chain/abi.ts": [
    "IDepositRouter",
    "IProofMarket",
    "IProvenderLens",
    "IProverNetAdapter",
    "IProverRegistry",
    "IProverVault",
    "IRewardDistributor",
  ],
  "test/abi.ts": ["Groth16Verifier", "ProofMarket", "ProverRegistry", "ProverVault", "RewardDistributor"],
};

export default defineConfig(
  Object.entries(FILES).map(([out, contracts]) => ({
    // A test writes them elsewhere and compares.
    out: join(process.env.ABI_OUT ?? "", out),
    plugins: [
      foundry({
        project: ".",
        artifacts: "out",
        forge: { path: foundryBinary("forge"), build: false, clean: false, rebuild: false },
        include: contracts.map((name) => `${name}.sol/${name}.json`),
      }),
    ],
  })),
);

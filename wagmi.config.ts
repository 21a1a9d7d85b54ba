import { join } from "node:path";
import { defineConfig, type Plugin } from "@wagmi/cli";
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

// Of the service's interfaces: functions and events that nobody here names. A refusal may be any of the errors.
const UNNAMED: Readonly<Record<string, readonly string[]>> = {
  IProofMarket: [
    ...["CreditWithdrawn", "Credited", "MultiplierChanged", "ParametersChanged", "SubmitterAccepted"],
    ...["SubmitterApproved", "VerifierAdded", "VerifierWithdrawn"],
  ],
  IProverNetAdapter: ["GuardianChanged", "OwnershipTransferStarted", "OwnershipTransferred"],
  IProverRegistry: [
    ...["CollateralLocked", "CollateralUnlocked", "GuardianChanged", "MarketDelisted", "MarketListed"],
    ...["OwnershipTransferStarted", "PauseChanged", "PayoutChanged", "RewardReceived", "TreasuryChanged"],
    ...["lockedBy", "wasStopped"],
  ],
  IProverVault: [
    ...["CommissionAdded", "CommissionPaid", "OperatorSet", "RemainderSwept", "RewardAdded"],
    ...["claimableRedeemRequest", "creditReward", "pendingRedeemRequest", "setOperator", "supportsInterface"],
  ],
  IRewardDistributor: ["ChallengeWindowChanged", "PublisherChanged", "QuorumChanged", "SurplusWithdrawn"],
};

/** What forge compiled of these contracts, without what is not named. */
function compiled(contracts: readonly string[]): Plugin {
  const plugin = foundry({
    project: ".",
    artifacts: "out",
    forge: { path: foundryBinary("forge"), build: false, clean: false, rebuild: false },
    include: contracts.map((name) => `${name}.sol/${name}.json`),
  });
  return {
    ...plugin,
    async contracts() {
      const all = (await plugin.contracts?.()) ?? [];
      return all.map(({ name, abi }) => {
        const isNamed = (item: (typeof abi)[number]) =>
          !("name" in item && UNNAMED[name]?.includes(item.name));
        return { name, abi: abi.filter(isNamed) };
      });
    },
  };
}

export default defineConfig(
  Object.entries(FILES).map(([out, contracts]) => ({
    // A test writes them elsewhere and compares.
    out: join(process.env.ABI_OUT ?? "", out),
    plugins: [compiled(contracts)],
  })),
);

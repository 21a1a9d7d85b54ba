// SPDX-License-Identifier: AGPL-3.0-only
// What `import … from "provender"` gives: the reference implementation of service/SPEC.md. Amounts are bigint, in wei;
// times are seconds. Whatever hashes needs `await initKeccak()` once, before.
export {
  type Artifact,
  artifactOf,
  datasetHash,
  decodeArtifact,
  encodeArtifact,
  epochInputOf,
} from "../core/artifact.ts";
export { commissionAt, type RateChange } from "../core/commission.ts";
export { computeEpoch, type EpochResult, leavesOf } from "../core/epoch.ts";
export { type InputCode, InputError } from "../core/errors.ts";
export { initKeccak, keccakHex } from "../core/keccak.ts";
export { domainOf, leafHash } from "../core/leaf.ts";
export { encodePolicy, parsePolicy, policyFromJson, policyHash, policyToJson } from "../core/policy.ts";
export { buildRewardTree, type Claim, claimOf, type RewardTree } from "../core/reward-tree.ts";
export { type Pot, potOf, type Reward, rewardsOf } from "../core/rewards.ts";
export { SPEC_VERSION } from "../core/spec-version.ts";
export { type StakePoint, stake } from "../core/stake.ts";
export { verifyProof } from "../core/tree.ts";
export type {
  Address,
  EpochInput,
  Exclusion,
  Guards,
  Hex,
  LeafEntry,
  LimitedBy,
  Miss,
  Policy,
  PolicyRule,
  PreviousRoot,
  ProverInput,
  Row,
  Snapshot,
} from "../core/types.ts";

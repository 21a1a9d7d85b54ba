// SPDX-License-Identifier: AGPL-3.0-only
import { parseAbi } from "viem";

/** What is asked of ProverNet's contracts: types alone, names are ours. */
export const controllerAbi = parseAbi([
  "function stakingToken() view returns (address)",
  "function vaultFactory() view returns (address)",
  "function treasuryPool() view returns (uint256)",
  "function totalUnstaking() view returns (uint256)",
  "function getProverInfo(address) view returns (uint8 state, address vault, uint64 defaultBps, uint256 commission, uint256 stakers, uint64 joined, string name, string icon)",
  "function getCommissionRates(address) view returns (address[] sources, uint64[] bps)",
  "function getProverTotalUnstaking(address) view returns (uint256)",
]);

export const factoryAbi = parseAbi([
  "function getVaultCount() view returns (uint256)",
  "function getVaultAtIndex(uint256) view returns (address)",
]);

export const marketAbi = parseAbi([
  "function stakingController() view returns (address)",
  "function feeToken() view returns (address)",
  "function getRequest(bytes32) view returns (uint8 status, uint64 created, address requester, uint256 maxFee, uint256 minStake, uint64 deadline, bytes32 vk, bytes32 digest, uint32 version)",
  "function getBidders(bytes32) view returns (address winner, uint256 fee, address second, uint256 secondFee)",
  "function proverStats(address, uint64) view returns (uint64 bids, uint64 reveals, uint64 fulfilled, uint64 refunded, uint64 lastActive, uint256 fees)",
  "function globalStats(uint64) view returns (uint64 requests, uint64 fulfilled, uint256 fees)",
  "function statsEpochId() view returns (uint64)",
  "function protocolFeeBps() view returns (uint256)",
  "function cumulativeProtocolFee() view returns (uint256)",
  "function withdrawnProtocolFee() view returns (uint256)",
]);

export const epochRewardsAbi = parseAbi([
  "function stakingController() view returns (address)",
  "function brevisProof() view returns (address)",
  "function vkHash() view returns (bytes32)",
  "function lastUpdatedEpoch() view returns (uint32)",
  "function getEpochConfigs() view returns ((uint32 fromEpoch, uint64 fromTime, uint64 length, uint256 maximum)[])",
  "function getEpochInfoByEpochNumber(uint32) view returns (uint64 start, uint64 length, uint256 maximum)",
  "function epochProverRewards(uint32, address) view returns (uint128 amount, bool distributed)",
  "function epochTotalRewards(uint32) view returns (uint256)",
  "function epochLastProver(uint32) view returns (address)",
  "function setRewards(bytes proof, bytes circuitOutput)",
  "function distributeRewards(uint32 epoch, address[] provers)",
  "function hasRole(bytes32 role, address account) view returns (bool)",
]);

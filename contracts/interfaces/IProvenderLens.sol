// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ProverState} from "./IProverRegistry.sol";
import {Post} from "./IRewardDistributor.sol";

/// @notice A prover's whole state at one block.
struct ProverView {
    address prover;
    address vault;
    address payout;
    ProverState state;
    bool eligible;
    uint256 registeredAt;
    uint256 activeAssets;
    uint256 totalAssets;
    uint256 totalShares;
    /// @dev Assets of 1e18 shares, rounded down.
    uint256 sharePrice;
    uint256 unvested;
    uint256 vestingEnd;
    uint256 unbondingAssets;
    uint256 unbondingShares;
    uint256 unbondingGeneration;
    uint256 selfStake;
    uint256 locked;
    uint256 freeCollateral;
    uint256 commissionBps;
    uint256 commissionOwed;
    uint256 claimed;
    uint256 claimedCommission;
    uint256 maxDeposit;
    uint256 openAssignments;
}

/// @notice One exit that is not claimed whole.
struct ExitView {
    /// @dev From 1, in the order of the controller's requests.
    uint256 number;
    /// @dev Vault shares of it that are not claimed.
    uint256 shares;
    /// @dev What those are worth now, rounded down. Slashes lower it until it is claimed.
    uint256 assets;
    /// @dev The first second in which it may be claimed: since then it is due, if that has come.
    uint256 dueAt;
}

/// @notice The distributor's state at one block.
struct SystemView {
    uint256 blockNumber;
    uint256 timestamp;
    uint256 currentEpoch;
    uint256 nextEpoch;
    uint256 funds;
    uint256 promised;
    uint256 surplus;
    uint256 carry;
    uint256 totalClaimed;
    Post latest;
    Post active;
    uint256 proverCount;
    bool paused;
}

/// @title IProvenderLens
/// @notice Reads for people and services: nothing depends on it, and it holds nothing.
interface IProvenderLens {
    function distributor() external view returns (address);
    function system() external view returns (SystemView memory);
    function prover(address account) external view returns (ProverView memory);
    /// @notice Provers in order of registration, at most `count` from `offset`.
    function provers(uint256 offset, uint256 count) external view returns (ProverView[] memory);
    /// @notice The exits of `controller` from the vault of `account` that are not claimed whole, oldest first, at most
    /// `count` from `offset`. An exit that is due goes on bearing slashes until it is claimed.
    function exits(address account, address controller, uint256 offset, uint256 count)
        external
        view
        returns (ExitView[] memory);
}

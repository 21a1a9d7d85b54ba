// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ProverRecord} from "./IProverRegistry.sol";
import {ClaimParams} from "./IRewardDistributor.sol";

/// @notice Everything an adapter is built with. `distributor` is the address that the deployer computes beforehand;
/// the clock starts at or before deployment, less than one epoch ago.
struct AdapterConfig {
    /// @dev The network's StakingController.
    address stakingController;
    address distributor;
    address owner;
    address guardian;
    uint256 clockStart;
    uint256 epochLength;
}

/// @notice What a prover has claimed, and what of it has been paid on; each with its commission part.
struct AdapterAccount {
    /// @dev Zero: the network knew none when the prover last claimed.
    address vault;
    uint256 claimed;
    uint256 claimedCommission;
    uint256 paid;
    uint256 paidCommission;
}

/// @title IProverNetAdapter
/// @notice Registry and market of a RewardDistributor for a network whose contracts stand already. What is not named
/// here, it does not do: it registers nobody, locks nothing, verifies nothing.
interface IProverNetAdapter {
    // ---------------------------------------------------------------- errors

    /// @notice `cumulative` is below what has been claimed.
    error CumulativeDecreased();
    /// @notice The commission part exceeds the amount.
    error ExcessiveCommission();
    /// @notice A batch ran out of gas inside a payment: that is no reason to skip it.
    error InsufficientGas();
    /// @notice A configuration value is outside its bounds.
    error InvalidParameter(bytes32 name);
    error Reentered();
    /// @notice Something else arrived than was sent.
    error TokenNotPlain();
    error Unauthorized();
    error ZeroAddress();

    // ---------------------------------------------------------------- events

    /// @notice What was claimed for `prover` has left: `toProver` to itself, commission and all, `toVault` to its vault.
    event Paid(address indexed prover, address indexed vault, uint256 toProver, uint256 toVault);
    /// @notice `claimAndPay` could not pay on what was claimed; `pay` still may. `reason` is the error's selector.
    event PaymentSkipped(address indexed prover, bytes4 reason);
    event OwnershipTransferred(address indexed user, address indexed newOwner);
    event OwnershipTransferStarted(address indexed owner, address indexed pendingOwner);
    event GuardianChanged(address indexed guardian);

    // ---------------------------------------------------------------- the distributor

    /// @notice Distributor only: books what `cumulative` adds to the claimed amount, for `pay`. The distributor moves
    /// `amount` to `vault` in the same transaction. `cumulativeCommission` may be below the claimed commission: the
    /// amount then has no commission part.
    /// @return vault this contract.
    /// @return amount the difference, 0 if there is none.
    /// @return commission the commission part of it.
    function creditCumulative(address prover, uint256 cumulative, uint256 cumulativeCommission)
        external
        returns (address vault, uint256 amount, uint256 commission);

    // ---------------------------------------------------------------- anyone

    /// @notice Pays on all that was claimed for `prover`: the commission to the prover, the rest into its vault;
    /// everything to the prover if the vault has no shares, or there is none.
    /// Warning: the vault's shares are worth more at once. Who pays in a later block than the claim's lets others buy
    /// in between.
    /// @return amount what was due, 0 if nothing was.
    function pay(address prover) external returns (uint256 amount);

    /// @notice `claimBatch` of the distributor, and `pay` for each of its provers, in one transaction.
    /// @return claimed the sum of what was claimed now.
    /// @return paid the sum of what was paid, earlier claims included.
    function claimAndPay(ClaimParams[] calldata claims) external returns (uint256 claimed, uint256 paid);

    // ---------------------------------------------------------------- owner

    /// @notice The first step; the present owner stays until `newOwner` accepts. Zero withdraws an offer.
    function transferOwnership(address newOwner) external;
    /// @notice The second step, by the new owner.
    function acceptOwnership() external;
    function setGuardian(address guardian) external;

    // ---------------------------------------------------------------- views

    function stakingController() external view returns (address);
    function distributor() external view returns (address);
    function token() external view returns (address);
    /// @notice Of the distributor, too.
    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    /// @notice Of the distributor, too.
    function guardian() external view returns (address);
    /// @notice This contract.
    function registry() external view returns (address);
    function clockStart() external view returns (uint256);
    function epochLength() external view returns (uint256);
    /// @notice The longest that a registry may have. The network gives no notice: commission is what the leaves say.
    function commissionNotice() external view returns (uint256);
    function account(address prover) external view returns (AdapterAccount memory);
    /// @notice For readers of claims, as a registry answers it. Only the vault, the claimed amounts and the payout
    /// address (the prover's own) are of this contract; all else is zero, whatever the network says.
    function proverRecord(address prover) external view returns (ProverRecord memory);
}

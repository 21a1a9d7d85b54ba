// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

/// @notice What a vault reads from its factory while it is being constructed. Nothing here depends on
/// anything but the prover and the registry's immutables, so a vault's address follows from its prover alone.
struct VaultParameters {
    address prover;
    address registry;
    address asset;
    uint256 unbondingDelay;
    uint256 vestingPeriod;
    uint256 minSelfStake;
}

/// @title IVaultFactory
/// @notice Holds the vault's creation code and deploys one vault per prover with CREATE2.
interface IVaultFactory {
    /// @notice The caller is not the registry that created this factory.
    error Unauthorized();

    /// @notice Deploys the vault of `prover`. Registry only. Reverts if it exists.
    function deploy(address prover) external returns (address vault);

    /// @notice The parameters of the vault under construction; zero at any other time.
    function parameters() external view returns (VaultParameters memory);

    /// @notice keccak256 of the vault's creation code, the same for every vault.
    function vaultCodeHash() external view returns (bytes32);

    /// @notice The address that the vault of `prover` has or will have.
    function vaultOf(address prover) external view returns (address);
}

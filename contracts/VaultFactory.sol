// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ProverVault} from "./ProverVault.sol";
import {IVaultFactory, VaultParameters} from "./interfaces/IVaultFactory.sol";

/// @title VaultFactory
/// @notice Created by the registry, which could not hold the vault's creation code beside its own. A vault's
/// constructor takes no arguments and asks here for its parameters, so every vault has the same creation
/// code and its address follows from factory and prover alone.
contract VaultFactory is IVaultFactory {
    address public immutable registry;
    address private immutable _asset;
    uint256 private immutable _unbondingDelay;
    uint256 private immutable _vestingPeriod;
    uint256 private immutable _minSelfStake;

    address private transient _prover;

    constructor(address asset, uint256 unbondingDelay, uint256 vestingPeriod, uint256 minSelfStake) {
        registry = msg.sender;
        _asset = asset;
        _unbondingDelay = unbondingDelay;
        _vestingPeriod = vestingPeriod;
        _minSelfStake = minSelfStake;
    }

    /// @inheritdoc IVaultFactory
    function deploy(address prover) external returns (address vault) {
        if (msg.sender != registry) revert Unauthorized();
        _prover = prover;
        vault = address(new ProverVault{salt: bytes32(uint256(uint160(prover)))}());
        _prover = address(0);
    }

    /// @inheritdoc IVaultFactory
    function parameters() external view returns (VaultParameters memory current) {
        if (_prover == address(0)) return current;
        return VaultParameters(_prover, registry, _asset, _unbondingDelay, _vestingPeriod, _minSelfStake);
    }

    /// @inheritdoc IVaultFactory
    function vaultCodeHash() public pure returns (bytes32) {
        return keccak256(type(ProverVault).creationCode);
    }

    /// @inheritdoc IVaultFactory
    function vaultOf(address prover) external view returns (address) {
        bytes32 salt = bytes32(uint256(uint160(prover)));
        return address(
            uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), salt, vaultCodeHash()))))
        );
    }
}

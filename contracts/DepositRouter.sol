// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {IDepositRouter} from "./interfaces/IDepositRouter.sol";
import {IProverRegistry} from "./interfaces/IProverRegistry.sol";
import {IProverVault} from "./interfaces/IProverVault.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";
import {ERC4626} from "solmate/src/tokens/ERC4626.sol";
import {SafeTransferLib} from "solmate/src/utils/SafeTransferLib.sol";

/// @title DepositRouter
/// @notice See IDepositRouter. It has no owner, no storage and no tokens, and nothing in the system knows it: who
/// distrusts it approves a vault instead. Only the caller's tokens are ever pulled, and only into a vault of the
/// registry, so that a deceiving web page can name a wrong receiver at worst.
contract DepositRouter is IDepositRouter {
    using SafeTransferLib for ERC20;

    address public immutable registry;
    address public immutable token;

    constructor(address registry_) {
        registry = registry_;
        token = IProverRegistry(registry_).token();
    }

    /// @inheritdoc IDepositRouter
    function depositWithPermit(
        address vault,
        uint256 assets,
        address receiver,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256 shares) {
        _permit(assets, deadline, v, r, s);
        return _deposit(vault, assets, receiver);
    }

    /// @inheritdoc IDepositRouter
    function depositAtLeastWithPermit(
        address vault,
        uint256 assets,
        uint256 minShares,
        address receiver,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256 shares) {
        _permit(assets, deadline, v, r, s);
        shares = _deposit(vault, assets, receiver);
        if (shares < minShares) revert FewerShares();
    }

    /// @dev Whoever sees a permit in the mempool may use it first: what counts is the allowance.
    function _permit(uint256 assets, uint256 deadline, uint8 v, bytes32 r, bytes32 s) private {
        try ERC20(token).permit(msg.sender, address(this), assets, deadline, v, r, s) {}
        catch {
            if (ERC20(token).allowance(msg.sender, address(this)) < assets) revert PermitRefused();
        }
    }

    /// @dev The vault takes exactly what it is allowed, or reverts.
    function _deposit(address vault, uint256 assets, address receiver) private returns (uint256 shares) {
        if (IProverRegistry(registry).vaultOf(IProverVault(vault).prover()) != vault) revert VaultUnknown();
        ERC20(token).safeTransferFrom(msg.sender, address(this), assets);
        ERC20(token).safeApprove(vault, assets);
        return ERC4626(vault).deposit(assets, receiver);
    }
}

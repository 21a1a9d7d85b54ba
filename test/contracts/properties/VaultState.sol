// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {SystemFixture} from "../helpers/SystemFixture.sol";
import {ProverVault} from "contracts/ProverVault.sol";

/// @notice A vault of the real system in a state that a seed chooses: rewards vesting, slashes suffered, exits
/// pending, tokens donated.
abstract contract VaultState is SystemFixture {
    ProverVault internal vault;
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");

    function setUp() public override {
        super.setUp();
        vault = ProverVault(address(_register(prover, 3 * MIN_SELF_STAKE, 1000)));
    }

    modifier inState(uint256 seed) {
        _stake(staker, prover, 1 + _random(seed, 0) % 1e24);
        _reward(market, prover, 1 + _random(seed, 1) % 1e24);
        skip(_random(seed, 2) % (2 * VESTING_PERIOD));
        uint256 part = vault.balanceOf(staker) / 2;
        if (vault.convertToAssets(part) != 0) {
            vm.prank(staker);
            vault.requestRedeem(part, staker, staker);
        }
        uint256 loss = _random(seed, 3) % (registry.freeCollateral(prover) / 2);
        _lockAndSlash(prover, loss);
        _reward(market, prover, 1 + _random(seed, 4) % 1e22);
        token.mint(address(vault), _random(seed, 5) % 1e24);
        skip(_random(seed, 6) % VESTING_PERIOD);
        _stake(alice, prover, vault.previewMint(1) + _random(seed, 7) % 1e24);
        _stake(bob, prover, vault.previewMint(1) + _random(seed, 8) % 1e24);
        _;
    }

    function _random(uint256 seed, uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, i)));
    }

    function _requestRedeem(address account, uint256 shares) internal {
        vm.prank(account);
        vault.requestRedeem(shares, account, account);
    }

    function _redeem(address account, uint256 shares) internal returns (uint256 assets) {
        vm.prank(account);
        assets = vault.redeem(shares, account, account);
    }

    function _withdraw(address account, uint256 assets) internal returns (uint256 shares) {
        vm.prank(account);
        shares = vault.withdraw(assets, account, account);
    }

    function _deposit(address account, uint256 assets) internal returns (uint256 shares) {
        shares = _stake(account, prover, assets);
    }

    function _mint(address account, uint256 shares) internal returns (uint256 assets) {
        _fund(account, address(vault), vault.previewMint(shares));
        vm.prank(account);
        assets = vault.mint(shares, account);
    }

    /// @dev A part of what `account` holds that is worth ten wei or more: roundings leave something to claim.
    function _part(address account, uint256 shares) internal view returns (uint256) {
        uint256 least = vault.convertToShares(10) + 1;
        return bound(shares, least, vault.balanceOf(account));
    }
}

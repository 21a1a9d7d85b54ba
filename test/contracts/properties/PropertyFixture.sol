// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {SystemFixture} from "../helpers/SystemFixture.sol";
import {ProverVault} from "contracts/ProverVault.sol";

/// @notice A vault of the real registry, and fuzzed pasts for it.
abstract contract PropertyFixture is SystemFixture {
    uint256 internal constant SEED = 10 * MIN_SELF_STAKE;
    uint256 internal constant STEPS = 10;

    ProverVault internal vault;
    address[] internal stakers;

    function setUp() public virtual override {
        super.setUp();
        vault = ProverVault(address(_register(prover, SEED, 1000)));
        for (uint256 i; i < 4; ++i) {
            stakers.push(makeAddr(string.concat("staker ", vm.toString(i))));
        }
    }

    // ---------------------------------------------------------------- a fuzzed past

    /// @dev A past of deposits, rewards, time, slashes, exits and claims, in an order drawn from `seed`.
    function _live(uint256 seed) internal {
        for (uint256 i; i < STEPS; ++i) {
            uint256 random = _draw(seed, i);
            address staker_ = stakers[random % stakers.length];
            uint256 amount = uint256(keccak256(abi.encode(random)));
            uint256 kind = (random >> 8) % 8;
            if (kind < 2) _depositUpTo(staker_, bound(amount, 1, 1e24));
            else if (kind < 4) _reward(address(this), prover, bound(amount, 1, 1e22));
            else if (kind == 4) skip(bound(amount, 1, UNBONDING_DELAY));
            else if (kind == 5) _slashPart(amount);
            else if (kind == 6) _requestUpTo(staker_, amount);
            else _claimUpTo(staker_, amount);
        }
    }

    function _draw(uint256 seed, uint256 step) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, step)));
    }

    function _depositUpTo(address staker_, uint256 assets) internal {
        uint256 most = vault.maxDeposit(staker_);
        if (assets > most) assets = most;
        if (vault.previewDeposit(assets) != 0) _stake(staker_, prover, assets);
    }

    function _requestUpTo(address staker_, uint256 amount) internal {
        uint256 shares = amount % (vault.balanceOf(staker_) + 1);
        if (vault.convertToAssets(shares) == 0) return;
        vm.prank(staker_);
        vault.requestRedeem(shares, staker_, staker_);
    }

    function _claimUpTo(address staker_, uint256 amount) internal {
        uint256 shares = amount % (vault.maxRedeem(staker_) + 1);
        if (shares == 0) return;
        vm.prank(staker_);
        vault.redeem(shares, staker_, staker_);
    }

    /// @dev One in four takes nearly all there is, the others at most half of it.
    function _slashPart(uint256 amount) internal {
        (uint256 active,) = vault.stakeState();
        (uint256 unbonding,,) = vault.unbondingState();
        uint256 total = active + unbonding;
        if (amount % 4 == 0) _slashVault(total - (amount >> 128) % (total / 1e9 + 1));
        else _slashVault(bound(amount, 0, total / 2));
    }

    /// @dev As the registry does for a market, but not held back by what eligible collateral there is.
    function _slashVault(uint256 amount) internal returns (uint256 slashed) {
        vm.prank(address(registry));
        slashed = vault.slash(amount, treasury);
    }

    // ---------------------------------------------------------------- steps of a test

    /// @dev Deposits, if the past left a price at which that is possible.
    function _depositSome(address staker_, uint256 assets) internal returns (uint256 shares) {
        uint256 most = vault.maxDeposit(staker_);
        vm.assume(most != 0);
        assets = bound(assets, vault.previewMint(1), most < 1e27 ? most : 1e27);
        return _stake(staker_, prover, assets);
    }

    /// @dev Requests all shares of `staker_` and waits until they are claimable.
    function _leave(address staker_) internal {
        uint256 shares = vault.balanceOf(staker_);
        vm.assume(vault.convertToAssets(shares) != 0);
        vm.prank(staker_);
        vault.requestRedeem(shares, staker_, staker_);
        skip(UNBONDING_DELAY + 1);
    }

    function _redeemAll(address staker_) internal returns (uint256 assets) {
        uint256 shares = vault.maxRedeem(staker_);
        vm.prank(staker_);
        return vault.redeem(shares, staker_, staker_);
    }

    function _withdrawAll(address staker_) internal returns (uint256 assets, uint256 shares) {
        assets = vault.maxWithdraw(staker_);
        vm.assume(assets != 0);
        vm.prank(staker_);
        shares = vault.withdraw(assets, staker_, staker_);
    }
}

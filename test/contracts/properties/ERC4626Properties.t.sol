// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {VaultState} from "./VaultState.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";

/// @notice The properties that a16z's ERC-4626 tests name, in any state of a vault, exits being asynchronous.
contract ERC4626PropertiesTest is VaultState {
    // ---------------------------------------------------------------- views

    function testFuzz_asset_and_totalAssets_do_not_revert(uint256 seed) public inState(seed) {
        assertEq(address(vault.asset()), address(token));
        (uint256 active,,) = vault.stakeState();
        assertLe(vault.totalAssets(), active);
    }

    function testFuzz_conversions_do_not_depend_on_the_caller(uint256 seed, uint256 amount, address caller)
        public
        inState(seed)
    {
        amount = bound(amount, 0, 2 ** 95 - 1);
        (uint256 shares, uint256 assets) = (vault.convertToShares(amount), vault.convertToAssets(amount));
        vm.startPrank(caller);
        assertEq(vault.convertToShares(amount), shares);
        assertEq(vault.convertToAssets(amount), assets);
    }

    function testFuzz_conversions_never_gain(uint256 seed, uint256 amount) public inState(seed) {
        amount = bound(amount, 0, 2 ** 95 - 1);
        assertLe(vault.convertToAssets(vault.convertToShares(amount)), amount);
        assertLe(vault.convertToShares(vault.convertToAssets(amount)), amount);
    }

    function testFuzz_limits_do_not_revert_for_anybody(uint256 seed, address account) public inState(seed) {
        assertEq(vault.maxDeposit(account), vault.maxDeposit(alice));
        assertEq(vault.maxMint(account), vault.maxMint(alice));
        if (account != staker) {
            assertEq(vault.maxRedeem(account), 0);
            assertEq(vault.maxWithdraw(account), 0);
        }
    }

    // ---------------------------------------------------------------- deposit and mint

    function testFuzz_deposit_gives_no_less_than_its_preview_and_takes_exactly_its_assets(
        uint256 seed,
        uint256 assets,
        address caller
    ) public inState(seed) {
        vm.assume(caller != address(0) && caller != address(vault));
        assets = bound(assets, vault.previewMint(1), vault.maxDeposit(bob));
        _fund(caller, address(vault), assets);
        uint256 held = token.balanceOf(caller);
        uint256 sharesBefore = vault.balanceOf(bob);
        uint256 preview = vault.previewDeposit(assets);
        vm.prank(caller);
        uint256 shares = vault.deposit(assets, bob);
        assertGe(shares, preview);
        assertEq(token.balanceOf(caller), held - assets);
        assertEq(vault.balanceOf(bob), sharesBefore + shares);
        assertEq(token.allowance(caller, address(vault)), 0);
    }

    function testFuzz_mint_takes_no_more_than_its_preview_and_gives_exactly_its_shares(
        uint256 seed,
        uint256 shares,
        address caller
    ) public inState(seed) {
        vm.assume(caller != address(0) && caller != address(vault));
        shares = bound(shares, 1, vault.maxMint(bob));
        uint256 preview = vault.previewMint(shares);
        _fund(caller, address(vault), preview);
        uint256 held = token.balanceOf(caller);
        uint256 sharesBefore = vault.balanceOf(bob);
        vm.prank(caller);
        uint256 assets = vault.mint(shares, bob);
        assertLe(assets, preview);
        assertEq(token.balanceOf(caller), held - assets);
        assertEq(vault.balanceOf(bob), sharesBefore + shares);
    }

    // ---------------------------------------------------------------- exits

    function testFuzz_previews_of_exits_always_revert(uint256 seed, uint256 amount) public inState(seed) {
        vm.expectRevert(IProverVault.AsynchronousExit.selector);
        vault.previewRedeem(amount);
        vm.expectRevert(IProverVault.AsynchronousExit.selector);
        vault.previewWithdraw(amount);
    }

    function testFuzz_redeem_pays_exactly_what_it_returns(uint256 seed, uint256 shares) public inState(seed) {
        shares = _part(alice, shares);
        _requestRedeem(alice, shares);
        skip(UNBONDING_DELAY + 1);
        uint256 claimable = vault.maxRedeem(alice);
        uint256 most = vault.maxWithdraw(alice);
        vm.prank(alice);
        uint256 assets = vault.redeem(claimable, bob, alice);
        assertEq(assets, most);
        assertEq(token.balanceOf(bob), assets);
        assertEq(vault.maxRedeem(alice), 0);
    }

    function testFuzz_withdraw_pays_exactly_what_it_is_asked(uint256 seed, uint256 shares, uint256 assets)
        public
        inState(seed)
    {
        shares = _part(alice, shares);
        _requestRedeem(alice, shares);
        skip(UNBONDING_DELAY + 1);
        assets = bound(assets, 1, vault.maxWithdraw(alice));
        vm.prank(alice);
        uint256 taken = vault.withdraw(assets, bob, alice);
        assertEq(token.balanceOf(bob), assets);
        assertEq(vault.maxRedeem(alice), shares - taken);
    }

    function testFuzz_claims_revert_for_whoever_is_not_approved(uint256 seed, uint256 shares, address caller)
        public
        inState(seed)
    {
        vm.assume(caller != alice);
        _requestRedeem(alice, _part(alice, shares));
        skip(UNBONDING_DELAY + 1);
        uint256 claimable = vault.maxRedeem(alice);
        vm.startPrank(caller);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.redeem(claimable, caller, alice);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.withdraw(1, caller, alice);
    }

    // ---------------------------------------------------------------- round trips

    /// @dev Into shares and out at once, by each pair of entrances.
    function testFuzz_round_trip_from_assets_never_gains(
        uint256 seed,
        uint256 assets,
        bool minting,
        bool redeeming
    ) public inState(seed) {
        assets = bound(assets, 2 * vault.previewMint(1), 1e27);
        uint256 shares;
        if (minting) {
            shares = vault.previewDeposit(assets);
            assets = _mint(stranger, shares);
        } else {
            shares = _deposit(stranger, assets);
        }
        if (vault.convertToAssets(shares) == 0) return;
        _requestRedeem(stranger, shares);
        skip(UNBONDING_DELAY + 1);
        if (redeeming) {
            assertLe(_redeem(stranger, shares), assets);
        } else {
            uint256 most = vault.maxWithdraw(stranger);
            assertLe(most, assets);
            if (most != 0) assertLe(_withdraw(stranger, most), shares);
        }
    }

    /// @dev Out of shares and into them again at today's price, by each pair of entrances.
    function testFuzz_round_trip_from_shares_never_gains(
        uint256 seed,
        uint256 shares,
        bool minting,
        bool redeeming
    ) public inState(seed) {
        shares = _part(alice, shares);
        _requestRedeem(alice, shares);
        uint256 day = vm.snapshotState();
        skip(UNBONDING_DELAY + 1);
        uint256 assets;
        if (redeeming) {
            assets = _redeem(alice, shares);
        } else {
            assets = vault.maxWithdraw(alice);
            if (assets != 0) assertLe(_withdraw(alice, assets), shares);
        }
        // What was paid buys no more than what was given up, at the price of the request.
        vm.revertToState(day);
        if (assets < vault.previewMint(1)) return;
        if (minting) assertGe(vault.previewMint(shares), assets);
        else assertLe(_deposit(alice, assets), shares);
    }
}

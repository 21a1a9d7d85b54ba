// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {PropertyFixture} from "./PropertyFixture.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {ERC4626} from "solmate/src/tokens/ERC4626.sol";

/// @notice What ERC-4626 promises of every vault, over fuzzed pasts. Where ERC-7540 replaces a rule (claims
/// for withdrawals, no previews of them), its rule is tested.
contract ERC4626RulesTest is PropertyFixture {
    uint256 private constant MAX_ASSETS = 2 ** 95 - 1;

    // ---------------------------------------------------------------- asset, totalAssets

    function testFuzz_asset_is_the_staking_token(uint256 seed) public {
        _live(seed);
        assertEq(address(vault.asset()), address(token));
    }

    function testFuzz_totalAssets_is_what_has_vested_and_never_reverts(uint256 seed, uint256 donation)
        public
    {
        _live(seed);
        (uint256 active,) = vault.stakeState();
        (uint256 unvested, uint256 end,) = vault.rewardState();
        assertEq(vault.totalAssets(), active - unvested);
        token.mint(address(vault), bound(donation, 1, 1e30));
        assertEq(vault.totalAssets(), active - unvested, "a donation counts");
        vm.warp(end > block.timestamp ? end : block.timestamp);
        assertEq(vault.totalAssets(), active, "all has vested");
    }

    // ---------------------------------------------------------------- convertTo

    function testFuzz_conversions_and_previews_are_the_same_for_every_caller(
        uint256 seed,
        uint256 amount,
        address caller
    ) public {
        _live(seed);
        amount = bound(amount, 0, MAX_ASSETS);
        uint256[5] memory ours = _answers(amount, staker);
        vm.startPrank(caller);
        uint256[5] memory theirs = _answers(amount, caller);
        vm.stopPrank();
        vm.startPrank(prover);
        uint256[5] memory provers = _answers(amount, prover);
        vm.stopPrank();
        for (uint256 i; i < 5; ++i) {
            assertEq(ours[i], theirs[i]);
            assertEq(ours[i], provers[i]);
        }
    }

    function _answers(uint256 amount, address receiver) private view returns (uint256[5] memory) {
        return [
            vault.convertToShares(amount),
            vault.convertToAssets(amount),
            vault.previewDeposit(amount),
            vault.previewMint(amount),
            vault.maxDeposit(receiver)
        ];
    }

    function testFuzz_conversions_round_down_and_never_by_a_whole_unit(uint256 seed, uint256 amount) public {
        _live(seed);
        amount = bound(amount, 0, MAX_ASSETS);
        uint256 assets = vault.totalAssets() + 1;
        (uint256 active,) = vault.stakeState();
        uint256 supply = vault.totalSupply() + 1;
        uint256 toShares = vault.convertToShares(amount);
        uint256 toAssets = vault.convertToAssets(amount);
        assertLe(toShares * (active + 1), amount * supply, "in at all active assets");
        assertGt((toShares + 1) * (active + 1), amount * supply);
        assertLe(toAssets * supply, amount * assets);
        assertGt((toAssets + 1) * supply, amount * assets);
    }

    function testFuzz_converting_there_and_back_never_gains(uint256 seed, uint256 amount) public {
        _live(seed);
        amount = bound(amount, 0, MAX_ASSETS);
        assertLe(vault.convertToAssets(vault.convertToShares(amount)), amount);
        assertLe(vault.convertToShares(vault.convertToAssets(amount)), amount);
        assertLe(vault.previewDeposit(vault.previewMint(amount)) - amount, vault.convertToShares(1) + 1);
        assertLe(vault.previewMint(vault.previewDeposit(amount)), amount);
    }

    // ---------------------------------------------------------------- previews of deposits

    function testFuzz_previewDeposit_is_exactly_what_deposit_mints(uint256 seed, uint256 assets) public {
        _live(seed);
        uint256 most = vault.maxDeposit(staker);
        vm.assume(most != 0);
        assets = bound(assets, vault.previewMint(1), most);
        uint256 preview = vault.previewDeposit(assets);
        assertLe(preview, vault.convertToShares(assets));
        assertEq(_stake(staker, prover, assets), preview);
        assertEq(vault.balanceOf(staker), preview);
    }

    function testFuzz_previewMint_is_exactly_what_mint_costs(uint256 seed, uint256 shares) public {
        _live(seed);
        uint256 most = vault.maxMint(staker);
        vm.assume(most != 0);
        shares = bound(shares, 1, most);
        uint256 preview = vault.previewMint(shares);
        assertGe(preview, vault.convertToAssets(shares));
        assertEq(_mintShares(shares), preview);
        assertEq(token.balanceOf(staker), MAX_ASSETS - preview);
    }

    // ---------------------------------------------------------------- deposit, mint

    function testFuzz_deposit_moves_the_assets_of_the_caller_and_mints_to_the_receiver(
        uint256 seed,
        uint256 assets
    ) public {
        _live(seed);
        uint256 most = vault.maxDeposit(stranger);
        vm.assume(most != 0);
        assets = bound(assets, vault.previewMint(1), most);
        uint256 held = token.balanceOf(address(vault));
        Prices memory before = _prices();
        uint256 supply = vault.totalSupply();
        uint256 shares = vault.previewDeposit(assets);
        _fund(staker, address(vault), assets + 1);
        vm.expectEmit(address(vault));
        emit ERC4626.Deposit(staker, stranger, assets, shares);
        vm.prank(staker);
        vault.deposit(assets, stranger);
        assertEq(token.balanceOf(staker), 1);
        assertEq(token.allowance(staker, address(vault)), 1);
        assertEq(vault.balanceOf(staker), 0);
        assertEq(vault.balanceOf(stranger), shares);
        assertEq(vault.totalSupply(), supply + shares);
        _assertPaidIn(before, assets, shares);
        assertEq(token.balanceOf(address(vault)), held + assets);
    }

    function testFuzz_mint_moves_the_assets_of_the_caller_and_mints_to_the_receiver(
        uint256 seed,
        uint256 shares
    ) public {
        _live(seed);
        uint256 most = vault.maxMint(stranger);
        vm.assume(most != 0);
        shares = bound(shares, 1, most);
        uint256 held = token.balanceOf(address(vault));
        Prices memory before = _prices();
        uint256 supply = vault.totalSupply();
        uint256 assets = vault.previewMint(shares);
        _fund(staker, address(vault), assets + 1);
        vm.expectEmit(address(vault));
        emit ERC4626.Deposit(staker, stranger, assets, shares);
        vm.prank(staker);
        vault.mint(shares, stranger);
        assertEq(token.balanceOf(staker), 1);
        assertEq(token.allowance(staker, address(vault)), 1);
        assertEq(vault.balanceOf(staker), 0);
        assertEq(vault.balanceOf(stranger), shares);
        assertEq(vault.totalSupply(), supply + shares);
        _assertPaidIn(before, assets, shares);
        assertEq(token.balanceOf(address(vault)), held + assets);
    }

    struct Prices {
        uint256 active;
        uint256 unvested;
        uint256 vested;
        uint256 supply;
    }

    function _prices() private view returns (Prices memory prices) {
        (prices.active,) = vault.stakeState();
        (prices.unvested,,) = vault.rewardState();
        prices.vested = vault.totalAssets();
        prices.supply = vault.totalSupply();
    }

    /// @dev All that was paid is active; vested at once is what the shares are worth at the exit price, which
    /// stays where it was.
    function _assertPaidIn(Prices memory before, uint256 assets, uint256 shares) private view {
        Prices memory after_ = _prices();
        assertEq(after_.active, before.active + assets);
        uint256 worth = (shares * (before.vested + 1) + before.supply) / (before.supply + 1);
        assertEq(after_.vested, before.vested + (before.unvested == 0 ? assets : worth));
        assertGe((after_.vested + 1) * (before.supply + 1), (before.vested + 1) * (after_.supply + 1));
    }

    function testFuzz_deposit_and_mint_need_the_callers_approval(uint256 seed, uint256 assets) public {
        _live(seed);
        uint256 most = vault.maxDeposit(staker);
        vm.assume(most != 0);
        assets = bound(assets, vault.previewMint(1), most);
        uint256 shares = vault.previewDeposit(assets);
        token.mint(staker, assets);
        vm.startPrank(staker);
        token.approve(address(vault), vault.previewMint(shares) - 1);
        vm.expectRevert("TRANSFER_FROM_FAILED");
        vault.deposit(assets, staker);
        vm.expectRevert("TRANSFER_FROM_FAILED");
        vault.mint(shares, staker);
    }

    // ---------------------------------------------------------------- maxDeposit, maxMint

    function testFuzz_maxDeposit_is_accepted_and_a_wei_more_is_not(uint256 seed) public {
        _live(seed);
        uint256 most = vault.maxDeposit(staker);
        _fund(staker, address(vault), most + 1);
        vm.startPrank(staker);
        try vault.deposit(most + 1, staker) {
            revert("more than maxDeposit");
        } catch {}
        if (most != 0) assertGt(vault.deposit(most, staker), 0);
    }

    function testFuzz_maxMint_is_accepted_and_a_share_more_is_not(uint256 seed) public {
        _live(seed);
        uint256 most = vault.maxMint(staker);
        _fund(staker, address(vault), MAX_ASSETS);
        vm.startPrank(staker);
        try vault.mint(most + 1, staker) {
            revert("more than maxMint");
        } catch {}
        if (most != 0) assertLe(vault.mint(most, staker), MAX_ASSETS);
    }

    function testFuzz_maxDeposit_and_maxMint_are_zero_when_nothing_is_accepted(uint256 seed, uint256 why)
        public
    {
        _live(seed);
        vm.assume(vault.maxDeposit(staker) != 0 && vault.maxMint(staker) != 0);
        bytes4 refusal = IProverVault.ProverNotActive.selector;
        if (why % 4 == 0) {
            vm.prank(guardian);
            registry.pause();
            refusal = IProverVault.Paused.selector;
        } else if (why % 4 == 1) {
            vm.prank(guardian);
            registry.jail(prover);
        } else if (why % 4 == 2) {
            vm.prank(prover);
            registry.deactivate();
        } else {
            _slashVault(type(uint256).max);
            refusal = IProverVault.SharePriceBroken.selector;
        }
        assertEq(vault.maxDeposit(staker), 0);
        assertEq(vault.maxMint(staker), 0);
        _fund(staker, address(vault), 1 ether);
        vm.startPrank(staker);
        vm.expectRevert(refusal);
        vault.deposit(1 ether, staker);
        vm.expectRevert(refusal);
        vault.mint(1 ether, staker);
    }

    function testFuzz_limits_do_not_depend_on_what_anybody_holds(uint256 seed, address anybody) public {
        _live(seed);
        assertEq(vault.maxDeposit(anybody), vault.maxDeposit(staker));
        assertEq(vault.maxMint(anybody), vault.maxMint(staker));
        uint256 most = vault.maxDeposit(staker);
        token.mint(staker, 1 ether);
        assertEq(vault.maxDeposit(staker), most);
    }

    // ---------------------------------------------------------------- redeem, withdraw: claims

    function testFuzz_maxRedeem_is_accepted_and_a_share_more_is_not(uint256 seed, uint256 assets) public {
        _exitAmidOthers(seed, assets);
        uint256 most = vault.maxRedeem(staker);
        uint256 worth = vault.maxWithdraw(staker);
        uint256 supply = vault.totalSupply();
        assertGt(most, 0);
        vm.startPrank(staker);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.redeem(most + 1, stranger, staker);
        vm.expectEmit(address(vault));
        emit ERC4626.Withdraw(staker, stranger, staker, worth, most);
        assertEq(vault.redeem(most, stranger, staker), worth);
        assertEq(token.balanceOf(stranger), worth);
        assertEq(vault.totalSupply(), supply, "shares were burned by the request");
        assertEq(vault.maxRedeem(staker), 0);
        assertEq(vault.maxWithdraw(staker), 0);
    }

    function testFuzz_maxWithdraw_is_accepted_and_a_wei_more_is_not(uint256 seed, uint256 assets) public {
        _exitAmidOthers(seed, assets);
        uint256 most = vault.maxWithdraw(staker);
        uint256 shares = vault.maxRedeem(staker);
        vm.assume(most != 0);
        vm.startPrank(staker);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.withdraw(most + 1, stranger, staker);
        uint256 taken = vault.withdraw(most, stranger, staker);
        assertLe(taken, shares);
        assertEq(token.balanceOf(stranger), most);
        assertEq(vault.maxRedeem(staker), shares - taken);
        assertEq(vault.maxWithdraw(staker), 0);
    }

    function testFuzz_redeem_and_withdraw_need_the_controller_or_its_operator(uint256 seed, uint256 assets)
        public
    {
        _exitAmidOthers(seed, assets);
        vm.assume(vault.maxWithdraw(staker) != 0);
        vm.prank(staker);
        vault.approve(stranger, type(uint256).max);
        vm.startPrank(stranger);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.redeem(1, stranger, staker);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.withdraw(1, stranger, staker);
    }

    function testFuzz_maxRedeem_and_maxWithdraw_never_revert_and_are_zero_before_the_delay(
        uint256 seed,
        uint256 assets,
        address anybody
    ) public {
        _live(seed);
        _depositSome(staker, assets);
        vm.assume(vault.convertToAssets(vault.balanceOf(staker)) != 0);
        uint256 shares = vault.balanceOf(staker);
        vm.prank(staker);
        vault.requestRedeem(shares, staker, staker);
        skip(UNBONDING_DELAY);
        assertEq(vault.maxRedeem(staker), 0);
        assertEq(vault.maxWithdraw(staker), 0);
        skip(1);
        assertEq(vault.maxRedeem(staker), shares);
        _slashVault(type(uint256).max);
        assertEq(vault.maxWithdraw(staker), 0);
        vault.maxRedeem(anybody);
        vault.maxWithdraw(anybody);
    }

    function testFuzz_previewRedeem_and_previewWithdraw_revert(uint256 seed, uint256 amount, address caller)
        public
    {
        _live(seed);
        vm.startPrank(caller);
        vm.expectRevert(IProverVault.AsynchronousExit.selector);
        vault.previewRedeem(amount);
        vm.expectRevert(IProverVault.AsynchronousExit.selector);
        vault.previewWithdraw(amount);
    }

    // ---------------------------------------------------------------- round trips never profit

    function testFuzz_round_trip_deposit_then_redeem(uint256 seed, uint256 assets) public {
        assets = _paid(seed, assets);
        _leave(staker);
        assertLe(_redeemAll(staker), assets);
    }

    function testFuzz_round_trip_deposit_then_withdraw(uint256 seed, uint256 assets) public {
        assets = _paid(seed, assets);
        _leave(staker);
        (uint256 got,) = _withdrawAll(staker);
        assertLe(got, assets);
    }

    function testFuzz_round_trip_mint_then_redeem(uint256 seed, uint256 shares) public {
        _live(seed);
        uint256 cost = _mintSome(shares);
        _leave(staker);
        assertLe(_redeemAll(staker), cost);
    }

    function testFuzz_round_trip_mint_then_withdraw(uint256 seed, uint256 shares) public {
        _live(seed);
        uint256 cost = _mintSome(shares);
        _leave(staker);
        (uint256 got,) = _withdrawAll(staker);
        assertLe(got, cost);
    }

    function testFuzz_round_trip_redeem_then_deposit(uint256 seed, uint256 assets) public {
        _exitAmidOthers(seed, assets);
        uint256 shares = vault.maxRedeem(staker);
        assets = _redeemAll(staker);
        assertLe(vault.previewDeposit(assets), shares);
        _depositUpTo(staker, assets);
        assertLe(vault.balanceOf(staker), shares);
    }

    function testFuzz_round_trip_redeem_then_mint(uint256 seed, uint256 assets) public {
        _exitAmidOthers(seed, assets);
        uint256 shares = vault.maxRedeem(staker);
        assets = _redeemAll(staker);
        vm.assume(shares <= vault.maxMint(staker));
        assertGe(_mintShares(shares), assets);
    }

    function testFuzz_round_trip_withdraw_then_deposit(uint256 seed, uint256 assets) public {
        _exitAmidOthers(seed, assets);
        uint256 shares;
        (assets, shares) = _withdrawAll(staker);
        assertLe(vault.previewDeposit(assets), shares);
        _depositUpTo(staker, assets);
        assertLe(vault.balanceOf(staker), shares);
    }

    function testFuzz_round_trip_withdraw_then_mint(uint256 seed, uint256 assets) public {
        _exitAmidOthers(seed, assets);
        uint256 shares;
        (assets, shares) = _withdrawAll(staker);
        vm.assume(shares <= vault.maxMint(staker));
        assertGe(_mintShares(shares), assets);
    }

    // ---------------------------------------------------------------- steps

    function _paid(uint256 seed, uint256 assets) private returns (uint256) {
        _live(seed);
        uint256 active = _activeAssets(prover);
        _depositSome(staker, assets);
        return _activeAssets(prover) - active;
    }

    function _mintSome(uint256 shares) private returns (uint256 cost) {
        uint256 most = vault.maxMint(staker);
        vm.assume(most != 0);
        return _mintShares(bound(shares, 1, most < 1e27 ? most : 1e27));
    }

    function _mintShares(uint256 shares) private returns (uint256 cost) {
        deal(address(token), staker, MAX_ASSETS);
        vm.startPrank(staker);
        token.approve(address(vault), MAX_ASSETS);
        cost = vault.mint(shares, staker);
        vm.stopPrank();
    }

    /// @dev All of the staker's deposit is claimable, out of a pool that others share.
    function _exitAmidOthers(uint256 seed, uint256 assets) private {
        _live(seed);
        _depositSome(staker, assets);
        _leave(staker);
        deal(address(token), staker, 0);
    }
}

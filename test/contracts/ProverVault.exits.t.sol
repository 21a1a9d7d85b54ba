// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {VaultTest} from "./helpers/VaultTest.sol";
import {ProverState} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {stdError} from "forge-std/StdError.sol";
import {Vm} from "forge-std/Vm.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";
import {ERC4626} from "solmate/src/tokens/ERC4626.sol";

/// @notice ERC-7540: requests, the queue, and claims.
contract ProverVaultExitsTest is VaultTest {
    function setUp() public override {
        super.setUp();
        _deposit(ALICE, 1000e18);
        _deposit(BOB, 1000e18);
        skip(1 hours);
    }

    // ---------------------------------------------------------------- requestRedeem

    function test_requestRedeem_reverts_when_paused() public {
        registry.setPaused(true);
        vm.prank(ALICE);
        vm.expectRevert(IProverVault.Paused.selector);
        vault.requestRedeem(1e18, ALICE, ALICE);
    }

    function test_requestRedeem_goes_on_when_a_pause_stops_deposits_alone() public {
        registry.setPaused(true);
        registry.reopenExits();
        vm.prank(ALICE);
        vm.expectRevert(IProverVault.Paused.selector);
        vault.deposit(1e18, ALICE);
        assertEq(_request(ALICE, 1e18), 1e18);
        assertEq(vault.pendingRedeemRequest(0, ALICE), 1e18);
    }

    function test_requestRedeem_reverts_for_strangers() public {
        vm.startPrank(CAROL);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(1e18, CAROL, ALICE);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(1e18, ALICE, ALICE);
    }

    function test_requestRedeem_reverts_with_too_small_an_allowance() public {
        vm.prank(ALICE);
        vault.approve(CAROL, 1e18 - 1);
        vm.prank(CAROL);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(1e18, CAROL, ALICE);
    }

    function test_peers_09_a_stranger_cannot_add_to_a_queue() public {
        _request(ALICE, 10e18);
        vm.startPrank(BOB);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(1, ALICE, BOB);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(1, ALICE, ALICE);
        // An allowance over one's shares is a licence over one's own queue, and over nobody else's.
        vm.stopPrank();
        vm.prank(CAROL);
        vault.approve(BOB, type(uint256).max);
        vm.prank(BOB);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(1, ALICE, CAROL);
        skip(DELAY + 1);
        assertEq(vault.claimableRedeemRequest(0, ALICE), 10e18);
    }

    function testFuzz_an_allowance_asks_for_its_owners_exit(uint256 allowed, uint256 shares, bool endless)
        public
    {
        allowed = endless ? type(uint256).max : bound(allowed, 1, 50e18);
        shares = bound(shares, 1, endless ? 50e18 : allowed);
        vm.prank(ALICE);
        vault.approve(BOB, allowed);
        uint256 assets = vault.convertToAssets(shares);
        vm.expectEmit(address(vault));
        emit IProverVault.RedeemRequest(ALICE, ALICE, 0, BOB, shares);
        vm.prank(BOB);
        assertEq(vault.requestRedeem(shares, ALICE, ALICE), 0);
        assertEq(vault.allowance(ALICE, BOB), endless ? allowed : allowed - shares);
        assertEq(vault.pendingRedeemRequest(0, ALICE), shares);
        if (!endless) {
            vm.prank(BOB);
            vm.expectRevert(IProverVault.Unauthorized.selector);
            vault.requestRedeem(allowed - shares + 1, ALICE, ALICE);
        }
        skip(DELAY + 1);
        vm.prank(BOB);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.redeem(shares, BOB, ALICE);
        assertEq(_redeem(ALICE, shares), assets);
    }

    // ---------------------------------------------------------------- what is due

    function test_anybody_has_a_controller_paid_what_is_due() public {
        uint256 assets = _request(ALICE, 30e18) + _request(ALICE, 20e18);
        skip(DELAY);
        vm.prank(BOB);
        vm.expectRevert(IProverVault.ZeroAmount.selector);
        vault.claimDue(ALICE);
        skip(1);
        uint256 later = _request(ALICE, 10e18);
        uint256 before = token.balanceOf(ALICE);
        vm.expectEmit(address(vault));
        emit ERC4626.Withdraw(BOB, ALICE, ALICE, assets, 50e18);
        vm.prank(BOB);
        assertEq(vault.claimDue(ALICE), assets);
        assertEq(token.balanceOf(ALICE) - before, assets);
        assertEq(vault.maxRedeem(ALICE), 0);
        assertEq(vault.pendingRedeemRequest(0, ALICE), 10e18);
        skip(DELAY + 1);
        assertEq(vault.claimDue(ALICE), later);
        vm.expectRevert(IProverVault.ZeroAmount.selector);
        vault.claimDue(ALICE);
        vm.expectRevert(IProverVault.ZeroAddress.selector);
        vault.claimDue(address(0));
    }

    function test_a_due_exit_bears_slashes_until_it_is_claimed() public {
        _request(ALICE, 100e18);
        skip(DELAY + 30 days);
        _slash(210e18);
        assertEq(vault.maxWithdraw(ALICE), 90e18);
        vault.claimDue(ALICE);
        _slash(20e18);
        assertEq(_unbonding(), 0);
        assertEq(token.balanceOf(address(vault)), _counted());
    }

    function test_what_a_withdrawal_leaves_to_the_commission_is_logged() public {
        _reward(10_000e18, 0);
        skip(PERIOD);
        _request(ALICE, 1e6);
        skip(DELAY + 1);
        // A share is worth several wei, of which one is asked for.
        uint256 share = vault.maxWithdraw(ALICE) / 1e6;
        assertGt(share, 1);
        vm.recordLogs();
        vm.prank(ALICE);
        assertEq(vault.withdraw(1, ALICE, ALICE), 1);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 owed = _commission();
        assertEq(owed, share - 1);
        assertEq(logs[0].topics[0], IProverVault.CommissionAdded.selector);
        assertEq(abi.decode(logs[0].data, (uint256)), owed);
    }

    function test_requestRedeem_reverts_for_nothing() public {
        vm.prank(ALICE);
        vm.expectRevert(IProverVault.ZeroAmount.selector);
        vault.requestRedeem(0, ALICE, ALICE);
        _slash(_active() - 1000);
        vm.prank(ALICE);
        vm.expectRevert(IProverVault.ZeroAmount.selector);
        vault.requestRedeem(1e15, ALICE, ALICE);
    }

    function test_requestRedeem_reverts_beyond_the_shares_held() public {
        uint256 shares = vault.balanceOf(ALICE);
        vm.prank(ALICE);
        vm.expectRevert(stdError.arithmeticError);
        vault.requestRedeem(shares + 1, ALICE, ALICE);
    }

    function testFuzz_requestRedeem_burns_and_prices(uint256 shares, uint256 gain, uint8 path) public {
        _reward(bound(gain, 1, 1e24), 0);
        skip(PERIOD / 2);
        _request(BOB, 3e18);
        shares = bound(shares, 1, vault.balanceOf(ALICE));
        (address sender, address controller) = (ALICE, ALICE);
        path %= 4;
        if (path != 0) (sender, controller) = (CAROL, CAROL);
        vm.startPrank(ALICE);
        if (path == 1) vault.approve(CAROL, type(uint256).max);
        if (path == 2) vault.approve(CAROL, shares + 7);
        if (path == 3) {
            vault.approve(CAROL, 5);
            vault.setOperator(CAROL, true);
            controller = ALICE;
        }
        vm.stopPrank();
        uint256 assets = vault.convertToAssets(shares);
        uint256 active = _active();
        uint256 supply = vault.totalSupply();
        uint256 held = vault.balanceOf(ALICE);
        uint256 pool = _unbonding();

        vm.expectEmit(address(vault));
        emit ERC20.Transfer(ALICE, address(0), shares);
        _expectActive(active - assets);
        vm.expectEmit(address(vault));
        emit IProverVault.ExitPriced(controller, assets, assets, 1);
        vm.expectEmit(address(vault));
        emit IProverVault.RedeemRequest(controller, ALICE, 0, sender, shares);
        vm.prank(sender);
        assertEq(vault.requestRedeem(shares, controller, ALICE), 0);

        assertEq(vault.totalSupply(), supply - shares);
        assertEq(vault.balanceOf(ALICE), held - shares);
        assertEq(_active(), active - assets);
        assertEq(_unbonding(), pool + assets);
        assertEq(vault.pendingRedeemRequest(0, controller), shares);
        assertEq(vault.claimableRedeemRequest(0, controller), 0);
        assertEq(vault.maxRedeem(controller), 0);
        assertEq(vault.maxWithdraw(controller), 0);
        uint256[4] memory allowances = [uint256(0), type(uint256).max, 7, 5];
        assertEq(vault.allowance(ALICE, CAROL), allowances[path], "an operator spends no allowance");
        assertEq(token.balanceOf(address(vault)), _counted());
    }

    function test_requestRedeem_by_an_operator_of_owner_and_controller() public {
        vm.prank(ALICE);
        vault.setOperator(CAROL, true);
        vm.startPrank(CAROL);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(1e18, BOB, ALICE);
        vault.requestRedeem(1e18, ALICE, ALICE);
        vm.stopPrank();
        vm.prank(BOB);
        vault.setOperator(CAROL, true);
        vm.prank(CAROL);
        vault.requestRedeem(1e18, BOB, ALICE);
        assertEq(vault.pendingRedeemRequest(0, BOB), 1e18);
        vm.prank(ALICE);
        vault.setOperator(CAROL, false);
        vm.prank(CAROL);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(1e18, BOB, ALICE);
    }

    function test_requestRedeem_reverts_when_the_unbonding_pool_is_full() public {
        uint256 most = vault.maxDeposit(ALICE);
        for (uint256 i; i < 2; ++i) {
            _request(ALICE, _deposit(ALICE, most));
        }
        // Two fillings make 2^96 less twice what is in the vault: the next that large has no room.
        uint256 shares = _deposit(ALICE, most);
        vm.prank(ALICE);
        vm.expectRevert(IProverVault.CapExceeded.selector);
        vault.requestRedeem(shares, ALICE, ALICE);
    }

    function test_requestRedeem_reverts_when_a_queue_would_hold_more_than_it_can_count() public {
        _request(ALICE, _deposit(ALICE, 2 ** 94));
        // Slashing makes shares cheap: these are 2^95 of them, twice.
        _slash((_active() + _unbonding()) / 2 ** 20 * (2 ** 20 - 1));
        _request(ALICE, _deposit(ALICE, 2 ** 75));
        uint256 shares = _deposit(ALICE, 2 ** 75);
        vm.prank(ALICE);
        vm.expectRevert(IProverVault.CapExceeded.selector);
        vault.requestRedeem(shares, ALICE, ALICE);
        vm.prank(ALICE);
        vault.transfer(BOB, shares);
        assertGt(_request(BOB, shares), 0);
    }

    // ---------------------------------------------------------------- claims

    function test_redeem_reverts_before_the_delay_has_passed() public {
        _request(ALICE, 10e18);
        skip(DELAY);
        vm.startPrank(ALICE);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.redeem(1, ALICE, ALICE);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.withdraw(1, ALICE, ALICE);
        skip(1);
        vault.redeem(1, ALICE, ALICE);
        vault.withdraw(1, ALICE, ALICE);
    }

    function test_claims_revert_beyond_what_is_claimable() public {
        _request(ALICE, 10e18);
        skip(DELAY + 1);
        _request(ALICE, 5e18);
        uint256 most = vault.maxWithdraw(ALICE);
        vm.startPrank(ALICE);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.redeem(10e18 + 1, ALICE, ALICE);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.redeem(15e18 + 1, ALICE, ALICE);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.redeem(type(uint256).max, ALICE, ALICE);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.withdraw(most + 1, ALICE, ALICE);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.withdraw(15e18 + 1, ALICE, ALICE);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.withdraw(type(uint256).max, ALICE, ALICE);
        assertEq(vault.redeem(10e18, ALICE, ALICE), most);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.redeem(1, ALICE, ALICE);
    }

    function test_claims_of_an_empty_queue_revert() public {
        vm.startPrank(CAROL);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.redeem(1, CAROL, CAROL);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.withdraw(1, CAROL, CAROL);
        vm.stopPrank();
        _request(ALICE, 1e18);
        vm.startPrank(CAROL);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.withdraw(1, CAROL, CAROL);
    }

    function test_claims_revert_for_zero() public {
        _request(ALICE, 10e18);
        skip(DELAY + 1);
        vm.startPrank(ALICE);
        vm.expectRevert(IProverVault.ZeroAmount.selector);
        vault.redeem(0, ALICE, ALICE);
        vm.expectRevert(IProverVault.ZeroAmount.selector);
        vault.withdraw(0, ALICE, ALICE);
        vm.expectRevert(IProverVault.ZeroAddress.selector);
        vault.redeem(1, address(0), ALICE);
        vm.expectRevert(IProverVault.ZeroAddress.selector);
        vault.withdraw(1, address(0), ALICE);
    }

    function test_claims_revert_for_strangers_even_with_an_allowance() public {
        _request(ALICE, 10e18);
        vm.prank(ALICE);
        vault.approve(CAROL, type(uint256).max);
        skip(DELAY + 1);
        vm.startPrank(CAROL);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.redeem(1e18, CAROL, ALICE);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.withdraw(1e18, CAROL, ALICE);
    }

    function testFuzz_redeem_pays_the_price_of_the_request(
        uint256 shares,
        uint256 gain,
        uint256 part,
        bool operator
    ) public {
        _reward(bound(gain, 1, 1e24), 0);
        skip(PERIOD);
        shares = bound(shares, 1, vault.balanceOf(ALICE));
        uint256 assets = _request(ALICE, shares);
        _reward(1e24, 0);
        skip(DELAY + 1);
        part = bound(part, 1, shares);
        assertEq(vault.maxRedeem(ALICE), shares);
        assertEq(vault.maxWithdraw(ALICE), assets);
        address sender = operator ? CAROL : ALICE;
        vm.prank(ALICE);
        vault.setOperator(CAROL, true);
        uint256 paid = assets * part / shares;

        vm.expectEmit(address(vault));
        emit ERC4626.Withdraw(sender, BOB, ALICE, paid, part);
        uint256 before = token.balanceOf(BOB);
        vm.prank(sender);
        assertEq(vault.redeem(part, BOB, ALICE), paid);
        assertEq(token.balanceOf(BOB) - before, paid);
        assertEq(vault.maxRedeem(ALICE), shares - part);
        assertEq(vault.claimableRedeemRequest(0, ALICE), shares - part);
        assertEq(_unbonding(), assets - paid);
        if (part < shares) assertEq(_redeem(ALICE, shares - part), assets - paid);
        (uint256 pool, uint256 poolShares,) = vault.unbondingState();
        assertEq(pool + poolShares, 0);
        assertEq(token.balanceOf(address(vault)), _counted());
    }

    function testFuzz_withdraw_takes_the_fewest_shares(
        uint256 shares,
        uint256 gain,
        uint256 loss,
        uint256 assets
    ) public {
        _reward(bound(gain, 1, 1e27), 0);
        skip(PERIOD);
        shares = bound(shares, 1e6, vault.balanceOf(ALICE) / 2);
        _request(ALICE, shares);
        skip(1);
        _request(ALICE, shares / 2);
        skip(DELAY + 1);
        _slash(bound(loss, 0, _active() / 2));
        uint256 most = vault.maxWithdraw(ALICE);
        assets = bound(assets, 1, most);
        uint256 owed = _commission();
        uint256 id = vm.snapshotState();

        uint256 before = token.balanceOf(CAROL);
        vm.prank(ALICE);
        uint256 taken = vault.withdraw(assets, CAROL, ALICE);
        assertEq(token.balanceOf(CAROL) - before, assets, "exactly what was asked for");
        assertEq(token.balanceOf(address(vault)), _counted());
        uint256 excess = _commission() - owed;
        vm.revertToState(id);

        assertEq(_redeem(ALICE, taken), assets + excess, "the shares taken are worth it");
        vm.revertToState(id);
        if (taken > 1) assertLt(_redeem(ALICE, taken - 1), assets, "one share fewer is not");
    }

    function test_withdraw_reverts_when_its_excess_has_no_room_and_redeem_pays() public {
        _reward(2100e18, 0);
        skip(PERIOD);
        _request(ALICE, 100);
        skip(DELAY + 1);
        _reward(2 ** 96 - 1, 2 ** 96 - 1);
        vm.prank(ALICE);
        vm.expectRevert(IProverVault.CapExceeded.selector);
        vault.withdraw(2, ALICE, ALICE);
        assertEq(_redeem(ALICE, 100), 199);
    }

    function test_withdraw_of_everything_claimable() public {
        _reward(777e18, 0);
        skip(PERIOD);
        _request(ALICE, 123_456_789);
        _request(ALICE, 10e18 + 1);
        _slash(31e18);
        skip(DELAY + 1);
        uint256 most = vault.maxWithdraw(ALICE);
        vm.prank(ALICE);
        vault.withdraw(most, ALICE, ALICE);
        assertEq(vault.maxWithdraw(ALICE), 0);
    }

    function testFuzz_parts_never_add_up_to_more_than_the_whole(uint256 seed, uint256 loss) public {
        _reward(1_234_567e18, 0);
        skip(PERIOD);
        uint256 total;
        for (uint256 i; i < 5; ++i) {
            uint256 shares = uint256(keccak256(abi.encode(seed, i))) % 3 == 0 ? 7 + i : 1e18 + seed % 1e18;
            _request(ALICE, shares);
            total += shares;
            if (i == 2) _slash(bound(loss, 0, _active() / 3));
        }
        _request(BOB, 5e18);
        skip(DELAY + 1);
        uint256 whole = vault.maxWithdraw(ALICE);
        uint256 id = vm.snapshotState();
        uint256 atOnce = _redeem(ALICE, total);
        assertEq(atOnce, whole);
        vm.revertToState(id);

        uint256 sum;
        for (uint256 i; total != 0; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, "part", i)));
            uint256 part = i == 12 ? total : random % 3 == 0 ? 1 : 1 + random % (total / 2 + 1);
            if (part > total) part = total;
            sum += _redeem(ALICE, part);
            total -= part;
        }
        assertLe(sum, whole, "the parts come to more than the whole");
        assertGe(sum + 13, whole);
        assertEq(token.balanceOf(address(vault)), _counted());
        (uint256 pool, uint256 poolShares,) = vault.unbondingState();
        assertLe(pool, poolShares, "an unbonding share is never worth more than a wei");
    }

    function test_claims_are_first_in_first_out() public {
        uint256 first = _request(ALICE, 10e18);
        _reward(200e18, 0);
        skip(PERIOD);
        uint256 second = _request(ALICE, 10e18);
        assertGt(second, first);
        skip(DELAY - PERIOD + 1);
        assertEq(vault.claimableRedeemRequest(0, ALICE), 10e18);
        assertEq(vault.pendingRedeemRequest(0, ALICE), 10e18);
        assertEq(vault.maxWithdraw(ALICE), first);
        skip(PERIOD);
        assertEq(_redeem(ALICE, 15e18), first + second / 2);
        assertEq(_redeem(ALICE, 5e18), second - second / 2);
    }

    function test_claims_work_paused_and_jailed() public {
        _request(ALICE, 10e18);
        skip(DELAY + 1);
        registry.setPaused(true);
        registry.setState(PROVER, ProverState.Jailed);
        assertEq(vault.maxRedeem(ALICE), 10e18);
        assertEq(_redeem(ALICE, 4e18), 4e18);
        vm.prank(ALICE);
        assertEq(vault.withdraw(6e18, ALICE, ALICE), 6e18);
    }

    function test_views_never_revert_whatever_is_asked() public view {
        assertEq(vault.pendingRedeemRequest(type(uint256).max, address(0)), 0);
        assertEq(vault.claimableRedeemRequest(7, address(this)), 0);
        assertEq(vault.maxRedeem(address(0)), 0);
        assertEq(vault.maxWithdraw(address(0)), 0);
    }

    function test_a_claim_does_not_cost_more_after_many_requests() public {
        _request(BOB, 1e18);
        uint256 total = 1e18;
        for (uint256 i; i < 300; ++i) {
            _request(ALICE, 1e18 + i);
            total += 1e18 + i;
            skip(1);
        }
        skip(DELAY + 1);
        total -= 1e18;
        uint256 one = _gasOfRedeem(BOB, 1e18);
        uint256 all = _gasOfRedeem(ALICE, total);
        // Nine probes of two cold slots' price each, where a loop would need three hundred.
        assertLt(all, one + 10 * 2600);
        assertEq(vault.maxRedeem(ALICE), 0);
    }

    function _gasOfRedeem(address staker, uint256 shares) private returns (uint256 gas) {
        vm.cool(address(vault));
        vm.prank(staker);
        gas = gasleft();
        vault.redeem(shares, staker, staker);
        gas -= gasleft();
    }

    // ---------------------------------------------------------------- the last share

    function test_the_last_share_leaves_what_still_vests_to_the_treasury() public {
        _request(ALICE, 1000e18);
        _request(BOB, 1000e18);
        _reward(30e18, 3e18);
        skip(PERIOD / 3);
        registry.setState(PROVER, ProverState.Inactive);
        _expectActive(0);
        uint256 worth = vault.convertToAssets(SEED);
        vm.expectEmit(address(vault));
        emit IProverVault.RemainderSwept(TREASURY, 127e18 - worth);
        _request(PROVER, SEED);
        assertApproxEqAbs(worth, 109e18, 1);
        assertEq(token.balanceOf(TREASURY), 127e18 - worth);
        assertEq(_active(), 0);
        assertEq(vault.totalAssets(), 0);
        (uint256 unvested,, uint256 owed) = vault.rewardState();
        assertEq(unvested, 0);
        assertEq(owed, 3e18);
        assertEq(token.balanceOf(address(vault)), _counted());

        // A reward now is commission, and a new share starts at par.
        _reward(5e18, 1e18);
        assertEq(_commission(), 8e18);
        registry.setState(PROVER, ProverState.Active);
        assertEq(_deposit(CAROL, 1e18), 1e18);
        _reward(5e18, 0);
        skip(PERIOD);
        assertApproxEqAbs(vault.convertToAssets(1e18), 6e18, 10);
    }

    function testFuzz_the_last_share_leaves_to_the_treasury_what_its_exit_is_not_worth(
        uint256 reward,
        uint256 commission,
        uint256 time,
        uint256 loss
    ) public {
        _request(ALICE, 1000e18);
        _request(BOB, 1000e18);
        commission = bound(commission, 0, 1e24);
        _reward(bound(reward, 1, 1e24) + commission, commission);
        skip(bound(time, 0, 2 * PERIOD));
        _slash(bound(loss, 0, _active() / 2));
        registry.setState(PROVER, ProverState.Inactive);
        uint256 worth = vault.convertToAssets(SEED);
        uint256 rest = _active() - worth;
        uint256 swept = token.balanceOf(TREASURY);

        _expectActive(0);
        if (rest != 0) {
            vm.expectEmit(address(vault));
            emit IProverVault.RemainderSwept(TREASURY, rest);
        }
        vm.prank(PROVER);
        vault.requestRedeem(SEED, PROVER, PROVER);

        assertEq(token.balanceOf(TREASURY) - swept, rest);
        assertEq(vault.totalSupply(), 0);
        assertEq(vault.totalAssets(), 0);
        (uint256 unvested,, uint256 owed) = vault.rewardState();
        assertEq(unvested, 0);
        assertEq(owed, commission);
        assertEq(token.balanceOf(address(vault)), _counted());
    }
}

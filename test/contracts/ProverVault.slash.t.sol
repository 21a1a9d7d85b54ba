// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {VaultTest} from "./helpers/VaultTest.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";

/// @notice Slashing: exact, pro rata, clamped; generations of the unbonding pool.
contract ProverVaultSlashTest is VaultTest {
    function setUp() public override {
        super.setUp();
        _deposit(ALICE, 200e18);
        skip(1 hours);
    }

    struct Before {
        uint256 active;
        uint256 pool;
        uint256 unvested;
        uint256 end;
        uint256 paid;
    }

    function testFuzz_slash_is_exact_and_pro_rata(uint256 amount, uint256 exit, uint256 reward, uint256 time)
        public
    {
        exit = bound(exit, 1, 200e18);
        _request(ALICE, exit);
        _reward(bound(reward, 1, 1e24), 0);
        skip(bound(time, 0, 2 * PERIOD));
        Before memory was;
        was.active = _active();
        (was.unvested, was.end,) = vault.rewardState();
        was.pool = _unbonding();
        was.paid = token.balanceOf(CAROL);
        amount = bound(amount, 1, was.active + was.pool - 1);
        if (amount == was.active + was.pool - 1) amount -= was.pool > 2 ? 2 : 0;
        uint256 fromActive = (amount * was.active + was.active + was.pool - 1) / (was.active + was.pool);
        uint256 fromPool = amount - fromActive;
        (, uint256 poolShares,) = vault.unbondingState();
        uint256 generation = 1;
        while ((was.pool - fromPool) * 1e9 < poolShares) {
            poolShares /= 1e9;
            ++generation;
        }
        _expectActive(was.active - fromActive);
        vm.expectEmit(address(vault));
        emit IProverVault.Slashed(fromActive, fromPool, generation, CAROL);
        assertEq(registry.slash(vault, amount, CAROL), amount);
        assertEq(token.balanceOf(CAROL) - was.paid, amount);
        assertEq(_active(), was.active - fromActive);
        assertEq(_unbonding(), was.pool - fromPool);
        _assertVesting(was, fromActive);
        assertEq(token.balanceOf(address(vault)), _counted());
        skip(DELAY + 1);
        assertApproxEqAbs(_redeem(ALICE, exit), was.pool - fromPool, generation == 1 ? 0 : 1);
    }

    function _assertVesting(Before memory was, uint256 fromActive) private view {
        (uint256 unvested, uint256 end,) = vault.rewardState();
        assertEq(unvested, was.unvested * (was.active - fromActive) / was.active);
        assertEq(end, was.end);
    }

    function testFuzz_slash_clamps_to_what_is_there(uint256 amount, uint256 exit) public {
        exit = bound(exit, 1, 200e18);
        _request(ALICE, exit);
        _reward(10e18, 1e18);
        uint256 total = _active() + _unbonding();
        amount = bound(amount, total, type(uint256).max);
        vm.expectEmit(address(vault));
        emit IProverVault.Slashed(total - exit, exit, 6, TREASURY);
        assertEq(_slash(amount), total);
        assertEq(_active() + _unbonding(), 0);
        assertEq(_commission(), 1e18, "commission owed is the prover's already");
        (uint256 unvested,,) = vault.rewardState();
        assertEq(unvested, 0);
        assertEq(vault.maxDeposit(BOB), 0);

        vm.recordLogs();
        assertEq(_slash(1), 0, "nothing is left");
        assertEq(vm.getRecordedLogs().length, 0);

        skip(DELAY + 1);
        uint256 before = token.balanceOf(ALICE);
        assertEq(vault.maxWithdraw(ALICE), 0);
        assertEq(_redeem(ALICE, exit), 0, "worth nothing, but it can be cleared");
        assertEq(token.balanceOf(ALICE), before);
        assertEq(vault.maxRedeem(ALICE), 0);
        registry.payCommission(vault, PROVER);
    }

    function test_slash_of_zero_does_nothing() public {
        vm.recordLogs();
        assertEq(_slash(0), 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_peers_05_a_wei_is_slashed_as_a_wei() public {
        _request(ALICE, 1);
        uint256 total = _active() + _unbonding();
        for (uint256 i = 1; i <= 50; ++i) {
            assertEq(_slash(1), 1);
            assertEq(_active() + _unbonding(), total - i);
        }
    }

    function test_peers_05_many_slashes_block_nothing() public {
        _request(ALICE, 100e18);
        for (uint256 i; i < 100; ++i) {
            uint256 third = (_active() + _unbonding()) / 3;
            assertEq(_slash(third), third);
        }
        assertGt(_active(), 0);
        uint256 rest = _active() + _unbonding();
        assertEq(_slash(type(uint256).max), rest);
        skip(DELAY + 1);
        _redeem(ALICE, 100e18);
        assertEq(token.balanceOf(address(vault)), 0);
    }

    function testFuzz_slash_order_matters_by_rounding_only(uint256 first, uint256 second, uint256 exit)
        public
    {
        _request(ALICE, bound(exit, 1e9, 200e18));
        first = bound(first, 1, 100e18);
        second = bound(second, 1, 100e18);
        uint256 id = vm.snapshotState();
        _slash(first);
        _slash(second);
        (uint256 active, uint256 pool) = (_active(), _unbonding());
        vm.revertToState(id);
        _slash(second);
        _slash(first);
        assertApproxEqAbs(_active(), active, 2);
        assertApproxEqAbs(_unbonding(), pool, 2);
        vm.revertToState(id);
        _slash(first + second);
        assertApproxEqAbs(_active(), active, 2);
        assertApproxEqAbs(_unbonding(), pool, 2);
    }

    function test_slash_during_vesting_takes_vested_and_vesting_alike() public {
        _reward(100e18, 0);
        skip(PERIOD / 2);
        assertEq(vault.totalAssets(), 350e18);
        _slash(40e18);
        assertEq(_active(), 360e18);
        (uint256 unvested,,) = vault.rewardState();
        assertEq(unvested, 45e18);
        assertEq(vault.totalAssets(), 315e18);
        skip(PERIOD);
        assertEq(vault.totalAssets(), 360e18);
    }

    // ---------------------------------------------------------------- generations

    function test_a_generation_begins_below_the_lowest_price_and_takes_nobodys_exit() public {
        _request(ALICE, 100e18);
        // Leaves exactly 1e11 wei for the 1e20 unbonding shares: the lowest price.
        assertEq(_slash(300e18 - 3e11), 300e18 - 3e11);
        (uint256 assets, uint256 shares, uint256 generation) = vault.unbondingState();
        assertEq(assets, 1e11);
        assertEq(shares, 100e18);
        assertEq(generation, 1);
        vm.expectEmit(address(vault));
        emit IProverVault.Slashed(2, 1, 2, TREASURY);
        uint256 before = token.balanceOf(TREASURY);
        assertEq(_slash(3), 3);
        assertEq(token.balanceOf(TREASURY) - before, 3, "never more than was asked for");
        (assets, shares, generation) = vault.unbondingState();
        assertEq(assets, 1e11 - 1);
        assertEq(shares, 100e9);
        assertEq(generation, 2);
        assertEq(vault.pendingRedeemRequest(0, ALICE), 100e18);
        skip(DELAY + 1);
        assertEq(_redeem(ALICE, 100e18), 1e11 - 1);
        assertEq(token.balanceOf(address(vault)), _counted());
    }

    function test_one_slash_begins_several_generations() public {
        _request(ALICE, 100e18);
        _slash(300e18 - 6);
        (uint256 assets, uint256 shares, uint256 generation) = vault.unbondingState();
        assertEq(assets, 2);
        assertEq(shares, 100);
        assertEq(generation, 3);
        skip(DELAY + 1);
        assertEq(_redeem(ALICE, 50e18), 1);
        assertEq(_redeem(ALICE, 50e18), 1);
        assertEq(token.balanceOf(address(vault)), _counted());
    }

    function test_a_pool_slashed_to_nothing_starts_again_without_shares() public {
        _request(ALICE, 100e18);
        _slash(type(uint256).max);
        (uint256 assets, uint256 shares, uint256 generation) = vault.unbondingState();
        assertEq(assets + shares, 0);
        assertEq(generation, 6);
        _reward(100e18, 0);
        skip(PERIOD);
        uint256 worth = _request(PROVER, 10e18);
        (assets, shares, generation) = vault.unbondingState();
        assertEq(shares, assets, "at a price of one");
        skip(DELAY + 1);
        assertEq(vault.maxWithdraw(ALICE), 0);
        assertEq(_redeem(ALICE, 100e18), 0);
        assertEq(_redeem(PROVER, 10e18), worth);
        // Nobody's pool is not slashed again.
        _slash(1);
        (,, generation) = vault.unbondingState();
        assertEq(generation, 6);
    }

    function test_exits_of_closed_generations_pay_nothing_and_later_ones_in_full() public {
        _request(ALICE, 30e18);
        _request(ALICE, 20e18);
        _slash(type(uint256).max);
        assertEq(vault.maxWithdraw(ALICE), 0);
        _reward(300e18, 0);
        skip(PERIOD);
        uint256 assets = _request(ALICE, 50e18);
        assertGt(assets, 0);
        uint256 other = _request(PROVER, 10e18);
        skip(DELAY + 1);
        assertEq(vault.maxRedeem(ALICE), 100e18);
        assertEq(vault.maxWithdraw(ALICE), assets);
        uint256 id = vm.snapshotState();

        assertEq(_redeem(ALICE, 10e18), 0);
        assertEq(_redeem(ALICE, 65e18), assets / 2);
        assertEq(_redeem(ALICE, 25e18), assets - assets / 2);
        assertEq(_redeem(PROVER, 10e18), other);
        vm.revertToState(id);

        assertEq(_redeem(ALICE, 100e18), assets);
        vm.revertToState(id);

        vm.prank(ALICE);
        assertEq(vault.withdraw(assets, ALICE, ALICE), 100e18, "the worthless shares go first");
        vm.revertToState(id);

        assertEq(_redeem(ALICE, 40e18), 0, "in the middle of the closed generation");
        vm.prank(ALICE);
        vault.withdraw(assets / 4, ALICE, ALICE);
        assertApproxEqAbs(vault.maxWithdraw(ALICE), assets - assets / 4, 2);
    }

    function test_a_second_closed_generation_in_one_queue() public {
        _request(ALICE, 10e18);
        _slash(type(uint256).max);
        _reward(300e18, 0);
        skip(PERIOD);
        _request(ALICE, 10e18);
        _slash(type(uint256).max);
        _reward(300e18, 0);
        skip(PERIOD);
        uint256 assets = _request(ALICE, 10e18);
        (,, uint256 generation) = vault.unbondingState();
        assertEq(generation, 11);
        skip(DELAY + 1);
        assertEq(_redeem(ALICE, 5e18), 0);
        assertEq(_redeem(ALICE, 25e18), assets);
        assertEq(token.balanceOf(address(vault)), _counted());
    }

    function test_a_slashed_pool_prices_new_exits_apart() public {
        _request(ALICE, 100e18);
        _slash(150e18);
        // The old exit is worth half; a new one is worth its own price, and both bear the next slash alike.
        uint256 assets = _request(ALICE, 50e18);
        assertEq(assets, 25e18);
        assertEq(_unbonding(), 75e18);
        _slash((_active() + _unbonding()) / 5);
        skip(DELAY + 1);
        assertEq(_redeem(ALICE, 100e18), 40e18);
        assertEq(_redeem(ALICE, 50e18), 20e18);
    }

    /// @dev PEERS 7 at the second share class: claiming by odd amounts must not raise an unbonding share's
    /// price above one wei, or the next exit would lose its rounding to whoever is left in the pool.
    function testFuzz_odd_withdrawals_cannot_inflate_the_unbonding_pool(uint256 seed) public {
        _reward(12_345e18, 0);
        skip(PERIOD);
        for (uint256 i; i < 20; ++i) {
            _request(ALICE, 3);
        }
        skip(DELAY + 1);
        for (uint256 i; i < 20; ++i) {
            uint256 most = vault.maxWithdraw(ALICE);
            if (most == 0) break;
            vm.prank(ALICE);
            vault.withdraw(1 + uint256(keccak256(abi.encode(seed, i))) % most, ALICE, ALICE);
            (uint256 pool, uint256 shares,) = vault.unbondingState();
            assertLe(pool, shares);
        }
        assertEq(token.balanceOf(address(vault)), _counted());
        uint256 assets = _request(PROVER, 1e18);
        skip(DELAY + 1);
        assertApproxEqAbs(_redeem(PROVER, 1e18), assets, 1);
    }
}

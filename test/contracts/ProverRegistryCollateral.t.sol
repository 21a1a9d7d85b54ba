// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {SystemFixture} from "./helpers/SystemFixture.sol";
import {IProverRegistry, MarketListing} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {ERC4626} from "solmate/src/tokens/ERC4626.sol";

/// @notice Markets, locks and their last moments, slashes.
contract ProverRegistryCollateralTest is SystemFixture {
    address internal market2 = makeAddr("market 2");
    IProverVault internal vault;

    function setUp() public override {
        super.setUp();
        vault = _register(prover, MIN_SELF_STAKE, 0);
    }

    function _list(address account) private {
        vm.prank(owner);
        registry.listMarket(account);
        skip(LISTING_DELAY);
    }

    function _locked(address by) private view returns (uint256 amount) {
        (amount,) = registry.lockedBy(by, prover);
    }

    // ---------------------------------------------------------------- listing

    function testFuzz_listMarket_reverts_unless_called_by_the_owner(address caller) public {
        vm.assume(caller != owner);
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        vm.prank(caller);
        registry.listMarket(market2);
    }

    function test_listMarket_reverts_on_zero_and_on_a_listed_market() public {
        vm.startPrank(owner);
        vm.expectRevert(IProverRegistry.ZeroAddress.selector);
        registry.listMarket(address(0));
        vm.expectRevert(IProverRegistry.MarketAlreadyListed.selector);
        registry.listMarket(market);
        vm.stopPrank();
    }

    function testFuzz_delistMarket_reverts_unless_called_by_the_owner(address caller) public {
        vm.assume(caller != owner);
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        vm.prank(caller);
        registry.delistMarket(market);
    }

    function test_delistMarket_reverts_unless_listed() public {
        vm.startPrank(owner);
        vm.expectRevert(IProverRegistry.MarketNotListed.selector);
        registry.delistMarket(market2);
        registry.delistMarket(market);
        vm.expectRevert(IProverRegistry.MarketNotListed.selector);
        registry.delistMarket(market);
        vm.stopPrank();
    }

    function testFuzz_a_new_market_waits_for_two_exit_pauses_and_the_unbonding_delay(uint256 early) public {
        early = bound(early, 1, LISTING_DELAY);
        uint256 lockFrom = block.timestamp + LISTING_DELAY;
        vm.expectEmit(address(registry));
        emit IProverRegistry.MarketListed(market2, lockFrom);
        vm.prank(owner);
        registry.listMarket(market2);
        MarketListing memory listing = registry.marketListing(market2);
        assertTrue(listing.known);
        assertEq(listing.lockFrom, lockFrom);

        vm.warp(lockFrom - early);
        vm.expectRevert(IProverRegistry.MarketNotListed.selector);
        vm.prank(market2);
        registry.lock(prover, 1, block.timestamp);

        vm.warp(lockFrom);
        vm.prank(market2);
        registry.lock(prover, 1, block.timestamp);
    }

    function testFuzz_whoever_distrusts_a_new_market_is_paid_before_its_first_lock(
        uint256 pauseAt,
        uint256 askedAfter
    ) public {
        uint256 pauseTime = registry.MAX_EXIT_PAUSE();
        _stake(staker, prover, 100 ether);
        uint256 listedAt = block.timestamp + pauseTime;
        uint256 pausedAt = block.timestamp + bound(pauseAt, 0, 2 * pauseTime);
        // Some time after the listing, of which only that counts in which requests are open.
        uint256 askedAt = listedAt + bound(askedAfter, 0, pauseTime - 2);

        if (pausedAt < listedAt) _pauseAt(pausedAt);
        vm.warp(listedAt);
        vm.prank(owner);
        registry.listMarket(market2);
        uint256 lockFrom = registry.marketListing(market2).lockFrom;
        if (pausedAt >= listedAt && pausedAt <= askedAt) {
            _pauseAt(pausedAt);
            askedAt += pauseTime;
        }
        if (pausedAt < listedAt) askedAt += pausedAt + pauseTime - listedAt;
        _pauseAgainAt(askedAt);
        vm.prank(staker);
        vault.requestRedeem(100 ether, staker, staker);
        vm.warp(lockFrom - 1);
        vault.claimDue(staker);
        assertEq(token.balanceOf(staker), 100 ether);

        vm.warp(lockFrom);
        vm.startPrank(market2);
        registry.lock(prover, MIN_SELF_STAKE, lockFrom);
        assertEq(registry.slash(prover, MIN_SELF_STAKE, lockFrom), MIN_SELF_STAKE);
        vm.stopPrank();
    }

    function _pauseAt(uint256 time) private {
        vm.warp(time);
        vm.prank(guardian);
        registry.pause();
    }

    /// @dev If a pause there would stop requests, the guardian waits with it.
    function _pauseAgainAt(uint256 time) private {
        vm.warp(time);
        if (time < registry.exitPauseEnd() + registry.MAX_EXIT_PAUSE()) {
            vm.prank(guardian);
            registry.pause();
        }
    }

    function testFuzz_a_delisted_market_unlocks_and_slashes_what_it_locked_and_locks_no_more(
        uint256 until,
        uint256 slashed
    ) public {
        until = bound(until, block.timestamp, block.timestamp + UNBONDING_DELAY);
        slashed = bound(slashed, 1, 99 ether);
        _lock(prover, 100 ether, until);
        vm.expectEmit(address(registry));
        emit IProverRegistry.MarketDelisted(market);
        vm.prank(owner);
        registry.delistMarket(market);
        MarketListing memory listing = registry.marketListing(market);
        assertTrue(listing.known);
        assertEq(listing.lockFrom, 0);

        vm.expectRevert(IProverRegistry.MarketNotListed.selector);
        _lock(prover, 0, until);
        _unlock(prover, 100 ether - slashed);
        vm.warp(until);
        assertEq(_slash(prover, slashed, until), slashed);
        vm.expectRevert(IProverRegistry.LockExceeded.selector);
        _slash(prover, 1, until);
    }

    function test_a_market_listed_again_waits_again() public {
        vm.startPrank(owner);
        registry.delistMarket(market);
        registry.listMarket(market);
        vm.stopPrank();
        assertEq(registry.marketListing(market).lockFrom, block.timestamp + LISTING_DELAY);
        vm.expectRevert(IProverRegistry.MarketNotListed.selector);
        _lock(prover, 1, block.timestamp);
    }

    // ---------------------------------------------------------------- lock

    function testFuzz_lock_reverts_for_whoever_is_no_market(address caller) public {
        vm.assume(caller != market);
        vm.expectRevert(IProverRegistry.MarketNotListed.selector);
        vm.prank(caller);
        registry.lock(prover, 1, block.timestamp);
    }

    function testFuzz_lock_reverts_when_its_last_moment_has_passed(uint256 until) public {
        until = bound(until, 0, block.timestamp - 1);
        vm.expectRevert(IProverRegistry.LockExpired.selector);
        _lock(prover, 1, until);
    }

    function testFuzz_lock_reverts_beyond_the_unbonding_delay(uint256 until) public {
        until = bound(until, block.timestamp + UNBONDING_DELAY + 1, type(uint256).max);
        vm.expectRevert(IProverRegistry.LockTooLong.selector);
        _lock(prover, 1, until);
    }

    function test_lock_reverts_for_unknown_inactive_and_jailed_provers() public {
        vm.expectRevert(IProverRegistry.ProverUnknown.selector);
        _lock(stranger, 0, block.timestamp);

        vm.prank(prover);
        registry.deactivate();
        vm.expectRevert(IProverRegistry.ProverNotActive.selector);
        _lock(prover, 0, block.timestamp);

        vm.prank(prover);
        registry.activate(0);
        vm.prank(guardian);
        registry.jail(prover);
        vm.expectRevert(IProverRegistry.ProverNotActive.selector);
        _lock(prover, 0, block.timestamp);
    }

    function test_lock_reverts_when_the_own_stake_is_too_small_whatever_others_stake() public {
        _stake(staker, prover, 10 * MIN_SELF_STAKE);
        _lockAndSlash(prover, 11);
        assertFalse(registry.isEligible(prover, 0));
        vm.expectRevert(IProverRegistry.InsufficientSelfStake.selector);
        _lock(prover, 0, block.timestamp);

        // A deposit of its own restores it, nothing else is needed.
        _stake(prover, prover, 10);
        assertTrue(registry.isEligible(prover, 0));
        _lock(prover, 1, block.timestamp);
    }

    function testFuzz_lock_reverts_above_free_collateral(uint256 taken, uint256 amount) public {
        taken = bound(taken, 0, MIN_SELF_STAKE);
        amount = bound(amount, MIN_SELF_STAKE - taken + 1, type(uint256).max);
        _lock(prover, taken, block.timestamp);
        assertFalse(registry.isEligible(prover, amount));
        vm.expectRevert(IProverRegistry.InsufficientCollateral.selector);
        _lock(prover, amount, block.timestamp);
    }

    function testFuzz_lock_reserves_and_returns_what_is_left(uint256 stake, uint256 amount, uint256 until)
        public
    {
        stake = bound(stake, 1, 1e27);
        _stake(staker, prover, stake);
        amount = bound(amount, 1, MIN_SELF_STAKE + stake);
        until = bound(until, block.timestamp, block.timestamp + UNBONDING_DELAY);
        assertTrue(registry.isEligible(prover, amount));

        vm.expectEmit(address(registry));
        emit IProverRegistry.CollateralLocked(prover, market, amount, until);
        uint256 free = _lock(prover, amount, until);

        assertEq(free, MIN_SELF_STAKE + stake - amount);
        assertEq(registry.freeCollateral(prover), free);
        assertEq(registry.proverRecord(prover).locked, amount);
        (uint256 held, uint256 latest) = registry.lockedBy(market, prover);
        assertEq(held, amount);
        assertEq(latest, until);
    }

    function test_lock_of_zero_only_checks_eligibility() public {
        vm.recordLogs();
        assertEq(_lock(prover, 0, block.timestamp + 1), MIN_SELF_STAKE);
        assertEq(vm.getRecordedLogs().length, 0);
        (uint256 held, uint256 latest) = registry.lockedBy(market, prover);
        assertEq(held, 0);
        assertEq(latest, 0);
    }

    function testFuzz_the_latest_last_moment_of_a_market_is_kept(uint256[4] memory untils, bool isFirst)
        public
    {
        _list(market2);
        address by = isFirst ? market : market2;
        uint256 latest;
        vm.startPrank(by);
        for (uint256 i; i < 4; i++) {
            untils[i] = bound(untils[i], block.timestamp, block.timestamp + UNBONDING_DELAY);
            if (untils[i] > latest) latest = untils[i];
            registry.lock(prover, 1 ether, untils[i]);
            (, uint256 kept) = registry.lockedBy(by, prover);
            assertEq(kept, latest);
        }
        registry.unlock(prover, 4 ether);
        (, uint256 left) = registry.lockedBy(by, prover);
        assertEq(left, latest);
    }

    function test_what_leaves_the_vault_is_no_longer_free_collateral() public {
        _stake(staker, prover, 500 ether);
        _lock(prover, 1200 ether, block.timestamp + 1 days);
        vm.prank(staker);
        vault.requestRedeem(500 ether, staker, staker);
        // Unbonding assets stay slashable for the lock, but back no new one.
        assertEq(registry.freeCollateral(prover), 0);
        vm.expectRevert(IProverRegistry.InsufficientCollateral.selector);
        _lock(prover, 1, block.timestamp);
        assertEq(_slash(prover, 1200 ether, block.timestamp + 1 days), 1200 ether);
    }

    function test_vesting_rewards_are_collateral_at_once() public {
        _reward(stranger, prover, 300 ether);
        assertEq(registry.freeCollateral(prover), MIN_SELF_STAKE + 300 ether);
        assertEq(_lock(prover, MIN_SELF_STAKE + 300 ether, block.timestamp), 0);
    }

    // ---------------------------------------------------------------- unlock

    function testFuzz_unlock_reverts_above_what_the_market_locked(uint256 amount, uint256 more) public {
        amount = bound(amount, 0, MIN_SELF_STAKE);
        more = bound(more, amount + 1, type(uint256).max);
        _lock(prover, amount, block.timestamp);
        vm.expectRevert(IProverRegistry.LockExceeded.selector);
        _unlock(prover, more);
    }

    function test_unlock_reverts_for_a_stranger() public {
        _lock(prover, 1 ether, block.timestamp);
        vm.expectRevert(IProverRegistry.LockExceeded.selector);
        vm.prank(stranger);
        registry.unlock(prover, 1);
    }

    function testFuzz_unlock_frees_what_it_is_told_in_every_state(
        uint256 amount,
        uint256 part,
        bool jailed,
        uint256 late
    ) public {
        amount = bound(amount, 1, MIN_SELF_STAKE);
        part = bound(part, 1, amount);
        _lock(prover, amount, block.timestamp + 1);
        if (jailed) {
            vm.prank(guardian);
            registry.jail(prover);
        }
        skip(bound(late, 0, 1000 days));
        vm.expectEmit(address(registry));
        emit IProverRegistry.CollateralUnlocked(prover, market, part);
        _unlock(prover, part);
        assertEq(_locked(market), amount - part);
        assertEq(registry.proverRecord(prover).locked, amount - part);
        assertEq(registry.freeCollateral(prover), MIN_SELF_STAKE - (amount - part));
    }

    function test_unlock_of_zero_does_nothing() public {
        vm.recordLogs();
        _unlock(prover, 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    // ---------------------------------------------------------------- slash

    function testFuzz_slash_reverts_above_what_the_market_locked(uint256 amount, uint256 more) public {
        amount = bound(amount, 0, MIN_SELF_STAKE);
        more = bound(more, amount + 1, type(uint256).max);
        _lock(prover, amount, block.timestamp);
        vm.expectRevert(IProverRegistry.LockExceeded.selector);
        _slash(prover, more, block.timestamp);
    }

    function testFuzz_slash_reverts_for_whoever_has_locked_nothing(address caller) public {
        vm.assume(caller != market);
        _lock(prover, 1 ether, block.timestamp);
        vm.expectRevert(IProverRegistry.LockExceeded.selector);
        vm.prank(caller);
        registry.slash(prover, 1, block.timestamp);
    }

    function testFuzz_slash_reverts_after_the_locks_last_moment(uint256 late) public {
        uint256 until = block.timestamp + 1 days;
        _lock(prover, 1 ether, until);
        vm.warp(until + bound(late, 1, 1000 days));
        vm.expectRevert(IProverRegistry.LockExpired.selector);
        _slash(prover, 1 ether, until);
        // Nor with a later one that was never granted.
        vm.expectRevert(IProverRegistry.LockExpired.selector);
        _slash(prover, 1 ether, block.timestamp);
        assertEq(_locked(market), 1 ether);
    }

    function testFuzz_slash_reverts_on_a_last_moment_later_than_any_granted(uint256 until) public {
        uint256 granted = block.timestamp + 1 days;
        _lock(prover, 1 ether, granted);
        vm.expectRevert(IProverRegistry.LockExpired.selector);
        _slash(prover, 1 ether, bound(until, granted + 1, type(uint256).max));
    }

    function testFuzz_slash_takes_exactly_the_amount_to_the_treasury(
        uint256 stake,
        uint256 locked,
        uint256 amount
    ) public {
        stake = bound(stake, 1, 1e27);
        _stake(staker, prover, stake);
        locked = bound(locked, 1, MIN_SELF_STAKE + stake);
        amount = bound(amount, 1, locked);
        uint256 until = block.timestamp + 1 days;
        _lock(prover, locked, until);
        vm.warp(until);

        vm.expectEmit(address(registry));
        emit IProverRegistry.ProverSlashed(prover, market, amount, amount);
        uint256 slashed = _slash(prover, amount, until);

        assertEq(slashed, amount);
        assertEq(token.balanceOf(treasury), amount);
        assertEq(_activeAssets(prover), MIN_SELF_STAKE + stake - amount);
        assertEq(_locked(market), locked - amount);
        assertEq(registry.proverRecord(prover).locked, locked - amount);
        // The amount left both sides: what was free stays free.
        assertEq(registry.freeCollateral(prover), MIN_SELF_STAKE + stake - locked);
    }

    function test_slash_works_in_every_state_and_changes_none() public {
        _lock(prover, 30 ether, block.timestamp + 1);
        vm.prank(guardian);
        registry.jail(prover);
        vm.prank(guardian);
        registry.pause();
        assertEq(_slash(prover, 30 ether, block.timestamp + 1), 30 ether);
        assertEq(uint256(registry.proverRecord(prover).state), 3);
    }

    function test_slash_of_zero_does_nothing() public {
        vm.recordLogs();
        assertEq(_slash(prover, 0, block.timestamp), 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_slash_of_one_wei_at_a_time_never_rounds_to_nothing() public {
        _stake(staker, prover, 333 ether);
        _stake(prover, prover, 1 ether);
        for (uint256 i = 1; i <= 20; i++) {
            assertEq(_lockAndSlash(prover, 1), 1);
            assertEq(token.balanceOf(treasury), i);
        }
        assertEq(_activeAssets(prover), MIN_SELF_STAKE + 334 ether - 20);
    }

    function test_free_collateral_stops_at_zero_when_slashes_leave_less_than_is_locked() public {
        _list(market2);
        _lock(prover, 600 ether, block.timestamp + 1 days);
        vm.prank(market2);
        registry.lock(prover, 400 ether, block.timestamp + 1 days);
        assertEq(registry.freeCollateral(prover), 0);
        _slash(prover, 600 ether, block.timestamp + 1 days);
        assertEq(registry.freeCollateral(prover), 0);
        vm.prank(market2);
        assertEq(registry.slash(prover, 400 ether, block.timestamp + 1 days), 400 ether);
        assertEq(_activeAssets(prover), 0);
        assertEq(token.balanceOf(treasury), MIN_SELF_STAKE);
    }

    // ---------------------------------------------------------------- several markets

    function testFuzz_markets_share_the_collateral_and_touch_only_their_own_locks(
        uint256 first,
        uint256 second
    ) public {
        _list(market2);
        first = bound(first, 1, MIN_SELF_STAKE - 1);
        second = bound(second, 1, MIN_SELF_STAKE - first);
        uint256 until = block.timestamp + 1 days;

        _lock(prover, first, until);
        vm.prank(market2);
        uint256 free = registry.lock(prover, second, until - 1);
        assertEq(free, MIN_SELF_STAKE - first - second);
        assertEq(registry.proverRecord(prover).locked, first + second);
        _assertLocks(first, until, second, until - 1);
        vm.expectRevert(IProverRegistry.LockExceeded.selector);
        _unlock(prover, first + 1);
        _unlock(prover, first);
        _assertLocks(0, until, second, until - 1);
        _lock(prover, first, until);
        vm.prank(market2);
        registry.unlock(prover, second / 2);
        _assertLocks(first, until, second - second / 2, until - 1);
        vm.prank(market2);
        registry.lock(prover, second / 2, until - 1);
        _assertLocks(first, until, second, until - 1);

        vm.startPrank(market2);
        vm.expectRevert(IProverRegistry.LockExceeded.selector);
        registry.unlock(prover, second + 1);
        vm.expectRevert(IProverRegistry.LockExceeded.selector);
        registry.slash(prover, second + 1, until - 1);
        // The other market's later last moment does not serve.
        vm.expectRevert(IProverRegistry.LockExpired.selector);
        registry.slash(prover, second, until);
        registry.slash(prover, second, until - 1);
        vm.stopPrank();

        assertEq(_locked(market), first);
        assertEq(_locked(market2), 0);
        _unlock(prover, first);
        assertEq(registry.proverRecord(prover).locked, 0);
        assertEq(registry.freeCollateral(prover), MIN_SELF_STAKE - second);
    }

    function _assertLocks(uint256 first, uint256 firstUntil, uint256 second, uint256 secondUntil)
        internal
        view
    {
        (uint256 amount, uint256 until) = registry.lockedBy(market, prover);
        assertEq(amount, first);
        assertEq(until, firstUntil);
        (amount, until) = registry.lockedBy(market2, prover);
        assertEq(amount, second);
        assertEq(until, secondUntil);
    }

    function test_locks_of_different_provers_do_not_meet() public {
        _register(staker, MIN_SELF_STAKE, 0);
        _lock(prover, 100 ether, block.timestamp);
        vm.expectRevert(IProverRegistry.LockExceeded.selector);
        _unlock(staker, 1);
        assertEq(registry.freeCollateral(staker), MIN_SELF_STAKE);
        assertEq(registry.freeCollateral(stranger), 0);
        assertFalse(registry.isEligible(stranger, 0));
    }

    // ---------------------------------------------------------------- no exit ahead of a slash

    function testFuzz_peers_04_no_exit_behind_a_lock_is_paid_before_the_locks_last_moment(
        uint256 wait,
        uint256 length
    ) public {
        _stake(staker, prover, 500 ether);
        length = bound(length, 0, UNBONDING_DELAY);
        uint256 until = block.timestamp + length;
        _lock(prover, MIN_SELF_STAKE, until);
        skip(bound(wait, 0, length));
        vm.prank(staker);
        vault.requestRedeem(500 ether, staker, staker);
        vm.warp(until);
        assertEq(vault.claimableRedeemRequest(0, staker), 0);
        uint256 slashed = _slash(prover, MIN_SELF_STAKE, until);
        assertEq(slashed, MIN_SELF_STAKE);
        // The leaver bore a third of it, as every other asset did.
        (uint256 unbonding,,) = vault.unbondingState();
        assertApproxEqAbs(unbonding, uint256(500 ether) / 3, 2);
    }
}

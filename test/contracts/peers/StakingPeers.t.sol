// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {SystemFixture} from "../helpers/SystemFixture.sol";
import {ProverVault} from "contracts/ProverVault.sol";
import {ProverState} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";

/// @notice What users and auditors found in other staking systems, numbered as in the list of them, on the real
/// registry and its vaults.
contract StakingPeersTest is SystemFixture {
    ProverVault internal vault;

    function setUp() public override {
        super.setUp();
        vault = ProverVault(address(_register(prover, 2 * MIN_SELF_STAKE, 1000)));
        _stake(staker, prover, 2 * MIN_SELF_STAKE);
    }

    function _request(address account, uint256 shares) private returns (uint256 assets) {
        assets = vault.convertToAssets(shares);
        vm.prank(account);
        vault.requestRedeem(shares, account, account);
    }

    function _claimAll(address account) private returns (uint256 assets) {
        uint256 shares = vault.maxRedeem(account);
        vm.prank(account);
        assets = vault.redeem(shares, account, account);
    }

    // ---------------------------------------------------------------- 2: commission raised before a reward

    function testFuzz_peers_02_a_commission_raised_before_a_reward_does_not_touch_it(
        uint256 bps,
        uint256 early,
        bool forSource
    ) public {
        bps = bound(bps, 1001, MAX_COMMISSION_BPS);
        early = bound(early, 0, COMMISSION_NOTICE - 1);
        vm.prank(prover);
        registry.setCommission(forSource ? market : address(0), bps);
        skip(early);
        _reward(market, prover, 100e18);
        assertEq(_commissionOwed(prover), 10e18, "the old rate holds until the notice is over");

        skip(COMMISSION_NOTICE - early);
        _reward(market, prover, 100e18);
        assertEq(_commissionOwed(prover), 10e18 + 100e18 * bps / 10_000);
    }

    // ---------------------------------------------------------------- 3: stake bought for a reward

    function testFuzz_peers_03_stake_bought_in_the_block_of_a_reward_takes_nothing_of_it(
        uint256 stake,
        uint256 reward,
        bool claimed
    ) public {
        stake = bound(stake, 1, 1e27);
        reward = bound(reward, 1, 1e24);
        uint256 shares = _stake(stranger, prover, stake);
        if (claimed) _credit(prover, reward, 0);
        else _reward(market, prover, reward);
        assertLe(_request(stranger, shares), stake);
        skip(UNBONDING_DELAY + 1);
        assertLe(_claimAll(stranger), stake);
        uint256 owed = _commissionOwed(prover);
        uint256 others = vault.convertToAssets(vault.totalSupply());
        // The virtual share has its part, too.
        uint256 rounding = vault.previewMint(1) + 2;
        assertApproxEqAbs(
            others, 4 * MIN_SELF_STAKE + reward - owed, rounding, "the reward stays with who was there"
        );
    }

    // ---------------------------------------------------------------- 4: exit before the slash

    function testFuzz_peers_04_nobody_leaves_ahead_of_the_slash_of_a_job_that_is_open(
        uint256 until,
        uint256 when,
        uint256 amount
    ) public {
        until = bound(until, block.timestamp, block.timestamp + UNBONDING_DELAY);
        amount = bound(amount, 1, 4 * MIN_SELF_STAKE - 1e18);
        _lock(prover, amount, until);
        uint256 worth = _request(staker, vault.balanceOf(staker));

        // The last moment at which it may be slashed, or any before it.
        vm.warp(bound(when, block.timestamp, until));
        assertEq(vault.maxRedeem(staker), 0, "the exit is not paid before");
        assertEq(_slash(prover, amount, until), amount);
        vm.warp(until + UNBONDING_DELAY + 1);
        assertApproxEqAbs(_claimAll(staker), worth - amount / 2, 1, "the exit bore its half of the slash");
    }

    // ---------------------------------------------------------------- 5: slashes and rounding

    function test_peers_05_small_slashes_never_round_to_nothing() public {
        _request(staker, vault.balanceOf(staker) / 2);
        uint256 active = _activeAssets(prover);
        (uint256 unbonding,,) = vault.unbondingState();
        for (uint256 i; i < 100; ++i) {
            assertEq(_lockAndSlash(prover, 1), 1);
        }
        assertEq(token.balanceOf(treasury), 100);
        (uint256 unbondingLeft,,) = vault.unbondingState();
        assertEq(_activeAssets(prover) + unbondingLeft, active + unbonding - 100);
    }

    function test_peers_05_many_slashes_make_nobody_immune_and_brick_no_exit() public {
        uint256 half = vault.balanceOf(staker) / 2;
        _request(staker, half);
        for (uint256 i; i < 60; ++i) {
            _lockAndSlash(prover, registry.freeCollateral(prover) / 50 + 1);
            if (!registry.isEligible(prover, 0)) _stake(prover, prover, MIN_SELF_STAKE);
        }
        uint256 free = registry.freeCollateral(prover);
        assertEq(_lockAndSlash(prover, free / 2), free / 2, "later slashes bite in full");
        _request(staker, half);
        skip(UNBONDING_DELAY + 1);
        uint256 worth = vault.maxWithdraw(staker);
        assertGt(worth, 0);
        assertEq(_claimAll(staker), worth);
    }

    function test_peers_05_a_slash_does_not_free_from_jail() public {
        _lock(prover, 1e18, block.timestamp);
        vm.prank(guardian);
        registry.jail(prover);
        _slash(prover, 1e18, block.timestamp);
        (ProverState state,) = registry.status(prover);
        assertEq(uint256(state), uint256(ProverState.Jailed));
    }

    // ---------------------------------------------------------------- 6: one exited prover, one dust share

    function test_peers_06_a_prover_that_everybody_left_still_takes_its_rewards() public {
        _request(staker, vault.balanceOf(staker));
        vm.prank(prover);
        registry.deactivate();
        _request(prover, vault.balanceOf(prover));
        assertEq(vault.totalSupply(), 0);

        (uint256 amount,) = _credit(prover, 10e18, 1e18);
        assertEq(amount, 10e18);
        _reward(market, prover, 5e18);
        assertEq(registry.claimCommission(prover), 15e18);
        assertEq(token.balanceOf(prover), 15e18);
    }

    function test_peers_06_a_dust_share_blocks_nobodys_leaving_or_returning() public {
        vm.prank(staker);
        vault.transfer(stranger, 1);
        uint256 left = vault.balanceOf(staker);
        _request(staker, left);
        vm.prank(prover);
        registry.deactivate();
        _request(prover, vault.balanceOf(prover));
        assertEq(vault.totalSupply(), 1, "the dust share stays");
        skip(UNBONDING_DELAY + 1);
        _claimAll(staker);
        _claimAll(prover);

        _fund(prover, address(registry), 2 * MIN_SELF_STAKE);
        vm.prank(prover);
        registry.activate(2 * MIN_SELF_STAKE);
        assertTrue(registry.isEligible(prover, MIN_SELF_STAKE));
    }

    // ---------------------------------------------------------------- 7: inflation, donation, overflow

    function testFuzz_peers_07_the_first_depositor_and_a_donation_steal_nothing(
        uint256 donation,
        uint256 stake
    ) public {
        donation = bound(donation, 0, 1e27);
        stake = bound(stake, 1, 1e27);
        address newcomer = makeAddr("newcomer");
        ProverVault fresh = ProverVault(address(_register(newcomer, MIN_SELF_STAKE, 0)));
        token.mint(address(fresh), donation);
        uint256 shares = _stake(stranger, newcomer, stake);
        assertEq(shares, stake, "a donation has no price");
        assertEq(fresh.convertToAssets(shares), stake);
    }

    function test_peers_07_a_full_vault_serves_everybody_without_an_overflow() public {
        _stake(stranger, prover, vault.maxDeposit(stranger));
        assertEq(vault.maxDeposit(stranger), 0);
        _reward(market, prover, 1e18);
        assertEq(_commissionOwed(prover), 1e18, "what exceeds the cap is commission");
        uint256 supply = vault.totalSupply();
        assertEq(vault.convertToAssets(supply), _activeAssets(prover));
        uint256 worth = _request(stranger, vault.balanceOf(stranger));
        skip(UNBONDING_DELAY + 1);
        assertEq(_claimAll(stranger), worth);
    }

    // ---------------------------------------------------------------- 8: changes that reach back

    function test_peers_08_no_change_reaches_an_exit_that_is_queued() public {
        uint256 worth = _request(staker, vault.balanceOf(staker));
        uint256 matures = block.timestamp + UNBONDING_DELAY;
        address next = makeAddr("next");
        vm.prank(prover);
        registry.setCommission(address(0), MAX_COMMISSION_BPS);
        vm.startPrank(owner);
        registry.setTreasury(next);
        registry.setGuardian(next);
        registry.delistMarket(market);
        registry.listMarket(makeAddr("another market"));
        registry.transferOwnership(next);
        vm.stopPrank();
        vm.startPrank(next);
        registry.acceptOwnership();
        registry.pause();
        registry.jail(prover);
        vm.stopPrank();

        vm.warp(matures);
        assertEq(vault.maxRedeem(staker), 0);
        vm.warp(matures + 1);
        assertEq(_claimAll(staker), worth);
    }

    function test_peers_08_no_change_reaches_a_lock_that_is_open() public {
        _lock(prover, 10e18, block.timestamp + 1 days);
        vm.startPrank(owner);
        registry.delistMarket(market);
        registry.setTreasury(makeAddr("next treasury"));
        vm.stopPrank();
        assertEq(registry.freeCollateral(prover), 4 * MIN_SELF_STAKE - 10e18);
        skip(1 days);
        assertEq(_slash(prover, 10e18, block.timestamp), 10e18);
    }

    // ---------------------------------------------------------------- 9: a stranger's request

    function testFuzz_peers_09_a_stranger_can_neither_overwrite_nor_jam_an_exit(uint256 dust, uint256 wait)
        public
    {
        uint256 worth = _request(staker, vault.balanceOf(staker));
        uint256 requested = vault.pendingRedeemRequest(0, staker);
        uint256 matures = block.timestamp + UNBONDING_DELAY;
        skip(bound(wait, 0, UNBONDING_DELAY));

        uint256 held = _stake(stranger, prover, 1e18);
        dust = bound(dust, 1, held);
        vm.startPrank(stranger);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(dust, staker, stranger);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(dust, stranger, staker);
        // Making the victim one's own operator gives no power over the victim's queue.
        vault.setOperator(staker, true);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(dust, staker, stranger);
        vault.requestRedeem(dust, stranger, stranger);
        vault.transfer(staker, held - dust);
        vm.stopPrank();
        assertEq(vault.pendingRedeemRequest(0, staker), requested);

        vm.warp(matures + 1);
        vm.prank(stranger);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.redeem(requested, stranger, staker);
        assertEq(vault.maxRedeem(staker), requested);
        assertEq(_claimAll(staker), worth);
    }
}

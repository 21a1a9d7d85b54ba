// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {SystemFixture} from "./helpers/SystemFixture.sol";
import {IProverRegistry, ProverRecord, ProverState} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Rewards from anyone, the ledger of claims, and commission.
contract ProverRegistryRewardsTest is SystemFixture {
    IProverVault internal vault;

    function setUp() public override {
        super.setUp();
        vault = _register(prover, MIN_SELF_STAKE, 1000);
    }

    function _enter(ProverState state) private {
        if (state == ProverState.Inactive) {
            vm.prank(prover);
            registry.deactivate();
        } else if (state == ProverState.Jailed) {
            vm.prank(guardian);
            registry.jail(prover);
        }
    }

    // ---------------------------------------------------------------- addReward

    function testFuzz_addReward_reverts_for_unknown_provers(uint256 amount) public {
        vm.expectRevert(IProverRegistry.ProverUnknown.selector);
        registry.addReward(stranger, amount);
    }

    function test_addReward_reverts_without_the_tokens() public {
        vm.expectRevert("TRANSFER_FROM_FAILED");
        vm.prank(stranger);
        registry.addReward(prover, 1);
    }

    function test_addReward_of_zero_does_nothing() public {
        vm.recordLogs();
        vm.prank(stranger);
        registry.addReward(prover, 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function testFuzz_addReward_splits_by_the_callers_rate_in_every_state(
        uint256 amount,
        uint256 defaultBps,
        uint256 marketBps,
        bool fromMarket,
        uint256 stateSeed,
        bool paused
    ) public {
        amount = bound(amount, 1, 1e28);
        defaultBps = bound(defaultBps, 0, MAX_COMMISSION_BPS);
        marketBps = bound(marketBps, 0, MAX_COMMISSION_BPS);
        vm.startPrank(prover);
        registry.setCommission(address(0), defaultBps);
        registry.setCommission(market, marketBps);
        vm.stopPrank();
        skip(COMMISSION_NOTICE);
        _enter(ProverState(bound(stateSeed, 1, 3)));
        if (paused) {
            vm.prank(guardian);
            registry.pause();
        }

        address source = fromMarket ? market : stranger;
        uint256 commission = amount * (fromMarket ? marketBps : defaultBps) / 10_000;
        _fund(source, address(registry), amount);
        vm.expectEmit(address(registry));
        emit IProverRegistry.RewardReceived(prover, source, amount, commission);
        vm.expectEmit(address(vault));
        emit IProverVault.RewardAdded(amount - commission, commission, block.timestamp + VESTING_PERIOD);
        vm.prank(source);
        registry.addReward(prover, amount);

        assertEq(_commissionOwed(prover), commission);
        assertEq(_activeAssets(prover), MIN_SELF_STAKE + amount - commission);
        assertEq(token.balanceOf(address(vault)), MIN_SELF_STAKE + amount);
        assertEq(token.balanceOf(address(registry)), 0);
    }

    // ---------------------------------------------------------------- creditCumulative

    function testFuzz_creditCumulative_reverts_unless_called_by_the_distributor(address caller) public {
        vm.assume(caller != distributor);
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        vm.prank(caller);
        registry.creditCumulative(prover, 1, 0);
    }

    function test_creditCumulative_reverts_for_unknown_provers() public {
        vm.expectRevert(IProverRegistry.ProverUnknown.selector);
        vm.prank(distributor);
        registry.creditCumulative(stranger, 1, 0);
    }

    function testFuzz_creditCumulative_reverts_when_the_amount_decreases(
        uint256 cumulative,
        uint256 commission,
        uint256 next,
        uint256 nextCommission
    ) public {
        cumulative = bound(cumulative, 2, 1e28);
        commission = bound(commission, 0, cumulative * MAX_COMMISSION_BPS / 10_000);
        _credit(prover, cumulative, commission);

        vm.startPrank(distributor);
        vm.expectRevert(IProverRegistry.CumulativeDecreased.selector);
        registry.creditCumulative(prover, bound(next, 0, cumulative - 1), bound(nextCommission, 0, 1e28));
        vm.stopPrank();
    }

    /// @dev Leaves that go on from other amounts than were claimed: what was claimed of commission is above what
    /// they name, for a while or, at rate 0, for ever.
    function testFuzz_creditCumulative_pays_the_amount_while_more_commission_was_claimed_than_is_named(
        uint256 claimed,
        uint256 claimedCommission,
        uint256[4] memory added,
        uint256 rate
    ) public {
        claimed = bound(claimed, 10_000, 1e27);
        claimedCommission = bound(claimedCommission, 1, claimed * MAX_COMMISSION_BPS / 10_000);
        rate = bound(rate, 0, MAX_COMMISSION_BPS);
        _credit(prover, claimed, claimedCommission);

        (uint256 amounts, uint256 commissions) = (claimed, claimedCommission);
        uint256 named = 0;
        uint256 cumulative = claimed;
        for (uint256 i = 0; i < added.length; ++i) {
            uint256 amount = bound(added[i], 0, 1e27);
            cumulative += amount;
            named += amount * rate / 10_000;
            (uint256 paid, uint256 commission) = _credit(prover, cumulative, named);
            amounts += paid;
            commissions += commission;
            assertEq(paid, amount, "the whole amount");
            assertLe(commission, amount * rate / 10_000, "no more commission than it bore");
            assertEq(amounts, cumulative, "nothing twice");
            assertEq(
                commissions, named > claimedCommission ? named : claimedCommission, "no commission twice"
            );
            assertEq(registry.proverRecord(prover).claimed, amounts);
            assertEq(registry.proverRecord(prover).claimedCommission, commissions);
            // And the same leaf again pays nothing.
            (paid, commission) = _credit(prover, cumulative, named);
            assertEq(paid + commission, 0);
        }
    }

    /// @dev And the other way about: leaves that name more commission than was claimed for the same amount wait until
    /// what is earned since bears the difference, which it does as soon as the rate is below the maximum.
    function testFuzz_creditCumulative_pays_all_once_later_amounts_bear_the_commission_that_is_missing(
        uint256 claimed,
        uint256 missing,
        uint256 rate
    ) public {
        claimed = bound(claimed, 10_000, 1e24);
        missing = bound(missing, 1, claimed * MAX_COMMISSION_BPS / 10_000);
        rate = bound(rate, 0, MAX_COMMISSION_BPS - 1);
        _credit(prover, claimed, 0);

        uint256 enough = missing * 10_000 / (MAX_COMMISSION_BPS - rate) + 2;
        uint256 early = missing * 10_000 / MAX_COMMISSION_BPS / 2;
        vm.prank(distributor);
        vm.expectRevert(IProverRegistry.ExcessiveCommission.selector);
        registry.creditCumulative(prover, claimed + early, missing + early * rate / 10_000);

        uint256 commission = missing + enough * rate / 10_000;
        (uint256 paid, uint256 paidCommission) = _credit(prover, claimed + enough, commission);
        assertEq(paid, enough);
        assertEq(paidCommission, commission);
    }

    function testFuzz_creditCumulative_reverts_on_more_commission_than_the_maximum_of_the_difference(
        uint256 first,
        uint256 added,
        uint256 excess
    ) public {
        first = bound(first, 0, 1e27);
        _credit(prover, first, 0);
        added = bound(added, 0, 1e27);
        // The earlier amounts, which bore none, do not make room for it.
        uint256 commission = added * MAX_COMMISSION_BPS / 10_000 + bound(excess, 1, 1e27);
        vm.expectRevert(IProverRegistry.ExcessiveCommission.selector);
        vm.prank(distributor);
        registry.creditCumulative(prover, first + added, commission);
    }

    function test_creditCumulative_accepts_exactly_the_maximum_commission_and_96_bits() public {
        _credit(prover, 20_000, MAX_COMMISSION_BPS * 2);
        _credit(prover, 2 ** 96 - 1, 40_000);
        assertEq(registry.proverRecord(prover).claimed, 2 ** 96 - 1);
    }

    function testFuzz_creditCumulative_reverts_beyond_96_bits(uint256 cumulative) public {
        cumulative = bound(cumulative, 2 ** 96, type(uint256).max);
        vm.startPrank(distributor);
        vm.expectRevert();
        registry.creditCumulative(prover, cumulative, 0);
        vm.expectRevert();
        registry.creditCumulative(prover, 2 ** 96 - 1, cumulative);
        vm.stopPrank();
    }

    function testFuzz_creditCumulative_pays_nothing_twice_and_says_so(uint256 cumulative, uint256 commission)
        public
    {
        cumulative = bound(cumulative, 0, 1e28);
        commission = bound(commission, 0, cumulative * MAX_COMMISSION_BPS / 10_000);
        _credit(prover, cumulative, commission);
        vm.recordLogs();
        vm.prank(distributor);
        (address to, uint256 amount, uint256 part) = registry.creditCumulative(prover, cumulative, commission);
        assertEq(to, address(vault));
        assertEq(amount, 0);
        assertEq(part, 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function testFuzz_creditCumulative_books_the_differences_in_every_state(
        uint256[3] memory added,
        uint256[3] memory bps,
        uint256 stateSeed
    ) public {
        _enter(ProverState(bound(stateSeed, 1, 3)));
        vm.prank(guardian);
        registry.pause();
        uint256 cumulative;
        uint256 commission;
        for (uint256 i; i < 3; i++) {
            added[i] = bound(added[i], 1, 1e27);
            uint256 part = added[i] * bound(bps[i], 0, MAX_COMMISSION_BPS) / 10_000;
            cumulative += added[i];
            commission += part;
            uint256 active = MIN_SELF_STAKE + cumulative - commission;
            (, uint160 hash) = vault.stakeState();
            hash = uint160(uint256(keccak256(abi.encode(uint256(hash), active, block.timestamp))));
            vm.expectEmit(address(vault));
            emit IProverVault.ActiveAssetsChanged(active, block.timestamp, hash);
            vm.expectEmit(address(vault));
            emit IProverVault.RewardAdded(added[i] - part, part, block.timestamp + VESTING_PERIOD);
            (uint256 amount, uint256 returned) = _credit(prover, cumulative, commission);
            assertEq(amount, added[i]);
            assertEq(returned, part);

            ProverRecord memory record = registry.proverRecord(prover);
            assertEq(record.claimed, cumulative);
            assertEq(record.claimedCommission, commission);
            assertEq(record.registeredAt, START);
            assertEq(_commissionOwed(prover), commission);
            assertEq(_activeAssets(prover), MIN_SELF_STAKE + cumulative - commission);
        }
    }

    function test_creditCumulative_touches_one_slot_of_the_registry() public {
        _credit(prover, 100 ether, 10 ether);
        vm.record();
        vm.prank(distributor);
        registry.creditCumulative(prover, 150 ether, 15 ether);
        (bytes32[] memory reads, bytes32[] memory writes) = vm.accesses(address(registry));
        assertGt(writes.length, 0);
        for (uint256 i; i < reads.length; i++) {
            assertEq(reads[i], writes[0]);
        }
        for (uint256 i; i < writes.length; i++) {
            assertEq(writes[i], writes[0]);
        }
    }

    // ---------------------------------------------------------------- claimCommission

    function test_claimCommission_reverts_for_unknown_provers() public {
        vm.expectRevert(IProverRegistry.ProverUnknown.selector);
        registry.claimCommission(stranger);
    }

    function test_claimCommission_pays_nothing_when_nothing_is_owed() public {
        assertEq(registry.claimCommission(prover), 0);
        assertEq(token.balanceOf(prover), 0);
    }

    function testFuzz_claimCommission_by_anyone_pays_the_payout_address_in_every_state(
        address caller,
        uint256 amount,
        uint256 stateSeed
    ) public {
        address payout = makeAddr("payout");
        vm.prank(prover);
        registry.setPayout(payout);
        amount = bound(amount, 10, 1e28);
        _reward(stranger, prover, amount);
        _enter(ProverState(bound(stateSeed, 1, 3)));

        uint256 owed = amount / 10;
        vm.expectEmit(address(vault));
        emit IProverVault.CommissionPaid(payout, owed);
        vm.prank(caller);
        assertEq(registry.claimCommission(prover), owed);
        assertEq(token.balanceOf(payout), owed);
        assertEq(_commissionOwed(prover), 0);
        assertEq(registry.claimCommission(prover), 0);
    }

    function test_commission_is_no_collateral_and_no_slash_reaches_it() public {
        _reward(stranger, prover, 100 ether);
        assertEq(registry.freeCollateral(prover), MIN_SELF_STAKE + 90 ether);
        _lockAndSlash(prover, MIN_SELF_STAKE + 90 ether);
        assertEq(_activeAssets(prover), 0);
        assertEq(registry.claimCommission(prover), 10 ether);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {DistributorFixture} from "../helpers/DistributorFixture.sol";
import {RewardsHandler} from "./RewardsHandler.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {Post} from "contracts/interfaces/IRewardDistributor.sol";

/// @notice What holds of the distributor, and of what it pays, after any sequence of posts, vetoes, claims and
/// changes by the owner, a publisher's greedy leaves included.
/// forge-config: default.invariant.runs = 5
/// forge-config: default.invariant.depth = 64
/// forge-config: deep.invariant.runs = 64
/// forge-config: deep.invariant.depth = 256
contract RewardsInvariantsTest is DistributorFixture {
    uint256 internal constant PROVERS = 4;
    uint256 internal constant SELF_STAKE = 2 * MIN_SELF_STAKE;

    RewardsHandler internal handler;
    address[PROVERS] internal provers;

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < PROVERS; ++i) {
            provers[i] = makeAddr(string.concat("prover ", vm.toString(i)));
            _register(provers[i], SELF_STAKE, 1000);
        }
        handler = new RewardsHandler(
            rewards, publisher, ["auditor", "second auditor", "third auditor", "fourth auditor"], provers
        );
        handler.post(1, false);
        targetContract(address(handler));
    }

    function invariant_01_tokens_that_came_are_held_withdrawn_or_claimed() public view {
        assertEq(rewards.funds() + handler.withdrawn() + rewards.totalClaimed(), handler.funded());
    }

    function invariant_20_posts_and_vetoes_are_one_history() public view {
        (bytes32 latestPostHash, bytes32 rollingHash) = rewards.postHistory();
        assertEq(latestPostHash, handler.latestPostHash());
        assertEq(rollingHash, handler.rollingHash());
    }

    function invariant_02_the_total_claimed_is_the_sum_over_provers() public view {
        uint256 sum;
        for (uint256 i; i < PROVERS; ++i) {
            sum += registry.proverRecord(provers[i]).claimed;
        }
        assertEq(rewards.totalClaimed(), sum);
    }

    function invariant_03_claims_never_exceed_the_active_total() public view {
        assertLe(rewards.totalClaimed(), rewards.activePost().cumulativeTotal);
    }

    function invariant_04_the_active_root_is_payable_in_full() public view {
        assertGe(rewards.funds(), rewards.activePost().cumulativeTotal - rewards.totalClaimed());
    }

    function invariant_05_a_vault_has_its_own_claims_and_nobody_elses() public view {
        for (uint256 i; i < PROVERS; ++i) {
            address vault = registry.vaultOf(provers[i]);
            assertEq(token.balanceOf(vault), SELF_STAKE + registry.proverRecord(provers[i]).claimed);
        }
    }

    function invariant_06_the_commission_part_is_owed_and_the_rest_is_active() public view {
        for (uint256 i; i < PROVERS; ++i) {
            uint256 claimed = registry.proverRecord(provers[i]).claimed;
            uint256 commission = registry.proverRecord(provers[i]).claimedCommission;
            (,, uint256 owed) = IProverVault(registry.vaultOf(provers[i])).rewardState();
            assertEq(owed, commission);
            (uint256 active,) = IProverVault(registry.vaultOf(provers[i])).stakeState();
            assertEq(active, SELF_STAKE + claimed - commission);
        }
    }

    function invariant_07_nobody_has_claimed_more_than_the_active_leaf_says() public view {
        uint256 number = rewards.activePost().postNumber;
        for (uint256 i; i < PROVERS; ++i) {
            assertLe(registry.proverRecord(provers[i]).claimed, handler.leafOf(number, i).cumulative);
        }
    }

    function invariant_08_the_active_total_is_within_all_budgets_so_far() public view {
        Post memory active = rewards.activePost();
        uint256 budgets;
        if (active.postNumber != 0) {
            for (uint256 epoch; epoch <= active.epoch; ++epoch) {
                budgets += rewards.segmentAt(epoch).budget;
            }
        }
        assertLe(active.cumulativeTotal + (rewards.latestPost().active ? rewards.carry() : 0), budgets);
    }

    function invariant_09_carry_is_at_most_the_budget_of_the_last_active_epoch() public view {
        Post memory active = rewards.activePost();
        if (active.postNumber == 0) assertEq(rewards.carry(), 0);
        else assertLe(rewards.carry(), rewards.segmentAt(active.epoch).budget);
    }

    function invariant_10_a_vetoed_post_is_never_active() public view {
        Post memory active = rewards.activePost();
        assertFalse(active.vetoed || handler.wasVetoed(active.postNumber));
    }

    function invariant_11_epochs_become_active_in_order() public view {
        Post memory active = rewards.activePost();
        Post memory latest = rewards.latestPost();
        uint256 done = active.postNumber == 0 ? 0 : active.epoch + 1;
        assertEq(latest.epoch, latest.active ? done - 1 : done);
        assertEq(rewards.nextEpoch(), latest.vetoed ? latest.epoch : latest.epoch + 1);
        assertEq(rewards.postCount(), handler.postsMade());
    }

    function invariant_12_a_root_is_active_exactly_if_its_window_quorum_and_vetoes_say_so() public view {
        Post memory latest = rewards.latestPost();
        bool due = block.timestamp >= latest.claimableAt && latest.attestations >= latest.quorum;
        assertEq(latest.active, due && !latest.vetoed);
        assertEq(latest.vetoed, handler.wasVetoed(latest.postNumber));
    }

    function invariant_13_attestations_are_those_of_the_post_and_die_with_it() public view {
        Post memory latest = rewards.latestPost();
        uint256 count;
        for (uint256 i; i < handler.AUDITORS(); ++i) {
            if (rewards.hasAttested(latest.postNumber, handler.auditors(i))) ++count;
            assertFalse(rewards.hasAttested(latest.postNumber + 1, handler.auditors(i)));
        }
        assertEq(latest.attestations, count);
    }

    function invariant_14_window_and_quorum_of_a_post_stay_as_they_were() public view {
        Post memory latest = rewards.latestPost();
        Post memory active = rewards.activePost();
        assertEq(latest.claimableAt, handler.claimableAt(latest.postNumber));
        assertEq(latest.quorum, handler.quorum(latest.postNumber));
        assertEq(active.claimableAt, handler.claimableAt(active.postNumber));
        assertEq(active.quorum, handler.quorum(active.postNumber));
    }

    function invariant_15_post_numbers_count_on() public view {
        assertEq(rewards.latestPost().postNumber, rewards.postCount());
        assertLe(rewards.activePost().postNumber, rewards.postCount());
    }

    function invariant_16_budgets_of_epochs_begun_and_of_the_next_never_change() public view {
        for (uint256 epoch; epoch < handler.budgetCount(); ++epoch) {
            assertEq(rewards.segmentAt(epoch).budget, handler.budgets(epoch));
        }
    }

    /// @dev Else it could become active and not be payable.
    function invariant_17_a_pending_root_is_payable_in_full_too() public view {
        Post memory latest = rewards.latestPost();
        if (!latest.vetoed) assertGe(rewards.funds(), latest.cumulativeTotal - rewards.totalClaimed());
    }

    /// @dev Unclaimed amounts, carry, the budgets of epochs begun and not yet active, and the next one's.
    function invariant_18_promises_are_what_they_are_defined_to_be() public view {
        Post memory active = rewards.activePost();
        uint256 promised = active.cumulativeTotal - rewards.totalClaimed() + rewards.carry();
        uint256 first = active.postNumber == 0 ? 0 : active.epoch + 1;
        for (uint256 epoch = first; epoch <= rewards.currentEpoch() + 1; ++epoch) {
            promised += rewards.segmentAt(epoch).budget;
        }
        assertEq(rewards.promised(), promised);
    }

    function invariant_19_surplus_is_what_exceeds_the_promises() public view {
        uint256 promised = rewards.promised();
        uint256 funds = rewards.funds();
        assertEq(rewards.surplus(), funds > promised ? funds - promised : 0);
    }

    // ---------------------------------------------------------------- the handler itself

    function test_each_action_succeeds_in_at_least_half_of_its_calls() public {
        // The first three take a flag beside their number.
        bytes4[13] memory selectors = [
            RewardsHandler.post.selector,
            RewardsHandler.post.selector,
            RewardsHandler.attest.selector,
            RewardsHandler.wait.selector,
            RewardsHandler.veto.selector,
            RewardsHandler.claim.selector,
            RewardsHandler.claimAll.selector,
            RewardsHandler.claimFromAnother.selector,
            RewardsHandler.fund.selector,
            RewardsHandler.withdrawSurplus.selector,
            RewardsHandler.addSegment.selector,
            RewardsHandler.setQuorumAndWindow.selector,
            RewardsHandler.changeRoles.selector
        ];
        uint256 random = 1;
        for (uint256 i; i < 800; ++i) {
            random = uint256(keccak256(abi.encode(random)));
            uint256 which = random % selectors.length;
            uint256 second = uint256(keccak256(abi.encode(random, "second")));
            bytes memory arguments =
                abi.encode(keccak256(abi.encode(random)), which < 3 ? second % 2 : second);
            (bool success, bytes memory reason) =
                address(handler).call(bytes.concat(selectors[which], arguments));
            assertTrue(success, string(reason));
        }
        handler.printAndCheck(12);
    }
}

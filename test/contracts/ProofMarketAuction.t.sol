// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {MarketFixture} from "./helpers/MarketFixture.sol";
import {IProofMarket, Request, RequestParams, RequestStatus} from "contracts/interfaces/IProofMarket.sol";
import {IProverRegistry} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";

contract ProofMarketAuctionTest is MarketFixture {
    uint256 internal constant MAX_FEE = 100 ether;
    uint256 internal constant LOCK = 150 ether;

    bytes32 internal id;

    function setUp() public override {
        super.setUp();
        id = _request(MAX_FEE);
    }

    // ---------------------------------------------------------------- commit

    function test_commit_reverts_when_paused() public {
        vm.prank(guardian);
        registry.pause();
        _assertCommitRefused(alice, abi.encodeWithSelector(IProofMarket.Paused.selector));
    }

    function test_commit_reverts_when_the_request_is_not_open() public {
        id = "unknown";
        _assertCommitRefused(alice, abi.encodeWithSelector(IProofMarket.RequestNotOpen.selector));
    }

    function test_commit_reverts_after_commit_end() public {
        vm.warp(proofMarket.requestOf(id).commitEnd);
        _commit(id, alice, 1 ether);
        vm.warp(block.timestamp + 1);
        _assertCommitRefused(bob, abi.encodeWithSelector(IProofMarket.CommitClosed.selector));
    }

    function test_commit_under_a_withdrawn_verifier_can_lose_nothing() public {
        vm.prank(guardian);
        proofMarket.withdrawVerifier(1);
        uint256 active = _activeAssets(alice);
        _commit(id, alice, 1 ether);
        assertEq(_locked(alice), BOND);

        vm.expectEmit(address(proofMarket));
        emit IProofMarket.BondForfeited(id, alice, 0);
        proofMarket.forfeit(id, alice);
        assertEq(_locked(alice), 0);
        assertEq(_activeAssets(alice), active);
    }

    function test_commit_reverts_when_the_commitment_is_zero() public {
        vm.expectRevert(_refused("commitment"));
        vm.prank(alice);
        proofMarket.commit(id, alice, 0);
        // Only the low 224 bits are kept.
        vm.expectRevert(_refused("commitment"));
        vm.prank(alice);
        proofMarket.commit(id, alice, bytes32(uint256(1) << 224));
    }

    function test_commit_reverts_when_the_prover_is_not_eligible() public {
        _assertCommitRefused(stranger, abi.encodeWithSelector(IProverRegistry.ProverUnknown.selector));
        vm.prank(guardian);
        registry.jail(alice);
        _assertCommitRefused(alice, abi.encodeWithSelector(IProverRegistry.ProverNotActive.selector));
        vm.prank(bob);
        registry.deactivate();
        _assertCommitRefused(bob, abi.encodeWithSelector(IProverRegistry.ProverNotActive.selector));
    }

    function test_commit_reverts_when_the_market_is_delisted() public {
        vm.prank(owner);
        registry.delistMarket(market);
        _assertCommitRefused(alice, abi.encodeWithSelector(IProverRegistry.MarketNotListed.selector));
    }

    function test_commit_asks_for_collateral_for_the_larger_of_lock_and_bond() public {
        RequestParams memory params = _params(MAX_FEE + 1 ether);
        params.minStake = STAKE + 1;
        id = _request(params);
        _assertCommitRefused(alice, abi.encodeWithSelector(IProofMarket.InsufficientCollateral.selector));
        params.minStake = STAKE;
        id = _request(params);
        _commit(id, alice, 1 ether);
        // A replacement needs no second bond.
        _commit(id, alice, 2 ether);

        // The bond is the larger one, and there is one wei too little of it.
        vm.prank(market);
        registry.lock(bob, STAKE - BOND + 1, block.timestamp);
        id = _request(1000);
        _assertCommitRefused(bob, abi.encodeWithSelector(IProverRegistry.InsufficientCollateral.selector));
        vm.prank(market);
        registry.unlock(bob, 1);
        _commit(id, bob, 1000);
        assertEq(registry.freeCollateral(bob), 0);
    }

    function testFuzz_commit_locks_one_bond_and_keeps_the_last_seal(
        bytes32 first,
        bytes32 second,
        uint256 wait
    ) public {
        vm.assume(uint224(uint256(first)) != 0 && uint224(uint256(second)) != 0);
        uint256 until = proofMarket.requestOf(id).revealEnd + EXPIRY_GRACE;
        vm.expectEmit(market);
        emit IProofMarket.Committed(id, alice, first, 1);
        vm.expectEmit(address(registry));
        emit IProverRegistry.CollateralLocked(alice, market, BOND, until);
        vm.prank(alice);
        proofMarket.commit(id, alice, first);
        _assertBid(alice, first, 1);
        _commit(id, bob, 1 ether);

        vm.warp(block.timestamp + bound(wait, 0, 10 minutes));
        vm.expectEmit(market);
        emit IProofMarket.Committed(id, alice, second, 3);
        vm.prank(alice);
        proofMarket.commit(id, alice, second);
        _assertBid(alice, second, 3);
        assertEq(_locked(alice), BOND);
        (, uint256 lastMoment) = registry.lockedBy(market, alice);
        assertEq(lastMoment, until);
        assertEq(proofMarket.requestOf(id).commitCount, 3);
        assertEq(proofMarket.openAssignments(alice), 0);
    }

    // ---------------------------------------------------------------- reveal: refusals

    function test_reveal_reverts_outside_its_window() public {
        _commit(id, alice, 1 ether);
        vm.warp(proofMarket.requestOf(id).commitEnd);
        _assertRevealRefused(alice, 1 ether, abi.encodeWithSelector(IProofMarket.RevealNotOpen.selector));
        vm.warp(proofMarket.requestOf(id).revealEnd + 1);
        _assertRevealRefused(alice, 1 ether, abi.encodeWithSelector(IProofMarket.RevealClosed.selector));
        vm.warp(proofMarket.requestOf(id).revealEnd);
        _reveal(id, alice, 1 ether);
    }

    function test_reveal_reverts_when_the_request_is_not_open() public {
        _commit(id, alice, 1 ether);
        vm.prank(guardian);
        proofMarket.withdrawVerifier(1);
        _toReveal(id);
        _assertRevealRefused(
            alice, 1 ether, abi.encodeWithSelector(IProofMarket.VerifierIsWithdrawn.selector)
        );
        proofMarket.expire(id);
        _assertRevealRefused(alice, 1 ether, abi.encodeWithSelector(IProofMarket.RequestNotOpen.selector));
    }

    function test_reveal_reverts_when_the_bid_is_not_what_was_sealed() public {
        _commit(id, alice, 1 ether);
        bytes32 copied = proofMarket.commitmentFor(id, alice, 1 ether, SALT);
        vm.prank(bob);
        proofMarket.commit(id, bob, copied);
        _toReveal(id);
        bytes memory notFound = abi.encodeWithSelector(IProofMarket.CommitNotFound.selector);
        _assertRevealRefused(alice, 2 ether, notFound);
        _assertRevealRefused(carol, 1 ether, notFound);
        // A commitment binds its prover, so a copied one opens for nobody else.
        _assertRevealRefused(bob, 1 ether, notFound);
        vm.expectRevert(notFound);
        vm.prank(alice);
        proofMarket.reveal(id, alice, 1 ether, "another salt");
    }

    function test_reveal_reverts_the_second_time() public {
        _commit(id, alice, 1 ether);
        _toReveal(id);
        _reveal(id, alice, 1 ether);
        _assertRevealRefused(alice, 1 ether, abi.encodeWithSelector(IProofMarket.AlreadyRevealed.selector));
    }

    function test_reveal_reverts_when_the_fee_is_out_of_bounds() public {
        _commit(id, alice, MAX_FEE + 1);
        _commit(id, bob, 0);
        _commit(id, carol, MAX_FEE);
        _toReveal(id);
        _assertRevealRefused(alice, MAX_FEE + 1, abi.encodeWithSelector(IProofMarket.BidTooHigh.selector));
        _assertRevealRefused(bob, 0, _refused("fee"));
        _reveal(id, carol, MAX_FEE);
    }

    function test_reveal_reverts_when_the_replaced_bid_is_opened() public {
        _commit(id, alice, 1 ether);
        _commit(id, alice, 2 ether);
        _toReveal(id);
        _assertRevealRefused(alice, 1 ether, abi.encodeWithSelector(IProofMarket.CommitNotFound.selector));
        _reveal(id, alice, 2 ether);
        _assertLead(alice, 2 ether, 2 ether);
    }

    function test_reveal_reverts_beyond_the_most_open_assignments() public {
        bytes32[4] memory ids;
        for (uint256 i = 0; i < 4; ++i) {
            ids[i] = _request(MAX_FEE);
            _commit(ids[i], alice, 2 ether);
        }
        _commit(ids[3], bob, 1 ether);
        _commit(ids[0], bob, 1 ether);
        _toReveal(id);
        for (uint256 i = 0; i < 3; ++i) {
            _reveal(ids[i], alice, 2 ether);
        }
        assertEq(proofMarket.openAssignments(alice), MAX_OPEN);
        id = ids[3];
        _assertRevealRefused(alice, 2 ether, abi.encodeWithSelector(IProofMarket.TooManyAssignments.selector));
        // A bid that does not lead opens nothing.
        _reveal(id, bob, 1 ether);
        _reveal(id, alice, 2 ether);
        assertEq(proofMarket.openAssignments(alice), MAX_OPEN);
        // And a lost lead makes room.
        _reveal(ids[0], bob, 1 ether);
        assertEq(proofMarket.openAssignments(alice), MAX_OPEN - 1);
    }

    // ---------------------------------------------------------------- reveal: eligibility

    function test_reveal_reverts_when_the_prover_was_jailed_since_its_commit() public {
        _commit(id, alice, 1 ether);
        vm.prank(guardian);
        registry.jail(alice);
        _toReveal(id);
        _assertRevealRefused(alice, 1 ether, abi.encodeWithSelector(IProverRegistry.ProverNotActive.selector));
        assertEq(_locked(alice), BOND, "the bond stays");
    }

    function test_reveal_reverts_when_other_locks_took_the_collateral_since() public {
        _commit(id, alice, 1 ether);
        _commit(id, bob, 2 ether);
        vm.startPrank(market);
        registry.lock(alice, STAKE - BOND - (LOCK - BOND) + 1, block.timestamp);
        registry.lock(bob, STAKE - BOND - (LOCK - BOND) + 1, block.timestamp);
        vm.stopPrank();
        _toReveal(id);
        _assertRevealRefused(
            alice, 1 ether, abi.encodeWithSelector(IProverRegistry.InsufficientCollateral.selector)
        );
        // One wei less and the lock fits where the bond was.
        vm.prank(market);
        registry.unlock(alice, 1);
        _reveal(id, alice, 1 ether);
        assertEq(registry.freeCollateral(alice), 0);
        // A bid that would only make the price has to be as good.
        _assertRevealRefused(
            bob, 2 ether, abi.encodeWithSelector(IProofMarket.InsufficientCollateral.selector)
        );
        vm.prank(market);
        registry.unlock(bob, 1);
        _reveal(id, bob, 2 ether);
        _assertLead(alice, 1 ether, 2 ether);
    }

    function test_reveal_reverts_when_another_market_slashed_the_prover_since_its_commit() public {
        address other = _listAnotherMarket();
        id = _request(MAX_FEE);
        _commit(id, alice, 1 ether);
        _commit(id, bob, 2 ether);
        _slashBy(other, alice, STAKE - MIN_SELF_STAKE + 1 ether);
        _toReveal(id);
        _assertRevealRefused(
            alice, 1 ether, abi.encodeWithSelector(IProverRegistry.InsufficientSelfStake.selector)
        );
        // The next best wins, alone.
        _reveal(id, bob, 2 ether);
        _assertLead(bob, 2 ether, 2 ether);
        // Topped up in time, the first bid is as good as it was.
        _stake(alice, alice, 1 ether + 1);
        _reveal(id, alice, 1 ether);
        _assertLead(alice, 1 ether, 2 ether);
    }

    function test_reveal_reverts_when_its_stakers_left_since_its_commit() public {
        _stake(staker, alice, STAKE);
        vm.prank(market);
        registry.lock(alice, STAKE - LOCK + 1, block.timestamp);
        _commit(id, alice, 1 ether);
        _toReveal(id);
        IProverVault vault = IProverVault(registry.vaultOf(alice));
        vm.prank(staker);
        vault.requestRedeem(STAKE, staker, staker);
        _assertRevealRefused(
            alice, 1 ether, abi.encodeWithSelector(IProverRegistry.InsufficientCollateral.selector)
        );
        // Topped up in time, the bid is as good as it was.
        _stake(alice, alice, 1);
        _reveal(id, alice, 1 ether);
        _assertLead(alice, 1 ether, 1 ether);
    }

    function test_a_prover_cannot_leave_while_its_bond_is_locked() public {
        _commit(id, alice, 1 ether);
        vm.expectRevert(IProverRegistry.OpenLocks.selector);
        vm.prank(alice);
        registry.deactivate();
        _toReveal(id);
        _reveal(id, alice, 1 ether);
        _assertLead(alice, 1 ether, 1 ether);
    }

    function test_reveal_reverts_when_the_market_was_delisted_since_the_commit() public {
        _commit(id, alice, 1 ether);
        vm.prank(owner);
        registry.delistMarket(market);
        _toReveal(id);
        _assertRevealRefused(alice, 1 ether, abi.encodeWithSelector(IProverRegistry.MarketNotListed.selector));
    }

    function test_a_late_reveal_is_refused_and_costs_the_bond() public {
        _commit(id, alice, 1 ether);
        _commit(id, bob, 2 ether);
        _toReveal(id);
        _reveal(id, bob, 2 ether);
        _toFulfil(id);
        _assertRevealRefused(alice, 1 ether, abi.encodeWithSelector(IProofMarket.RevealClosed.selector));
        _assertLead(bob, 2 ether, 2 ether);
        uint256 active = _activeAssets(alice);
        proofMarket.forfeit(id, alice);
        assertEq(active - _activeAssets(alice), BOND);
        // Afterwards there is nothing to reveal.
        _assertRevealRefused(alice, 1 ether, abi.encodeWithSelector(IProofMarket.RevealClosed.selector));
    }

    // ---------------------------------------------------------------- reveal: prices

    function testFuzz_one_bidder_is_paid_its_own_fee(uint256 fee) public {
        fee = bound(fee, 1, MAX_FEE);
        _commit(id, alice, fee);
        _toReveal(id);
        uint256 until = proofMarket.requestOf(id).deadline + EXPIRY_GRACE;
        vm.expectEmit(market);
        emit IProofMarket.Revealed(id, alice, fee, true);
        vm.expectEmit(address(registry));
        emit IProverRegistry.CollateralUnlocked(alice, market, BOND);
        vm.expectEmit(address(registry));
        emit IProverRegistry.CollateralLocked(alice, market, LOCK, until);
        _reveal(id, alice, fee);
        _assertLead(alice, fee, fee);
        assertEq(_locked(alice), LOCK);
        _assertBid(alice, 0, 1);
    }

    function testFuzz_two_bidders_the_lower_wins_and_is_paid_the_other_fee(
        uint256 a,
        uint256 b,
        bool bobFirst
    ) public {
        (a, b) = (bound(a, 1, MAX_FEE), bound(b, 1, MAX_FEE));
        _commit(id, alice, a);
        _commit(id, bob, b);
        _toReveal(id);
        if (bobFirst) _reveal(id, bob, b);
        _reveal(id, alice, a);
        if (!bobFirst) _reveal(id, bob, b);
        // A tie goes to the earlier commit.
        if (a <= b) _assertLead(alice, a, b);
        else _assertLead(bob, b, a);
        assertEq(_locked(alice), a <= b ? LOCK : 0);
        assertEq(_locked(bob), a <= b ? 0 : LOCK);
    }

    /// Any three fees, opened in any order: against a model that sorts.
    function testFuzz_three_bidders_the_lowest_is_paid_the_second_lowest(
        uint256[3] memory fees,
        uint256 order
    ) public {
        address[3] memory bidders = [alice, bob, carol];
        for (uint256 i = 0; i < 3; ++i) {
            // A narrow range, so that ties are frequent.
            fees[i] = bound(fees[i], 1, 4);
            _commit(id, bidders[i], fees[i]);
        }
        uint256 best = 0;
        for (uint256 i = 1; i < 3; ++i) {
            if (fees[i] < fees[best]) best = i;
        }
        uint256 second = type(uint256).max;
        for (uint256 i = 0; i < 3; ++i) {
            if (i != best && fees[i] < second) second = fees[i];
        }
        uint8[3][6] memory orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        uint8[3] memory sequence = [orders[order % 6][0], orders[order % 6][1], orders[order % 6][2]];
        _toReveal(id);
        for (uint256 i = 0; i < 3; ++i) {
            _reveal(id, bidders[sequence[i]], fees[sequence[i]]);
        }
        _assertLead(bidders[best], fees[best], second);
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(_locked(bidders[i]), i == best ? LOCK : 0);
            assertEq(proofMarket.openAssignments(bidders[i]), i == best ? 1 : 0);
        }
    }

    function test_a_recommit_goes_to_the_end_of_the_order() public {
        _commit(id, alice, 5 ether);
        _commit(id, bob, 5 ether);
        _commit(id, alice, 5 ether);
        _toReveal(id);
        _reveal(id, alice, 5 ether);
        _reveal(id, bob, 5 ether);
        _assertLead(bob, 5 ether, 5 ether);
    }

    function test_reveal_unlocks_the_previous_leader() public {
        _commit(id, alice, 5 ether);
        _commit(id, bob, 4 ether);
        _toReveal(id);
        _reveal(id, alice, 5 ether);
        vm.expectEmit(market);
        emit IProofMarket.Revealed(id, bob, 4 ether, true);
        vm.expectEmit(address(registry));
        emit IProverRegistry.CollateralUnlocked(alice, market, LOCK);
        _reveal(id, bob, 4 ether);
        assertEq(_locked(alice), 0);
        // The prover is free to go: no lock is left anywhere.
        vm.prank(alice);
        registry.deactivate();
    }

    function test_reveal_goes_on_while_paused() public {
        _commit(id, alice, 5 ether);
        vm.prank(guardian);
        registry.pause();
        _toReveal(id);
        _reveal(id, alice, 5 ether);
        _assertLead(alice, 5 ether, 5 ether);
    }

    // ---------------------------------------------------------------- submitters

    function test_a_submitter_needs_consent_of_both_sides() public {
        bytes memory refusal = abi.encodeWithSelector(IProofMarket.SubmitterNotApproved.selector);
        address key = stranger;
        _assertSubmitterRefused(key, refusal);
        vm.prank(alice);
        proofMarket.approveSubmitter(key, true);
        _assertSubmitterRefused(key, refusal);
        vm.prank(key);
        proofMarket.acceptProver(alice);
        bytes32 commitment = proofMarket.commitmentFor(id, alice, 1 ether, SALT);
        vm.prank(key);
        proofMarket.commit(id, alice, commitment);
        _toReveal(id);
        vm.prank(key);
        proofMarket.reveal(id, alice, 1 ether, SALT);
        _toFulfil(id);
        bytes memory zkProof = _zkProof(id);
        vm.prank(key);
        proofMarket.fulfil(id, zkProof);
        _assertStatus(id, RequestStatus.Fulfilled);
        assertEq(token.balanceOf(key), 0);
    }

    function test_acceptance_alone_gives_no_power() public {
        vm.prank(stranger);
        proofMarket.acceptProver(alice);
        _assertSubmitterRefused(stranger, abi.encodeWithSelector(IProofMarket.SubmitterNotApproved.selector));
    }

    function test_either_side_revokes_at_once() public {
        bytes memory refusal = abi.encodeWithSelector(IProofMarket.SubmitterNotApproved.selector);
        _bind(stranger, alice);
        vm.prank(alice);
        proofMarket.approveSubmitter(stranger, false);
        _assertSubmitterRefused(stranger, refusal);
        _bind(stranger, alice);
        vm.prank(stranger);
        proofMarket.acceptProver(address(0));
        _assertSubmitterRefused(stranger, refusal);
        _bind(stranger, alice);
        // A submitter acts for one prover.
        vm.prank(stranger);
        proofMarket.acceptProver(bob);
        _assertSubmitterRefused(stranger, refusal);
    }

    function test_reveal_and_fulfil_check_the_submitter_too() public {
        bytes memory refusal = abi.encodeWithSelector(IProofMarket.SubmitterNotApproved.selector);
        _commit(id, alice, 1 ether);
        _toReveal(id);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        proofMarket.reveal(id, alice, 1 ether, SALT);
        _reveal(id, alice, 1 ether);
        _toFulfil(id);
        bytes memory zkProof = _zkProof(id);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        proofMarket.fulfil(id, zkProof);
    }

    function test_approveSubmitter_reverts_for_nobody() public {
        vm.expectRevert(IProofMarket.ZeroAddress.selector);
        proofMarket.approveSubmitter(address(0), true);
    }

    function testFuzz_approveSubmitter_is_the_provers_half(address of_, address key, bool first, bool second)
        public
    {
        vm.assume(key != address(0));
        bool[2] memory approvals = [first, second];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectEmit(market);
            emit IProofMarket.SubmitterApproved(of_, key, approvals[i]);
            vm.prank(of_);
            proofMarket.approveSubmitter(key, approvals[i]);
            (bool approved, bool accepted) = proofMarket.submitterOf(of_, key);
            assertEq(approved, approvals[i]);
            assertFalse(accepted);
        }
    }

    function testFuzz_nobody_is_a_submitter_of_the_zero_address(address key) public view {
        (bool approved, bool accepted) = proofMarket.submitterOf(address(0), key);
        assertFalse(approved);
        assertFalse(accepted);
    }

    function testFuzz_acceptProver_is_the_keys_half_and_of_one_prover(address key, address of_, address next)
        public
    {
        vm.assume(of_ != next);
        address[2] memory accepted = [of_, next];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectEmit(market);
            emit IProofMarket.SubmitterAccepted(accepted[i], key);
            vm.prank(key);
            proofMarket.acceptProver(accepted[i]);
            for (uint256 j = 0; j < 2; ++j) {
                (bool approves, bool accepts) = proofMarket.submitterOf(accepted[j], key);
                assertFalse(approves);
                // Nobody is a submitter of the zero address.
                assertEq(accepts, i == j && accepted[j] != address(0));
            }
        }
    }

    /// Whatever the order of consents and revocations: a key acts exactly while both stand.
    function testFuzz_a_submitter_acts_exactly_while_both_consent(uint8[6] memory steps) public {
        bytes memory refusal = abi.encodeWithSelector(IProofMarket.SubmitterNotApproved.selector);
        (bool approved, bool accepted) = (false, false);
        for (uint256 i = 0; i < steps.length; ++i) {
            bool on = steps[i] & 1 == 1;
            if (steps[i] & 2 == 0) {
                vm.prank(alice);
                proofMarket.approveSubmitter(stranger, approved = on);
            } else {
                vm.prank(stranger);
                proofMarket.acceptProver((accepted = on) ? alice : steps[i] & 4 == 0 ? bob : address(0));
            }
            if (!approved || !accepted) {
                _assertSubmitterRefused(stranger, refusal);
                continue;
            }
            vm.prank(stranger);
            proofMarket.commit(id, alice, "commitment");
        }
    }

    // ---------------------------------------------------------------- helpers

    function _bind(address submitter, address of_) internal {
        vm.prank(of_);
        proofMarket.approveSubmitter(submitter, true);
        vm.prank(submitter);
        proofMarket.acceptProver(of_);
    }

    function _assertSubmitterRefused(address submitter, bytes memory reason) internal {
        vm.expectRevert(reason);
        vm.prank(submitter);
        proofMarket.commit(id, alice, "commitment");
    }

    function _assertCommitRefused(address bidder, bytes memory reason) internal {
        vm.expectRevert(reason);
        vm.prank(bidder);
        proofMarket.commit(id, bidder, "commitment");
    }

    function _assertRevealRefused(address bidder, uint256 fee, bytes memory reason) internal {
        vm.expectRevert(reason);
        vm.prank(bidder);
        proofMarket.reveal(id, bidder, fee, SALT);
    }

    function _assertBid(address bidder, bytes32 commitment, uint256 order) internal view {
        (bytes32 sealed_, uint256 place) = proofMarket.commitmentOf(id, bidder);
        assertEq(sealed_, bytes32(uint256(uint224(uint256(commitment)))));
        assertEq(place, order);
    }

    function _assertLead(address leader, uint256 fee, uint256 price) internal view {
        Request memory r = proofMarket.requestOf(id);
        assertEq(r.leader, leader, "leader");
        assertEq(r.leaderFee, fee, "fee");
        assertEq(r.price, price, "price");
    }
}

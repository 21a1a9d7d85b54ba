// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {MarketFixture} from "./helpers/MarketFixture.sol";
import {ProverVault} from "contracts/ProverVault.sol";
import {
    IProofMarket,
    MarketParameters,
    Request,
    RequestParams,
    RequestStatus
} from "contracts/interfaces/IProofMarket.sol";
import {IProverRegistry} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";

contract ProofMarketExpireTest is MarketFixture {
    uint256 internal constant MAX_FEE = 100 ether;
    uint256 internal constant LOCK = 150 ether;

    bytes32 internal id;

    function setUp() public override {
        super.setUp();
        id = _request(MAX_FEE);
    }

    // ---------------------------------------------------------------- expire

    function test_expire_reverts_when_the_request_is_not_open() public {
        vm.expectRevert(IProofMarket.RequestNotOpen.selector);
        proofMarket.expire("unknown");
        _toFulfil(id);
        proofMarket.expire(id);
        vm.expectRevert(IProofMarket.RequestNotOpen.selector);
        proofMarket.expire(id);
    }

    function test_expire_reverts_while_somebody_may_still_reveal() public {
        _commit(id, alice, 1 ether);
        vm.warp(proofMarket.requestOf(id).revealEnd);
        vm.expectRevert(IProofMarket.RevealNotClosed.selector);
        proofMarket.expire(id);
    }

    function test_expire_reverts_while_the_leader_may_still_fulfil() public {
        _assigned(id, alice, 1 ether);
        vm.warp(proofMarket.requestOf(id).deadline);
        vm.expectRevert(IProofMarket.DeadlineNotPassed.selector);
        proofMarket.expire(id);
    }

    function testFuzz_expire_refunds_when_nobody_revealed(uint256 wait, bool committed) public {
        if (committed) _commit(id, alice, 1 ether);
        vm.warp(proofMarket.requestOf(id).revealEnd + bound(wait, 1, 30 days));
        vm.expectEmit(market);
        emit IProofMarket.Closed(id, RequestStatus.Unassigned);
        vm.expectEmit(market);
        emit IProofMarket.Credited(requester, MAX_FEE);
        vm.prank(stranger);
        proofMarket.expire(id);
        _assertStatus(id, RequestStatus.Unassigned);
        assertEq(proofMarket.credits(requester), MAX_FEE);
        assertEq(_locked(alice), committed ? BOND : 0, "an unrevealed bond is forfeit's business");
        assertEq(proofMarket.missAccumulator(0).count, 0);
    }

    function testFuzz_expire_slashes_a_miss_until_its_last_moment(uint256 wait) public {
        _assigned(id, alice, 40 ether);
        uint256 deadline = proofMarket.requestOf(id).deadline;
        vm.warp(deadline + bound(wait, 1, EXPIRY_GRACE));
        vm.expectEmit(market);
        emit IProofMarket.Credited(requester, MAX_FEE);
        vm.expectEmit(address(registry));
        emit IProverRegistry.ProverSlashed(alice, market, LOCK, LOCK);
        vm.expectEmit(market);
        emit IProofMarket.Missed(id, alice, 0, 1, deadline, LOCK, block.timestamp);
        vm.prank(stranger);
        proofMarket.expire(id);
        _assertMissed(STAKE - LOCK);
        assertEq(token.balanceOf(treasury), LOCK);
    }

    function testFuzz_expire_only_unlocks_a_miss_later(uint256 wait) public {
        _assigned(id, alice, 40 ether);
        uint256 deadline = proofMarket.requestOf(id).deadline;
        vm.warp(deadline + EXPIRY_GRACE + bound(wait, 1, 30 days));
        vm.expectEmit(market);
        emit IProofMarket.Missed(id, alice, 0, 1, deadline, 0, block.timestamp);
        proofMarket.expire(id);
        _assertMissed(STAKE);
        assertEq(token.balanceOf(treasury), 0);
    }

    function test_expire_slashes_a_jailed_or_poorer_prover_by_what_it_has() public {
        _assigned(id, alice, 40 ether);
        vm.prank(guardian);
        registry.jail(alice);
        // A slash of more than another lock would allow, so that less than this lock is left.
        IProverVault vault = IProverVault(registry.vaultOf(alice));
        vm.prank(address(registry));
        vault.slash(STAKE - 100 ether, treasury);
        uint256 deadline = proofMarket.requestOf(id).deadline;
        vm.warp(deadline + 1);
        vm.expectEmit(market);
        emit IProofMarket.Missed(id, alice, 0, 1, deadline, 100 ether, block.timestamp);
        proofMarket.expire(id);
        _assertMissed(0);
    }

    function test_expire_takes_the_whole_lock_of_a_winner_slashed_by_another_market() public {
        address other = _listAnotherMarket();
        id = _request(MAX_FEE);
        _assigned(id, alice, 40 ether);
        _slashBy(other, alice, STAKE - LOCK);
        uint256 deadline = proofMarket.requestOf(id).deadline;
        vm.warp(deadline + 1);
        uint256 epoch = proofMarket.currentEpoch();
        vm.expectEmit(market);
        emit IProofMarket.Missed(id, alice, epoch, 1, deadline, LOCK, block.timestamp);
        proofMarket.expire(id);
        _assertMissed(0);
        assertEq(token.balanceOf(treasury), STAKE);
    }

    function test_expire_slashes_in_a_delisted_market() public {
        _assigned(id, alice, 40 ether);
        vm.prank(owner);
        registry.delistMarket(market);
        vm.warp(proofMarket.requestOf(id).deadline + 1);
        proofMarket.expire(id);
        _assertMissed(STAKE - LOCK);
    }

    /// With the latest deadline that a request may name: whoever asks for an exit once the lock is made is still
    /// there at its last moment.
    function testFuzz_expire_slashes_stakers_that_asked_to_leave_after_the_lock(uint256 stake, uint256 wait)
        public
    {
        stake = bound(stake, 1 ether, 1e27);
        _stake(staker, alice, stake);
        RequestParams memory params = _params(MAX_FEE);
        params.deadline = block.timestamp + params.commitDuration + UNBONDING_DELAY - EXPIRY_GRACE;
        id = _request(params);
        _commit(id, alice, 40 ether);
        _toReveal(id);
        _reveal(id, alice, 40 ether);
        ProverVault vault = ProverVault(registry.vaultOf(alice));
        uint256 shares = vault.balanceOf(staker);
        vm.prank(staker);
        vault.requestRedeem(shares, staker, staker);

        vm.warp(params.deadline + bound(wait, 1, EXPIRY_GRACE));
        assertEq(vault.maxRedeem(staker), 0, "still unbonding");
        proofMarket.expire(id);
        assertEq(token.balanceOf(treasury), LOCK, "slashed whole");
        vm.warp(block.timestamp + UNBONDING_DELAY);
        uint256 worth = vault.maxWithdraw(staker);
        assertApproxEqAbs(worth, stake - LOCK * stake / (STAKE + stake), 2, "the exit bore its part");
    }

    function test_misses_count_for_the_epoch_of_their_deadline() public {
        _assigned(id, alice, 40 ether);
        uint256 deadline = proofMarket.requestOf(id).deadline;
        uint256 noticed = deadline + 5 * EPOCH_LENGTH;
        vm.warp(noticed);
        proofMarket.expire(id);
        bytes32 hash = keccak256(abi.encode(bytes32(0), 1, id, alice, deadline, 0, noticed));
        assertEq(proofMarket.missAccumulator(0).hash, hash);
        assertEq(proofMarket.missAccumulator(0).count, 1);
        assertEq(proofMarket.missAccumulator(5).count, 0);
        assertEq(proofMarket.fulfilmentAccumulator(0).count, 0);
    }

    function test_a_lock_of_a_single_wei_is_slashed_for_a_miss_and_released_for_a_fulfilment() public {
        MarketParameters memory parameters = _parameters();
        (parameters.lockBps, parameters.minFee) = (100, 1);
        vm.prank(owner);
        proofMarket.setParameters(parameters);
        id = _request(100);
        _assigned(id, alice, 1);
        assertEq(_locked(alice), 1);
        vm.warp(proofMarket.requestOf(id).deadline + 1);
        proofMarket.expire(id);
        assertEq(_locked(alice), 0);
        assertEq(token.balanceOf(treasury), 1);

        id = _request(100);
        _assigned(id, alice, 1);
        assertEq(_locked(alice), 1);
        _fulfil(id);
        assertEq(_locked(alice), 0);
    }

    // ---------------------------------------------------------------- withdrawn verifier

    function test_expire_only_refunds_and_unlocks_when_the_verifier_is_withdrawn() public {
        bytes32 overdue = _request(MAX_FEE);
        bytes32 fresh = _request(MAX_FEE);
        _commit(overdue, alice, 40 ether);
        _commit(id, bob, 40 ether);
        _toReveal(id);
        _reveal(overdue, alice, 40 ether);
        _reveal(id, bob, 40 ether);
        vm.warp(proofMarket.requestOf(overdue).deadline + 1);
        bytes32 young = _request(MAX_FEE);
        vm.prank(guardian);
        proofMarket.withdrawVerifier(1);

        bytes32[4] memory ids = [overdue, id, fresh, young];
        for (uint256 i = 0; i < ids.length; ++i) {
            vm.expectEmit(market);
            emit IProofMarket.Closed(ids[i], RequestStatus.Withdrawn);
            vm.expectEmit(market);
            emit IProofMarket.Credited(requester, MAX_FEE);
            proofMarket.expire(ids[i]);
            _assertStatus(ids[i], RequestStatus.Withdrawn);
        }
        assertEq(proofMarket.credits(requester), 4 * MAX_FEE);
        assertEq(_activeAssets(alice) + _activeAssets(bob), 2 * STAKE);
        assertEq(_locked(alice) + _locked(bob), 0);
        assertEq(proofMarket.openAssignments(alice) + proofMarket.openAssignments(bob), 0);
        assertEq(proofMarket.missAccumulator(0).count, 0);
    }

    function test_forfeit_releases_a_bond_at_once_when_the_verifier_is_withdrawn() public {
        _commit(id, alice, 1 ether);
        vm.prank(guardian);
        proofMarket.withdrawVerifier(1);
        _assertForfeit(alice, 0);
        // The order of the two does not matter.
        proofMarket.expire(id);
    }

    // ---------------------------------------------------------------- forfeit

    function test_forfeit_reverts() public {
        vm.expectRevert(IProofMarket.CommitNotFound.selector);
        proofMarket.forfeit("unknown", alice);
        vm.expectRevert(IProofMarket.CommitNotFound.selector);
        proofMarket.forfeit(id, alice);
        _commit(id, alice, 1 ether);
        _commit(id, bob, 1 ether);
        _toReveal(id);
        _reveal(id, bob, 1 ether);
        vm.warp(proofMarket.requestOf(id).revealEnd);
        vm.expectRevert(IProofMarket.RevealNotClosed.selector);
        proofMarket.forfeit(id, alice);
        vm.warp(block.timestamp + 1);
        vm.expectRevert(IProofMarket.AlreadyRevealed.selector);
        proofMarket.forfeit(id, bob);
        proofMarket.forfeit(id, alice);
        vm.expectRevert(IProofMarket.CommitNotFound.selector);
        proofMarket.forfeit(id, alice);
    }

    function testFuzz_forfeit_slashes_until_the_last_moment(uint256 wait) public {
        _commit(id, alice, 1 ether);
        vm.warp(proofMarket.requestOf(id).revealEnd + bound(wait, 1, EXPIRY_GRACE));
        vm.prank(stranger);
        _assertForfeit(alice, BOND);
        assertEq(token.balanceOf(treasury), BOND);
    }

    function testFuzz_forfeit_only_unlocks_later(uint256 wait) public {
        _commit(id, alice, 1 ether);
        vm.warp(proofMarket.requestOf(id).revealEnd + EXPIRY_GRACE + bound(wait, 1, 30 days));
        _assertForfeit(alice, 0);
    }

    function test_forfeit_only_unlocks_the_bond_of_a_jailed_prover() public {
        _commit(id, alice, 1 ether);
        vm.prank(guardian);
        registry.jail(alice);
        _toFulfil(id);
        _assertForfeit(alice, 0);
    }

    /// @dev Jailed, or everything paused, for a part of the reveal window that is over when `forfeit` comes.
    function testFuzz_forfeit_only_unlocks_the_bond_of_a_prover_that_was_stopped(
        uint256 from,
        uint256 until,
        bool byPause,
        bool again
    ) public {
        _commit(id, alice, 1 ether);
        (uint256 commitEnd, uint256 revealEnd) = _revealWindow();
        from = bound(from, block.timestamp, revealEnd);
        until = bound(until, commitEnd + 1 > from ? commitEnd + 1 : from, revealEnd + EXPIRY_GRACE / 2);
        _stop(from, byPause);
        _free(until, byPause);
        // What comes later does not make it forgotten.
        if (again) {
            uint256 later = until > revealEnd ? until : revealEnd;
            _stop(later + 1, byPause);
            _free(later + 2, byPause);
        }
        if (block.timestamp <= revealEnd) vm.warp(revealEnd + 1);
        _assertForfeit(alice, 0);
    }

    function testFuzz_forfeit_slashes_a_prover_that_was_free_again_before_the_reveal_window(
        uint256 from,
        uint256 until,
        bool byPause
    ) public {
        _commit(id, alice, 1 ether);
        (uint256 commitEnd, uint256 revealEnd) = _revealWindow();
        from = bound(from, block.timestamp, commitEnd);
        _stop(from, byPause);
        _free(bound(until, from, commitEnd), byPause);
        vm.warp(revealEnd + 1);
        _assertForfeit(alice, BOND);
    }

    function test_forfeit_slashes_during_a_pause_that_began_after_the_reveal_window() public {
        _commit(id, alice, 1 ether);
        _commit(id, bob, 1 ether);
        (, uint256 revealEnd) = _revealWindow();
        _stop(revealEnd + 1, true);
        _assertForfeit(alice, BOND);
        // A pause renewed while it lasts began when it began.
        vm.prank(guardian);
        registry.pause();
        _assertForfeit(bob, BOND);
    }

    function test_forfeit_only_unlocks_during_a_pause_since_the_last_moment_of_the_reveal_window() public {
        _commit(id, alice, 1 ether);
        (, uint256 revealEnd) = _revealWindow();
        _stop(revealEnd, true);
        vm.warp(revealEnd + 2);
        vm.prank(guardian);
        registry.pause();
        _assertForfeit(alice, 0);
    }

    /// @dev Slashed elsewhere, and kept from adding stake by a pause: no reveal, and none of its fault.
    function test_forfeit_only_unlocks_the_bond_of_a_prover_that_could_not_top_up() public {
        address other = _listAnotherMarket();
        id = _request(MAX_FEE);
        _commit(id, alice, 1 ether);
        _slashBy(other, alice, STAKE - BOND);
        vm.prank(guardian);
        registry.pause();
        _toReveal(id);
        vm.expectRevert(IProverRegistry.InsufficientSelfStake.selector);
        vm.prank(alice);
        proofMarket.reveal(id, alice, 1 ether, SALT);
        _toFulfil(id);
        vm.prank(owner);
        registry.unpause();
        _assertForfeit(alice, 0);
    }

    function test_forfeit_slashes_a_prover_that_did_not_top_up() public {
        address other = _listAnotherMarket();
        id = _request(MAX_FEE);
        _commit(id, alice, 1 ether);
        _slashBy(other, alice, STAKE - BOND);
        _toFulfil(id);
        _assertForfeit(alice, BOND);
    }

    function test_forfeit_only_unlocks_when_the_market_could_not_lock() public {
        _commit(id, alice, 1 ether);
        vm.startPrank(owner);
        registry.delistMarket(market);
        _toFulfil(id);
        _assertForfeit(alice, 0);
        // Listed anew, but not in time for that reveal.
        vm.warp(block.timestamp + UNBONDING_DELAY);
        registry.listMarket(market);
        vm.warp(block.timestamp + LISTING_DELAY);
        vm.stopPrank();
        id = _request(MAX_FEE);
        _commit(id, alice, 1 ether);
        vm.startPrank(owner);
        registry.delistMarket(market);
        registry.listMarket(market);
        vm.stopPrank();
        _toFulfil(id);
        _assertForfeit(alice, 0);
    }

    function test_forfeit_slashes_when_the_market_could_lock_from_the_end_of_commits_on() public {
        vm.startPrank(owner);
        registry.delistMarket(market);
        registry.listMarket(market);
        vm.stopPrank();
        uint256 lockFrom = block.timestamp + LISTING_DELAY;
        vm.warp(lockFrom - 10 minutes);
        id = _request(MAX_FEE);
        assertEq(proofMarket.requestOf(id).commitEnd, lockFrom);
        vm.warp(lockFrom);
        _commit(id, alice, 1 ether);
        _toFulfil(id);
        _assertForfeit(alice, BOND);
    }

    function test_a_bond_is_forfeited_when_the_request_was_fulfilled() public {
        _commit(id, bob, 1 ether);
        _assigned(id, alice, 2 ether);
        _fulfil(id);
        _assertForfeit(bob, BOND);
    }

    function test_a_bond_is_forfeited_when_the_request_was_closed() public {
        _commit(id, bob, 1 ether);
        _toFulfil(id);
        proofMarket.expire(id);
        _assertForfeit(bob, BOND);
    }

    function test_bonds_of_several_requests_are_forfeited_one_by_one() public {
        bytes32 another = _request(MAX_FEE);
        _commit(id, bob, 1 ether);
        _commit(another, bob, 1 ether);
        assertEq(_locked(bob), 2 * BOND);
        _toFulfil(id);
        _assertForfeit(bob, BOND);
        id = another;
        _assertForfeit(bob, BOND);
        assertEq(_locked(bob), 0);
    }

    function test_forfeit_slashes_a_reveal_that_was_refused() public {
        _commit(id, alice, MAX_FEE + 1);
        _toReveal(id);
        vm.expectRevert(IProofMarket.BidTooHigh.selector);
        vm.prank(alice);
        proofMarket.reveal(id, alice, MAX_FEE + 1, SALT);
        _toFulfil(id);
        _assertForfeit(alice, BOND);
    }

    // ---------------------------------------------------------------- helpers

    function _revealWindow() internal view returns (uint256 commitEnd, uint256 revealEnd) {
        Request memory r = proofMarket.requestOf(id);
        return (r.commitEnd, r.revealEnd);
    }

    function _stop(uint256 at, bool byPause) internal {
        vm.warp(at);
        vm.prank(guardian);
        if (byPause) registry.pause();
        else registry.jail(alice);
    }

    function _free(uint256 at, bool byPause) internal {
        vm.warp(at);
        vm.prank(owner);
        if (byPause) registry.unpause();
        else registry.unjail(alice);
    }

    function _assertForfeit(address bidder, uint256 slashed) internal {
        uint256 active = _activeAssets(bidder);
        uint256 locked = _locked(bidder);
        vm.expectEmit(market);
        emit IProofMarket.BondForfeited(id, bidder, slashed);
        proofMarket.forfeit(id, bidder);
        assertEq(active - _activeAssets(bidder), slashed);
        assertEq(locked - _locked(bidder), BOND);
        (bytes32 sealed_, uint256 order) = proofMarket.commitmentOf(id, bidder);
        assertEq(sealed_, 0);
        assertEq(order, 0);
    }

    function _assertMissed(uint256 active) internal view {
        _assertStatus(id, RequestStatus.Missed);
        assertEq(proofMarket.credits(requester), MAX_FEE);
        assertEq(_activeAssets(alice), active);
        assertEq(_locked(alice), 0);
        assertEq(proofMarket.openAssignments(alice), 0);
        uint256 epoch = proofMarket.epochAt(proofMarket.requestOf(id).deadline);
        assertEq(proofMarket.missAccumulator(epoch).count, 1);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {DistributorFixture} from "../helpers/DistributorFixture.sol";
import {ClaimParams, IRewardDistributor, Post} from "contracts/interfaces/IRewardDistributor.sol";

/// @notice What users and auditors found in other distributors, numbered as in the list of them.
contract RewardPeersTest is DistributorFixture {
    bytes32[] private none;

    function setUp() public override {
        super.setUp();
        _register(prover, MIN_SELF_STAKE, 1000);
        _register(stranger, MIN_SELF_STAKE, 1000);
    }

    // ---------------------------------------------------------------- 1: a root beyond the funding

    function testFuzz_peers_01_a_root_that_promises_more_than_was_funded_is_refused(
        uint256 held,
        uint256 total
    ) public {
        total = bound(total, 1, BUDGET);
        held = bound(held, 0, total - 1);
        _fundRewards(held);
        _end(0);
        bytes32 root = _root(_one(prover, total, 0));
        bytes32 known = blockhash(block.number - 1);
        vm.startPrank(publisher);
        _expectRefusal(IRewardDistributor.InsufficientFunds.selector);
        rewards.postRoot(0, root, total, DATASET, block.number - 1, known);
        vm.stopPrank();
        _fundRewards(total - held);
        _post(0, root, total);
        _activate();
        assertEq(_claim(Leaf(prover, total, 0), none), total, "funded, it pays in full");
    }

    /// @dev Its leaves may still promise more than its total: then the total is what there is.
    function testFuzz_peers_01_leaves_beyond_the_total_drain_nobody_elses_epoch(uint256 mine) public {
        _fundRewards(10 * BUDGET);
        Leaf[] memory leaves = new Leaf[](2);
        leaves[0] = Leaf(prover, bound(mine, BUDGET + 1, type(uint96).max), 0);
        leaves[1] = Leaf(stranger, BUDGET, 0);
        _postActive(0, _root(leaves), BUDGET);
        bytes32[] memory merkleProof = _proof(leaves, 0);
        _expectRefusal(IRewardDistributor.TotalExceeded.selector);
        _claim(leaves[0], merkleProof);
        assertEq(_claim(leaves[1], _proof(leaves, 1)), BUDGET);
        assertEq(rewards.funds(), 9 * BUDGET);
    }

    // ---------------------------------------------------------------- 6: one that cannot be paid

    function test_peers_06_one_prover_that_cannot_be_paid_stops_nobody_in_a_batch() public {
        Leaf[] memory leaves = new Leaf[](3);
        leaves[0] = Leaf(prover, 10 ether, 0);
        leaves[1] = Leaf(makeAddr("never registered"), 10 ether, 0);
        leaves[2] = Leaf(stranger, 10 ether, 0);
        _postActive(0, _root(leaves), 30 ether);
        vm.prank(prover);
        registry.deactivate();
        ClaimParams[] memory claims = new ClaimParams[](3);
        for (uint256 i = 0; i < 3; ++i) {
            claims[i] = _params(leaves, i);
        }
        (uint256 paid, uint256 skipped) = rewards.claimBatch(claims);
        assertEq(paid, 20 ether);
        assertEq(skipped, 1);
    }

    // ---------------------------------------------------------------- 8: changes that reach back

    function testFuzz_peers_08_no_change_reaches_an_epoch_that_has_begun_or_the_next(uint256 at, uint256 from)
        public
    {
        skip(bound(at, 0, 5 * EPOCH));
        uint256 running = rewards.currentEpoch();
        from = bound(from, 0, running + 1);
        bytes memory policy = '{"id":"another"}';
        vm.startPrank(owner);
        _expectRefusal(IRewardDistributor.SegmentTooEarly.selector);
        rewards.addSegment(from, 2 * BUDGET, policy);
        rewards.addSegment(running + 2, 2 * BUDGET, policy);
        vm.stopPrank();
        for (uint256 epoch = 0; epoch <= running + 1; ++epoch) {
            assertEq(rewards.segmentAt(epoch).budget, BUDGET);
            assertEq(rewards.segmentAt(epoch).policyHash, keccak256(POLICY));
        }
        assertEq(rewards.segmentAt(running + 2).budget, 2 * BUDGET);
    }

    // ---------------------------------------------------------------- 10: the clock of a pending root

    function testFuzz_peers_10_a_pending_root_is_not_replaced_and_its_clock_ends(uint256 when) public {
        _end(0);
        bytes32 root = rewards.domain();
        _post(0, root, 0);
        Post memory posted = rewards.latestPost();
        _attest(auditor, 0, 1, root);
        vm.warp(bound(when, block.timestamp, posted.claimableAt - 1));
        bytes32 known = blockhash(block.number - 1);
        vm.startPrank(publisher);
        _expectRefusal(IRewardDistributor.EpochOutOfOrder.selector);
        rewards.postRoot(0, root, 0, DATASET, block.number - 1, known);
        vm.stopPrank();
        assertEq(rewards.latestPost().claimableAt, posted.claimableAt);
        vm.warp(posted.claimableAt);
        assertTrue(rewards.latestPost().active);
    }

    function test_peers_10_no_owner_passes_the_window_by() public {
        _end(0);
        bytes32 root = rewards.domain();
        _post(0, root, 0);
        uint256 claimableAt = rewards.latestPost().claimableAt;
        vm.startPrank(owner);
        rewards.setChallengeWindow(60);
        rewards.setPublisher(owner);
        rewards.setAuditor(owner, true);
        _expectRefusal(IRewardDistributor.NotAuditor.selector);
        rewards.attest(_content(0, 1, root));
        _expectRefusal(IRewardDistributor.EpochOutOfOrder.selector);
        rewards.postRoot(0, root, 0, DATASET, 0, bytes32(0));
        vm.stopPrank();
        _attest(auditor, 0, 1, root);
        vm.warp(claimableAt - 1);
        assertFalse(rewards.latestPost().active);
    }
}

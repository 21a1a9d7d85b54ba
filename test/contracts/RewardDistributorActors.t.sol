// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {DistributorFixture} from "./helpers/DistributorFixture.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {IRewardDistributor} from "contracts/interfaces/IRewardDistributor.sol";

/// @notice One actor at a time goes wrong. Each test ends with what is lost: nothing, or time, counted; or, where
/// everybody let a wrong root pass, the most that it can misdirect.
contract RewardDistributorActorsTest is DistributorFixture {
    uint256 private constant EARNED = 400 ether;
    bytes32 private constant WRONG = keccak256("wrong");

    address private accomplice = makeAddr("accomplice");
    bytes32[] private none;

    /// @dev Epoch 0 has paid `prover` 400 of its 1,000; what comes next is funded for long.
    function setUp() public override {
        super.setUp();
        _register(prover, MIN_SELF_STAKE, 1000);
        _register(accomplice, MIN_SELF_STAKE, 1000);
        _fundRewards(20 * BUDGET);
        _postActive(0, _root(_one(prover, EARNED, 0)), EARNED);
        _claim(Leaf(prover, EARNED, 0), none);
        _end(1);
    }

    // ---------------------------------------------------------------- what there is to lose

    struct Money {
        uint256 funds;
        uint256 promised;
        uint256 carry;
        uint256 totalClaimed;
        uint256 activeTotal;
        uint256 proverHas;
        uint256 accompliceHas;
    }

    function _money() private view returns (Money memory) {
        return Money({
            funds: rewards.funds(),
            promised: rewards.promised(),
            carry: rewards.carry(),
            totalClaimed: rewards.totalClaimed(),
            activeTotal: rewards.activePost().cumulativeTotal,
            proverHas: token.balanceOf(registry.vaultOf(prover)),
            accompliceHas: token.balanceOf(registry.vaultOf(accomplice))
        });
    }

    function _assertNothingLost(Money memory before) private view {
        Money memory now_ = _money();
        // Promises grow with each epoch that begins: that is time, too.
        now_.promised = before.promised;
        assertEq(abi.encode(now_), abi.encode(before), "lost: something");
    }

    /// @dev The right root of the epoch after the active one, as anybody would have posted it: the prover has
    /// earned all there was.
    function _right() private view returns (Leaf[] memory leaves, uint256 total) {
        total = rewards.activePost().cumulativeTotal + BUDGET + rewards.carry();
        leaves = _one(prover, total, 0);
    }

    /// @dev Posts the right root, has it attested at once, and has the prover paid by it.
    /// @return lateness of the payment after the end of its epoch.
    function _postRight() private returns (uint256 lateness) {
        (Leaf[] memory leaves, uint256 total) = _right();
        uint256 epoch = rewards.nextEpoch();
        (, uint256 end) = rewards.epochBounds(epoch);
        _attest(secondAuditor, epoch, _post(epoch, _root(leaves), total), _root(leaves));
        uint256 due = total - rewards.totalClaimed();
        vm.warp(rewards.latestPost().claimableAt);
        assertEq(_claim(leaves[0], none), due, "lost: money");
        return block.timestamp - end;
    }

    // ---------------------------------------------------------------- a publisher with a stolen key

    function testFuzz_actor_publisher_with_a_stolen_key_costs_a_window_if_one_auditor_looks(uint256 seen)
        public
    {
        Money memory before = _money();
        uint256 total = EARNED + BUDGET + rewards.carry();
        uint256 number = _post(1, _root(_one(accomplice, total, 0)), total);
        skip(bound(seen, 0, WINDOW - 1));
        _veto(thirdAuditor, 1, number, rewards.latestPost().root);
        _assertNothingLost(before);

        address thief = publisher;
        publisher = makeAddr("next publisher");
        vm.prank(owner);
        rewards.setPublisher(publisher);
        vm.prank(thief);
        _expectRefusal(IRewardDistributor.Unauthorized.selector);
        rewards.postRoot(1, WRONG, total, DATASET, block.number - 1, bytes32(0));
        assertLe(_postRight(), 2 * WINDOW, "lost: more than a window");
    }

    /// @dev Everything that a key alone might try, beside a root that auditors would have to miss.
    function testFuzz_actor_publisher_with_a_stolen_key_is_refused_what_was_not_offered(uint256 more) public {
        Money memory before = _money();
        uint256 offered = EARNED + BUDGET + rewards.carry();
        more = bound(more, 1, type(uint96).max - offered);
        bytes32 known = blockhash(block.number - 1);
        vm.startPrank(publisher);
        _expectRefusal(IRewardDistributor.BudgetExceeded.selector);
        rewards.postRoot(1, WRONG, offered + more, DATASET, block.number - 1, known);
        _expectRefusal(IRewardDistributor.TotalDecreased.selector);
        rewards.postRoot(1, WRONG, EARNED - 1, DATASET, block.number - 1, known);
        _expectRefusal(IRewardDistributor.EpochOutOfOrder.selector);
        rewards.postRoot(0, WRONG, EARNED, DATASET, block.number - 1, known);
        _expectRefusal(IRewardDistributor.EpochOutOfOrder.selector);
        rewards.postRoot(2, WRONG, EARNED, DATASET, block.number - 1, known);
        _expectRefusal(IRewardDistributor.SnapshotInvalid.selector);
        rewards.postRoot(1, WRONG, EARNED, DATASET, block.number - 1, WRONG);
        _expectRefusal(IRewardDistributor.NotAuditor.selector);
        rewards.attest(_content(0, 1, WRONG));
        _expectRefusal(IRewardDistributor.Unauthorized.selector);
        rewards.withdrawSurplus(publisher, 1);
        rewards.postRoot(1, WRONG, EARNED, DATASET, block.number - 1, known);
        _expectRefusal(IRewardDistributor.EpochOutOfOrder.selector);
        rewards.postRoot(1, keccak256("another"), EARNED, DATASET, block.number - 1, known);
        vm.stopPrank();
        _assertNothingLost(before);
    }

    /// @dev The worst: leaves that sum above the total, a quorum that does not look, nobody who vetoes. The
    /// thief's accomplice and the prover run for what there is.
    function testFuzz_actor_publisher_with_a_stolen_key_misdirects_one_budget_and_carry_at_most(
        uint256 stolen,
        uint256 promised,
        uint256 total,
        bool proverFirst
    ) public {
        uint256 most = BUDGET + rewards.carry();
        total = EARNED + bound(total, 0, most);
        stolen = bound(stolen, 1, type(uint96).max);
        Leaf[] memory leaves = new Leaf[](2);
        leaves[0] = Leaf(accomplice, stolen, 0);
        leaves[1] = Leaf(prover, bound(promised, EARNED, type(uint96).max), 0);
        Money memory before = _money();
        _attest(auditor, 1, _post(1, _root(leaves), total), _root(leaves));
        vm.warp(rewards.latestPost().claimableAt);

        for (uint256 i = 0; i < 2; ++i) {
            uint256 which = proverFirst ? 1 - i : i;
            bytes32[] memory merkleProof = _proof(leaves, which);
            uint256 due = which == 0 ? stolen : leaves[1].cumulative - EARNED;
            if (due > total - rewards.totalClaimed()) {
                _expectRefusal(IRewardDistributor.TotalExceeded.selector);
            }
            assertLe(_claim(leaves[which], merkleProof), total);
        }
        Money memory afterwards = _money();
        uint256 misdirected = afterwards.accompliceHas - before.accompliceHas;
        assertLe(misdirected, most, "lost: more than a budget and the carry");
        assertLe(afterwards.totalClaimed, total);
        assertGe(afterwards.proverHas, before.proverHas, "lost: what was claimed");
        assertEq(before.funds - afterwards.funds, afterwards.totalClaimed - EARNED);
        // What is promised to everybody else is still there, and went into vaults: nowhere else.
        assertGe(afterwards.funds, rewards.promised());
        assertEq(
            before.funds + before.proverHas + before.accompliceHas,
            afterwards.funds + afterwards.proverHas + afterwards.accompliceHas
        );
    }

    /// @dev The epoch after goes on from what was claimed, and pays what it owes.
    function test_actor_publisher_with_a_stolen_key_does_not_stop_the_epochs_after() public {
        uint256 total = EARNED + BUDGET + rewards.carry();
        Leaf[] memory leaves = _one(accomplice, total - EARNED, 0);
        _attest(auditor, 1, _post(1, _root(leaves), total), _root(leaves));
        vm.warp(rewards.latestPost().claimableAt);
        assertEq(_claim(leaves[0], none), BUDGET + 600 ether);

        _end(2);
        leaves = new Leaf[](2);
        leaves[0] = Leaf(accomplice, total - EARNED, 0);
        leaves[1] = Leaf(prover, EARNED + BUDGET, 0);
        _attest(auditor, 2, _post(2, _root(leaves), total + BUDGET), _root(leaves));
        vm.warp(rewards.latestPost().claimableAt);
        assertEq(_claim(leaves[1], _proof(leaves, 1)), BUDGET, "lost: a later epoch's budget");
    }

    function test_actor_publisher_who_stops_posting_costs_time() public {
        Money memory before = _money();
        _end(3);
        _assertNothingLost(before);
        (Leaf[] memory leaves,) = _right();
        publisher = makeAddr("next publisher");
        vm.prank(owner);
        rewards.setPublisher(publisher);
        // Epochs 1 to 3 come after another, each with its whole budget.
        for (uint256 epoch = 1; epoch < 4; ++epoch) {
            _postRight();
        }
        assertEq(leaves[0].cumulative, EARNED + BUDGET + before.carry);
        assertEq(rewards.totalClaimed(), EARNED + before.carry + 3 * BUDGET, "lost: a budget");
    }

    // ---------------------------------------------------------------- one bad auditor

    function testFuzz_actor_bad_auditor_activates_nothing_alone(uint256 patience) public {
        vm.prank(owner);
        rewards.setQuorum(2);
        Money memory before = _money();
        uint256 total = EARNED + BUDGET + rewards.carry();
        uint256 number = _post(1, WRONG, total);
        _attest(auditor, 1, number, WRONG);
        vm.startPrank(auditor);
        _expectRefusal(IRewardDistributor.AlreadyAttested.selector);
        rewards.attest(_content(1, number, WRONG));
        vm.stopPrank();
        uint256 posted = block.timestamp;
        skip(bound(patience, 0, 300 days));
        assertFalse(rewards.latestPost().active);
        _assertNothingLost(before);
        _veto(secondAuditor, 1, number, WRONG);
        uint256 lost = block.timestamp - posted;
        uint256 again = _post(1, WRONG, total);
        assertEq(rewards.latestPost().attestations, 0, "the attestation died with the post");
        _veto(guardian, 1, again, WRONG);
        vm.prank(owner);
        rewards.setQuorum(1);
        assertEq(_postRight(), lost + WINDOW, "lost: more than the time until the veto");
    }

    function test_actor_bad_auditor_costs_each_epoch_a_window_until_it_is_removed() public {
        for (uint256 epoch = 1; epoch < 4; ++epoch) {
            _end(epoch);
            Money memory before = _money();
            (Leaf[] memory leaves, uint256 total) = _right();
            bytes32 root = _root(leaves);
            uint256 number = _post(epoch, root, total);
            _attest(secondAuditor, epoch, number, root);
            skip(WINDOW - 1);
            _veto(auditor, epoch, number, root);
            _assertNothingLost(before);
            number = _post(epoch, root, total);
            vm.prank(auditor);
            _expectRefusal(IRewardDistributor.AlreadyVetoed.selector);
            rewards.veto(_content(epoch, number, root));
            _attest(secondAuditor, epoch, number, root);
            skip(WINDOW);
            _claim(leaves[0], none);
            (, uint256 end) = rewards.epochBounds(epoch);
            assertLt(block.timestamp - end, 2 * WINDOW, "lost: more than a window");
        }
        vm.prank(owner);
        rewards.setAuditor(auditor, false);
        _end(4);
        uint256 last = _post(4, WRONG, rewards.activePost().cumulativeTotal);
        vm.prank(auditor);
        _expectRefusal(IRewardDistributor.NotAuditor.selector);
        rewards.veto(_content(4, last, WRONG));
    }

    // ---------------------------------------------------------------- guardian asleep

    /// @dev Beside a publisher whose key is stolen: the auditors have a veto each, and need no more.
    function test_actor_guardian_asleep_costs_time() public {
        Money memory before = _money();
        uint256 total = EARNED + BUDGET + rewards.carry();
        address[3] memory auditors = [auditor, secondAuditor, thirdAuditor];
        for (uint256 i = 0; i < 3; ++i) {
            uint256 number = _post(1, WRONG, total);
            skip(WINDOW - 1);
            _veto(auditors[i], 1, number, WRONG);
        }
        // No veto is left, and without the quorum nothing passes, however long it lies there.
        uint256 last = _post(1, WRONG, total);
        skip(1000 days);
        assertFalse(rewards.latestPost().active);
        _assertNothingLost(before);
        vm.prank(auditor);
        _expectRefusal(IRewardDistributor.AlreadyVetoed.selector);
        rewards.veto(_content(1, last, WRONG));

        address next = makeAddr("next guardian");
        vm.prank(owner);
        registry.setGuardian(next);
        _veto(next, 1, last, WRONG);
        _postRight();
        assertEq(rewards.totalClaimed(), total, "lost: money");
    }

    function test_actor_guardian_who_vetoes_and_pauses_everything_costs_time() public {
        Money memory before = _money();
        (Leaf[] memory leaves, uint256 total) = _right();
        for (uint256 i = 0; i < 5; ++i) {
            uint256 number = _post(1, _root(leaves), total);
            _attest(secondAuditor, 1, number, _root(leaves));
            _veto(guardian, 1, number, _root(leaves));
        }
        vm.startPrank(guardian);
        registry.pause();
        registry.jail(prover);
        vm.stopPrank();
        _assertNothingLost(before);
        vm.prank(owner);
        registry.setGuardian(makeAddr("next guardian"));
        // Neither a pause nor jail stops a claim.
        assertEq(_postRight(), WINDOW, "lost: more than the guardian's time");
        assertEq(IProverVault(registry.vaultOf(prover)).prover(), prover);
    }

    // ---------------------------------------------------------------- owner in a hurry

    /// @dev Everything that the owner may do, all at once, while a root is pending.
    function testFuzz_actor_owner_in_a_hurry_costs_nothing_that_is_promised(uint256 budget, uint256 late)
        public
    {
        (Leaf[] memory leaves, uint256 total) = _right();
        bytes32 root = _root(leaves);
        uint256 number = _post(1, root, total);
        _attest(auditor, 1, number, root);
        skip(bound(late, 0, WINDOW - 1));
        uint256 claimableAt = rewards.latestPost().claimableAt;
        uint256 running = rewards.currentEpoch();
        uint256 surplus = rewards.surplus();

        vm.startPrank(owner);
        rewards.withdrawSurplus(owner, surplus);
        _expectRefusal(IRewardDistributor.SurplusExceeded.selector);
        rewards.withdrawSurplus(owner, 1);
        _expectRefusal(IRewardDistributor.SegmentTooEarly.selector);
        rewards.addSegment(running + 1, 0, POLICY);
        rewards.addSegment(running + 2, bound(budget, 0, 2 ** 95), POLICY);
        rewards.setPublisher(makeAddr("next publisher"));
        rewards.setAuditor(auditor, false);
        rewards.setAuditor(makeAddr("next auditor"), true);
        rewards.setQuorum(3);
        rewards.setChallengeWindow(60);
        _expectRefusal(IRewardDistributor.NotAuditor.selector);
        rewards.veto(_content(1, number, root));
        _expectRefusal(IRewardDistributor.Unauthorized.selector);
        rewards.postRoot(2, WRONG, total, DATASET, 0, bytes32(0));
        vm.stopPrank();

        assertEq(rewards.segmentAt(running).budget, BUDGET, "lost: the budget of an epoch begun");
        assertEq(rewards.segmentAt(running + 1).budget, BUDGET, "lost: the next epoch's budget");
        assertGe(rewards.funds(), rewards.promised(), "lost: what is promised");
        assertEq(rewards.latestPost().claimableAt, claimableAt, "lost: time");
        vm.warp(claimableAt - 1);
        assertFalse(rewards.latestPost().active, "the window did not shrink");
        skip(1);
        assertEq(_claim(leaves[0], none), total - EARNED, "lost: money");
    }

    /// @dev All other roles are the owner's to name.
    function test_actor_owner_that_becomes_everybody_misdirects_what_one_wrong_root_can() public {
        (uint256 unclaimed, uint256 carried) = (700 ether, 900 ether);
        _postActive(1, _root(_one(prover, EARNED + unclaimed, 0)), EARNED + unclaimed);
        assertEq(rewards.carry(), carried);
        _end(2);
        vm.startPrank(owner);
        rewards.setPublisher(owner);
        rewards.setAuditor(owner, true);
        vm.stopPrank();
        publisher = owner;

        uint256 most = unclaimed + BUDGET + carried;
        Leaf[] memory leaves = _one(accomplice, most, 0);
        bytes32 root = _root(leaves);
        _expectRefusal(IRewardDistributor.BudgetExceeded.selector);
        _post(2, root, EARNED + most + 1);
        uint256 postNumber = _post(2, root, EARNED + most);
        _attest(owner, 2, postNumber, root);
        vm.startPrank(owner);
        rewards.setAuditor(auditor, false);
        rewards.setAuditor(secondAuditor, false);
        rewards.setAuditor(thirdAuditor, false);
        registry.setGuardian(owner);
        vm.stopPrank();
        _expectRefusal(IRewardDistributor.NotAuditor.selector);
        _veto(auditor, 2, postNumber, root);
        _expectRefusal(IRewardDistributor.NotAuditor.selector);
        _veto(guardian, 2, postNumber, root);

        vm.warp(rewards.latestPost().claimableAt);
        assertEq(_claim(leaves[0], none), most, "lost: what is unclaimed, one epoch's budget and the carry");
        assertEq(_activeAssets(prover), MIN_SELF_STAKE + EARNED, "lost: a stake, or what was claimed");
    }

    /// @dev A segment that starts too late by mistake holds up other budgets, and nothing else.
    function test_actor_owner_in_a_hurry_freezes_budgets_for_a_hundred_epochs_at_most() public {
        uint256 running = rewards.currentEpoch();
        vm.startPrank(owner);
        _expectRefusal(IRewardDistributor.SegmentTooLate.selector);
        rewards.addSegment(running + 101, BUDGET, POLICY);
        rewards.addSegment(running + 100, 7 * BUDGET, POLICY);
        _expectRefusal(IRewardDistributor.SegmentTooEarly.selector);
        rewards.addSegment(running + 99, BUDGET, POLICY);
        // The mistake itself can be mended until its epoch is the next.
        rewards.addSegment(running + 100, BUDGET, POLICY);
        vm.stopPrank();
        assertEq(rewards.segmentAt(running + 100).budget, BUDGET);
        assertEq(_postRight(), WINDOW, "lost: time");
    }
}

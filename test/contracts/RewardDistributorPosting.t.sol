// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {DistributorFixture} from "./helpers/DistributorFixture.sol";
import {IRewardDistributor, Post, PostContent} from "contracts/interfaces/IRewardDistributor.sol";

/// @notice What every new root must satisfy; carry, funding, promises and surplus.
contract RewardDistributorPostingTest is DistributorFixture {
    bytes32 private constant ROOT = keccak256("root");

    function _postRefused(bytes4 error, uint256 epoch, bytes32 root, uint256 total) private {
        uint256 snapshotBlock = block.number - 1;
        bytes32 snapshotHash = blockhash(snapshotBlock);
        vm.prank(publisher);
        _expectRefusal(error);
        rewards.postRoot(epoch, root, total, DATASET, snapshotBlock, snapshotHash);
    }

    // ---------------------------------------------------------------- order

    function testFuzz_postRoot_reverts_for_anyone_but_the_publisher(address caller) public {
        vm.assume(caller != publisher);
        _end(0);
        vm.prank(caller);
        _expectRefusal(IRewardDistributor.Unauthorized.selector);
        rewards.postRoot(0, ROOT, 0, DATASET, block.number - 1, bytes32(0));
    }

    /// @dev The event of a first post that is made now.
    function _expectPost(PostContent memory post) private {
        uint256 claimableAt = block.timestamp + WINDOW;
        bytes32 rollingHash = keccak256(
            abi.encode(rewards.domain(), _postHash(post), block.timestamp, claimableAt, uint256(1))
        );
        vm.expectEmit(distributor);
        emit IRewardDistributor.RootPosted(
            post.epoch,
            post.postNumber,
            post.root,
            post.cumulativeTotal,
            post.datasetHash,
            post.snapshotBlock,
            post.snapshotHash,
            block.timestamp,
            claimableAt,
            1,
            rollingHash
        );
    }

    function testFuzz_postRoot_emits_and_records(bytes32 root, uint256 total, bytes32 dataset, uint256 late)
        public
    {
        vm.assume(root != 0);
        total = bound(total, 0, BUDGET);
        _fundRewards(BUDGET);
        _end(0);
        skip(bound(late, 0, 365 days));
        uint256 claimableAt = block.timestamp + WINDOW;
        bytes32 snapshotHash = blockhash(block.number - 3);
        posted[1] = PostContent(0, 1, root, total, dataset, block.number - 3, snapshotHash);
        _expectPost(posted[1]);
        vm.prank(publisher);
        assertEq(rewards.postRoot(0, root, total, dataset, block.number - 3, snapshotHash), 1);

        Post memory expected = Post({
            epoch: 0,
            postNumber: 1,
            root: root,
            cumulativeTotal: total,
            postedAt: block.timestamp,
            claimableAt: claimableAt,
            quorum: 1,
            attestations: 0,
            vetoed: false,
            active: false
        });
        assertEq(abi.encode(rewards.latestPost()), abi.encode(expected));
        assertEq(rewards.activePost().postNumber, 0);
        assertEq(rewards.postCount(), 1);
        assertEq(rewards.nextEpoch(), 1);

        _activate();
        (expected.attestations, expected.active) = (1, true);
        assertEq(abi.encode(rewards.latestPost()), abi.encode(expected));
        assertEq(abi.encode(rewards.activePost()), abi.encode(expected));
    }

    function test_postRoot_reverts_before_the_epoch_has_ended() public {
        (, uint256 end) = rewards.epochBounds(0);
        vm.warp(end - 1);
        _postRefused(IRewardDistributor.EpochNotEnded.selector, 0, ROOT, 0);
        vm.warp(end);
        _post(0, ROOT, 0);
    }

    function testFuzz_postRoot_reverts_for_any_epoch_but_the_next(uint256 epoch) public {
        _postActive(0, ROOT, 0);
        _postActive(1, ROOT, 0);
        _end(2);
        vm.assume(epoch != 2);
        _postRefused(IRewardDistributor.EpochOutOfOrder.selector, epoch, ROOT, 0);
    }

    function test_postRoot_reverts_for_a_pending_epoch() public {
        _end(0);
        _post(0, ROOT, 0);
        _postRefused(IRewardDistributor.EpochOutOfOrder.selector, 0, keccak256("another"), 0);
    }

    function test_postRoot_reverts_until_the_previous_root_is_active() public {
        _end(1);
        _post(0, ROOT, 0);
        skip(WINDOW);
        // The window has passed, but nobody has attested.
        _postRefused(IRewardDistributor.PreviousNotActive.selector, 1, ROOT, 0);
        _attest(auditor, 0, 1, ROOT);
        _post(1, ROOT, 0);
        _attest(auditor, 1, 2, ROOT);
        skip(WINDOW - 1);
        _end(2);
        _attest(secondAuditor, 1, 2, ROOT);
        _post(2, ROOT, 0);
    }

    function test_postRoot_reverts_for_a_zero_root() public {
        _end(0);
        _postRefused(IRewardDistributor.ZeroRoot.selector, 0, 0, 0);
    }

    function test_an_epoch_that_adds_nothing_posts_the_previous_root_again() public {
        bytes32 empty = rewards.domain();
        _postActive(0, empty, 0);
        _postActive(1, empty, 0);
        assertEq(rewards.activePost().epoch, 1);
        assertEq(rewards.activePost().root, empty);
    }

    // ---------------------------------------------------------------- snapshot

    /// @dev Where logs count blocks otherwise than `block.number`, the named block may be far ahead of it.
    function testFuzz_postRoot_takes_a_snapshot_block_that_the_contract_cannot_know(
        uint256 ahead,
        bytes32 hash
    ) public {
        _end(0);
        uint256 snapshotBlock = bound(ahead, block.number, type(uint256).max);
        vm.prank(publisher);
        assertEq(rewards.postRoot(0, ROOT, 0, DATASET, snapshotBlock, hash), 1);
    }

    function testFuzz_postRoot_checks_the_snapshots_hash_while_the_chain_knows_it(uint256 age, bytes32 hash)
        public
    {
        age = bound(age, 1, 256);
        _end(0);
        uint256 snapshotBlock = block.number - age;
        bytes32 known = blockhash(snapshotBlock);
        assertTrue(known != 0);
        vm.assume(hash != known);
        vm.startPrank(publisher);
        _expectRefusal(IRewardDistributor.SnapshotInvalid.selector);
        rewards.postRoot(0, ROOT, 0, DATASET, snapshotBlock, hash);
        rewards.postRoot(0, ROOT, 0, DATASET, snapshotBlock, known);
    }

    function testFuzz_postRoot_leaves_an_old_snapshots_hash_to_the_auditors(uint256 age, bytes32 hash)
        public
    {
        _end(0);
        age = bound(age, 257, block.number);
        vm.prank(publisher);
        rewards.postRoot(0, ROOT, 0, DATASET, block.number - age, hash);
    }

    // ---------------------------------------------------------------- budget and carry

    function testFuzz_postRoot_reverts_above_the_budget(uint256 excess) public {
        excess = bound(excess, 1, type(uint96).max - BUDGET);
        _fundRewards(type(uint96).max);
        _end(0);
        _postRefused(IRewardDistributor.BudgetExceeded.selector, 0, ROOT, BUDGET + excess);
        _post(0, ROOT, BUDGET);
    }

    function test_postRoot_reverts_for_a_total_of_2_to_the_96_or_more() public {
        _end(0);
        uint256 snapshotBlock = block.number - 1;
        bytes32 snapshotHash = blockhash(snapshotBlock);
        vm.startPrank(publisher);
        _expectInvalid("cumulativeTotal");
        rewards.postRoot(0, ROOT, 2 ** 96, DATASET, snapshotBlock, snapshotHash);
        _expectInvalid("cumulativeTotal");
        rewards.postRoot(0, ROOT, type(uint256).max, DATASET, snapshotBlock, snapshotHash);
    }

    function testFuzz_postRoot_reverts_when_the_total_decreases(uint256 first, uint256 second) public {
        first = bound(first, 1, BUDGET);
        second = bound(second, 0, first - 1);
        _postActive(0, ROOT, first);
        _end(1);
        _postRefused(IRewardDistributor.TotalDecreased.selector, 1, ROOT, second);
    }

    /// @dev Against the definition, over epochs with budgets of their own: carry = min(budget, budget + carry
    /// - added), and no post may add a wei more than budget + carry.
    function testFuzz_carry_follows_its_definition(uint256[5] memory budgets, uint256[5] memory parts)
        public
    {
        for (uint256 i = 0; i < 5; ++i) {
            budgets[i] = i < 2 ? BUDGET : (budgets[i] % 4 == 0 ? 0 : bound(budgets[i], 0, 2 ** 90));
            if (i < 2) continue;
            vm.prank(owner);
            rewards.addSegment(i, budgets[i], POLICY);
        }
        uint256 carry = 0;
        uint256 total = 0;
        for (uint256 i = 0; i < 5; ++i) {
            uint256 available = budgets[i] + carry;
            uint256 added = parts[i] % 3 == 0 ? available : bound(parts[i], 0, available);
            _fundRewards(available + 1);
            _end(i);
            _postRefused(IRewardDistributor.BudgetExceeded.selector, i, ROOT, total + available + 1);
            total += added;
            _post(i, ROOT, total);
            assertEq(rewards.carry(), carry, "a pending root moves no carry");
            _activate();
            carry = available - added < budgets[i] ? available - added : budgets[i];
            assertEq(rewards.carry(), carry);
        }
    }

    function test_carry_is_capped_at_one_budget() public {
        _postActive(0, ROOT, 0);
        assertEq(rewards.carry(), BUDGET);
        _postActive(1, ROOT, 0);
        assertEq(rewards.carry(), BUDGET);
        _postActive(2, ROOT, 2 * BUDGET);
        assertEq(rewards.carry(), 0);
    }

    function test_an_epoch_without_budget_offers_the_old_carry_once_and_leaves_none() public {
        vm.startPrank(owner);
        rewards.addSegment(2, 0, POLICY);
        rewards.addSegment(3, BUDGET, POLICY);
        vm.stopPrank();
        _postActive(0, ROOT, 0);
        _postActive(1, ROOT, 0);
        assertEq(rewards.carry(), BUDGET);
        _postActive(2, ROOT, BUDGET - 1);
        assertEq(rewards.carry(), 0);
        _fundRewards(2 * BUDGET);
        _end(3);
        _postRefused(IRewardDistributor.BudgetExceeded.selector, 3, ROOT, 2 * BUDGET);
        _post(3, ROOT, 2 * BUDGET - 1);
    }

    function testFuzz_a_veto_leaves_total_and_carry_as_before(uint256 first, uint256 wrong, uint256 right)
        public
    {
        first = bound(first, 0, BUDGET);
        uint256 carry = BUDGET - first;
        wrong = bound(wrong, 0, BUDGET + carry);
        right = bound(right, 0, BUDGET + carry);
        _fundRewards(3 * BUDGET);
        _postActive(0, ROOT, first);
        _end(1);
        for (uint256 i = 0; i < 3; ++i) {
            uint256 number = _post(1, keccak256("wrong"), first + wrong);
            assertEq(number, 2 + i);
            _veto(guardian, 1, number, keccak256("wrong"));
            assertEq(rewards.nextEpoch(), 1);
            assertEq(rewards.carry(), carry);
            assertEq(rewards.activePost().cumulativeTotal, first);
            _postRefused(IRewardDistributor.BudgetExceeded.selector, 1, ROOT, first + BUDGET + carry + 1);
        }
        _post(1, ROOT, first + right);
        assertEq(rewards.latestPost().postNumber, 5);
        assertEq(rewards.latestPost().attestations, 0);
        _activate();
        uint256 left = BUDGET + carry - right;
        assertEq(rewards.carry(), left < BUDGET ? left : BUDGET);
        assertEq(rewards.activePost().cumulativeTotal, first + right);
    }

    // ---------------------------------------------------------------- funding, promises, surplus

    function testFuzz_postRoot_reverts_beyond_the_funds_held(uint256 held, uint256 total) public {
        total = bound(total, 1, BUDGET);
        held = bound(held, 0, total - 1);
        _fundRewards(held);
        _end(0);
        _postRefused(IRewardDistributor.InsufficientFunds.selector, 0, ROOT, total);
        _fundRewards(total - held);
        _post(0, ROOT, total);
    }

    function test_only_what_is_unclaimed_has_to_be_held() public {
        _register(prover, MIN_SELF_STAKE, 0);
        _postActive(0, _root(_one(prover, BUDGET, 0)), BUDGET);
        _claim(Leaf(prover, BUDGET, 0), new bytes32[](0));
        assertEq(rewards.funds(), 0);
        _end(1);
        _postRefused(IRewardDistributor.InsufficientFunds.selector, 1, ROOT, BUDGET + 1);
        _fundRewards(1);
        _post(1, ROOT, BUDGET + 1);
    }

    function test_promised_before_the_first_root() public {
        assertEq(rewards.promised(), 2 * BUDGET, "epoch 0, which runs, and epoch 1");
        _end(2);
        assertEq(rewards.promised(), 5 * BUDGET, "epochs 0 to 4");
    }

    function testFuzz_promised_leaves_out_what_a_segment_announces_for_later(uint256 fromEpoch) public {
        fromEpoch = bound(fromEpoch, 3, 100);
        vm.prank(owner);
        rewards.addSegment(fromEpoch, 7 * BUDGET, POLICY);
        assertEq(rewards.promised(), 2 * BUDGET, "epochs 0 and 1, whose budgets stay what they are");
    }

    function test_promised_moves_with_segments_roots_and_claims() public {
        _register(prover, MIN_SELF_STAKE, 0);
        vm.startPrank(owner);
        rewards.addSegment(2, 3 * BUDGET, POLICY);
        rewards.addSegment(2, 2 * BUDGET, POLICY);
        vm.stopPrank();
        assertEq(rewards.promised(), 2 * BUDGET);
        _fundRewards(20 * BUDGET);
        _end(0);
        assertEq(rewards.promised(), BUDGET + BUDGET + 2 * BUDGET, "epochs 0, 1, 2");
        _post(0, _root(_one(prover, 400 ether, 0)), 400 ether);
        assertEq(rewards.promised(), 4 * BUDGET, "a pending root promises nothing more");
        _activate();
        assertEq(rewards.promised(), 400 ether + 600 ether + BUDGET + 2 * BUDGET, "unclaimed, carry, 1, 2");
        _claim(Leaf(prover, 400 ether, 0), new bytes32[](0));
        assertEq(rewards.promised(), 600 ether + 3 * BUDGET);
        _end(1);
        _post(1, ROOT, 400 ether + BUDGET);
        assertEq(rewards.promised(), 600 ether + BUDGET + 4 * BUDGET, "carry, 1, 2, 3");
        _veto(auditor, 1, 2, ROOT);
        assertEq(rewards.promised(), 600 ether + 5 * BUDGET);
        assertEq(rewards.surplus(), 20 * BUDGET - 400 ether - rewards.promised());
    }

    function testFuzz_withdrawSurplus_never_touches_promises(uint256 held, uint256 amount, uint256 total)
        public
    {
        held = bound(held, BUDGET, 100 * BUDGET);
        total = bound(total, 0, BUDGET);
        _fundRewards(held);
        _postActive(0, ROOT, total);
        uint256 promised = rewards.promised();
        assertEq(promised, total + (BUDGET - total) + 2 * BUDGET);
        uint256 surplus = held > promised ? held - promised : 0;
        assertEq(rewards.surplus(), surplus);
        amount = bound(amount, 0, held);
        vm.prank(owner);
        if (amount > surplus) {
            _expectRefusal(IRewardDistributor.SurplusExceeded.selector);
            rewards.withdrawSurplus(stranger, amount);
            return;
        }
        vm.expectEmit(distributor);
        emit IRewardDistributor.SurplusWithdrawn(stranger, amount);
        rewards.withdrawSurplus(stranger, amount);
        assertEq(token.balanceOf(stranger), amount);
        assertEq(rewards.funds(), held - amount);
        assertEq(rewards.promised(), promised);
    }

    function test_withdrawSurplus_reverts_for_zero_and_while_epochs_are_not_funded() public {
        vm.startPrank(owner);
        _expectRefusal(IRewardDistributor.ZeroAddress.selector);
        rewards.withdrawSurplus(address(0), 0);
        _fundRewards(2 * BUDGET);
        assertEq(rewards.surplus(), 0);
        _expectRefusal(IRewardDistributor.SurplusExceeded.selector);
        rewards.withdrawSurplus(owner, 1);
    }

    /// @dev An owner in a hurry appends, raises and withdraws whatever it can: the pending root stays payable.
    function test_the_owner_cannot_take_what_a_pending_root_spends() public {
        _fundRewards(10 * BUDGET);
        _register(prover, MIN_SELF_STAKE, 0);
        _end(0);
        _post(0, _root(_one(prover, BUDGET, 0)), BUDGET);
        vm.startPrank(owner);
        rewards.withdrawSurplus(owner, rewards.surplus());
        rewards.addSegment(3, 0, POLICY);
        assertEq(rewards.surplus(), 0);
        vm.stopPrank();
        _activate();
        assertEq(_claim(Leaf(prover, BUDGET, 0), new bytes32[](0)), BUDGET);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {DistributorFixture} from "./helpers/DistributorFixture.sol";
import {MerkleTree} from "./helpers/MerkleTree.sol";
import {HookToken} from "./helpers/OddTokens.sol";
import {TestToken} from "./helpers/TestToken.sol";
import {IProverRegistry, ProverRecord} from "contracts/interfaces/IProverRegistry.sol";
import {ClaimParams, IRewardDistributor} from "contracts/interfaces/IRewardDistributor.sol";
import {RewardClaims} from "contracts/libraries/RewardClaims.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Claims, one by one and in batches.
contract RewardDistributorClaimsTest is DistributorFixture {
    bytes32[] private none;

    function setUp() public override {
        super.setUp();
        _register(prover, MIN_SELF_STAKE, 1000);
    }

    function _deployToken() internal override returns (TestToken) {
        return new HookToken();
    }

    /// @dev A crowd's leaves with that of `prover` among them, at the place that `seed` says.
    function _among(uint256 count, uint256 seed, uint256 cumulative, uint256 commission)
        private
        view
        returns (Leaf[] memory leaves, uint256 index)
    {
        leaves = _crowd(count);
        index = seed % count;
        leaves[index] = Leaf(prover, cumulative, commission);
    }

    /// @dev Alone and in a batch, whose code is another.
    function _refused(bytes4 error, Leaf memory leaf, bytes32[] memory merkleProof) private {
        _expectRefusal(error);
        rewards.claim(leaf.prover, leaf.cumulative, leaf.commission, merkleProof);
        ClaimParams[] memory claims = new ClaimParams[](1);
        claims[0] = ClaimParams(leaf.prover, leaf.cumulative, leaf.commission, merkleProof);
        vm.expectEmit(distributor);
        emit IRewardDistributor.ClaimSkipped(leaf.prover, error);
        (uint256 paid, uint256 skipped) = rewards.claimBatch(claims);
        assertEq(paid, 0);
        assertEq(skipped, 1);
    }

    // ---------------------------------------------------------------- success

    function testFuzz_claim_pays_the_vault_and_the_commission_account(
        uint256 count,
        uint256 seed,
        uint256 cumulative,
        uint256 commission,
        address caller
    ) public {
        count = bound(count, 1, 40);
        cumulative = bound(cumulative, 1, BUDGET);
        commission = bound(commission, 0, cumulative * MAX_COMMISSION_BPS / 10_000);
        (Leaf[] memory leaves, uint256 index) = _among(count, seed, cumulative, commission);
        _postActive(0, _root(leaves), BUDGET);
        bytes32[] memory merkleProof = _proof(leaves, index);
        address vault = registry.vaultOf(prover);
        uint256 active = _activeAssets(prover);

        vm.expectEmit(distributor);
        emit IRewardDistributor.Claimed(prover, 0, cumulative, cumulative, commission);
        vm.prank(caller);
        assertEq(rewards.claim(prover, cumulative, commission, merkleProof), cumulative);

        assertEq(token.balanceOf(vault), MIN_SELF_STAKE + cumulative);
        assertEq(_activeAssets(prover), active + cumulative - commission);
        assertEq(_commissionOwed(prover), commission);
        assertEq(rewards.totalClaimed(), cumulative);
        assertEq(rewards.funds(), BUDGET - cumulative);
        ProverRecord memory record = registry.proverRecord(prover);
        assertEq(record.claimed, cumulative);
        assertEq(record.claimedCommission, commission);

        // Nothing is paid twice, and asking again is no error.
        vm.recordLogs();
        assertEq(rewards.claim(prover, cumulative, commission, merkleProof), 0);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(rewards.totalClaimed(), cumulative);
    }

    function testFuzz_an_unclaimed_amount_is_paid_with_the_next_root(uint256 first, uint256 second) public {
        first = bound(first, 1, BUDGET);
        second = bound(second, 1, BUDGET);
        _postActive(0, _root(_one(prover, first, 0)), first);
        _postActive(1, _root(_one(prover, first + second, second / 10)), first + second);
        vm.expectEmit(distributor);
        emit IRewardDistributor.Claimed(prover, 1, first + second, first + second, second / 10);
        assertEq(_claim(Leaf(prover, first + second, second / 10), none), first + second);
    }

    function testFuzz_claims_pay_the_difference(uint256 first, uint256 second) public {
        first = bound(first, 1, BUDGET);
        second = bound(second, 1, BUDGET);
        _postActive(0, _root(_one(prover, first, first / 10)), first);
        assertEq(_claim(Leaf(prover, first, first / 10), none), first);
        uint256 commission = first / 10 + second / 4;
        _postActive(1, _root(_one(prover, first + second, commission)), first + second);
        assertEq(_claim(Leaf(prover, first + second, commission), none), second);
        assertEq(_commissionOwed(prover), commission);
        assertEq(rewards.totalClaimed(), first + second);
    }

    /// @dev One leaf keeps its amount while others grow: claiming it anew pays nothing and fails nothing.
    function test_a_leaf_that_stays_the_same_pays_nothing_more() public {
        Leaf[] memory leaves = _crowd(4);
        leaves[2] = Leaf(prover, 10 ether, 1 ether);
        _postActive(0, _root(leaves), 100 ether);
        rewards.claim(prover, 10 ether, 1 ether, _proof(leaves, 2));
        leaves[0].cumulative += 5 ether;
        _postActive(1, _root(leaves), 105 ether);
        assertEq(rewards.claim(prover, 10 ether, 1 ether, _proof(leaves, 2)), 0);
    }

    function test_the_previous_root_stays_claimable_while_the_next_is_pending_or_vetoed() public {
        Leaf[] memory old = _one(prover, 10 ether, 0);
        Leaf[] memory next = _one(prover, 30 ether, 0);
        _postActive(0, _root(old), 10 ether);
        _fundRewards(BUDGET);
        _end(1);
        _post(1, _root(next), 30 ether);
        _refused(IRewardDistributor.InvalidMerkleProof.selector, next[0], none);
        assertEq(rewards.activePost().epoch, 0);
        _veto(guardian, 1, 2, _root(next));
        skip(WINDOW);
        _refused(IRewardDistributor.InvalidMerkleProof.selector, next[0], none);
        vm.expectEmit(distributor);
        emit IRewardDistributor.Claimed(prover, 0, 10 ether, 10 ether, 0);
        assertEq(_claim(old[0], none), 10 ether);
        _post(1, _root(next), 30 ether);
        _activate();
        assertEq(_claim(next[0], none), 20 ether);
    }

    function test_claims_work_for_inactive_and_jailed_provers_and_while_paused() public {
        _postActive(0, _root(_one(prover, 10 ether, 0)), 10 ether);
        vm.prank(prover);
        registry.deactivate();
        vm.startPrank(guardian);
        registry.jail(prover);
        registry.pause();
        vm.stopPrank();
        assertEq(_claim(Leaf(prover, 10 ether, 0), none), 10 ether);
    }

    // ---------------------------------------------------------------- refusals

    function test_claim_reverts_before_any_root_is_active() public {
        Leaf memory leaf = Leaf(prover, 10 ether, 0);
        _refused(IRewardDistributor.NoActiveRoot.selector, leaf, none);
        _fundRewards(BUDGET);
        _end(0);
        _post(0, _root(_one(prover, 10 ether, 0)), 10 ether);
        _refused(IRewardDistributor.NoActiveRoot.selector, leaf, none);
        _veto(guardian, 0, 1, rewards.latestPost().root);
        skip(WINDOW);
        _refused(IRewardDistributor.NoActiveRoot.selector, leaf, none);
    }

    function test_stale_proofs_fail_or_pay_nothing() public {
        Leaf[] memory leaves = _crowd(5);
        leaves[1] = Leaf(prover, 10 ether, 1 ether);
        _postActive(0, _root(leaves), 100 ether);
        bytes32[] memory stale = _proof(leaves, 1);
        rewards.claim(prover, 10 ether, 1 ether, stale);
        leaves[1] = Leaf(prover, 20 ether, 2 ether);
        _postActive(1, _root(leaves), 110 ether);
        _refused(IRewardDistributor.InvalidMerkleProof.selector, Leaf(prover, 10 ether, 1 ether), stale);
        rewards.claim(prover, 20 ether, 2 ether, _proof(leaves, 1));
        // A root that passed although it takes back what was paid: its leaf is refused, nothing is lost.
        leaves[1] = Leaf(prover, 15 ether, 2 ether);
        _postActive(2, _root(leaves), 110 ether);
        _refused(IProverRegistry.CumulativeDecreased.selector, leaves[1], _proof(leaves, 1));
        // One that takes back commission only: the amount is paid, without any.
        leaves[1] = Leaf(prover, 25 ether, 1 ether);
        _postActive(3, _root(leaves), 120 ether);
        bytes32[] memory path = _proof(leaves, 1);
        vm.expectEmit(distributor);
        emit IRewardDistributor.Claimed(prover, 3, 25 ether, 5 ether, 0);
        assertEq(_claim(leaves[1], path), 5 ether);
        assertEq(registry.proverRecord(prover).claimedCommission, 2 ether);
    }

    function testFuzz_claim_reverts_for_anything_but_the_leaf(uint256 count, uint256 seed, uint256 what)
        public
    {
        count = bound(count, 2, 33);
        (Leaf[] memory leaves, uint256 index) = _among(count, seed, 10 ether, 1 ether);
        _postActive(0, _root(leaves), BUDGET);
        bytes32[] memory merkleProof = _proof(leaves, index);
        Leaf memory leaf = leaves[index];
        what = bound(what, 0, 5);
        if (what == 0) leaf.cumulative += 1;
        if (what == 1) leaf.commission -= 1;
        if (what == 2) leaf.prover = stranger;
        if (what == 3) merkleProof[seed % merkleProof.length] ^= bytes32(uint256(1) << (seed % 256));
        if (what == 4) {
            assembly ("memory-safe") {
                mstore(merkleProof, sub(mload(merkleProof), 1))
            }
        }
        if (what == 5) merkleProof = none;
        _refused(IRewardDistributor.InvalidMerkleProof.selector, leaf, merkleProof);
    }

    /// @dev An inner node is the hash of two words, a leaf's first hash too: only the second keeps them apart.
    function test_an_inner_node_is_no_leaf() public {
        Leaf[] memory leaves = _crowd(4);
        leaves[0] = Leaf(prover, 10 ether, 0);
        bytes32[] memory sorted = MerkleTree.sorted(_hashes(leaves));
        _postActive(0, _root(leaves), BUDGET);
        bytes32[] memory path = new bytes32[](1);
        path[0] = keccak256(abi.encode(sorted[2], sorted[3]));
        // The first two leaves' parent, presented as a prover and an amount.
        _refused(
            IRewardDistributor.InvalidMerkleProof.selector,
            Leaf(address(uint160(uint256(sorted[0]))), uint256(sorted[1]), 0),
            path
        );
        // The root itself with an empty proof.
        _refused(IRewardDistributor.InvalidMerkleProof.selector, leaves[0], none);
    }

    function test_leaves_of_another_chain_or_distributor_are_refused() public {
        bytes32 elsewhere = keccak256(abi.encode(block.chainid, makeAddr("another distributor")));
        bytes32 otherChain = keccak256(abi.encode(block.chainid + 1, distributor));
        bytes32[2] memory domains = [elsewhere, otherChain];
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 leaf =
                keccak256(abi.encode(keccak256(abi.encode(domains[i], prover, 10 ether, uint256(0)))));
            _postActive(i, leaf, 10 ether);
            _refused(IRewardDistributor.InvalidMerkleProof.selector, Leaf(prover, 10 ether, 0), none);
        }
    }

    function test_the_empty_trees_root_pays_nobody() public {
        _postActive(0, rewards.domain(), 0);
        _refused(IRewardDistributor.InvalidMerkleProof.selector, Leaf(prover, 0, 0), none);
    }

    function test_claim_reverts_for_a_proof_longer_than_32() public {
        _postActive(0, _root(_one(prover, 1, 0)), 1);
        _refused(IRewardDistributor.MerkleProofTooLong.selector, Leaf(prover, 1, 0), new bytes32[](33));
        _refused(IRewardDistributor.InvalidMerkleProof.selector, Leaf(prover, 1, 0), new bytes32[](32));
    }

    function test_a_proof_of_32_is_accepted() public {
        bytes32[] memory path = new bytes32[](32);
        bytes32 node = _hash(Leaf(prover, 1, 0));
        for (uint256 i = 0; i < 32; ++i) {
            path[i] = keccak256(abi.encode(i));
            node =
                node < path[i] ? keccak256(abi.encode(node, path[i])) : keccak256(abi.encode(path[i], node));
        }
        _postActive(0, node, 1);
        assertEq(_claim(Leaf(prover, 1, 0), path), 1);
    }

    function test_claim_reverts_for_unknown_provers_and_too_much_commission() public {
        Leaf[] memory leaves = _crowd(2);
        leaves[1] = Leaf(prover, 10_000, MAX_COMMISSION_BPS + 1);
        _postActive(0, _root(leaves), BUDGET);
        _refused(IProverRegistry.ProverUnknown.selector, leaves[0], _proof(leaves, 0));
        _refused(IProverRegistry.ExcessiveCommission.selector, leaves[1], _proof(leaves, 1));
    }

    /// @dev A publisher with a stolen key, and auditors asleep: leaves that sum above the total.
    function testFuzz_claims_never_exceed_the_total_whatever_the_leaves_say(
        uint256 total,
        uint256 mine,
        uint256 theirs
    ) public {
        total = bound(total, 0, BUDGET);
        mine = bound(mine, 1, type(uint96).max);
        theirs = bound(theirs, 1, type(uint96).max);
        _register(stranger, MIN_SELF_STAKE, 0);
        // Money that belongs to later epochs.
        _fundRewards(type(uint96).max);
        Leaf[] memory leaves = new Leaf[](2);
        leaves[0] = Leaf(prover, mine, 0);
        leaves[1] = Leaf(stranger, theirs, 0);
        _postActive(0, _root(leaves), total);
        uint256 paid = 0;
        for (uint256 i = 0; i < 2; ++i) {
            bytes32[] memory merkleProof = _proof(leaves, i);
            if (paid + leaves[i].cumulative > total) {
                _refused(IRewardDistributor.TotalExceeded.selector, leaves[i], merkleProof);
            } else {
                paid += _claim(leaves[i], merkleProof);
            }
        }
        assertLe(rewards.totalClaimed(), total);
        assertEq(rewards.totalClaimed(), paid);
        assertEq(rewards.funds(), type(uint96).max - paid);
    }

    // ---------------------------------------------------------------- reentrancy

    function _hooked(bytes memory payload) private returns (bool succeeded, bytes memory result) {
        HookToken hook = HookToken(address(token));
        hook.arm(distributor, payload);
        _claim(Leaf(prover, 10 ether, 0), none);
        assertTrue(hook.called());
        return (hook.succeeded(), hook.result());
    }

    function test_nothing_that_moves_or_promises_tokens_can_be_reentered() public {
        _postActive(0, _root(_one(prover, 10 ether, 0)), 10 ether);
        uint256 snapshot = vm.snapshotState();
        bytes[4] memory payloads = [
            abi.encodeCall(rewards.claimTogether, (new ClaimParams[](0))),
            abi.encodeCall(rewards.claim, (prover, 10 ether, 0, none)),
            abi.encodeCall(rewards.withdrawSurplus, (stranger, 1)),
            abi.encodeCall(rewards.postRoot, (1, bytes32(uint256(1)), 0, DATASET, 0, bytes32(0)))
        ];
        for (uint256 i = 0; i < payloads.length; ++i) {
            (bool succeeded, bytes memory result) = _hooked(payloads[i]);
            assertFalse(succeeded);
            assertEq(result, abi.encodePacked(IRewardDistributor.Reentered.selector));
            vm.revertToState(snapshot);
        }
    }

    function test_a_batch_inside_a_claim_skips_everything() public {
        _postActive(0, _root(_one(prover, 10 ether, 0)), 10 ether);
        ClaimParams[] memory claims = new ClaimParams[](1);
        claims[0] = ClaimParams(prover, 10 ether, 0, none);
        (bool succeeded, bytes memory result) = _hooked(abi.encodeCall(rewards.claimBatch, (claims)));
        assertTrue(succeeded);
        assertEq(result, abi.encode(0, 1));
        assertEq(rewards.totalClaimed(), 10 ether);
    }

    // ---------------------------------------------------------------- batches

    function testFuzz_claimBatch_pays_everyone(uint256 count) public {
        count = bound(count, 0, 12);
        Leaf[] memory leaves = _crowd(count + 1);
        uint256 sum = 0;
        for (uint256 i = 0; i < count; ++i) {
            _register(leaves[i].prover, MIN_SELF_STAKE, 0);
            sum += leaves[i].cumulative;
        }
        _postActive(0, _root(leaves), sum + 1 ether + count);
        ClaimParams[] memory claims = new ClaimParams[](count);
        for (uint256 i = 0; i < count; ++i) {
            claims[i] = _params(leaves, i);
            vm.expectEmit(distributor);
            emit IRewardDistributor.Claimed(
                leaves[i].prover, 0, leaves[i].cumulative, leaves[i].cumulative, leaves[i].commission
            );
        }
        vm.prank(stranger);
        (uint256 paid, uint256 skipped) = rewards.claimBatch(claims);
        assertEq(paid, sum);
        assertEq(skipped, 0);
        assertEq(rewards.totalClaimed(), sum);
    }

    /// @dev One wei is the least there is to pay; for nothing, nothing is moved.
    function test_a_batch_pays_one_wei_and_makes_no_transfer_of_nothing() public {
        _postActive(0, _root(_one(prover, 10 ether, 0)), 10 ether);
        _claim(Leaf(prover, 10 ether, 0), none);
        _postActive(1, _root(_one(prover, 10 ether + 1, 0)), 10 ether + 1);
        ClaimParams[] memory claims = new ClaimParams[](2);
        claims[0] = ClaimParams(prover, 10 ether + 1, 0, none);
        claims[1] = claims[0];
        uint256 held = token.balanceOf(registry.vaultOf(prover));

        vm.recordLogs();
        (uint256 paid, uint256 skipped) = rewards.claimBatch(claims);
        assertEq(paid, 1);
        assertEq(skipped, 0);
        assertEq(token.balanceOf(registry.vaultOf(prover)), held + 1);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 transfers = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == keccak256("Transfer(address,address,uint256)")) ++transfers;
        }
        assertEq(transfers, 1);
    }

    /// @dev A batch in which the leaves that `bad` says are not the tree's.
    function testFuzz_claimBatch_pays_the_leaves_and_skips_the_rest(
        uint256 count,
        uint256 bad,
        address caller,
        bool together
    ) public {
        count = bound(count, 1, 8);
        Leaf[] memory leaves = _crowd(9);
        _postActive(0, _root(leaves), BUDGET);
        ClaimParams[] memory claims = new ClaimParams[](count);
        uint256 sum = 0;
        uint256 left = 0;
        for (uint256 i = 0; i < count; ++i) {
            Leaf memory leaf = leaves[i];
            _register(leaf.prover, MIN_SELF_STAKE, 0);
            claims[i] = _params(leaves, i);
            if (bad >> i & 1 == 1) {
                ++claims[i].cumulative;
                ++left;
            } else {
                sum += leaf.cumulative;
            }
        }
        for (uint256 i = 0; i < count; ++i) {
            Leaf memory leaf = leaves[i];
            vm.expectEmit(distributor);
            if (bad >> i & 1 == 1) {
                emit IRewardDistributor.ClaimSkipped(
                    leaf.prover, IRewardDistributor.InvalidMerkleProof.selector
                );
            } else {
                emit IRewardDistributor.Claimed(
                    leaf.prover, 0, leaf.cumulative, leaf.cumulative, leaf.commission
                );
            }
        }
        uint256 paid;
        uint256 skipped;
        vm.prank(together ? distributor : caller);
        if (together) (paid, skipped) = rewards.claimTogether(claims);
        else (paid, skipped) = rewards.claimBatch(claims);

        assertEq(paid, sum);
        assertEq(skipped, left);
        assertEq(rewards.totalClaimed(), sum);
        assertEq(rewards.funds(), BUDGET - sum);
        for (uint256 i = 0; i < count; ++i) {
            uint256 claimed = bad >> i & 1 == 1 ? 0 : leaves[i].cumulative;
            assertEq(registry.proverRecord(leaves[i].prover).claimed, claimed);
            assertEq(token.balanceOf(registry.vaultOf(leaves[i].prover)), MIN_SELF_STAKE + claimed);
        }
    }

    /// @dev Six provers, of whom one never registered, one asks for too much commission, and one for more than
    /// the whole total.
    function _sixLeaves() private returns (Leaf[] memory leaves) {
        leaves = new Leaf[](6);
        for (uint256 i = 0; i < 6; ++i) {
            leaves[i] = Leaf(makeAddr(vm.toString(i)), 10 ether, 1 ether);
            if (i != 5) _register(leaves[i].prover, MIN_SELF_STAKE, 0);
        }
        leaves[2].commission = 9 ether;
        leaves[3].cumulative = 1000 ether;
        _postActive(0, _root(leaves), 100 ether);
        // What has been claimed already is not skipped; it pays nothing.
        rewards.claim(leaves[1].prover, 10 ether, 1 ether, _proof(leaves, 1));
    }

    /// @dev The last `reasons.length` of the events: those of an attempt that reverted come first, and only
    /// this test framework sees them.
    function _assertSkipped(address[] memory provers, bytes4[] memory reasons) private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 left = reasons.length;
        for (uint256 i = logs.length; left != 0; --i) {
            if (logs[i - 1].topics[0] != IRewardDistributor.ClaimSkipped.selector) continue;
            --left;
            assertEq(logs[i - 1].topics[1], bytes32(uint256(uint160(provers[left]))));
            assertEq(logs[i - 1].data, abi.encode(reasons[left]));
        }
    }

    function test_claimBatch_skips_what_cannot_be_paid_and_says_why() public {
        Leaf[] memory leaves = _sixLeaves();
        ClaimParams[] memory claims = new ClaimParams[](7);
        claims[0] = _params(leaves, 0);
        claims[1] = _params(leaves, 1);
        claims[2] = _params(leaves, 2);
        claims[3] = _params(leaves, 5);
        claims[4] = ClaimParams(leaves[0].prover, 11 ether, 1 ether, claims[0].merkleProof);
        claims[5] = ClaimParams(leaves[0].prover, 10 ether, 1 ether, new bytes32[](33));
        claims[6] = _params(leaves, 4);
        address[] memory provers = new address[](4);
        bytes4[] memory reasons = new bytes4[](4);
        (provers[0], reasons[0]) = (leaves[2].prover, IProverRegistry.ExcessiveCommission.selector);
        (provers[1], reasons[1]) = (leaves[5].prover, IProverRegistry.ProverUnknown.selector);
        (provers[2], reasons[2]) = (leaves[0].prover, IRewardDistributor.InvalidMerkleProof.selector);
        (provers[3], reasons[3]) = (leaves[0].prover, IRewardDistributor.MerkleProofTooLong.selector);

        vm.recordLogs();
        (uint256 paid, uint256 skipped) = rewards.claimBatch(claims);
        assertEq(paid, 20 ether);
        assertEq(skipped, 4);
        _assertSkipped(provers, reasons);
        assertEq(rewards.totalClaimed(), 30 ether);
        assertEq(registry.proverRecord(leaves[4].prover).claimed, 10 ether);
        assertEq(registry.proverRecord(leaves[2].prover).claimed, 0);
    }

    function test_claimBatch_skips_what_exceeds_the_total_and_pays_the_rest() public {
        Leaf[] memory leaves = _sixLeaves();
        ClaimParams[] memory claims = new ClaimParams[](4);
        claims[0] = _params(leaves, 0);
        claims[1] = _params(leaves, 3);
        claims[2] = _params(leaves, 5);
        claims[3] = _params(leaves, 4);
        address[] memory provers = new address[](2);
        bytes4[] memory reasons = new bytes4[](2);
        (provers[0], reasons[0]) = (leaves[3].prover, IRewardDistributor.TotalExceeded.selector);
        (provers[1], reasons[1]) = (leaves[5].prover, IProverRegistry.ProverUnknown.selector);

        vm.recordLogs();
        (uint256 paid, uint256 skipped) = rewards.claimBatch(claims);
        assertEq(paid, 20 ether);
        assertEq(skipped, 2);
        _assertSkipped(provers, reasons);
        assertEq(rewards.totalClaimed(), 30 ether);
        assertEq(token.balanceOf(registry.vaultOf(leaves[4].prover)), MIN_SELF_STAKE + 10 ether);
        // What failed left nothing behind.
        assertEq(registry.proverRecord(leaves[3].prover).claimed, 0);
        assertEq(_activeAssets(leaves[3].prover), MIN_SELF_STAKE);
    }

    function test_claimBatch_pays_from_the_previous_root_while_the_next_is_pending() public {
        Leaf[] memory leaves = _sixLeaves();
        _fundRewards(BUDGET);
        _end(1);
        _post(1, keccak256("next"), 100 ether);
        ClaimParams[] memory claims = new ClaimParams[](1);
        claims[0] = _params(leaves, 0);
        vm.expectEmit(distributor);
        emit IRewardDistributor.Claimed(leaves[0].prover, 0, 10 ether, 10 ether, 1 ether);
        rewards.claimBatch(claims);
    }

    // ---------------------------------------------------------------- batches with shortened merkleProofs

    function testFuzz_claimBatch_takes_merkleProofs_that_end_at_a_known_node(uint256 count, uint256 size)
        public
    {
        count = bound(count, 2, 8);
        size = bound(size, count, 40);
        Leaf[] memory leaves = _crowd(size);
        uint256 sum = 0;
        for (uint256 i = 0; i < count; ++i) {
            _register(leaves[i].prover, MIN_SELF_STAKE, 0);
            sum += leaves[i].cumulative;
        }
        _postActive(0, _root(leaves), BUDGET);
        ClaimParams[] memory claims = _batch(leaves, count);
        bytes32[] memory hashes = _hashes(leaves);
        uint256 words = 0;
        uint256 shortWords = 0;
        for (uint256 i = 0; i < count; ++i) {
            ClaimParams memory c = claims[i];
            bytes32 leaf = rewards.leafOf(c.prover, c.cumulative, c.cumulativeCommission);
            bytes32[] memory whole = MerkleTree.proof(hashes, leaf);
            words += whole.length;
            shortWords += c.merkleProof.length;
            if (c.merkleProof.length == whole.length) continue;
            // It holds only where it stands.
            _refused(
                IRewardDistributor.InvalidMerkleProof.selector,
                Leaf(c.prover, c.cumulative, c.cumulativeCommission),
                c.merkleProof
            );
        }
        // All claims meet at the root at the latest, but for odd nodes, which have no sibling there.
        if (size == 8 || size == 16 || size == 32) assertLt(shortWords, words);
        (uint256 paid, uint256 skipped) = rewards.claimBatch(claims);
        assertEq(paid, sum);
        assertEq(skipped, 0);
    }

    /// @dev Two leaves side by side: the second needs no word at all.
    function test_a_siblings_claim_needs_no_merkleProof_and_falls_with_it() public {
        Leaf[] memory leaves = new Leaf[](2);
        leaves[0] = Leaf(prover, 10 ether, 0);
        leaves[1] = Leaf(stranger, 20 ether, 0);
        _register(stranger, MIN_SELF_STAKE, 0);
        _postActive(0, _root(leaves), 30 ether);
        ClaimParams[] memory claims = new ClaimParams[](2);
        claims[0] = _params(leaves, 0);
        claims[1] = ClaimParams(stranger, 20 ether, 0, none);
        claims[0].cumulative += 1;
        (uint256 paid, uint256 skipped) = rewards.claimBatch(claims);
        assertEq(paid, 0);
        assertEq(skipped, 2);
        claims[0].cumulative -= 1;
        (paid, skipped) = rewards.claimBatch(claims);
        assertEq(paid, 30 ether);
        assertEq(skipped, 0);
    }

    /// @dev What a claim that is no leaf calls its siblings does not become known, nor does what an earlier
    /// batch verified stay known.
    function testFuzz_claimBatch_knows_only_nodes_of_the_tree(uint256 amount) public {
        amount = bound(amount, 1, 30 ether);
        Leaf[] memory leaves = new Leaf[](3);
        leaves[0] = Leaf(prover, 10 ether, 0);
        leaves[1] = Leaf(makeAddr("another"), 10 ether, 0);
        leaves[2] = Leaf(makeAddr("third"), 10 ether, 0);
        _register(stranger, MIN_SELF_STAKE, 0);
        _postActive(0, _root(leaves), 30 ether);
        ClaimParams[] memory claims = new ClaimParams[](3);
        bytes32[] memory forged = new bytes32[](1);
        forged[0] = rewards.leafOf(stranger, amount, 0);
        // Names the forged leaf as its sibling, then as one beyond the end of a real merkleProof.
        claims[0] = ClaimParams(stranger, 1, 0, forged);
        claims[1] = _params(leaves, 0);
        bytes32[] memory longer = new bytes32[](claims[1].merkleProof.length + 1);
        longer[0] = forged[0];
        for (uint256 i = 1; i < longer.length; ++i) {
            longer[i] = claims[1].merkleProof[i - 1];
        }
        claims[1].merkleProof = longer;
        claims[2] = ClaimParams(stranger, amount, 0, none);
        (uint256 paid, uint256 skipped) = rewards.claimBatch(claims);
        assertEq(paid, 0);
        assertEq(skipped, 3);
    }

    // ---------------------------------------------------------------- batches and gas

    /// @dev With each amount of gas a batch does nothing, or all of it, never a part: a wallet's estimate is the
    /// least gas that does not revert.
    function _assertAllOrNothing(address caller, bytes memory call_, bytes memory answer) private {
        uint256 fresh = vm.snapshotState();
        uint256 short = 0;
        uint256 whole = 0;
        for (uint256 given = 20_000; given < 400_000; given += 2000) {
            // As in a transaction of its own.
            vm.cool(distributor);
            vm.cool(address(registry));
            vm.cool(address(token));
            vm.cool(registry.vaultOf(makeAddr("0")));
            vm.cool(registry.vaultOf(makeAddr("4")));
            vm.prank(caller);
            (bool done, bytes memory said) = distributor.call{gas: given}(call_);
            if (done) {
                assertEq(said, answer);
                ++whole;
            } else {
                assertEq(rewards.totalClaimed(), 10 ether);
                if (said.length == 4 && bytes4(said) == RewardClaims.InsufficientGas.selector) ++short;
                else if (caller != distributor) assertEq(said, "", "another reason");
            }
            vm.revertToState(fresh);
        }
        assertGt(short, 0, "never short of gas");
        assertGt(whole, 0, "never gas enough");
    }

    function test_claimBatch_reverts_with_InsufficientGas_and_skips_nothing_for_it() public {
        Leaf[] memory leaves = _sixLeaves();
        ClaimParams[] memory claims = new ClaimParams[](2);
        (claims[0], claims[1]) = (_params(leaves, 0), _params(leaves, 4));
        bytes memory answer = abi.encode(20 ether, 0);
        _assertAllOrNothing(stranger, abi.encodeCall(rewards.claimBatch, (claims)), answer);
        _assertAllOrNothing(distributor, abi.encodeCall(rewards.claimTogether, (claims)), answer);
    }

    /// @dev The same where one leaf exceeds the total, so that claims go one by one.
    function test_claimBatch_reverts_with_InsufficientGas_also_one_by_one() public {
        Leaf[] memory leaves = _sixLeaves();
        ClaimParams[] memory claims = new ClaimParams[](3);
        (claims[0], claims[1], claims[2]) = (_params(leaves, 0), _params(leaves, 3), _params(leaves, 4));
        _assertAllOrNothing(stranger, abi.encodeCall(rewards.claimBatch, (claims)), abi.encode(20 ether, 1));
    }

    /// @dev Late in a long batch little is left of the gas it began with: that is no lack of it.
    function test_claimBatch_judges_each_failure_by_the_gas_of_its_own_claim() public {
        Leaf[] memory leaves = _sixLeaves();
        ClaimParams[] memory claims = new ClaimParams[](60);
        for (uint256 i = 0; i < 59; ++i) {
            claims[i] = _params(leaves, 1);
        }
        claims[59] = _params(leaves, 3);
        // Encoded beforehand: what that costs the test is not the batch's.
        bytes memory batch = abi.encodeCall(rewards.claimBatch, (claims));
        uint256 fresh = vm.snapshotState();
        (bool done,) = distributor.call(batch);
        vm.revertToState(fresh);
        uint256 used = gasleft();
        (done,) = distributor.call(batch);
        used -= gasleft();
        vm.revertToState(fresh);
        bytes memory answer;
        (done, answer) = distributor.call{gas: used + used / 32}(batch);
        assertTrue(done);
        assertEq(answer, abi.encode(0, 1));
    }

    function test_claimTogether_refuses_what_claim_refuses_and_reports_it() public {
        Leaf[] memory leaves = _sixLeaves();
        ClaimParams[] memory claims = new ClaimParams[](3);
        claims[0] = ClaimParams(leaves[0].prover, 11 ether, 1 ether, _proof(leaves, 0));
        claims[1] = ClaimParams(leaves[0].prover, 10 ether, 1 ether, new bytes32[](33));
        claims[2] = _params(leaves, 0);
        vm.expectEmit(distributor);
        emit IRewardDistributor.ClaimSkipped(leaves[0].prover, IRewardDistributor.InvalidMerkleProof.selector);
        vm.expectEmit(distributor);
        emit IRewardDistributor.ClaimSkipped(leaves[0].prover, IRewardDistributor.MerkleProofTooLong.selector);
        vm.prank(distributor);
        (uint256 paid, uint256 skipped) = rewards.claimTogether(claims);
        assertEq(paid, 10 ether);
        assertEq(skipped, 2);
    }

    function test_claimTogether_reverts_as_a_whole_above_the_total_and_before_any_root() public {
        ClaimParams[] memory claims = new ClaimParams[](2);
        vm.prank(distributor);
        _expectRefusal(IRewardDistributor.NoActiveRoot.selector);
        rewards.claimTogether(claims);
        Leaf[] memory leaves = _sixLeaves();
        (claims[0], claims[1]) = (_params(leaves, 0), _params(leaves, 3));
        vm.prank(distributor);
        _expectRefusal(IRewardDistributor.TotalExceeded.selector);
        rewards.claimTogether(claims);
        assertEq(registry.proverRecord(leaves[0].prover).claimed, 0);
    }

    function testFuzz_claimTogether_is_for_claimBatch_alone(address caller) public {
        vm.assume(caller != distributor);
        _expectRefusal(IRewardDistributor.Unauthorized.selector);
        vm.prank(caller);
        rewards.claimTogether(new ClaimParams[](0));
    }

    /// @dev Lists and claims that point outside the calldata are no claims of anybody.
    function testFuzz_claimBatch_pays_nothing_for_garbage(bytes memory garbage, uint8 count) public {
        _sixLeaves();
        (bool done, bytes memory answer) = distributor.call(
            bytes.concat(rewards.claimBatch.selector, bytes32(uint256(32)), bytes32(uint256(count)), garbage)
        );
        if (done) {
            (uint256 paid,) = abi.decode(answer, (uint256, uint256));
            assertEq(paid, 0);
        }
        assertEq(rewards.totalClaimed(), 10 ether);
    }

    function test_claimBatch_skips_everything_before_a_root_is_active() public {
        ClaimParams[] memory claims = new ClaimParams[](2);
        claims[0] = ClaimParams(prover, 1, 0, none);
        claims[1] = claims[0];
        vm.expectEmit(distributor);
        emit IRewardDistributor.ClaimSkipped(prover, IRewardDistributor.NoActiveRoot.selector);
        (uint256 paid, uint256 skipped) = rewards.claimBatch(claims);
        assertEq(paid, 0);
        assertEq(skipped, 2);
    }
}

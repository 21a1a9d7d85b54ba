// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {MerkleTree} from "../helpers/MerkleTree.sol";
import {TestToken} from "../helpers/TestToken.sol";
import {ProverRegistry} from "contracts/ProverRegistry.sol";
import {RewardDistributor} from "contracts/RewardDistributor.sol";
import {ClaimParams, IRewardDistributor, Post} from "contracts/interfaces/IRewardDistributor.sol";
import {Test} from "forge-std/Test.sol";

/// @notice Everybody who touches the distributor, in any order: a publisher who sometimes signs leaves that
/// sum above the total, auditors, a guardian, an owner who changes what he may, and claimants with good and
/// stale proofs.
contract RewardsHandler is Test {
    uint256 public constant PROVERS = 4;

    struct Leaf {
        address prover;
        uint256 cumulative;
        uint256 commission;
    }

    RewardDistributor public immutable rewards;
    ProverRegistry public immutable registry;
    TestToken public immutable token;
    address public immutable publisher;
    address[3] public auditors;
    address[PROVERS] public provers;

    uint256 public funded;
    uint256 public withdrawn;
    uint256 public postsMade;
    uint256 public paidClaims;
    mapping(uint256 postNumber => Leaf[PROVERS]) internal leaves;
    mapping(uint256 postNumber => bool) public wasVetoed;

    constructor(
        RewardDistributor rewards_,
        address publisher_,
        address[3] memory auditors_,
        address[PROVERS] memory provers_
    ) {
        rewards = rewards_;
        registry = ProverRegistry(rewards_.registry());
        token = TestToken(rewards_.token());
        publisher = publisher_;
        auditors = auditors_;
        provers = provers_;
    }

    function leafOf(uint256 postNumber, uint256 i) public view returns (Leaf memory leaf) {
        leaf = leaves[postNumber][i];
        leaf.prover = provers[i];
    }

    // ---------------------------------------------------------------- actions

    function wait(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1 hours, 3 days));
        vm.roll(block.number + 1);
    }

    /// @dev Posts what comes next, with random parts of what the epoch offers; a greedy publisher signs a leaf
    /// of more than that.
    function post(uint256 seed, bool greedy) external {
        Post memory latest = rewards.latestPost();
        if (latest.postNumber != 0 && !latest.vetoed && !latest.active) _activate(latest);
        uint256 epoch = rewards.nextEpoch();
        (, uint256 end) = rewards.epochBounds(epoch);
        if (block.timestamp < end) vm.warp(end);
        vm.roll(block.number + 10);

        Post memory active = rewards.activePost();
        uint256 number = rewards.postCount() + 1;
        uint256 offered = rewards.segmentAt(epoch).budget + rewards.carry();
        uint256 total = active.cumulativeTotal;
        for (uint256 i; i < PROVERS; ++i) {
            Leaf memory leaf = leafOf(active.postNumber, i);
            uint256 amount = bound(uint256(keccak256(abi.encode(seed, i))), 0, offered);
            offered -= amount;
            total += amount;
            if (greedy && i == seed % PROVERS) amount += seed % 1e24;
            leaf.cumulative += amount;
            leaf.commission += amount / 10;
            leaves[number][i] = leaf;
        }
        uint256 owed = total - rewards.totalClaimed();
        if (rewards.funds() < owed) fund(owed - rewards.funds());
        bytes32 snapshotHash = blockhash(block.number - 1);
        bytes32 root = _root(number);
        vm.prank(publisher);
        rewards.postRoot(epoch, root, total, 0, block.number - 1, snapshotHash);
        ++postsMade;
    }

    function attest(uint256 seed) external {
        Post memory latest = rewards.latestPost();
        address by = auditors[seed % 3];
        if (latest.postNumber == 0 || latest.vetoed || rewards.hasAttested(latest.postNumber, by)) return;
        vm.prank(by);
        rewards.attest(latest.epoch, latest.postNumber, latest.root);
    }

    function veto(uint256 seed) external {
        Post memory latest = rewards.latestPost();
        if (latest.postNumber == 0 || latest.vetoed || latest.active || seed % 3 != 0) return;
        address guardian = registry.guardian();
        vm.prank(guardian);
        rewards.veto(latest.epoch, latest.postNumber, latest.root);
        wasVetoed[latest.postNumber] = true;
    }

    function claim(uint256 seed) external {
        Post memory active = rewards.activePost();
        if (active.postNumber == 0) return;
        uint256 i = seed % PROVERS;
        Leaf memory leaf = leafOf(active.postNumber, i);
        uint256 due = leaf.cumulative - registry.proverRecord(leaf.prover).claimed;
        uint256 left = active.cumulativeTotal - rewards.totalClaimed();
        bytes32[] memory path = _path(active.postNumber, i);
        if (due > left) {
            // Somebody's leaf promises more than the root's total: first come, first served, never more.
            vm.expectRevert(IRewardDistributor.TotalExceeded.selector);
            rewards.claim(leaf.prover, leaf.cumulative, leaf.commission, path);
            return;
        }
        assertEq(rewards.claim(leaf.prover, leaf.cumulative, leaf.commission, path), due);
        if (due != 0) ++paidClaims;
    }

    function claimAll(uint256) external {
        Post memory active = rewards.activePost();
        if (active.postNumber == 0) return;
        ClaimParams[] memory claims = new ClaimParams[](PROVERS);
        for (uint256 i; i < PROVERS; ++i) {
            Leaf memory leaf = leafOf(active.postNumber, i);
            claims[i] =
                ClaimParams(leaf.prover, leaf.cumulative, leaf.commission, _path(active.postNumber, i));
        }
        uint256 before = rewards.totalClaimed();
        (uint256 paid,) = rewards.claimBatch(claims);
        assertEq(rewards.totalClaimed(), before + paid);
    }

    /// @dev A leaf of any post but the active one, vetoed or pending ones included.
    function claimFromAnother(uint256 seed) external {
        Post memory active = rewards.activePost();
        uint256 number = bound(seed, 0, rewards.postCount());
        if (number == 0 || active.postNumber == 0 || _root(number) == active.root) return;
        Leaf memory leaf = leafOf(number, seed % PROVERS);
        bytes32[] memory path = _path(number, seed % PROVERS);
        vm.expectRevert(IRewardDistributor.InvalidMerkleProof.selector);
        rewards.claim(leaf.prover, leaf.cumulative, leaf.commission, path);
    }

    function fund(uint256 amount) public {
        amount = bound(amount, 0, 1e30);
        token.mint(address(rewards), amount);
        funded += amount;
    }

    function withdrawSurplus(uint256 amount) external {
        uint256 surplus = rewards.surplus();
        address owner = registry.owner();
        vm.expectRevert(IRewardDistributor.SurplusExceeded.selector);
        vm.prank(owner);
        rewards.withdrawSurplus(owner, surplus + 1);
        amount = bound(amount, 0, surplus);
        vm.prank(owner);
        rewards.withdrawSurplus(owner, amount);
        withdrawn += amount;
    }

    function addSegment(uint256 lead, uint256 budget) external {
        uint256 last = rewards.segment(rewards.segmentCount() - 1).fromEpoch;
        uint256 from = rewards.currentEpoch() + bound(lead, 2, 4);
        address owner = registry.owner();
        vm.prank(owner);
        rewards.addSegment(from < last ? last : from, bound(budget, 0, 2000e18), '{"id":"work"}');
    }

    function setQuorum(uint256 quorum) external {
        address owner = registry.owner();
        vm.prank(owner);
        rewards.setQuorum(bound(quorum, 1, 3));
    }

    // ---------------------------------------------------------------- internal

    function _activate(Post memory latest) private {
        for (uint256 i; i < 3; ++i) {
            if (rewards.hasAttested(latest.postNumber, auditors[i])) continue;
            vm.prank(auditors[i]);
            rewards.attest(latest.epoch, latest.postNumber, latest.root);
        }
        if (block.timestamp < latest.claimableAt) vm.warp(latest.claimableAt);
    }

    function _hashes(uint256 postNumber) private view returns (bytes32[] memory hashes) {
        hashes = new bytes32[](PROVERS);
        for (uint256 i; i < PROVERS; ++i) {
            hashes[i] = _hash(leafOf(postNumber, i));
        }
    }

    function _hash(Leaf memory leaf) private view returns (bytes32) {
        return rewards.leafOf(leaf.prover, leaf.cumulative, leaf.commission);
    }

    function _root(uint256 postNumber) private view returns (bytes32) {
        return MerkleTree.root(_hashes(postNumber));
    }

    function _path(uint256 postNumber, uint256 i) private view returns (bytes32[] memory) {
        return MerkleTree.proof(_hashes(postNumber), _hash(leafOf(postNumber, i)));
    }
}

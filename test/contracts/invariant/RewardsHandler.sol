// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {MerkleTree} from "../helpers/MerkleTree.sol";
import {TestToken} from "../helpers/TestToken.sol";
import {ActionCount} from "./ActionCount.sol";
import {ProverRegistry} from "contracts/ProverRegistry.sol";
import {RewardDistributor} from "contracts/RewardDistributor.sol";
import {
    ClaimParams,
    IRewardDistributor,
    Post,
    PostContent,
    SignedAttestation
} from "contracts/interfaces/IRewardDistributor.sol";
import {AttestationLib} from "contracts/libraries/AttestationLib.sol";
import {Test} from "forge-std/Test.sol";

/// @notice Everybody who touches the distributor, in any order: a publisher who sometimes signs leaves that
/// sum above the total, auditors, a guardian, an owner who changes what he may, and claimants with good and
/// stale proofs. Where an action needs a root that is pending, or one that owes something, it makes one.
contract RewardsHandler is Test, ActionCount {
    uint256 public constant PROVERS = 4;
    /// @dev The fourth comes and goes.
    uint256 public constant AUDITORS = 4;

    struct Leaf {
        address prover;
        uint256 cumulative;
        uint256 commission;
    }

    /// @dev What must only ever grow.
    struct Marks {
        uint256 activeTotal;
        uint256 activeNumber;
        uint256 postCount;
        uint256 totalClaimed;
    }

    RewardDistributor public immutable rewards;
    ProverRegistry public immutable registry;
    TestToken public immutable token;
    address public publisher;
    address[AUDITORS] public auditors;
    uint256[AUDITORS] private _keys;
    address[PROVERS] public provers;

    uint256 public funded;
    uint256 public withdrawn;
    uint256 public postsMade;
    uint256 private _names;
    Marks private _marks;
    mapping(uint256 postNumber => Leaf[PROVERS]) internal leaves;
    mapping(uint256 postNumber => PostContent) internal posted;
    /// @dev The hash of the latest post, and the rolling one of all posts and vetoes.
    bytes32 public latestPostHash;
    bytes32 public rollingHash;
    mapping(uint256 postNumber => bool) public wasVetoed;
    /// @dev As they were when the post was made.
    mapping(uint256 postNumber => uint256) public claimableAt;
    mapping(uint256 postNumber => uint256) public quorum;
    /// @dev The budgets of all epochs that have begun, and the next one's, as they were first seen.
    uint256[] public budgets;

    constructor(
        RewardDistributor rewards_,
        address publisher_,
        string[AUDITORS] memory names,
        address[PROVERS] memory provers_
    ) {
        rewards = rewards_;
        registry = ProverRegistry(rewards_.registry());
        token = TestToken(rewards_.token());
        publisher = publisher_;
        for (uint256 i; i < AUDITORS; ++i) {
            (auditors[i], _keys[i]) = makeAddrAndKey(names[i]);
        }
        provers = provers_;
        (latestPostHash, rollingHash) = (rewards_.domain(), rewards_.domain());
        _noteBudgets();
    }

    function leafOf(uint256 postNumber, uint256 i) public view returns (Leaf memory leaf) {
        leaf = leaves[postNumber][i];
        leaf.prover = provers[i];
    }

    function budgetCount() external view returns (uint256) {
        return budgets.length;
    }

    /// @dev To be used by every action, after `counted`.
    modifier watched() {
        _;
        _noteBudgets();
        Post memory active = rewards.activePost();
        Marks memory marks =
            Marks(active.cumulativeTotal, active.postNumber, rewards.postCount(), rewards.totalClaimed());
        assertGe(marks.activeTotal, _marks.activeTotal, "the active total fell");
        assertGe(marks.activeNumber, _marks.activeNumber, "an older root is active again");
        assertGe(marks.postCount, _marks.postCount, "post numbers fell");
        assertGe(marks.totalClaimed, _marks.totalClaimed, "the total claimed fell");
        _marks = marks;
    }

    // ---------------------------------------------------------------- actions

    function wait(uint256 time) external counted("wait") watched {
        vm.warp(block.timestamp + _bound(time, 1 hours, 3 days));
        vm.roll(block.number + 1);
        ++successesOf["wait"];
    }

    /// @dev Posts what comes next, with random parts of what the epoch offers; a greedy publisher signs a leaf
    /// of more than that.
    function post(uint256 seed, bool greedy) external counted("post") watched {
        _post(seed, greedy);
        ++successesOf["post"];
    }

    function attest(uint256 seed, bool signed) external counted("attest") watched {
        Post memory latest = _pending(seed);
        uint256 which = seed % AUDITORS;
        // The fourth may have been listed too late, or not at all.
        for (uint256 i; i < AUDITORS; ++i) {
            address account = auditors[which];
            if (_mayAct(account, latest.postNumber) && !rewards.hasAttested(latest.postNumber, account)) {
                break;
            }
            which = (which + 1) % AUDITORS;
        }
        address by = auditors[which];
        if (rewards.hasAttested(latest.postNumber, by) || !_mayAct(by, latest.postNumber)) return;
        if (signed) {
            rewards.attestBySignatures(posted[latest.postNumber], _signed(which, latest));
        } else {
            vm.prank(by);
            rewards.attest(posted[latest.postNumber]);
        }
        assertEq(rewards.latestPost().attestations, latest.attestations + 1);
        ++successesOf["attest"];
    }

    function veto(uint256 seed) external counted("veto") watched {
        Post memory latest = _pending(seed);
        address by = auditors[seed % AUDITORS];
        if (!_mayAct(by, latest.postNumber) || rewards.hasVetoed(latest.epoch, by)) by = registry.guardian();
        uint256 carry = rewards.carry();
        vm.prank(by);
        rewards.veto(posted[latest.postNumber]);
        rollingHash = keccak256(abi.encode(rollingHash, latestPostHash, by));
        assertEq(rewards.carry(), carry, "a veto moved the carry");
        wasVetoed[latest.postNumber] = true;
        ++successesOf["veto"];
    }

    function claim(uint256 seed) external counted("claim") watched {
        Post memory active = _owing(seed);
        for (uint256 i; i < PROVERS; ++i) {
            uint256 which = (seed % PROVERS + i) % PROVERS;
            if (_claim(active, which) != 0) {
                ++successesOf["claim"];
                return;
            }
        }
    }

    function claimAll(uint256 seed) external counted("claimAll") watched {
        Post memory active = _owing(seed);
        ClaimParams[] memory claims = new ClaimParams[](PROVERS);
        for (uint256 i; i < PROVERS; ++i) {
            Leaf memory leaf = leafOf(active.postNumber, i);
            claims[i] =
                ClaimParams(leaf.prover, leaf.cumulative, leaf.commission, _path(active.postNumber, i));
        }
        uint256 before = rewards.totalClaimed();
        (uint256 paid,) = rewards.claimBatch(claims);
        assertEq(rewards.totalClaimed(), before + paid);
        if (paid != 0) ++successesOf["claimAll"];
    }

    /// @dev A leaf of any post but the active one, vetoed or pending ones included.
    function claimFromAnother(uint256 seed) external counted("claimFromAnother") watched {
        Post memory active = rewards.activePost();
        uint256 number = _bound(seed, 1, rewards.postCount());
        if (number == active.postNumber) number = _pending(seed).postNumber;
        active = rewards.activePost();
        if (active.postNumber == 0 || _root(number) == active.root) return;
        Leaf memory leaf = leafOf(number, seed % PROVERS);
        bytes32[] memory path = _path(number, seed % PROVERS);
        vm.expectRevert(IRewardDistributor.InvalidMerkleProof.selector);
        rewards.claim(leaf.prover, leaf.cumulative, leaf.commission, path);
        ++successesOf["claimFromAnother"];
    }

    function fund(uint256 amount) external counted("fund") watched {
        _fund(_bound(amount, 1, 1e30));
        ++successesOf["fund"];
    }

    function withdrawSurplus(uint256 amount) external counted("withdrawSurplus") watched {
        uint256 surplus = rewards.surplus();
        uint256 promised = rewards.promised();
        address owner = registry.owner();
        vm.expectRevert(IRewardDistributor.SurplusExceeded.selector);
        vm.prank(owner);
        rewards.withdrawSurplus(owner, surplus + 1);
        amount = _bound(amount, 0, surplus);
        vm.prank(owner);
        rewards.withdrawSurplus(owner, amount);
        withdrawn += amount;
        assertEq(rewards.promised(), promised, "a withdrawal moved a promise");
        if (amount != 0) {
            assertGe(rewards.funds(), promised, "what is promised left");
            ++successesOf["withdrawSurplus"];
        }
    }

    function addSegment(uint256 lead, uint256 budget) external counted("addSegment") watched {
        uint256 last = rewards.segment(rewards.segmentCount() - 1).fromEpoch;
        uint256 from = rewards.currentEpoch() + _bound(lead, 2, 4);
        address owner = registry.owner();
        vm.prank(owner);
        rewards.addSegment(from < last ? last : from, _bound(budget, 0, 2000e18), '{"id":"work"}');
        ++successesOf["addSegment"];
    }

    function setQuorumAndWindow(uint256 quorum_, uint256 window)
        external
        counted("setQuorumAndWindow")
        watched
    {
        uint256 most = rewards.epochLength() / 4;
        vm.startPrank(registry.owner());
        rewards.setQuorum(_bound(quorum_, 1, 3));
        rewards.setChallengeWindow(_bound(window, 1 minutes, most));
        vm.stopPrank();
        ++successesOf["setQuorumAndWindow"];
    }

    function changeRoles(uint256 which) external counted("changeRoles") watched {
        address next = makeAddr(vm.toString(++_names));
        vm.startPrank(registry.owner());
        if (which % 4 == 0) rewards.setPublisher(publisher = next);
        else if (which % 4 == 1) registry.setGuardian(next);
        else if (which % 4 == 2) rewards.setAuditor(auditors[3], !rewards.auditor(auditors[3]).listed);
        else registry.transferOwnership(next);
        vm.stopPrank();
        if (which % 4 == 3) {
            vm.prank(next);
            registry.acceptOwnership();
        }
        ++successesOf["changeRoles"];
    }

    // ---------------------------------------------------------------- internal: what an action needs

    function _post(uint256 seed, bool greedy) private {
        Post memory latest = rewards.latestPost();
        if (latest.postNumber != 0 && !latest.vetoed && !latest.active) _activate(latest);
        uint256 epoch = rewards.nextEpoch();
        (, uint256 end) = rewards.epochBounds(epoch);
        if (block.timestamp < end) vm.warp(end);
        vm.roll(block.number + 10);

        Post memory active = rewards.activePost();
        uint256 number = rewards.postCount() + 1;
        uint256 offered = rewards.segmentAt(epoch).budget + rewards.carry();
        uint256 extra = seed % (offered + 1);
        uint256 total = active.cumulativeTotal;
        for (uint256 i; i < PROVERS; ++i) {
            Leaf memory leaf = leafOf(active.postNumber, i);
            uint256 amount = _bound(uint256(keccak256(abi.encode(seed, i))), 0, offered);
            offered -= amount;
            total += amount;
            if (greedy && i == seed % PROVERS) amount += extra;
            leaf.cumulative += amount;
            leaf.commission += amount / 10;
            leaves[number][i] = leaf;
        }
        uint256 owed = total - rewards.totalClaimed();
        if (rewards.funds() < owed) _fund(owed - rewards.funds());
        bytes32 snapshotHash = blockhash(block.number - 1);
        bytes32 root = _root(number);
        vm.prank(publisher);
        rewards.postRoot(epoch, root, total, 0, block.number - 1, snapshotHash);
        ++postsMade;
        claimableAt[number] = block.timestamp + rewards.challengeWindow();
        quorum[number] = rewards.quorum();
        posted[number] = PostContent(epoch, number, root, total, 0, block.number - 1, snapshotHash);
        latestPostHash = AttestationLib.newPostHash(posted[number]);
        rollingHash = keccak256(
            abi.encode(rollingHash, latestPostHash, block.timestamp, claimableAt[number], quorum[number])
        );
    }

    /// @dev The latest post, which is neither vetoed nor active.
    function _pending(uint256 seed) private returns (Post memory latest) {
        latest = rewards.latestPost();
        if (latest.postNumber != 0 && !latest.vetoed && !latest.active) return latest;
        _post(seed, false);
        return rewards.latestPost();
    }

    /// @dev The active post; one of which something can still be claimed, unless there is no budget.
    function _owing(uint256 seed) private returns (Post memory active) {
        active = rewards.activePost();
        for (uint256 i; i < PROVERS && active.postNumber != 0; ++i) {
            uint256 due = _due(active, i);
            if (due != 0 && due <= active.cumulativeTotal - rewards.totalClaimed()) return active;
        }
        if (_isSettled()) _post(seed, false);
        _activate(rewards.latestPost());
        return rewards.activePost();
    }

    function _isSettled() private view returns (bool) {
        Post memory latest = rewards.latestPost();
        return latest.postNumber == 0 || latest.vetoed || latest.active;
    }

    function _due(Post memory active, uint256 i) private view returns (uint256) {
        return leafOf(active.postNumber, i).cumulative - registry.proverRecord(provers[i]).claimed;
    }

    function _claim(Post memory active, uint256 i) private returns (uint256) {
        Leaf memory leaf = leafOf(active.postNumber, i);
        uint256 due = _due(active, i);
        uint256 left = active.cumulativeTotal - rewards.totalClaimed();
        bytes32[] memory path = _path(active.postNumber, i);
        if (due > left) {
            // Somebody's leaf promises more than the root's total: first come, first served, never more.
            vm.expectRevert(IRewardDistributor.TotalExceeded.selector);
            rewards.claim(leaf.prover, leaf.cumulative, leaf.commission, path);
            return 0;
        }
        assertEq(rewards.claim(leaf.prover, leaf.cumulative, leaf.commission, path), due);
        return due;
    }

    function _fund(uint256 amount) private {
        token.mint(address(rewards), amount);
        funded += amount;
    }

    function _activate(Post memory latest) private {
        for (uint256 i; i < 3; ++i) {
            if (rewards.hasAttested(latest.postNumber, auditors[i])) continue;
            vm.prank(auditors[i]);
            rewards.attest(posted[latest.postNumber]);
        }
        if (block.timestamp < latest.claimableAt) vm.warp(latest.claimableAt);
    }

    function _mayAct(address account, uint256 postNumber) private view returns (bool) {
        return rewards.auditor(account).listed && postNumber > rewards.auditor(account).listedAfterPost;
    }

    function _noteBudgets() private {
        while (budgets.length <= rewards.currentEpoch() + 1) {
            budgets.push(rewards.segmentAt(budgets.length).budget);
        }
    }

    // ---------------------------------------------------------------- internal: signatures and trees

    function _signed(uint256 which, Post memory latest)
        private
        view
        returns (SignedAttestation[] memory list)
    {
        bytes32 separator = keccak256(
            abi.encode(
                AttestationLib.DOMAIN_TYPEHASH,
                AttestationLib.NAME_HASH,
                AttestationLib.VERSION_HASH,
                block.chainid,
                address(rewards)
            )
        );
        bytes32 content = AttestationLib.newPostHash(posted[latest.postNumber]);
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", separator, content));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keys[which], digest);
        list = new SignedAttestation[](1);
        list[0] = SignedAttestation(auditors[which], abi.encodePacked(r, s, v));
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

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {DistributorFixture} from "./helpers/DistributorFixture.sol";
import {
    IRewardDistributor,
    PostContent,
    SignedAttestation
} from "contracts/interfaces/IRewardDistributor.sol";

/// @notice Attestations, vetoes, the window, and what changes of roles do to a pending root.
contract RewardDistributorQuorumTest is DistributorFixture {
    bytes32 private constant ROOT = keccak256("root");

    function setUp() public override {
        super.setUp();
        _end(0);
    }

    function _setAuditor(address account, bool listed) private {
        vm.prank(owner);
        rewards.setAuditor(account, listed);
    }

    function _isActive() private view returns (bool) {
        return rewards.latestPost().active;
    }

    function _list(SignedAttestation memory one) private pure returns (SignedAttestation[] memory list) {
        list = new SignedAttestation[](1);
        list[0] = one;
    }

    // ---------------------------------------------------------------- attest

    /// @dev One of the three auditors.
    function _auditor(uint256 which) private view returns (address) {
        return which % 3 == 0 ? auditor : which % 3 == 1 ? secondAuditor : thirdAuditor;
    }

    /// @dev `vetoes` posts that die, then the one that is looked at.
    function _postAfter(uint256 vetoes, bytes32 root) private returns (uint256 postNumber) {
        for (uint256 i = 0; i < vetoes; ++i) {
            _veto(guardian, 0, _post(0, ROOT, 0), ROOT);
        }
        postNumber = _post(0, root, 0);
        assertEq(postNumber, vetoes + 1);
    }

    function testFuzz_attest_counts_and_emits(bytes32 root, uint256 which, uint256 vetoes) public {
        vm.assume(root != 0);
        (address first, address second) = (_auditor(which % 3), _auditor(which % 3 + 1));
        uint256 number = _postAfter(vetoes % 3, root);
        vm.expectEmit(distributor);
        emit IRewardDistributor.RootAttested(0, number, first, root);
        _attest(first, 0, number, root);
        assertTrue(rewards.hasAttested(number, first));
        assertFalse(rewards.hasAttested(number, second));
        assertEq(rewards.latestPost().attestations, 1);
        assertFalse(_isActive());
        vm.warp(rewards.latestPost().claimableAt - 1);
        assertFalse(_isActive());
        skip(1);
        assertTrue(_isActive());
    }

    function testFuzz_attest_reverts_for_anyone_but_an_auditor(address caller) public {
        vm.assume(!rewards.auditor(caller).listed);
        _post(0, ROOT, 0);
        vm.prank(caller);
        _expectRefusal(IRewardDistributor.NotAuditor.selector);
        rewards.attest(_content(0, 1, ROOT));
    }

    function test_attest_reverts_the_second_time() public {
        _post(0, ROOT, 0);
        _attest(auditor, 0, 1, ROOT);
        vm.prank(auditor);
        _expectRefusal(IRewardDistributor.AlreadyAttested.selector);
        rewards.attest(_content(0, 1, ROOT));
    }

    /// @dev One of the seven values is another.
    function testFuzz_attest_and_veto_revert_for_any_post_but_the_latest(uint256 what, bytes32 value) public {
        _post(0, ROOT, 0);
        PostContent memory post = posted[1];
        what = bound(what, 0, 6);
        bytes32 right;
        // The fields of a struct are words side by side.
        assembly ("memory-safe") {
            let field := add(post, mul(what, 0x20))
            right := mload(field)
            mstore(field, value)
        }
        vm.assume(value != right && post.postNumber != 0);
        SignedAttestation[] memory list = _list(_signPost(auditorKey, auditor, post));
        vm.startPrank(auditor);
        _expectRefusal(IRewardDistributor.PostMismatch.selector);
        rewards.attest(post);
        _expectRefusal(IRewardDistributor.PostMismatch.selector);
        rewards.veto(post);
        _expectRefusal(IRewardDistributor.PostMismatch.selector);
        rewards.attestBySignatures(post, list);
        vm.stopPrank();

        // Nor does a signature over another post count for this one.
        _expectRefusal(IRewardDistributor.InvalidSignature.selector);
        rewards.attestBySignatures(posted[1], list);
    }

    /// @dev Every post and veto, and nothing else, moves the rolling hash on.
    function testFuzz_postHistory_is_folded_from_every_post_and_veto(uint256 vetoes, uint256 late) public {
        bytes32 rolling = rewards.domain();
        _assertHistory(rolling, rolling);
        for (uint256 i = 0; i <= bound(vetoes, 0, 3); ++i) {
            skip(bound(late, 0, 30 days));
            uint256 number = _post(0, ROOT, 0);
            bytes32 postHash = _postHash(posted[number]);
            rolling = keccak256(
                abi.encode(rolling, postHash, block.timestamp, block.timestamp + WINDOW, uint256(1))
            );
            _assertHistory(postHash, rolling);
            _attest(auditor, 0, number, ROOT);
            skip(1 hours);
            _assertHistory(postHash, rolling);
            rolling = keccak256(abi.encode(rolling, postHash, guardian));
            vm.expectEmit(distributor);
            emit IRewardDistributor.RootVetoed(0, number, guardian, ROOT, rolling);
            _veto(guardian, 0, number, ROOT);
            _assertHistory(postHash, rolling);
        }
    }

    function _assertHistory(bytes32 postHash, bytes32 rolling) private view {
        (bytes32 latest, bytes32 all) = rewards.postHistory();
        assertEq(latest, postHash);
        assertEq(all, rolling);
    }

    /// @dev Posted anew by another block, as after a reorganisation, a post keeps its signatures.
    function testFuzz_a_post_made_again_at_another_time_keeps_its_signatures(uint256 late) public {
        uint256 before = vm.snapshotState();
        _post(0, ROOT, 0);
        PostContent memory post = posted[1];
        SignedAttestation[] memory list = _list(_signPost(auditorKey, auditor, post));
        vm.revertToState(before);
        skip(bound(late, 1, 1 days));
        vm.prank(owner);
        rewards.setQuorum(2);
        vm.prank(publisher);
        rewards.postRoot(0, ROOT, 0, DATASET, post.snapshotBlock, post.snapshotHash);
        rewards.attestBySignatures(post, list);
        assertEq(rewards.latestPost().attestations, 1);
        assertEq(rewards.latestPost().quorum, 2);
    }

    function test_nothing_can_be_attested_or_vetoed_before_the_first_post() public {
        vm.prank(auditor);
        _expectRefusal(IRewardDistributor.PostMismatch.selector);
        rewards.attest(_content(0, 1, 0));
        vm.prank(guardian);
        _expectRefusal(IRewardDistributor.PostMismatch.selector);
        rewards.veto(_content(0, 0, 0));
        _expectRefusal(IRewardDistributor.PostMismatch.selector);
        rewards.attestBySignatures(_content(0, 0, 0), new SignedAttestation[](0));
    }

    function test_an_attestation_dies_with_a_veto() public {
        _post(0, ROOT, 0);
        SignedAttestation[] memory list = _list(_sign(secondAuditorKey, secondAuditor, 0, 1, ROOT));
        _attest(auditor, 0, 1, ROOT);
        _veto(thirdAuditor, 0, 1, ROOT);
        vm.prank(secondAuditor);
        _expectRefusal(IRewardDistributor.PostIsVetoed.selector);
        rewards.attest(_content(0, 1, ROOT));
        _expectRefusal(IRewardDistributor.PostIsVetoed.selector);
        rewards.attestBySignatures(_content(0, 1, ROOT), list);

        _post(0, ROOT, 0);
        assertEq(rewards.latestPost().attestations, 0);
        // The same root under a new number: old attestations and signatures mean nothing.
        _expectRefusal(IRewardDistributor.InvalidSignature.selector);
        rewards.attestBySignatures(_content(0, 2, ROOT), list);
        skip(WINDOW);
        assertFalse(_isActive());
        _attest(auditor, 0, 2, ROOT);
        assertTrue(_isActive());
    }

    function test_a_quorum_met_late_makes_the_root_active_at_once() public {
        vm.prank(owner);
        rewards.setQuorum(2);
        _post(0, ROOT, 0);
        _attest(auditor, 0, 1, ROOT);
        skip(300 days);
        assertFalse(_isActive());
        _attest(thirdAuditor, 0, 1, ROOT);
        assertTrue(_isActive());
        assertEq(rewards.latestPost().quorum, 2);
    }

    function test_attestations_beyond_the_quorum_are_recorded_also_when_active() public {
        _post(0, ROOT, 0);
        _activate();
        _attest(secondAuditor, 0, 1, ROOT);
        assertEq(rewards.latestPost().attestations, 2);
        assertTrue(_isActive());
    }

    // ---------------------------------------------------------------- signatures

    function test_attestBySignatures_counts_each_auditor_once_in_one_batch() public {
        _post(0, ROOT, 0);
        _attest(auditor, 0, 1, ROOT);
        SignedAttestation[] memory list = new SignedAttestation[](3);
        list[0] = _sign(auditorKey, auditor, 0, 1, ROOT);
        list[1] = _sign(secondAuditorKey, secondAuditor, 0, 1, ROOT);
        list[2] = list[1];
        vm.expectEmit(distributor);
        emit IRewardDistributor.RootAttested(0, 1, secondAuditor, ROOT);
        vm.prank(stranger);
        rewards.attestBySignatures(_content(0, 1, ROOT), list);
        assertEq(rewards.latestPost().attestations, 2);
        assertTrue(rewards.hasAttested(1, secondAuditor));
    }

    function testFuzz_attestBySignatures_takes_any_auditors_key(uint256 key, address relayer) public {
        key = bound(key, 1, SECP256K1_ORDER - 1);
        address account = vm.addr(key);
        vm.assume(!rewards.auditor(account).listed);
        _setAuditor(account, true);
        _post(0, ROOT, 0);
        SignedAttestation[] memory list = _list(_sign(key, account, 0, 1, ROOT));
        vm.expectEmit(distributor);
        emit IRewardDistributor.RootAttested(0, 1, account, ROOT);
        vm.prank(relayer);
        rewards.attestBySignatures(_content(0, 1, ROOT), list);
        assertTrue(rewards.hasAttested(1, account));
        assertEq(rewards.latestPost().attestations, 1);
    }

    function test_attestBySignatures_reverts_for_signers_who_are_no_auditors() public {
        (address nobody, uint256 key) = makeAddrAndKey("nobody");
        _post(0, ROOT, 0);
        SignedAttestation[] memory list = _list(_sign(key, nobody, 0, 1, ROOT));
        _expectRefusal(IRewardDistributor.NotAuditor.selector);
        rewards.attestBySignatures(_content(0, 1, ROOT), list);
        _setAuditor(nobody, true);
        // Listed after the post was numbered.
        _expectRefusal(IRewardDistributor.NotAuditor.selector);
        rewards.attestBySignatures(_content(0, 1, ROOT), list);
    }

    function _refuseSignature(bytes memory signature) private {
        SignedAttestation[] memory list = _list(SignedAttestation(auditor, signature));
        _expectRefusal(IRewardDistributor.InvalidSignature.selector);
        rewards.attestBySignatures(_content(0, 1, ROOT), list);
    }

    function test_attestBySignatures_refuses_anything_but_the_one_signature() public {
        _post(0, ROOT, 0);
        bytes32 digest = _digest(distributor, _content(0, 1, ROOT));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(auditorKey, digest);
        // The twin that ECDSA allows.
        _refuseSignature(abi.encodePacked(r, bytes32(SECP256K1_ORDER - uint256(s)), v == 27 ? 28 : 27));
        _refuseSignature(abi.encodePacked(r, s));
        _refuseSignature(abi.encodePacked(r, s, v, uint8(0)));
        _refuseSignature("");
        _refuseSignature(new bytes(65));
        _refuseSignature(abi.encodePacked(r, s, uint8(29)));
        _refuseSignature(_sign(secondAuditorKey, auditor, 0, 1, ROOT).signature);
        _refuseSignature(_sign(auditorKey, auditor, 0, 2, ROOT).signature);
        _refuseSignature(_sign(auditorKey, auditor, 1, 1, ROOT).signature);
        _refuseSignature(_sign(auditorKey, auditor, 0, 1, keccak256("another")).signature);
        (v, r, s) = vm.sign(auditorKey, _digest(market, _content(0, 1, ROOT)));
        _refuseSignature(abi.encodePacked(r, s, v));
        bytes memory good = _sign(auditorKey, auditor, 0, 1, ROOT).signature;
        vm.chainId(2);
        _refuseSignature(good);
        vm.chainId(31_337);
        rewards.attestBySignatures(_content(0, 1, ROOT), _list(SignedAttestation(auditor, good)));
        assertEq(rewards.latestPost().attestations, 1);
    }

    // ---------------------------------------------------------------- veto

    function testFuzz_veto_stops_a_post_for_ever(bytes32 root, uint256 which, uint256 vetoes, uint256 wait)
        public
    {
        vm.assume(root != 0);
        address by = which % 4 == 3 ? guardian : _auditor(which % 4);
        uint256 number = _postAfter(vetoes % 3, root);
        // Also of one that has its quorum, until the window is over.
        _attest(thirdAuditor, 0, number, root);
        skip(bound(wait, 0, WINDOW - 1));
        (bytes32 postHash, bytes32 rolling) = rewards.postHistory();
        rolling = keccak256(abi.encode(rolling, postHash, by));
        vm.expectEmit(distributor);
        emit IRewardDistributor.RootVetoed(0, number, by, root, rolling);
        _veto(by, 0, number, root);
        assertTrue(rewards.latestPost().vetoed);
        assertEq(rewards.hasVetoed(0, by), by != guardian);
        assertEq(rewards.nextEpoch(), 0);
        skip(365 days);
        assertFalse(_isActive());
        assertEq(rewards.activePost().postNumber, 0);
    }

    function testFuzz_veto_reverts_for_strangers(address caller) public {
        vm.assume(caller != guardian && !rewards.auditor(caller).listed);
        _post(0, ROOT, 0);
        vm.prank(caller);
        _expectRefusal(IRewardDistributor.NotAuditor.selector);
        rewards.veto(_content(0, 1, ROOT));
    }

    function test_veto_works_after_the_window_until_the_post_is_active_and_not_afterwards() public {
        _post(0, ROOT, 0);
        skip(10 * WINDOW);
        _veto(auditor, 0, 1, ROOT);
        _post(0, ROOT, 0);
        _attest(auditor, 0, 2, ROOT);
        skip(WINDOW);
        vm.prank(secondAuditor);
        _expectRefusal(IRewardDistributor.PostIsActive.selector);
        rewards.veto(_content(0, 2, ROOT));
        vm.prank(guardian);
        _expectRefusal(IRewardDistributor.PostIsActive.selector);
        rewards.veto(_content(0, 2, ROOT));
    }

    function test_a_second_veto_of_one_post_reverts() public {
        _post(0, ROOT, 0);
        _veto(auditor, 0, 1, ROOT);
        vm.prank(guardian);
        _expectRefusal(IRewardDistributor.PostIsVetoed.selector);
        rewards.veto(_content(0, 1, ROOT));
    }

    function test_an_auditor_vetoes_once_an_epoch_and_the_guardian_any_number_of_times() public {
        _post(0, ROOT, 0);
        _veto(auditor, 0, 1, ROOT);
        _post(0, ROOT, 0);
        vm.prank(auditor);
        _expectRefusal(IRewardDistributor.AlreadyVetoed.selector);
        rewards.veto(_content(0, 2, ROOT));
        _veto(guardian, 0, 2, ROOT);
        _post(0, ROOT, 0);
        _veto(guardian, 0, 3, ROOT);
        assertFalse(rewards.hasVetoed(0, guardian));
        _post(0, ROOT, 0);
        _attest(auditor, 0, 4, ROOT);
        skip(WINDOW);
        // A new epoch, a new veto.
        _end(1);
        _post(1, ROOT, 0);
        _veto(auditor, 1, 5, ROOT);
    }

    /// @dev One bad auditor costs one re-post an epoch, and no more.
    function test_one_bad_auditor_delays_an_epoch_by_one_window() public {
        _post(0, ROOT, 0);
        skip(WINDOW - 1);
        _veto(thirdAuditor, 0, 1, ROOT);
        _post(0, ROOT, 0);
        _attest(auditor, 0, 2, ROOT);
        vm.prank(thirdAuditor);
        _expectRefusal(IRewardDistributor.AlreadyVetoed.selector);
        rewards.veto(_content(0, 2, ROOT));
        skip(WINDOW);
        assertTrue(_isActive());
    }

    function test_with_the_guardian_asleep_a_wrong_root_still_dies_or_stays_pending() public {
        _post(0, keccak256("wrong"), 0);
        skip(365 days);
        assertFalse(_isActive(), "nobody attests it");
        _veto(auditor, 0, 1, keccak256("wrong"));
        _post(0, ROOT, 0);
        assertEq(rewards.latestPost().postNumber, 2);
    }

    // ---------------------------------------------------------------- changes of roles and settings

    function test_removing_an_auditor_keeps_its_attestation_and_ends_its_rights() public {
        _post(0, ROOT, 0);
        _attest(auditor, 0, 1, ROOT);
        _setAuditor(auditor, false);
        _setAuditor(secondAuditor, false);
        assertEq(rewards.latestPost().attestations, 1);
        vm.startPrank(secondAuditor);
        _expectRefusal(IRewardDistributor.NotAuditor.selector);
        rewards.attest(_content(0, 1, ROOT));
        _expectRefusal(IRewardDistributor.NotAuditor.selector);
        rewards.veto(_content(0, 1, ROOT));
        vm.stopPrank();
        skip(WINDOW);
        assertTrue(_isActive());
    }

    function test_an_added_auditor_counts_from_the_next_post() public {
        _post(0, ROOT, 0);
        _setAuditor(stranger, true);
        assertEq(rewards.auditor(stranger).listedAfterPost, 1);
        vm.startPrank(stranger);
        _expectRefusal(IRewardDistributor.NotAuditor.selector);
        rewards.attest(_content(0, 1, ROOT));
        _expectRefusal(IRewardDistributor.NotAuditor.selector);
        rewards.veto(_content(0, 1, ROOT));
        vm.stopPrank();
        _veto(guardian, 0, 1, ROOT);
        _post(0, ROOT, 0);
        _attest(stranger, 0, 2, ROOT);
        _veto(stranger, 0, 2, ROOT);
    }

    function test_an_auditor_listed_anew_cannot_act_on_the_post_it_was_removed_in() public {
        _post(0, ROOT, 0);
        _setAuditor(auditor, false);
        _setAuditor(auditor, true);
        vm.prank(auditor);
        _expectRefusal(IRewardDistributor.NotAuditor.selector);
        rewards.attest(_content(0, 1, ROOT));
    }

    function test_rotating_the_publisher_changes_no_post() public {
        _post(0, ROOT, 0);
        vm.prank(owner);
        rewards.setPublisher(stranger);
        _activate();
        assertTrue(_isActive());
        _end(1);
        vm.prank(publisher);
        _expectRefusal(IRewardDistributor.Unauthorized.selector);
        rewards.postRoot(1, ROOT, 0, DATASET, block.number - 1, bytes32(0));
        publisher = stranger;
        _post(1, ROOT, 0);
    }

    function test_a_new_guardian_may_veto_at_once_and_the_old_one_no_more() public {
        _post(0, ROOT, 0);
        vm.prank(owner);
        registry.setGuardian(stranger);
        vm.prank(guardian);
        _expectRefusal(IRewardDistributor.NotAuditor.selector);
        rewards.veto(_content(0, 1, ROOT));
        _veto(stranger, 0, 1, ROOT);
    }

    function test_window_and_quorum_are_frozen_into_the_post() public {
        _post(0, ROOT, 0);
        uint256 claimableAt = rewards.latestPost().claimableAt;
        vm.startPrank(owner);
        rewards.setChallengeWindow(60);
        rewards.setQuorum(3);
        vm.stopPrank();
        assertEq(rewards.latestPost().claimableAt, claimableAt);
        _attest(auditor, 0, 1, ROOT);
        skip(60);
        assertFalse(_isActive());
        vm.warp(claimableAt);
        assertTrue(_isActive());
        _end(1);
        _post(1, ROOT, 0);
        assertEq(rewards.latestPost().claimableAt, block.timestamp + 60);
        assertEq(rewards.latestPost().quorum, 3);
    }
}

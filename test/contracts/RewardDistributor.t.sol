// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {DistributorFixture} from "./helpers/DistributorFixture.sol";
import {RewardDistributor} from "contracts/RewardDistributor.sol";
import {RegistryConfig} from "contracts/interfaces/IProverRegistry.sol";
import {DistributorConfig, IRewardDistributor, Segment} from "contracts/interfaces/IRewardDistributor.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Construction, clock, leaves, roles' settings and segments.
contract RewardDistributorTest is DistributorFixture {
    // ---------------------------------------------------------------- construction

    uint160 private _spare = 0x5AFE0000;

    /// @dev Runs the creation code at an address without storage, which the registry is made to name.
    function _construct(DistributorConfig memory config) private returns (bool done, bytes memory answer) {
        address spare = address(++_spare);
        vm.mockCall(address(registry), abi.encodeWithSignature("distributor()"), abi.encode(spare));
        vm.etch(spare, abi.encodePacked(type(RewardDistributor).creationCode, abi.encode(config)));
        (done, answer) = spare.call("");
    }

    function _assertRefused(DistributorConfig memory config, bytes memory reason) private {
        (bool done, bytes memory answer) = _construct(config);
        assertFalse(done);
        assertEq(answer, reason);
    }

    function _assertInvalid(DistributorConfig memory config, bytes32 name) private {
        _assertRefused(config, abi.encodeWithSelector(IRewardDistributor.InvalidParameter.selector, name));
    }

    function test_constructor_binds_everything_it_is_given() public view {
        assertEq(rewards.registry(), address(registry));
        assertEq(rewards.market(), market);
        assertEq(rewards.token(), address(token));
        assertEq(rewards.deploymentBlock(), 1000);
        assertEq(rewards.clockStart(), CLOCK_START);
        assertEq(rewards.epochLength(), EPOCH);
        assertEq(rewards.domain(), keccak256(abi.encode(block.chainid, distributor)));
        assertEq(rewards.publisher(), publisher);
        assertEq(rewards.auditorCount(), 3);
        assertTrue(rewards.auditor(thirdAuditor).listed);
        assertEq(rewards.auditor(thirdAuditor).listedAfterPost, 0);
        assertEq(rewards.quorum(), 1);
        assertEq(rewards.challengeWindow(), WINDOW);
        assertFalse(rewards.allowZeroQuorum());
        assertEq(rewards.segmentCount(), 1);
        assertEq(rewards.segment(0).policyHash, keccak256(POLICY));
        assertEq(rewards.postCount(), 0);
        assertEq(rewards.nextEpoch(), 0);
        assertEq(rewards.latestPost().postNumber, 0);
        assertEq(rewards.activePost().postNumber, 0);
        assertFalse(rewards.latestPost().active);
        assertEq(rewards.carry(), 0);
        assertEq(rewards.totalClaimed(), 0);
    }

    function test_constructor_emits_what_it_sets() public {
        vm.recordLogs();
        (bool done,) = _construct(_distributorConfig());
        assertTrue(done);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 7);
        assertEq(logs[0].topics[0], IRewardDistributor.PublisherChanged.selector);
        assertEq(logs[0].topics[1], bytes32(uint256(uint160(publisher))));
        assertEq(logs[1].topics[0], IRewardDistributor.AuditorChanged.selector);
        assertEq(logs[1].topics[1], bytes32(uint256(uint160(auditor))));
        assertEq(logs[4].topics[0], IRewardDistributor.QuorumChanged.selector);
        assertEq(logs[5].topics[0], IRewardDistributor.ChallengeWindowChanged.selector);
        assertEq(logs[6].topics[0], IRewardDistributor.SegmentAdded.selector);
        assertEq(logs[6].topics[1], 0);
        assertEq(logs[6].topics[2], keccak256(POLICY));
        assertEq(logs[6].data, abi.encode(BUDGET, POLICY));
    }

    function test_constructor_refuses_a_registry_that_names_another_distributor() public {
        DistributorConfig memory config = _distributorConfig();
        bytes memory code = abi.encodePacked(type(RewardDistributor).creationCode, abi.encode(config));
        address elsewhere = makeAddr("elsewhere");
        vm.etch(elsewhere, code);
        (bool done, bytes memory answer) = elsewhere.call("");
        assertFalse(done);
        assertEq(
            answer, abi.encodeWithSelector(IRewardDistributor.InvalidParameter.selector, bytes32("registry"))
        );
    }

    function test_constructor_refuses_a_market_of_another_registry() public {
        vm.mockCall(market, abi.encodeWithSignature("registry()"), abi.encode(stranger));
        _assertInvalid(_distributorConfig(), "market");
    }

    function test_constructor_refuses_a_zero_publisher() public {
        DistributorConfig memory config = _distributorConfig();
        config.publisher = address(0);
        _assertRefused(config, abi.encodePacked(IRewardDistributor.ZeroAddress.selector));
    }

    function test_constructor_refuses_a_zero_auditor_a_repeated_one_and_too_many() public {
        DistributorConfig memory config = _distributorConfig();
        config.auditors[1] = address(0);
        _assertRefused(config, abi.encodePacked(IRewardDistributor.ZeroAddress.selector));
        config.auditors[1] = auditor;
        _assertInvalid(config, "auditor");
        config.auditors = new address[](65);
        for (uint256 i = 0; i < 65; ++i) {
            config.auditors[i] = address(uint160(i + 1));
        }
        _assertInvalid(config, "auditors");
    }

    function test_constructor_refuses_parameters_out_of_bounds() public {
        DistributorConfig memory config = _distributorConfig();
        config.quorum = 4;
        _assertInvalid(config, "quorum");
        config.quorum = 0;
        _assertInvalid(config, "quorum");
        config.allowZeroQuorum = true;
        config.challengeWindow = 59;
        _assertInvalid(config, "challengeWindow");
        config.challengeWindow = EPOCH / 4 + 1;
        _assertInvalid(config, "challengeWindow");
        config.challengeWindow = EPOCH / 4;
        config.budget = 2 ** 95 + 1;
        _assertInvalid(config, "budget");
        config.budget = 2 ** 95;
        config.policy = "{";
        _assertInvalid(config, "policy");
        config.policy = new bytes(16_385);
        _assertInvalid(config, "policy");
        config.policy = new bytes(16_384);
        (bool done,) = _construct(config);
        assertTrue(done);
    }

    // ---------------------------------------------------------------- clock and leaves

    function testFuzz_epochs_are_half_open_intervals_of_the_markets_clock(uint256 epoch) public {
        epoch = bound(epoch, 1, 7000);
        (uint256 start, uint256 end) = rewards.epochBounds(epoch);
        assertEq(start, CLOCK_START + epoch * EPOCH);
        assertEq(end, start + EPOCH);
        vm.warp(start - 1);
        assertEq(rewards.currentEpoch(), epoch - 1);
        vm.warp(start);
        assertEq(rewards.currentEpoch(), epoch);
        vm.warp(end - 1);
        assertEq(rewards.currentEpoch(), epoch);
    }

    function testFuzz_leafOf_hashes_its_words_twice(address of_, uint256 cumulative, uint256 commission)
        public
        view
    {
        bytes32 inner = keccak256(
            bytes.concat(
                keccak256(abi.encode(block.chainid, distributor)),
                bytes32(uint256(uint160(of_))),
                bytes32(cumulative),
                bytes32(commission)
            )
        );
        assertEq(rewards.leafOf(of_, cumulative, commission), keccak256(bytes.concat(inner)));
    }

    // ---------------------------------------------------------------- settings

    function testFuzz_only_the_owner_changes_settings(address caller) public {
        vm.assume(caller != owner);
        vm.startPrank(caller);
        _expectRefusal(IRewardDistributor.Unauthorized.selector);
        rewards.setPublisher(caller);
        _expectRefusal(IRewardDistributor.Unauthorized.selector);
        rewards.setAuditor(caller, true);
        _expectRefusal(IRewardDistributor.Unauthorized.selector);
        rewards.setQuorum(2);
        _expectRefusal(IRewardDistributor.Unauthorized.selector);
        rewards.setChallengeWindow(1 hours);
        _expectRefusal(IRewardDistributor.Unauthorized.selector);
        rewards.addSegment(2, 0, POLICY);
        _expectRefusal(IRewardDistributor.Unauthorized.selector);
        rewards.withdrawSurplus(caller, 0);
    }

    function test_a_new_owner_of_the_registry_is_the_owner_here() public {
        vm.prank(owner);
        registry.transferOwnership(stranger);
        vm.prank(stranger);
        registry.acceptOwnership();
        vm.prank(stranger);
        rewards.setPublisher(stranger);
        vm.prank(owner);
        _expectRefusal(IRewardDistributor.Unauthorized.selector);
        rewards.setPublisher(owner);
    }

    function testFuzz_setPublisher(address next) public {
        vm.assume(next != address(0));
        vm.expectEmit(distributor);
        emit IRewardDistributor.PublisherChanged(next);
        vm.prank(owner);
        rewards.setPublisher(next);
        assertEq(rewards.publisher(), next);
        assertEq(rewards.challengeWindow(), WINDOW);
        assertEq(rewards.auditorCount(), 3);
    }

    function test_setPublisher_reverts_for_zero() public {
        vm.prank(owner);
        _expectRefusal(IRewardDistributor.ZeroAddress.selector);
        rewards.setPublisher(address(0));
    }

    function testFuzz_setAuditor_lists_and_removes(address account) public {
        vm.assume(account != address(0) && !rewards.auditor(account).listed);
        vm.expectEmit(distributor);
        emit IRewardDistributor.AuditorChanged(account, true);
        vm.prank(owner);
        rewards.setAuditor(account, true);
        assertTrue(rewards.auditor(account).listed);
        assertEq(rewards.auditorCount(), 4);
        vm.expectEmit(distributor);
        emit IRewardDistributor.AuditorChanged(account, false);
        vm.prank(owner);
        rewards.setAuditor(account, false);
        assertFalse(rewards.auditor(account).listed);
        assertEq(rewards.auditorCount(), 3);
    }

    function test_setAuditor_reverts_for_zero_and_for_no_change() public {
        vm.startPrank(owner);
        _expectRefusal(IRewardDistributor.ZeroAddress.selector);
        rewards.setAuditor(address(0), true);
        _expectInvalid("auditor");
        rewards.setAuditor(auditor, true);
        _expectInvalid("auditor");
        rewards.setAuditor(stranger, false);
    }

    function test_setAuditor_keeps_enough_auditors_for_the_quorum_and_no_more_than_64() public {
        vm.startPrank(owner);
        rewards.setQuorum(3);
        _expectInvalid("quorum");
        rewards.setAuditor(auditor, false);
        for (uint256 i = 3; i < 64; ++i) {
            rewards.setAuditor(address(uint160(i)), true);
        }
        _expectInvalid("auditors");
        rewards.setAuditor(stranger, true);
        assertEq(rewards.auditorCount(), 64);
    }

    function testFuzz_setQuorum(uint256 next) public {
        next = bound(next, 1, 3);
        vm.expectEmit(distributor);
        emit IRewardDistributor.QuorumChanged(next);
        vm.prank(owner);
        rewards.setQuorum(next);
        assertEq(rewards.quorum(), next);
        assertEq(rewards.publisher(), publisher);
        assertEq(rewards.challengeWindow(), WINDOW);
    }

    function testFuzz_setQuorum_reverts_for_none_and_for_more_than_the_auditors(uint256 next) public {
        next = bound(next, 4, type(uint256).max);
        vm.startPrank(owner);
        _expectInvalid("quorum");
        rewards.setQuorum(next);
        _expectInvalid("quorum");
        rewards.setQuorum(0);
        _expectInvalid("quorum");
        rewards.setQuorum(4);
        vm.stopPrank();
        assertEq(rewards.quorum(), 1);
    }

    function testFuzz_setChallengeWindow(uint256 next) public {
        next = bound(next, 60, EPOCH / 4);
        vm.expectEmit(distributor);
        emit IRewardDistributor.ChallengeWindowChanged(next);
        vm.prank(owner);
        rewards.setChallengeWindow(next);
        assertEq(rewards.challengeWindow(), next);
        assertEq(rewards.publisher(), publisher);
        assertEq(rewards.quorum(), 1);
    }

    function testFuzz_setChallengeWindow_reverts_outside_its_bounds(uint256 short, uint256 long) public {
        vm.startPrank(owner);
        _expectInvalid("challengeWindow");
        rewards.setChallengeWindow(bound(short, 0, 59));
        _expectInvalid("challengeWindow");
        rewards.setChallengeWindow(bound(long, EPOCH / 4 + 1, type(uint256).max));
        vm.stopPrank();
        assertEq(rewards.challengeWindow(), WINDOW);
    }

    function test_the_bounds_are_what_they_are_documented_to_be() public view {
        assertEq(rewards.MIN_CHALLENGE_WINDOW(), 1 minutes);
        assertEq(rewards.MAX_WINDOW_DIVISOR(), 4);
        assertEq(rewards.MAX_AUDITORS(), 64);
        assertEq(rewards.MAX_BUDGET(), 2 ** 95);
        assertEq(rewards.MIN_POLICY_BYTES(), 2);
        assertEq(rewards.MAX_POLICY_BYTES(), 16_384);
        assertEq(rewards.MAX_SEGMENT_LEAD(), 100);
    }

    // ---------------------------------------------------------------- segments

    function test_addSegment_reverts_outside_its_bounds() public {
        _end(4);
        assertEq(rewards.currentEpoch(), 5);
        vm.startPrank(owner);
        _expectRefusal(IRewardDistributor.SegmentTooEarly.selector);
        rewards.addSegment(6, BUDGET, POLICY);
        _expectRefusal(IRewardDistributor.SegmentTooLate.selector);
        rewards.addSegment(106, BUDGET, POLICY);
        _expectInvalid("budget");
        rewards.addSegment(7, 2 ** 95 + 1, POLICY);
        _expectInvalid("policy");
        rewards.addSegment(7, BUDGET, "");
        _expectInvalid("policy");
        rewards.addSegment(7, BUDGET, new bytes(16_385));
        rewards.addSegment(9, BUDGET, POLICY);
        _expectRefusal(IRewardDistributor.SegmentTooEarly.selector);
        rewards.addSegment(8, BUDGET, POLICY);
        rewards.addSegment(105, BUDGET, POLICY);
    }

    function testFuzz_addSegment(uint256 fromEpoch, uint256 budget, bytes memory policy) public {
        vm.assume(policy.length >= 2);
        fromEpoch = bound(fromEpoch, 2, 100);
        budget = bound(budget, 0, 2 ** 95);
        vm.expectEmit(distributor);
        emit IRewardDistributor.SegmentAdded(fromEpoch, budget, keccak256(policy), policy);
        vm.prank(owner);
        rewards.addSegment(fromEpoch, budget, policy);
        assertEq(rewards.segmentCount(), 2);
        assertEq(rewards.segment(1).fromEpoch, fromEpoch);
        assertEq(rewards.segment(1).budget, budget);
        assertEq(rewards.segment(1).policyHash, keccak256(policy));
        assertEq(rewards.segmentAt(fromEpoch - 1).budget, BUDGET);
        assertEq(rewards.segmentAt(fromEpoch).budget, budget);
    }

    /// @dev Against the definition: the last segment added that starts at or before the epoch.
    function testFuzz_segmentAt_finds_the_one_that_governs(uint8[12] memory gaps, uint256 epoch) public {
        uint256 from = 2;
        for (uint256 i = 0; i < gaps.length; ++i) {
            from += gaps[i] % 8;
            vm.prank(owner);
            rewards.addSegment(from, i, POLICY);
        }
        epoch = bound(epoch, 0, from + 5);
        Segment memory expected = rewards.segment(0);
        for (uint256 i = 1; i < rewards.segmentCount(); ++i) {
            if (rewards.segment(i).fromEpoch <= epoch) expected = rewards.segment(i);
        }
        assertEq(abi.encode(rewards.segmentAt(epoch)), abi.encode(expected));
    }
}

/// @notice Where a higher commission is announced just an epoch and a window ahead.
contract RewardDistributorNoticeTest is DistributorFixture {
    function _registryConfig() internal view override returns (RegistryConfig memory config) {
        config = super._registryConfig();
        config.commissionNotice = EPOCH + WINDOW;
    }

    function testFuzz_setChallengeWindow_reverts_beyond_what_the_notice_of_a_commission_leaves(uint256 next)
        public
    {
        vm.startPrank(owner);
        _expectInvalid("commissionNotice");
        rewards.setChallengeWindow(bound(next, WINDOW + 1, EPOCH / 4));
        rewards.setChallengeWindow(WINDOW - 1);
        rewards.setChallengeWindow(WINDOW);
    }

    function test_constructor_refuses_a_window_beyond_what_the_notice_of_a_commission_leaves() public {
        DistributorConfig memory config = _distributorConfig();
        config.challengeWindow = WINDOW + 1;
        address spare = makeAddr("spare");
        vm.mockCall(address(registry), abi.encodeWithSignature("distributor()"), abi.encode(spare));
        vm.etch(spare, abi.encodePacked(type(RewardDistributor).creationCode, abi.encode(config)));
        (bool done, bytes memory answer) = spare.call("");
        assertFalse(done);
        bytes32 name = "commissionNotice";
        assertEq(answer, abi.encodeWithSelector(IRewardDistributor.InvalidParameter.selector, name));
    }
}

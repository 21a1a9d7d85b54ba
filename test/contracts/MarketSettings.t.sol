// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {MarketFixture} from "./helpers/MarketFixture.sol";
import {KeylessVerifier, TestVerifier} from "./helpers/TestVerifiers.sol";
import {
    IProofMarket,
    MarketConfig,
    MarketParameters,
    ProgramConfig,
    Request
} from "contracts/interfaces/IProofMarket.sol";

contract MarketSettingsTest is MarketFixture {
    bytes32 internal constant OTHER_PROGRAM = bytes32(uint256(0x123));
    uint256 internal constant SCALAR_FIELD =
        0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    // ---------------------------------------------------------------- construction

    function test_constructor_takes_token_and_delays_from_the_registry() public view {
        assertEq(proofMarket.registry(), address(registry));
        assertEq(proofMarket.token(), address(token));
        assertEq(proofMarket.clockStart(), START - 3 hours);
        assertEq(proofMarket.epochLength(), EPOCH_LENGTH);
        assertEq(proofMarket.expiryGrace(), EXPIRY_GRACE);
        assertEq(proofMarket.verifierCount(), 1);
        assertEq(proofMarket.multiplierAt(KEY_HASH, PROGRAM, 0), MULTIPLIER);
        assertEq(abi.encode(proofMarket.parameters()), abi.encode(_parameters()));
        assertEq(token.allowance(market, address(registry)), type(uint256).max);
    }

    function test_constructor_reverts_when_a_value_is_out_of_bounds() public {
        MarketConfig memory config = _marketConfig();
        config.registry = address(0);
        _assertNotBuilt(config, abi.encodeWithSelector(IProofMarket.ZeroAddress.selector));

        config = _marketConfig();
        config.epochLength = 1 hours - 1;
        _assertNotBuilt(config, _refused("epochLength"));
        config.epochLength = 90 days + 1;
        _assertNotBuilt(config, _refused("epochLength"));

        config = _marketConfig();
        config.clockStart = block.timestamp + 1;
        _assertNotBuilt(config, _refused("clockStart"));
        config.clockStart = block.timestamp - EPOCH_LENGTH;
        _assertNotBuilt(config, _refused("clockStart"));

        config = _marketConfig();
        config.expiryGrace = 1 hours - 1;
        _assertNotBuilt(config, _refused("expiryGrace"));
        config.expiryGrace = 7 days + 1;
        _assertNotBuilt(config, _refused("expiryGrace"));
        // In its own bounds, but with no room left in the unbonding delay.
        config.expiryGrace = UNBONDING_DELAY;
        _assertNotBuilt(config, _refused("expiryGrace"));
    }

    /// @dev With an unbonding delay of a week, no deployment gets there.
    function test_the_expiry_grace_is_a_week_at_most() public view {
        assertEq(proofMarket.MAX_EXPIRY_GRACE(), 7 days);
    }

    function test_constructor_accepts_the_bounds_themselves() public {
        MarketConfig memory config = _marketConfig();
        config.epochLength = 1 hours;
        config.clockStart = block.timestamp - 1 hours + 1;
        config.expiryGrace = UNBONDING_DELAY - 1;
        _assertBuilt(config);
        config.epochLength = 90 days;
        config.clockStart = block.timestamp;
        config.expiryGrace = 1 hours;
        _assertBuilt(config);
    }

    function test_constructor_reverts_when_a_program_or_verifier_is_unusable() public {
        MarketConfig memory config = _marketConfig();
        config.programs[0].verifierVersion = 2;
        _assertNotBuilt(config, abi.encodeWithSelector(IProofMarket.VerifierUnknown.selector));

        config = _marketConfig();
        config.programs[0].programKey = bytes32(SCALAR_FIELD);
        _assertNotBuilt(config, abi.encodeWithSelector(IProofMarket.ProgramKeyOutOfRange.selector));

        config = _marketConfig();
        config.programs[0].multiplierBps = 1_000_001;
        _assertNotBuilt(config, _refused("multiplierBps"));

        config = _marketConfig();
        config.verifiers[0] = address(0);
        _assertNotBuilt(config, abi.encodeWithSelector(IProofMarket.ZeroAddress.selector));
    }

    // ---------------------------------------------------------------- clock

    function testFuzz_epochs_are_half_open_intervals_from_the_clock_start(uint32 epoch, uint256 inside)
        public
        view
    {
        inside = bound(inside, 0, EPOCH_LENGTH - 1);
        uint256 start = START - 3 hours + epoch * EPOCH_LENGTH;
        assertEq(proofMarket.epochAt(start + inside), epoch);
        assertEq(proofMarket.epochAt(start + EPOCH_LENGTH), uint256(epoch) + 1);
    }

    function test_epochAt_reverts_before_the_clock_starts() public {
        vm.expectRevert(_refused("timestamp"));
        proofMarket.epochAt(START - 3 hours - 1);
        assertEq(proofMarket.epochAt(START - 3 hours), 0);
    }

    // ---------------------------------------------------------------- parameters

    function test_setParameters_reverts_when_the_caller_is_not_the_owner() public {
        vm.expectRevert(IProofMarket.Unauthorized.selector);
        vm.prank(guardian);
        proofMarket.setParameters(_parameters());
    }

    function test_setParameters_reverts_when_a_value_is_out_of_bounds() public {
        MarketParameters memory p = _parameters();
        p.protocolFeeBps = 3001;
        _assertParametersRefused(p, "protocolFeeBps");
        p = _parameters();
        p.lockBps = 99;
        _assertParametersRefused(p, "lockBps");
        p.lockBps = 50_001;
        _assertParametersRefused(p, "lockBps");
        p = _parameters();
        p.maxStakeMultiple = 0;
        _assertParametersRefused(p, "maxStakeMultiple");
        p.maxStakeMultiple = 1001;
        _assertParametersRefused(p, "maxStakeMultiple");
        p = _parameters();
        p.minFee = 0;
        _assertParametersRefused(p, "minFee");
        p.minFee = 1e24 + 1;
        _assertParametersRefused(p, "minFee");
        p = _parameters();
        p.bond = 1e15 - 1e9;
        _assertParametersRefused(p, "bond");
        p.bond = 1e24 + 1e9;
        _assertParametersRefused(p, "bond");
        p.bond = 1e18 + 1;
        _assertParametersRefused(p, "bond");
        p = _parameters();
        p.maxOpenAssignments = 0;
        _assertParametersRefused(p, "maxOpenAssignments");
        p.maxOpenAssignments = 10_001;
        _assertParametersRefused(p, "maxOpenAssignments");
    }

    function testFuzz_setParameters_holds_for_later_requests_only(MarketParameters memory p) public {
        p.protocolFeeBps = bound(p.protocolFeeBps, 0, 3000);
        p.lockBps = bound(p.lockBps, 100, 50_000);
        p.maxStakeMultiple = bound(p.maxStakeMultiple, 1, 1000);
        p.minFee = bound(p.minFee, 1, 1e24);
        p.bond = bound(p.bond, 1e6, 1e15) * 1e9;
        p.maxOpenAssignments = bound(p.maxOpenAssignments, 1, 10_000);
        bytes32 earlier = _request(100 ether);
        bytes memory frozen = abi.encode(proofMarket.requestOf(earlier));

        vm.expectEmit(market);
        emit IProofMarket.ParametersChanged(p);
        vm.prank(owner);
        proofMarket.setParameters(p);
        assertEq(abi.encode(proofMarket.parameters()), abi.encode(p));
        assertEq(abi.encode(proofMarket.requestOf(earlier)), frozen, "frozen");

        Request memory later = proofMarket.requestOf(_request(1e24));
        assertEq(later.bond, p.bond);
        assertEq(later.protocolFeeBps, p.protocolFeeBps);
        assertEq(later.lockAmount, 1e20 * p.lockBps);
    }

    // ---------------------------------------------------------------- verifiers

    function test_addVerifier_reverts() public {
        address another = address(new TestVerifier("another"));
        vm.expectRevert(IProofMarket.Unauthorized.selector);
        proofMarket.addVerifier(another);

        address keyless = address(new KeylessVerifier());
        vm.startPrank(owner);
        vm.expectRevert(IProofMarket.ZeroAddress.selector);
        proofMarket.addVerifier(address(0));
        vm.expectRevert(_refused("verifierKeyHash"));
        proofMarket.addVerifier(keyless);
        // An account without code has no key hash to give.
        vm.expectRevert();
        proofMarket.addVerifier(stranger);

        for (uint256 version = 2; version <= 255; ++version) {
            proofMarket.addVerifier(another);
        }
        vm.expectRevert(_refused("verifiers"));
        proofMarket.addVerifier(another);
    }

    function testFuzz_addVerifier_gives_the_next_version(bytes32[4] memory keyHashes) public {
        for (uint256 i = 0; i < keyHashes.length; ++i) {
            vm.assume(keyHashes[i] != 0);
            address another = address(new TestVerifier(keyHashes[i]));
            vm.expectEmit(market);
            emit IProofMarket.VerifierAdded(2 + i, another, keyHashes[i]);
            vm.prank(owner);
            assertEq(proofMarket.addVerifier(another), 2 + i);
            assertEq(proofMarket.verifierCount(), 2 + i);
            (address known, bytes32 keyHash, bool withdrawn) = proofMarket.verifierOf(2 + i);
            assertEq(known, another);
            assertEq(keyHash, keyHashes[i]);
            assertFalse(withdrawn);
        }
    }

    function test_verifierOf_reverts_when_the_version_is_unknown() public {
        vm.expectRevert(IProofMarket.VerifierUnknown.selector);
        proofMarket.verifierOf(0);
        vm.expectRevert(IProofMarket.VerifierUnknown.selector);
        proofMarket.verifierOf(2);
    }

    function test_withdrawVerifier_reverts() public {
        vm.expectRevert(IProofMarket.Unauthorized.selector);
        vm.prank(owner);
        proofMarket.withdrawVerifier(1);
        vm.startPrank(guardian);
        vm.expectRevert(IProofMarket.VerifierUnknown.selector);
        proofMarket.withdrawVerifier(2);
        proofMarket.withdrawVerifier(1);
        vm.expectRevert(IProofMarket.VerifierIsWithdrawn.selector);
        proofMarket.withdrawVerifier(1);
    }

    function testFuzz_withdrawVerifier_marks_one_version_for_ever(uint256 which, uint256 wait) public {
        which = bound(which, 1, 4);
        for (uint256 version = 2; version <= 4; ++version) {
            // The same contract under several versions: what is withdrawn is the version.
            vm.prank(owner);
            proofMarket.addVerifier(address(verifier));
        }
        vm.expectEmit(market);
        emit IProofMarket.VerifierWithdrawn(which);
        vm.prank(guardian);
        proofMarket.withdrawVerifier(which);
        vm.warp(block.timestamp + bound(wait, 0, 3650 days));
        for (uint256 version = 1; version <= 4; ++version) {
            (,, bool withdrawn) = proofMarket.verifierOf(version);
            assertEq(withdrawn, version == which);
        }
    }

    // ---------------------------------------------------------------- multipliers

    function test_setMultiplier_reverts() public {
        vm.expectRevert(IProofMarket.Unauthorized.selector);
        proofMarket.setMultiplier(1, PROGRAM, 1, 1);

        vm.startPrank(owner);
        vm.expectRevert(_refused("fromEpoch"));
        proofMarket.setMultiplier(1, PROGRAM, 1, 0);
        vm.expectRevert(_refused("fromEpoch"));
        proofMarket.setMultiplier(1, PROGRAM, 1, 1001);
        vm.expectRevert(_refused("multiplierBps"));
        proofMarket.setMultiplier(1, PROGRAM, 1_000_001, 1);
        vm.expectRevert(IProofMarket.VerifierUnknown.selector);
        proofMarket.setMultiplier(2, PROGRAM, 1, 1);
        vm.expectRevert(IProofMarket.ProgramKeyOutOfRange.selector);
        proofMarket.setMultiplier(1, bytes32(SCALAR_FIELD), 1, 1);
    }

    function test_setMultiplier_replaces_what_was_scheduled_for_its_epoch_and_later() public {
        vm.startPrank(owner);
        proofMarket.setMultiplier(1, PROGRAM, 5, 5);
        proofMarket.setMultiplier(1, PROGRAM, 9, 9);
        vm.expectEmit(market);
        emit IProofMarket.MultiplierChanged(KEY_HASH, PROGRAM, 7, 5);
        proofMarket.setMultiplier(1, PROGRAM, 7, 5);
        assertEq(proofMarket.multiplierAt(KEY_HASH, PROGRAM, 4), MULTIPLIER);
        assertEq(proofMarket.multiplierAt(KEY_HASH, PROGRAM, 5), 7);
        assertEq(proofMarket.multiplierAt(KEY_HASH, PROGRAM, 1000), 7);
    }

    /// Against the plainest model: an array of the value of each epoch.
    function testFuzz_setMultiplier_never_changes_an_epoch_that_has_begun(uint256[6] memory seeds) public {
        uint256 epochs = 40;
        uint256[] memory expected = new uint256[](epochs);
        vm.startPrank(owner);
        for (uint256 i = 0; i < seeds.length; ++i) {
            uint256 now_ = proofMarket.currentEpoch();
            uint256 from = now_ + 1 + seeds[i] % 9;
            uint256 bps = (seeds[i] >> 8) % 1_000_001;
            vm.expectEmit(market);
            emit IProofMarket.MultiplierChanged(KEY_HASH, OTHER_PROGRAM, bps, from);
            proofMarket.setMultiplier(1, OTHER_PROGRAM, bps, from);
            for (uint256 e = from; e < epochs; ++e) {
                expected[e] = bps;
            }
            vm.warp(block.timestamp + (seeds[i] >> 64) % (5 * EPOCH_LENGTH));
            for (uint256 e = 0; e < epochs; ++e) {
                assertEq(proofMarket.multiplierAt(KEY_HASH, OTHER_PROGRAM, e), expected[e]);
            }
        }
    }

    // ---------------------------------------------------------------- helpers

    function _assertParametersRefused(MarketParameters memory p, bytes32 name) internal {
        vm.expectRevert(_refused(name));
        vm.prank(owner);
        proofMarket.setParameters(p);
    }

    function _assertBuilt(MarketConfig memory config) internal {
        (address built,) = _build(config);
        assertNotEq(built, address(0));
    }

    function _assertNotBuilt(MarketConfig memory config, bytes memory reason) internal {
        (address built, bytes memory answer) = _build(config);
        assertEq(built, address(0));
        assertEq(answer, reason);
    }

    function _build(MarketConfig memory config) internal returns (address built, bytes memory answer) {
        bytes memory code = abi.encodePacked(vm.getCode("ProofMarket.sol:ProofMarket"), abi.encode(config));
        assembly {
            built := create(0, add(code, 32), mload(code))
            answer := mload(0x40)
            mstore(answer, returndatasize())
            returndatacopy(add(answer, 32), 0, returndatasize())
            mstore(0x40, add(answer, and(add(returndatasize(), 63), not(31))))
        }
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {SystemFixture} from "./helpers/SystemFixture.sol";
import {CommissionEntry, IProverRegistry, ProverRecord} from "contracts/interfaces/IProverRegistry.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Rates per source, notice for increases, and the rate at any time from logs alone.
contract ProverRegistryCommissionTest is SystemFixture {
    uint256 internal constant NO_OVERRIDE = type(uint16).max;
    address internal constant DEFAULT = address(0);

    address internal source = makeAddr("source");

    function setUp() public override {
        super.setUp();
        _register(prover, MIN_SELF_STAKE, 1000);
    }

    function _set(address source_, uint256 bps) private {
        vm.prank(prover);
        registry.setCommission(source_, bps);
    }

    function _remove(address source_) private {
        vm.prank(prover);
        registry.removeCommission(source_);
    }

    function _rate(address source_) private view returns (uint256) {
        return registry.commissionOf(prover, source_);
    }

    function _expectChange(address source_, uint256 bps, uint256 effectiveAt) private {
        ProverRecord memory record = registry.proverRecord(prover);
        uint256 sequence = record.commissionSequence + 1;
        bytes32 rollingHash = keccak256(
            abi.encode(record.commissionHash, sequence, source_, bps, block.timestamp, effectiveAt)
        );
        vm.expectEmit(address(registry));
        emit IProverRegistry.CommissionChanged(
            prover, source_, bps, block.timestamp, effectiveAt, sequence, rollingHash
        );
    }

    function _assertEntry(address source_, uint256 bps, uint256 nextBps, uint256 nextAt) private view {
        CommissionEntry memory entry = registry.commissionEntry(prover, source_);
        assertEq(entry.bps, bps, "bps");
        assertEq(entry.nextBps, nextBps, "nextBps");
        assertEq(entry.nextAt, nextAt, "nextAt");
    }

    // ---------------------------------------------------------------- errors

    function test_setCommission_reverts_for_a_stranger() public {
        vm.expectRevert(IProverRegistry.ProverUnknown.selector);
        vm.prank(stranger);
        registry.setCommission(DEFAULT, 0);
    }

    function testFuzz_setCommission_reverts_above_the_maximum(address source_, uint256 bps) public {
        vm.expectRevert(IProverRegistry.CommissionTooHigh.selector);
        _set(source_, bound(bps, MAX_COMMISSION_BPS + 1, type(uint256).max));
    }

    function test_removeCommission_reverts_for_a_stranger() public {
        vm.expectRevert(IProverRegistry.ProverUnknown.selector);
        vm.prank(stranger);
        registry.removeCommission(source);
    }

    function test_removeCommission_reverts_without_an_override_and_for_the_default() public {
        vm.expectRevert(IProverRegistry.NoOverride.selector);
        _remove(source);
        vm.expectRevert(IProverRegistry.NoOverride.selector);
        _remove(DEFAULT);
        _set(source, 500);
        _remove(source);
        skip(COMMISSION_NOTICE);
        vm.expectRevert(IProverRegistry.NoOverride.selector);
        _remove(source);
    }

    function test_commissionOf_reverts_for_unknown_provers() public {
        vm.expectRevert(IProverRegistry.ProverUnknown.selector);
        registry.commissionOf(stranger, source);
    }

    // ---------------------------------------------------------------- default

    function testFuzz_a_lower_default_holds_at_once(uint256 bps) public {
        bps = bound(bps, 0, 1000);
        _expectChange(DEFAULT, bps, block.timestamp);
        _set(DEFAULT, bps);
        assertEq(_rate(DEFAULT), bps);
        assertEq(_rate(source), bps);
        _assertEntry(DEFAULT, bps, 0, 0);
    }

    function testFuzz_a_higher_default_holds_by_itself_after_the_notice(uint256 bps, uint256 before) public {
        bps = bound(bps, 1001, MAX_COMMISSION_BPS);
        uint256 effectiveAt = block.timestamp + COMMISSION_NOTICE;
        _expectChange(DEFAULT, bps, effectiveAt);
        _set(DEFAULT, bps);
        _assertEntry(DEFAULT, 1000, bps, effectiveAt);

        vm.warp(effectiveAt - bound(before, 1, COMMISSION_NOTICE));
        assertEq(_rate(source), 1000);
        vm.warp(effectiveAt);
        assertEq(_rate(source), bps);
        _assertEntry(DEFAULT, bps, 0, 0);
    }

    function testFuzz_a_newer_default_replaces_a_scheduled_one(uint256 first, uint256 second, uint256 between)
        public
    {
        first = bound(first, 1001, MAX_COMMISSION_BPS);
        second = bound(second, 0, MAX_COMMISSION_BPS);
        _set(DEFAULT, first);
        uint256 firstAt = block.timestamp + COMMISSION_NOTICE;
        skip(bound(between, 0, COMMISSION_NOTICE - 1));
        bool raises = second > 1000;
        uint256 secondAt = block.timestamp + (raises ? COMMISSION_NOTICE : 0);
        _expectChange(DEFAULT, second, secondAt);
        _set(DEFAULT, second);

        assertEq(_rate(source), raises ? 1000 : second);
        vm.warp(firstAt);
        // The first never takes effect, unless both fall on this moment.
        assertEq(_rate(source), raises && secondAt > firstAt ? 1000 : second);
        vm.warp(secondAt > firstAt ? secondAt : firstAt);
        assertEq(_rate(source), second);
    }

    // ---------------------------------------------------------------- overrides

    function testFuzz_an_override_is_compared_with_the_rate_that_it_replaces(
        uint256 current,
        uint256 bps,
        bool overridden
    ) public {
        bps = bound(bps, 0, MAX_COMMISSION_BPS);
        current = overridden ? bound(current, 0, 1000) : 1000;
        if (overridden) _set(source, current);

        bool raises = bps > current;
        uint256 effectiveAt = block.timestamp + (raises ? COMMISSION_NOTICE : 0);
        _expectChange(source, bps, effectiveAt);
        _set(source, bps);
        assertEq(_rate(source), raises ? current : bps);
        if (raises) _assertEntry(source, overridden ? current : NO_OVERRIDE, bps, effectiveAt);
        else _assertEntry(source, bps, 0, 0);

        vm.warp(effectiveAt);
        assertEq(_rate(source), bps);
        assertEq(_rate(DEFAULT), 1000);
        assertEq(_rate(stranger), 1000);
    }

    function test_an_override_stays_when_the_default_changes() public {
        _set(source, 300);
        _set(DEFAULT, 200);
        assertEq(_rate(source), 300);
        assertEq(_rate(stranger), 200);
    }

    function testFuzz_removing_an_override_below_the_default_takes_the_notice(uint256 low) public {
        low = bound(low, 0, 999);
        _set(source, low);
        uint256 effectiveAt = block.timestamp + COMMISSION_NOTICE;
        _expectChange(source, NO_OVERRIDE, effectiveAt);
        _remove(source);
        _assertEntry(source, low, NO_OVERRIDE, effectiveAt);
        vm.warp(effectiveAt - 1);
        assertEq(_rate(source), low);
        vm.warp(effectiveAt);
        assertEq(_rate(source), 1000);
        _assertEntry(source, NO_OVERRIDE, 0, 0);
    }

    function test_removing_an_override_that_is_not_below_the_default_is_immediate() public {
        _set(source, 1000);
        _expectChange(source, NO_OVERRIDE, block.timestamp);
        _remove(source);
        _assertEntry(source, NO_OVERRIDE, 0, 0);

        _set(source, 900);
        _set(DEFAULT, 100);
        _expectChange(source, NO_OVERRIDE, block.timestamp);
        _remove(source);
        assertEq(_rate(source), 100);
    }

    function test_removing_an_override_of_what_the_default_will_be_is_immediate() public {
        _set(source, 1000);
        _set(DEFAULT, 500);
        _set(DEFAULT, 1000);
        _expectChange(source, NO_OVERRIDE, block.timestamp);
        _remove(source);
        assertEq(_rate(source), 500);
        skip(COMMISSION_NOTICE);
        assertEq(_rate(source), 1000);

        _set(DEFAULT, 0);
        _set(source, 0);
        _expectChange(source, NO_OVERRIDE, block.timestamp);
        _remove(source);
        _assertEntry(source, NO_OVERRIDE, 0, 0);
    }

    function test_removing_an_override_below_the_scheduled_default_takes_the_notice() public {
        _set(source, 1000);
        _set(DEFAULT, 4000);
        skip(COMMISSION_NOTICE - 1);
        uint256 effectiveAt = block.timestamp + COMMISSION_NOTICE;
        _expectChange(source, NO_OVERRIDE, effectiveAt);
        _remove(source);
        skip(1);
        assertEq(_rate(DEFAULT), 4000);
        assertEq(_rate(source), 1000);
        vm.warp(effectiveAt);
        assertEq(_rate(source), 4000);
    }

    function test_removing_a_scheduled_override_withdraws_it_at_once() public {
        _set(source, 2000);
        _set(DEFAULT, 3000);
        _expectChange(source, NO_OVERRIDE, block.timestamp);
        _remove(source);
        _assertEntry(source, NO_OVERRIDE, 0, 0);
        skip(COMMISSION_NOTICE);
        assertEq(_rate(source), 3000);
    }

    function test_a_scheduled_override_rises_over_a_default_that_fell_meanwhile() public {
        _set(source, 2000);
        _set(DEFAULT, 0);
        assertEq(_rate(source), 0);
        skip(COMMISSION_NOTICE);
        assertEq(_rate(source), 2000);
    }

    function test_peers_02_no_reward_bears_a_rate_raised_just_before_it() public {
        _set(DEFAULT, MAX_COMMISSION_BPS);
        _set(source, MAX_COMMISSION_BPS);
        _reward(source, prover, 100 ether);
        assertEq(_commissionOwed(prover), 10 ether);
        skip(COMMISSION_NOTICE);
        _reward(source, prover, 100 ether);
        assertEq(_commissionOwed(prover), 60 ether);
    }

    // ---------------------------------------------------------------- derivable from logs

    struct Replayed {
        uint256 bps;
        uint256 nextBps;
        uint256 nextAt;
    }

    mapping(address source => Replayed) private replayed;

    /// @dev Folds one log into an entry's schedule, exactly as the event's documentation says.
    function _apply(Replayed storage entry, uint256 bps, uint256 announcedAt, uint256 effectiveAt) private {
        if (entry.nextAt != 0 && entry.nextAt <= announcedAt) entry.bps = entry.nextBps;
        (entry.nextBps, entry.nextAt) = (0, 0);
        if (effectiveAt <= announcedAt) entry.bps = bps;
        else (entry.nextBps, entry.nextAt) = (bps, effectiveAt);
    }

    function _rateAt(Replayed storage entry, uint256 time) private view returns (uint256) {
        return entry.nextAt != 0 && entry.nextAt <= time ? entry.nextBps : entry.bps;
    }

    /// @dev The rate for `source_` at `time` from the logs announced up to then, which must be whole.
    function _replay(Vm.Log[] memory logs, address source_, uint256 time) private returns (uint256 bps) {
        delete replayed[DEFAULT];
        delete replayed[source_];
        replayed[source_].bps = NO_OVERRIDE;
        bytes32 previous;
        uint256 count;
        for (uint256 i; i < logs.length; i++) {
            if (logs[i].topics[0] != IProverRegistry.CommissionChanged.selector) continue;
            address changed = address(uint160(uint256(logs[i].topics[2])));
            (uint256 rate, uint256 announcedAt, uint256 effectiveAt, uint256 sequence, bytes32 rollingHash) =
                abi.decode(logs[i].data, (uint256, uint256, uint256, uint256, bytes32));
            assertEq(sequence, ++count, "sequence");
            previous = keccak256(abi.encode(previous, sequence, changed, rate, announcedAt, effectiveAt));
            assertEq(rollingHash, previous, "rolling hash");
            if (announcedAt <= time && (changed == DEFAULT || changed == source_)) {
                _apply(replayed[changed], rate, announcedAt, effectiveAt);
            }
        }
        ProverRecord memory record = registry.proverRecord(stranger);
        assertEq(record.commissionHash, previous);
        assertEq(record.commissionSequence, count);

        bps = _rateAt(replayed[source_], time);
        if (bps == NO_OVERRIDE) bps = _rateAt(replayed[DEFAULT], time);
    }

    /// @dev Two sources and the default change at random; after each step and again half-way to the next,
    /// the rates are written down. Afterwards the logs alone must give every one of them.
    function testFuzz_the_rate_at_any_past_time_follows_from_the_logs_alone(uint256 seed) public {
        uint256 steps = 12;
        address[3] memory sources = [DEFAULT, source, distributor];
        uint256[] memory times = new uint256[](2 * steps);
        uint256[3][] memory rates = new uint256[3][](2 * steps);

        vm.recordLogs();
        _register(stranger, MIN_SELF_STAKE, seed % (MAX_COMMISSION_BPS + 1));
        vm.startPrank(stranger);
        for (uint256 i; i < steps; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            address target = sources[seed % 3];
            if (seed >> 8 & 3 == 0 && target != DEFAULT) {
                try registry.removeCommission(target) {}
                catch (bytes memory reason) {
                    assertEq(bytes4(reason), IProverRegistry.NoOverride.selector);
                }
            } else {
                registry.setCommission(target, (seed >> 16) % (MAX_COMMISSION_BPS + 1));
            }
            for (uint256 half; half < 2; half++) {
                times[2 * i + half] = block.timestamp;
                for (uint256 k; k < 3; k++) {
                    rates[2 * i + half][k] = registry.commissionOf(stranger, sources[k]);
                }
                skip((seed >> 32) % COMMISSION_NOTICE + 1);
            }
        }
        vm.stopPrank();

        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < times.length; i++) {
            for (uint256 k; k < 3; k++) {
                assertEq(_replay(logs, sources[k], times[i]), rates[i][k], "rate at a past time");
            }
        }
    }

    /// @dev The promise itself, whatever the sequence: no change raises a rate at once, and a rate that rises
    /// later does so one notice after a change of its own entry or of the default.
    function testFuzz_no_rate_ever_rises_without_notice(uint256 seed) public {
        address[3] memory sources = [DEFAULT, source, distributor];
        uint256[40] memory changedAt;
        address[40] memory changed;
        uint256 rises;
        for (uint256 i; i < 40; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256[3] memory before = _rates(sources);
            address target = sources[seed % 3];
            (changedAt[i], changed[i]) = (block.timestamp, target);
            vm.prank(prover);
            if (seed >> 8 & 3 == 0 && target != DEFAULT) {
                try registry.removeCommission(target) {} catch {}
            } else {
                registry.setCommission(target, (seed >> 16) % (MAX_COMMISSION_BPS + 1));
            }
            uint256[3] memory afterwards = _rates(sources);
            for (uint256 k; k < 3; k++) {
                assertLe(afterwards[k], before[k], "a rate rose in the transaction of a change");
            }

            uint256 from = block.timestamp;
            skip((seed >> 32) % (2 * COMMISSION_NOTICE));
            for (uint256 k; k < 3; k++) {
                if (_rate(sources[k]) <= afterwards[k]) continue;
                rises++;
                bool announced;
                for (uint256 j; j <= i; j++) {
                    uint256 due = changedAt[j] + COMMISSION_NOTICE;
                    announced = announced
                        || (due > from
                            && due <= block.timestamp
                            && (changed[j] == sources[k] || changed[j] == DEFAULT));
                }
                assertTrue(announced, "a rate rose that nobody had announced");
            }
        }
        assertGt(rises, 0, "nothing rose: this test showed nothing");
    }

    function _rates(address[3] memory sources) private view returns (uint256[3] memory rates) {
        for (uint256 k; k < 3; k++) {
            rates[k] = _rate(sources[k]);
        }
    }
}

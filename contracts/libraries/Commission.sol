// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

/// @dev One commission entry in 64 bits: the rate in force, and the rate that replaces it at a time.
/// From the low end: 16 bits of NO_OVERRIDE − bps, 16 bits nextBps, 32 bits nextAt (0: nothing is scheduled).
/// The complement makes a fresh slot mean "no override".
type Rates is uint64;

using Commission for Rates global;

/// @title Commission
/// @notice Packing and reading of commission entries. Times fit 32 bits until 2106.
library Commission {
    /// @dev No rate: the default applies.
    uint256 internal constant NO_OVERRIDE = type(uint16).max;

    /// @notice `bps` in force, nothing scheduled.
    function fixedAt(uint256 bps) internal pure returns (Rates) {
        return Rates.wrap(uint64(NO_OVERRIDE - bps));
    }

    /// @notice `bps` in force until `at`, `nextBps` from then on.
    function scheduled(uint256 bps, uint256 nextBps, uint256 at) internal pure returns (Rates) {
        return Rates.wrap(uint64((NO_OVERRIDE - bps) | (nextBps << 16) | (at << 32)));
    }

    /// @notice The rate in force now, or NO_OVERRIDE.
    function inForce(Rates rates) internal view returns (uint256) {
        uint256 raw = Rates.unwrap(rates);
        uint256 at = raw >> 32;
        if (at != 0 && at <= block.timestamp) return uint16(raw >> 16);
        return NO_OVERRIDE - uint16(raw);
    }

    /// @notice What is scheduled and not yet in force; `at` is 0 if nothing is.
    function next(Rates rates) internal view returns (uint256 bps, uint256 at) {
        uint256 raw = Rates.unwrap(rates);
        at = raw >> 32;
        if (at <= block.timestamp) return (0, 0);
        bps = uint16(raw >> 16);
    }
}

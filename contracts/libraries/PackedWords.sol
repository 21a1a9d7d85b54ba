// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

/// @dev What a prover has claimed, in a word that is read once and written once, which solc does not find for
/// the fields of a struct. From the low end: claimed (96 bits), claimed commission (96), and the time of the
/// registration (64), which is never 0.
type ClaimLedger is uint256;

/// @dev A vault's stake. From the low end: active assets (96 bits), and the rolling hash of all their changes
/// (160), 0 before the first.
type Stake is uint256;

using PackedWords for ClaimLedger global;
using PackedWords for Stake global;

/// @title PackedWords
/// @notice Names for the fields of the words that are packed by hand.
library PackedWords {
    function openLedger(uint256 registeredAt_) internal pure returns (ClaimLedger) {
        return ClaimLedger.wrap(registeredAt_ << 192);
    }

    function isOpen(ClaimLedger self) internal pure returns (bool) {
        return ClaimLedger.unwrap(self) != 0;
    }

    function claimed(ClaimLedger self) internal pure returns (uint256) {
        return uint96(ClaimLedger.unwrap(self));
    }

    function claimedCommission(ClaimLedger self) internal pure returns (uint256) {
        return uint96(ClaimLedger.unwrap(self) >> 96);
    }

    function registeredAt(ClaimLedger self) internal pure returns (uint256) {
        return ClaimLedger.unwrap(self) >> 192;
    }

    /// @dev Both amounts in place of the former ones.
    function withClaimed(ClaimLedger self, uint96 amount, uint96 commission)
        internal
        pure
        returns (ClaimLedger)
    {
        return ClaimLedger.wrap((registeredAt(self) << 192) | uint256(commission) << 96 | amount);
    }

    function active(Stake self) internal pure returns (uint256) {
        return uint96(Stake.unwrap(self));
    }

    function rollingHash(Stake self) internal pure returns (uint160) {
        return uint160(Stake.unwrap(self) >> 96);
    }

    /// @dev `assets`, at most 96 bits, are the active assets from `time` on.
    function changed(Stake self, uint256 assets, uint256 time) internal pure returns (Stake) {
        bytes32 hash = keccak256(abi.encode(rollingHash(self), assets, time));
        return Stake.wrap(uint256(hash) << 96 | assets);
    }
}

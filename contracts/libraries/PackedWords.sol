// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

/// @dev What a prover has claimed, in a word that is read once and written once, which solc does not find for
/// the fields of a struct. From the low end: claimed (96 bits), claimed commission (96), and the time of the
/// registration (64), which is never 0.
type ClaimLedger is uint256;

using PackedWords for ClaimLedger global;

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
}

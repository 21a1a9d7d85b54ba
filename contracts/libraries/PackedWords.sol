// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

/// @dev What a prover has claimed, in a word that is read once and written once, which solc does not find for
/// the fields of a struct. From the low end: claimed (96 bits), claimed commission (96), and the time of the
/// registration (64), which is never 0.
type ClaimLedger is uint256;

/// @dev A vault's stake. From the low end: active assets (96 bits), and the rolling hash of all their changes
/// (160), 0 before the first.
type Stake is uint256;

/// @dev A vault's rewards. From the low end: unvested assets (95 bits) as of a time; whether the vault is deserted
/// (1); commission owed (96); that time (32); the time at which vesting ends (32).
type Rewards is uint256;

/// @dev A vault's unbonding pool. From the low end: assets (96 bits), shares (128), generation (32).
type Unbonding is uint256;

/// @dev One exit of a controller's queue. From the low end: the sums of vault shares (96 bits) and of unbonding
/// shares (128) over it and all exits before it, both modulo their width; the last moment at which it is not yet
/// claimable (32).
type Exit is uint256;

/// @dev Where the exits of one generation begin: the number of the last exit before them (32 bits), and the
/// generation (32).
type Segment is uint64;

/// @dev The state of a controller's queue. From the low end: vault shares claimed so far, a position on the scale
/// of the exits' sums (96 bits); how many exits are claimed whole (32); how many there are (32); the segment of
/// the last one (64).
type QueueHeader is uint256;

using PackedWords for ClaimLedger global;
using PackedWords for Stake global;
using PackedWords for Rewards global;
using PackedWords for Unbonding global;
using PackedWords for Exit global;
using PackedWords for Segment global;
using PackedWords for QueueHeader global;

/// @dev From the low end: how many provers have registered (32 bits), and the rolling hash of their registrations
/// (224).
type Registrations is uint256;

using PackedWords for Registrations global;

/// @title PackedWords
/// @notice Names for the fields of words that are packed by hand, because a struct's code costs more. Nothing is
/// masked on the way in, unless it is said: callers keep values within their bits. Times fit 32 bits until 2106.
library PackedWords {
    uint256 private constant DESERTED = 1 << 95;
    uint256 private constant OWED = uint256(type(uint96).max) << 96;

    // ---------------------------------------------------------------- the registry's

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

    // ---------------------------------------------------------------- a vault's

    function active(Stake self) internal pure returns (uint256) {
        return uint96(Stake.unwrap(self));
    }

    function rollingHash(Stake self) internal pure returns (uint160) {
        return uint160(Stake.unwrap(self) >> 96);
    }

    /// @dev `assets` are the active assets from now on. The hash is that of abi.encode(hash, assets, time).
    function changed(Stake self, uint256 assets) internal view returns (Stake next) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, shr(96, self))
            mstore(add(data, 32), assets)
            mstore(add(data, 64), timestamp())
            next := or(shl(96, keccak256(data, 96)), assets)
        }
    }

    /// @dev Unvested assets as of now, and when the last of them vests; the rest as it is.
    function vesting(Rewards self, uint256 assets, uint256 end) internal view returns (Rewards) {
        return
            Rewards.wrap(
                Rewards.unwrap(self) & (OWED | DESERTED) | assets | block.timestamp << 192 | end << 224
            );
    }

    /// @dev Now, rounded down: what has vested is rounded up.
    function unvested(Rewards self) internal view returns (uint256) {
        uint256 end = vestingEnd(self);
        if (block.timestamp >= end) return 0;
        unchecked {
            uint256 stored = Rewards.unwrap(self) & (DESERTED - 1);
            return stored * (end - block.timestamp) / (end - uint32(Rewards.unwrap(self) >> 192));
        }
    }

    function isDeserted(Rewards self) internal pure returns (bool) {
        return Rewards.unwrap(self) & DESERTED != 0;
    }

    function commissionOwed(Rewards self) internal pure returns (uint256) {
        return uint96(Rewards.unwrap(self) >> 96);
    }

    function vestingEnd(Rewards self) internal pure returns (uint256) {
        return Rewards.unwrap(self) >> 224;
    }

    function withOwed(Rewards self, uint256 owed) internal pure returns (Rewards) {
        return Rewards.wrap(Rewards.unwrap(self) & ~OWED | owed << 96);
    }

    function desert(Rewards self) internal pure returns (Rewards) {
        return Rewards.wrap(Rewards.unwrap(self) | DESERTED);
    }

    function settle(Rewards self) internal pure returns (Rewards) {
        return Rewards.wrap(Rewards.unwrap(self) & ~DESERTED);
    }

    function packUnbonding(uint256 assets, uint256 shares, uint256 generation_)
        internal
        pure
        returns (Unbonding)
    {
        return Unbonding.wrap(assets | shares << 96 | generation_ << 224);
    }

    function unpack(Unbonding self)
        internal
        pure
        returns (uint256 assets, uint256 shares, uint256 generation_)
    {
        uint256 word = Unbonding.unwrap(self);
        return (uint96(word), uint128(word >> 96), word >> 224);
    }

    // ---------------------------------------------------------------- a queue's

    /// @dev Both sums modulo their width.
    function packExit(uint256 shares, uint256 poolShares, uint256 maturity_) internal pure returns (Exit) {
        return Exit.wrap(uint96(shares) | uint256(uint128(poolShares)) << 96 | maturity_ << 224);
    }

    function sharesSum(Exit self) internal pure returns (uint256) {
        return uint96(Exit.unwrap(self));
    }

    function poolSharesSum(Exit self) internal pure returns (uint256) {
        return uint128(Exit.unwrap(self) >> 96);
    }

    function maturity(Exit self) internal pure returns (uint256) {
        return Exit.unwrap(self) >> 224;
    }

    function packSegment(uint256 before_, uint256 generation_) internal pure returns (Segment) {
        return Segment.wrap(uint64(before_ | generation_ << 32));
    }

    function before(Segment self) internal pure returns (uint256) {
        return uint32(Segment.unwrap(self));
    }

    function generation(Segment self) internal pure returns (uint256) {
        return Segment.unwrap(self) >> 32;
    }

    /// @dev `position` modulo its width.
    function packHeader(uint256 position_, uint256 claimed_, uint256 length_, Segment last_)
        internal
        pure
        returns (QueueHeader)
    {
        return QueueHeader.wrap(
            uint96(position_) | claimed_ << 96 | length_ << 128 | uint256(Segment.unwrap(last_)) << 160
        );
    }

    function position(QueueHeader self) internal pure returns (uint256) {
        return uint96(QueueHeader.unwrap(self));
    }

    function claimedExits(QueueHeader self) internal pure returns (uint256) {
        return uint32(QueueHeader.unwrap(self) >> 96);
    }

    function length(QueueHeader self) internal pure returns (uint256) {
        return uint32(QueueHeader.unwrap(self) >> 128);
    }

    function last(QueueHeader self) internal pure returns (Segment) {
        return Segment.wrap(uint64(QueueHeader.unwrap(self) >> 160));
    }

    /// @dev The low 224 bits of `hash`. The count stays far below 2^32: each costs more than a million gas.
    function registrations(uint256 count_, bytes32 hash) internal pure returns (Registrations) {
        return Registrations.wrap(uint256(hash) << 32 | count_);
    }

    function count(Registrations self) internal pure returns (uint256) {
        return uint32(Registrations.unwrap(self));
    }

    function rollingHash(Registrations self) internal pure returns (uint224) {
        return uint224(Registrations.unwrap(self) >> 32);
    }
}

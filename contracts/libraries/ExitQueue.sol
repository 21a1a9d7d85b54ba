// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {IProverVault} from "../interfaces/IProverVault.sol";

/// @notice The exits of one controller, first in, first out. Exit number i (from 1) is one word: the sums of
/// vault shares (96 bits) and of unbonding shares (128 bits) over exits 1 to i, and the last moment at which
/// exit i is not yet claimable (32 bits). Word 0 is empty. Both sums wrap around: only differences between
/// unclaimed exits are ever used, and those are bounded below the modulus.
struct ExitQueue {
    /// @dev The unbonding pool's generation at the last request. Exits up to number `generationStart` belong
    /// to closed generations and are worth nothing; so are all, once the pool's generation is a later one.
    uint32 generation;
    uint32 generationStart;
    uint32 length;
    /// @dev How many exits are claimed whole.
    uint32 claimedExits;
    /// @dev Vault shares claimed so far: a position on the scale of the sums.
    uint96 claimedShares;
    mapping(uint256 number => uint256) exits;
}

/// @notice Finds positions in a queue by binary search, so that nothing costs more than the logarithm of its
/// length. Inside an exit, unbonding shares follow from vault shares by linear interpolation rounded down:
/// the parts of a claim made in pieces add up to the whole, never to more.
library ExitQueueLib {
    uint256 private constant SHARES_MASK = type(uint96).max;
    uint256 private constant POOL_MASK = type(uint128).max;
    uint256 private constant POOL_SHIFT = 96;
    uint256 private constant MATURITY_SHIFT = 224;

    /// @dev `shares` and `poolShares` are above 0. `length` would need 2^32 requests by one controller to
    /// overflow.
    function push(
        ExitQueue storage self,
        uint256 shares,
        uint256 poolShares,
        uint256 maturity,
        uint256 generation
    ) internal {
        uint256 length = self.length;
        uint256 last = self.exits[length];
        unchecked {
            if (((last - self.claimedShares) & SHARES_MASK) + shares > SHARES_MASK) {
                revert IProverVault.CapExceeded();
            }
            self.exits[length + 1] = ((last + shares) & SHARES_MASK)
                | ((((last >> POOL_SHIFT) + poolShares) & POOL_MASK) << POOL_SHIFT)
                | (maturity << MATURITY_SHIFT);
            self.length = uint32(length + 1);
        }
        if (self.generation != generation) {
            self.generation = uint32(generation);
            self.generationStart = uint32(length);
        }
    }

    /// @dev Claims the next `shares`, which end in exit `number`. Returns the unbonding shares they are.
    function take(ExitQueue storage self, uint256 number, uint256 shares, uint256 generation)
        internal
        returns (uint256 poolShares)
    {
        if (number > self.length || self.exits[number] >> MATURITY_SHIFT >= block.timestamp) {
            revert IProverVault.ExceedsClaimable();
        }
        unchecked {
            poolShares = poolSharesOf(self, number, shares, generation);
            uint256 position = (self.claimedShares + shares) & SHARES_MASK;
            self.claimedShares = uint96(position);
            self.claimedExits = uint32(self.exits[number] & SHARES_MASK == position ? number : number - 1);
        }
    }

    /// @dev The exit in which the next `shares` end; beyond the length if there are fewer.
    function findShares(ExitQueue storage self, uint256 shares) internal view returns (uint256 number) {
        return _firstAtLeast(self, uint256(self.claimedExits) + 1, 0, SHARES_MASK, self.claimedShares, shares);
    }

    /// @dev The fewest shares that come to `poolShares` (above 0), and the exit in which they end.
    function findPoolShares(ExitQueue storage self, uint256 poolShares, uint256 generation)
        internal
        view
        returns (uint256 number, uint256 shares)
    {
        uint256 start = _start(self, generation);
        uint256 claimedExits = self.claimedExits;
        if (start >= self.length || claimedExits >= self.length) revert IProverVault.ExceedsClaimable();
        uint256 base = _base(self, start);
        unchecked {
            number = _firstAtLeast(
                self,
                (start > claimedExits ? start : claimedExits) + 1,
                POOL_SHIFT,
                POOL_MASK,
                base,
                poolShares
            );
            if (number > self.length) revert IProverVault.ExceedsClaimable();
            uint256 before = self.exits[number - 1];
            uint256 word = self.exits[number];
            uint256 exitShares = (word - before) & SHARES_MASK;
            uint256 exitPoolShares = ((word >> POOL_SHIFT) - (before >> POOL_SHIFT)) & POOL_MASK;
            uint256 needed = (base + poolShares - (before >> POOL_SHIFT)) & POOL_MASK;
            shares =
                (before + (needed * exitShares + exitPoolShares - 1) / exitPoolShares - self.claimedShares)
                    & SHARES_MASK;
        }
    }

    /// @dev Shares not claimed yet, and how many of them may be claimed, which end with exit `number`.
    function unclaimed(ExitQueue storage self)
        internal
        view
        returns (uint256 total, uint256 claimable, uint256 number)
    {
        uint256 claimedExits = self.claimedExits;
        unchecked {
            total = (self.exits[self.length] - self.claimedShares) & SHARES_MASK;
            number = _firstAtLeast(
                self, claimedExits + 1, MATURITY_SHIFT, type(uint32).max, 0, block.timestamp
            ) - 1;
            if (number != claimedExits) claimable = (self.exits[number] - self.claimedShares) & SHARES_MASK;
        }
    }

    /// @dev The unbonding shares that the next `shares` are, which end in exit `number`.
    function poolSharesOf(ExitQueue storage self, uint256 number, uint256 shares, uint256 generation)
        internal
        view
        returns (uint256)
    {
        uint256 start = _start(self, generation);
        if (number <= start) return 0;
        unchecked {
            return (_poolSharesAt(self, number, self.claimedShares + shares) - _base(self, start)) & POOL_MASK;
        }
    }

    /// @dev The last exit of closed generations.
    function _start(ExitQueue storage self, uint256 generation) private view returns (uint256) {
        return self.generation == generation ? self.generationStart : self.length;
    }

    /// @dev The sum of unbonding shares where value begins: at the first unclaimed share, or at the first
    /// one of the generation. Needs an unclaimed exit.
    function _base(ExitQueue storage self, uint256 start) private view returns (uint256) {
        uint256 claimedExits = self.claimedExits;
        if (claimedExits < start) return (self.exits[start] >> POOL_SHIFT) & POOL_MASK;
        return _poolSharesAt(self, claimedExits + 1, self.claimedShares);
    }

    /// @dev The sum of unbonding shares at `position` in exit `number`. An exit holds fewer than 2^96 vault
    /// shares and, in the open generation, fewer than 2^126 unbonding shares: the product cannot overflow.
    function _poolSharesAt(ExitQueue storage self, uint256 number, uint256 position)
        private
        view
        returns (uint256)
    {
        unchecked {
            uint256 before = self.exits[number - 1];
            uint256 word = self.exits[number];
            uint256 exitPoolShares = ((word >> POOL_SHIFT) - (before >> POOL_SHIFT)) & POOL_MASK;
            return ((before >> POOL_SHIFT) + exitPoolShares * ((position - before) & SHARES_MASK)
                        / ((word - before) & SHARES_MASK)) & POOL_MASK;
        }
    }

    /// @dev The first exit from number `low` on whose field is at least `target` above `base`; one more than
    /// the length if there is none. The field must not fall from one exit to the next.
    function _firstAtLeast(
        ExitQueue storage self,
        uint256 low,
        uint256 shift,
        uint256 mask,
        uint256 base,
        uint256 target
    ) private view returns (uint256) {
        unchecked {
            uint256 high = uint256(self.length) + 1;
            while (low < high) {
                uint256 middle = (low + high) / 2;
                if ((((self.exits[middle] >> shift) - base) & mask) < target) low = middle + 1;
                else high = middle;
            }
        }
        return low;
    }
}

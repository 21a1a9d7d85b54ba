// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {IProverVault} from "../interfaces/IProverVault.sol";
import {revertWith} from "./RevertWith.sol";
import {FixedPointMathLib} from "solmate/utils/FixedPointMathLib.sol";

/// @notice The exits of one controller, first in, first out. Exit number i (from 1) is one word: the sums of
/// vault shares (96 bits) and of unbonding shares (128 bits) over exits 1 to i, and the last moment at which
/// exit i is not yet claimable (32 bits). Word 0 is empty. Both sums wrap around: only differences between
/// unclaimed exits are ever used, and those are bounded below the modulus.
struct ExitQueue {
    /// @dev From the low end: vault shares claimed so far, a position on the scale of the sums (96 bits); how
    /// many exits are claimed whole (32); how many there are (32); the last exit that belonged to a closed
    /// generation at the last request (32); the unbonding pool's generation then (32). What belongs to closed
    /// generations is worth nothing, and that is all of the queue once the pool's generation is a later one.
    uint256 header;
    mapping(uint256 number => uint256) exits;
}

/// @notice Finds positions in a queue by binary search, so that nothing costs more than the logarithm of its
/// length. Inside an exit, unbonding shares follow from vault shares by linear interpolation rounded down:
/// the parts of a claim made in pieces add up to the whole, never to more.
library ExitQueueLib {
    using FixedPointMathLib for uint256;

    uint256 private constant SHARES_MASK = type(uint96).max;
    uint256 private constant POOL_MASK = type(uint128).max;
    uint256 private constant POOL_SHIFT = 96;
    uint256 private constant MATURITY_SHIFT = 224;

    uint256 private constant CLAIMED_MASK = type(uint128).max;
    uint256 private constant CLAIMED_SHIFT = 96;
    uint256 private constant LENGTH_SHIFT = 128;
    uint256 private constant START_SHIFT = 160;
    uint256 private constant GENERATION_SHIFT = 192;

    /// @dev `shares` and `poolShares` are above 0. `length` would need 2^32 requests by one controller to
    /// overflow.
    function push(
        ExitQueue storage self,
        uint256 shares,
        uint256 poolShares,
        uint256 maturity,
        uint256 generation
    ) internal {
        uint256 length = _length(self);
        uint256 last = _word(self, length);
        unchecked {
            if (((last - self.header) & SHARES_MASK) + shares > SHARES_MASK) {
                revertWith(IProverVault.CapExceeded.selector);
            }
            self.exits[length + 1] = ((last + shares) & SHARES_MASK)
                | ((((last >> POOL_SHIFT) + poolShares) & POOL_MASK) << POOL_SHIFT)
                | (maturity << MATURITY_SHIFT);
            self.header = (self.header & CLAIMED_MASK) | (length + 1) << LENGTH_SHIFT
                | _start(self, generation) << START_SHIFT | generation << GENERATION_SHIFT;
        }
    }

    /// @dev Claims the next `shares`, which end in exit `number`. Returns the unbonding shares they are.
    function take(ExitQueue storage self, uint256 number, uint256 shares, uint256 generation)
        internal
        returns (uint256 poolShares)
    {
        uint256 word = _word(self, number);
        // A number beyond the length finds an empty word.
        if (word >> MATURITY_SHIFT >= block.timestamp || word == 0) {
            revertWith(IProverVault.ExceedsClaimable.selector);
        }
        poolShares = poolSharesOf(self, number, shares, generation);
        unchecked {
            uint256 position = (self.header + shares) & SHARES_MASK;
            if (word & SHARES_MASK != position) --number;
            self.header = (self.header & ~CLAIMED_MASK) | position | number << CLAIMED_SHIFT;
        }
    }

    /// @dev The exit in which the next `shares` end; beyond the length if there are fewer.
    function findShares(ExitQueue storage self, uint256 shares) internal view returns (uint256 number) {
        return _firstAtLeast(self, _claimedExits(self) + 1, 0, SHARES_MASK, self.header, shares);
    }

    /// @dev The fewest shares that come to `poolShares` (above 0), and the exit in which they end; a number
    /// beyond the length if there are fewer.
    function findPoolShares(ExitQueue storage self, uint256 poolShares, uint256 generation)
        internal
        view
        returns (uint256 number, uint256 shares)
    {
        uint256 start = _start(self, generation);
        uint256 base = _base(self, start);
        unchecked {
            if (start < _claimedExits(self)) start = _claimedExits(self);
            number = _firstAtLeast(self, start + 1, POOL_SHIFT, POOL_MASK, base, poolShares);
            (uint256 before, uint256 poolBefore, uint256 exitShares, uint256 exitPoolShares) =
                _exit(self, number);
            uint256 needed = (base + poolShares - poolBefore) & POOL_MASK;
            shares = (before + (needed * exitShares).unsafeDivUp(exitPoolShares) - self.header) & SHARES_MASK;
        }
    }

    /// @dev Shares not claimed yet, and how many of them may be claimed, which end with exit `number`.
    function unclaimed(ExitQueue storage self)
        internal
        view
        returns (uint256 total, uint256 claimable, uint256 number)
    {
        uint256 claimedExits = _claimedExits(self);
        unchecked {
            total = (_word(self, _length(self)) - self.header) & SHARES_MASK;
            number = _firstAtLeast(
                self, claimedExits + 1, MATURITY_SHIFT, type(uint32).max, 0, block.timestamp
            ) - 1;
            if (number != claimedExits) claimable = (_word(self, number) - self.header) & SHARES_MASK;
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
            return (_poolSharesAt(self, number, self.header + shares) - _base(self, start)) & POOL_MASK;
        }
    }

    /// @dev The last exit of closed generations.
    function _start(ExitQueue storage self, uint256 generation) private view returns (uint256) {
        return
            self.header >> GENERATION_SHIFT == generation ? uint32(self.header >> START_SHIFT) : _length(self);
    }

    /// @dev The sum of unbonding shares where value begins: at the first unclaimed share, or at the first
    /// one of the generation. Needs an unclaimed exit.
    function _base(ExitQueue storage self, uint256 start) private view returns (uint256) {
        uint256 claimedExits = _claimedExits(self);
        if (claimedExits < start) return _word(self, start) >> POOL_SHIFT;
        return _poolSharesAt(self, claimedExits + 1, self.header);
    }

    /// @dev The sum of unbonding shares at `position` in exit `number`. An exit holds fewer than 2^96 vault
    /// shares and, in the open generation, fewer than 2^126 unbonding shares: the product cannot overflow.
    function _poolSharesAt(ExitQueue storage self, uint256 number, uint256 position)
        private
        view
        returns (uint256)
    {
        (uint256 before, uint256 poolBefore, uint256 exitShares, uint256 exitPoolShares) = _exit(self, number);
        unchecked {
            return poolBefore + (exitPoolShares * ((position - before) & SHARES_MASK)).unsafeDiv(exitShares);
        }
    }

    /// @dev The sums before exit `number` (modulo their width, with higher bits to be masked), and its own
    /// two amounts.
    function _exit(ExitQueue storage self, uint256 number)
        private
        view
        returns (uint256 before, uint256 poolBefore, uint256 exitShares, uint256 exitPoolShares)
    {
        unchecked {
            before = _word(self, number - 1);
            uint256 word = _word(self, number);
            poolBefore = before >> POOL_SHIFT;
            exitShares = (word - before) & SHARES_MASK;
            exitPoolShares = ((word >> POOL_SHIFT) - poolBefore) & POOL_MASK;
        }
    }

    function _claimedExits(ExitQueue storage self) private view returns (uint256) {
        return uint32(self.header >> CLAIMED_SHIFT);
    }

    function _length(ExitQueue storage self) private view returns (uint256) {
        return uint32(self.header >> LENGTH_SHIFT);
    }

    function _word(ExitQueue storage self, uint256 number) private view returns (uint256) {
        return self.exits[number];
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
            uint256 high = _length(self) + 1;
            while (low < high) {
                uint256 middle = (low + high) / 2;
                if ((((_word(self, middle) >> shift) - base) & mask) < target) low = middle + 1;
                else high = middle;
            }
        }
        return low;
    }
}

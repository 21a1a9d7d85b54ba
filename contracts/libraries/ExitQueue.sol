// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {IProverVault} from "../interfaces/IProverVault.sol";
import {Exit, PackedWords, QueueHeader, Segment} from "./PackedWords.sol";
import {revertWith} from "./RevertWith.sol";
import {FixedPointMathLib} from "solmate/src/utils/FixedPointMathLib.sol";

/// @notice The exits of one controller, first in, first out, numbered from 1; number 0 is empty. Their sums wrap
/// around: only differences between unclaimed exits of one generation are ever used, and those stay below the
/// modulus.
struct ExitQueue {
    QueueHeader header;
    /// @dev By number; and, by EARLIER + generation, the segment before that of a generation, if any exit of it was
    /// unclaimed when the latter began.
    mapping(uint256 key => uint256) words;
}

/// @dev Above every number.
uint256 constant EARLIER = 1 << 32;

/// @notice Finds positions in a queue by binary search, so that nothing costs more than the logarithm of its
/// length. Inside an exit, unbonding shares follow from vault shares by linear interpolation rounded down: the
/// parts of a claim made in pieces add up to the whole, never to more.
///
/// An unbonding share of an exit counts 1e-9 for each generation that the pool has begun since, so that nothing is
/// left of it after five. What a claim takes is divided, never the positions between which it lies: else parts
/// claimed before and after a new generation would add up to more than the whole.
library ExitQueueLib {
    using FixedPointMathLib for uint256;

    /// @dev `shares` and `poolShares` are above 0. The length would need 2^32 requests by one controller to
    /// overflow.
    function push(
        ExitQueue storage self,
        uint256 shares,
        uint256 poolShares,
        uint256 maturity,
        uint256 generation
    ) internal {
        QueueHeader header = self.header;
        uint256 length = header.length();
        Exit last = _exit(self, length);
        Segment segment = header.last();
        unchecked {
            if (uint96(last.sharesSum() - header.position()) + shares > type(uint96).max) {
                revertWith(IProverVault.CapExceeded.selector);
            }
            if (segment.generation() != generation) {
                if (header.claimedExits() != length) {
                    self.words[EARLIER + generation] = Segment.unwrap(segment);
                }
                segment = PackedWords.packSegment(length, generation);
            }
            self.words[length + 1] = Exit.unwrap(
                PackedWords.packExit(last.sharesSum() + shares, last.poolSharesSum() + poolShares, maturity)
            );
            self.header =
                PackedWords.packHeader(header.position(), header.claimedExits(), length + 1, segment);
        }
    }

    /// @dev Claims the next `shares`, which end in exit `number`. Returns the unbonding shares they are.
    function take(ExitQueue storage self, uint256 number, uint256 shares, uint256 generation)
        internal
        returns (uint256 poolShares)
    {
        Exit exit = _exit(self, number);
        // A number beyond the length finds an empty word.
        if (exit.maturity() >= block.timestamp || Exit.unwrap(exit) == 0) {
            revertWith(IProverVault.ExceedsClaimable.selector);
        }
        poolShares = poolSharesOf(self, number, shares, generation);
        QueueHeader header = self.header;
        unchecked {
            uint256 position = uint96(header.position() + shares);
            if (exit.sharesSum() != position) --number;
            self.header = PackedWords.packHeader(position, number, header.length(), header.last());
        }
    }

    /// @dev The exit in which the next `shares` end; beyond the length if there are fewer.
    function findShares(ExitQueue storage self, uint256 shares) internal view returns (uint256 number) {
        return _firstAtLeast(self, 0, type(uint96).max, self.header.position(), shares);
    }

    /// @dev The fewest shares that come to `poolShares` (above 0), and the exit in which they end.
    function findPoolShares(ExitQueue storage self, uint256 poolShares, uint256 generation)
        internal
        view
        returns (uint256 number, uint256 shares)
    {
        QueueHeader header = self.header;
        uint256 total;
        unchecked {
            number = header.claimedExits() + 1;
            uint256 high = header.length() + 1;
            while (number < high) {
                uint256 middle = (number + high) / 2;
                (total,,) = _worth(self, middle, _exit(self, middle).sharesSum(), generation);
                if (total < poolShares) number = middle + 1;
                else high = middle;
            }
            // `take` refuses a number beyond the length.
            if (number > header.length()) return (number, 1);

            uint256 sum = _exit(self, number).poolSharesSum();
            uint256 base;
            uint256 scale;
            (total, base, scale) = _worth(self, number, _exit(self, number).sharesSum(), generation);
            // What is still wanted of the exit's segment, from where that begins.
            uint256 needed = (poolShares + uint128(sum - base) / scale - total) * scale;
            (Exit before, uint256 exitShares, uint256 exitPoolShares) = _amounts(self, number);
            needed = uint128(base + needed - before.poolSharesSum());
            shares = uint96(
                before.sharesSum() + (needed * exitShares).unsafeDivUp(exitPoolShares) - header.position()
            );
        }
    }

    /// @dev Shares not claimed yet, and how many of them may be claimed, which end with exit `number`.
    function unclaimed(ExitQueue storage self)
        internal
        view
        returns (uint256 total, uint256 claimable, uint256 number)
    {
        QueueHeader header = self.header;
        unchecked {
            total = uint96(_exit(self, header.length()).sharesSum() - header.position());
            number = _firstAtLeast(self, 224, type(uint32).max, 0, block.timestamp) - 1;
            if (number != header.claimedExits()) {
                claimable = uint96(_exit(self, number).sharesSum() - header.position());
            }
        }
    }

    /// @dev The unbonding shares that the next `shares` are, which end in exit `number`.
    function poolSharesOf(ExitQueue storage self, uint256 number, uint256 shares, uint256 generation)
        internal
        view
        returns (uint256 poolShares)
    {
        unchecked {
            (poolShares,,) = _worth(self, number, self.header.position() + shares, generation);
        }
    }

    /// @dev The unbonding shares, in units of `generation`, of all that is unclaimed up to `position` in exit
    /// `number`. Of the segment of that exit also the sum at which it begins, or at which what is unclaimed of it
    /// does, and how many of its shares are one of `generation`; 0 if they are nothing any more.
    function _worth(ExitQueue storage self, uint256 number, uint256 position, uint256 generation)
        private
        view
        returns (uint256 total, uint256 base, uint256 scale)
    {
        QueueHeader header = self.header;
        Segment segment = header.last();
        uint256 upper = _sumAt(self, number, position);
        unchecked {
            while (true) {
                uint256 age = generation - segment.generation();
                if (age > 4) break;
                uint256 before = segment.before();
                if (before < number) {
                    bool first = before <= header.claimedExits();
                    uint256 lower = first
                        ? _sumAt(self, header.claimedExits() + 1, header.position())
                        : _exit(self, before).poolSharesSum();
                    uint256 unit = 1e9 ** age;
                    total += uint128(upper - lower) / unit;
                    if (scale == 0) (base, scale) = (lower, unit);
                    if (first) break;
                    (number, upper) = (before, lower);
                }
                segment = Segment.wrap(uint64(_word(self, EARLIER + segment.generation())));
            }
        }
    }

    /// @dev The sum of unbonding shares at `position` in exit `number`. An exit holds fewer than 2^96 vault
    /// shares and fewer than 2^126 unbonding shares: the product cannot overflow.
    function _sumAt(ExitQueue storage self, uint256 number, uint256 position) private view returns (uint256) {
        (Exit before, uint256 exitShares, uint256 exitPoolShares) = _amounts(self, number);
        unchecked {
            return before.poolSharesSum()
                + (exitPoolShares * uint96(position - before.sharesSum())).unsafeDiv(exitShares);
        }
    }

    /// @dev What stands before exit `number`, and its own two amounts.
    function _amounts(ExitQueue storage self, uint256 number)
        private
        view
        returns (Exit before, uint256 exitShares, uint256 exitPoolShares)
    {
        unchecked {
            before = _exit(self, number - 1);
            Exit exit = _exit(self, number);
            exitShares = uint96(exit.sharesSum() - before.sharesSum());
            exitPoolShares = uint128(exit.poolSharesSum() - before.poolSharesSum());
        }
    }

    /// @dev The first unclaimed exit whose field is at least `target` above `base`; one more than the length if
    /// there is none. The field must not fall from one exit to the next.
    function _firstAtLeast(ExitQueue storage self, uint256 shift, uint256 mask, uint256 base, uint256 target)
        private
        view
        returns (uint256 low)
    {
        QueueHeader header = self.header;
        unchecked {
            low = header.claimedExits() + 1;
            uint256 high = header.length() + 1;
            while (low < high) {
                uint256 middle = (low + high) / 2;
                if ((((_word(self, middle) >> shift) - base) & mask) < target) low = middle + 1;
                else high = middle;
            }
        }
    }

    function _exit(ExitQueue storage self, uint256 number) private view returns (Exit) {
        return Exit.wrap(_word(self, number));
    }

    function _word(ExitQueue storage self, uint256 key) private view returns (uint256) {
        return self.words[key];
    }
}

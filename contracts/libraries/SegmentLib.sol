// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

/// @notice A segment as stored; both numbers share a slot.
struct StoredSegment {
    uint128 fromEpoch;
    uint128 budget;
    bytes32 policyHash;
}

/// @title SegmentLib
/// @notice Segments in order of `fromEpoch`. Of two that start together, the later one governs.
library SegmentLib {
    /// @notice The position of the segment that governs `epoch`. The first segment starts at epoch 0, so
    /// there always is one.
    function indexAt(StoredSegment[] storage segments, uint256 epoch) internal view returns (uint256) {
        uint256 low = 0;
        uint256 high = segments.length - 1;
        // The epoch asked for is nearly always governed by the last segment: look there first.
        if (segments[high].fromEpoch <= epoch) return high;
        while (low + 1 < high) {
            uint256 middle = (low + high) / 2;
            if (segments[middle].fromEpoch <= epoch) low = middle;
            else high = middle;
        }
        return low;
    }

    function budgetAt(StoredSegment[] storage segments, uint256 epoch) internal view returns (uint256) {
        return segments[indexAt(segments, epoch)].budget;
    }

    /// @notice The sum of the budgets of the epochs `first` to `last`, both included; 0 if there are none.
    /// Costs what the segments cost, not what the epochs cost.
    function budgetsBetween(StoredSegment[] storage segments, uint256 first, uint256 last)
        internal
        view
        returns (uint256 sum)
    {
        uint256 index = indexAt(segments, first);
        uint256 count = segments.length;
        while (first <= last) {
            uint256 end = last + 1;
            if (index + 1 < count) {
                uint256 next = segments[index + 1].fromEpoch;
                if (next < end) end = next;
            }
            // A segment replaced by one with the same start governs nothing.
            if (end > first) {
                sum += segments[index].budget * (end - first);
                first = end;
            }
            ++index;
        }
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

/// @notice `multiplierBps` is in force from `fromEpoch` until the next checkpoint.
struct MultiplierCheckpoint {
    uint64 fromEpoch;
    uint32 multiplierBps;
}

/// @notice A program's multipliers over all epochs: checkpoints in strictly ascending order of epoch.
library Multipliers {
    /// @dev A change holds for its epoch and all later ones, so whatever was scheduled for them goes. The
    /// caller has bounded both values, and refused epochs that have begun.
    function set(MultiplierCheckpoint[] storage self, uint256 multiplierBps, uint256 fromEpoch) internal {
        while (self.length != 0 && self[self.length - 1].fromEpoch >= fromEpoch) self.pop();
        self.push(MultiplierCheckpoint(uint64(fromEpoch), uint32(multiplierBps)));
    }

    /// @dev 0 before the first checkpoint: a program that is not listed counts nothing.
    function at(MultiplierCheckpoint[] storage self, uint256 epoch) internal view returns (uint256) {
        uint256 low = 0;
        uint256 high = self.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (self[middle].fromEpoch > epoch) high = middle;
            else low = middle + 1;
        }
        return low == 0 ? 0 : self[low - 1].multiplierBps;
    }
}

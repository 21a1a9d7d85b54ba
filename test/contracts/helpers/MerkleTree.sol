// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

/// @notice The reward tree by its definition: leaves sorted ascending, sorted pairs, an odd node promoted.
library MerkleTree {
    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        bytes32[] memory level = sorted(leaves);
        while (level.length > 1) {
            level = _up(level);
        }
        return level[0];
    }

    function proof(bytes32[] memory leaves, bytes32 leaf) internal pure returns (bytes32[] memory path) {
        bytes32[] memory level = sorted(leaves);
        uint256 index = 0;
        while (level[index] != leaf) {
            ++index;
        }
        path = new bytes32[](32);
        uint256 length = 0;
        while (level.length > 1) {
            uint256 sibling = index ^ 1;
            if (sibling < level.length) path[length++] = level[sibling];
            level = _up(level);
            index /= 2;
        }
        assembly ("memory-safe") {
            mstore(path, length)
        }
    }

    /// @dev How many words of the leaf's proof lead to a node that is known from the claims before it in a batch;
    /// all, if none does. Makes the siblings up to there known.
    function shortened(bytes32 leaf, bytes32[] memory path, bytes32[33] memory known)
        internal
        pure
        returns (bytes32[] memory short)
    {
        bytes32 node = leaf;
        uint256 length = 0;
        while (length < path.length && known[length] != node) {
            node = _pair(node, path[length]);
            ++length;
        }
        short = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) {
            (short[i], known[i]) = (path[i], path[i]);
        }
    }

    function sorted(bytes32[] memory leaves) internal pure returns (bytes32[] memory list) {
        list = new bytes32[](leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) {
            list[i] = leaves[i];
        }
        if (list.length > 1) _quickSort(list, 0, list.length - 1);
    }

    function _up(bytes32[] memory level) private pure returns (bytes32[] memory next) {
        next = new bytes32[]((level.length + 1) / 2);
        for (uint256 i = 0; i < next.length; ++i) {
            bytes32 left = level[2 * i];
            next[i] = 2 * i + 1 < level.length ? _pair(left, level[2 * i + 1]) : left;
        }
    }

    function _pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    /// @dev Leaves are hashes, so the middle one is as good a pivot as any.
    function _quickSort(bytes32[] memory list, uint256 low, uint256 high) private pure {
        bytes32 pivot = list[(low + high) / 2];
        uint256 i = low;
        uint256 j = high;
        while (i <= j) {
            while (list[i] < pivot) ++i;
            while (list[j] > pivot) --j;
            if (i <= j) {
                (list[i], list[j]) = (list[j], list[i]);
                ++i;
                if (j == 0) break;
                --j;
            }
        }
        if (low < j) _quickSort(list, low, j);
        if (i < high) _quickSort(list, i, high);
    }
}

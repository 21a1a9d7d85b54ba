// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {IProverRegistry} from "../interfaces/IProverRegistry.sol";
import {ClaimParams, IRewardDistributor} from "../interfaces/IRewardDistributor.sol";
import {MerkleProofLib} from "solmate/utils/MerkleProofLib.sol";

/// @notice What the registry made of a claim: three words that are its answer's.
struct Credit {
    address vault;
    uint256 amount;
    uint256 commission;
}

/// @title RewardClaims
/// @notice Claims read where they are, in the calldata, since a batch does this for every prover. A claim is
/// known by the position of its first word; the words `prover, cumulative, cumulativeCommission` stand side by
/// side there. No word needs a check of its own: positions beyond the calldata read zeros, and what is no
/// address, or not the claim of a leaf, hashes to no leaf.
library RewardClaims {
    /// @notice Enough for 2^32 leaves.
    uint256 internal constant MAX_MERKLE_PROOF_LENGTH = 32;

    /// @dev Where the claim at `index` of a list is.
    function positionOf(ClaimParams[] calldata claims, uint256 index)
        internal
        pure
        returns (uint256 position)
    {
        assembly ("memory-safe") {
            position := add(claims.offset, calldataload(add(claims.offset, shl(5, index))))
        }
    }

    /// @dev The merkleProof of a claim that is a ClaimParams.
    function merkleProofAt(uint256 position) internal pure returns (bytes32[] calldata merkleProof) {
        assembly ("memory-safe") {
            let start := add(position, calldataload(add(position, 0x60)))
            merkleProof.offset := add(start, 0x20)
            merkleProof.length := calldataload(start)
        }
    }

    function proverAt(uint256 position) internal pure returns (address prover) {
        assembly ("memory-safe") {
            prover := shr(96, shl(96, calldataload(position)))
        }
    }

    /// @dev keccak256(keccak256(abi.encode(domain, prover, cumulative, cumulativeCommission))).
    function leafAt(uint256 position, bytes32 domain) internal pure returns (bytes32 leaf) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, domain)
            calldatacopy(add(free, 0x20), position, 0x60)
            mstore(0x00, keccak256(free, 0x80))
            leaf := keccak256(0x00, 0x20)
        }
    }

    /// @dev The selector of the error that speaks against the claim; zero if its leaf is one under `root`.
    function refusal(bytes32 leaf, bytes32[] calldata merkleProof, bytes32 root)
        internal
        pure
        returns (bytes4)
    {
        if (merkleProof.length > MAX_MERKLE_PROOF_LENGTH) {
            return IRewardDistributor.MerkleProofTooLong.selector;
        }
        if (!MerkleProofLib.verify(merkleProof, root, leaf)) {
            return IRewardDistributor.InvalidMerkleProof.selector;
        }
        return 0;
    }

    /// @dev `creditCumulative` of a registry that is a part of this system and answers as its interface says.
    /// Fills `credit` if it is `done`; otherwise the error is in the return data.
    function creditAt(uint256 position, address registry, Credit memory credit) internal returns (bool done) {
        bytes4 selector = IProverRegistry.creditCumulative.selector;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            calldatacopy(add(free, 0x04), position, 0x60)
            done := call(gas(), registry, 0, free, 0x64, 0, 0)
            if done { returndatacopy(credit, 0, 0x60) }
        }
    }

    /// @dev Emits `Claimed`. The prover's word is an address, since the registry has read it as one.
    function emitClaimedAt(uint256 position, uint256 epoch, Credit memory credit) internal {
        bytes32 topic = IRewardDistributor.Claimed.selector;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, calldataload(add(position, 0x20)))
            mcopy(add(free, 0x20), add(credit, 0x20), 0x40)
            log3(free, 0x60, topic, calldataload(position), epoch)
        }
    }

    /// @dev The selector of the error that the last call reverted with; zero if it gave none.
    function lastReason() internal pure returns (bytes4 reason) {
        assembly ("memory-safe") {
            mstore(0x00, 0)
            if gt(returndatasize(), 0x03) { returndatacopy(0x00, 0, 0x04) }
            reason := mload(0x00)
        }
    }

    /// @dev Reverts with what the last call reverted with.
    function bubble() internal pure {
        assembly ("memory-safe") {
            let free := mload(0x40)
            returndatacopy(free, 0, returndatasize())
            revert(free, returndatasize())
        }
    }

    /// @dev Reverts with an error that has no arguments.
    function revertWith(bytes4 selector) internal pure {
        assembly ("memory-safe") {
            mstore(0x00, selector)
            revert(0x00, 0x04)
        }
    }
}

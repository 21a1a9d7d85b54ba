// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {IProverRegistry} from "../interfaces/IProverRegistry.sol";
import {ClaimParams, IRewardDistributor} from "../interfaces/IRewardDistributor.sol";

/// @title RewardClaims
/// @notice The claims of a batch, read where they are, in the calldata. No word needs a check of its own: what
/// points beyond the calldata reads zeros, and what is no address, or not the claim of a leaf, hashes to no leaf.
library RewardClaims {
    /// @notice A batch ran out of gas inside a claim: that is no reason to skip it.
    error InsufficientGas();

    /// @notice Enough for 2^32 leaves.
    uint256 internal constant MAX_MERKLE_PROOF_LENGTH = 32;

    /// @dev Where the claim at `index` is; `refusal` is zero if it is a leaf of the tree of `root`. Its merkleProof may
    /// end below the root, at a node that is known from the claims before it: with n words, at `known[n]`.
    /// Every sibling on a valid path is a node of the tree, and is `known` from then on, by its place in the
    /// merkleProof.
    function verifyAt(
        ClaimParams[] calldata claims,
        uint256 index,
        bytes32 domain,
        bytes32 root,
        bytes32[33] memory known
    ) internal pure returns (uint256 position, bytes4 refusal) {
        refusal = IRewardDistributor.InvalidMerkleProof.selector;
        bytes4 tooLong = IRewardDistributor.MerkleProofTooLong.selector;
        assembly ("memory-safe") {
            position := add(claims.offset, calldataload(add(claims.offset, shl(5, index))))
            let cursor := add(position, calldataload(add(position, 0x60)))
            let size := calldataload(cursor)
            switch gt(size, MAX_MERKLE_PROOF_LENGTH)
            case 1 { refusal := tooLong }
            default {
                size := shl(5, size)
                cursor := add(cursor, 0x20)
                let end := add(cursor, size)
                let node := mload(0x40)
                mstore(node, domain)
                calldatacopy(add(node, 0x20), position, 0x60)
                mstore(0x00, keccak256(node, 0x80))
                node := keccak256(0x00, 0x20)
                // As in solmate's MerkleProofLib: the smaller of a pair goes first. The test is at the end,
                // where it costs one jump.
                if size {
                    for {} 1 {} {
                        let place := shl(5, gt(node, calldataload(cursor)))
                        mstore(place, node)
                        mstore(xor(place, 0x20), calldataload(cursor))
                        node := keccak256(0x00, 0x40)
                        cursor := add(cursor, 0x20)
                        if iszero(lt(cursor, end)) { break }
                    }
                }
                if or(eq(node, root), eq(node, mload(add(known, size)))) {
                    calldatacopy(known, sub(end, size), size)
                    refusal := 0
                }
            }
        }
    }

    /// @dev Has the registry book the claim at `position`, and emits `Claimed` if there is something to pay:
    /// `amount`, to `vault`. If the registry refuses, `refusal` is the error's selector, zero if it had none.
    /// The registry is a part of this system and answers as its interface says.
    function creditAt(uint256 position, address registry, uint256 epoch)
        internal
        returns (bool done, address vault, uint256 amount, bytes4 refusal)
    {
        uint256 gasBefore = gasleft();
        bytes4 selector = IProverRegistry.creditCumulative.selector;
        bytes32 topic = IRewardDistributor.Claimed.selector;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            calldatacopy(add(free, 0x04), position, 0x60)
            done := call(gas(), registry, 0, free, 0x64, free, 0x60)
            switch done
            case 0 {
                mstore(0x00, 0)
                if gt(returndatasize(), 0x03) { returndatacopy(0x00, 0, 0x04) }
                refusal := mload(0x00)
            }
            default {
                amount := mload(add(free, 0x20))
                if amount {
                    vault := mload(free)
                    // The answer's first word makes room for the event's: cumulative, amount, commission.
                    mstore(free, calldataload(add(position, 0x20)))
                    log3(free, 0x60, topic, calldataload(position), epoch)
                }
            }
        }
        if (!done) checkGasWasEnough(gasBefore);
    }

    /// @dev A call that runs out of gas leaves its callers a 64th each. Were that taken for a claim that cannot
    /// be paid, a wallet's gas estimate would be one that skips claims.
    function checkGasWasEnough(uint256 gasBefore) internal view {
        if (gasleft() < gasBefore / 16) revert InsufficientGas();
    }

    /// @dev Calls this contract's `selector` with the arguments of the present call; it returns two words.
    function forward(bytes4 selector) internal returns (bool done, uint256 first, uint256 second) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            calldatacopy(add(free, 0x04), 0x04, sub(calldatasize(), 0x04))
            done := call(gas(), address(), 0, free, calldatasize(), 0x00, 0x40)
            first := mload(0x00)
            second := mload(0x20)
        }
    }
}

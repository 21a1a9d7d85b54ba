// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {PostContent} from "../interfaces/IRewardDistributor.sol";

/// @title AttestationLib
/// @notice Hashes of posts, EIP-712 digests of attestations, and the recovery of their signers.
library AttestationLib {
    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant ATTESTATION_TYPEHASH = keccak256(
        "Attestation(uint256 epoch,uint256 postNumber,bytes32 root,uint256 cumulativeTotal,bytes32 datasetHash,uint256 snapshotBlock,bytes32 snapshotHash)"
    );
    bytes32 internal constant NAME_HASH = keccak256("Provender RewardDistributor");
    bytes32 internal constant VERSION_HASH = keccak256("2");

    /// @dev Half of the order of secp256k1: every signature has a twin above it.
    uint256 internal constant MAX_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    /// @notice A post's hash: the struct hash of its attestations.
    function postHash(PostContent calldata post) internal pure returns (bytes32 hash) {
        bytes32 typeHash = ATTESTATION_TYPEHASH;
        // Seven words side by side, none of which has spare bits.
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, typeHash)
            calldatacopy(add(words, 0x20), post, 0xe0)
            hash := keccak256(words, 0x100)
        }
    }

    /// @notice The same of a post that is made now.
    function newPostHash(PostContent memory post) internal pure returns (bytes32 hash) {
        bytes32 typeHash = ATTESTATION_TYPEHASH;
        // The word before it is borrowed.
        assembly ("memory-safe") {
            let words := sub(post, 0x20)
            let borrowed := mload(words)
            mstore(words, typeHash)
            hash := keccak256(words, 0x100)
            mstore(words, borrowed)
        }
    }

    /// @notice The digest that an auditor signs for the calling contract on this chain.
    function digest(bytes32 hashOfPost) internal view returns (bytes32) {
        // Computed anew each time, so that a signature given on one side of a chain split is worth nothing
        // on the side that changed its chain id.
        bytes32 separator =
            keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, block.chainid, address(this)));
        return keccak256(abi.encodePacked(hex"1901", separator, hashOfPost));
    }

    /// @notice Whether `signature` (r, s, v: 65 bytes) over `hash` is `signer`'s. Of the two signatures that
    /// ECDSA allows, only the one with the lower s counts.
    function isSignedBy(bytes32 hash, bytes calldata signature, address signer) internal pure returns (bool) {
        if (signature.length != 65) return false;
        bytes32 s = bytes32(signature[32:64]);
        if (uint256(s) > MAX_S) return false;
        address recovered = ecrecover(hash, uint8(signature[64]), bytes32(signature[0:32]), s);
        return recovered != address(0) && recovered == signer;
    }
}

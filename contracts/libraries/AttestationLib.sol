// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

/// @title AttestationLib
/// @notice EIP-712 digests of attestations and the recovery of their signers.
library AttestationLib {
    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant ATTESTATION_TYPEHASH =
        keccak256("Attestation(uint256 epoch,uint256 postNumber,bytes32 root)");
    bytes32 internal constant NAME_HASH = keccak256("Provender RewardDistributor");
    bytes32 internal constant VERSION_HASH = keccak256("1");

    /// @dev Half of the order of secp256k1: every signature has a twin above it.
    uint256 internal constant MAX_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    /// @notice The digest that an auditor signs for the calling contract on this chain.
    function digest(uint256 epoch, uint256 postNumber, bytes32 root) internal view returns (bytes32) {
        // Computed anew each time, so that a signature given on one side of a chain split is worth nothing
        // on the side that changed its chain id.
        bytes32 separator =
            keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, block.chainid, address(this)));
        bytes32 content = keccak256(abi.encode(ATTESTATION_TYPEHASH, epoch, postNumber, root));
        return keccak256(abi.encodePacked(hex"1901", separator, content));
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

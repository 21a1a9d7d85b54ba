// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {AttestationLib} from "contracts/libraries/AttestationLib.sol";
import {Test} from "forge-std/Test.sol";

contract SignatureReader {
    function isSignedBy(bytes32 hash, bytes calldata signature, address signer) external pure returns (bool) {
        return AttestationLib.isSignedBy(hash, signature, signer);
    }
}

/// @notice Signatures at the edge of what counts. Nobody has their keys: whoever picks r and s is told who signed.
contract RewardDistributorSignaturesTest is Test {
    uint256 private constant MAX_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    SignatureReader private reader = new SignatureReader();

    /// @dev Half of all numbers are the r of a signature.
    function _signer(bytes32 hash, uint256 s) private pure returns (bytes memory signature, address signer) {
        for (uint256 r = 1; signer == address(0); ++r) {
            signature = abi.encodePacked(r, s, uint8(27));
            signer = ecrecover(hash, 27, bytes32(r), bytes32(s));
        }
    }

    function testFuzz_the_highest_s_counts_and_its_twin_does_not(bytes32 hash) public view {
        (bytes memory signature, address signer) = _signer(hash, MAX_S);
        assertTrue(reader.isSignedBy(hash, signature, signer));
        (signature, signer) = _signer(hash, MAX_S + 1);
        assertFalse(reader.isSignedBy(hash, signature, signer));
    }

    function testFuzz_nobody_signs_for_address_zero(bytes32 hash, bytes32 r, uint256 s) public view {
        s = bound(s, 0, MAX_S);
        assertFalse(reader.isSignedBy(hash, abi.encodePacked(r, s, uint8(29)), address(0)));
    }
}

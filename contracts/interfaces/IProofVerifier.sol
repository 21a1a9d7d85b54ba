// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;
interface IProofVerifier {
    function verifierKeyHash() external view returns (bytes32);
    function verify(bytes32 programKey, bytes32 publicValuesDigest, bytes calldata zkProof)
        external
        view
        returns (bool);
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

/// @title IProofVerifier
/// @notice Decides whether a zk proof shows that a program produced public values of a given digest. One
/// verifier stands for one verifying key.
interface IProofVerifier {
    /// @notice Identifies the verifying key. Verifiers of equal key hash share statements.
    /// @dev Constant for the life of the verifier.
    function verifierKeyHash() external view returns (bytes32);

    /// @notice Whether `zkProof` is valid for the program and the public values under this verifier's key.
    /// @dev Reverts on no input, and costs at most a fixed amount of gas however malformed the input is.
    /// @dev Warning: `false` means "not shown", never "shown to be wrong": a call given too little gas also
    /// answers `false`. Take no action against anyone because of it.
    /// @dev Warning: zk proofs are malleable. Key nothing by the bytes of a zk proof.
    /// @param programKey The proven program, as the proving system names it.
    /// @param publicValuesDigest The digest of the public values, as the proving system defines it.
    /// @param zkProof The zk proof, in the encoding of the verifier.
    function verify(bytes32 programKey, bytes32 publicValuesDigest, bytes calldata zkProof)
        external
        view
        returns (bool);
}

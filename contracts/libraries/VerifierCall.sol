// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {IProofMarket} from "../interfaces/IProofMarket.sol";
import {IProofVerifier} from "../interfaces/IProofVerifier.sol";

/// @notice Asks a verifier for its verdict without trusting it with anything: it runs in a static call, so it
/// can change no state; it gets a fixed amount of gas; at most 32 bytes of its answer are copied.
library VerifierCall {
    /// @dev What the call itself takes before the verifier gets its gas: a cold account (EIP-2929), and a
    /// little to get there.
    uint256 private constant CALL_GAS = 3000;

    /// @dev The gas is demanded beforehand, so that a verdict never depends on what the caller left for it.
    /// @return valid true only if the verifier answered exactly `true`. A revert, an exhausted gas limit, an
    /// empty account and any other answer are all a no.
    function verify(
        address verifier,
        uint256 gasLimit,
        bytes32 programKey,
        bytes32 publicValuesDigest,
        bytes calldata zkProof
    ) internal view returns (bool valid) {
        bytes memory data = abi.encodeCall(IProofVerifier.verify, (programKey, publicValuesDigest, zkProof));
        // A call hands on at most 63 of 64 parts (EIP-150).
        if (gasleft() * 63 / 64 < gasLimit + CALL_GAS) revert IProofMarket.InsufficientGas();
        assembly ("memory-safe") {
            // Scratch space only: a longer answer is not copied.
            mstore(0, 0)
            let success := staticcall(gasLimit, verifier, add(data, 32), mload(data), 0, 32)
            valid := and(success, and(eq(returndatasize(), 32), eq(mload(0), 1)))
        }
    }
}

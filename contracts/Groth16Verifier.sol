// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {IProofVerifier} from "./interfaces/IProofVerifier.sol";

/// @title Groth16Verifier
/// @notice Verifies Groth16 zk proofs over BN254 with two public inputs, under a verifying key given as data.
///
/// WHAT IT SHOWS
/// - `verify` answers true exactly if A, B and C are points of their groups and
///   e(A, B) · e(alpha, −beta) · e(X, −gamma) · e(C, −delta) = 1, with X = ic0 + programKey·ic1 +
///   publicValuesDigest·ic2. What the circuit means by its two inputs is the proving system's business: Pico
///   and SP1 (v2 to v5) put the program's key first and the digest of the public values second.
/// - Inputs must be below the scalar field's order. Otherwise `input` and `input + order` would be two names of
///   one statement.
///
/// ENCODING
/// - Coordinates are those of the pairing precompile (EIP-197): G1 as x, y; G2 as x.im, x.re, y.im, y.re; each
///   32 bytes, below the base field's order. The point at infinity is all zeros.
/// - Key, 20 words: alpha (0-1), −beta (2-5), −gamma (6-9), −delta (10-13), ic0 (14-15), ic1 (16-17),
///   ic2 (18-19). The G2 points come negated, so nothing is negated per call.
/// - zk proof, 8 words, no selector in front: A (0-1), B (2-5), C (6-7).
///
/// KEY
/// - Kept in the code: a proof is verified without one storage read, and no call can change the key.
/// - The constructor refuses words out of field, points off their curve or subgroup, points at infinity, and
///   beta, gamma, delta that are equal or opposite: under such a key anyone can forge.
/// - `verifierKeyHash` is keccak256 of the 20 words.
///
/// TRUST
/// - Whoever knows the secrets of the key's trusted setup can prove anything under it, and the constructor
///   cannot see that. Take keys only from a published setup.
///
/// GAS
/// - A precompile that is given a malformed point consumes all the gas it was given, so each gets a bounded
///   amount. See the bounds below.
///
/// MALLEABILITY
/// - From one valid zk proof anyone can make others of the same statement, (−A, −B, C) for one.
contract Groth16Verifier is IProofVerifier {
    /// @notice Two of beta, gamma and delta are equal or opposite, so that anyone could forge.
    error KeyForgeable();

    /// @notice A point of the key is at infinity.
    error KeyPointInfinite();

    /// @notice A point of the key is not on its curve, or not in its subgroup.
    error KeyPointInvalid();

    /// @notice A word of the key is not below the base field's order.
    error KeyWordOutOfField();

    /// @dev Order of the field of the coordinates.
    uint256 private constant BASE_FIELD = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;

    /// @dev Order of the groups, and of the field of the public inputs.
    uint256 private constant SCALAR_FIELD =
        0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    uint256 private constant PROOF_BYTES = 8 * 32;

    // What a precompile may burn. A tenth above the price (EIP-1108: 150, 6,000, 34,000 a pair + 45,000), since
    // a call that succeeds hands the rest back: exact prices would save honest callers nothing. A lower price
    // changes nothing here; one above the bound makes `verify` answer false to everything, never true to
    // something false, and wants a new verifier.
    uint256 private constant EC_ADD_GAS = 165;
    uint256 private constant EC_MUL_GAS = 6600;
    uint256 private constant PAIRING_3_GAS = 161_700;
    uint256 private constant PAIRING_4_GAS = 199_100;

    /// @inheritdoc IProofVerifier
    bytes32 public immutable verifierKeyHash;

    uint256 private immutable _alphaX;
    uint256 private immutable _alphaY;
    uint256 private immutable _negBetaXIm;
    uint256 private immutable _negBetaXRe;
    uint256 private immutable _negBetaYIm;
    uint256 private immutable _negBetaYRe;
    uint256 private immutable _negGammaXIm;
    uint256 private immutable _negGammaXRe;
    uint256 private immutable _negGammaYIm;
    uint256 private immutable _negGammaYRe;
    uint256 private immutable _negDeltaXIm;
    uint256 private immutable _negDeltaXRe;
    uint256 private immutable _negDeltaYIm;
    uint256 private immutable _negDeltaYRe;
    uint256 private immutable _ic0X;
    uint256 private immutable _ic0Y;
    uint256 private immutable _ic1X;
    uint256 private immutable _ic1Y;
    uint256 private immutable _ic2X;
    uint256 private immutable _ic2Y;

    /// @param words The verifying key, in the layout above.
    constructor(uint256[20] memory words) {
        for (uint256 i; i < 20; ++i) {
            if (words[i] >= BASE_FIELD) revert KeyWordOutOfField();
        }
        _requireG1(words[0], words[1]);
        _requireG1(words[14], words[15]);
        _requireG1(words[16], words[17]);
        _requireG1(words[18], words[19]);
        _requireG2(words);

        verifierKeyHash = keccak256(abi.encode(words));
        _alphaX = words[0];
        _alphaY = words[1];
        _negBetaXIm = words[2];
        _negBetaXRe = words[3];
        _negBetaYIm = words[4];
        _negBetaYRe = words[5];
        _negGammaXIm = words[6];
        _negGammaXRe = words[7];
        _negGammaYIm = words[8];
        _negGammaYRe = words[9];
        _negDeltaXIm = words[10];
        _negDeltaXRe = words[11];
        _negDeltaYIm = words[12];
        _negDeltaYRe = words[13];
        _ic0X = words[14];
        _ic0Y = words[15];
        _ic1X = words[16];
        _ic1Y = words[17];
        _ic2X = words[18];
        _ic2Y = words[19];
    }

    /// @inheritdoc IProofVerifier
    function verify(bytes32 programKey, bytes32 publicValuesDigest, bytes calldata zkProof)
        external
        view
        returns (bool valid)
    {
        if (zkProof.length != PROOF_BYTES) return false;
        if (uint256(programKey) >= SCALAR_FIELD || uint256(publicValuesDigest) >= SCALAR_FIELD) return false;

        // The pairing's input: A, B | C, −delta | X, −gamma | alpha, −beta. C stands next to B as in the zk
        // proof, so that one copy brings in all three. X is worked out where it will stand.
        uint256[24] memory input;
        input[12] = _ic1X;
        input[13] = _ic1Y;
        input[14] = uint256(programKey);
        bool ok;
        assembly ("memory-safe") {
            let x := add(input, 0x180)
            ok := staticcall(EC_MUL_GAS, 0x07, x, 0x60, x, 0x40)
        }

        input[14] = _ic2X;
        input[15] = _ic2Y;
        input[16] = uint256(publicValuesDigest);
        assembly ("memory-safe") {
            let x := add(input, 0x180)
            let y := add(input, 0x1c0)
            ok := and(ok, staticcall(EC_MUL_GAS, 0x07, y, 0x60, y, 0x40))
            ok := and(ok, staticcall(EC_ADD_GAS, 0x06, x, 0x80, x, 0x40))
        }

        input[14] = _ic0X;
        input[15] = _ic0Y;
        assembly ("memory-safe") {
            let x := add(input, 0x180)
            ok := and(ok, staticcall(EC_ADD_GAS, 0x06, x, 0x80, x, 0x40))
        }
        // The points above are the key's, so only a lack of gas fails them. Without this check a dearer
        // precompile would leave another X in place.
        if (!ok) return false;

        input[8] = _negDeltaXIm;
        input[9] = _negDeltaXRe;
        input[10] = _negDeltaYIm;
        input[11] = _negDeltaYRe;
        input[14] = _negGammaXIm;
        input[15] = _negGammaXRe;
        input[16] = _negGammaYIm;
        input[17] = _negGammaYRe;
        input[18] = _alphaX;
        input[19] = _alphaY;
        input[20] = _negBetaXIm;
        input[21] = _negBetaXRe;
        input[22] = _negBetaYIm;
        input[23] = _negBetaYRe;
        assembly ("memory-safe") {
            calldatacopy(input, zkProof.offset, PROOF_BYTES)
            // Only a precompile that is there and succeeds can put a 1 into the cleared word.
            mstore(0x00, 0)
            pop(staticcall(PAIRING_4_GAS, 0x08, input, 0x300, 0x00, 0x20))
            valid := eq(mload(0x00), 1)
        }
    }

    /// @dev The addition precompile refuses a point off the curve; adding infinity to any other returns it.
    /// G1 has no proper subgroup.
    function _requireG1(uint256 x, uint256 y) private view {
        if (x == 0 && y == 0) revert KeyPointInfinite();
        uint256[4] memory input = [x, y, 0, 0];
        uint256[2] memory output;
        assembly ("memory-safe") {
            pop(staticcall(EC_ADD_GAS, 0x06, input, 0x80, output, 0x40))
        }
        // The output stays zero if the call fails, or if the chain has no such precompile.
        if (output[0] != x || output[1] != y) revert KeyPointInvalid();
    }

    /// @dev The pairing precompile refuses a G2 point off its curve or subgroup even if it is paired with
    /// infinity, which makes the product 1 whatever the point.
    function _requireG2(uint256[20] memory words) private view {
        uint256[18] memory input;
        for (uint256 i; i < 3; ++i) {
            uint256 at = 2 + 4 * i;
            if (words[at] == 0 && words[at + 1] == 0 && words[at + 2] == 0 && words[at + 3] == 0) {
                revert KeyPointInfinite();
            }
            // Points of equal x are equal or opposite. With delta = ±gamma, (alpha, beta, ∓X) proves any X; the
            // other two coincidences give as little resistance.
            uint256 next = 2 + 4 * ((i + 1) % 3);
            if (words[at] == words[next] && words[at + 1] == words[next + 1]) revert KeyForgeable();
            for (uint256 j; j < 4; ++j) {
                input[6 * i + 2 + j] = words[at + j];
            }
        }
        uint256[1] memory output;
        assembly ("memory-safe") {
            pop(staticcall(PAIRING_3_GAS, 0x08, input, 0x240, output, 0x20))
        }
        if (output[0] != 1) revert KeyPointInvalid();
    }
}

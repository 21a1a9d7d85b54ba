// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ProofFixtures} from "./ProofFixtures.sol";
import {Groth16Verifier} from "contracts/Groth16Verifier.sol";

/// @notice A key whose secrets are small numbers, so that a zk proof of any statement can be worked out here: in
/// exponents, a·b = alpha·beta + (ic0 + programKey·ic1 + publicValuesDigest·ic2)·gamma + c·delta, with b = 1. It
/// shows that every true equation is accepted, and what the secrets of a setup are worth to whoever keeps them.
contract Groth16VerifierTrapdoorTest is ProofFixtures {
    uint256 private constant ALPHA = 2;
    uint256 private constant BETA = 3;
    uint256 private constant GAMMA = 5;
    uint256 private constant DELTA = 7;
    uint256 private constant IC0 = 11;
    uint256 private constant IC1 = 13;
    uint256 private constant IC2 = 17;

    Groth16Verifier private verifier;

    function setUp() public override {
        uint256[20] memory key;
        (key[0], key[1]) = _g1(ALPHA);
        // Minus BETA, GAMMA and DELTA times the generator of G2.
        key[2] = 0x1014772f57bb9742735191cd5dcfe4ebbc04156b6878a0a7c9824f32ffb66e85;
        key[3] = 0x06064e784db10e9051e52826e192715e8d7e478cb09a5e0012defa0694fbc7f5;
        key[4] = 0x2e462b3cedfc5472262048f38df42539b9ed16e51ebc764bf6f5a14cc405eb95;
        key[5] = 0x2ad6311c5f7be649b1053619f454efbd2dc849ba234fe2f5d71d1ebf7210a7b0;
        key[6] = 0x0a09ccf561b55fd99d1c1208dee1162457b57ac5af3759d50671e510e428b2a1;
        key[7] = 0x2e539c423b302d13f4e5773c603948eaf5db5df8ae8a9a9113708390a06410d8;
        key[8] = 0x16aceb21a80cf8f2d36188a908b83c41d5ab129284508a356a0c7815bb8035e4;
        key[9] = 0x00d6aed828fa78623e2059b044c9a177ac5e6644991e6fb89ed9b881dd0d9151;
        key[10] = 0x2903ba015a9abde26a5d081e84551e63be0fd4516e46ee6d593edeba46362455;
        key[11] = 0x224bdc5d4327fcf8ed702e01de1c2f1657a253ba75e32a89c390142aaa28b308;
        key[12] = 0x2c9b96a53a7ec14e3d619656a73b0d8c274aabefa38ad2df81336d58d5471c6f;
        key[13] = 0x12d14e7db70b5011c98392439e03dde1c34fea829e48eab50dfea4119768da08;
        (key[14], key[15]) = _g1(IC0);
        (key[16], key[17]) = _g1(IC1);
        (key[18], key[19]) = _g1(IC2);
        verifier = new Groth16Verifier(key);
    }

    function testFuzz_verify_accepts_exactly_the_statement_that_was_proven(
        bytes32 programKey,
        bytes32 digest,
        bytes32 other,
        uint256 c
    ) public view {
        programKey = bytes32(uint256(programKey) % SCALAR_FIELD);
        digest = bytes32(uint256(digest) % SCALAR_FIELD);
        other = bytes32(uint256(other) % SCALAR_FIELD);
        vm.assume(other != programKey && other != digest && programKey != digest);
        uint256[8] memory zkProof = _prove(programKey, digest, c);
        assertTrue(_verify(verifier, programKey, digest, zkProof));
        assertFalse(_verify(verifier, other, digest, zkProof));
        assertFalse(_verify(verifier, programKey, other, zkProof));
        assertFalse(_verify(verifier, digest, programKey, zkProof));
    }

    function test_verify_accepts_the_smallest_and_the_largest_inputs() public view {
        bytes32 largest = bytes32(SCALAR_FIELD - 1);
        bytes32[2] memory inputs = [bytes32(0), largest];
        for (uint256 i; i < 4; ++i) {
            (bytes32 programKey, bytes32 digest) = (inputs[i % 2], inputs[i / 2]);
            assertTrue(_verify(verifier, programKey, digest, _prove(programKey, digest, i)));
        }
    }

    function _prove(bytes32 programKey, bytes32 digest, uint256 c)
        private
        view
        returns (uint256[8] memory zkProof)
    {
        c = bound(c, 0, SCALAR_FIELD - 1);
        uint256 x = mulmod(uint256(programKey), IC1, SCALAR_FIELD);
        x = addmod(x, mulmod(uint256(digest), IC2, SCALAR_FIELD), SCALAR_FIELD);
        x = mulmod(addmod(x, IC0, SCALAR_FIELD), GAMMA, SCALAR_FIELD);
        uint256 a =
            addmod(ALPHA * BETA, addmod(x, mulmod(c, DELTA, SCALAR_FIELD), SCALAR_FIELD), SCALAR_FIELD);
        (zkProof[0], zkProof[1]) = _g1(a);
        // The generator of G2.
        zkProof[2] = 0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2;
        zkProof[3] = 0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed;
        zkProof[4] = 0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b;
        zkProof[5] = 0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa;
        (zkProof[6], zkProof[7]) = _g1(c);
    }

    /// `k` times the generator of G1.
    function _g1(uint256 k) private view returns (uint256 x, uint256 y) {
        (bool success, bytes memory point) = address(7).staticcall(abi.encode(1, 2, k));
        assertTrue(success);
        return abi.decode(point, (uint256, uint256));
    }
}

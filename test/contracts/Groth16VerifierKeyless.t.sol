// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ProofFixtures} from "./ProofFixtures.sol";
import {Groth16Verifier} from "contracts/Groth16Verifier.sol";

/// @notice The verifier's code with a key of zeros, as it stands in the artifact and as the constructor would
/// never leave it: what the same code answers when all its points are at infinity. It is also the only code in
/// which `forge coverage` recognizes the verifier: twenty words of a real key hide it.
contract Groth16VerifierKeylessTest is ProofFixtures {
    Groth16Verifier private keyless;

    function setUp() public override {
        ProofFixtures.setUp();
        keyless = Groth16Verifier(makeAddr("keyless"));
        vm.etch(address(keyless), vm.getDeployedCode("Groth16Verifier.sol:Groth16Verifier"));
    }

    function test_keyless_code_has_no_key_hash() public view {
        assertEq(keyless.verifierKeyHash(), 0);
    }

    /// Only e(A, B) is left of the equation: whoever puts A or B at infinity has "proven" every statement. This is
    /// why the constructor refuses keys with points at infinity.
    function testFuzz_verify_without_a_key_accepts_every_statement_at_infinity(
        bytes32 programKey,
        bytes32 digest
    ) public view {
        programKey = bytes32(uint256(programKey) % SCALAR_FIELD);
        digest = bytes32(uint256(digest) % SCALAR_FIELD);
        assertTrue(_verify(keyless, programKey, digest, _onlyC()));
        assertFalse(_verify(keyless, programKey, digest, fixtures[PICO_1_2_2].zkProof));
    }

    function testFuzz_verify_without_a_key_still_refuses_inputs_out_of_field(bytes32 input) public view {
        input = bytes32(bound(uint256(input), SCALAR_FIELD, type(uint256).max));
        assertFalse(_verify(keyless, input, 0, _onlyC()));
        assertFalse(_verify(keyless, 0, input, _onlyC()));
    }

    function testFuzz_verify_without_a_key_still_refuses_other_lengths(bytes calldata zkProof) public view {
        vm.assume(zkProof.length != 256);
        assertFalse(keyless.verify(0, 0, zkProof));
    }

    function test_verify_without_a_key_still_needs_its_precompiles() public {
        for (uint160 precompile = 6; precompile <= 8; ++precompile) {
            vm.mockCallRevert(address(precompile), bytes(""), "");
            assertFalse(_verify(keyless, 0, 0, _onlyC()));
            vm.clearMockedCalls();
        }
        assertTrue(_verify(keyless, 0, 0, _onlyC()));
    }

    /// A and B at infinity, C on its curve.
    function _onlyC() private pure returns (uint256[8] memory zkProof) {
        (zkProof[6], zkProof[7]) = (1, 2);
    }
}

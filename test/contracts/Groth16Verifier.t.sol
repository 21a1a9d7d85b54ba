// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ProofFixtures} from "./ProofFixtures.sol";

contract Groth16VerifierTest is ProofFixtures {
    /// What a call may cost on a warm address, whatever it is given and however much gas comes with it.
    uint256 private constant GAS_BOUND = 216_000;
    /// The bar for the Pico v1.2.2 zk proof.
    uint256 private constant GAS_BAR = 197_000;

    // Verification

    function test_verify_accepts_each_fixture_under_its_own_key_and_no_other() public view {
        for (uint256 i; i < fixtures.length; ++i) {
            for (uint256 j; j < fixtures.length; ++j) {
                Fixture memory f = fixtures[i];
                assertEq(_verify(fixtures[j].verifier, f.programKey, f.digest, f.zkProof), i == j);
            }
        }
    }

    function test_verify_refuses_every_flipped_proof_word() public view {
        uint8[6] memory bits = [0, 1, 64, 127, 200, 255];
        for (uint256 i; i < fixtures.length; ++i) {
            for (uint256 word; word < 8; ++word) {
                for (uint256 b; b < bits.length; ++b) {
                    Fixture memory f = fixtures[i];
                    f.zkProof[word] ^= 1 << bits[b];
                    assertFalse(_verify(f));
                }
            }
        }
    }

    function test_verify_refuses_every_flipped_input_bit() public view {
        Fixture memory f = fixtures[PICO_1_2_2];
        for (uint256 bit; bit < 256; bit += 5) {
            bytes32 flip = bytes32(1 << bit);
            assertFalse(_verify(f.verifier, f.programKey ^ flip, f.digest, f.zkProof));
            assertFalse(_verify(f.verifier, f.programKey, f.digest ^ flip, f.zkProof));
        }
    }

    function test_verify_refuses_swapped_inputs() public view {
        for (uint256 i; i < fixtures.length; ++i) {
            Fixture memory f = fixtures[i];
            assertFalse(_verify(f.verifier, f.digest, f.programKey, f.zkProof));
        }
    }

    function test_verify_refuses_swapped_proof_points() public view {
        Fixture memory f = fixtures[PICO_1_2_2];
        (f.zkProof[0], f.zkProof[6]) = (f.zkProof[6], f.zkProof[0]);
        (f.zkProof[1], f.zkProof[7]) = (f.zkProof[7], f.zkProof[1]);
        assertFalse(_verify(f));
    }

    function test_verify_refuses_inputs_that_alias_another_modulo_the_scalar_field() public view {
        for (uint256 i; i < fixtures.length; ++i) {
            Fixture memory f = fixtures[i];
            for (uint256 k = 1; k <= 4; ++k) {
                bytes32 programKey = bytes32(uint256(f.programKey) + k * SCALAR_FIELD);
                bytes32 digest = bytes32(uint256(f.digest) + k * SCALAR_FIELD);
                assertFalse(_verify(f.verifier, programKey, f.digest, f.zkProof));
                assertFalse(_verify(f.verifier, f.programKey, digest, f.zkProof));
            }
        }
    }

    function test_verify_refuses_an_out_of_field_input_before_any_curve_work() public view {
        Fixture memory f = fixtures[PICO_1_2_2];
        assertFalse(_verify(f.verifier, bytes32(SCALAR_FIELD), f.digest, f.zkProof));
        assertLt(vm.lastCallGas().gasTotalUsed, 2000);
        assertFalse(_verify(f.verifier, f.programKey, bytes32(type(uint256).max), f.zkProof));
        assertLt(vm.lastCallGas().gasTotalUsed, 2000);
        assertFalse(_verify(f.verifier, f.programKey, bytes32(SCALAR_FIELD), f.zkProof));
        assertLt(vm.lastCallGas().gasTotalUsed, 2000);
        // The largest legal input gets as far as the pairing.
        assertFalse(_verify(f.verifier, bytes32(SCALAR_FIELD - 1), f.digest, f.zkProof));
        assertGt(vm.lastCallGas().gasTotalUsed, 181_000);
    }

    function test_verify_refuses_coordinates_that_alias_another_modulo_the_base_field() public view {
        for (uint256 i; i < fixtures.length; ++i) {
            for (uint256 word; word < 8; ++word) {
                for (uint256 k = 1; k <= 4; ++k) {
                    Fixture memory f = fixtures[i];
                    f.zkProof[word] += k * BASE_FIELD;
                    assertFalse(_verify(f));
                }
            }
        }
    }

    function test_verify_refuses_wrong_lengths() public view {
        Fixture memory f = fixtures[PICO_1_2_2];
        bytes memory whole = abi.encodePacked(f.zkProof);
        uint16[8] memory lengths = [0, 1, 32, 224, 255, 257, 260, 288];
        for (uint256 i; i < lengths.length; ++i) {
            bytes memory cut = new bytes(lengths[i]);
            for (uint256 j; j < cut.length && j < whole.length; ++j) {
                cut[j] = whole[j];
            }
            assertFalse(f.verifier.verify(f.programKey, f.digest, cut));
        }
        // The bytes that are missing by the length follow it nevertheless.
        bytes memory data = abi.encodeCall(f.verifier.verify, (f.programKey, f.digest, whole));
        assertEq(uint8(data[4 + 4 * 32 - 2]), 1);
        (data[4 + 4 * 32 - 2], data[4 + 4 * 32 - 1]) = (0, 0xff);
        (bool ok, bytes memory answer) = address(f.verifier).staticcall(data);
        assertTrue(ok);
        assertFalse(abi.decode(answer, (bool)));
        // A selector in front, as SP1 sends it, is not part of the encoding.
        assertFalse(f.verifier.verify(f.programKey, f.digest, bytes.concat(hex"11b6a09d", whole)));
    }

    function test_verify_refuses_points_off_their_curve() public view {
        Fixture memory f = fixtures[PICO_1_2_2];
        f.zkProof[1] = addmod(f.zkProof[1], 1, BASE_FIELD);
        assertFalse(_verify(f));
        f = fixtures[PICO_1_2_2];
        f.zkProof[4] = addmod(f.zkProof[4], 1, BASE_FIELD);
        assertFalse(_verify(f));
        f = fixtures[PICO_1_2_2];
        f.zkProof[7] = addmod(f.zkProof[7], 1, BASE_FIELD);
        assertFalse(_verify(f));
    }

    function test_verify_refuses_a_point_off_the_subgroup() public view {
        Fixture memory f = fixtures[PICO_1_2_2];
        uint256[4] memory outside = _offSubgroup();
        for (uint256 i; i < 4; ++i) {
            f.zkProof[2 + i] = outside[i];
        }
        assertFalse(_verify(f));
    }

    function test_verify_refuses_points_at_infinity() public view {
        for (uint256 i; i < fixtures.length; ++i) {
            Fixture memory f = fixtures[i];
            // Every choice of A, B, C to be at infinity.
            for (uint256 mask = 1; mask < 8; ++mask) {
                uint256[8] memory zkProof = _copy(f.zkProof);
                if (mask & 1 != 0) (zkProof[0], zkProof[1]) = (0, 0);
                if (mask & 2 != 0) (zkProof[2], zkProof[3], zkProof[4], zkProof[5]) = (0, 0, 0, 0);
                if (mask & 4 != 0) (zkProof[6], zkProof[7]) = (0, 0);
                assertFalse(_verify(f.verifier, f.programKey, f.digest, zkProof));
                assertFalse(_verify(f.verifier, 0, 0, zkProof));
            }
        }
    }

    function test_verify_accepts_another_proof_derived_from_a_valid_one() public view {
        for (uint256 i; i < fixtures.length; ++i) {
            Fixture memory f = fixtures[i];
            bytes32 before = keccak256(abi.encode(f.zkProof));
            _negateA(f.zkProof);
            assertFalse(_verify(f));
            _negateB(f.zkProof);
            assertTrue(_verify(f));
            assertNotEq(keccak256(abi.encode(f.zkProof)), before);
        }
    }

    function testFuzz_verify_refuses_a_changed_word(uint256 which, uint256 word, uint256 value) public view {
        Fixture memory f = fixtures[which % fixtures.length];
        word %= 8;
        // Half the values in the field, so that they are not all refused for that.
        if (value % 2 == 0) value %= BASE_FIELD;
        vm.assume(value != f.zkProof[word]);
        f.zkProof[word] = value;
        assertFalse(_verify(f));
    }

    function testFuzz_verify_refuses_random_curve_points(uint256 which, uint256 a, uint256 c) public view {
        Fixture memory f = fixtures[which % fixtures.length];
        (uint256 ax, uint256 ay) = _mul(1, 2, bound(a, 1, SCALAR_FIELD - 1));
        (uint256 cx, uint256 cy) = _mul(1, 2, bound(c, 1, SCALAR_FIELD - 1));
        (uint256 oldCx, uint256 oldCy) = (f.zkProof[6], f.zkProof[7]);
        (f.zkProof[6], f.zkProof[7]) = (cx, cy);
        assertFalse(_verify(f));
        (f.zkProof[0], f.zkProof[1]) = (ax, ay);
        assertFalse(_verify(f));
        (f.zkProof[6], f.zkProof[7]) = (oldCx, oldCy);
        assertFalse(_verify(f));
    }

    function testFuzz_verify_refuses_other_inputs(uint256 which, bytes32 programKey, bytes32 digest)
        public
        view
    {
        Fixture memory f = fixtures[which % fixtures.length];
        vm.assume(programKey != f.programKey && digest != f.digest);
        programKey = bytes32(uint256(programKey) % SCALAR_FIELD);
        digest = bytes32(uint256(digest) % SCALAR_FIELD);
        vm.assume(programKey != f.programKey && digest != f.digest);
        assertFalse(_verify(f.verifier, programKey, digest, f.zkProof));
        assertFalse(_verify(f.verifier, f.programKey, digest, f.zkProof));
        assertFalse(_verify(f.verifier, programKey, f.digest, f.zkProof));
    }

    function testFuzz_verify_refuses_arbitrary_bytes(
        bytes32 programKey,
        bytes32 digest,
        bytes calldata zkProof
    ) public view {
        assertFalse(fixtures[PICO_1_2_2].verifier.verify(programKey, digest, zkProof));
    }

    // Gas

    function test_verify_meets_the_bar() public {
        for (uint256 i; i < fixtures.length; ++i) {
            assertTrue(_verify(fixtures[i]));
            uint256 used = vm.lastCallGas().gasTotalUsed;
            emit log_named_uint("inside the call", used);
            assertLe(used, GAS_BAR);
        }
    }

    function test_verify_meets_the_bar_seen_from_the_caller() public {
        Fixture memory f = fixtures[PICO_1_2_2];
        bytes memory zkProof = abi.encodePacked(f.zkProof);
        vm.cool(address(f.verifier));
        uint256 start = gasleft();
        bool cold = f.verifier.verify(f.programKey, f.digest, zkProof);
        uint256 coldGas = start - gasleft();
        start = gasleft();
        bool warm = f.verifier.verify(f.programKey, f.digest, zkProof);
        uint256 warmGas = start - gasleft();
        assertTrue(cold && warm);
        emit log_named_uint("cold address", coldGas);
        emit log_named_uint("warm address", warmGas);
        assertLe(warmGas, GAS_BAR);
        assertLe(coldGas, GAS_BAR + 2500);
    }

    function test_verify_costs_no_more_than_the_bound_on_malformed_points() public {
        for (uint256 word; word < 8; ++word) {
            Fixture memory f = fixtures[PICO_1_2_2];
            f.zkProof[word] ^= 1;
            assertLe(_gasOfRefusal(f), GAS_BOUND);
            f.zkProof[word] = type(uint256).max;
            assertLe(_gasOfRefusal(f), GAS_BOUND);
        }
        Fixture memory g = fixtures[PICO_1_2_2];
        uint256[4] memory outside = _offSubgroup();
        for (uint256 i; i < 4; ++i) {
            g.zkProof[2 + i] = outside[i];
        }
        // Malformed points do burn what the precompile is given, so the bound is what holds them.
        uint256 used = _gasOfRefusal(g);
        emit log_named_uint("malformed, inside the call", used);
        assertLe(used, GAS_BOUND);
        assertGt(used, GAS_BAR);
    }

    function testFuzz_verify_answers_within_the_bound(
        bytes32 programKey,
        bytes32 digest,
        uint256[8] memory zkProof
    ) public view {
        programKey = bytes32(uint256(programKey) % SCALAR_FIELD);
        digest = bytes32(uint256(digest) % SCALAR_FIELD);
        bytes memory data = abi.encodePacked(zkProof);
        assertFalse(fixtures[PICO_1_2_2].verifier.verify{gas: 5_000_000}(programKey, digest, data));
        assertLe(vm.lastCallGas().gasTotalUsed, GAS_BOUND);
    }

    function testFuzz_verify_never_accepts_a_bad_proof_for_lack_of_gas(uint256 gas_, uint256 word)
        public
        view
    {
        Fixture memory f = fixtures[PICO_1_2_2];
        f.zkProof[word % 8] ^= 1;
        assertFalse(_verifyWith(f, bound(gas_, 0, 250_000)));
    }

    /// What a caller that bounds the gas must know: too little of it makes a valid zk proof count as not shown.
    function testFuzz_verify_never_answers_true_without_the_work(uint256 gas_) public view {
        Fixture memory f = fixtures[PICO_1_2_2];
        assertFalse(_verifyWith(f, bound(gas_, 0, 193_000)));
        assertTrue(_verifyWith(f, 200_000));
    }

    /// Should a fork price a precompile above its bound, or a chain lack it.
    function test_verify_refuses_everything_when_a_precompile_fails_or_is_missing() public {
        Fixture memory f = fixtures[PICO_1_2_2];
        for (uint160 precompile = 6; precompile <= 8; ++precompile) {
            vm.mockCallRevert(address(precompile), bytes(""), "");
            assertFalse(_verify(f));
            // Not one step further with an X that is not the statement's.
            if (precompile < 8) assertLt(vm.lastCallGas().gasTotalUsed, 20_000);
            vm.clearMockedCalls();
        }
        assertTrue(_verify(f));
        f.zkProof[0] = 1;
        vm.mockCall(address(8), bytes(""), "");
        assertFalse(_verify(f));
    }

    // Helpers

    function _gasOfRefusal(Fixture memory f) private view returns (uint256) {
        assertFalse(f.verifier.verify{gas: 5_000_000}(f.programKey, f.digest, abi.encodePacked(f.zkProof)));
        return vm.lastCallGas().gasTotalUsed;
    }

    /// False also when the call runs out of gas.
    function _verifyWith(Fixture memory f, uint256 gas_) private view returns (bool) {
        try f.verifier.verify{gas: gas_}(f.programKey, f.digest, abi.encodePacked(f.zkProof)) returns (
            bool valid
        ) {
            return valid;
        } catch {
            return false;
        }
    }

    function _copy(uint256[8] memory words) private pure returns (uint256[8] memory copy) {
        for (uint256 i; i < 8; ++i) {
            copy[i] = words[i];
        }
    }

    function _negateA(uint256[8] memory zkProof) private pure {
        zkProof[1] = BASE_FIELD - zkProof[1];
    }

    function _negateB(uint256[8] memory zkProof) private pure {
        zkProof[4] = BASE_FIELD - zkProof[4];
        zkProof[5] = BASE_FIELD - zkProof[5];
    }

    function _mul(uint256 x, uint256 y, uint256 k) private view returns (uint256, uint256) {
        (bool ok, bytes memory out) = address(7).staticcall(abi.encode(x, y, k));
        require(ok);
        return abi.decode(out, (uint256, uint256));
    }
}

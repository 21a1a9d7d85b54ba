// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ProofFixtures} from "./ProofFixtures.sol";
import {Groth16Verifier} from "contracts/Groth16Verifier.sol";

contract Groth16VerifierKeyTest is ProofFixtures {
    function test_verifierKeyHash_is_the_hash_of_the_words() public view {
        for (uint256 i; i < fixtures.length; ++i) {
            Fixture memory f = fixtures[i];
            assertEq(f.verifier.verifierKeyHash(), keccak256(abi.encodePacked(f.key)));
            assertEq(f.verifier.verifierKeyHash(), f.keyHash);
            for (uint256 j; j < i; ++j) {
                assertNotEq(f.verifier.verifierKeyHash(), fixtures[j].verifier.verifierKeyHash());
            }
        }
    }

    function test_key_takes_no_storage() public {
        vm.record();
        Fixture memory f = fixtures[PICO_1_2_2];
        Groth16Verifier verifier = new Groth16Verifier(f.key);
        assertTrue(_verify(verifier, f.programKey, f.digest, f.zkProof));
        (bytes32[] memory reads, bytes32[] memory writes) = vm.accesses(address(verifier));
        assertEq(reads.length + writes.length, 0);
    }

    function test_constructor_reverts_when_a_word_is_out_of_field() public {
        for (uint256 word; word < 20; ++word) {
            uint256[20] memory key = fixtures[PICO_1_2_2].key;
            key[word] += BASE_FIELD;
            _assertRefused(key, Groth16Verifier.KeyWordOutOfField.selector);
            key[word] = BASE_FIELD;
            _assertRefused(key, Groth16Verifier.KeyWordOutOfField.selector);
        }
    }

    function test_constructor_reverts_when_a_point_is_off_its_curve() public {
        for (uint256 word; word < 20; ++word) {
            uint256[20] memory key = fixtures[PICO_1_2_2].key;
            key[word] = addmod(key[word], 1, BASE_FIELD);
            _assertRefused(key, Groth16Verifier.KeyPointInvalid.selector);
        }
    }

    function test_constructor_reverts_when_a_point_is_off_the_subgroup() public {
        uint256[4] memory outside = _offSubgroup();
        for (uint256 at = 2; at < 14; at += 4) {
            uint256[20] memory key = fixtures[PICO_1_2_2].key;
            for (uint256 i; i < 4; ++i) {
                key[at + i] = outside[i];
            }
            _assertRefused(key, Groth16Verifier.KeyPointInvalid.selector);
        }
    }

    /// Only all of a point's words are infinity: with some of them zero it is as wrong as any other.
    function test_constructor_takes_no_point_for_infinity_that_is_zero_in_part() public {
        for (uint256 at = 2; at < 14; at += 4) {
            for (uint256 zeros = 1; zeros < 15; ++zeros) {
                uint256[20] memory key = fixtures[PICO_1_2_2].key;
                for (uint256 i; i < 4; ++i) {
                    if (zeros >> i & 1 == 1) key[at + i] = 0;
                }
                _assertRefused(key, Groth16Verifier.KeyPointInvalid.selector);
            }
        }
        uint8[8] memory words = [0, 1, 14, 15, 16, 17, 18, 19];
        for (uint256 i; i < words.length; ++i) {
            uint256[20] memory key = fixtures[PICO_1_2_2].key;
            key[words[i]] = 0;
            _assertRefused(key, Groth16Verifier.KeyPointInvalid.selector);
        }
    }

    function test_constructor_reverts_when_a_point_is_at_infinity() public {
        uint8[7] memory at = [0, 14, 16, 18, 2, 6, 10];
        for (uint256 i; i < 7; ++i) {
            uint256[20] memory key = fixtures[PICO_1_2_2].key;
            for (uint256 j; j < (i < 4 ? 2 : 4); ++j) {
                key[at[i] + j] = 0;
            }
            _assertRefused(key, Groth16Verifier.KeyPointInfinite.selector);
        }
    }

    function test_constructor_reverts_when_the_key_is_forgeable() public {
        for (uint256 i; i < 3; ++i) {
            uint256[20] memory key = fixtures[PICO_1_2_2].key;
            uint256 from = 2 + 4 * i;
            uint256 to = 2 + 4 * ((i + 1) % 3);
            for (uint256 j; j < 4; ++j) {
                key[to + j] = key[from + j];
            }
            _assertRefused(key, Groth16Verifier.KeyForgeable.selector);
            key[to + 2] = BASE_FIELD - key[to + 2];
            key[to + 3] = BASE_FIELD - key[to + 3];
            _assertRefused(key, Groth16Verifier.KeyForgeable.selector);
        }
    }

    function test_constructor_reverts_where_a_precompile_is_missing() public {
        for (uint160 precompile = 6; precompile <= 8; precompile += 2) {
            vm.mockCall(address(precompile), bytes(""), "");
            _assertRefused(fixtures[PICO_1_2_2].key, Groth16Verifier.KeyPointInvalid.selector);
            vm.clearMockedCalls();
        }
    }

    function test_constructor_is_bounded_in_gas_on_a_malformed_key() public {
        uint256[20] memory key = fixtures[PICO_1_2_2].key;
        key[13] = addmod(key[13], 1, BASE_FIELD);
        (address verifier,, uint256 used) = _create(key);
        assertEq(verifier, address(0));
        assertLt(used, 250_000);
        assertGt(used, 147_000);
    }

    // Helpers

    /// Deployed by hand: with dynamic linking `new` becomes a cheatcode, which is not charged for, and after which
    /// an expected revert ends the test.
    function _create(uint256[20] memory key) private returns (address verifier, bytes4 error, uint256 used) {
        bytes memory code = bytes.concat(vm.getCode("Groth16Verifier.sol:Groth16Verifier"), abi.encode(key));
        uint256 start = gasleft();
        assembly ("memory-safe") {
            verifier := create(0, add(code, 0x20), mload(code))
            if iszero(verifier) {
                mstore(0x00, 0)
                if gt(returndatasize(), 3) { returndatacopy(0x00, 0x00, 4) }
                error := mload(0x00)
            }
        }
        used = start - gasleft();
    }

    function _assertRefused(uint256[20] memory key, bytes4 expected) private {
        (address verifier, bytes4 error,) = _create(key);
        assertEq(verifier, address(0));
        assertEq(error, expected);
    }
}

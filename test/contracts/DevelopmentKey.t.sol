// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ProofFixtures} from "./ProofFixtures.sol";

/// @notice The development zkVM's key in the same verifier, and a zk proof that was made under it.
contract DevelopmentKeyTest is ProofFixtures {
    function setUp() public override {
        _load("devzk");
    }

    function test_the_fixture_is_of_the_committed_key() public view {
        string memory json = vm.readFile("script/devzk/artifacts/verifying-key.json");
        bytes32[] memory words = vm.parseJsonBytes32Array(json, ".words");
        assertEq(abi.encodePacked(words), abi.encodePacked(fixtures[0].key));
        assertEq(vm.parseJsonBytes32(json, ".verifierKeyHash"), fixtures[0].keyHash);
        assertEq(fixtures[0].verifier.verifierKeyHash(), fixtures[0].keyHash);
    }

    function test_its_zk_proof_verifies() public view {
        assertTrue(_verify(fixtures[0]));
    }

    function testFuzz_its_zk_proof_is_of_no_other_statement(uint256 flip) public view {
        flip = bound(flip, 1, type(uint256).max);
        Fixture memory f = fixtures[0];
        bytes32 other = bytes32(uint256(f.digest) ^ flip);
        assertFalse(_verify(f.verifier, f.programKey, other, f.zkProof));
        other = bytes32(uint256(f.programKey) ^ flip);
        assertFalse(_verify(f.verifier, other, f.digest, f.zkProof));
    }

    function testFuzz_a_tampered_zk_proof_is_refused(uint256 word, uint256 flip) public view {
        Fixture memory f = fixtures[0];
        f.zkProof[word % 8] ^= bound(flip, 1, type(uint256).max);
        assertFalse(_verify(f));
    }
}

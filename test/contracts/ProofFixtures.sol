// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {Groth16Verifier} from "contracts/Groth16Verifier.sol";
import {Test} from "forge-std/Test.sol";

/// The real zk proofs, each with a verifier of its key.
abstract contract ProofFixtures is Test {
    uint256 internal constant BASE_FIELD = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;
    uint256 internal constant SCALAR_FIELD =
        0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    uint256 internal constant PICO_1_2_2 = 2;

    struct Fixture {
        uint256[20] key;
        bytes32 programKey;
        bytes32 digest;
        bytes32 keyHash;
        uint256[8] zkProof;
        Groth16Verifier verifier;
    }

    Fixture[] internal fixtures;

    function setUp() public virtual {
        _load("pico-v1.0-fibonacci");
        _load("pico-v1.1-dcap");
        _load("pico-v1.2.2-provernet");
        _load("sp1-v4-vapp");
    }

    function _load(string memory name) internal {
        string memory json = vm.readFile(string.concat("test/fixtures/proofs/", name, ".json"));
        bytes32[] memory words = vm.parseJsonBytes32Array(json, ".verifyingKey.words");
        bytes32[] memory zkProof = vm.parseJsonBytes32Array(json, ".proof");
        assertEq(words.length, 20);
        assertEq(zkProof.length, 8);
        Fixture storage f = fixtures.push();
        for (uint256 i; i < 20; ++i) {
            f.key[i] = uint256(words[i]);
        }
        for (uint256 i; i < 8; ++i) {
            f.zkProof[i] = uint256(zkProof[i]);
        }
        f.programKey = vm.parseJsonBytes32(json, ".programKey");
        f.keyHash = vm.parseJsonBytes32(json, ".verifierKeyHash");
        f.digest = vm.parseJsonBytes32(json, ".publicValuesDigest");
        f.verifier = new Groth16Verifier(f.key);
    }

    function _verify(Fixture memory f) internal view returns (bool) {
        return _verify(f.verifier, f.programKey, f.digest, f.zkProof);
    }

    function _verify(Groth16Verifier verifier, bytes32 programKey, bytes32 digest, uint256[8] memory zkProof)
        internal
        view
        returns (bool)
    {
        return verifier.verify(programKey, digest, abi.encodePacked(zkProof));
    }

    /// The point of x = 1 on the twist y² = x³ + 3/(9 + i): on the curve, outside the subgroup of G2.
    function _offSubgroup() internal pure returns (uint256[4] memory) {
        return [
            0,
            1,
            0x0d1271953ed9ea0836846e70a1934187998c7f790cb4d7511b7f8da82de048a4,
            0x2869111d5381f072f8e2728fdb825a51aadd70e52c9830e9ab4b871c0531f1bb
        ];
    }
}

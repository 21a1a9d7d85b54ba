// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ProofFixtures} from "./ProofFixtures.sol";
import {MarketFixture} from "./helpers/MarketFixture.sol";
import {
    IProofMarket,
    ProgramConfig,
    RequestParams,
    RequestStatus
} from "contracts/interfaces/IProofMarket.sol";

/// @notice The market on real zk proofs, each under its own verifier: versions 1 to 4.
contract ProofMarketProofsTest is MarketFixture, ProofFixtures {
    uint256 internal constant FEE = 10 ether;

    function setUp() public override(MarketFixture, ProofFixtures) {
        ProofFixtures.setUp();
        MarketFixture.setUp();
    }

    function _verifiers() internal view override returns (address[] memory list) {
        list = new address[](fixtures.length);
        for (uint256 i = 0; i < fixtures.length; ++i) {
            list[i] = address(fixtures[i].verifier);
        }
    }

    function _programs() internal view override returns (ProgramConfig[] memory list) {
        list = new ProgramConfig[](fixtures.length);
        for (uint256 i = 0; i < fixtures.length; ++i) {
            list[i] = ProgramConfig(i + 1, fixtures[i].programKey, MULTIPLIER);
        }
    }

    function test_four_real_zk_proofs_fulfil_their_requests() public {
        for (uint256 i = 0; i < fixtures.length; ++i) {
            Fixture memory f = fixtures[i];
            bytes32 id = _won(f, i + 1);
            bytes32 statement = proofMarket.statementId(f.keyHash, f.programKey, f.digest);
            vm.expectEmit(market);
            emit IProofMarket.Fulfilled(
                id,
                alice,
                0,
                i + 1,
                requester,
                statement,
                FEE,
                FEE / 10,
                FEE * MULTIPLIER,
                FEE * MULTIPLIER,
                block.timestamp
            );
            _prove(id, f.zkProof);
            _assertStatus(id, RequestStatus.Fulfilled);
            assertEq(proofMarket.countedWeightOf(requester, statement), FEE * MULTIPLIER);
        }
        assertEq(proofMarket.fulfilmentAccumulator(0).count, 4);
        assertEq(token.balanceOf(treasury), 4 * FEE / 10);
    }

    function test_a_zk_proof_is_refused_under_every_other_key() public {
        for (uint256 i = 0; i < fixtures.length; ++i) {
            for (uint256 version = 1; version <= fixtures.length; ++version) {
                if (version != i + 1) _assertRefused(_won(fixtures[i], version), fixtures[i].zkProof);
            }
        }
    }

    function test_a_zk_proof_is_refused_for_another_statement() public {
        for (uint256 i = 0; i < fixtures.length; ++i) {
            Fixture memory f = fixtures[i];
            f.digest = bytes32(uint256(f.digest) ^ 1);
            _assertRefused(_won(f, i + 1), f.zkProof);
            f = fixtures[i];
            f.programKey = bytes32(uint256(f.programKey) ^ 1);
            _assertRefused(_won(f, i + 1), f.zkProof);
        }
    }

    function testFuzz_a_tampered_zk_proof_is_refused(uint256 which, uint256 word, uint256 flip) public {
        which %= fixtures.length;
        Fixture memory f = fixtures[which];
        bytes32 id = _won(f, which + 1);
        // A copy of its own: assigned from f, it would be the same memory.
        uint256[8] memory tampered = fixtures[which].zkProof;
        tampered[word % 8] ^= bound(flip, 1, type(uint256).max);
        _assertRefused(id, tampered);
        // And what remains is still good.
        _prove(id, f.zkProof);
    }

    function test_malformed_zk_proofs_are_refused_and_burn_a_bounded_amount_of_gas() public {
        Fixture memory f = fixtures[PICO_1_2_2];
        bytes32 id = _won(f, PICO_1_2_2 + 1);
        bytes[] memory malformed = new bytes[](6);
        malformed[0] = "";
        malformed[1] = abi.encodePacked(f.zkProof, uint8(0));
        malformed[2] = new bytes(256);
        uint256[8] memory words = fixtures[PICO_1_2_2].zkProof;
        words[0] += BASE_FIELD;
        malformed[3] = abi.encodePacked(words);
        words = fixtures[PICO_1_2_2].zkProof;
        (words[0], words[1]) = (1, 1);
        malformed[4] = abi.encodePacked(words);
        uint256[4] memory outside = _offSubgroup();
        for (uint256 i = 0; i < 4; ++i) {
            words[2 + i] = outside[i];
        }
        malformed[5] = abi.encodePacked(words);
        for (uint256 i = 0; i < malformed.length; ++i) {
            uint256 gas = gasleft();
            vm.expectRevert(IProofMarket.InvalidProof.selector);
            vm.prank(alice);
            proofMarket.fulfil(id, malformed[i]);
            assertLt(gas - gasleft(), proofMarket.VERIFY_GAS() + 100_000);
        }
    }

    function test_a_malleated_zk_proof_is_as_good_and_counts_no_second_time() public {
        Fixture memory f = fixtures[PICO_1_2_2];
        uint256[8] memory malleated = fixtures[PICO_1_2_2].zkProof;
        // (-A, -B, C) satisfies the same equation.
        malleated[1] = BASE_FIELD - malleated[1];
        malleated[4] = BASE_FIELD - malleated[4];
        malleated[5] = BASE_FIELD - malleated[5];
        bytes32 first = _won(f, PICO_1_2_2 + 1);
        _prove(first, f.zkProof);
        vm.expectRevert(IProofMarket.RequestNotOpen.selector);
        vm.prank(alice);
        proofMarket.fulfil(first, abi.encodePacked(malleated));

        bytes32 second = _won(f, PICO_1_2_2 + 1);
        bytes32 statement = proofMarket.statementId(f.keyHash, f.programKey, f.digest);
        vm.expectEmit(market);
        emit IProofMarket.Fulfilled(
            second, alice, 0, 2, requester, statement, FEE, FEE / 10, FEE * MULTIPLIER, 0, block.timestamp
        );
        _prove(second, malleated);
        assertEq(proofMarket.countedWeightOf(requester, statement), FEE * MULTIPLIER);
    }

    // ---------------------------------------------------------------- helpers

    function _won(Fixture memory f, uint256 version) internal returns (bytes32 id) {
        // Every auction runs through the same minutes, so that all fulfilments are of one epoch.
        vm.warp(START);
        RequestParams memory params = _params(FEE);
        params.verifierVersion = version;
        params.programKey = f.programKey;
        params.publicValuesDigest = f.digest;
        id = _request(params);
        address bidder = proofMarket.openAssignments(alice) == 0 ? alice : _newProver(id);
        _assigned(id, bidder, FEE);
    }

    function _newProver(bytes32 id) internal returns (address created) {
        created = address(uint160(uint256(id)));
        _register(created, STAKE, 0);
    }

    function _prove(bytes32 id, uint256[8] memory zkProof) internal {
        address leader = proofMarket.requestOf(id).leader;
        vm.prank(leader);
        proofMarket.fulfil(id, abi.encodePacked(zkProof));
    }

    function _assertRefused(bytes32 id, uint256[8] memory zkProof) internal {
        address leader = proofMarket.requestOf(id).leader;
        vm.expectRevert(IProofMarket.InvalidProof.selector);
        vm.prank(leader);
        proofMarket.fulfil(id, abi.encodePacked(zkProof));
        _assertStatus(id, RequestStatus.Open);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ProofFixtures} from "../ProofFixtures.sol";
import {MarketFixture} from "../helpers/MarketFixture.sol";
import {GasReport} from "./GasReport.sol";
import {ProgramConfig, RequestParams} from "contracts/interfaces/IProofMarket.sol";

/// @notice The market at the state a user would meet: provers that have worked before and hold other locks,
/// a requester that has been credited before, an epoch in which others have been fulfilled; a new request
/// for a statement that nobody has proven yet.
contract MarketGasTest is MarketFixture, ProofFixtures, GasReport {
    bytes32 internal id;

    function setUp() public override(MarketFixture, ProofFixtures) {
        ProofFixtures.setUp();
        MarketFixture.setUp();
        // One round that leaves every slot as later rounds find it.
        bytes32 earlier = _request(_params(100 ether));
        _commit(earlier, alice, 40 ether);
        _commit(earlier, bob, 30 ether);
        _toReveal(earlier);
        _reveal(earlier, alice, 40 ether);
        _reveal(earlier, bob, 30 ether);
        _toFulfil(earlier);
        _fulfil(earlier);

        RequestParams memory params = _params(100 ether);
        params.verifierVersion = 2;
        params.programKey = fixtures[PICO_1_2_2].programKey;
        params.publicValuesDigest = fixtures[PICO_1_2_2].digest;
        id = _request(params);
    }

    function _verifiers() internal view override returns (address[] memory list) {
        list = new address[](2);
        list[0] = address(verifier);
        list[1] = address(fixtures[PICO_1_2_2].verifier);
    }

    function _programs() internal view override returns (ProgramConfig[] memory list) {
        list = new ProgramConfig[](2);
        list[0] = ProgramConfig(1, PROGRAM, MULTIPLIER);
        list[1] = ProgramConfig(2, fixtures[PICO_1_2_2].programKey, MULTIPLIER);
    }

    function test_gas_market_commit() public {
        _commit(id, alice, 40 ether);
        record("market-commit");
    }

    function test_gas_market_reveal() public {
        _commit(id, alice, 40 ether);
        _commit(id, bob, 30 ether);
        _toReveal(id);
        _reveal(id, alice, 40 ether);
        // Takes the lead from another: the dearest reveal.
        _reveal(id, bob, 30 ether);
        record("market-reveal");
    }

    function test_gas_market_fulfil() public {
        _commit(id, alice, 40 ether);
        _commit(id, bob, 30 ether);
        _toReveal(id);
        _reveal(id, alice, 40 ether);
        _reveal(id, bob, 30 ether);
        _toFulfil(id);
        bytes memory zkProof = abi.encodePacked(fixtures[PICO_1_2_2].zkProof);
        vm.prank(bob);
        proofMarket.fulfil(id, zkProof);
        record("market-fulfil");
    }
}

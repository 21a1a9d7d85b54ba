// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ProofFixtures} from "../ProofFixtures.sol";
import {GasReport} from "./GasReport.sol";
import {IProofVerifier} from "contracts/interfaces/IProofVerifier.sol";

contract Groth16VerifierGasTest is ProofFixtures, GasReport {
    function test_gas_verify_pico() public {
        Fixture memory f = fixtures[PICO_1_2_2];
        bytes memory data =
            abi.encodeCall(IProofVerifier.verify, (f.programKey, f.digest, abi.encodePacked(f.zkProof)));
        (bool success, bytes memory verdict) = address(f.verifier).call(data);
        recordInside("verify-pico", data);
        assertTrue(success && abi.decode(verdict, (bool)));
    }
}

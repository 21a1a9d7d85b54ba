// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {DistributorFixture} from "./helpers/DistributorFixture.sol";
import {IProofMarket} from "contracts/interfaces/IProofMarket.sol";

/// @notice The ids and rolling hashes of the reward specification, by their definitions and by the contracts.
contract IdVectorsTest is DistributorFixture {
    string private json;

    function _read(string memory name) private {
        json = vm.readFile(string.concat("test/fixtures/vectors/", name, ".json"));
    }

    function _at(string memory list, uint256 index) private pure returns (string memory) {
        return string.concat(".", list, "[", vm.toString(index), "]");
    }

    function _word(string memory of_, string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(of_, key));
    }

    function _uint(string memory of_, string memory key) private view returns (uint256) {
        return vm.parseJsonUint(json, string.concat(of_, key));
    }

    function _address(string memory of_, string memory key) private view returns (address) {
        return vm.parseJsonAddress(json, string.concat(of_, key));
    }

    function test_statement_ids_are_the_markets() public {
        _read("ids");
        bytes32 id = IProofMarket(market)
            .statementId(
                _word(".statement", ".verifierKeyHash"),
                _word(".statement", ".programKey"),
                _word(".statement", ".publicValuesDigest")
            );
        assertEq(id, _word(".statement", ".statementId"));
    }

    function test_fulfilments_fold_into_their_accumulator() public {
        _read("ids");
        bytes32 hash;
        uint256 i = 0;
        for (; vm.keyExistsJson(json, _at("fulfilments", i)); ++i) {
            string memory entry = _at("fulfilments", i);
            hash = keccak256(
                abi.encode(
                    hash,
                    i + 1,
                    _word(entry, ".requestId"),
                    _address(entry, ".prover"),
                    _address(entry, ".requester"),
                    _word(entry, ".statementId"),
                    _uint(entry, ".fee"),
                    _uint(entry, ".protocolFee"),
                    _uint(entry, ".weight"),
                    _uint(entry, ".countedWeight"),
                    _uint(entry, ".timestamp")
                )
            );
            assertEq(hash, _word(entry, ".accumulator"));
        }
        assertEq(i, 3);
    }

    function test_misses_fold_into_their_accumulator() public {
        _read("ids");
        bytes32 hash;
        uint256 i = 0;
        for (; vm.keyExistsJson(json, _at("misses", i)); ++i) {
            string memory entry = _at("misses", i);
            hash = keccak256(
                abi.encode(
                    hash,
                    i + 1,
                    _word(entry, ".requestId"),
                    _address(entry, ".prover"),
                    _uint(entry, ".deadline"),
                    _uint(entry, ".slashed"),
                    _uint(entry, ".timestamp")
                )
            );
            assertEq(hash, _word(entry, ".accumulator"));
        }
        assertEq(i, 2);
    }

    function test_commission_changes_fold_into_their_rolling_hash() public {
        _read("ids");
        bytes32 hash;
        uint256 i = 0;
        for (; vm.keyExistsJson(json, _at("commissions", i)); ++i) {
            string memory entry = _at("commissions", i);
            hash = keccak256(
                abi.encode(
                    hash,
                    i + 1,
                    _address(entry, ".source"),
                    _uint(entry, ".bps"),
                    _uint(entry, ".announcedAt"),
                    _uint(entry, ".effectiveAt")
                )
            );
            assertEq(hash, _word(entry, ".accumulator"));
        }
        assertEq(i, 2);
    }

    function test_policies_have_the_hash_that_the_distributor_gives_their_segment() public {
        _read("policies");
        uint256 i = 0;
        for (; vm.keyExistsJson(json, _at("policies", i)); ++i) {
            bytes memory policy =
                bytes(vm.parseJsonString(json, string.concat(_at("policies", i), ".canonical")));
            vm.prank(owner);
            rewards.addSegment(2 + i, BUDGET, policy);
            assertEq(rewards.segment(1 + i).policyHash, _word(_at("policies", i), ".hash"));
        }
        assertEq(i, 7);
    }
}

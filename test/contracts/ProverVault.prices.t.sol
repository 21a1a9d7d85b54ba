// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {VaultTest} from "./helpers/VaultTest.sol";
import {ProverState} from "contracts/interfaces/IProverRegistry.sol";

/// @notice Plays a recorded story on the real vault: what its shares are worth at each step is what the service tells
/// from logs (test/service/core/share-price.test.ts).
contract ProverVaultPricesTest is VaultTest {
    string private json;

    function test_share_prices_are_those_that_the_service_tells() public {
        json = vm.readFile("test/fixtures/share-prices.json");
        assertEq(vm.parseJsonUint(json, ".vestingPeriod"), PERIOD);
        uint256 count;
        for (; vm.keyExistsJson(json, _at(count, "")); ++count) {
            vm.warp(START + _number(count, ".at"));
            // The first is what the vault was seeded with.
            if (count != 0) _play(count);
            (uint256 active,) = vault.stakeState();
            (uint256 unvested,,) = vault.rewardState();
            assertEq(active, _number(count, ".active"), _at(count, " active assets"));
            assertEq(vault.totalSupply(), _number(count, ".shares"), _at(count, " shares"));
            assertEq(unvested, _number(count, ".unvested"), _at(count, " unvested"));
            assertEq(
                vault.convertToAssets(1e18), _number(count, ".sharePrice"), _at(count, " a share's price")
            );
        }
        assertGt(count, 20);
    }

    function _play(uint256 i) private {
        string memory kind = vm.parseJsonString(json, _at(i, ".kind"));
        address who = _same(vm.parseJsonString(json, _at(i, ".who")), "prover") ? PROVER : ALICE;
        uint256 amount = _number(i, ".amount");
        registry.setState(PROVER, _same(kind, "exit") ? ProverState.Inactive : ProverState.Active);
        if (_same(kind, "deposit")) _deposit(who, amount);
        else if (_same(kind, "exit")) _request(who, amount);
        else if (_same(kind, "reward")) _reward(amount, 0);
        else _slash(amount);
    }

    function _same(string memory a, string memory b) private pure returns (bool) {
        return keccak256(bytes(a)) == keccak256(bytes(b));
    }

    function _number(uint256 i, string memory key) private view returns (uint256) {
        return vm.parseJsonUint(json, _at(i, key));
    }

    function _at(uint256 i, string memory key) private pure returns (string memory) {
        return string.concat(".steps[", vm.toString(i), "]", key);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {SystemFixture} from "../helpers/SystemFixture.sol";
import {GasReport} from "./GasReport.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";

contract RegistryGas is SystemFixture, GasReport {
    function setUp() public override {
        super.setUp();
        _register(prover, 10 * MIN_SELF_STAKE, 1000);
        _stake(staker, prover, 10 * MIN_SELF_STAKE);
        skip(1 hours);
    }

    function test_gas_register() public {
        _fund(stranger, address(registry), MIN_SELF_STAKE);
        vm.prank(stranger);
        registry.register(MIN_SELF_STAKE, 1000, address(0));
        record("register");
    }

    /// @dev From a source that has paid before, out of a standing allowance, while an earlier reward vests.
    function test_gas_reward_later() public {
        token.mint(market, 1000 ether);
        vm.prank(market);
        token.approve(address(registry), type(uint256).max);
        vm.prank(market);
        registry.addReward(prover, 10 ether);
        skip(1 hours);
        vm.prank(market);
        registry.addReward(prover, 10 ether);
        record("reward-later");
    }

    /// @dev The second slash, part of a larger lock, with an exit in the unbonding pool.
    function test_gas_slash_later() public {
        IProverVault vault = IProverVault(registry.vaultOf(prover));
        vm.prank(staker);
        vault.requestRedeem(1000 ether, staker, staker);
        uint256 until = block.timestamp + 1 days;
        _lock(prover, 100 ether, until);
        _slash(prover, 10 ether, until);
        skip(1 hours);
        _slash(prover, 10 ether, until);
        record("slash-later");
    }
}

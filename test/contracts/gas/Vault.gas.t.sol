// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {SystemFixture} from "../helpers/SystemFixture.sol";
import {GasReport} from "./GasReport.sol";
import {ProverVault} from "contracts/ProverVault.sol";

/// @notice Each at the state a user meets: a vault that others stake in, whose last reward still vests.
contract VaultGas is SystemFixture, GasReport {
    ProverVault private _vault;

    function setUp() public override {
        super.setUp();
        _vault = ProverVault(address(_register(prover, 10 * MIN_SELF_STAKE, 1000)));
        _stake(stranger, prover, 10 * MIN_SELF_STAKE);
        skip(1 hours);
        _reward(market, prover, 100 ether);
        skip(1 hours);
        // A standing allowance, without the refund that spending one to the last wei brings.
        token.mint(staker, 10_000 ether);
        vm.prank(staker);
        token.approve(address(_vault), type(uint256).max);
    }

    function test_gas_deposit() public {
        vm.prank(staker);
        _vault.deposit(100 ether, staker);
        record("deposit-new");
        skip(1 hours);
        vm.prank(staker);
        _vault.deposit(100 ether, staker);
        record("deposit-top-up");
    }

    function test_gas_transfer() public {
        vm.prank(stranger);
        _vault.transfer(staker, 100 ether);
        record("transfer-fresh");
        vm.prank(stranger);
        _vault.transfer(staker, 100 ether);
        record("transfer-existing");
    }

    function test_gas_exit() public {
        vm.prank(staker);
        _vault.deposit(1000 ether, staker);
        skip(1 hours);
        vm.prank(staker);
        _vault.requestRedeem(100 ether, staker, staker);
        record("request-exit-first");
        skip(1 hours);
        vm.prank(staker);
        _vault.requestRedeem(100 ether, staker, staker);
        record("request-exit-second");
        skip(UNBONDING_DELAY + 1);
        vm.prank(staker);
        _vault.redeem(200 ether, staker, staker);
        record("claim-exit");
    }
}

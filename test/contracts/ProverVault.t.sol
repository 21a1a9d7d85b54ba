// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {VaultTest} from "./helpers/VaultTest.sol";

contract ProverVaultTest is VaultTest {
    function test_a_whole_life() public {
        uint256 shares = _deposit(ALICE, 300e18);
        assertEq(shares, 300e18);
        _reward(40e18, 4e18);
        assertEq(vault.totalAssets(), 400e18);
        skip(PERIOD / 2);
        assertEq(vault.totalAssets(), 418e18);
        skip(PERIOD);
        assertEq(vault.totalAssets(), 436e18);
        uint256 assets = _request(ALICE, 100e18);
        assertApproxEqAbs(assets, 109e18, 1);
        _request(ALICE, 50e18);
        assertEq(vault.pendingRedeemRequest(0, ALICE), 150e18);
        skip(DELAY);
        assertEq(vault.claimableRedeemRequest(0, ALICE), 0);
        skip(1);
        assertEq(vault.claimableRedeemRequest(0, ALICE), 150e18);
        assertEq(_slash(43.6e18), 43.6e18);
        uint256 most = vault.maxWithdraw(ALICE);
        assertApproxEqAbs(most, 150e18 * 0.9 * 109 / 100, 10);
        uint256 before = token.balanceOf(ALICE);
        _redeem(ALICE, 25e18);
        vm.prank(ALICE);
        vault.withdraw(1e18, ALICE, ALICE);
        vm.startPrank(ALICE);
        vault.redeem(vault.maxRedeem(ALICE), ALICE, ALICE);
        vm.stopPrank();
        assertApproxEqAbs(token.balanceOf(ALICE) - before, most, 4);
        assertEq(token.balanceOf(address(vault)), _counted());
    }
}

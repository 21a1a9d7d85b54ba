// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ILentRegistry, ILentVault, ShareLender} from "./helpers/ShareLender.sol";
import {SystemFixture} from "./helpers/SystemFixture.sol";
import {ProverVault} from "contracts/ProverVault.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";

/// @notice A lender who knows only contracts/INTEGRATORS.md takes shares, prices them, and gets its money back.
contract IntegratorsTest is SystemFixture {
    ShareLender private _lender;
    ProverVault private _vault;
    ILentVault private _lent;

    function setUp() public override {
        super.setUp();
        _vault = ProverVault(address(_register(prover, 10 * MIN_SELF_STAKE, 1000)));
        _lent = ILentVault(address(_vault));
        _stake(staker, prover, 1000 ether);
        _lender = new ShareLender(ILentRegistry(address(registry)));
        token.mint(address(_lender), 10_000 ether);
        vm.prank(staker);
        _vault.approve(address(_lender), type(uint256).max);
    }

    function _borrow(uint256 shares, uint256 amount) private {
        vm.prank(staker);
        _lender.borrow(_lent, shares, amount);
    }

    function test_a_lender_refuses_what_the_registry_does_not_know() public {
        vm.mockCall(address(token), abi.encodeWithSignature("prover()"), abi.encode(prover));
        vm.prank(staker);
        vm.expectRevert("not a vault");
        _lender.borrow(ILentVault(address(token)), 1, 1);
    }

    function testFuzz_a_donation_lends_nothing(uint256 donation) public {
        token.mint(address(_vault), bound(donation, 1, 1e30));
        vm.prank(staker);
        vm.expectRevert("too much");
        _lender.borrow(_lent, 1000 ether, 500 ether + 1);
        _borrow(1000 ether, 500 ether);
    }

    function test_shares_earn_while_they_are_lent_against() public {
        _borrow(1000 ether, 500 ether);
        _reward(market, prover, 1100 ether);
        skip(VESTING_PERIOD);
        vm.startPrank(staker);
        token.approve(address(_lender), 500 ether);
        _lender.repay(_lent);
        assertEq(_vault.balanceOf(staker), 1000 ether);
        assertApproxEqAbs(_vault.convertToAssets(1000 ether), 1090 ether, 1);
    }

    function test_a_slashed_loan_is_liquidated_through_an_exit() public {
        _borrow(1000 ether, 500 ether);
        vm.expectRevert("healthy");
        _lender.liquidate(_lent, staker);
        _lockAndSlash(prover, 11_000 ether * 2 / 5);
        _lender.liquidate(_lent, staker);
        assertEq(_vault.balanceOf(address(_lender)), 0);
        assertApproxEqAbs(_liquidationAssets(), 600 ether, 1);

        // Further slashes reach the exit, a pause does not.
        _lockAndSlash(prover, 660 ether);
        vm.prank(guardian);
        registry.pause();
        skip(UNBONDING_DELAY);
        vm.expectRevert(IProverVault.ZeroAmount.selector);
        _lender.settle(_lent, staker);
        skip(1);
        uint256 before = token.balanceOf(staker);
        uint256 assets = _lender.settle(_lent, staker);
        assertApproxEqAbs(assets, 540 ether, 1);
        assertEq(token.balanceOf(address(_lender)), 10_000 ether, "lent and paid back");
        assertEq(token.balanceOf(staker) - before, assets - 500 ether);
    }

    function _liquidationAssets() private view returns (uint256 assets) {
        (assets,,) = _vault.unbondingState();
    }

    function test_the_provers_locked_shares_are_no_collateral() public {
        uint256 locked = _vault.balanceOf(prover);
        vm.startPrank(prover);
        _vault.approve(address(_lender), type(uint256).max);
        vm.expectRevert(IProverVault.SelfStakeLocked.selector);
        _lender.borrow(_lent, locked, 1);
        _lender.borrow(_lent, locked - MIN_SELF_STAKE, 1);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {VaultState} from "./VaultState.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {ERC20} from "solmate/tokens/ERC20.sol";

/// @notice The rules that ERC-7540 lays down for asynchronous redeems and operators, one test each, in any state
/// of a vault.
contract ERC7540PropertiesTest is VaultState {
    // ---------------------------------------------------------------- requests

    function testFuzz_a_request_takes_the_shares_and_is_pending(uint256 seed, uint256 shares)
        public
        inState(seed)
    {
        shares = _part(alice, shares);
        uint256 held = vault.balanceOf(alice);
        uint256 supply = vault.totalSupply();
        vm.expectEmit(address(vault));
        emit IProverVault.RedeemRequest(alice, alice, 0, alice, shares);
        vm.prank(alice);
        assertEq(vault.requestRedeem(shares, alice, alice), 0, "the request id is always 0");
        assertEq(vault.balanceOf(alice), held - shares);
        assertEq(vault.totalSupply(), supply - shares);
        assertEq(vault.pendingRedeemRequest(0, alice), shares);
        assertEq(vault.claimableRedeemRequest(0, alice), 0);
        assertEq(token.balanceOf(alice), 0, "nothing is paid by the request");
    }

    function testFuzz_requests_of_one_controller_add_up(uint256 seed, uint256 first, uint256 second)
        public
        inState(seed)
    {
        uint256 half = vault.balanceOf(alice) / 2;
        first = bound(first, 0, half);
        second = bound(second, 0, half);
        vm.assume(vault.convertToAssets(first) != 0);
        _requestRedeem(alice, first);
        vm.assume(vault.convertToAssets(second) != 0);
        _requestRedeem(alice, second);
        assertEq(vault.pendingRedeemRequest(0, alice), first + second);
    }

    function testFuzz_a_share_is_either_pending_or_claimable(uint256 seed, uint256 shares, uint256 wait)
        public
        inState(seed)
    {
        shares = _part(alice, shares);
        _requestRedeem(alice, shares);
        wait = bound(wait, 0, 2 * UNBONDING_DELAY);
        skip(wait);
        bool mature = wait > UNBONDING_DELAY;
        assertEq(vault.pendingRedeemRequest(0, alice), mature ? 0 : shares);
        assertEq(vault.claimableRedeemRequest(0, alice), mature ? shares : 0);
        assertEq(vault.maxRedeem(alice), vault.claimableRedeemRequest(0, alice));
    }

    function testFuzz_a_pending_request_cannot_be_claimed(uint256 seed, uint256 shares, uint256 wait)
        public
        inState(seed)
    {
        _requestRedeem(alice, _part(alice, shares));
        skip(bound(wait, 0, UNBONDING_DELAY));
        vm.startPrank(alice);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.redeem(1, alice, alice);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.withdraw(1, alice, alice);
    }

    function testFuzz_request_views_depend_neither_on_the_caller_nor_on_the_id(
        uint256 seed,
        uint256 shares,
        uint256 id,
        address caller
    ) public inState(seed) {
        shares = _part(alice, shares);
        _requestRedeem(alice, shares);
        vm.startPrank(caller);
        assertEq(vault.pendingRedeemRequest(id, alice), shares);
        assertEq(vault.claimableRedeemRequest(id, alice), 0);
    }

    // ---------------------------------------------------------------- who may request

    function testFuzz_an_allowance_lets_another_request_and_is_spent(uint256 seed, uint256 shares)
        public
        inState(seed)
    {
        shares = _part(alice, shares);
        vm.prank(alice);
        vault.approve(stranger, shares);
        vm.prank(stranger);
        vault.requestRedeem(shares, stranger, alice);
        assertEq(vault.allowance(alice, stranger), 0);
        assertEq(vault.pendingRedeemRequest(0, stranger), shares);
        assertEq(vault.pendingRedeemRequest(0, alice), 0);
    }

    function testFuzz_an_infinite_allowance_stays(uint256 seed, uint256 shares) public inState(seed) {
        shares = _part(alice, shares);
        vm.prank(alice);
        vault.approve(stranger, type(uint256).max);
        vm.prank(stranger);
        vault.requestRedeem(shares, stranger, alice);
        assertEq(vault.allowance(alice, stranger), type(uint256).max);
    }

    function testFuzz_an_operator_requests_and_claims_and_spends_no_allowance(uint256 seed, uint256 shares)
        public
        inState(seed)
    {
        shares = _part(alice, shares);
        vm.startPrank(alice);
        vault.approve(stranger, shares);
        vault.setOperator(stranger, true);
        vm.stopPrank();
        vm.prank(stranger);
        vault.requestRedeem(shares, alice, alice);
        assertEq(vault.allowance(alice, stranger), shares);
        assertEq(vault.pendingRedeemRequest(0, alice), shares);
        skip(UNBONDING_DELAY + 1);
        uint256 worth = vault.maxWithdraw(alice);
        vm.prank(stranger);
        assertEq(vault.redeem(shares, stranger, alice), worth);
        assertEq(token.balanceOf(stranger), worth);
    }

    function testFuzz_nobody_else_requests(uint256 seed, uint256 shares, address caller)
        public
        inState(seed)
    {
        vm.assume(caller != alice);
        shares = _part(alice, shares);
        vm.prank(caller);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(shares, caller, alice);
    }

    function testFuzz_an_operator_that_was_dismissed_has_no_power(uint256 seed, uint256 shares)
        public
        inState(seed)
    {
        shares = _part(alice, shares);
        vm.startPrank(alice);
        vault.setOperator(stranger, true);
        vm.expectEmit(address(vault));
        emit IProverVault.OperatorSet(alice, stranger, false);
        assertTrue(vault.setOperator(stranger, false));
        vm.stopPrank();
        assertFalse(vault.isOperator(alice, stranger));
        vm.prank(stranger);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(shares, alice, alice);
    }

    // ---------------------------------------------------------------- claims

    function testFuzz_a_claim_lowers_what_is_claimable_by_its_shares(
        uint256 seed,
        uint256 shares,
        uint256 claimed,
        bool redeeming
    ) public inState(seed) {
        shares = _part(alice, shares);
        _requestRedeem(alice, shares);
        skip(UNBONDING_DELAY + 1);
        uint256 taken;
        uint256 paid;
        if (redeeming) {
            taken = bound(claimed, 1, shares);
            paid = _redeem(alice, taken);
        } else {
            paid = bound(claimed, 1, vault.maxWithdraw(alice));
            taken = _withdraw(alice, paid);
        }
        assertEq(vault.claimableRedeemRequest(0, alice), shares - taken);
        assertEq(token.balanceOf(alice), paid);
    }

    function testFuzz_the_parts_of_a_claim_never_exceed_the_whole(uint256 seed, uint256 shares, uint256 cut)
        public
        inState(seed)
    {
        shares = _part(alice, shares);
        _requestRedeem(alice, shares);
        skip(UNBONDING_DELAY + 1);
        uint256 whole = vault.maxWithdraw(alice);
        cut = bound(cut, 1, shares);
        uint256 paid = _redeem(alice, cut);
        if (cut != shares) paid += _redeem(alice, shares - cut);
        assertLe(paid, whole + 1);
        assertGe(paid + 2, whole);
    }

    function testFuzz_claims_emit_the_withdraw_event_of_the_controller(uint256 seed, uint256 shares)
        public
        inState(seed)
    {
        shares = _part(alice, shares);
        _requestRedeem(alice, shares);
        skip(UNBONDING_DELAY + 1);
        uint256 worth = vault.maxWithdraw(alice);
        vm.expectEmit(address(vault));
        emit Withdraw(alice, bob, alice, worth, shares);
        vm.expectEmit(address(token));
        emit ERC20.Transfer(address(vault), bob, worth);
        vm.prank(alice);
        vault.redeem(shares, bob, alice);
    }

    event Withdraw(
        address indexed caller,
        address indexed receiver,
        address indexed owner,
        uint256 assets,
        uint256 shares
    );

    // ---------------------------------------------------------------- interfaces

    function test_the_interfaces_of_the_standard_are_announced_and_no_others() public view {
        assertTrue(vault.supportsInterface(0x01ffc9a7), "ERC-165");
        assertTrue(vault.supportsInterface(0xe3bc4e65), "operators");
        assertTrue(vault.supportsInterface(0x620ee8e4), "asynchronous redeems");
        assertTrue(vault.supportsInterface(0x2f0a18c5), "ERC-7575");
        assertFalse(vault.supportsInterface(0xce3bbe50), "no asynchronous deposits");
        assertFalse(vault.supportsInterface(0xffffffff));
        assertEq(vault.share(), address(vault));
    }
}

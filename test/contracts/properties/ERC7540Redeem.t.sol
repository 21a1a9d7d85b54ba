// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {PropertyFixture} from "./PropertyFixture.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {stdError} from "forge-std/StdError.sol";
import {Vm} from "forge-std/Vm.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";
import {ERC4626} from "solmate/src/tokens/ERC4626.sol";

/// @notice The rules of the final ERC-7540 that concern asynchronous redeems, with those of ERC-7575 and
/// ERC-165 that it takes in: a test for each. Calls whose argument order is a rule are made by signature.
contract ERC7540RedeemTest is PropertyFixture {
    uint256 private constant DEPOSIT = 5000 ether;

    address private operator = makeAddr("operator");
    address private receiver = makeAddr("receiver");
    uint256 private shares;

    function setUp() public override {
        super.setUp();
        // A share is worth more than a wei, so that no test takes one for the other.
        _stake(stakers[0], prover, DEPOSIT);
        _reward(address(this), prover, 3000 ether);
        skip(VESTING_PERIOD);
        shares = _stake(staker, prover, DEPOSIT);
        assertLt(shares, DEPOSIT);
    }

    // ---------------------------------------------------------------- requestRedeem

    function testFuzz_requestRedeem_takes_shares_then_controller_then_owner(uint256 part) public {
        part = _part(part);
        _setOperator(staker, operator, true);
        _setOperator(receiver, operator, true);
        vm.prank(operator);
        (bool success,) = address(vault)
            .call(abi.encodeWithSignature("requestRedeem(uint256,address,address)", part, receiver, staker));
        assertTrue(success);
        assertEq(vault.balanceOf(staker), shares - part, "the owner is the third");
        assertEq(vault.pendingRedeemRequest(0, receiver), part, "the controller is the second");
        assertEq(vault.pendingRedeemRequest(0, staker), 0);
    }

    function testFuzz_requestRedeem_takes_the_shares_from_the_owner_at_the_request(uint256 part) public {
        part = _part(part);
        uint256 supply = vault.totalSupply();
        vm.expectEmit(address(vault));
        emit ERC20.Transfer(staker, address(0), part);
        _request(part);
        assertEq(vault.balanceOf(staker), shares - part);
        assertEq(vault.totalSupply(), supply - part);
        assertEq(token.balanceOf(staker), 0, "nothing is paid before the claim");
    }

    function testFuzz_requestRedeem_reverts_unless_all_of_the_shares_can_be_requested(uint256 excess) public {
        excess = bound(excess, 1, 1e27);
        vm.prank(staker);
        vm.expectRevert(stdError.arithmeticError);
        vault.requestRedeem(shares + excess, staker, staker);
    }

    function testFuzz_requestRedeem_emits_RedeemRequest_with_controller_owner_id_sender_shares(uint256 part)
        public
    {
        part = _part(part);
        _setOperator(staker, operator, true);
        _setOperator(receiver, operator, true);
        vm.recordLogs();
        vm.prank(operator);
        vault.requestRedeem(part, receiver, staker);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 found;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != keccak256("RedeemRequest(address,address,uint256,address,uint256)")) {
                continue;
            }
            ++found;
            assertEq(logs[i].emitter, address(vault));
            assertEq(logs[i].topics.length, 4);
            assertEq(logs[i].topics[1], bytes32(uint256(uint160(receiver))), "controller, indexed");
            assertEq(logs[i].topics[2], bytes32(uint256(uint160(staker))), "owner, indexed");
            assertEq(logs[i].topics[3], bytes32(0), "request id, indexed");
            assertEq(logs[i].data, abi.encode(operator, part), "sender, shares");
        }
        assertEq(found, 1);
    }

    function testFuzz_requestRedeem_returns_request_id_0_for_every_request(uint256 part) public {
        part = bound(part, 1e18, shares / 2);
        vm.startPrank(staker);
        assertEq(vault.requestRedeem(part, staker, staker), 0);
        skip(1 days);
        assertEq(vault.requestRedeem(shares - part, staker, staker), 0);
    }

    function testFuzz_request_id_0_aggregates_the_requests_of_a_controller(uint256 part, uint256 gap) public {
        part = bound(part, 1e18, shares / 2);
        gap = bound(gap, 1, UNBONDING_DELAY);
        _request(part);
        skip(gap);
        _request(shares - part);
        assertEq(vault.pendingRedeemRequest(0, staker), shares);
        skip(UNBONDING_DELAY - gap + 1);
        assertEq(vault.claimableRedeemRequest(0, staker), part);
        assertEq(vault.pendingRedeemRequest(0, staker), shares - part);
        skip(gap);
        assertEq(vault.claimableRedeemRequest(0, staker), shares);
        vm.prank(staker);
        vault.redeem(shares, staker, staker);
        assertEq(vault.claimableRedeemRequest(0, staker), 0);
    }

    function testFuzz_requests_of_different_controllers_stay_apart(uint256 part) public {
        part = bound(part, 1e18, shares / 2);
        vm.prank(staker);
        vault.transfer(receiver, part);
        vm.prank(receiver);
        vault.requestRedeem(part, receiver, receiver);
        _request(shares - part);
        skip(UNBONDING_DELAY + 1);
        assertEq(vault.maxRedeem(receiver), part);
        assertEq(vault.maxRedeem(staker), shares - part);
        vm.prank(staker);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.redeem(shares, staker, staker);
    }

    function testFuzz_requests_of_one_controller_may_come_from_several_owners(uint256 part) public {
        part = bound(part, 1e18, shares / 2);
        vm.startPrank(staker);
        vault.transfer(receiver, part);
        vault.approve(receiver, shares - part);
        vm.stopPrank();
        vm.startPrank(receiver);
        vault.requestRedeem(part, receiver, receiver);
        vault.requestRedeem(shares - part, receiver, staker);
        assertEq(vault.pendingRedeemRequest(0, receiver), shares);
    }

    // ---------------------------------------------------------------- who may request

    function testFuzz_requestRedeem_refuses_a_caller_who_is_no_owner_operator_or_spender(address caller)
        public
    {
        vm.assume(caller != staker);
        vm.prank(caller);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(1e18, caller, staker);
    }

    function testFuzz_requestRedeem_refuses_a_controller_who_did_not_agree(address controller) public {
        vm.assume(controller != staker);
        vm.prank(staker);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(1e18, controller, staker);
    }

    function testFuzz_requestRedeem_spends_a_finite_allowance(uint256 part, uint256 allowance) public {
        part = _part(part);
        allowance = bound(allowance, part, type(uint256).max - 1);
        vm.prank(staker);
        vault.approve(operator, allowance);
        vm.prank(operator);
        vault.requestRedeem(part, operator, staker);
        assertEq(vault.allowance(staker, operator), allowance - part);
        assertEq(vault.pendingRedeemRequest(0, operator), part);
    }

    function testFuzz_requestRedeem_with_an_allowance_may_name_the_owner_as_controller(uint256 part) public {
        part = _part(part);
        vm.prank(staker);
        vault.approve(operator, part);
        vm.prank(operator);
        vault.requestRedeem(part, staker, staker);
        assertEq(vault.allowance(staker, operator), 0);
        assertEq(vault.pendingRedeemRequest(0, staker), part);
        assertEq(vault.pendingRedeemRequest(0, operator), 0);
        // Whose allowance is spent may do nothing more.
        vm.prank(operator);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(1, staker, staker);
    }

    function testFuzz_requestRedeem_refuses_more_than_the_allowance(uint256 part) public {
        part = _part(part);
        vm.prank(staker);
        vault.approve(operator, part - 1);
        vm.prank(operator);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(part, operator, staker);
    }

    function testFuzz_requestRedeem_leaves_an_infinite_allowance(uint256 part) public {
        part = _part(part);
        vm.prank(staker);
        vault.approve(operator, type(uint256).max);
        vm.prank(operator);
        vault.requestRedeem(part, operator, staker);
        assertEq(vault.allowance(staker, operator), type(uint256).max);
    }

    function testFuzz_requestRedeem_by_an_operator_spends_no_allowance(uint256 part, uint256 allowance)
        public
    {
        part = _part(part);
        vm.prank(staker);
        vault.approve(operator, allowance);
        _setOperator(staker, operator, true);
        vm.prank(operator);
        vault.requestRedeem(part, operator, staker);
        assertEq(vault.allowance(staker, operator), allowance);
    }

    function testFuzz_requestRedeem_by_the_owner_spends_no_allowance(uint256 part, uint256 allowance) public {
        part = _part(part);
        vm.prank(staker);
        vault.approve(staker, allowance);
        _request(part);
        assertEq(vault.allowance(staker, staker), allowance);
    }

    // ---------------------------------------------------------------- pending and claimable

    function testFuzz_pending_becomes_claimable_by_time_alone(uint256 part, uint256 wait) public {
        part = _part(part);
        wait = bound(wait, 0, 2 * UNBONDING_DELAY);
        _request(part);
        skip(wait);
        bool ripe = wait > UNBONDING_DELAY;
        assertEq(vault.claimableRedeemRequest(0, staker), ripe ? part : 0);
        assertEq(vault.pendingRedeemRequest(0, staker), ripe ? 0 : part);
    }

    function testFuzz_a_request_does_not_skip_the_claim(uint256 part, uint256 wait) public {
        part = _part(part);
        _request(part);
        vm.prank(staker);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.redeem(part, staker, staker);
        skip(bound(wait, UNBONDING_DELAY + 1, 365 days));
        assertEq(token.balanceOf(staker), 0, "paid without a claim");
        vm.prank(staker);
        uint256 assets = vault.redeem(part, staker, staker);
        assertEq(token.balanceOf(staker), assets);
    }

    function testFuzz_pending_excludes_claimable_and_claimable_excludes_pending(uint256 part, uint256 wait)
        public
    {
        part = bound(part, 1e18, shares / 2);
        wait = bound(wait, 1, 3 * UNBONDING_DELAY);
        _request(part);
        skip(UNBONDING_DELAY);
        _request(shares - part);
        skip(wait);
        uint256 pending = vault.pendingRedeemRequest(0, staker);
        assertEq(pending, wait > UNBONDING_DELAY ? 0 : shares - part);
        assertEq(vault.claimableRedeemRequest(0, staker), shares - pending);
    }

    function testFuzz_pending_and_claimable_are_the_same_for_every_caller(address caller, uint256 wait)
        public
    {
        _request(shares / 2);
        skip(bound(wait, 0, 2 * UNBONDING_DELAY));
        uint256 pending = vault.pendingRedeemRequest(0, staker);
        uint256 claimable = vault.claimableRedeemRequest(0, staker);
        assertEq(pending + claimable, shares / 2);
        vm.startPrank(caller);
        assertEq(vault.pendingRedeemRequest(0, staker), pending);
        assertEq(vault.claimableRedeemRequest(0, staker), claimable);
    }

    function testFuzz_pending_and_claimable_never_revert(uint256 seed, uint256 id, address anybody) public {
        _live(seed);
        for (uint256 i; i < stakers.length; ++i) {
            uint256 outstanding =
                vault.pendingRedeemRequest(0, stakers[i]) + vault.claimableRedeemRequest(0, stakers[i]);
            skip(UNBONDING_DELAY + 1);
            assertEq(vault.pendingRedeemRequest(0, stakers[i]), 0);
            assertEq(vault.claimableRedeemRequest(0, stakers[i]), outstanding);
        }
        vault.pendingRedeemRequest(id, anybody);
        vault.claimableRedeemRequest(id, anybody);
    }

    function testFuzz_maxRedeem_is_what_is_claimable_and_maxWithdraw_what_it_is_worth(uint256 part) public {
        part = _part(part);
        uint256 worth = vault.convertToAssets(part);
        _request(part);
        assertEq(vault.maxRedeem(staker), 0);
        assertEq(vault.maxWithdraw(staker), 0);
        skip(UNBONDING_DELAY + 1);
        assertEq(vault.maxRedeem(staker), part);
        assertEq(vault.maxWithdraw(staker), worth);
    }

    // ---------------------------------------------------------------- claims

    function testFuzz_redeem_takes_shares_then_receiver_then_controller(uint256 part) public {
        part = _claimable(part);
        uint256 worth = vault.maxWithdraw(staker);
        _setOperator(staker, operator, true);
        vm.expectEmit(address(vault));
        emit ERC4626.Withdraw(operator, receiver, staker, worth, part);
        vm.prank(operator);
        (bool success, bytes memory answer) = address(vault)
            .call(abi.encodeWithSignature("redeem(uint256,address,address)", part, receiver, staker));
        assertTrue(success);
        assertEq(answer, abi.encode(worth));
        assertEq(token.balanceOf(receiver), worth);
    }

    function testFuzz_withdraw_takes_assets_then_receiver_then_controller(uint256 part) public {
        part = _claimable(part);
        uint256 worth = vault.maxWithdraw(staker);
        _setOperator(staker, operator, true);
        vm.prank(operator);
        (bool success, bytes memory answer) = address(vault)
            .call(abi.encodeWithSignature("withdraw(uint256,address,address)", worth, receiver, staker));
        assertTrue(success);
        assertEq(token.balanceOf(receiver), worth);
        assertEq(abi.decode(answer, (uint256)), part - vault.maxRedeem(staker));
    }

    function testFuzz_withdraw_emits_Withdraw_with_sender_receiver_controller(uint256 part) public {
        part = _claimable(part);
        uint256 worth = vault.maxWithdraw(staker);
        uint256 snapshot = vm.snapshotState();
        vm.prank(staker);
        uint256 taken = vault.withdraw(worth, receiver, staker);
        vm.revertToState(snapshot);
        _setOperator(staker, operator, true);
        vm.expectEmit(address(vault));
        emit ERC4626.Withdraw(operator, receiver, staker, worth, taken);
        vm.prank(operator);
        assertEq(vault.withdraw(worth, receiver, staker), taken);
        assertEq(token.balanceOf(receiver), worth);
    }

    function testFuzz_claims_move_no_shares_of_anybody(uint256 part, bool byAssets) public {
        part = _claimable(part);
        uint256 worth = vault.maxWithdraw(staker);
        uint256 supply = vault.totalSupply();
        uint256 kept = vault.balanceOf(staker);
        vm.recordLogs();
        vm.prank(staker);
        if (byAssets) vault.withdraw(worth, receiver, staker);
        else vault.redeem(part, receiver, staker);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            bool moved = logs[i].emitter == address(vault) && logs[i].topics[0] == ERC20.Transfer.selector;
            assertFalse(moved, "shares moved");
        }
        assertEq(vault.totalSupply(), supply);
        assertEq(vault.balanceOf(staker), kept);
        assertEq(vault.balanceOf(address(vault)), 0);
        assertEq(vault.balanceOf(receiver), 0);
    }

    function testFuzz_claims_consume_what_is_claimable(uint256 part, uint256 piece, bool byAssets) public {
        part = _claimable(part);
        uint256 worth = vault.maxWithdraw(staker);
        piece = bound(piece, 1, byAssets ? worth : part);
        vm.prank(staker);
        if (byAssets) {
            uint256 taken = vault.withdraw(piece, receiver, staker);
            assertEq(vault.claimableRedeemRequest(0, staker), part - taken);
            assertLe(vault.maxWithdraw(staker), worth - piece);
        } else {
            uint256 paid = vault.redeem(piece, receiver, staker);
            assertEq(vault.claimableRedeemRequest(0, staker), part - piece);
            assertEq(vault.maxWithdraw(staker), worth - paid);
        }
        assertEq(vault.pendingRedeemRequest(0, staker), 0);
    }

    function testFuzz_claims_refuse_a_caller_who_is_no_controller_or_operator(uint256 part, address caller)
        public
    {
        vm.assume(caller != staker);
        part = _claimable(part);
        // Neither an allowance over shares nor the operator of the caller counts.
        vm.prank(staker);
        vault.approve(caller, type(uint256).max);
        _setOperator(caller, staker, true);
        vm.startPrank(caller);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.redeem(part, caller, staker);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.withdraw(1, caller, staker);
    }

    function testFuzz_the_owner_has_no_claim_to_what_a_controller_requested(uint256 part) public {
        part = _part(part);
        vm.prank(staker);
        vault.approve(operator, part);
        vm.prank(operator);
        vault.requestRedeem(part, operator, staker);
        skip(UNBONDING_DELAY + 1);
        assertEq(vault.maxRedeem(staker), 0);
        vm.startPrank(staker);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.redeem(part, staker, operator);
        vm.expectRevert(IProverVault.ExceedsClaimable.selector);
        vault.redeem(part, staker, staker);
    }

    function testFuzz_previewRedeem_and_previewWithdraw_revert_for_all_callers_and_inputs(
        address caller,
        uint256 amount
    ) public {
        vm.startPrank(caller);
        vm.expectRevert(IProverVault.AsynchronousExit.selector);
        vault.previewRedeem(amount);
        vm.expectRevert(IProverVault.AsynchronousExit.selector);
        vault.previewWithdraw(amount);
    }

    // ---------------------------------------------------------------- operators

    function testFuzz_setOperator_sets_the_status_logs_it_and_returns_true(address controller, address agent)
        public
    {
        assertFalse(vault.isOperator(controller, agent));
        bool approved = true;
        for (uint256 i; i < 2; ++i) {
            vm.expectEmit(address(vault));
            emit IProverVault.OperatorSet(controller, agent, approved);
            vm.prank(controller);
            (bool success, bytes memory answer) =
                address(vault).call(abi.encodeWithSignature("setOperator(address,bool)", agent, approved));
            assertTrue(success);
            assertEq(answer, abi.encode(true));
            assertEq(vault.isOperator(controller, agent), approved);
            if (controller != agent) assertFalse(vault.isOperator(agent, controller));
            approved = false;
        }
    }

    function test_isOperator_takes_controller_then_operator() public {
        _setOperator(staker, operator, true);
        (, bytes memory answer) = address(vault)
            .staticcall(abi.encodeWithSignature("isOperator(address,address)", staker, operator));
        assertEq(answer, abi.encode(true));
        (, answer) = address(vault)
            .staticcall(abi.encodeWithSignature("isOperator(address,address)", operator, staker));
        assertEq(answer, abi.encode(false));
    }

    function testFuzz_an_operator_requests_and_claims_for_the_controller(uint256 part) public {
        part = _part(part);
        _setOperator(staker, operator, true);
        vm.startPrank(operator);
        vault.requestRedeem(part, staker, staker);
        skip(UNBONDING_DELAY + 1);
        assertEq(vault.maxRedeem(staker), part);
        uint256 assets = vault.redeem(part / 2, receiver, staker);
        assertEq(token.balanceOf(receiver), assets);
        uint256 rest = vault.maxWithdraw(staker);
        vault.withdraw(rest, receiver, staker);
        assertEq(token.balanceOf(receiver), assets + rest);
    }

    function testFuzz_a_dismissed_operator_may_do_nothing(uint256 part) public {
        part = _claimable(part / 2);
        _setOperator(staker, operator, true);
        _setOperator(staker, operator, false);
        vm.startPrank(operator);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.requestRedeem(1, staker, staker);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.redeem(part, receiver, staker);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.withdraw(1, receiver, staker);
    }

    // ---------------------------------------------------------------- ERC-7575, ERC-165

    function test_share_is_the_vault_which_is_an_ERC20_with_18_decimals() public view {
        assertEq(vault.share(), address(vault));
        assertEq(ERC20(vault.share()).decimals(), 18);
        assertEq(ERC20(vault.share()).balanceOf(staker), shares);
    }

    function test_supportsInterface_knows_ERC165_but_not_ffffffff() public view {
        assertTrue(vault.supportsInterface(0x01ffc9a7));
        assertEq(bytes4(keccak256("supportsInterface(bytes4)")), bytes4(0x01ffc9a7));
        assertFalse(vault.supportsInterface(0xffffffff));
    }

    function test_supportsInterface_knows_operators() public view {
        assertTrue(vault.supportsInterface(0xe3bc4e65));
        assertEq(
            IProverVault.setOperator.selector ^ IProverVault.isOperator.selector,
            bytes4(0xe3bc4e65),
            "the id is that of the functions"
        );
    }

    function test_supportsInterface_knows_asynchronous_redeems() public view {
        assertTrue(vault.supportsInterface(0x620ee8e4));
        assertEq(
            IProverVault.requestRedeem.selector ^ IProverVault.pendingRedeemRequest.selector
                ^ IProverVault.claimableRedeemRequest.selector,
            bytes4(0x620ee8e4),
            "the id is that of the functions"
        );
    }

    function test_supportsInterface_knows_ERC7575() public view {
        assertTrue(vault.supportsInterface(0x2f0a18c5));
    }

    function testFuzz_supportsInterface_claims_no_asynchronous_deposits_nor_anything_else(bytes4 id)
        public
        view
    {
        assertFalse(vault.supportsInterface(0xce3bbe50));
        bool known = id == 0x01ffc9a7 || id == 0xe3bc4e65 || id == 0x620ee8e4 || id == 0x2f0a18c5;
        assertEq(vault.supportsInterface(id), known);
    }

    // ---------------------------------------------------------------- steps

    function _part(uint256 part) private view returns (uint256) {
        return bound(part, 1e6, shares);
    }

    function _request(uint256 part) private {
        vm.prank(staker);
        vault.requestRedeem(part, staker, staker);
    }

    function _claimable(uint256 part) private returns (uint256) {
        part = _part(part);
        _request(part);
        skip(UNBONDING_DELAY + 1);
        return part;
    }

    function _setOperator(address controller, address agent, bool approved) private {
        vm.prank(controller);
        vault.setOperator(agent, approved);
    }
}

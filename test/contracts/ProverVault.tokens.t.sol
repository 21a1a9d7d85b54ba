// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {BlocklistToken, FalseToken, FeeToken, HookToken, SilentToken} from "./helpers/OddTokens.sol";
import {TestToken} from "./helpers/TestToken.sol";
import {VaultHarness} from "./helpers/VaultHarness.sol";
import {VaultTest} from "./helpers/VaultTest.sol";
import {ProverState} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";

contract ProverVaultFeeTokenTest is VaultTest {
    function _newToken() internal override returns (TestToken) {
        return new FeeToken();
    }

    function test_a_deposit_that_pays_a_fee_reverts() public {
        FeeToken(address(token)).setCharging(true);
        vm.startPrank(ALICE);
        vm.expectRevert(IProverVault.TokenNotPlain.selector);
        vault.deposit(1e18, ALICE);
        vm.expectRevert(IProverVault.TokenNotPlain.selector);
        vault.mint(1e18, ALICE);
        assertEq(vault.balanceOf(ALICE), 0);
        assertEq(_active(), SEED);
    }

    function test_a_fee_on_a_claim_is_the_receivers() public {
        _deposit(ALICE, 10e18);
        _request(ALICE, 10e18);
        skip(DELAY + 1);
        FeeToken(address(token)).setCharging(true);
        uint256 before = token.balanceOf(ALICE);
        assertEq(_redeem(ALICE, 10e18), 10e18);
        assertEq(token.balanceOf(ALICE) - before, 9.9e18);
        assertEq(token.balanceOf(address(vault)), _counted());
    }
}

contract ProverVaultRebasingTokenTest is VaultTest {
    /// @dev A rebase upwards is a donation; one downwards leaves the last ones out unpaid, and prices alone.
    function testFuzz_a_rebase_moves_no_price(uint256 balance) public {
        _deposit(ALICE, 10e18);
        _request(ALICE, 10e18);
        skip(DELAY + 1);
        uint256 price = vault.convertToAssets(1e18);
        balance = bound(balance, 0, 2 ** 96);
        deal(address(token), address(vault), balance);
        assertEq(vault.convertToAssets(1e18), price);
        assertEq(vault.maxWithdraw(ALICE), 10e18);
        if (balance < 10e18) {
            vm.prank(ALICE);
            vm.expectRevert("TRANSFER_FAILED");
            vault.redeem(10e18, ALICE, ALICE);
            assertEq(vault.maxWithdraw(ALICE), 10e18, "still owed");
        } else {
            assertEq(_redeem(ALICE, 10e18), 10e18);
        }
    }
}

contract ProverVaultFalseTokenTest is VaultTest {
    function _newToken() internal override returns (TestToken) {
        return new FalseToken();
    }

    function test_a_transfer_that_returns_false_reverts_and_loses_nothing() public {
        _deposit(ALICE, 10e18);
        _request(ALICE, 5e18);
        _reward(2e18, 1e18);
        skip(DELAY + 1);
        FalseToken(address(token)).setFailing(true);
        vm.startPrank(ALICE);
        vm.expectRevert("TRANSFER_FROM_FAILED");
        vault.deposit(1e18, ALICE);
        vm.expectRevert("TRANSFER_FAILED");
        vault.redeem(5e18, ALICE, ALICE);
        vm.expectRevert("TRANSFER_FAILED");
        vault.withdraw(5e18, ALICE, ALICE);
        vm.stopPrank();
        vm.expectRevert("TRANSFER_FAILED");
        registry.slash(vault, 1e18, TREASURY);
        vm.expectRevert("TRANSFER_FAILED");
        registry.payCommission(vault, PROVER);
        FalseToken(address(token)).setFailing(false);
        assertEq(_redeem(ALICE, 5e18), 5e18);
        assertEq(registry.payCommission(vault, PROVER), 1e18);
        assertEq(_slash(1e18), 1e18);
    }
}

contract ProverVaultSilentTokenTest is VaultTest {
    function _newToken() internal override returns (TestToken) {
        return new SilentToken();
    }

    function test_a_token_that_returns_nothing_serves_the_whole_life() public {
        _deposit(ALICE, 10e18);
        _request(ALICE, 10e18);
        assertEq(_slash(11e18), 11e18);
        skip(DELAY + 1);
        assertEq(_redeem(ALICE, 10e18), 9e18);
        assertEq(token.balanceOf(address(vault)), _counted());
    }
}

contract ProverVaultBlocklistTokenTest is VaultTest {
    function _newToken() internal override returns (TestToken) {
        return new BlocklistToken();
    }

    function _block(address account) private {
        BlocklistToken(address(token)).setBlocked(account, true);
    }

    function test_a_blocked_receiver_names_another_and_blocks_nobody() public {
        _deposit(ALICE, 10e18);
        _deposit(BOB, 10e18);
        _request(ALICE, 10e18);
        _request(BOB, 10e18);
        _block(ALICE);
        skip(DELAY + 1);
        vm.prank(ALICE);
        vm.expectRevert("TRANSFER_FAILED");
        vault.redeem(10e18, ALICE, ALICE);
        assertEq(_redeem(BOB, 10e18), 10e18);
        uint256 before = token.balanceOf(CAROL);
        vm.prank(ALICE);
        vault.redeem(10e18, CAROL, ALICE);
        assertEq(token.balanceOf(CAROL) - before, 10e18);
    }

    function test_a_blocked_treasury_holds_up_the_last_share_until_it_is_replaced() public {
        _reward(7e18, 0);
        registry.setState(PROVER, ProverState.Inactive);
        _block(TREASURY);
        vm.prank(PROVER);
        vm.expectRevert("TRANSFER_FAILED");
        vault.requestRedeem(SEED, PROVER, PROVER);
        vm.prank(PROVER);
        vault.requestRedeem(SEED - 1e9, PROVER, PROVER);
        registry.setTreasury(CAROL);
        _request(PROVER, 1e9);
        assertEq(vault.totalSupply(), 0);
    }
}

contract ProverVaultHookTokenTest is VaultTest {
    function _newToken() internal override returns (TestToken) {
        return new HookToken();
    }

    function setUp() public override {
        super.setUp();
        _deposit(ALICE, 10e18);
        _request(ALICE, 5e18);
        skip(DELAY + 1);
    }

    function _assertLocked(address target, bytes memory payload) private {
        HookToken hook = HookToken(address(token));
        hook.arm(target, payload);
        _deposit(BOB, 1e18);
        assertTrue(hook.called());
        assertFalse(hook.succeeded());
        assertEq(bytes4(hook.result()), IProverVault.Reentered.selector);
        hook.arm(target, payload);
        _redeem(ALICE, 1);
        assertTrue(hook.called());
        assertFalse(hook.succeeded());
        assertEq(bytes4(hook.result()), IProverVault.Reentered.selector);
    }

    function test_every_entrance_is_locked_during_a_transfer() public {
        address hook = address(token);
        _assertLocked(address(vault), abi.encodeCall(vault.deposit, (1e18, hook)));
        _assertLocked(address(vault), abi.encodeCall(vault.mint, (1e18, hook)));
        _assertLocked(address(vault), abi.encodeCall(vault.requestRedeem, (1e18, hook, hook)));
        _assertLocked(address(vault), abi.encodeCall(vault.redeem, (1, hook, hook)));
        _assertLocked(address(vault), abi.encodeCall(vault.withdraw, (1, hook, hook)));
        _assertLocked(address(vault), abi.encodeCall(vault.claimDue, (hook)));
        // Whoever calls: the lock is looked at first.
        _assertLocked(address(vault), abi.encodeCall(vault.seed, (1)));
        _assertLocked(address(vault), abi.encodeCall(vault.slash, (1, hook)));
        _assertLocked(address(vault), abi.encodeCall(vault.payCommission, (hook)));
        _assertLocked(address(registry), abi.encodeCall(VaultHarness.slash, (vault, 1, hook)));
    }

    function test_the_lock_opens_again() public {
        _deposit(BOB, 1e18);
        _deposit(BOB, 1e18);
        _redeem(ALICE, 1);
        _redeem(ALICE, 1);
        _slash(1);
        _slash(1);
    }

    function test_a_reward_booked_in_the_middle_of_a_deposit_fails_the_deposit() public {
        HookToken(address(token))
            .arm(address(registry), abi.encodeCall(VaultHarness.reward, (vault, CAROL, 3e18, 0)));
        vm.prank(BOB);
        vm.expectRevert(IProverVault.TokenNotPlain.selector);
        vault.deposit(1e18, BOB);
    }

    function test_a_hook_finds_the_numbers_final() public {
        HookToken hook = HookToken(address(token));
        uint256 supply = vault.totalSupply();
        uint256 assets = vault.totalAssets();
        hook.arm(address(vault), abi.encodeCall(vault.totalAssets, ()));
        _deposit(BOB, 2e18);
        assertEq(abi.decode(hook.result(), (uint256)), assets + 2e18);
        hook.arm(address(vault), abi.encodeCall(vault.totalSupply, ()));
        _deposit(BOB, 2e18);
        assertEq(abi.decode(hook.result(), (uint256)), supply + 4e18);
        hook.arm(address(vault), abi.encodeCall(vault.maxRedeem, (ALICE)));
        _redeem(ALICE, 5e18);
        assertEq(abi.decode(hook.result(), (uint256)), 0);
    }
}

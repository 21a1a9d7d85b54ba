// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {VaultTest} from "./helpers/VaultTest.sol";
import {ProverVault} from "contracts/ProverVault.sol";
import {ProverState} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {stdError} from "forge-std/StdError.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";

/// @notice Transfers, and the lock on the prover's own stake through every path.
contract ProverVaultSelfStakeTest is VaultTest {
    uint256 private constant FREE = SEED - MIN_SELF_STAKE;

    function _locking(uint8 jailed) private {
        registry.setState(PROVER, jailed % 2 == 0 ? ProverState.Active : ProverState.Jailed);
    }

    function testFuzz_transfer_keeps_the_minimum(uint8 jailed, uint256 shares) public {
        _locking(jailed);
        shares = bound(shares, FREE + 1, SEED);
        vm.startPrank(PROVER);
        vm.expectRevert(IProverVault.SelfStakeLocked.selector);
        vault.transfer(ALICE, shares);
        vault.transfer(ALICE, FREE);
        (, uint256 selfStake) = vault.collateral();
        assertEq(selfStake, MIN_SELF_STAKE);
        vm.expectRevert(IProverVault.SelfStakeLocked.selector);
        vault.transfer(ALICE, 1);
    }

    function testFuzz_transferFrom_by_allowance_keeps_the_minimum(uint8 jailed, uint256 shares) public {
        _locking(jailed);
        shares = bound(shares, FREE + 1, SEED);
        vm.prank(PROVER);
        vault.approve(BOB, type(uint256).max);
        vm.startPrank(BOB);
        vm.expectRevert(IProverVault.SelfStakeLocked.selector);
        vault.transferFrom(PROVER, ALICE, shares);
        vault.transferFrom(PROVER, ALICE, FREE);
        vm.stopPrank();
        vm.prank(BOB);
        vm.expectRevert(IProverVault.SelfStakeLocked.selector);
        vault.requestRedeem(1, BOB, PROVER);
    }

    function testFuzz_transferFrom_by_permit_keeps_the_minimum(uint8 jailed, uint256 shares) public {
        (address signer, uint256 key) = makeAddrAndKey("signing prover");
        vault = _vaultOf(signer);
        registry.setState(signer, jailed % 2 == 0 ? ProverState.Active : ProverState.Jailed);
        shares = bound(shares, FREE + 1, SEED);
        _permit(key, BOB, SEED, block.timestamp);
        vm.startPrank(BOB);
        vm.expectRevert(IProverVault.SelfStakeLocked.selector);
        vault.transferFrom(signer, ALICE, shares);
        vault.transferFrom(signer, ALICE, FREE);
        assertEq(vault.balanceOf(ALICE), FREE);
        assertEq(vault.allowance(signer, BOB), SEED - FREE);
    }

    function _permit(uint256 key, address spender, uint256 value, uint256 deadline) private {
        address signer = vm.addr(key);
        bytes32 kind =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 content = keccak256(abi.encode(kind, signer, spender, value, vault.nonces(signer), deadline));
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(key, keccak256(abi.encodePacked("\x19\x01", vault.DOMAIN_SEPARATOR(), content)));
        vm.expectEmit(address(vault));
        emit ERC20.Approval(signer, spender, value);
        vault.permit(signer, spender, value, deadline, v, r, s);
    }

    function _vaultOf(address account) private returns (ProverVault made) {
        made = ProverVault(address(registry.deploy(account)));
        _fund(account);
        registry.seed(made, account, SEED);
    }

    function testFuzz_requestRedeem_keeps_the_minimum(uint8 jailed, uint256 shares, uint8 path) public {
        _locking(jailed);
        shares = bound(shares, FREE + 1, SEED);
        path %= 3;
        vm.startPrank(PROVER);
        if (path == 1) vault.setOperator(BOB, true);
        if (path == 2) vault.approve(BOB, type(uint256).max);
        vm.stopPrank();
        address sender = path == 0 ? PROVER : BOB;
        vm.prank(sender);
        vm.expectRevert(IProverVault.SelfStakeLocked.selector);
        vault.requestRedeem(shares, sender, PROVER);
        vm.prank(sender);
        vault.requestRedeem(FREE, sender, PROVER);
    }

    function test_the_lock_counts_assets_and_not_shares() public {
        _reward(SEED, 0);
        vm.startPrank(PROVER);
        vm.expectRevert(IProverVault.SelfStakeLocked.selector);
        vault.transfer(ALICE, FREE + 1);
        skip(PERIOD);
        vault.transfer(ALICE, FREE + MIN_SELF_STAKE / 2 - 1);
        vm.expectRevert(IProverVault.SelfStakeLocked.selector);
        vault.transfer(ALICE, 2);
    }

    function test_a_slashed_prover_keeps_what_is_left_locked() public {
        _slash(SEED - MIN_SELF_STAKE / 2);
        vm.startPrank(PROVER);
        vm.expectRevert(IProverVault.SelfStakeLocked.selector);
        vault.transfer(ALICE, 1);
        vm.expectRevert(IProverVault.SelfStakeLocked.selector);
        vault.requestRedeem(1e18, PROVER, PROVER);
    }

    function test_an_inactive_prover_is_free_to_go() public {
        registry.setState(PROVER, ProverState.Inactive);
        vm.startPrank(PROVER);
        vault.transfer(ALICE, SEED / 2);
        vault.requestRedeem(SEED / 2, PROVER, PROVER);
        assertEq(vault.balanceOf(PROVER), 0);
    }

    function testFuzz_others_are_never_held_back(uint8 state, uint256 shares) public {
        _deposit(ALICE, SEED);
        registry.setState(PROVER, ProverState(state % 4));
        registry.setPaused(true);
        shares = bound(shares, 0, SEED);
        vm.expectEmit(address(vault));
        emit ERC20.Transfer(ALICE, BOB, shares);
        vm.prank(ALICE);
        assertTrue(vault.transfer(BOB, shares));
        assertEq(vault.balanceOf(ALICE), SEED - shares);
        assertEq(vault.balanceOf(BOB), shares);
        vm.prank(BOB);
        vault.transfer(BOB, shares);
        assertEq(vault.balanceOf(BOB), shares);
    }

    // ---------------------------------------------------------------- transfers in general

    function testFuzz_approve_replaces_the_allowance(address spender, uint256 first, uint256 second) public {
        vm.startPrank(ALICE);
        assertTrue(vault.approve(spender, first));
        vm.expectEmit(address(vault));
        emit ERC20.Approval(ALICE, spender, second);
        assertTrue(vault.approve(spender, second));
        assertEq(vault.allowance(ALICE, spender), second);
        assertEq(vault.allowance(BOB, spender), 0);
    }

    function testFuzz_permit_sets_the_allowance_of_the_signer(
        uint256 key,
        address spender,
        uint256 value,
        uint256 left
    ) public {
        key = bound(key, 1, SECP256K1_ORDER - 1);
        address signer = vm.addr(key);
        _permit(key, spender, 1, block.timestamp);
        _permit(key, spender, value, block.timestamp + bound(left, 0, 365 days));
        assertEq(vault.allowance(signer, spender), value);
        assertEq(vault.nonces(signer), 2);
    }

    function test_transfer_reverts_beyond_the_shares_held() public {
        vm.prank(ALICE);
        vm.expectRevert(stdError.arithmeticError);
        vault.transfer(BOB, 1);
    }

    function testFuzz_transferFrom_spends_a_finite_allowance(uint256 shares, uint256 allowed) public {
        _deposit(ALICE, SEED);
        shares = bound(shares, 1, SEED);
        allowed = bound(allowed, shares, type(uint256).max);
        vm.prank(ALICE);
        vault.approve(BOB, allowed);
        vm.startPrank(BOB);
        vm.expectEmit(address(vault));
        emit ERC20.Transfer(ALICE, CAROL, shares);
        assertTrue(vault.transferFrom(ALICE, CAROL, shares));
        uint256 left = allowed == type(uint256).max ? allowed : allowed - shares;
        assertEq(vault.allowance(ALICE, BOB), left);
        assertEq(vault.balanceOf(CAROL), shares);
        vm.stopPrank();
        vm.prank(CAROL);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.transferFrom(ALICE, CAROL, 1);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {BlocklistToken, FalseToken, FeeToken, HookToken, SilentToken} from "../helpers/OddTokens.sol";
import {SystemFixture} from "../helpers/SystemFixture.sol";
import {TestToken} from "../helpers/TestToken.sol";
import {ProverVault} from "contracts/ProverVault.sol";
import {IProverRegistry, RegistryConfig} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";

/// @notice A vault of the real system on tokens that do not behave: refused, or harmless.
abstract contract OddTokenVaultTest is SystemFixture {
    ProverVault internal vault;

    function setUp() public virtual override {
        super.setUp();
        vault = ProverVault(address(_register(prover, 2 * MIN_SELF_STAKE, 1000)));
        _stake(staker, prover, 500e18);
    }

    function _requestAll(address account) internal returns (uint256 shares) {
        shares = vault.balanceOf(account);
        vm.prank(account);
        vault.requestRedeem(shares, account, account);
        skip(UNBONDING_DELAY + 1);
    }

    function _counted() internal view returns (uint256) {
        (uint256 active,) = vault.stakeState();
        (,, uint256 owed) = vault.rewardState();
        (uint256 unbonding,,) = vault.unbondingState();
        return active + owed + unbonding;
    }
}

contract FeeTokenVaultTest is OddTokenVaultTest {
    function _deployToken() internal override returns (TestToken) {
        return new FeeToken();
    }

    function testFuzz_deposit_reverts_on_a_token_that_takes_a_fee(uint256 assets) public {
        assets = bound(assets, 100, 1e24);
        _fund(stranger, address(vault), assets);
        FeeToken(address(token)).setCharging(true);
        vm.prank(stranger);
        vm.expectRevert(IProverVault.TokenNotPlain.selector);
        vault.deposit(assets, stranger);
    }

    function testFuzz_mint_reverts_on_a_token_that_takes_a_fee(uint256 shares) public {
        shares = bound(shares, 100, 1e24);
        _fund(stranger, address(vault), vault.previewMint(shares));
        FeeToken(address(token)).setCharging(true);
        vm.prank(stranger);
        vm.expectRevert(IProverVault.TokenNotPlain.selector);
        vault.mint(shares, stranger);
    }

    /// @dev What leaves bears the fee at the receiver's end and costs nobody else.
    function test_a_fee_on_the_way_out_costs_the_receiver_alone() public {
        uint256 shares = _requestAll(staker);
        FeeToken(address(token)).setCharging(true);
        vm.prank(staker);
        assertEq(vault.redeem(shares, staker, staker), 500e18);
        assertEq(token.balanceOf(staker), 495e18);
        assertEq(token.balanceOf(address(vault)), _counted());
    }
}

/// @notice A token whose balances shrink and grow by themselves.
contract RebasingToken is TestToken {
    function rebase(address account, int256 change) external {
        if (change < 0) _burn(account, uint256(-change));
        else _mint(account, uint256(change));
    }
}

contract RebasingTokenVaultTest is OddTokenVaultTest {
    function _deployToken() internal override returns (TestToken) {
        return new RebasingToken();
    }

    function testFuzz_a_rebase_upwards_changes_no_price(uint256 change) public {
        change = bound(change, 1, 1e26);
        uint256 assets = vault.totalAssets();
        RebasingToken(address(token)).rebase(address(vault), int256(change));
        assertEq(vault.totalAssets(), assets);
        assertEq(_stake(stranger, prover, 1e18), 1e18);
        assertEq(token.balanceOf(address(vault)), _counted() + change);
    }

    /// @dev The loss falls on whoever claims last, as documented; nobody is paid more than is there.
    function test_a_rebase_downwards_fails_the_claims_that_it_leaves_uncovered() public {
        uint256 shares = _requestAll(staker);
        RebasingToken(address(token)).rebase(address(vault), -int256(2 * MIN_SELF_STAKE + 1e18));
        vm.prank(staker);
        vm.expectRevert("TRANSFER_FAILED");
        vault.redeem(shares, staker, staker);
        vm.prank(staker);
        assertEq(vault.redeem(shares / 2, staker, staker), 250e18);
    }
}

contract FalseTokenVaultTest is OddTokenVaultTest {
    function _deployToken() internal override returns (TestToken) {
        return new FalseToken();
    }

    function test_deposits_and_claims_revert_when_the_token_returns_false() public {
        uint256 shares = _requestAll(staker);
        _fund(stranger, address(vault), 1e18);
        FalseToken(address(token)).setFailing(true);
        vm.prank(stranger);
        vm.expectRevert("TRANSFER_FROM_FAILED");
        vault.deposit(1e18, stranger);
        vm.prank(staker);
        vm.expectRevert("TRANSFER_FAILED");
        vault.redeem(shares, staker, staker);

        // Nothing was lost: the token may work again.
        FalseToken(address(token)).setFailing(false);
        vm.prank(staker);
        assertEq(vault.redeem(shares, staker, staker), 500e18);
    }
}

contract SilentTokenVaultTest is OddTokenVaultTest {
    function _deployToken() internal override returns (TestToken) {
        return new SilentToken();
    }

    function test_a_token_that_returns_nothing_serves_deposits_and_claims() public {
        uint256 shares = _requestAll(staker);
        vm.prank(staker);
        assertEq(vault.redeem(shares, stranger, staker), 500e18);
        assertEq(token.balanceOf(stranger), 500e18);
        assertEq(token.balanceOf(address(vault)), _counted());
    }
}

contract BlocklistTokenVaultTest is OddTokenVaultTest {
    function _deployToken() internal override returns (TestToken) {
        return new BlocklistToken();
    }

    function test_a_blocked_receiver_may_name_another() public {
        uint256 shares = _requestAll(staker);
        BlocklistToken(address(token)).setBlocked(staker, true);
        vm.prank(staker);
        vm.expectRevert("TRANSFER_FAILED");
        vault.redeem(shares, staker, staker);
        vm.prank(staker);
        assertEq(vault.redeem(shares, stranger, staker), 500e18);
        assertEq(token.balanceOf(stranger), 500e18);
    }

    function test_a_blocked_staker_stops_nobody_else() public {
        BlocklistToken(address(token)).setBlocked(staker, true);
        _stake(stranger, prover, 10e18);
        assertEq(_lockAndSlash(prover, 25.1e18), 25.1e18);
        uint256 shares = _requestAll(stranger);
        uint256 assets = vault.maxWithdraw(stranger);
        vm.prank(stranger);
        assertEq(vault.redeem(shares, stranger, stranger), assets);
        assertApproxEqAbs(assets, 9.9e18, 1);
    }
}

/// @notice The token is a prover and a market, too, so that its hook may call whatever they may.
contract HookTokenVaultTest is OddTokenVaultTest {
    HookToken internal hook;

    function _deployToken() internal override returns (TestToken) {
        hook = new HookToken();
        return hook;
    }

    function _registryConfig() internal view override returns (RegistryConfig memory config) {
        config = super._registryConfig();
        config.market = address(token);
    }

    function setUp() public override {
        super.setUp();
        vault = ProverVault(address(_register(address(token), 2 * MIN_SELF_STAKE, 1000)));
        _stake(staker, address(token), 500e18);
        vm.startPrank(address(token));
        registry.lock(address(token), 1e18, block.timestamp + UNBONDING_DELAY);
        vault.approve(staker, type(uint256).max);
        vault.setOperator(staker, true);
        vm.stopPrank();
    }

    function _assertRefused(address target, bytes memory call_) private {
        hook.arm(target, call_);
        _fund(stranger, address(vault), 1e18);
        vm.prank(stranger);
        vault.deposit(1e18, stranger);
        assertTrue(hook.called());
        assertFalse(hook.succeeded());
        assertEq(bytes4(hook.result()), IProverVault.Reentered.selector);
    }

    function test_no_entrance_of_the_vault_is_open_during_a_transfer() public {
        address self = address(token);
        _assertRefused(address(vault), abi.encodeCall(ProverVault.deposit, (1e18, self)));
        _assertRefused(address(vault), abi.encodeCall(ProverVault.mint, (1e18, self)));
        _assertRefused(address(vault), abi.encodeCall(ProverVault.requestRedeem, (1e18, self, self)));
        vm.prank(self);
        vault.requestRedeem(1e18, self, self);
        skip(UNBONDING_DELAY + 1);
        _assertRefused(address(vault), abi.encodeCall(ProverVault.redeem, (1e18, self, self)));
        _assertRefused(address(vault), abi.encodeCall(ProverVault.withdraw, (1e18, self, self)));
    }

    function test_payCommission_reverts_through_the_registry_during_a_transfer() public {
        _reward(stranger, address(token), 10e18);
        _assertRefused(address(registry), abi.encodeCall(registry.claimCommission, (address(token))));
        assertEq(_commissionOwed(address(token)), 1e18);
    }

    function test_slash_reverts_through_the_registry_during_a_transfer() public {
        uint256 until = block.timestamp;
        _assertRefused(address(registry), abi.encodeCall(registry.slash, (address(token), 1e18, until)));
        (uint256 locked,) = registry.lockedBy(address(token), address(token));
        assertEq(locked, 1e18);
    }

    function test_seed_reverts_through_the_registry_during_a_claim() public {
        uint256 shares = _requestAll(staker);
        vm.startPrank(address(token));
        registry.unlock(address(token), 1e18);
        registry.deactivate();
        token.approve(address(registry), 1e18);
        vm.stopPrank();
        token.mint(address(token), 1e18);
        hook.arm(address(registry), abi.encodeCall(registry.activate, (1e18)));
        vm.prank(staker);
        assertEq(vault.redeem(shares, staker, staker), 500e18);
        assertTrue(hook.called());
        assertEq(bytes4(hook.result()), IProverVault.Reentered.selector);
    }

    /// @dev A reward that arrives in the middle of a deposit makes that deposit's balance wrong.
    function test_deposit_reverts_when_the_token_moves_more_than_asked() public {
        vm.prank(address(token));
        token.approve(address(registry), 1e18);
        token.mint(address(token), 1e18);
        hook.arm(address(registry), abi.encodeCall(registry.addReward, (address(token), 1e18)));
        _fund(stranger, address(vault), 1e18);
        vm.prank(stranger);
        vm.expectRevert(IProverVault.TokenNotPlain.selector);
        vault.deposit(1e18, stranger);
    }
}

/// @notice A vault whose registry or token answers nothing.
contract SilentRegistryVaultTest is OddTokenVaultTest {
    function test_deposit_reverts_when_the_registry_answers_nothing() public {
        _fund(stranger, address(vault), 1e18);
        vm.mockCall(address(registry), abi.encodeCall(IProverRegistry.status, (prover)), "");
        vm.prank(stranger);
        vm.expectRevert(bytes(""));
        vault.deposit(1e18, stranger);
    }
}

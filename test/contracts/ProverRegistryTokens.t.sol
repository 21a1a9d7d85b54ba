// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {BlocklistToken, FalseToken, FeeToken, HookToken, SilentToken} from "./helpers/OddTokens.sol";
import {SystemFixture} from "./helpers/SystemFixture.sol";
import {TestToken} from "./helpers/TestToken.sol";
import {IProverRegistry} from "contracts/interfaces/IProverRegistry.sol";

/// @notice A token that takes a fee is refused wherever the registry pulls it.
contract FeeTokenRegistryTest is SystemFixture {
    function _deployToken() internal override returns (TestToken) {
        return new FeeToken();
    }

    function _charge() private {
        FeeToken(address(token)).setCharging(true);
    }

    function test_register_reverts_on_a_token_that_takes_a_fee() public {
        _charge();
        _fund(prover, address(registry), MIN_SELF_STAKE);
        vm.expectRevert(IProverRegistry.TokenNotPlain.selector);
        vm.prank(prover);
        registry.register(MIN_SELF_STAKE, 0, address(0));
        assertEq(registry.proverCount(), 0);
        assertEq(registry.vaultOf(prover).code.length, 0);
    }

    function test_activate_reverts_on_a_token_that_takes_a_fee() public {
        _register(prover, MIN_SELF_STAKE, 0);
        vm.prank(prover);
        registry.deactivate();
        _charge();
        _fund(prover, address(registry), 100 ether);
        vm.expectRevert(IProverRegistry.TokenNotPlain.selector);
        vm.prank(prover);
        registry.activate(100 ether);
    }

    function test_addReward_reverts_on_a_token_that_takes_a_fee() public {
        _register(prover, MIN_SELF_STAKE, 0);
        _charge();
        _fund(stranger, address(registry), 100 ether);
        vm.expectRevert(IProverRegistry.TokenNotPlain.selector);
        vm.prank(stranger);
        registry.addReward(prover, 100 ether);
    }
}

/// @notice A token that returns false moves nothing and books nothing.
contract FalseTokenRegistryTest is SystemFixture {
    function _deployToken() internal override returns (TestToken) {
        return new FalseToken();
    }

    function test_register_and_addReward_revert_when_the_token_returns_false() public {
        _register(prover, MIN_SELF_STAKE, 0);
        FalseToken(address(token)).setFailing(true);
        _fund(staker, address(registry), MIN_SELF_STAKE);
        vm.startPrank(staker);
        vm.expectRevert("TRANSFER_FROM_FAILED");
        registry.register(MIN_SELF_STAKE, 0, address(0));
        vm.expectRevert("TRANSFER_FROM_FAILED");
        registry.addReward(prover, 1 ether);
        vm.stopPrank();
        assertEq(_activeAssets(prover), MIN_SELF_STAKE);
    }

    function test_a_slash_that_moves_nothing_reverts_and_keeps_the_lock() public {
        _register(prover, MIN_SELF_STAKE, 0);
        _lock(prover, 10 ether, block.timestamp);
        FalseToken(address(token)).setFailing(true);
        vm.expectRevert("TRANSFER_FAILED");
        _slash(prover, 10 ether, block.timestamp);
        (uint256 held,) = registry.lockedBy(market, prover);
        assertEq(held, 10 ether);
        assertEq(_activeAssets(prover), MIN_SELF_STAKE);
    }
}

/// @notice A token that returns nothing works.
contract SilentTokenRegistryTest is SystemFixture {
    function _deployToken() internal override returns (TestToken) {
        return new SilentToken();
    }

    function test_a_token_that_returns_nothing_serves_the_whole_cycle() public {
        _register(prover, MIN_SELF_STAKE, 1000);
        _reward(stranger, prover, 100 ether);
        assertEq(registry.claimCommission(prover), 10 ether);
        assertEq(_lockAndSlash(prover, 5 ether), 5 ether);
        assertEq(token.balanceOf(treasury), 5 ether);
        vm.startPrank(prover);
        registry.deactivate();
        token.approve(address(registry), 10 ether);
        registry.activate(10 ether);
        vm.stopPrank();
        assertTrue(registry.isEligible(prover, 0));
    }
}

/// @notice A blocked treasury holds up slashes until the owner names another; nothing else stops.
contract BlocklistTokenRegistryTest is SystemFixture {
    function _deployToken() internal override returns (TestToken) {
        return new BlocklistToken();
    }

    function test_a_blocked_treasury_delays_a_slash_and_stops_nothing_else() public {
        _register(prover, MIN_SELF_STAKE, 1000);
        _lock(prover, 10 ether, block.timestamp + 1);
        BlocklistToken(address(token)).setBlocked(treasury, true);
        vm.expectRevert("TRANSFER_FAILED");
        _slash(prover, 10 ether, block.timestamp + 1);

        _reward(stranger, prover, 10 ether);
        _credit(prover, 10 ether, 0);
        registry.claimCommission(prover);

        vm.prank(owner);
        registry.setTreasury(stranger);
        assertEq(_slash(prover, 10 ether, block.timestamp + 1), 10 ether);
        assertEq(token.balanceOf(stranger), 10 ether);
    }

    function test_a_blocked_payout_address_stops_only_its_own_commission() public {
        _register(prover, MIN_SELF_STAKE, 1000);
        _reward(stranger, prover, 10 ether);
        BlocklistToken(address(token)).setBlocked(prover, true);
        vm.expectRevert("TRANSFER_FAILED");
        registry.claimCommission(prover);
        vm.prank(prover);
        registry.setPayout(stranger);
        assertEq(registry.claimCommission(prover), 1 ether);
    }
}

/// @notice A token that calls back in the middle of a transfer finds every entrance shut.
contract HookTokenRegistryTest is SystemFixture {
    function _deployToken() internal override returns (TestToken) {
        return new HookToken();
    }

    function _arm(bytes memory call_) private {
        HookToken(address(token)).arm(address(registry), call_);
    }

    function _assertRefused() private view {
        HookToken hook = HookToken(address(token));
        assertTrue(hook.called());
        assertFalse(hook.succeeded());
        assertEq(bytes4(hook.result()), IProverRegistry.Reentered.selector);
    }

    /// @dev Every function that moves tokens, as the token itself would call it.
    function _entrances() private view returns (bytes[5] memory calls) {
        calls[0] = abi.encodeCall(IProverRegistry.register, (MIN_SELF_STAKE, 0, address(0)));
        calls[1] = abi.encodeCall(IProverRegistry.activate, (1));
        calls[2] = abi.encodeCall(IProverRegistry.addReward, (prover, 1));
        calls[3] = abi.encodeCall(IProverRegistry.claimCommission, (prover));
        calls[4] = abi.encodeCall(IProverRegistry.slash, (prover, 1, block.timestamp));
    }

    function test_no_entrance_is_open_during_a_transfer() public {
        _register(prover, MIN_SELF_STAKE, 1000);
        _reward(stranger, prover, 10 ether);
        bytes[5] memory calls = _entrances();
        for (uint256 i; i < calls.length; i++) {
            address account = address(uint160(1000 + i));
            _fund(account, address(registry), MIN_SELF_STAKE);
            _arm(calls[i]);
            vm.prank(account);
            registry.register(MIN_SELF_STAKE, 1000, address(0));
            _assertRefused();

            _arm(calls[i]);
            _reward(stranger, account, 10 ether);
            _assertRefused();

            _arm(calls[i]);
            registry.claimCommission(account);
            _assertRefused();

            _arm(calls[i]);
            _lockAndSlash(account, 1 ether);
            _assertRefused();

            vm.startPrank(account);
            registry.deactivate();
            token.mint(account, 10 ether);
            token.approve(address(registry), 10 ether);
            _arm(calls[i]);
            registry.activate(10 ether);
            vm.stopPrank();
            _assertRefused();
        }
    }
}

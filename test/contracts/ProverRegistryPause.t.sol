// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {SystemFixture} from "./helpers/SystemFixture.sol";
import {IProverRegistry, PauseLevel} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {ERC4626} from "solmate/src/tokens/ERC4626.sol";

/// @notice The pause: who may, what it stops, for how long.
contract ProverRegistryPauseTest is SystemFixture {
    function testFuzz_pause_reverts_unless_called_by_the_guardian(address caller) public {
        vm.assume(caller != guardian);
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        vm.prank(caller);
        registry.pause();
    }

    function testFuzz_unpause_reverts_unless_called_by_the_owner(address caller) public {
        vm.assume(caller != owner);
        vm.prank(guardian);
        registry.pause();
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        vm.prank(caller);
        registry.unpause();
    }

    /// @dev Pausing what is paused, and lifting what is lifted, says so again and changes nothing.
    function testFuzz_pause_and_unpause_emit_and_set_the_flag(uint8 again) public {
        again %= 4;
        for (uint256 i; i <= again; i++) {
            vm.expectEmit(address(registry));
            emit IProverRegistry.PauseChanged(true);
            vm.prank(guardian);
            registry.pause();
            assertTrue(registry.paused());
        }
        assertEq(registry.guardian(), guardian, "which shares the flag's slot");

        for (uint256 i; i <= again; i++) {
            vm.expectEmit(address(registry));
            emit IProverRegistry.PauseChanged(false);
            vm.prank(owner);
            registry.unpause();
            assertFalse(registry.paused());
        }
        assertEq(registry.guardian(), guardian);
    }

    function test_pause_stops_deposit_mint_and_exit_requests_and_nothing_else() public {
        IProverVault vault = _register(prover, MIN_SELF_STAKE, 1000);
        _stake(staker, prover, 500 ether);
        vm.prank(staker);
        vault.requestRedeem(100 ether, staker, staker);
        _lock(prover, 300 ether, block.timestamp + 2 days);
        vm.prank(guardian);
        registry.pause();

        _fund(staker, address(vault), 10 ether);
        vm.startPrank(staker);
        vm.expectRevert(IProverVault.Paused.selector);
        ERC4626(address(vault)).deposit(1 ether, staker);
        vm.expectRevert(IProverVault.Paused.selector);
        ERC4626(address(vault)).mint(1 ether, staker);
        vm.expectRevert(IProverVault.Paused.selector);
        vault.requestRedeem(1 ether, staker, staker);
        vm.stopPrank();

        _reward(stranger, prover, 100 ether);
        assertEq(_commissionOwed(prover), 10 ether);
        _credit(prover, 50 ether, 5 ether);
        assertEq(registry.claimCommission(prover), 15 ether);
        assertEq(token.balanceOf(prover), 15 ether);

        vm.startPrank(prover);
        registry.setCommission(address(0), 500);
        registry.setPayout(stranger);
        vm.stopPrank();

        _lock(prover, 10 ether, block.timestamp + 1 days);
        _unlock(prover, 100 ether);
        assertEq(_slash(prover, 210 ether, block.timestamp + 1 days), 210 ether);

        skip(UNBONDING_DELAY + 1);
        uint256 claimable = vault.claimableRedeemRequest(0, staker);
        assertEq(claimable, 100 ether);
        vm.prank(staker);
        ERC4626(address(vault)).redeem(claimable, staker, staker);
        assertGt(token.balanceOf(staker), 10 ether);

        vm.prank(prover);
        registry.deactivate();
        vm.prank(guardian);
        registry.jail(prover);
        vm.prank(owner);
        registry.unjail(prover);
    }

    /// The owner gone, the guardian hostile: whoever wants to leave asks a week later.
    function testFuzz_a_pause_that_is_never_lifted_lets_everybody_leave(uint256 wait) public {
        IProverVault vault = _register(prover, MIN_SELF_STAKE, 1000);
        uint256 shares = _stake(staker, prover, 500 ether);
        vm.startPrank(guardian);
        registry.pause();
        uint256 end = block.timestamp + registry.MAX_EXIT_PAUSE();
        skip(bound(wait, 0, registry.MAX_EXIT_PAUSE() - 1));
        registry.pause();
        vm.stopPrank();
        assertEq(registry.exitPauseEnd(), end, "a second pause puts nothing off");

        vm.warp(end - 1);
        assertTrue(_exitsPaused());
        vm.startPrank(staker);
        vm.expectRevert(IProverVault.Paused.selector);
        vault.requestRedeem(shares, staker, staker);
        vm.warp(end);
        assertEq(uint256(registry.pauseLevel()), uint256(PauseLevel.Deposits), "nothing else is open again");
        vm.expectRevert(IProverVault.Paused.selector);
        ERC4626(address(vault)).deposit(1 ether, staker);
        vault.requestRedeem(shares, staker, staker);
        vm.warp(end + UNBONDING_DELAY + 1);
        assertEq(ERC4626(address(vault)).redeem(shares, staker, staker), 500 ether);
        vm.stopPrank();
    }

    /// Whatever guardian and owner do together, and however often: exits are closed for a week at most, and then open
    /// for as long.
    function testFuzz_no_pauses_keep_exits_closed_for_longer_than_they_then_stay_open(uint256[16] memory steps)
        public
    {
        uint256 most = registry.MAX_EXIT_PAUSE();
        uint256 closedSince;
        for (uint256 i; i < steps.length; ++i) {
            vm.prank(steps[i] % 3 == 0 ? owner : guardian);
            if (steps[i] % 3 == 0) registry.unpause();
            else registry.pause();
            if (_exitsPaused()) {
                bool anew = closedSince == 0 || block.timestamp >= closedSince + most;
                if (anew && closedSince != 0) {
                    assertGe(block.timestamp, closedSince + 2 * most, "open too short");
                }
                if (anew) closedSince = block.timestamp;
                assertLt(block.timestamp, closedSince + most, "closed too long");
            }
            skip(bound(steps[i] >> 8, 0, 5 days));
        }
    }

    function testFuzz_a_pause_after_the_rest_stops_exits_again(bool lifted, uint256 wait) public {
        uint256 most = registry.MAX_EXIT_PAUSE();
        vm.prank(guardian);
        registry.pause();
        vm.prank(owner);
        if (lifted) registry.unpause();
        uint256 first = registry.exitPauseEnd();
        vm.warp(first + most - 1);
        vm.prank(guardian);
        registry.pause();
        assertFalse(_exitsPaused(), "not yet");
        // At the first moment at which it may, or later.
        vm.warp(first + most + (lifted ? bound(wait, 1, 365 days) : 0));
        vm.prank(guardian);
        registry.pause();
        assertTrue(_exitsPaused());
        assertEq(registry.exitPauseEnd(), block.timestamp + most);
        vm.prank(owner);
        registry.unpause();
        assertFalse(_exitsPaused(), "lifted");
    }

    // ---------------------------------------------------------------- helpers

    function _exitsPaused() private view returns (bool) {
        return registry.pauseLevel() == PauseLevel.DepositsAndExits;
    }
}

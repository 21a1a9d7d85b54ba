// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {VaultTest} from "./helpers/VaultTest.sol";
import {ProverState} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Edges between what the other tests look at.
contract ProverVaultBoundariesTest is VaultTest {
    function testFuzz_pendingRedeemRequest_counts_what_is_left_after_claims(uint256 claimed) public {
        _deposit(ALICE, 90e18);
        _request(ALICE, 30e18);
        skip(DELAY + 1);
        _request(ALICE, 20e18);
        claimed = bound(claimed, 1, 30e18);
        _redeem(ALICE, claimed);
        assertEq(vault.pendingRedeemRequest(0, ALICE), 20e18);
        assertEq(vault.claimableRedeemRequest(0, ALICE), 30e18 - claimed);
        skip(DELAY);
        assertEq(vault.pendingRedeemRequest(0, ALICE), 20e18, "claimable after the delay, not at its end");
        skip(1);
        assertEq(vault.claimableRedeemRequest(0, ALICE), 50e18 - claimed);
    }

    /// @dev Otherwise the series of active assets would show a change where there is none.
    function test_a_slash_of_exits_alone_leaves_active_assets_unmentioned() public {
        _slash(_active());
        uint256 shares = vault.balanceOf(PROVER);
        assertEq(vault.convertToAssets(shares), 0);
        _reward(1e18, 0);
        skip(PERIOD);
        registry.setState(PROVER, ProverState.Inactive);
        _request(PROVER, shares);
        assertEq(_active(), 0);
        vm.recordLogs();
        assertEq(_slash(1e17), 1e17);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], IProverVault.ActiveAssetsChanged.selector);
        }
    }

    function testFuzz_an_exit_joins_the_pool_with_shares_rounded_down(uint256 slashed, uint256 shares)
        public
    {
        _deposit(ALICE, 90e18);
        _request(ALICE, 30e18);
        _slash(bound(slashed, 1, 100e18));
        shares = bound(shares, 1e9, 50e18);
        (uint256 poolAssets, uint256 poolShares,) = vault.unbondingState();
        uint256 assets = _request(ALICE, shares);
        (, uint256 after_,) = vault.unbondingState();
        assertEq(after_, poolShares + assets * poolShares / poolAssets);
    }

    function test_a_single_wei_that_vests_goes_with_a_slash_of_everything() public {
        _reward(1, 0);
        (uint256 unvested,,) = vault.rewardState();
        assertEq(unvested, 1);
        assertEq(_slash(_active()), SEED + 1);
        (unvested,,) = vault.rewardState();
        assertEq(unvested, 0);
        assertEq(vault.totalAssets(), 0);
    }

    /// @dev Times take all of their 32 bits.
    function test_exits_mature_after_2038() public {
        vm.warp(2 ** 31 + 1 days);
        _deposit(ALICE, 90e18);
        _request(ALICE, 30e18);
        skip(DELAY);
        assertEq(vault.claimableRedeemRequest(0, ALICE), 0);
        skip(1);
        assertEq(_redeem(ALICE, 30e18), 30e18);
    }

    function test_an_exit_that_leaves_shares_sweeps_nothing() public {
        _deposit(ALICE, 90e18);
        vm.recordLogs();
        _request(ALICE, 90e18);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], IProverVault.RemainderSwept.selector);
        }
    }

    function test_a_withdrawal_finds_its_exit_behind_those_that_a_slash_has_emptied() public {
        _deposit(ALICE, 90e18);
        for (uint256 i; i < 5; ++i) {
            _request(ALICE, 10e18);
        }
        _slash(_counted());
        _reward(100e18, 0);
        skip(PERIOD);
        uint256 assets = _request(ALICE, 20e18);
        assertGt(assets, 1e18);
        skip(DELAY + 1);
        vm.prank(ALICE);
        vault.withdraw(assets, ALICE, ALICE);
        assertEq(_unbonding(), 0);
        assertEq(vault.claimableRedeemRequest(0, ALICE), 0);
    }

    function test_a_queue_counts_only_what_is_left_of_it_against_its_cap() public {
        uint256 assets = 3 * 2 ** 93;
        for (uint256 i; i < 2; ++i) {
            uint256 shares = _deposit(ALICE, assets);
            _request(ALICE, shares);
            skip(DELAY + 1);
            _redeem(ALICE, shares);
        }
        assertEq(vault.claimableRedeemRequest(0, ALICE), 0);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {VaultTest} from "./helpers/VaultTest.sol";
import {ProverState} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";
import {ERC4626} from "solmate/src/tokens/ERC4626.sol";

/// @notice Deposits, shares, identity, and the vault's life as a whole.
contract ProverVaultTest is VaultTest {
    uint256 private constant MAX_ASSETS = 2 ** 95 - 1;
    uint256 private constant MAX_SHARES = 2 ** 96 - 1;

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
        vm.startPrank(ALICE);
        vault.withdraw(1e18, ALICE, ALICE);
        vault.redeem(vault.maxRedeem(ALICE), ALICE, ALICE);
        vm.stopPrank();
        assertApproxEqAbs(token.balanceOf(ALICE) - before, most, 4);
        assertEq(token.balanceOf(address(vault)), _counted());
    }

    function test_identity() public view {
        assertEq(vault.prover(), PROVER);
        assertEq(vault.registry(), address(registry));
        assertEq(address(vault.asset()), address(token));
        assertEq(vault.share(), address(vault));
        assertEq(vault.unbondingDelay(), DELAY);
        assertEq(vault.vestingPeriod(), PERIOD);
        assertEq(vault.minSelfStake(), MIN_SELF_STAKE);
        assertEq(vault.decimals(), 18);
        string memory digits = vm.toString(abi.encodePacked(bytes4(bytes20(PROVER))));
        assertEq(vault.name(), string.concat("Provender Vault ", digits));
        assertEq(bytes(vault.symbol()).length, 11);
        assertEq(vm.replace(vault.symbol(), "pv-", "0x"), digits);
        (uint256 assets, uint256 shares, uint256 generation) = vault.unbondingState();
        assertEq(assets + shares, 0);
        assertEq(generation, 1);
    }

    function test_supportsInterface_names_the_four_standards() public view {
        assertTrue(vault.supportsInterface(0x01ffc9a7));
        assertTrue(vault.supportsInterface(0x2f0a18c5));
        assertTrue(vault.supportsInterface(0xe3bc4e65));
        assertTrue(vault.supportsInterface(0x620ee8e4));
        assertFalse(vault.supportsInterface(0xffffffff));
        assertFalse(vault.supportsInterface(0xce3bbe50)); // asynchronous deposits
    }

    function testFuzz_supportsInterface_denies_all_others(bytes4 id) public view {
        vm.assume(id != 0x01ffc9a7 && id != 0x2f0a18c5 && id != 0xe3bc4e65 && id != 0x620ee8e4);
        assertFalse(vault.supportsInterface(id));
    }

    // ---------------------------------------------------------------- deposit and mint

    function test_deposit_reverts_when_paused() public {
        registry.setPaused(true);
        assertEq(vault.maxDeposit(ALICE), 0);
        assertEq(vault.maxMint(ALICE), 0);
        vm.startPrank(ALICE);
        vm.expectRevert(IProverVault.Paused.selector);
        vault.deposit(1e18, ALICE);
        vm.expectRevert(IProverVault.Paused.selector);
        vault.mint(1e18, ALICE);
    }

    function test_deposit_reverts_unless_the_prover_is_active() public {
        for (uint8 state = 0; state < 4; ++state) {
            if (ProverState(state) == ProverState.Active) continue;
            registry.setState(PROVER, ProverState(state));
            assertEq(vault.maxDeposit(ALICE), 0);
            assertEq(vault.maxMint(ALICE), 0);
            vm.prank(ALICE);
            vm.expectRevert(IProverVault.ProverNotActive.selector);
            vault.deposit(1e18, ALICE);
            vm.prank(ALICE);
            vm.expectRevert(IProverVault.ProverNotActive.selector);
            vault.mint(1e18, ALICE);
        }
    }

    function test_deposit_reverts_for_zero_amounts_and_receivers() public {
        vm.startPrank(ALICE);
        vm.expectRevert(IProverVault.ZeroAmount.selector);
        vault.deposit(0, ALICE);
        vm.expectRevert(IProverVault.ZeroAmount.selector);
        vault.mint(0, ALICE);
        vm.expectRevert(IProverVault.ZeroAddress.selector);
        vault.deposit(1, address(0));
        vm.expectRevert(IProverVault.ZeroAddress.selector);
        vault.mint(1, address(0));
    }

    function test_deposit_reverts_when_it_comes_to_no_share() public {
        _reward(SEED, 0);
        skip(PERIOD);
        assertGt(vault.previewMint(1), 1);
        vm.prank(ALICE);
        vm.expectRevert(IProverVault.ZeroAmount.selector);
        vault.deposit(1, ALICE);
    }

    function test_deposit_reverts_above_the_cap() public {
        uint256 most = vault.maxDeposit(ALICE);
        assertEq(most, MAX_ASSETS - SEED);
        uint256 mostShares = vault.maxMint(ALICE);
        assertEq(mostShares, most);
        vm.startPrank(ALICE);
        vm.expectRevert(IProverVault.CapExceeded.selector);
        vault.deposit(most + 1, ALICE);
        vm.expectRevert(IProverVault.CapExceeded.selector);
        vault.mint(mostShares + 1, ALICE);
        vm.expectRevert(IProverVault.CapExceeded.selector);
        vault.deposit(type(uint256).max, ALICE);
        vm.expectRevert(IProverVault.CapExceeded.selector);
        vault.mint(type(uint256).max, ALICE);
        vault.deposit(most, ALICE);
        assertEq(vault.maxDeposit(ALICE), 0);
        assertEq(vault.maxMint(ALICE), 0);
        vm.expectRevert(IProverVault.CapExceeded.selector);
        vault.deposit(1, ALICE);
        vm.expectRevert(IProverVault.CapExceeded.selector);
        vault.mint(1, ALICE);
    }

    function test_deposit_reverts_above_the_share_cap_when_slashing_made_shares_cheap() public {
        _deposit(ALICE, 2 ** 92);
        _slash(_active() - 2 ** 64);
        uint256 most = vault.maxDeposit(ALICE);
        assertLt(most, MAX_ASSETS - _active());
        uint256 room = MAX_SHARES - vault.totalSupply();
        vm.startPrank(ALICE);
        vm.expectRevert(IProverVault.CapExceeded.selector);
        vault.deposit(most + 1, ALICE);
        vm.expectRevert(IProverVault.CapExceeded.selector);
        vault.mint(room + 1, ALICE);
        uint256 shares = vault.previewDeposit(most);
        assertEq(vault.deposit(most, ALICE), shares);
        assertLe(vault.totalSupply(), MAX_SHARES);
        assertLt(MAX_SHARES - vault.totalSupply(), 2 ** 29, "room left for a wei's worth of shares at most");
    }

    function test_deposit_reverts_when_the_share_price_is_broken() public {
        _slash(SEED - SEED / 1e9 + 2);
        assertEq(vault.maxDeposit(ALICE), 0);
        assertEq(vault.maxMint(ALICE), 0);
        vm.startPrank(ALICE);
        vm.expectRevert(IProverVault.SharePriceBroken.selector);
        vault.deposit(1e18, ALICE);
        vm.expectRevert(IProverVault.SharePriceBroken.selector);
        vault.mint(1e18, ALICE);
        vm.stopPrank();
        vm.expectRevert(IProverVault.SharePriceBroken.selector);
        registry.seed(vault, PROVER, 1e18);
    }

    function test_deposit_is_accepted_at_the_lowest_share_price() public {
        _deposit(BOB, 1e9 - 1);
        _slash(_active() - SEED / 1e9);
        assertEq((_active() + 1) * 1e9, vault.totalSupply() + 1);
        assertGt(vault.maxDeposit(ALICE), 0);
        uint256 shares = _deposit(ALICE, 1e18);
        assertApproxEqAbs(vault.convertToAssets(shares), 1e18, 1);
    }

    function testFuzz_deposit_mints_what_it_previews(
        uint256 assets,
        uint256 gain,
        uint256 loss,
        bool byShares
    ) public {
        _reward(bound(gain, 1, 1e24), 0);
        skip(PERIOD / 3);
        _slash(bound(loss, 0, SEED / 2));
        skip(1 hours);
        assets = bound(assets, 1e6, vault.maxDeposit(ALICE));
        uint256 shares = vault.previewDeposit(assets);
        if (byShares) assets = vault.previewMint(shares);
        uint256 active = _active();
        uint256 supply = vault.totalSupply();
        (, uint160 hash) = vault.stakeState();

        _expectActive(active + assets);
        vm.expectEmit(address(vault));
        emit ERC20.Transfer(address(0), BOB, shares);
        vm.expectEmit(address(vault));
        emit ERC4626.Deposit(ALICE, BOB, assets, shares);
        vm.prank(ALICE);
        if (byShares) assertEq(vault.mint(shares, BOB), assets);
        else assertEq(vault.deposit(assets, BOB), shares);

        assertEq(vault.balanceOf(BOB), shares);
        assertEq(vault.totalSupply(), supply + shares);
        assertEq(_active(), active + assets);
        (, uint160 newHash) = vault.stakeState();
        assertEq(newHash, _foldedHash(hash, active + assets, block.timestamp));
        assertLe(vault.convertToAssets(shares), assets);
        assertEq(token.balanceOf(address(vault)), _counted());
    }

    function testFuzz_maxDeposit_and_maxMint_are_what_is_accepted(uint256 gain, uint256 loss) public {
        _deposit(ALICE, bound(gain, 1e18, 2 ** 94));
        _slash(bound(loss, 0, _active() - _active() / 1e8));
        uint256 id = vm.snapshotState();
        uint256 most = vault.maxDeposit(BOB);
        _deposit(BOB, most);
        vm.revertToState(id);
        vm.prank(BOB);
        vm.expectRevert(IProverVault.CapExceeded.selector);
        vault.deposit(most + 1, BOB);
        most = vault.maxMint(BOB);
        vm.prank(BOB);
        vm.expectRevert(IProverVault.CapExceeded.selector);
        vault.mint(most + 1, BOB);
        vm.prank(BOB);
        vault.mint(most, BOB);
    }

    function test_maxDeposit_is_zero_when_the_room_left_buys_no_share() public {
        _reward(2 * SEED, 0);
        skip(PERIOD);
        _deposit(ALICE, vault.maxDeposit(ALICE) - 1);
        assertEq(MAX_ASSETS - _active(), 1);
        assertEq(vault.maxDeposit(BOB), 0);
        assertEq(vault.maxMint(BOB), 0);
        vm.prank(BOB);
        vm.expectRevert(IProverVault.ZeroAmount.selector);
        vault.deposit(1, BOB);
    }

    function testFuzz_round_trips_never_gain(uint256 assets, uint256 gain, uint256 loss) public {
        _reward(bound(gain, 1, 1e24), 0);
        skip(PERIOD);
        _slash(bound(loss, 0, SEED / 2));
        assets = bound(assets, 1e6, 2 ** 90);
        assertLe(vault.convertToAssets(vault.convertToShares(assets)), assets);
        assertLe(vault.convertToShares(vault.convertToAssets(assets)), assets);
        assertLe(vault.previewMint(vault.previewDeposit(assets)), assets);
        assertGe(vault.previewDeposit(vault.previewMint(assets)), assets);
    }

    function test_previews_of_exits_revert() public {
        vm.expectRevert(IProverVault.AsynchronousExit.selector);
        vault.previewRedeem(1);
        vm.expectRevert(IProverVault.AsynchronousExit.selector);
        vault.previewWithdraw(1);
    }

    // ---------------------------------------------------------------- PEERS 7: what solmate leaves open

    function test_peers_07_a_donation_changes_nothing() public {
        _deposit(ALICE, 50e18);
        _request(ALICE, 20e18);
        bytes memory before = _everything();
        vm.prank(BOB);
        token.transfer(address(vault), 1e24);
        assertEq(_everything(), before);
        skip(DELAY + 1);
        assertEq(_redeem(ALICE, 20e18), 20e18);
    }

    function _everything() private view returns (bytes memory) {
        (uint256 active, uint160 hash) = vault.stakeState();
        (uint256 pool, uint256 shares,) = vault.unbondingState();
        (uint256 unvested, uint256 end, uint256 owed) = vault.rewardState();
        (uint256 collateral, uint256 self) = vault.collateral();
        return abi.encode(
            [active, hash, pool, shares, unvested, end, owed, collateral, self],
            [vault.totalAssets(), vault.convertToShares(1e18), vault.maxDeposit(ALICE), vault.maxMint(ALICE)]
        );
    }

    function testFuzz_peers_07_inflating_the_first_share_fails(
        uint256 donation,
        uint256 reward,
        uint256 victim
    ) public {
        donation = bound(donation, 0, 1e30);
        reward = bound(reward, 0, 1e26);
        victim = bound(victim, 1e9, 1e24);
        vm.prank(BOB);
        token.transfer(address(vault), donation);
        if (reward != 0) _reward(reward, 0);
        skip(PERIOD);
        uint256 shares = _deposit(ALICE, victim);
        // At most one share's price is lost, and a share's price is bounded by the seed behind it.
        assertGe(vault.convertToAssets(shares) + 2 + reward / SEED + 1, victim);
    }

    function test_peers_07_products_of_shares_and_assets_do_not_overflow() public {
        _deposit(ALICE, vault.maxDeposit(ALICE));
        assertEq(_active(), MAX_ASSETS);
        _reward(1e18, 0);
        assertEq(_active(), MAX_ASSETS, "above the cap a reward is commission");
        assertEq(_commission(), 1e18);
        assertEq(vault.convertToAssets(vault.totalSupply()), MAX_ASSETS);
        _request(ALICE, vault.balanceOf(ALICE));
        _slash(1e18);
        skip(DELAY + 1);
        vm.startPrank(ALICE);
        vault.redeem(vault.maxRedeem(ALICE), ALICE, ALICE);
        assertGt(vault.maxDeposit(ALICE), 0);
    }

    // ---------------------------------------------------------------- operators

    function testFuzz_setOperator(address operator, bool approved) public {
        vm.expectEmit(address(vault));
        emit IProverVault.OperatorSet(ALICE, operator, approved);
        vm.prank(ALICE);
        assertTrue(vault.setOperator(operator, approved));
        assertEq(vault.isOperator(ALICE, operator), approved);
        assertFalse(vault.isOperator(BOB, operator));
    }
}

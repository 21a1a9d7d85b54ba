// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {VaultTest} from "./helpers/VaultTest.sol";
import {ProverState} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";
import {ERC4626} from "solmate/src/tokens/ERC4626.sol";

/// @notice Seeding, rewards and their vesting, commission.
contract ProverVaultRewardsTest is VaultTest {
    uint256 private constant MAX_ASSETS = 2 ** 95 - 1;

    function test_registry_functions_revert_for_anyone_else() public {
        vm.startPrank(PROVER);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.seed(1e18);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.creditReward(1, 0);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.slash(1, PROVER);
        vm.expectRevert(IProverVault.Unauthorized.selector);
        vault.payCommission(PROVER);
    }

    // ---------------------------------------------------------------- seed

    function test_seed_reverts_for_nothing_and_above_the_cap() public {
        vm.expectRevert(IProverVault.ZeroAmount.selector);
        registry.seed(vault, PROVER, 0);
        vm.expectRevert(IProverVault.CapExceeded.selector);
        registry.seed(vault, PROVER, MAX_ASSETS - SEED + 1);
        registry.seed(vault, PROVER, MAX_ASSETS - SEED);
    }

    function testFuzz_seed_mints_to_the_prover_at_the_price_of_the_day(uint256 assets, uint256 gain) public {
        _reward(bound(gain, 1, 1e24), 0);
        skip(PERIOD);
        assets = bound(assets, 1e6, 2 ** 90);
        uint256 shares = vault.convertToShares(assets);
        uint256 held = vault.balanceOf(PROVER);
        uint256 active = _active();
        registry.setState(PROVER, ProverState.Inactive);
        registry.setPaused(true);
        _expectActive(active + assets);
        vm.expectEmit(address(vault));
        emit ERC20.Transfer(address(0), PROVER, shares);
        vm.expectEmit(address(vault));
        emit ERC4626.Deposit(address(registry), PROVER, assets, shares);
        assertEq(registry.seed(vault, PROVER, assets), shares);
        assertEq(vault.balanceOf(PROVER), held + shares);
        assertEq(_active(), active + assets);
    }

    // ---------------------------------------------------------------- creditReward

    function testFuzz_creditReward_vests_linearly(uint256 amount, uint256 commission, uint256 time) public {
        amount = bound(amount, 1, 2 ** 90);
        commission = bound(commission, 0, amount);
        time = bound(time, 0, 2 * PERIOD);
        uint256 vesting = amount - commission;
        uint256 end = vesting == 0 ? 0 : block.timestamp + PERIOD;
        if (vesting != 0) _expectActive(SEED + vesting);
        vm.expectEmit(address(vault));
        emit IProverVault.RewardAdded(vesting, commission, end);
        _reward(amount, commission);
        assertEq(vault.totalAssets(), SEED, "nothing has vested yet");
        assertEq(_active(), SEED + vesting);

        skip(time);
        (uint256 unvested, uint256 vestingEnd, uint256 owed) = vault.rewardState();
        assertEq(vestingEnd, end);
        assertEq(owed, commission);
        uint256 left = time < PERIOD ? PERIOD - time : 0;
        assertEq(unvested, vesting * left / PERIOD, "what has vested is rounded up");
        assertEq(vault.totalAssets(), SEED + vesting - unvested);
        assertEq(token.balanceOf(address(vault)), _counted());
    }

    function testFuzz_creditReward_averages_the_ends(uint256 first, uint256 second, uint256 time) public {
        first = bound(first, 1, 1e27);
        second = bound(second, 1, 1e27);
        time = bound(time, 0, 2 * PERIOD);
        _reward(first, 0);
        skip(time);
        (uint256 unvested,,) = vault.rewardState();
        uint256 left = time < PERIOD ? PERIOD - time : 0;
        uint256 vested = vault.totalAssets();
        _reward(second, 0);
        (uint256 all, uint256 end,) = vault.rewardState();
        assertEq(all, unvested + second);
        assertEq(end, block.timestamp + (unvested * left + second * PERIOD) / (unvested + second));
        assertGe(end, block.timestamp + left);
        assertLe(end, block.timestamp + PERIOD);
        assertEq(vault.totalAssets(), vested, "a reward moves no price");
        vm.warp(end - 1);
        assertLe(vault.totalAssets(), SEED + first + second);
        vm.warp(end);
        assertEq(vault.totalAssets(), SEED + first + second);
    }

    function test_creditReward_dust_cannot_put_off_the_end() public {
        _reward(1000e18, 0);
        (, uint256 end,) = vault.rewardState();
        for (uint256 i; i < 100; ++i) {
            skip(PERIOD / 200);
            _reward(1, 0);
        }
        (uint256 unvested, uint256 later,) = vault.rewardState();
        assertEq(later, end);
        assertApproxEqAbs(unvested, 500e18, 200);
    }

    function test_creditReward_of_nothing_does_nothing() public {
        vm.recordLogs();
        vm.prank(address(registry));
        vault.creditReward(0, 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function testFuzz_creditReward_above_the_cap_is_commission(
        uint256 room,
        uint256 amount,
        uint256 commission
    ) public {
        room = bound(room, 0, 1e24);
        amount = bound(amount, 1, 2 ** 94);
        commission = bound(commission, 0, amount);
        _deposit(ALICE, vault.maxDeposit(ALICE) - room);
        _reward(amount, commission);
        uint256 vesting = amount - commission < room ? amount - commission : room;
        assertEq(_active(), MAX_ASSETS - room + vesting);
        assertEq(_commission(), amount - vesting);
        assertEq(token.balanceOf(address(vault)), _counted());
    }

    function test_creditReward_without_shares_is_commission() public {
        IProverVault empty = registry.deploy(CAROL);
        registry.reward(empty, ALICE, 7e18, 1e18);
        (uint256 unvested, uint256 end, uint256 owed) = empty.rewardState();
        assertEq(unvested, 0);
        assertEq(end, 0);
        assertEq(owed, 7e18);
    }

    function test_creditReward_reaches_shares_that_lost_everything() public {
        _slash(SEED);
        assertEq(vault.totalAssets(), 0);
        _reward(5e18, 0);
        skip(PERIOD);
        assertEq(vault.totalAssets(), 5e18);
        assertApproxEqAbs(vault.convertToAssets(SEED), 5e18, 1);
    }

    function test_creditReward_reverts_when_the_commission_account_is_full() public {
        _reward(2 ** 96 - 1, 2 ** 96 - 1);
        vm.expectRevert(IProverVault.CapExceeded.selector);
        _reward(1, 1);
        _reward(1, 0);
    }

    // ---------------------------------------------------------------- payCommission

    function testFuzz_payCommission(uint256 amount, uint256 time) public {
        amount = bound(amount, 1, 2 ** 95);
        _reward(amount + 90e18, amount);
        skip(bound(time, 0, 2 * PERIOD));
        uint256 assets = vault.totalAssets();
        vm.expectEmit(address(vault));
        emit IProverVault.CommissionPaid(CAROL, amount);
        uint256 before = token.balanceOf(CAROL);
        assertEq(registry.payCommission(vault, CAROL), amount);
        assertEq(token.balanceOf(CAROL) - before, amount);
        assertEq(_commission(), 0);
        assertEq(vault.totalAssets(), assets);
        assertEq(token.balanceOf(address(vault)), _counted());

        vm.recordLogs();
        assertEq(registry.payCommission(vault, CAROL), 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function testFuzz_payCommission_does_not_bend_vesting(uint256 time) public {
        time = bound(time, 0, PERIOD - 1);
        _reward(1e18 + 90e18, 1e18);
        skip(time);
        registry.payCommission(vault, CAROL);
        skip((PERIOD - time) / 2);
        (uint256 unvested, uint256 end,) = vault.rewardState();
        assertApproxEqAbs(unvested, 90e18 * (end - block.timestamp) / PERIOD, 2);
        skip(PERIOD);
        assertEq(vault.totalAssets(), SEED + 90e18);
    }

    // ---------------------------------------------------------------- PEERS 3: no profit

    function testFuzz_peers_03_buying_around_a_reward_yields_only_what_vests(
        uint256 earlier,
        uint256 reward,
        uint256 stake,
        uint256 before,
        uint256 held
    ) public {
        earlier = bound(earlier, 0, 1e24);
        reward = bound(reward, 1, 1e24);
        stake = bound(stake, 1e9, 1e26);
        before = bound(before, 0, PERIOD);
        held = bound(held, 0, PERIOD);
        if (earlier != 0) _reward(earlier, 0);
        skip(before);

        uint256 shares = _deposit(ALICE, stake);
        uint256 rate = _vestingRate();
        (uint256 unvested,,) = vault.rewardState();
        _reward(reward, 0);
        skip(held);
        uint256 part = shares * 1e18 / vault.totalSupply() + 1;
        uint256 assets = _request(ALICE, shares);
        skip(DELAY + 1);
        assertEq(_redeem(ALICE, shares), assets);

        // What vested when it was bought was paid for; only what vests faster than that is a gain.
        uint256 vested = (rate + reward * 1e18 / PERIOD + 1) * (held + 1) / 1e18 + 1;
        uint256 gain = vested > unvested ? vested - unvested : 0;
        assertLe(assets, stake + (gain < reward ? gain : reward) * part / 1e18 + 2);
    }

    /// @dev Wei per second, times 1e18.
    function _vestingRate() private view returns (uint256) {
        (uint256 unvested, uint256 end,) = vault.rewardState();
        return end > block.timestamp ? unvested * 1e18 / (end - block.timestamp) : 0;
    }

    function testFuzz_peers_03_buying_and_leaving_in_one_block_earns_nothing(uint256 reward, uint256 stake)
        public
    {
        stake = bound(stake, 1, 2 ** 94);
        uint256 shares = _deposit(ALICE, stake);
        _reward(bound(reward, 1, 1e27), 0);
        assertLe(_request(ALICE, shares), stake);
    }

    /// @dev Two accounts shuffle shares and exits around a reward and a slash; together they end with no
    /// more than one account that just held.
    function testFuzz_peers_03_splitting_and_passing_shares_on_gains_nothing(uint256 seed) public {
        uint256 stake = bound(seed, 1e18, 1e24);
        uint256 id = vm.snapshotState();
        uint256 shares = _deposit(ALICE, stake);
        _reward(50e18, 0);
        skip(PERIOD / 2);
        _slash(1e18 + seed % 20e18);
        skip(PERIOD);
        uint256 held = vault.convertToAssets(shares);
        vm.revertToState(id);

        shares = _deposit(ALICE, stake);
        _reward(50e18, 0);
        uint256 part = 1 + uint256(keccak256(abi.encode(seed))) % (shares - 1);
        vm.prank(ALICE);
        vault.transfer(BOB, part);
        skip(PERIOD / 2);
        _request(BOB, part / 2 + 1);
        _slash(1e18 + seed % 20e18);
        skip(PERIOD);
        uint256 rest = shares - part / 2 - 1;
        uint256 mine = vault.balanceOf(ALICE) + vault.balanceOf(BOB);
        assertEq(mine, rest);
        uint256 total = vault.convertToAssets(mine);
        // Those who stay earn what the one who left no longer does, and bear the same part of the slash.
        skip(DELAY);
        total += vault.maxWithdraw(BOB);
        uint256 extra = 25e18 * (part / 2 + 1) / shares + 2;
        assertLe(total, held + extra);
    }
}

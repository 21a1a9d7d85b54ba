// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {VaultTest} from "./helpers/VaultTest.sol";
import {ProverState} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";

/// @notice Ways in which a prover, or who works with it, could take from others what is theirs, each step for step.
contract ProverVaultAttacksTest is VaultTest {
    // ---------------------------------------------------------------- a small slash and the exits of all

    /// @dev An exit that nobody claims is ground down to a billionth of its price, without a new generation; who
    /// joins the pool then must not be taken for dust with it.
    function test_a_small_slash_takes_no_more_than_its_part_from_who_joined_a_pool_at_its_lowest_price()
        public
    {
        _deposit(ALICE, 10_000e18);
        _request(ALICE, 1.0001e13);
        uint256 total = _active() + _unbonding();
        assertEq(_slash(total - 10_003e9 * total / 1.0001e22), total - 10_003e9 * total / 1.0001e22);
        (uint256 poolAssets, uint256 poolShares, uint256 generation) = vault.unbondingState();
        assertEq(generation, 1, "the pool's price is at its lowest");
        assertApproxEqAbs(poolAssets, 10_002, 2);
        assertEq(poolShares, 1.0001e13);

        _reward(20_000e18, 0);
        skip(PERIOD);
        uint256 paid = 100_000e18;
        uint256 shares = _deposit(BOB, paid);
        uint256 worth = _request(BOB, shares);
        assertApproxEqAbs(worth, paid, 2);

        uint256 part = 150e18 * worth / (_active() + _unbonding());
        uint256 held = token.balanceOf(TREASURY);
        assertEq(_slash(150e18), 150e18);
        assertEq(token.balanceOf(TREASURY) - held, 150e18, "no more than was asked for");
        skip(DELAY + 1);
        assertApproxEqAbs(_redeem(BOB, shares), worth - part, 3);
    }

    /// @dev One exit that nobody ever claims, and slashes of a half each.
    function testFuzz_many_slashes_never_take_more_than_they_ask_for(uint256 seed, uint256 rounds) public {
        rounds = bound(rounds, 1, 60);
        _deposit(ALICE, 1000e18);
        uint256 idle = 1 + seed % 100e18;
        _request(ALICE, idle);
        for (uint256 i; i < rounds; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            if (_active() == 0) break;
            _reward(bound(random, 1, 1000e18), 0);
            skip(PERIOD);
            uint256 shares = vault.balanceOf(ALICE) / 8;
            uint256 worth = vault.convertToAssets(shares);
            if (worth != 0) _request(ALICE, shares);
            uint256 pool = _unbonding();
            uint256 total = _active() + pool;
            uint256 amount = random % 4 == 0 ? total - total / 1e10 : total / 2;
            uint256 held = token.balanceOf(TREASURY);
            assertEq(_slash(amount), amount);
            assertEq(token.balanceOf(TREASURY) - held, amount);
            assertApproxEqAbs(_unbonding(), pool - amount * pool / total, 1, "the pool loses its part");
            assertEq(token.balanceOf(address(vault)), _counted());
        }
    }

    /// @dev Exits of up to eight generations in one queue, each of a size of its own, claimed in parts: each loses
    /// its part of every slash since its request, at most 3 wei of rounding, and 2 more for each part claimed.
    function testFuzz_an_exit_loses_its_part_of_each_slash_across_generations(uint256 seed, uint256 count)
        public
    {
        count = bound(count, 1, 8);
        uint256[] memory worth = new uint256[](count);
        uint256[] memory sizes = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint256 shares = _deposit(ALICE, bound(random, 1e9, 1e24));
            worth[i] = vault.convertToAssets(shares);
            sizes[i] = shares;
            if (worth[i] == 0) continue;
            _request(ALICE, shares);
            // From next to nothing to all but a millionth of a billionth.
            uint256 pool = _unbonding();
            uint256 amount = (_active() + pool) - (_active() + pool) / 10 ** ((random >> 100) % 16);
            _slash(amount);
            for (uint256 j; j <= i; ++j) {
                worth[j] = worth[j] * _unbonding() / pool;
            }
            // What is left active would be too cheap a share to deposit at.
            _reward(vault.totalSupply() / 2 + 1e18, 0);
            skip(PERIOD);
        }
        (,, uint256 generation) = vault.unbondingState();
        vm.assume(generation >= 1);
        skip(DELAY + 1);
        for (uint256 i; i < count; ++i) {
            if (sizes[i] == 0 || vault.maxRedeem(ALICE) == 0) continue;
            uint256 parts = 1 + uint256(keccak256(abi.encode(seed, i, "parts"))) % 3;
            uint256 got;
            for (uint256 j; j < parts; ++j) {
                uint256 part = j + 1 == parts ? sizes[i] : sizes[i] / 3;
                sizes[i] -= part;
                got += _redeem(ALICE, part);
            }
            assertGe(got + 3 + 2 * parts, worth[i], "an exit loses more than its part");
            // `worth` is rounded down at each slash, and others' requests and claims leave their rounding in the pool.
            assertLe(got, worth[i] + 5 * count, "an exit loses less than its part");
        }
        (uint256 poolAssets,,) = vault.unbondingState();
        assertLe(poolAssets, 9 * count, "what rounding left");
    }

    // ---------------------------------------------------------------- few shares

    function test_few_shares_cannot_be_made_dear_through_inactivity() public {
        registry.setState(PROVER, ProverState.Inactive);
        _request(PROVER, SEED - 9);
        _reward(10_000e18, 0);
        assertEq(_commission(), 10_000e18, "nobody to speak of is there to receive it");
        skip(PERIOD);
        registry.setState(PROVER, ProverState.Active);
        uint256 shares = _deposit(ALICE, 1999e18);
        assertApproxEqAbs(vault.convertToAssets(shares), 1999e18, 2);
    }

    function testFuzz_no_deposit_loses_more_than_its_rounding_however_few_shares_are_left(
        uint256 kept,
        uint256 reward,
        uint256 paid
    ) public {
        registry.setState(PROVER, ProverState.Inactive);
        kept = bound(kept, 1, 1e15);
        _request(PROVER, SEED - kept);
        _reward(bound(reward, 1, 1e27), 0);
        skip(PERIOD);
        registry.setState(PROVER, ProverState.Active);
        paid = bound(paid, 1e18, 1e24);
        uint256 most = vault.maxDeposit(ALICE);
        if (_active() + 1 > 1e8 * (vault.totalSupply() + 1)) {
            assertEq(most, 0);
            assertEq(vault.maxMint(ALICE), 0);
            vm.prank(ALICE);
            vm.expectRevert(IProverVault.SharePriceBroken.selector);
            vault.deposit(paid, ALICE);
            return;
        }
        uint256 shares = _deposit(ALICE, paid);
        skip(PERIOD);
        assertGe(vault.convertToAssets(shares) + 1e8 + 2, paid, "more than a share's worth is lost");
    }

    function test_deposit_is_accepted_up_to_the_highest_share_price() public {
        registry.setState(PROVER, ProverState.Inactive);
        _request(PROVER, SEED - 1e12);
        _reward(1e20 - 1e12 + 1e8 - 1, 0);
        registry.setState(PROVER, ProverState.Active);
        assertEq(_active() + 1, 1e8 * (1e12 + 1));
        assertGt(vault.maxDeposit(ALICE), 0);
        uint256 id = vm.snapshotState();
        _deposit(ALICE, 1e18);
        vm.revertToState(id);
        // All active assets count, the one that vests too.
        _reward(1, 0);
        assertEq(vault.maxDeposit(ALICE), 0);
        vm.prank(ALICE);
        vm.expectRevert(IProverVault.SharePriceBroken.selector);
        vault.mint(1, ALICE);
        vm.expectRevert(IProverVault.SharePriceBroken.selector);
        registry.seed(vault, PROVER, 1e18);
    }

    /// @dev A limit: what vests when a prover leaves whole stays with who is left, and a few wei of shares are dear
    /// with little. That closes the vault to everybody, its own prover included.
    function test_a_few_wei_left_with_what_vests_close_a_vault_that_its_prover_left_whole() public {
        _deposit(BOB, 1);
        _reward(1e12, 0);
        registry.setState(PROVER, ProverState.Inactive);
        _request(PROVER, SEED);
        skip(PERIOD);
        vm.expectRevert(IProverVault.SharePriceBroken.selector);
        registry.seed(vault, PROVER, SEED);
        registry.setState(PROVER, ProverState.Active);
        assertEq(vault.maxDeposit(ALICE), 0);
    }

    /// @dev The way around it: who keeps 1e13 wei of shares can be shut out by rewards of a thousand tokens only,
    /// nearly all of which are its own then.
    function testFuzz_a_prover_that_keeps_some_shares_can_come_back(
        uint256 squat,
        uint256 vesting,
        uint256 late
    ) public {
        squat = _deposit(BOB, bound(squat, 1, 1e9));
        _reward(bound(vesting, 1, 100e18), 0);
        registry.setState(PROVER, ProverState.Inactive);
        _request(PROVER, SEED - 1e13);
        _reward(bound(late, 1, 890e18), 0);
        skip(PERIOD);
        assertLe(vault.convertToAssets(squat), _active() / 1e4 + 1, "hardly anything is the squatter's");
        uint256 shares = registry.seed(vault, PROVER, SEED);
        assertApproxEqAbs(vault.convertToAssets(shares), SEED, 1e8);
        registry.setState(PROVER, ProverState.Active);
        assertGt(vault.maxDeposit(ALICE), 0);
    }

    // ---------------------------------------------------------------- a deserted vault

    function testFuzz_a_squatter_of_a_few_wei_receives_no_reward(uint256 kept, uint256 vesting, uint256 time)
        public
    {
        kept = bound(kept, 1, 1e12 - 1);
        _deposit(ALICE, kept);
        // Whether or not an earlier reward still vests.
        vesting = bound(vesting, 0, 1000e18);
        _reward(vesting, 0);
        skip(bound(time, 0, 2 * PERIOD));
        registry.setState(PROVER, ProverState.Inactive);
        _request(PROVER, SEED);
        _reward(1000e18, 10e18);
        skip(PERIOD);
        // Unless its shares have become worth as much as counts, with a wei each of what vests and of the exit's rounding.
        if (kept * (SEED + vesting) / SEED + 2 >= 1e12) return;
        assertEq(_commission(), 1000e18, "a reward is the squatter's");
        assertLe(vault.convertToAssets(kept), kept + vesting, "more than vested already is the squatter's");
    }

    function test_a_vault_is_not_deserted_with_as_many_shares_as_count_however_little_they_are_worth()
        public
    {
        _deposit(ALICE, 1e12);
        _slash(SEED / 2);
        registry.setState(PROVER, ProverState.Inactive);
        _request(PROVER, SEED);
        _reward(1000e18, 10e18);
        assertEq(_commission(), 10e18);
    }

    function test_a_deposit_settles_a_deserted_vault_again() public {
        _deposit(ALICE, 1e12 - 2);
        registry.setState(PROVER, ProverState.Inactive);
        _request(PROVER, SEED);
        registry.setState(PROVER, ProverState.Active);
        _deposit(ALICE, 1);
        _reward(5e18, 0);
        assertEq(_commission(), 5e18, "one wei short");
        _deposit(ALICE, 1);
        _reward(5e18, 0);
        assertEq(_commission(), 5e18);
        assertEq(_active(), 1e12 + 5e18);
        // Slashing it deserts nobody, however few shares and assets there are then.
        skip(PERIOD);
        _request(ALICE, 1e11);
        _slash(type(uint256).max);
        _reward(7e18, 0);
        assertEq(_commission(), 5e18);
        skip(PERIOD);
        assertApproxEqAbs(vault.convertToAssets(9e11), 7e18, 1e8);
    }

    function test_a_deposit_settles_a_vault_as_soon_as_its_few_shares_are_worth_enough() public {
        _deposit(ALICE, 1e11);
        _reward(SEED, 0);
        skip(PERIOD);
        registry.setState(PROVER, ProverState.Inactive);
        _request(PROVER, SEED);
        registry.setState(PROVER, ProverState.Active);
        for (uint256 short; short < 2; ++short) {
            uint256 before = vm.snapshotState();
            _deposit(ALICE, 1e12 - short - _active());
            assertLt(vault.totalSupply(), 6e11);
            _reward(5e18, 0);
            assertEq(_commission(), short == 0 ? 0 : 5e18);
            vm.revertToState(before);
        }
    }

    /// @dev A limit: what is deposited where next to nothing has vested has not vested either.
    function test_a_deposit_before_much_has_vested_may_leave_a_vault_deserted_until_the_next() public {
        _deposit(ALICE, 1e11);
        _reward(5e18, 0);
        registry.setState(PROVER, ProverState.Inactive);
        _request(PROVER, SEED);
        registry.setState(PROVER, ProverState.Active);
        uint256 before = vm.snapshotState();
        _deposit(BOB, 10e18);
        skip(PERIOD);
        _reward(7e18, 0);
        assertEq(_commission(), 7e18);
        _deposit(CAROL, 1e8);
        _reward(7e18, 0);
        assertEq(_commission(), 7e18);
        // A second later the vault is settled at once.
        vm.revertToState(before);
        skip(1);
        _deposit(BOB, 10e18);
        _reward(7e18, 0);
        assertEq(_commission(), 0);
    }

    function testFuzz_a_slash_deserts_no_vault(uint256 loss) public {
        _deposit(ALICE, 50e18);
        loss = bound(loss, _active() - 1e12, _active());
        _slash(loss);
        _reward(1000e18, 10e18);
        assertEq(_commission(), 10e18, "the stakers' reward is the prover's");
    }
}

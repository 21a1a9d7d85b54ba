// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {PropertyFixture} from "./PropertyFixture.sol";
import {FixedPointMathLib} from "solmate/src/utils/FixedPointMathLib.sol";

/// @notice Whoever moves around rewards and slashes ends with no more than a fair part.
///
/// THE FAIR PART of a set of accounts. Between two actions only all active assets A (by rewards and slashing) and
/// the unbonding pool P (by slashing) change. With n of S shares, of which the virtual one is one, and q of Q
/// unbonding shares, the fair part of such a change is dA * n / S + dP * q / Q. It is summed here in wei times
/// 1e18. What the set's shares are worth by all active assets an action of the set never raises but for rounding:
/// - deposit: the shares m for a wei satisfy m * A <= a * S, hence all n + m shares are together worth
/// (n + m) * (A + a) / (S + m) <= n * A / S + a: rounding gives to everybody, and the set gets back at most what
/// it gave;
/// - request: it leaves at vested assets V <= A; what the x shares leave behind, x * (A - V) / S, goes to all that
/// stay, so that the set loses what others receive of it;
/// - claim: rounded down, and the rest stays in the pool or goes to the commission;
/// - transfer, and requests on each other's behalf: nothing.
/// So what the set has in the end is at most what it had and its fair part. What is left over for rounding
/// are the divisions of the sum itself: 2 wei are ample. It is at least that, less what its requests left behind.
///
/// THAT THE PARTS ARE FAIR is checked where prices change: neither a reward nor a deposit moves the exit price; a
/// reward raises the vesting rate no further than the bound below says; time vests no faster than that rate; a
/// slash takes from vested, vesting and unbonding assets alike.
///
/// NOTHING IS BOUGHT OF WHAT VESTS ALREADY: whoever deposits, waits while nobody else acts, and leaves, never has
/// more than it paid and 2 wei, whatever vests meanwhile, and whatever the vault went through before.
///
/// THE BOUND ON BUYING BEFORE A REWARD. Let U wei vest over the next L seconds, and let a reward of A arrive, with
/// period P. Then U + A vest over D = floor(E), E = (U * L + A * P) / (U + A). By Sedrakyan's inequality
/// (U + A) / E = (U + A)^2 / (U * L + A * P) <= U / L + A / P =: r.
/// Held for h seconds, what vests is at most (U + A) * min(h, D) / D. If h <= D, this is at most r * E * h / D
/// <= r * (h + h / D) <= r * (h + 1), since E < D + 1. If h > D, it is U + A <= r * E < r * (D + 1) <= r * (h + 1).
/// The holder's part of it is n / S, it has paid for n / S of U, and no part of A is there when it buys.
contract NoProfitTest is PropertyFixture {
    using FixedPointMathLib for uint256;

    uint256 private constant SCALE = 1e18;

    /// @dev The first of `stakers` that move; the others hold what they have.
    uint256 private members;
    /// @dev Unbonding shares of nobody in the set.
    uint256 private foreignPoolShares;
    int256 private fair;
    /// @dev What rounding may have cost so far.
    uint256 private dust;

    // ---------------------------------------------------------------- any sequence by any set

    function testFuzz_no_sequence_by_any_set_ends_with_more_than_its_fair_part(
        uint256 seed,
        uint256 size,
        uint256 steps
    ) public {
        members = bound(size, 1, stakers.length);
        steps = bound(steps, 4, 24);
        uint256 purse = 1e24;
        for (uint256 i; i < stakers.length; ++i) {
            _fund(stakers[i], address(vault), purse);
            for (uint256 j; j < stakers.length; ++j) {
                vm.prank(stakers[i]);
                vault.approve(stakers[j], type(uint256).max);
            }
        }
        // Others hold, and others are on their way out at a price that is not one.
        _stake(staker, prover, 5000 ether);
        vm.prank(staker);
        vault.requestRedeem(1000 ether, staker, staker);
        _slashVault(777 ether + seed % 1e18);
        (, foreignPoolShares,) = vault.unbondingState();

        for (uint256 i; i < steps; ++i) {
            _step(_draw(seed, i));
        }
        _allLeave();
        int256 gain = -int256(members * purse);
        for (uint256 i; i < members; ++i) {
            gain += int256(token.balanceOf(stakers[i]));
        }
        assertLe(gain * int256(SCALE), fair + int256(2 * SCALE), "more than the fair part");
        // Nor less, but for rounding: the fair part is what holders really get.
        assertGe(gain * int256(SCALE) + int256((dust + 2) * SCALE), fair, "less than the fair part");
    }

    function _step(uint256 random) private {
        address account = stakers[random % members];
        address other = stakers[(random >> 8) % members];
        uint256 kind = (random >> 16) % 10;
        uint256 amount = uint256(keccak256(abi.encode(random)));
        dust += vault.convertToAssets(1) + 3;
        if (kind < 2) {
            // Of any size: more than all others together, down to a few wei.
            uint256 assets = amount % ((token.balanceOf(account) >> (random >> 24) % 72) + 1);
            if (vault.previewDeposit(assets) == 0) return;
            uint256 price = _exitPrice();
            vm.prank(account);
            vault.deposit(assets, other);
            _assertSamePrice(price);
        } else if (kind == 2) {
            uint256 shares = amount % (vault.balanceOf(account) + 1);
            vm.prank(account);
            vault.transfer(other, shares);
        } else if (kind < 5) {
            uint256 shares = amount % (vault.balanceOf(other) + 1);
            if (vault.convertToAssets(shares) == 0) return;
            _requestFairly(account, other, shares);
        } else if (kind == 5) {
            _claim(account, other, amount);
        } else if (kind < 8) {
            _rewardFairly(bound(amount, 1, 5000 ether));
        } else if (kind == 8) {
            _skipFairly(bound(amount, 1, amount % 3 == 0 ? 1 hours : UNBONDING_DELAY));
        } else {
            _slashFairly(amount);
        }
    }

    function _claim(address controller, address receiver, uint256 amount) private {
        if (amount % 2 == 0) {
            uint256 shares = (amount >> 1) % (vault.maxRedeem(controller) + 1);
            if (shares == 0) return;
            vm.prank(controller);
            vault.redeem(shares, receiver, controller);
        } else {
            uint256 assets = (amount >> 1) % (vault.maxWithdraw(controller) + 1);
            if (assets == 0) return;
            vm.prank(controller);
            vault.withdraw(assets, receiver, controller);
        }
    }

    /// @dev Everything is requested at once, so that only waiting is left.
    function _allLeave() private {
        for (uint256 i; i < members; ++i) {
            dust += vault.convertToAssets(1) + 3;
            uint256 shares = vault.balanceOf(stakers[i]);
            if (vault.convertToAssets(shares) == 0) continue;
            _requestFairly(stakers[i], stakers[i], shares);
        }
        skip(UNBONDING_DELAY + 1);
        for (uint256 i; i < members; ++i) {
            if (vault.maxRedeem(stakers[i]) != 0) _redeemAll(stakers[i]);
            assertEq(vault.pendingRedeemRequest(0, stakers[i]), 0);
        }
    }

    /// @dev What the shares leave behind of what vests is at most their part of it.
    function _requestFairly(address controller, address owner, uint256 shares) private {
        (uint256 unvested,,) = vault.rewardState();
        dust += unvested.mulDivUp(shares, vault.totalSupply() + 1);
        vm.prank(controller);
        vault.requestRedeem(shares, controller, owner);
    }

    // ---------------------------------------------------------------- what changes prices, checked

    /// @dev Times 2^96, rounded down.
    function _exitPrice() private view returns (uint256) {
        return ((vault.totalAssets() + 1) << 96) / (vault.totalSupply() + 1);
    }

    /// @dev But for rounding, to the good of whoever holds shares.
    function _assertSamePrice(uint256 price) private view {
        uint256 now_ = _exitPrice();
        assertGe(now_, price, "a deposit lowered the exit price");
        (uint256 unvested,,) = vault.rewardState();
        // A wei at most; without anything vesting what a deposit loses to rounding, a share at most.
        uint256 most = (unvested == 0 ? vault.previewMint(1) : 1) + 1;
        assertLe(now_ - price, (most << 96) / (vault.totalSupply() + 1), "a deposit raised the exit price");
    }

    function _rewardFairly(uint256 amount) private {
        uint256 assets = vault.totalAssets();
        (uint256 unvested, uint256 left) = _vesting();
        uint256 added = _rewardVesting(amount);
        (uint256 unvestedAfter, uint256 leftAfter) = _vesting();
        assertEq(vault.totalAssets(), assets, "a reward moved the price at once");
        assertEq(unvestedAfter, unvested + added);
        fair += int256(added.mulDivDown(_memberShares() * SCALE, vault.totalSupply() + 1));
        // rate * D / (D + 1) <= U / L + A / P, in whole numbers.
        assertLe(
            unvestedAfter * left * VESTING_PERIOD,
            (unvested * VESTING_PERIOD + added * left) * (leftAfter + 1),
            "the vesting rate rose too far"
        );
    }

    function _skipFairly(uint256 time) private {
        uint256 assets = vault.totalAssets();
        (uint256 unvested, uint256 left) = _vesting();
        skip(time);
        uint256 vested = vault.totalAssets() - assets;
        assertLe(vested, left <= time ? unvested : unvested * time / left + 1, "vested too fast");
    }

    function _slashFairly(uint256 amount) private {
        (uint256 active,) = vault.stakeState();
        (uint256 pool, uint256 poolShares,) = vault.unbondingState();
        uint256 assets = vault.totalAssets();
        uint256 total = active + pool;
        amount = bound(amount, 1, total / 2);
        assertEq(_slashVault(amount), amount);

        (uint256 activeAfter,) = vault.stakeState();
        uint256 vestedLoss = assets - vault.totalAssets();
        (uint256 poolAfter,,) = vault.unbondingState();
        assertApproxEqAbs(vestedLoss, amount.mulDivDown(assets, total), 2, "vested assets' part");
        assertApproxEqAbs(pool - poolAfter, amount.mulDivDown(pool, total), 1, "unbonding assets' part");
        fair -= int256((active - activeAfter).mulDivDown(_memberShares() * SCALE, vault.totalSupply() + 1));
        fair -= int256((pool - poolAfter).mulDivDown((poolShares - foreignPoolShares) * SCALE, poolShares));
    }

    function _memberShares() private view returns (uint256 shares) {
        for (uint256 i; i < members; ++i) {
            shares += vault.balanceOf(stakers[i]);
        }
    }

    /// @dev What vests, and over how many seconds from now: at least one, so that a rate can be formed.
    function _vesting() private view returns (uint256 unvested, uint256 left) {
        uint256 end;
        (unvested, end,) = vault.rewardState();
        left = end > block.timestamp ? end - block.timestamp : 1;
    }

    function _rewardVesting(uint256 amount) private returns (uint256 added) {
        (uint256 before,) = _vesting();
        _reward(address(this), prover, amount);
        (uint256 unvested,) = _vesting();
        return unvested - before;
    }

    // ---------------------------------------------------------------- buying what vests

    function testFuzz_who_deposits_waits_and_leaves_has_no_more_than_it_paid(
        uint256 seed,
        uint256 paid,
        uint256[3] memory waits,
        uint256[2] memory parts
    ) public {
        _live(seed);
        // A total slash, and a reward for those whom it hit, among what may have happened.
        if (seed % 3 == 0) _slashVault(type(uint256).max);
        if (seed % 3 != 1) _reward(address(this), prover, bound(seed, 1, 1e24));
        skip(bound(waits[0], 0, VESTING_PERIOD));
        uint256 least = vault.previewMint(1);
        uint256 most = vault.maxDeposit(stranger);
        if (most < least) return;
        paid = bound(paid, least, most < 1e25 ? most : 1e25);
        uint256 shares = _stake(stranger, prover, paid);
        // In up to three parts.
        for (uint256 i; i < 3 && shares != 0; ++i) {
            skip(bound(waits[i], 0, VESTING_PERIOD));
            uint256 part = i == 2 ? shares : bound(parts[i], 0, shares);
            if (vault.convertToAssets(part) == 0) continue;
            vm.prank(stranger);
            vault.requestRedeem(part, stranger, stranger);
            shares -= part;
        }
        skip(UNBONDING_DELAY + 1);
        uint256 got = vault.maxRedeem(stranger) == 0 ? 0 : _redeemAll(stranger);
        assertLe(got, paid + 2);
    }

    function test_nobody_buys_the_reward_of_those_whom_a_total_slash_hit() public {
        _stake(staker, prover, 1000 ether);
        _slashVault(type(uint256).max);
        _reward(address(this), prover, 1000 ether);
        skip(12);
        uint256 paid = 10 ether;
        uint256 shares = _stake(stranger, prover, paid);
        assertLt(vault.convertToAssets(shares), paid / 1000, "hardly anything has vested yet");
        skip(VESTING_PERIOD);
        assertApproxEqAbs(vault.convertToAssets(shares), paid, 2);
    }

    // ---------------------------------------------------------------- buying at a reward

    function testFuzz_buying_before_a_reward_and_leaving_yields_no_more_than_vests_meanwhile(
        uint256 earlier,
        uint256 wait,
        uint256 paid,
        uint256 amount,
        uint256 held
    ) public {
        _rewardBefore(earlier, wait);
        paid = bound(paid, 1 ether, 1e25);
        uint256 shares = _stake(staker, prover, paid);
        _buyerIsBounded(shares, paid, amount, held, true);
    }

    function testFuzz_buying_after_a_reward_and_leaving_yields_no_more_than_vests_meanwhile(
        uint256 earlier,
        uint256 wait,
        uint256 paid,
        uint256 amount,
        uint256 held
    ) public {
        _rewardBefore(earlier, wait);
        _buyerIsBounded(0, bound(paid, 1 ether, 1e25), amount, held, false);
    }

    function testFuzz_buying_through_two_accounts_yields_no_more_than_through_one(
        uint256 earlier,
        uint256 wait,
        uint256 paid,
        uint256 amount,
        uint256 held
    ) public {
        _rewardBefore(earlier, wait);
        paid = bound(paid, 1 ether, 1e25);
        uint256 shares = _stake(stakers[0], prover, paid / 3);
        vm.prank(stakers[0]);
        vault.transfer(staker, shares);
        shares += _stake(staker, prover, paid - paid / 3);
        _buyerIsBounded(shares, paid, amount, held, true);
    }

    function testFuzz_a_reward_yields_nothing_to_who_buys_and_leaves_in_one_block(
        uint256 paid,
        uint256 amount,
        uint256 earlier,
        uint256 wait
    ) public {
        _rewardBefore(earlier, wait);
        paid = bound(paid, 1, 1e25);
        vm.assume(vault.previewDeposit(paid) != 0);
        _stake(staker, prover, paid);
        _reward(address(this), prover, bound(amount, 1, 1e24));
        _leave(staker);
        assertLe(_redeemAll(staker), paid);
    }

    function _rewardBefore(uint256 earlier, uint256 wait) private {
        earlier = bound(earlier, 0, 1e24);
        if (earlier != 0) _reward(address(this), prover, earlier);
        skip(bound(wait, 0, 2 * VESTING_PERIOD));
    }

    /// @dev The reward arrives after the buyer has bought, or else before.
    function _buyerIsBounded(uint256 shares, uint256 paid, uint256 amount, uint256 held, bool bought)
        private
    {
        held = bound(held, 0, 2 * VESTING_PERIOD);
        (uint256 unvested, uint256 left) = _vesting();
        uint256 added = _rewardVesting(bound(amount, 1, 1e24));
        if (!bought) shares = _stake(staker, prover, paid);
        uint256 supply = vault.totalSupply();
        skip(held);
        _leave(staker);
        uint256 got = _redeemAll(staker);
        // (U / L + A / P) * (h + 1) * n / S, rounded down.
        uint256 rateTimesTime = (unvested * VESTING_PERIOD + added * left) * (held + 1);
        uint256 yield = rateTimesTime.mulDivDown(shares, supply * left * VESTING_PERIOD);
        uint256 bought_ = unvested.mulDivDown(shares, supply + 1);
        yield = yield > bought_ ? yield - bought_ : 0;
        assertLe(got, paid + (bought ? yield : 0) + 2);
    }

    // ---------------------------------------------------------------- leaving at a slash

    function testFuzz_who_requests_before_a_slash_pays_like_who_stays(
        uint256 stake,
        uint256 amount,
        uint256 wait,
        uint256 reward
    ) public {
        stake = bound(stake, 1 ether, 1e24);
        address leaver = stakers[0];
        address stayer = stakers[1];
        uint256 shares = _stake(leaver, prover, stake);
        assertEq(_stake(stayer, prover, stake), shares);
        if (reward % 4 != 0) _reward(address(this), prover, bound(reward, 1, 1e23));
        vm.prank(leaver);
        vault.requestRedeem(shares, leaver, leaver);
        uint256 worth = vault.convertToAssets(shares);
        // Nothing vests in between that only the stayer would get.
        (uint256 active,) = vault.stakeState();
        (uint256 pool,,) = vault.unbondingState();
        amount = bound(amount, 0, (active + pool) * 9 / 10);
        _slashVault(amount);
        uint256 stays = vault.convertToAssets(shares);
        skip(UNBONDING_DELAY + 1 + wait % 30 days);
        uint256 got = _redeemAll(leaver);
        assertApproxEqAbs(got, worth - worth.mulDivDown(amount, active + pool), 3, "not its part");
        assertApproxEqAbs(got, stays, 3, "not what who stays pays");
    }

    function testFuzz_requesting_before_a_slash_and_coming_back_gains_nothing(
        uint256 stake,
        uint256 amount,
        uint256 wait
    ) public {
        stake = bound(stake, 1 ether, 1e24);
        address leaver = stakers[0];
        address stayer = stakers[1];
        uint256 shares = _stake(leaver, prover, stake);
        assertEq(_stake(stayer, prover, stake), shares);
        vm.prank(leaver);
        vault.requestRedeem(shares, leaver, leaver);
        _slashVault(bound(amount, 1, _activeAssets(prover) * 9 / 10));
        skip(UNBONDING_DELAY + 1 + wait % 30 days);
        uint256 got = _redeemAll(leaver);
        vm.startPrank(leaver);
        token.approve(address(vault), got);
        vault.deposit(got, leaver);
        vm.stopPrank();
        assertLe(
            vault.convertToAssets(vault.balanceOf(leaver)), vault.convertToAssets(vault.balanceOf(stayer)) + 2
        );
    }

    function testFuzz_a_slash_after_the_delay_still_reaches_unclaimed_exits(uint256 stake, uint256 amount)
        public
    {
        stake = bound(stake, 1 ether, 1e24);
        address leaver = stakers[0];
        _stake(leaver, prover, stake);
        _leave(leaver);
        uint256 worth = vault.maxWithdraw(leaver);
        (uint256 pool,,) = vault.unbondingState();
        uint256 total = _activeAssets(prover) + pool;
        amount = bound(amount, 1, total * 9 / 10);
        _slashVault(amount);
        assertApproxEqAbs(_redeemAll(leaver), worth - worth.mulDivDown(amount, total), 2);
    }
}

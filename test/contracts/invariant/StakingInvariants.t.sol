// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {SystemFixture} from "../helpers/SystemFixture.sol";
import {StakingHandler} from "./StakingHandler.sol";
import {StakingLedger} from "./StakingLedger.sol";
import {ProverVault} from "contracts/ProverVault.sol";
import {PauseLevel, ProverState} from "contracts/interfaces/IProverRegistry.sol";

/// @notice What holds of registry and vaults after any sequence of actions. What must hold between the moments
/// before and after one action stands in StakingLedger. Each invariant is a campaign of its own, hence few runs
/// each.
/// forge-config: default.invariant.runs = 8
/// forge-config: default.invariant.depth = 64
/// forge-config: deep.invariant.runs = 64
/// forge-config: deep.invariant.depth = 256
contract StakingInvariantsTest is SystemFixture {
    StakingHandler internal handler;
    address internal secondMarket = makeAddr("second market");

    function setUp() public override {
        super.setUp();
        address[2] memory provers = [makeAddr("prover a"), makeAddr("prover b")];
        for (uint256 v; v < 2; ++v) {
            _register(provers[v], 3 * MIN_SELF_STAKE, 1000);
        }
        vm.prank(owner);
        registry.listMarket(secondMarket);
        address[] memory stakers = new address[](4);
        for (uint256 i; i < 4; ++i) {
            stakers[i] = makeAddr(string.concat("staker ", vm.toString(i)));
        }
        handler = new StakingHandler(token, registry, provers, [market, secondMarket], stakers);
        for (uint256 i; i < 4; ++i) {
            handler.deposit(4 * (i + 2) + 1, i, 10_000e18);
        }
        targetContract(address(handler));
    }

    function _vaults() private view returns (ProverVault[2] memory) {
        return [handler.vaults(0), handler.vaults(1)];
    }

    // ---------------------------------------------------------------- assets

    function invariant_01_a_vault_holds_exactly_what_it_counts_and_donations() public view {
        for (uint256 v; v < 2; ++v) {
            uint256 held = token.balanceOf(address(_vaults()[v]));
            assertEq(held, _counted(v) + handler.booksOf(v).donated);
        }
    }

    function invariant_02_what_was_paid_in_was_paid_out_or_is_counted() public view {
        for (uint256 v; v < 2; ++v) {
            StakingLedger.Books memory books = handler.booksOf(v);
            assertEq(books.paidIn, books.paidOut + _counted(v));
        }
    }

    function invariant_03_commission_owed_is_what_came_less_what_was_paid() public view {
        for (uint256 v; v < 2; ++v) {
            StakingLedger.Books memory books = handler.booksOf(v);
            (,, uint256 owed) = _vaults()[v].rewardState();
            assertEq(owed, books.commissionIn - books.commissionOut);
        }
    }

    function invariant_04_the_rolling_hash_is_that_of_all_changes_of_active_assets() public view {
        for (uint256 v; v < 2; ++v) {
            StakingLedger.Books memory books = handler.booksOf(v);
            (uint256 active, uint160 rollingHash) = _vaults()[v].stakeState();
            assertEq(active, books.active);
            assertEq(rollingHash, books.rollingHash);
        }
    }

    function invariant_05_priced_assets_never_exceed_active_assets() public view {
        for (uint256 v; v < 2; ++v) {
            (uint256 active,) = _vaults()[v].stakeState();
            assertLe(_vaults()[v].totalAssets(), active);
        }
    }

    function invariant_06_what_vests_is_active_and_vests_within_a_period() public view {
        for (uint256 v; v < 2; ++v) {
            (uint256 active,) = _vaults()[v].stakeState();
            (uint256 unvested, uint256 vestingEnd,) = _vaults()[v].rewardState();
            assertLe(unvested, active);
            assertLe(vestingEnd, block.timestamp + VESTING_PERIOD);
            if (vestingEnd <= block.timestamp) assertEq(unvested, 0);
        }
    }

    function invariant_07_a_vault_without_shares_has_no_active_assets() public view {
        for (uint256 v; v < 2; ++v) {
            (uint256 active,) = _vaults()[v].stakeState();
            if (_vaults()[v].totalSupply() == 0) assertEq(active, 0);
        }
    }

    // ---------------------------------------------------------------- shares and exits

    function invariant_08_shares_add_up_to_the_supply() public view {
        for (uint256 v; v < 2; ++v) {
            uint256 sum;
            for (uint256 i; i < handler.actorCount(); ++i) {
                sum += _vaults()[v].balanceOf(handler.actors(i));
            }
            assertEq(sum, _vaults()[v].totalSupply());
        }
    }

    function invariant_09_each_queue_holds_what_was_requested_and_not_claimed() public view {
        for (uint256 v; v < 2; ++v) {
            for (uint256 i; i < handler.actorCount(); ++i) {
                address controller = handler.actors(i);
                (uint256 total, uint256 claimable) = handler.expectedShares(v, controller);
                assertEq(_vaults()[v].pendingRedeemRequest(0, controller), total - claimable);
                assertEq(_vaults()[v].claimableRedeemRequest(0, controller), claimable);
                assertEq(_vaults()[v].maxRedeem(controller), claimable);
            }
        }
    }

    function invariant_10_unbonding_shares_are_the_queues_positions_and_what_rounding_left() public view {
        for (uint256 v; v < 2; ++v) {
            uint256 sum;
            for (uint256 i; i < handler.actorCount(); ++i) {
                address controller = handler.actors(i);
                (uint256 total,) = handler.expectedShares(v, controller);
                sum += handler.expectedPoolShares(v, controller, total);
            }
            (, uint256 poolShares,) = _vaults()[v].unbondingState();
            assertLe(sum, poolShares);
            assertLe(poolShares - sum, handler.booksOf(v).roundings);
        }
    }

    function invariant_11_a_matured_exit_is_worth_its_part_of_the_pool() public view {
        for (uint256 v; v < 2; ++v) {
            (uint256 poolAssets, uint256 poolShares,) = _vaults()[v].unbondingState();
            for (uint256 i; i < handler.actorCount(); ++i) {
                address controller = handler.actors(i);
                (, uint256 claimable) = handler.expectedShares(v, controller);
                uint256 part = handler.expectedPoolShares(v, controller, claimable);
                uint256 worth = poolShares == 0 ? 0 : part * poolAssets / poolShares;
                assertEq(_vaults()[v].maxWithdraw(controller), worth);
            }
        }
    }

    function invariant_12_an_unbonding_share_is_worth_between_a_billionth_and_one_wei() public view {
        for (uint256 v; v < 2; ++v) {
            (uint256 poolAssets, uint256 poolShares,) = _vaults()[v].unbondingState();
            assertLe(poolAssets, poolShares);
            assertLe(poolShares, poolAssets * 1e9);
        }
    }

    // ---------------------------------------------------------------- deposits

    function invariant_13_the_deposit_limit_is_what_a_deposit_accepts() public {
        for (uint256 v; v < 2; ++v) {
            ProverVault vault = _vaults()[v];
            uint256 most = vault.maxDeposit(staker);
            assertEq(vault.maxMint(staker) == 0, most == 0, "deposit and mint are open together");
            uint256 amount = most == 0 ? 1e18 : most;
            uint256 before = vm.snapshotState();
            _fund(staker, address(vault), amount);
            vm.prank(staker);
            (bool accepted,) = address(vault).call(abi.encodeCall(vault.deposit, (amount, staker)));
            assertEq(accepted, most != 0, "the limit is not what is accepted");
            vm.revertToStateAndDelete(before);
        }
    }

    // ---------------------------------------------------------------- the registry

    function invariant_14_locked_collateral_is_the_sum_over_markets() public view {
        for (uint256 v; v < 2; ++v) {
            address account = handler.provers(v);
            (uint256 first,) = registry.lockedBy(market, account);
            (uint256 second,) = registry.lockedBy(secondMarket, account);
            assertEq(registry.proverRecord(account).locked, first + second);
        }
    }

    function invariant_15_free_collateral_is_active_less_locked_or_nothing() public view {
        for (uint256 v; v < 2; ++v) {
            address account = handler.provers(v);
            (uint256 active,) = _vaults()[v].stakeState();
            uint256 locked = registry.proverRecord(account).locked;
            uint256 free = active > locked ? active - locked : 0;
            assertEq(registry.freeCollateral(account), free);
            (, uint256 selfStake) = _vaults()[v].collateral();
            bool fit =
                registry.proverRecord(account).state == ProverState.Active && selfStake >= MIN_SELF_STAKE;
            assertEq(registry.isEligible(account, free), fit);
            assertFalse(registry.isEligible(account, free + 1));
        }
    }

    function invariant_16_claimed_amounts_are_all_that_was_ever_credited() public view {
        for (uint256 v; v < 2; ++v) {
            StakingLedger.Books memory books = handler.booksOf(v);
            assertEq(registry.proverRecord(handler.provers(v)).claimed, books.cumulative);
            assertEq(registry.proverRecord(handler.provers(v)).claimedCommission, books.cumulativeCommission);
        }
    }

    function invariant_17_a_lock_may_never_be_slashed_later_than_an_exit_requested_now_is_paid() public view {
        for (uint256 v; v < 2; ++v) {
            (, uint256 first) = registry.lockedBy(market, handler.provers(v));
            (, uint256 second) = registry.lockedBy(secondMarket, handler.provers(v));
            assertLe(first, block.timestamp + UNBONDING_DELAY);
            assertLe(second, block.timestamp + UNBONDING_DELAY);
        }
    }

    function invariant_18_registry_and_factory_keep_no_tokens_and_rates_stay_below_the_maximum() public view {
        assertEq(token.balanceOf(address(registry)), 0);
        assertEq(token.balanceOf(registry.factory()), 0);
        for (uint256 v; v < 2; ++v) {
            assertLe(registry.commissionOf(handler.provers(v), market), MAX_COMMISSION_BPS);
            assertLe(registry.commissionOf(handler.provers(v), staker), MAX_COMMISSION_BPS);
        }
    }

    function invariant_19_views_never_revert() public view {
        for (uint256 v; v < 2; ++v) {
            ProverVault vault = _vaults()[v];
            for (uint256 i; i < handler.actorCount(); ++i) {
                address account = handler.actors(i);
                vault.maxDeposit(account);
                vault.maxMint(account);
                vault.maxRedeem(account);
                vault.maxWithdraw(account);
                vault.pendingRedeemRequest(0, account);
                vault.claimableRedeemRequest(0, account);
                registry.freeCollateral(account);
                registry.isEligible(account, type(uint256).max);
                registry.vaultOf(account);
            }
            vault.previewDeposit(1e18);
            vault.previewMint(1e18);
            vault.collateral();
        }
    }

    function invariant_20_a_pause_stops_exit_requests_for_a_bounded_time() public view {
        uint256 end = registry.exitPauseEnd();
        assertLe(end, block.timestamp + registry.MAX_EXIT_PAUSE());
        PauseLevel level = block.timestamp < end ? PauseLevel.DepositsAndExits : PauseLevel.Deposits;
        if (!registry.paused()) level = PauseLevel.None;
        assertEq(uint256(registry.pauseLevel()), uint256(level));
    }

    // ---------------------------------------------------------------- the end of each run

    /// @dev Whatever happened: paused, jailed and delisted, everybody's exits are paid once the delay is over. So are
    /// those of who asks only then: the pause is never lifted.
    function afterInvariant() public {
        vm.startPrank(registry.guardian());
        if (!registry.paused()) registry.pause();
        for (uint256 v; v < 2; ++v) {
            address account = handler.provers(v);
            if (registry.proverRecord(account).state != ProverState.Jailed) registry.jail(account);
        }
        vm.stopPrank();
        skip(UNBONDING_DELAY + registry.MAX_EXIT_PAUSE() + 1);
        _everybodyIsPaid();
        for (uint256 v; v < 2; ++v) {
            ProverVault vault = _vaults()[v];
            for (uint256 i; i < handler.actorCount(); ++i) {
                address account = handler.actors(i);
                uint256 shares = vault.balanceOf(account);
                if (account == handler.provers(v) || vault.convertToAssets(shares) == 0) continue;
                vm.prank(account);
                vault.requestRedeem(shares, account, account);
            }
        }
        skip(UNBONDING_DELAY + 1);
        _everybodyIsPaid();
    }

    function _everybodyIsPaid() private {
        for (uint256 v; v < 2; ++v) {
            ProverVault vault = _vaults()[v];
            for (uint256 i; i < handler.actorCount(); ++i) {
                address controller = handler.actors(i);
                assertEq(vault.pendingRedeemRequest(0, controller), 0, "an exit is still pending");
                uint256 shares = vault.maxRedeem(controller);
                if (shares == 0) continue;
                uint256 assets = vault.maxWithdraw(controller);
                vm.prank(controller);
                assertEq(vault.redeem(shares, controller, controller), assets, "an exit is not paid");
            }
            (uint256 poolAssets, uint256 poolShares,) = vault.unbondingState();
            // An unbonding share is worth a wei at most.
            assertLe(poolAssets, poolShares, "more is left of the unbonding pool than rounding");
            assertLe(poolShares, handler.booksOf(v).roundings + 5 * handler.actorCount());
            registry.claimCommission(handler.provers(v));
        }
    }

    // ---------------------------------------------------------------- the handler itself

    function test_each_action_succeeds_in_at_least_half_of_its_calls_and_each_state_is_reached() public {
        bytes4[] memory selectors = _selectors();
        uint256 random = 1;
        for (uint256 i; i < 1500; ++i) {
            random = uint256(keccak256(abi.encode(random)));
            bytes4 selector = selectors[random % selectors.length];
            bytes memory arguments = abi.encode(
                _word(random, 1), _word(random, 2), _word(random, 3), _word(random, 4), _word(random, 5) % 2
            );
            (bool success, bytes memory reason) = address(handler).call(bytes.concat(selector, arguments));
            assertTrue(success, string(reason));
        }
        handler.printAndCheck(selectors.length);
        handler.printAndCheckStates(handler.stateNames());
    }

    function _word(uint256 random, uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(random, i)));
    }

    function _selectors() private pure returns (bytes4[] memory selectors) {
        bytes4[25] memory all = [
            StakingHandler.deposit.selector,
            StakingHandler.mint.selector,
            StakingHandler.addReward.selector,
            StakingHandler.claimReward.selector,
            StakingHandler.donate.selector,
            StakingHandler.transfer.selector,
            StakingHandler.requestRedeem.selector,
            StakingHandler.redeem.selector,
            StakingHandler.withdraw.selector,
            StakingHandler.claimDue.selector,
            StakingHandler.grind.selector,
            StakingHandler.abandon.selector,
            StakingHandler.claimCommission.selector,
            StakingHandler.lock.selector,
            StakingHandler.unlock.selector,
            StakingHandler.slash.selector,
            StakingHandler.lockAndSlash.selector,
            StakingHandler.setCommission.selector,
            StakingHandler.removeCommission.selector,
            StakingHandler.leaveOrReturn.selector,
            StakingHandler.jailOrFree.selector,
            StakingHandler.pauseOrUnpause.selector,
            StakingHandler.listOrDelist.selector,
            StakingHandler.changeRoles.selector,
            StakingHandler.passTime.selector
        ];
        selectors = new bytes4[](all.length);
        for (uint256 i; i < all.length; ++i) {
            selectors[i] = all[i];
        }
    }

    function _counted(uint256 v) private view returns (uint256) {
        (uint256 active,) = _vaults()[v].stakeState();
        (,, uint256 owed) = _vaults()[v].rewardState();
        (uint256 unbonding,,) = _vaults()[v].unbondingState();
        return active + owed + unbonding;
    }
}

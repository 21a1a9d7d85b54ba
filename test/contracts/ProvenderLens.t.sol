// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {DistributorFixture} from "./helpers/DistributorFixture.sol";
import {MarketFixture} from "./helpers/MarketFixture.sol";
import {ProvenderLens} from "contracts/ProvenderLens.sol";
import {RewardDistributor} from "contracts/RewardDistributor.sol";
import {ExitView, ProverView, SystemView} from "contracts/interfaces/IProvenderLens.sol";
import {ProverState} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {DistributorConfig} from "contracts/interfaces/IRewardDistributor.sol";
import {ERC4626} from "solmate/src/tokens/ERC4626.sol";

contract ProvenderLensTest is DistributorFixture {
    ProvenderLens private lens;

    function setUp() public override {
        super.setUp();
        lens = new ProvenderLens(distributor);
    }

    function test_lens_reads_the_system_of_its_distributor() public {
        assertEq(lens.distributor(), distributor);
        _register(prover, MIN_SELF_STAKE, 1000);
        _fundRewards(9 * BUDGET);
        bytes32 root = _root(_one(prover, 400 ether, 0));
        _postActive(0, root, 400 ether);
        _claim(Leaf(prover, 400 ether, 0), new bytes32[](0));
        _end(1);
        _post(1, root, 400 ether);
        vm.prank(guardian);
        registry.pause();
        SystemView memory v = lens.system();
        assertEq(v.blockNumber, block.number);
        assertEq(v.timestamp, block.timestamp);
        assertEq(v.currentEpoch, 2);
        assertEq(v.nextEpoch, 2);
        assertEq(v.funds, 9 * BUDGET - 400 ether);
        assertEq(v.promised, 600 ether + 3 * BUDGET);
        assertEq(v.surplus, v.funds - v.promised);
        assertEq(v.carry, 600 ether);
        assertEq(v.totalClaimed, 400 ether);
        assertEq(abi.encode(v.latest), abi.encode(rewards.latestPost()));
        assertEq(abi.encode(v.active), abi.encode(rewards.activePost()));
        assertEq(v.latest.epoch, 1);
        assertEq(v.active.epoch, 0);
        assertEq(v.proverCount, 1);
        assertTrue(v.paused);
    }

    function testFuzz_lens_reads_a_prover_in_every_account_it_has(
        uint256 staked,
        uint256 rewarded,
        uint256 locked,
        uint256 exited
    ) public {
        staked = bound(staked, 1 ether, 1e26);
        rewarded = bound(rewarded, 1 ether, 1e24);
        exited = bound(exited, 1e9, staked / 2);
        IProverVault vault = _register(prover, MIN_SELF_STAKE, 1000);
        _stake(staker, prover, staked);
        vm.prank(prover);
        registry.setCommission(distributor, 500);
        _reward(stranger, prover, rewarded);
        skip(1 days);
        vm.prank(staker);
        vault.requestRedeem(exited, staker, staker);
        locked = bound(locked, 0, registry.freeCollateral(prover));
        _lock(prover, locked, block.timestamp + 1 hours);

        ProverView memory v = lens.prover(prover);
        assertEq(v.prover, prover);
        assertEq(v.vault, address(vault));
        assertEq(v.payout, registry.proverRecord(prover).payout);
        assertEq(uint256(v.state), uint256(ProverState.Active));
        assertTrue(v.eligible);
        assertEq(v.registeredAt, START);
        assertEq(v.activeAssets, _activeAssets(prover));
        assertEq(v.totalAssets, ERC4626(address(vault)).totalAssets());
        assertEq(v.activeAssets, v.totalAssets + v.unvested);
        assertEq(v.totalShares, ERC4626(address(vault)).totalSupply());
        assertEq(v.sharePrice, ERC4626(address(vault)).convertToAssets(1e18));
        assertGe(v.sharePrice, 1 ether);
        assertGt(v.unvested, 0);
        assertEq(v.vestingEnd, START + VESTING_PERIOD);
        assertEq(v.commissionOwed, rewarded / 10);
        (uint256 unbonding, uint256 unbondingShares, uint256 generation) = vault.unbondingState();
        assertGt(unbonding, 0);
        assertEq(v.unbondingAssets, unbonding);
        assertEq(v.unbondingShares, unbondingShares);
        assertEq(v.unbondingGeneration, generation);
        (, uint256 selfStake) = vault.collateral();
        assertEq(v.selfStake, selfStake);
        assertEq(v.locked, locked);
        assertEq(v.freeCollateral, v.activeAssets - locked);
        assertEq(v.commissionBps, 500, "the distributor's rate, not the default");
        assertEq(v.maxDeposit, ERC4626(address(vault)).maxDeposit(prover));
        assertGt(v.maxDeposit, 0);
        assertEq(v.openAssignments, 0);
    }

    /// @dev Exits of several generations, some of them worth nothing any more, the first claimed in part.
    function testFuzz_lens_reads_each_exit_and_since_when_it_is_due(uint256 seed, uint256 claimed) public {
        ERC4626 vault = ERC4626(address(_register(prover, 1e6 ether, 0)));
        _stake(staker, prover, 1e6 ether);
        uint256[] memory requested = new uint256[](6);
        for (uint256 i; i < 6; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            // Of next to nothing, so that a slash begins a generation, and of more.
            requested[i] = bound(random, 1e9, (random >> 200) % 2 == 0 ? 1e13 : 1e23);
            vm.prank(staker);
            IProverVault(address(vault)).requestRedeem(requested[i], staker, staker);
            uint256 free = registry.freeCollateral(prover);
            // Down to nothing now and then.
            _lockAndSlash(prover, random % 3 == 0 ? free - free / 10 ** (random % 14) : free - free / 10);
            _reward(stranger, prover, 1e24);
            skip(VESTING_PERIOD);
        }
        claimed = bound(claimed, 0, vault.maxRedeem(staker));
        if (claimed != 0) {
            vm.prank(staker);
            vault.redeem(claimed, staker, staker);
        }
        _assertExits(vault, requested, claimed);
        assertEq(lens.exits(prover, stranger, 0, 10).length, 0);
        assertEq(lens.exits(stranger, staker, 0, 10).length, 0, "no vault yet");
    }

    function _assertExits(ERC4626 vault, uint256[] memory requested, uint256 claimed) private view {
        ExitView[] memory exits = lens.exits(prover, staker, 0, type(uint256).max);
        uint256 due;
        uint256 worth;
        uint256 next = requested.length - exits.length;
        for (uint256 i; i < exits.length; ++i) {
            assertEq(exits[i].number, next + i + 1);
            assertEq(exits[i].dueAt, START + (next + i) * VESTING_PERIOD + UNBONDING_DELAY + 1);
            if (i != 0) assertEq(exits[i].shares, requested[next + i]);
            if (exits[i].dueAt > block.timestamp) continue;
            due += exits[i].shares;
            worth += exits[i].assets;
            ExitView[] memory page = lens.exits(prover, staker, i, 1);
            assertEq(abi.encode(page[0]), abi.encode(exits[i]));
        }
        assertEq(due, vault.maxRedeem(staker));
        assertEq(due + claimed, requested[0] + requested[1] + requested[2] + requested[3]);
        assertLe(worth, vault.maxWithdraw(staker));
        assertLe(vault.maxWithdraw(staker) - worth, 2 * exits.length, "what rounding takes");
        assertEq(lens.exits(prover, staker, exits.length, 5).length, 0);
        assertEq(lens.exits(prover, staker, exits.length - 1, 5).length, 1, "no more than there are");
        assertEq(lens.exits(prover, staker, type(uint256).max, 5).length, 0);
    }

    function test_lens_reads_what_a_prover_has_claimed() public {
        _register(prover, MIN_SELF_STAKE, 1000);
        _postActive(0, _root(_one(prover, 10 ether, 1 ether)), 10 ether);
        _claim(Leaf(prover, 10 ether, 1 ether), new bytes32[](0));
        vm.prank(guardian);
        registry.jail(prover);
        ProverView memory v = lens.prover(prover);
        assertEq(v.claimed, 10 ether);
        assertEq(v.claimedCommission, 1 ether);
        assertEq(uint256(v.state), uint256(ProverState.Jailed));
        assertFalse(v.eligible);
        assertEq(v.maxDeposit, 0);
    }

    function testFuzz_lens_says_only_the_future_vault_of_a_stranger(address account) public view {
        ProverView memory expected;
        (expected.prover, expected.vault) = (account, registry.vaultOf(account));
        assertEq(abi.encode(lens.prover(account)), abi.encode(expected));
    }

    function testFuzz_lens_pages_in_order_of_registration(uint256 total, uint256 offset, uint256 count)
        public
    {
        total = bound(total, 0, 6);
        for (uint256 i = 0; i < total; ++i) {
            _register(address(uint160(0xABC000 + i)), MIN_SELF_STAKE, 0);
        }
        offset = offset % 2 == 0 ? bound(offset, 0, 8) : offset;
        count = count % 2 == 0 ? bound(count, 0, 8) : count;
        ProverView[] memory page = lens.provers(offset, count);
        uint256 left = offset < total ? total - offset : 0;
        assertEq(page.length, count < left ? count : left);
        for (uint256 i = 0; i < page.length; ++i) {
            assertEq(page[i].prover, registry.proverAt(offset + i));
            assertEq(page[i].activeAssets, MIN_SELF_STAKE);
        }
    }
}

/// @notice The same lens beside a market that takes requests.
contract ProvenderLensAssignmentsTest is MarketFixture {
    function _deployDistributor() internal override {
        RewardDistributor deployed = new RewardDistributor(
            DistributorConfig({
                registry: address(registry),
                market: market,
                publisher: stranger,
                auditors: new address[](0),
                challengeWindow: 1 hours,
                quorum: 0,
                allowZeroQuorum: true,
                budget: 0,
                policy: "{}"
            })
        );
        assertEq(address(deployed), distributor);
    }

    function testFuzz_lens_counts_open_assignments(uint256 won) public {
        won = bound(won, 0, MAX_OPEN);
        ProvenderLens lens = new ProvenderLens(distributor);
        for (uint256 i = 0; i < won; ++i) {
            bytes32 id = _request(2 ether);
            _commit(id, alice, 1 ether);
            _toReveal(id);
            _reveal(id, alice, 1 ether);
        }
        assertEq(lens.prover(alice).openAssignments, won);
        assertEq(lens.prover(bob).openAssignments, 0);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {MarketFixture} from "../helpers/MarketFixture.sol";
import {TestVerifier} from "../helpers/TestVerifiers.sol";
import {ProverVault} from "contracts/ProverVault.sol";
import {IProofMarket, MarketParameters, Request, RequestParams} from "contracts/interfaces/IProofMarket.sol";
import {IProverRegistry} from "contracts/interfaces/IProverRegistry.sol";

/// @notice What users and auditors found in other proof markets, numbered as in the list of them, on the real
/// market, registry and vaults.
contract MarketPeersTest is MarketFixture {
    uint256 internal constant MAX_FEE = 100 ether;
    uint256 internal constant LOCK = 150 ether;

    function _statement() private view returns (bytes32) {
        return proofMarket.statementId(KEY_HASH, PROGRAM, DIGEST);
    }

    function _expectFulfilled(
        bytes32 id,
        address winner,
        address asker,
        uint256 sequence,
        uint256 fee,
        uint256 protocolFee,
        uint256 counted
    ) private {
        bytes32 statement = _statement();
        vm.expectEmit(market);
        emit IProofMarket.Fulfilled(
            id,
            winner,
            0,
            sequence,
            asker,
            statement,
            fee,
            protocolFee,
            fee * MULTIPLIER,
            counted,
            block.timestamp
        );
    }

    // ---------------------------------------------------------------- 4: jobs that outlast the stake behind them

    function testFuzz_peers_04_no_job_outlasts_the_delay_of_the_stake_behind_it(uint256 beyond, uint256 stake)
        public
    {
        _stake(staker, alice, bound(stake, 1 ether, 1e27));
        RequestParams memory params = _params(MAX_FEE);
        uint256 latest = block.timestamp + params.commitDuration + UNBONDING_DELAY - EXPIRY_GRACE;
        params.deadline = latest + bound(beyond, 1, 365 days);
        token.mint(requester, MAX_FEE);
        vm.expectRevert(_refused("deadline"));
        vm.prank(requester);
        proofMarket.request(params);

        params.deadline = latest;
        bytes32 id = _request(params);
        _assigned(id, alice, 40 ether);
        ProverVault vault = ProverVault(registry.vaultOf(alice));
        vm.startPrank(alice);
        vm.expectRevert(IProverRegistry.OpenLocks.selector);
        registry.deactivate();
        vault.requestRedeem(vault.balanceOf(alice) - vault.convertToShares(MIN_SELF_STAKE) - 1, alice, alice);
        vm.stopPrank();
        uint256 shares = vault.balanceOf(staker);
        vm.prank(staker);
        vault.requestRedeem(shares, staker, staker);

        vm.warp(latest + EXPIRY_GRACE);
        assertEq(vault.maxRedeem(alice) + vault.maxRedeem(staker), 0, "somebody left ahead of the slash");
        proofMarket.expire(id);
        assertEq(token.balanceOf(treasury), LOCK, "slashed whole");
    }

    // ---------------------------------------------------------------- 8: changes that reach back

    function testFuzz_peers_08_no_change_reaches_a_request_that_exists_or_an_epoch_begun(uint256 bps) public {
        bps = bound(bps, 0, proofMarket.MAX_MULTIPLIER_BPS());
        bytes32 id = _request(MAX_FEE);
        _commit(id, alice, 50 ether);
        Request memory before = proofMarket.requestOf(id);
        vm.startPrank(owner);
        proofMarket.setParameters(
            MarketParameters({
                protocolFeeBps: 3000,
                lockBps: 50_000,
                maxStakeMultiple: 1,
                minFee: 1e24,
                bond: 1e24,
                maxOpenAssignments: 1
            })
        );
        proofMarket.addVerifier(address(new TestVerifier("another key")));
        vm.expectRevert(_refused("fromEpoch"));
        proofMarket.setMultiplier(1, PROGRAM, bps, 0);
        proofMarket.setMultiplier(1, PROGRAM, bps, 1);
        vm.stopPrank();
        assertEq(abi.encode(proofMarket.requestOf(id)), abi.encode(before));

        _toReveal(id);
        _reveal(id, alice, 50 ether);
        assertEq(_locked(alice), LOCK);
        _toFulfil(id);
        _fulfil(id);
        assertEq(token.balanceOf(treasury), 5 ether, "the fee of the day of the request");
        assertEq(proofMarket.countedWeightOf(requester, _statement()), 50 ether * MULTIPLIER);
    }

    // ---------------------------------------------------------------- 11: activity that nobody worked for

    function testFuzz_peers_11_a_zk_proof_used_again_counts_no_second_time(
        uint256 fee,
        uint256 again,
        bool byAnother
    ) public {
        fee = bound(fee, 1, MAX_FEE);
        again = bound(again, 1, fee);
        bytes32 first = _request(MAX_FEE);
        _assigned(first, alice, fee);
        bytes memory zkProof = _zkProof(first);
        vm.prank(alice);
        proofMarket.fulfil(first, zkProof);
        assertEq(proofMarket.countedWeightOf(requester, _statement()), fee * MULTIPLIER);

        bytes32 second = _request(MAX_FEE);
        address winner = byAnother ? bob : alice;
        _assigned(second, winner, again);
        _expectFulfilled(second, winner, requester, 2, again, again / 10, 0);
        vm.prank(winner);
        proofMarket.fulfil(second, zkProof);
        assertEq(proofMarket.countedWeightOf(requester, _statement()), fee * MULTIPLIER);
    }

    function testFuzz_peers_11_bids_and_reveals_move_no_counter(uint256 bids) public {
        bids = bound(bids, 1, 20);
        bytes32 id = _request(MAX_FEE);
        for (uint256 i = 0; i < bids; ++i) {
            _commit(id, alice, 30 ether);
            _commit(id, bob, 40 ether);
        }
        _toReveal(id);
        _reveal(id, alice, 30 ether);
        _reveal(id, bob, 40 ether);
        for (uint256 i = 0; i < bids; ++i) {
            vm.expectRevert(IProofMarket.AlreadyRevealed.selector);
            _reveal(id, i % 2 == 0 ? alice : bob, i % 2 == 0 ? 30 ether : 40 ether);
        }
        assertEq(proofMarket.openAssignments(alice), 1);
        assertEq(proofMarket.openAssignments(bob), 0);
        assertEq(_locked(alice), LOCK);
        assertEq(_locked(bob), 0);
        assertEq(proofMarket.fulfilmentAccumulator(0).count, 0);
        assertEq(proofMarket.countedWeightOf(requester, _statement()), 0);
        _toFulfil(id);
        _fulfil(id);
        assertEq(proofMarket.fulfilmentAccumulator(0).count, 1);
        assertEq(proofMarket.missAccumulator(0).count, 0);
    }

    function testFuzz_peers_11_a_miss_belongs_to_its_deadlines_epoch_whenever_it_is_noticed(uint256 noticed)
        public
    {
        bytes32 id = _request(MAX_FEE);
        _assigned(id, alice, 40 ether);
        uint256 deadline = proofMarket.requestOf(id).deadline;
        uint256 epoch = proofMarket.epochAt(deadline);
        vm.warp(bound(noticed, deadline + 1, deadline + 30 * EPOCH_LENGTH));
        uint256 running = proofMarket.currentEpoch();
        proofMarket.expire(id);
        assertEq(proofMarket.missAccumulator(epoch).count, 1);
        if (running != epoch) assertEq(proofMarket.missAccumulator(running).count, 0);
    }

    /// The prover asks itself for work and pays itself: what is gone is the protocol fee, and that is what the work is
    /// logged with. Without a fee it is free, and logged with a fee of 0, of which fee match allows no reward.
    function testFuzz_peers_11_self_dealing_costs_the_protocol_fee_that_its_work_is_logged_with(
        uint256 fee,
        uint256 feeBps
    ) public {
        fee = bound(fee, 1, MAX_FEE);
        feeBps = bound(feeBps, 0, proofMarket.MAX_PROTOCOL_FEE_BPS());
        MarketParameters memory parameters = _parameters();
        parameters.protocolFeeBps = feeBps;
        vm.prank(owner);
        proofMarket.setParameters(parameters);
        token.mint(alice, MAX_FEE);
        uint256 before = _wealth(alice);
        vm.startPrank(alice);
        token.approve(market, MAX_FEE);
        bytes32 id = proofMarket.request(_params(MAX_FEE));
        vm.stopPrank();
        _assigned(id, alice, fee);
        uint256 protocolFee = fee * feeBps / 10_000;
        _expectFulfilled(id, alice, alice, 1, fee, protocolFee, fee * MULTIPLIER);
        _fulfil(id);
        skip(VESTING_PERIOD);
        uint256 lost = before - _wealth(alice);
        assertGe(lost, protocolFee, "a gain");
        assertLe(lost, protocolFee + 2, "more than the fee");
    }

    /// @dev All that is of an account which alone stakes in its own vault.
    function _wealth(address account) private view returns (uint256) {
        ProverVault vault = ProverVault(registry.vaultOf(account));
        return token.balanceOf(account) + proofMarket.credits(account) + _commissionOwed(account)
            + vault.convertToAssets(vault.balanceOf(account));
    }
}

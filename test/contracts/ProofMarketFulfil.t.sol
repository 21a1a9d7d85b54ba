// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {MarketFixture} from "./helpers/MarketFixture.sol";
import {OddVerifier, TestVerifier} from "./helpers/TestVerifiers.sol";
import {
    Accumulator,
    IProofMarket,
    MarketParameters,
    RequestParams,
    RequestStatus
} from "contracts/interfaces/IProofMarket.sol";
import {IProverRegistry} from "contracts/interfaces/IProverRegistry.sol";
import {Vm} from "forge-std/Vm.sol";

contract ProofMarketFulfilTest is MarketFixture {
    uint256 internal constant LOCK = 150 ether;
    uint256 internal constant MAX_FEE = 100 ether;

    // ---------------------------------------------------------------- refusals

    function test_fulfil_reverts_when_the_request_is_not_open() public {
        _assertRefused("unknown", alice, "", abi.encodeWithSelector(IProofMarket.RequestNotOpen.selector));
        bytes32 id = _request(MAX_FEE);
        _assigned(id, alice, 1 ether);
        _fulfil(id);
        bytes memory zkProof = _zkProof(id);
        _assertRefused(id, alice, zkProof, abi.encodeWithSelector(IProofMarket.RequestNotOpen.selector));
        vm.expectRevert(IProofMarket.RequestNotOpen.selector);
        proofMarket.expire(id);
    }

    function test_fulfil_reverts_when_nobody_is_assigned() public {
        bytes32 id = _request(MAX_FEE);
        _commit(id, alice, 1 ether);
        _toFulfil(id);
        _assertRefused(id, alice, _zkProof(id), abi.encodeWithSelector(IProofMarket.NotAssigned.selector));
    }

    function test_fulfil_reverts_when_the_caller_is_not_the_leader() public {
        bytes32 id = _request(MAX_FEE);
        _commit(id, bob, 2 ether);
        _commit(id, alice, 1 ether);
        _toReveal(id);
        _reveal(id, bob, 2 ether);
        _reveal(id, alice, 1 ether);
        _toFulfil(id);
        _assertRefused(
            id, bob, _zkProof(id), abi.encodeWithSelector(IProofMarket.SubmitterNotApproved.selector)
        );
    }

    function test_fulfil_is_open_from_reveal_end_to_the_deadline() public {
        bytes32 id = _request(MAX_FEE);
        bytes32 last = _request(MAX_FEE);
        _commit(id, alice, 1 ether);
        _commit(last, alice, 1 ether);
        _toReveal(id);
        _reveal(id, alice, 1 ether);
        _reveal(last, alice, 1 ether);
        bytes memory zkProof = _zkProof(id);
        vm.warp(proofMarket.requestOf(id).revealEnd);
        _assertRefused(id, alice, zkProof, abi.encodeWithSelector(IProofMarket.RevealNotClosed.selector));
        vm.warp(proofMarket.requestOf(id).deadline);
        vm.expectRevert(IProofMarket.DeadlineNotPassed.selector);
        proofMarket.expire(id);
        _fulfil(id);
        vm.warp(block.timestamp + 1);
        _assertRefused(last, alice, zkProof, abi.encodeWithSelector(IProofMarket.DeadlinePassed.selector));
    }

    function testFuzz_fulfil_reverts_when_the_zk_proof_is_another(bytes calldata zkProof) public {
        bytes32 id = _request(MAX_FEE);
        _assigned(id, alice, 1 ether);
        vm.assume(keccak256(zkProof) != keccak256(_zkProof(id)));
        _assertRefused(id, alice, zkProof, abi.encodeWithSelector(IProofMarket.InvalidProof.selector));
        _assertStatus(id, RequestStatus.Open);
    }

    function test_fulfil_reverts_when_the_verifier_is_withdrawn() public {
        bytes32 id = _request(MAX_FEE);
        _assigned(id, alice, 1 ether);
        vm.prank(guardian);
        proofMarket.withdrawVerifier(1);
        _assertRefused(
            id, alice, _zkProof(id), abi.encodeWithSelector(IProofMarket.VerifierIsWithdrawn.selector)
        );
    }

    function test_fulfil_reverts_when_too_little_gas_is_left_for_the_verifier() public {
        bytes32 id = _request(MAX_FEE);
        _assigned(id, alice, 1 ether);
        bytes memory zkProof = _zkProof(id);
        vm.prank(alice);
        (bool success, bytes memory answer) =
            market.call{gas: 500_000}(abi.encodeCall(IProofMarket.fulfil, (id, zkProof)));
        assertFalse(success);
        assertEq(answer, abi.encodeWithSelector(IProofMarket.InsufficientGas.selector));
        _fulfil(id);
    }

    /// Whatever gas is left, and whatever the zk proof's length costs: the verifier gets all it was promised, or
    /// is not asked.
    function testFuzz_fulfil_reverts_for_gas_or_asks_with_all_of_it(uint256 gas, uint256 length) public {
        (OddVerifier odd, bytes32 id) = _oddRequest();
        odd.set(OddVerifier.Answer.Greedy);
        gas = bound(gas, 500_000, 560_000);
        bytes memory call = abi.encodeCall(IProofMarket.fulfil, (id, new bytes(bound(length, 0, 4096))));
        // Cold, as a transaction finds them.
        vm.cool(address(odd));
        vm.cool(market);
        vm.prank(alice);
        (bool success, bytes memory answer) = market.call{gas: gas}(call);
        bool toldSo =
            keccak256(answer) == keccak256(abi.encodeWithSelector(IProofMarket.InsufficientGas.selector));
        // Out of gas altogether: no answer.
        assertTrue(success || toldSo || answer.length == 0);
    }

    // ---------------------------------------------------------------- payment

    struct Before {
        uint256 vault;
        uint256 active;
        uint256 commission;
        uint256 treasury;
        uint256 market;
    }

    function testFuzz_fulfil_pays_the_price_and_credits_the_rest(
        uint256 maxFee,
        uint256 lower,
        uint256 higher,
        uint256 feeBps,
        uint256 wait
    ) public {
        maxFee = bound(maxFee, 1000, 1000 ether);
        higher = bound(higher, 1, maxFee);
        lower = bound(lower, 1, higher);
        feeBps = bound(feeBps, 0, 3000);
        MarketParameters memory parameters = _parameters();
        parameters.protocolFeeBps = feeBps;
        vm.prank(owner);
        proofMarket.setParameters(parameters);

        bytes32 id = _request(maxFee);
        _commit(id, alice, lower);
        _commit(id, bob, higher);
        _toReveal(id);
        _reveal(id, alice, lower);
        _reveal(id, bob, higher);
        _toFulfil(id);
        uint256 left = proofMarket.requestOf(id).deadline - block.timestamp;
        vm.warp(block.timestamp + bound(wait, 0, left));
        Before memory was = _before(alice);

        uint256 protocolFee = higher * feeBps / 10_000;
        uint256 commission = (higher - protocolFee) * COMMISSION_BPS / 10_000;
        _expectFulfilled(id, alice, 1, higher, protocolFee, higher * MULTIPLIER);
        if (maxFee > higher) {
            vm.expectEmit(market);
            emit IProofMarket.Credited(requester, maxFee - higher);
        }
        vm.expectEmit(address(registry));
        emit IProverRegistry.RewardReceived(alice, market, higher - protocolFee, commission);
        _fulfil(id);

        _assertStatus(id, RequestStatus.Fulfilled);
        assertEq(token.balanceOf(registry.vaultOf(alice)) - was.vault, higher - protocolFee, "vault");
        assertEq(_activeAssets(alice) - was.active, higher - protocolFee - commission, "active");
        assertEq(_commissionOwed(alice) - was.commission, commission, "commission");
        assertEq(token.balanceOf(treasury) - was.treasury, protocolFee, "treasury");
        assertEq(proofMarket.credits(requester), maxFee - higher, "credit");
        assertEq(was.market - token.balanceOf(market), higher, "escrow");
        assertEq(_locked(alice), 0, "lock");
        assertEq(proofMarket.openAssignments(alice), 0, "open");
    }

    function test_nothing_is_credited_where_the_price_is_the_whole_fee() public {
        bytes32 id = _request(MAX_FEE);
        _assigned(id, alice, MAX_FEE);
        vm.recordLogs();
        _fulfil(id);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], IProofMarket.Credited.selector);
        }
        assertEq(proofMarket.credits(requester), 0);
    }

    function test_a_protocol_fee_of_a_single_wei_is_paid() public {
        bytes32 id = _request(MAX_FEE);
        _assigned(id, alice, 10);
        _fulfil(id);
        assertEq(token.balanceOf(treasury), 1);
        assertEq(_activeAssets(alice) - STAKE, 9);
    }

    function test_parameters_changed_meanwhile_do_not_reach_the_request() public {
        bytes32 id = _request(MAX_FEE);
        MarketParameters memory parameters = _parameters();
        parameters.protocolFeeBps = 3000;
        parameters.bond = 100 ether;
        parameters.lockBps = 100;
        parameters.maxOpenAssignments = 1;
        bytes32 another = _request(MAX_FEE);
        vm.prank(owner);
        proofMarket.setParameters(parameters);
        _commit(id, alice, 50 ether);
        _commit(another, alice, 50 ether);
        assertEq(_locked(alice), 2 * BOND);
        _toReveal(id);
        _reveal(id, alice, 50 ether);
        _reveal(another, alice, 50 ether);
        assertEq(_locked(alice), 2 * LOCK);
        _toFulfil(id);
        _fulfil(id);
        assertEq(token.balanceOf(treasury), 5 ether);
    }

    function test_a_jailed_winner_fulfils_and_is_paid() public {
        bytes32 id = _request(MAX_FEE);
        _assigned(id, alice, 50 ether);
        vm.startPrank(guardian);
        registry.jail(alice);
        registry.pause();
        vm.stopPrank();
        uint256 active = _activeAssets(alice);
        _fulfil(id);
        assertEq(_activeAssets(alice) - active, 45 ether * 95 / 100);
    }

    function test_a_winner_slashed_by_another_market_fulfils_and_is_paid() public {
        address other = _listAnotherMarket();
        bytes32 id = _request(MAX_FEE);
        _assigned(id, alice, 50 ether);
        _slashBy(other, alice, STAKE - LOCK);
        assertFalse(registry.isEligible(alice, 0));
        assertEq(_activeAssets(alice), LOCK);
        _fulfil(id);
        assertEq(_activeAssets(alice), LOCK + 45 ether * 95 / 100);
        assertEq(_locked(alice), 0);
    }

    function test_a_delisted_market_fulfils_and_pays() public {
        bytes32 id = _request(MAX_FEE);
        _assigned(id, alice, 50 ether);
        vm.prank(owner);
        registry.delistMarket(market);
        _fulfil(id);
        assertEq(_locked(alice), 0);
        assertEq(token.balanceOf(treasury), 5 ether);
    }

    function test_a_request_with_the_least_lock_and_bond_and_without_protocol_fee_works() public {
        MarketParameters memory parameters = _parameters();
        (parameters.protocolFeeBps, parameters.bond, parameters.lockBps) = (0, 1e15, 100);
        vm.prank(owner);
        proofMarket.setParameters(parameters);
        bytes32 id = _request(MAX_FEE);
        _commit(id, bob, 60 ether);
        _commit(id, carol, 70 ether);
        _assigned(id, alice, 50 ether);
        assertEq(_locked(alice), MAX_FEE / 100);
        _fulfil(id);
        assertEq(_locked(alice), 0);
        assertEq(token.balanceOf(treasury), 0);
        proofMarket.forfeit(id, bob);
        assertEq(_activeAssets(bob), STAKE - 1e15);
    }

    // ---------------------------------------------------------------- counting

    function testFuzz_a_statement_proven_again_counts_only_the_excess(uint256[4] memory fees) public {
        uint256 highest = 0;
        for (uint256 i = 0; i < fees.length; ++i) {
            fees[i] = bound(fees[i], 1, MAX_FEE);
            address bidder = i % 2 == 0 ? alice : bob;
            bytes32 id = _request(MAX_FEE);
            _assigned(id, bidder, fees[i]);
            uint256 weight = fees[i] * MULTIPLIER;
            uint256 counted = weight > highest ? weight - highest : 0;
            uint256 active = _activeAssets(bidder);
            _expectFulfilled(id, bidder, i + 1, fees[i], fees[i] / 10, counted);
            _fulfil(id);
            highest += counted;
            assertEq(proofMarket.countedWeightOf(requester, _statement()), highest);
            assertGe(_activeAssets(bidder), active + fees[i] * 9 / 10 * 95 / 100 - 1, "paid again");
        }
    }

    function testFuzz_a_statement_counts_anew_for_each_requester(uint256 fee, uint256 copied) public {
        fee = bound(fee, 1, MAX_FEE);
        copied = bound(copied, 1, MAX_FEE);
        address copier = makeAddr("copier");
        vm.prank(copier);
        token.approve(market, type(uint256).max);
        RequestParams memory params = _params(MAX_FEE);
        token.mint(copier, params.maxFee);
        vm.prank(copier);
        bytes32 first = proofMarket.request(params);
        bytes32 id = _request(params);
        _commit(first, bob, copied);
        _commit(id, alice, fee);
        _toReveal(id);
        _reveal(first, bob, copied);
        _reveal(id, alice, fee);
        _toFulfil(id);
        // The copier comes first, and burns nothing.
        vm.expectEmit(market);
        emit IProofMarket.Fulfilled(
            first,
            bob,
            0,
            1,
            copier,
            _statement(),
            copied,
            copied / 10,
            copied * MULTIPLIER,
            copied * MULTIPLIER,
            block.timestamp
        );
        _fulfil(first);
        _expectFulfilled(id, alice, 2, fee, fee / 10, fee * MULTIPLIER);
        _fulfil(id);
        assertEq(proofMarket.countedWeightOf(copier, _statement()), copied * MULTIPLIER);
        assertEq(proofMarket.countedWeightOf(requester, _statement()), fee * MULTIPLIER);
    }

    function test_versions_with_one_key_share_statements_and_other_keys_count_anew() public {
        vm.startPrank(owner);
        proofMarket.addVerifier(address(new TestVerifier(KEY_HASH)));
        proofMarket.addVerifier(address(new TestVerifier("another key")));
        proofMarket.setMultiplier(3, PROGRAM, 1, 1);
        vm.stopPrank();
        vm.warp(block.timestamp + EPOCH_LENGTH);
        for (uint256 version = 1; version <= 3; ++version) {
            RequestParams memory params = _params(MAX_FEE);
            params.verifierVersion = version;
            bytes32 id = _request(params);
            _assigned(id, alice, 10 ether);
            _fulfil(id);
        }
        assertEq(proofMarket.countedWeightOf(requester, _statement()), 10 ether * MULTIPLIER);
        bytes32 other = proofMarket.statementId("another key", PROGRAM, DIGEST);
        assertEq(proofMarket.countedWeightOf(requester, other), 10 ether);
        assertEq(proofMarket.fulfilmentAccumulator(1).count, 3);
    }

    function test_a_program_that_is_not_listed_is_paid_and_folded_but_counts_nothing() public {
        RequestParams memory params = _params(MAX_FEE);
        params.programKey = bytes32(uint256(7));
        bytes32 id = _request(params);
        _assigned(id, alice, 10 ether);
        bytes32 statement = proofMarket.statementId(KEY_HASH, params.programKey, DIGEST);
        vm.expectEmit(market);
        emit IProofMarket.Fulfilled(
            id, alice, 0, 1, requester, statement, 10 ether, 1 ether, 0, 0, block.timestamp
        );
        _fulfil(id);
        assertEq(proofMarket.countedWeightOf(requester, statement), 0);
        assertEq(proofMarket.fulfilmentAccumulator(0).count, 1);
    }

    function test_a_multiplier_changes_what_counts_from_its_epoch_on() public {
        vm.prank(owner);
        proofMarket.setMultiplier(1, PROGRAM, 50_000, 1);
        bytes32 before = _request(MAX_FEE);
        _assigned(before, alice, 10 ether);
        _fulfil(before);
        assertEq(proofMarket.countedWeightOf(requester, _statement()), 10 ether * MULTIPLIER);

        vm.warp(proofMarket.clockStart() + EPOCH_LENGTH - 1 hours);
        bytes32 across = _request(MAX_FEE);
        _commit(across, alice, 10 ether);
        _toReveal(across);
        _reveal(across, alice, 10 ether);
        // The epoch of the fulfilment decides, not that of the request.
        vm.warp(proofMarket.clockStart() + EPOCH_LENGTH);
        _fulfil(across);
        assertEq(proofMarket.countedWeightOf(requester, _statement()), 10 ether * 50_000);
        assertEq(proofMarket.fulfilmentAccumulator(0).count, 1);
        assertEq(proofMarket.fulfilmentAccumulator(1).count, 1);
    }

    function test_the_accumulator_is_the_rolling_hash_of_its_events() public {
        bytes32 hash = 0;
        for (uint256 i = 1; i <= 3; ++i) {
            uint256 fee = i * 10 ether;
            bytes32 id = _request(MAX_FEE);
            _assigned(id, alice, fee);
            _fulfil(id);
            hash = keccak256(
                abi.encode(
                    hash,
                    i,
                    id,
                    alice,
                    requester,
                    _statement(),
                    fee,
                    fee / 10,
                    fee * MULTIPLIER,
                    10 ether * MULTIPLIER,
                    block.timestamp
                )
            );
            Accumulator memory accumulator = proofMarket.fulfilmentAccumulator(0);
            assertEq(accumulator.hash, hash);
            assertEq(accumulator.count, i);
        }
        assertEq(proofMarket.fulfilmentAccumulator(1).count, 0);
    }

    // ---------------------------------------------------------------- verifiers that misbehave

    function test_a_verifier_must_answer_exactly_true() public {
        (OddVerifier odd, bytes32 id) = _oddRequest();
        for (uint8 answer = uint8(OddVerifier.Answer.No); answer <= uint8(OddVerifier.Answer.Bomb); ++answer) {
            odd.set(OddVerifier.Answer(answer));
            _assertRefused(id, alice, "", abi.encodeWithSelector(IProofMarket.InvalidProof.selector));
        }
        odd.set(OddVerifier.Answer.Yes);
        vm.prank(alice);
        proofMarket.fulfil(id, "");
        _assertStatus(id, RequestStatus.Fulfilled);
    }

    function test_a_verifier_burns_no_more_than_its_gas() public {
        (OddVerifier odd, bytes32 id) = _oddRequest();
        odd.set(OddVerifier.Answer.Burn);
        uint256 gas = gasleft();
        _assertRefused(id, alice, "", abi.encodeWithSelector(IProofMarket.InvalidProof.selector));
        assertLt(gas - gasleft(), proofMarket.VERIFY_GAS() + 100_000);
        // Whoever writes a verifier has to know.
        assertEq(proofMarket.VERIFY_GAS(), 500_000);
    }

    function test_a_verifier_that_reenters_changes_nothing() public {
        (OddVerifier odd, bytes32 id) = _oddRequest();
        bytes[] memory calls = new bytes[](5);
        calls[0] = abi.encodeCall(IProofMarket.fulfil, (id, ""));
        calls[1] = abi.encodeCall(IProofMarket.expire, (id));
        calls[2] = abi.encodeCall(IProofMarket.withdrawCredit, (stranger));
        calls[3] = abi.encodeCall(IProofMarket.approveSubmitter, (stranger, true));
        calls[4] = abi.encodeCall(IProofMarket.acceptProver, (alice));
        for (uint256 i = 0; i < calls.length; ++i) {
            odd.arm(proofMarket, calls[i]);
            _assertRefused(id, alice, "", abi.encodeWithSelector(IProofMarket.InvalidProof.selector));
        }
        _assertStatus(id, RequestStatus.Open);
        assertEq(proofMarket.openAssignments(alice), 1);
        // It may look, as anybody may.
        odd.arm(proofMarket, abi.encodeCall(IProofMarket.requestOf, (id)));
        vm.prank(alice);
        proofMarket.fulfil(id, "");
        _assertStatus(id, RequestStatus.Fulfilled);
    }

    function test_a_verifier_without_code_any_more_says_no() public {
        (OddVerifier odd, bytes32 id) = _oddRequest();
        vm.etch(address(odd), "");
        _assertRefused(id, alice, "", abi.encodeWithSelector(IProofMarket.InvalidProof.selector));
    }

    // ---------------------------------------------------------------- helpers

    function _statement() internal view returns (bytes32) {
        return proofMarket.statementId(KEY_HASH, PROGRAM, DIGEST);
    }

    function _before(address of_) internal view returns (Before memory) {
        return Before({
            vault: token.balanceOf(registry.vaultOf(of_)),
            active: _activeAssets(of_),
            commission: _commissionOwed(of_),
            treasury: token.balanceOf(treasury),
            market: token.balanceOf(market)
        });
    }

    function _expectFulfilled(
        bytes32 id,
        address of_,
        uint256 sequence,
        uint256 fee,
        uint256 protocolFee,
        uint256 counted
    ) internal {
        vm.expectEmit(market);
        emit IProofMarket.Fulfilled(
            id,
            of_,
            0,
            sequence,
            requester,
            _statement(),
            fee,
            protocolFee,
            fee * MULTIPLIER,
            counted,
            block.timestamp
        );
    }

    function _oddRequest() internal returns (OddVerifier odd, bytes32 id) {
        odd = new OddVerifier();
        vm.prank(owner);
        RequestParams memory params = _params(MAX_FEE);
        params.verifierVersion = proofMarket.addVerifier(address(odd));
        id = _request(params);
        _assigned(id, alice, 10 ether);
    }

    function _assertRefused(bytes32 id, address caller, bytes memory zkProof, bytes memory reason) internal {
        vm.expectRevert(reason);
        vm.prank(caller);
        proofMarket.fulfil(id, zkProof);
    }
}

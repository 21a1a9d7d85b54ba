// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {MarketFixture} from "./helpers/MarketFixture.sol";
import {MarketHandler} from "./helpers/MarketHandler.sol";
import {TestVerifier} from "./helpers/TestVerifiers.sol";
import {Accumulator, ProgramConfig, Request, RequestStatus} from "contracts/interfaces/IProofMarket.sol";

/// forge-config: default.invariant.runs = 16
/// forge-config: default.invariant.depth = 64
contract ProofMarketInvariants is MarketFixture {
    TestVerifier internal second;
    MarketHandler internal handler;

    function setUp() public override {
        second = new TestVerifier("second");
        super.setUp();
        address[] memory provers = new address[](3);
        (provers[0], provers[1], provers[2]) = (alice, bob, carol);
        address[] memory requesters = new address[](2);
        (requesters[0], requesters[1]) = (requester, stranger);
        handler = new MarketHandler(proofMarket, owner, guardian, provers, requesters);
        targetContract(address(handler));
    }

    function _verifiers() internal view override returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = (address(verifier), address(second));
    }

    function _programs() internal pure override returns (ProgramConfig[] memory list) {
        list = new ProgramConfig[](3);
        list[0] = ProgramConfig(1, PROGRAM, MULTIPLIER);
        list[1] = ProgramConfig(1, bytes32(uint256(PROGRAM) + 1), 1);
        list[2] = ProgramConfig(2, PROGRAM, MULTIPLIER);
    }

    /// Locked collateral is the sum of open assignments and sealed bids: each is released exactly once.
    function invariant_locks_are_those_of_open_assignments_and_sealed_bids() public view {
        for (uint256 p = 0; p < handler.proverCount(); ++p) {
            address bidder = handler.provers(p);
            uint256 expected = 0;
            for (uint256 i = 0; i < handler.idCount(); ++i) {
                bytes32 id = handler.ids(i);
                Request memory r = proofMarket.requestOf(id);
                if (r.status == RequestStatus.Open && r.leader == bidder) expected += r.lockAmount;
                (bytes32 seal,) = proofMarket.commitmentOf(id, bidder);
                if (seal != 0) expected += r.bond;
            }
            assertEq(_locked(bidder), expected);
        }
    }

    function invariant_escrow_is_open_fees_and_credits() public view {
        uint256 expected = 0;
        for (uint256 i = 0; i < handler.idCount(); ++i) {
            Request memory r = proofMarket.requestOf(handler.ids(i));
            if (r.status == RequestStatus.Open) expected += r.maxFee;
        }
        for (uint256 i = 0; i < handler.requesterCount(); ++i) {
            expected += proofMarket.credits(handler.requesters(i));
        }
        assertEq(token.balanceOf(market), expected);
    }

    function invariant_each_request_ends_once() public view {
        for (uint256 i = 0; i < handler.idCount(); ++i) {
            bytes32 id = handler.ids(i);
            bool open = proofMarket.requestOf(id).status == RequestStatus.Open;
            assertEq(handler.ends(id), open ? 0 : 1);
        }
    }

    function invariant_a_statement_counts_its_highest_fulfilment() public view {
        for (uint256 i = 0; i < handler.statementCount(); ++i) {
            bytes32 statement = handler.statements(i);
            assertEq(proofMarket.countedWeightOf(statement), handler.highestWeight(statement));
        }
    }

    function invariant_accumulators_equal_the_replay_of_logs() public view {
        // One more than has begun: deadlines may lie ahead.
        for (uint256 epoch = 0; epoch <= proofMarket.currentEpoch() + 1; ++epoch) {
            Accumulator memory accumulator = proofMarket.fulfilmentAccumulator(epoch);
            assertEq(accumulator.hash, handler.fulfilmentHash(epoch));
            assertEq(accumulator.count, handler.fulfilmentCount(epoch));
            accumulator = proofMarket.missAccumulator(epoch);
            assertEq(accumulator.hash, handler.missHash(epoch));
            assertEq(accumulator.count, handler.missCount(epoch));
        }
    }

    function invariant_the_treasury_has_the_protocol_fees_and_the_slashes() public view {
        assertEq(token.balanceOf(treasury), handler.protocolFees() + handler.slashed());
    }

    function invariant_vaults_have_what_verified_zk_proofs_paid_less_slashes() public view {
        uint256 held = 0;
        for (uint256 p = 0; p < handler.proverCount(); ++p) {
            address bidder = handler.provers(p);
            held += token.balanceOf(registry.vaultOf(bidder));
            assertEq(
                token.balanceOf(registry.vaultOf(bidder)), _activeAssets(bidder) + _commissionOwed(bidder)
            );
        }
        assertEq(held, 3 * STAKE + handler.paidToProvers() - handler.slashed());
    }

    function invariant_open_assignments_are_counted_and_bounded() public view {
        for (uint256 p = 0; p < handler.proverCount(); ++p) {
            address bidder = handler.provers(p);
            uint256 open = 0;
            for (uint256 i = 0; i < handler.idCount(); ++i) {
                Request memory r = proofMarket.requestOf(handler.ids(i));
                if (r.status == RequestStatus.Open && r.leader == bidder) ++open;
            }
            assertEq(proofMarket.openAssignments(bidder), open);
            assertLe(open, MAX_OPEN);
        }
    }

    function invariant_no_bid_is_beyond_free_collateral() public view {
        for (uint256 p = 0; p < handler.proverCount(); ++p) {
            address bidder = handler.provers(p);
            assertLe(registry.proverRecord(bidder).locked, _activeAssets(bidder));
        }
    }

    /// The handler is worth something: a plain random walk reaches every way a request can end.
    function test_the_handler_reaches_every_end() public {
        uint256 seed = 1;
        for (uint256 i = 0; i < 400; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _step(seed % 16, seed >> 8);
            if (i == 200) handler.withdrawVerifier(0);
            if (i % 40 == 0) _assertInvariants();
        }
        uint256 last = uint256(RequestStatus.Withdrawn);
        for (uint256 kind = uint256(RequestStatus.Fulfilled); kind <= last; ++kind) {
            assertGt(handler.endsOfKind(kind), 0, vm.toString(kind));
        }
        assertGt(handler.forfeits(), 0);
        assertGt(handler.slashed(), 0);
    }

    function _assertInvariants() internal view {
        invariant_locks_are_those_of_open_assignments_and_sealed_bids();
        invariant_escrow_is_open_fees_and_credits();
        invariant_each_request_ends_once();
        invariant_a_statement_counts_its_highest_fulfilment();
        invariant_accumulators_equal_the_replay_of_logs();
        invariant_the_treasury_has_the_protocol_fees_and_the_slashes();
        invariant_vaults_have_what_verified_zk_proofs_paid_less_slashes();
        invariant_open_assignments_are_counted_and_bounded();
        invariant_no_bid_is_beyond_free_collateral();
    }

    function _step(uint256 action, uint256 seed) internal {
        if (action < 2) handler.request(seed, seed >> 4, seed >> 12, seed >> 20, seed >> 28);
        else if (action < 7) handler.commit(seed, seed >> 8, seed >> 16);
        else if (action < 9) handler.reveal(seed, seed >> 8);
        else if (action == 9) handler.fulfil(seed, seed >> 200 & 1 == 1);
        else if (action == 10) handler.expire(seed);
        else if (action == 11) handler.forfeit(seed);
        else if (action == 12) handler.cancel(seed);
        else if (action == 13) handler.passLong(seed);
        else if (action == 14) handler.withdrawCredit(seed);
        else handler.pass(seed);
    }
}

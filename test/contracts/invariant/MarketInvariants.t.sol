// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {MarketFixture} from "../helpers/MarketFixture.sol";
import {MarketHandler} from "./MarketHandler.sol";
import {MarketLedger} from "./MarketLedger.sol";
import {Accumulator, ProgramConfig, Request, RequestStatus} from "contracts/interfaces/IProofMarket.sol";

/// @notice What holds of the market after any sequence of requests, bids, zk proofs, misses and changes by owner
/// and guardian, beside another market that locks and slashes the same provers.
/// forge-config: default.invariant.runs = 8
/// forge-config: default.invariant.depth = 64
/// forge-config: deep.invariant.runs = 64
/// forge-config: deep.invariant.depth = 256
contract MarketInvariantsTest is MarketFixture {
    uint256 internal constant PROVERS = 4;
    /// @dev The handler never sets more.
    uint256 internal constant MOST_OPEN = 5;

    MarketHandler internal handler;
    address internal dave = makeAddr("dave");
    address internal other;

    function setUp() public override {
        super.setUp();
        _register(dave, STAKE, COMMISSION_BPS);
        other = _listAnotherMarket();
        // A second version of the same key: the handler withdraws one or the other.
        vm.prank(owner);
        proofMarket.addVerifier(address(verifier));
        handler = new MarketHandler(
            proofMarket,
            other,
            makeAddr("submitter"),
            [alice, bob, carol, dave],
            [requester, stranger],
            [staker, makeAddr("another staker")]
        );
        targetContract(address(handler));
    }

    function _programs() internal pure override returns (ProgramConfig[] memory list) {
        list = new ProgramConfig[](2);
        list[0] = ProgramConfig(1, PROGRAM, MULTIPLIER);
        list[1] = ProgramConfig(1, bytes32(uint256(PROGRAM) + 1), 1);
    }

    // ---------------------------------------------------------------- collateral

    /// Each lock and each bond is released exactly once, on whichever path.
    function invariant_01_locks_are_those_of_open_assignments_and_sealed_bids() public view {
        uint256[PROVERS] memory expected;
        for (uint256 i = 0; i < handler.idCount(); ++i) {
            bytes32 id = handler.ids(i);
            Request memory r = proofMarket.requestOf(id);
            for (uint256 p = 0; p < PROVERS; ++p) {
                if (_holds(r, p)) expected[p] += r.lockAmount;
                if (_isSealed(id, r, p)) expected[p] += r.bond;
            }
        }
        for (uint256 p = 0; p < PROVERS; ++p) {
            assertEq(_locked(handler.provers(p)), expected[p]);
        }
    }

    function invariant_02_no_bid_was_beyond_free_collateral() public view {
        assertEq(handler.overdrafts(), 0);
    }

    function invariant_03_every_open_lock_may_be_slashed_until_its_last_moment() public view {
        uint256[PROVERS] memory latest;
        for (uint256 p = 0; p < PROVERS; ++p) {
            (, latest[p]) = registry.lockedBy(market, handler.provers(p));
        }
        for (uint256 i = 0; i < handler.idCount(); ++i) {
            bytes32 id = handler.ids(i);
            Request memory r = proofMarket.requestOf(id);
            for (uint256 p = 0; p < PROVERS; ++p) {
                if (r.bond != 0 && _isSealed(id, r, p)) assertGe(latest[p], r.revealEnd + EXPIRY_GRACE);
                if (r.lockAmount != 0 && _holds(r, p)) assertGe(latest[p], r.deadline + EXPIRY_GRACE);
            }
        }
    }

    function invariant_04_open_assignments_are_counted_and_bounded() public view {
        uint256[PROVERS] memory open;
        for (uint256 i = 0; i < handler.idCount(); ++i) {
            Request memory r = proofMarket.requestOf(handler.ids(i));
            for (uint256 p = 0; p < PROVERS; ++p) {
                if (_holds(r, p)) ++open[p];
            }
        }
        for (uint256 p = 0; p < PROVERS; ++p) {
            assertEq(proofMarket.openAssignments(handler.provers(p)), open[p]);
            assertLe(open[p], MOST_OPEN);
        }
    }

    /// @dev Leads or is assigned.
    function _holds(Request memory r, uint256 p) private view returns (bool) {
        return r.status == RequestStatus.Open && r.leader != address(0) && r.leader == handler.provers(p);
    }

    function _isSealed(bytes32 id, Request memory r, uint256 p) private view returns (bool) {
        if (r.commitCount == 0) return false;
        (bytes32 seal,) = proofMarket.commitmentOf(id, handler.provers(p));
        return seal != 0;
    }

    // ---------------------------------------------------------------- money

    function invariant_05_escrow_is_open_fees_and_credits() public view {
        uint256 expected =
            proofMarket.credits(handler.requesters(0)) + proofMarket.credits(handler.requesters(1));
        for (uint256 i = 0; i < handler.idCount(); ++i) {
            Request memory r = proofMarket.requestOf(handler.ids(i));
            if (r.status == RequestStatus.Open) expected += r.maxFee;
        }
        assertEq(token.balanceOf(market), expected);
        assertEq(expected, handler.escrowed() - handler.spent() - handler.withdrawn());
    }

    function invariant_06_the_treasury_has_all_protocol_fees_and_slashes() public view {
        uint256 slashed = handler.slashedBy(market) + handler.slashedBy(other);
        assertEq(token.balanceOf(treasury), handler.protocolFees() + slashed);
        assertEq(handler.slashed(), handler.slashedBy(market), "misses and forfeits");
    }

    function invariant_07_provers_are_paid_for_verified_zk_proofs_and_nothing_else() public view {
        assertEq(handler.paidIn(), handler.earned());
        for (uint256 i = 0; i < handler.idCount(); ++i) {
            bytes32 id = handler.ids(i);
            bool fulfilled = proofMarket.requestOf(id).status == RequestStatus.Fulfilled;
            assertEq(handler.proven(id), fulfilled);
        }
        uint256 held = 0;
        for (uint256 p = 0; p < PROVERS; ++p) {
            held += token.balanceOf(registry.vaultOf(handler.provers(p)));
        }
        uint256 lost = handler.slashedBy(market) + handler.slashedBy(other) + handler.exited();
        assertEq(held, PROVERS * STAKE + handler.staked() + handler.paidIn() - lost);
    }

    // ---------------------------------------------------------------- requests

    function invariant_08_each_request_ends_once() public view {
        for (uint256 i = 0; i < handler.idCount(); ++i) {
            bytes32 id = handler.ids(i);
            bool open = proofMarket.requestOf(id).status == RequestStatus.Open;
            assertEq(handler.ends(id), open ? 0 : 1);
        }
    }

    /// Against the plainest model: all that was revealed, sorted.
    function invariant_09_the_lowest_bid_leads_at_the_price_of_the_second_lowest() public view {
        for (uint256 i = 0; i < handler.idCount(); ++i) {
            bytes32 id = handler.ids(i);
            Request memory r = proofMarket.requestOf(id);
            MarketLedger.Revealed[] memory bids = handler.revealedOf(id);
            if (bids.length == 0) {
                assertEq(r.leader, address(0));
                continue;
            }
            uint256 best = 0;
            for (uint256 b = 1; b < bids.length; ++b) {
                bool lower = bids[b].fee < bids[best].fee;
                bool earlier = bids[b].fee == bids[best].fee && bids[b].order < bids[best].order;
                if (lower || earlier) best = b;
            }
            uint256 price = bids.length == 1 ? bids[0].fee : type(uint256).max;
            for (uint256 b = 0; b < bids.length; ++b) {
                if (b != best && bids[b].fee < price) price = bids[b].fee;
            }
            assertEq(r.leader, bids[best].prover);
            assertEq(r.leaderFee, bids[best].fee);
            assertEq(r.price, price);
        }
    }

    // ---------------------------------------------------------------- counting

    function invariant_10_a_statement_counts_its_highest_fulfilment() public view {
        for (uint256 i = 0; i < handler.statementCount(); ++i) {
            (address requester_, bytes32 statement) = handler.statements(i);
            uint256 highest = handler.highestWeight(requester_, statement);
            assertEq(proofMarket.countedWeightOf(requester_, statement), highest);
            assertEq(handler.countedWeight(requester_, statement), highest, "sum of all epochs");
        }
    }

    function invariant_11_accumulators_equal_the_replay_of_logs() public view {
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

    function invariant_12_no_multiplier_of_an_epoch_that_has_begun_changes() public view {
        for (uint256 epoch = 0; epoch <= proofMarket.currentEpoch(); ++epoch) {
            if (!handler.seen(epoch)) continue;
            for (uint256 i = 0; i < 3; ++i) {
                uint256 multiplier = proofMarket.multiplierAt(KEY_HASH, handler.programAt(i), epoch);
                assertEq(multiplier, handler.multiplierSeen(epoch, i));
            }
        }
    }

    // ---------------------------------------------------------------- the handler itself

    /// It is worth something: what it tries succeeds, and requests end in every way there is.
    function test_each_action_succeeds_in_at_least_half_of_its_calls() public {
        vm.pauseGasMetering();
        bytes4[24] memory selectors = [
            MarketHandler.request.selector,
            MarketHandler.cancel.selector,
            MarketHandler.withdrawCredit.selector,
            MarketHandler.commit.selector,
            MarketHandler.commit.selector,
            MarketHandler.reveal.selector,
            MarketHandler.fulfil.selector,
            MarketHandler.tamper.selector,
            MarketHandler.changeSubmitter.selector,
            MarketHandler.leaveOrReturn.selector,
            MarketHandler.expire.selector,
            MarketHandler.forfeit.selector,
            MarketHandler.passTime.selector,
            MarketHandler.stake.selector,
            MarketHandler.unstake.selector,
            MarketHandler.slashElsewhere.selector,
            MarketHandler.lockElsewhere.selector,
            MarketHandler.jailOrFree.selector,
            MarketHandler.pauseOrUnpause.selector,
            MarketHandler.withdrawVerifier.selector,
            MarketHandler.changeParameters.selector,
            MarketHandler.changeMultiplier.selector,
            MarketHandler.delist.selector,
            MarketHandler.reveal.selector
        ];
        uint256 random = 1;
        for (uint256 i = 0; i < 800; ++i) {
            random = uint256(keccak256(abi.encode(random)));
            bytes4 selector = selectors[random % selectors.length];
            uint256[5] memory words;
            for (uint256 w = 0; w < 5; ++w) {
                words[w] = uint256(keccak256(abi.encode(random, w)));
            }
            // Two of its arguments are flags.
            if (selector == MarketHandler.changeSubmitter.selector) {
                (words[1], words[2]) = (words[1] % 2, words[2] % 2);
            }
            (bool success, bytes memory reason) = address(handler).call(abi.encodePacked(selector, words));
            assertTrue(success, string(reason));
        }
        handler.printAndCheck(22);
        uint256 last = uint256(RequestStatus.Withdrawn);
        for (uint256 kind = uint256(RequestStatus.Fulfilled); kind <= last; ++kind) {
            assertGt(handler.endsOfKind(kind), 0, vm.toString(kind));
        }
        assertGt(handler.forfeits(), 0, "forfeits");
        assertGt(handler.slashedBy(market), 0, "slashes");
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {MarketFixture} from "./helpers/MarketFixture.sol";
import {
    IProofMarket,
    MarketParameters,
    Request,
    RequestParams,
    RequestStatus
} from "contracts/interfaces/IProofMarket.sol";

contract ProofMarketRequestTest is MarketFixture {
    uint256 internal constant SCALAR_FIELD =
        0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    // ---------------------------------------------------------------- request

    function test_request_reverts_when_paused() public {
        vm.prank(guardian);
        registry.pause();
        _assertRefused(_params(1 ether), abi.encodeWithSelector(IProofMarket.Paused.selector));
    }

    function test_request_reverts_when_the_verifier_is_unknown_or_withdrawn() public {
        RequestParams memory params = _params(1 ether);
        params.verifierVersion = 2;
        _assertRefused(params, abi.encodeWithSelector(IProofMarket.VerifierUnknown.selector));
        // Not truncated to a version that exists.
        params.verifierVersion = 257;
        _assertRefused(params, abi.encodeWithSelector(IProofMarket.VerifierUnknown.selector));
        params.verifierVersion = 1;
        vm.prank(guardian);
        proofMarket.withdrawVerifier(1);
        _assertRefused(params, abi.encodeWithSelector(IProofMarket.VerifierIsWithdrawn.selector));
    }

    function test_request_reverts_when_no_zk_proof_could_exist() public {
        RequestParams memory params = _params(1 ether);
        params.programKey = bytes32(SCALAR_FIELD);
        _assertRefused(params, abi.encodeWithSelector(IProofMarket.ProgramKeyOutOfRange.selector));
        params = _params(1 ether);
        params.publicValuesDigest = bytes32(SCALAR_FIELD);
        _assertRefused(params, abi.encodeWithSelector(IProofMarket.PublicValuesDigestOutOfRange.selector));
        params.publicValuesDigest = bytes32(SCALAR_FIELD - 1);
        _request(params);
    }

    function test_request_reverts_when_an_amount_is_out_of_bounds() public {
        _assertRefused(_params(999), _refused("maxFee"));
        _assertRefused(_params(1e27 + 1), _refused("maxFee"));
        _assertRefused(_params(type(uint256).max), _refused("maxFee"));
        RequestParams memory params = _params(1 ether);
        params.minStake = 100 ether + 1;
        _assertRefused(params, _refused("minStake"));
        params = _params(1e27);
        params.minStake = uint256(type(uint96).max) + 1;
        _assertRefused(params, _refused("minStake"));
    }

    function test_request_accepts_the_bounds_themselves() public {
        RequestParams memory params = _params(1000);
        (params.commitDuration, params.revealDuration) = (1 minutes, 1 minutes);
        params.deadline = block.timestamp + 2 minutes + 1;
        params.minStake = 100_000;
        Request memory r = proofMarket.requestOf(_request(params));
        assertEq(r.lockAmount, 100_000);
        assertEq(r.revealEnd, r.deadline - 1);

        params = _params(1e27);
        (params.commitDuration, params.revealDuration) = (1 days, 1 days);
        params.deadline = block.timestamp + 1 days + UNBONDING_DELAY - EXPIRY_GRACE;
        params.minStake = type(uint96).max;
        params.inputUri = string(new bytes(2048));
        r = proofMarket.requestOf(_request(params));
        assertEq(r.maxFee, 1e27);
        assertEq(r.lockAmount, type(uint96).max);
        assertEq(r.deadline, params.deadline);
    }

    function test_request_reverts_when_a_duration_is_out_of_bounds() public {
        RequestParams memory params = _params(1 ether);
        params.commitDuration = 1 minutes - 1;
        _assertRefused(params, _refused("commitDuration"));
        params.commitDuration = 1 days + 1;
        _assertRefused(params, _refused("commitDuration"));
        params = _params(1 ether);
        params.revealDuration = 1 minutes - 1;
        _assertRefused(params, _refused("revealDuration"));
        params.revealDuration = 1 days + 1;
        _assertRefused(params, _refused("revealDuration"));
    }

    function test_request_rounds_the_lock_up() public {
        MarketParameters memory parameters = _parameters();
        parameters.lockBps = 9999;
        vm.prank(owner);
        proofMarket.setParameters(parameters);
        assertEq(proofMarket.requestOf(_request(10_000)).lockAmount, 9999);
        // One ten-thousandth above 19,997.
        assertEq(proofMarket.requestOf(_request(19_999)).lockAmount, 19_998);
    }

    function test_request_reverts_after_the_last_timestamp_that_fits() public {
        vm.warp(uint256(type(uint32).max) - 2 hours);
        RequestParams memory params = _params(1 ether);
        assertEq(params.deadline, type(uint32).max);
        assertEq(proofMarket.requestOf(_request(params)).deadline, type(uint32).max);
        params.deadline += 1;
        _assertRefused(params, _refused("deadline"));
    }

    function test_request_reverts_when_the_deadline_is_out_of_bounds() public {
        RequestParams memory params = _params(1 ether);
        params.deadline = block.timestamp + 15 minutes;
        _assertRefused(params, _refused("deadline"));
        params.deadline = block.timestamp + 10 minutes + UNBONDING_DELAY - EXPIRY_GRACE + 1;
        _assertRefused(params, _refused("deadline"));
        params.deadline = type(uint256).max;
        _assertRefused(params, _refused("deadline"));
        params.deadline = block.timestamp + 10 minutes + UNBONDING_DELAY - EXPIRY_GRACE;
        _request(params);
        params.deadline = block.timestamp + 15 minutes + 1;
        _request(params);
    }

    function test_request_reverts_when_the_input_uri_is_too_long() public {
        RequestParams memory params = _params(1 ether);
        params.inputUri = string(new bytes(2049));
        _assertRefused(params, _refused("inputUri"));
        params.inputUri = string(new bytes(2048));
        _request(params);
    }

    function testFuzz_request_escrows_the_fee_and_freezes_its_terms(
        uint256 maxFee,
        uint256 minStake,
        uint256 commitDuration,
        uint256 revealDuration,
        uint256 deadline,
        bytes32 programKey
    ) public {
        RequestParams memory params = _params(bound(maxFee, 1000, 1e27));
        uint256 mostStake = params.maxFee * 100;
        params.minStake = bound(minStake, 0, mostStake > type(uint96).max ? type(uint96).max : mostStake);
        params.commitDuration = bound(commitDuration, 1 minutes, 1 days);
        params.revealDuration = bound(revealDuration, 1 minutes, 1 days);
        uint256 commitEnd = block.timestamp + params.commitDuration;
        uint256 revealEnd = commitEnd + params.revealDuration;
        params.deadline = bound(deadline, revealEnd + 1, commitEnd + UNBONDING_DELAY - EXPIRY_GRACE);
        params.programKey = bytes32(uint256(programKey) % SCALAR_FIELD);

        uint256 lockAmount = (params.maxFee * LOCK_BPS + 9999) / 10_000;
        if (params.minStake > lockAmount) lockAmount = params.minStake;
        token.mint(requester, params.maxFee);
        bytes32 expected = keccak256(abi.encode(block.chainid, market, requester, 0));
        vm.expectEmit(market);
        emit IProofMarket.Requested(expected, requester, params.programKey, params, lockAmount, BOND);
        vm.prank(requester);
        bytes32 id = proofMarket.request(params);

        assertEq(id, expected);
        assertEq(proofMarket.requestNonce(requester), 1);
        assertEq(token.balanceOf(market), params.maxFee);
        assertEq(token.balanceOf(requester), 0);
        Request memory r = proofMarket.requestOf(id);
        assertEq(
            abi.encode(r),
            abi.encode(
                Request({
                    status: RequestStatus.Open,
                    requester: requester,
                    programKey: params.programKey,
                    publicValuesDigest: DIGEST,
                    verifierVersion: 1,
                    maxFee: params.maxFee,
                    lockAmount: lockAmount,
                    bond: BOND,
                    protocolFeeBps: PROTOCOL_FEE_BPS,
                    maxOpenAssignments: MAX_OPEN,
                    commitEnd: commitEnd,
                    revealEnd: revealEnd,
                    deadline: params.deadline,
                    commitCount: 0,
                    leader: address(0),
                    leaderFee: 0,
                    price: 0
                })
            )
        );
    }

    /// What somebody else asks for in between, and on which chain, changes no id of the requester's.
    function testFuzz_an_id_binds_chain_market_requester_and_nonce(
        uint64 chainId,
        address other,
        uint256 before,
        uint256 between
    ) public {
        vm.assume(chainId != 0 && other != address(0) && other != requester && other != market);
        vm.chainId(chainId);
        uint256 nonce = 0;
        for (uint256 i = 0; i < before % 4; ++i) {
            _assertId(_request(1 ether), requester, nonce++);
        }
        bytes32 next = keccak256(abi.encode(uint256(chainId), market, requester, nonce));
        for (uint256 i = 0; i < between % 4; ++i) {
            _fund(other, market, 1 ether);
            RequestParams memory params = _params(1 ether);
            vm.prank(other);
            _assertId(proofMarket.request(params), other, i);
        }
        assertEq(_request(1 ether), next);
        assertEq(proofMarket.requestNonce(requester), nonce + 1);
    }

    function test_nobody_can_do_anything_with_an_id_before_it_exists() public {
        bytes32 id = keccak256(abi.encode(block.chainid, market, requester, 0));
        vm.expectRevert(IProofMarket.RequestNotOpen.selector);
        vm.prank(alice);
        proofMarket.commit(id, alice, "commitment");
        vm.expectRevert(IProofMarket.RequestNotOpen.selector);
        vm.prank(alice);
        proofMarket.reveal(id, alice, 1, SALT);
        vm.expectRevert(IProofMarket.RequestNotOpen.selector);
        vm.prank(alice);
        proofMarket.fulfil(id, "");
        vm.expectRevert(IProofMarket.RequestNotOpen.selector);
        proofMarket.expire(id);
        vm.expectRevert(IProofMarket.CommitNotFound.selector);
        proofMarket.forfeit(id, alice);
        vm.expectRevert(IProofMarket.RequestNotOpen.selector);
        vm.prank(requester);
        proofMarket.cancel(id);
        assertEq(_request(1 ether), id);
    }

    /// Every lock and bond that an accepted request leads to is one that the registry takes, at the earliest
    /// moment at which it may be made.
    function testFuzz_what_is_accepted_can_be_locked_at_once(
        uint256 commitDuration,
        uint256 revealDuration,
        bool latest
    ) public {
        RequestParams memory params = _params(100 ether);
        params.commitDuration = bound(commitDuration, 1 minutes, 1 days);
        params.revealDuration = bound(revealDuration, 1 minutes, 1 days);
        uint256 commitEnd = block.timestamp + params.commitDuration;
        params.deadline =
            latest ? commitEnd + UNBONDING_DELAY - EXPIRY_GRACE : commitEnd + params.revealDuration + 1;
        bytes32 id = _request(params);
        _commit(id, alice, 40 ether);
        (, uint256 until) = registry.lockedBy(market, alice);
        assertEq(until, commitEnd + params.revealDuration + EXPIRY_GRACE);
        _toReveal(id);
        _reveal(id, alice, 40 ether);
        (, until) = registry.lockedBy(market, alice);
        assertEq(until, params.deadline + EXPIRY_GRACE);
    }

    // ---------------------------------------------------------------- cancel

    function test_cancel_reverts() public {
        vm.expectRevert(IProofMarket.RequestNotOpen.selector);
        proofMarket.cancel("unknown");
        bytes32 id = _request(1 ether);
        vm.expectRevert(IProofMarket.Unauthorized.selector);
        proofMarket.cancel(id);
        _commit(id, alice, 1 ether);
        vm.expectRevert(IProofMarket.RequestHasCommits.selector);
        vm.prank(requester);
        proofMarket.cancel(id);
    }

    function testFuzz_cancel_credits_the_fee_whenever_nobody_has_committed(uint256 wait) public {
        bytes32 id = _request(3 ether);
        vm.warp(block.timestamp + bound(wait, 0, 30 days));
        vm.expectEmit(market);
        emit IProofMarket.Cancelled(id);
        vm.expectEmit(market);
        emit IProofMarket.Credited(requester, 3 ether);
        vm.prank(requester);
        proofMarket.cancel(id);
        _assertStatus(id, RequestStatus.Cancelled);
        assertEq(proofMarket.credits(requester), 3 ether);

        vm.expectRevert(IProofMarket.RequestNotOpen.selector);
        vm.prank(requester);
        proofMarket.cancel(id);
        vm.expectRevert(IProofMarket.RequestNotOpen.selector);
        proofMarket.expire(id);
        vm.expectRevert(IProofMarket.RequestNotOpen.selector);
        vm.prank(alice);
        proofMarket.commit(id, alice, "commitment");
    }

    // ---------------------------------------------------------------- credit

    function test_withdrawCredit_reverts() public {
        vm.expectRevert(IProofMarket.ZeroAddress.selector);
        proofMarket.withdrawCredit(address(0));
        vm.expectRevert(IProofMarket.NothingToWithdraw.selector);
        proofMarket.withdrawCredit(stranger);
    }

    function testFuzz_withdrawCredit_pays_all_once(uint256 first, uint256 second) public {
        first = bound(first, 1000, 1e27);
        second = bound(second, 1000, 1e27);
        bytes32 a = _request(first);
        bytes32 b = _request(second);
        vm.startPrank(requester);
        proofMarket.cancel(a);
        proofMarket.cancel(b);
        vm.expectEmit(market);
        emit IProofMarket.CreditWithdrawn(requester, stranger, first + second);
        assertEq(proofMarket.withdrawCredit(stranger), first + second);
        assertEq(token.balanceOf(stranger), first + second);
        assertEq(token.balanceOf(market), 0);
        vm.expectRevert(IProofMarket.NothingToWithdraw.selector);
        proofMarket.withdrawCredit(stranger);
    }

    function _assertId(bytes32 id, address of_, uint256 nonce) internal view {
        assertEq(id, keccak256(abi.encode(block.chainid, market, of_, nonce)));
        assertEq(proofMarket.requestOf(id).requester, of_);
    }

    function _assertRefused(RequestParams memory params, bytes memory reason) internal {
        vm.expectRevert(reason);
        vm.prank(requester);
        proofMarket.request(params);
    }
}

/// @notice A grace that leaves an hour of the unbonding delay.
contract ProofMarketLongGraceTest is MarketFixture {
    function _expiryGrace() internal pure override returns (uint256) {
        return UNBONDING_DELAY - 1 hours;
    }

    function testFuzz_request_reverts_when_a_bond_could_outlast_the_unbonding_delay(uint256 commitDuration)
        public
    {
        RequestParams memory params = _params(100 ether);
        params.commitDuration = bound(commitDuration, 1 minutes, 59 minutes);
        params.revealDuration = 1 hours - params.commitDuration + 1;
        params.deadline = block.timestamp + 1 hours + params.commitDuration;
        vm.expectRevert(_refused("revealDuration"));
        vm.prank(requester);
        proofMarket.request(params);
        params.revealDuration -= 1;
        bytes32 id = _request(params);
        _commit(id, alice, 40 ether);
        _toReveal(id);
        _reveal(id, alice, 40 ether);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {MarketFixture} from "./helpers/MarketFixture.sol";
import {BlocklistToken, FalseToken, FeeToken, HookToken, SilentToken} from "./helpers/OddTokens.sol";
import {TestToken} from "./helpers/TestToken.sol";
import {IProofMarket, RequestParams, RequestStatus} from "contracts/interfaces/IProofMarket.sol";

contract ProofMarketFeeTokenTest is MarketFixture {
    function _deployToken() internal override returns (TestToken) {
        return new FeeToken();
    }

    function test_request_reverts_when_the_token_takes_a_fee() public {
        token.mint(requester, 1 ether);
        FeeToken(address(token)).setCharging(true);
        RequestParams memory params = _params(1 ether);
        vm.expectRevert(IProofMarket.TokenNotPlain.selector);
        vm.prank(requester);
        proofMarket.request(params);
    }
}

contract ProofMarketBlocklistTokenTest is MarketFixture {
    function _deployToken() internal override returns (TestToken) {
        return new BlocklistToken();
    }

    function test_a_requester_that_cannot_receive_blocks_nobody() public {
        bytes32 won = _request(100 ether);
        bytes32 missed = _request(100 ether);
        bytes32 idle = _request(100 ether);
        _commit(won, alice, 40 ether);
        _commit(missed, bob, 40 ether);
        _toReveal(won);
        _reveal(won, alice, 40 ether);
        _reveal(missed, bob, 40 ether);
        _toFulfil(won);
        BlocklistToken(address(token)).setBlocked(requester, true);

        _fulfil(won);
        proofMarket.expire(idle);
        vm.warp(proofMarket.requestOf(missed).deadline + 1);
        proofMarket.expire(missed);
        assertEq(proofMarket.credits(requester), 260 ether);

        vm.expectRevert("TRANSFER_FAILED");
        vm.prank(requester);
        proofMarket.withdrawCredit(requester);
        vm.prank(requester);
        proofMarket.withdrawCredit(stranger);
        assertEq(token.balanceOf(stranger), 260 ether);
    }

    /// Its part is kept for it: no prover misses a deadline because of somebody else's address.
    function testFuzz_a_treasury_that_cannot_receive_holds_up_no_fulfilment(uint256 fee) public {
        fee = bound(fee, 10, 100 ether);
        bytes32 id = _request(100 ether);
        _assigned(id, alice, fee);
        uint256 protocolFee = fee * PROTOCOL_FEE_BPS / 10_000;
        BlocklistToken(address(token)).setBlocked(treasury, true);
        uint256 held = token.balanceOf(registry.vaultOf(alice));
        vm.expectEmit(market);
        emit IProofMarket.Credited(treasury, protocolFee);
        _fulfil(id);
        _assertStatus(id, RequestStatus.Fulfilled);
        assertEq(token.balanceOf(registry.vaultOf(alice)) - held, fee - protocolFee);
        assertEq(proofMarket.credits(treasury), protocolFee);
        assertEq(token.balanceOf(market), 100 ether - fee + protocolFee);

        BlocklistToken(address(token)).setBlocked(treasury, false);
        vm.prank(treasury);
        proofMarket.withdrawCredit(treasury);
        assertEq(token.balanceOf(treasury), protocolFee);
    }

    /// The one that a token's issuer can make miss. The requester has its fee back when nothing may be slashed any more.
    function test_a_prover_whose_vault_cannot_receive_delays_the_refund_by_the_grace() public {
        bytes32 id = _request(100 ether);
        _assigned(id, alice, 40 ether);
        BlocklistToken(address(token)).setBlocked(registry.vaultOf(alice), true);
        bytes memory zkProof = _zkProof(id);
        vm.expectRevert("TRANSFER_FROM_FAILED");
        vm.prank(alice);
        proofMarket.fulfil(id, zkProof);
        uint256 deadline = proofMarket.requestOf(id).deadline;
        vm.warp(deadline + EXPIRY_GRACE);
        vm.expectRevert("TRANSFER_FAILED");
        proofMarket.expire(id);
        vm.warp(deadline + EXPIRY_GRACE + 1);
        proofMarket.expire(id);
        assertEq(proofMarket.credits(requester), 100 ether);
        assertEq(_activeAssets(alice), STAKE);
        assertEq(_locked(alice), 0);
    }
}

contract ProofMarketFalseTokenTest is MarketFixture {
    function _deployToken() internal override returns (TestToken) {
        return new FalseToken();
    }

    function test_a_token_that_returns_false_moves_nothing_and_books_nothing() public {
        bytes32 cancelled = _request(10 ether);
        vm.prank(requester);
        proofMarket.cancel(cancelled);
        bytes32 id = _request(100 ether);
        _assigned(id, alice, 40 ether);
        token.mint(requester, 10 ether);
        FalseToken(address(token)).setFailing(true);

        RequestParams memory params = _params(10 ether);
        vm.startPrank(requester);
        vm.expectRevert("TRANSFER_FROM_FAILED");
        proofMarket.request(params);
        vm.expectRevert("TRANSFER_FAILED");
        proofMarket.withdrawCredit(requester);
        vm.stopPrank();
        bytes memory zkProof = _zkProof(id);
        vm.expectRevert("TRANSFER_FROM_FAILED");
        vm.prank(alice);
        proofMarket.fulfil(id, zkProof);

        assertEq(proofMarket.credits(requester), 10 ether);
        assertEq(proofMarket.credits(treasury), 0);
        _assertStatus(id, RequestStatus.Open);
        FalseToken(address(token)).setFailing(false);
        _fulfil(id);
        assertEq(token.balanceOf(treasury), 4 ether);
    }

    /// As a blocklist that says false instead of reverting: only the treasury's part fails.
    function test_a_treasury_that_is_refused_by_false_is_credited() public {
        bytes32 id = _request(100 ether);
        _assigned(id, alice, 40 ether);
        vm.mockCall(
            address(token), abi.encodeCall(token.transfer, (treasury, uint256(4 ether))), abi.encode(false)
        );
        _fulfil(id);
        assertEq(proofMarket.credits(treasury), 4 ether);
        assertEq(token.balanceOf(market), 64 ether);
    }
}

contract ProofMarketSilentTokenTest is MarketFixture {
    function _deployToken() internal override returns (TestToken) {
        return new SilentToken();
    }

    function test_a_token_that_returns_nothing_serves_the_life_of_a_request() public {
        bytes32 id = _request(100 ether);
        _assigned(id, alice, 40 ether);
        _fulfil(id);
        assertEq(token.balanceOf(treasury), 4 ether);
        assertEq(proofMarket.credits(treasury), 0);
        vm.prank(requester);
        assertEq(proofMarket.withdrawCredit(stranger), 60 ether);
        assertEq(token.balanceOf(stranger), 60 ether);
        assertEq(token.balanceOf(market), 0);
    }
}

contract ProofMarketHookTokenTest is MarketFixture {
    function _deployToken() internal override returns (TestToken) {
        return new HookToken();
    }

    function test_every_entry_point_reverts_when_reentered() public {
        bytes[] memory calls = new bytes[](8);
        calls[0] = abi.encodeCall(IProofMarket.request, (_params(1 ether)));
        calls[1] = abi.encodeCall(IProofMarket.cancel, ("id"));
        calls[2] = abi.encodeCall(IProofMarket.withdrawCredit, (stranger));
        calls[3] = abi.encodeCall(IProofMarket.commit, ("id", alice, "commitment"));
        calls[4] = abi.encodeCall(IProofMarket.reveal, ("id", alice, 1, SALT));
        calls[5] = abi.encodeCall(IProofMarket.fulfil, ("id", ""));
        calls[6] = abi.encodeCall(IProofMarket.expire, ("id"));
        calls[7] = abi.encodeCall(IProofMarket.forfeit, ("id", alice));
        HookToken hook = HookToken(address(token));
        for (uint256 i = 0; i < calls.length; ++i) {
            hook.arm(market, calls[i]);
            _request(1 ether);
            assertTrue(hook.called());
            assertFalse(hook.succeeded());
            assertEq(hook.result(), abi.encodeWithSelector(IProofMarket.Reentered.selector));
        }
        // And the lock is open again afterwards.
        _request(1 ether);
    }

    function test_payments_refuse_a_reentering_token() public {
        HookToken hook = HookToken(address(token));
        bytes32 id = _request(100 ether);
        bytes32 missed = _request(100 ether);
        _commit(missed, bob, 50 ether);
        _assigned(id, alice, 50 ether);
        vm.expectRevert(IProofMarket.RevealClosed.selector);
        vm.prank(bob);
        proofMarket.reveal(missed, bob, 50 ether, SALT);

        hook.arm(market, abi.encodeCall(IProofMarket.withdrawCredit, (stranger)));
        _fulfil(id);
        assertEq(hook.result(), abi.encodeWithSelector(IProofMarket.Reentered.selector));
        hook.arm(market, abi.encodeCall(IProofMarket.forfeit, (missed, bob)));
        proofMarket.forfeit(missed, bob);
        assertEq(hook.result(), abi.encodeWithSelector(IProofMarket.Reentered.selector));
        hook.arm(market, abi.encodeCall(IProofMarket.withdrawCredit, (stranger)));
        vm.prank(requester);
        proofMarket.withdrawCredit(requester);
        assertEq(hook.result(), abi.encodeWithSelector(IProofMarket.Reentered.selector));
    }
}

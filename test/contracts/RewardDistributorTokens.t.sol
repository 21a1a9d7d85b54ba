// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {DistributorFixture} from "./helpers/DistributorFixture.sol";
import {BlocklistToken, FalseToken, FeeToken, SilentToken} from "./helpers/OddTokens.sol";
import {TestToken} from "./helpers/TestToken.sol";
import {IProverRegistry} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {ClaimParams, IRewardDistributor} from "contracts/interfaces/IRewardDistributor.sol";
import {ERC4626} from "solmate/src/tokens/ERC4626.sol";

/// @notice Two provers with 10 tokens each to claim, of a token that does not behave.
abstract contract OddTokenRewardsTest is DistributorFixture {
    Leaf[] internal leaves;

    function setUp() public override {
        super.setUp();
        _register(prover, MIN_SELF_STAKE, 0);
        _register(stranger, MIN_SELF_STAKE, 0);
        leaves.push(Leaf(prover, 10 ether, 0));
        leaves.push(Leaf(stranger, 10 ether, 0));
        _postActive(0, _root(leaves), 20 ether);
    }

    function _both() internal view returns (ClaimParams[] memory claims) {
        claims = new ClaimParams[](2);
        (claims[0], claims[1]) = (_params(leaves, 0), _params(leaves, 1));
    }

    function _claimed(address account) internal view returns (uint256) {
        return registry.proverRecord(account).claimed;
    }
}

contract FalseTokenRewardsTest is OddTokenRewardsTest {
    function _deployToken() internal override returns (TestToken) {
        return new FalseToken();
    }

    function test_a_token_that_returns_false_pays_nobody_and_books_nothing() public {
        bytes32[] memory merkleProof = _proof(leaves, 0);
        FalseToken(address(token)).setFailing(true);
        vm.expectRevert("TRANSFER_FAILED");
        _claim(leaves[0], merkleProof);
        (uint256 paid, uint256 skipped) = rewards.claimBatch(_both());
        assertEq(paid, 0);
        assertEq(skipped, 2);
        assertEq(rewards.totalClaimed() + _claimed(prover) + _claimed(stranger), 0);
        vm.prank(owner);
        vm.expectRevert("TRANSFER_FAILED");
        rewards.withdrawSurplus(owner, 0);

        FalseToken(address(token)).setFailing(false);
        (paid, skipped) = rewards.claimBatch(_both());
        assertEq(paid, 20 ether, "nothing was lost");
    }
}

contract SilentTokenRewardsTest is OddTokenRewardsTest {
    function _deployToken() internal override returns (TestToken) {
        return new SilentToken();
    }

    function test_a_token_that_returns_nothing_pays_claims_and_surplus() public {
        assertEq(_claim(leaves[0], _proof(leaves, 0)), 10 ether);
        (uint256 paid,) = rewards.claimBatch(_both());
        assertEq(paid, 10 ether);
        _fundRewards(5 * BUDGET);
        uint256 surplus = rewards.surplus();
        vm.prank(owner);
        rewards.withdrawSurplus(owner, surplus);
        assertEq(token.balanceOf(owner), surplus);
    }
}

contract BlocklistTokenRewardsTest is OddTokenRewardsTest {
    function _deployToken() internal override returns (TestToken) {
        return new BlocklistToken();
    }

    function test_a_blocked_vault_stops_nobody_else_and_is_paid_once_it_is_free() public {
        BlocklistToken odd = BlocklistToken(address(token));
        odd.setBlocked(registry.vaultOf(prover), true);
        ClaimParams[] memory claims = _both();
        vm.expectEmit(distributor);
        emit IRewardDistributor.ClaimSkipped(prover, bytes4(keccak256("Error(string)")));
        (uint256 paid, uint256 skipped) = rewards.claimBatch(claims);
        assertEq(paid, 10 ether);
        assertEq(skipped, 1);
        assertEq(_claimed(stranger), 10 ether);
        odd.setBlocked(registry.vaultOf(prover), false);
        assertEq(_claim(leaves[0], _proof(leaves, 0)), 10 ether);
    }

    /// @dev It can only wait: a wrong root cannot send what is promised elsewhere either.
    function test_a_blocked_distributor_pays_nobody_and_loses_nothing() public {
        BlocklistToken odd = BlocklistToken(address(token));
        odd.setBlocked(distributor, true);
        (uint256 paid, uint256 skipped) = rewards.claimBatch(_both());
        assertEq(paid, 0);
        assertEq(skipped, 2);
        odd.setBlocked(distributor, false);
        (paid,) = rewards.claimBatch(_both());
        assertEq(paid, 20 ether);
    }
}

contract RebasingTokenRewardsTest is OddTokenRewardsTest {
    /// @dev First come, first served with what is left, and whoever funds it mends it.
    function testFuzz_a_rebase_downwards_leaves_the_last_claims_unpaid_until_funded(uint256 left) public {
        left = bound(left, 0, 20 ether - 1);
        deal(address(token), distributor, left);
        uint256 served = left / 10 ether;
        (uint256 paid, uint256 skipped) = rewards.claimBatch(_both());
        assertEq(paid, served * 10 ether);
        assertEq(skipped, 2 - served);
        assertEq(rewards.surplus(), 0);
        _fundRewards(20 ether - left);
        (paid,) = rewards.claimBatch(_both());
        assertEq(rewards.totalClaimed(), 20 ether);
    }

    function testFuzz_a_rebase_upwards_is_surplus_and_pays_nobody_more(uint256 more) public {
        more = bound(more, 1, 1e27);
        uint256 promised = rewards.promised();
        _fundRewards(promised);
        uint256 surplus = rewards.surplus();
        deal(address(token), distributor, rewards.funds() + more);
        assertEq(rewards.promised(), promised);
        assertEq(rewards.surplus(), surplus + more);
        (uint256 paid,) = rewards.claimBatch(_both());
        assertEq(paid, 20 ether);
    }
}

contract FeeTokenRewardsTest is OddTokenRewardsTest {
    function _deployToken() internal override returns (TestToken) {
        return new FeeToken();
    }

    function test_a_token_that_takes_a_fee_has_no_provers_to_be_paid() public {
        FeeToken(address(token)).setCharging(true);
        _fund(staker, address(registry), MIN_SELF_STAKE);
        vm.prank(staker);
        vm.expectRevert(IProverRegistry.TokenNotPlain.selector);
        registry.register(MIN_SELF_STAKE, 0, address(0));
    }

    /// @dev The limit of that: a fee that begins later is missing in the vault, which refuses deposits from then
    /// on. To look at the vault's balance twice would cost each claim of a batch 900 gas.
    function test_a_fee_that_begins_later_is_missing_in_the_vault() public {
        FeeToken(address(token)).setCharging(true);
        assertEq(_claim(leaves[0], _proof(leaves, 0)), 10 ether);
        address vault = registry.vaultOf(prover);
        assertEq(_activeAssets(prover), MIN_SELF_STAKE + 10 ether);
        assertEq(token.balanceOf(vault), MIN_SELF_STAKE + 9.9 ether);
        assertEq(rewards.totalClaimed(), 10 ether, "the distributor's books are right");
        _fund(staker, vault, 1 ether);
        vm.prank(staker);
        vm.expectRevert(IProverVault.TokenNotPlain.selector);
        ERC4626(vault).deposit(1 ether, staker);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {LiveSystem} from "./helpers/LiveSystem.sol";
import {TestVerifier} from "./helpers/TestVerifiers.sol";
import {IProofMarket, MarketParameters} from "contracts/interfaces/IProofMarket.sol";
import {IProverRegistry, MarketListing, ProverRecord} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {IRewardDistributor, PostContent} from "contracts/interfaces/IRewardDistributor.sol";

/// @notice The registry between its real market, distributor and vaults.
contract ProverRegistrySystemTest is LiveSystem {
    IProverVault internal vault;

    function setUp() public override {
        super.setUp();
        vault = _register(prover, MIN_SELF_STAKE, 1000);
        token.mint(distributor, 10 * BUDGET);
    }

    function test_predicted_addresses_bind_registry_market_and_distributor() public view {
        assertEq(registry.distributor(), address(rewardDistributor));
        assertEq(proofMarket.registry(), address(registry));
        assertEq(rewardDistributor.registry(), address(registry));
        assertEq(rewardDistributor.market(), address(proofMarket));
        assertEq(proofMarket.token(), address(token));
        assertEq(rewardDistributor.token(), address(token));
        MarketListing memory listing = registry.marketListing(address(proofMarket));
        assertTrue(listing.known);
        assertEq(listing.lockFrom, START);
        // The market pays fees through the registry out of a standing allowance.
        assertEq(token.allowance(address(proofMarket), address(registry)), type(uint256).max);
    }

    function testFuzz_a_claim_books_once_and_moves_exactly_what_it_books(
        uint256 first,
        uint256 second,
        uint256 bps
    ) public {
        first = bound(first, 1, BUDGET);
        second = bound(second, 1, BUDGET);
        bps = bound(bps, 0, MAX_COMMISSION_BPS);
        uint256 firstPart = first * bps / 10_000;
        uint256 commission = firstPart + second * bps / 10_000;

        _activate(rewardDistributor.leafOf(prover, first, firstPart), first);
        assertEq(_claim(first, firstPart), first);
        assertEq(_claim(first, firstPart), 0);

        _activate(rewardDistributor.leafOf(prover, first + second, commission), first + second);
        // The old leaf is not in the new root, so nothing is ever paid back or twice.
        vm.expectRevert(IRewardDistributor.InvalidMerkleProof.selector);
        _claim(first, firstPart);
        assertEq(_claim(first + second, commission), second);

        ProverRecord memory record = registry.proverRecord(prover);
        assertEq(record.claimed, first + second);
        assertEq(record.claimedCommission, commission);
        assertEq(_commissionOwed(prover), commission);
        assertEq(_activeAssets(prover), MIN_SELF_STAKE + first + second - commission);
        assertEq(token.balanceOf(address(vault)), MIN_SELF_STAKE + first + second);
    }

    function testFuzz_a_root_cannot_turn_stakers_rewards_into_commission(uint256 amount, uint256 commission)
        public
    {
        amount = bound(amount, 1, BUDGET);
        commission = bound(commission, amount * MAX_COMMISSION_BPS / 10_000 + 1, BUDGET);
        _activate(rewardDistributor.leafOf(prover, amount, commission), amount);
        vm.expectRevert(IProverRegistry.ExcessiveCommission.selector);
        _claim(amount, commission);
    }

    function test_market_and_distributor_obey_a_new_guardian_at_once() public {
        address next = makeAddr("next guardian");
        vm.prank(owner);
        registry.setGuardian(next);
        (, uint256 end) = rewardDistributor.epochBounds(0);
        vm.warp(end);
        vm.roll(block.number + 1);
        bytes32 root = keccak256("root");
        vm.prank(publisher);
        uint256 postNumber = rewardDistributor.postRoot(
            0, root, 1 ether, keccak256("dataset"), block.number - 1, blockhash(block.number - 1)
        );
        PostContent memory post = PostContent({
            epoch: 0,
            postNumber: postNumber,
            root: root,
            cumulativeTotal: 1 ether,
            datasetHash: keccak256("dataset"),
            snapshotBlock: block.number - 1,
            snapshotHash: blockhash(block.number - 1)
        });
        vm.expectRevert(IRewardDistributor.NotAuditor.selector);
        vm.prank(guardian);
        rewardDistributor.veto(post);
        vm.prank(next);
        rewardDistributor.veto(post);
        assertTrue(rewardDistributor.latestPost().vetoed);

        address verifier = address(new TestVerifier("another key"));
        vm.prank(owner);
        uint256 version = proofMarket.addVerifier(verifier);
        vm.expectRevert(IProofMarket.Unauthorized.selector);
        vm.prank(guardian);
        proofMarket.withdrawVerifier(version);
        vm.prank(next);
        proofMarket.withdrawVerifier(version);
    }

    function test_market_and_distributor_obey_a_new_owner_once_it_has_accepted() public {
        address next = makeAddr("next owner");
        vm.prank(owner);
        registry.transferOwnership(next);
        _assertOwner(owner, next);
        vm.prank(next);
        registry.acceptOwnership();
        _assertOwner(next, owner);
    }

    function _assertOwner(address is_, address isNot) private {
        MarketParameters memory parameters = proofMarket.parameters();
        vm.startPrank(isNot);
        vm.expectRevert(IProofMarket.Unauthorized.selector);
        proofMarket.setParameters(parameters);
        vm.expectRevert(IRewardDistributor.Unauthorized.selector);
        rewardDistributor.setPublisher(isNot);
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        registry.setTreasury(isNot);
        vm.stopPrank();
        vm.startPrank(is_);
        proofMarket.setParameters(parameters);
        rewardDistributor.setPublisher(is_);
        registry.setTreasury(is_);
        vm.stopPrank();
    }

    function _claim(uint256 cumulative, uint256 commission) private returns (uint256) {
        return rewardDistributor.claim(prover, cumulative, commission, new bytes32[](0));
    }
}

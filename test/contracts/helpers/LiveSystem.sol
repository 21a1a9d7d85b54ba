// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {SystemFixture} from "./SystemFixture.sol";
import {ProofMarket} from "contracts/ProofMarket.sol";
import {RewardDistributor} from "contracts/RewardDistributor.sol";
import {MarketConfig, MarketParameters, ProgramConfig} from "contracts/interfaces/IProofMarket.sol";
import {DistributorConfig, PostContent} from "contracts/interfaces/IRewardDistributor.sol";

/// @notice The system with its real market, which knows no verifier yet, and its real distributor.
abstract contract LiveSystem is SystemFixture {
    uint256 internal constant EPOCH_LENGTH = 7 days;
    uint256 internal constant CHALLENGE_WINDOW = 1 days;
    uint256 internal constant BUDGET = 10_000 ether;

    address internal publisher = makeAddr("publisher");
    address internal auditor = makeAddr("auditor");

    ProofMarket internal proofMarket;
    RewardDistributor internal rewardDistributor;

    function _deployMarket() internal override {
        proofMarket = new ProofMarket(
            MarketConfig({
                registry: address(registry),
                clockStart: block.timestamp,
                epochLength: EPOCH_LENGTH,
                expiryGrace: 1 hours,
                parameters: MarketParameters({
                    protocolFeeBps: 1000,
                    lockBps: 10_000,
                    maxStakeMultiple: 10,
                    minFee: 1 ether,
                    bond: 1 ether,
                    maxOpenAssignments: 10
                }),
                verifiers: new address[](0),
                programs: new ProgramConfig[](0)
            })
        );
        assertEq(address(proofMarket), market, "the registry's first market");
    }

    function _deployDistributor() internal override {
        address[] memory auditors = new address[](1);
        auditors[0] = auditor;
        rewardDistributor = new RewardDistributor(
            DistributorConfig({
                registry: address(registry),
                market: market,
                publisher: publisher,
                auditors: auditors,
                challengeWindow: CHALLENGE_WINDOW,
                quorum: 1,
                allowZeroQuorum: false,
                budget: BUDGET,
                policy: "{}"
            })
        );
        assertEq(address(rewardDistributor), distributor, "the registry's distributor");
    }

    /// @dev Posts `root` for the next epoch, attests it, and lets its window pass.
    function _activate(bytes32 root, uint256 cumulativeTotal) internal {
        uint256 epoch = rewardDistributor.nextEpoch();
        (, uint256 end) = rewardDistributor.epochBounds(epoch);
        if (block.timestamp < end) vm.warp(end);
        vm.roll(block.number + 1);
        vm.prank(publisher);
        uint256 postNumber = rewardDistributor.postRoot(
            epoch, root, cumulativeTotal, keccak256("dataset"), block.number - 1, blockhash(block.number - 1)
        );
        vm.prank(auditor);
        rewardDistributor.attest(
            PostContent({
                epoch: epoch,
                postNumber: postNumber,
                root: root,
                cumulativeTotal: cumulativeTotal,
                datasetHash: keccak256("dataset"),
                snapshotBlock: block.number - 1,
                snapshotHash: blockhash(block.number - 1)
            })
        );
        skip(CHALLENGE_WINDOW);
    }
}

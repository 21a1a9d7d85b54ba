// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {DistributorFixture} from "../helpers/DistributorFixture.sol";
import {GasReport} from "./GasReport.sol";
import {ClaimParams} from "contracts/interfaces/IRewardDistributor.sol";

/// @dev Trees of 1,024 leaves: proofs of ten words.
contract DistributorGas is DistributorFixture, GasReport {
    uint256 private constant LEAVES = 1024;
    uint256 private constant BATCH = 10;
    /// @dev What every leaf earns per epoch: numbers as they come, with few zero bytes.
    uint256 private constant EARNED = 0.876_543_210_123_456_789 ether;
    uint256 private constant COMMISSION = EARNED / 10;

    Leaf[] private leaves;

    function setUp() public override {
        super.setUp();
        _fundRewards(10 * BUDGET);
        Leaf[] memory crowd = new Leaf[](LEAVES);
        for (uint256 i = 0; i < LEAVES; ++i) {
            crowd[i] = Leaf(address(uint160(uint256(keccak256(abi.encode(i))))), EARNED, COMMISSION);
            leaves.push(crowd[i]);
        }
        for (uint256 i = 0; i < BATCH; ++i) {
            _register(crowd[i].prover, MIN_SELF_STAKE, 1000);
        }
    }

    /// @dev The next root: everybody has earned as much again.
    function _postNext(uint256 epoch) private {
        for (uint256 i = 0; epoch != 0 && i < LEAVES; ++i) {
            leaves[i].cumulative += EARNED;
            leaves[i].commission += COMMISSION;
        }
        _postActive(epoch, _root(leaves), (epoch + 1) * LEAVES * EARNED);
        skip(1 hours);
    }

    function _claimFirst() private {
        ClaimParams memory c = _params(leaves, 0);
        rewards.claim(c.prover, c.cumulative, c.cumulativeCommission, c.merkleProof);
    }

    /// @dev The prover's first claim, and the distributor's.
    function test_gas_claim_first() public {
        _postNext(0);
        _claimFirst();
        record("claim-first");
        assertEq(rewards.totalClaimed(), EARNED);
    }

    function test_gas_claim_later() public {
        _postNext(0);
        _claimFirst();
        _postNext(1);
        _claimFirst();
        record("claim-later");
        assertEq(rewards.totalClaimed(), 2 * EARNED);
    }

    /// @dev Ten provers from anywhere in the tree, their claims in its order.
    function test_gas_claim_batch() public {
        _postNext(0);
        rewards.claimBatch(_batch(leaves, BATCH));
        _postNext(1);
        ClaimParams[] memory claims = _batch(leaves, BATCH);
        (uint256 paid, uint256 skipped) = rewards.claimBatch(claims);
        recordEach("claim-batch-10-each", BATCH);
        assertEq(paid, BATCH * EARNED);
        assertEq(skipped, 0);
    }

    function test_gas_post_root_first() public {
        _end(0);
        bytes32 root = _root(leaves);
        _post(0, root, BUDGET);
        record("post-root-first");
        assertEq(rewards.postCount(), 1);
    }

    /// @dev An auditor's, which is dearer than the guardian's.
    function test_gas_veto() public {
        _end(0);
        bytes32 root = _root(leaves);
        _post(0, root, BUDGET);
        _veto(auditor, 0, 1, root);
        record("veto");
        assertTrue(rewards.latestPost().vetoed);
    }
}

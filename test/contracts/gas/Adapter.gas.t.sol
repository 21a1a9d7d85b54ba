// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {AdapterFixture} from "../helpers/AdapterFixture.sol";
import {GasReport} from "./GasReport.sol";
import {ClaimParams} from "contracts/interfaces/IRewardDistributor.sol";

/// @dev Trees of 1,024 leaves: merkleProofs of ten words. Beside a system of our own, a claim asks for no vault and
/// moves tokens once more.
contract AdapterGas is AdapterFixture, GasReport {
    uint256 private constant LEAVES = 1024;
    uint256 private constant BATCH = 10;
    uint256 private constant EARNED = 0.876_543_210_123_456_789 ether;
    uint256 private constant COMMISSION = EARNED / 10;

    Leaf[] private leaves;

    function setUp() public override {
        super.setUp();
        _fundRewards(10 * BUDGET);
        for (uint256 i = 0; i < LEAVES; ++i) {
            leaves.push(Leaf(address(uint160(uint256(keccak256(abi.encode(i))))), EARNED, COMMISSION));
        }
        for (uint256 i = 0; i < BATCH; ++i) {
            _join(leaves[i].prover, SELF_STAKE);
        }
    }

    function _postNext(uint256 epoch) private {
        for (uint256 i = 0; epoch != 0 && i < LEAVES; ++i) {
            leaves[i].cumulative += EARNED;
            leaves[i].commission += COMMISSION;
        }
        _postActive(epoch, _root(leaves), (epoch + 1) * LEAVES * EARNED);
        skip(1 hours);
    }

    function _claimOf(uint256 which) private {
        ClaimParams memory c = _params(leaves, which);
        rewards.claim(c.prover, c.cumulative, c.cumulativeCommission, c.merkleProof);
    }

    function test_gas_adapter_claim_and_pay_later() public {
        _postNext(0);
        adapter.claimAndPay(_batch(leaves, BATCH));
        // Another's, so that the adapter has a balance all along.
        _postNext(1);
        _claimOf(1);
        _claimOf(0);
        record("adapter-claim-later");
        adapter.pay(leaves[0].prover);
        record("adapter-pay-later");
        assertEq(adapter.account(leaves[0].prover).paid, 2 * EARNED);
    }

    function test_gas_adapter_batch() public {
        _postNext(0);
        adapter.claimAndPay(_batch(leaves, BATCH));
        _postNext(1);
        (, uint256 paid) = adapter.claimAndPay(_batch(leaves, BATCH));
        recordEach("adapter-batch-10-each", BATCH);
        assertEq(paid, BATCH * EARNED);
    }
}

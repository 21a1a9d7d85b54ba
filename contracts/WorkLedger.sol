// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {MarketSettings} from "./MarketSettings.sol";
import {Accumulator, IProofMarket} from "./interfaces/IProofMarket.sol";
import {MultiplierCheckpoint, Multipliers} from "./libraries/Multipliers.sol";

/// @title WorkLedger
/// @notice Counts verified work by requester and statement, and folds every fulfilment and miss into its epoch's
/// accumulator: all that rewards depend on.
abstract contract WorkLedger is MarketSettings {
    using Multipliers for MultiplierCheckpoint[];

    /// @dev A fulfilment about to be counted; `id` is the request's.
    struct Work {
        bytes32 id;
        address prover;
        address requester;
        bytes32 verifierKeyHash;
        bytes32 programKey;
        bytes32 publicValuesDigest;
        uint256 fee;
        uint256 protocolFee;
    }

    /// @inheritdoc IProofMarket
    mapping(address requester => mapping(bytes32 statement => uint256)) public countedWeightOf;
    mapping(uint256 epoch => Accumulator) private fulfilments;
    mapping(uint256 epoch => Accumulator) private misses;

    /// @inheritdoc IProofMarket
    function fulfilmentAccumulator(uint256 epoch) external view returns (Accumulator memory) {
        return fulfilments[epoch];
    }

    /// @inheritdoc IProofMarket
    function missAccumulator(uint256 epoch) external view returns (Accumulator memory) {
        return misses[epoch];
    }

    /// @inheritdoc IProofMarket
    function statementId(bytes32 verifierKeyHash, bytes32 programKey, bytes32 publicValuesDigest)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(verifierKeyHash, programKey, publicValuesDigest));
    }

    function _countFulfilment(Work memory work) internal {
        uint256 epoch = currentEpoch();
        bytes32 statement = statementId(work.verifierKeyHash, work.programKey, work.publicValuesDigest);
        uint256 weight;
        // A fee below 2^96 times at most MAX_MULTIPLIER_BPS: cannot overflow.
        unchecked {
            weight = work.fee * multipliers[work.verifierKeyHash][work.programKey].at(epoch);
        }
        uint256 countedWeight = _excess(countedWeightOf[work.requester], statement, weight);

        Accumulator storage accumulator = fulfilments[epoch];
        uint256 sequence = ++accumulator.count;
        accumulator.hash = keccak256(
            abi.encode(
                accumulator.hash,
                sequence,
                work.id,
                work.prover,
                work.requester,
                statement,
                work.fee,
                work.protocolFee,
                weight,
                countedWeight,
                block.timestamp
            )
        );
        emit Fulfilled(
            work.id,
            work.prover,
            epoch,
            sequence,
            work.requester,
            statement,
            work.fee,
            work.protocolFee,
            weight,
            countedWeight,
            block.timestamp
        );
    }

    function _countMiss(bytes32 id, address prover, uint256 deadline, uint256 slashed) internal {
        uint256 epoch = _epochOf(deadline);
        Accumulator storage accumulator = misses[epoch];
        uint256 sequence = ++accumulator.count;
        accumulator.hash =
            keccak256(abi.encode(accumulator.hash, sequence, id, prover, deadline, slashed, block.timestamp));
        emit Missed(id, prover, epoch, sequence, deadline, slashed, block.timestamp);
    }

    /// @dev Makes `weight` the statement's highest if it is. @return countedWeight by how much it exceeds the
    /// one before.
    function _excess(mapping(bytes32 statement => uint256) storage weights, bytes32 statement, uint256 weight)
        private
        returns (uint256 countedWeight)
    {
        uint256 highest = weights[statement];
        if (weight <= highest) return 0;
        weights[statement] = weight;
        unchecked {
            return weight - highest;
        }
    }
}

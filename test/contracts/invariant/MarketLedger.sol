// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ActionCount} from "./ActionCount.sol";
import {IProofMarket, RequestParams, RequestStatus} from "contracts/interfaces/IProofMarket.sol";
import {IProverRegistry} from "contracts/interfaces/IProverRegistry.sol";
import {Test} from "forge-std/Test.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice A second set of books on the market, kept from the logs alone: what a job or an auditor would know.
abstract contract MarketLedger is Test, ActionCount {
    struct Revealed {
        address prover;
        uint256 fee;
        uint256 order;
    }

    struct Statement {
        address requester;
        bytes32 id;
    }

    struct Fulfilment {
        uint256 sequence;
        address requester;
        bytes32 statement;
        uint256 fee;
        uint256 protocolFee;
        uint256 weight;
        uint256 counted;
        uint256 timestamp;
    }

    /// @dev Whose events are read.
    address internal emitter;
    address internal emittingRegistry;

    mapping(bytes32 id => uint256) public ends;
    mapping(uint256 kind => uint256) public endsOfKind;
    mapping(bytes32 id => mapping(address prover => uint256)) internal orderOf;
    mapping(bytes32 id => Revealed[]) internal revealedBids;
    mapping(address requester => mapping(bytes32 statement => uint256)) public highestWeight;
    mapping(address requester => mapping(bytes32 statement => uint256)) public countedWeight;
    Statement[] public statements;
    mapping(uint256 epoch => bytes32) public fulfilmentHash;
    mapping(uint256 epoch => uint256) public fulfilmentCount;
    mapping(uint256 epoch => bytes32) public missHash;
    mapping(uint256 epoch => uint256) public missCount;
    uint256 public protocolFees;
    /// @dev By the events of fulfilments, and by the registry's of what came from the market.
    uint256 public earned;
    uint256 public paidIn;
    uint256 public credited;
    uint256 public withdrawn;
    /// @dev What came with requests, and what went to provers and treasury for fulfilments.
    uint256 public escrowed;
    uint256 public spent;
    /// @dev Of misses and bonds, as the market's events say.
    uint256 public slashed;
    uint256 public forfeits;
    /// @dev By the registry's events, of every market.
    mapping(address market => uint256) public slashedBy;

    modifier logged() {
        vm.recordLogs();
        _;
        _read(vm.getRecordedLogs());
    }

    function revealedOf(bytes32 id) external view returns (Revealed[] memory) {
        return revealedBids[id];
    }

    function statementCount() external view returns (uint256) {
        return statements.length;
    }

    function _read(Vm.Log[] memory logs) private {
        for (uint256 i = 0; i < logs.length; ++i) {
            Vm.Log memory log = logs[i];
            if (log.emitter == emitter) _readMarket(log);
            else if (log.emitter == emittingRegistry) _readRegistry(log);
        }
    }

    function _readRegistry(Vm.Log memory log) private {
        address source = log.topics.length > 2 ? address(uint160(uint256(log.topics[2]))) : address(0);
        if (log.topics[0] == IProverRegistry.ProverSlashed.selector) {
            (, uint256 taken) = abi.decode(log.data, (uint256, uint256));
            slashedBy[source] += taken;
        } else if (log.topics[0] == IProverRegistry.RewardReceived.selector && source == emitter) {
            (uint256 amount,) = abi.decode(log.data, (uint256, uint256));
            paidIn += amount;
        }
    }

    function _readMarket(Vm.Log memory log) private {
        bytes32 kind = log.topics[0];
        if (kind == IProofMarket.Committed.selector) {
            (, uint256 order) = abi.decode(log.data, (bytes32, uint256));
            orderOf[log.topics[1]][_prover(log)] = order;
        } else if (kind == IProofMarket.Revealed.selector) {
            (uint256 fee,) = abi.decode(log.data, (uint256, bool));
            bytes32 id = log.topics[1];
            revealedBids[id].push(Revealed(_prover(log), fee, orderOf[id][_prover(log)]));
        } else if (kind == IProofMarket.Fulfilled.selector) {
            _readFulfilled(log);
        } else if (kind == IProofMarket.Missed.selector) {
            _readMissed(log);
        } else if (kind == IProofMarket.Cancelled.selector) {
            _end(log, RequestStatus.Cancelled);
        } else if (kind == IProofMarket.Closed.selector) {
            _end(log, abi.decode(log.data, (RequestStatus)));
        } else if (kind == IProofMarket.BondForfeited.selector) {
            ++forfeits;
            slashed += abi.decode(log.data, (uint256));
        } else if (kind == IProofMarket.Requested.selector) {
            (RequestParams memory params,,) = abi.decode(log.data, (RequestParams, uint256, uint256));
            escrowed += params.maxFee;
        } else if (kind == IProofMarket.Credited.selector) {
            credited += abi.decode(log.data, (uint256));
        } else if (kind == IProofMarket.CreditWithdrawn.selector) {
            withdrawn += abi.decode(log.data, (uint256));
        }
    }

    function _prover(Vm.Log memory log) private pure returns (address) {
        return address(uint160(uint256(log.topics[2])));
    }

    function _end(Vm.Log memory log, RequestStatus status) private {
        ++ends[log.topics[1]];
        ++endsOfKind[uint256(status)];
    }

    function _readFulfilled(Vm.Log memory log) private {
        _end(log, RequestStatus.Fulfilled);
        Fulfilment memory f = abi.decode(log.data, (Fulfilment));
        protocolFees += f.protocolFee;
        earned += f.fee - f.protocolFee;
        spent += f.fee;
        mapping(bytes32 statement => uint256) storage highest = highestWeight[f.requester];
        if (highest[f.statement] == 0 && f.weight != 0) {
            statements.push(Statement(f.requester, f.statement));
        }
        if (f.weight > highest[f.statement]) highest[f.statement] = f.weight;
        countedWeight[f.requester][f.statement] += f.counted;
        uint256 epoch = uint256(log.topics[3]);
        assertEq(f.sequence, ++fulfilmentCount[epoch]);
        fulfilmentHash[epoch] = keccak256(
            abi.encode(
                fulfilmentHash[epoch],
                f.sequence,
                log.topics[1],
                log.topics[2],
                f.requester,
                f.statement,
                f.fee,
                f.protocolFee,
                f.weight,
                f.counted,
                f.timestamp
            )
        );
    }

    function _readMissed(Vm.Log memory log) private {
        _end(log, RequestStatus.Missed);
        (uint256 sequence, uint256 deadline, uint256 taken, uint256 timestamp) =
            abi.decode(log.data, (uint256, uint256, uint256, uint256));
        slashed += taken;
        uint256 epoch = uint256(log.topics[3]);
        assertEq(sequence, ++missCount[epoch]);
        missHash[epoch] = keccak256(
            abi.encode(missHash[epoch], sequence, log.topics[1], log.topics[2], deadline, taken, timestamp)
        );
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {TestToken} from "./TestToken.sol";
import {ProofMarket} from "contracts/ProofMarket.sol";
import {IProofMarket, Request, RequestParams, RequestStatus} from "contracts/interfaces/IProofMarket.sol";
import {IProverRegistry, ProverState} from "contracts/interfaces/IProverRegistry.sol";
import {Test} from "forge-std/Test.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Plays requesters, provers and the passing of time against the market, and keeps its own account of
/// what the logs say happened.
contract MarketHandler is Test {
    uint256 internal constant MOST_REQUESTS = 40;
    bytes32 internal constant SALT = "salt";

    enum Stage {
        Any,
        Commit,
        Reveal,
        Fulfil
    }

    ProofMarket public immutable market;
    IProverRegistry public immutable registry;
    TestToken public immutable token;
    address public immutable guardian;
    address public immutable owner;

    address[] public provers;
    address[] public requesters;
    bytes32[] public ids;
    mapping(bytes32 id => mapping(address prover => uint256)) internal feeOf;

    /// What the logs add up to.
    mapping(bytes32 id => uint256) public ends;
    mapping(uint256 kind => uint256) public endsOfKind;
    mapping(bytes32 statement => uint256) public highestWeight;
    bytes32[] public statements;
    mapping(uint256 epoch => bytes32) public fulfilmentHash;
    mapping(uint256 epoch => uint256) public fulfilmentCount;
    mapping(uint256 epoch => bytes32) public missHash;
    mapping(uint256 epoch => uint256) public missCount;
    uint256 public protocolFees;
    uint256 public paidToProvers;
    uint256 public slashed;
    uint256 public forfeits;

    constructor(
        ProofMarket market_,
        address owner_,
        address guardian_,
        address[] memory provers_,
        address[] memory requesters_
    ) {
        market = market_;
        registry = IProverRegistry(market_.registry());
        token = TestToken(market_.token());
        (owner, guardian, provers, requesters) = (owner_, guardian_, provers_, requesters_);
    }

    modifier logged() {
        vm.recordLogs();
        _;
        _read(vm.getRecordedLogs());
    }

    // ---------------------------------------------------------------- actions

    function request(uint256 who, uint256 what, uint256 maxFee, uint256 minStake, uint256 patience)
        external
        logged
    {
        if (ids.length == MOST_REQUESTS) return;
        address requester = requesters[who % requesters.length];
        maxFee = bound(maxFee, 1000, 200 ether);
        token.mint(requester, maxFee);
        RequestParams memory params = RequestParams({
            // The third program is not listed.
            programKey: bytes32(uint256(0xabc) + what % 3),
            publicValuesDigest: bytes32((what >> 8) % 2),
            verifierVersion: 1 + (what >> 16) % 2,
            maxFee: maxFee,
            minStake: bound(minStake, 0, maxFee * 20),
            commitDuration: 10 minutes,
            revealDuration: 10 minutes,
            deadline: block.timestamp + 21 minutes + bound(patience, 0, 3 hours),
            inputUri: ""
        });
        vm.startPrank(requester);
        token.approve(address(market), maxFee);
        (bool success, bytes memory answer) =
            address(market).call(abi.encodeCall(IProofMarket.request, (params)));
        vm.stopPrank();
        if (success) ids.push(abi.decode(answer, (bytes32)));
    }

    function cancel(uint256 which) external logged {
        if (ids.length == 0) return;
        bytes32 id = ids[which % ids.length];
        _try(market.requestOf(id).requester, abi.encodeCall(IProofMarket.cancel, (id)));
    }

    function commit(uint256 which, uint256 who, uint256 fee) external logged {
        bytes32 id = _pick(which, Stage.Commit);
        if (id == 0) return;
        address prover = provers[who % provers.length];
        fee = bound(fee, 1, market.requestOf(id).maxFee + 1);
        bytes32 commitment = market.commitmentFor(id, prover, fee, SALT);
        if (_try(prover, abi.encodeCall(IProofMarket.commit, (id, prover, commitment)))) {
            feeOf[id][prover] = fee;
        }
    }

    function reveal(uint256 which, uint256 who) external logged {
        bytes32 id = _pick(which, Stage.Reveal);
        if (id == 0) return;
        // On to the reveal window.
        Request memory r = market.requestOf(id);
        if (block.timestamp <= r.commitEnd) vm.warp(r.commitEnd + 1);
        for (uint256 i = 0; i < provers.length; ++i) {
            address prover = provers[(who % provers.length + i) % provers.length];
            bytes memory call = abi.encodeCall(IProofMarket.reveal, (id, prover, feeOf[id][prover], SALT));
            if (_try(prover, call)) return;
        }
    }

    function fulfil(uint256 which, bool wrong) external logged {
        bytes32 id = _pick(which, Stage.Fulfil);
        if (id == 0) return;
        Request memory r = market.requestOf(id);
        if (block.timestamp <= r.revealEnd) vm.warp(r.revealEnd + 1);
        bytes memory zkProof = abi.encode(r.programKey, wrong ? bytes32("wrong") : r.publicValuesDigest);
        bool success = _try(r.leader, abi.encodeCall(IProofMarket.fulfil, (id, zkProof)));
        assertFalse(wrong && success, "paid without a zk proof");
    }

    function expire(uint256 which) external logged {
        bytes32 id = _pick(which, Stage.Any);
        if (id != 0) _try(address(this), abi.encodeCall(IProofMarket.expire, (id)));
    }

    function forfeit(uint256 which) external logged {
        if (ids.length == 0) return;
        bytes32 id = ids[which % ids.length];
        for (uint256 i = 0; i < provers.length; ++i) {
            _try(address(this), abi.encodeCall(IProofMarket.forfeit, (id, provers[i])));
        }
    }

    function withdrawCredit(uint256 who) external logged {
        address requester = requesters[who % requesters.length];
        _try(requester, abi.encodeCall(IProofMarket.withdrawCredit, (requester)));
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1, 5 minutes));
    }

    function passLong(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1 hours, 6 hours));
    }

    function jailOrFree(uint256 who) external {
        address prover = provers[who % provers.length];
        bool jailed = registry.proverRecord(prover).state == ProverState.Jailed;
        vm.prank(jailed ? owner : guardian);
        if (jailed) registry.unjail(prover);
        else registry.jail(prover);
    }

    /// @dev Rare, and only of the second version: the first keeps the market going.
    function withdrawVerifier(uint256 chance) external {
        (,, bool withdrawn) = market.verifierOf(2);
        if (withdrawn || chance % 16 != 0) return;
        vm.prank(guardian);
        market.withdrawVerifier(2);
    }

    // ---------------------------------------------------------------- reads

    function idCount() external view returns (uint256) {
        return ids.length;
    }

    function proverCount() external view returns (uint256) {
        return provers.length;
    }

    function requesterCount() external view returns (uint256) {
        return requesters.length;
    }

    function statementCount() external view returns (uint256) {
        return statements.length;
    }

    // ---------------------------------------------------------------- internal

    function _try(address caller, bytes memory call) internal returns (bool success) {
        vm.prank(caller);
        (success,) = address(market).call(call);
    }

    /// @dev The first open request from `which` on that is in that stage or comes to it; 0 if there is none.
    function _pick(uint256 which, Stage stage) internal view returns (bytes32) {
        for (uint256 i = 0; i < ids.length; ++i) {
            bytes32 id = ids[(which % ids.length + i) % ids.length];
            Request memory r = market.requestOf(id);
            if (r.status != RequestStatus.Open) continue;
            if (stage == Stage.Commit && block.timestamp > r.commitEnd) continue;
            if (stage == Stage.Reveal && (r.commitCount == 0 || block.timestamp > r.revealEnd)) continue;
            if (stage == Stage.Fulfil && (r.leader == address(0) || block.timestamp > r.deadline)) continue;
            return id;
        }
        return 0;
    }

    function _read(Vm.Log[] memory logs) internal {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(market)) continue;
            bytes32 kind = logs[i].topics[0];
            if (kind == IProofMarket.Fulfilled.selector) {
                _readFulfilled(logs[i]);
            } else if (kind == IProofMarket.Missed.selector) {
                _readMissed(logs[i]);
            } else if (kind == IProofMarket.Cancelled.selector) {
                _end(logs[i], RequestStatus.Cancelled);
            } else if (kind == IProofMarket.Closed.selector) {
                _end(logs[i], abi.decode(logs[i].data, (RequestStatus)));
            } else if (kind == IProofMarket.BondForfeited.selector) {
                ++forfeits;
                slashed += abi.decode(logs[i].data, (uint256));
            }
        }
    }

    function _end(Vm.Log memory log, RequestStatus status) internal {
        ++ends[log.topics[1]];
        ++endsOfKind[uint256(status)];
    }

    struct Fulfilment {
        uint256 sequence;
        bytes32 statement;
        uint256 fee;
        uint256 protocolFee;
        uint256 weight;
        uint256 counted;
        uint256 timestamp;
    }

    function _readFulfilled(Vm.Log memory log) internal {
        _end(log, RequestStatus.Fulfilled);
        Fulfilment memory f = abi.decode(log.data, (Fulfilment));
        protocolFees += f.protocolFee;
        paidToProvers += f.fee - f.protocolFee;
        if (highestWeight[f.statement] == 0 && f.weight != 0) statements.push(f.statement);
        if (f.weight > highestWeight[f.statement]) highestWeight[f.statement] = f.weight;
        uint256 epoch = uint256(log.topics[3]);
        assertEq(f.sequence, ++fulfilmentCount[epoch]);
        fulfilmentHash[epoch] = keccak256(
            abi.encode(
                fulfilmentHash[epoch],
                f.sequence,
                log.topics[1],
                log.topics[2],
                f.statement,
                f.fee,
                f.protocolFee,
                f.counted,
                f.timestamp
            )
        );
    }

    function _readMissed(Vm.Log memory log) internal {
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

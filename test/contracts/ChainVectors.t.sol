// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {DistributorFixture} from "./helpers/DistributorFixture.sol";
import {TestToken} from "./helpers/TestToken.sol";
import {TestVerifier} from "./helpers/TestVerifiers.sol";
import {ProofMarket} from "contracts/ProofMarket.sol";
import {WorkLedger} from "contracts/WorkLedger.sol";
import {Accumulator, MarketConfig, ProgramConfig} from "contracts/interfaces/IProofMarket.sol";
import {ProverRecord, RegistryConfig} from "contracts/interfaces/IProverRegistry.sol";
import {DistributorConfig, Post, PostContent, Segment} from "contracts/interfaces/IRewardDistributor.sol";
import {Vm} from "forge-std/Test.sol";

/// @notice A market whose count of work can be reached without requests, bids and zk proofs.
contract CountingMarket is ProofMarket {
    constructor(MarketConfig memory config) ProofMarket(config) {}

    function countFulfilment(Work calldata work) external {
        _countFulfilment(work);
    }

    function countMiss(bytes32 id, address prover, uint256 deadline, uint256 slashed) external {
        _countMiss(id, prover, deadline, slashed);
    }
}

/// @notice Plays the recorded chains of the reward specification on the real contracts: they log what the
/// vectors hold, byte for byte, and end in the state that the vectors state.
contract ChainVectorsTest is DistributorFixture {
    uint256 private constant NO_OVERRIDE = 65_535;

    string private json;
    address private verifier;
    CountingMarket private counting;

    function setUp() public override {
        // Each test sets up the system that its vector names.
    }

    function test_boundaries_of_windows_rates_and_carries_are_the_contracts() public {
        _play("boundaries");
    }

    function test_an_epoch_continued_from_claimed_amounts_is_the_contracts() public {
        _play("withheld-leaves");
    }

    function test_large_amounts_are_the_contracts() public {
        _play("large-amounts");
    }

    function test_requesters_of_one_statement_are_the_contracts() public {
        _play("two-requesters");
    }

    // ---------------------------------------------------------------- the vector's system

    function _deployToken() internal override returns (TestToken) {
        _toBlock(vm.parseJsonUint(json, ".deploymentBlock"));
        verifier = address(new TestVerifier(_bytes32(".statements[0]", ".verifierKeyHash")));
        return super._deployToken();
    }

    function _deployMarket() internal override {
        counting = new CountingMarket(_marketConfig());
        assertEq(address(counting), market);
    }

    function _deployDistributor() internal override {
        distributor = registry.distributor();
        deployCodeTo("RewardDistributor.sol:RewardDistributor", abi.encode(_distributorConfig()), distributor);
    }

    function _registryConfig() internal view override returns (RegistryConfig memory config) {
        config = super._registryConfig();
        config.distributor = vm.parseJsonAddress(json, ".distributor");
        config.commissionNotice = vm.parseJsonUint(json, ".commissionNotice");
        config.maxCommissionBps = 10_000;
        // Whoever vetoes in the vectors.
        config.guardian = address(0x64a2d);
    }

    function _marketConfig() internal view override returns (MarketConfig memory config) {
        config = super._marketConfig();
        config.clockStart = vm.parseJsonUint(json, ".clockStart");
        config.epochLength = vm.parseJsonUint(json, ".epochLength");
        uint256 count = _count(".statements");
        config.programs = new ProgramConfig[](count);
        config.verifiers = new address[](1);
        config.verifiers[0] = verifier;
        for (uint256 i = 0; i < count; ++i) {
            config.programs[i] = ProgramConfig({
                verifierVersion: 1,
                programKey: vm.parseJsonBytes32(json, _at(".statements", i, ".programKey")),
                multiplierBps: vm.parseJsonUint(json, _at(".statements", i, ".multiplierBps"))
            });
        }
    }

    function _distributorConfig() internal view override returns (DistributorConfig memory config) {
        config = super._distributorConfig();
        config.challengeWindow = 2000;
        config.budget = vm.parseJsonUint(json, ".logs[0].args.budget");
        config.policy = vm.parseJsonBytes(json, ".logs[0].args.policy");
    }

    // ---------------------------------------------------------------- playing

    function _play(string memory name) private {
        json = vm.readFile(string.concat("test/fixtures/vectors/chains/", name, ".json"));
        vm.recordLogs();
        super.setUp();
        uint256 count = _count(".logs");
        for (uint256 i = 0; i < count; ++i) {
            _toBlock(vm.parseJsonUint(json, _at(".logs", i, ".blockNumber")));
            _act(_at(".logs", i, ""), i);
        }
        _toBlock(vm.parseJsonUint(json, _at(".blocks", _count(".blocks") - 1, ".number")));
        _assertLogs(vm.getRecordedLogs(), count);
        _assertState();
    }

    function _act(string memory log, uint256 index) private {
        string memory args = string.concat(log, ".args");
        bytes32 name = keccak256(bytes(vm.parseJsonString(json, string.concat(log, ".event"))));
        if (name == keccak256("ProverRegistered")) {
            _register(_address(args, ".prover"), MIN_SELF_STAKE, _uint(args, ".commissionBps"));
        } else if (name == keccak256("CommissionChanged")) {
            _changeCommission(args);
        } else if (name == keccak256("Fulfilled")) {
            _fulfil(args);
        } else if (name == keccak256("Missed")) {
            counting.countMiss(
                _bytes32(args, ".id"),
                _address(args, ".prover"),
                _uint(args, ".deadline"),
                _uint(args, ".slashed")
            );
        } else if (name == keccak256("SegmentAdded") && index > 0) {
            vm.prank(owner);
            rewards.addSegment(
                _uint(args, ".fromEpoch"),
                _uint(args, ".budget"),
                vm.parseJsonBytes(json, string.concat(args, ".policy"))
            );
        } else if (name == keccak256("RootPosted")) {
            _postAndAttest(args);
        } else if (name == keccak256("RootVetoed")) {
            _veto(
                registry.guardian(),
                _uint(args, ".epoch"),
                _uint(args, ".postNumber"),
                _bytes32(args, ".root")
            );
        }
    }

    /// @dev The first change of a prover is made by its registration.
    function _changeCommission(string memory args) private {
        if (_uint(args, ".sequence") == 1) return;
        address source = _address(args, ".source");
        uint256 bps = _uint(args, ".bps");
        vm.prank(_address(args, ".prover"));
        if (bps == NO_OVERRIDE) registry.removeCommission(source);
        else registry.setCommission(source, bps);
    }

    function _fulfil(string memory args) private {
        bytes32 statement = _bytes32(args, ".statementId");
        uint256 i = 0;
        while (vm.parseJsonBytes32(json, _at(".statements", i, ".statementId")) != statement) ++i;
        string memory made = _at(".statements", i, "");
        bytes32 keyHash = _bytes32(made, ".verifierKeyHash");
        bytes32 programKey = _bytes32(made, ".programKey");
        bytes32 digest = _bytes32(made, ".publicValuesDigest");
        assertEq(counting.statementId(keyHash, programKey, digest), statement);
        counting.countFulfilment(
            WorkLedger.Work({
                id: _bytes32(args, ".id"),
                prover: _address(args, ".prover"),
                requester: _address(args, ".requester"),
                verifierKeyHash: keyHash,
                programKey: programKey,
                publicValuesDigest: digest,
                fee: _uint(args, ".fee"),
                protocolFee: _uint(args, ".protocolFee")
            })
        );
    }

    function _postAndAttest(string memory args) private {
        uint256 total = _uint(args, ".cumulativeTotal");
        uint256 epoch = _uint(args, ".epoch");
        if (rewards.funds() < total) _fundRewards(total - rewards.funds());
        uint256 snapshotBlock = _uint(args, ".snapshotBlock");
        vm.setBlockhash(snapshotBlock, _bytes32(args, ".snapshotHash"));
        _assertCarry(epoch);
        vm.prank(publisher);
        uint256 postNumber = rewards.postRoot(
            epoch,
            _bytes32(args, ".root"),
            total,
            _bytes32(args, ".datasetHash"),
            snapshotBlock,
            _bytes32(args, ".snapshotHash")
        );
        posted[postNumber] = PostContent({
            epoch: epoch,
            postNumber: postNumber,
            root: _bytes32(args, ".root"),
            cumulativeTotal: total,
            datasetHash: _bytes32(args, ".datasetHash"),
            snapshotBlock: snapshotBlock,
            snapshotHash: _bytes32(args, ".snapshotHash")
        });
        _attest(auditor, epoch, postNumber, _bytes32(args, ".root"));
    }

    // ---------------------------------------------------------------- what must come of it

    /// @dev The carry into an epoch is that of its artifact, however often the epoch is posted.
    function _assertCarry(uint256 epoch) private view {
        for (uint256 i = 0; i < _count(".epochs"); ++i) {
            if (vm.parseJsonUint(json, _at(".epochs", i, ".epoch")) != epoch) continue;
            string memory artifact = vm.parseJsonString(json, _at(".epochs", i, ".artifact"));
            assertEq(rewards.carry(), vm.parseJsonUint(artifact, ".carryIn"), "carry");
            assertEq(keccak256(bytes(artifact)), vm.parseJsonBytes32(json, _at(".epochs", i, ".datasetHash")));
            assertEq(_rootOf(artifact), vm.parseJsonBytes32(artifact, ".root"), "root");
        }
    }

    /// @dev The root of an artifact's rows.
    function _rootOf(string memory artifact) private view returns (bytes32) {
        uint256 count = 0;
        Leaf[] memory all = new Leaf[](8);
        for (uint256 i = 0; vm.keyExistsJson(artifact, _at(".rows", i, "")); ++i) {
            string memory row = _at(".rows", i, "");
            uint256 cumulative = vm.parseJsonUint(artifact, string.concat(row, ".cumulative"));
            if (cumulative == 0) continue;
            all[count++] = Leaf(
                vm.parseJsonAddress(artifact, string.concat(row, ".prover")),
                cumulative,
                vm.parseJsonUint(artifact, string.concat(row, ".cumulativeCommission"))
            );
        }
        if (count == 0) return rewards.domain();
        assembly ("memory-safe") {
            mstore(all, count)
        }
        return _root(all);
    }

    function _assertLogs(Vm.Log[] memory logs, uint256 count) private view {
        uint256 at = 0;
        for (uint256 i = 0; i < count; ++i) {
            string memory log = _at(".logs", i, "");
            bytes32[] memory topics = vm.parseJsonBytes32Array(json, string.concat(log, ".topics"));
            if (!_isPlayed(log)) continue;
            while (logs[at].topics[0] != topics[0]) ++at;
            assertEq(abi.encode(logs[at].topics), abi.encode(topics), string.concat("topics of ", log));
            assertEq(logs[at].data, vm.parseJsonBytes(json, string.concat(log, ".data")), log);
            ++at;
        }
    }

    /// @dev Vaults have addresses of their own here, and hold what the registry demands.
    function _isPlayed(string memory log) private view returns (bool) {
        bytes32 name = keccak256(bytes(vm.parseJsonString(json, string.concat(log, ".event"))));
        return name != keccak256("ProverRegistered") && name != keccak256("ActiveAssetsChanged")
            && name != keccak256("Claimed");
    }

    function _assertState() private view {
        for (uint256 epoch = 0; epoch < _count(".state.fulfilmentAccumulators"); ++epoch) {
            _assertAccumulator(
                counting.fulfilmentAccumulator(epoch), _at(".state.fulfilmentAccumulators", epoch, "")
            );
            _assertAccumulator(counting.missAccumulator(epoch), _at(".state.missAccumulators", epoch, ""));
        }
        for (uint256 i = 0; i < _count(".state.provers"); ++i) {
            string memory known = _at(".state.provers", i, "");
            ProverRecord memory record = registry.proverRecord(_address(known, ".prover"));
            assertEq(record.registeredAt, _uint(known, ".registeredAt"));
            assertEq(record.commissionSequence, _uint(known, ".commissionSequence"));
            assertEq(record.commissionHash, _bytes32(known, ".commissionHash"));
        }
        assertEq(rewards.segmentCount(), _count(".state.segments"));
        for (uint256 i = 0; i < rewards.segmentCount(); ++i) {
            Segment memory segment = rewards.segment(i);
            string memory known = _at(".state.segments", i, "");
            assertEq(segment.fromEpoch, _uint(known, ".fromEpoch"));
            assertEq(segment.budget, _uint(known, ".budget"));
            assertEq(segment.policyHash, _bytes32(known, ".policyHash"));
        }
        Post memory post = rewards.activePost();
        assertEq(post.postNumber, _uint(".state.latestPost", ".postNumber"), "the latest post is active");
        assertEq(post.root, _bytes32(".state.latestPost", ".root"));
        assertEq(post.cumulativeTotal, _uint(".state.latestPost", ".cumulativeTotal"));
        assertEq(rewards.carry(), _uint(".state", ".carry"));
        (bytes32 latestPostHash, bytes32 rollingHash) = rewards.postHistory();
        assertEq(latestPostHash, _bytes32(".state.postHistory", ".latestPostHash"));
        assertEq(rollingHash, _bytes32(".state.postHistory", ".rollingHash"));
        (uint256 registered,) = registry.registrations();
        assertEq(registered, _uint(".state.registrations", ".count"));
    }

    function _assertAccumulator(Accumulator memory accumulator, string memory known) private view {
        assertEq(accumulator.count, _uint(known, ".count"));
        assertEq(accumulator.hash, _bytes32(known, ".hash"));
    }

    // ---------------------------------------------------------------- reading

    function _toBlock(uint256 number) private {
        vm.roll(number);
        vm.warp(
            vm.parseJsonUint(
                json, _at(".blocks", number - vm.parseJsonUint(json, ".blocks[0].number"), ".timestamp")
            )
        );
    }

    function _at(string memory list, uint256 index, string memory rest) private pure returns (string memory) {
        return string.concat(list, "[", vm.toString(index), "]", rest);
    }

    function _count(string memory list) private view returns (uint256 count) {
        while (vm.keyExistsJson(json, _at(list, count, ""))) ++count;
    }

    function _uint(string memory of_, string memory key) private view returns (uint256) {
        return vm.parseJsonUint(json, string.concat(of_, key));
    }

    function _bytes32(string memory of_, string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(of_, key));
    }

    function _address(string memory of_, string memory key) private view returns (address) {
        return vm.parseJsonAddress(json, string.concat(of_, key));
    }
}

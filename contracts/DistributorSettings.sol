// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {IProofMarket} from "./interfaces/IProofMarket.sol";
import {IProverRegistry} from "./interfaces/IProverRegistry.sol";
import {Auditor, DistributorConfig, IRewardDistributor, Segment} from "./interfaces/IRewardDistributor.sol";
import {SegmentLib, StoredSegment} from "./libraries/SegmentLib.sol";
import {Owned} from "solmate/src/auth/Owned.sol";

/// @title DistributorSettings
/// @notice What the distributor is set up with and who may change it: the clock, publisher, auditors, quorum,
/// window, and the segments of budget and policy. No change here reaches a post that exists, an epoch that
/// has begun, or the epoch after it.
abstract contract DistributorSettings is IRewardDistributor {
    using SegmentLib for StoredSegment[];

    /// @dev One slot: all that `postRoot` reads of the settings but the budget.
    struct Settings {
        address publisher;
        uint32 challengeWindow;
        uint8 quorum;
        uint8 auditorCount;
    }

    struct AuditorRecord {
        bool listed;
        uint32 listedAfterPost;
    }

    uint256 public constant MIN_CHALLENGE_WINDOW = 1 minutes;
    /// @notice The longest challenge window is the epoch's length divided by this.
    uint256 public constant MAX_WINDOW_DIVISOR = 4;
    uint256 public constant MAX_AUDITORS = 64;
    uint256 public constant MAX_BUDGET = 2 ** 95;
    uint256 public constant MIN_POLICY_BYTES = 2;
    uint256 public constant MAX_POLICY_BYTES = 16_384;
    /// @notice How many epochs ahead a segment may start: until then, no other may start before it.
    uint256 public constant MAX_SEGMENT_LEAD = 100;

    address public immutable override registry;
    address public immutable override market;
    address public immutable override token;
    uint256 public immutable override deploymentBlock;
    uint256 public immutable override clockStart;
    uint256 public immutable override epochLength;
    bytes32 public immutable override domain;
    bool public immutable override allowZeroQuorum;

    Settings internal _settings;
    StoredSegment[] internal _segments;
    mapping(address account => AuditorRecord) private _auditors;

    modifier onlyOwner() {
        if (msg.sender != Owned(registry).owner()) revert Unauthorized();
        _;
    }

    constructor(DistributorConfig memory config) {
        // The registry was told this address before it existed: a distributor anywhere else is useless.
        if (IProverRegistry(config.registry).distributor() != address(this)) {
            revert InvalidParameter("registry");
        }
        if (IProofMarket(config.market).registry() != config.registry) revert InvalidParameter("market");

        registry = config.registry;
        market = config.market;
        token = IProverRegistry(config.registry).token();
        deploymentBlock = block.number;
        clockStart = IProofMarket(config.market).clockStart();
        epochLength = IProofMarket(config.market).epochLength();
        domain = keccak256(abi.encode(block.chainid, address(this)));
        allowZeroQuorum = config.allowZeroQuorum;

        _setPublisher(config.publisher);
        for (uint256 i = 0; i < config.auditors.length; ++i) {
            _setAuditor(config.auditors[i], true, 0);
        }
        _setQuorum(config.quorum);
        _setChallengeWindow(config.challengeWindow);
        _addSegment(0, config.budget, config.policy);
    }

    // ---------------------------------------------------------------- owner

    /// @inheritdoc IRewardDistributor
    function addSegment(uint256 fromEpoch, uint256 budget, bytes calldata policy) external onlyOwner {
        uint256 current = currentEpoch();
        if (fromEpoch < current + 2) revert SegmentTooEarly();
        if (fromEpoch < _segments[_segments.length - 1].fromEpoch) revert SegmentTooEarly();
        if (fromEpoch > current + MAX_SEGMENT_LEAD) revert SegmentTooLate();

        _addSegment(fromEpoch, budget, policy);
    }

    /// @inheritdoc IRewardDistributor
    function setPublisher(address newPublisher) external onlyOwner {
        _setPublisher(newPublisher);
    }

    /// @inheritdoc IRewardDistributor
    /// @dev Listing anew a removed auditor counts from the next post again.
    function setAuditor(address account, bool listed) external onlyOwner {
        _setAuditor(account, listed, postCount());
        // Without this, removals could leave a quorum that no later post can reach.
        if (_settings.quorum > _settings.auditorCount) revert InvalidParameter("quorum");
    }

    /// @inheritdoc IRewardDistributor
    function setQuorum(uint256 newQuorum) external onlyOwner {
        _setQuorum(newQuorum);
    }

    /// @inheritdoc IRewardDistributor
    function setChallengeWindow(uint256 newChallengeWindow) external onlyOwner {
        _setChallengeWindow(newChallengeWindow);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IRewardDistributor
    function postCount() public view virtual returns (uint256);

    /// @inheritdoc IRewardDistributor
    function currentEpoch() public view returns (uint256) {
        return (block.timestamp - clockStart) / epochLength;
    }

    /// @inheritdoc IRewardDistributor
    function epochBounds(uint256 epoch) public view returns (uint256 start, uint256 end) {
        start = clockStart + epoch * epochLength;
        end = start + epochLength;
    }

    /// @inheritdoc IRewardDistributor
    function publisher() external view returns (address) {
        return _settings.publisher;
    }

    /// @inheritdoc IRewardDistributor
    function auditor(address account) external view returns (Auditor memory) {
        AuditorRecord memory record = _auditors[account];
        return Auditor(record.listed, record.listedAfterPost);
    }

    /// @inheritdoc IRewardDistributor
    function auditorCount() external view returns (uint256) {
        return _settings.auditorCount;
    }

    /// @inheritdoc IRewardDistributor
    function quorum() external view returns (uint256) {
        return _settings.quorum;
    }

    /// @inheritdoc IRewardDistributor
    function challengeWindow() external view returns (uint256) {
        return _settings.challengeWindow;
    }

    /// @inheritdoc IRewardDistributor
    function segmentCount() external view returns (uint256) {
        return _segments.length;
    }

    /// @inheritdoc IRewardDistributor
    function segment(uint256 index) public view returns (Segment memory) {
        StoredSegment memory stored = _segments[index];
        return Segment(stored.fromEpoch, stored.budget, stored.policyHash);
    }

    /// @inheritdoc IRewardDistributor
    function segmentAt(uint256 epoch) external view returns (Segment memory) {
        return segment(_segments.indexAt(epoch));
    }

    // ---------------------------------------------------------------- internal

    function _mayAct(address account, uint256 postNumber) internal view returns (bool) {
        AuditorRecord memory record = _auditors[account];
        return record.listed && postNumber > record.listedAfterPost;
    }

    function _addSegment(uint256 fromEpoch, uint256 budget, bytes memory policy) private {
        if (budget > MAX_BUDGET) revert InvalidParameter("budget");
        if (policy.length < MIN_POLICY_BYTES || policy.length > MAX_POLICY_BYTES) {
            revert InvalidParameter("policy");
        }

        bytes32 policyHash = keccak256(policy);
        // Safe: an epoch is at most the current one plus 100, a budget at most 2^95.
        _segments.push(StoredSegment(uint128(fromEpoch), uint128(budget), policyHash));

        emit SegmentAdded(fromEpoch, budget, policyHash, policy);
    }

    function _setPublisher(address newPublisher) private {
        if (newPublisher == address(0)) revert ZeroAddress();

        _settings.publisher = newPublisher;

        emit PublisherChanged(newPublisher);
    }

    function _setAuditor(address account, bool listed, uint256 postsSoFar) private {
        if (account == address(0)) revert ZeroAddress();
        // Listing a listed auditor again would end its right to act on the post that is pending now.
        if (_auditors[account].listed == listed) revert InvalidParameter("auditor");
        uint256 count = _settings.auditorCount;
        count = listed ? count + 1 : count - 1;
        if (count > MAX_AUDITORS) revert InvalidParameter("auditors");

        _auditors[account] = AuditorRecord(listed, uint32(postsSoFar));
        _settings.auditorCount = uint8(count);

        emit AuditorChanged(account, listed);
    }

    function _setQuorum(uint256 newQuorum) private {
        if (newQuorum > _settings.auditorCount || (newQuorum == 0 && !allowZeroQuorum)) {
            revert InvalidParameter("quorum");
        }

        _settings.quorum = uint8(newQuorum);

        emit QuorumChanged(newQuorum);
    }

    function _setChallengeWindow(uint256 newChallengeWindow) private {
        if (
            newChallengeWindow < MIN_CHALLENGE_WINDOW || newChallengeWindow > epochLength / MAX_WINDOW_DIVISOR
        ) revert InvalidParameter("challengeWindow");
        // Whoever is told of a higher commission sees a whole epoch's rewards at the old one before it.
        if (epochLength + newChallengeWindow > IProverRegistry(registry).commissionNotice()) {
            revert InvalidParameter("commissionNotice");
        }

        // Safe: a quarter of an epoch, which the market bounds to 90 days.
        _settings.challengeWindow = uint32(newChallengeWindow);

        emit ChallengeWindowChanged(newChallengeWindow);
    }
}

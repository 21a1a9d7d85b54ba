// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

/// @notice Everything the distributor is built with. `policy` is the canonical JSON of the first segment.
struct DistributorConfig {
    address registry;
    address market;
    address publisher;
    address[] auditors;
    uint256 challengeWindow;
    uint256 quorum;
    /// @dev Whether the quorum may ever be 0.
    bool allowZeroQuorum;
    uint256 budget;
    bytes policy;
}

/// @notice Budget and policy from an epoch on, until the next segment.
struct Segment {
    uint256 fromEpoch;
    uint256 budget;
    bytes32 policyHash;
}

/// @notice A posted root. Active when not vetoed, `claimableAt` reached and attestations >= quorum.
struct Post {
    uint256 epoch;
    uint256 postNumber;
    bytes32 root;
    uint256 cumulativeTotal;
    uint256 postedAt;
    uint256 claimableAt;
    uint256 quorum;
    uint256 attestations;
    bool vetoed;
    bool active;
}

/// @notice All that the publisher posted, with the post's number: what an attestation or a veto refers to.
struct PostContent {
    uint256 epoch;
    uint256 postNumber;
    bytes32 root;
    uint256 cumulativeTotal;
    bytes32 datasetHash;
    uint256 snapshotBlock;
    bytes32 snapshotHash;
}

/// @notice An auditor's standing; it may attest and veto posts numbered above `listedAfterPost`.
struct Auditor {
    bool listed;
    uint256 listedAfterPost;
}

/// @notice A signed yes, relayable by anyone. EIP-712: Attestation(uint256 epoch,uint256 postNumber,bytes32 root,
/// uint256 cumulativeTotal,bytes32 datasetHash,uint256 snapshotBlock,bytes32 snapshotHash), without the space; domain
/// "Provender RewardDistributor", "2".
struct SignedAttestation {
    address auditor;
    bytes signature;
}

/// @notice One claim of a batch.
struct ClaimParams {
    address prover;
    uint256 cumulative;
    uint256 cumulativeCommission;
    bytes32[] merkleProof;
}

/// @title IRewardDistributor
/// @notice Cumulative Merkle roots, one an epoch: bounded by budget and funding, delayed by a challenge
/// window, attested by a quorum, stopped by one veto. A claim only ever pays into the prover's vault.
interface IRewardDistributor {
    // ---------------------------------------------------------------- errors

    error AlreadyAttested();
    error AlreadyVetoed();
    /// @notice What the root adds exceeds the epoch's budget plus carry.
    error BudgetExceeded();
    error EpochNotEnded();
    /// @notice Not the next epoch in order, or one that is active or pending.
    error EpochOutOfOrder();
    /// @notice The post promises more than the funds held.
    error InsufficientFunds();
    error InvalidMerkleProof();
    error InvalidParameter(bytes32 name);
    error InvalidSignature();
    error MerkleProofTooLong();
    /// @notice No root is active yet.
    error NoActiveRoot();
    error NotAuditor();
    /// @notice The amount would exceed the active root's cumulativeTotal.
    error TotalExceeded();
    /// @notice What is referred to is not the latest post, in each of its values.
    error PostMismatch();
    /// @notice The post is already active: it stands.
    error PostIsActive();
    error PostIsVetoed();
    /// @notice The previous epoch's root is not active yet.
    error PreviousNotActive();
    error Reentered();
    error SegmentTooEarly();
    error SegmentTooLate();
    /// @notice The chain still knows the snapshot block, by another hash.
    error SnapshotInvalid();
    error SurplusExceeded();
    error TotalDecreased();
    error Unauthorized();
    error ZeroAddress();
    error ZeroRoot();

    // ---------------------------------------------------------------- events

    /// @notice Budget and policy from `fromEpoch` on; `policy` is the canonical JSON that hashes to
    /// `policyHash`. Constructor included.
    event SegmentAdded(uint256 indexed fromEpoch, uint256 budget, bytes32 indexed policyHash, bytes policy);
    /// @notice The rolling hash, here and in `RootVetoed`, is that of `postHistory` with this post or veto.
    event RootPosted(
        uint256 indexed epoch,
        uint256 indexed postNumber,
        bytes32 indexed root,
        uint256 cumulativeTotal,
        bytes32 datasetHash,
        uint256 snapshotBlock,
        bytes32 snapshotHash,
        uint256 postedAt,
        uint256 claimableAt,
        uint256 quorum,
        bytes32 rollingHash
    );
    event RootAttested(
        uint256 indexed epoch, uint256 indexed postNumber, address indexed auditor, bytes32 root
    );
    event RootVetoed(
        uint256 indexed epoch,
        uint256 indexed postNumber,
        address indexed by,
        bytes32 root,
        bytes32 rollingHash
    );
    /// @notice `amount` went into the prover's vault, `commission` of it to its commission account.
    event Claimed(
        address indexed prover, uint256 indexed epoch, uint256 cumulative, uint256 amount, uint256 commission
    );
    /// @notice A batch left this claim out; `reason` is the selector of the error that `claim` would give.
    event ClaimSkipped(address indexed prover, bytes4 reason);
    event SurplusWithdrawn(address indexed to, uint256 amount);
    event PublisherChanged(address indexed publisher);
    event AuditorChanged(address indexed auditor, bool listed);
    event QuorumChanged(uint256 quorum);
    event ChallengeWindowChanged(uint256 challengeWindow);

    // ---------------------------------------------------------------- publisher

    /// @notice Posts the root of the next epoch, or posts a vetoed epoch anew.
    /// @param cumulativeTotal what all leaves may claim, over all epochs.
    /// @param datasetHash keccak256 of the artifact's canonical bytes.
    /// @param snapshotBlock the last block with timestamp < epoch end; with `snapshotHash` it names the fork.
    function postRoot(
        uint256 epoch,
        bytes32 root,
        uint256 cumulativeTotal,
        bytes32 datasetHash,
        uint256 snapshotBlock,
        bytes32 snapshotHash
    ) external returns (uint256 postNumber);

    // ---------------------------------------------------------------- auditors and guardian

    function attest(PostContent calldata post) external;
    /// @notice Counts every valid signature for the post; reverts on an invalid one, skips a repeated one.
    function attestBySignatures(PostContent calldata post, SignedAttestation[] calldata attestations) external;
    /// @notice Auditor: once per epoch. Guardian: any number of times. Until the post is active.
    function veto(PostContent calldata post) external;

    // ---------------------------------------------------------------- claims (anyone)

    /// @notice Pays what `cumulative` adds to the prover's claimed amount into its vault and commission
    /// account. Pays nothing, without error, if there is no difference.
    function claim(
        address prover,
        uint256 cumulative,
        uint256 cumulativeCommission,
        bytes32[] calldata merkleProof
    ) external returns (uint256 amount);
    /// @notice Many claims; what cannot be paid is skipped and reported.
    /// @return paid the sum.
    /// @return skipped how many were left out.
    function claimBatch(ClaimParams[] calldata claims) external returns (uint256 paid, uint256 skipped);

    // ---------------------------------------------------------------- owner

    /// @notice Appends a segment; `fromEpoch` is at least the epoch after next, not before the last one's, and at
    /// most 100 epochs ahead.
    function addSegment(uint256 fromEpoch, uint256 budget, bytes calldata policy) external;
    function setPublisher(address publisher) external;
    function setAuditor(address auditor, bool listed) external;
    function setQuorum(uint256 quorum) external;
    /// @notice A minute to a quarter of an epoch; with a whole epoch at most the registry's `commissionNotice`.
    function setChallengeWindow(uint256 challengeWindow) external;
    /// @notice Moves surplus, never promised tokens.
    function withdrawSurplus(address to, uint256 amount) external;

    // ---------------------------------------------------------------- views

    function registry() external view returns (address);
    function market() external view returns (address);
    function token() external view returns (address);
    function deploymentBlock() external view returns (uint256);
    function clockStart() external view returns (uint256);
    function epochLength() external view returns (uint256);
    function currentEpoch() external view returns (uint256);
    /// @notice The half-open interval of an epoch's timestamps.
    function epochBounds(uint256 epoch) external view returns (uint256 start, uint256 end);
    /// @notice keccak256(abi.encode(chainid, distributor)): the first word of every leaf, and the empty root.
    function domain() external view returns (bytes32);
    function leafOf(address prover, uint256 cumulative, uint256 cumulativeCommission)
        external
        view
        returns (bytes32);
    function publisher() external view returns (address);
    function auditor(address account) external view returns (Auditor memory);
    function auditorCount() external view returns (uint256);
    function quorum() external view returns (uint256);
    function challengeWindow() external view returns (uint256);
    function allowZeroQuorum() external view returns (bool);
    function segmentCount() external view returns (uint256);
    function segment(uint256 index) external view returns (Segment memory);
    /// @notice The segment that governs `epoch`.
    function segmentAt(uint256 epoch) external view returns (Segment memory);
    /// @notice The next epoch to be posted (a vetoed one again).
    function nextEpoch() external view returns (uint256);
    function postCount() external view returns (uint256);
    /// @notice What vouches for the logs of posts and vetoes; both are `domain` before the first post.
    /// @return latestPostHash the EIP-712 struct hash of the latest post, vetoed or not.
    /// @return rollingHash keccak256(abi.encode(previous, postHash, postedAt, claimableAt, quorum)) after a post,
    /// keccak256(abi.encode(previous, postHash, by)) after a veto.
    function postHistory() external view returns (bytes32 latestPostHash, bytes32 rollingHash);
    /// @notice The latest post, pending, vetoed or active; all zero before the first.
    function latestPost() external view returns (Post memory);
    /// @notice The post whose root is claimable now; all zero before the first.
    function activePost() external view returns (Post memory);
    function hasAttested(uint256 postNumber, address account) external view returns (bool);
    function hasVetoed(uint256 epoch, address account) external view returns (bool);
    /// @notice What the next epoch may spend beyond its budget.
    function carry() external view returns (uint256);
    function totalClaimed() external view returns (uint256);
    /// @notice Tokens held here.
    function funds() external view returns (uint256);
    /// @notice Unclaimed amounts, carry, budgets of the epochs begun and not yet active, and the next one's.
    function promised() external view returns (uint256);
    /// @notice max(0, funds - promised).
    function surplus() external view returns (uint256);
}

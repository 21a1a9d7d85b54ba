// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

/// @notice Open: bids may still come or are being revealed, or an assignment runs. The others are final:
/// Fulfilled: proven in time. Missed: assigned, not proven. Unassigned: nobody revealed a valid bid.
/// Cancelled: by the requester before the first commit. Withdrawn: its verifier was withdrawn.
enum RequestStatus {
    None,
    Open,
    Fulfilled,
    Missed,
    Unassigned,
    Cancelled,
    Withdrawn
}

/// @notice A program whose fulfilments count: weight = fee paid * multiplierBps.
struct ProgramConfig {
    uint256 verifierVersion;
    bytes32 programKey;
    uint256 multiplierBps;
}

/// @notice Parameters that the owner may change for later requests; each request freezes its own.
struct MarketParameters {
    /// @dev The part of every fee that goes to the treasury.
    uint256 protocolFeeBps;
    /// @dev The least lock, as a part of maxFee; never 0, for no assignment is without collateral.
    uint256 lockBps;
    /// @dev The most a request may ask for as minStake, as a multiple of maxFee.
    uint256 maxStakeMultiple;
    uint256 minFee;
    /// @dev Locked by a commit, forfeited if it is not revealed; never 0, for a commit blocks `cancel`.
    uint256 bond;
    /// @dev The most assignments a prover may have open or lead at a time.
    uint256 maxOpenAssignments;
}

/// @notice Everything the market is built with. The clock starts at or before deployment, less than one
/// epoch ago. Versions of `verifiers` are their positions, from 1.
struct MarketConfig {
    address registry;
    uint256 clockStart;
    uint256 epochLength;
    /// @dev Seconds after a deadline in which a miss may be slashed; at least 1 hour.
    uint256 expiryGrace;
    MarketParameters parameters;
    address[] verifiers;
    ProgramConfig[] programs;
}

/// @notice What a requester asks for. Times are in seconds.
struct RequestParams {
    bytes32 programKey;
    bytes32 publicValuesDigest;
    uint256 verifierVersion;
    uint256 maxFee;
    /// @dev The least collateral that the winner must lock.
    uint256 minStake;
    uint256 commitDuration;
    uint256 revealDuration;
    /// @dev Timestamp; the last moment at which `fulfil` is accepted.
    uint256 deadline;
    /// @dev Where provers find the program's input. Not checked: provers execute before they bid.
    string inputUri;
}

/// @notice A request as stored.
struct Request {
    RequestStatus status;
    address requester;
    bytes32 programKey;
    bytes32 publicValuesDigest;
    uint256 verifierVersion;
    uint256 maxFee;
    uint256 lockAmount;
    uint256 bond;
    uint256 protocolFeeBps;
    uint256 maxOpenAssignments;
    uint256 commitEnd;
    uint256 revealEnd;
    uint256 deadline;
    uint256 commitCount;
    /// @dev Leads while bids are revealed, is assigned afterwards. Zero: no valid reveal so far.
    address leader;
    uint256 leaderFee;
    /// @dev What the leader would be paid: the second-lowest fee, or its own if alone.
    uint256 price;
}

/// @notice A rolling hash over an epoch's events of one kind and their number.
struct Accumulator {
    bytes32 hash;
    uint256 count;
}

/// @title IProofMarket
/// @notice Proof requests, sealed-bid second-price auctions, collateralised assignments, verified
/// fulfilment, and the on-chain count of the work that rewards depend on.
interface IProofMarket {
    // ---------------------------------------------------------------- errors

    error AlreadyRevealed();
    error BidTooHigh();
    error CommitClosed();
    error CommitNotFound();
    error DeadlinePassed();
    error DeadlineNotPassed();
    error InsufficientCollateral();
    error InsufficientGas();
    error InvalidParameter(bytes32 name);
    error InvalidProof();
    error NotAssigned();
    error NothingToWithdraw();
    error Paused();
    error ProgramKeyOutOfRange();
    error PublicValuesDigestOutOfRange();
    error Reentered();
    error RequestHasCommits();
    error RequestNotOpen();
    error RevealClosed();
    error RevealNotOpen();
    error RevealNotClosed();
    error SubmitterNotApproved();
    error TokenNotPlain();
    error TooManyAssignments();
    error Unauthorized();
    error VerifierUnknown();
    error VerifierIsWithdrawn();
    error ZeroAddress();

    // ---------------------------------------------------------------- events

    event Requested(
        bytes32 indexed id,
        address indexed requester,
        bytes32 indexed programKey,
        RequestParams params,
        uint256 lockAmount,
        uint256 bond
    );
    event Cancelled(bytes32 indexed id);
    /// @notice A sealed bid; `order` decides ties. It replaces the prover's earlier one.
    event Committed(bytes32 indexed id, address indexed prover, bytes32 commitment, uint256 order);
    event Revealed(bytes32 indexed id, address indexed prover, uint256 fee, bool leads);
    event BondForfeited(bytes32 indexed id, address indexed prover, uint256 slashed);
    /// @notice A verified fulfilment, counted in `epoch` as number `sequence` (from 1). `weight` is
    /// fee * multiplier, `countedWeight` what exceeds the highest weight of the statement for its requester so
    /// far. The epoch's accumulator becomes keccak256(abi.encode(previous, sequence, id, prover, requester,
    /// statementId, fee, protocolFee, weight, countedWeight, timestamp)), from zero.
    event Fulfilled(
        bytes32 indexed id,
        address indexed prover,
        uint256 indexed epoch,
        uint256 sequence,
        address requester,
        bytes32 statementId,
        uint256 fee,
        uint256 protocolFee,
        uint256 weight,
        uint256 countedWeight,
        uint256 timestamp
    );
    /// @notice An assignment missed; `epoch` is the deadline's. The epoch's miss accumulator becomes
    /// keccak256(abi.encode(previous, sequence, id, prover, deadline, slashed, timestamp)), from zero.
    event Missed(
        bytes32 indexed id,
        address indexed prover,
        uint256 indexed epoch,
        uint256 sequence,
        uint256 deadline,
        uint256 slashed,
        uint256 timestamp
    );
    /// @notice The request ended without fulfilment or miss: nobody revealed, or its verifier was withdrawn.
    event Closed(bytes32 indexed id, RequestStatus status);
    event Credited(address indexed account, uint256 amount);
    event CreditWithdrawn(address indexed account, address indexed to, uint256 amount);
    event SubmitterApproved(address indexed prover, address indexed submitter, bool approved);
    event SubmitterAccepted(address indexed prover, address indexed submitter);
    event VerifierAdded(uint256 indexed version, address indexed verifier, bytes32 verifierKeyHash);
    event VerifierWithdrawn(uint256 indexed version);
    /// @notice `multiplierBps` is in force for fulfilments in `fromEpoch` and later epochs.
    event MultiplierChanged(
        bytes32 indexed verifierKeyHash, bytes32 indexed programKey, uint256 multiplierBps, uint256 fromEpoch
    );
    event ParametersChanged(MarketParameters parameters);

    // ---------------------------------------------------------------- requesters

    /// @notice Escrows `maxFee` and opens the auction. The id is
    /// keccak256(abi.encode(chainid, market, requester, nonce)), nonce counted per requester from 0.
    function request(RequestParams calldata params) external returns (bytes32 id);
    /// @notice Before the first commit.
    function cancel(bytes32 id) external;
    /// @notice Pays out the caller's refunds and excess to `to`.
    function withdrawCredit(address to) external returns (uint256 amount);

    // ---------------------------------------------------------------- provers and their submitters

    /// @notice Seals a bid: commitment = keccak256(abi.encode(id, prover, fee, salt)). Locks the bond.
    function commit(bytes32 id, address prover, bytes32 commitment) external;
    /// @notice Opens a bid. The lowest leads; a tie goes to the earlier commit; the lock moves to the leader.
    function reveal(bytes32 id, address prover, uint256 fee, bytes32 salt) external;
    /// @notice Verifies the zk proof and pays: protocol fee to the treasury (credited if it cannot receive), the
    /// rest to the prover through the registry, the excess over the price credited to the requester. From reveal
    /// end to deadline.
    function fulfil(bytes32 id, bytes calldata zkProof) external;
    /// @notice The prover's half of the consent: `submitter` may commit, reveal and fulfil for the caller.
    function approveSubmitter(address submitter, bool approved) external;
    /// @notice The submitter's half: the caller acts for `prover`; a submitter acts for one prover (zero: none).
    function acceptProver(address prover) external;

    // ---------------------------------------------------------------- anyone

    /// @notice Ends a request that was not fulfilled: after the deadline a miss (refund, and the lock slashed
    /// while its last moment has not passed); after reveal end without a valid bid, or when its verifier was
    /// withdrawn, a refund.
    function expire(bytes32 id) external;
    /// @notice Takes the bond of a bid that was not revealed in time; only unlocks it once its last moment has
    /// passed, if the verifier is withdrawn, or if the prover was jailed, or everything paused, at any moment of
    /// the reveal window.
    function forfeit(bytes32 id, address prover) external;

    // ---------------------------------------------------------------- owner and guardian

    function addVerifier(address verifier) external returns (uint256 version);
    /// @notice Guardian. Requests under it can then only be refunded.
    function withdrawVerifier(uint256 version) external;
    /// @notice Sets a program's multiplier from a future epoch on.
    function setMultiplier(
        uint256 verifierVersion,
        bytes32 programKey,
        uint256 multiplierBps,
        uint256 fromEpoch
    ) external;
    function setParameters(MarketParameters calldata parameters) external;

    // ---------------------------------------------------------------- views

    function registry() external view returns (address);
    function token() external view returns (address);
    function clockStart() external view returns (uint256);
    function epochLength() external view returns (uint256);
    function expiryGrace() external view returns (uint256);
    function currentEpoch() external view returns (uint256);
    /// @notice The epoch that `timestamp` falls in; reverts before the clock's start.
    function epochAt(uint256 timestamp) external view returns (uint256);
    function parameters() external view returns (MarketParameters memory);
    function requestOf(bytes32 id) external view returns (Request memory);
    function requestNonce(address requester) external view returns (uint256);
    function commitmentOf(bytes32 id, address prover)
        external
        view
        returns (bytes32 commitment, uint256 order);
    function commitmentFor(bytes32 id, address prover, uint256 fee, bytes32 salt)
        external
        pure
        returns (bytes32);
    function openAssignments(address prover) external view returns (uint256);
    function credits(address account) external view returns (uint256);
    function submitterOf(address prover, address submitter)
        external
        view
        returns (bool approved, bool accepted);
    function verifierCount() external view returns (uint256);
    function verifierOf(uint256 version)
        external
        view
        returns (address verifier, bytes32 verifierKeyHash, bool withdrawn);
    function multiplierAt(bytes32 verifierKeyHash, bytes32 programKey, uint256 epoch)
        external
        view
        returns (uint256 multiplierBps);
    function statementId(bytes32 verifierKeyHash, bytes32 programKey, bytes32 publicValuesDigest)
        external
        pure
        returns (bytes32);
    /// @notice The highest weight that the statement has been fulfilled with for the requester.
    function countedWeightOf(address requester, bytes32 statement) external view returns (uint256);
    /// @notice Fulfilments of an epoch; final once the epoch has ended.
    function fulfilmentAccumulator(uint256 epoch) external view returns (Accumulator memory);
    /// @notice Misses by their deadline's epoch.
    function missAccumulator(uint256 epoch) external view returns (Accumulator memory);
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ERC20} from "solmate/src/tokens/ERC20.sol";
import {SafeTransferLib} from "solmate/src/utils/SafeTransferLib.sol";

import {MarketSettings} from "./MarketSettings.sol";
import {ReentrancyGuard} from "./ReentrancyGuard.sol";
import {WorkLedger} from "./WorkLedger.sol";
import {
    IProofMarket,
    MarketConfig,
    Request,
    RequestParams,
    RequestStatus
} from "./interfaces/IProofMarket.sol";
import {IProverRegistry} from "./interfaces/IProverRegistry.sol";
import {Auction, BOND_UNIT, Bid, Bids, StoredRequest, StoredRequests} from "./libraries/StoredRequests.sol";
import {VerifierCall} from "./libraries/VerifierCall.sol";

/// @title ProofMarket
/// @notice
/// # Life of a request
/// `request` escrows `maxFee` and freezes everything that later calls depend on: lock, bond, protocol fee,
/// most open assignments, verifier, windows. With t the block's timestamp:
///
///     commit    t <= commitEnd                       commitEnd = creation + commitDuration
///     reveal    commitEnd < t <= revealEnd           revealEnd = commitEnd + revealDuration
///     fulfil    revealEnd < t <= deadline            by the leader, assigned since revealEnd
///     expire    t > deadline                         Missed: refund, and the leader's lock slashed
///               t > revealEnd without a leader       Unassigned: refund
///               at any time, verifier withdrawn      Withdrawn: refund, unlock
///     cancel    until somebody has committed         Cancelled: refund
///     forfeit   t > revealEnd, or verifier withdrawn, for each bid that was not revealed
///
/// A request ends once, in exactly one of these ways. Nobody can take its id before it exists, or make two
/// of one: it binds chain, market, requester and the requester's own nonce.
///
/// # Auction
/// Sealed bids, lowest fee wins and is paid the second-lowest revealed fee, its own if it is alone. A
/// commitment binds id and prover, so a copied one cannot be opened. A new commit replaces the prover's
/// earlier one and takes its place at the end of the order; a tie goes to the earlier order. A bid is
/// revealed once. Every revealed bid, leading or not, comes from a prover that is Active and has the
/// collateral for the assignment at that moment: a price is never made by somebody with nothing to lose. With one bidder the requester's own
/// `maxFee` is what bounds the price. Fees are between 1 and `maxFee`.
///
/// # Locks, bonds and their last moments
/// The lock of an assignment is the larger of `minStake` and `lockBps` of `maxFee`, rounded up. It is on the
/// leader from the reveal that leads, moves with the lead, and is slashed whole by a miss. A bond is on each
/// bidder from its first commit and released by its reveal. A commit needs free collateral for whichever is
/// larger, and an Active prover with sufficient stake of its own; a reveal releases the bond and then needs
/// the same for the lock, or reverts: the bond then goes the way of unrevealed ones.
/// A lock may be slashed until deadline + expiryGrace, a bond until revealEnd + expiryGrace, those moments
/// included; later they are only released. `request` keeps both within the registry's unbonding delay from
/// the moment of locking, so no exit requested after a lock can be claimed before its slash. The registry
/// knows a prover's locks by market, with the latest of their moments; the exact ones are kept here.
/// A commit does not ask whether the verifier was withdrawn, which would cost every bid a cold read: such a
/// bid can never be revealed, and its bond is only released.
/// A bond is released without slash where its prover may have been unable to reveal through no choice of its
/// own: if it was jailed at any moment of the reveal window, or a pause kept everybody from adding stake, the
/// verifier is withdrawn, or this market may no longer lock.
///
/// # Fulfilment and payment
/// The leader, or a submitter for it, brings the zk proof. The verifier's verdict is asked in a static call
/// with VERIFY_GAS: it changes nothing and burns no more. Nothing is keyed by proof bytes: zk proofs are
/// malleable. Of the price, the frozen protocol fee, rounded down, goes to the treasury and the rest to the
/// prover by way of the registry, which splits commission. What `maxFee` exceeds the price by is credited to
/// the requester. Credits are pulled by `withdrawCredit`, so an account that cannot receive blocks nobody; a
/// treasury that cannot is credited, too.
/// An assigned prover that is jailed, or slashed elsewhere meanwhile, can still fulfil and is still paid.
///
/// # Counting
/// Weight is price × multiplier (in bps, undivided, so that nothing is rounded); the multiplier is that of
/// verifier key and program in the epoch of the fulfilment. What counts is the part by which it exceeds the
/// highest weight that its statement was ever fulfilled with for the same requester, by anyone: the same
/// statement proven again is paid again but counts only the excess. Verifier versions that share a key share statements. Multipliers
/// are only set for epochs that have not begun.
///
/// # Accumulators
/// Every fulfilment, counted weight 0 included, is folded into a rolling hash of its epoch with a sequence
/// number: final when the epoch ends. Every miss is folded into one of its deadline's epoch, also when it is
/// noticed later, so that one is final only when no deadline of the epoch is open any more. The preimages are
/// exactly the fields of the events. One storage read tells a complete log from any other.
///
/// # Copiers
/// Only the leader can be paid for a request, so a zk proof seen in the mempool earns its thief no fee. Whoever
/// requests the same statement itself can use it there, and that counts too, at the price of the protocol fee
/// on the whole of it; it takes nothing from what the honest prover's fulfilment counts. Provers should still
/// submit fulfilments privately: the copier saves the proving.
///
/// # Submitters
/// A key other than the prover's may commit, reveal and fulfil for it once the prover has approved the key
/// and the key has accepted the prover. Either revokes alone, at once. A submitter can bind its prover's
/// collateral and nothing else: all money goes to the prover's vault and payout address.
///
/// # Roles
/// Owner, guardian, treasury and pause are the registry's. The owner sets parameters for later requests,
/// adds verifiers, and sets multipliers for later epochs. The guardian may withdraw a verifier: its open
/// requests are then refunded and unlocked, without slash or miss. Pausing stops `request` and `commit` only.
///
/// # Assumptions
/// The token is plain: transfers move exactly the amount and call nobody; others are refused when they show.
/// Block timestamps are seconds below 2^32. A chain that halts or censors for longer than a window costs
/// provers bonds and locks: windows and expiryGrace are to be chosen with that in mind. Somebody has to send
/// `expire` and `forfeit`; whoever holds the credit or the lock wants to. That a request's input can be had
/// is for provers to check before they bid.
contract ProofMarket is WorkLedger, ReentrancyGuard {
    using SafeTransferLib for ERC20;
    using StoredRequests for Auction;
    using StoredRequests for StoredRequest;

    uint256 public constant MIN_DURATION = 1 minutes;
    uint256 public constant MAX_DURATION = 1 days;
    uint256 public constant MAX_FEE = 1e27;
    uint256 public constant MAX_INPUT_URI_LENGTH = 2048;
    /// @notice What a verifier may burn.
    uint256 public constant VERIFY_GAS = 500_000;

    /// @dev `touched` keeps the slot from ever being fresh again.
    struct Load {
        uint32 open;
        bool touched;
    }

    mapping(bytes32 id => StoredRequest) internal requests;
    mapping(bytes32 id => mapping(address prover => Bid)) internal bids;
    mapping(address requester => uint256) public requestNonce;
    mapping(address prover => Load) internal loads;
    mapping(address account => uint256) public credits;
    mapping(address prover => mapping(address submitter => bool)) internal approvals;
    mapping(address submitter => address prover) internal acceptances;

    constructor(MarketConfig memory config) MarketSettings(config) {}

    // ---------------------------------------------------------------- requesters

    /// @inheritdoc IProofMarket
    function request(RequestParams calldata params) external nonReentrant returns (bytes32 id) {
        _requireNotPaused();
        StoredParameters memory current = stored;
        uint256 lockAmount = _checkedLock(params, current);
        uint256 commitEnd = _checkedTimes(params);
        _knownVerifier(params.verifierVersion);
        _usableVerifier(params.verifierVersion);
        if (uint256(params.programKey) >= FIELD_ORDER) revert ProgramKeyOutOfRange();
        if (uint256(params.publicValuesDigest) >= FIELD_ORDER) revert PublicValuesDigestOutOfRange();
        if (bytes(params.inputUri).length > MAX_INPUT_URI_LENGTH) revert InvalidParameter("inputUri");

        id = keccak256(abi.encode(block.chainid, address(this), msg.sender, requestNonce[msg.sender]++));
        StoredRequest storage r = requests[id];
        // Every cast is safe: the checks above bound the values.
        r.auction = Auction({
            status: RequestStatus.Open,
            verifierVersion: uint8(params.verifierVersion),
            commitEnd: uint32(commitEnd),
            revealDuration: uint24(params.revealDuration),
            commitCount: 0,
            bondUnits: uint56(current.bond / BOND_UNIT),
            lockAmount: uint96(lockAmount)
        });
        r.deadline = uint32(params.deadline);
        r.protocolFeeBps = current.protocolFeeBps;
        r.maxOpenAssignments = current.maxOpenAssignments;
        r.maxFee = uint96(params.maxFee);
        r.requester = msg.sender;
        r.programKey = params.programKey;
        r.publicValuesDigest = params.publicValuesDigest;
        emit Requested(id, msg.sender, params.programKey, params, lockAmount, current.bond);

        uint256 held = _held();
        ERC20(token).safeTransferFrom(msg.sender, address(this), params.maxFee);
        if (_held() != held + params.maxFee) revert TokenNotPlain();
    }

    /// @inheritdoc IProofMarket
    function cancel(bytes32 id) external nonReentrant {
        (StoredRequest storage r, Auction memory auction) = _openRequest(id);
        if (msg.sender != r.requester) revert Unauthorized();
        if (auction.commitCount != 0) revert RequestHasCommits();
        r.auction.status = RequestStatus.Cancelled;
        emit Cancelled(id);
        _credit(msg.sender, r.maxFee);
    }

    /// @inheritdoc IProofMarket
    function withdrawCredit(address to) external nonReentrant returns (uint256 amount) {
        if (to == address(0)) revert ZeroAddress();
        amount = credits[msg.sender];
        if (amount == 0) revert NothingToWithdraw();
        delete credits[msg.sender];
        emit CreditWithdrawn(msg.sender, to, amount);
        _pay(to, amount);
    }

    // ---------------------------------------------------------------- provers and their submitters

    /// @inheritdoc IProofMarket
    function commit(bytes32 id, address prover, bytes32 commitment) external nonReentrant {
        _requireActsFor(prover);
        _requireNotPaused();
        (StoredRequest storage r, Auction memory auction) = _openRequest(id);
        if (block.timestamp > auction.commitEnd) revert CommitClosed();

        // A bid that replaces another takes over its bond.
        uint256 bond = auction.bond();
        uint256 toLock = bids[id][prover].order() == 0 ? bond : 0;
        uint32 order = auction.commitCount + 1;
        r.auction.commitCount = order;
        bids[id][prover] = _sealed(commitment, order);
        emit Committed(id, prover, commitment, order);

        uint256 free = _lock(prover, toLock, auction.revealEnd() + expiryGrace);
        if (free + bond < auction.lockAmount) revert InsufficientCollateral();
    }

    /// @inheritdoc IProofMarket
    function reveal(bytes32 id, address prover, uint256 fee, bytes32 salt) external nonReentrant {
        _requireActsFor(prover);
        (StoredRequest storage r, Auction memory auction) = _openRequest(id);
        _usableVerifier(auction.verifierVersion);
        if (block.timestamp <= auction.commitEnd) revert RevealNotOpen();
        if (block.timestamp > auction.revealEnd()) revert RevealClosed();
        uint256 order = _unseal(id, prover, fee, salt);
        if (fee == 0) revert InvalidParameter("fee");
        if (fee > r.maxFee) revert BidTooHigh();

        address previous = r.leader;
        uint256 leaderFee = r.leaderFee;
        bool leads = previous == address(0) || fee < leaderFee
            || (fee == leaderFee && order < bids[id][previous].order());
        // Casts are safe: a fee is at most maxFee, and at most MAX_OPEN_ASSIGNMENTS are open.
        if (leads) {
            uint256 open = loads[prover].open + 1;
            if (open > r.maxOpenAssignments) revert TooManyAssignments();
            loads[prover] = Load(uint32(open), true);
            if (previous != address(0)) {
                --loads[previous].open;
                r.secondFee = uint96(leaderFee);
            }
            r.leader = prover;
            r.leaderFee = uint96(fee);
        } else if (r.secondFee == 0 || fee < r.secondFee) {
            r.secondFee = uint96(fee);
        }
        emit Revealed(id, prover, fee, leads);

        _unlock(prover, auction.bond());
        if (leads) {
            _lock(prover, auction.lockAmount, r.deadline + expiryGrace);
            if (previous != address(0)) _unlock(previous, auction.lockAmount);
        } else if (!IProverRegistry(registry).isEligible(prover, auction.lockAmount)) {
            revert InsufficientCollateral();
        }
    }

    /// @inheritdoc IProofMarket
    function fulfil(bytes32 id, bytes calldata zkProof) external nonReentrant {
        (StoredRequest storage r, Auction memory auction) = _openRequest(id);
        Verifier storage verifier = _usableVerifier(auction.verifierVersion);
        if (block.timestamp <= auction.revealEnd()) revert RevealNotClosed();
        if (block.timestamp > r.deadline) revert DeadlinePassed();
        address prover = r.leader;
        if (prover == address(0)) revert NotAssigned();
        _requireActsFor(prover);
        _requireValid(verifier.verifier, r, zkProof);

        r.auction.status = RequestStatus.Fulfilled;
        --loads[prover].open;
        uint256 fee = r.price();
        uint256 protocolFee = fee * r.protocolFeeBps / BPS;
        address requester = r.requester;
        _countFulfilment(
            Work({
                id: id,
                prover: prover,
                requester: requester,
                verifierKeyHash: verifier.keyHash,
                programKey: r.programKey,
                publicValuesDigest: r.publicValuesDigest,
                fee: fee,
                protocolFee: protocolFee
            })
        );
        _credit(requester, r.maxFee - fee);

        _unlock(prover, auction.lockAmount);
        if (protocolFee != 0) _payTreasury(protocolFee);
        IProverRegistry(registry).addReward(prover, fee - protocolFee);
    }

    /// @inheritdoc IProofMarket
    function approveSubmitter(address submitter, bool approved) external {
        if (submitter == address(0)) revert ZeroAddress();
        approvals[msg.sender][submitter] = approved;
        emit SubmitterApproved(msg.sender, submitter, approved);
    }

    /// @inheritdoc IProofMarket
    function acceptProver(address prover) external {
        acceptances[msg.sender] = prover;
        emit SubmitterAccepted(prover, msg.sender);
    }

    // ---------------------------------------------------------------- anyone

    /// @inheritdoc IProofMarket
    function expire(bytes32 id) external nonReentrant {
        (StoredRequest storage r, Auction memory auction) = _openRequest(id);
        address prover = r.leader;
        if (verifiers[auction.verifierVersion].withdrawn) {
            _close(id, r, RequestStatus.Withdrawn);
            if (prover != address(0)) {
                --loads[prover].open;
                _unlock(prover, auction.lockAmount);
            }
        } else if (prover == address(0)) {
            if (block.timestamp <= auction.revealEnd()) revert RevealNotClosed();
            _close(id, r, RequestStatus.Unassigned);
        } else {
            uint256 deadline = r.deadline;
            if (block.timestamp <= deadline) revert DeadlineNotPassed();
            r.auction.status = RequestStatus.Missed;
            --loads[prover].open;
            _credit(r.requester, r.maxFee);
            // The event carries what the slash found, so the registry goes first: it calls nothing but the
            // prover's vault and the token, and the request has ended.
            uint256 slashed = _release(prover, auction.lockAmount, deadline + expiryGrace, true);
            _countMiss(id, prover, deadline, slashed);
        }
    }

    /// @inheritdoc IProofMarket
    function forfeit(bytes32 id, address prover) external nonReentrant {
        _sealedBid(id, prover);
        Auction memory auction = requests[id].auction;
        bool withdrawn = verifiers[auction.verifierVersion].withdrawn;
        uint256 revealEnd = auction.revealEnd();
        if (block.timestamp <= revealEnd && !withdrawn) revert RevealNotClosed();

        bids[id][prover] = Bid.wrap(0);
        bool slashable = !withdrawn && _couldReveal(prover, auction.commitEnd, revealEnd);
        uint256 slashed = _release(prover, auction.bond(), revealEnd + expiryGrace, slashable);
        emit BondForfeited(id, prover, slashed);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IProofMarket
    function requestOf(bytes32 id) external view returns (Request memory) {
        return requests[id].load();
    }

    /// @inheritdoc IProofMarket
    /// @dev As stored: the commitment's low 224 bits, 0 once revealed or forfeited.
    function commitmentOf(bytes32 id, address prover)
        external
        view
        returns (bytes32 commitment, uint256 order)
    {
        Bid bid = bids[id][prover];
        return (bytes32(bid.seal()), bid.order());
    }

    /// @inheritdoc IProofMarket
    function openAssignments(address prover) external view returns (uint256) {
        return loads[prover].open;
    }

    /// @inheritdoc IProofMarket
    function submitterOf(address prover, address submitter)
        external
        view
        returns (bool approved, bool accepted)
    {
        return (approvals[prover][submitter], prover != address(0) && acceptances[submitter] == prover);
    }

    /// @inheritdoc IProofMarket
    function commitmentFor(bytes32 id, address prover, uint256 fee, bytes32 salt)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(id, prover, fee, salt));
    }

    // ---------------------------------------------------------------- internal: checks

    function _requireNotPaused() internal view {
        if (IProverRegistry(registry).paused()) revert Paused();
    }

    function _requireActsFor(address prover) internal view {
        if (msg.sender == prover) return;
        if (!approvals[prover][msg.sender] || acceptances[msg.sender] != prover) {
            revert SubmitterNotApproved();
        }
    }

    function _openRequest(bytes32 id)
        internal
        view
        returns (StoredRequest storage r, Auction memory auction)
    {
        r = requests[id];
        auction = r.auction;
        if (auction.status != RequestStatus.Open) revert RequestNotOpen();
    }

    /// @dev Checks the amounts of a request; the lock that follows from them, rounded up.
    function _checkedLock(RequestParams calldata params, StoredParameters memory current)
        internal
        pure
        returns (uint256 lockAmount)
    {
        uint256 maxFee = params.maxFee;
        _bound("maxFee", maxFee, current.minFee, MAX_FEE);
        lockAmount = (maxFee * current.lockBps + BPS - 1) / BPS;
        uint256 minStake = params.minStake;
        _bound("minStake", minStake, 0, maxFee * current.maxStakeMultiple);
        if (minStake > type(uint96).max) revert InvalidParameter("minStake");
        if (minStake > lockAmount) lockAmount = minStake;
    }

    /// @dev Both last moments must be within the unbonding delay of the earliest moment at which the lock
    /// can be made: creation for a bond, commit end for an assignment.
    function _checkedTimes(RequestParams calldata params) internal view returns (uint256 commitEnd) {
        _bound("commitDuration", params.commitDuration, MIN_DURATION, MAX_DURATION);
        _bound("revealDuration", params.revealDuration, MIN_DURATION, MAX_DURATION);
        commitEnd = block.timestamp + params.commitDuration;
        uint256 revealEnd = commitEnd + params.revealDuration;
        if (revealEnd + expiryGrace > block.timestamp + unbondingDelay) {
            revert InvalidParameter("revealDuration");
        }
        _bound("deadline", params.deadline, revealEnd + 1, commitEnd + unbondingDelay - expiryGrace);
        if (params.deadline > type(uint32).max) revert InvalidParameter("deadline");
    }

    /// @dev The seal's 0 is taken: it marks a revealed bid.
    function _sealed(bytes32 commitment, uint256 order) internal pure returns (Bid bid) {
        bid = Bids.pack(uint256(commitment), order);
        if (bid.seal() == 0) revert InvalidParameter("commitment");
    }

    /// @dev The bid of the prover, which is still sealed.
    function _sealedBid(bytes32 id, address prover) internal view returns (Bid bid) {
        bid = bids[id][prover];
        if (bid.order() == 0) revert CommitNotFound();
        if (bid.seal() == 0) revert AlreadyRevealed();
    }

    /// @dev Opens the prover's bid, once. @return order its place among the commits.
    function _unseal(bytes32 id, address prover, uint256 fee, bytes32 salt) internal returns (uint256 order) {
        Bid bid = _sealedBid(id, prover);
        order = bid.order();
        Bid expected = Bids.pack(uint256(commitmentFor(id, prover, fee, salt)), order);
        if (Bid.unwrap(bid) != Bid.unwrap(expected)) revert CommitNotFound();
        bids[id][prover] = Bids.pack(0, order);
    }

    function _requireValid(address verifier, StoredRequest storage r, bytes calldata zkProof) internal view {
        bytes32 programKey = r.programKey;
        bytes32 digest = r.publicValuesDigest;
        if (!VerifierCall.verify(verifier, VERIFY_GAS, programKey, digest, zkProof)) revert InvalidProof();
    }

    /// @dev Whether nothing but its own choice kept the prover from revealing: through the whole reveal window it
    /// was free and could add stake, and this market could lock. A listing made anew starts later than that.
    function _couldReveal(address prover, uint256 commitEnd, uint256 revealEnd) internal view returns (bool) {
        if (IProverRegistry(registry).wasStopped(prover, commitEnd, revealEnd)) return false;
        uint256 lockFrom = IProverRegistry(registry).marketListing(address(this)).lockFrom;
        return lockFrom != 0 && lockFrom <= commitEnd;
    }

    // ---------------------------------------------------------------- internal: effects

    function _close(bytes32 id, StoredRequest storage r, RequestStatus status) internal {
        r.auction.status = status;
        emit Closed(id, status);
        _credit(r.requester, r.maxFee);
    }

    function _credit(address account, uint256 amount) internal {
        if (amount == 0) return;
        credits[account] += amount;
        emit Credited(account, amount);
    }

    // ---------------------------------------------------------------- internal: token and registry

    function _held() internal view returns (uint256) {
        return ERC20(token).balanceOf(address(this));
    }

    function _pay(address to, uint256 amount) internal {
        ERC20(token).safeTransfer(to, amount);
    }

    /// @dev Were a fulfilment to fail with the treasury's part, the prover would miss for what it did not do.
    function _payTreasury(uint256 amount) internal {
        address treasury = IProverRegistry(registry).treasury();
        (bool done, bytes memory answer) = token.call(abi.encodeCall(ERC20.transfer, (treasury, amount)));
        if (!done || (answer.length != 0 && !abi.decode(answer, (bool)))) _credit(treasury, amount);
    }

    function _lock(address prover, uint256 amount, uint256 lastMoment) internal returns (uint256 free) {
        return IProverRegistry(registry).lock(prover, amount, lastMoment);
    }

    function _unlock(address prover, uint256 amount) internal {
        IProverRegistry(registry).unlock(prover, amount);
    }

    /// @dev Slashes a lock while that is allowed, or else only releases it.
    function _release(address prover, uint256 amount, uint256 until, bool slashable)
        internal
        returns (uint256 slashed)
    {
        if (slashable && block.timestamp <= until) {
            return IProverRegistry(registry).slash(prover, amount, until);
        }
        _unlock(prover, amount);
    }
}

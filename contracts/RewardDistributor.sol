// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {Owned} from "solmate/auth/Owned.sol";
import {ERC20} from "solmate/tokens/ERC20.sol";
import {MerkleProofLib} from "solmate/utils/MerkleProofLib.sol";
import {SafeTransferLib} from "solmate/utils/SafeTransferLib.sol";

import {IProofMarket} from "./interfaces/IProofMarket.sol";
import {IProverRegistry} from "./interfaces/IProverRegistry.sol";
import {
    Auditor,
    ClaimParams,
    DistributorConfig,
    IRewardDistributor,
    Post,
    Segment,
    SignedAttestation
} from "./interfaces/IRewardDistributor.sol";
import {AttestationLib} from "./libraries/AttestationLib.sol";
import {SegmentLib, StoredSegment} from "./libraries/SegmentLib.sol";

/// ROOTS AND EPOCHS
/// An epoch is a half-open interval of block timestamps, on the market's clock, numbered from 0. Each ended
/// epoch gets one root: that of the Merkle tree of what every prover has earned in all epochs so far. A
/// leaf is keccak256(keccak256(abi.encode(domain, prover, cumulative, cumulativeCommission))), one a prover;
/// leaves are sorted, pairs are sorted, an odd node is promoted. `domain` binds chain and distributor, and
/// is the root of the empty tree. The double hash keeps inner nodes from passing for leaves. A leaf, once
/// there, stays for ever, so only two posts are ever kept: the latest one and, in the slot of the other
/// parity, the one before it. The one before is always active, or absent before the first.
///
/// WHAT EVERY NEW ROOT MUST SATISFY
/// 1. The publisher posts it.
/// 2. It is the next epoch's: the one after the latest, or the latest anew if that was vetoed.
/// 3. Its epoch has ended.
/// 4. The previous epoch's root is active. No pending root is ever replaced without a veto, and no clock
///    starts anew.
/// 5. The root is not zero.
/// 6. The cumulative total does not decrease, and stays below 2^96.
/// 7. What it adds is at most the epoch's budget plus carry.
/// 8. What would remain unclaimed is at most the tokens held: an active root is payable in full.
/// 9. The snapshot block is in the past, and has the named hash if the chain still knows it (256 blocks).
/// What the contract cannot see, auditors must: that leaves, total, dataset hash and snapshot are what the
/// chain's logs and the policy say.
///
/// BUDGET, CARRY, FUNDING, PROMISES
/// Budget and policy come in segments that start at the epoch after next at the earliest: no epoch that has
/// begun, nor the one after it, ever changes. Whoever gives the contract tokens funds it. The carry into
/// an epoch is min(budget, budget + carry - added) of the epoch before; it is computed when that epoch's
/// successor is posted, from what was active, so a veto leaves total and carry as they were. Promised are
/// the unclaimed part of the active total, the carry, the budgets of every epoch begun and not yet active,
/// and the next epoch's. A pending root adds nothing to that: it can only spend what is promised already.
/// Surplus is what exceeds the promises, and only surplus can leave except by a claim.
///
/// WINDOW, QUORUM, VETO
/// A post becomes the claimable root by itself when its challenge window has passed, its attestations
/// reach its quorum, and nobody has vetoed it. Window and quorum are frozen into the post. Attestations and
/// vetoes name epoch, post number and root. An auditor acts on posts numbered after its listing, attests
/// once per post, and vetoes once per epoch; the guardian vetoes any number of times. A post can be vetoed
/// until it is active, after its window too, and never afterwards. Removing an auditor keeps what it has
/// attested and ends its right to attest and veto. Rotating the publisher changes no post. A post that
/// never reaches its quorum stays pending until it is vetoed and posted anew. Until a post is active the
/// previous root stays claimable.
///
/// CLAIMS
/// Anyone may claim for a prover; the tokens only go into that prover's vault, the commission to its
/// commission account. The registry keeps what each prover has claimed and pays the difference, so nothing
/// is paid twice, an older root's leaf pays nothing or fails, and unclaimed amounts never expire. The sum
/// of all claims never exceeds the active root's total, whatever its leaves add up to.
///
/// ROLES
/// Owner and guardian are the registry's. The owner appends segments, rotates publisher and auditors, sets
/// quorum and window of later posts, and withdraws surplus. The publisher posts. Auditors attest and veto.
/// The guardian vetoes. No role can move a promised token other than by a claim, replace an active root, or
/// change the budget of an epoch begun.
///
/// WHAT A WRONG ROOT CAN COST
/// One that is vetoed: time. One that passes window, quorum and every veto: at most what is unclaimed plus
/// one epoch's budget and carry, and it can only go into vaults of registered provers. Vaults, stakes and
/// everything already claimed are out of its reach.
///
/// TOKEN
/// The registry's: plain, 18 decimals. Amounts are below 2^96 wei. Times are seconds, below 2^32.
contract RewardDistributor is IRewardDistributor {
    using SafeTransferLib for ERC20;
    using SegmentLib for StoredSegment[];

    /// @dev Two slots.
    struct PostRecord {
        bytes32 root;
        uint96 cumulativeTotal;
        uint32 epoch;
        uint32 postNumber;
        uint32 postedAt;
        uint32 claimableAt;
        uint8 quorum;
        uint8 attestations;
        bool vetoed;
    }

    /// @dev One slot, never zero: post numbers start at 1.
    struct Ledger {
        uint96 totalClaimed;
        /// @dev The carry into the latest posted epoch.
        uint96 carry;
        /// @dev The latest posted epoch, plus 1.
        uint32 epochsPosted;
        uint32 nextPostNumber;
    }

    /// @dev One slot: what `postRoot` reads.
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
    /// @notice How many epochs ahead a segment may start.
    uint256 public constant MAX_SEGMENT_LEAD = 1000;
    /// @notice Enough for 2^32 leaves.
    uint256 public constant MAX_MERKLE_PROOF_LENGTH = 32;

    address public immutable override registry;
    address public immutable override market;
    address public immutable override token;
    uint256 public immutable override deploymentBlock;
    uint256 public immutable override clockStart;
    uint256 public immutable override epochLength;
    bytes32 public immutable override domain;
    bool public immutable override allowZeroQuorum;

    /// @dev Indexed by the parity of the epoch.
    PostRecord[2] private _posts;
    Ledger private _ledger;
    Settings private _settings;
    StoredSegment[] private _segments;
    mapping(address account => AuditorRecord) private _auditors;
    mapping(uint256 postNumber => mapping(address account => bool)) public override hasAttested;
    mapping(uint256 epoch => mapping(address account => bool)) public override hasVetoed;
    bool private transient _entered;

    modifier nonReentrant() {
        if (_entered) revert Reentered();
        _entered = true;
        _;
        _entered = false;
    }

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
        _ledger.nextPostNumber = 1;

        _setPublisher(config.publisher);
        for (uint256 i = 0; i < config.auditors.length; ++i) {
            _setAuditor(config.auditors[i], true);
        }
        _setQuorum(config.quorum);
        _setChallengeWindow(config.challengeWindow);
        _addSegment(0, config.budget, config.policy);
    }

    // ---------------------------------------------------------------- publisher

    /// @inheritdoc IRewardDistributor
    function postRoot(
        uint256 epoch,
        bytes32 root,
        uint256 cumulativeTotal,
        bytes32 datasetHash,
        uint256 snapshotBlock,
        bytes32 snapshotHash
    ) external nonReentrant returns (uint256 postNumber) {
        Settings memory settings = _settings;
        if (msg.sender != settings.publisher) revert Unauthorized();

        Ledger memory ledger = _ledger;
        _checkOrder(ledger, epoch);
        if (root == 0) revert ZeroRoot();
        _checkAmounts(ledger, epoch, cumulativeTotal);
        _checkSnapshot(snapshotBlock, snapshotHash);

        postNumber = ledger.nextPostNumber;
        uint256 claimableAt = block.timestamp + settings.challengeWindow;
        _posts[epoch % 2] = PostRecord({
            root: root,
            cumulativeTotal: uint96(cumulativeTotal),
            epoch: uint32(epoch),
            postNumber: uint32(postNumber),
            postedAt: uint32(block.timestamp),
            claimableAt: uint32(claimableAt),
            quorum: settings.quorum,
            attestations: 0,
            vetoed: false
        });
        // Safe: the epoch has ended, so its number is far below the timestamp's 2^32.
        ledger.epochsPosted = uint32(epoch + 1);
        ledger.nextPostNumber = uint32(postNumber + 1);
        _ledger = ledger;

        emit RootPosted(
            epoch,
            postNumber,
            root,
            cumulativeTotal,
            datasetHash,
            snapshotBlock,
            snapshotHash,
            claimableAt,
            settings.quorum
        );
    }

    // ---------------------------------------------------------------- auditors and guardian

    /// @inheritdoc IRewardDistributor
    function attest(uint256 epoch, uint256 postNumber, bytes32 root) external {
        if (!_mayAct(msg.sender, postNumber)) revert NotAuditor();
        PostRecord storage post = _attestable(epoch, postNumber, root);
        if (hasAttested[postNumber][msg.sender]) revert AlreadyAttested();

        _attest(post, epoch, postNumber, root, msg.sender);
    }

    /// @inheritdoc IRewardDistributor
    function attestBySignatures(
        uint256 epoch,
        uint256 postNumber,
        bytes32 root,
        SignedAttestation[] calldata attestations
    ) external {
        PostRecord storage post = _attestable(epoch, postNumber, root);
        bytes32 digest = AttestationLib.digest(epoch, postNumber, root);
        for (uint256 i = 0; i < attestations.length; ++i) {
            address account = attestations[i].auditor;
            if (!_mayAct(account, postNumber)) revert NotAuditor();
            if (!AttestationLib.isSignedBy(digest, attestations[i].signature, account)) {
                revert InvalidSignature();
            }
            // A relayer and the auditor itself may both have sent it: whoever comes second does no harm.
            if (hasAttested[postNumber][account]) continue;
            _attest(post, epoch, postNumber, root, account);
        }
    }

    /// @inheritdoc IRewardDistributor
    function veto(uint256 epoch, uint256 postNumber, bytes32 root) external {
        bool isGuardian = msg.sender == IProverRegistry(registry).guardian();
        if (!isGuardian && !_mayAct(msg.sender, postNumber)) revert NotAuditor();
        PostRecord storage post = _latestMatching(epoch, postNumber, root);
        if (post.vetoed) revert PostIsVetoed();
        if (_isActive(post)) revert PostIsActive();
        if (!isGuardian) {
            if (hasVetoed[epoch][msg.sender]) revert AlreadyVetoed();
            hasVetoed[epoch][msg.sender] = true;
        }

        post.vetoed = true;

        emit RootVetoed(epoch, postNumber, msg.sender, root);
    }

    // ---------------------------------------------------------------- claims

    /// @inheritdoc IRewardDistributor
    function claim(
        address prover,
        uint256 cumulative,
        uint256 cumulativeCommission,
        bytes32[] calldata merkleProof
    ) external nonReentrant returns (uint256 amount) {
        if (merkleProof.length > MAX_MERKLE_PROOF_LENGTH) {
            revert MerkleProofTooLong();
        }
        Ledger memory ledger = _ledger;
        PostRecord storage post = _activeRecord(ledger.epochsPosted);
        bytes32 leaf = leafOf(prover, cumulative, cumulativeCommission);
        if (!MerkleProofLib.verify(merkleProof, post.root, leaf)) revert InvalidMerkleProof();

        // Before our own effects, because it says how much there is to pay; the registry and the vault are
        // parts of this system and call nobody.
        address vault;
        uint256 commission;
        (vault, amount, commission) =
            IProverRegistry(registry).creditCumulative(prover, cumulative, cumulativeCommission);
        if (amount == 0) return 0;

        uint256 newTotalClaimed = ledger.totalClaimed + amount;
        if (newTotalClaimed > post.cumulativeTotal) revert TotalExceeded();
        // Safe: at most the post's total, a uint96.
        _ledger.totalClaimed = uint96(newTotalClaimed);

        emit Claimed(prover, post.epoch, cumulative, amount, commission);

        ERC20(token).safeTransfer(vault, amount);
    }

    /// @inheritdoc IRewardDistributor
    function claimBatch(ClaimParams[] calldata claims) external returns (uint256 paid, uint256 skipped) {
        for (uint256 i = 0; i < claims.length; ++i) {
            ClaimParams calldata c = claims[i];
            // A call to ourselves, so that a claim that fails anywhere leaves nothing behind.
            try this.claim(c.prover, c.cumulative, c.cumulativeCommission, c.merkleProof) returns (
                uint256 amount
            ) {
                paid += amount;
            } catch (bytes memory reason) {
                ++skipped;
                emit ClaimSkipped(c.prover, bytes4(reason));
            }
        }
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
        _setAuditor(account, listed);
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

    /// @inheritdoc IRewardDistributor
    function withdrawSurplus(address to, uint256 amount) external nonReentrant onlyOwner {
        if (to == address(0)) revert ZeroAddress();
        if (amount > surplus()) revert SurplusExceeded();

        emit SurplusWithdrawn(to, amount);

        ERC20(token).safeTransfer(to, amount);
    }

    // ---------------------------------------------------------------- views: clock, leaves, settings

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
    function leafOf(address prover, uint256 cumulative, uint256 cumulativeCommission)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(keccak256(abi.encode(domain, prover, cumulative, cumulativeCommission))));
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

    // ---------------------------------------------------------------- views: segments

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

    // ---------------------------------------------------------------- views: posts

    /// @inheritdoc IRewardDistributor
    function nextEpoch() external view returns (uint256) {
        uint256 epochsPosted = _ledger.epochsPosted;
        return _latest(epochsPosted).vetoed ? epochsPosted - 1 : epochsPosted;
    }

    /// @inheritdoc IRewardDistributor
    function postCount() external view returns (uint256) {
        return _ledger.nextPostNumber - 1;
    }

    /// @inheritdoc IRewardDistributor
    function latestPost() external view returns (Post memory) {
        return _view(_latest(_ledger.epochsPosted));
    }

    /// @inheritdoc IRewardDistributor
    function activePost() external view returns (Post memory post) {
        uint256 epochsPosted = _ledger.epochsPosted;
        if (_isActive(_latest(epochsPosted))) return _view(_latest(epochsPosted));
        return _view(_beforeLatest(epochsPosted));
    }

    // ---------------------------------------------------------------- views: money

    /// @inheritdoc IRewardDistributor
    /// @dev While a post is pending or vetoed: what its epoch may spend beyond its budget.
    function carry() public view returns (uint256) {
        Ledger memory ledger = _ledger;
        return _isActive(_latest(ledger.epochsPosted)) ? _carryAfterLatest(ledger) : ledger.carry;
    }

    /// @inheritdoc IRewardDistributor
    function totalClaimed() external view returns (uint256) {
        return _ledger.totalClaimed;
    }

    /// @inheritdoc IRewardDistributor
    function funds() public view returns (uint256) {
        return ERC20(token).balanceOf(address(this));
    }

    /// @inheritdoc IRewardDistributor
    function promised() public view returns (uint256) {
        Ledger memory ledger = _ledger;
        PostRecord storage latest = _latest(ledger.epochsPosted);
        bool latestIsActive = _isActive(latest);
        uint256 total =
            latestIsActive ? latest.cumulativeTotal : _beforeLatest(ledger.epochsPosted).cumulativeTotal;
        // The first epoch without an active root; 0 before the first post.
        uint256 first = ledger.epochsPosted;
        if (!latestIsActive && first != 0) --first;
        return total - ledger.totalClaimed + carry() + _segments.budgetsBetween(first, currentEpoch() + 1);
    }

    /// @inheritdoc IRewardDistributor
    function surplus() public view returns (uint256) {
        uint256 held = funds();
        uint256 owed = promised();
        return held > owed ? held - owed : 0;
    }

    // ---------------------------------------------------------------- posts

    /// @dev Reverts unless `epoch` is the next to be posted, has ended, and follows an active root.
    function _checkOrder(Ledger memory ledger, uint256 epoch) private view {
        PostRecord storage latest = _latest(ledger.epochsPosted);
        bool anew = latest.vetoed;
        if (epoch != (anew ? ledger.epochsPosted - 1 : ledger.epochsPosted)) revert EpochOutOfOrder();
        (, uint256 end) = epochBounds(epoch);
        if (block.timestamp < end) revert EpochNotEnded();
        // A vetoed post followed an active root already, and only a first post follows none.
        if (!anew && ledger.epochsPosted != 0 && !_isActive(latest)) revert PreviousNotActive();
    }

    /// @dev Reverts unless the total is within budget, carry and funds. Moves the carry of `ledger` on to
    /// `epoch` unless it is there already.
    function _checkAmounts(Ledger memory ledger, uint256 epoch, uint256 cumulativeTotal) private view {
        if (cumulativeTotal > type(uint96).max) revert InvalidParameter("cumulativeTotal");
        uint256 previousTotal;
        if (epoch == ledger.epochsPosted) {
            previousTotal = _latest(epoch).cumulativeTotal;
            // Safe: at most a budget, which is at most 2^95.
            ledger.carry = uint96(_carryAfterLatest(ledger));
        } else {
            previousTotal = _beforeLatest(ledger.epochsPosted).cumulativeTotal;
        }
        if (cumulativeTotal < previousTotal) revert TotalDecreased();
        if (cumulativeTotal - previousTotal > _segments.budgetAt(epoch) + ledger.carry) {
            revert BudgetExceeded();
        }
        // Cannot underflow: claims never exceed a total that was active, and totals do not decrease.
        if (cumulativeTotal - ledger.totalClaimed > funds()) revert InsufficientFunds();
    }

    /// @dev Beyond 256 blocks the chain has forgotten the hash: then only auditors can tell.
    function _checkSnapshot(uint256 snapshotBlock, bytes32 snapshotHash) private view {
        if (snapshotBlock >= block.number) revert SnapshotInvalid();
        bytes32 known = blockhash(snapshotBlock);
        if (known != 0 && known != snapshotHash) revert SnapshotInvalid();
    }

    /// @dev min(budget, budget + carry - added) of the latest posted epoch, to be read while it is active; 0
    /// before the first post.
    function _carryAfterLatest(Ledger memory ledger) private view returns (uint256) {
        uint256 epochsPosted = ledger.epochsPosted;
        if (epochsPosted == 0) return 0;
        uint256 budget = _segments.budgetAt(epochsPosted - 1);
        uint256 added = _latest(epochsPosted).cumulativeTotal - _beforeLatest(epochsPosted).cumulativeTotal;
        uint256 left = budget + ledger.carry - added;
        return left < budget ? left : budget;
    }

    /// @dev The record of the latest posted epoch; an empty one before the first.
    function _latest(uint256 epochsPosted) private view returns (PostRecord storage) {
        return _posts[(epochsPosted + 1) % 2];
    }

    /// @dev The record of the epoch before the latest posted one; an empty one if there is none.
    function _beforeLatest(uint256 epochsPosted) private view returns (PostRecord storage) {
        return _posts[epochsPosted % 2];
    }

    /// @dev The record whose root is claimable.
    function _activeRecord(uint256 epochsPosted) private view returns (PostRecord storage post) {
        post = _latest(epochsPosted);
        if (_isActive(post)) return post;
        post = _beforeLatest(epochsPosted);
        if (post.postNumber == 0) revert NoActiveRoot();
    }

    function _isActive(PostRecord storage post) private view returns (bool) {
        return post.postNumber != 0 && !post.vetoed && block.timestamp >= post.claimableAt
            && post.attestations >= post.quorum;
    }

    /// @dev The latest post, if it is the one referred to.
    function _latestMatching(uint256 epoch, uint256 postNumber, bytes32 root)
        private
        view
        returns (PostRecord storage post)
    {
        post = _latest(_ledger.epochsPosted);
        if (post.postNumber != postNumber || post.epoch != epoch || post.root != root || postNumber == 0) {
            revert PostMismatch();
        }
    }

    function _attestable(uint256 epoch, uint256 postNumber, bytes32 root)
        private
        view
        returns (PostRecord storage post)
    {
        post = _latestMatching(epoch, postNumber, root);
        if (post.vetoed) revert PostIsVetoed();
    }

    function _mayAct(address account, uint256 postNumber) private view returns (bool) {
        AuditorRecord memory record = _auditors[account];
        return record.listed && postNumber > record.listedAfterPost;
    }

    /// @dev More attestations than the quorum, and ones after activation, are recorded: they do no harm, and
    /// people read them.
    function _attest(
        PostRecord storage post,
        uint256 epoch,
        uint256 postNumber,
        bytes32 root,
        address account
    ) private {
        hasAttested[postNumber][account] = true;
        ++post.attestations;

        emit RootAttested(epoch, postNumber, account, root);
    }

    function _view(PostRecord storage record) private view returns (Post memory) {
        return Post({
            epoch: record.epoch,
            postNumber: record.postNumber,
            root: record.root,
            cumulativeTotal: record.cumulativeTotal,
            postedAt: record.postedAt,
            claimableAt: record.claimableAt,
            quorum: record.quorum,
            attestations: record.attestations,
            vetoed: record.vetoed,
            active: _isActive(record)
        });
    }

    // ---------------------------------------------------------------- settings

    function _addSegment(uint256 fromEpoch, uint256 budget, bytes memory policy) private {
        if (budget > MAX_BUDGET) revert InvalidParameter("budget");
        if (policy.length < MIN_POLICY_BYTES || policy.length > MAX_POLICY_BYTES) {
            revert InvalidParameter("policy");
        }

        bytes32 policyHash = keccak256(policy);
        // Safe: an epoch is at most the current one plus 1,000, a budget at most 2^95.
        _segments.push(StoredSegment(uint128(fromEpoch), uint128(budget), policyHash));

        emit SegmentAdded(fromEpoch, budget, policyHash, policy);
    }

    function _setPublisher(address newPublisher) private {
        if (newPublisher == address(0)) revert ZeroAddress();

        _settings.publisher = newPublisher;

        emit PublisherChanged(newPublisher);
    }

    function _setAuditor(address account, bool listed) private {
        if (account == address(0)) revert ZeroAddress();
        // Listing a listed auditor again would end its right to act on the post that is pending now.
        if (_auditors[account].listed == listed) revert InvalidParameter("auditor");
        uint256 count = _settings.auditorCount;
        count = listed ? count + 1 : count - 1;
        if (count > MAX_AUDITORS) revert InvalidParameter("auditors");

        _auditors[account] = AuditorRecord(listed, _ledger.nextPostNumber - 1);
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

        // Safe: a quarter of an epoch, which the market bounds to 90 days.
        _settings.challengeWindow = uint32(newChallengeWindow);

        emit ChallengeWindowChanged(newChallengeWindow);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {DistributorSettings} from "./DistributorSettings.sol";
import {ReentrancyGuard} from "./ReentrancyGuard.sol";
import {IProverRegistry} from "./interfaces/IProverRegistry.sol";
import {
    ClaimParams,
    DistributorConfig,
    IRewardDistributor,
    Post,
    PostContent,
    SignedAttestation
} from "./interfaces/IRewardDistributor.sol";
import {AttestationLib} from "./libraries/AttestationLib.sol";
import {RewardClaims} from "./libraries/RewardClaims.sol";
import {SegmentLib, StoredSegment} from "./libraries/SegmentLib.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";
import {MerkleProofLib} from "solmate/src/utils/MerkleProofLib.sol";
import {SafeTransferLib} from "solmate/src/utils/SafeTransferLib.sol";

/// @title RewardDistributor
/// @notice The one door through which the foundation's money leaves: a Merkle root an epoch, bounded by budget
/// and funding, delayed by a window, attested by a quorum, stopped by one veto.
///
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
/// 9. The snapshot block has the named hash, if the contract knows one of that number: the latest 256, and none on
///    a chain whose logs count blocks otherwise than `block.number`.
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
/// vetoes name the whole post, which must have the latest post's hash. An auditor acts on posts numbered after its
/// listing, attests
/// once per post, and vetoes once per epoch; the guardian vetoes any number of times. A post can be vetoed
/// until it is active, after its window too, and never afterwards. Removing an auditor keeps what it has
/// attested and ends its right to attest and veto. Rotating the publisher changes no post. A post that
/// never reaches its quorum stays pending until it is vetoed and posted anew. Until a post is active the
/// previous root stays claimable.
///
/// HISTORY
/// The hash of a post is the EIP-712 struct hash that its attestations sign. Every post and veto goes into one
/// rolling hash, from `domain` on: keccak256(abi.encode(rolling, postHash, postedAt, claimableAt, quorum)) for a
/// post, keccak256(abi.encode(rolling, postHash, by)) for a veto. So the logs of all posts are vouched for by
/// one read. Where the window ends, and the quorum, are left out of a post's own hash: posted anew as the same
/// number after a reorganisation, the same post keeps its signatures.
///
/// CLAIMS
/// Anyone may claim for a prover; the tokens only go into that prover's vault, the commission to its
/// commission account. The registry keeps what each prover has claimed and pays the difference, so nothing
/// is paid twice, an older root's leaf pays nothing or fails, and unclaimed amounts never expire. The sum
/// of all claims never exceeds the active root's total, whatever its leaves add up to.
/// In a batch, a merkleProof may end early: with n words, at the node that was word n (from 0) of the latest
/// valid merkleProof before it that had more than n. With the claims in the order of the tree's leaves, that
/// spares about four words of ten where ten of 1,024 claim. Such a claim fails outside its batch, and after a
/// claim that was skipped it may be skipped too: nothing is lost, its whole merkleProof still holds.
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
/// The registry's: plain, 18 decimals. Amounts are below 2^96 wei. Times are seconds, below 2^32. With a token
/// that takes a fee no prover can register; a fee that begins later would be missing in the vaults that claims pay.
contract RewardDistributor is DistributorSettings, ReentrancyGuard {
    using SafeTransferLib for ERC20;
    using SegmentLib for StoredSegment[];
    using RewardClaims for ClaimParams[];
    using RewardClaims for uint256;

    /// @dev All that a claim reads and writes here beside the root: one slot, never zero.
    struct Ledger {
        uint96 totalClaimed;
        /// @dev The latest post's.
        uint96 cumulativeTotal;
        /// @dev The latest post's; NEVER if it is vetoed, and before the first.
        uint32 claimableAt;
        /// @dev How many attestations the latest post still needs.
        uint8 missing;
        /// @dev The latest posted epoch, plus 1.
        uint24 epochsPosted;
    }

    /// @dev What only posting reads and writes: one slot, never zero.
    struct Journal {
        /// @dev The carry into the latest posted epoch.
        uint96 carry;
        uint32 nextPostNumber;
    }

    /// @dev A post without its root: one slot, never zero. `postNumber` is 0 before the first post.
    struct PostRecord {
        uint96 cumulativeTotal;
        uint32 postNumber;
        uint32 postedAt;
        uint32 claimableAt;
        uint8 quorum;
        uint8 attestations;
        bool vetoed;
    }

    /// @dev In memory only: the root that is claimable now, and what may still be claimed of it.
    struct Claimable {
        bytes32 root;
        uint256 epoch;
        uint256 cumulativeTotal;
        uint256 totalClaimed;
    }

    uint32 private constant NEVER = type(uint32).max;

    Ledger private _ledger;
    Journal private _journal;
    /// @dev Both indexed by the parity of the epoch.
    bytes32[2] private _roots;
    PostRecord[2] private _posts;
    /// @dev Neither is ever zero: a post would pay for new slots.
    bytes32 private _latestPostHash;
    bytes32 private _rollingHash;
    mapping(uint256 postNumber => mapping(address account => bool)) public override hasAttested;
    mapping(uint256 epoch => mapping(address account => bool)) public override hasVetoed;

    constructor(DistributorConfig memory config) DistributorSettings(config) {
        _ledger.claimableAt = NEVER;
        _journal.nextPostNumber = 1;
        (_posts[0].claimableAt, _posts[1].claimableAt) = (NEVER, NEVER);
        (_latestPostHash, _rollingHash) = (domain, domain);
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
        Journal memory journal = _journal;
        _checkOrder(ledger, epoch);
        if (root == 0) revert ZeroRoot();
        // The carry moves on with the epoch, not with a post of the same epoch anew.
        if (epoch == ledger.epochsPosted) journal.carry = _carryAfterLatest(ledger, journal);
        _checkAmounts(ledger, journal, epoch, cumulativeTotal);
        _checkSnapshot(snapshotBlock, snapshotHash);

        postNumber = journal.nextPostNumber;
        uint256 claimableAt = block.timestamp + settings.challengeWindow;
        // Safe: an epoch that has ended, and lasts an hour at least, is far below 2^24.
        ledger.epochsPosted = uint24(epoch + 1);
        // Safe: checked to be below 2^96.
        ledger.cumulativeTotal = uint96(cumulativeTotal);
        (ledger.claimableAt, ledger.missing) = (uint32(claimableAt), settings.quorum);
        _ledger = ledger;
        ++journal.nextPostNumber;
        _journal = journal;
        _roots[epoch % 2] = root;
        _writeRecord(epoch, cumulativeTotal, postNumber, claimableAt, settings.quorum);
        _appendPost(
            PostContent({
                epoch: epoch,
                postNumber: postNumber,
                root: root,
                cumulativeTotal: cumulativeTotal,
                datasetHash: datasetHash,
                snapshotBlock: snapshotBlock,
                snapshotHash: snapshotHash
            }),
            claimableAt,
            settings.quorum
        );
    }

    /// @dev A `PostRecord` without attestations and veto, in one write: solc makes one for each field.
    function _writeRecord(
        uint256 epoch,
        uint256 cumulativeTotal,
        uint256 postNumber,
        uint256 claimableAt,
        uint256 quorum_
    ) private {
        PostRecord storage record = _posts[epoch % 2];
        uint256 word =
            cumulativeTotal | postNumber << 96 | block.timestamp << 128 | claimableAt << 160 | quorum_ << 192;
        assembly ("memory-safe") {
            sstore(record.slot, word)
        }
    }

    function _appendPost(PostContent memory post, uint256 claimableAt, uint256 quorum_) private {
        bytes32 postHash = AttestationLib.newPostHash(post);
        bytes32 rollingHash =
            keccak256(abi.encode(_rollingHash, postHash, block.timestamp, claimableAt, quorum_));
        (_latestPostHash, _rollingHash) = (postHash, rollingHash);

        emit RootPosted(
            post.epoch,
            post.postNumber,
            post.root,
            post.cumulativeTotal,
            post.datasetHash,
            post.snapshotBlock,
            post.snapshotHash,
            block.timestamp,
            claimableAt,
            quorum_,
            rollingHash
        );
    }

    // ---------------------------------------------------------------- auditors and guardian

    /// @inheritdoc IRewardDistributor
    function attest(PostContent calldata post) external {
        if (!_mayAct(msg.sender, post.postNumber)) revert NotAuditor();
        PostRecord storage record = _attestable(post, AttestationLib.postHash(post));
        if (hasAttested[post.postNumber][msg.sender]) revert AlreadyAttested();

        _attest(record, post, msg.sender);
    }

    /// @inheritdoc IRewardDistributor
    function attestBySignatures(PostContent calldata post, SignedAttestation[] calldata attestations)
        external
    {
        bytes32 postHash = AttestationLib.postHash(post);
        PostRecord storage record = _attestable(post, postHash);
        bytes32 digest = AttestationLib.digest(postHash);
        for (uint256 i = 0; i < attestations.length; ++i) {
            address account = attestations[i].auditor;
            if (!_mayAct(account, post.postNumber)) revert NotAuditor();
            if (!AttestationLib.isSignedBy(digest, attestations[i].signature, account)) {
                revert InvalidSignature();
            }
            // A relayer and the auditor itself may both have sent it: whoever comes second does no harm.
            if (hasAttested[post.postNumber][account]) continue;
            _attest(record, post, account);
        }
    }

    /// @inheritdoc IRewardDistributor
    function veto(PostContent calldata post) external {
        bool listed = _mayAct(msg.sender, post.postNumber);
        // Asked of the registry only where it matters: whoever is both uses its auditor's veto first.
        bool isGuardian = (!listed || hasVetoed[post.epoch][msg.sender])
            && msg.sender == IProverRegistry(registry).guardian();
        if (!isGuardian && !listed) revert NotAuditor();
        bytes32 postHash = AttestationLib.postHash(post);
        PostRecord storage record = _attestable(post, postHash);
        if (_latestIsActive(_ledger)) revert PostIsActive();
        if (!isGuardian) {
            if (hasVetoed[post.epoch][msg.sender]) revert AlreadyVetoed();
            hasVetoed[post.epoch][msg.sender] = true;
        }

        record.vetoed = true;
        _ledger.claimableAt = NEVER;
        bytes32 rollingHash = keccak256(abi.encode(_rollingHash, postHash, msg.sender));
        _rollingHash = rollingHash;

        emit RootVetoed(post.epoch, post.postNumber, msg.sender, post.root, rollingHash);
    }

    // ---------------------------------------------------------------- claims

    /// @inheritdoc IRewardDistributor
    function claim(
        address prover,
        uint256 cumulative,
        uint256 cumulativeCommission,
        bytes32[] calldata merkleProof
    ) external nonReentrant returns (uint256 amount) {
        if (merkleProof.length > RewardClaims.MAX_MERKLE_PROOF_LENGTH) {
            revert MerkleProofTooLong();
        }
        Claimable memory claimable = _claimable();
        bytes32 leaf = leafOf(prover, cumulative, cumulativeCommission);
        if (!MerkleProofLib.verify(merkleProof, claimable.root, leaf)) revert InvalidMerkleProof();
        // The registry books first, because it says how much there is to pay; it and the vault are parts of
        // this system and call nobody.
        address vault;
        uint256 commission;
        (vault, amount, commission) =
            IProverRegistry(registry).creditCumulative(prover, cumulative, cumulativeCommission);
        if (amount == 0) return 0;
        uint256 newTotalClaimed = claimable.totalClaimed + amount;
        if (newTotalClaimed > claimable.cumulativeTotal) revert TotalExceeded();
        // Safe: at most the root's total, which is below 2^96.
        _ledger.totalClaimed = uint96(newTotalClaimed);

        emit Claimed(prover, claimable.epoch, cumulative, amount, commission);

        ERC20(token).safeTransfer(vault, amount);
    }

    /// @inheritdoc IRewardDistributor
    function claimBatch(ClaimParams[] calldata claims) external returns (uint256 paid, uint256 skipped) {
        uint256 gasBefore = gasleft();
        // All in one go, which leaves out whatever fails before anything is booked. It fails as a whole if
        // something fails afterwards: then one by one.
        bool done;
        (done, paid, skipped) = RewardClaims.forward(this.claimTogether.selector);
        if (done) return (paid, skipped);
        RewardClaims.checkGasWasEnough(gasBefore);

        (paid, skipped) = (0, 0);
        for (uint256 i = 0; i < claims.length; ++i) {
            ClaimParams calldata c = claims[i];
            gasBefore = gasleft();
            try this.claim(c.prover, c.cumulative, c.cumulativeCommission, c.merkleProof) returns (
                uint256 amount
            ) {
                paid += amount;
            } catch (bytes memory reason) {
                RewardClaims.checkGasWasEnough(gasBefore);
                ++skipped;
                emit ClaimSkipped(c.prover, bytes4(reason));
            }
        }
    }

    /// @notice The cheap way through a batch. Only `claimBatch` calls it. Reverts as a whole if the leaves sum
    /// above the root's total, or a transfer fails.
    function claimTogether(ClaimParams[] calldata claims)
        external
        nonReentrant
        returns (uint256 paid, uint256 skipped)
    {
        if (msg.sender != address(this)) revert Unauthorized();
        Claimable memory claimable = _claimable();
        bytes32[33] memory known;
        for (uint256 i = 0; i < claims.length; ++i) {
            (uint256 position, bytes4 refusal) = claims.verifyAt(i, domain, claimable.root, known);
            bool done = refusal == 0;
            if (done) {
                address vault;
                uint256 amount;
                (done, vault, amount, refusal) = position.creditAt(registry, claimable.epoch);
                if (amount != 0) {
                    // Neither overflows: every amount is below 2^96.
                    unchecked {
                        paid += amount;
                        if (claimable.totalClaimed + paid > claimable.cumulativeTotal) {
                            revert TotalExceeded();
                        }
                    }
                    // Ahead of the total, which is booked once, below: nothing can re-enter.
                    ERC20(token).safeTransfer(vault, amount);
                }
            }
            if (!done) {
                ++skipped;
                emit ClaimSkipped(claims[i].prover, refusal);
            }
        }
        // Safe: at most the root's total, which is below 2^96.
        _ledger.totalClaimed = uint96(claimable.totalClaimed + paid);
    }

    // ---------------------------------------------------------------- owner

    /// @inheritdoc IRewardDistributor
    function withdrawSurplus(address to, uint256 amount) external nonReentrant onlyOwner {
        if (to == address(0)) revert ZeroAddress();
        if (amount > surplus()) revert SurplusExceeded();

        emit SurplusWithdrawn(to, amount);

        ERC20(token).safeTransfer(to, amount);
    }

    // ---------------------------------------------------------------- views: posts

    /// @inheritdoc IRewardDistributor
    function leafOf(address prover, uint256 cumulative, uint256 cumulativeCommission)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(keccak256(abi.encode(domain, prover, cumulative, cumulativeCommission))));
    }

    /// @inheritdoc IRewardDistributor
    function nextEpoch() external view returns (uint256) {
        uint256 epochsPosted = _ledger.epochsPosted;
        return _latest(epochsPosted).vetoed ? epochsPosted - 1 : epochsPosted;
    }

    /// @inheritdoc IRewardDistributor
    function postCount() public view override returns (uint256) {
        return _journal.nextPostNumber - 1;
    }

    /// @inheritdoc IRewardDistributor
    function postHistory() external view returns (bytes32 latestPostHash, bytes32 rollingHash) {
        return (_latestPostHash, _rollingHash);
    }

    /// @inheritdoc IRewardDistributor
    function latestPost() public view returns (Post memory) {
        Ledger memory ledger = _ledger;
        return _view(ledger.epochsPosted, _latestIsActive(ledger));
    }

    /// @inheritdoc IRewardDistributor
    function activePost() external view returns (Post memory post) {
        Ledger memory ledger = _ledger;
        if (_latestIsActive(ledger)) return _view(ledger.epochsPosted, true);
        if (ledger.epochsPosted > 1) return _view(ledger.epochsPosted - 1, true);
    }

    // ---------------------------------------------------------------- views: money

    /// @inheritdoc IRewardDistributor
    /// @dev While a post is pending or vetoed: what its epoch may spend beyond its budget.
    function carry() public view returns (uint256) {
        (Ledger memory ledger, Journal memory journal) = (_ledger, _journal);
        return _latestIsActive(ledger) ? _carryAfterLatest(ledger, journal) : journal.carry;
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
        (uint256 first, uint256 total) = (ledger.epochsPosted, ledger.cumulativeTotal);
        // From the first epoch without an active root on.
        if (first != 0 && !_latestIsActive(ledger)) {
            total = _beforeLatest(first).cumulativeTotal;
            --first;
        }
        return total - ledger.totalClaimed + carry() + _segments.budgetsBetween(first, currentEpoch() + 1);
    }

    /// @inheritdoc IRewardDistributor
    function surplus() public view returns (uint256) {
        uint256 held = funds();
        uint256 owed = promised();
        return held > owed ? held - owed : 0;
    }

    // ---------------------------------------------------------------- internal: posting

    /// @dev Reverts unless `epoch` is the next to be posted, has ended, and follows an active root.
    function _checkOrder(Ledger memory ledger, uint256 epoch) private view {
        uint256 epochsPosted = ledger.epochsPosted;
        bool anew = epochsPosted != 0 && ledger.claimableAt == NEVER;
        if (epoch != (anew ? epochsPosted - 1 : epochsPosted)) revert EpochOutOfOrder();
        (, uint256 end) = epochBounds(epoch);
        if (block.timestamp < end) revert EpochNotEnded();
        // A vetoed post followed an active root already, and only a first post follows none.
        if (!anew && epochsPosted != 0 && !_latestIsActive(ledger)) revert PreviousNotActive();
    }

    /// @dev Reverts unless the total is within budget, carry and funds.
    function _checkAmounts(
        Ledger memory ledger,
        Journal memory journal,
        uint256 epoch,
        uint256 cumulativeTotal
    ) private view {
        if (cumulativeTotal > type(uint96).max) revert InvalidParameter("cumulativeTotal");
        uint256 previousTotal = epoch == ledger.epochsPosted
            ? ledger.cumulativeTotal
            : _beforeLatest(ledger.epochsPosted).cumulativeTotal;
        if (cumulativeTotal < previousTotal) revert TotalDecreased();
        if (cumulativeTotal - previousTotal > _segments.budgetAt(epoch) + journal.carry) {
            revert BudgetExceeded();
        }
        // Cannot underflow: claims never exceed a total that was active, and totals do not decrease.
        if (cumulativeTotal - ledger.totalClaimed > funds()) revert InsufficientFunds();
    }

    /// @dev Of a block that the contract does not know, only auditors can tell.
    function _checkSnapshot(uint256 snapshotBlock, bytes32 snapshotHash) private view {
        bytes32 known = blockhash(snapshotBlock);
        if (known != 0 && known != snapshotHash) revert SnapshotInvalid();
    }

    /// @dev min(budget, budget + carry - added) of the latest posted epoch, to be read while it is active; 0
    /// before the first post.
    function _carryAfterLatest(Ledger memory ledger, Journal memory journal) private view returns (uint96) {
        uint256 epochsPosted = ledger.epochsPosted;
        if (epochsPosted == 0) return 0;
        uint256 budget = _segments.budgetAt(epochsPosted - 1);
        uint256 added = ledger.cumulativeTotal - _beforeLatest(epochsPosted).cumulativeTotal;
        uint256 left = budget + journal.carry - added;
        // Safe: at most a budget, which is at most 2^95.
        return uint96(left < budget ? left : budget);
    }

    // ---------------------------------------------------------------- internal: posts

    /// @dev The record of the latest posted epoch; an empty one before the first.
    function _latest(uint256 epochsPosted) private view returns (PostRecord storage) {
        return _posts[(epochsPosted + 1) % 2];
    }

    /// @dev The record of the epoch before the latest posted one; an empty one if there is none.
    function _beforeLatest(uint256 epochsPosted) private view returns (PostRecord storage) {
        return _posts[epochsPosted % 2];
    }

    function _latestIsActive(Ledger memory ledger) private view returns (bool) {
        return block.timestamp >= ledger.claimableAt && ledger.missing == 0;
    }

    /// @dev The root that is claimable now.
    function _claimable() private view returns (Claimable memory claimable) {
        Ledger memory ledger = _ledger;
        uint256 epochsPosted = ledger.epochsPosted;
        claimable.totalClaimed = ledger.totalClaimed;
        if (_latestIsActive(ledger)) {
            claimable.cumulativeTotal = ledger.cumulativeTotal;
        } else {
            if (epochsPosted < 2) revert NoActiveRoot();
            claimable.cumulativeTotal = _beforeLatest(epochsPosted).cumulativeTotal;
            --epochsPosted;
        }
        claimable.epoch = epochsPosted - 1;
        claimable.root = _roots[claimable.epoch % 2];
    }

    /// @dev The record of the post referred to, if it is the latest and not vetoed.
    function _attestable(PostContent calldata post, bytes32 postHash)
        private
        view
        returns (PostRecord storage record)
    {
        if (postHash != _latestPostHash) revert PostMismatch();
        record = _posts[post.epoch % 2];
        if (record.vetoed) revert PostIsVetoed();
    }

    /// @dev More attestations than the quorum, and ones after activation, are recorded: they do no harm, and
    /// people read them.
    function _attest(PostRecord storage record, PostContent calldata post, address account) private {
        hasAttested[post.postNumber][account] = true;
        ++record.attestations;
        if (_ledger.missing != 0) --_ledger.missing;

        emit RootAttested(post.epoch, post.postNumber, account, post.root);
    }

    /// @dev The post of the epoch before `epochsPosted`: all zero if there is none.
    function _view(uint256 epochsPosted, bool active) private view returns (Post memory post) {
        PostRecord memory record = _latest(epochsPosted);
        if (record.postNumber == 0) return post;
        return Post({
            epoch: epochsPosted - 1,
            postNumber: record.postNumber,
            root: _roots[(epochsPosted + 1) % 2],
            cumulativeTotal: record.cumulativeTotal,
            postedAt: record.postedAt,
            claimableAt: record.claimableAt,
            quorum: record.quorum,
            attestations: record.attestations,
            vetoed: record.vetoed,
            active: active
        });
    }
}

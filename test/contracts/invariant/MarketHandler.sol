// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {TestToken} from "../helpers/TestToken.sol";
import {TestVerifier} from "../helpers/TestVerifiers.sol";
import {MarketLedger} from "./MarketLedger.sol";
import {ProofMarket} from "contracts/ProofMarket.sol";
import {ProverRegistry} from "contracts/ProverRegistry.sol";
import {ProverVault} from "contracts/ProverVault.sol";
import {
    IProofMarket,
    MarketParameters,
    Request,
    RequestParams,
    RequestStatus
} from "contracts/interfaces/IProofMarket.sol";
import {ProverState} from "contracts/interfaces/IProverRegistry.sol";

/// @notice Requesters, provers and their submitters, stakers who come and go, another market that slashes the same
/// provers, guardian and owner, and time: each action succeeds or is not tried. Where one needs a request in a
/// certain stage, and there is none, it brings one there.
contract MarketHandler is MarketLedger {
    uint256 private constant PROVERS = 4;
    bytes32 private constant SALT = "salt";

    enum Stage {
        Uncommitted,
        Commit,
        Sealed,
        Assigned
    }

    ProofMarket public immutable market;
    ProverRegistry public immutable registry;
    TestToken public immutable token;
    address public immutable otherMarket;
    address public immutable submitter;

    address[PROVERS] public provers;
    address[2] public requesters;
    address[2] public stakers;
    bytes32[] public ids;
    mapping(bytes32 id => mapping(address prover => uint256)) private _feeOf;
    /// @dev A right zk proof was sent.
    mapping(bytes32 id => bool) public proven;
    /// @dev As first seen in an epoch that has begun.
    mapping(uint256 epoch => mapping(uint256 program => uint256)) public multiplierSeen;
    mapping(uint256 epoch => bool) public seen;

    /// @dev Bids that left another amount of free collateral than they should, or took what was not there.
    uint256 public overdrafts;
    /// What moved stake beside market and slashes.
    uint256 public staked;
    uint256 public exited;

    constructor(
        ProofMarket market_,
        address otherMarket_,
        address submitter_,
        address[PROVERS] memory provers_,
        address[2] memory requesters_,
        address[2] memory stakers_
    ) {
        (market, otherMarket, submitter) = (market_, otherMarket_, submitter_);
        registry = ProverRegistry(market_.registry());
        token = TestToken(market_.token());
        (emitter, emittingRegistry) = (address(market_), address(registry));
        (provers, requesters, stakers) = (provers_, requesters_, stakers_);
        _lookAtMultipliers();
    }

    function idCount() external view returns (uint256) {
        return ids.length;
    }

    function keyHash() public pure returns (bytes32) {
        return keccak256("test verifier");
    }

    /// @dev The third is never listed.
    function programAt(uint256 i) public pure returns (bytes32) {
        return bytes32(uint256(0xabc) + i);
    }

    // ---------------------------------------------------------------- requesters

    function request(uint256 who, uint256 what, uint256 maxFee, uint256 minStake, uint256 patience)
        external
        counted("request")
        logged
    {
        if (who % 4 != 0) _unpause();
        if (registry.paused()) return;
        _request(requesters[who / 4 % 2], what, maxFee, minStake, patience);
        _done("request");
    }

    function cancel(uint256 which) external counted("cancel") logged {
        (bytes32 id,) = _pick(which, Stage.Uncommitted);
        if (id == 0) id = _fresh(which);
        vm.prank(market.requestOf(id).requester);
        market.cancel(id);
        _done("cancel");
    }

    function withdrawCredit(uint256 who, uint256 which) external counted("withdrawCredit") logged {
        address requester = requesters[who % 2];
        if (market.credits(requester) == 0) requester = requesters[1 - who % 2];
        if (market.credits(requester) == 0) {
            bytes32 id = _fresh(which);
            requester = market.requestOf(id).requester;
            vm.prank(requester);
            market.cancel(id);
        }
        uint256 credit = market.credits(requester);
        vm.prank(requester);
        assertEq(market.withdrawCredit(requester), credit);
        _done("withdrawCredit");
    }

    // ---------------------------------------------------------------- provers

    function commit(uint256 which, uint256 who, uint256 fee) external counted("commit") logged {
        if (which % 4 != 0) _unpause();
        if (registry.paused()) return;
        _waitForListing();
        (bytes32 id,) = _pick(which / 4, Stage.Commit);
        if (id == 0) id = _fresh(which);
        if (_commit(id, who, fee)) _done("commit");
    }

    function reveal(uint256 which, uint256 who) external counted("reveal") logged {
        _waitForListing();
        (bytes32 id, address prover) = _pick(which, Stage.Sealed);
        if (id == 0) (id, prover) = _bid(which, who);
        if (id != 0 && _reveal(id, prover)) _done("reveal");
    }

    function fulfil(uint256 which, uint256 who) external counted("fulfil") logged {
        bytes32 id = _assignment(which, who);
        if (id == 0) return;
        Request memory r = market.requestOf(id);
        proven[id] = true;
        vm.prank(_signerFor(r.leader, which));
        market.fulfil(id, abi.encode(r.programKey, r.publicValuesDigest));
        _done("fulfil");
    }

    /// @dev By the leader, but with no zk proof of that statement.
    function tamper(uint256 which, uint256 who, bytes32 word) external counted("tamper") logged {
        bytes32 id = _assignment(which, who);
        if (id == 0) return;
        Request memory r = market.requestOf(id);
        bytes memory zkProof = abi.encode(r.programKey, r.publicValuesDigest ^ (word | bytes32(uint256(1))));
        vm.expectRevert(IProofMarket.InvalidProof.selector);
        vm.prank(r.leader);
        market.fulfil(id, zkProof);
        _done("tamper");
    }

    function changeSubmitter(uint256 who, bool approved, bool accepted) external counted("changeSubmitter") {
        address prover = _proverAt(who);
        vm.prank(prover);
        market.approveSubmitter(submitter, approved);
        vm.prank(submitter);
        market.acceptProver(accepted ? prover : address(0));
        _done("changeSubmitter");
    }

    /// @dev Whoever leaves lets all its bids and assignments run out first.
    function leaveOrReturn(uint256 who) external counted("leaveOrReturn") logged {
        address prover = _proverAt(who);
        (ProverState state,) = registry.status(prover);
        if (state == ProverState.Inactive) {
            _ready(prover);
            return _done("leaveOrReturn");
        }
        _unlockElsewhere(prover);
        for (uint256 i = 0; i < ids.length; ++i) {
            Request memory r = market.requestOf(ids[i]);
            (bytes32 seal,) = market.commitmentOf(ids[i], prover);
            bool open = r.status == RequestStatus.Open && r.leader == prover;
            uint256 end = open ? r.deadline : r.revealEnd;
            if ((open || seal != 0) && block.timestamp <= end) vm.warp(end + 1);
            if (open) market.expire(ids[i]);
            if (seal != 0) market.forfeit(ids[i], prover);
        }
        _ready(prover);
        vm.prank(prover);
        registry.deactivate();
        _done("leaveOrReturn");
    }

    // ---------------------------------------------------------------- anyone

    function expire(uint256 which, uint256 wait) external counted("expire") logged {
        bytes32 id = _firstOpen(which);
        if (id == 0) id = _fresh(which);
        Request memory r = market.requestOf(id);
        (,, bool withdrawn) = market.verifierOf(r.verifierVersion);
        uint256 end = r.leader == address(0) ? r.revealEnd : r.deadline;
        if (!withdrawn && block.timestamp <= end) vm.warp(end + _bound(wait, 1, 4 hours));
        market.expire(id);
        _done("expire");
    }

    function forfeit(uint256 which, uint256 who, uint256 wait) external counted("forfeit") logged {
        (bytes32 id, address prover) = _sealed(which);
        if (id == 0) (id, prover) = _bid(which, who);
        if (id == 0) return;
        Request memory r = market.requestOf(id);
        (,, bool withdrawn) = market.verifierOf(r.verifierVersion);
        if (!withdrawn && block.timestamp <= r.revealEnd) vm.warp(r.revealEnd + _bound(wait, 1, 4 hours));
        market.forfeit(id, prover);
        _done("forfeit");
    }

    function passTime(uint256 time) external counted("passTime") {
        skip(_bound(time, 1, time % 4 == 0 ? 1 days : 10 minutes));
        _lookAtMultipliers();
        _done("passTime");
    }

    // ---------------------------------------------------------------- stakers and another market

    function stake(uint256 who, uint256 to, uint256 assets) external counted("stake") {
        address prover = _proverAt(to);
        _ready(prover);
        _deposit(stakers[who % 2], prover, _bound(assets, 1 ether, 5000 ether));
        _done("stake");
    }

    function unstake(uint256 who, uint256 from) external counted("unstake") {
        _unpause();
        address staker = stakers[who % 2];
        for (uint256 i = 0; i < PROVERS; ++i) {
            ProverVault vault = ProverVault(registry.vaultOf(_proverAt(from % PROVERS + i)));
            uint256 shares = vault.maxRedeem(staker);
            if (shares != 0) {
                vm.prank(staker);
                exited += vault.redeem(shares, staker, staker);
                return _done("unstake");
            }
            shares = vault.balanceOf(staker);
            if (shares != 0) {
                vm.prank(staker);
                vault.requestRedeem(shares, staker, staker);
                return _done("unstake");
            }
        }
    }

    function slashElsewhere(uint256 who, uint256 amount) external counted("slashElsewhere") logged {
        address prover = _proverAt(who);
        _ready(prover);
        uint256 free = registry.freeCollateral(prover);
        amount = _bound(amount, 1, free / 2 + 1);
        if (!registry.isEligible(prover, amount)) return;
        vm.startPrank(otherMarket);
        registry.lock(prover, amount, block.timestamp);
        registry.slash(prover, amount, block.timestamp);
        vm.stopPrank();
        _done("slashElsewhere");
    }

    /// @dev What the other market does not slash, it keeps or gives back.
    function lockElsewhere(uint256 who, uint256 amount) external counted("lockElsewhere") logged {
        address prover = _proverAt(who);
        if (!_unlockElsewhere(prover)) {
            _ready(prover);
            amount = _bound(amount, 1, registry.freeCollateral(prover) + 1);
            if (!registry.isEligible(prover, amount)) return;
            vm.prank(otherMarket);
            registry.lock(prover, amount, block.timestamp + 1 days);
        }
        _done("lockElsewhere");
    }

    // ---------------------------------------------------------------- guardian and owner

    function jailOrFree(uint256 who) external counted("jailOrFree") {
        address prover = _proverAt(who);
        (ProverState state,) = registry.status(prover);
        bool jailed = state == ProverState.Jailed;
        vm.prank(jailed ? registry.owner() : registry.guardian());
        if (jailed) registry.unjail(prover);
        else registry.jail(prover);
        _done("jailOrFree");
    }

    function pauseOrUnpause() external counted("pauseOrUnpause") {
        bool paused = registry.paused();
        vm.prank(paused ? registry.owner() : registry.guardian());
        if (paused) registry.unpause();
        else registry.pause();
        _done("pauseOrUnpause");
    }

    /// @dev One version or another, and a new one of the same key for those to come.
    function withdrawVerifier(uint256 which) external counted("withdrawVerifier") {
        uint256 version = _version(which);
        if (market.verifierCount() == market.MAX_VERIFIERS()) return;
        vm.prank(registry.guardian());
        market.withdrawVerifier(version);
        address next = address(new TestVerifier(keyHash()));
        vm.prank(registry.owner());
        market.addVerifier(next);
        _done("withdrawVerifier");
    }

    function changeParameters(uint256 seed) external counted("changeParameters") {
        vm.prank(registry.owner());
        market.setParameters(
            MarketParameters({
                protocolFeeBps: seed % 3001,
                lockBps: 100 + (seed >> 16) % 20_001,
                maxStakeMultiple: 1 + (seed >> 32) % 20,
                minFee: 1 + (seed >> 48) % 1000,
                bond: 1e15 + (seed >> 64) % 3 * 5 ether,
                maxOpenAssignments: 1 + (seed >> 80) % 5
            })
        );
        _done("changeParameters");
    }

    function changeMultiplier(uint256 program, uint256 bps, uint256 lead)
        external
        counted("changeMultiplier")
    {
        uint256 from = market.currentEpoch() + _bound(lead, 1, 3);
        vm.prank(registry.owner());
        market.setMultiplier(1, programAt(program % 2), _bound(bps, 0, 100_000), from);
        _done("changeMultiplier");
    }

    /// @dev Delisted, and listed anew at once: it may lock again after the listing delay.
    function delist() external counted("delist") {
        if (registry.marketListing(address(market)).lockFrom > block.timestamp) _waitForListing();
        vm.startPrank(registry.owner());
        registry.delistMarket(address(market));
        registry.listMarket(address(market));
        vm.stopPrank();
        _done("delist");
    }

    // ---------------------------------------------------------------- steps of an auction

    function _request(address requester, uint256 what, uint256 maxFee, uint256 minStake, uint256 patience)
        private
        returns (bytes32 id)
    {
        maxFee = _bound(maxFee, 1000, 200 ether);
        token.mint(requester, maxFee);
        RequestParams memory params = RequestParams({
            programKey: programAt(what % 3),
            publicValuesDigest: bytes32((what >> 8) % 2),
            verifierVersion: _version(what >> 16),
            maxFee: maxFee,
            minStake: _bound(minStake, 0, maxFee * market.parameters().maxStakeMultiple),
            commitDuration: 10 minutes,
            revealDuration: 10 minutes,
            deadline: block.timestamp + 21 minutes + _bound(patience, 0, 3 hours),
            inputUri: ""
        });
        vm.startPrank(requester);
        token.approve(address(market), maxFee);
        id = market.request(params);
        vm.stopPrank();
        ids.push(id);
    }

    /// @dev A request of anybody, whatever was paused.
    function _fresh(uint256 seed) private returns (bytes32) {
        _unpause();
        return _request(requesters[seed % 2], seed >> 1, seed >> 32, 0, seed >> 128);
    }

    /// @dev By the first prover from `who` on with the collateral for it.
    function _commit(bytes32 id, uint256 who, uint256 fee) private returns (bool) {
        _ready(_proverAt(who));
        for (uint256 i = 0; i < PROVERS; ++i) {
            if (_commitAs(id, _proverAt(who % PROVERS + i), fee)) return true;
        }
        return false;
    }

    function _commitAs(bytes32 id, address prover, uint256 fee) private returns (bool) {
        Request memory r = market.requestOf(id);
        (, uint256 order) = market.commitmentOf(id, prover);
        uint256 bond = order == 0 ? r.bond : 0;
        uint256 free = registry.freeCollateral(prover);
        // A bond that is there counts for the lock.
        if (!registry.isEligible(prover, bond) || free + r.bond - bond < r.lockAmount) return false;
        fee = _bound(fee, 1, r.maxFee);
        _feeOf[id][prover] = fee;
        bytes32 commitment = market.commitmentFor(id, prover, fee, SALT);
        vm.prank(_signerFor(prover, fee));
        market.commit(id, prover, commitment);
        if (free < bond || registry.freeCollateral(prover) != free - bond) ++overdrafts;
        return true;
    }

    function _reveal(bytes32 id, address prover) private returns (bool) {
        Request memory r = market.requestOf(id);
        if (block.timestamp <= r.commitEnd) vm.warp(r.commitEnd + 1);
        _ready(prover);
        _expireOverdue(prover);
        uint256 fee = _feeOf[id][prover];
        uint256 free = registry.freeCollateral(prover);
        if (!registry.isEligible(prover, 0) || free + r.bond < r.lockAmount) return false;
        if (market.openAssignments(prover) >= r.maxOpenAssignments) return false;
        vm.prank(_signerFor(prover, fee));
        market.reveal(id, prover, fee, SALT);
        bool leads = market.requestOf(id).leader == prover;
        uint256 left = free + r.bond - (leads ? r.lockAmount : 0);
        if (registry.freeCollateral(prover) != left) ++overdrafts;
        return true;
    }

    function _unlockElsewhere(address prover) private returns (bool) {
        (uint256 held,) = registry.lockedBy(otherMarket, prover);
        if (held == 0) return false;
        vm.prank(otherMarket);
        registry.unlock(prover, held);
        return true;
    }

    /// @dev Makes room for another assignment.
    function _expireOverdue(address prover) private {
        for (uint256 i = 0; i < ids.length; ++i) {
            Request memory r = market.requestOf(ids[i]);
            if (r.status != RequestStatus.Open || r.leader != prover) continue;
            if (block.timestamp > r.deadline) market.expire(ids[i]);
        }
    }

    /// @dev A sealed bid on a fresh request.
    function _bid(uint256 which, uint256 who) private returns (bytes32 id, address prover) {
        _waitForListing();
        id = _fresh(which);
        if (!_commit(id, who, which >> 64)) return (0, address(0));
        for (uint256 i = 0; i < PROVERS; ++i) {
            (bytes32 seal,) = market.commitmentOf(id, provers[i]);
            if (seal != 0) return (id, provers[i]);
        }
    }

    /// @dev A request that its leader may fulfil now; 0 if none could be brought there.
    function _assignment(uint256 which, uint256 who) private returns (bytes32 id) {
        (id,) = _pick(which, Stage.Assigned);
        if (id == 0) {
            address prover;
            (id, prover) = _bid(which, who);
            if (id == 0 || !_reveal(id, prover)) return 0;
        }
        Request memory r = market.requestOf(id);
        if (block.timestamp <= r.revealEnd) vm.warp(r.revealEnd + 1);
    }

    // ---------------------------------------------------------------- choices

    function _proverAt(uint256 i) private view returns (address) {
        return provers[i % PROVERS];
    }

    /// @dev The submitter, whenever it may; it is whoever signs that must not matter.
    function _signerFor(address prover, uint256 seed) private view returns (address) {
        (bool approved, bool accepted) = market.submitterOf(prover, submitter);
        return approved && accepted && seed % 2 == 0 ? submitter : prover;
    }

    /// @dev One of the two latest versions: never withdrawn, or lately.
    function _version(uint256 seed) private view returns (uint256 version) {
        version = market.verifierCount();
        (,, bool withdrawn) = market.verifierOf(version - 1);
        if (seed % 4 == 0 && !withdrawn) --version;
    }

    /// @dev Lifts whatever keeps a prover from bidding: jail, absence, a self-stake that was slashed.
    function _ready(address prover) private {
        _unpause();
        (ProverState state,) = registry.status(prover);
        if (state == ProverState.Jailed) {
            vm.prank(registry.owner());
            registry.unjail(prover);
            (state,) = registry.status(prover);
        }
        uint256 least = registry.minSelfStake();
        if (state == ProverState.Inactive) {
            _fund(prover, address(registry), 2 * least);
            vm.prank(prover);
            registry.activate(2 * least);
            staked += 2 * least;
        }
        if (!registry.isEligible(prover, 5 * least)) _deposit(prover, prover, 10 * least);
    }

    function _deposit(address staker, address prover, uint256 assets) private {
        address vault = registry.vaultOf(prover);
        _fund(staker, vault, assets);
        vm.prank(staker);
        ProverVault(vault).deposit(assets, staker);
        staked += assets;
    }

    function _fund(address account, address spender, uint256 amount) private {
        token.mint(account, amount);
        vm.prank(account);
        token.approve(spender, amount);
    }

    function _unpause() private {
        if (!registry.paused()) return;
        vm.prank(registry.owner());
        registry.unpause();
    }

    function _waitForListing() private {
        uint256 from = registry.marketListing(address(market)).lockFrom;
        if (block.timestamp < from) vm.warp(from);
        _lookAtMultipliers();
    }

    function _lookAtMultipliers() private {
        uint256 epoch = market.currentEpoch();
        if (seen[epoch]) return;
        seen[epoch] = true;
        for (uint256 i = 0; i < 3; ++i) {
            multiplierSeen[epoch][i] = market.multiplierAt(keyHash(), programAt(i), epoch);
        }
    }

    /// @dev The latest requests only: older ones have ended, or are left to `expire`.
    function _idAt(uint256 which, uint256 i) private view returns (bytes32) {
        uint256 latest = ids.length < 12 ? ids.length : 12;
        return ids[ids.length - 1 - (which % latest + i) % latest];
    }

    /// @dev An open request in that stage, with the bidder whose bid is sealed; 0 if there is none.
    function _pick(uint256 which, Stage stage) private view returns (bytes32, address) {
        for (uint256 i = 0; i < ids.length && i < 12; ++i) {
            bytes32 id = _idAt(which, i);
            Request memory r = market.requestOf(id);
            if (r.status != RequestStatus.Open) continue;
            if (stage == Stage.Uncommitted) {
                if (r.commitCount == 0) return (id, address(0));
                continue;
            }
            (,, bool withdrawn) = market.verifierOf(r.verifierVersion);
            if (withdrawn && stage != Stage.Commit) continue;
            if (stage == Stage.Commit && block.timestamp <= r.commitEnd) return (id, address(0));
            if (stage == Stage.Assigned && r.leader != address(0) && block.timestamp <= r.deadline) {
                return (id, address(0));
            }
            if (stage == Stage.Sealed && block.timestamp <= r.revealEnd) {
                address prover = _sealedBidder(id, which);
                if (prover != address(0)) return (id, prover);
            }
        }
        return (0, address(0));
    }

    function _firstOpen(uint256 which) private view returns (bytes32) {
        for (uint256 i = 0; i < ids.length; ++i) {
            bytes32 id = ids[(which % ids.length + i) % ids.length];
            if (market.requestOf(id).status == RequestStatus.Open) return id;
        }
        return 0;
    }

    /// @dev A bid that is still sealed, of any request.
    function _sealed(uint256 which) private view returns (bytes32, address) {
        for (uint256 i = 0; i < ids.length; ++i) {
            bytes32 id = ids[(which % ids.length + i) % ids.length];
            address prover = _sealedBidder(id, which);
            if (prover != address(0)) return (id, prover);
        }
        return (0, address(0));
    }

    function _sealedBidder(bytes32 id, uint256 which) private view returns (address) {
        for (uint256 i = 0; i < PROVERS; ++i) {
            address prover = _proverAt(which % PROVERS + i);
            (bytes32 seal,) = market.commitmentOf(id, prover);
            if (seal != 0) return prover;
        }
        return address(0);
    }

    function _done(string memory action) private {
        ++successesOf[action];
    }
}

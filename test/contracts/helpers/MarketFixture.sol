// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {SystemFixture} from "./SystemFixture.sol";
import {TestVerifier} from "./TestVerifiers.sol";
import {ProofMarket} from "contracts/ProofMarket.sol";
import {
    IProofMarket,
    MarketConfig,
    MarketParameters,
    ProgramConfig,
    Request,
    RequestParams,
    RequestStatus
} from "contracts/interfaces/IProofMarket.sol";

/// @notice The real system with a market, three provers and a requester. Verifier version 1 takes test
/// proofs; a derived fixture may bring more.
abstract contract MarketFixture is SystemFixture {
    uint256 internal constant EPOCH_LENGTH = 1 days;
    uint256 internal constant EXPIRY_GRACE = 2 hours;
    uint256 internal constant PROTOCOL_FEE_BPS = 1000;
    uint256 internal constant LOCK_BPS = 15_000;
    uint256 internal constant BOND = 7 ether;
    uint256 internal constant MAX_OPEN = 3;
    uint256 internal constant MULTIPLIER = 20_000;
    uint256 internal constant STAKE = 10_000 ether;
    uint256 internal constant COMMISSION_BPS = 500;

    bytes32 internal constant KEY_HASH = keccak256("test verifier");
    bytes32 internal constant PROGRAM = bytes32(uint256(0xabc));
    bytes32 internal constant DIGEST = bytes32(uint256(0xdef));
    bytes32 internal constant SALT = keccak256("salt");

    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal carol = makeAddr("carol");
    address internal requester = makeAddr("requester");

    TestVerifier internal verifier;
    ProofMarket internal proofMarket;

    function setUp() public virtual override {
        verifier = new TestVerifier(KEY_HASH);
        super.setUp();
        _register(alice, STAKE, COMMISSION_BPS);
        _register(bob, STAKE, COMMISSION_BPS);
        _register(carol, STAKE, COMMISSION_BPS);
        vm.prank(requester);
        token.approve(market, type(uint256).max);
    }

    function _deployMarket() internal override {
        proofMarket = new ProofMarket(_marketConfig());
        assertEq(address(proofMarket), market, "the registry's first market");
    }

    // ---------------------------------------------------------------- what it is built with

    function _verifiers() internal view virtual returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(verifier);
    }

    function _programs() internal view virtual returns (ProgramConfig[] memory list) {
        list = new ProgramConfig[](1);
        list[0] = ProgramConfig({verifierVersion: 1, programKey: PROGRAM, multiplierBps: MULTIPLIER});
    }

    function _parameters() internal pure virtual returns (MarketParameters memory) {
        return MarketParameters({
            protocolFeeBps: PROTOCOL_FEE_BPS,
            lockBps: LOCK_BPS,
            maxStakeMultiple: 100,
            minFee: 1000,
            bond: BOND,
            maxOpenAssignments: MAX_OPEN
        });
    }

    function _expiryGrace() internal pure virtual returns (uint256) {
        return EXPIRY_GRACE;
    }

    function _marketConfig() internal view returns (MarketConfig memory) {
        return MarketConfig({
            registry: address(registry),
            clockStart: START - 3 hours,
            epochLength: EPOCH_LENGTH,
            expiryGrace: _expiryGrace(),
            parameters: _parameters(),
            verifiers: _verifiers(),
            programs: _programs()
        });
    }

    // ---------------------------------------------------------------- actions

    function _params(uint256 maxFee) internal view returns (RequestParams memory) {
        return RequestParams({
            programKey: PROGRAM,
            publicValuesDigest: DIGEST,
            verifierVersion: 1,
            maxFee: maxFee,
            minStake: 0,
            commitDuration: 10 minutes,
            revealDuration: 5 minutes,
            deadline: block.timestamp + 2 hours,
            inputUri: "ipfs://input"
        });
    }

    function _request(RequestParams memory params) internal returns (bytes32 id) {
        token.mint(requester, params.maxFee);
        vm.prank(requester);
        id = proofMarket.request(params);
    }

    function _request(uint256 maxFee) internal returns (bytes32 id) {
        id = _request(_params(maxFee));
    }

    function _commit(bytes32 id, address bidder, uint256 fee) internal {
        bytes32 commitment = proofMarket.commitmentFor(id, bidder, fee, SALT);
        vm.prank(bidder);
        proofMarket.commit(id, bidder, commitment);
    }

    function _reveal(bytes32 id, address bidder, uint256 fee) internal {
        vm.prank(bidder);
        proofMarket.reveal(id, bidder, fee, SALT);
    }

    function _toReveal(bytes32 id) internal {
        vm.warp(proofMarket.requestOf(id).commitEnd + 1);
    }

    function _toFulfil(bytes32 id) internal {
        vm.warp(proofMarket.requestOf(id).revealEnd + 1);
    }

    /// @dev A request that `bidder` has won alone, ready to be fulfilled.
    function _assigned(bytes32 id, address bidder, uint256 fee) internal {
        _commit(id, bidder, fee);
        _toReveal(id);
        _reveal(id, bidder, fee);
        _toFulfil(id);
    }

    function _zkProof(bytes32 id) internal view returns (bytes memory) {
        Request memory r = proofMarket.requestOf(id);
        return abi.encode(r.programKey, r.publicValuesDigest);
    }

    function _fulfil(bytes32 id) internal {
        Request memory r = proofMarket.requestOf(id);
        vm.prank(r.leader);
        proofMarket.fulfil(id, abi.encode(r.programKey, r.publicValuesDigest));
    }

    /// @dev A second market that may lock.
    function _listAnotherMarket() internal returns (address other) {
        other = makeAddr("another market");
        vm.prank(owner);
        registry.listMarket(other);
        vm.warp(block.timestamp + LISTING_DELAY);
    }

    function _slashBy(address other, address of_, uint256 amount) internal {
        vm.startPrank(other);
        registry.lock(of_, amount, block.timestamp);
        registry.slash(of_, amount, block.timestamp);
        vm.stopPrank();
    }

    // ---------------------------------------------------------------- reads

    function _locked(address of_) internal view returns (uint256 amount) {
        (amount,) = registry.lockedBy(market, of_);
    }

    function _assertStatus(bytes32 id, RequestStatus status) internal view {
        assertEq(uint256(proofMarket.requestOf(id).status), uint256(status), "status");
    }

    function _refused(bytes32 parameter) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IProofMarket.InvalidParameter.selector, parameter);
    }
}

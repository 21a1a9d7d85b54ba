// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {MerkleTree} from "./MerkleTree.sol";
import {SystemFixture} from "./SystemFixture.sol";
import {ProofMarket} from "contracts/ProofMarket.sol";
import {RewardDistributor} from "contracts/RewardDistributor.sol";
import {MarketConfig, MarketParameters, ProgramConfig} from "contracts/interfaces/IProofMarket.sol";
import {
    ClaimParams,
    DistributorConfig,
    IRewardDistributor,
    PostContent,
    SignedAttestation
} from "contracts/interfaces/IRewardDistributor.sol";

/// @notice The real registry, market and distributor, with epochs of a week, three auditors of whom one has
/// to attest, and a publisher.
abstract contract DistributorFixture is SystemFixture {
    uint256 internal constant EPOCH = 7 days;
    uint256 internal constant WINDOW = 1 days;
    uint256 internal constant BUDGET = 1000 ether;
    /// @dev The clock starts a little before deployment, as it may.
    uint256 internal constant CLOCK_START = START - 1 hours;
    bytes internal constant POLICY = '{"id":"work","version":1}';
    bytes32 internal constant DATASET = keccak256("artifact");

    address internal publisher = makeAddr("publisher");
    address internal auditor;
    uint256 internal auditorKey;
    address internal secondAuditor;
    uint256 internal secondAuditorKey;
    address internal thirdAuditor;
    RewardDistributor internal rewards;
    mapping(uint256 postNumber => PostContent) internal posted;

    struct Leaf {
        address prover;
        uint256 cumulative;
        uint256 commission;
    }

    function setUp() public virtual override {
        (auditor, auditorKey) = makeAddrAndKey("auditor");
        (secondAuditor, secondAuditorKey) = makeAddrAndKey("second auditor");
        thirdAuditor = makeAddr("third auditor");
        vm.roll(1000);
        super.setUp();
        rewards = RewardDistributor(distributor);
    }

    function _deployMarket() internal virtual override {
        assertEq(address(new ProofMarket(_marketConfig())), market);
    }

    function _deployDistributor() internal virtual override {
        assertEq(address(new RewardDistributor(_distributorConfig())), distributor);
    }

    function _marketConfig() internal view virtual returns (MarketConfig memory) {
        return MarketConfig({
            registry: address(registry),
            clockStart: CLOCK_START,
            epochLength: EPOCH,
            expiryGrace: 1 days,
            parameters: MarketParameters({
                protocolFeeBps: 1000,
                lockBps: 10_000,
                maxStakeMultiple: 100,
                minFee: 1,
                bond: 1e15,
                maxOpenAssignments: 10
            }),
            verifiers: new address[](0),
            programs: new ProgramConfig[](0)
        });
    }

    function _distributorConfig() internal view virtual returns (DistributorConfig memory) {
        address[] memory auditors = new address[](3);
        (auditors[0], auditors[1], auditors[2]) = (auditor, secondAuditor, thirdAuditor);
        return DistributorConfig({
            registry: address(registry),
            market: market,
            publisher: publisher,
            auditors: auditors,
            challengeWindow: WINDOW,
            quorum: 1,
            allowZeroQuorum: false,
            budget: BUDGET,
            policy: POLICY
        });
    }

    // ---------------------------------------------------------------- actions

    function _fundRewards(uint256 amount) internal {
        token.mint(distributor, amount);
    }

    /// @dev To the first moment after `epoch`, some blocks on.
    function _end(uint256 epoch) internal {
        (, uint256 end) = rewards.epochBounds(epoch);
        if (block.timestamp < end) vm.warp(end);
        vm.roll(block.number + 10);
    }

    function _post(uint256 epoch, bytes32 root, uint256 total) internal returns (uint256 postNumber) {
        uint256 snapshotBlock = block.number - 1;
        bytes32 snapshotHash = blockhash(snapshotBlock);
        vm.prank(publisher);
        postNumber = rewards.postRoot(epoch, root, total, DATASET, snapshotBlock, snapshotHash);
        posted[postNumber] = PostContent(epoch, postNumber, root, total, DATASET, snapshotBlock, snapshotHash);
    }

    /// @dev What was posted by `_post` as `postNumber`, but for these.
    function _content(uint256 epoch, uint256 postNumber, bytes32 root)
        internal
        view
        returns (PostContent memory post)
    {
        post = posted[postNumber];
        (post.epoch, post.postNumber, post.root) = (epoch, postNumber, root);
    }

    function _attest(address by, uint256 epoch, uint256 postNumber, bytes32 root) internal {
        vm.prank(by);
        rewards.attest(_content(epoch, postNumber, root));
    }

    function _veto(address by, uint256 epoch, uint256 postNumber, bytes32 root) internal {
        vm.prank(by);
        rewards.veto(_content(epoch, postNumber, root));
    }

    /// @dev Attests the latest post and lets its window pass.
    function _activate() internal {
        uint256 epoch = rewards.latestPost().epoch;
        _attest(auditor, epoch, rewards.latestPost().postNumber, rewards.latestPost().root);
        vm.warp(rewards.latestPost().claimableAt);
    }

    /// @dev Ends the epoch, funds what it adds, posts, and activates.
    function _postActive(uint256 epoch, bytes32 root, uint256 total) internal returns (uint256 postNumber) {
        _end(epoch);
        uint256 owed = total - rewards.totalClaimed();
        uint256 held = rewards.funds();
        if (held < owed) _fundRewards(owed - held);
        postNumber = _post(epoch, root, total);
        _activate();
    }

    function _claim(Leaf memory leaf, bytes32[] memory merkleProof) internal returns (uint256 amount) {
        amount = rewards.claim(leaf.prover, leaf.cumulative, leaf.commission, merkleProof);
    }

    // ---------------------------------------------------------------- leaves

    function _hash(Leaf memory leaf) internal view returns (bytes32) {
        return rewards.leafOf(leaf.prover, leaf.cumulative, leaf.commission);
    }

    function _hashes(Leaf[] memory leaves) internal view returns (bytes32[] memory hashes) {
        hashes = new bytes32[](leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) {
            hashes[i] = _hash(leaves[i]);
        }
    }

    function _root(Leaf[] memory leaves) internal view returns (bytes32) {
        return MerkleTree.root(_hashes(leaves));
    }

    function _proof(Leaf[] memory leaves, uint256 index) internal view returns (bytes32[] memory) {
        return MerkleTree.proof(_hashes(leaves), _hash(leaves[index]));
    }

    function _params(Leaf[] memory leaves, uint256 index) internal view returns (ClaimParams memory) {
        Leaf memory leaf = leaves[index];
        return ClaimParams(leaf.prover, leaf.cumulative, leaf.commission, _proof(leaves, index));
    }

    /// @dev The claims of the first `count` leaves in the tree's order, with merkleProofs as short as a batch
    /// takes them.
    function _batch(Leaf[] memory leaves, uint256 count) internal view returns (ClaimParams[] memory claims) {
        bytes32[] memory hashes = _hashes(leaves);
        bytes32[] memory wanted = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            wanted[i] = hashes[i];
        }
        bytes32[] memory order = MerkleTree.sorted(wanted);
        claims = new ClaimParams[](count);
        bytes32[33] memory known;
        for (uint256 i = 0; i < count; ++i) {
            uint256 j = 0;
            while (hashes[j] != order[i]) ++j;
            bytes32[] memory path = MerkleTree.shortened(order[i], MerkleTree.proof(hashes, order[i]), known);
            claims[i] = ClaimParams(leaves[j].prover, leaves[j].cumulative, leaves[j].commission, path);
        }
    }

    function _one(address prover_, uint256 cumulative, uint256 commission)
        internal
        pure
        returns (Leaf[] memory leaves)
    {
        leaves = new Leaf[](1);
        leaves[0] = Leaf(prover_, cumulative, commission);
    }

    /// @dev Leaves of strangers, whom only a real tree is made of.
    function _crowd(uint256 count) internal pure returns (Leaf[] memory leaves) {
        leaves = new Leaf[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = Leaf(address(uint160(0xC0FFEE0000 + i)), 1 ether + i, i);
        }
    }

    function _sign(uint256 key, address account, uint256 epoch, uint256 postNumber, bytes32 root)
        internal
        view
        returns (SignedAttestation memory)
    {
        return _signPost(key, account, _content(epoch, postNumber, root));
    }

    function _signPost(uint256 key, address account, PostContent memory post)
        internal
        view
        returns (SignedAttestation memory)
    {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _digest(distributor, post));
        return SignedAttestation(account, abi.encodePacked(r, s, v));
    }

    /// @dev Written from EIP-712, apart from the contract's own code.
    function _digest(address verifyingContract, PostContent memory post) internal view returns (bytes32) {
        bytes32 separator = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Provender RewardDistributor"),
                keccak256("2"),
                block.chainid,
                verifyingContract
            )
        );
        return keccak256(abi.encodePacked(hex"1901", separator, _postHash(post)));
    }

    function _postHash(PostContent memory post) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(
                    "Attestation(uint256 epoch,uint256 postNumber,bytes32 root,uint256 cumulativeTotal,bytes32 datasetHash,uint256 snapshotBlock,bytes32 snapshotHash)"
                ),
                post.epoch,
                post.postNumber,
                post.root,
                post.cumulativeTotal,
                post.datasetHash,
                post.snapshotBlock,
                post.snapshotHash
            )
        );
    }

    function _expectRefusal(bytes4 error) internal {
        vm.expectRevert(error);
    }

    function _expectInvalid(bytes32 name) internal {
        vm.expectRevert(abi.encodeWithSelector(IRewardDistributor.InvalidParameter.selector, name));
    }
}

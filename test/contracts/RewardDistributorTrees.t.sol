// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {DistributorFixture} from "./helpers/DistributorFixture.sol";
import {RegistryConfig} from "contracts/interfaces/IProverRegistry.sol";

/// @notice The trees that TypeScript builds are the trees that claims are paid from. The vectors name a
/// distributor of their own: the system is set up with it at that address.
contract RewardDistributorTreesTest is DistributorFixture {
    string private json;

    function setUp() public override {
        json = vm.readFile("test/fixtures/vectors/trees.json");
        super.setUp();
    }

    function _registryConfig() internal view override returns (RegistryConfig memory config) {
        config = super._registryConfig();
        config.distributor = vm.parseJsonAddress(json, ".distributor");
    }

    function _deployDistributor() internal override {
        distributor = registry.distributor();
        deployCodeTo("RewardDistributor.sol:RewardDistributor", abi.encode(_distributorConfig()), distributor);
    }

    function _at(uint256 tree, string memory rest) private pure returns (string memory) {
        return string.concat(".trees[", vm.toString(tree), "]", rest);
    }

    function _leafAt(uint256 tree, uint256 index, string memory rest) private pure returns (string memory) {
        return _at(tree, string.concat(".leaves[", vm.toString(index), "]", rest));
    }

    function _read(uint256 tree) private view returns (Leaf[] memory leaves) {
        leaves = new Leaf[](vm.parseJsonUint(json, _at(tree, ".count")));
        for (uint256 i = 0; i < leaves.length; ++i) {
            leaves[i] = Leaf(
                vm.parseJsonAddress(json, _leafAt(tree, i, ".prover")),
                vm.parseJsonUint(json, _leafAt(tree, i, ".cumulative")),
                vm.parseJsonUint(json, _leafAt(tree, i, ".cumulativeCommission"))
            );
        }
    }

    function test_the_vectors_domain_is_the_distributors() public view {
        assertEq(rewards.domain(), vm.parseJsonBytes32(json, ".domain"));
        assertEq(block.chainid, vm.parseJsonUint(json, ".chainId"));
    }

    function test_leaves_roots_and_proofs_agree_for_every_vector() public view {
        uint256 trees = 0;
        for (; vm.keyExistsJson(json, _at(trees, "")); ++trees) {
            Leaf[] memory leaves = _read(trees);
            assertEq(_root(leaves), vm.parseJsonBytes32(json, _at(trees, ".root")));
            for (uint256 i = 0; i < leaves.length; ++i) {
                assertEq(_hash(leaves[i]), vm.parseJsonBytes32(json, _leafAt(trees, i, ".leaf")));
                bytes32[] memory path = vm.parseJsonBytes32Array(json, _leafAt(trees, i, ".merkleProof"));
                assertEq(abi.encode(_proof(leaves, i)), abi.encode(path));
            }
        }
        assertEq(trees, 6, "1, 2, 3, 5, 7 and 8 leaves");
    }

    function test_every_leaf_of_every_vector_is_claimable() public {
        uint256 fresh = vm.snapshotState();
        for (uint256 tree = 0; vm.keyExistsJson(json, _at(tree, "")); ++tree) {
            Leaf[] memory leaves = _read(tree);
            _postActive(0, vm.parseJsonBytes32(json, _at(tree, ".root")), BUDGET);
            for (uint256 i = 0; i < leaves.length; ++i) {
                _register(leaves[i].prover, MIN_SELF_STAKE, 0);
                bytes32[] memory path = vm.parseJsonBytes32Array(json, _leafAt(tree, i, ".merkleProof"));
                assertEq(_claim(leaves[i], path), leaves[i].cumulative);
                assertEq(_commissionOwed(leaves[i].prover), leaves[i].commission);
            }
            assertTrue(vm.revertToState(fresh));
        }
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {DistributorFixture} from "./DistributorFixture.sol";
import {NetworkController, NetworkVault} from "./ProverNetDouble.sol";
import {RewardDistributor} from "contracts/RewardDistributor.sol";
import {ProverNetAdapter} from "contracts/adapters/ProverNetAdapter.sol";
import {AdapterConfig} from "contracts/interfaces/IProverNetAdapter.sol";
import {DistributorConfig} from "contracts/interfaces/IRewardDistributor.sol";

/// @notice A network of somebody else's, and the real distributor with the adapter for it, in the place of those of
/// our own system.
abstract contract AdapterFixture is DistributorFixture {
    uint256 internal constant SELF_STAKE = 1000 ether;

    NetworkController internal network;
    ProverNetAdapter internal adapter;

    function setUp() public virtual override {
        super.setUp();
        network = new NetworkController(token);
        distributor = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        adapter = new ProverNetAdapter(_adapterConfig());
        rewards = new RewardDistributor(_adapterDistributorConfig());
        assertEq(address(rewards), distributor);
    }

    function _adapterConfig() internal view returns (AdapterConfig memory) {
        return AdapterConfig({
            stakingController: address(network),
            distributor: distributor,
            owner: owner,
            guardian: guardian,
            clockStart: CLOCK_START,
            epochLength: EPOCH
        });
    }

    function _adapterDistributorConfig() internal view returns (DistributorConfig memory config) {
        config = _distributorConfig();
        (config.registry, config.market) = (address(adapter), address(adapter));
    }

    function _join(address account, uint256 selfStake) internal returns (NetworkVault) {
        _fund(account, address(network), selfStake);
        vm.prank(account);
        return network.initializeProver(selfStake);
    }

    /// @dev A root of one leaf, active and claimed.
    function _claimOne(uint256 epoch, address account, uint256 cumulative, uint256 commission) internal {
        Leaf[] memory leaves = _one(account, cumulative, commission);
        _postActive(epoch, _root(leaves), cumulative);
        rewards.claim(account, cumulative, commission, new bytes32[](0));
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {NetworkController} from "./ProverNetDouble.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";

/// @notice The kind of proof contract that proves nothing: a proof repeats the output's hash and the key's.
contract NetworkSimpleProof {
    function submitProof(bytes calldata proof, bytes calldata output) external pure returns (bytes32 vkHash) {
        bytes32 outputHash;
        (outputHash, vkHash) = abi.decode(proof, (bytes32, bytes32));
        require(outputHash == keccak256(output), "another output");
    }
}

/// @notice EpochRewards of a network such as ProverNet, as a writer and a reader meet it: one configuration, amounts that
/// are set by bytes and cannot be corrected, and paid by the controller.
contract NetworkEpochRewards {
    struct Config {
        uint32 fromEpoch;
        uint64 fromTime;
        uint64 length;
        uint256 maximum;
    }

    struct Reward {
        uint128 amount;
        bool distributed;
    }

    event EpochConfigSet(uint32 fromEpoch, uint64 fromTime, uint64 epochLength, uint256 maxEpochReward);
    event RewardsSet(uint32 indexed epoch, address indexed prover, uint256 amount);
    event EpochRewardsSet(uint32 indexed epoch, uint256 newAmount, uint256 cumulativeAmount);

    error StakingRewardsExceedsMax();
    error StakingRewardsEpochNotReady();
    error StakingRewardsEpochWindowMismatch();
    error StakingRewardsInvalidEpoch();
    error StakingRewardsInvalidProof();
    error StakingRewardsNotDistributable(address prover);
    error StakingRewardsUnsortedProvers();
    error MissingRole();

    bytes32 private constant REWARD_UPDATER_ROLE = keccak256("REWARD_UPDATER_ROLE");

    NetworkController public immutable stakingController;
    NetworkSimpleProof public brevisProof;
    bytes32 public vkHash;
    Config private _config;
    uint32 public lastUpdatedEpoch;
    mapping(bytes32 role => mapping(address account => bool)) public hasRole;
    mapping(uint32 epoch => mapping(address prover => Reward)) public epochProverRewards;
    mapping(uint32 epoch => uint256) public epochTotalRewards;
    mapping(uint32 epoch => address) public epochLastProver;

    modifier onlyUpdater() {
        if (!hasRole[REWARD_UPDATER_ROLE][msg.sender]) revert MissingRole();
        _;
    }

    constructor(NetworkController controller, address updater, Config memory config) {
        stakingController = controller;
        brevisProof = new NetworkSimpleProof();
        vkHash = keccak256("a circuit");
        hasRole[REWARD_UPDATER_ROLE][updater] = true;
        _config = config;
        ERC20(controller.stakingToken()).approve(address(controller), type(uint256).max);
        emit EpochConfigSet(config.fromEpoch, config.fromTime, config.length, config.maximum);
    }

    function getEpochConfigs() external view returns (Config[] memory configs) {
        configs = new Config[](1);
        configs[0] = _config;
    }

    /// @dev Whoever has the role; the network's has more of them.
    function grant(address account) external {
        hasRole[REWARD_UPDATER_ROLE][account] = true;
    }

    function setRewards(bytes calldata proof, bytes calldata output) external onlyUpdater {
        if (brevisProof.submitProof(proof, output) != vkHash) revert StakingRewardsInvalidProof();
        uint32 epoch = uint32(bytes4(output[0:4]));
        uint64 start = uint64(bytes8(output[4:12]));
        uint64 end = uint64(bytes8(output[12:20]));
        if (epoch == 0 || epoch < _config.fromEpoch || epoch < lastUpdatedEpoch) {
            revert StakingRewardsInvalidEpoch();
        }
        uint64 begins = _config.fromTime + (epoch - _config.fromEpoch) * _config.length;
        if (start != begins || end != begins + _config.length) revert StakingRewardsEpochWindowMismatch();
        if (block.timestamp < end) revert StakingRewardsEpochNotReady();
        lastUpdatedEpoch = epoch;

        uint256 added;
        address last = epochLastProver[epoch];
        for (uint256 i = 20; i < output.length; i += 36) {
            address prover = address(bytes20(output[i:i + 20]));
            uint128 amount = uint128(bytes16(output[i + 20:i + 36]));
            if (prover <= last) revert StakingRewardsUnsortedProvers();
            (last, added) = (prover, added + amount);
            epochProverRewards[epoch][prover].amount = amount;
            emit RewardsSet(epoch, prover, amount);
        }
        epochLastProver[epoch] = last;
        epochTotalRewards[epoch] += added;
        if (epochTotalRewards[epoch] > _config.maximum) revert StakingRewardsExceedsMax();
        emit EpochRewardsSet(epoch, added, epochTotalRewards[epoch]);
    }

    function distributeRewards(uint32 epoch, address[] calldata provers) external onlyUpdater {
        uint256[] memory amounts = new uint256[](provers.length);
        for (uint256 i = 0; i < provers.length; ++i) {
            Reward storage reward = epochProverRewards[epoch][provers[i]];
            if (reward.amount == 0 || reward.distributed) revert StakingRewardsNotDistributable(provers[i]);
            reward.distributed = true;
            amounts[i] = reward.amount;
        }
        stakingController.addRewards(provers, amounts);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ERC20} from "solmate/tokens/ERC20.sol";
import {ERC4626} from "solmate/tokens/ERC4626.sol";

import {IProofMarket} from "./interfaces/IProofMarket.sol";
import {IProvenderLens, ProverView, SystemView} from "./interfaces/IProvenderLens.sol";
import {IProverRegistry, ProverRecord, ProverState} from "./interfaces/IProverRegistry.sol";
import {IProverVault} from "./interfaces/IProverVault.sol";
import {IRewardDistributor} from "./interfaces/IRewardDistributor.sol";

/// @title ProvenderLens
/// @notice Gathers what people and services read, so that one call gives it as of one block.
/// `commissionBps` is the rate in force for the distributor as source. An account that never registered has
/// a state of None and nothing but the address that its vault would have.
contract ProvenderLens is IProvenderLens {
    uint256 private constant ONE_SHARE = 1e18;

    address public immutable override distributor;
    IProverRegistry private immutable _registry;
    IProofMarket private immutable _market;

    constructor(address distributor_) {
        distributor = distributor_;
        _registry = IProverRegistry(IRewardDistributor(distributor_).registry());
        _market = IProofMarket(IRewardDistributor(distributor_).market());
    }

    /// @inheritdoc IProvenderLens
    function system() external view returns (SystemView memory) {
        IRewardDistributor source = IRewardDistributor(distributor);
        return SystemView({
            blockNumber: block.number,
            timestamp: block.timestamp,
            currentEpoch: source.currentEpoch(),
            nextEpoch: source.nextEpoch(),
            funds: source.funds(),
            promised: source.promised(),
            surplus: source.surplus(),
            carry: source.carry(),
            totalClaimed: source.totalClaimed(),
            latest: source.latestPost(),
            active: source.activePost(),
            proverCount: _registry.proverCount(),
            paused: _registry.paused()
        });
    }

    /// @inheritdoc IProvenderLens
    function prover(address account) external view returns (ProverView memory) {
        return _prover(account);
    }

    /// @inheritdoc IProvenderLens
    function provers(uint256 offset, uint256 count) external view returns (ProverView[] memory list) {
        uint256 total = _registry.proverCount();
        uint256 available = offset < total ? total - offset : 0;
        list = new ProverView[](count < available ? count : available);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = _prover(_registry.proverAt(offset + i));
        }
    }

    function _prover(address account) private view returns (ProverView memory v) {
        v.prover = account;
        v.vault = _registry.vaultOf(account);
        (v.state,) = _registry.status(account);
        if (v.state == ProverState.None) return v;

        ProverRecord memory record = _registry.proverRecord(account);
        v.payout = record.payout;
        v.registeredAt = record.registeredAt;
        v.locked = record.locked;
        v.claimed = record.claimed;
        v.claimedCommission = record.claimedCommission;
        v.eligible = _registry.isEligible(account, 0);
        v.freeCollateral = _registry.freeCollateral(account);
        v.commissionBps = _registry.commissionOf(account, distributor);
        v.openAssignments = _market.openAssignments(account);
        _readVault(v);
    }

    function _readVault(ProverView memory v) private view {
        IProverVault vault = IProverVault(v.vault);
        (v.activeAssets, v.selfStake) = vault.collateral();
        (v.unvested, v.vestingEnd, v.commissionOwed) = vault.rewardState();
        (v.unbondingAssets,, v.unbondingGeneration) = vault.unbondingState();
        v.totalAssets = ERC4626(v.vault).totalAssets();
        v.totalShares = ERC20(v.vault).totalSupply();
        v.sharePrice = ERC4626(v.vault).convertToAssets(ONE_SHARE);
        v.maxDeposit = ERC4626(v.vault).maxDeposit(v.prover);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ERC20} from "solmate/src/tokens/ERC20.sol";
import {ERC4626} from "solmate/src/tokens/ERC4626.sol";

import {IProofMarket} from "./interfaces/IProofMarket.sol";
import {ExitView, IProvenderLens, ProverView, SystemView} from "./interfaces/IProvenderLens.sol";
import {IProverRegistry, ProverRecord, ProverState} from "./interfaces/IProverRegistry.sol";
import {IProverVault} from "./interfaces/IProverVault.sol";
import {IRewardDistributor} from "./interfaces/IRewardDistributor.sol";
import {EARLIER} from "./libraries/ExitQueue.sol";
import {Exit, QueueHeader, Segment} from "./libraries/PackedWords.sol";

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

    /// @inheritdoc IProvenderLens
    function exits(address account, address controller, uint256 offset, uint256 count)
        external
        view
        returns (ExitView[] memory list)
    {
        IProverVault vault = IProverVault(_registry.vaultOf(account));
        if (address(vault).code.length == 0) return list;
        QueueHeader header = _header(vault, controller);
        uint256 total = header.length() - header.claimedExits();
        uint256 available = offset < total ? total - offset : 0;
        list = new ExitView[](count < available ? count : available);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = _exit(vault, controller, header.claimedExits() + 1 + offset + i);
        }
    }

    function _exit(IProverVault vault, address controller, uint256 number)
        private
        view
        returns (ExitView memory view_)
    {
        Exit before = _exitWord(vault, controller, number - 1);
        Exit exit = _exitWord(vault, controller, number);
        uint256 poolShares;
        unchecked {
            uint256 shares = uint96(exit.sharesSum() - before.sharesSum());
            poolShares = uint128(exit.poolSharesSum() - before.poolSharesSum());
            view_.shares = uint96(exit.sharesSum() - _header(vault, controller).position());
            // Only the first of them may be claimed in part.
            if (view_.shares < shares) poolShares -= poolShares * (shares - view_.shares) / shares;
            else view_.shares = shares;
        }
        view_.number = number;
        view_.dueAt = exit.maturity() + 1;
        (uint256 poolAssets, uint256 allShares, uint256 generation) = vault.unbondingState();
        uint256 age = generation - _generationOf(vault, controller, number);
        if (age < 5 && allShares != 0) view_.assets = poolShares / 1e9 ** age * poolAssets / allShares;
    }

    /// @dev That of an exit that is worth something, or an older one.
    function _generationOf(IProverVault vault, address controller, uint256 number)
        private
        view
        returns (uint256)
    {
        Segment segment = _header(vault, controller).last();
        while (segment.before() >= number) {
            (, uint256 word) = vault.exitWords(controller, EARLIER + segment.generation());
            segment = Segment.wrap(uint64(word));
        }
        return segment.generation();
    }

    function _header(IProverVault vault, address controller) private view returns (QueueHeader) {
        (uint256 word,) = vault.exitWords(controller, 0);
        return QueueHeader.wrap(word);
    }

    function _exitWord(IProverVault vault, address controller, uint256 number) private view returns (Exit) {
        (, uint256 word) = vault.exitWords(controller, number);
        return Exit.wrap(word);
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
        (v.unbondingAssets, v.unbondingShares, v.unbondingGeneration) = vault.unbondingState();
        v.totalAssets = ERC4626(v.vault).totalAssets();
        v.totalShares = ERC20(v.vault).totalSupply();
        v.sharePrice = ERC4626(v.vault).convertToAssets(ONE_SHARE);
        v.maxDeposit = ERC4626(v.vault).maxDeposit(v.prover);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ReentrancyGuard} from "../ReentrancyGuard.sol";
import {AdapterAccount, AdapterConfig, IProverNetAdapter} from "../interfaces/IProverNetAdapter.sol";
import {ProverRecord} from "../interfaces/IProverRegistry.sol";
import {ClaimParams, IRewardDistributor} from "../interfaces/IRewardDistributor.sol";
import {RewardClaims} from "../libraries/RewardClaims.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";
import {SafeCastLib} from "solmate/src/utils/SafeCastLib.sol";
import {SafeTransferLib} from "solmate/src/utils/SafeTransferLib.sol";

/// @dev All that is asked of the network's own controller. Both are views.
interface IStakingController {
    function stakingToken() external view returns (address);
    /// @notice Zero for who never joined, and for who has retired.
    function getProverVault(address prover) external view returns (address);
}

/// @title ProverNetAdapter
/// @notice Stands where a RewardDistributor has its registry and its market, for a network whose contracts stand
/// already, such as Brevis ProverNet. It needs no permission there: it reads two views, and transfers tokens.
///
/// CLAIMS AND PAYMENTS
/// A claim has two halves here. The distributor's `claim` books what a leaf says that nobody claimed yet, and sends the
/// tokens to this contract. `pay`, open to all, passes on all that is booked for a prover: the commission to the prover,
/// the rest into its vault by a plain transfer, for the assets of such a vault are its token balance. It asks nothing of
/// the network's state: Active, Deactivated, Jailed and retired provers are paid alike, and no pause stops it. The
/// network's own door, `addRewards`, refuses all but Active ones, and splits by a rate that a prover may change at the
/// last moment; what is paid here bears the commission of the leaf.
///
/// VAULTS
/// A prover has one vault for good, whose address is remembered at its first claim, because retiring deletes the
/// controller's record. Nobody retires while anybody holds shares, and nobody who retired comes back: so a vault without
/// shares, or no vault at all, means that no staker is left, and the prover is paid everything. A vault that has code and
/// does not say its shares is paid like one that has some: nobody gains by keeping it from answering.
///
/// WHO CAN BUY IN BEFORE `pay`
/// Nothing vests. The vault's shares are worth more from the block of `pay` on, and whoever holds them then has its part:
/// also who staked a moment before, which the network lets anybody do with an Active prover, from one token on, and who
/// asks to leave right afterwards, at the new price. It has to wait out the unstaking delay, and to bear slashes in it;
/// that is all that such a gain costs. It takes the part of the reward that its stake is of the vault's: stakers of a
/// small vault with a large reward lose most. It needs to know when `pay` comes. So pay in the block of the claim
/// (`claimAndPay`), privately if the chain has a public mempool, soon after the root is active, and often enough
/// that a single payment is small beside the vaults. Between a claim and a later `pay` the amount is on display.
///
/// CLOCK
/// Epochs are the distributor's, of one length and numbered from 0. The network's own windows are not known here.
///
/// ROLES
/// The owner (two steps) and the guardian are those of the distributor; here they can do nothing but hand over. Nobody can
/// move a token but to the prover that a leaf names and to its vault.
///
/// COMMISSION
/// `commissionNotice` is the longest there is, so that the distributor accepts any window. The network gives no notice of
/// a higher rate: which one a leaf bears is for the policy and the auditors to say.
///
/// TOKEN
/// The controller's: plain, 18 decimals. `pay` reverts if less arrives than was sent. Tokens that anybody sends here other
/// than by a claim stay here for ever, and change nothing: the distributor is what is to be funded.
contract ProverNetAdapter is IProverNetAdapter, ReentrancyGuard {
    using SafeCastLib for uint256;
    using SafeTransferLib for ERC20;

    /// @dev As a market's.
    uint256 public constant MIN_EPOCH_LENGTH = 1 hours;
    uint256 public constant MAX_EPOCH_LENGTH = 90 days;

    /// @inheritdoc IProverNetAdapter
    uint256 public constant override commissionNotice = 365 days;

    /// @dev A claim reads all but the second slot, and writes the first.
    struct Account {
        uint96 claimed;
        uint96 claimedCommission;
        uint96 paid;
        uint96 paidCommission;
        address vault;
    }

    address public immutable override stakingController;
    address public immutable override distributor;
    address public immutable override token;
    uint256 public immutable override clockStart;
    uint256 public immutable override epochLength;

    address public override owner;
    address public override pendingOwner;
    address public override guardian;
    mapping(address prover => Account) private _accounts;

    modifier onlyOwner() {
        if (msg.sender != owner) revert Unauthorized();
        _;
    }

    constructor(AdapterConfig memory config) {
        if (config.owner == address(0) || config.distributor == address(0)) revert ZeroAddress();
        if (config.stakingController.code.length == 0) revert InvalidParameter("stakingController");
        token = IStakingController(config.stakingController).stakingToken();
        if (token.code.length == 0 || ERC20(token).decimals() != 18) revert InvalidParameter("token");
        if (config.epochLength < MIN_EPOCH_LENGTH || config.epochLength > MAX_EPOCH_LENGTH) {
            revert InvalidParameter("epochLength");
        }
        // Epoch 0 runs at deployment. Written so that no sum can overflow.
        if (config.clockStart > block.timestamp || block.timestamp - config.clockStart >= config.epochLength)
        {
            revert InvalidParameter("clockStart");
        }

        (stakingController, distributor) = (config.stakingController, config.distributor);
        (clockStart, epochLength) = (config.clockStart, config.epochLength);
        owner = config.owner;
        emit OwnershipTransferred(address(0), config.owner);
        _setGuardian(config.guardian);
    }

    // ---------------------------------------------------------------- the distributor

    /// @inheritdoc IProverNetAdapter
    /// @dev No lock is needed: it calls a view at most, and the distributor alone calls it. The tokens arrive afterwards,
    /// and all of the transaction fails if they do not.
    function creditCumulative(address prover, uint256 cumulative, uint256 cumulativeCommission)
        external
        override
        returns (address vault, uint256 amount, uint256 commission)
    {
        if (msg.sender != distributor) revert Unauthorized();
        Account storage a = _accounts[prover];
        (uint256 claimed, uint256 claimedCommission) = (a.claimed, a.claimedCommission);
        if (cumulative < claimed) revert CumulativeDecreased();
        // More commission may have been claimed than the leaf says, from a root that a later one did not continue
        // from: then the amount is paid without any, until the leaves have caught up.
        if (cumulativeCommission < claimedCommission) cumulativeCommission = claimedCommission;

        (amount, commission) = (cumulative - claimed, cumulativeCommission - claimedCommission);
        if (commission > amount) revert ExcessiveCommission();
        if (amount == 0) return (address(this), 0, 0);
        (a.claimed, a.claimedCommission) = (cumulative.safeCastTo96(), cumulativeCommission.safeCastTo96());
        if (a.vault == address(0)) a.vault = IStakingController(stakingController).getProverVault(prover);
        return (address(this), amount, commission);
    }

    // ---------------------------------------------------------------- anyone

    /// @inheritdoc IProverNetAdapter
    function pay(address prover) external override nonReentrant returns (uint256 amount) {
        Account storage a = _accounts[prover];
        (uint96 claimed, uint96 claimedCommission) = (a.claimed, a.claimedCommission);
        amount = claimed - a.paid;
        if (amount == 0) return 0;
        // Every commission was at most the amount that it came with.
        uint256 toVault = amount - (claimedCommission - a.paidCommission);
        (a.paid, a.paidCommission) = (claimed, claimedCommission);
        address vault = a.vault;
        if (!_hasShares(vault)) toVault = 0;
        uint256 toProver = amount - toVault;

        emit Paid(prover, vault, toProver, toVault);

        _send(prover, toProver);
        _send(vault, toVault);
    }

    /// @inheritdoc IProverNetAdapter
    /// @dev `pay` by way of a call, so that one prover that cannot be paid holds up no other.
    function claimAndPay(ClaimParams[] calldata claims)
        external
        override
        returns (uint256 claimed, uint256 paid)
    {
        (claimed,) = IRewardDistributor(distributor).claimBatch(claims);
        for (uint256 i = 0; i < claims.length; ++i) {
            address prover = claims[i].prover;
            uint256 gasBefore = gasleft();
            try this.pay(prover) returns (uint256 amount) {
                paid += amount;
            } catch (bytes memory reason) {
                RewardClaims.checkGasWasEnough(gasBefore);
                emit PaymentSkipped(prover, bytes4(reason));
            }
        }
    }

    // ---------------------------------------------------------------- owner

    /// @inheritdoc IProverNetAdapter
    function transferOwnership(address newOwner) external override onlyOwner {
        pendingOwner = newOwner;
        emit OwnershipTransferStarted(msg.sender, newOwner);
    }

    /// @inheritdoc IProverNetAdapter
    function acceptOwnership() external override {
        if (msg.sender != pendingOwner) revert Unauthorized();
        address previous = owner;
        owner = msg.sender;
        pendingOwner = address(0);
        emit OwnershipTransferred(previous, msg.sender);
    }

    /// @inheritdoc IProverNetAdapter
    function setGuardian(address newGuardian) external override onlyOwner {
        _setGuardian(newGuardian);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IProverNetAdapter
    function registry() external view override returns (address) {
        return address(this);
    }

    /// @inheritdoc IProverNetAdapter
    function account(address prover) external view override returns (AdapterAccount memory) {
        Account memory a = _accounts[prover];
        return AdapterAccount(a.vault, a.claimed, a.claimedCommission, a.paid, a.paidCommission);
    }

    /// @inheritdoc IProverNetAdapter
    function proverRecord(address prover) external view override returns (ProverRecord memory record) {
        Account memory a = _accounts[prover];
        (record.vault, record.payout) = (a.vault, prover);
        (record.claimed, record.claimedCommission) = (a.claimed, a.claimedCommission);
    }

    // ---------------------------------------------------------------- internal

    /// @dev Whether anybody has a part in what the vault is sent. True for one that has code and does not answer, unless
    /// it was the caller's gas that did not suffice.
    function _hasShares(address vault) private view returns (bool) {
        if (vault.code.length == 0) return false;
        uint256 gasBefore = gasleft();
        (bool done, bytes memory answer) = vault.staticcall(abi.encodeWithSignature("totalSupply()"));
        if (done && answer.length == 32) return abi.decode(answer, (uint256)) != 0;
        RewardClaims.checkGasWasEnough(gasBefore);
        return true;
    }

    /// @dev Moves exactly `amount`, or reverts.
    function _send(address to, uint256 amount) private {
        if (amount == 0) return;
        uint256 expected = ERC20(token).balanceOf(to) + amount;
        ERC20(token).safeTransfer(to, amount);
        if (ERC20(token).balanceOf(to) != expected) revert TokenNotPlain();
    }

    function _setGuardian(address newGuardian) private {
        if (newGuardian == address(0)) revert ZeroAddress();
        guardian = newGuardian;
        emit GuardianChanged(newGuardian);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ReentrancyGuard} from "./ReentrancyGuard.sol";
import {VaultIdentity} from "./VaultIdentity.sol";
import {IProverRegistry, PauseLevel, ProverState} from "./interfaces/IProverRegistry.sol";
import {IProverVault} from "./interfaces/IProverVault.sol";
import {IVaultFactory} from "./interfaces/IVaultFactory.sol";
import {ExitQueue, ExitQueueLib} from "./libraries/ExitQueue.sol";
import {
    Exit,
    PackedWords,
    QueueHeader,
    Rewards,
    Segment,
    Stake,
    Unbonding
} from "./libraries/PackedWords.sol";
import {revertWith} from "./libraries/RevertWith.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";
import {FixedPointMathLib} from "solmate/src/utils/FixedPointMathLib.sol";
import {SafeTransferLib} from "solmate/src/utils/SafeTransferLib.sol";

/// @title ProverVault
/// @notice The stake of one prover: plain ERC-4626 deposits, ERC-7540 asynchronous exits, EIP-2612 permits.
///
/// ACCOUNTS
/// - Three amounts are counted inside: active assets (they back shares), unbonding assets (they back exits)
/// and commission owed. The token's balance is never read to price anything: donations change nothing and
/// cannot be recovered.
///
/// TWO PRICES
/// - A share leaves at the exit price: vested assets a share (`convertToAssets`, `totalAssets()`). It comes in at
/// the entry price: all active assets a share, vesting ones too (`convertToShares`, the deposit previews). What a
/// deposit exceeds its shares' vested worth by vests with the rest, so that no deposit moves the exit price. So
/// nobody buys a part of what vests already: who deposits, waits while nobody else acts, and leaves, has no more
/// than it paid.
/// - Prices add one virtual share and one virtual wei, and round against whoever calls; what has vested is rounded
/// up, which prefers nobody over those who stay.
/// - The registering transaction seeds the vault with the prover's own stake of at least `minSelfStake`.
/// - No deposit is accepted while the entry price is below 1e-9 wei a share (shares would no longer fit their
/// types) or above 1e8 (a deposit would lose more than 1e8 wei to rounding): an attacker has nothing to inflate.
/// - Active assets stay below 2^95 and shares below 2^96, so that no product of the two can overflow.
///
/// REWARDS
/// - A reward vests linearly into `totalAssets()`. The end of vesting moves to the average of the ends of
/// what vests already and of what arrives, weighted by amount, rounded down: dust cannot put it off.
/// - What would exceed the cap goes to the prover's commission, and all of a reward that finds the vault deserted:
/// without shares, or left by an exit with fewer than 1e12 shares, worth less than 1e12 wei without what still vests.
/// A slash alone deserts no vault.
///
/// EXITS
/// - `requestRedeem` burns shares at today's exit price and moves their assets to the unbonding pool, whose shares
/// change in value by slashing only. They are claimable when timestamp > request time + `unbondingDelay`, and
/// bear slashes, like those who stay, until they are claimed: also slashes for jobs that began after that.
/// - The requests of a controller are one queue, first in, first out. The controller or its operator adds to it
/// and claims from it; an account with an allowance may add its owner's shares to the owner's queue; and anybody
/// may have the controller paid all that is due (`claimDue`). Parts may be claimed; a claim costs the logarithm of
/// the queue's length.
/// - An unbonding share is never worth more than one wei: a new exit loses less than a wei to rounding. To
/// keep it so, what the shares that `withdraw` takes are worth beyond the assets asked for, at most one
/// share's worth, goes to the prover's commission.
/// - When the last share leaves, what is vesting and the rounding dust go to the treasury.
/// - Shares worth less than one wei together cannot be requested.
///
/// LOSSES
/// - `slash` takes an exact amount, or all there is, never more, pro rata from active (vested and vesting alike)
/// and unbonding assets. Shares and exits lose value; their numbers never change.
/// - Where a slash leaves the unbonding pool below 1e-9 wei a share, the pool's shares are divided by 1e9, and a
/// new generation begins, in which those of older exits count as much less. Every exit loses its part of a slash,
/// whatever the pool's price was when it joined, and at most 3 wei of rounding, 2 more for each part claimed. A
/// pool slashed to nothing starts again without shares.
///
/// SELF-STAKE
/// - While the prover is Active or Jailed it cannot transfer or request its own shares below `minSelfStake`
/// worth of assets, by whatever path. Others are never held back.
///
/// ROLES
/// - Registry: `seed`, `creditReward`, `slash`, `payCommission`. It is trusted to move the tokens it books.
/// Owner and guardian of the registry reach the vault only through its state and pause, which stop deposits
/// and, for a bounded time, new requests. Nothing can stop a claim. Nothing here can be upgraded or changed.
///
/// TOKEN AND LIVENESS ASSUMPTIONS
/// - The token is a plain 18-decimal ERC-20 of fewer than 2^96 wei in all. A deposit that moves another amount
/// is refused. If the token's balances change by themselves, or if it blocks the vault, claims fail; if it
/// blocks a receiver, that claim fails and another receiver may be named.
/// - Token hooks find the vault's numbers final, and its functions locked.
///
/// WHAT SOLMATE'S ERC4626 LEAVES OPEN
/// - No virtual shares, a price read from balances, `shares * assets` beyond 256 bits, unlimited `maxDeposit`:
/// answered above. Its `redeem` and `withdraw` are replaced whole by claims, as ERC-7540 demands.
contract ProverVault is VaultIdentity, ReentrancyGuard {
    using ExitQueueLib for ExitQueue;
    using FixedPointMathLib for uint256;
    using SafeTransferLib for ERC20;

    uint256 private constant MAX_ASSETS = 2 ** 95 - 1;
    uint256 private constant MAX_SHARES = 2 ** 96 - 1;
    /// @dev In vault shares or unbonding shares.
    uint256 private constant MAX_SHARES_PER_ASSET = 1e9;
    uint256 private constant MAX_ASSETS_PER_SHARE = 1e8;
    /// @dev With fewer shares and fewer vested assets than that an exit leaves the vault deserted.
    uint256 private constant FEW = 1e12;
    /// @dev After so many generations nothing is left of an unbonding share.
    uint256 private constant GENERATIONS_TO_NOTHING = 5;
    uint256 private constant ACTIVE = uint256(ProverState.Active);
    uint256 private constant JAILED = uint256(ProverState.Jailed);

    mapping(address controller => mapping(address operator => bool)) public isOperator;

    Stake private _stake;
    Rewards private _rewards;
    Unbonding private _unbonding;
    mapping(address controller => ExitQueue) private _queues;

    constructor() VaultIdentity(IVaultFactory(msg.sender).parameters()) {
        // Nonzero from the start, so that the first reward and the first exit write to used slots.
        _rewards = _rewards.desert().vesting(0, 0);
        _setUnbonding(0, 0, 1);
    }

    // ---------------------------------------------------------------- deposits: ERC-4626

    function deposit(uint256 assets, address receiver) public override returns (uint256 shares) {
        (uint256 virtualAssets, uint256 virtualShares) = _entryPrice();
        shares = _capped(assets).mulDivDown(virtualShares, virtualAssets);
        _deposit(assets, shares, receiver, virtualAssets, virtualShares);
    }

    function mint(uint256 shares, address receiver) public override returns (uint256 assets) {
        (uint256 virtualAssets, uint256 virtualShares) = _entryPrice();
        assets = _capped(shares).mulDivUp(virtualAssets, virtualShares);
        _deposit(assets, shares, receiver, virtualAssets, virtualShares);
    }

    /// @inheritdoc IProverVault
    function seed(uint256 assets) external nonReentrant returns (uint256 shares) {
        _onlyRegistry();
        (uint256 virtualAssets, uint256 virtualShares) = _entryPrice();
        shares = _capped(assets).mulDivDown(virtualShares, virtualAssets);
        _issue(assets, shares, _prover(), virtualAssets, virtualShares);
    }

    function _deposit(
        uint256 assets,
        uint256 shares,
        address receiver,
        uint256 virtualAssets,
        uint256 virtualShares
    ) private nonReentrant {
        _notZero(receiver);
        if (_stateAt(uint256(PauseLevel.None)) != ACTIVE) revertWith(ProverNotActive.selector);
        _issue(assets, shares, receiver, virtualAssets, virtualShares);
        uint256 held = _held();
        _asset().safeTransferFrom(msg.sender, address(this), assets);
        if (_held() - held != assets) revertWith(TokenNotPlain.selector);
    }

    /// @dev `assets` and `shares` are below 2^192: sums cannot overflow.
    function _issue(
        uint256 assets,
        uint256 shares,
        address receiver,
        uint256 virtualAssets,
        uint256 virtualShares
    ) private {
        if (assets == 0 || shares == 0) revertWith(ZeroAmount.selector);
        if (_isBroken(virtualAssets, virtualShares)) revertWith(SharePriceBroken.selector);
        Rewards rewards = _rewards;
        unchecked {
            uint256 active = virtualAssets - 1 + assets;
            uint256 supply = virtualShares - 1 + shares;
            if (active > MAX_ASSETS || supply > MAX_SHARES) revertWith(CapExceeded.selector);

            uint256 unvested = rewards.unvested();
            if (unvested != 0 || rewards.isDeserted()) {
                // What the shares are worth at the exit price is at most `assets`, the entry price being no lower.
                unvested += assets - shares.mulDivUp(virtualAssets - unvested, virtualShares);
                rewards = rewards.vesting(unvested, rewards.vestingEnd());
                _rewards = supply < FEW && active - rewards.unvested() < FEW ? rewards : rewards.settle();
            }
            _setActive(active);
        }
        _mint(receiver, shares);
        emit Deposit(msg.sender, receiver, assets, shares);
    }

    // ---------------------------------------------------------------- exits: ERC-7540

    /// @inheritdoc IProverVault
    function requestRedeem(uint256 shares, address controller, address owner)
        external
        nonReentrant
        returns (uint256)
    {
        uint256 state = _stateAt(uint256(PauseLevel.Deposits));
        if (!_mayActFor(owner)) _spendAllowance(owner, shares);
        if (controller != owner) _checkMayActFor(controller);

        uint256 assets = convertToAssets(shares);
        if (assets == 0) revertWith(ZeroAmount.selector);
        _burn(owner, shares);
        uint256 remainder;
        unchecked {
            // Shares round down to at most totalAssets(), which is at most active assets.
            uint256 active = _active() - assets;
            uint256 supply = totalSupply;
            if (supply == 0) {
                (remainder, active) = (active, 0);
                _rewards = _rewards.vesting(0, 0);
            }
            if (supply < FEW && active - _rewards.unvested() < FEW) _rewards = _rewards.desert();
            _setActive(active);
        }
        if (owner == _prover()) _checkSelfStake(state);
        _pushExit(shares, assets, controller);
        emit RedeemRequest(controller, owner, 0, msg.sender, shares);
        if (remainder != 0) {
            (uint256 word,) = _ask(_registry(), IProverRegistry.treasury.selector, address(0));
            address treasury = address(uint160(word));
            emit RemainderSwept(treasury, remainder);
            _pay(treasury, remainder);
        }
        return 0;
    }

    function _pushExit(uint256 shares, uint256 assets, address controller) private {
        (uint256 poolAssets, uint256 poolShares, uint256 generation) = unbondingState();
        uint256 added = poolShares == 0 ? assets : assets.mulDivDown(poolShares, poolAssets);
        unchecked {
            poolAssets += assets;
            _setUnbonding(_capped(poolAssets), poolShares + added, generation);
            _queue(controller).push(shares, added, block.timestamp + unbondingDelay, generation);
        }
        emit ExitPriced(controller, assets, added, generation);
    }

    function redeem(uint256 shares, address receiver, address controller)
        public
        override
        returns (uint256 assets)
    {
        _checkMayActFor(controller);
        return _claim(_queue(controller).findShares(shares), shares, 0, receiver, controller);
    }

    /// @inheritdoc IProverVault
    function claimDue(address controller) external returns (uint256 assets) {
        (, uint256 shares, uint256 number) = _queue(controller).unclaimed();
        return _claim(number, shares, 0, controller, controller);
    }

    /// @dev Takes the fewest shares that are worth `assets`.
    function withdraw(uint256 assets, address receiver, address controller)
        public
        override
        returns (uint256 shares)
    {
        _checkMayActFor(controller);
        if (assets == 0) revertWith(ZeroAmount.selector);
        (uint256 poolAssets, uint256 poolShares, uint256 generation) = unbondingState();
        if (assets > poolAssets) revertWith(ExceedsClaimable.selector);
        uint256 number;
        (number, shares) =
            _queue(controller).findPoolShares(assets.mulDivUp(poolShares, poolAssets), generation);
        _claim(number, shares, assets, receiver, controller);
    }

    /// @dev Takes the next `shares` of the queue, which end in exit `number`, and pays what they are worth, or
    /// `wanted` if that is not zero and the rest to the commission.
    function _claim(uint256 number, uint256 shares, uint256 wanted, address receiver, address controller)
        private
        nonReentrant
        returns (uint256 assets)
    {
        _notZero(receiver);
        if (shares == 0) revertWith(ZeroAmount.selector);
        (uint256 poolAssets, uint256 poolShares, uint256 generation) = unbondingState();
        uint256 taken = _queue(controller).take(number, shares, generation);
        unchecked {
            if (taken != 0) {
                // Rounded down, and `taken` is a part of `poolShares`: neither difference underflows.
                assets = taken.mulDivDown(poolAssets, poolShares);
                _setUnbonding(poolAssets - assets, poolShares - taken, generation);
            }
            if (wanted != 0 && assets != wanted) {
                Rewards rewards = _rewards;
                _rewards = rewards.withOwed(_capped(rewards.commissionOwed() + assets - wanted));
                emit CommissionAdded(assets - wanted);
                assets = wanted;
            }
        }
        emit Withdraw(msg.sender, receiver, controller, assets, shares);
        _pay(receiver, assets);
    }

    function _queue(address controller) private view returns (ExitQueue storage) {
        return _queues[controller];
    }

    /// @inheritdoc IProverVault
    function setOperator(address operator, bool approved) external returns (bool) {
        isOperator[msg.sender][operator] = approved;
        emit OperatorSet(msg.sender, operator, approved);
        return true;
    }

    // ---------------------------------------------------------------- registry only

    /// @inheritdoc IProverVault
    /// @dev No lock: nothing is called, and a reward booked in the middle of a deposit fails that deposit.
    function creditReward(uint256 amount, uint256 commission) external {
        _onlyRegistry();
        if (amount == 0) return;
        uint256 active = _active();
        uint256 vesting = amount - commission;
        unchecked {
            Rewards rewards = _rewards;
            if (rewards.isDeserted()) vesting = 0;
            if (vesting > MAX_ASSETS - active) vesting = MAX_ASSETS - active;
            uint256 unvested = rewards.unvested();
            uint256 end = rewards.vestingEnd();
            if (vesting != 0) {
                // With nothing unvested, an end in the past multiplies by zero.
                end = block.timestamp + (unvested * (end - block.timestamp) + vesting * vestingPeriod)
                    / (unvested + vesting);
                unvested += vesting;
                _setActive(active + vesting);
            }
            _rewards =
                rewards.vesting(unvested, end).withOwed(_capped(rewards.commissionOwed() + amount - vesting));
            emit RewardAdded(vesting, amount - vesting, end);
        }
    }

    /// @inheritdoc IProverVault
    function slash(uint256 amount, address to) external nonReentrant returns (uint256 slashed) {
        _onlyRegistry();
        uint256 active = _active();
        (uint256 poolAssets, uint256 poolShares, uint256 generation) = unbondingState();
        unchecked {
            uint256 total = active + poolAssets;
            slashed = amount < total ? amount : total;
            if (slashed == 0) return 0;

            // At most `active`, and the rest at most `poolAssets`, because `slashed` is at most `total`.
            uint256 fromActive = slashed.mulDivUp(active, total);
            uint256 fromUnbonding = slashed - fromActive;
            if (fromActive != 0) {
                Rewards rewards = _rewards;
                uint256 unvested = rewards.unvested();
                if (unvested != 0) {
                    unvested = unvested.mulDivDown(active - fromActive, active);
                    _rewards = rewards.vesting(unvested, rewards.vestingEnd());
                }
                _setActive(active - fromActive);
            }
            if (fromUnbonding != 0) {
                poolAssets -= fromUnbonding;
                if (poolAssets == 0) {
                    poolShares = 0;
                    generation += GENERATIONS_TO_NOTHING;
                }
                // Every exit's part rounds down, so that all of them together stay a part of the pool's shares.
                while (poolAssets * MAX_SHARES_PER_ASSET < poolShares) {
                    poolShares /= MAX_SHARES_PER_ASSET;
                    ++generation;
                }
                _setUnbonding(poolAssets, poolShares, generation);
            }
            emit Slashed(fromActive, fromUnbonding, generation, to);
            _pay(to, slashed);
        }
    }

    /// @inheritdoc IProverVault
    function payCommission(address to) external nonReentrant returns (uint256 amount) {
        _onlyRegistry();
        Rewards rewards = _rewards;
        amount = rewards.commissionOwed();
        if (amount != 0) {
            _rewards = rewards.withOwed(0);
            emit CommissionPaid(to, amount);
            _pay(to, amount);
        }
    }

    // ---------------------------------------------------------------- shares: ERC-20

    function transfer(address to, uint256 shares) public override returns (bool) {
        return _move(msg.sender, to, shares);
    }

    function transferFrom(address from, address to, uint256 shares) public override returns (bool) {
        _spendAllowance(from, shares);
        return _move(from, to, shares);
    }

    function _move(address from, address to, uint256 shares) private returns (bool) {
        balanceOf[from] -= shares;
        unchecked {
            balanceOf[to] += shares;
        }
        emit Transfer(from, to, shares);
        if (from == _prover()) {
            (uint256 state,) = _status();
            _checkSelfStake(state);
        }
        return true;
    }

    /// @dev Always computed: what solmate would keep in code costs every registration more than it saves.
    function DOMAIN_SEPARATOR() public view override returns (bytes32) {
        return computeDomainSeparator();
    }

    // ---------------------------------------------------------------- views: ERC-4626

    function totalAssets() public view override returns (uint256) {
        unchecked {
            return _active() - _rewards.unvested();
        }
    }

    function convertToShares(uint256 assets) public view override returns (uint256) {
        (uint256 virtualAssets, uint256 virtualShares) = _entryPrice();
        return assets.mulDivDown(virtualShares, virtualAssets);
    }

    function convertToAssets(uint256 shares) public view override returns (uint256) {
        unchecked {
            return shares.mulDivDown(totalAssets() + 1, totalSupply + 1);
        }
    }

    function previewMint(uint256 shares) public view override returns (uint256) {
        (uint256 virtualAssets, uint256 virtualShares) = _entryPrice();
        return shares.mulDivUp(virtualAssets, virtualShares);
    }

    function previewWithdraw(uint256) public pure override returns (uint256) {
        revertWith(AsynchronousExit.selector);
    }

    function previewRedeem(uint256) public pure override returns (uint256) {
        revertWith(AsynchronousExit.selector);
    }

    function maxDeposit(address) public view override returns (uint256 assets) {
        (uint256 assetsRoom, uint256 sharesRoom) = _room();
        (uint256 virtualAssets, uint256 virtualShares) = _entryPrice();
        unchecked {
            // The most assets whose shares, rounded down, still fit.
            assets = ((sharesRoom + 1) * virtualAssets - 1) / virtualShares;
            if (assets > assetsRoom) assets = assetsRoom;
            // What comes to no share is refused.
            if (assets * virtualShares < virtualAssets) assets = 0;
        }
    }

    function maxMint(address) public view override returns (uint256 shares) {
        (uint256 assetsRoom, uint256 sharesRoom) = _room();
        shares = convertToShares(assetsRoom);
        if (shares > sharesRoom) shares = sharesRoom;
    }

    function maxRedeem(address controller) public view override returns (uint256 shares) {
        (, shares,) = _queue(controller).unclaimed();
    }

    function maxWithdraw(address controller) public view override returns (uint256) {
        (, uint256 shares, uint256 number) = _queue(controller).unclaimed();
        (uint256 poolAssets, uint256 poolShares, uint256 generation) = unbondingState();
        if (shares == 0 || poolShares == 0) return 0;
        return _queue(controller).poolSharesOf(number, shares, generation).mulDivDown(poolAssets, poolShares);
    }

    // ---------------------------------------------------------------- views: ERC-7540, ERC-7575, ERC-165

    /// @inheritdoc IProverVault
    function pendingRedeemRequest(uint256, address controller) external view returns (uint256) {
        (uint256 total, uint256 claimable,) = _queue(controller).unclaimed();
        unchecked {
            return total - claimable;
        }
    }

    /// @inheritdoc IProverVault
    function claimableRedeemRequest(uint256, address controller) external view returns (uint256) {
        return maxRedeem(controller);
    }

    /// @inheritdoc IProverVault
    function share() external view returns (address) {
        return address(this);
    }

    /// @inheritdoc IProverVault
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        uint256 id = uint32(interfaceId);
        unchecked {
            // ERC-165, ERC-7575, and ERC-7540's operators and asynchronous redeems: one factor is zero.
            return (id ^ 0x01ffc9a7) * (id ^ 0x2f0a18c5) * (id ^ 0xe3bc4e65) * (id ^ 0x620ee8e4) == 0;
        }
    }

    // ---------------------------------------------------------------- views: accounts

    /// @inheritdoc IProverVault
    function stakeState() external view returns (uint256 activeAssets, uint160 rollingHash) {
        Stake stake = _stake;
        return (stake.active(), stake.rollingHash());
    }

    /// @inheritdoc IProverVault
    function rewardState()
        public
        view
        returns (uint256 unvested, uint256 vestingEnd, uint256 commissionOwed)
    {
        Rewards rewards = _rewards;
        return (rewards.unvested(), rewards.vestingEnd(), rewards.commissionOwed());
    }

    /// @inheritdoc IProverVault
    function unbondingState() public view returns (uint256 assets, uint256 shares, uint256 generation) {
        return _unbonding.unpack();
    }

    /// @inheritdoc IProverVault
    function exitWords(address controller, uint256 key) external view returns (uint256 header, uint256 word) {
        ExitQueue storage queue = _queue(controller);
        return (QueueHeader.unwrap(queue.header), queue.words[key]);
    }

    /// @inheritdoc IProverVault
    function collateral() external view returns (uint256 activeAssets, uint256 selfStake) {
        activeAssets = _active();
        selfStake = _selfStake();
    }

    // ---------------------------------------------------------------- internal: writing the accounts

    /// @dev `active` is at most MAX_ASSETS.
    function _setActive(uint256 active) private {
        Stake stake = _stake.changed(active);
        _stake = stake;
        emit ActiveAssetsChanged(active, block.timestamp, stake.rollingHash());
    }

    /// @dev `shares` never exceed 1e9 * assets, hence 126 bits.
    function _setUnbonding(uint256 assets, uint256 shares, uint256 generation) private {
        _unbonding = PackedWords.packUnbonding(assets, shares, generation);
    }

    function _pay(address to, uint256 amount) private {
        if (amount != 0) _asset().safeTransfer(to, amount);
    }

    function _spendAllowance(address owner, uint256 shares) private {
        uint256 allowed = allowance[owner][msg.sender];
        if (allowed < shares) revertWith(Unauthorized.selector);
        unchecked {
            if (allowed != type(uint256).max) allowance[owner][msg.sender] = allowed - shares;
        }
    }

    // ---------------------------------------------------------------- internal: checks and readings

    /// @dev An immutable costs 32 bytes of code wherever it is named: here it is named once.
    function _prover() private view returns (address) {
        return prover;
    }

    function _registry() private view returns (address) {
        return registry;
    }

    function _asset() private view returns (ERC20) {
        return asset;
    }

    function _onlyRegistry() private view {
        if (msg.sender != _registry()) revertWith(Unauthorized.selector);
    }

    function _mayActFor(address account) private view returns (bool) {
        return msg.sender == account || isOperator[account][msg.sender];
    }

    function _checkMayActFor(address account) private view {
        if (!_mayActFor(account)) revertWith(Unauthorized.selector);
    }

    function _notZero(address receiver) private pure {
        if (receiver == address(0)) revertWith(ZeroAddress.selector);
    }

    function _checkSelfStake(uint256 state) private view {
        if ((state == ACTIVE || state == JAILED) && _selfStake() < minSelfStake) {
            revertWith(SelfStakeLocked.selector);
        }
    }

    function _status() private view returns (uint256 state, uint256 pause) {
        return _ask(_registry(), IProverRegistry.status.selector, _prover());
    }

    /// @dev The prover's state, unless a pause reaches beyond `level`.
    function _stateAt(uint256 level) private view returns (uint256 state) {
        uint256 pause;
        (state, pause) = _status();
        if (pause > level) revertWith(Paused.selector);
    }

    function _held() private view returns (uint256 assets) {
        (assets,) = _ask(address(_asset()), this.balanceOf.selector, address(this));
    }

    /// @dev One or two words from a view that takes one address or nothing. Yul evaluates from the right, so that
    /// the size is the answer's: an account without code, which answers nothing, reverts.
    function _ask(address target, bytes4 selector, address argument)
        private
        view
        returns (uint256 first, uint256 second)
    {
        assembly ("memory-safe") {
            mstore(0, selector)
            mstore(4, argument)
            if iszero(and(gt(returndatasize(), 31), staticcall(gas(), target, 0, 36, 0, 64))) {
                revert(0, 0)
            }
            first := mload(0)
            second := mload(32)
        }
    }

    function _selfStake() private view returns (uint256) {
        return convertToAssets(balanceOf[_prover()]);
    }

    function _active() private view returns (uint256) {
        return _stake.active();
    }

    /// @dev Active assets and shares with the virtual wei and the virtual share.
    function _entryPrice() private view returns (uint256 virtualAssets, uint256 virtualShares) {
        unchecked {
            return (_active() + 1, totalSupply + 1);
        }
    }

    /// @dev Whether a share is worth too little, or too much, for anybody to deposit.
    function _isBroken(uint256 virtualAssets, uint256 virtualShares) private pure returns (bool) {
        unchecked {
            return virtualAssets * MAX_SHARES_PER_ASSET < virtualShares
                || virtualShares * MAX_ASSETS_PER_SHARE < virtualAssets;
        }
    }

    /// @dev What fits 96 bits: it keeps the products of a conversion below 2^192, and the packed words whole.
    function _capped(uint256 amount) private pure returns (uint256) {
        if (amount > MAX_SHARES) revertWith(CapExceeded.selector);
        return amount;
    }

    /// @dev How many assets and shares a deposit may add now.
    function _room() private view returns (uint256 assets, uint256 shares) {
        (uint256 virtualAssets, uint256 virtualShares) = _entryPrice();
        (uint256 state, uint256 pause) = _status();
        if (pause == 0 && state == ACTIVE && !_isBroken(virtualAssets, virtualShares)) {
            unchecked {
                assets = MAX_ASSETS + 1 - virtualAssets;
                shares = MAX_SHARES + 1 - virtualShares;
            }
        }
    }
}

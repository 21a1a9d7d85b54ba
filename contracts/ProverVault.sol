// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ReentrancyGuard} from "./ReentrancyGuard.sol";
import {VaultIdentity} from "./VaultIdentity.sol";
import {IProverRegistry, PauseLevel, ProverState} from "./interfaces/IProverRegistry.sol";
import {IProverVault} from "./interfaces/IProverVault.sol";
import {IVaultFactory} from "./interfaces/IVaultFactory.sol";
import {ExitQueue, ExitQueueLib} from "./libraries/ExitQueue.sol";
import {Stake} from "./libraries/PackedWords.sol";
import {revertWith} from "./libraries/RevertWith.sol";
import {ERC20} from "solmate/tokens/ERC20.sol";
import {FixedPointMathLib} from "solmate/utils/FixedPointMathLib.sol";
import {SafeTransferLib} from "solmate/utils/SafeTransferLib.sol";

/// @title ProverVault
/// @notice The stake of one prover: plain ERC-4626 deposits, ERC-7540 asynchronous exits, EIP-2612 permits.
///
/// ACCOUNTS
/// - Three amounts are counted inside: active assets (they back shares), unbonding assets (they back exits)
/// and commission owed. The token's balance is never read to price anything: donations change nothing and
/// cannot be recovered.
///
/// SHARE PRICE
/// - `totalAssets()` is active assets less what is still vesting. Conversions add one virtual share and one
/// virtual wei, and round against whoever calls.
/// - The registering transaction seeds the vault with the prover's own stake of at least `minSelfStake`: an
/// attacker has no empty vault to inflate, and the virtual share's part stays below a wei or two.
/// - Active assets stay below 2^95 and shares below 2^96, so that no product of the two can overflow.
/// - Below 1e-9 wei a share, which only slashing can bring about, no deposit is accepted: shares would no
/// longer fit their types.
///
/// REWARDS
/// - A reward vests linearly into `totalAssets()`. The end of vesting moves to the average of the ends of
/// what vests already and of what arrives, weighted by amount, rounded down: dust cannot put it off.
/// - Buying shares around a reward therefore yields no more than what vests while they are held.
/// - A reward that finds no share, or no room below the cap, goes to the prover's commission.
///
/// EXITS
/// - `requestRedeem` burns shares at today's price and moves their assets to the unbonding pool, whose shares
/// change in value by slashing only. They are claimable when timestamp > request time + `unbondingDelay`.
/// - The requests of a controller are one queue, first in, first out; only the controller or its operator
/// adds to it or claims from it. Parts may be claimed; a claim costs the logarithm of the queue's length.
/// - An unbonding share is never worth more than one wei: a new exit loses less than a wei to rounding. To
/// keep it so, what the shares that `withdraw` takes are worth beyond the assets asked for, at most one
/// share's worth, goes to the prover's commission.
/// - When the last share leaves, what is vesting and the rounding dust go to the treasury.
/// - Shares worth less than one wei together cannot be requested.
///
/// LOSSES
/// - `slash` takes an exact amount, or all there is, pro rata from active (vested and vesting alike) and
/// unbonding assets. Shares and exits lose value; their numbers never change.
/// - When the unbonding pool falls below 1e-9 wei a share, the rest of it is slashed too and a new
/// generation begins: older exits claim 0, newer ones are not diluted by them.
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
    /// @dev Above it, in vault shares or unbonding shares, an asset is taken for lost.
    uint256 private constant MAX_SHARES_PER_ASSET = 1e9;
    uint256 private constant ACTIVE = uint256(ProverState.Active);
    uint256 private constant JAILED = uint256(ProverState.Jailed);

    mapping(address controller => mapping(address operator => bool)) public isOperator;

    /// @dev Three words, packed by hand because the code that structs need would not fit.
    Stake private _stake;
    /// @dev unvested assets 96 bits, commission owed 96, time as of which the former are 32, vesting's end 32;
    uint256 private _rewards;
    /// @dev unbonding assets 96 bits, unbonding shares 128, generation 32.
    uint256 private _unbonding;
    mapping(address controller => ExitQueue) private _queues;

    constructor() VaultIdentity(IVaultFactory(msg.sender).parameters()) {
        // Nonzero from the start, so that the first reward and the first exit write to used slots.
        _setRewards(0, 0, 0);
        _setUnbonding(0, 0, 1);
    }

    // ---------------------------------------------------------------- deposits: ERC-4626

    function deposit(uint256 assets, address receiver) public override returns (uint256 shares) {
        (uint256 virtualAssets, uint256 virtualShares) = _virtual();
        shares = _capped(assets).mulDivDown(virtualShares, virtualAssets);
        _deposit(assets, shares, receiver, virtualAssets, virtualShares);
    }

    function mint(uint256 shares, address receiver) public override returns (uint256 assets) {
        (uint256 virtualAssets, uint256 virtualShares) = _virtual();
        assets = _capped(shares).mulDivUp(virtualAssets, virtualShares);
        _deposit(assets, shares, receiver, virtualAssets, virtualShares);
    }

    /// @inheritdoc IProverVault
    function seed(uint256 assets) external nonReentrant returns (uint256 shares) {
        _onlyRegistry();
        (uint256 virtualAssets, uint256 virtualShares) = _virtual();
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
        uint256 active = _stake.active();
        unchecked {
            active += assets;
            if (active > MAX_ASSETS || virtualShares + shares - 1 > MAX_SHARES) {
                revertWith(CapExceeded.selector);
            }
        }
        _setActive(active);
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
        if (!_mayActFor(controller)) revertWith(Unauthorized.selector);
        if (!_mayActFor(owner)) _spendAllowance(owner, shares);

        uint256 assets = convertToAssets(shares);
        if (assets == 0) revertWith(ZeroAmount.selector);
        _burn(owner, shares);
        uint256 active = _stake.active();
        uint256 remainder;
        unchecked {
            // Shares round down to at most totalAssets(), which is at most active assets.
            active -= assets;
        }
        if (totalSupply == 0) {
            (,, uint256 owed) = rewardState();
            _setRewards(0, 0, owed);
            remainder = active;
            active = 0;
        }
        _setActive(active);
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
        if (shares == 0) revertWith(ZeroAmount.selector);
        return _claim(_queue(controller).findShares(shares), shares, 0, receiver, controller);
    }

    /// @dev Takes the fewest shares that are worth `assets`.
    function withdraw(uint256 assets, address receiver, address controller)
        public
        override
        returns (uint256 shares)
    {
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
        if (!_mayActFor(controller)) revertWith(Unauthorized.selector);
        _notZero(receiver);
        (uint256 poolAssets, uint256 poolShares, uint256 generation) = unbondingState();
        uint256 taken = _queue(controller).take(number, shares, generation);
        unchecked {
            if (taken != 0) {
                // Rounded down, and `taken` is a part of `poolShares`: neither difference underflows.
                assets = taken.mulDivDown(poolAssets, poolShares);
                _setUnbonding(poolAssets - assets, poolShares - taken, generation);
            }
            if (wanted != 0 && assets != wanted) {
                (uint256 unvested, uint256 end, uint256 owed) = rewardState();
                _setRewards(unvested, end, _capped(owed + assets - wanted));
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
        uint256 active = _stake.active();
        uint256 vesting = amount - commission;
        unchecked {
            // Active assets imply shares: the supply is only in question when there are none.
            if (active == 0 && totalSupply == 0) vesting = 0;
            if (vesting > MAX_ASSETS - active) vesting = MAX_ASSETS - active;
            (uint256 unvested, uint256 end, uint256 owed) = rewardState();
            if (vesting != 0) {
                // With nothing unvested, an end in the past multiplies by zero.
                end = block.timestamp + (unvested * (end - block.timestamp) + vesting * vestingPeriod)
                    / (unvested + vesting);
                unvested += vesting;
                _setActive(active + vesting);
            }
            _setRewards(unvested, end, _capped(owed + amount - vesting));
            emit RewardAdded(vesting, amount - vesting, end);
        }
    }

    /// @inheritdoc IProverVault
    function slash(uint256 amount, address to) external nonReentrant returns (uint256 slashed) {
        _onlyRegistry();
        uint256 active = _stake.active();
        (uint256 poolAssets, uint256 poolShares, uint256 generation) = unbondingState();
        unchecked {
            uint256 total = active + poolAssets;
            slashed = amount < total ? amount : total;
            if (slashed == 0) return 0;

            // At most `active`, and the rest at most `poolAssets`, because `slashed` is at most `total`.
            uint256 fromActive = slashed.mulDivUp(active, total);
            uint256 fromUnbonding = slashed - fromActive;
            if (fromActive != 0) {
                (uint256 unvested, uint256 end, uint256 owed) = rewardState();
                if (unvested != 0) _setRewards(unvested.mulDivUp(active - fromActive, active), end, owed);
                _setActive(active - fromActive);
            }
            uint256 dust;
            poolAssets -= fromUnbonding;
            if (poolAssets * MAX_SHARES_PER_ASSET < poolShares) {
                dust = poolAssets;
                _setUnbonding(0, 0, generation + 1);
            } else {
                _setUnbonding(poolAssets, poolShares, generation);
            }
            emit Slashed(fromActive, fromUnbonding, dust, to);
            _pay(to, slashed + dust);
        }
    }

    /// @inheritdoc IProverVault
    function payCommission(address to) external nonReentrant returns (uint256 amount) {
        _onlyRegistry();
        uint256 unvested;
        uint256 end;
        (unvested, end, amount) = rewardState();
        if (amount != 0) {
            _setRewards(unvested, end, 0);
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

    function totalAssets() public view override returns (uint256 assets) {
        (uint256 unvested,,) = rewardState();
        assets = _stake.active();
        unchecked {
            assets -= unvested;
        }
    }

    function convertToShares(uint256 assets) public view override returns (uint256) {
        (uint256 virtualAssets, uint256 virtualShares) = _virtual();
        return assets.mulDivDown(virtualShares, virtualAssets);
    }

    function convertToAssets(uint256 shares) public view override returns (uint256) {
        (uint256 virtualAssets, uint256 virtualShares) = _virtual();
        return shares.mulDivDown(virtualAssets, virtualShares);
    }

    function previewMint(uint256 shares) public view override returns (uint256) {
        (uint256 virtualAssets, uint256 virtualShares) = _virtual();
        return shares.mulDivUp(virtualAssets, virtualShares);
    }

    function previewWithdraw(uint256) public pure override returns (uint256) {
        revertWith(AsynchronousExit.selector);
    }

    function previewRedeem(uint256) public pure override returns (uint256) {
        revertWith(AsynchronousExit.selector);
    }

    function maxDeposit(address) public view override returns (uint256 assets) {
        (uint256 assetsRoom, uint256 sharesRoom, uint256 virtualAssets, uint256 virtualShares) = _room();
        unchecked {
            // The most assets whose shares, rounded down, still fit.
            assets = ((sharesRoom + 1) * virtualAssets - 1) / virtualShares;
            if (assets > assetsRoom) assets = assetsRoom;
            // What comes to no share is refused.
            if (assets * virtualShares < virtualAssets) assets = 0;
        }
    }

    function maxMint(address) public view override returns (uint256 shares) {
        (uint256 assetsRoom, uint256 sharesRoom, uint256 virtualAssets, uint256 virtualShares) = _room();
        shares = assetsRoom.mulDivDown(virtualShares, virtualAssets);
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
        uint256 word = _rewards;
        vestingEnd = word >> 224;
        commissionOwed = uint96(word >> 96);
        if (block.timestamp < vestingEnd) {
            unchecked {
                unvested = uint256(uint96(word))
                    .mulDivUp(vestingEnd - block.timestamp, vestingEnd - uint32(word >> 192));
            }
        }
    }

    /// @inheritdoc IProverVault
    function unbondingState() public view returns (uint256 assets, uint256 shares, uint256 generation) {
        uint256 word = _unbonding;
        return (uint96(word), uint128(word >> 96), word >> 224);
    }

    /// @inheritdoc IProverVault
    function collateral() external view returns (uint256 activeAssets, uint256 selfStake) {
        activeAssets = _stake.active();
        selfStake = _selfStake();
    }

    // ---------------------------------------------------------------- internal: writing the accounts

    /// @dev `active` is at most MAX_ASSETS.
    function _setActive(uint256 active) private {
        Stake stake = _stake.changed(active, block.timestamp);
        _stake = stake;
        emit ActiveAssetsChanged(active, block.timestamp, stake.rollingHash());
    }

    /// @dev `unvested` is a part of active assets, as of now.
    function _setRewards(uint256 unvested, uint256 vestingEnd, uint256 commissionOwed) private {
        _rewards = unvested | commissionOwed << 96 | block.timestamp << 192 | vestingEnd << 224;
    }

    /// @dev `shares` never exceed 1e9 * assets, hence 126 bits.
    function _setUnbonding(uint256 assets, uint256 shares, uint256 generation) private {
        _unbonding = assets | shares << 96 | generation << 224;
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

    /// @dev Assets and shares with the virtual wei and the virtual share.
    function _virtual() private view returns (uint256 assets, uint256 shares) {
        unchecked {
            return (totalAssets() + 1, totalSupply + 1);
        }
    }

    function _isBroken(uint256 virtualAssets, uint256 virtualShares) private pure returns (bool) {
        unchecked {
            return virtualAssets * MAX_SHARES_PER_ASSET < virtualShares;
        }
    }

    /// @dev What fits 96 bits: it keeps the products of a conversion below 2^192, and the packed words whole.
    function _capped(uint256 amount) private pure returns (uint256) {
        if (amount > MAX_SHARES) revertWith(CapExceeded.selector);
        return amount;
    }

    /// @dev How many assets and shares a deposit may add now, and the price's two terms.
    function _room()
        private
        view
        returns (uint256 assets, uint256 shares, uint256 virtualAssets, uint256 virtualShares)
    {
        (virtualAssets, virtualShares) = _virtual();
        (uint256 state, uint256 pause) = _status();
        if (pause == 0 && state == ACTIVE && !_isBroken(virtualAssets, virtualShares)) {
            assets = _stake.active();
            unchecked {
                assets = MAX_ASSETS - assets;
                shares = MAX_SHARES + 1 - virtualShares;
            }
        }
    }
}

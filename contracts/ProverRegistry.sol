// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {CommissionBook} from "./CommissionBook.sol";
import {ReentrancyGuard} from "./ReentrancyGuard.sol";
import {RegistryRoles} from "./RegistryRoles.sol";
import {VaultFactory} from "./VaultFactory.sol";
import {
    IProverRegistry,
    MarketListing,
    PauseLevel,
    ProverRecord,
    ProverState,
    RegistryConfig
} from "./interfaces/IProverRegistry.sol";
import {IProverVault} from "./interfaces/IProverVault.sol";
import {IVaultFactory} from "./interfaces/IVaultFactory.sol";
import {ClaimLedger, PackedWords, Registrations} from "./libraries/PackedWords.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";
import {SafeCastLib} from "solmate/src/utils/SafeCastLib.sol";
import {SafeTransferLib} from "solmate/src/utils/SafeTransferLib.sol";

/// @title ProverRegistry
/// @notice Provers' lifecycle and collateral, the ledger of what each has claimed, and the shared roles.
///
/// STATES
/// None → Active by `register`, once and for ever: a prover's record and vault never go away. Active →
/// Inactive by the prover, with nothing locked; back by `activate`. Active or Inactive → Jailed by the
/// guardian; back to the former state by the owner. A slash changes no state.
///
/// ELIGIBILITY
/// Never stored. A prover is eligible for an amount when it is Active, the assets behind its own shares
/// reach `minSelfStake`, and its vault's active assets less everything locked reach the amount. A slash
/// below any of these ends eligibility by itself, a deposit restores it.
///
/// COLLATERAL AND `until`
/// Listed markets lock free collateral, counted per market and in sum; locks reserve 100 %. Each lock names
/// the last moment at which it may be slashed, `until`, at most now + unbonding delay. An exit requested after
/// the lock is claimable only when timestamp > request time + delay, so no staker behind a lock leaves ahead
/// of its slash. The exact `until` of one lock is the market's record; the registry keeps the latest one per market
/// and prover, refuses a slash that names a later one, and refuses every slash after the one it names. A
/// slash never exceeds what the market has locked there, goes to the treasury, and works in every state of
/// the prover. A delisted market cannot lock any more, but unlocks and slashes what it has locked.
///
/// COMMISSION AND NOTICE
/// See CommissionBook: rates per source, and notice for every increase.
///
/// THE LEDGER OF CLAIMS
/// `creditCumulative` keeps what each prover has claimed from the one distributor, and its commission part.
/// Both only grow, so nothing is paid twice whatever root is active. An amount whose leaf names less commission than
/// was claimed is paid without any. A commission part above
/// `maxCommissionBps` of the amount is refused: a wrong root cannot turn stakers' rewards into commission.
///
/// ROLES
/// Owner: lists and delists markets, frees from jail, unpauses, names guardian and treasury, hands over in
/// two steps. Guardian: pauses, jails. Neither can move a token, change a rate, a delay, a lock or a
/// claimed amount, and the distributor is bound for ever. A new market's first lock waits for two MAX_EXIT_PAUSE,
/// of which exit requests are open for one at least, and for the unbonding delay, in which all of those exits fall
/// due: whoever distrusts it can be paid first. Treasury: receives, decides nothing.
///
/// PAUSE
/// Stops what adds to the system, until the owner lifts it: deposit and mint, `register` and `activate` (they
/// deposit), market requests and commits. Exit requests it stops for MAX_EXIT_PAUSE at most, and no pause stops
/// them again before they have been open for as long: guardian and owner together cannot keep anybody in.
/// Matured exits, rewards, commission, claims, slashes and fulfilments go on.
///
/// TOKEN
/// A plain 18-decimal ERC-20 with a supply below 2^96 wei: amounts are stored in 96 bits. A token that takes a
/// fee is refused whenever it is pulled (`TokenNotPlain`). A token that can block an address can hold up
/// slashes by blocking the treasury, until the owner names another.
///
/// REENTRANCY
/// What calls the token is locked. `lock` and `unlock` make no call but a static one, and `creditCumulative`
/// calls only the vault's booking, which calls nobody.
contract ProverRegistry is CommissionBook, ReentrancyGuard {
    using SafeTransferLib for ERC20;
    using SafeCastLib for uint256;

    // ---------------------------------------------------------------- bounds

    uint256 public constant MIN_UNBONDING_DELAY = 1 hours;
    uint256 public constant MAX_UNBONDING_DELAY = 60 days;
    uint256 public constant MIN_VESTING_PERIOD = 1 hours;
    uint256 public constant MAX_VESTING_PERIOD = 60 days;
    uint256 public constant MIN_MIN_SELF_STAKE = 1e15;
    uint256 public constant MAX_MIN_SELF_STAKE = 1e27;

    // ---------------------------------------------------------------- immutables

    address public immutable token;
    address public immutable factory;
    address public immutable distributor;
    /// @dev Listed from the start. Its locks stand in the prover's own slot, so that they cost no slot more.
    address private immutable firstMarket;
    uint256 public immutable unbondingDelay;
    uint256 public immutable vestingPeriod;
    uint256 public immutable minSelfStake;
    bytes32 private immutable vaultCodeHash;

    // ---------------------------------------------------------------- storage

    /// @dev One market's locks on one prover.
    struct Lock {
        uint96 amount;
        // The latest of all these locks; stays when the amount returns to 0.
        uint32 until;
    }

    struct Market {
        bool known;
        uint64 lockFrom;
    }

    mapping(address market => Market) private markets;
    /// @dev Of every market but the first.
    mapping(address market => mapping(address prover => Lock)) private locks;
    /// @dev The sum of those.
    mapping(address prover => uint256) private lockedElsewhere;
    Registrations private registered;
    mapping(uint256 index => address) private proverList;
    /// @dev When the prover was last freed from jail; 0 if never.
    mapping(address prover => uint256) private freedAt;

    // ---------------------------------------------------------------- construction

    constructor(RegistryConfig memory config)
        RegistryRoles(config.owner, config.guardian, config.treasury)
        CommissionBook(config.maxCommissionBps, config.commissionNotice)
    {
        if (config.token == address(0) || config.distributor == address(0) || config.market == address(0)) {
            revert ZeroAddress();
        }
        if (config.token.code.length == 0 || ERC20(config.token).decimals() != 18) {
            revert InvalidParameter("token");
        }
        _checkBounds("unbondingDelay", config.unbondingDelay, MIN_UNBONDING_DELAY, MAX_UNBONDING_DELAY);
        _checkBounds("vestingPeriod", config.vestingPeriod, MIN_VESTING_PERIOD, MAX_VESTING_PERIOD);
        _checkBounds("minSelfStake", config.minSelfStake, MIN_MIN_SELF_STAKE, MAX_MIN_SELF_STAKE);

        token = config.token;
        distributor = config.distributor;
        firstMarket = config.market;
        unbondingDelay = config.unbondingDelay;
        vestingPeriod = config.vestingPeriod;
        minSelfStake = config.minSelfStake;

        VaultFactory created =
            new VaultFactory(config.token, config.unbondingDelay, config.vestingPeriod, config.minSelfStake);
        factory = address(created);
        vaultCodeHash = created.vaultCodeHash();

        _listMarket(config.market, block.timestamp);
    }

    // ---------------------------------------------------------------- lifecycle

    /// @inheritdoc IProverRegistry
    function register(uint256 selfStake, uint256 commissionBps, address payout)
        external
        nonReentrant
        returns (address vault)
    {
        if (paused) revert Paused();
        Prover storage p = provers[msg.sender];
        if (p.state != ProverState.None) revert AlreadyRegistered();
        if (selfStake < minSelfStake) revert InsufficientSelfStake();
        if (commissionBps > maxCommissionBps) revert CommissionTooHigh();

        if (payout == address(0)) payout = msg.sender;
        p.ledger = PackedWords.openLedger(block.timestamp);
        p.state = ProverState.Active;
        p.payout = payout;

        vault = vaultOf(msg.sender);
        _addRegistration(vault, commissionBps, payout);
        emit ProverStateChanged(msg.sender, ProverState.Active);
        _changeCommission(p, address(0), commissionBps, false);

        IVaultFactory(factory).deploy(msg.sender);
        _pull(vault, selfStake);
        IProverVault(vault).seed(selfStake);
    }

    function _addRegistration(address vault, uint256 commissionBps, address payout) private {
        uint256 index = registered.count();
        proverList[index] = msg.sender;
        uint256 sequence = index + 1;
        bytes32 step = keccak256(
            abi.encode(
                registered.rollingHash(), sequence, msg.sender, vault, commissionBps, payout, block.timestamp
            )
        );
        Registrations next = PackedWords.registrations(sequence, step);
        registered = next;
        emit ProverRegistered(
            msg.sender, vault, commissionBps, payout, block.timestamp, sequence, next.rollingHash()
        );
    }

    /// @inheritdoc IProverRegistry
    function activate(uint256 assets) external nonReentrant {
        if (paused) revert Paused();
        Prover storage p = _registered(msg.sender);
        if (p.state != ProverState.Inactive) revert ProverNotInactive();

        address vault = vaultOf(msg.sender);
        // What is seeded counts in full, also where a part of it vests at first.
        (, uint256 selfStake) = IProverVault(vault).collateral();
        if (selfStake + assets < minSelfStake) revert InsufficientSelfStake();
        _setState(p, msg.sender, ProverState.Active);

        if (assets != 0) {
            _pull(vault, assets);
            IProverVault(vault).seed(assets);
        }
    }

    /// @inheritdoc IProverRegistry
    function deactivate() external {
        Prover storage p = _registered(msg.sender);
        if (p.state != ProverState.Active) revert ProverNotActive();
        if (p.locked != 0) revert OpenLocks();

        _setState(p, msg.sender, ProverState.Inactive);
    }

    /// @inheritdoc IProverRegistry
    function setPayout(address payout) external {
        if (payout == address(0)) revert ZeroAddress();
        _registered(msg.sender).payout = payout;
        emit PayoutChanged(msg.sender, payout);
    }

    function _setState(Prover storage p, address prover, ProverState state) private {
        p.state = state;
        emit ProverStateChanged(prover, state);
    }

    // ---------------------------------------------------------------- rewards

    /// @inheritdoc IProverRegistry
    function addReward(address prover, uint256 amount) external nonReentrant {
        Prover storage p = _registered(prover);
        if (amount == 0) return;

        uint256 commission = amount * _rate(p, prover, msg.sender) / 10_000;
        emit RewardReceived(prover, msg.sender, amount, commission);

        address vault = vaultOf(prover);
        _pull(vault, amount);
        IProverVault(vault).creditReward(amount, commission);
    }

    /// @inheritdoc IProverRegistry
    /// @dev Reads and writes one slot. Emits nothing: distributor and vault report the claim.
    function creditCumulative(address prover, uint256 cumulative, uint256 cumulativeCommission)
        external
        returns (address vault, uint256 amount, uint256 commission)
    {
        if (msg.sender != distributor) revert Unauthorized();
        ClaimLedger ledger = provers[prover].ledger;
        if (!ledger.isOpen()) revert ProverUnknown();
        (uint256 claimed, uint256 claimedCommission) = (ledger.claimed(), ledger.claimedCommission());
        if (cumulative < claimed) revert CumulativeDecreased();
        // More commission may have been claimed than the leaf says, from a root that a later one did not continue
        // from: then the amount is paid without any, until the leaves have caught up.
        if (cumulativeCommission < claimedCommission) cumulativeCommission = claimedCommission;

        vault = vaultOf(prover);
        // Neither difference underflows, as just checked, and the products are of factors below 2^96.
        unchecked {
            (amount, commission) = (cumulative - claimed, cumulativeCommission - claimedCommission);
            if ((amount | commission) == 0) return (vault, 0, 0);
            ledger = ledger.withClaimed(cumulative.safeCastTo96(), cumulativeCommission.safeCastTo96());
            if (commission * 10_000 > amount * maxCommissionBps) revert ExcessiveCommission();
        }
        provers[prover].ledger = ledger;

        IProverVault(vault).creditReward(amount, commission);
    }

    /// @inheritdoc IProverRegistry
    function claimCommission(address prover) external nonReentrant returns (uint256 amount) {
        return IProverVault(vaultOf(prover)).payCommission(_registered(prover).payout);
    }

    /// @dev Moves `amount` from the caller to `vault`, and nothing else.
    function _pull(address vault, uint256 amount) private {
        uint256 expected = ERC20(token).balanceOf(vault) + amount;
        ERC20(token).safeTransferFrom(msg.sender, vault, amount);
        if (ERC20(token).balanceOf(vault) != expected) revert TokenNotPlain();
    }

    // ---------------------------------------------------------------- collateral

    /// @inheritdoc IProverRegistry
    function lock(address prover, uint256 amount, uint256 until) external returns (uint256 free) {
        uint256 lockFrom = markets[msg.sender].lockFrom;
        if (lockFrom == 0 || block.timestamp < lockFrom) revert MarketNotListed();
        if (until < block.timestamp) revert LockExpired();
        if (until > block.timestamp + unbondingDelay) revert LockTooLong();

        Prover storage p = _registered(prover);
        if (p.state != ProverState.Active) revert ProverNotActive();
        (uint256 active, uint256 selfStake) = IProverVault(vaultOf(prover)).collateral();
        if (selfStake < minSelfStake) revert InsufficientSelfStake();
        free = _free(active, p.locked);
        if (amount > free) revert InsufficientCollateral();
        if (amount == 0) return free;

        free -= amount;
        // Every sum stays below the vault's active assets, which fit 96 bits, and `until` is at most now and
        // the unbonding delay.
        p.locked += uint96(amount);
        if (msg.sender == firstMarket) {
            if (until > p.lockedUntil) p.lockedUntil = uint32(until);
        } else {
            Lock storage held = locks[msg.sender][prover];
            held.amount += uint96(amount);
            if (until > held.until) held.until = uint32(until);
            lockedElsewhere[prover] += amount;
            p.lockedElsewhere = true;
        }
        emit CollateralLocked(prover, msg.sender, amount, until);
    }

    /// @inheritdoc IProverRegistry
    /// @dev No listing is asked for here or in `slash`: whoever was never listed has locked nothing.
    function unlock(address prover, uint256 amount) external {
        if (amount == 0) return;
        _release(prover, amount);
        emit CollateralUnlocked(prover, msg.sender, amount);
    }

    /// @inheritdoc IProverRegistry
    /// @dev The event stands last because it reports what the vault had.
    function slash(address prover, uint256 amount, uint256 until)
        external
        nonReentrant
        returns (uint256 slashed)
    {
        if (amount == 0) return 0;
        uint256 latest = _release(prover, amount);
        if (block.timestamp > until || until > latest) revert LockExpired();

        slashed = IProverVault(vaultOf(prover)).slash(amount, treasury);
        emit ProverSlashed(prover, msg.sender, amount, slashed);
    }

    function _release(address prover, uint256 amount) private returns (uint256 latest) {
        uint256 had;
        (had, latest) = lockedBy(msg.sender, prover);
        if (amount > had) revert LockExceeded();
        // The prover's sum is never below one market's part of it.
        unchecked {
            provers[prover].locked -= uint96(amount);
            if (msg.sender != firstMarket) {
                locks[msg.sender][prover].amount = uint96(had - amount);
                lockedElsewhere[prover] -= amount;
            }
        }
    }

    // ---------------------------------------------------------------- owner and guardian

    /// @inheritdoc IProverRegistry
    function listMarket(address market) external onlyOwner {
        if (market == address(0)) revert ZeroAddress();
        if (markets[market].lockFrom != 0) revert MarketAlreadyListed();
        _listMarket(market, block.timestamp + 2 * MAX_EXIT_PAUSE + unbondingDelay);
    }

    /// @inheritdoc IProverRegistry
    function delistMarket(address market) external onlyOwner {
        if (markets[market].lockFrom == 0) revert MarketNotListed();
        markets[market].lockFrom = 0;
        emit MarketDelisted(market);
    }

    /// @inheritdoc IProverRegistry
    function jail(address prover) external onlyGuardian {
        Prover storage p = _registered(prover);
        ProverState from = p.state;
        if (from == ProverState.Jailed) revert ProverNotActive();

        p.jailedFrom = from;
        _setState(p, prover, ProverState.Jailed);
    }

    /// @inheritdoc IProverRegistry
    function unjail(address prover) external onlyOwner {
        Prover storage p = _registered(prover);
        if (p.state != ProverState.Jailed) revert ProverNotJailed();

        ProverState to = p.jailedFrom;
        p.jailedFrom = ProverState.None;
        freedAt[prover] = block.timestamp;
        _setState(p, prover, to);
    }

    function _listMarket(address market, uint256 lockFrom) private {
        markets[market] = Market(true, uint64(lockFrom));
        emit MarketListed(market, lockFrom);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IProverRegistry
    function proverCount() external view returns (uint256) {
        return registered.count();
    }

    /// @inheritdoc IProverRegistry
    function proverAt(uint256 index) external view returns (address prover) {
        prover = proverList[index];
        if (prover == address(0)) revert ProverUnknown();
    }

    /// @inheritdoc IProverRegistry
    function registrations() external view returns (uint256 count, uint224 rollingHash) {
        return (registered.count(), registered.rollingHash());
    }

    /// @inheritdoc IProverRegistry
    function proverRecord(address prover) external view returns (ProverRecord memory) {
        Prover storage p = provers[prover];
        return ProverRecord({
            state: p.state,
            jailedFrom: p.jailedFrom,
            vault: vaultOf(prover),
            payout: p.payout,
            registeredAt: p.ledger.registeredAt(),
            claimed: p.ledger.claimed(),
            claimedCommission: p.ledger.claimedCommission(),
            locked: p.locked,
            commissionSequence: p.commissionSequence,
            commissionHash: p.commissionHash
        });
    }

    /// @inheritdoc IProverRegistry
    function status(address prover) external view returns (ProverState state, PauseLevel pauseNow) {
        return (provers[prover].state, pauseLevel());
    }

    /// @inheritdoc IProverRegistry
    /// @dev Of jail and pauses only the last are kept. Whoever was freed, or saw a pause lifted, since `from` may
    /// have been stopped before `to`, whatever came later.
    function wasStopped(address prover, uint256 from, uint256 to) external view returns (bool) {
        return provers[prover].state == ProverState.Jailed || freedAt[prover] > from || unpausedAt > from
            || (paused && pausedAt <= to);
    }

    /// @inheritdoc IProverRegistry
    /// @dev Computed, because a hash costs less than a cold read.
    function vaultOf(address prover) public view returns (address vault) {
        (address deployer, bytes32 codeHash) = (factory, vaultCodeHash);
        // CREATE2: the low 20 bytes of keccak256(0xff, deployer, salt, code hash), with the prover as salt.
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, or(shl(248, 0xff), shl(88, deployer)))
            mstore(add(data, 21), prover)
            mstore(add(data, 53), codeHash)
            vault := and(keccak256(data, 85), 0xffffffffffffffffffffffffffffffffffffffff)
        }
    }

    /// @inheritdoc IProverRegistry
    function freeCollateral(address prover) external view returns (uint256) {
        Prover storage p = provers[prover];
        if (p.state == ProverState.None) return 0;
        (uint256 active,) = IProverVault(vaultOf(prover)).collateral();
        return _free(active, p.locked);
    }

    /// @inheritdoc IProverRegistry
    function isEligible(address prover, uint256 amount) external view returns (bool) {
        Prover storage p = provers[prover];
        if (p.state != ProverState.Active) return false;
        (uint256 active, uint256 selfStake) = IProverVault(vaultOf(prover)).collateral();
        return selfStake >= minSelfStake && _free(active, p.locked) >= amount;
    }

    /// @inheritdoc IProverRegistry
    function lockedBy(address market, address prover) public view returns (uint256 amount, uint256 until) {
        if (market != firstMarket) {
            Lock storage held = locks[market][prover];
            return (held.amount, held.until);
        }
        Prover storage p = provers[prover];
        (amount, until) = (p.locked, p.lockedUntil);
        if (p.lockedElsewhere) amount -= lockedElsewhere[prover];
    }

    /// @inheritdoc IProverRegistry
    function marketListing(address market) external view returns (MarketListing memory) {
        Market storage m = markets[market];
        return MarketListing({known: m.known, lockFrom: m.lockFrom});
    }

    /// @dev Slashes may leave less than what is locked.
    function _free(uint256 active, uint256 locked) private pure returns (uint256) {
        return active > locked ? active - locked : 0;
    }
}

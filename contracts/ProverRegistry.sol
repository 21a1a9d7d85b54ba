// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {VaultFactory} from "contracts/VaultFactory.sol";
import {
    CommissionEntry,
    IProverRegistry,
    MarketListing,
    ProverRecord,
    ProverState,
    RegistryConfig
} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {IVaultFactory} from "contracts/interfaces/IVaultFactory.sol";
import {Commission, Rates} from "contracts/libraries/Commission.sol";
import {RegistryRoles} from "contracts/libraries/RegistryRoles.sol";
import {ERC20} from "solmate/tokens/ERC20.sol";
import {SafeCastLib} from "solmate/utils/SafeCastLib.sol";
import {SafeTransferLib} from "solmate/utils/SafeTransferLib.sol";

/// @title ProverRegistry
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
/// the lock is paid at request time + delay < timestamp, so no staker behind a lock leaves ahead of its
/// slash. The exact `until` of one lock is the market's record; the registry keeps the latest one per market
/// and prover, refuses a slash that names a later one, and refuses every slash after the one it names. A
/// slash never exceeds what the market has locked there, goes to the treasury, and works in every state of
/// the prover. A delisted market cannot lock any more, but unlocks and slashes what it has locked.
///
/// COMMISSION AND NOTICE
/// A rate per reward source: the override for that source if there is one, else the default. A change takes
/// effect at once unless it raises the source's rate; then it does by itself after `commissionNotice`. The
/// removal of an override counts as an increase if the default, or the default's scheduled successor, is
/// above it. Each entry has at most one scheduled change, and a newer change replaces it. Every change is
/// numbered and folded into a rolling hash per prover, and its event says when it takes effect, so the rate
/// at any past moment follows from the logs alone.
///
/// THE LEDGER OF CLAIMS
/// `creditCumulative` keeps what each prover has claimed from the one distributor, and its commission part.
/// Both only grow, so nothing is paid twice whatever root is active. A commission part above
/// `maxCommissionBps` of the amount is refused: a wrong root cannot turn stakers' rewards into commission.
///
/// ROLES
/// Owner: lists and delists markets, frees from jail, unpauses, names guardian and treasury, hands over in
/// two steps. Guardian: pauses, jails, delists. Neither can move a token, change a rate, a delay, a lock or a
/// claimed amount, and the distributor is bound for ever. An owner's new market waits the unbonding delay
/// before its first lock, so whoever distrusts it exits first. Treasury: receives, decides nothing.
///
/// PAUSE
/// Stops what adds to the system: deposit and mint, `register` and `activate` (they deposit), exit requests
/// and market commits. Matured exits, rewards, commission, claims, slashes and fulfilments go on.
///
/// TOKEN
/// A plain 18-decimal ERC-20 with a supply below 2^96 wei: amounts are stored in 96 bits. A token that takes a
/// fee is refused whenever it is pulled (`TokenNotPlain`). A token that can block an address can hold up
/// slashes by blocking the treasury, until the owner names another.
contract ProverRegistry is RegistryRoles {
    using SafeTransferLib for ERC20;
    using SafeCastLib for uint256;

    // ---------------------------------------------------------------- bounds

    uint256 public constant MIN_UNBONDING_DELAY = 1 hours;
    uint256 public constant MAX_UNBONDING_DELAY = 60 days;
    uint256 public constant MIN_VESTING_PERIOD = 1 hours;
    uint256 public constant MAX_VESTING_PERIOD = 60 days;
    uint256 public constant MIN_MIN_SELF_STAKE = 1e15;
    uint256 public constant MAX_MIN_SELF_STAKE = 1e27;
    uint256 public constant MAX_COMMISSION_BPS = 10_000;
    uint256 public constant MAX_COMMISSION_NOTICE = 365 days;

    /// @notice The rate that stands for "no override" in views and events.
    uint256 public constant NO_OVERRIDE = Commission.NO_OVERRIDE;

    // ---------------------------------------------------------------- immutables

    address public immutable token;
    address public immutable factory;
    address public immutable distributor;
    uint256 public immutable unbondingDelay;
    uint256 public immutable vestingPeriod;
    uint256 public immutable minSelfStake;
    uint256 public immutable maxCommissionBps;
    uint256 public immutable commissionNotice;
    bytes32 private immutable vaultCodeHash;

    // ---------------------------------------------------------------- storage

    struct Prover {
        // The first slot is all that a claim reads or writes.
        uint96 claimed;
        uint96 claimedCommission;
        uint32 registeredAt;
        // The second is all that locks, rewards and deposits read.
        uint96 locked;
        ProverState state;
        ProverState jailedFrom;
        Rates commission;
        // Commission payments and changes.
        address payout;
        uint32 commissionSequence;
        bytes32 commissionHash;
    }

    struct Lock {
        uint96 amount;
        // The latest of all this market's locks on the prover; stays when the amount returns to 0.
        uint32 until;
    }

    struct Market {
        bool known;
        uint64 lockFrom;
    }

    mapping(address prover => Prover) private provers;
    mapping(address prover => mapping(address source => Rates)) private overrides;
    mapping(address market => Market) private markets;
    mapping(address market => mapping(address prover => Lock)) private locks;
    address[] private proverList;

    bool private transient entered;

    /// @dev On everything that calls the token. `lock` and `unlock` make no call but a static one, and
    /// `creditCumulative` calls only the vault's booking, which calls nobody.
    modifier nonReentrant() {
        if (entered) revert Reentered();
        entered = true;
        _;
        entered = false;
    }

    // ---------------------------------------------------------------- construction

    constructor(RegistryConfig memory config) RegistryRoles(config.owner, config.guardian, config.treasury) {
        if (config.token == address(0) || config.distributor == address(0) || config.market == address(0)) {
            revert ZeroAddress();
        }
        if (config.token.code.length == 0 || ERC20(config.token).decimals() != 18) {
            revert InvalidParameter("token");
        }
        _checkBounds("unbondingDelay", config.unbondingDelay, MIN_UNBONDING_DELAY, MAX_UNBONDING_DELAY);
        _checkBounds("vestingPeriod", config.vestingPeriod, MIN_VESTING_PERIOD, MAX_VESTING_PERIOD);
        _checkBounds("minSelfStake", config.minSelfStake, MIN_MIN_SELF_STAKE, MAX_MIN_SELF_STAKE);
        _checkBounds("maxCommissionBps", config.maxCommissionBps, 0, MAX_COMMISSION_BPS);
        _checkBounds("commissionNotice", config.commissionNotice, 0, MAX_COMMISSION_NOTICE);

        token = config.token;
        distributor = config.distributor;
        unbondingDelay = config.unbondingDelay;
        vestingPeriod = config.vestingPeriod;
        minSelfStake = config.minSelfStake;
        maxCommissionBps = config.maxCommissionBps;
        commissionNotice = config.commissionNotice;

        VaultFactory created =
            new VaultFactory(config.token, config.unbondingDelay, config.vestingPeriod, config.minSelfStake);
        factory = address(created);
        vaultCodeHash = created.vaultCodeHash();

        _listMarket(config.market, block.timestamp);
    }

    function _checkBounds(bytes32 name, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert InvalidParameter(name);
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
        p.registeredAt = uint32(block.timestamp);
        p.state = ProverState.Active;
        p.payout = payout;
        proverList.push(msg.sender);

        vault = vaultOf(msg.sender);
        emit ProverRegistered(msg.sender, vault, commissionBps, payout, block.timestamp);
        emit ProverStateChanged(msg.sender, ProverState.Active);
        _changeCommission(p, address(0), commissionBps, false);

        IVaultFactory(factory).deploy(msg.sender);
        _pull(vault, selfStake);
        IProverVault(vault).seed(selfStake);
    }

    /// @inheritdoc IProverRegistry
    function activate(uint256 assets) external nonReentrant {
        if (paused) revert Paused();
        Prover storage p = _registered(msg.sender);
        if (p.state != ProverState.Inactive) revert ProverNotInactive();

        _setState(p, msg.sender, ProverState.Active);

        address vault = vaultOf(msg.sender);
        if (assets != 0) {
            _pull(vault, assets);
            IProverVault(vault).seed(assets);
        }
        // Checked last, because only the vault knows what the deposit comes to.
        (, uint256 selfStake) = IProverVault(vault).collateral();
        if (selfStake < minSelfStake) revert InsufficientSelfStake();
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

    // ---------------------------------------------------------------- commission

    /// @inheritdoc IProverRegistry
    function setCommission(address source, uint256 bps) external {
        if (bps > maxCommissionBps) revert CommissionTooHigh();
        Prover storage p = _registered(msg.sender);

        _changeCommission(p, source, bps, bps > _rate(p, msg.sender, source));
    }

    /// @inheritdoc IProverRegistry
    function removeCommission(address source) external {
        Prover storage p = _registered(msg.sender);
        // The default is kept elsewhere, so that source zero never has an override.
        Rates entry = overrides[msg.sender][source];
        uint256 current = entry.inForce();
        (, uint256 nextAt) = entry.next();
        if (current == NO_OVERRIDE && nextAt == 0) revert NoOverride();

        bool raises;
        // Without an override in force this only withdraws a scheduled one: the source's rate stays.
        if (current != NO_OVERRIDE) {
            (uint256 nextDefault,) = p.commission.next();
            raises = p.commission.inForce() > current || nextDefault > current;
        }
        _changeCommission(p, source, NO_OVERRIDE, raises);
    }

    function _changeCommission(Prover storage p, address source, uint256 bps, bool raises) private {
        uint256 effectiveAt = block.timestamp;
        Rates changed;
        if (raises) {
            effectiveAt += commissionNotice;
            Rates entry = source == address(0) ? p.commission : overrides[msg.sender][source];
            changed = Commission.scheduled(entry.inForce(), bps, effectiveAt);
        } else {
            changed = Commission.fixedAt(bps);
        }
        if (source == address(0)) p.commission = changed;
        else overrides[msg.sender][source] = changed;

        uint256 sequence = ++p.commissionSequence;
        bytes32 rollingHash =
            keccak256(abi.encode(p.commissionHash, sequence, source, bps, block.timestamp, effectiveAt));
        p.commissionHash = rollingHash;
        emit CommissionChanged(msg.sender, source, bps, block.timestamp, effectiveAt, sequence, rollingHash);
    }

    function _rate(Prover storage p, address prover, address source) private view returns (uint256 bps) {
        bps = overrides[prover][source].inForce();
        if (bps == NO_OVERRIDE) bps = p.commission.inForce();
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
        Prover storage p = provers[prover];
        (uint256 claimed, uint256 claimedCommission) = (p.claimed, p.claimedCommission);
        if (p.registeredAt == 0) revert ProverUnknown();
        if (cumulative < claimed || cumulativeCommission < claimedCommission) revert CumulativeDecreased();

        vault = vaultOf(prover);
        (amount, commission) = (cumulative - claimed, cumulativeCommission - claimedCommission);
        if (amount == 0 && commission == 0) return (vault, 0, 0);
        (p.claimed, p.claimedCommission) = (cumulative.safeCastTo96(), cumulativeCommission.safeCastTo96());
        // After the casts, so that the products cannot overflow.
        if (commission * 10_000 > amount * maxCommissionBps) revert ExcessiveCommission();

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
        // Both sums stay below the vault's active assets, which fit 96 bits.
        p.locked += uint96(amount);
        Lock storage held = locks[msg.sender][prover];
        held.amount += uint96(amount);
        if (until > held.until) held.until = uint32(until);
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
        Lock storage held = locks[msg.sender][prover];
        Prover storage p = provers[prover];
        uint256 had = held.amount;
        latest = held.until;
        if (amount > had) revert LockExceeded();
        // The prover's sum is never below one market's part of it.
        unchecked {
            held.amount = uint96(had - amount);
            p.locked = uint96(p.locked - amount);
        }
    }

    // ---------------------------------------------------------------- owner and guardian

    /// @inheritdoc IProverRegistry
    function listMarket(address market) external onlyOwner {
        if (market == address(0)) revert ZeroAddress();
        if (markets[market].lockFrom != 0) revert MarketAlreadyListed();
        _listMarket(market, block.timestamp + unbondingDelay);
    }

    /// @inheritdoc IProverRegistry
    function delistMarket(address market) external {
        if (msg.sender != guardian && msg.sender != owner) revert Unauthorized();
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
        _setState(p, prover, to);
    }

    function _listMarket(address market, uint256 lockFrom) private {
        markets[market] = Market(true, uint64(lockFrom));
        emit MarketListed(market, lockFrom);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IProverRegistry
    function proverCount() external view returns (uint256) {
        return proverList.length;
    }

    /// @inheritdoc IProverRegistry
    function proverAt(uint256 index) external view returns (address) {
        return proverList[index];
    }

    /// @inheritdoc IProverRegistry
    function proverRecord(address prover) external view returns (ProverRecord memory) {
        Prover storage p = provers[prover];
        return ProverRecord({
            state: p.state,
            jailedFrom: p.jailedFrom,
            vault: vaultOf(prover),
            payout: p.payout,
            registeredAt: p.registeredAt,
            claimed: p.claimed,
            claimedCommission: p.claimedCommission,
            locked: p.locked,
            commissionSequence: p.commissionSequence,
            commissionHash: p.commissionHash
        });
    }

    /// @inheritdoc IProverRegistry
    function status(address prover) external view returns (ProverState state, bool isPaused) {
        return (provers[prover].state, paused);
    }

    /// @inheritdoc IProverRegistry
    /// @dev Computed, because a hash costs less than a cold read.
    function vaultOf(address prover) public view returns (address) {
        bytes32 salt = bytes32(uint256(uint160(prover)));
        bytes32 digest = keccak256(abi.encodePacked(bytes1(0xff), factory, salt, vaultCodeHash));
        return address(uint160(uint256(digest)));
    }

    /// @inheritdoc IProverRegistry
    function commissionOf(address prover, address source) external view returns (uint256 bps) {
        return _rate(_registered(prover), prover, source);
    }

    /// @inheritdoc IProverRegistry
    function commissionEntry(address prover, address source) external view returns (CommissionEntry memory) {
        Rates entry = source == address(0) ? provers[prover].commission : overrides[prover][source];
        (uint256 nextBps, uint256 nextAt) = entry.next();
        return CommissionEntry({bps: entry.inForce(), nextBps: nextBps, nextAt: nextAt});
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
    function lockedBy(address market, address prover) external view returns (uint256 amount, uint256 until) {
        Lock storage held = locks[market][prover];
        return (held.amount, held.until);
    }

    /// @inheritdoc IProverRegistry
    function marketListing(address market) external view returns (MarketListing memory) {
        Market storage m = markets[market];
        return MarketListing({known: m.known, lockFrom: m.lockFrom});
    }

    function _registered(address prover) private view returns (Prover storage p) {
        p = provers[prover];
        if (p.state == ProverState.None) revert ProverUnknown();
    }

    /// @dev Slashes may leave less than what is locked.
    function _free(uint256 active, uint256 locked) private pure returns (uint256) {
        return active > locked ? active - locked : 0;
    }
}

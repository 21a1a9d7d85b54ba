// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

/// @notice None: never registered. Active: may bid. Inactive: left by itself. Jailed: by the guardian.
enum ProverState {
    None,
    Active,
    Inactive,
    Jailed
}

/// @notice What a pause stops in vaults now. Each level stops what the ones before it stop, too.
enum PauseLevel {
    None,
    Deposits,
    DepositsAndExits
}

/// @notice Everything the registry is built with. Bounds are the constants of ProverRegistry.
/// `distributor` and `market` are addresses that the deployer computes beforehand: the distributor is
/// bound once, here, and the first market needs no listing delay because nobody has staked yet.
struct RegistryConfig {
    address token;
    address owner;
    address guardian;
    address treasury;
    address distributor;
    address market;
    uint256 unbondingDelay;
    uint256 vestingPeriod;
    uint256 minSelfStake;
    uint256 maxCommissionBps;
    uint256 commissionNotice;
}

/// @notice A prover as stored, vault address included.
struct ProverRecord {
    ProverState state;
    /// @dev The state that a jailed prover returns to.
    ProverState jailedFrom;
    address vault;
    address payout;
    uint256 registeredAt;
    /// @dev Claimed from the distributor so far, with the commission part of it.
    uint256 claimed;
    uint256 claimedCommission;
    /// @dev Collateral locked over all markets.
    uint256 locked;
    uint256 commissionSequence;
    bytes32 commissionHash;
}

/// @notice One commission entry: the default (source zero) or an override for a source.
/// `bps` is in force now, or NO_OVERRIDE; `nextBps` takes its place at `nextAt` (0: nothing is scheduled).
struct CommissionEntry {
    uint256 bps;
    uint256 nextBps;
    uint256 nextAt;
}

/// @notice A market's standing: it may lock from `lockFrom` on (0: never listed or delisted).
struct MarketListing {
    bool known;
    uint256 lockFrom;
}

/// @title IProverRegistry
/// @notice Provers' lifecycle, commission and collateral, and the ledger of what each has claimed. Owns the
/// roles that the whole system shares: owner (two-step), guardian, treasury.
interface IProverRegistry {
    // ---------------------------------------------------------------- errors

    error AlreadyRegistered();
    /// @notice The rate exceeds `maxCommissionBps`.
    error CommissionTooHigh();
    /// @notice `cumulative` is below what has been claimed.
    error CumulativeDecreased();
    /// @notice The commission part exceeds the maximum share of the amount.
    error ExcessiveCommission();
    /// @notice Free collateral does not cover the lock.
    error InsufficientCollateral();
    /// @notice The prover's own stake is below `minSelfStake`.
    error InsufficientSelfStake();
    /// @notice A configuration value is outside its bounds.
    error InvalidParameter(bytes32 name);
    /// @notice More than this market has locked.
    error LockExceeded();
    /// @notice A lock whose last moment has passed; a slash after it, or that names a later one than any lock's.
    error LockExpired();
    /// @notice A lock beyond now + unbonding delay.
    error LockTooLong();
    /// @notice The market is not listed, or its listing delay still runs.
    error MarketNotListed();
    error MarketAlreadyListed();
    error NoOverride();
    /// @notice Collateral is still locked.
    error OpenLocks();
    error Paused();
    error ProverNotActive();
    error ProverNotInactive();
    error ProverNotJailed();
    error ProverUnknown();
    error Reentered();
    error TokenNotPlain();
    error Unauthorized();
    error ZeroAddress();

    // ---------------------------------------------------------------- events

    /// @notice `sequence` counts from 1; the rolling hash is the low 224 bits of keccak256(abi.encode(previous,
    /// sequence, prover, vault, commissionBps, payout, timestamp)), from zero.
    event ProverRegistered(
        address indexed prover,
        address indexed vault,
        uint256 commissionBps,
        address payout,
        uint256 timestamp,
        uint256 sequence,
        uint224 rollingHash
    );
    event ProverStateChanged(address indexed prover, ProverState state);
    event PayoutChanged(address indexed prover, address payout);
    /// @notice A commission entry will be `bps` (NO_OVERRIDE: removed) from `effectiveAt` on. Source zero is
    /// the default. A change replaces whatever was scheduled for the same entry. The rolling hash is
    /// keccak256(abi.encode(previous, sequence, source, bps, announcedAt, effectiveAt)), from zero; sequence
    /// 1 is the default set at registration.
    event CommissionChanged(
        address indexed prover,
        address indexed source,
        uint256 bps,
        uint256 announcedAt,
        uint256 effectiveAt,
        uint256 sequence,
        bytes32 rollingHash
    );
    /// @notice A reward from any source but the distributor (whose claims it reports itself).
    event RewardReceived(address indexed prover, address indexed source, uint256 amount, uint256 commission);
    event CollateralLocked(address indexed prover, address indexed market, uint256 amount, uint256 until);
    event CollateralUnlocked(address indexed prover, address indexed market, uint256 amount);
    event ProverSlashed(address indexed prover, address indexed market, uint256 amount, uint256 slashed);
    event MarketListed(address indexed market, uint256 lockFrom);
    event MarketDelisted(address indexed market);
    event OwnershipTransferStarted(address indexed owner, address indexed pendingOwner);
    event GuardianChanged(address indexed guardian);
    event TreasuryChanged(address indexed treasury);
    event PauseChanged(bool paused);

    // ---------------------------------------------------------------- lifecycle (the prover)

    /// @notice Registers the caller: deploys its vault, moves `selfStake` there and mints it the shares.
    /// @param payout where commission is paid (zero: the caller).
    function register(uint256 selfStake, uint256 commissionBps, address payout)
        external
        returns (address vault);

    /// @notice Back from Inactive, with a deposit of `assets` (0 if enough is left) that restores minSelfStake. The
    /// deposit counts in full; where rewards vest, or at a price that does not divide it, it is worth less at first, and
    /// the prover is eligible once its own shares are worth minSelfStake.
    function activate(uint256 assets) external;

    /// @notice To Inactive. Reverts while collateral is locked.
    function deactivate() external;

    function setPayout(address payout) external;

    /// @notice Sets the caller's default (source zero) or an override. A decrease is immediate, an increase
    /// takes effect by itself after `commissionNotice`.
    function setCommission(address source, uint256 bps) external;

    /// @notice Removes an override. Immediate unless that could raise the source's rate.
    function removeCommission(address source) external;

    // ---------------------------------------------------------------- rewards

    /// @notice Pulls `amount` from the caller into the prover's vault and splits it by the rate for the
    /// caller as source. Works in every state of a registered prover, paused or not.
    function addReward(address prover, uint256 amount) external;

    /// @notice Distributor only: books what `cumulative` adds to the claimed amount. The distributor moves
    /// `amount` to `vault` in the same transaction. `cumulativeCommission` may be below the claimed commission: the
    /// amount then has no commission part.
    /// @return vault where the tokens go.
    /// @return amount the difference, 0 if there is none.
    /// @return commission the commission part of it.
    function creditCumulative(address prover, uint256 cumulative, uint256 cumulativeCommission)
        external
        returns (address vault, uint256 amount, uint256 commission);

    /// @notice Pays the commission owed to the prover's payout address. Anyone.
    function claimCommission(address prover) external returns (uint256 amount);

    // ---------------------------------------------------------------- collateral (listed markets)

    /// @notice Reserves `amount` of an eligible prover's free collateral; `until` is the last moment at which
    /// it may be slashed, at most now + unbonding delay. An amount of 0 only checks eligibility.
    /// @return free the free collateral that is left.
    function lock(address prover, uint256 amount, uint256 until) external returns (uint256 free);

    function unlock(address prover, uint256 amount) external;

    /// @notice Releases `amount` of the caller's lock and takes it from the vault to the treasury.
    /// Reverts after `until`, the last moment of that lock.
    /// @return slashed what the vault had of it.
    function slash(address prover, uint256 amount, uint256 until) external returns (uint256 slashed);

    // ---------------------------------------------------------------- owner and guardian

    /// @notice Lists a market: it may lock once two MAX_EXIT_PAUSE and the unbonding delay have passed.
    function listMarket(address market) external;
    /// @notice A delisted market can only unlock and slash what it has locked.
    function delistMarket(address market) external;
    /// @notice Guardian: from Active or Inactive.
    function jail(address prover) external;
    /// @notice Owner: back to the state before.
    function unjail(address prover) external;
    /// @notice Guardian: stops deposit, mint, registration, market requests and commits until the owner lifts it,
    /// and exit requests for MAX_EXIT_PAUSE at most, after which they stay open for as long.
    function pause() external;
    /// @notice Owner.
    function unpause() external;
    function setGuardian(address guardian) external;
    function setTreasury(address treasury) external;
    /// @notice The second step of `transferOwnership`, by the new owner.
    function acceptOwnership() external;

    // ---------------------------------------------------------------- views

    function token() external view returns (address);
    function factory() external view returns (address);
    function distributor() external view returns (address);
    function pendingOwner() external view returns (address);
    function guardian() external view returns (address);
    function treasury() external view returns (address);
    function paused() external view returns (bool);
    function pauseLevel() external view returns (PauseLevel);
    /// @notice When the latest pause lets exit requests go on, lifted or not.
    function exitPauseEnd() external view returns (uint64);
    function unbondingDelay() external view returns (uint256);
    function vestingPeriod() external view returns (uint256);
    function minSelfStake() external view returns (uint256);
    function maxCommissionBps() external view returns (uint256);
    function commissionNotice() external view returns (uint256);

    function proverCount() external view returns (uint256);
    /// @notice In the order of registration, from 0. Reverts with `ProverUnknown` from `proverCount` on.
    function proverAt(uint256 index) external view returns (address);
    /// @notice How many provers have registered, and the rolling hash of `ProverRegistered`: one word.
    function registrations() external view returns (uint256 count, uint224 rollingHash);
    function proverRecord(address prover) external view returns (ProverRecord memory);
    /// @notice What a vault asks before it takes a deposit or an exit request.
    function status(address prover) external view returns (ProverState state, PauseLevel pauseNow);
    /// @notice Whether the prover may have been kept from acting between `from` and `to`, by jail or by a pause,
    /// which keeps it from adding stake. What began after `to` counts, too, if it is over since, or is a jail; no
    /// other error.
    function wasStopped(address prover, uint256 from, uint256 to) external view returns (bool);
    /// @notice The address that the vault of `prover` has or will have.
    function vaultOf(address prover) external view returns (address);
    /// @notice The rate in force now for `source`, in bps.
    function commissionOf(address prover, address source) external view returns (uint256 bps);
    function commissionEntry(address prover, address source) external view returns (CommissionEntry memory);
    /// @notice max(0, active - locked).
    function freeCollateral(address prover) external view returns (uint256);
    /// @notice Active, own stake sufficient, and free collateral >= `amount`.
    function isEligible(address prover, uint256 amount) external view returns (bool);
    /// @notice What `market` has locked, and the latest moment at which any of it may be slashed.
    function lockedBy(address market, address prover) external view returns (uint256 amount, uint256 until);
    function marketListing(address market) external view returns (MarketListing memory);
}

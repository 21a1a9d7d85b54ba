// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

/// @title IProverVault
/// @notice What a prover's vault adds to solmate's ERC20 (with EIP-2612 permits) and ERC4626: asynchronous
/// exits (ERC-7540), vesting rewards, exact slashing, and one account each for active assets, unbonding
/// assets and commission owed. Deposits are plain ERC-4626: `deposit`, `mint`, `maxDeposit`, `maxMint`,
/// `previewDeposit` and `previewMint` behave as the standard says. `convertToShares` and the previews count all
/// active assets (entry), `totalAssets` and `convertToAssets` vested ones (exit). Amounts are in wei of the staking token,
/// times in seconds. Every rounding is against whoever calls.
interface IProverVault {
    // ---------------------------------------------------------------- errors

    /// @notice `previewRedeem` and `previewWithdraw` do not exist for asynchronous exits (ERC-7540).
    error AsynchronousExit();
    /// @notice The vault would hold more than `MAX_ASSETS`, or more shares than `MAX_SHARES`.
    error CapExceeded();
    /// @notice More is asked for than is claimable now.
    error ExceedsClaimable();
    /// @notice Deposits are open only while the prover is Active.
    error ProverNotActive();
    /// @notice The guardian has paused deposits and exit requests.
    error Paused();
    /// @notice The call re-entered the vault.
    error Reentered();
    /// @notice The prover's own stake would fall below `minSelfStake` while it is Active or Jailed.
    error SelfStakeLocked();
    /// @notice A share is worth less than 1e-9 wei, or more than 1e8, all active assets counted: no deposit.
    error SharePriceBroken();
    /// @notice The token moved another amount than asked for: it takes a fee, or rebases.
    error TokenNotPlain();
    /// @notice The caller may not do this for that account.
    error Unauthorized();
    /// @notice The zero address cannot receive.
    error ZeroAddress();
    /// @notice The amount, or the shares it comes to, is zero.
    error ZeroAmount();

    // ---------------------------------------------------------------- events

    /// @notice Active assets are `activeAssets` from `timestamp`, the block's, on: the time-weighted stake of any
    /// interval follows from the logs. A missing, added, altered or reordered one shows:
    /// hash' = uint160(uint256(keccak256(abi.encode(hash, activeAssets, timestamp)))), 0 before the first.
    event ActiveAssetsChanged(uint256 activeAssets, uint256 timestamp, uint160 rollingHash);
    /// @notice A reward arrived: `vesting` was added to what vests until `vestingEnd`, `commission` is owed.
    event RewardAdded(uint256 vesting, uint256 commission, uint256 vestingEnd);
    /// @notice `amount` of commission left for the prover's payout address.
    event CommissionPaid(address indexed to, uint256 amount);
    /// @notice What `withdraw` took beyond the assets asked for, owed as commission.
    event CommissionAdded(uint256 amount);
    /// @notice A slash took these amounts; `generation` is the unbonding pool's from now on.
    event Slashed(uint256 fromActive, uint256 fromUnbonding, uint256 generation, address indexed to);
    /// @notice An exit's price: the shares burned by the request of the same transaction are worth `assets`,
    /// held as `unbondingShares` of the unbonding pool of `generation`.
    event ExitPriced(
        address indexed controller, uint256 assets, uint256 unbondingShares, uint256 indexed generation
    );
    /// @notice What no share backs any more when the last share leaves: vesting rewards and rounding dust.
    event RemainderSwept(address indexed to, uint256 amount);
    /// @notice ERC-7540.
    event RedeemRequest(
        address indexed controller,
        address indexed owner,
        uint256 indexed requestId,
        address sender,
        uint256 shares
    );
    /// @notice ERC-7540.
    event OperatorSet(address indexed controller, address indexed operator, bool approved);

    // ---------------------------------------------------------------- identity and state

    function prover() external view returns (address);
    function registry() external view returns (address);
    /// @notice Seconds between an exit request and the first moment after which it is claimable.
    function unbondingDelay() external view returns (uint256);
    /// @notice Seconds over which a reward vests when nothing else is vesting.
    function vestingPeriod() external view returns (uint256);
    function minSelfStake() external view returns (uint256);

    /// @notice Active assets, vested and vesting together, and the rolling hash of all their changes.
    function stakeState() external view returns (uint256 activeAssets, uint160 rollingHash);

    /// @notice What is still vesting now (rounded down), when vesting ends, and the commission owed.
    function rewardState()
        external
        view
        returns (uint256 unvested, uint256 vestingEnd, uint256 commissionOwed);

    /// @notice The unbonding pool: its assets, its shares, and its generation (from 1). An exit's unbonding shares
    /// count 1e-9 for each generation since its own.
    function unbondingState() external view returns (uint256 assets, uint256 shares, uint256 generation);

    /// @notice The words of a controller's queue as they are stored, for the lens: its header, and the word of a
    /// key. libraries/ExitQueue.sol says which key, libraries/PackedWords.sol what the words hold.
    function exitWords(address controller, uint256 key) external view returns (uint256 header, uint256 word);

    /// @notice Active assets, and the assets behind the prover's own shares (rounded down): what the
    /// registry needs to judge eligibility, in one call.
    function collateral() external view returns (uint256 activeAssets, uint256 selfStake);

    // ---------------------------------------------------------------- exits: ERC-7540, ERC-7575, ERC-165

    /// @notice Burns `shares` of `owner` and moves their value to the unbonding pool. The caller is `owner`,
    /// an operator of `owner`, or has an ERC-20 allowance (spent if finite). `controller` must be the caller
    /// or have made the caller its operator, or be the owner: nobody adds to a stranger's queue.
    /// @return requestId always 0: a controller's requests are one queue, first in, first out.
    function requestRedeem(uint256 shares, address controller, address owner)
        external
        returns (uint256 requestId);

    /// @notice Shares requested and not yet claimable. Never reverts.
    function pendingRedeemRequest(uint256 requestId, address controller)
        external
        view
        returns (uint256 shares);

    /// @notice Shares claimable now (requests older than `unbondingDelay`). Never reverts.
    /// Warning: until it is claimed, an exit bears slashes, also those for jobs that began after it was due.
    function claimableRedeemRequest(uint256 requestId, address controller)
        external
        view
        returns (uint256 shares);

    /// @notice Pays `controller`, and nobody else, all that is due to it now. Anybody may call it.
    /// Warning: whoever is paid by others' calls has to count its tokens, not the answers of its own.
    /// @return assets what was paid.
    function claimDue(address controller) external returns (uint256 assets);

    function setOperator(address operator, bool approved) external returns (bool);
    function isOperator(address controller, address operator) external view returns (bool);
    /// @notice ERC-7575: the share token is the vault itself.
    function share() external view returns (address);
    function supportsInterface(bytes4 interfaceId) external pure returns (bool);

    // ---------------------------------------------------------------- registry only

    /// @notice Mints shares to the prover for `assets` that the registry has just moved here.
    function seed(uint256 assets) external returns (uint256 shares);

    /// @notice Books a reward whose tokens arrive in the same transaction: `commission` of `amount` to the
    /// commission account, the rest to vesting. What exceeds the cap is commission, too, and all that a deserted
    /// vault receives: one without shares, or left by an exit with fewer than 1e12 shares and 1e12 vested wei.
    /// Never reverts for a zero amount.
    function creditReward(uint256 amount, uint256 commission) external;

    /// @notice Takes `amount` (or all there is) pro rata from active and unbonding assets and sends it to
    /// `to`.
    /// @return slashed what was taken: never more than `amount`.
    function slash(uint256 amount, address to) external returns (uint256 slashed);

    /// @notice Pays all commission owed to `to`.
    function payCommission(address to) external returns (uint256 amount);
}

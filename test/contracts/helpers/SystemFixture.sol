// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {TestToken} from "./TestToken.sol";
import {ProverRegistry} from "contracts/ProverRegistry.sol";
import {RegistryConfig} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {Test} from "forge-std/Test.sol";
import {ERC4626} from "solmate/src/tokens/ERC4626.sol";

/// @notice The real system on one token: registry (with its factory and vaults), then whatever the derived
/// fixture deploys as market and distributor at the next two nonces, as a deployment script would. Until it
/// deploys something there, both are addresses without code that a test pranks.
abstract contract SystemFixture is Test {
    uint256 internal constant UNBONDING_DELAY = 7 days;
    /// @dev Of a market after the first: two exit pauses, and the unbonding delay.
    uint256 internal constant LISTING_DELAY = 14 days + UNBONDING_DELAY;
    uint256 internal constant VESTING_PERIOD = 3 days;
    uint256 internal constant MIN_SELF_STAKE = 1000 ether;
    uint256 internal constant MAX_COMMISSION_BPS = 5000;
    uint256 internal constant COMMISSION_NOTICE = 9 days;
    uint256 internal constant START = 1_800_000_000;

    address internal owner = makeAddr("owner");
    address internal guardian = makeAddr("guardian");
    address internal treasury = makeAddr("treasury");
    address internal prover = makeAddr("prover");
    address internal staker = makeAddr("staker");
    address internal stranger = makeAddr("stranger");

    TestToken internal token;
    ProverRegistry internal registry;
    address internal market;
    address internal distributor;

    function setUp() public virtual {
        vm.warp(START);
        token = _deployToken();
        uint64 nonce = vm.getNonce(address(this));
        market = vm.computeCreateAddress(address(this), nonce + 1);
        distributor = vm.computeCreateAddress(address(this), nonce + 2);
        registry = new ProverRegistry(_registryConfig());
        _deployMarket();
        _deployDistributor();
    }

    // ---------------------------------------------------------------- what a derived fixture may replace

    function _deployToken() internal virtual returns (TestToken) {
        return new TestToken();
    }

    /// @dev To be overridden with exactly one deployment by this contract: its address is `market`.
    function _deployMarket() internal virtual {}

    /// @dev To be overridden, together with `_deployMarket`, with exactly one deployment.
    function _deployDistributor() internal virtual {}

    function _registryConfig() internal view virtual returns (RegistryConfig memory) {
        return RegistryConfig({
            token: address(token),
            owner: owner,
            guardian: guardian,
            treasury: treasury,
            distributor: distributor,
            market: market,
            unbondingDelay: UNBONDING_DELAY,
            vestingPeriod: VESTING_PERIOD,
            minSelfStake: MIN_SELF_STAKE,
            maxCommissionBps: MAX_COMMISSION_BPS,
            commissionNotice: COMMISSION_NOTICE
        });
    }

    // ---------------------------------------------------------------- actions

    /// @dev Mints `amount` to `account` and lets `spender` take it.
    function _fund(address account, address spender, uint256 amount) internal {
        token.mint(account, amount);
        vm.prank(account);
        token.approve(spender, amount);
    }

    function _register(address account, uint256 selfStake, uint256 commissionBps)
        internal
        returns (IProverVault vault)
    {
        _fund(account, address(registry), selfStake);
        vm.prank(account);
        vault = IProverVault(registry.register(selfStake, commissionBps, address(0)));
    }

    /// @dev Mints `assets` to `account` and deposits them in the vault of `to`.
    function _stake(address account, address to, uint256 assets) internal returns (uint256 shares) {
        address vault = registry.vaultOf(to);
        _fund(account, vault, assets);
        vm.prank(account);
        shares = ERC4626(vault).deposit(assets, account);
    }

    /// @dev A reward of freshly minted tokens from `source`.
    function _reward(address source, address to, uint256 amount) internal {
        _fund(source, address(registry), amount);
        vm.prank(source);
        registry.addReward(to, amount);
    }

    function _lock(address to, uint256 amount, uint256 until) internal returns (uint256 free) {
        vm.prank(market);
        free = registry.lock(to, amount, until);
    }

    function _unlock(address to, uint256 amount) internal {
        vm.prank(market);
        registry.unlock(to, amount);
    }

    function _slash(address to, uint256 amount, uint256 until) internal returns (uint256 slashed) {
        vm.prank(market);
        slashed = registry.slash(to, amount, until);
    }

    /// @dev Locks and slashes in one go: what a miss comes to.
    function _lockAndSlash(address to, uint256 amount) internal returns (uint256 slashed) {
        _lock(to, amount, block.timestamp);
        slashed = _slash(to, amount, block.timestamp);
    }

    /// @dev What a claim does: books the cumulative amounts, then moves the difference.
    function _credit(address to, uint256 cumulative, uint256 cumulativeCommission)
        internal
        returns (uint256 amount, uint256 commission)
    {
        address vault;
        vm.prank(distributor);
        (vault, amount, commission) = registry.creditCumulative(to, cumulative, cumulativeCommission);
        token.mint(vault, amount);
    }

    function _activeAssets(address of_) internal view returns (uint256 active) {
        (active,) = IProverVault(registry.vaultOf(of_)).stakeState();
    }

    function _commissionOwed(address of_) internal view returns (uint256 owed) {
        (,, owed) = IProverVault(registry.vaultOf(of_)).rewardState();
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {TestToken} from "./TestToken.sol";
import {VaultHarness} from "./VaultHarness.sol";
import {ProverVault} from "contracts/ProverVault.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {Test} from "forge-std/Test.sol";

/// @notice One vault, seeded by its prover with 100 tokens, and three stakers who can pay.
abstract contract VaultTest is Test {
    uint256 internal constant DELAY = 7 days;
    uint256 internal constant PERIOD = 3 days;
    uint256 internal constant MIN_SELF_STAKE = 10e18;
    uint256 internal constant SEED = 100e18;
    uint256 internal constant START = 1_800_000_000;

    address internal immutable PROVER = makeAddr("prover");
    address internal immutable ALICE = makeAddr("alice");
    address internal immutable BOB = makeAddr("bob");
    address internal immutable CAROL = makeAddr("carol");
    address internal immutable TREASURY = makeAddr("treasury");

    TestToken internal token;
    VaultHarness internal registry;
    ProverVault internal vault;

    function setUp() public virtual {
        vm.warp(START);
        token = _newToken();
        registry = new VaultHarness(address(token), TREASURY, DELAY, PERIOD, MIN_SELF_STAKE);
        vault = ProverVault(address(registry.deploy(PROVER)));
        _fund(PROVER);
        _fund(ALICE);
        _fund(BOB);
        _fund(CAROL);
        _fund(address(this));
        registry.seed(vault, PROVER, SEED);
    }

    function _newToken() internal virtual returns (TestToken) {
        return new TestToken();
    }

    function _fund(address account) internal {
        token.mint(account, 2 ** 100);
        vm.startPrank(account);
        token.approve(address(vault), type(uint256).max);
        token.approve(address(registry), type(uint256).max);
        vm.stopPrank();
    }

    function _deposit(address staker, uint256 assets) internal returns (uint256 shares) {
        vm.prank(staker);
        return vault.deposit(assets, staker);
    }

    function _request(address staker, uint256 shares) internal returns (uint256 assets) {
        assets = vault.convertToAssets(shares);
        vm.prank(staker);
        vault.requestRedeem(shares, staker, staker);
    }

    function _redeem(address staker, uint256 shares) internal returns (uint256 assets) {
        vm.prank(staker);
        return vault.redeem(shares, staker, staker);
    }

    function _reward(uint256 amount, uint256 commission) internal {
        registry.reward(vault, address(this), amount, commission);
    }

    function _slash(uint256 amount) internal returns (uint256) {
        return registry.slash(vault, amount, TREASURY);
    }

    function _active() internal view returns (uint256 active) {
        (active,) = vault.stakeState();
    }

    function _unbonding() internal view returns (uint256 assets) {
        (assets,,) = vault.unbondingState();
    }

    function _commission() internal view returns (uint256 owed) {
        (,, owed) = vault.rewardState();
    }

    /// @dev That the next call changes active assets to `active`.
    function _expectActive(uint256 active) internal {
        (, uint160 hash) = vault.stakeState();
        hash = _foldedHash(hash, active, block.timestamp);
        vm.expectEmit(address(vault));
        emit IProverVault.ActiveAssetsChanged(active, block.timestamp, hash);
    }

    /// @dev A vault's rolling hash after a change, written out on its own.
    function _foldedHash(uint160 hash, uint256 active, uint256 time) internal pure returns (uint160) {
        return uint160(uint256(keccak256(abi.encode(uint256(hash), active, time))));
    }

    /// @dev What the vault counts, which is what it holds unless somebody donates.
    function _counted() internal view returns (uint256) {
        return _active() + _unbonding() + _commission();
    }
}

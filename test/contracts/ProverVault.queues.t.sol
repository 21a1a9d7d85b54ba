// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {VaultTest} from "./helpers/VaultTest.sol";
import {FixedPointMathLib} from "solmate/src/utils/FixedPointMathLib.sol";

/// @notice The queues of three controllers beside a model that knows no pool shares and no generations: each exit
/// is worth what it was requested at, times what every slash has left of the pool since.
///
/// Claims of all three kinds come at any moment, so that parts of an exit are claimed in different generations,
/// and of exits of several generations at once.
contract ProverVaultQueuesTest is VaultTest {
    using FixedPointMathLib for uint256;

    uint256 private constant SCALE = 1e18;

    struct ModelExit {
        uint256 shares;
        /// @dev In wei times SCALE.
        uint256 worth;
    }

    struct Model {
        ModelExit[] exits;
        uint256 firstUnclaimed;
        uint256 unclaimedShares;
        uint256 claims;
        uint256 paid;
        /// @dev In wei times SCALE.
        uint256 due;
    }

    mapping(address controller => Model) private models;
    address[] private controllers;
    uint256 private seed;
    uint256 private draws;
    /// @dev Requests, slashes and claims: each may leave a wei of rounding or two to whoever stays in the pool.
    uint256 private actions;

    function setUp() public override {
        super.setUp();
        controllers = [ALICE, BOB, CAROL];
    }

    function testFuzz_queues_pay_what_a_model_without_generations_says(uint256 seed_) public {
        seed = seed_;
        for (uint256 i; i < 70; ++i) {
            _step(controllers[_draw() % 3], _draw() % 12);
            _check();
        }
        skip(DELAY + 1);
        for (uint256 i; i < 3; ++i) {
            address controller = controllers[i];
            if (vault.maxRedeem(controller) != 0) _claimDue(controller);
            Model storage model = models[controller];
            assertEq(model.unclaimedShares, 0);
            assertGe(model.paid + 3 * model.exits.length + 2 * model.claims, model.due / SCALE, "too little");
            assertLe(model.paid, model.due / SCALE + 3 * actions, "too much");
        }
        assertLe(_unbonding(), 3 * actions, "what rounding left");
    }

    function _step(address controller, uint256 kind) private {
        if (kind < 4) _enter(controller);
        else if (kind < 6) _lose();
        else if (kind < 8) skip(1 + _draw() % (DELAY / 2));
        else if (kind == 8) _redeemPart(controller);
        else if (kind == 9) _withdrawPart(controller);
        else if (kind == 10 && vault.maxRedeem(controller) != 0) _claimDue(controller);
        else if (kind == 11) _reward(1 + _draw() % 1e22, 0);
    }

    function _check() private view {
        assertEq(token.balanceOf(address(vault)), _counted());
        for (uint256 i; i < 3; ++i) {
            address controller = controllers[i];
            assertEq(
                vault.maxRedeem(controller) + vault.pendingRedeemRequest(0, controller),
                models[controller].unclaimedShares
            );
        }
        (uint256 poolAssets, uint256 poolShares,) = vault.unbondingState();
        assertLe(poolAssets, poolShares, "a share is worth more than a wei");
        assertLe(poolShares, poolAssets * 1e9, "a share is worth less than 1e-9");
    }

    // ---------------------------------------------------------------- steps

    function _enter(address controller) private {
        if (vault.maxDeposit(controller) == 0) {
            // What slashes have left is too cheap a share to deposit at.
            _reward(vault.totalSupply() / 1e6 + 1e18, 0);
            skip(PERIOD);
        }
        uint256 assets = bound(_draw(), 1, 10 ** (9 + _draw() % 16));
        uint256 shares = vault.previewDeposit(assets);
        // A queue counts up to 2^96 unclaimed shares.
        uint256 room = type(uint96).max - models[controller].unclaimedShares;
        if (assets > vault.maxDeposit(controller) || shares == 0 || shares > room) return;
        _deposit(controller, assets);
        if (vault.convertToAssets(shares) == 0) return;
        uint256 worth = _request(controller, shares);
        models[controller].exits.push(ModelExit(shares, worth * SCALE));
        models[controller].unclaimedShares += shares;
        ++actions;
    }

    /// @dev From nothing to all but a billionth of a billionth, and now and then all.
    function _lose() private {
        uint256 pool = _unbonding();
        if (pool == 0) return;
        uint256 total = _active() + pool;
        uint256 amount = _draw() % 12 == 0 ? total : total - total / 10 ** (_draw() % 19);
        uint256 held = token.balanceOf(TREASURY);
        assertEq(_slash(amount), amount);
        assertEq(token.balanceOf(TREASURY) - held, amount, "no more than was asked for");
        for (uint256 i; i < 3; ++i) {
            Model storage model = models[controllers[i]];
            for (uint256 j = model.firstUnclaimed; j < model.exits.length; ++j) {
                model.exits[j].worth = model.exits[j].worth.mulDivDown(_unbonding(), pool);
            }
        }
        ++actions;
    }

    function _redeemPart(address controller) private {
        uint256 most = vault.maxRedeem(controller);
        if (most == 0) return;
        uint256 shares = 1 + _draw() % most;
        _claimed(controller, shares, _redeem(controller, shares));
    }

    function _withdrawPart(address controller) private {
        uint256 most = vault.maxWithdraw(controller);
        if (most == 0) return;
        uint256 assets = 1 + _draw() % most;
        uint256 owed = _commission();
        vm.prank(controller);
        uint256 shares = vault.withdraw(assets, controller, controller);
        // What the shares are worth beyond the assets asked for goes to the commission.
        _claimed(controller, shares, assets + _commission() - owed);
    }

    function _claimDue(address controller) private {
        (uint256 shares, uint256 assets) = (vault.maxRedeem(controller), vault.maxWithdraw(controller));
        uint256 paid = vault.claimDue(controller);
        assertEq(paid, assets);
        _claimed(controller, shares, paid);
    }

    function _claimed(address controller, uint256 shares, uint256 paid) private {
        Model storage model = models[controller];
        model.unclaimedShares -= shares;
        model.paid += paid;
        ++model.claims;
        ++actions;
        while (shares != 0) {
            ModelExit storage exit = model.exits[model.firstUnclaimed];
            uint256 part = shares < exit.shares ? shares : exit.shares;
            uint256 worth = exit.worth.mulDivDown(part, exit.shares);
            exit.worth -= worth;
            exit.shares -= part;
            model.due += worth;
            shares -= part;
            if (exit.shares == 0) ++model.firstUnclaimed;
        }
    }

    function _draw() private returns (uint256) {
        return uint256(keccak256(abi.encode(seed, draws++)));
    }
}

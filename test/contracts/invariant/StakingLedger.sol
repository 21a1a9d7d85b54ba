// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {TestToken} from "../helpers/TestToken.sol";
import {ActionCount} from "./ActionCount.sol";
import {ProverRegistry} from "contracts/ProverRegistry.sol";
import {ProverVault} from "contracts/ProverVault.sol";
import {ProverState} from "contracts/interfaces/IProverRegistry.sol";
import {Test} from "forge-std/Test.sol";

/// @notice A second set of books on two vaults, kept by plain loops and sums, and what must hold between the
/// moments before and after each action: the share price does not fall, nobody else's queue moves, the other
/// vault stays as it was, a prover's own stake stays put.
abstract contract StakingLedger is Test, ActionCount {
    /// @dev What an action may do to others' exits: nothing; raise their price, by rounding; lower it.
    enum Effect {
        None,
        Exit,
        Slash
    }

    struct Exit {
        uint256 shares;
        uint256 poolShares;
        uint256 time;
        uint256 generation;
    }

    struct Books {
        uint256 paidIn;
        uint256 paidOut;
        uint256 donated;
        uint256 commissionIn;
        uint256 commissionOut;
        uint256 active;
        uint160 rollingHash;
        uint256 cumulative;
        uint256 cumulativeCommission;
        // How often an exit or a claim may have lost a part of an unbonding share to rounding.
        uint256 roundings;
        bool deserted;
    }

    struct Before {
        uint256 v;
        uint256 active;
        uint256 unvested;
        uint256 totalAssets;
        uint256 supply;
        uint256 poolAssets;
        uint256 poolShares;
        uint256 generation;
        uint256 selfStake;
        bytes32 other;
        address bystander;
        uint256 bystanderShares;
        uint256 bystanderAssets;
    }

    TestToken public token;
    ProverRegistry public registry;
    address[2] public provers;
    ProverVault[2] public vaults;
    address[] public actors;

    Books[2] internal _books;
    mapping(uint256 v => mapping(address controller => Exit[])) internal _exits;
    mapping(uint256 v => mapping(address controller => uint256)) internal _claimed;
    uint256 internal constant FEW = 1e12;

    // ---------------------------------------------------------------- before and after an action

    function _before(uint256 v, address actor) internal view returns (Before memory b) {
        b.v = v;
        ProverVault vault = vaults[v];
        b.totalAssets = vault.totalAssets();
        b.supply = vault.totalSupply();
        (b.active,) = vault.stakeState();
        (b.unvested,,) = vault.rewardState();
        (b.poolAssets, b.poolShares, b.generation) = vault.unbondingState();
        (, b.selfStake) = vault.collateral();
        b.other = _fingerprint(1 - v);
        b.bystander = actors[(b.supply + block.timestamp) % actors.length];
        if (b.bystander == actor) b.bystander = address(0xdead);
        (b.bystanderShares, b.bystanderAssets) = _position(vault, b.bystander);
    }

    function _after(Before memory b, Effect effect, string memory action) internal {
        ++successesOf[action];
        ProverVault vault = vaults[b.v];
        uint256 supply = vault.totalSupply();
        (uint256 poolAssets, uint256 poolShares, uint256 generation) = vault.unbondingState();
        (, uint256 selfStake) = vault.collateral();

        assertEq(_fingerprint(1 - b.v), b.other, "another vault changed");
        if (effect != Effect.Slash) {
            if (supply != 0) {
                assertGe(
                    (vault.totalAssets() + 1) * (b.supply + 1),
                    (b.totalAssets + 1) * (supply + 1),
                    "the exit price fell"
                );
                (uint256 active,) = vault.stakeState();
                assertGe((active + 1) * (b.supply + 1), (b.active + 1) * (supply + 1), "the entry price fell");
            }
            assertEq(generation, b.generation, "a generation closed without a slash");
            if (poolShares != 0 && b.poolShares != 0) {
                assertGe(
                    poolAssets * b.poolShares, b.poolAssets * poolShares, "an unbonding share's price fell"
                );
            }
            ProverState state = _stateOf(b.v);
            bool held = state == ProverState.Active || state == ProverState.Jailed;
            if (held && b.selfStake >= registry.minSelfStake()) {
                assertGe(selfStake, registry.minSelfStake(), "the self-stake left");
            }
        }
        (uint256 shares, uint256 assets) = _position(vault, b.bystander);
        assertEq(shares, b.bystanderShares, "a stranger changed a queue");
        if (effect == Effect.None) assertEq(assets, b.bystanderAssets, "a stranger changed an exit's worth");
        else if (effect == Effect.Exit) assertGe(assets, b.bystanderAssets, "an exit cost others");
        else assertLe(assets, b.bystanderAssets, "a slash enriched an exit");
        _turnPage(b.v);
        _noteDesertion(b.v, b.supply);
        _noteStates(b, effect);
    }

    /// @dev An exit may leave a vault deserted, a deposit settles it again; nothing else does either.
    function _noteDesertion(uint256 v, uint256 supplyBefore) internal {
        uint256 supply = vaults[v].totalSupply();
        bool few = supply < FEW && vaults[v].totalAssets() < FEW;
        if (supply < supplyBefore && few) _books[v].deserted = true;
        if (supply > supplyBefore && !few) _books[v].deserted = false;
    }

    function _noteStates(Before memory b, Effect effect) internal {
        ProverVault vault = vaults[b.v];
        (uint256 active,) = vault.stakeState();
        (uint256 unvested,,) = vault.rewardState();
        (uint256 poolAssets, uint256 poolShares, uint256 generation) = vault.unbondingState();
        uint256 supply = vault.totalSupply();
        _note(poolAssets != 0 && poolShares > 1e6 * poolAssets, "an unbonding share below 1e-6 wei");
        _note(generation > b.generation && poolAssets != 0, "a generation begun with assets left");
        _note(generation > b.generation && poolAssets == 0, "a pool slashed to nothing");
        _note(supply != 0 && supply < 100, "a handful of shares");
        _note(_books[b.v].deserted && supply != 0, "deserted with shares");
        _note(_books[b.v].deserted && unvested >= FEW, "deserted while a reward vests");
        _note(effect == Effect.Slash && active == 0 && b.unvested != 0, "a total slash with rewards vesting");
        _note(supply != 0 && active > supply && unvested != 0, "vesting at a price above one");
        _note(supply != 0 && active == 0, "shares without assets");
        _note(active > 1e8 * supply && supply != 0, "a share above 1e8 wei");
        _note(supply > b.supply && unvested > b.unvested, "a deposit that vests in part");
    }

    function stateNames() external pure returns (string[] memory names) {
        string[13] memory all = [
            "an unbonding share below 1e-6 wei",
            "a generation begun with assets left",
            "a pool slashed to nothing",
            "a handful of shares",
            "deserted with shares",
            "deserted while a reward vests",
            "a total slash with rewards vesting",
            "vesting at a price above one",
            "shares without assets",
            "a share above 1e8 wei",
            "a deposit that vests in part",
            "a claim across generations",
            "back from Inactive"
        ];
        names = new string[](all.length);
        for (uint256 i; i < all.length; ++i) {
            names[i] = all[i];
        }
    }

    /// @dev Folds the change of active assets that an action was, if it was one.
    function _turnPage(uint256 v) internal {
        Books storage books = _books[v];
        (uint256 active, uint160 rollingHash) = vaults[v].stakeState();
        if (active == books.active && rollingHash == books.rollingHash) return;
        books.active = active;
        books.rollingHash =
            uint160(uint256(keccak256(abi.encode(uint256(books.rollingHash), active, block.timestamp))));
    }

    function _stateOf(uint256 v) internal view returns (ProverState state) {
        (state,) = registry.status(provers[v]);
    }

    function _position(ProverVault vault, address controller)
        private
        view
        returns (uint256 shares, uint256 assets)
    {
        shares = vault.pendingRedeemRequest(0, controller) + vault.claimableRedeemRequest(0, controller);
        assets = vault.maxWithdraw(controller);
    }

    function _fingerprint(uint256 v) private view returns (bytes32) {
        ProverVault vault = vaults[v];
        (uint256 active, uint160 rollingHash) = vault.stakeState();
        (uint256 unvested, uint256 vestingEnd, uint256 owed) = vault.rewardState();
        (uint256 poolAssets, uint256 poolShares, uint256 generation) = vault.unbondingState();
        return keccak256(
            abi.encode(
                [active, rollingHash, unvested, vestingEnd, owed],
                [poolAssets, poolShares, generation, vault.totalSupply(), token.balanceOf(address(vault))]
            )
        );
    }

    // ---------------------------------------------------------------- what the books say

    function booksOf(uint256 v) external view returns (Books memory) {
        return _books[v];
    }

    function actorCount() external view returns (uint256) {
        return actors.length;
    }

    /// @dev The vault shares that `controller` has requested and not claimed, and those it may claim now.
    function expectedShares(uint256 v, address controller)
        public
        view
        returns (uint256 total, uint256 claimable)
    {
        Exit[] storage exits = _exits[v][controller];
        for (uint256 i; i < exits.length; ++i) {
            total += exits[i].shares;
            if (block.timestamp > exits[i].time + vaults[v].unbondingDelay()) claimable += exits[i].shares;
        }
        uint256 claimed = _claimed[v][controller];
        return (total - claimed, claimable > claimed ? claimable - claimed : 0);
    }

    /// @dev The unbonding shares, in units of the pool's generation, that stand behind the next `shares` of the
    /// queue: what is taken of each generation, divided by 1e9 for each generation since.
    function expectedPoolShares(uint256 v, address controller, uint256 shares)
        public
        view
        returns (uint256 poolShares)
    {
        (,, uint256 generation) = vaults[v].unbondingState();
        Exit[] storage exits = _exits[v][controller];
        uint256 from = _claimed[v][controller];
        uint256 start;
        uint256 taken;
        for (uint256 i; i < exits.length; ++i) {
            Exit memory exit = exits[i];
            taken += _within(exit, start, from + shares) - _within(exit, start, from);
            start += exit.shares;
            if (i + 1 == exits.length || exits[i + 1].generation != exit.generation) {
                for (uint256 age = generation - exit.generation; age != 0 && taken != 0; --age) {
                    taken /= 1e9;
                }
                poolShares += taken;
                taken = 0;
            }
        }
    }

    /// @dev Whether the next `shares` of the queue are of more than one generation that is worth something.
    function _spansGenerations(uint256 v, address controller, uint256 shares) internal view returns (bool) {
        Exit[] storage exits = _exits[v][controller];
        uint256 from = _claimed[v][controller];
        uint256 start;
        uint256 first;
        for (uint256 i; i < exits.length; ++i) {
            Exit memory exit = exits[i];
            if (_within(exit, start, from + shares) != _within(exit, start, from)) {
                if (first != 0 && exit.generation != first && exit.generation < first + 5) return true;
                first = exit.generation;
            }
            start += exit.shares;
        }
        return false;
    }

    /// @dev The unbonding shares in the part of `exit` that lies before `position`.
    function _within(Exit memory exit, uint256 start, uint256 position) private pure returns (uint256) {
        if (position <= start) return 0;
        if (position >= start + exit.shares) return exit.poolShares;
        return exit.poolShares * (position - start) / exit.shares;
    }
}

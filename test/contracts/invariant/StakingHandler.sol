// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {TestToken} from "../helpers/TestToken.sol";
import {StakingLedger} from "./StakingLedger.sol";
import {ProverRegistry} from "contracts/ProverRegistry.sol";
import {ProverVault} from "contracts/ProverVault.sol";
import {CommissionEntry, PauseLevel, ProverState} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";

/// @notice Everything that anybody may do to two vaults, with arguments bounded so that it succeeds.
contract StakingHandler is StakingLedger {
    uint256 private constant MOST = 1e24;
    /// @dev Beyond them a vault takes no deposit.
    uint256 private constant MAX_SHARES_PER_ASSET = 1e9;
    uint256 private constant MAX_ASSETS_PER_SHARE = 1e8;

    address[2] public markets;
    address private immutable _distributor;
    bool[2] private _listed;
    uint256 private _names;

    constructor(
        TestToken token_,
        ProverRegistry registry_,
        address[2] memory provers_,
        address[2] memory markets_,
        address[] memory stakers
    ) {
        (token, registry, provers, markets) = (token_, registry_, provers_, markets_);
        _distributor = registry.distributor();
        _listed = [true, true];
        for (uint256 v; v < 2; ++v) {
            vaults[v] = ProverVault(registry.vaultOf(provers[v]));
            actors.push(provers[v]);
            (uint256 seeded,) = vaults[v].stakeState();
            _books[v].paidIn = seeded;
            _turnPage(v);
        }
        for (uint256 i; i < stakers.length; ++i) {
            actors.push(stakers[i]);
        }
    }

    // ---------------------------------------------------------------- into a vault

    function deposit(uint256 actorSeed, uint256 vaultSeed, uint256 assets) external counted("deposit") {
        (address actor, uint256 v) = _actorAndOpenVault(actorSeed, vaultSeed);
        ProverVault vault = vaults[v];
        uint256 most = vault.maxDeposit(actor);
        if (most == 0) return;
        uint256 least = vault.previewMint(1);
        assets = _bound(assets, least, least > MOST ? least : MOST);
        if (assets > most) return;
        Before memory b = _before(v, actor);
        uint256 expected = vault.previewDeposit(assets);
        _fund(actor, address(vault), assets);
        vm.prank(actor);
        assertEq(vault.deposit(assets, actor), expected, "a deposit's preview");
        _books[v].paidIn += assets;
        _after(b, Effect.None, "deposit");
    }

    function mint(uint256 actorSeed, uint256 vaultSeed, uint256 shares) external counted("mint") {
        (address actor, uint256 v) = _actorAndOpenVault(actorSeed, vaultSeed);
        ProverVault vault = vaults[v];
        uint256 most = vault.maxMint(actor);
        if (most == 0) return;
        shares = _bound(shares, 1, most < MOST ? most : MOST);
        Before memory b = _before(v, actor);
        uint256 assets = vault.previewMint(shares);
        _fund(actor, address(vault), assets);
        vm.prank(actor);
        assertEq(vault.mint(shares, actor), assets, "a mint's preview");
        _books[v].paidIn += assets;
        _after(b, Effect.None, "mint");
    }

    function addReward(uint256 sourceSeed, uint256 vaultSeed, uint256 amount) external counted("addReward") {
        uint256 v = vaultSeed % 2;
        address source = sourceSeed % 2 == 0 ? markets[sourceSeed / 2 % 2] : _actor(sourceSeed);
        amount = _bound(amount, 1, amount % 8 == 0 ? 10 : MOST);
        Before memory b = _before(v, source);
        uint256 commission = amount * registry.commissionOf(provers[v], source) / 10_000;
        _books[v].commissionIn += _books[v].deserted ? amount : commission;
        _fund(source, address(registry), amount);
        vm.prank(source);
        registry.addReward(provers[v], amount);
        _books[v].paidIn += amount;
        _after(b, Effect.None, "addReward");
    }

    function claimReward(uint256 vaultSeed, uint256 amount, uint256 bps) external counted("claimReward") {
        uint256 v = vaultSeed % 2;
        amount = _bound(amount, 0, MOST);
        uint256 commission = amount * _bound(bps, 0, registry.maxCommissionBps()) / 10_000;
        Before memory b = _before(v, _distributor);
        Books storage books = _books[v];
        books.commissionIn += books.deserted ? amount : commission;
        books.cumulative += amount;
        books.cumulativeCommission += commission;
        vm.prank(_distributor);
        (, uint256 paid,) =
            registry.creditCumulative(provers[v], books.cumulative, books.cumulativeCommission);
        assertEq(paid, amount, "a claim pays the difference");
        token.mint(address(vaults[v]), amount);
        books.paidIn += amount;
        _after(b, Effect.None, "claimReward");
    }

    function donate(uint256 actorSeed, uint256 vaultSeed, uint256 amount) external counted("donate") {
        uint256 v = vaultSeed % 2;
        address actor = _actor(actorSeed);
        amount = _bound(amount, 1, MOST);
        token.mint(actor, amount);
        Before memory b = _before(v, actor);
        vm.prank(actor);
        token.transfer(address(vaults[v]), amount);
        assertEq(vaults[v].totalAssets(), b.totalAssets, "a donation has a price");
        _books[v].donated += amount;
        _after(b, Effect.None, "donate");
    }

    // ---------------------------------------------------------------- shares

    function transfer(uint256 actorSeed, uint256 toSeed, uint256 vaultSeed, uint256 shares, bool pulled)
        external
        counted("transfer")
    {
        (address from, uint256 v) = _holder(actorSeed, vaultSeed);
        uint256 most = _spendable(v, from);
        if (most == 0) return;
        shares = _bound(shares, 0, most);
        address to = _actor(toSeed);
        ProverVault vault = vaults[v];
        Before memory b = _before(v, from);
        if (pulled) {
            vm.prank(from);
            vault.approve(to, shares);
            vm.prank(to);
            vault.transferFrom(from, to, shares);
        } else {
            vm.prank(from);
            vault.transfer(to, shares);
        }
        _after(b, Effect.None, "transfer");
    }

    // ---------------------------------------------------------------- out of a vault

    /// @param path 0: by the owner; 1: by an operator of the owner; 2: by an allowance; 3: by one into the owner's queue
    function requestRedeem(
        uint256 actorSeed,
        uint256 callerSeed,
        uint256 vaultSeed,
        uint256 shares,
        uint8 path
    ) external counted("requestRedeem") {
        (address owner, uint256 v) = _holder(actorSeed, vaultSeed);
        if (callerSeed % 4 != 0) _unpause();
        if (registry.pauseLevel() == PauseLevel.DepositsAndExits) return;
        ProverVault vault = vaults[v];
        shares = _bound(shares, 0, _spendable(v, owner));
        uint256 assets = vault.convertToAssets(shares);
        if (assets == 0) return;

        address caller = path % 4 == 0 ? owner : _actor(callerSeed);
        address controller = path % 4 == 3 ? owner : caller;
        if (path % 4 != 0) {
            vm.prank(owner);
            if (path % 4 == 1) vault.setOperator(caller, true);
            else vault.approve(caller, shares);
        }
        Before memory b = _before(v, controller);
        address treasury = registry.treasury();
        uint256 swept = token.balanceOf(treasury);
        vm.prank(caller);
        vault.requestRedeem(shares, controller, owner);
        if (path % 4 == 1) {
            vm.prank(owner);
            vault.setOperator(caller, false);
        }
        _books[v].paidOut += token.balanceOf(treasury) - swept;
        _bookRequest(b, controller, shares, assets);
        _after(b, Effect.Exit, "requestRedeem");
    }

    function _bookRequest(Before memory b, address controller, uint256 shares, uint256 assets) private {
        (uint256 poolAssets, uint256 poolShares,) = vaults[b.v].unbondingState();
        assertEq(poolAssets - b.poolAssets, assets, "an exit's price");
        _exits[b.v][controller].push(Exit(shares, poolShares - b.poolShares, block.timestamp, b.generation));
        ++_books[b.v].roundings;
    }

    function redeem(uint256 actorSeed, uint256 vaultSeed, uint256 shares) external counted("redeem") {
        (address controller, uint256 v) = _leaver(actorSeed, vaultSeed);
        ProverVault vault = vaults[v];
        uint256 most = vault.maxRedeem(controller);
        if (most == 0) return;
        shares = shares % 4 == 0 ? most : _bound(shares, 1, most);
        Before memory b = _before(v, controller);
        uint256 expected = _expectedClaim(b, controller, shares);
        vm.prank(controller);
        assertEq(vault.redeem(shares, controller, controller), expected, "a claim's worth");
        _bookClaim(v, controller, shares, expected);
        _after(b, Effect.Exit, "redeem");
    }

    /// @dev By whoever; what is due goes to its controller.
    function claimDue(uint256 actorSeed, uint256 vaultSeed, uint256 callerSeed) external counted("claimDue") {
        (address controller, uint256 v) = _leaver(actorSeed, vaultSeed);
        uint256 shares = vaults[v].maxRedeem(controller);
        if (shares == 0) return;
        Before memory b = _before(v, controller);
        uint256 expected = _expectedClaim(b, controller, shares);
        uint256 held = token.balanceOf(controller);
        vm.prank(_actor(callerSeed));
        assertEq(vaults[v].claimDue(controller), expected, "a due exit's worth");
        assertEq(token.balanceOf(controller) - held, expected, "what is due goes elsewhere");
        _bookClaim(v, controller, shares, expected);
        _after(b, Effect.Exit, "claimDue");
    }

    function _expectedClaim(Before memory b, address controller, uint256 shares)
        private
        view
        returns (uint256)
    {
        uint256 poolShares = expectedPoolShares(b.v, controller, shares);
        return b.poolShares == 0 ? 0 : poolShares * b.poolAssets / b.poolShares;
    }

    function _bookClaim(uint256 v, address controller, uint256 shares, uint256 assets) private {
        _note(_spansGenerations(v, controller, shares), "a claim across generations");
        _claimed[v][controller] += shares;
        _books[v].paidOut += assets;
        // One for each generation that a claim may span.
        _books[v].roundings += 5;
    }

    function withdraw(uint256 actorSeed, uint256 vaultSeed, uint256 assets) external counted("withdraw") {
        (address controller, uint256 v) = _leaver(actorSeed, vaultSeed);
        ProverVault vault = vaults[v];
        uint256 most = vault.maxWithdraw(controller);
        if (most == 0) return;
        assets = assets % 4 == 0 ? most : _bound(assets, 1, most);
        Before memory b = _before(v, controller);
        (,, uint256 owed) = vault.rewardState();
        uint256 held = token.balanceOf(controller);
        vm.prank(controller);
        uint256 shares = vault.withdraw(assets, controller, controller);
        assertEq(token.balanceOf(controller) - held, assets, "a withdrawal pays what it is asked");
        (,, uint256 owedAfter) = vault.rewardState();
        uint256 fewer = _expectedClaim(b, controller, shares - 1);
        assertLt(fewer, assets, "a withdrawal takes more shares than it needs");
        _bookClaim(v, controller, shares, assets);
        _books[v].commissionIn += owedAfter - owed;
        _after(b, Effect.Exit, "withdraw");
    }

    function claimCommission(uint256 vaultSeed) external counted("claimCommission") {
        uint256 v = vaultSeed % 2;
        Before memory b = _before(v, provers[v]);
        uint256 amount = registry.claimCommission(provers[v]);
        _books[v].commissionOut += amount;
        _books[v].paidOut += amount;
        _after(b, Effect.None, "claimCommission");
    }

    // ---------------------------------------------------------------- collateral

    function lock(uint256 marketSeed, uint256 vaultSeed, uint256 amount, uint256 until)
        external
        counted("lock")
    {
        uint256 v = _eligible(vaultSeed);
        address market = _lockingMarket(marketSeed);
        if (!registry.isEligible(provers[v], 1)) return;
        Before memory b = _before(v, market);
        uint256 free = registry.freeCollateral(provers[v]);
        amount = _bound(amount, 1, free / 4 + 1);
        until = _bound(until, block.timestamp, block.timestamp + registry.unbondingDelay());
        vm.prank(market);
        assertEq(registry.lock(provers[v], amount, until), free - amount, "free collateral after a lock");
        _after(b, Effect.None, "lock");
    }

    function unlock(uint256 marketSeed, uint256 vaultSeed, uint256 amount) external counted("unlock") {
        (uint256 v, address market, uint256 locked) = _locked(marketSeed, vaultSeed);
        if (locked == 0) return;
        Before memory b = _before(v, market);
        vm.prank(market);
        registry.unlock(provers[v], _bound(amount, 1, locked));
        _after(b, Effect.None, "unlock");
    }

    function slash(uint256 marketSeed, uint256 vaultSeed, uint256 amount) external counted("slash") {
        (uint256 v, address market, uint256 locked) = _locked(marketSeed, vaultSeed);
        (, uint256 until) = registry.lockedBy(market, provers[v]);
        if (locked == 0 || until < block.timestamp) return;
        _slash(v, market, _bound(amount, 1, amount % 3 == 0 && locked > 10 ? 10 : locked), until, "slash");
    }

    /// @dev Locks all that is free and slashes a part of it; rarely nearly or exactly all, because a vault
    /// slashed so is not worth much afterwards.
    function lockAndSlash(uint256 marketSeed, uint256 vaultSeed, uint256 left)
        external
        counted("lockAndSlash")
    {
        uint256 v = _eligible(vaultSeed);
        address market = _lockingMarket(marketSeed);
        uint256 free = registry.freeCollateral(provers[v]);
        if (free == 0 || !registry.isEligible(provers[v], free)) return;
        if (left % 8 != 0) left = free - free / 10;
        else left = left % 3 == 0 ? 0 : _bound(left, 0, free / 1000);
        vm.prank(market);
        registry.lock(provers[v], free, block.timestamp);
        _slash(v, market, free - left, block.timestamp, "lockAndSlash");
        vm.prank(market);
        registry.unlock(provers[v], left);
    }

    /// @dev Fills the vault by rewards and slashes all of it, up to three times: what is in the unbonding pool
    /// meanwhile loses nearly all of its price.
    function grind(uint256 marketSeed, uint256 vaultSeed, uint256 times) external counted("grind") {
        uint256 v = _eligible(vaultSeed);
        address market = _lockingMarket(marketSeed);
        times = _bound(times, 1, 3);
        for (uint256 i; i < times; ++i) {
            if (_books[v].deserted) return;
            _refill(v);
            // Now and then all of it is still vesting.
            if (marketSeed % 4 != 0) skip(registry.vestingPeriod());
            bool everything = i == 0 && marketSeed % 3 == 0 && _clearPool(v);
            uint256 free = registry.freeCollateral(provers[v]);
            if (free == 0 || !registry.isEligible(provers[v], free)) {
                ++successesOf["grind"];
                return;
            }
            vm.prank(market);
            registry.lock(provers[v], free, block.timestamp);
            // What leaves after the lock is all that the pool holds: nothing stays of it.
            if (everything) _stakersLeave(v);
            _slash(v, market, free, block.timestamp, "grind");
            if (i != 0) --successesOf["grind"];
        }
    }

    /// @dev The prover goes, and all but a few shares with it.
    function abandon(uint256 vaultSeed, uint256 kept) external counted("abandon") {
        uint256 v = vaultSeed % 2;
        _unpause();
        _free(v);
        _deactivate(v);
        kept = _bound(kept, 0, 99);
        Before memory b = _before(v, address(this));
        for (uint256 i; i < actors.length; ++i) {
            uint256 shares = vaults[v].balanceOf(actors[i]);
            if (shares <= kept || vaults[v].convertToAssets(shares - kept) == 0) continue;
            _leave(v, actors[i], shares - kept);
        }
        ++successesOf["abandon"];
        _noteStates(b, Effect.Exit);
    }

    function _deactivate(uint256 v) private {
        if (_stateOf(v) != ProverState.Active) return;
        for (uint256 i; i < 2; ++i) {
            (uint256 locked,) = registry.lockedBy(markets[i], provers[v]);
            vm.prank(markets[i]);
            registry.unlock(provers[v], locked);
        }
        vm.prank(provers[v]);
        registry.deactivate();
    }

    function _leave(uint256 v, address owner, uint256 shares) private {
        ProverVault vault = vaults[v];
        Before memory b = _before(v, owner);
        uint256 assets = vault.convertToAssets(shares);
        uint256 swept = token.balanceOf(registry.treasury());
        vm.prank(owner);
        vault.requestRedeem(shares, owner, owner);
        _books[v].paidOut += token.balanceOf(registry.treasury()) - swept;
        _bookRequest(b, owner, shares, assets);
        _turnPage(v);
        _noteDesertion(v, b.supply);
    }

    function _slash(uint256 v, address market, uint256 amount, uint256 until, string memory action) private {
        Before memory b = _before(v, market);
        uint256[] memory worth = _worths(v);
        address treasury = registry.treasury();
        uint256 held = token.balanceOf(treasury);
        (uint256 active,) = vaults[v].stakeState();
        uint256 all = active + b.poolAssets;
        vm.prank(market);
        uint256 slashed = registry.slash(provers[v], amount, until);
        assertEq(slashed, amount < all ? amount : all, "a slash takes exactly what it is asked");
        assertEq(token.balanceOf(treasury) - held, slashed, "more than was asked is taken");
        _books[v].paidOut += slashed;
        _after(b, Effect.Slash, action);
        (uint256 poolAssets,,) = vaults[v].unbondingState();
        uint256[] memory left = _worths(v);
        for (uint256 i; i < left.length; ++i) {
            if (b.poolAssets == 0) break;
            uint256 part = worth[i] * poolAssets / b.poolAssets;
            assertLe(left[i], part + 1, "an exit loses less than its part");
            // A wei for each generation that the queue may span, and one for the part itself.
            assertGe(left[i] + 6, part, "an exit loses more than its part");
        }
    }

    /// @dev What each actor's exits are worth, due or not.
    function _worths(uint256 v) private view returns (uint256[] memory worths) {
        (uint256 poolAssets, uint256 poolShares,) = vaults[v].unbondingState();
        worths = new uint256[](actors.length);
        for (uint256 i; i < actors.length && poolShares != 0; ++i) {
            (uint256 total,) = expectedShares(v, actors[i]);
            worths[i] = expectedPoolShares(v, actors[i], total) * poolAssets / poolShares;
        }
    }

    // ---------------------------------------------------------------- provers, owner, guardian

    function setCommission(uint256 vaultSeed, uint256 sourceSeed, uint256 bps)
        external
        counted("setCommission")
    {
        uint256 v = vaultSeed % 2;
        address source = sourceSeed % 2 == 0 ? address(0) : markets[sourceSeed / 2 % 2];
        Before memory b = _before(v, provers[v]);
        uint256 rate = registry.commissionOf(provers[v], source);
        bps = _bound(bps, 0, registry.maxCommissionBps());
        vm.prank(provers[v]);
        registry.setCommission(source, bps);
        assertEq(registry.commissionOf(provers[v], source), bps < rate ? bps : rate, "a rate rose at once");
        _after(b, Effect.None, "setCommission");
    }

    function removeCommission(uint256 vaultSeed, uint256 sourceSeed) external counted("removeCommission") {
        uint256 v = vaultSeed % 2;
        address source = markets[sourceSeed % 2];
        CommissionEntry memory entry = registry.commissionEntry(provers[v], source);
        vm.startPrank(provers[v]);
        if (entry.bps == registry.NO_OVERRIDE() && entry.nextAt == 0) registry.setCommission(source, 0);
        vm.stopPrank();
        Before memory b = _before(v, provers[v]);
        uint256 rate = registry.commissionOf(provers[v], source);
        vm.prank(provers[v]);
        registry.removeCommission(source);
        assertLe(registry.commissionOf(provers[v], source), rate, "a rate rose at once");
        _after(b, Effect.None, "removeCommission");
    }

    function leaveOrReturn(uint256 vaultSeed, uint256 assets) external counted("leaveOrReturn") {
        uint256 v = vaultSeed % 2;
        address prover = provers[v];
        ProverVault vault = vaults[v];
        Before memory b = _before(v, prover);
        ProverState state = _stateOf(v);
        if (state == ProverState.Jailed) {
            _free(v);
        } else if (state == ProverState.Active) {
            _deactivate(v);
        } else {
            _unpause();
            // What is seeded counts in full, whatever vests.
            uint256 needed = registry.minSelfStake();
            uint256 least = b.selfStake < needed ? needed - b.selfStake : 0;
            assets = assets % 2 == 0 ? least : _bound(assets, least, 2 * needed);
            if (!_mayActivate(b, assets)) return;
            _activate(v, assets);
        }
        _after(b, Effect.None, "leaveOrReturn");
    }

    function jailOrFree(uint256 vaultSeed) external counted("jailOrFree") {
        uint256 v = vaultSeed % 2;
        Before memory b = _before(v, registry.guardian());
        if (_stateOf(v) == ProverState.Jailed) {
            _free(v);
        } else {
            vm.prank(registry.guardian());
            registry.jail(provers[v]);
        }
        _after(b, Effect.None, "jailOrFree");
    }

    function pauseOrUnpause() external counted("pauseOrUnpause") {
        Before memory b = _before(0, registry.guardian());
        if (registry.paused()) {
            _unpause();
        } else {
            vm.prank(registry.guardian());
            registry.pause();
        }
        _after(b, Effect.None, "pauseOrUnpause");
    }

    function listOrDelist(uint256 marketSeed) external counted("listOrDelist") {
        uint256 i = marketSeed % 2;
        Before memory b = _before(0, registry.owner());
        vm.prank(registry.owner());
        if (_listed[i]) registry.delistMarket(markets[i]);
        else registry.listMarket(markets[i]);
        _listed[i] = !_listed[i];
        _after(b, Effect.None, "listOrDelist");
    }

    function changeRoles(uint256 which) external counted("changeRoles") {
        address next = makeAddr(vm.toString(++_names));
        Before memory b = _before(0, next);
        vm.startPrank(registry.owner());
        if (which % 3 == 0) registry.setTreasury(next);
        else if (which % 3 == 1) registry.setGuardian(next);
        else registry.transferOwnership(next);
        vm.stopPrank();
        if (which % 3 == 2) {
            vm.prank(next);
            registry.acceptOwnership();
        }
        _after(b, Effect.None, "changeRoles");
    }

    function passTime(uint256 time) external counted("passTime") {
        Before memory b = _before(0, address(this));
        time = _bound(time, 1, time % 4 == 0 ? 8 days : 1 days);
        skip(time);
        ++successesOf["passTime"];
        assertGe(vaults[0].totalAssets(), b.totalAssets, "time costs");
    }

    /// @dev Whether nothing is left of the unbonding pool, once everybody is paid.
    function _clearPool(uint256 v) private returns (bool) {
        skip(registry.unbondingDelay() + 1);
        for (uint256 i; i < actors.length; ++i) {
            uint256 shares = vaults[v].maxRedeem(actors[i]);
            if (shares == 0) continue;
            _bookClaim(v, actors[i], shares, vaults[v].claimDue(actors[i]));
        }
        (, uint256 poolShares,) = vaults[v].unbondingState();
        return poolShares == 0;
    }

    function _stakersLeave(uint256 v) private {
        if (registry.pauseLevel() == PauseLevel.DepositsAndExits) return;
        for (uint256 i; i < actors.length; ++i) {
            uint256 shares = vaults[v].balanceOf(actors[i]);
            if (actors[i] == provers[v] || vaults[v].convertToAssets(shares) == 0) continue;
            _leave(v, actors[i], shares);
        }
    }

    function _refill(uint256 v) private {
        _fund(address(this), address(registry), MOST);
        uint256 commission = MOST * registry.commissionOf(provers[v], address(this)) / 10_000;
        registry.addReward(provers[v], MOST);
        _books[v].commissionIn += commission;
        _books[v].paidIn += MOST;
        _turnPage(v);
    }

    /// @dev Opens a vault for deposits again, whatever it went through.
    function _revive(uint256 v) private {
        _unpause();
        _free(v);
        Before memory b = _before(v, address(this));
        if ((b.supply + 1) * MAX_ASSETS_PER_SHARE < b.active + 1) {
            _deactivate(v);
            for (uint256 i; i < actors.length; ++i) {
                uint256 shares = vaults[v].balanceOf(actors[i]);
                if (vaults[v].convertToAssets(shares) != 0) _leave(v, actors[i], shares);
            }
        } else if ((b.active + 1) * MAX_SHARES_PER_ASSET < b.supply + 1 && !_books[v].deserted) {
            _refill(v);
        }
        b = _before(v, address(this));
        if (_stateOf(v) == ProverState.Inactive && !_isBroken(b)) {
            uint256 needed = registry.minSelfStake();
            uint256 assets = b.selfStake < needed ? needed - b.selfStake : 0;
            if (!_mayActivate(b, assets)) return;
            _activate(v, assets);
            _turnPage(v);
            _noteDesertion(v, b.supply);
        }
    }

    function _activate(uint256 v, uint256 assets) private {
        _fund(provers[v], address(registry), assets);
        vm.prank(provers[v]);
        registry.activate(assets);
        _books[v].paidIn += assets;
        _note(true, "back from Inactive");
    }

    /// @dev Whether what `assets` buy is a share at least, and fits under the cap on shares: near the lowest price that
    /// deposits are taken at, the minimum self-stake alone may exceed it.
    function _mayActivate(Before memory b, uint256 assets) private returns (bool) {
        if (assets == 0) return true;
        if (_isBroken(b)) return false;
        uint256 shares = vaults[b.v].convertToShares(assets);
        if (shares == 0) return false;
        if (b.supply + shares <= type(uint96).max) return true;
        _fund(provers[b.v], address(registry), assets);
        vm.prank(provers[b.v]);
        vm.expectRevert(IProverVault.CapExceeded.selector);
        registry.activate(assets);
        return false;
    }

    function _isBroken(Before memory b) private pure returns (bool) {
        return (b.active + 1) * MAX_SHARES_PER_ASSET < b.supply + 1
            || (b.supply + 1) * MAX_ASSETS_PER_SHARE < b.active + 1;
    }

    // ---------------------------------------------------------------- choices

    function _actor(uint256 seed) private view returns (address) {
        return actors[seed % actors.length];
    }

    /// @dev Mostly lifts what keeps a vault closed, and looks for one that is open.
    function _actorAndOpenVault(uint256 actorSeed, uint256 vaultSeed) private returns (address, uint256 v) {
        v = vaultSeed % 2;
        if (actorSeed % 4 != 0) _revive(v);
        if (vaults[v].maxDeposit(address(this)) == 0) v = 1 - v;
        return (_actor(actorSeed / 4), v);
    }

    /// @dev Somebody who can spend shares, if there is anybody.
    function _holder(uint256 actorSeed, uint256 vaultSeed) private view returns (address actor, uint256 v) {
        for (uint256 i; i < 2; ++i) {
            v = (vaultSeed % 2 + i) % 2;
            for (uint256 j; j < actors.length; ++j) {
                actor = actors[(actorSeed % actors.length + j) % actors.length];
                if (_spendable(v, actor) != 0) return (actor, v);
            }
        }
    }

    /// @dev Somebody whose exit has matured, if there is anybody.
    function _leaver(uint256 actorSeed, uint256 vaultSeed) private returns (address controller, uint256 v) {
        for (uint256 turn; turn < 2; ++turn) {
            for (uint256 i; i < 2; ++i) {
                v = (vaultSeed % 2 + i) % 2;
                for (uint256 j; j < actors.length; ++j) {
                    controller = actors[(actorSeed % actors.length + j) % actors.length];
                    if (vaults[v].maxWithdraw(controller) != 0) return (controller, v);
                }
            }
            // Nobody: wait until somebody has.
            if (turn == 0) skip(registry.unbondingDelay() / 2 + 1);
        }
    }

    /// @dev The shares of `actor` that the self-stake rule lets go, less one for the roundings.
    function _spendable(uint256 v, address actor) private view returns (uint256 shares) {
        ProverVault vault = vaults[v];
        shares = vault.balanceOf(actor);
        ProverState state = _stateOf(v);
        if (actor != provers[v] || state == ProverState.Inactive) return shares;
        uint256 kept = vault.convertToShares(registry.minSelfStake()) + 2;
        return shares > kept && vault.convertToAssets(kept) >= registry.minSelfStake() ? shares - kept : 0;
    }

    function _eligible(uint256 vaultSeed) private returns (uint256 v) {
        v = vaultSeed % 2;
        if (vaultSeed % 4 != 0) _revive(v);
        if (!registry.isEligible(provers[v], 1)) v = 1 - v;
        if (registry.isEligible(provers[v], 1)) return v;
        // After a slash the prover tops its own stake up.
        _unpause();
        _free(v);
        uint256 most = vaults[v].maxDeposit(provers[v]);
        uint256 assets = 2 * registry.minSelfStake();
        if (most < assets || vaults[v].convertToShares(assets) == 0) return v;
        _fund(provers[v], address(vaults[v]), assets);
        uint256 supply = vaults[v].totalSupply();
        vm.prank(provers[v]);
        vaults[v].deposit(assets, provers[v]);
        _books[v].paidIn += assets;
        _turnPage(v);
        _noteDesertion(v, supply);
    }

    /// @dev A market that may lock; if none may, one is listed and its delay waited out.
    function _lockingMarket(uint256 seed) private returns (address) {
        for (uint256 i; i < 2; ++i) {
            uint256 from = registry.marketListing(markets[(seed % 2 + i) % 2]).lockFrom;
            if (from != 0 && from <= block.timestamp) return markets[(seed % 2 + i) % 2];
        }
        if (!_listed[seed % 2]) {
            vm.prank(registry.owner());
            registry.listMarket(markets[seed % 2]);
            _listed[seed % 2] = true;
        }
        vm.warp(registry.marketListing(markets[seed % 2]).lockFrom);
        return markets[seed % 2];
    }

    /// @dev A market and a prover with a lock; if there is none, one is made.
    function _locked(uint256 marketSeed, uint256 vaultSeed)
        private
        returns (uint256 v, address market, uint256 amount)
    {
        for (uint256 i; i < 4; ++i) {
            (v, market) = ((vaultSeed % 2 + i) % 2, markets[(marketSeed % 2 + i / 2) % 2]);
            uint256 until;
            (amount, until) = registry.lockedBy(market, provers[v]);
            if (amount != 0 && until >= block.timestamp) return (v, market, amount);
        }
        v = _eligible(vaultSeed);
        market = _lockingMarket(marketSeed);
        if (!registry.isEligible(provers[v], 1)) return (v, market, 0);
        uint256 free = registry.freeCollateral(provers[v]);
        uint256 last = block.timestamp + registry.unbondingDelay();
        vm.prank(market);
        registry.lock(provers[v], free / 2 + 1, last);
        (amount,) = registry.lockedBy(market, provers[v]);
    }

    function _unpause() private {
        if (!registry.paused()) return;
        vm.prank(registry.owner());
        registry.unpause();
    }

    function _free(uint256 v) private {
        if (_stateOf(v) != ProverState.Jailed) return;
        vm.prank(registry.owner());
        registry.unjail(provers[v]);
    }

    function _fund(address account, address spender, uint256 amount) private {
        token.mint(account, amount);
        vm.prank(account);
        token.approve(spender, amount);
    }
}

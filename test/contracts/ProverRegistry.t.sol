// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ShortToken} from "./helpers/OddTokens.sol";
import {SystemFixture} from "./helpers/SystemFixture.sol";
import {ProverRegistry} from "contracts/ProverRegistry.sol";
import {
    IProverRegistry,
    MarketListing,
    PauseLevel,
    ProverRecord,
    ProverState,
    RegistryConfig
} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {IVaultFactory} from "contracts/interfaces/IVaultFactory.sol";
import {Owned} from "solmate/src/auth/Owned.sol";
import {ERC4626} from "solmate/src/tokens/ERC4626.sol";

/// @notice Construction, the prover's lifecycle, and the roles.
contract ProverRegistryTest is SystemFixture {
    // ---------------------------------------------------------------- construction

    /// @dev By hand: `vm.expectRevert` before `new` would end the test there under dynamic test linking.
    function _assertRefused(RegistryConfig memory config, bytes memory reason) private {
        bytes memory code =
            abi.encodePacked(vm.getCode("ProverRegistry.sol:ProverRegistry"), abi.encode(config));
        address created;
        bytes memory returned;
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            returned := mload(0x40)
            mstore(returned, returndatasize())
            returndatacopy(add(returned, 0x20), 0, returndatasize())
            mstore(0x40, add(add(returned, 0x20), and(add(returndatasize(), 0x1f), not(0x1f))))
        }
        assertEq(created, address(0), "created");
        assertEq(returned, reason, "reason");
    }

    function _assertInvalid(RegistryConfig memory config, bytes32 name) private {
        _assertRefused(config, abi.encodeWithSelector(IProverRegistry.InvalidParameter.selector, name));
    }

    function test_constructor_reverts_on_a_zero_address() public {
        for (uint256 i; i < 6; i++) {
            RegistryConfig memory config = _registryConfig();
            if (i == 0) config.token = address(0);
            if (i == 1) config.owner = address(0);
            if (i == 2) config.guardian = address(0);
            if (i == 3) config.treasury = address(0);
            if (i == 4) config.distributor = address(0);
            if (i == 5) config.market = address(0);
            _assertRefused(config, abi.encodeWithSelector(IProverRegistry.ZeroAddress.selector));
        }
    }

    function test_constructor_reverts_on_a_token_without_code_or_18_decimals() public {
        RegistryConfig memory config = _registryConfig();
        config.token = makeAddr("no code");
        _assertInvalid(config, "token");
        config.token = address(new ShortToken());
        _assertInvalid(config, "token");
    }

    function test_the_bounds_are_what_they_are_documented_to_be() public view {
        assertEq(registry.MIN_UNBONDING_DELAY(), 1 hours);
        assertEq(registry.MAX_UNBONDING_DELAY(), 60 days);
        assertEq(registry.MIN_VESTING_PERIOD(), 1 hours);
        assertEq(registry.MAX_VESTING_PERIOD(), 60 days);
        assertEq(registry.MIN_MIN_SELF_STAKE(), 1e15);
        assertEq(registry.MAX_MIN_SELF_STAKE(), 1e27);
        assertEq(registry.MAX_COMMISSION_BPS(), 10_000);
        assertEq(registry.MAX_COMMISSION_NOTICE(), 365 days);
        assertEq(registry.MAX_EXIT_PAUSE(), 7 days);
        assertEq(registry.NO_OVERRIDE(), type(uint16).max);
    }

    function test_constructor_reverts_outside_each_bound() public {
        RegistryConfig memory config = _registryConfig();
        config.unbondingDelay = registry.MIN_UNBONDING_DELAY() - 1;
        _assertInvalid(config, "unbondingDelay");
        config.unbondingDelay = registry.MAX_UNBONDING_DELAY() + 1;
        _assertInvalid(config, "unbondingDelay");

        config = _registryConfig();
        config.vestingPeriod = registry.MIN_VESTING_PERIOD() - 1;
        _assertInvalid(config, "vestingPeriod");
        config.vestingPeriod = registry.MAX_VESTING_PERIOD() + 1;
        _assertInvalid(config, "vestingPeriod");

        config = _registryConfig();
        config.minSelfStake = registry.MIN_MIN_SELF_STAKE() - 1;
        _assertInvalid(config, "minSelfStake");
        config.minSelfStake = registry.MAX_MIN_SELF_STAKE() + 1;
        _assertInvalid(config, "minSelfStake");

        config = _registryConfig();
        config.maxCommissionBps = registry.MAX_COMMISSION_BPS() + 1;
        _assertInvalid(config, "maxCommissionBps");

        config = _registryConfig();
        config.commissionNotice = registry.MAX_COMMISSION_NOTICE() + 1;
        _assertInvalid(config, "commissionNotice");
    }

    function test_constructor_accepts_the_bounds_themselves() public {
        RegistryConfig memory config = _registryConfig();
        config.unbondingDelay = 1 hours;
        config.vestingPeriod = 1 hours;
        config.minSelfStake = 1e15;
        config.maxCommissionBps = 0;
        config.commissionNotice = 0;
        assertEq(new ProverRegistry(config).minSelfStake(), 1e15);
        config.unbondingDelay = 60 days;
        config.vestingPeriod = 60 days;
        config.minSelfStake = 1e27;
        config.maxCommissionBps = 10_000;
        config.commissionNotice = 365 days;
        assertEq(new ProverRegistry(config).minSelfStake(), 1e27);
    }

    function testFuzz_constructor_accepts_everything_within_the_bounds(
        uint256 unbondingDelay,
        uint256 vestingPeriod,
        uint256 minSelfStake,
        uint256 maxCommissionBps,
        uint256 commissionNotice
    ) public {
        RegistryConfig memory config = _registryConfig();
        config.unbondingDelay = bound(unbondingDelay, 1 hours, 60 days);
        config.vestingPeriod = bound(vestingPeriod, 1 hours, 60 days);
        config.minSelfStake = bound(minSelfStake, 1e15, 1e27);
        config.maxCommissionBps = bound(maxCommissionBps, 0, 10_000);
        config.commissionNotice = bound(commissionNotice, 0, 365 days);

        vm.expectEmit();
        emit Owned.OwnershipTransferred(address(0), owner);
        vm.expectEmit();
        emit IProverRegistry.GuardianChanged(guardian);
        vm.expectEmit();
        emit IProverRegistry.TreasuryChanged(treasury);
        vm.expectEmit();
        emit IProverRegistry.MarketListed(market, block.timestamp);
        ProverRegistry built = new ProverRegistry(config);

        assertEq(built.token(), address(token));
        assertEq(built.owner(), owner);
        assertEq(built.guardian(), guardian);
        assertEq(built.treasury(), treasury);
        assertEq(built.distributor(), distributor);
        assertEq(built.unbondingDelay(), config.unbondingDelay);
        assertEq(built.vestingPeriod(), config.vestingPeriod);
        assertEq(built.minSelfStake(), config.minSelfStake);
        assertEq(built.maxCommissionBps(), config.maxCommissionBps);
        assertEq(built.commissionNotice(), config.commissionNotice);
        assertEq(built.pendingOwner(), address(0));
        assertFalse(built.paused());
        assertEq(built.proverCount(), 0);
        MarketListing memory listing = built.marketListing(market);
        assertTrue(listing.known);
        assertEq(listing.lockFrom, block.timestamp);
        assertEq(built.vaultOf(prover), IVaultFactory(built.factory()).vaultOf(prover));
    }

    // ---------------------------------------------------------------- register

    function test_register_reverts_when_paused() public {
        vm.prank(guardian);
        registry.pause();
        vm.expectRevert(IProverRegistry.Paused.selector);
        vm.prank(prover);
        registry.register(MIN_SELF_STAKE, 0, address(0));
    }

    function test_register_reverts_a_second_time_in_every_state() public {
        _register(prover, MIN_SELF_STAKE, 0);
        _fund(prover, address(registry), MIN_SELF_STAKE);
        for (uint256 i; i < 3; i++) {
            if (i == 1) {
                vm.prank(prover);
                registry.deactivate();
            }
            if (i == 2) {
                vm.prank(guardian);
                registry.jail(prover);
            }
            vm.expectRevert(IProverRegistry.AlreadyRegistered.selector);
            vm.prank(prover);
            registry.register(MIN_SELF_STAKE, 0, address(0));
        }
    }

    function testFuzz_register_reverts_below_the_least_self_stake(uint256 selfStake) public {
        selfStake = bound(selfStake, 0, MIN_SELF_STAKE - 1);
        vm.expectRevert(IProverRegistry.InsufficientSelfStake.selector);
        vm.prank(prover);
        registry.register(selfStake, 0, address(0));
    }

    function testFuzz_register_reverts_above_the_highest_commission(uint256 bps) public {
        bps = bound(bps, MAX_COMMISSION_BPS + 1, type(uint256).max);
        vm.expectRevert(IProverRegistry.CommissionTooHigh.selector);
        vm.prank(prover);
        registry.register(MIN_SELF_STAKE, bps, address(0));
    }

    function test_register_reverts_without_the_tokens() public {
        vm.expectRevert("TRANSFER_FROM_FAILED");
        vm.prank(prover);
        registry.register(MIN_SELF_STAKE, 0, address(0));
        assertEq(registry.proverCount(), 0);
    }

    function testFuzz_register_makes_an_active_prover_with_a_seeded_vault(
        address account,
        uint256 selfStake,
        uint256 bps,
        address payout,
        uint256 donation
    ) public {
        vm.assume(account != address(0) && account != address(registry));
        selfStake = bound(selfStake, MIN_SELF_STAKE, 2 ** 95 - 1);
        bps = bound(bps, 0, MAX_COMMISSION_BPS);
        address expectedPayout = payout == address(0) ? account : payout;
        address vault = registry.vaultOf(account);
        vm.assume(account != vault);
        // Tokens sent to the vault before it exists change nothing.
        donation = bound(donation, 0, 1e30);
        token.mint(vault, donation);

        _fund(account, address(registry), selfStake);
        _expectRegistration(account, bps, expectedPayout);
        bytes32 rollingHash =
            keccak256(abi.encode(bytes32(0), uint256(1), address(0), bps, block.timestamp, block.timestamp));
        vm.expectEmit(address(registry));
        emit IProverRegistry.CommissionChanged(
            account, address(0), bps, block.timestamp, block.timestamp, 1, rollingHash
        );
        vm.prank(account);
        address returned = registry.register(selfStake, bps, payout);

        assertEq(returned, vault);
        assertEq(registry.proverCount(), 1);
        assertEq(registry.proverAt(0), account);
        ProverRecord memory record = registry.proverRecord(account);
        assertEq(uint256(record.state), uint256(ProverState.Active));
        assertEq(uint256(record.jailedFrom), uint256(ProverState.None));
        assertEq(record.vault, vault);
        assertEq(record.payout, expectedPayout);
        assertEq(record.registeredAt, block.timestamp);
        assertEq(record.claimed + record.claimedCommission + record.locked, 0);
        assertEq(record.commissionSequence, 1);
        assertEq(record.commissionHash, rollingHash);
        assertEq(registry.commissionOf(account, distributor), bps);
        assertEq(token.balanceOf(vault), selfStake + donation);
        assertEq(IProverVault(vault).prover(), account);
        (uint256 active, uint256 own) = IProverVault(vault).collateral();
        assertEq(active, selfStake);
        assertEq(own, selfStake);
        assertEq(registry.freeCollateral(account), selfStake);
        assertTrue(registry.isEligible(account, selfStake));
        assertFalse(registry.isEligible(account, selfStake + 1));
    }

    function test_provers_are_listed_in_order_of_registration() public {
        _register(prover, MIN_SELF_STAKE, 0);
        _register(staker, MIN_SELF_STAKE, 0);
        assertEq(registry.proverCount(), 2);
        assertEq(registry.proverAt(0), prover);
        assertEq(registry.proverAt(1), staker);
        vm.expectRevert(IProverRegistry.ProverUnknown.selector);
        registry.proverAt(2);
        assertTrue(registry.vaultOf(prover) != registry.vaultOf(staker));
    }

    function testFuzz_registrations_are_folded_into_one_word(address[5] memory accounts, uint256 late)
        public
    {
        uint224 rollingHash = 0;
        uint256 sequence = 0;
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[i];
            if (account == address(0) || account == address(registry)) continue;
            if (registry.proverRecord(account).registeredAt != 0) continue;
            skip(bound(late, 0, 30 days));
            _register(account, MIN_SELF_STAKE, i);
            rollingHash = _registration(rollingHash, ++sequence, account, i, account);
            (uint256 count, uint224 stored) = registry.registrations();
            assertEq(count, sequence);
            assertEq(stored, rollingHash);
            assertEq(registry.proverCount(), sequence);
            assertEq(registry.proverAt(sequence - 1), account);
        }
    }

    /// @dev The events of the first registration.
    function _expectRegistration(address account, uint256 bps, address payout) private {
        uint224 rollingHash = _registration(0, 1, account, bps, payout);
        address vault = registry.vaultOf(account);
        vm.expectEmit(address(registry));
        emit IProverRegistry.ProverRegistered(account, vault, bps, payout, block.timestamp, 1, rollingHash);
        vm.expectEmit(address(registry));
        emit IProverRegistry.ProverStateChanged(account, ProverState.Active);
    }

    /// @dev One step of the rolling hash, written from its description.
    function _registration(uint224 before, uint256 sequence, address account, uint256 bps, address payout)
        private
        view
        returns (uint224)
    {
        return uint224(
            uint256(
                keccak256(
                    abi.encode(
                        uint256(before),
                        sequence,
                        account,
                        registry.vaultOf(account),
                        bps,
                        payout,
                        block.timestamp
                    )
                )
            )
        );
    }

    // ---------------------------------------------------------------- deactivate and activate

    function test_deactivate_reverts_for_a_stranger() public {
        vm.expectRevert(IProverRegistry.ProverUnknown.selector);
        vm.prank(stranger);
        registry.deactivate();
    }

    function test_deactivate_reverts_unless_active() public {
        _register(prover, MIN_SELF_STAKE, 0);
        vm.startPrank(prover);
        registry.deactivate();
        vm.expectRevert(IProverRegistry.ProverNotActive.selector);
        registry.deactivate();
        vm.stopPrank();
        vm.prank(guardian);
        registry.jail(prover);
        vm.expectRevert(IProverRegistry.ProverNotActive.selector);
        vm.prank(prover);
        registry.deactivate();
    }

    function testFuzz_deactivate_reverts_while_anything_is_locked(uint256 amount) public {
        _register(prover, MIN_SELF_STAKE, 0);
        amount = bound(amount, 1, MIN_SELF_STAKE);
        _lock(prover, amount, block.timestamp + 1);
        vm.expectRevert(IProverRegistry.OpenLocks.selector);
        vm.prank(prover);
        registry.deactivate();

        // Whatever time has passed: only its market releases a lock.
        skip(365 days);
        vm.expectRevert(IProverRegistry.OpenLocks.selector);
        vm.prank(prover);
        registry.deactivate();

        _unlock(prover, amount);
        vm.prank(prover);
        registry.deactivate();
    }

    function testFuzz_deactivate_ends_eligibility_also_when_paused(uint256 stake, bool pausing) public {
        _register(prover, MIN_SELF_STAKE, 0);
        stake = bound(stake, 1, 1e27);
        _stake(staker, prover, stake);
        if (pausing) {
            vm.prank(guardian);
            registry.pause();
        }
        vm.expectEmit(address(registry));
        emit IProverRegistry.ProverStateChanged(prover, ProverState.Inactive);
        vm.prank(prover);
        registry.deactivate();

        (ProverState state, PauseLevel level) = registry.status(prover);
        assertEq(uint256(state), uint256(ProverState.Inactive));
        assertEq(uint256(level), uint256(pausing ? PauseLevel.DepositsAndExits : PauseLevel.None));
        assertFalse(registry.isEligible(prover, 0));
        assertEq(registry.freeCollateral(prover), MIN_SELF_STAKE + stake);
    }

    function test_activate_reverts_when_paused() public {
        _register(prover, MIN_SELF_STAKE, 0);
        vm.prank(prover);
        registry.deactivate();
        vm.prank(guardian);
        registry.pause();
        vm.expectRevert(IProverRegistry.Paused.selector);
        vm.prank(prover);
        registry.activate(0);
    }

    function test_activate_reverts_unless_inactive() public {
        vm.expectRevert(IProverRegistry.ProverUnknown.selector);
        vm.prank(stranger);
        registry.activate(0);

        _register(prover, MIN_SELF_STAKE, 0);
        vm.expectRevert(IProverRegistry.ProverNotInactive.selector);
        vm.prank(prover);
        registry.activate(0);

        vm.prank(guardian);
        registry.jail(prover);
        vm.expectRevert(IProverRegistry.ProverNotInactive.selector);
        vm.prank(prover);
        registry.activate(0);
    }

    function testFuzz_activate_takes_exactly_the_deposit_that_restores_the_least_self_stake(
        uint256 taken,
        uint256 deposit
    ) public {
        IProverVault vault = _register(prover, MIN_SELF_STAKE, 0);
        taken = bound(taken, 1, MIN_SELF_STAKE / 2);
        _lockAndSlash(prover, taken);
        vm.prank(prover);
        registry.deactivate();
        (, uint256 own) = vault.collateral();

        // At the slashed price a deposit may be worth a few wei less than it brings.
        deposit = bound(deposit, 0, 2 * MIN_SELF_STAKE);
        _fund(prover, address(registry), deposit);
        if (own + deposit < MIN_SELF_STAKE) {
            vm.expectRevert(IProverRegistry.InsufficientSelfStake.selector);
            vm.prank(prover);
            registry.activate(deposit);
            return;
        }
        vm.assume(own + deposit >= MIN_SELF_STAKE + 2);
        vm.expectEmit(address(registry));
        emit IProverRegistry.ProverStateChanged(prover, ProverState.Active);
        vm.prank(prover);
        registry.activate(deposit);

        assertEq(_activeAssets(prover), MIN_SELF_STAKE - taken + deposit);
        assertEq(token.balanceOf(address(vault)), MIN_SELF_STAKE - taken + deposit);
        (, uint256 ownAfter) = vault.collateral();
        assertApproxEqAbs(ownAfter, own + deposit, 2);
        assertTrue(registry.isEligible(prover, 0));
    }

    function testFuzz_activate_counts_what_it_seeds_in_full_while_rewards_vest(uint256 reward, uint256 wait)
        public
    {
        IProverVault vault = _register(prover, MIN_SELF_STAKE, 0);
        _stake(staker, prover, MIN_SELF_STAKE);
        _lockAndSlash(prover, MIN_SELF_STAKE);
        _reward(stranger, prover, bound(reward, 1 ether, 4000 ether));
        vm.prank(prover);
        registry.deactivate();
        skip(bound(wait, 0, VESTING_PERIOD / 10));
        (, uint256 own) = vault.collateral();
        uint256 missing = MIN_SELF_STAKE - own;
        _fund(prover, address(registry), missing);
        vm.prank(prover);
        vm.expectRevert(IProverRegistry.InsufficientSelfStake.selector);
        registry.activate(missing - 1);
        vm.prank(prover);
        registry.activate(missing);
        assertEq(uint256(registry.proverRecord(prover).state), uint256(ProverState.Active));
        (, own) = vault.collateral();
        assertLt(own, MIN_SELF_STAKE, "a part of it vests with the rest");
        assertFalse(registry.isEligible(prover, 0));
        skip(VESTING_PERIOD);
        assertTrue(registry.isEligible(prover, 0));
    }

    function test_activate_reverts_when_nothing_restores_the_self_stake() public {
        _register(prover, MIN_SELF_STAKE, 0);
        _lockAndSlash(prover, 1);
        vm.startPrank(prover);
        registry.deactivate();
        vm.expectRevert(IProverRegistry.InsufficientSelfStake.selector);
        registry.activate(0);
        vm.stopPrank();
    }

    function test_activate_needs_no_deposit_when_enough_is_left() public {
        _register(prover, MIN_SELF_STAKE, 0);
        vm.startPrank(prover);
        registry.deactivate();
        registry.activate(0);
        vm.stopPrank();
        assertTrue(registry.isEligible(prover, MIN_SELF_STAKE));
    }

    // ---------------------------------------------------------------- payout

    function test_setPayout_reverts_for_a_stranger_and_for_zero() public {
        vm.expectRevert(IProverRegistry.ProverUnknown.selector);
        vm.prank(stranger);
        registry.setPayout(stranger);
        _register(prover, MIN_SELF_STAKE, 0);
        vm.expectRevert(IProverRegistry.ZeroAddress.selector);
        vm.prank(prover);
        registry.setPayout(address(0));
    }

    function testFuzz_setPayout_changes_the_callers_payout(address payout) public {
        vm.assume(payout != address(0));
        _register(prover, MIN_SELF_STAKE, 0);
        _register(staker, MIN_SELF_STAKE, 0);
        vm.expectEmit(address(registry));
        emit IProverRegistry.PayoutChanged(prover, payout);
        vm.prank(prover);
        registry.setPayout(payout);
        assertEq(registry.proverRecord(prover).payout, payout);
        assertEq(registry.proverRecord(staker).payout, staker);
    }

    // ---------------------------------------------------------------- jail

    function testFuzz_jail_reverts_unless_called_by_the_guardian(address caller) public {
        vm.assume(caller != guardian);
        _register(prover, MIN_SELF_STAKE, 0);
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        vm.prank(caller);
        registry.jail(prover);
    }

    function test_jail_reverts_for_unknown_and_for_jailed_provers() public {
        vm.startPrank(guardian);
        vm.expectRevert(IProverRegistry.ProverUnknown.selector);
        registry.jail(prover);
        vm.stopPrank();
        _register(prover, MIN_SELF_STAKE, 0);
        vm.startPrank(guardian);
        registry.jail(prover);
        vm.expectRevert(IProverRegistry.ProverNotActive.selector);
        registry.jail(prover);
        vm.stopPrank();
    }

    function testFuzz_unjail_reverts_unless_called_by_the_owner(address caller) public {
        vm.assume(caller != owner);
        _register(prover, MIN_SELF_STAKE, 0);
        vm.prank(guardian);
        registry.jail(prover);
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        vm.prank(caller);
        registry.unjail(prover);
    }

    function test_unjail_reverts_unless_jailed() public {
        vm.expectRevert(IProverRegistry.ProverUnknown.selector);
        vm.prank(owner);
        registry.unjail(prover);
        _register(prover, MIN_SELF_STAKE, 0);
        vm.expectRevert(IProverRegistry.ProverNotJailed.selector);
        vm.prank(owner);
        registry.unjail(prover);
    }

    function testFuzz_jail_ends_eligibility_and_unjail_restores_the_former_state(bool inactive) public {
        _register(prover, MIN_SELF_STAKE, 0);
        if (inactive) {
            vm.prank(prover);
            registry.deactivate();
        }
        ProverState former = inactive ? ProverState.Inactive : ProverState.Active;

        vm.expectEmit(address(registry));
        emit IProverRegistry.ProverStateChanged(prover, ProverState.Jailed);
        vm.prank(guardian);
        registry.jail(prover);
        ProverRecord memory record = registry.proverRecord(prover);
        assertEq(uint256(record.state), uint256(ProverState.Jailed));
        assertEq(uint256(record.jailedFrom), uint256(former));
        assertFalse(registry.isEligible(prover, 0));

        vm.expectEmit(address(registry));
        emit IProverRegistry.ProverStateChanged(prover, former);
        vm.prank(owner);
        registry.unjail(prover);
        record = registry.proverRecord(prover);
        assertEq(uint256(record.state), uint256(former));
        assertEq(uint256(record.jailedFrom), uint256(ProverState.None));
        assertEq(registry.isEligible(prover, 0), !inactive);
    }

    // ---------------------------------------------------------------- roles

    function testFuzz_transferOwnership_reverts_unless_called_by_the_owner(address caller) public {
        vm.assume(caller != owner);
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        vm.prank(caller);
        registry.transferOwnership(caller);
    }

    function testFuzz_acceptOwnership_reverts_unless_called_by_the_pending_owner(address caller) public {
        vm.assume(caller != stranger);
        vm.prank(owner);
        registry.transferOwnership(stranger);
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        vm.prank(caller);
        registry.acceptOwnership();
    }

    function testFuzz_ownership_moves_in_two_steps(address next) public {
        vm.assume(next != owner && next != address(0));
        vm.expectEmit(address(registry));
        emit IProverRegistry.OwnershipTransferStarted(owner, next);
        vm.prank(owner);
        registry.transferOwnership(next);
        assertEq(registry.owner(), owner);
        assertEq(registry.pendingOwner(), next);

        vm.expectEmit(address(registry));
        emit Owned.OwnershipTransferred(owner, next);
        vm.prank(next);
        registry.acceptOwnership();
        assertEq(registry.owner(), next);
        assertEq(registry.pendingOwner(), address(0));

        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        vm.prank(owner);
        registry.unpause();
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        vm.prank(next);
        registry.acceptOwnership();
    }

    function test_an_offer_of_ownership_can_be_withdrawn() public {
        vm.startPrank(owner);
        registry.transferOwnership(stranger);
        registry.transferOwnership(address(0));
        vm.stopPrank();
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        vm.prank(stranger);
        registry.acceptOwnership();
    }

    function testFuzz_setGuardian_and_setTreasury_revert_unless_called_by_the_owner(address caller) public {
        vm.assume(caller != owner);
        vm.startPrank(caller);
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        registry.setGuardian(caller);
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        registry.setTreasury(caller);
        vm.stopPrank();
    }

    function test_setGuardian_and_setTreasury_revert_on_zero() public {
        vm.startPrank(owner);
        vm.expectRevert(IProverRegistry.ZeroAddress.selector);
        registry.setGuardian(address(0));
        vm.expectRevert(IProverRegistry.ZeroAddress.selector);
        registry.setTreasury(address(0));
        vm.stopPrank();
    }

    function testFuzz_a_new_guardian_acts_at_once_and_the_old_one_no_more(address next) public {
        vm.assume(next != guardian && next != address(0));
        vm.prank(guardian);
        registry.pause();
        vm.expectEmit(address(registry));
        emit IProverRegistry.GuardianChanged(next);
        vm.prank(owner);
        registry.setGuardian(next);
        assertEq(registry.guardian(), next);
        // Flag and end of the pause share the guardian's slot and must survive the handover.
        assertTrue(registry.paused());
        assertEq(registry.exitPauseEnd(), block.timestamp + registry.MAX_EXIT_PAUSE());

        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        vm.prank(guardian);
        registry.pause();
        vm.prank(next);
        registry.pause();
    }

    function testFuzz_a_new_treasury_receives_the_next_slash(address next) public {
        _register(prover, 2 * MIN_SELF_STAKE, 0);
        _lockAndSlash(prover, 10 ether);
        vm.assume(next != address(0) && next != treasury && next != registry.vaultOf(prover));
        vm.expectEmit(address(registry));
        emit IProverRegistry.TreasuryChanged(next);
        vm.prank(owner);
        registry.setTreasury(next);
        assertEq(registry.treasury(), next);
        assertEq(registry.guardian(), guardian);
        _lock(prover, 7 ether, block.timestamp);
        _slash(prover, 7 ether, block.timestamp);
        assertEq(token.balanceOf(treasury), 10 ether);
        assertEq(token.balanceOf(next), 7 ether);
    }

    function test_the_guardian_can_do_nothing_that_is_the_owners() public {
        vm.startPrank(guardian);
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        registry.listMarket(stranger);
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        registry.unpause();
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        registry.unjail(prover);
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        registry.setTreasury(guardian);
        vm.expectRevert(IProverRegistry.Unauthorized.selector);
        registry.creditCumulative(prover, 1, 0);
        vm.stopPrank();
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {AdapterFixture} from "./helpers/AdapterFixture.sol";
import {BlocklistToken, FalseToken, FeeToken, HookToken, ShortToken} from "./helpers/OddTokens.sol";
import {NetworkController, NetworkVault} from "./helpers/ProverNetDouble.sol";
import {TestToken} from "./helpers/TestToken.sol";
import {RewardDistributor} from "contracts/RewardDistributor.sol";
import {ProverNetAdapter} from "contracts/adapters/ProverNetAdapter.sol";
import {AdapterAccount, AdapterConfig, IProverNetAdapter} from "contracts/interfaces/IProverNetAdapter.sol";
import {ProverRecord, ProverState} from "contracts/interfaces/IProverRegistry.sol";
import {
    ClaimParams,
    DistributorConfig,
    IRewardDistributor
} from "contracts/interfaces/IRewardDistributor.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";

contract ProverNetAdapterTest is AdapterFixture {
    uint256 internal constant AMOUNT = 600 ether;
    uint256 internal constant COMMISSION = 30 ether;

    NetworkVault internal vault;

    function setUp() public override {
        super.setUp();
        vault = _join(prover, SELF_STAKE);
    }

    function _creditTo(address account, uint256 cumulative, uint256 commission)
        internal
        returns (address, uint256, uint256)
    {
        vm.prank(distributor);
        return adapter.creditCumulative(account, cumulative, commission);
    }

    /// @dev Booked, and the tokens here, as after a claim.
    function _book(address account, uint256 cumulative, uint256 commission) internal {
        (, uint256 amount,) = _creditTo(account, cumulative, commission);
        token.mint(address(adapter), amount);
    }

    function _expectPaid(address account, address to, uint256 toProver, uint256 toVault) internal {
        vm.expectEmit(address(adapter));
        emit IProverNetAdapter.Paid(account, to, toProver, toVault);
    }

    // ---------------------------------------------------------------- construction

    function test_constructor_answers_what_a_distributor_asks() public view {
        assertEq(adapter.stakingController(), address(network));
        assertEq(adapter.distributor(), address(rewards));
        assertEq(adapter.token(), address(token));
        assertEq(adapter.owner(), owner);
        assertEq(adapter.pendingOwner(), address(0));
        assertEq(adapter.guardian(), guardian);
        assertEq(adapter.registry(), address(adapter));
        assertEq(adapter.clockStart(), CLOCK_START);
        assertEq(adapter.epochLength(), EPOCH);
        assertEq(adapter.commissionNotice(), 365 days);
        assertEq(rewards.registry(), address(adapter));
        assertEq(rewards.market(), address(adapter));
        assertEq(rewards.token(), address(token));
        assertEq(rewards.clockStart(), CLOCK_START);
        assertEq(rewards.epochLength(), EPOCH);
    }

    function test_constructor_names_its_roles_in_events() public {
        AdapterConfig memory config = _adapterConfig();
        vm.expectEmit();
        emit IProverNetAdapter.OwnershipTransferred(address(0), owner);
        vm.expectEmit();
        emit IProverNetAdapter.GuardianChanged(guardian);
        new ProverNetAdapter(config);
    }

    function test_constructor_refuses_nobody_in_a_role() public {
        AdapterConfig memory config = _adapterConfig();
        config.owner = address(0);
        _expectRefusal(IProverNetAdapter.ZeroAddress.selector);
        new ProverNetAdapter(config);
        config = _adapterConfig();
        config.distributor = address(0);
        _expectRefusal(IProverNetAdapter.ZeroAddress.selector);
        new ProverNetAdapter(config);
        config = _adapterConfig();
        config.guardian = address(0);
        _expectRefusal(IProverNetAdapter.ZeroAddress.selector);
        new ProverNetAdapter(config);
    }

    function test_constructor_refuses_a_controller_without_code_and_an_odd_token() public {
        AdapterConfig memory config = _adapterConfig();
        config.stakingController = stranger;
        _expectInvalid("stakingController");
        new ProverNetAdapter(config);
        config.stakingController = address(new NetworkController(ERC20(stranger)));
        _expectInvalid("token");
        new ProverNetAdapter(config);
        config.stakingController = address(new NetworkController(new ShortToken()));
        _expectInvalid("token");
        new ProverNetAdapter(config);
    }

    function test_constructor_bounds_the_epoch_length() public {
        AdapterConfig memory config = _adapterConfig();
        config.clockStart = block.timestamp;
        config.epochLength = 1 hours - 1;
        _expectInvalid("epochLength");
        new ProverNetAdapter(config);
        config.epochLength = 90 days + 1;
        _expectInvalid("epochLength");
        new ProverNetAdapter(config);
        config.epochLength = 1 hours;
        assertEq(new ProverNetAdapter(config).epochLength(), 1 hours);
        config.epochLength = 90 days;
        assertEq(new ProverNetAdapter(config).epochLength(), 90 days);
    }

    function test_constructor_wants_epoch_0_to_run() public {
        AdapterConfig memory config = _adapterConfig();
        config.clockStart = block.timestamp + 1;
        _expectInvalid("clockStart");
        new ProverNetAdapter(config);
        config.clockStart = block.timestamp - EPOCH;
        _expectInvalid("clockStart");
        new ProverNetAdapter(config);
        config.clockStart = block.timestamp - EPOCH + 1;
        assertEq(new ProverNetAdapter(config).clockStart(), block.timestamp - EPOCH + 1);
        config.clockStart = block.timestamp;
        assertEq(new ProverNetAdapter(config).clockStart(), block.timestamp);
    }

    function test_a_distributor_elsewhere_is_refused_and_the_longest_window_accepted() public {
        DistributorConfig memory config = _adapterDistributorConfig();
        _expectInvalid("registry");
        new RewardDistributor(config);
        vm.prank(owner);
        rewards.setChallengeWindow(EPOCH / 4);
    }

    // ---------------------------------------------------------------- roles

    function testFuzz_only_the_owner_hands_over_and_names_a_guardian(address caller) public {
        vm.assume(caller != owner);
        vm.startPrank(caller);
        _expectRefusal(IProverNetAdapter.Unauthorized.selector);
        adapter.transferOwnership(caller);
        _expectRefusal(IProverNetAdapter.Unauthorized.selector);
        adapter.setGuardian(caller);
    }

    function test_ownership_moves_in_two_steps_and_the_distributor_follows() public {
        vm.expectEmit(address(adapter));
        emit IProverNetAdapter.OwnershipTransferStarted(owner, stranger);
        vm.prank(owner);
        adapter.transferOwnership(stranger);
        assertEq(adapter.owner(), owner);
        assertEq(adapter.pendingOwner(), stranger);
        vm.prank(owner);
        _expectRefusal(IProverNetAdapter.Unauthorized.selector);
        adapter.acceptOwnership();
        vm.expectEmit(address(adapter));
        emit IProverNetAdapter.OwnershipTransferred(owner, stranger);
        vm.prank(stranger);
        adapter.acceptOwnership();
        assertEq(adapter.owner(), stranger);
        assertEq(adapter.pendingOwner(), address(0));
        vm.prank(owner);
        _expectRefusal(IRewardDistributor.Unauthorized.selector);
        rewards.setPublisher(owner);
        vm.prank(stranger);
        rewards.setPublisher(stranger);
    }

    function test_an_offer_is_withdrawn_and_nobody_accepts_none() public {
        vm.startPrank(owner);
        adapter.transferOwnership(stranger);
        adapter.transferOwnership(address(0));
        vm.stopPrank();
        vm.prank(stranger);
        _expectRefusal(IProverNetAdapter.Unauthorized.selector);
        adapter.acceptOwnership();
    }

    function test_a_new_guardian_may_veto_and_nobody_is_none() public {
        vm.startPrank(owner);
        _expectRefusal(IProverNetAdapter.ZeroAddress.selector);
        adapter.setGuardian(address(0));
        vm.expectEmit(address(adapter));
        emit IProverNetAdapter.GuardianChanged(stranger);
        adapter.setGuardian(stranger);
        vm.stopPrank();
        _end(0);
        _post(0, bytes32(uint256(1)), 0);
        _veto(stranger, 0, 1, bytes32(uint256(1)));
        assertTrue(rewards.latestPost().vetoed);
    }

    // ---------------------------------------------------------------- creditCumulative

    function testFuzz_creditCumulative_reverts_unless_called_by_the_distributor(address caller) public {
        vm.assume(caller != distributor);
        vm.prank(caller);
        _expectRefusal(IProverNetAdapter.Unauthorized.selector);
        adapter.creditCumulative(prover, 1, 0);
    }

    function testFuzz_creditCumulative_books_the_differences(
        uint256 first,
        uint256 more,
        uint256 part,
        uint256 morePart
    ) public {
        first = bound(first, 1, 2 ** 95);
        more = bound(more, 1, 2 ** 95 - 1);
        part = bound(part, 0, first);
        morePart = bound(morePart, 0, more);
        (address to, uint256 amount, uint256 commission) = _creditTo(prover, first, part);
        assertEq(to, address(adapter));
        assertEq(amount, first);
        assertEq(commission, part);
        (to, amount, commission) = _creditTo(prover, first + more, part + morePart);
        assertEq(to, address(adapter));
        assertEq(amount, more);
        assertEq(commission, morePart);

        AdapterAccount memory a = adapter.account(prover);
        assertEq(a.vault, address(vault));
        assertEq(a.claimed, first + more);
        assertEq(a.claimedCommission, part + morePart);
        assertEq(a.paid, 0);
        assertEq(a.paidCommission, 0);
        ProverRecord memory record = adapter.proverRecord(prover);
        assertEq(record.vault, address(vault));
        assertEq(record.payout, prover);
        assertEq(record.claimed, first + more);
        assertEq(record.claimedCommission, part + morePart);
        assertTrue(record.state == ProverState.None);
    }

    function test_creditCumulative_pays_nothing_twice_and_says_so() public {
        _creditTo(prover, AMOUNT, COMMISSION);
        (address to, uint256 amount, uint256 commission) = _creditTo(prover, AMOUNT, COMMISSION);
        assertEq(to, address(adapter));
        assertEq(amount, 0);
        assertEq(commission, 0);
        (to, amount, commission) = _creditTo(prover, AMOUNT, 0);
        assertEq(amount, 0);
        assertEq(commission, 0);
        assertEq(adapter.account(prover).claimedCommission, COMMISSION);
    }

    function test_creditCumulative_of_nothing_remembers_nothing() public {
        (address to, uint256 amount,) = _creditTo(prover, 0, 0);
        assertEq(to, address(adapter));
        assertEq(amount, 0);
        assertEq(adapter.account(prover).vault, address(0));
    }

    function test_creditCumulative_reverts_when_the_amount_decreases() public {
        _creditTo(prover, AMOUNT, 0);
        _expectRefusal(IProverNetAdapter.CumulativeDecreased.selector);
        _creditTo(prover, AMOUNT - 1, 0);
    }

    function test_creditCumulative_reverts_on_more_commission_than_the_difference() public {
        _expectRefusal(IProverNetAdapter.ExcessiveCommission.selector);
        _creditTo(prover, 10, 11);
        _expectRefusal(IProverNetAdapter.ExcessiveCommission.selector);
        _creditTo(prover, 0, 1);
        _creditTo(prover, 10, 10);
        _expectRefusal(IProverNetAdapter.ExcessiveCommission.selector);
        _creditTo(prover, 15, 16);
        _expectRefusal(IProverNetAdapter.ExcessiveCommission.selector);
        _creditTo(prover, 10, 11);
    }

    function test_creditCumulative_pays_without_commission_until_the_leaves_have_caught_up() public {
        _creditTo(prover, 100, 50);
        (, uint256 amount, uint256 commission) = _creditTo(prover, 120, 40);
        assertEq(amount, 20);
        assertEq(commission, 0);
        (, amount, commission) = _creditTo(prover, 140, 55);
        assertEq(amount, 20);
        assertEq(commission, 5);
    }

    function test_creditCumulative_reverts_beyond_96_bits() public {
        vm.expectRevert();
        _creditTo(prover, 2 ** 96, 0);
        vm.expectRevert();
        _creditTo(prover, 2 ** 96, 2 ** 96);
        (, uint256 amount, uint256 commission) = _creditTo(prover, 2 ** 96 - 1, 2 ** 96 - 1);
        assertEq(amount, 2 ** 96 - 1);
        assertEq(commission, 2 ** 96 - 1);
    }

    function test_creditCumulative_asks_for_a_vault_until_there_is_one_and_never_again() public {
        _book(stranger, 1 ether, 0);
        assertEq(adapter.account(stranger).vault, address(0));
        NetworkVault later = _join(stranger, SELF_STAKE);
        _book(stranger, 2 ether, 0);
        assertEq(adapter.account(stranger).vault, address(later));
        network.setBroken(true);
        _book(stranger, 3 ether, 0);
        vm.prank(distributor);
        vm.expectRevert("broken");
        adapter.creditCumulative(prover, 1, 0);
        assertEq(adapter.account(prover).claimed, 0);
    }

    // ---------------------------------------------------------------- pay

    function testFuzz_pay_sends_the_commission_to_the_prover_and_the_rest_to_the_vault(
        address caller,
        uint256 amount,
        uint256 commission
    ) public {
        amount = bound(amount, 1, 2 ** 95);
        commission = bound(commission, 0, amount);
        _book(prover, amount, commission);
        _expectPaid(prover, address(vault), commission, amount - commission);
        vm.prank(caller);
        assertEq(adapter.pay(prover), amount);
        assertEq(token.balanceOf(prover), commission);
        assertEq(vault.totalAssets(), SELF_STAKE + amount - commission);
        assertEq(token.balanceOf(address(adapter)), 0);
        AdapterAccount memory a = adapter.account(prover);
        assertEq(a.paid, amount);
        assertEq(a.paidCommission, commission);
    }

    function test_pay_pays_once_and_then_what_came_since() public {
        _book(prover, AMOUNT, COMMISSION);
        _book(prover, AMOUNT + 10, COMMISSION + 4);
        assertEq(adapter.pay(prover), AMOUNT + 10);
        vm.recordLogs();
        assertEq(adapter.pay(prover), 0);
        assertEq(vm.getRecordedLogs().length, 0);
        _book(prover, AMOUNT + 20, COMMISSION + 7);
        _expectPaid(prover, address(vault), 3, 7);
        assertEq(adapter.pay(prover), 10);
        assertEq(token.balanceOf(prover), COMMISSION + 7);
    }

    function test_pay_of_nothing_does_nothing() public {
        assertEq(adapter.pay(stranger), 0);
        assertEq(adapter.account(stranger).paid, 0);
    }

    function test_pay_works_in_every_state_of_the_network() public {
        uint256 due;
        for (uint256 i; i < 4; ++i) {
            if (i != 0) network.setState(prover, NetworkController.State(i));
            network.setPaused(i == 0);
            network.setBroken(i == 2);
            due += AMOUNT;
            // The vault is remembered from the first time on.
            _book(prover, due, 0);
            assertEq(adapter.pay(prover), AMOUNT);
            assertEq(vault.totalAssets(), SELF_STAKE + due);
        }
    }

    function test_pay_gives_a_retired_prover_everything_whose_vault_was_remembered() public {
        _book(prover, AMOUNT, COMMISSION);
        _retire(prover);
        _expectPaid(prover, address(vault), AMOUNT, 0);
        adapter.pay(prover);
        assertEq(token.balanceOf(prover), SELF_STAKE + AMOUNT);
        assertEq(token.balanceOf(address(vault)), 0);
    }

    function test_pay_gives_a_retired_prover_everything_whose_record_was_deleted_before_its_first_claim()
        public
    {
        _retire(prover);
        _book(prover, AMOUNT, COMMISSION);
        _expectPaid(prover, address(0), AMOUNT, 0);
        adapter.pay(prover);
        assertEq(token.balanceOf(prover), SELF_STAKE + AMOUNT);
    }

    function _retire(address account) internal {
        vm.startPrank(account);
        network.unstake(account, vault.balanceOf(account));
        network.retireProver(account);
        vm.stopPrank();
    }

    function test_pay_gives_the_prover_everything_where_the_vault_is_an_account_without_code() public {
        vm.mockCall(
            address(network),
            abi.encodeCall(network.getProverVault, (prover)),
            abi.encode(makeAddr("no contract"))
        );
        _book(prover, AMOUNT, COMMISSION);
        adapter.pay(prover);
        assertEq(token.balanceOf(prover), AMOUNT);
        assertEq(token.balanceOf(makeAddr("no contract")), 0);
    }

    function test_pay_sends_the_rest_to_a_vault_that_reverts_or_says_what_is_no_number() public {
        bytes memory question = abi.encodeWithSignature("totalSupply()");
        _book(prover, AMOUNT, COMMISSION);
        vm.mockCallRevert(address(vault), question, "paused");
        adapter.pay(prover);
        assertEq(vault.totalAssets(), SELF_STAKE + AMOUNT - COMMISSION);

        vm.clearMockedCalls();
        vm.mockCall(address(vault), question, new bytes(33));
        _book(prover, 2 * AMOUNT, 2 * COMMISSION);
        adapter.pay(prover);
        assertEq(vault.totalAssets(), SELF_STAKE + 2 * AMOUNT - 2 * COMMISSION);
        assertEq(token.balanceOf(prover), 2 * COMMISSION);
    }

    /// @dev Else anybody could have what belongs to a prover alone sent into a vault without shares.
    function test_pay_reverts_where_the_gas_does_not_suffice_for_the_vaults_answer() public {
        _book(prover, AMOUNT, COMMISSION);
        // Burns all gas that it is given.
        vm.etch(address(vault), hex"5b600056");
        _expectRefusal(IProverNetAdapter.InsufficientGas.selector);
        adapter.pay{gas: 2_000_000}(prover);
        assertEq(adapter.account(prover).paid, 0);
    }

    function test_pay_leaves_out_donations_and_is_not_stopped_by_them() public {
        token.mint(address(adapter), 7 ether);
        token.mint(address(vault), 9 ether);
        _book(prover, AMOUNT, COMMISSION);
        adapter.pay(prover);
        assertEq(token.balanceOf(address(adapter)), 7 ether);
        assertEq(vault.totalAssets(), SELF_STAKE + 9 ether + AMOUNT - COMMISSION);
        assertEq(adapter.pay(prover), 0);
    }

    function test_pay_can_pay_a_prover_that_is_its_own_vault() public {
        vm.mockCall(
            address(network), abi.encodeCall(network.getProverVault, (stranger)), abi.encode(stranger)
        );
        _book(stranger, AMOUNT, COMMISSION);
        vm.mockCall(stranger, abi.encodeWithSignature("totalSupply()"), abi.encode(1));
        adapter.pay(stranger);
        assertEq(token.balanceOf(stranger), AMOUNT);
    }

    // ---------------------------------------------------------------- with the distributor

    function test_a_claim_and_its_payment_take_the_leaf_from_budget_to_vault() public {
        _claimOne(0, prover, AMOUNT, COMMISSION);
        assertEq(token.balanceOf(address(adapter)), AMOUNT);
        assertEq(rewards.totalClaimed(), AMOUNT);
        adapter.pay(prover);
        assertEq(token.balanceOf(prover), COMMISSION);
        _claimOne(1, prover, AMOUNT + 100, COMMISSION + 5);
        adapter.pay(prover);
        assertEq(vault.totalAssets(), SELF_STAKE + AMOUNT + 100 - COMMISSION - 5);
        assertEq(token.balanceOf(address(adapter)), 0);
    }

    function test_a_leaf_of_too_much_commission_is_skipped_in_a_batch() public {
        Leaf[] memory leaves = new Leaf[](2);
        leaves[0] = Leaf(prover, AMOUNT, COMMISSION);
        leaves[1] = Leaf(stranger, 1 ether, 2 ether);
        _postActive(0, _root(leaves), AMOUNT + 1 ether);
        vm.expectEmit(address(rewards));
        emit IRewardDistributor.ClaimSkipped(stranger, IProverNetAdapter.ExcessiveCommission.selector);
        (uint256 claimed, uint256 paid) = adapter.claimAndPay(_batch(leaves, 2));
        assertEq(claimed, AMOUNT);
        assertEq(paid, AMOUNT);
    }

    function test_claimAndPay_claims_and_pays_all_in_one_transaction() public {
        NetworkVault other = _join(stranger, SELF_STAKE);
        Leaf[] memory leaves = new Leaf[](3);
        leaves[0] = Leaf(prover, AMOUNT, COMMISSION);
        leaves[1] = Leaf(stranger, 200 ether, 0);
        leaves[2] = Leaf(staker, 1 ether, 0.5 ether);
        _postActive(0, _root(leaves), AMOUNT + 201 ether);
        vm.prank(makeAddr("anybody"));
        (uint256 claimed, uint256 paid) = adapter.claimAndPay(_batch(leaves, 3));
        assertEq(claimed, AMOUNT + 201 ether);
        assertEq(paid, AMOUNT + 201 ether);
        assertEq(token.balanceOf(prover), COMMISSION);
        assertEq(vault.totalAssets(), SELF_STAKE + AMOUNT - COMMISSION);
        assertEq(other.totalAssets(), SELF_STAKE + 200 ether);
        // Never a prover of the network: nobody else has a part in it.
        assertEq(token.balanceOf(staker), 1 ether);
        assertEq(token.balanceOf(address(adapter)), 0);
    }

    function test_claimAndPay_pays_what_others_claimed_before() public {
        _claimOne(0, prover, AMOUNT, COMMISSION);
        ClaimParams[] memory claims = new ClaimParams[](1);
        claims[0] = ClaimParams(prover, AMOUNT, COMMISSION, new bytes32[](0));
        (uint256 claimed, uint256 paid) = adapter.claimAndPay(claims);
        assertEq(claimed, 0);
        assertEq(paid, AMOUNT);
    }

    function test_claimAndPay_is_no_way_to_skip_payments_for_lack_of_gas() public {
        Leaf[] memory leaves = _one(prover, AMOUNT, COMMISSION);
        _postActive(0, _root(leaves), AMOUNT);
        vm.etch(address(vault), hex"5b600056");
        ClaimParams[] memory claims = _batch(leaves, 1);
        _expectRefusal(IProverNetAdapter.InsufficientGas.selector);
        adapter.claimAndPay{gas: 3_000_000}(claims);
        assertEq(rewards.totalClaimed(), 0);
    }

    /// @dev As the prologue says: what it gains is its part by shares, and no more.
    function test_who_stakes_before_pay_has_its_part_of_it_and_no_more() public {
        _claimOne(0, prover, AMOUNT, COMMISSION);
        _fund(stranger, address(network), SELF_STAKE);
        vm.startPrank(stranger);
        uint256 shares = network.stake(prover, SELF_STAKE);
        adapter.pay(prover);
        uint256 left = network.unstake(prover, shares);
        vm.stopPrank();
        assertEq(left, SELF_STAKE + (AMOUNT - COMMISSION) / 2);
        assertEq(vault.totalAssets(), SELF_STAKE + (AMOUNT - COMMISSION) / 2);
    }
}

/// @notice Tokens that do not what they should.
abstract contract OddAdapterTest is AdapterFixture {
    NetworkVault internal vault;

    function setUp() public override {
        super.setUp();
        vault = _join(prover, SELF_STAKE);
    }
}

contract ProverNetAdapterFeeTokenTest is OddAdapterTest {
    function _deployToken() internal override returns (TestToken) {
        return new FeeToken();
    }

    function test_pay_reverts_while_the_token_takes_a_fee_and_pays_whole_afterwards() public {
        _claimOne(0, prover, 100 ether, 10 ether);
        FeeToken(address(token)).setCharging(true);
        _expectRefusal(IProverNetAdapter.TokenNotPlain.selector);
        adapter.pay(prover);
        FeeToken(address(token)).setCharging(false);
        assertEq(adapter.pay(prover), 100 ether);
    }

    function test_what_a_fee_took_on_the_way_here_is_not_taken_from_others() public {
        _join(stranger, SELF_STAKE);
        Leaf[] memory leaves = new Leaf[](2);
        leaves[0] = Leaf(prover, 100 ether, 10 ether);
        leaves[1] = Leaf(stranger, 100 ether, 10 ether);
        _postActive(0, _root(leaves), 200 ether);
        FeeToken(address(token)).setCharging(true);
        (uint256 claimed, uint256 paid) = adapter.claimAndPay(_batch(leaves, 2));
        assertEq(claimed, 200 ether);
        assertEq(paid, 0);
        assertEq(token.balanceOf(address(adapter)), 198 ether);
    }
}

contract ProverNetAdapterFalseTokenTest is OddAdapterTest {
    function _deployToken() internal override returns (TestToken) {
        return new FalseToken();
    }

    function test_pay_reverts_where_the_token_says_no() public {
        _claimOne(0, prover, 100 ether, 10 ether);
        FalseToken(address(token)).setFailing(true);
        vm.expectRevert("TRANSFER_FAILED");
        adapter.pay(prover);
        assertEq(adapter.account(prover).paid, 0);
    }
}

contract ProverNetAdapterBlocklistTokenTest is OddAdapterTest {
    function _deployToken() internal override returns (TestToken) {
        return new BlocklistToken();
    }

    function test_claimAndPay_skips_whom_the_token_blocks_and_pays_it_later() public {
        _join(stranger, SELF_STAKE);
        Leaf[] memory leaves = new Leaf[](2);
        leaves[0] = Leaf(prover, 100 ether, 10 ether);
        leaves[1] = Leaf(stranger, 50 ether, 5 ether);
        _postActive(0, _root(leaves), 150 ether);
        BlocklistToken(address(token)).setBlocked(prover, true);
        vm.expectEmit(address(adapter));
        // "TRANSFER_FAILED" comes as Error(string).
        emit IProverNetAdapter.PaymentSkipped(prover, 0x08c379a0);
        (uint256 claimed, uint256 paid) = adapter.claimAndPay(_batch(leaves, 2));
        assertEq(claimed, 150 ether);
        assertEq(paid, 50 ether);
        assertEq(adapter.account(prover).claimed, 100 ether);
        assertEq(adapter.account(prover).paid, 0);
        BlocklistToken(address(token)).setBlocked(prover, false);
        assertEq(adapter.pay(prover), 100 ether);
    }
}

contract ProverNetAdapterHookTokenTest is OddAdapterTest {
    function _deployToken() internal override returns (TestToken) {
        return new HookToken();
    }

    function _arm(address target, bytes memory payload) internal {
        HookToken(address(token)).arm(target, payload);
    }

    function test_pay_cannot_be_entered_again() public {
        _claimOne(0, prover, 100 ether, 10 ether);
        _arm(address(adapter), abi.encodeCall(adapter.pay, (prover)));
        adapter.pay(prover);
        HookToken hook = HookToken(address(token));
        assertTrue(hook.called());
        assertFalse(hook.succeeded());
        assertEq(hook.result(), abi.encodeWithSelector(IProverNetAdapter.Reentered.selector));
        assertEq(token.balanceOf(prover), 10 ether);
        assertEq(vault.totalAssets(), SELF_STAKE + 90 ether);
    }

    function test_pay_in_the_middle_of_a_claim_pays_nothing_that_has_not_come() public {
        Leaf[] memory leaves = _one(prover, 100 ether, 10 ether);
        _postActive(0, _root(leaves), 100 ether);
        // Booked already, and not here yet.
        _arm(address(adapter), abi.encodeCall(adapter.pay, (prover)));
        rewards.claim(prover, 100 ether, 10 ether, new bytes32[](0));
        assertTrue(HookToken(address(token)).called());
        assertFalse(HookToken(address(token)).succeeded());
        assertEq(adapter.account(prover).paid, 0);
        assertEq(adapter.pay(prover), 100 ether);
    }

    function test_a_claim_in_the_middle_of_a_payment_is_paid_by_the_next() public {
        Leaf[] memory leaves = _one(prover, 150 ether, 15 ether);
        _claimOne(0, prover, 100 ether, 10 ether);
        _postActive(1, _root(leaves), 150 ether);
        _arm(address(rewards), abi.encodeCall(rewards.claim, (prover, 150 ether, 15 ether, new bytes32[](0))));
        assertEq(adapter.pay(prover), 100 ether);
        assertTrue(HookToken(address(token)).succeeded());
        assertEq(adapter.pay(prover), 50 ether);
        assertEq(token.balanceOf(prover), 15 ether);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {NetworkController, NetworkVault} from "../helpers/ProverNetDouble.sol";
import {TestToken} from "../helpers/TestToken.sol";
import {ActionCount} from "./ActionCount.sol";
import {ProverNetAdapter} from "contracts/adapters/ProverNetAdapter.sol";
import {AdapterAccount, IProverNetAdapter} from "contracts/interfaces/IProverNetAdapter.sol";
import {Test} from "forge-std/Test.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";

/// @notice Everybody who touches the adapter, and the network under its feet, in any order: claims with leaves of any
/// commission, payments, provers that come, go and are jailed, stakers, donors, and vaults that do not answer.
contract AdapterHandler is Test, ActionCount {
    struct Books {
        uint256 claimed;
        uint256 claimedCommission;
        uint256 paid;
        /// @dev Received by `pay`.
        uint256 toProver;
        uint256 toVault;
        bool vaultFails;
    }

    ProverNetAdapter public immutable adapter;
    NetworkController public immutable network;
    TestToken public immutable token;
    address[] public provers;
    address public immutable whale = makeAddr("whale");
    uint256 public donated;
    mapping(address prover => Books) public booksOf;

    constructor(ProverNetAdapter adapter_) {
        adapter = adapter_;
        network = NetworkController(adapter_.stakingController());
        token = TestToken(adapter_.token());
    }

    function proverCount() external view returns (uint256) {
        return provers.length;
    }

    function stateNames() external pure returns (string[] memory names) {
        names = new string[](10);
        names[0] = "paid into a vault";
        names[1] = "paid beside a vault without shares";
        names[2] = "paid retired, with a vault that was remembered";
        names[3] = "paid retired before its first claim";
        names[4] = "paid into a vault that does not answer";
        names[5] = "paid jailed, the network paused";
        names[6] = "several claims paid at once";
        names[7] = "a leaf of less commission than was claimed";
        names[8] = "claimed from a controller that does not answer";
        names[9] = "a staker bought in before the payment";
    }

    // ---------------------------------------------------------------- actions

    function join(uint256 stake) external counted("join") {
        _join(_bound(stake, 1e18, 1e24));
        ++successesOf["join"];
    }

    function claim(uint256 seed, uint256 amount, uint256 part) external counted("claim") {
        address prover = _prover(seed);
        amount = _bound(amount, 1, 1e24);
        uint256 before = booksOf[prover].claimedCommission;
        bool lower = seed % 5 == 0 && before != 0;
        _claim(prover, amount, lower ? part % before : before + _bound(part, 0, amount));
        _note(lower, "a leaf of less commission than was claimed");
        ++successesOf["claim"];
    }

    function pay(uint256 seed) external counted("pay") {
        for (uint256 i; i < provers.length; ++i) {
            address prover = provers[(seed % provers.length + i) % provers.length];
            if (booksOf[prover].claimed == booksOf[prover].paid) continue;
            payOn(prover);
            break;
        }
        // Where nothing is due, nothing moves.
        if (provers.length != 0) assertEq(adapter.pay(_settled()), 0);
        ++successesOf["pay"];
    }

    /// @dev Who stakes with an Active prover right before it is paid, and leaves right after.
    function buyIn(uint256 seed, uint256 stake) external counted("buyIn") {
        address prover = _prover(seed);
        if (network.stateOf(prover) != NetworkController.State.Active) prover = _join(1e21);
        Books storage books = booksOf[prover];
        if (books.claimed == books.paid) _claim(prover, _bound(seed, 1, 1e24), books.claimedCommission);
        _setFailing(prover, false);
        network.setPaused(false);
        NetworkVault vault = network.everVaultOf(prover);
        stake = _bound(stake, 1e18, 1e24);
        token.mint(whale, stake);
        vm.startPrank(whale);
        token.approve(address(network), stake);
        uint256 shares = network.stake(prover, stake);
        vm.stopPrank();
        uint256 supply = vault.totalSupply();
        uint256 assets = vault.totalAssets();
        uint256 toVault = books.toVault;
        payOn(prover);
        toVault = booksOf[prover].toVault - toVault;
        vm.prank(whale);
        uint256 left = network.unstake(prover, shares);
        assertLe(left, (assets + toVault) * shares / supply, "more than the part of its shares");
        _note(left > stake, "a staker bought in before the payment");
        ++successesOf["buyIn"];
    }

    function leave(uint256 seed, bool retire) external counted("leave") {
        address prover = _prover(seed);
        if (network.stateOf(prover) == NetworkController.State.Null) prover = _join(1e21);
        NetworkVault vault = network.everVaultOf(prover);
        uint256 shares = vault.balanceOf(prover);
        _setFailing(prover, false);
        if (shares != 0) {
            vm.prank(prover);
            network.unstake(prover, shares);
        }
        if (retire) network.retireProver(prover);
        ++successesOf["leave"];
    }

    function changeState(uint256 seed, uint256 state) external counted("changeState") {
        address prover = _prover(seed);
        if (network.stateOf(prover) == NetworkController.State.Null) prover = _join(1e21);
        network.setState(prover, NetworkController.State(_bound(state, 1, 3)));
        ++successesOf["changeState"];
    }

    function changeNetwork(bool paused, bool broken) external counted("changeNetwork") {
        network.setPaused(paused);
        network.setBroken(broken);
        ++successesOf["changeNetwork"];
    }

    function breakVault(uint256 seed, bool fails) external counted("breakVault") {
        _setFailing(_prover(seed), fails);
        ++successesOf["breakVault"];
    }

    function donate(uint256 seed, uint256 amount) external counted("donate") {
        amount = _bound(amount, 1, 1e24);
        address prover = _prover(seed);
        if (seed % 2 == 0) {
            token.mint(address(adapter), amount);
            donated += amount;
        } else if (address(network.everVaultOf(prover)) != address(0)) {
            token.mint(address(network.everVaultOf(prover)), amount);
        }
        ++successesOf["donate"];
    }

    // ---------------------------------------------------------------- internal

    function _claim(address prover, uint256 amount, uint256 commission) private {
        Books storage books = booksOf[prover];
        if (network.broken() && adapter.account(prover).vault == address(0)) {
            vm.prank(adapter.distributor());
            vm.expectRevert("broken");
            adapter.creditCumulative(prover, books.claimed + amount, commission);
            _note(true, "claimed from a controller that does not answer");
            network.setBroken(false);
        }
        vm.prank(adapter.distributor());
        (address to, uint256 added, uint256 addedCommission) =
            adapter.creditCumulative(prover, books.claimed + amount, commission);
        assertEq(to, address(adapter));
        assertEq(added, amount);
        uint256 before = books.claimedCommission;
        assertEq(addedCommission, commission > before ? commission - before : 0);
        token.mint(to, added);
        _note(books.claimed != books.paid, "several claims paid at once");
        books.claimed += added;
        books.claimedCommission += addedCommission;
    }

    /// @dev Checks what a payment moves by the network's own records, whatever the adapter remembers.
    function payOn(address prover) public {
        Books storage books = booksOf[prover];
        AdapterAccount memory before = adapter.account(prover);
        NetworkVault vault = network.everVaultOf(prover);
        uint256 due = books.claimed - books.paid;
        uint256 commission = before.claimedCommission - before.paidCommission;
        bool staked = before.vault != address(0) && (books.vaultFails || vault.totalSupply() != 0);
        uint256 held = token.balanceOf(prover);
        uint256 vaultHeld = token.balanceOf(address(vault));
        assertEq(adapter.pay(prover), due, "what is due");
        uint256 toProver = token.balanceOf(prover) - held;
        uint256 toVault = token.balanceOf(address(vault)) - vaultHeld;
        assertEq(toProver, staked ? commission : due, "to the prover");
        assertEq(toVault, staked ? due - commission : 0, "to the vault");
        books.paid += due;
        books.toProver += toProver;
        books.toVault += toVault;

        _noteStates(prover, before.vault != address(0), staked, toVault != 0);
    }

    function _noteStates(address prover, bool known, bool staked, bool toVault) private {
        bool fails = booksOf[prover].vaultFails;
        bool retired = network.stateOf(prover) == NetworkController.State.Null;
        bool jailed = network.stateOf(prover) == NetworkController.State.Jailed;
        _note(toVault && !fails, "paid into a vault");
        _note(!retired && !staked && known, "paid beside a vault without shares");
        _note(retired && known, "paid retired, with a vault that was remembered");
        _note(retired && !known, "paid retired before its first claim");
        _note(toVault && fails, "paid into a vault that does not answer");
        _note(jailed && network.paused(), "paid jailed, the network paused");
    }

    function _join(uint256 stake) private returns (address prover) {
        prover = makeAddr(string.concat("prover ", vm.toString(provers.length)));
        provers.push(prover);
        network.setPaused(false);
        token.mint(prover, stake);
        vm.startPrank(prover);
        token.approve(address(network), stake);
        network.initializeProver(stake);
        vm.stopPrank();
    }

    /// @dev One of the latest eight: those before have had their time.
    function _prover(uint256 seed) private returns (address) {
        if (provers.length == 0) _join(1e21);
        uint256 from = provers.length > 8 ? provers.length - 8 : 0;
        return provers[from + seed % (provers.length - from)];
    }

    function _settled() private view returns (address prover) {
        for (uint256 i; i < provers.length; ++i) {
            if (booksOf[provers[i]].claimed == booksOf[provers[i]].paid) return provers[i];
        }
        return whale;
    }

    /// @dev All mocks are cleared at once, so that those of others are set anew.
    function _setFailing(address prover, bool fails) private {
        booksOf[prover].vaultFails = fails && address(network.everVaultOf(prover)) != address(0);
        vm.clearMockedCalls();
        for (uint256 i; i < provers.length; ++i) {
            if (!booksOf[provers[i]].vaultFails) continue;
            address vault = address(network.everVaultOf(provers[i]));
            vm.mockCallRevert(vault, abi.encodeWithSignature("totalSupply()"), "no answer");
        }
    }
}

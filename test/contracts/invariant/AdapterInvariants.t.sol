// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {AdapterFixture} from "../helpers/AdapterFixture.sol";
import {AdapterHandler} from "./AdapterHandler.sol";
import {AdapterAccount} from "contracts/interfaces/IProverNetAdapter.sol";

/// @notice What holds of the adapter, whatever the network under it does.
/// forge-config: default.invariant.runs = 6
/// forge-config: default.invariant.depth = 64
/// forge-config: deep.invariant.runs = 64
/// forge-config: deep.invariant.depth = 256
contract AdapterInvariantsTest is AdapterFixture {
    AdapterHandler internal handler;

    function setUp() public override {
        super.setUp();
        handler = new AdapterHandler(adapter);
        bytes4[] memory selectors = _selectors();
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), selectors));
    }

    function _selectors() private pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](9);
        selectors[0] = AdapterHandler.join.selector;
        selectors[1] = AdapterHandler.claim.selector;
        selectors[2] = AdapterHandler.pay.selector;
        selectors[3] = AdapterHandler.buyIn.selector;
        selectors[4] = AdapterHandler.leave.selector;
        selectors[5] = AdapterHandler.changeState.selector;
        selectors[6] = AdapterHandler.changeNetwork.selector;
        selectors[7] = AdapterHandler.breakVault.selector;
        selectors[8] = AdapterHandler.donate.selector;
    }

    function invariant_01_what_was_claimed_and_not_paid_is_here_beside_what_was_given() public view {
        uint256 due;
        for (uint256 i; i < handler.proverCount(); ++i) {
            AdapterAccount memory a = adapter.account(handler.provers(i));
            due += a.claimed - a.paid;
        }
        assertEq(token.balanceOf(address(adapter)), due + handler.donated());
    }

    function invariant_02_the_accounts_are_what_claims_and_payments_add_up_to() public view {
        for (uint256 i; i < handler.proverCount(); ++i) {
            address account = handler.provers(i);
            AdapterAccount memory a = adapter.account(account);
            (uint256 claimed, uint256 claimedCommission, uint256 paid, uint256 toProver, uint256 toVault,) =
                handler.booksOf(account);
            assertEq(a.claimed, claimed);
            assertEq(a.claimedCommission, claimedCommission);
            assertEq(a.paid, paid);
            assertEq(toProver + toVault, paid);
            // A vault has nothing of the commission.
            assertLe(toVault, paid - a.paidCommission);
        }
    }

    function invariant_03_no_more_is_paid_than_was_claimed_nor_more_commission_owed_than_is_due()
        public
        view
    {
        for (uint256 i; i < handler.proverCount(); ++i) {
            AdapterAccount memory a = adapter.account(handler.provers(i));
            assertLe(a.paid, a.claimed);
            assertLe(a.paidCommission, a.claimedCommission);
            assertLe(a.claimedCommission - a.paidCommission, a.claimed - a.paid);
        }
    }

    function invariant_04_a_vault_that_is_remembered_is_its_provers() public view {
        for (uint256 i; i < handler.proverCount(); ++i) {
            address account = handler.provers(i);
            address vault = adapter.account(account).vault;
            if (vault != address(0)) assertEq(vault, address(network.everVaultOf(account)));
        }
    }

    /// @dev Whatever happened, everybody is paid, and only what was given stays.
    function afterInvariant() public {
        network.setPaused(true);
        network.setBroken(true);
        for (uint256 i; i < handler.proverCount(); ++i) {
            handler.payOn(handler.provers(i));
        }
        assertEq(token.balanceOf(address(adapter)), handler.donated());
    }

    // ---------------------------------------------------------------- the handler itself

    function test_each_action_succeeds_and_each_state_is_reached() public {
        bytes4[] memory selectors = _selectors();
        uint256 random = 1;
        for (uint256 i; i < 400; ++i) {
            random = uint256(keccak256(abi.encode(random)));
            bytes4 selector = selectors[random % selectors.length];
            uint256 first = uint256(keccak256(abi.encode(random, "first")));
            uint256 second = uint256(keccak256(abi.encode(random, "second")));
            bool flags = selector == AdapterHandler.changeNetwork.selector;
            bool flag = selector == AdapterHandler.leave.selector
                || selector == AdapterHandler.breakVault.selector || flags;
            bytes memory arguments =
                abi.encode(flags ? first % 2 : first, flag ? second % 2 : second, second >> 8);
            (bool success, bytes memory reason) = address(handler).call(bytes.concat(selector, arguments));
            assertTrue(success, string(reason));
        }
        handler.printAndCheck(selectors.length);
        handler.printAndCheckStates(handler.stateNames());
        afterInvariant();
    }
}

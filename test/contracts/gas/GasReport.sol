// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {Vm} from "forge-std/Vm.sol";
import {console2} from "forge-std/console2.sol";

/// @title GasReport
/// @notice Base of the gas tests, which `npm run gas` runs under `--isolate`: every call that a test makes is
/// then a transaction of its own, on cold accounts and slots, and its gas equals the `gasUsed` of a receipt:
/// intrinsic gas, calldata and its floor (EIP-7623) included, the capped refund already taken off.
/// Elsewhere the same tests pass, but their figures mean nothing.
abstract contract GasReport is Test {
    uint256 private constant INTRINSIC = 21_000;

    /// @notice Reports the whole transaction. Call it right after the call that is to be measured.
    function record(string memory name) internal view {
        _report(name, vm.lastCallGas().gasTotalUsed);
    }

    /// @notice Reports the mean of a call that did `count` things at once, rounded up.
    function recordEach(string memory name, uint256 count) internal view {
        _report(name, (vm.lastCallGas().gasTotalUsed + count - 1) / count);
    }

    /// @notice Reports what was spent inside the call: the transaction less its intrinsic gas and calldata.
    /// For calls without refunds that spend more than the calldata floor.
    function recordInside(string memory name, bytes memory data) internal view {
        Vm.Gas memory gas = vm.lastCallGas();
        uint256 outside = INTRINSIC;
        for (uint256 i = 0; i < data.length; ++i) {
            outside += data[i] == 0 ? 4 : 16;
        }
        // Without --isolate there is no transaction around the call.
        _report(name, gas.gasTotalUsed > outside ? gas.gasTotalUsed - outside : gas.gasTotalUsed);
    }

    function _report(string memory name, uint256 gas) private pure {
        console2.log("GAS %s %d", name, gas);
    }
}

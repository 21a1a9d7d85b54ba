// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {revertWith} from "./libraries/RevertWith.sol";

/// @dev Every contract's interface declares it too, for its own ABI.
error Reentered();

/// @title ReentrancyGuard
/// @notice The one lock of a contract, in transient storage: it costs no slot, and opens with the transaction's
/// end at the latest.
abstract contract ReentrancyGuard {
    /// @dev A whole word, because a packed one is read before each write.
    uint256 private transient _entered;

    modifier nonReentrant() {
        _enter();
        _;
        _entered = 0;
    }

    /// @dev A function, so that its code stands once for all functions that lock.
    function _enter() private {
        if (_entered != 0) revertWith(Reentered.selector);
        _entered = 1;
    }
}

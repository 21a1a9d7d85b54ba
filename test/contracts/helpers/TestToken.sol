// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ERC20} from "solmate/src/tokens/ERC20.sol";

/// @notice The staking token of the tests: anyone mints.
contract TestToken is ERC20("Test Token", "TEST", 18) {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

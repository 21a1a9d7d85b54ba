// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

// Compiled along: `provender deploy` makes one where a config asks for it.
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";

/// @title DevToken
/// @notice A plain 18-decimal token that anyone may mint. For local chains: it refuses to exist elsewhere.
contract DevToken is ERC20("Provender Dev Token", "PVD", 18) {
    error NotALocalChain();

    uint256 private constant LOCAL_CHAIN_ID = 31_337;

    constructor() {
        if (block.chainid != LOCAL_CHAIN_ID) revert NotALocalChain();
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

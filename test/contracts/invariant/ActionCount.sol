// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {console} from "forge-std/console.sol";

/// @notice How often a handler's actions are called, and how often they do what they are for. Invariants over
/// actions that fail would say nothing.
abstract contract ActionCount {
    string[] private _actions;
    mapping(string action => uint256) internal callsOf;
    mapping(string action => uint256) internal successesOf;
    mapping(string state => uint256) internal timesIn;

    modifier counted(string memory action) {
        if (callsOf[action]++ == 0) _actions.push(action);
        _;
    }

    /// @dev After an action: whether what it left is a state that the invariants are about.
    function _note(bool reached, string memory state) internal {
        if (reached) ++timesIn[state];
    }

    /// @notice Prints how often each state was reached; reverts if one never was.
    function printAndCheckStates(string[] memory states) external view {
        console.log("state, times reached");
        for (uint256 i; i < states.length; ++i) {
            console.log(states[i], timesIn[states[i]]);
            require(timesIn[states[i]] != 0, states[i]);
        }
    }

    /// @notice Prints the table; reverts unless there are `count` actions, and each succeeded in at least half of
    /// its calls.
    function printAndCheck(uint256 count) external view {
        require(_actions.length == count, "an action is never tried");
        console.log("action, calls, successes");
        for (uint256 i; i < _actions.length; ++i) {
            string memory action = _actions[i];
            console.log(action, callsOf[action], successesOf[action]);
            require(2 * successesOf[action] >= callsOf[action], action);
        }
    }
}

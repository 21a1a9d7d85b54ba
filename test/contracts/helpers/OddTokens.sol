// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {TestToken} from "./TestToken.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";

/// @notice Burns one percent of every transfer once switched on.
contract FeeToken is TestToken {
    bool public charging;

    function setCharging(bool on) external {
        charging = on;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool done) {
        done = super.transferFrom(from, to, amount);
        if (charging) _burn(to, amount / 100);
    }

    function transfer(address to, uint256 amount) public override returns (bool done) {
        done = super.transfer(to, amount);
        if (charging) _burn(to, amount / 100);
    }
}

/// @notice Returns false instead of moving anything once switched on.
contract FalseToken is TestToken {
    bool public failing;

    function setFailing(bool on) external {
        failing = on;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return !failing && super.transferFrom(from, to, amount);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return !failing && super.transfer(to, amount);
    }
}

/// @notice Moves tokens and returns nothing, as some old tokens do.
contract SilentToken is TestToken {
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        assembly {
            return(0, 0)
        }
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        super.transfer(to, amount);
        assembly {
            return(0, 0)
        }
    }
}

/// @notice Refuses transfers from and to blocked accounts.
contract BlocklistToken is TestToken {
    error Blocked();

    mapping(address => bool) public blocked;

    function setBlocked(address account, bool on) external {
        blocked[account] = on;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (blocked[from] || blocked[to]) revert Blocked();
        return super.transferFrom(from, to, amount);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (blocked[msg.sender] || blocked[to]) revert Blocked();
        return super.transfer(to, amount);
    }
}

/// @notice Makes one call of the test's choice in the middle of the next transfer, and keeps its outcome.
contract HookToken is TestToken {
    address public target;
    bytes public payload;
    bool public called;
    bool public succeeded;
    bytes public result;

    function arm(address target_, bytes calldata payload_) external {
        (target, payload, called) = (target_, payload_, false);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        _hook();
        return super.transferFrom(from, to, amount);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        _hook();
        return super.transfer(to, amount);
    }

    function _hook() private {
        if (target == address(0)) return;
        address to = target;
        target = address(0);
        called = true;
        (succeeded, result) = to.call(payload);
    }
}

/// @notice Eight decimals: not a token for this system.
contract ShortToken is ERC20("Short", "SHORT", 8) {}

/// @notice Changes no allowance to another: it has to be taken back first.
contract StubbornToken is TestToken {
    error Allowed();

    function approve(address spender, uint256 amount) public override returns (bool) {
        if (amount != 0 && allowance[msg.sender][spender] != 0) revert Allowed();
        return super.approve(spender, amount);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {DevToken} from "../../script/DevToken.sol";
import {Test} from "forge-std/Test.sol";

contract DevTokenTest is Test {
    function test_the_dev_token_does_not_exist_on_other_chains() public {
        vm.chainId(31_337);
        new DevToken().mint(address(this), 1);
        vm.chainId(1);
        vm.expectRevert(DevToken.NotALocalChain.selector);
        new DevToken();
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {SystemFixture} from "./helpers/SystemFixture.sol";
import {DepositRouter} from "contracts/DepositRouter.sol";
import {IDepositRouter} from "contracts/interfaces/IDepositRouter.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";
import {ERC4626} from "solmate/src/tokens/ERC4626.sol";

/// @dev Says that it is a prover's vault, and takes what it is allowed.
contract FakeVault {
    address public immutable prover;
    ERC20 private immutable token;

    constructor(address prover_, ERC20 token_) {
        (prover, token) = (prover_, token_);
    }

    function deposit(uint256 assets, address) external returns (uint256) {
        token.transferFrom(msg.sender, address(this), assets);
        return assets;
    }
}

contract DepositRouterTest is SystemFixture {
    DepositRouter private router;
    ERC4626 private vault;
    uint256 private key = 0xa11ce;
    address private payer = vm.addr(key);

    function setUp() public override {
        super.setUp();
        vault = ERC4626(address(_register(prover, 3 * MIN_SELF_STAKE, 1000)));
        router = new DepositRouter(address(registry));
        token.mint(payer, 1e25);
    }

    struct Permit {
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    function _sign(uint256 assets, uint256 deadline) private view returns (Permit memory permit) {
        bytes32 typehash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 content =
            keccak256(abi.encode(typehash, payer, address(router), assets, token.nonces(payer), deadline));
        permit.deadline = deadline;
        (permit.v, permit.r, permit.s) =
            vm.sign(key, keccak256(abi.encodePacked("\x19\x01", token.DOMAIN_SEPARATOR(), content)));
    }

    function _route(address caller, address to, uint256 assets, address receiver, Permit memory p)
        private
        returns (uint256)
    {
        vm.prank(caller);
        return router.depositWithPermit(to, assets, receiver, p.deadline, p.v, p.r, p.s);
    }

    function _assertKeepsNothing() private view {
        assertEq(token.balanceOf(address(router)), 0);
        assertEq(token.allowance(address(router), address(vault)), 0);
        assertEq(token.allowance(payer, address(router)), 0);
    }

    function test_router_knows_its_registry_and_token() public view {
        assertEq(router.registry(), address(registry));
        assertEq(router.token(), address(token));
    }

    function testFuzz_depositWithPermit_deposits_and_keeps_nothing(uint256 assets, address receiver) public {
        vm.assume(receiver != address(0));
        assets = bound(assets, 1, 1e25);
        _reward(stranger, prover, 500 ether);
        skip(VESTING_PERIOD / 2);
        uint256 expected = vault.previewDeposit(assets);
        vm.assume(expected != 0);
        uint256 held = vault.balanceOf(receiver);
        vm.expectEmit(address(vault));
        emit ERC4626.Deposit(address(router), receiver, assets, expected);
        assertEq(_route(payer, address(vault), assets, receiver, _sign(assets, block.timestamp)), expected);
        assertEq(vault.balanceOf(receiver) - held, expected);
        assertEq(token.balanceOf(payer), 1e25 - assets);
        _assertKeepsNothing();
    }

    function test_depositWithPermit_goes_on_when_somebody_used_the_permit_first() public {
        Permit memory p = _sign(5 ether, block.timestamp);
        vm.prank(stranger);
        token.permit(payer, address(router), 5 ether, p.deadline, p.v, p.r, p.s);
        assertGt(_route(payer, address(vault), 5 ether, payer, p), 0);
        _assertKeepsNothing();
    }

    function test_depositWithPermit_reverts_for_a_permit_that_does_not_hold() public {
        Permit memory p = _sign(5 ether, block.timestamp);
        vm.expectRevert(IDepositRouter.PermitRefused.selector);
        this.routeAs(payer, 6 ether, p);
        skip(1);
        vm.expectRevert(IDepositRouter.PermitRefused.selector);
        this.routeAs(payer, 5 ether, p);
    }

    function test_nobody_deposits_what_another_permitted() public {
        Permit memory p = _sign(5 ether, block.timestamp);
        vm.expectRevert(IDepositRouter.PermitRefused.selector);
        this.routeAs(stranger, 5 ether, p);
        vm.prank(stranger);
        token.permit(payer, address(router), 5 ether, p.deadline, p.v, p.r, p.s);
        vm.expectRevert(IDepositRouter.PermitRefused.selector);
        this.routeAs(stranger, 5 ether, p);
        assertEq(token.balanceOf(payer), 1e25);
    }

    function routeAs(address caller, uint256 assets, Permit memory p) external {
        _route(caller, address(vault), assets, caller, p);
    }

    function test_depositWithPermit_reverts_for_what_is_no_vault_of_the_registry() public {
        Permit memory p = _sign(5 ether, block.timestamp);
        address fake = address(new FakeVault(prover, token));
        vm.prank(payer);
        vm.expectRevert(IDepositRouter.VaultUnknown.selector);
        router.depositWithPermit(fake, 5 ether, payer, p.deadline, p.v, p.r, p.s);
        // Where nobody has registered yet there is no vault to ask.
        address future = registry.vaultOf(stranger);
        vm.prank(payer);
        vm.expectRevert();
        router.depositWithPermit(future, 5 ether, payer, p.deadline, p.v, p.r, p.s);
        assertEq(token.balanceOf(payer), 1e25);
    }

    function test_depositWithPermit_reverts_where_the_vault_takes_no_deposit() public {
        Permit memory p = _sign(5 ether, block.timestamp);
        vm.prank(guardian);
        registry.jail(prover);
        vm.prank(payer);
        vm.expectRevert(IProverVault.ProverNotActive.selector);
        router.depositWithPermit(address(vault), 5 ether, payer, p.deadline, p.v, p.r, p.s);
        _assertKeepsNothing();
    }

    function testFuzz_depositAtLeastWithPermit_gives_as_many_shares_or_none(uint256 assets, uint256 reward)
        public
    {
        assets = bound(assets, 1e6, 1e25);
        uint256 expected = vault.previewDeposit(assets);
        Permit memory p = _sign(assets, block.timestamp);
        uint256 id = vm.snapshotState();
        vm.prank(payer);
        assertEq(
            router.depositAtLeastWithPermit(
                address(vault), assets, expected, payer, p.deadline, p.v, p.r, p.s
            ),
            expected
        );
        _assertKeepsNothing();
        vm.revertToState(id);
        _reward(stranger, prover, bound(reward, 1e20, 1e24));
        vm.prank(payer);
        vm.expectRevert(IDepositRouter.FewerShares.selector);
        router.depositAtLeastWithPermit(address(vault), assets, expected, payer, p.deadline, p.v, p.r, p.s);
        assertEq(token.balanceOf(payer), 1e25);
    }
}

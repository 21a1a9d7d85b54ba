// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {SystemFixture} from "./helpers/SystemFixture.sol";
import {ProverVault} from "contracts/ProverVault.sol";
import {VaultFactory} from "contracts/VaultFactory.sol";
import {IVaultFactory, VaultParameters} from "contracts/interfaces/IVaultFactory.sol";

contract VaultFactoryTest is SystemFixture {
    VaultFactory internal factory;

    function setUp() public override {
        super.setUp();
        factory = VaultFactory(registry.factory());
    }

    function test_the_registry_that_creates_a_factory_owns_it() public view {
        assertEq(factory.registry(), address(registry));
    }

    function testFuzz_deploy_reverts_unless_called_by_the_registry(address caller) public {
        vm.assume(caller != address(registry));
        vm.prank(caller);
        vm.expectRevert(IVaultFactory.Unauthorized.selector);
        factory.deploy(prover);
    }

    function testFuzz_deploy_puts_a_vault_where_its_prover_alone_says(address account) public {
        vm.assume(account != address(0));
        address expected = factory.vaultOf(account);
        assertEq(expected.code.length, 0);
        vm.prank(address(registry));
        ProverVault vault = ProverVault(factory.deploy(account));
        assertEq(address(vault), expected);
        assertEq(registry.vaultOf(account), expected);
        bytes32 salt = bytes32(uint256(uint160(account)));
        assertEq(vm.computeCreate2Address(salt, factory.vaultCodeHash(), address(factory)), expected);

        assertEq(vault.prover(), account);
        assertEq(vault.registry(), address(registry));
        assertEq(address(vault.asset()), address(token));
        assertEq(vault.unbondingDelay(), UNBONDING_DELAY);
        assertEq(vault.vestingPeriod(), VESTING_PERIOD);
        assertEq(vault.minSelfStake(), MIN_SELF_STAKE);
    }

    function test_deploy_reverts_a_second_time_for_one_prover() public {
        vm.startPrank(address(registry));
        factory.deploy(prover);
        vm.expectRevert();
        factory.deploy(prover);
    }

    function test_vaultCodeHash_is_that_of_the_vaults_creation_code() public view {
        assertEq(factory.vaultCodeHash(), keccak256(type(ProverVault).creationCode));
    }

    function test_parameters_are_empty_but_while_a_vault_is_constructed() public {
        VaultParameters memory none;
        assertEq(abi.encode(factory.parameters()), abi.encode(none));
        vm.prank(address(registry));
        factory.deploy(prover);
        assertEq(abi.encode(factory.parameters()), abi.encode(none));
    }
}

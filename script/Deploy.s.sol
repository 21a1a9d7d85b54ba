// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {Groth16Verifier} from "../contracts/Groth16Verifier.sol";
import {ProofMarket} from "../contracts/ProofMarket.sol";
import {ProvenderLens} from "../contracts/ProvenderLens.sol";
import {ProverRegistry} from "../contracts/ProverRegistry.sol";
import {RewardDistributor} from "../contracts/RewardDistributor.sol";
import {DeployConfig, DeployConfigReader, KeyConfig} from "./DeployConfig.sol";
import {DevToken} from "./DevToken.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Script} from "forge-std/Script.sol";
import {VmSafe} from "forge-std/Vm.sol";

/// @notice What was deployed. `timelock` is zero if there is none.
struct Deployment {
    uint256 startBlock;
    address token;
    address timelock;
    ProverRegistry registry;
    ProofMarket market;
    RewardDistributor distributor;
    ProvenderLens lens;
    Groth16Verifier[] verifiers;
    string[] verifierNames;
}

/// @title Deploy
/// @notice Deploys the whole system from one config file and writes the deployment record. See DEPLOY.md.
contract Deploy is Script, DeployConfigReader {
    string private constant DEFAULT_RECORD = ".provender/deployment.json";

    function run() external returns (Deployment memory deployment) {
        DeployConfig memory config = readConfig(vm.readFile(vm.envString("PROVENDER_DEPLOY_CONFIG")));
        uint256 key = vm.envOr("PROVENDER_PRIVATE_KEY", uint256(0));
        if (key == 0) vm.startBroadcast();
        else vm.startBroadcast(key);
        (, address deployer,) = vm.readCallers();
        deployment = deploy(config, deployer);
        vm.stopBroadcast();

        // A simulation's addresses are nobody's.
        if (
            vm.isContext(VmSafe.ForgeContext.ScriptBroadcast)
                || vm.isContext(VmSafe.ForgeContext.ScriptResume)
        ) {
            writeRecord(deployment, vm.envOr("PROVENDER_DEPLOYMENT", DEFAULT_RECORD));
        }
    }

    /// @notice Sends the transactions as `deployer`, who has no power over what it deployed.
    function deploy(DeployConfig memory config, address deployer)
        internal
        returns (Deployment memory deployment)
    {
        // The first transaction cannot be in an earlier block than this.
        deployment.startBlock = block.number;
        deployment.token = config.devToken ? address(new DevToken()) : config.registry.token;
        if (config.timelock.wanted) deployment.timelock = address(_deployTimelock(config));
        _deployVerifiers(config, deployment);

        config.registry.token = deployment.token;
        if (config.timelock.wanted) config.registry.owner = deployment.timelock;
        // Registry, market and distributor name each other: their addresses follow from these nonces. If
        // another transaction of the deployer gets in between, the distributor's constructor refuses.
        uint256 nonce = vm.getNonce(deployer);
        config.registry.market = vm.computeCreateAddress(deployer, nonce + 1);
        config.registry.distributor = vm.computeCreateAddress(deployer, nonce + 2);
        deployment.registry = new ProverRegistry(config.registry);

        config.market.registry = address(deployment.registry);
        deployment.market = new ProofMarket(config.market);

        config.distributor.registry = address(deployment.registry);
        config.distributor.market = address(deployment.market);
        deployment.distributor = new RewardDistributor(config.distributor);
        require(
            deployment.registry.marketListing(address(deployment.market)).known,
            "deploy: the market is not where the registry expects it"
        );

        deployment.lens = new ProvenderLens(address(deployment.distributor));
    }

    function _deployTimelock(DeployConfig memory config) private returns (TimelockController) {
        // Without an admin: the timelock administers itself.
        return new TimelockController(
            config.timelock.minDelay, config.timelock.proposers, config.timelock.executors, address(0)
        );
    }

    function _deployVerifiers(DeployConfig memory config, Deployment memory deployment) private {
        uint256 count = config.keys.length;
        deployment.verifiers = new Groth16Verifier[](count);
        deployment.verifierNames = new string[](count);
        config.market.verifiers = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            KeyConfig memory key = config.keys[i];
            deployment.verifiers[i] = new Groth16Verifier(key.words);
            deployment.verifierNames[i] = key.name;
            config.market.verifiers[i] = address(deployment.verifiers[i]);
        }
    }

    // ---------------------------------------------------------------- the record

    /// @notice Writes the deployment record, and the folder it is in.
    function writeRecord(Deployment memory deployment, string memory path) internal {
        string[] memory parts = vm.split(path, "/");
        string memory folder = parts[0];
        for (uint256 i = 1; i + 1 < parts.length; ++i) {
            folder = string.concat(folder, "/", parts[i]);
        }
        if (parts.length > 1) vm.createDir(folder, true);
        vm.writeJson(record(deployment), path);
    }

    /// @notice The deployment record's JSON.
    function record(Deployment memory deployment) internal view returns (string memory) {
        string memory verifiers = "";
        for (uint256 i = 0; i < deployment.verifiers.length; ++i) {
            verifiers = string.concat(verifiers, i == 0 ? "" : ",", _verifierRecord(deployment, i));
        }
        string memory system = string.concat(
            _entry("registry", vm.toString(address(deployment.registry))),
            _entry("factory", vm.toString(deployment.registry.factory())),
            _entry("market", vm.toString(address(deployment.market))),
            _entry("distributor", vm.toString(address(deployment.distributor))),
            _entry("lens", vm.toString(address(deployment.lens)))
        );
        string memory ground = string.concat(
            _entry("schema", "provender.deployment/1"),
            _entry("chainId", vm.toString(block.chainid)),
            _entry("startBlock", vm.toString(deployment.startBlock)),
            _entry("token", vm.toString(deployment.token)),
            deployment.timelock == address(0) ? "" : _entry("timelock", vm.toString(deployment.timelock))
        );
        return string.concat("{", ground, system, "\"verifiers\":[", verifiers, "]}");
    }

    function _verifierRecord(Deployment memory deployment, uint256 index)
        private
        view
        returns (string memory)
    {
        Groth16Verifier verifier = deployment.verifiers[index];
        string memory identity = string.concat(
            _entry("name", deployment.verifierNames[index]),
            _entry("address", vm.toString(address(verifier))),
            _entry("verifierKeyHash", vm.toString(verifier.verifierKeyHash()))
        );
        return string.concat("{", identity, "\"version\":", vm.toString(index + 1), "}");
    }

    function _entry(string memory key, string memory value) private pure returns (string memory) {
        return string.concat("\"", key, "\":\"", value, "\",");
    }
}

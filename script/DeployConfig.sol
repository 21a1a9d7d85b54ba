// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {MarketConfig, MarketParameters, ProgramConfig} from "../contracts/interfaces/IProofMarket.sol";
import {RegistryConfig} from "../contracts/interfaces/IProverRegistry.sol";
import {DistributorConfig} from "../contracts/interfaces/IRewardDistributor.sol";
import {JsonConfig} from "./JsonConfig.sol";
import {ERC20} from "solmate/tokens/ERC20.sol";

/// @notice A verifying key by name: the 20 words of Groth16Verifier.
struct KeyConfig {
    string name;
    uint256[20] words;
}

struct TimelockConfig {
    bool wanted;
    uint256 minDelay;
    address[] proposers;
    address[] executors;
}

/// @notice What a config file says. Addresses that only deployment gives are zero here: those of registry,
/// market, distributor and verifiers, the token's if it is the dev token, the owner's if it is the timelock.
struct DeployConfig {
    bool devToken;
    TimelockConfig timelock;
    RegistryConfig registry;
    MarketConfig market;
    KeyConfig[] keys;
    DistributorConfig distributor;
}

/// @title DeployConfigReader
/// @notice Turns a config file into a DeployConfig, or refuses it with the field's name. The bounds are those
/// of the contracts, which check them again; here they are checked together, before anything is sent.
abstract contract DeployConfigReader is JsonConfig {
    string private constant SCHEMA = "provender.deploy/1";
    uint256 private constant LOCAL_CHAIN_ID = 31_337;
    uint256 private constant OTHER_LOCAL_CHAIN_ID = 1337;
    string private constant DEVELOPMENT_KEY = "script/devzk/artifacts/verifying-key.json";
    uint256 private constant FIELD_ORDER = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;
    uint256 private constant BOND_UNIT = 1e9;

    function readConfig(string memory json) internal view returns (DeployConfig memory config) {
        _expectKeys(
            json, "", "schema,chainId,token,roles,registry,market,verifiers,programs,distributor", "timelock"
        );
        _require(_same(_string(json, "schema"), SCHEMA), "schema", string.concat("is not ", SCHEMA));
        uint256 chainId = _uint(json, "chainId");
        _require(
            chainId == block.chainid,
            "chainId",
            string.concat(vm.toString(chainId), ", but this chain's is ", vm.toString(block.chainid))
        );
        (config.devToken, config.registry.token) = _readToken(json);
        _readRoles(json, config);
        _readRegistry(json, config.registry);
        _readMarket(json, config.market);
        config.keys = _readKeys(json);
        config.market.programs = _readPrograms(json, config.keys);
        _readDistributor(json, config.distributor);
        _checkTogether(config);
    }

    function _readToken(string memory json) private view returns (bool dev, address token) {
        if (_same(_string(json, "token"), "dev")) {
            _require(block.chainid == LOCAL_CHAIN_ID, "token", "\"dev\" is only for chain 31337");
            return (true, address(0));
        }
        token = _address(json, "token");
        _require(token.code.length != 0, "token", "has no code on this chain");
        try ERC20(token).decimals() returns (uint8 decimals) {
            _require(decimals == 18, "token", "does not have 18 decimals");
        } catch {
            _refuse("token", "does not say its decimals");
        }
        try ERC20(token).totalSupply() returns (uint256 supply) {
            _require(supply <= type(uint96).max, "token", "has a supply of 2^96 wei or more");
        } catch {
            _refuse("token", "does not say its supply");
        }
    }

    function _readRoles(string memory json, DeployConfig memory config) private view {
        _expectKeys(json, "roles", "owner,guardian,treasury,publisher,auditors", "");
        RegistryConfig memory roles = config.registry;
        config.timelock.wanted = _exists(json, "timelock");
        bool ownedByTimelock = _same(_string(json, "roles.owner"), "timelock");
        if (config.timelock.wanted) {
            _require(ownedByTimelock, "roles.owner", "must be \"timelock\", since there is one");
            _readTimelock(json, config.timelock);
        } else {
            _require(!ownedByTimelock, "timelock", "is missing, but roles.owner names it");
            roles.owner = _address(json, "roles.owner");
        }
        roles.guardian = _address(json, "roles.guardian");
        roles.treasury = _address(json, "roles.treasury");
        address publisher = _address(json, "roles.publisher");
        address[] memory auditors = _addresses(json, "roles.auditors");
        // Whoever checks must not be whoever is checked.
        _require(roles.guardian != roles.owner, "roles.guardian", "is the owner");
        _require(publisher != roles.owner, "roles.publisher", "is the owner");
        _require(publisher != roles.guardian, "roles.publisher", "is the guardian");
        _require(auditors.length <= 64, "roles.auditors", "has more than 64 entries");
        for (uint256 i = 0; i < auditors.length; ++i) {
            _require(auditors[i] != publisher, _item("roles.auditors", i), "is the publisher");
        }
        config.distributor.publisher = publisher;
        config.distributor.auditors = auditors;
    }

    function _readTimelock(string memory json, TimelockConfig memory timelock) private pure {
        _expectKeys(json, "timelock", "minDelay,proposers,executors", "");
        timelock.minDelay = _uint(json, "timelock.minDelay");
        _inRange("timelock.minDelay", timelock.minDelay, 1 minutes, 60 days);
        timelock.proposers = _addresses(json, "timelock.proposers");
        _require(timelock.proposers.length != 0, "timelock.proposers", "is empty: nobody could act");
        timelock.executors = _addresses(json, "timelock.executors");
        _require(timelock.executors.length != 0, "timelock.executors", "is empty: nobody could act");
    }

    function _readRegistry(string memory json, RegistryConfig memory registry) private pure {
        _expectKeys(
            json,
            "registry",
            "unbondingDelay,vestingPeriod,minSelfStake,maxCommissionBps,commissionNotice",
            ""
        );
        registry.unbondingDelay = _bounded(json, "registry.unbondingDelay", 1 hours, 60 days);
        registry.vestingPeriod = _bounded(json, "registry.vestingPeriod", 1 hours, 60 days);
        registry.minSelfStake = _bounded(json, "registry.minSelfStake", 1e15, 1e27);
        registry.maxCommissionBps = _bounded(json, "registry.maxCommissionBps", 0, 10_000);
        registry.commissionNotice = _bounded(json, "registry.commissionNotice", 0, 365 days);
    }

    function _readMarket(string memory json, MarketConfig memory market) private view {
        _expectKeys(
            json,
            "market",
            "clockStart,epochLength,expiryGrace,protocolFeeBps,lockBps,maxStakeMultiple,minFee,bond,maxOpenAssignments",
            ""
        );
        market.epochLength = _bounded(json, "market.epochLength", 1 hours, 90 days);
        market.clockStart = _readClockStart(json, market.epochLength);
        market.expiryGrace = _bounded(json, "market.expiryGrace", 1 hours, 7 days);
        MarketParameters memory parameters = market.parameters;
        parameters.protocolFeeBps = _bounded(json, "market.protocolFeeBps", 0, 3000);
        parameters.lockBps = _bounded(json, "market.lockBps", 0, 50_000);
        parameters.maxStakeMultiple = _bounded(json, "market.maxStakeMultiple", 1, 1000);
        parameters.minFee = _bounded(json, "market.minFee", 1, 1e24);
        parameters.bond = _bounded(json, "market.bond", 0, 1e24);
        _require(
            parameters.bond % BOND_UNIT == 0, "market.bond", "is not a multiple of 1000000000 (one gwei)"
        );
        parameters.maxOpenAssignments = _bounded(json, "market.maxOpenAssignments", 1, 10_000);
    }

    function _readClockStart(string memory json, uint256 epochLength) private view returns (uint256) {
        if (_same(_string(json, "market.clockStart"), "now")) return block.timestamp;
        uint256 clockStart = _uint(json, "market.clockStart");
        _require(clockStart <= block.timestamp, "market.clockStart", "is in the future");
        _require(
            block.timestamp - clockStart < epochLength,
            "market.clockStart",
            "is an epoch ago or more: epoch 0 has to run at deployment"
        );
        return clockStart;
    }

    function _readKeys(string memory json) private view returns (KeyConfig[] memory keys) {
        keys = new KeyConfig[](_count(json, "verifiers"));
        _inRange("verifiers (entries)", keys.length, 1, 255);
        for (uint256 i = 0; i < keys.length; ++i) {
            string memory field = _item("verifiers", i);
            _expectKeys(json, field, "name,words", "");
            string memory name = _string(json, string.concat(field, ".name"));
            _require(_isPlainName(name), string.concat(field, ".name"), "is not 1 to 64 of a-z 0-9 . -");
            for (uint256 j = 0; j < i; ++j) {
                _require(!_same(name, keys[j].name), string.concat(field, ".name"), "is there twice");
            }
            keys[i].name = name;
            bytes32[] memory words = _bytes32Array(json, string.concat(field, ".words"));
            _require(words.length == 20, string.concat(field, ".words"), "does not have 20 entries");
            for (uint256 j = 0; j < 20; ++j) {
                keys[i].words[j] = uint256(words[j]);
            }
            _requireKeyForChain(words, string.concat(field, ".words"));
        }
    }

    /// @dev Whoever set the development key up can forge zk proofs under it.
    function _requireKeyForChain(bytes32[] memory words, string memory field) private view {
        if (block.chainid == LOCAL_CHAIN_ID || block.chainid == OTHER_LOCAL_CHAIN_ID) return;
        bytes32[] memory development = vm.parseJsonBytes32Array(vm.readFile(DEVELOPMENT_KEY), ".words");
        _require(
            keccak256(abi.encode(words)) != keccak256(abi.encode(development)),
            field,
            "is the development key, whose setup had a single party: only for chains 31337 and 1337"
        );
    }

    function _readPrograms(string memory json, KeyConfig[] memory keys)
        private
        view
        returns (ProgramConfig[] memory programs)
    {
        programs = new ProgramConfig[](_count(json, "programs"));
        for (uint256 i = 0; i < programs.length; ++i) {
            string memory field = _item("programs", i);
            _expectKeys(json, field, "verifier,programKey,multiplierBps", "");
            string memory name = _string(json, string.concat(field, ".verifier"));
            uint256 version = 0;
            for (uint256 j = 0; j < keys.length; ++j) {
                if (_same(keys[j].name, name)) version = j + 1;
            }
            _require(version != 0, string.concat(field, ".verifier"), "is the name of no verifier");
            bytes32 programKey = _bytes32(json, string.concat(field, ".programKey"));
            _require(
                uint256(programKey) < FIELD_ORDER,
                string.concat(field, ".programKey"),
                "is not below the scalar field's order: no zk proof can be about it"
            );
            for (uint256 j = 0; j < i; ++j) {
                bool again = programs[j].verifierVersion == version && programs[j].programKey == programKey;
                _require(!again, field, "is there twice");
            }
            uint256 multiplierBps = _bounded(json, string.concat(field, ".multiplierBps"), 0, 1_000_000);
            programs[i] = ProgramConfig(version, programKey, multiplierBps);
        }
    }

    function _readDistributor(string memory json, DistributorConfig memory distributor) private pure {
        _expectKeys(json, "distributor", "challengeWindow,quorum,allowZeroQuorum,budget,policy", "");
        distributor.challengeWindow = _bounded(json, "distributor.challengeWindow", 1 minutes, 90 days);
        distributor.allowZeroQuorum = _bool(json, "distributor.allowZeroQuorum");
        distributor.quorum = _uint(json, "distributor.quorum");
        _require(
            distributor.quorum <= distributor.auditors.length,
            "distributor.quorum",
            "is more than there are roles.auditors"
        );
        _require(
            distributor.quorum != 0 || distributor.allowZeroQuorum,
            "distributor.quorum",
            "is 0, but distributor.allowZeroQuorum is false"
        );
        distributor.budget = _bounded(json, "distributor.budget", 0, 2 ** 95);
        distributor.policy = bytes(_string(json, "distributor.policy"));
        _inRange("distributor.policy (bytes)", distributor.policy.length, 2, 16_384);
        try vm.parseJsonKeys(string(distributor.policy), "$") returns (string[] memory) {}
        catch {
            _refuse("distributor.policy", "is not a JSON object in a string");
        }
    }

    /// @dev What no single field can get wrong.
    function _checkTogether(DeployConfig memory config) private pure {
        uint256 epochLength = config.market.epochLength;
        uint256 window = config.distributor.challengeWindow;
        _require(
            window <= epochLength / 4,
            "distributor.challengeWindow",
            string.concat(
                vm.toString(window),
                " is above ",
                vm.toString(epochLength / 4),
                ", a quarter of market.epochLength"
            )
        );
        _require(
            config.registry.commissionNotice >= epochLength + window,
            "registry.commissionNotice",
            string.concat(
                vm.toString(config.registry.commissionNotice),
                " is below ",
                vm.toString(epochLength + window),
                ", market.epochLength plus distributor.challengeWindow"
            )
        );
        _require(
            config.market.expiryGrace < config.registry.unbondingDelay,
            "market.expiryGrace",
            "is not below registry.unbondingDelay: no request could ever be made"
        );
    }

    function _bounded(string memory json, string memory field, uint256 min, uint256 max)
        private
        pure
        returns (uint256 value)
    {
        value = _uint(json, field);
        _inRange(field, value, min, max);
    }

    /// @dev Names go into file names and commands.
    function _isPlainName(string memory name) private pure returns (bool) {
        bytes memory letters = bytes(name);
        if (letters.length == 0 || letters.length > 64) return false;
        for (uint256 i = 0; i < letters.length; ++i) {
            bytes1 c = letters[i];
            bool plain = (c >= "a" && c <= "z") || (c >= "0" && c <= "9") || c == "." || c == "-";
            if (!plain) return false;
        }
        return true;
    }
}

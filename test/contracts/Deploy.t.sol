// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {Deploy, Deployment} from "../../script/Deploy.s.sol";
import {DevToken} from "../../script/DevToken.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {ProofMarket} from "contracts/ProofMarket.sol";
import {ProverRegistry} from "contracts/ProverRegistry.sol";
import {RewardDistributor} from "contracts/RewardDistributor.sol";
import {Test} from "forge-std/Test.sol";
import {ERC20} from "solmate/tokens/ERC20.sol";

contract OtherToken is ERC20 {
    constructor(uint8 decimals_, uint256 supply) ERC20("Other", "OTHER", decimals_) {
        totalSupply = supply;
    }
}

contract DeployTest is Test, Deploy {
    string private constant RECORD = ".provender/test/deployment.json";

    string private json;

    function setUp() public {
        vm.warp(1_800_000_000);
        json = vm.readFile("script/deploy.example.json");
    }

    /// @dev External, so that a refusal can be expected.
    function read(string memory text) external view {
        readConfig(text);
    }

    function _deploy() private returns (Deployment memory) {
        return deploy(readConfig(json), address(this));
    }

    /// @dev Replaces the one occurrence of `from` in the example, and expects to be told `problem`.
    function _refused(string memory from, string memory to, string memory problem) private {
        string[] memory parts = vm.split(json, from);
        assertEq(parts.length, 2, string.concat("the example has it once: ", from));
        vm.expectRevert(bytes(string.concat("deploy config: ", problem)));
        this.read(string.concat(parts[0], to, parts[1]));
    }

    function _edited(string memory from, string memory to) private view returns (string memory) {
        string memory text = vm.replace(json, from, to);
        assertTrue(keccak256(bytes(text)) != keccak256(bytes(json)));
        return text;
    }

    // ---------------------------------------------------------------- success

    function test_deploy_sets_the_system_up_as_configured() public {
        Deployment memory d = _deploy();
        assertEq(d.startBlock, block.number);
        assertEq(d.timelock, address(0));
        assertEq(d.registry.token(), d.token);
        assertEq(d.registry.owner(), vm.parseJsonAddress(json, ".roles.owner"));
        assertEq(d.registry.guardian(), vm.parseJsonAddress(json, ".roles.guardian"));
        assertEq(d.registry.treasury(), vm.parseJsonAddress(json, ".roles.treasury"));
        assertEq(d.registry.distributor(), address(d.distributor));
        assertTrue(d.registry.marketListing(address(d.market)).known);
        assertEq(d.registry.unbondingDelay(), 604_800);
        assertEq(d.registry.vestingPeriod(), 604_800);
        assertEq(d.registry.minSelfStake(), 1000 ether);
        assertEq(d.registry.maxCommissionBps(), 10_000);
        assertEq(d.registry.commissionNotice(), 1_209_600);
        assertEq(d.market.registry(), address(d.registry));
        assertEq(d.market.clockStart(), block.timestamp);
        assertEq(d.market.epochLength(), 604_800);
        assertEq(d.market.expiryGrace(), 86_400);
        assertEq(d.market.parameters().protocolFeeBps, 1000);
        assertEq(d.market.parameters().lockBps, 10_000);
        assertEq(d.market.parameters().maxStakeMultiple, 100);
        assertEq(d.market.parameters().minFee, 0.001 ether);
        assertEq(d.market.parameters().bond, 1 ether);
        assertEq(d.market.parameters().maxOpenAssignments, 100);
        assertEq(d.market.verifierCount(), 1);
        (address verifier, bytes32 keyHash,) = d.market.verifierOf(1);
        assertEq(verifier, address(d.verifiers[0]));
        assertEq(keyHash, d.verifiers[0].verifierKeyHash());
        assertEq(
            d.market.multiplierAt(keyHash, vm.parseJsonBytes32(json, ".programs[0].programKey"), 0), 10_000
        );
        assertEq(d.distributor.registry(), address(d.registry));
        assertEq(d.distributor.market(), address(d.market));
        assertEq(d.distributor.publisher(), vm.parseJsonAddress(json, ".roles.publisher"));
        assertEq(d.distributor.auditorCount(), 2);
        assertTrue(d.distributor.auditor(vm.parseJsonAddress(json, ".roles.auditors[1]")).listed);
        assertEq(d.distributor.challengeWindow(), 86_400);
        assertEq(d.distributor.quorum(), 1);
        assertFalse(d.distributor.allowZeroQuorum());
        assertEq(d.distributor.segment(0).budget, 100_000 ether);
        assertEq(
            d.distributor.segment(0).policyHash,
            keccak256(bytes(vm.parseJsonString(json, ".distributor.policy")))
        );
        assertEq(d.lens.distributor(), address(d.distributor));
        DevToken(d.token).mint(address(this), 1);
    }

    function test_the_record_names_everything_deployed() public {
        Deployment memory d = _deploy();
        writeRecord(d, RECORD);
        string memory text = vm.readFile(RECORD);
        vm.removeDir(".provender/test", true);
        assertEq(vm.parseJsonString(text, ".schema"), "provender.deployment/1");
        assertEq(vm.parseJsonString(text, ".chainId"), "31337");
        assertEq(vm.parseJsonString(text, ".startBlock"), vm.toString(block.number));
        assertEq(vm.parseJsonAddress(text, ".token"), d.token);
        assertEq(vm.parseJsonAddress(text, ".registry"), address(d.registry));
        assertEq(vm.parseJsonAddress(text, ".factory"), d.registry.factory());
        assertEq(vm.parseJsonAddress(text, ".market"), address(d.market));
        assertEq(vm.parseJsonAddress(text, ".distributor"), address(d.distributor));
        assertEq(vm.parseJsonAddress(text, ".lens"), address(d.lens));
        assertFalse(vm.keyExistsJson(text, ".timelock"));
        assertEq(vm.parseJsonUint(text, ".verifiers[0].version"), 1);
        assertEq(vm.parseJsonString(text, ".verifiers[0].name"), "pico-v1.2.2");
        assertEq(vm.parseJsonAddress(text, ".verifiers[0].address"), address(d.verifiers[0]));
        assertEq(vm.parseJsonBytes32(text, ".verifiers[0].verifierKeyHash"), d.verifiers[0].verifierKeyHash());
        assertFalse(vm.keyExistsJson(text, ".verifiers[1]"));
    }

    function test_a_timelock_owns_the_system_and_itself() public {
        json = _edited(
            '"roles": {\n    "owner": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"',
            '"timelock": {"minDelay": 86400, "proposers": ["0x0000000000000000000000000000000000000001"],'
            '"executors": ["0x0000000000000000000000000000000000000002"]}, "roles": {"owner": "timelock"'
        );
        Deployment memory d = _deploy();
        assertEq(d.registry.owner(), d.timelock);
        TimelockController timelock = TimelockController(payable(d.timelock));
        assertEq(timelock.getMinDelay(), 1 days);
        assertTrue(timelock.hasRole(timelock.PROPOSER_ROLE(), address(1)));
        assertTrue(timelock.hasRole(timelock.EXECUTOR_ROLE(), address(2)));
        assertTrue(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), d.timelock));
        assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(this)));
        assertTrue(vm.keyExistsJson(record(d), ".timelock"));
    }

    function test_a_token_that_exists_is_taken() public {
        OtherToken token = new OtherToken(18, type(uint96).max);
        json = _edited('"dev"', string.concat('"', vm.toString(address(token)), '"'));
        assertEq(_deploy().token, address(token));
    }

    function test_a_clock_may_have_started_less_than_an_epoch_ago() public {
        json = _edited('"now"', "1799395201");
        assertEq(_deploy().market.clockStart(), 1_799_395_201);
    }

    /// @dev The config is checked with the bounds of the contracts: they have to be the same.
    function test_the_bounds_are_those_of_the_contracts() public {
        Deployment memory d = _deploy();
        ProverRegistry r = d.registry;
        assertEq(abi.encode(r.MIN_UNBONDING_DELAY(), r.MAX_UNBONDING_DELAY()), abi.encode(1 hours, 60 days));
        assertEq(abi.encode(r.MIN_VESTING_PERIOD(), r.MAX_VESTING_PERIOD()), abi.encode(1 hours, 60 days));
        assertEq(abi.encode(r.MIN_MIN_SELF_STAKE(), r.MAX_MIN_SELF_STAKE()), abi.encode(1e15, 1e27));
        assertEq(abi.encode(r.MAX_COMMISSION_BPS(), r.MAX_COMMISSION_NOTICE()), abi.encode(10_000, 365 days));
        ProofMarket m = d.market;
        assertEq(abi.encode(m.MIN_EPOCH_LENGTH(), m.MAX_EPOCH_LENGTH()), abi.encode(1 hours, 90 days));
        assertEq(abi.encode(m.MIN_EXPIRY_GRACE(), m.MAX_EXPIRY_GRACE()), abi.encode(1 hours, 7 days));
        assertEq(abi.encode(m.MAX_PROTOCOL_FEE_BPS(), m.MAX_LOCK_BPS()), abi.encode(3000, 50_000));
        assertEq(abi.encode(m.MAX_STAKE_MULTIPLE(), m.MAX_OPEN_ASSIGNMENTS()), abi.encode(1000, 10_000));
        assertEq(abi.encode(m.MAX_MIN_FEE(), m.MAX_BOND()), abi.encode(1e24, 1e24));
        assertEq(abi.encode(m.MAX_MULTIPLIER_BPS(), m.MAX_VERIFIERS()), abi.encode(1_000_000, 255));
        RewardDistributor w = d.distributor;
        assertEq(abi.encode(w.MIN_CHALLENGE_WINDOW(), w.MAX_WINDOW_DIVISOR()), abi.encode(1 minutes, 4));
        assertEq(abi.encode(w.MAX_AUDITORS(), w.MAX_BUDGET()), abi.encode(64, 2 ** 95));
        assertEq(abi.encode(w.MIN_POLICY_BYTES(), w.MAX_POLICY_BYTES()), abi.encode(2, 16_384));
    }

    // ---------------------------------------------------------------- refusals

    function test_refuses_what_is_no_config() public {
        vm.expectRevert("deploy config: the file: is not a JSON object");
        this.read("[]");
        _refused("provender.deploy/1", "provender.deploy/2", "schema: is not provender.deploy/1");
        _refused('"chainId": 31337,', "", "chainId: is missing");
        _refused('"chainId": 31337', '"chainId": 1', "chainId: 1, but this chain's is 31337");
        _refused('"chainId"', '"chainID": 1, "chainId"', "chainID: is not a known field");
        _refused('"vestingPeriod": 604800,', "", "registry.vestingPeriod: is missing");
        _refused('"vestingPeriod"', '"vesting": 1, "vestingPeriod"', "registry.vesting: is not a known field");
    }

    function test_refuses_tokens_it_cannot_use() public {
        _refused('"dev"', '"0x0000000000000000000000000000000000000000"', "token: is the zero address");
        _refused('"dev"', '"0x0000000000000000000000000000000000001234"', "token: has no code on this chain");
        _refused('"dev"', '"development"', "token: is not an address");
        string memory noToken = string.concat('"', vm.toString(address(this)), '"');
        _refused('"dev"', noToken, "token: does not say its decimals");
        string memory short = string.concat('"', vm.toString(address(new OtherToken(6, 0))), '"');
        _refused('"dev"', short, "token: does not have 18 decimals");
        string memory big = string.concat('"', vm.toString(address(new OtherToken(18, 2 ** 96))), '"');
        _refused('"dev"', big, "token: has a supply of 2^96 wei or more");
        vm.chainId(1);
        json = _edited('"chainId": 31337', '"chainId": 1');
        vm.expectRevert("deploy config: token: \"dev\" is only for chain 31337");
        this.read(json);
    }

    function test_refuses_the_development_key_but_on_local_chains() public {
        bytes32[] memory words =
            vm.parseJsonBytes32Array(vm.readFile("script/devzk/artifacts/verifying-key.json"), ".words");
        bytes32[] memory others = vm.parseJsonBytes32Array(json, ".verifiers[0].words");
        address token = address(new OtherToken(18, 1e24));
        json = _edited('"dev"', string.concat('"', vm.toString(token), '"'));
        string memory real = json;
        for (uint256 i = 0; i < words.length; ++i) {
            json = _edited(vm.toString(others[i]), vm.toString(words[i]));
        }
        this.read(json);
        string memory development = json;
        json = real;
        uint256[3] memory chains = [uint256(1), 1337, 11_155_111];
        for (uint256 i = 0; i < chains.length; ++i) {
            vm.chainId(chains[i]);
            string memory id = string.concat('"chainId": ', vm.toString(chains[i]));
            this.read(_edited('"chainId": 31337', id));
            string memory text = vm.replace(development, '"chainId": 31337', id);
            if (chains[i] != 1337) {
                vm.expectRevert(
                    "deploy config: verifiers[0].words: is the development key, whose setup had a single party: only for chains 31337 and 1337"
                );
            }
            this.read(text);
        }
    }

    function test_the_dev_token_does_not_exist_elsewhere() public {
        vm.chainId(1);
        bytes memory code = type(DevToken).creationCode;
        address token;
        assembly ("memory-safe") {
            token := create(0, add(code, 32), mload(code))
        }
        assertEq(token, address(0));
    }

    function test_refuses_roles_that_check_themselves() public {
        string memory owner = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
        string memory guardian = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
        string memory publisher = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65";
        string memory first = "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc";
        string memory second = "0x976EA74026E726554dB657fA54763abd0C3a0aa9";
        string memory zero = "0x0000000000000000000000000000000000000000";
        _refused(owner, zero, "roles.owner: is the zero address");
        _refused(owner, "me", "roles.owner: is not an address");
        _refused(guardian, owner, "roles.guardian: is the owner");
        _refused(publisher, owner, "roles.publisher: is the owner");
        _refused(publisher, guardian, "roles.publisher: is the guardian");
        _refused(first, publisher, "roles.auditors[0]: is the publisher");
        _refused(second, first, "roles.auditors[1]: is there twice");
        _refused(second, zero, "roles.auditors[1]: is the zero address");
        _refused(owner, "timelock", "timelock: is missing, but roles.owner names it");
        _refused(
            '"roles"', '"timelock": {}, "roles"', "roles.owner: must be \"timelock\", since there is one"
        );
    }

    function test_refuses_a_timelock_that_nobody_can_use() public {
        string memory from = '"roles": {\n    "owner": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"';
        string memory to = '"roles": {"owner": "timelock"';
        string memory someone = '["0x0000000000000000000000000000000000000001"]';
        _refused(
            from,
            string.concat('"timelock": {"minDelay": 59, "proposers": [], "executors": []},', to),
            "timelock.minDelay: 59 is not within 60 to 5184000"
        );
        _refused(
            from,
            string.concat('"timelock": {"minDelay": 60, "proposers": [], "executors": []},', to),
            "timelock.proposers: is empty: nobody could act"
        );
        _refused(
            from,
            string.concat('"timelock": {"minDelay": 60, "proposers": ', someone, ', "executors": []},', to),
            "timelock.executors: is empty: nobody could act"
        );
    }

    /// @dev Both ends of one bounded field; `from` is its line in the example.
    function _refusedOutside(string memory name, string memory value, uint256 min, uint256 max) private {
        string[] memory path = vm.split(name, ".");
        string memory key = string.concat('"', path[1], '": ');
        string memory from = string.concat(key, value);
        string memory range = string.concat(" is not within ", vm.toString(min), " to ", vm.toString(max));
        string memory above = vm.toString(max + 1);
        _refused(from, string.concat(key, '"', above, '"'), string.concat(name, ": ", above, range));
        if (min == 0) return;
        string memory below = vm.toString(min - 1);
        _refused(from, string.concat(key, '"', below, '"'), string.concat(name, ": ", below, range));
    }

    function test_refuses_every_number_outside_its_bounds() public {
        _refusedOutside("registry.unbondingDelay", "604800", 1 hours, 60 days);
        _refusedOutside("registry.vestingPeriod", "604800", 1 hours, 60 days);
        _refusedOutside("registry.minSelfStake", '"1000000000000000000000"', 1e15, 1e27);
        _refusedOutside("registry.maxCommissionBps", "10000", 0, 10_000);
        _refusedOutside("registry.commissionNotice", "1209600", 0, 365 days);
        _refusedOutside("market.epochLength", "604800", 1 hours, 90 days);
        _refusedOutside("market.expiryGrace", "86400", 1 hours, 7 days);
        _refusedOutside("market.protocolFeeBps", "1000", 0, 3000);
        _refusedOutside("market.lockBps", "10000", 0, 50_000);
        _refusedOutside("market.maxStakeMultiple", "100", 1, 1000);
        _refusedOutside("market.minFee", '"1000000000000000"', 1, 1e24);
        _refusedOutside("market.bond", '"1000000000000000000"', 0, 1e24);
        _refusedOutside("market.maxOpenAssignments", "100", 1, 10_000);
        _refusedOutside("distributor.challengeWindow", "86400", 1 minutes, 90 days);
        _refusedOutside("distributor.budget", '"100000000000000000000000"', 0, 2 ** 95);
    }

    function test_refuses_what_no_single_field_gets_wrong() public {
        _refused(
            '"challengeWindow": 86400',
            '"challengeWindow": 151201',
            "distributor.challengeWindow: 151201 is above 151200, a quarter of market.epochLength"
        );
        _refused(
            '"commissionNotice": 1209600',
            '"commissionNotice": 691199',
            "registry.commissionNotice: 691199 is below 691200, market.epochLength plus distributor.challengeWindow"
        );
        _refused(
            '"unbondingDelay": 604800',
            '"unbondingDelay": 86400',
            "market.expiryGrace: is not below registry.unbondingDelay: no request could ever be made"
        );
        _refused('"quorum": 1', '"quorum": 3', "distributor.quorum: is more than there are roles.auditors");
        _refused(
            '"quorum": 1', '"quorum": 0', "distributor.quorum: is 0, but distributor.allowZeroQuorum is false"
        );
        _refused('"now"', "1800000001", "market.clockStart: is in the future");
        _refused(
            '"now"',
            "1799395200",
            "market.clockStart: is an epoch ago or more: epoch 0 has to run at deployment"
        );
        _refused(
            '"bond": "1000000000000000000"',
            '"bond": "1000000001"',
            "market.bond: is not a multiple of 1000000000 (one gwei)"
        );
    }

    function test_refuses_values_of_another_type() public {
        _refused(
            '"epochLength": 604800',
            '"epochLength": "a week"',
            "market.epochLength: is not a whole number (give large ones as decimal strings)"
        );
        _refused(
            '"allowZeroQuorum": false',
            '"allowZeroQuorum": "no"',
            "distributor.allowZeroQuorum: is neither true nor false"
        );
        _refused('"auditors": [', '"auditors": ["x",', "roles.auditors: is not a list of addresses");
    }

    function test_refuses_verifiers_programs_and_policies_that_make_no_sense() public {
        _refused(
            '"name": "pico-v1.2.2"', '"name": "Pico V1"', "verifiers[0].name: is not 1 to 64 of a-z 0-9 . -"
        );
        _refused(
            '"words": [', '"words": ["0x01",', "verifiers[0].words: is not a list of words of 32 bytes each"
        );
        _refused(
            '"words": [',
            '"words": ["0x0000000000000000000000000000000000000000000000000000000000000001",',
            "verifiers[0].words: does not have 20 entries"
        );
        _refused(
            '"verifier": "pico-v1.2.2"',
            '"verifier": "sp1"',
            "programs[0].verifier: is the name of no verifier"
        );
        _refused(
            '"programKey": "0x00',
            '"programKey": "0xff',
            "programs[0].programKey: is not below the scalar field's order: no zk proof can be about it"
        );
        _refused(
            '"multiplierBps": 10000',
            '"multiplierBps": 1000001',
            "programs[0].multiplierBps: 1000001 is not within 0 to 1000000"
        );
        string memory policy = vm.parseJsonString(json, ".distributor.policy");
        string memory quoted = string.concat('"', vm.replace(policy, '"', '\\"'), '"');
        _refused(quoted, '"capped"', "distributor.policy: is not a JSON object in a string");
        _refused(quoted, '"x"', "distributor.policy (bytes): 1 is not within 2 to 16384");
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {Owned} from "solmate/src/auth/Owned.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";
import {SafeTransferLib} from "solmate/src/utils/SafeTransferLib.sol";

import {IProofMarket, MarketConfig, MarketParameters, ProgramConfig} from "./interfaces/IProofMarket.sol";
import {IProofVerifier} from "./interfaces/IProofVerifier.sol";
import {IProverRegistry} from "./interfaces/IProverRegistry.sol";
import {MultiplierCheckpoint, Multipliers} from "./libraries/Multipliers.sol";
import {BOND_UNIT} from "./libraries/StoredRequests.sol";

/// @title MarketSettings
/// @notice What the proof market is set up with and who may change it: the clock, the parameters, the
/// verifiers and the programs' multipliers. Roles are the registry's. No change here reaches a request that
/// exists or an epoch that has begun, except the withdrawal of a verifier.
abstract contract MarketSettings is IProofMarket {
    using Multipliers for MultiplierCheckpoint[];
    using SafeTransferLib for ERC20;

    uint256 internal constant BPS = 10_000;
    /// @notice The order of BN254's scalar field: no zk proof can be about an input outside it.
    uint256 public constant FIELD_ORDER =
        21_888_242_871_839_275_222_246_405_745_257_275_088_548_364_400_416_034_343_698_204_186_575_808_495_617;

    uint256 public constant MIN_EPOCH_LENGTH = 1 hours;
    uint256 public constant MAX_EPOCH_LENGTH = 90 days;
    uint256 public constant MIN_EXPIRY_GRACE = 1 hours;
    uint256 public constant MAX_EXPIRY_GRACE = 7 days;
    uint256 public constant MAX_PROTOCOL_FEE_BPS = 3000;
    /// @notice The least collateral of an assignment: one percent of the fee offered.
    uint256 public constant MIN_LOCK_BPS = 100;
    uint256 public constant MAX_LOCK_BPS = 50_000;
    uint256 public constant MAX_STAKE_MULTIPLE = 1000;
    uint256 public constant MAX_MIN_FEE = 1e24;
    /// @notice A commit keeps the requester from cancelling: to do so and not to reveal always costs something.
    uint256 public constant MIN_BOND = 1e15;
    uint256 public constant MAX_BOND = 1e24;
    uint256 public constant MAX_OPEN_ASSIGNMENTS = 10_000;
    uint256 public constant MAX_MULTIPLIER_BPS = 1_000_000;
    /// @notice How many epochs ahead a multiplier may be set.
    uint256 public constant MAX_MULTIPLIER_LEAD = 1000;
    uint256 public constant MAX_VERIFIERS = type(uint8).max;

    struct Verifier {
        address verifier;
        bool withdrawn;
        bytes32 keyHash;
    }

    struct StoredParameters {
        uint16 protocolFeeBps;
        uint16 lockBps;
        uint16 maxStakeMultiple;
        uint16 maxOpenAssignments;
        uint96 minFee;
        uint80 bond;
    }

    address public immutable registry;
    address public immutable token;
    uint256 public immutable clockStart;
    uint256 public immutable epochLength;
    uint256 public immutable expiryGrace;
    /// @dev The registry's, immutable there.
    uint256 internal immutable unbondingDelay;

    StoredParameters internal stored;
    uint256 public verifierCount;
    mapping(uint256 version => Verifier) internal verifiers;
    mapping(bytes32 verifierKeyHash => mapping(bytes32 programKey => MultiplierCheckpoint[])) internal
        multipliers;

    modifier onlyOwner() {
        _requireOwner();
        _;
    }

    constructor(MarketConfig memory config) {
        if (config.registry == address(0)) revert ZeroAddress();
        registry = config.registry;
        token = IProverRegistry(config.registry).token();
        unbondingDelay = IProverRegistry(config.registry).unbondingDelay();

        _bound("epochLength", config.epochLength, MIN_EPOCH_LENGTH, MAX_EPOCH_LENGTH);
        // Epoch 0 runs at deployment. Written so that no sum can overflow.
        if (config.clockStart > block.timestamp || block.timestamp - config.clockStart >= config.epochLength)
        {
            revert InvalidParameter("clockStart");
        }
        _bound("expiryGrace", config.expiryGrace, MIN_EXPIRY_GRACE, MAX_EXPIRY_GRACE);
        // With no room left no request could ever be made.
        if (config.expiryGrace >= unbondingDelay) revert InvalidParameter("expiryGrace");
        clockStart = config.clockStart;
        epochLength = config.epochLength;
        expiryGrace = config.expiryGrace;

        _setParameters(config.parameters);
        for (uint256 i = 0; i < config.verifiers.length; ++i) {
            _addVerifier(config.verifiers[i]);
        }
        for (uint256 i = 0; i < config.programs.length; ++i) {
            ProgramConfig memory program = config.programs[i];
            _setMultiplier(program.verifierVersion, program.programKey, program.multiplierBps, 0);
        }

        // The registry pulls rewards, and only in `addReward` calls that this contract makes.
        ERC20(token).safeApprove(config.registry, type(uint256).max);
    }

    // ---------------------------------------------------------------- owner and guardian

    function setParameters(MarketParameters calldata next) external onlyOwner {
        _setParameters(next);
    }

    function addVerifier(address verifier) external onlyOwner returns (uint256 version) {
        return _addVerifier(verifier);
    }

    function withdrawVerifier(uint256 version) external {
        if (msg.sender != IProverRegistry(registry).guardian()) revert Unauthorized();
        Verifier storage known = _knownVerifier(version);
        if (known.withdrawn) revert VerifierIsWithdrawn();
        known.withdrawn = true;
        emit VerifierWithdrawn(version);
    }

    function setMultiplier(
        uint256 verifierVersion,
        bytes32 programKey,
        uint256 multiplierBps,
        uint256 fromEpoch
    ) external onlyOwner {
        uint256 epoch = currentEpoch();
        _bound("fromEpoch", fromEpoch, epoch + 1, epoch + MAX_MULTIPLIER_LEAD);
        _setMultiplier(verifierVersion, programKey, multiplierBps, fromEpoch);
    }

    // ---------------------------------------------------------------- views

    function parameters() external view returns (MarketParameters memory) {
        return MarketParameters({
            protocolFeeBps: stored.protocolFeeBps,
            lockBps: stored.lockBps,
            maxStakeMultiple: stored.maxStakeMultiple,
            minFee: stored.minFee,
            bond: stored.bond,
            maxOpenAssignments: stored.maxOpenAssignments
        });
    }

    function verifierOf(uint256 version)
        external
        view
        returns (address verifier, bytes32 verifierKeyHash, bool withdrawn)
    {
        Verifier storage known = _knownVerifier(version);
        return (known.verifier, known.keyHash, known.withdrawn);
    }

    function multiplierAt(bytes32 verifierKeyHash, bytes32 programKey, uint256 epoch)
        external
        view
        returns (uint256)
    {
        return multipliers[verifierKeyHash][programKey].at(epoch);
    }

    function currentEpoch() public view returns (uint256) {
        return _epochOf(block.timestamp);
    }

    function epochAt(uint256 timestamp) external view returns (uint256) {
        if (timestamp < clockStart) revert InvalidParameter("timestamp");
        return _epochOf(timestamp);
    }

    // ---------------------------------------------------------------- internal

    function _setParameters(MarketParameters memory next) internal {
        _bound("protocolFeeBps", next.protocolFeeBps, 0, MAX_PROTOCOL_FEE_BPS);
        _bound("lockBps", next.lockBps, MIN_LOCK_BPS, MAX_LOCK_BPS);
        _bound("maxStakeMultiple", next.maxStakeMultiple, 1, MAX_STAKE_MULTIPLE);
        _bound("minFee", next.minFee, 1, MAX_MIN_FEE);
        _bound("bond", next.bond, MIN_BOND, MAX_BOND);
        if (next.bond % BOND_UNIT != 0) revert InvalidParameter("bond");
        _bound("maxOpenAssignments", next.maxOpenAssignments, 1, MAX_OPEN_ASSIGNMENTS);
        // Every cast is safe: the bounds above fit the fields.
        stored = StoredParameters({
            protocolFeeBps: uint16(next.protocolFeeBps),
            lockBps: uint16(next.lockBps),
            maxStakeMultiple: uint16(next.maxStakeMultiple),
            maxOpenAssignments: uint16(next.maxOpenAssignments),
            minFee: uint96(next.minFee),
            bond: uint80(next.bond)
        });
        emit ParametersChanged(next);
    }

    function _addVerifier(address verifier) internal returns (uint256 version) {
        if (verifier == address(0)) revert ZeroAddress();
        version = verifierCount + 1;
        if (version > MAX_VERIFIERS) revert InvalidParameter("verifiers");
        bytes32 keyHash = IProofVerifier(verifier).verifierKeyHash();
        if (keyHash == 0) revert InvalidParameter("verifierKeyHash");
        verifierCount = version;
        verifiers[version] = Verifier({verifier: verifier, withdrawn: false, keyHash: keyHash});
        emit VerifierAdded(version, verifier, keyHash);
    }

    function _setMultiplier(uint256 version, bytes32 programKey, uint256 multiplierBps, uint256 fromEpoch)
        internal
    {
        bytes32 keyHash = _knownVerifier(version).keyHash;
        if (uint256(programKey) >= FIELD_ORDER) revert ProgramKeyOutOfRange();
        _bound("multiplierBps", multiplierBps, 0, MAX_MULTIPLIER_BPS);
        multipliers[keyHash][programKey].set(multiplierBps, fromEpoch);
        emit MultiplierChanged(keyHash, programKey, multiplierBps, fromEpoch);
    }

    function _knownVerifier(uint256 version) internal view returns (Verifier storage known) {
        known = verifiers[version];
        if (known.verifier == address(0)) revert VerifierUnknown();
    }

    /// @dev Of a version that is known, as a request's is: it may only have been withdrawn since.
    function _usableVerifier(uint256 version) internal view returns (Verifier storage known) {
        known = verifiers[version];
        if (known.withdrawn) revert VerifierIsWithdrawn();
    }

    /// @dev Of a moment since the clock's start, as every block and every deadline is.
    function _epochOf(uint256 timestamp) internal view returns (uint256) {
        return (timestamp - clockStart) / epochLength;
    }

    function _requireOwner() private view {
        if (msg.sender != Owned(registry).owner()) revert Unauthorized();
    }

    function _bound(bytes32 name, uint256 value, uint256 least, uint256 most) internal pure {
        if (value < least || value > most) revert InvalidParameter(name);
    }
}

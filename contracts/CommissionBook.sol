// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {RegistryRoles} from "./RegistryRoles.sol";
import {CommissionEntry, IProverRegistry, ProverState} from "./interfaces/IProverRegistry.sol";
import {Commission, Rates} from "./libraries/Commission.sol";
import {ClaimLedger} from "./libraries/PackedWords.sol";

/// @title CommissionBook
/// @notice Provers' records, and the commission rates in them.
///
/// A rate per reward source: the override for that source if there is one, else the default. A change takes
/// effect at once unless it raises the source's rate; then it does by itself after `commissionNotice`. The
/// removal of an override counts as an increase if the default, or the default's scheduled successor, is
/// above it. Each entry has at most one scheduled change, and a newer change replaces it. Every change is
/// numbered and folded into a rolling hash per prover, and its event says when it takes effect, so the rate
/// at any past moment follows from the logs alone.
///
/// Each prover's record lies here too, because its second slot holds the default rate.
abstract contract CommissionBook is RegistryRoles {
    uint256 public constant MAX_COMMISSION_BPS = 10_000;
    uint256 public constant MAX_COMMISSION_NOTICE = 365 days;

    /// @notice The rate that stands for "no override" in views and events.
    uint256 public constant NO_OVERRIDE = Commission.NO_OVERRIDE;

    uint256 public immutable maxCommissionBps;
    uint256 public immutable commissionNotice;

    struct Prover {
        // The first slot is all that a claim reads or writes; never 0 once registered.
        ClaimLedger ledger;
        // The second is all that locks, rewards and deposits read.
        uint96 locked;
        ProverState state;
        ProverState jailedFrom;
        Rates commission;
        // Whether any override was ever set: spares rewards a cold read while there is none.
        bool overridden;
        // The latest last moment of the first market's locks.
        uint32 lockedUntil;
        // Whether any other market ever locked: spares locks a cold read while there is only the first.
        bool lockedElsewhere;
        // Commission payments and changes.
        address payout;
        uint32 commissionSequence;
        bytes32 commissionHash;
    }

    mapping(address prover => Prover) internal provers;
    mapping(address prover => mapping(address source => Rates)) private overrides;

    constructor(uint256 maxBps, uint256 notice) {
        _checkBounds("maxCommissionBps", maxBps, 0, MAX_COMMISSION_BPS);
        _checkBounds("commissionNotice", notice, 0, MAX_COMMISSION_NOTICE);
        maxCommissionBps = maxBps;
        commissionNotice = notice;
    }

    /// @inheritdoc IProverRegistry
    function setCommission(address source, uint256 bps) external {
        if (bps > maxCommissionBps) revert CommissionTooHigh();
        Prover storage p = _registered(msg.sender);

        _changeCommission(p, source, bps, bps > _rate(p, msg.sender, source));
    }

    /// @inheritdoc IProverRegistry
    function removeCommission(address source) external {
        Prover storage p = _registered(msg.sender);
        // The default is kept elsewhere, so that source zero never has an override.
        Rates entry = overrides[msg.sender][source];
        uint256 current = entry.inForce();
        (, uint256 nextAt) = entry.next();
        if (current == NO_OVERRIDE && nextAt == 0) revert NoOverride();

        (uint256 nextDefault,) = p.commission.next();
        // Without an override in force this only withdraws a scheduled one, which raises nothing: NO_OVERRIDE
        // exceeds every rate.
        bool raises = p.commission.inForce() > current || nextDefault > current;
        _changeCommission(p, source, NO_OVERRIDE, raises);
    }

    function _changeCommission(Prover storage p, address source, uint256 bps, bool raises) internal {
        uint256 effectiveAt = block.timestamp;
        Rates changed;
        if (raises) {
            effectiveAt += commissionNotice;
            Rates entry = source == address(0) ? p.commission : overrides[msg.sender][source];
            changed = Commission.scheduled(entry.inForce(), bps, effectiveAt);
        } else {
            changed = Commission.fixedAt(bps);
        }
        if (source == address(0)) {
            p.commission = changed;
        } else {
            p.overridden = true;
            overrides[msg.sender][source] = changed;
        }

        uint256 sequence = ++p.commissionSequence;
        bytes32 rollingHash =
            keccak256(abi.encode(p.commissionHash, sequence, source, bps, block.timestamp, effectiveAt));
        p.commissionHash = rollingHash;
        emit CommissionChanged(msg.sender, source, bps, block.timestamp, effectiveAt, sequence, rollingHash);
    }

    function _rate(Prover storage p, address prover, address source) internal view returns (uint256) {
        if (p.overridden) {
            uint256 bps = overrides[prover][source].inForce();
            if (bps != NO_OVERRIDE) return bps;
        }
        return p.commission.inForce();
    }

    /// @inheritdoc IProverRegistry
    function commissionOf(address prover, address source) external view returns (uint256 bps) {
        return _rate(_registered(prover), prover, source);
    }

    /// @inheritdoc IProverRegistry
    function commissionEntry(address prover, address source) external view returns (CommissionEntry memory) {
        Rates entry = source == address(0) ? provers[prover].commission : overrides[prover][source];
        (uint256 nextBps, uint256 nextAt) = entry.next();
        return CommissionEntry({bps: entry.inForce(), nextBps: nextBps, nextAt: nextAt});
    }

    function _registered(address prover) internal view returns (Prover storage p) {
        p = provers[prover];
        if (p.state == ProverState.None) revert ProverUnknown();
    }

    function _checkBounds(bytes32 name, uint256 value, uint256 min, uint256 max) internal pure {
        if (value < min || value > max) revert InvalidParameter(name);
    }
}

// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {IProverRegistry, PauseLevel} from "./interfaces/IProverRegistry.sol";
import {Owned} from "solmate/src/auth/Owned.sol";

/// @title RegistryRoles
/// @notice The roles that the whole system shares: an owner that hands over in two steps, a guardian, a
/// treasury; and the pause.
abstract contract RegistryRoles is Owned, IProverRegistry {
    /// @notice How long a pause may stop exit requests, and how long they then stay open whoever pauses.
    uint256 public constant MAX_EXIT_PAUSE = 7 days;

    address public pendingOwner;
    address public treasury;
    address public guardian;
    /// @dev Shares the guardian's slot, as does the next.
    bool public paused;
    uint64 public exitPauseEnd;
    /// @dev When the latest pause began, and when one was last lifted; 0 before the first.
    uint64 internal pausedAt;
    uint64 internal unpausedAt;

    modifier onlyOwner() override {
        if (msg.sender != owner) revert Unauthorized();
        _;
    }

    modifier onlyGuardian() {
        if (msg.sender != guardian) revert Unauthorized();
        _;
    }

    constructor(address initialOwner, address initialGuardian, address initialTreasury) Owned(initialOwner) {
        if (initialOwner == address(0)) revert ZeroAddress();
        _setGuardian(initialGuardian);
        _setTreasury(initialTreasury);
    }

    /// @notice The first step; the present owner stays until `newOwner` accepts. Zero withdraws an offer.
    function transferOwnership(address newOwner) public override onlyOwner {
        pendingOwner = newOwner;
        emit OwnershipTransferStarted(msg.sender, newOwner);
    }

    /// @inheritdoc IProverRegistry
    function acceptOwnership() external {
        if (msg.sender != pendingOwner) revert Unauthorized();
        address previous = owner;
        owner = msg.sender;
        pendingOwner = address(0);
        emit OwnershipTransferred(previous, msg.sender);
    }

    /// @inheritdoc IProverRegistry
    function setGuardian(address newGuardian) external onlyOwner {
        _setGuardian(newGuardian);
    }

    /// @inheritdoc IProverRegistry
    function setTreasury(address newTreasury) external onlyOwner {
        _setTreasury(newTreasury);
    }

    /// @inheritdoc IProverRegistry
    function pause() external onlyGuardian {
        if (!paused) pausedAt = uint64(block.timestamp);
        paused = true;
        // Neither a second pause nor lifting and pausing anew puts off an end that is set.
        if (block.timestamp >= exitPauseEnd + MAX_EXIT_PAUSE) {
            exitPauseEnd = uint64(block.timestamp + MAX_EXIT_PAUSE);
        }
        emit PauseChanged(true);
    }

    /// @inheritdoc IProverRegistry
    function unpause() external onlyOwner {
        if (paused) unpausedAt = uint64(block.timestamp);
        paused = false;
        emit PauseChanged(false);
    }

    /// @inheritdoc IProverRegistry
    function pauseLevel() public view returns (PauseLevel) {
        if (!paused) return PauseLevel.None;
        return block.timestamp < exitPauseEnd ? PauseLevel.DepositsAndExits : PauseLevel.Deposits;
    }

    function _setGuardian(address newGuardian) private {
        if (newGuardian == address(0)) revert ZeroAddress();
        guardian = newGuardian;
        emit GuardianChanged(newGuardian);
    }

    function _setTreasury(address newTreasury) private {
        if (newTreasury == address(0)) revert ZeroAddress();
        treasury = newTreasury;
        emit TreasuryChanged(newTreasury);
    }
}
